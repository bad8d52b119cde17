/* connect.c - a Connect cluster in the spec, and what Connect sets for the clients of its tasks.
 *
 * Mirrors: DistributedConfig, Worker.baseConsumerConfigs, Worker.baseProducerConfigs,
 * Worker.exactlyOnceSourceTaskProducerConfigs, Worker.taskTransactionalId. */
#include "models/spec/spec.h"
#include <string.h>

static void connector_spec_free(void *data)
{
    ConnectorSpec *connector = data;
    g_free(connector->name);
    g_free(connector);
}

GroupSpec *connect_spec_new(const char *name)
{
    GroupSpec *group = group_spec_new(name);
    group->connectors = g_ptr_array_new_with_free_func(connector_spec_free);
    group->scheduled_rebalance_max_delay = SIM_SEC(300);
    group->offset_flush_interval = SIM_SEC(60);
    group->offset_flush_timeout = SIM_SEC(5);
    group->task_shutdown_timeout = SIM_SEC(5);
    group->connect_protocol = CONNECT_SESSIONED;
    kafka_config_set(group->config, "session.timeout.ms", "10000");
    kafka_config_set(group->config, "max.poll.interval.ms", "60000"); /* rebalance.timeout.ms */
    return group;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    const ConnectorSpec *one = *(ConnectorSpec *const *)a;
    const ConnectorSpec *two = *(ConnectorSpec *const *)b;
    return strcmp(one->name, two->name);
}

/* What is set in the scenario stands for consumer.override.* and producer.override.*. */
static void set_default(KafkaConfig *config, const char *name, const char *text)
{
    if (!kafka_config_is_set(config, name)) {
        kafka_config_set(config, name, text);
    }
}

static void make_sink(const GroupSpec *connect, GroupSpec *sink)
{
    for (guint m = 0; m < sink->members->len; m++) {
        ((MemberSpec *)sink->members->pdata[m])->start = SIM_TIME_MAX;
    }
    set_default(sink->config, "auto.offset.reset", "earliest");
    set_default(sink->config, "enable.auto.commit", "false");
    sink->application.sink_flush = connect->offset_flush_interval;
    sink->application.commit_on_revoke = true;
}

/* <group.id>-<connector>-<task>: several tasks get their numbers from their producers. */
static void make_exactly_once(const GroupSpec *connect, const char *name, ProducerSpec *source)
{
    const char *group = kafka_config_text(connect->config, "group.id");
    g_autofree char *id = g_strdup_printf("%s-%s%s", group, name, source->count == 1 ? "-0" : "");
    source->source_is_exactly_once = true;
    kafka_config_set(source->config, "transactional.id", id);
    kafka_config_set(source->config, "enable.idempotence", "true");
}

void connect_spec_source_config(KafkaConfig *config)
{
    set_default(config, "max.block.ms", "9223372036854775807");
    set_default(config, "enable.idempotence", "false");
    set_default(config, "acks", "all");
    set_default(config, "max.in.flight.requests.per.connection", "1");
    set_default(config, "delivery.timeout.ms", "2147483647");
}

static void make_source(const GroupSpec *connect, const char *name, ProducerSpec *source)
{
    source->start = SIM_TIME_MAX;
    source->source_flush = connect->offset_flush_interval;
    source->source_flush_timeout = connect->offset_flush_timeout;
    connect_spec_source_config(source->config);
    if (connect->exactly_once_sources) {
        make_exactly_once(connect, name, source);
    }
}

void connect_spec_add(
    GroupSpec *connect, const ClusterSpec *spec, const char *name, int32_t group, int32_t producer)
{
    ConnectorSpec *connector = g_new0(ConnectorSpec, 1);
    connector->name = g_strdup(name);
    connector->group = group;
    connector->producer = producer;
    if (group != SPEC_NONE) {
        GroupSpec *sink = spec->groups->pdata[group];
        connector->tasks = (int32_t)sink->members->len;
        make_sink(connect, sink);
    } else {
        ProducerSpec *source = spec->producers->pdata[producer];
        connector->tasks = source->count;
        make_source(connect, name, source);
    }
    g_ptr_array_add(connect->connectors, connector);
    g_ptr_array_sort(connect->connectors, by_name);
}
