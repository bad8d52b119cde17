/* build_streams.c - Kafka Streams applications: sub-topologies, internal topics, instances.
 *
 * A sub-topology reads topics, or what an earlier one wrote to a repartition topic: so there is no
 * circle. How many tasks it has, and with them the partitions of its changelog and of the
 * repartition topic behind it, follows from its sources. */
#include "models/spec/streams.h"
#include "scenarios/runner/reader/reader.h"
#include <string.h>

#define TASKS_MAX 5000 /* of one application: bounds the memory of a run */

/* What is being read. */
typedef struct Application {
    Reader *reader;
    GroupSpec *group;
    GPtrArray *repartitions; /* of char*: names; */
    GArray *topics;          /* of int32_t: their topics */
    GArray *read;            /* of int32_t: topics that a sub-topology reads */
    int64_t tasks;
    bool broken;
} Application;

static void refuse(Application *self)
{
    self->broken = true;
}

#define REFUSE(self, at, ...) (reader_error((self)->reader, at, __VA_ARGS__), refuse(self))

static TopicSpec *topic_at(const Application *self, int32_t topic)
{
    return self->reader->spec->topics->pdata[topic];
}

static bool is_among(const GArray *topics, int32_t topic)
{
    for (guint i = 0; i < topics->len; i++) {
        if (g_array_index(topics, int32_t, i) == topic) {
            return true;
        }
    }
    return false;
}

/* ---- sources */

static int32_t find_repartition(const Application *self, const char *name)
{
    for (guint i = 0; i < self->repartitions->len; i++) {
        if (strcmp(self->repartitions->pdata[i], name) == 0) {
            return g_array_index(self->topics, int32_t, i);
        }
    }
    return SPEC_NONE;
}

static void build_source(Application *self, const Cursor *at, SubtopologySpec *sub)
{
    int32_t topic = find_repartition(self, at->node->valuestring);
    topic = topic != SPEC_NONE ? topic : refer_topic_value(self->reader, at);
    if (topic == SPEC_NONE) {
        refuse(self);
        return;
    }
    if (is_among(self->read, topic)) {
        REFUSE(self, at, "a topic is a source of one sub-topology, once");
        return;
    }
    const TopicSpec *spec = topic_at(self, topic);
    if (spec->partitions_max > spec->partitions) {
        REFUSE(self,
               at,
               "the partitions of a Streams application's source cannot change: topic \"%s\" "
               "grows on the timeline",
               spec->name);
    }
    g_array_append_val(self->read, topic);
    g_array_append_val(sub->sources, topic);
}

static int32_t build_sources(Application *self, const Cursor *at, SubtopologySpec *sub)
{
    Cursor list;
    int index = 0;
    int32_t tasks = 0;
    if (!get(self->reader, at, "source", &list)) {
        refuse(self);
        return 0;
    }
    for (cJSON *item = list.node->child; item != NULL; item = item->next) {
        Cursor source = cursor_element(&list, item, index++);
        build_source(self, &source, sub);
    }
    for (guint i = 0; i < sub->sources->len; i++) {
        tasks = MAX(tasks, topic_at(self, g_array_index(sub->sources, int32_t, i))->partitions);
    }
    self->tasks += tasks;
    return tasks;
}

/* ---- where to */

static int32_t
add_internal(Application *self, const Cursor *at, const char *name, int32_t partitions, bool store)
{
    Reader *reader = self->reader;
    const int32_t topic =
        streams_spec_add_topic(reader->spec, self->group, name, MAX(1, partitions), store);
    TopicSpec *spec = topic_at(self, topic);
    if (strlen(spec->name) > NAME_BYTES_MAX) {
        REFUSE(self,
               at,
               "the topic of that would have a name of %zu characters, and %u are the most "
               "(InvalidTopicException): %s",
               strlen(spec->name),
               NAME_BYTES_MAX,
               spec->name);
    }
    if (find_topic(reader->spec, spec->name) != topic) {
        REFUSE(self, at, "there is a topic \"%s\" already", spec->name);
    }
    check_factor(reader, at, spec, reader->spec->brokers->len);
    return topic;
}

static void build_store(Application *self, const Cursor *at, int32_t tasks, SubtopologySpec *sub)
{
    Cursor store;
    if (!get(self->reader, at, "store", &store)) {
        return;
    }
    const bool is_name = cJSON_IsString(store.node);
    const char *name =
        is_name ? store.node->valuestring : get_text(self->reader, &store, "name", NULL);
    if (name == NULL) {
        refuse(self);
        return;
    }
    sub->changelog = add_internal(self, &store, name, tasks, true);
    if (!is_name) {
        TopicSpec *changelog = topic_at(self, sub->changelog);
        changelog->keys = get_integer(self->reader, &store, "keys", 0);
        get_config(self->reader, &store, "config", changelog->config);
    }
}

static void build_sink(Application *self, const Cursor *at, int32_t tasks, SubtopologySpec *sub)
{
    Cursor sink, repartition;
    const bool is_sink = get(self->reader, at, "sink", &sink);
    if (!get(self->reader, at, "repartition", &repartition)) {
        sub->sink = is_sink ? refer_topic_value(self->reader, &sink) : SPEC_NONE;
        if (is_sink && is_among(self->read, sub->sink)) {
            REFUSE(self, &sink, "the application reads that topic itself");
        }
        return;
    }
    if (is_sink) {
        REFUSE(
            self, &sink, "a sub-topology writes to a \"sink\" or a \"repartition\", not to both");
        return;
    }
    const char *name = repartition.node->valuestring;
    const int64_t partitions = get_integer(self->reader, at, "partitions", tasks);
    sub->rekeys = true;
    sub->sink = add_internal(self, &repartition, name, (int32_t)partitions, false);
    g_ptr_array_add(self->repartitions, (gpointer)(guintptr)name);
    g_array_append_val(self->topics, sub->sink);
}

static void build_subtopology(Application *self, const Cursor *at)
{
    Cursor child;
    SubtopologySpec *sub = streams_spec_add_subtopology(self->group);
    const int32_t tasks = build_sources(self, at, sub);
    sub->process_record =
        get_distribution(self->reader, at, "process", UNIT_DURATION, distribution_constant(0));
    build_store(self, at, tasks, sub);
    build_sink(self, at, tasks, sub);
    if (sub->sink == SPEC_NONE && get(self->reader, at, "partitions", &child)) {
        REFUSE(self, &child, "\"partitions\" are those of a \"repartition\"");
    }
}

/* Nobody would read what was written there. */
static void check_all_read(Application *self, const Cursor *topology)
{
    for (guint i = 0; i < self->topics->len; i++) {
        if (!is_among(self->read, g_array_index(self->topics, int32_t, i)) && !self->broken) {
            REFUSE(self,
                   topology,
                   "no later sub-topology has \"%s\" as its source",
                   (const char *)self->repartitions->pdata[i]);
        }
    }
    if (self->tasks > TASKS_MAX) {
        REFUSE(self, topology, "more than %d tasks", TASKS_MAX);
    }
}

static void build_topology(Application *self, const Cursor *at)
{
    Cursor topology;
    int index = 0;
    if (!get(self->reader, at, "topology", &topology)) {
        refuse(self);
        return;
    }
    for (cJSON *item = topology.node->child; item != NULL; item = item->next) {
        Cursor sub = cursor_element(&topology, item, index++);
        build_subtopology(self, &sub);
    }
    check_all_read(self, &topology);
}

/* ---- options */

/* StreamsConfig holds its own options and, without a prefix, its clients'. */
static void set_option(void *user, const KafkaOption *option, const char *text)
{
    GroupSpec *group = user;
    const bool own = option->scope == KAFKA_SCOPE_STREAMS;
    kafka_config_set(own ? group->streams->config : group->config, option->name, text);
    if (!own) {
        kafka_config_set(group->streams->restorer->config, option->name, text);
    }
}

/* Both are the application's name; writing them again is fine, another one is not. */
static void check_ids(Application *self, const Cursor *config, const KafkaConfig *all)
{
    static const char *const ids[] = {"application.id", "group.id"};
    Cursor child;
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        const char *id = kafka_config_text(all, ids[i]);
        if (id != NULL && strcmp(id, self->group->name) != 0 &&
            get(self->reader, config, ids[i], &child)) {
            REFUSE(self, &child, "the application is called \"%s\"", self->group->name);
        }
    }
}

static void build_config(Application *self, const Cursor *at)
{
    Cursor config, child;
    KafkaConfig *all =
        kafka_config_new(1u << KAFKA_SCOPE_STREAMS | 1u << KAFKA_SCOPE_CONSUMER, NULL);
    get_config(self->reader, at, "config", all);
    if (get(self->reader, at, "config", &config)) {
        check_ids(self, &config, all);
    }
    kafka_config_each_set(all, set_option, self->group);
    kafka_config_free(all);
    GroupSpec *group = self->group;
    if (get(self->reader, at, "config", &config)) {
        cross_check_consumer(self->reader, &config, group->config);
        if (strcmp(kafka_config_text(group->config, "group.protocol"), "classic") != 0 &&
            get(self->reader, &config, "group.protocol", &child)) {
            REFUSE(self, &child, "Kafka Streams 4.1 uses \"classic\" (KIP-1071 is not simulated)");
        }
        if (kafka_config_boolean(group->config, "enable.auto.commit") &&
            get(self->reader, &config, "enable.auto.commit", &child)) {
            REFUSE(self, &child, "Kafka Streams commits itself: \"commit.interval.ms\"");
        }
    }
    kafka_config_set(group->config, "group.id", group->name);
    get_config(self->reader, at, "producer.config", group->streams->producer);
    group->streams->restore_record = get_distribution(
        self->reader, at, "restore.per.record", UNIT_DURATION, group->streams->restore_record);
}

/* ---- instances */

static void build_instance(Application *self, const Cursor *at, int number)
{
    g_autofree char *usual = g_strdup_printf("%s-%d", self->group->name, number);
    const char *name = at == NULL ? usual : get_text(self->reader, at, "name", usual);
    const int32_t host = at == NULL ? SPEC_NONE : get_host(self->reader, at);
    const SimTime start =
        at == NULL ? MEMBER_START_OPEN
                   : get_amount(self->reader, at, "start", UNIT_DURATION, MEMBER_START_OPEN);
    streams_spec_add_instance(self->group, name, host, start);
}

static void build_instances(Application *self, const Cursor *at)
{
    Cursor instances;
    if (!get(self->reader, at, "instances", &instances)) {
        self->reader->groups_broken = true;
        return;
    }
    const bool number = cJSON_IsNumber(instances.node);
    const int64_t count =
        number ? (int64_t)instances.node->valuedouble : cJSON_GetArraySize(instances.node);
    const int64_t threads =
        kafka_config_integer(self->group->streams->config, "num.stream.threads");
    /* Of each thread a consumer, a producer and a restore consumer. */
    if (!count_clients(self->reader, at, 3 * threads * count)) {
        refuse(self);
        return;
    }
    for (int i = 0; number && i < count; i++) {
        build_instance(self, NULL, i);
    }
    int index = 0;
    for (cJSON *item = instances.node->child; item != NULL; item = item->next, index++) {
        Cursor instance = cursor_element(&instances, item, index);
        build_instance(self, &instance, index);
    }
    for (guint m = 0; m < self->group->members->len; m++) {
        const MemberSpec *member = self->group->members->pdata[m];
        take_client_name(self->reader, &instances, "member", member->name);
    }
}

/* ---- all of it */

static void finish(Application *self, const Cursor *at)
{
    Cursor config;
    ClusterSpec *spec = self->reader->spec;
    const Distribution size =
        get_distribution(self->reader, at, "record.size", UNIT_BYTES, distribution_constant(100));
    const guint first = spec->producers->len;
    streams_spec_finish(spec, self->group, &size);
    if (first < spec->producers->len && get(self->reader, at, "producer.config", &config)) {
        cross_check_producer(self->reader, &config, spec->producers->pdata[first]);
    }
    g_ptr_array_add(spec->groups, self->group);
}

static void build_application_of(Reader *reader, const Cursor *at, const char *name)
{
    Application self = {
        .reader = reader,
        .group = streams_spec_new(name),
        .repartitions = g_ptr_array_new(),
        .topics = g_array_new(FALSE, FALSE, sizeof(int32_t)),
        .read = g_array_new(FALSE, FALSE, sizeof(int32_t)),
    };
    self.group->user = g_strdup(get_text(reader, at, "user", NULL));
    build_config(&self, at);
    build_topology(&self, at);
    build_instances(&self, at);
    if (self.broken) {
        group_spec_free(self.group);
        reader->groups_broken = true;
    } else {
        finish(&self, at);
    }
    g_ptr_array_free(self.repartitions, TRUE);
    g_array_free(self.topics, TRUE);
    g_array_free(self.read, TRUE);
}

void build_streams(Reader *reader, const Cursor *root)
{
    Cursor all;
    int index = 0;
    if (!get(reader, root, "streams", &all)) {
        return;
    }
    for (cJSON *item = all.node->child; item != NULL; item = item->next) {
        Cursor at = cursor_element(&all, item, index++);
        const char *name = get_text(reader, &at, "name", NULL);
        if (name != NULL && take_client_name(reader, &at, "group", name)) {
            build_application_of(reader, &at, name);
        }
    }
}
