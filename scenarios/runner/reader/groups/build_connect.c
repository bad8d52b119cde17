/* build_connect.c - Connect clusters: workers, connectors, the options of both. */
#include "scenarios/runner/reader/reader.h"
#include <string.h>

ConnectProtocol
get_connect_protocol(const Reader *reader, const Cursor *at, ConnectProtocol fallback)
{
    static const char *const names[] = {
        [CONNECT_EAGER] = "eager",
        [CONNECT_COMPATIBLE] = "compatible",
        [CONNECT_SESSIONED] = "sessioned",
    };
    const char *name = get_text(reader, at, "connect.protocol", NULL);
    for (int p = CONNECT_EAGER; name != NULL && p <= CONNECT_SESSIONED; p++) {
        if (strcmp(name, names[p]) == 0) {
            return (ConnectProtocol)p;
        }
    }
    return fallback;
}

static const cJSON *first_of(const cJSON *object, const char *key)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, key);
    return list == NULL ? NULL : list->child;
}

/* Asked of the text: producers are built before the Connect clusters. */
bool connect_runs_producer(const Reader *reader, const char *name)
{
    for (const cJSON *all = first_of(reader->root, "connect"); all != NULL; all = all->next) {
        for (const cJSON *one = first_of(all, "connectors"); one != NULL; one = one->next) {
            const cJSON *source = cJSON_GetObjectItemCaseSensitive(one, "producer");
            if (cJSON_IsString(source) && strcmp(source->valuestring, name) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool is_run_already(const ClusterSpec *spec, int32_t group, int32_t producer)
{
    for (guint g = 0; g < spec->groups->len; g++) {
        const GroupSpec *connect = g_ptr_array_index(spec->groups, g);
        for (guint c = 0; connect->connectors != NULL && c < connect->connectors->len; c++) {
            const ConnectorSpec *connector = g_ptr_array_index(connect->connectors, c);
            if (connector->group == group && connector->producer == producer) {
                return true;
            }
        }
    }
    return false;
}

static void get_ms(Reader *reader, const Cursor *at, const char *key, SimDuration *duration)
{
    Cursor value;
    if (get(reader, at, key, &value)) {
        *duration = SIM_MS((int64_t)value.node->valuedouble);
    }
}

static bool
has_boundary(const Reader *reader, const Cursor *at, const char *name, Cursor *ret_boundary)
{
    return get(reader, at, "transaction.boundary", ret_boundary) &&
           strcmp(ret_boundary->node->valuestring, name) == 0;
}

/* An option that means something with one boundary only. */
static void need_boundary(Reader *reader, const Cursor *at, const char *key, const char *name)
{
    Cursor option;
    Cursor boundary;
    if (get(reader, at, key, &option) && !has_boundary(reader, at, name, &boundary)) {
        reader_error(reader, &option, "it counts with \"transaction.boundary\": \"%s\"", name);
    }
}

static void refuse_boundary(Reader *reader, const Cursor *at)
{
    Cursor option;
    if (has_boundary(reader, at, "interval", &option) ||
        has_boundary(reader, at, "connector", &option) ||
        get(reader, at, "transaction.boundary.interval.ms", &option) ||
        get(reader, at, "transaction.records", &option)) {
        reader_error(reader,
                     &option,
                     "only sources of a cluster with \"exactly.once.source.support\": "
                     "\"enabled\" have transactions");
    }
}

/* transaction.boundary, of a source that knows transactions; `source` NULL: of a sink. */
static void
build_boundary(Reader *reader, const Cursor *at, const GroupSpec *connect, ProducerSpec *source)
{
    Cursor boundary;
    if (source == NULL || !connect->exactly_once_sources) {
        refuse_boundary(reader, at);
        return;
    }
    need_boundary(reader, at, "transaction.boundary.interval.ms", "interval");
    need_boundary(reader, at, "transaction.records", "connector");
    if (has_boundary(reader, at, "interval", &boundary)) {
        source->transaction_ns = connect->offset_flush_interval;
        get_ms(reader, at, "transaction.boundary.interval.ms", &source->transaction_ns);
    } else if (has_boundary(reader, at, "connector", &boundary)) {
        source->transaction_records = get_integer(reader, at, "transaction.records", 0);
        if (source->transaction_records == 0) {
            reader_error(reader,
                         &boundary,
                         "add \"transaction.records\": how many make a transaction is the "
                         "connector's own");
        }
    }
}

/* Connect sets enable.idempotence=true, and a producer so told does not start with less. */
static void check_exactly_once(Reader *reader, const Cursor *at, const ProducerSpec *source)
{
    const KafkaConfig *config = source->config;
    if (strcmp(kafka_config_text(config, "acks"), "all") != 0 ||
        kafka_config_integer(config, "retries") == 0 ||
        kafka_config_integer(config, "max.in.flight.requests.per.connection") > 5) {
        reader_error(reader,
                     at,
                     "\"%s\": an exactly-once source wants acks=all, retries above 0 and at most 5 "
                     "requests in flight",
                     source->name);
    }
}

/* The Connect cluster is in the spec's groups already, so that one run by two is found. */
static void build_connector(Reader *reader, const Cursor *at, GroupSpec *connect)
{
    Cursor child;
    const char *name = get_text(reader, at, "name", NULL);
    const bool is_sink = get(reader, at, "group", &child);
    const bool is_source = get(reader, at, "producer", &child);
    if (is_sink == is_source) {
        reader_error(
            reader, at, "a connector has either a \"group\" (sink) or a \"producer\" (source)");
        return;
    }
    const int32_t group = refer_group(reader, at, "group");
    const int32_t producer = refer_producer(reader, at, "producer");
    if (name == NULL || (group == SPEC_NONE && producer == SPEC_NONE)) {
        return;
    }
    ProducerSpec *source = producer == SPEC_NONE ? NULL : reader->spec->producers->pdata[producer];
    if (source != NULL && (source->arrival == ARRIVAL_TRACE ||
                           kafka_config_text(source->config, "transactional.id") != NULL)) {
        reader_error(
            reader,
            at,
            "a source's tasks have neither a trace nor a transactional.id; transactions they "
            "have by \"exactly.once.source.support\": \"enabled\" of their cluster");
        return;
    }
    const GroupSpec *sink = group == SPEC_NONE ? NULL : reader->spec->groups->pdata[group];
    if (sink != NULL && sink->connectors != NULL) {
        reader_error(reader, at, "\"%s\" is a Connect cluster, its workers run tasks", sink->name);
    } else if (is_run_already(reader->spec, group, producer)) {
        reader_error(reader, at, "another connector has the same tasks");
    } else if (sink != NULL && sink->application.commit != COMMIT_BY_CLIENT) {
        reader_error(reader, at, "a sink's tasks commit each offset.flush.interval.ms");
    } else {
        connect_spec_add(connect, reader->spec, name, group, producer);
        build_boundary(reader, at, connect, source);
        if (source != NULL && connect->exactly_once_sources) {
            check_exactly_once(reader, at, source);
        }
    }
}

static void
set_ms(Reader *reader, const Cursor *at, const char *key, GroupSpec *connect, const char *option)
{
    Cursor value;
    if (get(reader, at, key, &value)) {
        g_autofree char *text =
            g_strdup_printf("%" G_GINT64_FORMAT, (int64_t)value.node->valuedouble);
        kafka_config_set(connect->config, option, text);
    }
}

static void build_connect_cluster(Reader *reader, const Cursor *at, const char *name)
{
    Cursor value;
    int index = 0;
    GroupSpec *connect = connect_spec_new(name);
    set_ms(reader, at, "session.timeout.ms", connect, "session.timeout.ms");
    set_ms(reader, at, "heartbeat.interval.ms", connect, "heartbeat.interval.ms");
    set_ms(reader, at, "rebalance.timeout.ms", connect, "max.poll.interval.ms");
    get_ms(reader, at, "scheduled.rebalance.max.delay.ms", &connect->scheduled_rebalance_max_delay);
    get_ms(reader, at, "offset.flush.interval.ms", &connect->offset_flush_interval);
    get_ms(reader, at, "offset.flush.timeout.ms", &connect->offset_flush_timeout);
    get_ms(reader, at, "task.shutdown.graceful.timeout.ms", &connect->task_shutdown_timeout);
    connect->exactly_once_sources =
        strcmp(get_text(reader, at, "exactly.once.source.support", "disabled"), "enabled") == 0;
    connect->connect_protocol = get_connect_protocol(reader, at, CONNECT_SESSIONED);
    kafka_config_set(connect->config, "group.id", name);
    build_members(reader, at, "workers", connect);
    g_ptr_array_add(reader->spec->groups, connect);
    if (get(reader, at, "connectors", &value)) {
        for (cJSON *item = value.node->child; item != NULL; item = item->next) {
            Cursor connector = cursor_element(&value, item, index++);
            build_connector(reader, &connector, connect);
        }
    }
}

void build_connect(Reader *reader, const Cursor *root)
{
    Cursor all;
    int index = 0;
    if (!get(reader, root, "connect", &all)) {
        return;
    }
    for (cJSON *item = all.node->child; item != NULL; item = item->next) {
        Cursor at = cursor_element(&all, item, index++);
        const char *name = get_text(reader, &at, "name", NULL);
        if (name != NULL && take_client_name(reader, &at, "group", name)) {
            build_connect_cluster(reader, &at, name);
        }
    }
}
