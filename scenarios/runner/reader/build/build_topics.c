/* build_topics.c - topics, their replica lists and their effective options. */
#include "models/protocol/topic_name.h"
#include "models/spec/topic_refusal.h"
#include "scenarios/runner/reader/reader.h"
#include <string.h>

#define ALL_REPLICAS_MAX 1000000 /* of all topics together: bounds the memory of a run */

static GArray *replica_list(Reader *reader, const Cursor *list)
{
    GArray *ids = get_ids(list);
    int index = 0;
    for (cJSON *item = list->node->child; item != NULL; item = item->next) {
        Cursor value = cursor_element(list, item, index);
        refer_broker(reader, &value);
        for (int before = 0; before < index; before++) {
            if (g_array_index(ids, int32_t, before) == g_array_index(ids, int32_t, index)) {
                reader_error(reader, &value, "a broker stands twice in a replica list");
            }
        }
        index++;
    }
    return ids;
}

static void free_ids(void *ids)
{
    g_array_unref(ids);
}

GPtrArray *build_assignment(Reader *reader, const Cursor *at)
{
    Cursor child;
    if (!get(reader, at, "assignment", &child)) {
        return NULL;
    }
    GPtrArray *lists = g_ptr_array_new_with_free_func(free_ids);
    int index = 0;
    guint width = 0;
    for (cJSON *item = child.node->child; item != NULL; item = item->next) {
        Cursor list = cursor_element(&child, item, index++);
        GArray *ids = replica_list(reader, &list);
        g_ptr_array_add(lists, ids);
        width = width == 0 ? ids->len : width;
        if (ids->len != width) {
            reader_error(reader,
                         &list,
                         "every partition has the same number of replicas: expected %u, found %u",
                         width,
                         ids->len);
        }
    }
    return lists;
}

/* Kafka refuses an assignment to a broker that it has never seen. */
static void check_started(Reader *reader, const Cursor *at, const TopicSpec *topic)
{
    Cursor child;
    bool known = topic->assignment != NULL && get(reader, at, "assignment", &child);
    for (guint p = 0; known && p < topic->assignment->len; p++) {
        const GArray *ids = g_ptr_array_index(topic->assignment, p);
        for (guint r = 0; r < ids->len; r++) {
            int32_t index = find_broker(reader->spec, g_array_index(ids, int32_t, r));
            const BrokerSpec *broker =
                index != SPEC_NONE ? g_ptr_array_index(reader->spec->brokers, (guint)index) : NULL;
            if (broker != NULL && !broker->started) {
                reader_error(reader,
                             &child,
                             "broker %d is not started: it cannot have a replica yet",
                             broker->id);
                return;
            }
        }
    }
}

static int64_t started_brokers(const ClusterSpec *spec)
{
    int64_t count = 0;
    for (guint i = 0; i < spec->brokers->len; i++) {
        count += ((const BrokerSpec *)g_ptr_array_index(spec->brokers, i))->started;
    }
    return count;
}

static void check_counts(Reader *reader, const Cursor *at, const TopicSpec *topic)
{
    Cursor child;
    const GPtrArray *lists = topic->assignment;
    if (lists != NULL && (int64_t)lists->len != topic->partitions &&
        get(reader, at, "partitions", &child)) {
        reader_problem(reader,
                       PROBLEM_ERROR,
                       &child,
                       false,
                       "one of the two is enough: leave \"partitions\" out, or \"assignment\"",
                       "the assignment has %u partitions",
                       lists->len);
    }
    guint width = lists == NULL ? 0 : ((GArray *)g_ptr_array_index(lists, 0))->len;
    if (lists != NULL && (int64_t)width != topic->replication_factor &&
        get(reader, at, "replication.factor", &child)) {
        reader_error(reader, &child, "the assignment has %u replicas a partition", width);
    }
}

void check_factor(Reader *reader, const Cursor *at, const TopicSpec *topic, int64_t brokers)
{
    Cursor child;
    if (topic->assignment == NULL && topic->replication_factor > brokers &&
        !reader->cluster_broken) {
        bool own = get(reader, at, "replication.factor", &child);
        g_autofree char *hint = g_strdup_printf(
            "%d at most, or more \"brokers\": each replica has a broker of its own", (int)brokers);
        reader_problem(reader,
                       PROBLEM_ERROR,
                       own ? &child : at,
                       false,
                       hint,
                       "replication.factor %d needs as many brokers, there are %d",
                       topic->replication_factor,
                       (int)brokers);
    }
}

static void check_min_isr(Reader *reader, const Cursor *at, const TopicSpec *topic)
{
    Cursor config, option;
    static const char name[] = "min.insync.replicas";
    int64_t least = kafka_config_integer(
        kafka_config_first_set(topic->config, reader->spec->config, name), name);
    /* After an error the factor may be the default in the place of what was meant. */
    const bool meant = topic->assignment != NULL ||
                       get(reader, at, "replication.factor", &config) ||
                       !problems_has_errors(reader->problems);
    if (meant && least > topic->replication_factor) {
        bool own = get(reader, at, "config", &config) && get(reader, &config, name, &option);
        g_autofree char *text = foresee_min_isr(reader->spec, least, topic->replication_factor);
        reader_problem(reader, PROBLEM_WARNING, own ? &option : at, false, NULL, "%s", text);
    }
}

TopicSpec *build_topic(Reader *reader, const Cursor *at, const char *name)
{
    const KafkaConfig *cluster = reader->spec->config;
    GPtrArray *lists = build_assignment(reader, at);
    int64_t partitions = kafka_config_integer(cluster, "num.partitions");
    int64_t factor = kafka_config_integer(cluster, "default.replication.factor");
    if (lists != NULL) {
        partitions = lists->len;
        factor = ((GArray *)g_ptr_array_index(lists, 0))->len;
    }
    partitions = get_integer(reader, at, "partitions", partitions);
    factor = get_integer(reader, at, "replication.factor", factor);
    TopicSpec *topic = topic_spec_new(name, (int32_t)partitions, (int32_t)factor);
    topic->assignment = lists;
    get_config(reader, at, "config", topic->config);
    check_counts(reader, at, topic);
    check_min_isr(reader, at, topic);
    return topic;
}

/* False: it is there already. */
static bool check_name(Reader *reader, const Cursor *at, const char *name)
{
    Cursor child;
    const GPtrArray *topics = reader->spec->topics;
    if (find_topic(reader->spec, name) != SPEC_NONE) {
        if (get(reader, at, "name", &child)) {
            reader_error(reader, &child, "there are two topics \"%s\"", name);
        }
        return false;
    }
    for (guint i = 0; strpbrk(name, "._") != NULL && i < topics->len; i++) {
        const TopicSpec *other = g_ptr_array_index(topics, i);
        if (topic_name_collides(name, other->name) && get(reader, at, "name", &child)) {
            reader_error(reader,
                         &child,
                         "the name collides with that of topic \"%s\", as metrics write '.' as "
                         "'_': Kafka refuses it (INVALID_TOPIC_EXCEPTION)",
                         other->name);
            break;
        }
    }
    return true;
}

static void check_options(Reader *reader, const Cursor *at, const TopicSpec *topic)
{
    Cursor config;
    const char *why = topic_refusal(NULL, topic->config, reader->spec->config, &reader->spec->era);
    if (why != NULL && get(reader, at, "config", &config)) {
        reader_error(reader, &config, "%s: Kafka refuses it (INVALID_CONFIG)", why);
    }
}

void build_topics(Reader *reader, const Cursor *root)
{
    Cursor topics;
    int64_t replicas = 0;
    if (!get(reader, root, "topics", &topics)) {
        reader->topics_broken = true;
        return;
    }
    int index = 0;
    for (cJSON *item = topics.node->child; item != NULL; item = item->next) {
        Cursor at = cursor_element(&topics, item, index++);
        const char *name = get_text(reader, &at, "name", NULL);
        if (name == NULL) {
            reader->topics_broken = true;
            continue;
        }
        if (!check_name(reader, &at, name)) {
            continue;
        }
        TopicSpec *topic = build_topic(reader, &at, name);
        check_started(reader, &at, topic);
        check_options(reader, &at, topic);
        check_factor(reader, &at, topic, started_brokers(reader->spec));
        g_ptr_array_add(reader->spec->topics, topic);
        replicas += (int64_t)topic->partitions * topic->replication_factor;
    }
    build_later_topics(reader, root);
    if (replicas > ALL_REPLICAS_MAX) {
        reader_error(reader,
                     &topics,
                     "%" G_GINT64_FORMAT " replicas in all, %d are allowed",
                     replicas,
                     ALL_REPLICAS_MAX);
    }
}
