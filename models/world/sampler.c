/* sampler.c - the numbers of the cluster on a fixed grid, under the names that Kafka gives them. */
#include "models/world/cluster_state.h"

typedef struct Probe {
    Cluster *cluster;
    int32_t index; /* producer, group or broker */
    int32_t detail;
} Probe;

static const ProducerSpec *producer_spec(const Cluster *self, int32_t i)
{
    return self->spec->producers->pdata[i];
}

static int64_t producer_acked(void *owner, SimTime now)
{
    const Probe *probe = owner;
    (void)now;
    return ledger_producer(probe->cluster->ledger, probe->index)->acked;
}

static int64_t producer_offered(void *owner, SimTime now)
{
    const Probe *probe = owner;
    (void)now;
    return ledger_producer(probe->cluster->ledger, probe->index)->offered;
}

static int64_t producer_failed(void *owner, SimTime now)
{
    const Probe *probe = owner;
    (void)now;
    return ledger_producer(probe->cluster->ledger, probe->index)->failed;
}

/* detail: the quantile in ppm; the answer in microseconds. */
static int64_t producer_latency(void *owner, SimTime now)
{
    const Probe *probe = owner;
    (void)now;
    const Histogram *window = ledger_producer(probe->cluster->ledger, probe->index)->window_latency;
    return histogram_quantile(window, (uint32_t)probe->detail) / 1000;
}

static int64_t group_consumed(void *owner, SimTime now)
{
    const Probe *probe = owner;
    (void)now;
    return ledger_group(probe->cluster->ledger, probe->index)->consumed;
}

static int64_t group_lag(void *owner, SimTime now)
{
    const Probe *probe = owner;
    (void)now;
    return sampler_group_lag(probe->cluster, probe->index);
}

static int64_t group_members(void *owner, SimTime now)
{
    const Probe *probe = owner;
    const GroupRows *rows = &probe->cluster->group_rows[probe->index];
    int64_t alive = 0;
    (void)now;
    for (guint i = rows->consumers; i < rows->consumers_end; i++) {
        const ConsumerProcess *process =
            &g_array_index(probe->cluster->consumers, ConsumerProcess, i);
        alive += consumer_actor(process->consumer)->life == ACTOR_ALIVE ? 1 : 0;
    }
    return alive;
}

static Broker *probed_broker(const Probe *probe)
{
    return probe->cluster->brokers->pdata[probe->index];
}

static bool is_alive(const Probe *probe)
{
    return broker_actor(probed_broker(probe))->life == ACTOR_ALIVE;
}

static int64_t broker_urp(void *owner, SimTime now)
{
    (void)now;
    return is_alive(owner) ? broker_under_replicated(probed_broker(owner)) : 0;
}

static int64_t broker_umi(void *owner, SimTime now)
{
    (void)now;
    return is_alive(owner) ? broker_under_min_isr(probed_broker(owner)) : 0;
}

static int64_t broker_leaders(void *owner, SimTime now)
{
    (void)now;
    return is_alive(owner) ? broker_led_partitions(probed_broker(owner)) : 0;
}

static int64_t broker_messages(void *owner, SimTime now)
{
    (void)now;
    return broker_counters(probed_broker(owner))->messages_in;
}

static int64_t broker_bytes_in(void *owner, SimTime now)
{
    (void)now;
    return broker_counters(probed_broker(owner))->bytes_in;
}

static int64_t broker_bytes_out(void *owner, SimTime now)
{
    (void)now;
    return broker_counters(probed_broker(owner))->bytes_out;
}

static int64_t broker_replication_out(void *owner, SimTime now)
{
    (void)now;
    return broker_counters(probed_broker(owner))->replication_bytes_out;
}

static int64_t broker_shrinks(void *owner, SimTime now)
{
    (void)now;
    return broker_counters(probed_broker(owner))->isr_shrinks;
}

static int64_t broker_expands(void *owner, SimTime now)
{
    (void)now;
    return broker_counters(probed_broker(owner))->isr_expands;
}

static int64_t broker_requests(void *owner, SimTime now)
{
    const Probe *probe = owner;
    (void)now;
    return broker_counters(probed_broker(probe))->requests[probe->detail];
}

static int64_t broker_queue(void *owner, SimTime now)
{
    (void)now;
    return broker_request_queue(probed_broker(owner));
}

static int64_t broker_idle(void *owner, SimTime now)
{
    return broker_handler_idle_ppm(probed_broker(owner), now);
}

/* Counted anew only when some partition has changed. */
static const PartitionTotals *totals(Cluster *self)
{
    PartitionTotals *totals = &self->totals;
    if (totals->valid) {
        return totals;
    }
    int32_t smallest = INT32_MAX;
    *totals = (PartitionTotals){.valid = true};
    for (int32_t p = 0; p < metadata_partition_count(self->metadata); p++) {
        const PartitionRegistration *registration = cluster_newest(self, p);
        if (registration == NULL) {
            continue;
        }
        totals->offline += registration->leader == NO_LEADER ? 1 : 0;
        if (!metadata_topic_of(self->metadata, p)->internal) {
            smallest = MIN(smallest, registration->isr.count);
        }
    }
    totals->smallest_isr = smallest == INT32_MAX ? -1 : smallest;
    return totals;
}

static int64_t offline_partitions(void *owner, SimTime now)
{
    const Probe *probe = owner;
    (void)now;
    return totals(probe->cluster)->offline;
}

static int64_t smallest_isr(void *owner, SimTime now)
{
    const Probe *probe = owner;
    (void)now;
    return totals(probe->cluster)->smallest_isr;
}

int32_t cluster_min_isr_option(const Cluster *self, const KafkaConfig *topic, int64_t offset)
{
    static const char name[] = "min.insync.replicas";
    const int32_t first = broker_id(self->brokers->pdata[0]);
    const KafkaConfig *changed = metadata_broker_config(self->metadata, first, offset);
    const KafkaConfig *brokers = kafka_config_first_set(changed, self->spec->config, name);
    return (int32_t)kafka_config_integer(kafka_config_first_set(topic, brokers, name), name);
}

static int32_t common_min_isr(const Cluster *self, int64_t offset)
{
    int64_t common = -1;
    for (int32_t t = 0; t < metadata_topic_count(self->metadata); t++) {
        const KafkaConfig *config = metadata_topic_config(self->metadata, t, offset);
        if (config == NULL || metadata_topic(self->metadata, t)->internal) {
            continue;
        }
        int64_t own = cluster_min_isr_option(self, config, offset);
        if (common >= 0 && common != own) {
            return 0;
        }
        common = own;
    }
    return (int32_t)MAX(0, common);
}

/* Read again only when there is new metadata. */
static int64_t min_isr(void *owner, SimTime now)
{
    Cluster *self = ((Probe *)owner)->cluster;
    int64_t offset = metadata_end_offset(self->metadata);
    (void)now;
    if (self->min_isr.offset != offset) {
        self->min_isr = (MinIsrSeen){offset, common_min_isr(self, offset)};
    }
    return self->min_isr.common;
}

int64_t cluster_high_watermark(const Cluster *self, int32_t partition)
{
    const TopicIdPartition present = cluster_present(self, partition);
    Broker *leader = history_living_leader(self, partition);
    if (leader != NULL && broker_leads(leader, present)) {
        return broker_high_watermark(leader, present);
    }
    int64_t highest = 0;
    for (guint i = 0; i < self->brokers->len; i++) {
        highest = MAX(highest, broker_high_watermark(self->brokers->pdata[i], present));
    }
    return highest;
}

int64_t cluster_latest_offset(const Cluster *self, int32_t partition)
{
    const Broker *leader = history_living_leader(self, partition);
    return leader == NULL ? -1 : broker_latest_offset(leader, cluster_present(self, partition));
}

int64_t cluster_log_start_offset(const Cluster *self, int32_t partition)
{
    const RecordLog *log = validation_final_log(self, partition);
    return log != NULL ? log->log_start_offset : 0;
}

int64_t cluster_last_stable_offset(const Cluster *self, int32_t partition)
{
    Broker *leader = history_living_leader(self, partition);
    return leader == NULL ? -1
                          : broker_last_stable_offset(leader, cluster_present(self, partition));
}

/* NULL: not a partition of the group's topics. */
static GroupPosition *find_position(Cluster *self, int32_t group, int32_t partition)
{
    const GArray *topics = ((GroupSpec *)self->spec->groups->pdata[group])->topics;
    guint row = self->group_rows[group].positions;
    for (guint t = 0; t < topics->len; t++) {
        const TopicInfo *topic = metadata_topic(self->metadata, g_array_index(topics, int32_t, t));
        const int32_t number = partition - topic->first_partition;
        if (number >= 0 && number < topic->partitions) {
            return &g_array_index(self->positions, GroupPosition, row + (guint)number);
        }
        row += (guint)topic->partitions;
    }
    return NULL;
}

/* Who froze, or hangs, believes that it still owns what others got since. Partitions taken by hand
 * are each member's own. */
static void update_position(GroupPosition *at, const Consumer *owner)
{
    const int64_t position = consumer_position(owner, at->partition);
    const GroupKind kind = consumer_context(owner)->spec->kind;
    const bool by_hand = kind == GROUP_ASSIGNS || kind == GROUP_ASSIGNS_ALONE;
    const SimTime since = by_hand ? 0 : consumer_assigned_since(owner, at->partition);
    if (position >= 0 && since >= at->since) {
        at->position = position;
        at->since = since;
    }
}

/* How far the group has come in a partition: the position of whom it was assigned to last, else the
 * last one seen. */
static void update_positions(Cluster *self)
{
    for (guint c = 0; c < self->consumers->len; c++) {
        const ConsumerProcess *process = &g_array_index(self->consumers, ConsumerProcess, c);
        const int32_t *owned;
        const int32_t count = consumer_owned(process->consumer, &owned);
        for (int32_t i = 0; i < count && consumer_actor(process->consumer)->life != ACTOR_DEAD;
             i++) {
            GroupPosition *at = find_position(self, process->group, owned[i]);
            if (at != NULL) {
                update_position(at, process->consumer);
            }
        }
    }
}

static bool reads_from_start(const Cluster *self, int32_t group)
{
    const GroupSpec *spec = self->spec->groups->pdata[group];
    return g_strcmp0(kafka_config_text(spec->config, "auto.offset.reset"), "earliest") == 0;
}

/* A share group has no positions: what lies before its start offset is done. The persister hears
 * of one that moved with the log's start only when something is acknowledged. */
static int64_t group_position(const Cluster *self, int32_t group, const GroupPosition *at)
{
    const GroupSpec *spec = self->spec->groups->pdata[group];

    if (spec->kind != GROUP_SHARES) {
        return at->position;
    }
    return MAX(share_state_store_start_offset(self->share_states, spec->name, at->partition),
               cluster_log_start_offset(self, at->partition));
}

int64_t sampler_group_lag(Cluster *self, int32_t group)
{
    const GroupRows *rows = &self->group_rows[group];
    const bool from_start = reads_from_start(self, group);
    int64_t lag = 0;
    for (guint i = rows->positions; i < rows->positions_end; i++) {
        const GroupPosition *at = &g_array_index(self->positions, GroupPosition, i);
        const int64_t position = group_position(self, group, at);
        if (position < 0 && !from_start) {
            continue;
        }
        int64_t high_watermark = cluster_high_watermark(self, at->partition);
        lag += MAX(0, high_watermark - MAX(0, position));
    }
    return lag;
}

static void add(Cluster *self,
                const char *name,
                const char *where,
                SeriesKind kind,
                SeriesProbe probe,
                int32_t index,
                int32_t detail)
{
    Probe *owner = g_new0(Probe, 1);
    *owner = (Probe){self, index, detail};
    g_ptr_array_add(self->probes, owner);
    series_add(self->series, name, where, kind, probe, owner);
}

static void add_producer(Cluster *self, int32_t i)
{
    g_autofree char *where = g_strdup_printf("producer=%s", producer_spec(self, i)->name);
    const SeriesKind counter = SERIES_COUNTER;
    const SeriesKind gauge = SERIES_GAUGE;
    add(self, "kafkasim.producer.offered.records", where, counter, producer_offered, i, 0);
    add(self, "kafkasim.producer.acked.records", where, counter, producer_acked, i, 0);
    add(self, "kafkasim.producer.failed.records", where, counter, producer_failed, i, 0);
    add(self, "kafkasim.producer.latency.p50", where, gauge, producer_latency, i, 500000);
    add(self, "kafkasim.producer.latency.p99", where, gauge, producer_latency, i, 990000);
    add(self, "kafkasim.producer.latency.p999", where, gauge, producer_latency, i, 999000);
}

static void add_group(Cluster *self, int32_t i)
{
    const GroupSpec *spec = self->spec->groups->pdata[i];
    g_autofree char *where = g_strdup_printf("group=%s", spec->name);
    add(self, "kafkasim.group.consumed.records", where, SERIES_COUNTER, group_consumed, i, 0);
    add(self, "kafkasim.group.lag", where, SERIES_GAUGE, group_lag, i, 0);
    add(self, "kafkasim.group.members", where, SERIES_GAUGE, group_members, i, 0);
}

#define REPLICA_MANAGER "kafka.server:type=ReplicaManager,name="
#define BROKER_TOPICS   "kafka.server:type=BrokerTopicMetrics,name="

static void add_broker(Cluster *self, int32_t i)
{
    static const uint16_t apis[] = {
        KAFKA_PRODUCE, KAFKA_FETCH, KAFKA_METADATA, KAFKA_OFFSET_COMMIT, KAFKA_HEARTBEAT};
    int32_t id = broker_id(self->brokers->pdata[i]);
    g_autofree char *where = g_strdup_printf("broker=%d", id);
    const SeriesKind counter = SERIES_COUNTER;
    const SeriesKind gauge = SERIES_GAUGE;
    add(self, REPLICA_MANAGER "UnderReplicatedPartitions", where, gauge, broker_urp, i, 0);
    add(self, REPLICA_MANAGER "UnderMinIsrPartitionCount", where, gauge, broker_umi, i, 0);
    add(self, REPLICA_MANAGER "LeaderCount", where, gauge, broker_leaders, i, 0);
    add(self, REPLICA_MANAGER "IsrShrinksPerSec", where, counter, broker_shrinks, i, 0);
    add(self, REPLICA_MANAGER "IsrExpandsPerSec", where, counter, broker_expands, i, 0);
    add(self, BROKER_TOPICS "MessagesInPerSec", where, counter, broker_messages, i, 0);
    add(self, BROKER_TOPICS "BytesInPerSec", where, counter, broker_bytes_in, i, 0);
    add(self, BROKER_TOPICS "BytesOutPerSec", where, counter, broker_bytes_out, i, 0);
    add(self,
        BROKER_TOPICS "ReplicationBytesOutPerSec",
        where,
        counter,
        broker_replication_out,
        i,
        0);
    add(self,
        "kafka.network:type=RequestChannel,name=RequestQueueSize",
        where,
        gauge,
        broker_queue,
        i,
        0);
    add(self,
        "kafka.server:type=KafkaRequestHandlerPool,name=RequestHandlerAvgIdlePercent",
        where,
        gauge,
        broker_idle,
        i,
        0);
    for (size_t k = 0; k < G_N_ELEMENTS(apis); k++) {
        g_autofree char *request =
            g_strdup_printf("broker=%d;request=%s", id, kafka_api_name(apis[k]));
        add(self,
            "kafka.network:type=RequestMetrics,name=RequestsPerSec",
            request,
            counter,
            broker_requests,
            i,
            apis[k]);
    }
}

void sampler_start(Cluster *self)
{
    for (guint i = 0; i < self->spec->producers->len; i++) {
        add_producer(self, (int32_t)i);
    }
    for (guint i = 0; i < self->spec->groups->len; i++) {
        add_group(self, (int32_t)i);
    }
    add(self,
        "kafka.controller:type=KafkaController,name=OfflinePartitionsCount",
        "",
        SERIES_GAUGE,
        offline_partitions,
        0,
        0);
    add(self, "kafkasim.isr.size.min", "", SERIES_GAUGE, smallest_isr, 0, 0);
    add(self, "kafkasim.min.insync.replicas", "", SERIES_GAUGE, min_isr, 0, 0);
    for (guint i = 0; i < self->brokers->len; i++) {
        add_broker(self, (int32_t)i);
    }
    actor_arm_constant(&self->actor, &self->sample_timer, self->spec->sample_interval);
}

void sampler_sample(Cluster *self)
{
    history_look(self);
    update_positions(self);
    series_sample(self->series, sim_now(self->sim));
    ledger_window_reset(self->ledger);
    housekeeping_run(self);
    actor_arm_constant(&self->actor, &self->sample_timer, self->spec->sample_interval);
}
