/* effective.c - the last step: Kafka's defaults that matter here are written into the tree, so
 * that the effective scenario says all that decided the run; and its hash.
 *
 * Only simulated options are written: the others decide nothing. Values that the reader settled
 * (idempotence, delivery.timeout.ms) stand as settled. A topic's config holds what it sets itself:
 * for the rest it goes by the brokers' options, which stand in cluster.config and may change. */
#include "models/spec/streams.h"
#include "scenarios/runner/reader/reader.h"
#include <string.h>

/* A process has these by its place in the scenario; the others may not stand beside the consumer
 * protocol. */
static bool is_implied(const char *name, const KafkaConfig *config, unsigned scopes)
{
    bool consumer = scopes == 1u << KAFKA_SCOPE_CONSUMER &&
                    strcmp(kafka_config_text(config, "group.protocol"), "consumer") == 0;
    static const char *const of_groups[] = {
        "consumer.session.timeout.ms",
        "consumer.heartbeat.interval.ms",
        "share.session.timeout.ms",
        "share.heartbeat.interval.ms",
        "share.record.lock.duration.ms",
        NULL}; /* unset, group.consumer.* and group.share.* hold */
    return g_strv_contains(of_groups, name) || strcmp(name, "group.id") == 0 ||
           strcmp(name, "application.id") == 0 || strcmp(name, "client.id") == 0 ||
           strcmp(name, "broker.rack") == 0 || (consumer && is_classic_only(name));
}

static cJSON *value_node(const KafkaOption *option, const char *text)
{
    switch (option->type) {
    case KAFKA_TYPE_BOOLEAN:
        return cJSON_CreateBool(strcmp(text, "true") == 0);
    case KAFKA_TYPE_SHORT:
    case KAFKA_TYPE_INT:
    case KAFKA_TYPE_LONG: {
        int64_t value = g_ascii_strtoll(text, NULL, 10);
        bool exact = value < INT64_C(9007199254740992) && value > -INT64_C(9007199254740992);
        return exact ? cJSON_CreateNumber((double)value) : cJSON_CreateString(text);
    }
    case KAFKA_TYPE_DOUBLE:
    case KAFKA_TYPE_STRING:
    case KAFKA_TYPE_LIST:
    case KAFKA_TYPE_CLASS:
        break;
    }
    return cJSON_CreateString(text);
}

/* `is_refused` (may be NULL): these are left out, as the scenario would be refused with them. */
static void write_config_but(const Cursor *at,
                             const char *key,
                             unsigned scopes,
                             const KafkaConfig *config,
                             bool (*is_refused)(const char *option))
{
    cJSON *node = cJSON_GetObjectItemCaseSensitive(at->node, key);
    for (size_t i = 0; i < kafka_option_count(); i++) {
        const KafkaOption *option = kafka_option_at(i);
        bool first = kafka_option_find(scopes, option->name) == option;
        const char *text = first && option->simulated && !is_implied(option->name, config, scopes)
                               ? kafka_config_text(config, option->name)
                               : NULL;
        if (text != NULL && (is_refused == NULL || !is_refused(option->name)) &&
            cJSON_GetObjectItemCaseSensitive(node, option->name) == NULL) {
            cJSON_AddItemToObject(node, option->name, value_node(option, text));
        }
    }
}

static void
write_config(const Cursor *at, const char *key, unsigned scopes, const KafkaConfig *config)
{
    write_config_but(at, key, scopes, config, NULL);
}

static void write_topic(const Cursor *at, const TopicSpec *topic)
{
    static const char *const counts[] = {"partitions", "replication.factor"};
    const int32_t values[] = {topic->partitions, topic->replication_factor};
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        if (cJSON_GetObjectItemCaseSensitive(at->node, counts[i]) == NULL) {
            cJSON_AddNumberToObject(at->node, counts[i], values[i]);
        }
    }
}

static void write_interval(Reader *reader, const Cursor *root)
{
    Cursor output;
    g_autoptr(GString) text = g_string_new(NULL);
    if (get(reader, root, "output", &output) && cJSON_IsObject(output.node) &&
        cJSON_GetObjectItemCaseSensitive(output.node, "interval") == NULL) {
        units_format(UNIT_DURATION, reader->scenario->output.interval, text);
        cJSON_AddStringToObject(output.node, "interval", text->str);
    }
}

static cJSON *first_of(const Reader *reader, const char *section)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(reader->root, section);
    return list == NULL ? NULL : list->child;
}

static void write_defaults(Reader *reader)
{
    const ClusterSpec *spec = reader->spec;
    Cursor root = {NULL, NULL, 0, reader->root}, cluster;
    if (get(reader, &root, "cluster", &cluster)) {
        write_config(&cluster, "config", KAFKA_SCOPES_NODE, spec->config);
    }
    write_interval(reader, &root);
    cJSON *item = first_of(reader, "topics");
    for (guint i = 0; i < spec->topics->len && item != NULL; i++, item = item->next) {
        Cursor at = cursor_element(&root, item, (int)i);
        write_topic(&at, g_ptr_array_index(spec->topics, i));
    }
    item = first_of(reader, "producers");
    for (guint i = 0; i < spec->producers->len && item != NULL; i++, item = item->next) {
        Cursor at = cursor_element(&root, item, (int)i);
        const ProducerSpec *producer = g_ptr_array_index(spec->producers, i);
        write_config(&at, "config", 1u << KAFKA_SCOPE_PRODUCER, producer->config);
    }
    item = first_of(reader, "groups");
    for (guint i = 0; i < spec->groups->len && item != NULL; i++, item = item->next) {
        Cursor at = cursor_element(&root, item, (int)i);
        const GroupSpec *group = g_ptr_array_index(spec->groups, i);
        write_config_but(&at,
                         "config",
                         1u << KAFKA_SCOPE_CONSUMER,
                         group->config,
                         group->kind == GROUP_SHARES ? is_refused_of_share : NULL);
    }
}

static void write_streams(Reader *reader)
{
    Cursor root = {NULL, NULL, 0, reader->root};
    const GPtrArray *groups = reader->spec->groups;
    cJSON *item = first_of(reader, "streams");
    for (guint i = 0; i < groups->len && item != NULL; i++) {
        const GroupSpec *group = g_ptr_array_index(groups, i);
        if (group->streams != NULL) {
            Cursor at = cursor_element(&root, item, (int)i);
            write_config(&at, "config", 1u << KAFKA_SCOPE_STREAMS, group->streams->config);
            write_config(&at, "config", 1u << KAFKA_SCOPE_CONSUMER, group->config);
            write_config(
                &at, "producer.config", 1u << KAFKA_SCOPE_PRODUCER, group->streams->producer);
            item = item->next;
        }
    }
}

/* Over all that decides a run but its seed, so that runs of one scenario can be joined. */
static char *hash_without_seed(cJSON *root)
{
    static const char *const left_out[] = {"seed", "$schema", "description", "sweep", "lesson"};
    cJSON *copy = cJSON_Duplicate(root, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(left_out); i++) {
        cJSON_DeleteItemFromObjectCaseSensitive(copy, left_out[i]);
    }
    GString *text = g_string_new(NULL);
    scenario_write_value(copy, text);
    cJSON_Delete(copy);
    char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text->str, (gssize)text->len);
    char *hash = g_strndup(sum, 16);
    g_free(sum);
    g_string_free(text, TRUE);
    return hash;
}

void effective_finish(Reader *reader)
{
    write_defaults(reader);
    write_streams(reader);
    reader->scenario->hash = hash_without_seed(reader->root);
}
