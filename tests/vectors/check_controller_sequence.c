/* check_controller_sequence.c - the controller as a whole, step by step: what it answers, the
 * records that it writes, and the partitions afterwards.
 *
 * Records of one step are compared partition by partition (Kafka's order is that of Java hashes of
 * topic ids); broker records keep their place before or after the partitions. */
#include "models/controller/control.h"
#include "tests/vectors/replica_vectors.h"

#define FIRST_OFFSET 101
#define START        (INT64_C(1000000) * SIM_MS(1))

typedef struct Play {
    MetadataLog *metadata;
    Control *control;
    KafkaConfig *config;
    KafkaConfig *topic_configs[2];
    Era era;
    int32_t brokers;
    uint64_t incarnations[16];
    int64_t epochs[16];
    bool silent[16];
    const cJSON *records; /* of this step; NULL: nobody compares */
    bool *matched;
    GString *why;
    bool same;
} Play;

/* ---- names */

static int32_t partition_of(const Play *play, const char *name)
{
    char text[32];
    for (int32_t p = 0; name != NULL && p < metadata_partition_count(play->metadata); p++) {
        if (g_strcmp0(metadata_partition_name(play->metadata, p, text, sizeof(text)), name) == 0) {
            return p;
        }
    }
    return -1;
}

/* ---- records */

static bool
same_list(GString *why, const cJSON *expected, const char *name, bool set, const ReplicaList *got)
{
    if (!vector_same_integer(why, name, vector_is_set(expected, name), set)) {
        return false;
    }
    return !set ||
           vector_same_replicas(why, name, cJSON_GetObjectItemCaseSensitive(expected, name), got);
}

static bool same_change(GString *why, const cJSON *expected, const PartitionChangeRecord *got)
{
    return same_list(why, expected, "isr", got->has_isr, &got->isr) &&
           same_list(why, expected, "elr", got->has_elr, &got->elr) &&
           same_list(
               why, expected, "lastKnownElr", got->has_last_known_elr, &got->last_known_elr) &&
           same_list(why, expected, "replicas", got->has_replicas, &got->replicas) &&
           same_list(why, expected, "adding", got->has_adding, &got->adding) &&
           same_list(why, expected, "removing", got->has_removing, &got->removing) &&
           vector_same_integer(why,
                               "leader",
                               vector_integer(expected, "leader", -2),
                               got->has_leader ? got->leader : -2) &&
           vector_same_integer(why,
                               "recovery",
                               vector_integer(expected, "recovery", -1),
                               got->has_recovery ? (int64_t)got->recovery : -1);
}

static bool same_registration(GString *why, const cJSON *expected, const BrokerRegistration *got)
{
    return vector_same_integer(why, "epoch", vector_integer(expected, "epoch", -1), got->epoch) &&
           vector_same_integer(why, "fenced", vector_boolean(expected, "fenced"), got->fenced) &&
           vector_same_integer(why,
                               "inControlledShutdown",
                               vector_boolean(expected, "inControlledShutdown"),
                               got->in_controlled_shutdown);
}

static bool same_broker(GString *why, const cJSON *expected, const ControlNews *news)
{
    const BrokerRegistration *was = news->broker_was;
    const BrokerRegistration *got = news->broker;
    if (news->kind == METADATA_REGISTER_BROKER) {
        return same_registration(why, expected, got);
    }
    int64_t fenced = vector_integer(expected, "fenced", 0);
    int64_t shutdown = vector_integer(expected, "inControlledShutdown", 0);
    bool wanted_fenced = fenced == 0 ? was->fenced : fenced > 0;
    bool wanted_shutdown = shutdown == 0 ? was->in_controlled_shutdown : shutdown > 0;
    return vector_same_integer(why, "epoch", vector_integer(expected, "epoch", -1), got->epoch) &&
           vector_same_integer(why, "fenced", wanted_fenced, got->fenced) &&
           vector_same_integer(
               why, "inControlledShutdown", wanted_shutdown, got->in_controlled_shutdown);
}

/* The index of the expected record that this one answers to, -1 when there is none left. */
static int find_expected(const Play *play, const ControlNews *news)
{
    char name[32] = "";
    if (news->kind == METADATA_PARTITION) {
        metadata_partition_name(play->metadata, news->subject, name, sizeof(name));
    }
    int index = 0;
    const cJSON *record;
    cJSON_ArrayForEach(record, play->records)
    {
        const char *kind =
            news->kind == METADATA_REGISTER_BROKER ? "registerBroker" : "brokerChange";
        bool same = news->kind == METADATA_PARTITION
                        ? g_strcmp0(vector_text(record, "partition"), name) == 0
                        : vector_integer(record, kind, -1) == news->subject;
        if (same && !play->matched[index]) {
            return index;
        }
        index++;
    }
    return -1;
}

static void on_record(void *owner, const ControlNews *news)
{
    Play *play = owner;
    if (play->records == NULL || !play->same) {
        return;
    }
    int at = find_expected(play, news);
    if (at < 0) {
        g_string_append_printf(
            play->why, "an unexpected record of kind %d for %d", (int)news->kind, news->subject);
        play->same = false;
        return;
    }
    const cJSON *expected = cJSON_GetArrayItem(play->records, at);
    play->matched[at] = true;
    play->same = news->kind == METADATA_PARTITION ? same_change(play->why, expected, news->change)
                                                  : same_broker(play->why, expected, news);
}

/* ---- the cluster */

static void pad(Play *play, int64_t offset)
{
    while (metadata_end_offset(play->metadata) < offset) {
        metadata_append_no_op(play->metadata);
    }
}

static void contact(Play *play, int32_t broker, SimTime now)
{
    control_on_contact(play->control, broker, play->epochs[broker], now);
}

static KafkaError register_broker(Play *play, int32_t broker, int64_t previous_epoch, SimTime now)
{
    const ControlRegistration request = {
        .broker = broker,
        .incarnation_id = ++play->incarnations[broker],
        .previous_broker_epoch = previous_epoch,
        .rack = "",
    };
    return control_register_broker(play->control, &request, now, &play->epochs[broker]);
}

static void heartbeat_at_start(Play *play, int32_t broker)
{
    ControlHeartbeatReply reply;
    const ControlHeartbeat request = {
        .broker = broker,
        .broker_epoch = play->epochs[broker],
        .metadata_offset = metadata_end_offset(play->metadata),
    };
    contact(play, broker, START);
    (void)control_heartbeat(play->control, &request, &reply);
}

static void declare_topics(Play *play, const cJSON *partitions)
{
    static const char *const names[] = {"t0", "t1"};
    for (int t = 0; t < 2; t++) {
        const cJSON *first = cJSON_GetArrayItem(partitions, 2 * t);
        g_autofree char *min_isr = g_strdup_printf("%d", (int)vector_integer(first, "minIsr", 1));
        bool unclean = vector_boolean(first, "uncleanElection");
        KafkaConfig *config = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
        (void)kafka_config_set(config, "min.insync.replicas", min_isr);
        if (unclean) {
            (void)kafka_config_set(config, "unclean.leader.election.enable", "true");
        }
        play->topic_configs[t] = config;
        metadata_add_topic(play->metadata, names[t], 2, false, config);
    }
}

/* Kafka writes a topic record and one or two of options before the partitions. */
static void create_topics(Play *play, const cJSON *partitions)
{
    for (int t = 0; t < 2; t++) {
        GPtrArray *assignment = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
        for (int p = 0; p < 2; p++) {
            const ReplicaList ids =
                vector_replicas(cJSON_GetArrayItem(partitions, 2 * t + p), "replicas");
            GArray *list = g_array_new(FALSE, FALSE, sizeof(int32_t));
            g_array_append_vals(list, ids.ids, (guint)ids.count);
            g_ptr_array_add(assignment, list);
        }
        bool unclean = vector_boolean(cJSON_GetArrayItem(partitions, 2 * t), "uncleanElection");
        pad(play, metadata_end_offset(play->metadata) + (unclean ? 3 : 2));
        (void)control_create_topic(play->control, t, 2, -1, assignment);
        g_ptr_array_free(assignment, TRUE);
    }
}

static void set_up(Play *play, const cJSON *vector)
{
    const cJSON *partitions = cJSON_GetObjectItemCaseSensitive(vector, "partitions");
    bool elr = vector_boolean(vector, "elr");
    g_autofree char *timeout =
        g_strdup_printf("%d", (int)vector_integer(vector, "sessionTimeoutMs", 9000));
    play->era = era_default();
    play->era.on[ERA_KIP_966] = elr;
    play->metadata = metadata_log_new();
    play->config = kafka_config_new(KAFKA_SCOPES_NODE, NULL);
    (void)kafka_config_set(play->config, "broker.session.timeout.ms", timeout);
    declare_topics(play, partitions);
    const ControlContext context = {
        .metadata = play->metadata,
        .config = play->config,
        .era = &play->era,
        .controller_id = 100,
        .before = on_record,
        .owner = play,
    };
    play->control = control_new(&context);
    control_activate(play->control, START);
    play->brokers = (int32_t)vector_integer(vector, "brokers", 0);
    pad(play, FIRST_OFFSET + (elr ? 2 : 1));
    for (int32_t b = 0; b < play->brokers; b++) {
        (void)register_broker(play, b, -1, START);
    }
    for (int32_t b = 0; b < play->brokers; b++) {
        heartbeat_at_start(play, b);
    }
    create_topics(play, partitions);
}

static void tear_down(Play *play)
{
    control_free(play->control);
    metadata_log_free(play->metadata);
    kafka_config_free(play->config);
    kafka_config_free(play->topic_configs[0]);
    kafka_config_free(play->topic_configs[1]);
}

/* ---- steps */

static bool do_register(Play *play, const cJSON *op, SimTime now)
{
    int32_t broker = (int32_t)vector_integer(op, "broker", -1);
    KafkaError error =
        register_broker(play, broker, vector_integer(op, "previousBrokerEpoch", -1), now);
    play->silent[broker] = false;
    return vector_same_text(play->why, "error", "NONE", kafka_error_name(error)) &&
           vector_same_integer(
               play->why, "epoch", vector_integer(op, "epoch", -1), play->epochs[broker]);
}

static bool do_heartbeat(Play *play, const cJSON *op, SimTime now)
{
    ControlHeartbeatReply reply = {0};
    int32_t broker = (int32_t)vector_integer(op, "broker", -1);
    const ControlHeartbeat request = {
        .broker = broker,
        .broker_epoch = play->epochs[broker],
        .metadata_offset = vector_integer(op, "metadataOffset", -1),
        .want_fence = vector_boolean(op, "wantFence"),
        .want_shut_down = vector_boolean(op, "wantShutdown"),
    };
    contact(play, broker, now);
    int64_t registered = control_broker(play->control, broker)->register_offset;
    KafkaError error = control_heartbeat(play->control, &request, &reply);
    GString *why = play->why;
    return vector_same_text(why, "error", "NONE", kafka_error_name(error)) &&
           vector_same_integer(
               why, "registerOffset", vector_integer(op, "registerOffset", -1), registered) &&
           vector_same_integer(
               why, "isCaughtUp", vector_boolean(op, "isCaughtUp"), reply.is_caught_up) &&
           vector_same_integer(why, "isFenced", vector_boolean(op, "isFenced"), reply.is_fenced) &&
           vector_same_integer(why,
                               "inControlledShutdown",
                               vector_boolean(op, "inControlledShutdown"),
                               reply.in_controlled_shutdown) &&
           vector_same_integer(
               why, "shouldShutDown", vector_boolean(op, "shouldShutDown"), reply.should_shut_down);
}

static AlterPartitionEntry read_entry(const Play *play, const cJSON *op)
{
    AlterPartitionEntry entry = {
        .partition = partition_of(play, vector_text(op, "partition")),
        .leader_epoch = (int32_t)vector_integer(op, "leaderEpoch", 0),
        .partition_epoch = (int32_t)vector_integer(op, "partitionEpoch", 0),
        .recovering = vector_integer(op, "leaderRecoveryState", 0) == 1,
    };
    const cJSON *member;
    cJSON_ArrayForEach(member, cJSON_GetObjectItemCaseSensitive(op, "newIsr"))
    {
        entry.isr[entry.isr_count++] =
            (IsrMember){(int32_t)cJSON_GetArrayItem(member, 0)->valuedouble,
                        (int64_t)cJSON_GetArrayItem(member, 1)->valuedouble};
    }
    return entry;
}

static bool do_alter_partition(Play *play, const cJSON *op)
{
    AlterPartitionEntry entry = read_entry(play, op);
    control_alter_partition(play->control, (int32_t)vector_integer(op, "broker", -1), &entry);
    GString *why = play->why;
    if (!vector_same_text(why, "error", vector_text(op, "error"), kafka_error_name(entry.error))) {
        return false;
    }
    const cJSON *response = cJSON_GetObjectItemCaseSensitive(op, "response");
    ReplicaList isr = {0};
    for (int32_t i = 0; i < entry.isr_count; i++) {
        replica_list_add(&isr, entry.isr[i].broker);
    }
    return response == NULL ||
           (vector_same_integer(
                why, "leader", vector_integer(response, "leader", -3), entry.leader) &&
            vector_same_integer(why,
                                "leader epoch",
                                vector_integer(response, "leaderEpoch", -3),
                                entry.leader_epoch) &&
            vector_same_integer(why,
                                "partition epoch",
                                vector_integer(response, "partitionEpoch", -3),
                                entry.partition_epoch) &&
            vector_same_replicas(
                why, "isr", cJSON_GetObjectItemCaseSensitive(response, "isr"), &isr));
}

/* Of all partitions only those are answered for that needed one. */
static bool do_elect(Play *play, const cJSON *op)
{
    bool unclean = g_strcmp0(vector_text(op, "type"), "UNCLEAN") == 0;
    const char *asked = vector_text(op, "partitions");
    bool all = g_strcmp0(asked, "all") == 0;
    const cJSON *results = cJSON_GetObjectItemCaseSensitive(op, "results");
    for (int32_t p = 0; p < metadata_partition_count(play->metadata); p++) {
        char name[32];
        metadata_partition_name(play->metadata, p, name, sizeof(name));
        if (!all && g_strcmp0(name, asked) != 0) {
            continue;
        }
        KafkaError error =
            control_elect_leader(play->control, p, unclean ? ELECTION_UNCLEAN : ELECTION_PREFERRED);
        const char *got =
            all && error == KAFKA_ELECTION_NOT_NEEDED ? NULL : kafka_error_name(error);
        if (!vector_same_text(play->why, name, vector_text(results, name), got)) {
            return false;
        }
    }
    return true;
}

static bool do_reassign(Play *play, const cJSON *op)
{
    const ReplicaList target = vector_replicas(op, "target");
    KafkaError error = control_reassign(play->control,
                                        partition_of(play, vector_text(op, "partition")),
                                        vector_is_set(op, "target") ? &target : NULL);
    return vector_same_text(play->why, "error", vector_text(op, "error"), kafka_error_name(error));
}

static bool do_step(Play *play, const cJSON *op, SimTime now)
{
    const char *name = vector_text(op, "op");
    if (g_strcmp0(name, "silent") == 0) {
        play->silent[vector_integer(op, "broker", 0)] = true;
    } else if (g_strcmp0(name, "maybeFenceOneStaleBroker") == 0) {
        return vector_same_integer(play->why,
                                   "found",
                                   vector_boolean(op, "found"),
                                   control_fence_one_stale(play->control, now));
    } else if (g_strcmp0(name, "register") == 0) {
        return do_register(play, op, now);
    } else if (g_strcmp0(name, "heartbeat") == 0) {
        return do_heartbeat(play, op, now);
    } else if (g_strcmp0(name, "alterPartition") == 0) {
        return do_alter_partition(play, op);
    } else if (g_strcmp0(name, "electLeaders") == 0) {
        return do_elect(play, op);
    } else if (g_strcmp0(name, "maybeBalancePartitionLeaders") == 0) {
        (void)control_balance_leaders(play->control);
    } else if (g_strcmp0(name, "maybeElectUncleanLeaders") == 0) {
        (void)control_elect_unclean(play->control);
    } else if (g_strcmp0(name, "reassign") == 0) {
        return do_reassign(play, op);
    } else if (g_strcmp0(name, "failed") != 0) { /* that one threw, and changed nothing */
        g_string_append_printf(play->why, "an unknown op %s", name);
        return false;
    }
    return true;
}

static bool all_matched(Play *play)
{
    for (int i = 0; i < cJSON_GetArraySize(play->records); i++) {
        if (!play->matched[i]) {
            g_string_append_printf(play->why, "record %d is missing", i);
            return false;
        }
    }
    return true;
}

/* [leader, leaderEpoch, partitionEpoch, isr, elr, lastKnownElr, replicas, adding, removing,
 * recovery] */
static bool same_partition(Play *play, const cJSON *expected, const PartitionRegistration *got)
{
    const ReplicaList *lists[] = {
        &got->isr, &got->elr, &got->last_known_elr, &got->replicas, &got->adding, &got->removing};
    const int64_t numbers[] = {got->leader, got->leader_epoch, got->partition_epoch};
    for (int i = 0; i < 3; i++) {
        int64_t wanted = (int64_t)cJSON_GetArrayItem(expected, i)->valuedouble;
        if (!vector_same_integer(play->why, "state", wanted, numbers[i])) {
            return false;
        }
    }
    for (int i = 0; i < 6; i++) {
        if (!vector_same_replicas(
                play->why, "state", cJSON_GetArrayItem(expected, 3 + i), lists[i])) {
            return false;
        }
    }
    int64_t recovery = (int64_t)cJSON_GetArrayItem(expected, 9)->valuedouble;
    return vector_same_integer(play->why, "recovery", recovery, got->recovery);
}

static bool same_state(Play *play, const cJSON *state)
{
    const cJSON *expected;
    cJSON_ArrayForEach(expected, state)
    {
        int32_t partition = partition_of(play, expected->string);
        if (!same_partition(play, expected, control_partition(play->control, partition))) {
            g_string_append_printf(play->why, " of %s", expected->string);
            return false;
        }
    }
    return true;
}

static bool play_step(Play *play, const cJSON *op)
{
    SimTime now = vector_integer(op, "t", 0) * SIM_MS(1);
    for (int32_t b = 0; b < play->brokers; b++) {
        if (!play->silent[b]) {
            contact(play, b, now);
        }
    }
    play->records = cJSON_GetObjectItemCaseSensitive(op, "records");
    g_autofree bool *matched = g_new0(bool, (gsize)cJSON_GetArraySize(play->records) + 1);
    play->matched = matched;
    return do_step(play, op, now) && play->same && all_matched(play) &&
           same_state(play, cJSON_GetObjectItemCaseSensitive(op, "state"));
}

bool check_controller_sequence(const cJSON *vector, GString *why)
{
    Play play = {.why = why, .same = true};
    set_up(&play, vector);
    int index = 0;
    bool same = true;
    const cJSON *op;
    cJSON_ArrayForEach(op, cJSON_GetObjectItemCaseSensitive(vector, "ops"))
    {
        same = same && play_step(&play, op);
        if (!same) {
            g_string_append_printf(why, " (op %d, %s)", index, vector_text(op, "op"));
            break;
        }
        index++;
    }
    tear_down(&play);
    return same;
}
