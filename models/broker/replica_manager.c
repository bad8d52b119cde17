/* replica_manager.c - the replicas of a broker, and what new metadata makes of them.
 *
 * Mirrors: ReplicaManager.applyDelta (leaders first, then followers), HighwatermarkCheckpoint,
 * the isr-expiration task. */
#include "models/broker/broker_state.h"
#include "models/broker/metadata/stop_replicas.h"

Partition *broker_partition(const Broker *self, int32_t index)
{
    return partition_table_find(&self->partitions, index);
}

static const BrokerRegistration *find_broker(void *owner, int32_t broker)
{
    const Broker *self = owner;
    return metadata_broker(self->context.metadata, broker, self->applied_offset);
}

static int64_t own_epoch(void *owner)
{
    return ((const Broker *)owner)->broker_epoch;
}

static void mark_high_watermark(Broker *self, Partition *partition)
{
    if (partition->high_watermark_dirty) {
        return;
    }
    partition->high_watermark_dirty = true;
    g_array_append_val(self->hw_dirty, partition);
    if (!timer_is_armed(&self->hw_checkpoint)) {
        actor_arm_constant(&self->actor, &self->hw_checkpoint, self->hw_checkpoint_interval_ns);
    }
}

static void on_high_watermark(void *owner, Partition *partition)
{
    mark_high_watermark(owner, partition);
    replica_watch_high_watermark(partition);
    purgatory_on_high_watermark(partition);
    fetch_on_high_watermark(partition);
    share_manager_on_high_watermark(partition->broker->shares, partition);
}

void replica_manager_init(Broker *self)
{
    self->partition_host = (PartitionHost){
        .owner = self,
        .broker_id = self->id,
        .replica_lag_ns = self->replica_lag_ns,
        .era = self->context.era,
        .find_broker = find_broker,
        .broker_epoch = own_epoch,
        .submit = isr_submit,
        .high_watermark_moved = on_high_watermark,
    };
    self->producer_options = producer_state_options_default;
    self->producer_options.expiration_ns =
        kafka_config_ms(self->context.config, "producer.id.expiration.ms");
    self->producer_options.verification =
        kafka_config_boolean(self->context.config, "transaction.partition.verification.enable");
}

static Partition *create(Broker *self, int32_t index)
{
    Partition *partition = partition_new(&self->partition_host, index);
    partition->broker = self;
    partition->log.producers.options = &self->producer_options;
    storage_add(partition);
    dynamic_config_read_partition(self, partition);
    return partition;
}

KafkaError replica_manager_append_as(Partition *partition,
                                     RecordBatch *batch,
                                     AppendOrigin origin,
                                     uint32_t guard,
                                     int16_t acks,
                                     int64_t *ret_base_offset)
{
    Broker *self = partition->broker;
    bool appended;
    KafkaError error = storage_check(partition);
    if (error != KAFKA_NONE) {
        return error;
    }
    error = partition_append_as(
        partition, batch, origin, guard, acks, actor_now(&self->actor), ret_base_offset, &appended);
    if (appended) {
        self->counters.messages_in += batch->count;
        self->counters.bytes_in += batch->bytes;
        storage_appended(partition, batch->bytes);
        fetch_on_append(partition);
    }
    return error;
}

static Partition *get_or_create(Broker *self, int32_t index)
{
    Partition *partition = broker_partition(self, index);
    if (partition == NULL) {
        partition = create(self, index);
        partition->topic_id =
            metadata_topic_id(self->context.metadata, index, self->applied_offset);
        partition_table_add(&self->partitions, partition);
        g_ptr_array_add(self->hosted, partition);
    }
    return partition;
}

static void set_led(Broker *self, Partition *partition, bool leads)
{
    guint at = 0;
    self->led_totals.valid = false;
    for (guint end = self->led->len; at < end;) {
        guint middle = at + (end - at) / 2;
        if (((Partition *)self->led->pdata[middle])->index < partition->index) {
            at = middle + 1;
        } else {
            end = middle;
        }
    }
    bool there = at < self->led->len && self->led->pdata[at] == partition;
    if (leads && !there) {
        g_ptr_array_insert(self->led, (gint)at, partition);
    } else if (!leads && there) {
        g_ptr_array_remove_index(self->led, at);
    }
}

static bool is_offsets_partition(const Broker *self, int32_t index)
{
    const TopicInfo *topic = metadata_topic_of(self->context.metadata, index);
    return topic->internal && !broker_transactions_owns(self, index);
}

static void load_coordinator(Broker *self, const Partition *partition)
{
    if (broker_transactions_owns(self, partition->index)) {
        broker_transactions_load(self, partition);
        return;
    }
    if (!is_offsets_partition(self, partition->index)) {
        return;
    }
    group_coordinator_on_elected(self->coordinator, partition->index);
    LogCursor cursor = record_log_seek(&partition->log, partition->log.log_start_offset);
    const RecordBatch *batch;
    while ((batch = log_cursor_next(&cursor)) != NULL) {
        group_coordinator_on_load(self->coordinator, batch);
    }
    group_coordinator_on_loaded(self->coordinator, partition->index);
}

static void resign_coordinator(Broker *self, int32_t index)
{
    if (broker_transactions_owns(self, index)) {
        broker_transactions_resigned(self, index);
    } else if (is_offsets_partition(self, index)) {
        group_coordinator_on_resigned(self->coordinator, index);
    }
}

static void log_role(Broker *self, const Partition *partition, const char *role)
{
    char name[128];
    metadata_partition_name(self->context.metadata, partition->index, name, sizeof(name));
    actor_log(&self->actor,
              role,
              "%s: epoch %d from offset %" G_GINT64_FORMAT ", high watermark %" G_GINT64_FORMAT,
              name,
              partition->leader_epoch,
              partition->log.log_end_offset,
              partition->high_watermark);
}

static void become_leader(Broker *self, int32_t index, const PartitionRegistration *registration)
{
    Partition *partition = get_or_create(self, index);
    replica_fetcher_remove(self, partition);
    PartitionChangeSeen seen =
        partition_make_leader(partition, registration, actor_now(&self->actor));
    if (seen == PARTITION_STALE) {
        return;
    }
    purgatory_on_high_watermark(partition);
    if (seen == PARTITION_SAME_EPOCH) {
        fetch_recheck_isr(partition); /* who waits to join, or has just been put out */
        return;
    }
    set_led(self, partition, true);
    replica_watch_leads(partition);
    fetch_on_role_change(partition);
    share_manager_on_role_change(self->shares, partition);
    if (actor_now(&self->actor) > 0) {
        log_role(self, partition, "leads");
    }
    if (self->context.on_leading != NULL) {
        const LeadingReplica replica = {
            .partition = partition_identity(partition),
            .broker = broker_id(self),
            .leader_epoch = partition->leader_epoch,
            .log_end = partition->log.log_end_offset,
            .last_epoch =
                leader_epochs_for_offset(&partition->log.epochs, partition->log.log_end_offset - 1),
            .unclean = registration->recovery == LEADER_RECOVERING,
        };
        self->context.on_leading(self->context.owner, &replica);
    }
    if (seen == PARTITION_NEW_ROLE) {
        load_coordinator(self, partition);
    }
}

static void become_follower(Broker *self, int32_t index, const PartitionRegistration *registration)
{
    Partition *partition = get_or_create(self, index);
    bool was_leader = partition->role == PARTITION_LEADER;
    PartitionChangeSeen seen = partition_make_follower(partition, registration);
    if (seen == PARTITION_STALE || seen == PARTITION_SAME_EPOCH) {
        return;
    }
    purgatory_fail_all(partition, KAFKA_NOT_LEADER_OR_FOLLOWER);
    fetch_on_role_change(partition);
    share_manager_on_role_change(self->shares, partition);
    set_led(self, partition, false);
    if (was_leader) {
        resign_coordinator(self, index);
    }
    replica_fetcher_remove(self, partition);
    if (registration->leader != NO_LEADER) {
        replica_fetcher_add(self, partition);
    }
    if (actor_now(&self->actor) > 0) {
        char name[128];
        metadata_partition_name(self->context.metadata, index, name, sizeof(name));
        actor_log(&self->actor,
                  "follows",
                  "%s: leader %d, epoch %d",
                  name,
                  registration->leader,
                  registration->leader_epoch);
    }
}

static bool is_offline(const Broker *self, int32_t index)
{
    const Partition *partition = broker_partition(self, index);
    return partition != NULL && partition->stored->offline;
}

void replica_manager_drop(Broker *self, Partition *partition, KafkaError error)
{
    bool led = partition->role == PARTITION_LEADER;
    replica_fetcher_remove(self, partition);
    set_led(self, partition, false);
    g_ptr_array_remove(self->alter_waiting, partition); /* nobody is to be asked any more */
    partition_drop_submission(partition);
    partition->role = PARTITION_NONE;
    purgatory_fail_all(partition, error);
    fetch_on_role_change(partition);
    share_manager_on_role_change(self->shares, partition);
    if (led) {
        resign_coordinator(self, partition->index);
    }
}

/* Keeps those that this broker has to do with. The logs of replicas that are no longer its go, and
 * those of a former topic; in the ZooKeeper era a replica that is no longer its waits for
 * StopReplica, be it for good. Mirrors: LogManager.isStrayKraftReplica. */
void replica_manager_keep_own(Broker *self, GArray *touched)
{
    guint kept = 0;
    for (guint i = 0; i < touched->len; i++) {
        int32_t index = g_array_index(touched, int32_t, i);
        const PartitionRegistration *registration =
            metadata_partition(self->context.metadata, index, self->applied_offset);
        int64_t topic_id = metadata_topic_id(self->context.metadata, index, self->applied_offset);
        Partition *partition = broker_partition(self, index);
        bool stays = registration != NULL && replica_list_has(&registration->replicas, self->id);
        if (is_offline(self, index)) {
            continue;
        }
        /* Deleted, and perhaps created again, while this broker was away or did not look. */
        bool is_former = partition != NULL && partition->topic_id != NO_TOPIC_ID &&
                         partition->topic_id != topic_id;
        if (partition != NULL && (stays ? is_former : !broker_has_zookeeper(self))) {
            stop_replicas_delete(self, partition, is_former);
        }
        if (partition != NULL && stays) {
            partition->topic_id = topic_id;
        }
        if (stays) {
            g_array_index(touched, int32_t, kept++) = index;
        }
    }
    g_array_set_size(touched, kept);
}

static const PartitionRegistration *registered(const Broker *self, int32_t index)
{
    return metadata_partition(self->context.metadata, index, self->applied_offset);
}

bool replica_manager_takes_over(const Broker *self, int32_t index)
{
    const PartitionRegistration *registration = registered(self, index);
    const Partition *partition = broker_partition(self, index);
    return registration != NULL && registration->leader == self->id && !is_offline(self, index) &&
           (partition == NULL || partition->leader_epoch < registration->leader_epoch);
}

bool replica_manager_follows(const Broker *self, int32_t index)
{
    const PartitionRegistration *registration = registered(self, index);
    return registration != NULL && registration->leader != self->id &&
           replica_list_has(&registration->replicas, self->id);
}

bool replica_manager_gives_up(const Broker *self, int32_t index)
{
    const Partition *partition = broker_partition(self, index);
    return partition != NULL && partition->role == PARTITION_LEADER &&
           replica_manager_follows(self, index);
}

bool replica_manager_changes_leader(const Broker *self, int32_t index)
{
    const Partition *partition = broker_partition(self, index);
    return partition != NULL && replica_manager_follows(self, index) &&
           partition->leader_epoch < registered(self, index)->leader_epoch;
}

void replica_manager_apply_leader(Broker *self, int32_t index)
{
    const PartitionRegistration *registration = registered(self, index);
    if (registration->leader == self->id && !is_offline(self, index)) {
        self->led_totals.valid = false;
        become_leader(self, index, registration);
    }
}

void replica_manager_apply_leaders(Broker *self, const GArray *touched)
{
    uint32_t cause = kernel_cause(self->context.sim->kernel);
    for (guint i = 0; i < touched->len; i++) {
        kernel_set_cause(self->context.sim->kernel, cause);
        replica_manager_apply_leader(self, g_array_index(touched, int32_t, i));
    }
}

/* Who shuts down fetches no more of what it is not in sync with, or nobody leads. */
static void stop_if_put_out(Broker *self, const PartitionRegistration *registration, int32_t index)
{
    bool stops = self->state.now == BROKER_PENDING_CONTROLLED_SHUTDOWN ||
                 self->state.now == BROKER_SHUTTING_DOWN;
    bool stays =
        registration->leader != NO_LEADER && replica_list_has(&registration->isr, self->id);
    if (stops && !stays) {
        replica_fetcher_remove(self, broker_partition(self, index));
    }
}

void replica_manager_apply_followers(Broker *self, const GArray *touched)
{
    uint32_t cause = kernel_cause(self->context.sim->kernel);
    for (guint i = 0; i < touched->len; i++) {
        int32_t index = g_array_index(touched, int32_t, i);
        const PartitionRegistration *registration = registered(self, index);
        if (registration->leader != self->id && !is_offline(self, index)) {
            kernel_set_cause(self->context.sim->kernel, cause);
            become_follower(self, index, registration);
            stop_if_put_out(self, registration, index);
        }
    }
}

void replica_manager_on_checkpoint(Broker *self)
{
    for (guint i = 0; i < self->hw_dirty->len; i++) {
        Partition *partition = g_array_index(self->hw_dirty, Partition *, i);
        partition->checkpointed_high_watermark = partition->high_watermark;
        partition->high_watermark_dirty = false;
    }
    g_array_set_size(self->hw_dirty, 0);
}

void replica_manager_start(Broker *self)
{
    actor_arm(&self->actor,
              &self->isr_check,
              stream_between(&self->stream, 0, MAX(0, self->replica_lag_ns / 2 - 1)));
}

/* Mirrors: LogLoader.load, then Partition.createLog: the checkpointed high watermark is applied. */
void replica_manager_load_logs(Broker *self)
{
    for (guint i = 0; i < self->hosted->len; i++) {
        Partition *partition = self->hosted->pdata[i];
        RecordLog *log = &partition->log;
        record_log_reload(log, log_manager_was_closed(partition->stored), actor_now(&self->actor));
        producer_state_on_high_watermark(
            &log->producers, partition->high_watermark, log->log_start_offset);
    }
}

void replica_manager_reset(Broker *self)
{
    for (guint i = 0; i < self->hosted->len; i++) {
        partition_forget(self->hosted->pdata[i]);
    }
    g_ptr_array_set_size(self->led, 0);
    self->led_totals.valid = false;
    g_array_set_size(self->hw_dirty, 0);
    g_ptr_array_set_size(self->alter_waiting, 0);
}
