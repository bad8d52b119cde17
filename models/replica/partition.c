/* partition.c - see the header. Mirrors: Partition.makeLeader, .makeFollower,
 * .appendRecordsToLeader, .updateFollowerFetchState, .maybeIncrementLeaderHW,
 * .checkEnoughReplicasReachOffset. */
#include "models/replica/partition.h"
#include "models/log/log_validator.h"
#include <string.h>

bool partition_host_has(const PartitionHost *host, EraSwitch fix)
{
    return host->era == NULL || host->era->on[fix];
}

Partition *partition_new(const PartitionHost *host, int32_t index)
{
    Partition *self = g_aligned_alloc0(1, sizeof(Partition), PARTITION_LINE_BYTES);
    self->index = index;
    self->host = host;
    self->leader = NO_LEADER;
    self->leader_epoch = -1;
    self->partition_epoch = -1;
    self->min_isr = 1;
    self->max_message_bytes = INT32_MAX;
    record_log_init(&self->log);
    return self;
}

void partition_free(Partition *self)
{
    record_log_clear(&self->log);
    g_free(self->submission);
    g_free(self->remotes);
    g_aligned_free(self);
}

void partition_forget(Partition *self)
{
    self->role = PARTITION_NONE;
    self->leader = NO_LEADER;
    self->leader_epoch = -1;
    self->partition_epoch = -1;
    self->isr.count = 0;
    self->pending = ISR_COMMITTED;
    partition_drop_submission(self);
    self->remote_count = 0;
    self->fetched = NULL;
    int64_t high_watermark = MAX(self->checkpointed_high_watermark, self->log.log_start_offset);
    self->high_watermark = MIN(high_watermark, self->log.log_end_offset);
    self->high_watermark_dirty = false;
}

RemoteReplica *partition_remote(const Partition *self, int32_t broker)
{
    for (int32_t i = 0; i < self->remote_count; i++) {
        if (self->remotes[i].broker == broker) {
            return &self->remotes[i];
        }
    }
    return NULL;
}

static RemoteReplica known_or_new(const RemoteReplica *known, int32_t count, int32_t broker)
{
    for (int32_t i = 0; i < count; i++) {
        if (known[i].broker == broker) {
            return known[i];
        }
    }
    return replica_new(broker);
}

static void set_remotes(Partition *self, const ReplicaList *replicas)
{
    RemoteReplica old[REPLICAS_MAX];
    int32_t old_count = self->remote_count;
    if (old_count > 0) {
        memcpy(old, self->remotes, sizeof(RemoteReplica) * (size_t)old_count);
    }
    if (replicas->count > self->remote_capacity) {
        self->remote_capacity = replicas->count;
        self->remotes = g_renew(RemoteReplica, self->remotes, (gsize)replicas->count);
    }
    self->remote_count = 0;
    for (int32_t i = 0; i < replicas->count; i++) {
        if (replicas->ids[i] != self->host->broker_id) {
            self->remotes[self->remote_count++] = known_or_new(old, old_count, replicas->ids[i]);
        }
    }
}

/* Committed: what newer metadata say overtakes every change under way. */
static void take_state(Partition *self, const PartitionRegistration *registration)
{
    self->leader = registration->leader;
    self->partition_epoch = registration->partition_epoch;
    self->pending = ISR_COMMITTED;
    self->submission_is_stale = self->submission != NULL;
}

static void begin_epoch(Partition *self, bool is_new_leader, SimTime now)
{
    self->leader_epoch_start_offset = self->log.log_end_offset;
    /* A follower's tail may be of a later epoch than anything in this log: without this entry it
     * could not be told where to cut. */
    leader_epochs_assign(&self->log.epochs, self->leader_epoch, self->log.log_end_offset);
    for (int32_t i = 0; i < self->remote_count; i++) {
        bool in_isr = replica_list_has(&self->isr, self->remotes[i].broker);
        replica_reset(
            &self->remotes[i], now, self->leader_epoch_start_offset, is_new_leader, in_isr);
    }
}

PartitionChangeSeen
partition_make_leader(Partition *self, const PartitionRegistration *registration, SimTime now)
{
    if (registration->partition_epoch < self->partition_epoch) {
        return PARTITION_STALE;
    }
    bool is_new_leader = self->role != PARTITION_LEADER;
    bool is_new_epoch = registration->leader_epoch > self->leader_epoch;
    take_state(self, registration);
    self->role = PARTITION_LEADER;
    self->isr = registration->isr;
    set_remotes(self, &registration->replicas);
    if (is_new_epoch) {
        self->leader_epoch = registration->leader_epoch;
        begin_epoch(self, is_new_leader, now);
    }
    partition_advance_high_watermark(self, now);
    if (is_new_leader) {
        return PARTITION_NEW_ROLE;
    }
    return is_new_epoch ? PARTITION_NEW_EPOCH : PARTITION_SAME_EPOCH;
}

PartitionChangeSeen partition_make_follower(Partition *self,
                                            const PartitionRegistration *registration)
{
    if (registration->partition_epoch < self->partition_epoch) {
        return PARTITION_STALE;
    }
    bool is_new_epoch = registration->leader_epoch > self->leader_epoch;
    bool is_new_role = self->role != PARTITION_FOLLOWER;
    take_state(self, registration);
    self->leader_epoch = registration->leader_epoch;
    self->role = PARTITION_FOLLOWER;
    self->isr.count = 0;
    self->remote_count = 0;
    if (is_new_role) {
        return PARTITION_NEW_ROLE;
    }
    return is_new_epoch ? PARTITION_NEW_EPOCH : PARTITION_SAME_EPOCH;
}

static KafkaError check_append(Partition *self, RecordBatch *batch, int16_t acks, SimTime now)
{
    if (self->role != PARTITION_LEADER) {
        return KAFKA_NOT_LEADER_OR_FOLLOWER;
    }
    if (acks == -1 && partition_is_under_min_isr(self)) {
        return KAFKA_NOT_ENOUGH_REPLICAS;
    }
    if (batch->bytes > self->max_message_bytes) {
        return KAFKA_MESSAGE_TOO_LARGE;
    }
    const LogOptions *options = self->log.options;
    const KafkaError error =
        log_validator_validate(options, batch, now + self->host->clock_skew_ns);
    return error == KAFKA_NONE && batch->bytes > options->segment_bytes
               ? KAFKA_RECORD_LIST_TOO_LARGE
               : error;
}

KafkaError partition_append(Partition *self,
                            RecordBatch *batch,
                            int16_t acks,
                            SimTime now,
                            int64_t *ret_base_offset,
                            bool *ret_appended)
{
    return partition_append_as(
        self, batch, APPEND_CLIENT, NO_GUARD, acks, now, ret_base_offset, ret_appended);
}

KafkaError partition_append_as(Partition *self,
                               RecordBatch *batch,
                               AppendOrigin origin,
                               uint32_t guard,
                               int16_t acks,
                               SimTime now,
                               int64_t *ret_base_offset,
                               bool *ret_appended)
{
    *ret_appended = false;
    KafkaError error = check_append(self, batch, acks, now);
    if (error != KAFKA_NONE) {
        return error;
    }
    producer_state_expire_lazily(&self->log.producers, now);
    switch (
        producer_state_check(&self->log.producers, batch, origin, guard, ret_base_offset, &error)) {
    case PRODUCER_DUPLICATE:
        partition_advance_high_watermark(self, now); /* it may have waited for time to pass */
        return KAFKA_NONE;
    case PRODUCER_REFUSED:
        return error;
    case PRODUCER_APPEND:
        break;
    }
    for (int32_t i = 0; i < self->remote_count; i++) {
        replica_settle_idle_fetches(&self->remotes[i], self->log.log_end_offset);
    }
    record_log_append_as_leader(&self->log, batch, self->leader_epoch);
    *ret_base_offset = batch->base_offset;
    *ret_appended = true;
    partition_advance_high_watermark(self, now);
    return KAFKA_NONE;
}

/* KIP-903: what a broker sent before it restarted must not count for the new process. */
bool partition_host_refuses(const PartitionHost *host, int32_t broker, int64_t broker_epoch)
{
    if (broker < 0 || broker_epoch == REPLICA_ANY_EPOCH || !partition_host_has(host, ERA_KIP_903)) {
        return false;
    }
    const BrokerRegistration *known = host->find_broker(host->owner, broker);
    return known != NULL && !known->fenced && known->epoch > broker_epoch;
}

/* A reader's position is that of the batch it reads next (LogOffsetMetadata). */
static int64_t batch_start(const RecordLog *log, int64_t offset)
{
    int32_t index = record_log_find(log, offset);
    return index < log->count ? MIN(offset, record_log_at(log, index)->base_offset) : offset;
}

KafkaError partition_update_follower(
    Partition *self, RemoteReplica *remote, int64_t broker_epoch, int64_t offset, SimTime now)
{
    if (partition_host_refuses(self->host, remote->broker, broker_epoch)) {
        return KAFKA_NOT_LEADER_OR_FOLLOWER;
    }
    int64_t before = remote->log_end_offset;
    int64_t position = batch_start(&self->log, offset);
    replica_fetched(remote, now, broker_epoch, position, self->log.log_end_offset);
    partition_maybe_expand_isr(self, remote);
    if (before != position) {
        partition_advance_high_watermark(self, now);
    }
    return KAFKA_NONE;
}

static void set_high_watermark(Partition *self, int64_t offset)
{
    if (offset != self->high_watermark) {
        self->high_watermark = offset;
        producer_state_on_high_watermark(&self->log.producers, offset, self->log.log_start_offset);
        self->host->high_watermark_moved(self->host->owner, self);
    }
}

void partition_follow_high_watermark(Partition *self, int64_t leader_high_watermark)
{
    int64_t offset = MAX(leader_high_watermark, self->log.log_start_offset);
    set_high_watermark(self, MIN(offset, self->log.log_end_offset));
}

int64_t partition_last_stable_offset(const Partition *self)
{
    return record_log_last_stable_offset(&self->log, self->high_watermark);
}

void partition_follow_log_start(Partition *self, int64_t leader_log_start_offset)
{
    if (leader_log_start_offset > self->log.log_start_offset &&
        leader_log_start_offset <= self->high_watermark) {
        record_log_advance_start(&self->log, leader_log_start_offset);
    }
}

int64_t partition_truncate(Partition *self, int64_t offset)
{
    int64_t dropped = record_log_truncate(&self->log, offset);
    if (self->high_watermark == self->log.log_end_offset) {
        producer_state_on_high_watermark(
            &self->log.producers, self->high_watermark, self->log.log_start_offset);
    }
    set_high_watermark(self, MIN(self->high_watermark, self->log.log_end_offset));
    return dropped;
}

int64_t partition_start_anew(Partition *self, int64_t offset)
{
    int64_t dropped = self->log.log_end_offset - self->log.log_start_offset;
    record_log_truncate_fully(&self->log, offset);
    set_high_watermark(self, offset);
    return dropped;
}

/* Does the high watermark have to wait for this follower? Also for one that is caught up and about
 * to join the ISR: else it would run behind a moving mark and never join. */
static bool is_waited_for(const Partition *self, const RemoteReplica *remote, SimTime now)
{
    return partition_in_maximal_isr(self, remote->broker) ||
           (partition_is_caught_up(self, remote, now) && partition_is_isr_eligible(self, remote));
}

void partition_advance_high_watermark(Partition *self, SimTime now)
{
    if (partition_is_under_min_isr(self) && partition_host_has(self->host, ERA_KAFKA_15583)) {
        return; /* it stands still below min.insync.replicas */
    }
    int64_t candidate = self->log.log_end_offset;
    for (int32_t i = 0; i < self->remote_count; i++) {
        const RemoteReplica *remote = &self->remotes[i];
        if (remote->log_end_offset < candidate && is_waited_for(self, remote, now)) {
            candidate = remote->log_end_offset;
        }
    }
    set_high_watermark(self, MAX(self->high_watermark, candidate));
}

bool partition_reached(const Partition *self, int64_t required, KafkaError *ret_error)
{
    *ret_error = KAFKA_NONE;
    if (self->role != PARTITION_LEADER) {
        *ret_error = KAFKA_NOT_LEADER_OR_FOLLOWER;
        return false;
    }
    if (self->high_watermark < required) {
        return false;
    }
    if (partition_maximal_isr_count(self) < partition_effective_min_isr(self)) {
        *ret_error = KAFKA_NOT_ENOUGH_REPLICAS_AFTER_APPEND;
    }
    return true;
}
