/* partition.c - see the header. Mirrors: Partition.makeLeader, .makeFollower,
 * .appendRecordsToLeader, .maybeIncrementLeaderHW, Replica.updateFetchStateOrThrow. */
#include "models/broker/broker_state.h"

static const KafkaConfig *config_of(const Broker *broker, int32_t index, const char *name)
{
    const KafkaConfig *topic = metadata_topic_of(broker->context.metadata, index)->config;
    return topic != NULL && kafka_config_is_set(topic, name) ? topic : NULL;
}

/* A topic's own option, else the broker's default for it (often of another name). */
static int64_t
option(const Broker *broker, int32_t index, const char *topic_name, const char *broker_name)
{
    const KafkaConfig *topic = config_of(broker, index, topic_name);
    return topic != NULL ? kafka_config_integer(topic, topic_name)
                         : kafka_config_integer(broker->context.config, broker_name);
}

Partition *partition_new(Broker *broker, int32_t index)
{
    Partition *self = g_new0(Partition, 1);
    self->index = index;
    self->broker = broker;
    self->leader = NO_LEADER;
    self->leader_epoch = -1;
    self->partition_epoch = -1;
    self->min_isr = (int32_t)option(broker, index, "min.insync.replicas", "min.insync.replicas");
    self->max_message_bytes =
        (int32_t)option(broker, index, "max.message.bytes", "message.max.bytes");
    self->watchers = g_ptr_array_new();
    record_log_init(&self->log);
    return self;
}

void partition_free(Partition *self)
{
    record_log_clear(&self->log);
    g_ptr_array_free(self->watchers, TRUE);
    g_free(self);
}

void partition_forget(Partition *self)
{
    self->role = PARTITION_NONE;
    self->leader = NO_LEADER;
    self->leader_epoch = -1;
    self->partition_epoch = -1;
    self->isr.count = 0;
    self->pending = ISR_COMMITTED;
    self->pending_in_flight = false;
    self->remote_count = 0;
    self->high_watermark = MIN(self->checkpointed_high_watermark, self->log.log_end_offset);
    self->high_watermark_dirty = false;
    g_ptr_array_set_size(self->watchers, 0);
}

RemoteReplica *partition_remote(Partition *self, int32_t broker)
{
    for (int32_t i = 0; i < self->remote_count; i++) {
        if (self->remotes[i].broker == broker) {
            return &self->remotes[i];
        }
    }
    return NULL;
}

static void set_remotes(Partition *self, const PartitionRegistration *registration)
{
    RemoteReplica old[REPLICAS_MAX];
    int32_t old_count = self->remote_count;
    memcpy(old, self->remotes, sizeof(old));
    self->remote_count = 0;
    for (int32_t i = 0; i < registration->replicas.count; i++) {
        int32_t id = registration->replicas.ids[i];
        if (id == self->broker->id) {
            continue;
        }
        RemoteReplica *remote = &self->remotes[self->remote_count++];
        *remote = (RemoteReplica){.broker = id, .log_end_offset = -1};
        for (int32_t k = 0; k < old_count; k++) {
            if (old[k].broker == id) {
                *remote = old[k];
            }
        }
    }
}

static void begin_epoch(Partition *self, bool was_leader)
{
    SimTime now = actor_now(&self->broker->actor);
    self->leader_epoch_start_offset = self->log.log_end_offset;
    leader_epochs_assign(&self->log.epochs, self->leader_epoch, self->log.log_end_offset);
    for (int32_t i = 0; i < self->remote_count; i++) {
        RemoteReplica *remote = &self->remotes[i];
        remote->last_caught_up_at =
            replica_list_has(&self->isr, remote->broker) ? now : INT64_MIN / 2;
        if (!was_leader) {
            remote->log_end_offset = -1;
            remote->session_at = NULL;
            remote->last_fetch_at = now;
            remote->last_fetch_leader_end_offset = self->log.log_end_offset;
        }
    }
}

static void set_leader(Partition *self, const PartitionRegistration *registration)
{
    self->leader = registration->leader;
    self->leader_epoch = registration->leader_epoch;
    self->partition_epoch = registration->partition_epoch;
    self->pending = ISR_COMMITTED;
    self->pending_in_flight = false;
}

bool partition_make_leader(Partition *self, const PartitionRegistration *registration)
{
    if (registration->partition_epoch < self->partition_epoch) {
        return false;
    }
    bool was_leader = self->role == PARTITION_LEADER;
    bool fresh = registration->leader_epoch != self->leader_epoch || !was_leader;
    set_leader(self, registration);
    self->isr = registration->isr;
    self->role = PARTITION_LEADER;
    set_remotes(self, registration);
    if (fresh) {
        begin_epoch(self, was_leader);
        fetch_on_role_change(self);
    }
    partition_advance_high_watermark(self);
    purgatory_on_high_watermark(self);
    return fresh;
}

bool partition_make_follower(Partition *self, const PartitionRegistration *registration)
{
    if (registration->partition_epoch < self->partition_epoch) {
        return false;
    }
    bool fresh = registration->leader_epoch != self->leader_epoch ||
                 registration->leader != self->leader || self->role != PARTITION_FOLLOWER;
    set_leader(self, registration);
    self->isr.count = 0;
    self->remote_count = 0;
    self->role = PARTITION_FOLLOWER;
    if (fresh) {
        purgatory_fail_all(self, KAFKA_NOT_LEADER_OR_FOLLOWER);
        fetch_on_role_change(self);
    }
    return fresh;
}

int32_t partition_effective_min_isr(const Partition *self)
{
    return MIN(self->min_isr, 1 + self->remote_count);
}

bool partition_in_maximal_isr(const Partition *self, int32_t broker)
{
    return replica_list_has(&self->isr, broker) ||
           (self->pending == ISR_EXPANDING && replica_list_has(&self->pending_isr, broker));
}

int32_t partition_maximal_isr_count(const Partition *self)
{
    return self->pending == ISR_EXPANDING ? self->pending_isr.count : self->isr.count;
}

bool partition_is_caught_up(const Partition *self, const RemoteReplica *remote)
{
    return remote->log_end_offset == self->log.log_end_offset ||
           actor_now(&self->broker->actor) - remote->last_caught_up_at <=
               self->broker->replica_lag_ns;
}

/* An idle follower's fetches name no partition; what they mean is reckoned when data comes. */
static void settle_idle_fetches(Partition *self)
{
    for (int32_t i = 0; i < self->remote_count; i++) {
        RemoteReplica *remote = &self->remotes[i];
        if (remote->session_at != NULL && remote->log_end_offset == self->log.log_end_offset) {
            remote->last_fetch_at = *remote->session_at;
            remote->last_caught_up_at = MAX(remote->last_caught_up_at, *remote->session_at);
            remote->last_fetch_leader_end_offset = self->log.log_end_offset;
        }
    }
}

static KafkaError check_append(const Partition *self, const RecordBatch *batch, int16_t acks)
{
    if (self->role != PARTITION_LEADER) {
        return KAFKA_NOT_LEADER_OR_FOLLOWER;
    }
    if (acks == -1 && self->isr.count < partition_effective_min_isr(self)) {
        return KAFKA_NOT_ENOUGH_REPLICAS;
    }
    return batch->bytes > self->max_message_bytes ? KAFKA_MESSAGE_TOO_LARGE : KAFKA_NONE;
}

KafkaError
partition_append(Partition *self, RecordBatch *batch, int16_t acks, int64_t *ret_base_offset)
{
    KafkaError error = check_append(self, batch, acks);
    if (error != KAFKA_NONE) {
        return error;
    }
    switch (producer_state_check(&self->log.producers, batch, ret_base_offset, &error)) {
    case PRODUCER_DUPLICATE:
        return KAFKA_NONE;
    case PRODUCER_REFUSED:
        return error;
    case PRODUCER_APPEND:
        break;
    }
    settle_idle_fetches(self);
    record_log_append_as_leader(&self->log, batch, self->leader_epoch);
    *ret_base_offset = batch->base_offset;
    self->broker->counters.messages_in += batch->count;
    self->broker->counters.bytes_in += batch->bytes;
    storage_appended(self->broker, batch->bytes);
    partition_advance_high_watermark(self);
    fetch_on_append(self);
    return KAFKA_NONE;
}

void partition_update_follower(Partition *self,
                               int32_t broker,
                               int64_t broker_epoch,
                               int64_t offset)
{
    RemoteReplica *remote = partition_remote(self, broker);
    if (remote == NULL) {
        return;
    }
    SimTime now = actor_now(&self->broker->actor);
    int64_t end = self->log.log_end_offset;
    if (offset >= end) {
        remote->last_caught_up_at = MAX(remote->last_caught_up_at, now);
    } else if (offset >= remote->last_fetch_leader_end_offset) {
        remote->last_caught_up_at = MAX(remote->last_caught_up_at, remote->last_fetch_at);
    }
    remote->last_fetch_leader_end_offset = MAX(end, remote->last_fetch_leader_end_offset);
    remote->last_fetch_at = now;
    remote->log_end_offset = offset;
    remote->broker_epoch = broker_epoch;
    partition_maybe_expand_isr(self, remote);
    partition_advance_high_watermark(self);
}

/* May it join the ISR at all, as far as this broker knows? */
static bool is_isr_eligible(const Partition *self, int32_t broker)
{
    const BrokerRegistration *known =
        metadata_broker(self->broker->context.metadata, broker, self->broker->applied_offset);
    return known != NULL && !known->fenced && !known->in_controlled_shutdown;
}

/* Does the high watermark have to wait for this follower? */
static bool is_waited_for(const Partition *self, const RemoteReplica *remote)
{
    return partition_in_maximal_isr(self, remote->broker) ||
           (partition_is_caught_up(self, remote) && is_isr_eligible(self, remote->broker));
}

void partition_set_high_watermark(Partition *self, int64_t offset)
{
    if (offset <= self->high_watermark) {
        return;
    }
    self->high_watermark = offset;
    replica_manager_mark_high_watermark(self);
    purgatory_on_high_watermark(self);
    fetch_on_high_watermark(self);
}

void partition_advance_high_watermark(Partition *self)
{
    if (self->isr.count < partition_effective_min_isr(self)) {
        return; /* frozen below min.insync.replicas (KIP-966) */
    }
    int64_t candidate = self->log.log_end_offset;
    for (int32_t i = 0; i < self->remote_count; i++) {
        const RemoteReplica *remote = &self->remotes[i];
        if (remote->log_end_offset < candidate && is_waited_for(self, remote)) {
            candidate = remote->log_end_offset;
        }
    }
    partition_set_high_watermark(self, candidate);
}

/* Mirrors: Partition.needsExpandIsr, .isFollowerInSync. */
void partition_maybe_expand_isr(Partition *self, const RemoteReplica *remote)
{
    bool in_sync = remote->log_end_offset >= self->high_watermark &&
                   remote->log_end_offset >= self->leader_epoch_start_offset;
    if (self->pending_in_flight || self->pending != ISR_COMMITTED || !in_sync ||
        replica_list_has(&self->isr, remote->broker) || !is_isr_eligible(self, remote->broker)) {
        return;
    }
    self->pending = ISR_EXPANDING;
    self->pending_isr = self->isr;
    replica_list_add(&self->pending_isr, remote->broker);
    isr_submit(self);
}

void partition_maybe_shrink_isr(Partition *self)
{
    if (self->role != PARTITION_LEADER || self->pending_in_flight ||
        self->pending != ISR_COMMITTED) {
        return;
    }
    ReplicaList kept = self->isr;
    for (int32_t i = 0; i < self->remote_count; i++) {
        if (replica_list_has(&kept, self->remotes[i].broker) &&
            !partition_is_caught_up(self, &self->remotes[i])) {
            replica_list_remove(&kept, self->remotes[i].broker);
        }
    }
    if (kept.count < self->isr.count) {
        self->pending = ISR_SHRINKING;
        self->pending_isr = kept;
        isr_submit(self);
    }
}
