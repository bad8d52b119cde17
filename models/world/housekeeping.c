/* housekeeping.c - what a run may forget while it goes on, so that its memory stays flat.
 *
 * Nothing that is simulated depends on it. Every ten simulated seconds the batches of each
 * partition that stand below its floor leave the ledger's account: the floor is the offset below
 * which every replica that may ever lead holds the data. Should a leader come up short of it all
 * the same (after the loss of disks), what is missing is counted as lost. */
#include "models/world/cluster_state.h"
#include <stdlib.h>
#include <string.h>

#define HOUSEKEEPING_INTERVAL SIM_SEC(10)
/* No copy of a batch arrives later than this after it was made: several delivery time-outs. */
#define LATEST_COPY SIM_SEC(900)

/* How far a topic's partition is settled: below it the ledger's account is closed. */
typedef struct SettledLog {
    int64_t topic_id;
    int64_t end;
} SettledLog;

typedef struct FormerLog {
    int32_t partition;
    SettledLog settled;
} FormerLog;

/* NULL: nobody has heard of such a topic. */
static int64_t *settled_end(Cluster *self, TopicIdPartition partition)
{
    SettledLog *present = &self->settled[partition.index];
    if (present->topic_id == partition.topic_id) {
        return &present->end;
    }
    for (guint i = self->settled_formers->len; i > 0; i--) {
        FormerLog *former = &g_array_index(self->settled_formers, FormerLog, i - 1);
        if (former->partition == partition.index &&
            former->settled.topic_id == partition.topic_id) {
            return &former->settled.end;
        }
    }
    return NULL;
}

typedef struct Floor {
    const Cluster *cluster;
    TopicIdPartition partition;
    int64_t offset;
} Floor;

/* Among those who led last may be NO_LEADER: nobody did (PartitionChangeBuilder's
 * maybeUpdateLastKnownLeader, when the ISR of a partition without a leader empties). */
static void lower(Floor *floor, const ReplicaList *replicas)
{
    for (int32_t i = 0; i < replicas->count && floor->offset > 0; i++) {
        if (replicas->ids[i] == NO_LEADER) {
            continue;
        }
        const Broker *broker = cluster_broker(floor->cluster, replicas->ids[i]);
        const RecordLog *log = broker_log(broker, floor->partition);
        floor->offset = log != NULL ? MIN(floor->offset, log->log_end_offset) : 0;
    }
}

/* Below it, every replica that an election can choose holds the data. */
static int64_t settled_floor(const Cluster *self, int32_t partition)
{
    const PartitionRegistration *newest = cluster_newest(self, partition);
    Floor floor = {self, cluster_present(self, partition), cluster_high_watermark(self, partition)};
    if (self->some_day_unclean[metadata_topic_of(self->metadata, partition)->index]) {
        lower(&floor, &newest->replicas);
    }
    lower(&floor, &newest->isr);
    lower(&floor, &newest->elr);
    lower(&floor, &newest->last_known_elr);
    return floor.offset;
}

/* Settles the batches of the log that end below `end`. */
static void settle(
    Cluster *self, TopicIdPartition partition, int64_t *settled, const RecordLog *log, int64_t end)
{
    for (int32_t i = record_log_find(log, *settled); i < log->count; i++) {
        const RecordBatch *batch = record_log_at(log, i);
        if (record_batch_last_offset(batch) >= end) {
            return;
        }
        if (batch->ledger != 0) {
            ledger_settle_batch(self->ledger, batch);
            ledger_place_origins(self->ledger, partition, batch);
        }
        *settled = record_batch_last_offset(batch) + 1;
    }
}

/* The log that counts ends there: that of `leader`, or the best one when nobody leads. */
static void
note_end(Cluster *self, int32_t partition, int32_t leader, int32_t leader_epoch, int64_t end)
{
    int64_t *settled = &self->settled[partition].end;
    if (end < *settled) {
        const LedgerSettledEnd gone = {
            .at = sim_now(self->sim),
            .from = end,
            .to = *settled,
            .partition = partition,
            .leader = leader,
            .leader_epoch = leader_epoch,
        };
        ledger_lost_settled(self->ledger, &gone);
        ledger_unplace_origins(self->ledger, partition, end);
        *settled = end;
    }
}

void housekeeping_on_end(Cluster *self, int32_t partition, const RecordLog *final)
{
    if (final != NULL) {
        note_end(self, partition, NO_LEADER, -1, final->log_end_offset);
    }
}

/* Not before: who is elected and dies, or is deposed, before it hears of it takes nothing away. */
void housekeeping_on_leading(Cluster *self, const LeadingReplica *replica)
{
    const int32_t partition = replica->partition.index;
    const PartitionRegistration *newest = cluster_newest(self, partition);
    if (newest != NULL && newest->leader == replica->broker &&
        newest->leader_epoch == replica->leader_epoch) {
        coordinator_records_unsettle(self->records, partition, replica->log_end);
        note_end(self, partition, replica->broker, replica->leader_epoch, replica->log_end);
    }
    const LeaderStart start = {
        .at = sim_now(self->sim),
        .log_end = replica->log_end,
        .last_epoch = replica->last_epoch,
        .partition = partition,
        .broker = replica->broker,
        .leader_epoch = replica->leader_epoch,
        .unclean = replica->unclean,
        .cause = kernel_cause(self->sim->kernel),
    };
    ledger_leads(self->ledger, replica->partition, replica->leader_epoch, replica->log_end);
    ledger_leader_starts(self->ledger, &start);
}

/* A log that goes with its topic; what is below `settled` was settled before. */
static void settle_deleted(Cluster *self, int64_t *settled, const RecordLog *log)
{
    for (int32_t i = 0; i < log->count; i++) {
        const RecordBatch *batch = record_log_at(log, i);
        if (batch->ledger != 0) {
            bool before = record_batch_last_offset(batch) < *settled;
            ledger_settle_deleted(self->ledger, batch, before);
        }
    }
    *settled = MAX(*settled, log->log_end_offset);
}

/* How far below `end` it is the log that counts; what it holds above, it will have to cut. */
static int64_t common_end(const RecordLog *log, const RecordLog *final, int64_t end)
{
    EpochEntry ends;
    const int32_t epoch = leader_epochs_for_offset(&log->epochs, end - 1);
    const bool known = final != NULL && leader_epochs_end_offset(
                                            &final->epochs, epoch, final->log_end_offset, &ends);
    return known ? MIN(end, ends.start_offset) : end;
}

void housekeeping_before_deletion(void *owner,
                                  TopicIdPartition partition,
                                  const RecordLog *log,
                                  int64_t new_start)
{
    Cluster *self = owner;
    int64_t *settled = settled_end(self, partition);
    if (settled != NULL && new_start < INT64_MAX) {
        const RecordLog *final = validation_final_log(self, partition.index);
        const int64_t end = common_end(log, final, new_start);
        settle(self, partition, settled, log, end);
        watching_tell_gaps(self, partition, log, end);
    } else if (settled != NULL) {
        settle_deleted(self, settled, log);
        watching_tell_gone(self, partition, log);
    }
}

/* Its records are deleted, not lost: those of its last leader, or of the longest log. */
void housekeeping_on_deletion(Cluster *self, int32_t partition, int32_t leader)
{
    SettledLog *settled = &self->settled[partition];
    const TopicIdPartition gone = {settled->topic_id, partition};
    const LeaderStart none = {
        .at = sim_now(self->sim),
        .partition = partition,
        .broker = NO_LEADER,
        .leader_epoch = -1,
        .cause = kernel_cause(self->sim->kernel),
    };
    ledger_leader_starts(self->ledger, &none);
    const RecordLog *longest = NULL;
    for (guint i = 0; i < self->brokers->len; i++) {
        const Broker *broker = self->brokers->pdata[i];
        const RecordLog *log = broker_log(broker, gone);
        if (log == NULL) {
            continue;
        }
        if (broker_id(broker) == leader) {
            longest = log;
            break;
        }
        if (longest == NULL || log->log_end_offset > longest->log_end_offset) {
            longest = log;
        }
    }
    if (longest != NULL) {
        settle_deleted(self, &settled->end, longest);
        watching_tell_gone(self, gone, longest);
    }
}

void housekeeping_on_creation(Cluster *self, TopicIdPartition partition)
{
    SettledLog *settled = &self->settled[partition.index];
    if (settled->topic_id != NO_TOPIC_ID) {
        const FormerLog former = {partition.index, *settled};
        g_array_append_val(self->settled_formers, former);
    }
    *settled = (SettledLog){partition.topic_id, 0};
    ledger_begin_anew(self->ledger, partition);
}

int64_t housekeeping_settled_end(const Cluster *self, int32_t partition)
{
    return self->settled[partition].end;
}

static void settle_where_led(Cluster *self, int32_t partition, SettledLog *gone)
{
    const TopicIdPartition identity = {gone->topic_id, partition};
    for (guint i = 0; i < self->brokers->len; i++) {
        if (broker_leads(self->brokers->pdata[i], identity)) {
            settle_deleted(self, &gone->end, broker_log(self->brokers->pdata[i], identity));
        }
    }
}

void housekeeping_settle_formers(Cluster *self)
{
    for (guint i = 0; i < self->settled_formers->len; i++) {
        FormerLog *former = &g_array_index(self->settled_formers, FormerLog, i);
        settle_where_led(self, former->partition, &former->settled);
    }
    for (int32_t p = 0; p < metadata_partition_count(self->metadata); p++) {
        if (cluster_newest(self, p) == NULL) {
            settle_where_led(self, p, &self->settled[p]);
        }
    }
}

/* Images that no broker can ask for any more. What some broker has applied is committed; a dead
 * broker begins with a snapshot. */
static void forget_metadata(Cluster *self)
{
    int64_t oldest = INT64_MAX;
    for (guint i = 0; i < self->brokers->len; i++) {
        Broker *broker = self->brokers->pdata[i];
        if (broker_actor(broker)->life != ACTOR_DEAD) {
            int64_t applied = broker_metadata_offset(broker);
            oldest = MIN(oldest, applied);
            self->metadata_applied = MAX(self->metadata_applied, applied);
        }
    }
    metadata_forget(self->metadata, MIN(oldest, self->metadata_applied));
}

static void settle_partitions(Cluster *self)
{
    for (int32_t p = 0; p < metadata_partition_count(self->metadata); p++) {
        const RecordLog *log = validation_final_log(self, p);
        int64_t *settled = &self->settled[p].end;
        if (log != NULL && log->log_end_offset > *settled) {
            settle(self, cluster_present(self, p), settled, log, settled_floor(self, p));
        }
    }
}

void housekeeping_run(Cluster *self)
{
    SimTime now = sim_now(self->sim);
    if (now - self->housekept_at < HOUSEKEEPING_INTERVAL) {
        return;
    }
    self->housekept_at = now;
    if (ledger_open_batches(self->ledger) > 0) {
        settle_partitions(self);
        ledger_settle_old(self->ledger, now - LATEST_COPY);
    }
    forget_metadata(self);
}

/* ---- what the log cleaner is told of keys */

static KeyDraw draw_of(KeyKind keys)
{
    switch (keys) {
    case KEY_UNIFORM:
        return KEYS_UNIFORM;
    case KEY_ZIPF:
        return KEYS_ZIPF;
    case KEY_HOT:
        return KEYS_HOT;
    case KEY_SEQUENCE:
        return KEYS_IN_TURN;
    case KEY_NONE:
    case KEY_CONSTANT:
        break;
    }
    return KEYS_ALL_THE_SAME;
}

bool housekeeping_key_model(void *owner, int32_t topic, KeyModel *ret_keys)
{
    const Cluster *self = owner;
    if (topic < (int32_t)self->spec->topics->len) {
        const TopicSpec *changelog = self->spec->topics->pdata[topic];
        if (changelog->keys > 0) {
            *ret_keys = (KeyModel){
                .draw = KEYS_UNIFORM, .keys = changelog->keys, .partitions = changelog->partitions};
            return true;
        }
    }
    for (guint i = 0; i < self->spec->producers->len; i++) {
        const ProducerSpec *producer = self->spec->producers->pdata[i];
        if (producer->topic != topic || producer->keys == KEY_NONE) {
            continue;
        }
        bool hashed = producer->choice == PARTITION_BY_CLIENT;
        *ret_keys = (KeyModel){
            .draw = draw_of(producer->keys),
            .keys = MAX(1, producer->key_count),
            .skew = producer->key_skew,
            .partitions = hashed ? metadata_topic(self->metadata, topic)->partitions : 1,
        };
        return true;
    }
    return false;
}

/* ---- before the run */

static const char unclean[] = "unclean.leader.election.enable";

/* Of any node that decides: controllers, or in the ZooKeeper era brokers. */
static bool nodes_enable_unclean(const ClusterSpec *spec)
{
    bool enabled = kafka_config_boolean(spec->config, unclean);
    for (guint i = 0; i < spec->controllers->len; i++) {
        const ControllerSpec *controller = spec->controllers->pdata[i];
        const KafkaConfig *own = controller->config;
        enabled = enabled || (own != NULL && kafka_config_boolean(own, unclean));
    }
    for (guint i = 0; i < spec->brokers->len; i++) {
        const BrokerSpec *broker = spec->brokers->pdata[i];
        enabled = enabled || kafka_config_boolean(broker->config, unclean);
    }
    return enabled;
}

/* It asks for such an election, or alters the option: of the topic or of nodes. */
static bool fault_may_elect_unclean(const FaultSpec *fault, int32_t topic, bool has_own)
{
    bool of_nodes = fault->topic == SPEC_NONE;
    if (fault->verb == FAULT_ELECT) {
        return fault->unclean && (of_nodes || fault->topic == topic);
    }
    return fault->config != NULL && kafka_config_is_set(fault->config, unclean) &&
           kafka_config_boolean(fault->config, unclean) &&
           (of_nodes ? !has_own : fault->topic == topic);
}

/* A topic that comes and goes has at some time none of the options that it was declared with. */
static bool keeps_options(const ClusterSpec *spec, int32_t topic)
{
    for (guint i = 0; i < spec->faults->len; i++) {
        const FaultSpec *fault = spec->faults->pdata[i];
        if (fault->topic == topic &&
            (fault->verb == FAULT_DELETE_TOPIC || fault->verb == FAULT_CREATE_TOPIC)) {
            return false;
        }
    }
    return true;
}

/* What has been settled by the time when such elections are allowed cannot be taken back: so the
 * whole timeline is asked, not the value in force. */
static bool may_elect_unclean(const ClusterSpec *spec, const TopicInfo *topic)
{
    bool has_own = topic->config != NULL && kafka_config_is_set(topic->config, unclean);
    bool keeps = has_own && keeps_options(spec, topic->index);
    bool may = (has_own && kafka_config_boolean(topic->config, unclean)) ||
               (!keeps && nodes_enable_unclean(spec));
    for (guint i = 0; i < spec->faults->len && !may; i++) {
        may = fault_may_elect_unclean(spec->faults->pdata[i], topic->index, keeps);
    }
    return may;
}

static void tell_acks(const Cluster *self)
{
    for (guint i = 0; i < self->spec->producers->len; i++) {
        const ProducerSpec *producer = self->spec->producers->pdata[i];
        const char *acks = kafka_config_text(producer->config, "acks");
        ledger_set_acks(self->ledger, (int32_t)i, strcmp(acks, "all") == 0 ? -1 : atoi(acks));
    }
}

void housekeeping_begin(Cluster *self)
{
    tell_acks(self);
    const int32_t topics = metadata_topic_count(self->metadata);
    const int32_t partitions = metadata_partition_count(self->metadata);
    self->settled = g_new0(SettledLog, (gsize)MAX(1, partitions));
    for (int32_t p = 0; p < partitions; p++) {
        self->settled[p].topic_id = NO_TOPIC_ID;
    }
    self->settled_formers = g_array_new(FALSE, FALSE, sizeof(FormerLog));
    self->some_day_unclean = g_new0(bool, (gsize)MAX(1, topics));
    for (int32_t t = 0; t < topics; t++) {
        self->some_day_unclean[t] =
            may_elect_unclean(self->spec, metadata_topic(self->metadata, t));
    }
}

void housekeeping_end(Cluster *self)
{
    g_free(self->settled);
    g_array_free(self->settled_formers, TRUE);
    g_free(self->some_day_unclean);
}

void cluster_note(Cluster *self, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_ptr_array_add(self->not_simulated, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

/* Mirrors: TransactionStateManager.transactionStateTopicConfigs. */
static KafkaConfig *transactions_config(const Cluster *self)
{
    const KafkaConfig *config = self->spec->config;
    KafkaConfig *topic = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
    (void)kafka_config_set(topic, unclean, "false");
    (void)kafka_config_set(topic, "compression.type", "uncompressed");
    (void)kafka_config_set(topic, "cleanup.policy", "compact");
    (void)kafka_config_set(
        topic, "min.insync.replicas", kafka_config_text(config, "transaction.state.log.min.isr"));
    (void)kafka_config_set(topic, "segment.bytes", "104857600");
    return topic;
}

void cluster_declare_transactions(Cluster *self)
{
    if (cluster_spec_has_transactions(self->spec)) {
        self->transactions_config = transactions_config(self);
        int64_t count =
            kafka_config_integer(self->spec->config, "transaction.state.log.num.partitions");
        metadata_add_topic(self->metadata,
                           CLUSTER_TRANSACTIONS_TOPIC,
                           (int32_t)count,
                           true,
                           self->transactions_config);
    }
}

void cluster_place_internal(Cluster *self,
                            const char *name,
                            const char *factor_option,
                            const char *consequence)
{
    const TopicInfo *topic = metadata_find_topic(self->metadata, name);
    if (topic == NULL) {
        return;
    }
    int64_t wanted = kafka_config_integer(self->spec->config, factor_option);
    if (!controller_bootstrap_topic(
            self->controllers->pdata[0], topic->index, topic->partitions, (int32_t)wanted, NULL)) {
        cluster_note(self,
                     "%s is not created: %d replicas on %u brokers, so %s",
                     name,
                     (int)wanted,
                     self->brokers->len,
                     consequence);
    }
}
