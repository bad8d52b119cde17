/* refer.c - finding what a scenario refers to by name or id. */
#include "scenarios/runner/reader/reader.h"
#include <string.h>

#define NAMED_MAX 10u /* in a hint */

int32_t find_broker(const ClusterSpec *spec, int64_t id)
{
    for (guint i = 0; i < spec->brokers->len; i++) {
        const BrokerSpec *broker = g_ptr_array_index(spec->brokers, i);
        if (broker->id == id) {
            return (int32_t)i;
        }
    }
    return SPEC_NONE;
}

int32_t find_controller(const ClusterSpec *spec, int64_t id)
{
    for (guint i = 0; i < spec->controllers->len; i++) {
        const ControllerSpec *controller = g_ptr_array_index(spec->controllers, i);
        if (controller->id == id) {
            return (int32_t)i;
        }
    }
    return SPEC_NONE;
}

/* Every named spec begins with its name. */
typedef struct Named {
    char *name;
} Named;
G_STATIC_ASSERT(offsetof(HostSpec, name) == 0);
G_STATIC_ASSERT(offsetof(TopicSpec, name) == 0);
G_STATIC_ASSERT(offsetof(ProducerSpec, name) == 0);
G_STATIC_ASSERT(offsetof(GroupSpec, name) == 0);

static const char *name_at(const void *user, size_t index)
{
    const GPtrArray *specs = user;
    return ((const Named *)g_ptr_array_index(specs, index))->name;
}

static int32_t find_named(const GPtrArray *specs, const char *name)
{
    for (guint i = 0; i < specs->len; i++) {
        if (strcmp(name_at(specs, i), name) == 0) {
            return (int32_t)i;
        }
    }
    return SPEC_NONE;
}

int32_t find_host(const ClusterSpec *spec, const char *name)
{
    return find_named(spec->hosts, name);
}

int32_t find_topic(const ClusterSpec *spec, const char *name)
{
    return find_named(spec->topics, name);
}

int32_t find_group(const ClusterSpec *spec, const char *name)
{
    return find_named(spec->groups, name);
}

char *refer_names(QuoteWord next, const void *user, size_t count)
{
    GString *names = g_string_new(count == 1 ? "there is " : "there are ");
    for (size_t i = 0; i < count && i < NAMED_MAX; i++) {
        g_string_append(names, i == 0 ? "" : ", ");
        quote_string(names, next(user, i));
    }
    g_string_append(names, count > NAMED_MAX ? " ..." : "");
    return g_string_free(names, count == 0);
}

static int32_t refer_named(
    Reader *reader, const Cursor *value, const char *what, const GPtrArray *specs, bool broken)
{
    const char *name = value->node->valuestring;
    int32_t found = find_named(specs, name);
    if (found == SPEC_NONE && !broken) {
        const char *nearest = reader_nearest(reader, name, name_at, specs, specs->len);
        char *hint = nearest != NULL ? reader_did_you_mean(nearest)
                                     : refer_names(name_at, specs, specs->len);
        reader_problem(
            reader, PROBLEM_ERROR, value, false, hint, "there is no %s \"%s\"", what, name);
        g_free(hint);
    }
    return found;
}

int32_t refer_topic_value(Reader *reader, const Cursor *value)
{
    return refer_named(reader, value, "topic", reader->spec->topics, reader->topics_broken);
}

int32_t refer_topic(Reader *reader, const Cursor *at, const char *key)
{
    Cursor value;
    return get(reader, at, key, &value) ? refer_topic_value(reader, &value) : SPEC_NONE;
}

int32_t refer_producer(Reader *reader, const Cursor *at, const char *key)
{
    Cursor value;
    return get(reader, at, key, &value)
               ? refer_named(
                     reader, &value, "producer", reader->spec->producers, reader->producers_broken)
               : SPEC_NONE;
}

int32_t refer_group(Reader *reader, const Cursor *at, const char *key)
{
    Cursor value;
    return get(reader, at, key, &value)
               ? refer_named(reader, &value, "group", reader->spec->groups, reader->groups_broken)
               : SPEC_NONE;
}

int32_t get_host(Reader *reader, const Cursor *at)
{
    Cursor value;
    return get(reader, at, "host", &value)
               ? refer_named(reader, &value, "host", reader->spec->hosts, reader->cluster_broken)
               : SPEC_NONE;
}

int32_t refer_broker(Reader *reader, const Cursor *value)
{
    int64_t id = (int64_t)value->node->valuedouble;
    int32_t found = find_broker(reader->spec, id);
    if (found == SPEC_NONE && !reader->cluster_broken) {
        GString *ids = g_string_new(NULL);
        for (guint i = 0; i < reader->spec->brokers->len && i < 10; i++) {
            const BrokerSpec *broker = g_ptr_array_index(reader->spec->brokers, i);
            g_string_append_printf(ids, "%s%d", i == 0 ? "brokers are " : ", ", broker->id);
        }
        g_string_append(ids, reader->spec->brokers->len > 10 ? " ..." : "");
        reader_problem(reader,
                       PROBLEM_ERROR,
                       value,
                       false,
                       ids->str,
                       "there is no broker %" G_GINT64_FORMAT,
                       id);
        g_string_free(ids, TRUE);
    }
    return found;
}
