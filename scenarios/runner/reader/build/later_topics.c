/* later_topics.c - topics that the timeline creates, and those that it makes larger.
 *
 * Producers and groups may name a topic that comes later, so the timeline is looked through for
 * "create.topic" and "add.partitions" before they are built. */
#include "scenarios/runner/reader/reader.h"
#include <stdlib.h>
#include <string.h>

static const char *verb_of(const Reader *reader, const Cursor *at)
{
    return get_text(reader, at, "do", "");
}

/* One creation of a topic: what the event says, with Kafka's defaults. */
static void remember(Reader *reader, const Cursor *at, const char *name)
{
    TopicSpec *created = build_topic(reader, at, name);
    check_factor(reader, at, created, reader->spec->brokers->len);
    int32_t known = find_topic(reader->spec, name);
    TopicSpec *topic = created;
    if (known == SPEC_NONE) {
        created->created_later = true;
        g_ptr_array_add(reader->spec->topics, created);
    } else {
        topic = g_ptr_array_index(reader->spec->topics, (guint)known);
        topic->partitions_max = MAX(topic->partitions_max, created->partitions);
        g_ptr_array_add(reader->created_again, created);
    }
    g_hash_table_insert(reader->created, at->node, created);
}

static void enlarge(Reader *reader, const Cursor *at)
{
    const char *name = get_text(reader, at, "topic", NULL);
    int32_t index = name != NULL ? find_topic(reader->spec, name) : SPEC_NONE;
    if (index != SPEC_NONE) {
        TopicSpec *topic = g_ptr_array_index(reader->spec->topics, (guint)index);
        int64_t partitions = get_integer(reader, at, "partitions", 1);
        topic->partitions_max = MAX(topic->partitions_max, (int32_t)partitions);
    }
}

static void each_event(Reader *reader, const Cursor *timeline, bool create)
{
    int index = 0;
    for (cJSON *item = timeline->node->child; item != NULL; item = item->next) {
        Cursor at = cursor_element(timeline, item, index++);
        const char *verb = cJSON_IsObject(item) ? verb_of(reader, &at) : "";
        const char *name = get_text(reader, &at, "topic", NULL);
        if (create && strcmp(verb, "create.topic") == 0 && name != NULL) {
            remember(reader, &at, name);
        } else if (!create && strcmp(verb, "add.partitions") == 0) {
            enlarge(reader, &at);
        }
    }
}

void build_later_topics(Reader *reader, const Cursor *root)
{
    Cursor timeline;
    if (get(reader, root, "timeline", &timeline) && cJSON_IsArray(timeline.node)) {
        each_event(reader, &timeline, true);
        each_event(reader, &timeline, false);
    }
}

/* --- is it there then? --- */

typedef struct Life {
    int32_t partitions; /* 0: it does not exist */
} Life;

static void check_creation(Reader *reader, const FaultSpec *fault, const Cursor *at, Life *life)
{
    Cursor child;
    if (fault->verb == FAULT_CREATE_TOPIC) {
        if (life->partitions > 0 && get(reader, at, "topic", &child)) {
            reader_error(reader, &child, "the topic exists already at this time");
            return;
        }
        life->partitions = (int32_t)fault->number;
    } else if (fault->verb == FAULT_DELETE_TOPIC) {
        if (life->partitions == 0 && get(reader, at, "topic", &child)) {
            reader_error(reader, &child, "the topic does not exist at this time");
        }
        life->partitions = 0;
    } else if (fault->verb == FAULT_ADD_PARTITIONS && life->partitions > 0) {
        if (fault->number <= life->partitions && get(reader, at, "partitions", &child)) {
            reader_error(reader,
                         &child,
                         "the topic has %d partitions then: Kafka can only add some",
                         life->partitions);
        }
        life->partitions = MAX(life->partitions, (int32_t)fault->number);
    }
}

static cJSON *event_of(const Cursor *timeline, const FaultSpec *fault)
{
    const char *slash = strrchr(fault->pointer, '/');
    return cJSON_GetArrayItem(timeline->node, atoi(slash + 1));
}

/* In the order of their times; spec->faults is sorted. */
void check_topic_lives(Reader *reader, const Cursor *timeline)
{
    guint topics = reader->spec->topics->len;
    Life *lives = g_new0(Life, MAX(1, topics));
    for (guint i = 0; i < topics; i++) {
        const TopicSpec *topic = g_ptr_array_index(reader->spec->topics, i);
        lives[i].partitions = topic->created_later ? 0 : topic->partitions;
    }
    for (guint i = 0; i < reader->spec->faults->len; i++) {
        const FaultSpec *fault = g_ptr_array_index(reader->spec->faults, i);
        bool topical = fault->verb == FAULT_CREATE_TOPIC || fault->verb == FAULT_DELETE_TOPIC ||
                       fault->verb == FAULT_ADD_PARTITIONS;
        if (!topical || fault->topic == SPEC_NONE || fault->pointer == NULL) {
            continue;
        }
        cJSON *node = event_of(timeline, fault);
        const char *last = strrchr(fault->pointer, '/');
        Cursor at = cursor_element(timeline, node, atoi(last + 1));
        check_creation(reader, fault, &at, &lives[fault->topic]);
    }
    g_free(lives);
}

void later_topics_fill(Reader *reader, const Cursor *at, FaultSpec *fault)
{
    const TopicSpec *created = g_hash_table_lookup(reader->created, at->node);
    fault->number = get_integer(reader, at, "partitions", 1);
    if (fault->verb == FAULT_ADD_PARTITIONS) {
        fault->assignment = build_assignment(reader, at);
        return;
    }
    if (created == NULL) {
        return; /* its name was refused */
    }
    fault->topic = find_topic(reader->spec, created->name);
    fault->number = created->partitions;
    fault->replication_factor = created->replication_factor;
    fault->assignment = created->assignment != NULL ? g_ptr_array_ref(created->assignment) : NULL;
    fault->config = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
    get_config(reader, at, "config", fault->config);
}
