/* streams.c - see streams.h. The options that Streams sets for its clients are those of
 * StreamsConfig (PRODUCER_DEFAULT_OVERRIDES, CONSUMER_DEFAULT_OVERRIDES, the exactly-once ones). */
#include "models/spec/streams.h"
#include <string.h>

static void subtopology_free(void *data)
{
    SubtopologySpec *self = data;
    g_array_unref(self->sources);
    g_free(self);
}

void streams_spec_free(void *data)
{
    StreamsSpec *self = data;
    if (self != NULL) {
        g_ptr_array_unref(self->subtopologies);
        g_array_unref(self->internal_topics);
        group_spec_free(self->restorer);
        kafka_config_free(self->config);
        kafka_config_free(self->producer);
        g_free(self);
    }
}

GroupSpec *streams_spec_new(const char *application_id)
{
    GroupSpec *group = group_spec_new(application_id);
    StreamsSpec *self = g_new0(StreamsSpec, 1);
    self->subtopologies = g_ptr_array_new_with_free_func(subtopology_free);
    self->internal_topics = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->restore_record = distribution_constant(SIM_US(5));
    self->config = kafka_config_new(1u << KAFKA_SCOPE_STREAMS, NULL);
    self->producer = kafka_config_new(1u << KAFKA_SCOPE_PRODUCER, NULL);
    kafka_config_set(self->producer, "linger.ms", "100");
    g_autofree char *restorer = g_strdup_printf("%s-restore", application_id);
    self->restorer = group_spec_new(restorer);
    self->restorer->kind = GROUP_ASSIGNS_ALONE;
    group->streams = self;
    kafka_config_set(group->config, "auto.offset.reset", "earliest");
    kafka_config_set(group->config, "enable.auto.commit", "false");
    kafka_config_set(group->config, "allow.auto.create.topics", "false");
    kafka_config_set(group->config, "max.poll.records", "1000");
    kafka_config_set(self->restorer->config, "auto.offset.reset", "earliest");
    kafka_config_set(self->restorer->config, "enable.auto.commit", "false");
    kafka_config_set(self->restorer->config, "allow.auto.create.topics", "false");
    kafka_config_set(self->restorer->config, "max.poll.records", "1000");
    return group;
}

int32_t streams_spec_add_topic(
    ClusterSpec *spec, GroupSpec *group, const char *name, int32_t partitions, bool is_changelog)
{
    g_autofree char *full =
        g_strdup_printf("%s-%s-%s", group->name, name, is_changelog ? "changelog" : "repartition");
    const int64_t wanted = kafka_config_integer(group->streams->config, "replication.factor");
    const int64_t factor =
        wanted > 0 ? wanted : kafka_config_integer(spec->config, "default.replication.factor");
    TopicSpec *topic = topic_spec_new(full, partitions, (int32_t)factor);
    topic->created_later = true;
    kafka_config_set(topic->config, "cleanup.policy", is_changelog ? "compact" : "delete");
    if (!is_changelog) { /* RepartitionTopicConfig */
        kafka_config_set(topic->config, "segment.bytes", "52428800");
        kafka_config_set(topic->config, "retention.ms", "-1");
    }
    g_ptr_array_add(spec->topics, topic);
    const int32_t index = (int32_t)spec->topics->len - 1;
    g_array_append_val(group->streams->internal_topics, index);
    return index;
}

SubtopologySpec *streams_spec_add_subtopology(GroupSpec *group)
{
    SubtopologySpec *self = g_new0(SubtopologySpec, 1);
    self->sources = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->sink = SPEC_NONE;
    self->changelog = SPEC_NONE;
    self->process_record = distribution_constant(0);
    g_ptr_array_add(group->streams->subtopologies, self);
    return self;
}

void streams_spec_add_instance(GroupSpec *group, const char *name, int32_t host, SimTime start)
{
    StreamsSpec *self = group->streams;
    const int32_t first = (int32_t)group->members->len;
    const int64_t threads = kafka_config_integer(self->config, "num.stream.threads");
    for (int32_t t = 0; t < threads; t++) {
        g_autofree char *thread = t == 0 ? g_strdup(name) : g_strdup_printf("%s.%d", name, t + 1);
        MemberSpec *member = member_spec_new(thread, group);
        member->host = host;
        member->start = start;
        member->process = first;
        g_ptr_array_add(group->members, member);
        g_autofree char *restorer = g_strdup_printf("%s-restore-consumer", thread);
        MemberSpec *restore = member_spec_new(restorer, self->restorer);
        restore->host = host;
        g_ptr_array_add(self->restorer->members, restore);
    }
}

/* ---- the clients */

static void add_once(GArray *topics, int32_t topic)
{
    for (guint i = 0; i < topics->len; i++) {
        if (g_array_index(topics, int32_t, i) == topic) {
            return;
        }
    }
    if (topic != SPEC_NONE) {
        g_array_append_val(topics, topic);
    }
}

GArray *streams_spec_outputs(const StreamsSpec *self)
{
    GArray *topics = g_array_new(FALSE, FALSE, sizeof(int32_t));
    for (guint s = 0; s < self->subtopologies->len; s++) {
        const SubtopologySpec *sub = self->subtopologies->pdata[s];
        add_once(topics, sub->changelog);
        add_once(topics, sub->sink);
    }
    return topics;
}

static void subscribe(GroupSpec *group)
{
    for (guint s = 0; s < group->streams->subtopologies->len; s++) {
        const SubtopologySpec *sub = group->streams->subtopologies->pdata[s];
        for (guint i = 0; i < sub->sources->len; i++) {
            add_once(group->topics, g_array_index(sub->sources, int32_t, i));
        }
    }
}

/* Each has its own transactional.id; the coordinator tells incarnations of a thread apart by it. */
static void configure_producer(ProducerSpec *producer, const StreamsSpec *streams)
{
    kafka_config_free(producer->config);
    producer->config = kafka_config_new(1u << KAFKA_SCOPE_PRODUCER, streams->producer);
    if (streams->exactly_once) {
        g_autofree char *id = g_strdup_printf("%s-producer", producer->worker);
        kafka_config_set(producer->config, "transactional.id", id);
    }
}

static void add_producer(ClusterSpec *spec,
                         const GroupSpec *group,
                         const MemberSpec *member,
                         GArray *outputs,
                         const Distribution *value_bytes)
{
    g_autofree char *name = g_strdup_printf("%s-producer", member->name);
    ProducerSpec *producer = producer_spec_new(name, g_array_index(outputs, int32_t, 0));
    producer->worker = g_strdup(member->name);
    producer->host = member->host;
    producer->user = g_strdup(group->user);
    producer->arrival = ARRIVAL_CLOSED; /* as any worker's: by what its application sends */
    producer->more_topics = g_array_new(FALSE, FALSE, sizeof(int32_t));
    g_array_append_vals(
        producer->more_topics, &g_array_index(outputs, int32_t, 1), outputs->len - 1);
    producer->value_bytes = *value_bytes;
    configure_producer(producer, group->streams);
    g_ptr_array_add(spec->producers, producer);
}

static void set_unless_set(KafkaConfig *config, const char *name, const char *text)
{
    if (!kafka_config_is_set(config, name)) {
        kafka_config_set(config, name, text);
    }
}

/* StreamsConfig.EOS_DEFAULT_COMMIT_INTERVAL_MS, DEFAULT_TRANSACTION_TIMEOUT */
static void configure_exactly_once(GroupSpec *group)
{
    StreamsSpec *self = group->streams;
    set_unless_set(self->config, "commit.interval.ms", "100");
    set_unless_set(self->producer, "transaction.timeout.ms", "10000");
    kafka_config_set(group->config, "isolation.level", "read_committed");
    kafka_config_set(self->restorer->config, "isolation.level", "read_committed");
}

void streams_spec_finish(ClusterSpec *spec, GroupSpec *group, const Distribution *value_bytes)
{
    StreamsSpec *self = group->streams;
    self->exactly_once =
        strcmp(kafka_config_text(self->config, "processing.guarantee"), "exactly_once_v2") == 0;
    if (self->exactly_once) {
        configure_exactly_once(group);
    }
    kafka_config_set(self->config, "application.id", group->name);
    kafka_config_set(self->restorer->config, "enable.auto.commit", "false");
    subscribe(group);
    g_autoptr(GArray) outputs = streams_spec_outputs(self);
    for (guint m = 0; outputs->len > 0 && m < group->members->len; m++) {
        add_producer(spec, group, group->members->pdata[m], outputs, value_bytes);
    }
}
