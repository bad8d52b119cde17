/* build_admin.c - what an administrator does on the timeline: moves replicas, asks for elections,
 * changes options, restarts brokers one after the other. */
#include "scenarios/runner/reader/reader.h"
#include <string.h>

/* --- reassign --- */

static bool check_partition_of(Reader *reader, const Cursor *value, int32_t topic)
{
    const TopicSpec *spec = g_ptr_array_index(reader->spec->topics, (guint)topic);
    if ((int64_t)value->node->valuedouble >= spec->partitions_max) {
        reader_error(reader,
                     value,
                     "topic \"%s\" has partitions 0..%d",
                     spec->name,
                     spec->partitions_max - 1);
        return false;
    }
    return true;
}

static ReplicaList read_replicas(Reader *reader, const Cursor *list)
{
    ReplicaList replicas = {0};
    int index = 0;
    for (cJSON *item = list->node->child; item != NULL; item = item->next) {
        Cursor value = cursor_element(list, item, index++);
        int32_t id = (int32_t)item->valuedouble;
        refer_broker(reader, &value);
        if (replica_list_has(&replicas, id)) {
            reader_error(reader, &value, "a broker stands twice in a replica list");
        } else {
            replica_list_add(&replicas, id);
        }
    }
    return replicas;
}

static void
add_move(FaultSpec *fault, int32_t topic, int32_t partition, const ReplicaList *replicas)
{
    MoveSpec move = {.topic = topic, .partition = partition};
    if (replicas != NULL) {
        move.replicas = *replicas;
    }
    g_array_append_val(fault->moves, move);
}

static void read_plan(Reader *reader, const Cursor *plan, FaultSpec *fault)
{
    Cursor list, partition, replicas;
    if (!get(reader, plan, "partitions", &list)) {
        return;
    }
    int index = 0;
    for (cJSON *item = list.node->child; item != NULL; item = item->next) {
        Cursor at = cursor_element(&list, item, index++);
        int32_t topic = refer_topic(reader, &at, "topic");
        if (topic != SPEC_NONE && get(reader, &at, "partition", &partition) &&
            get(reader, &at, "replicas", &replicas) &&
            check_partition_of(reader, &partition, topic)) {
            ReplicaList ids = read_replicas(reader, &replicas);
            add_move(fault, topic, (int32_t)partition.node->valuedouble, &ids);
        }
    }
}

static void read_assignment(Reader *reader, const Cursor *lists, FaultSpec *fault)
{
    const TopicSpec *topic = g_ptr_array_index(reader->spec->topics, (guint)fault->topic);
    int index = 0;
    for (cJSON *item = lists->node->child; item != NULL; item = item->next) {
        Cursor list = cursor_element(lists, item, index);
        if (index >= topic->partitions_max) {
            reader_error(reader,
                         &list,
                         "topic \"%s\" has partitions 0..%d",
                         topic->name,
                         topic->partitions_max - 1);
            return;
        }
        ReplicaList ids = read_replicas(reader, &list);
        add_move(fault, fault->topic, index++, &ids);
    }
}

static void wants_a_form(Reader *reader, const Cursor *at)
{
    reader_problem(reader,
                   PROBLEM_ERROR,
                   at,
                   false,
                   "for instance \"topic\": \"orders\", \"partition\": 0, \"replicas\": [2, 3]",
                   "\"reassign\" wants a \"plan\", or a \"topic\" with \"assignment\", with "
                   "\"partition\" and \"replicas\", or with \"cancel\": true");
}

/* Exactly one of the forms; what is left over is told. */
static bool form_is_clear(Reader *reader, const Cursor *at)
{
    static const char *const forms[] = {"plan", "assignment", "replicas", "cancel"};
    Cursor child;
    size_t found = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        found += cJSON_GetObjectItemCaseSensitive(at->node, forms[i]) != NULL;
    }
    bool plan = cJSON_GetObjectItemCaseSensitive(at->node, "plan") != NULL;
    bool topic = cJSON_GetObjectItemCaseSensitive(at->node, "topic") != NULL;
    bool partition = cJSON_GetObjectItemCaseSensitive(at->node, "partition") != NULL;
    bool replicas = cJSON_GetObjectItemCaseSensitive(at->node, "replicas") != NULL;
    bool refuses_cancel = get(reader, at, "cancel", &child) && !cJSON_IsTrue(child.node);
    if (found != 1 || plan == topic || (replicas && !partition) || refuses_cancel ||
        (partition && !replicas && !get(reader, at, "cancel", &child))) {
        wants_a_form(reader, at);
        return false;
    }
    return true;
}

static void build_reassign(Reader *reader, const Cursor *at, FaultSpec *fault)
{
    Cursor child, partition;
    fault->moves = g_array_new(FALSE, TRUE, sizeof(MoveSpec));
    if (!form_is_clear(reader, at)) {
        return;
    }
    fault->number = get_amount(reader, at, "throttle", UNIT_BANDWIDTH, 0);
    if (fault->number > 0 && get(reader, at, "cancel", &child) &&
        get(reader, at, "throttle", &child)) {
        reader_error(reader, &child, "what is taken back moves nothing");
    }
    if (get(reader, at, "plan", &child)) {
        read_plan(reader, &child, fault);
        return;
    }
    fault->topic = refer_topic(reader, at, "topic");
    if (fault->topic == SPEC_NONE) {
        return;
    }
    bool one = get(reader, at, "partition", &partition);
    if (one && !check_partition_of(reader, &partition, fault->topic)) {
        return;
    }
    fault->partition = one ? (int32_t)partition.node->valuedouble : SPEC_NONE;
    if (get(reader, at, "assignment", &child)) {
        read_assignment(reader, &child, fault);
    } else if (get(reader, at, "replicas", &child)) {
        ReplicaList ids = read_replicas(reader, &child);
        add_move(fault, fault->topic, fault->partition, &ids);
    } else {
        add_move(fault, fault->topic, fault->partition, NULL);
    }
}

/* --- elect --- */

static void build_elect(Reader *reader, const Cursor *at, FaultSpec *fault)
{
    Cursor child;
    fault->unclean = strcmp(get_text(reader, at, "election", "preferred"), "unclean") == 0;
    fault->topic = refer_topic(reader, at, "topic");
    if (!get(reader, at, "partition", &child)) {
        return;
    }
    if (cJSON_GetObjectItemCaseSensitive(at->node, "topic") == NULL) {
        reader_error(reader, &child, "say of which \"topic\"");
    } else if (fault->topic != SPEC_NONE && check_partition_of(reader, &child, fault->topic)) {
        fault->partition = (int32_t)child.node->valuedouble;
    }
}

/* --- set.config --- */

/* Mirrors: DynamicBrokerConfig.AllDynamicConfigs, of which a topic's synonyms are looked up. */
static bool is_dynamic(const char *name)
{
    static const char *const names[] = {"background.threads",
                                        "compression.type",
                                        "follower.replication.throttled.rate",
                                        "leader.replication.throttled.rate",
                                        "max.connection.creation.rate",
                                        "max.connections",
                                        "max.connections.per.ip",
                                        "message.max.bytes",
                                        "min.insync.replicas",
                                        "num.io.threads",
                                        "num.network.threads",
                                        "num.recovery.threads.per.data.dir",
                                        "num.replica.fetchers",
                                        "producer.id.expiration.ms",
                                        "replica.alter.log.dirs.io.max.bytes.per.second",
                                        "transaction.partition.verification.enable",
                                        "unclean.leader.election.enable"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return g_str_has_prefix(name, "log.") && !g_str_has_prefix(name, "log.dir") &&
           strcmp(name, "log.flush.start.offset.checkpoint.interval.ms") != 0 &&
           strcmp(name, "log.initial.task.delay.ms") != 0 &&
           strcmp(name, "log.retention.check.interval.ms") != 0 &&
           strcmp(name, "log.flush.offset.checkpoint.interval.ms") != 0;
}

/* Many topic options are called "log.X" on a broker: the default of its topics. */
static char *hint_for_scope(const char *name, bool topic)
{
    char *of_broker = g_strconcat("log.", name, NULL);
    const char *found = NULL;
    if (topic && g_str_has_prefix(name, "log.")) {
        found = kafka_option_find(1u << KAFKA_SCOPE_TOPIC, name + 4) != NULL ? name + 4 : NULL;
    } else if (!topic && kafka_option_find(KAFKA_SCOPES_NODE, of_broker) != NULL) {
        found = of_broker;
    }
    char *hint = reader_did_you_mean(found);
    g_free(of_broker);
    return hint;
}

/* Of the broker options that Kafka can change, those that the models look at again. */
#define READ_AT_RUN_TIME                                                                           \
    "min.insync.replicas|message.max.bytes|unclean.leader.election.enable|"                        \
    "leader.replication.throttled.rate|follower.replication.throttled.rate"

static void check_options(Reader *reader, const Cursor *config, bool topic)
{
    unsigned scopes = topic ? 1u << KAFKA_SCOPE_TOPIC : KAFKA_SCOPES_NODE;
    for (cJSON *item = config->node->child; item != NULL; item = item->next) {
        Cursor option = cursor_member(config, item);
        if (g_hash_table_contains(reader->refused, item)) {
            continue;
        }
        if (kafka_option_find(scopes, item->string) == NULL) {
            char *hint = hint_for_scope(item->string, topic);
            reader_problem(reader,
                           PROBLEM_ERROR,
                           &option,
                           true,
                           hint,
                           "%s is no %s option",
                           item->string,
                           topic ? "topic" : "broker");
            g_free(hint);
        } else if (!topic && !is_dynamic(item->string)) {
            reader_problem(reader,
                           PROBLEM_ERROR,
                           &option,
                           true,
                           "set it under \"cluster\", or give the broker another config",
                           "Kafka cannot change %s while a broker runs",
                           item->string);
        } else if (!topic && !key_is_among(READ_AT_RUN_TIME, item->string)) {
            char *what = g_strdup_printf("broker option %s, changed at run time", item->string);
            reader_not_simulated(reader, &option, what);
            g_free(what);
        }
    }
}

static void build_set_config(Reader *reader, const Cursor *at, FaultSpec *fault)
{
    Cursor config;
    bool topic = cJSON_GetObjectItemCaseSensitive(at->node, "topic") != NULL;
    unsigned scopes = topic ? 1u << KAFKA_SCOPE_TOPIC : KAFKA_SCOPES_NODE;
    fault->config = kafka_config_new(scopes, NULL);
    if (get(reader, at, "config", &config)) {
        check_options(reader, &config, topic);
        get_config(reader, at, "config", fault->config);
    }
}

/* --- rolling restart --- */

RollSpec *timeline_roll_all(const ClusterSpec *spec)
{
    RollSpec *roll = g_new0(RollSpec, 1);
    roll->order = g_array_new(FALSE, FALSE, sizeof(int32_t));
    roll->down = SIM_SEC(1);
    roll->gate = true;
    for (guint i = 0; i < spec->brokers->len; i++) {
        const BrokerSpec *broker = g_ptr_array_index(spec->brokers, i);
        int32_t index = (int32_t)i;
        if (broker->started) {
            g_array_append_val(roll->order, index);
        }
    }
    return roll;
}

static void build_roll(Reader *reader, const Cursor *at, FaultSpec *fault)
{
    Cursor list;
    RollSpec *roll = timeline_roll_all(reader->spec);
    fault->roll = roll;
    roll->down = get_amount(reader, at, "restart.after", UNIT_DURATION, roll->down);
    roll->pace = get_amount(reader, at, "pace", UNIT_DURATION, 0);
    roll->gate = strcmp(get_text(reader, at, "gate", "in.sync"), "in.sync") == 0;
    roll->crash = strcmp(get_text(reader, at, "how", "stop"), "crash") == 0;
    if (!get(reader, at, "order", &list)) {
        return;
    }
    g_array_set_size(roll->order, 0);
    int index = 0;
    for (cJSON *item = list.node->child; item != NULL; item = item->next) {
        Cursor value = cursor_element(&list, item, index++);
        int32_t broker = refer_broker(reader, &value);
        for (guint i = 0; i < roll->order->len; i++) {
            if (broker != SPEC_NONE && g_array_index(roll->order, int32_t, i) == broker) {
                reader_error(reader, &value, "a broker stands twice in the order");
            }
        }
        if (broker != SPEC_NONE) {
            g_array_append_val(roll->order, broker);
        }
    }
}

/* Of a process that keeps the metadata log alone. */
static void check_controllers_disk(Reader *reader, const Cursor *at, const FaultSpec *fault)
{
    Cursor child;
    if (get(reader, at, "log.dir", &child)) {
        reader_error(reader, &child, "a controller has one directory: metadata.log.dir");
    }
    if (get(reader, at, "controller", &child)) {
        (void)other_era_refuses(reader, &child, "name a broker");
    }
    if (fault->verb == FAULT_FAIL_DISK && reader->spec->controllers->len < 3 &&
        get(reader, at, "for", &child) && !reader->cluster_broken) {
        reader_error(reader,
                     &child,
                     "with fewer than three controllers nobody has the metadata that a new, empty "
                     "disk lacks");
    }
}

static void check_log_dir(Reader *reader, const Cursor *at, FaultSpec *fault)
{
    Cursor child;
    if (fault->target != TARGET_BROKER) {
        check_controllers_disk(reader, at, fault);
        return;
    }
    fault->log_dir = (int32_t)get_integer(reader, at, "log.dir", 0);
    const BrokerSpec *broker = g_ptr_array_index(reader->spec->brokers, (guint)fault->index);
    if (fault->log_dir >= broker->log_dirs && get(reader, at, "log.dir", &child)) {
        reader_problem(reader,
                       PROBLEM_ERROR,
                       &child,
                       false,
                       "set \"log.dirs\" of the broker or of the cluster",
                       "broker %d has log directories 0..%d",
                       broker->id,
                       broker->log_dirs - 1);
    }
}

void build_admin(Reader *reader, const Cursor *at, FaultSpec *fault)
{
    if (fault->verb == FAULT_REASSIGN) {
        build_reassign(reader, at, fault);
    } else if (fault->verb == FAULT_ELECT || fault->verb == FAULT_ELECT_PREFERRED) {
        build_elect(reader, at, fault);
    } else if (fault->verb == FAULT_SET_CONFIG) {
        build_set_config(reader, at, fault);
    } else if (fault->verb == FAULT_ROLLING_RESTART) {
        build_roll(reader, at, fault);
    } else if (fault->verb == FAULT_CREATE_TOPIC || fault->verb == FAULT_ADD_PARTITIONS) {
        later_topics_fill(reader, at, fault);
    } else if (fault->verb == FAULT_DISK_FULL || fault->verb == FAULT_FAIL_DISK) {
        check_log_dir(reader, at, fault);
    }
}
