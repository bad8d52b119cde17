/* throttled_moves.c - kafka-reassign-partitions with --throttle, and the --verify that ends it.
 *
 *     execute: lists and rates are set -> replicas move -> verify, each second: are they there?
 *                                             -> lists and rates are taken away
 *
 * Before anything moves, every partition of the plan, and what is under way already, is put on its
 * topic's lists: with the replicas it has on the leaders' (leader.replication.throttled.replicas),
 * with those it gets on the followers'. All brokers concerned get the same two rates. KIP-73's
 * quota does the rest. Nobody takes that away but --verify, which the tool wants to be run again
 * and again, here each second: when nothing moves any more it clears the rates of every broker and
 * the lists of the plan's topics, whoever had set them.
 *
 * Mirrors: ReassignPartitionsCommand (calculateProposedMoveMap, modifyReassignmentThrottle,
 * clearAllThrottles). Leaves out: --additional, without which the tool refuses a second plan;
 * --replica-alter-log-dirs-throttle. */
#include "models/world/cluster_state.h"

#define VERIFY_NS SIM_SEC(1)

static const char *const rates[] = {"leader.replication.throttled.rate",
                                    "follower.replication.throttled.rate"};
static const char *const lists[] = {"leader.replication.throttled.replicas",
                                    "follower.replication.throttled.replicas"};

struct ThrottledMoves {
    Timer timer;
    const FaultSpec *fault;
    uint32_t cause;
    GPtrArray *options;     /* KafkaConfig: requests borrow them, the metadata too */
    GArray *brokers;        /* int32_t ids, in order of appearance */
    GHashTable *known;      /* those ids; look-up only */
    const MoveSpec **moves; /* by partition, NULL: it stays where it is */
    bool *named;            /* by topic: in the plan */
};

void throttled_moves_free(void *data)
{
    ThrottledMoves *self = data;
    g_ptr_array_free(self->options, TRUE);
    g_array_free(self->brokers, TRUE);
    g_hash_table_destroy(self->known);
    g_free(self->moves);
    g_free(self->named);
    g_free(self);
}

static void free_options(void *options)
{
    kafka_config_free(options);
}

static KafkaConfig *new_options(ThrottledMoves *self, unsigned scopes)
{
    KafkaConfig *options = kafka_config_new(scopes, NULL);
    g_ptr_array_add(self->options, options);
    return options;
}

static void note_brokers(ThrottledMoves *self, const ReplicaList *replicas)
{
    for (int32_t i = 0; i < replicas->count; i++) {
        if (g_hash_table_add(self->known, GINT_TO_POINTER(replicas->ids[i]))) {
            g_array_append_val(self->brokers, replicas->ids[i]);
        }
    }
}

static void append_pairs(GString *list, int32_t partition, const ReplicaList *replicas)
{
    for (int32_t i = 0; i < replicas->count; i++) {
        g_string_append_printf(
            list, "%s%d:%d", list->len > 0 ? "," : "", partition, replicas->ids[i]);
    }
}

/* Of two moves of one partition the first counts. */
static void index_plan(const Cluster *cluster, ThrottledMoves *self)
{
    const MetadataLog *metadata = cluster->metadata;
    self->moves = g_new0(const MoveSpec *, (gsize)metadata_partition_count(metadata) + 1);
    self->named = g_new0(bool, (gsize)metadata_topic_count(metadata) + 1);
    for (guint i = 0; i < self->fault->moves->len; i++) {
        const MoveSpec *move = &g_array_index(self->fault->moves, MoveSpec, i);
        const TopicInfo *topic = metadata_topic(metadata, move->topic);
        self->named[move->topic] = true;
        if (move->partition >= 0 && move->partition < topic->partitions &&
            self->moves[topic->first_partition + move->partition] == NULL) {
            self->moves[topic->first_partition + move->partition] = move;
        }
    }
}

/* PartitionMove: from where, to where. False: it stays. */
static bool find_move(const Cluster *cluster,
                      const ThrottledMoves *self,
                      int32_t partition,
                      ReplicaList *ret_sources,
                      ReplicaList *ret_destinations)
{
    const PartitionRegistration *now = cluster_newest(cluster, partition);
    const MoveSpec *move = self->moves[partition];
    if (now == NULL || (move == NULL && now->adding.count == 0)) {
        return false;
    }
    *ret_sources = now->replicas;
    *ret_destinations = move != NULL ? move->replicas : now->adding;
    for (int32_t i = 0; i < now->adding.count; i++) {
        replica_list_remove(ret_sources, now->adding.ids[i]);
    }
    for (int32_t i = 0; i < ret_sources->count; i++) {
        replica_list_remove(ret_destinations, ret_sources->ids[i]);
    }
    return true;
}

static void throttle_topic(Cluster *cluster, ThrottledMoves *self, const TopicInfo *topic)
{
    g_autoptr(GString) leaders = g_string_new(NULL);
    g_autoptr(GString) followers = g_string_new(NULL);
    ReplicaList sources;
    ReplicaList destinations;
    for (int32_t p = 0; p < topic->partitions; p++) {
        if (find_move(cluster, self, topic->first_partition + p, &sources, &destinations)) {
            append_pairs(leaders, p, &sources);
            append_pairs(followers, p, &destinations);
            note_brokers(self, &sources);
            note_brokers(self, &destinations);
        }
    }
    if (leaders->len > 0) {
        KafkaConfig *options = new_options(self, 1U << KAFKA_SCOPE_TOPIC);
        (void)kafka_config_set(options, lists[0], leaders->str);
        (void)kafka_config_set(options, lists[1], followers->str);
        admin_alter_config(cluster, topic->index, -1, options);
    }
}

static KafkaConfig *both_rates(ThrottledMoves *self, const char *rate)
{
    KafkaConfig *options = new_options(self, KAFKA_SCOPES_NODE);
    (void)kafka_config_set(options, rates[0], rate);
    (void)kafka_config_set(options, rates[1], rate);
    return options;
}

void throttled_moves_begin(Cluster *cluster, const FaultSpec *fault)
{
    ThrottledMoves *self = g_new0(ThrottledMoves, 1);
    g_autofree char *rate = g_strdup_printf("%" G_GINT64_FORMAT, (gint64)fault->number);
    self->fault = fault;
    self->cause = kernel_cause(cluster->sim->kernel);
    self->options = g_ptr_array_new_with_free_func(free_options);
    self->brokers = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->known = g_hash_table_new(g_direct_hash, g_direct_equal);
    index_plan(cluster, self);
    timer_init(&self->timer, WORLD_TIMER_VERIFY, self);
    g_ptr_array_add(cluster->throttled_moves, self);
    for (int32_t t = 0; t < metadata_topic_count(cluster->metadata); t++) {
        throttle_topic(cluster, self, metadata_topic(cluster->metadata, t));
    }
    const KafkaConfig *options = both_rates(self, rate);
    for (guint b = 0; b < self->brokers->len; b++) {
        admin_alter_config(cluster, -1, g_array_index(self->brokers, int32_t, b), options);
    }
    actor_arm(&cluster->actor, &self->timer, VERIFY_NS);
}

static bool is_under_way(const Cluster *cluster)
{
    for (int32_t p = 0; p < metadata_partition_count(cluster->metadata); p++) {
        const PartitionRegistration *now = cluster_newest(cluster, p);
        if (now != NULL && (now->adding.count > 0 || now->removing.count > 0)) {
            return true;
        }
    }
    return false;
}

void throttled_moves_verify(Cluster *cluster, ThrottledMoves *self)
{
    if (admin_has_open_requests(cluster) || is_under_way(cluster)) {
        actor_arm(&cluster->actor, &self->timer, VERIFY_NS);
        return;
    }
    kernel_set_cause(cluster->sim->kernel, self->cause);
    const KafkaConfig *no_rate = both_rates(self, "9223372036854775807");
    KafkaConfig *no_list = new_options(self, 1U << KAFKA_SCOPE_TOPIC);
    (void)kafka_config_set(no_list, lists[0], "");
    (void)kafka_config_set(no_list, lists[1], "");
    for (guint b = 0; b < cluster->brokers->len; b++) {
        admin_alter_config(cluster, -1, broker_id(cluster->brokers->pdata[b]), no_rate);
    }
    for (int32_t t = 0; t < metadata_topic_count(cluster->metadata); t++) {
        if (self->named[t]) {
            admin_alter_config(cluster, t, -1, no_list);
        }
    }
    admin_pursue(cluster);
}
