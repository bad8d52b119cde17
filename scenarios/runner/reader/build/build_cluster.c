/* build_cluster.c - hosts, brokers and controllers. */
#include "scenarios/runner/reader/reader.h"
#include <string.h>

#define FIRST_CONTROLLER_ID 101

static void build_host(Reader *reader, const Cursor *at)
{
    const char *name = get_text(reader, at, "name", NULL);
    Cursor child;
    if (name == NULL) {
        reader->cluster_broken = true;
        return;
    }
    if (find_host(reader->spec, name) != SPEC_NONE && get(reader, at, "name", &child)) {
        reader_error(reader, &child, "there are two hosts \"%s\"", name);
        return;
    }
    HostSpec *host = host_spec_new(name, reader->spec);
    get_model(reader, at, &host->profile);
    host->cores = get_integer(reader, at, "cores", host->profile.host_cores);
    host->profile.host_cores = host->cores;
    g_free(host->rack);
    host->rack = g_strdup(get_text(reader, at, "rack", ""));
    g_ptr_array_add(reader->spec->hosts, host);
}

/* A process that names no host gets one of its own, "broker-1" or "controller-101". */
static int32_t host_of_process(Reader *reader, const Cursor *at, const char *kind, int32_t id)
{
    Cursor child;
    if (at != NULL && get(reader, at, "host", &child)) {
        return get_host(reader, at);
    }
    char *name = g_strdup_printf("%s-%d", kind, id);
    for (int n = 2; find_host(reader->spec, name) != SPEC_NONE; n++) {
        g_free(name);
        name = g_strdup_printf("%s-%d.%d", kind, id, n);
    }
    g_ptr_array_add(reader->spec->hosts, host_spec_new(name, reader->spec));
    g_free(name);
    return (int32_t)reader->spec->hosts->len - 1;
}

/* Node ids are one space for brokers and controllers. */
static bool take_id(Reader *reader, const Cursor *at, int32_t id)
{
    Cursor child;
    if (g_hash_table_add(reader->processes, g_strdup_printf("node %d", id))) {
        return true;
    }
    if (at != NULL && get(reader, at, "id", &child)) {
        reader_error(reader, &child, "node id %d is in use already", id);
    }
    return false;
}

/* The rack is its own, else its host's, else the next of cluster.racks. */
static char *rack_of_broker(Reader *reader, const Cursor *cluster, const Cursor *at, int32_t host)
{
    Cursor racks, config;
    const char *own = at != NULL ? get_text(reader, at, "rack", NULL) : NULL;
    if (own == NULL && at != NULL && get(reader, at, "config", &config)) {
        own = get_text(reader, &config, "broker.rack", NULL);
    }
    const HostSpec *spec = host < 0 ? NULL : g_ptr_array_index(reader->spec->hosts, (guint)host);
    if (own == NULL && spec != NULL && spec->rack[0] != '\0') {
        own = spec->rack;
    }
    if (own == NULL && get(reader, cluster, "racks", &racks)) {
        int count = cJSON_GetArraySize(racks.node);
        int index = (int)reader->spec->brokers->len % count;
        own = cJSON_GetArrayItem(racks.node, index)->valuestring;
    }
    return g_strdup(own != NULL ? own : "");
}

/* A host that stands in no rack stands in that of its first broker. */
static void settle_rack(Reader *reader, BrokerSpec *broker)
{
    if (broker->host < 0) {
        return;
    }
    HostSpec *host = g_ptr_array_index(reader->spec->hosts, (guint)broker->host);
    if (host->rack[0] == '\0') {
        g_free(host->rack);
        host->rack = g_strdup(broker->rack);
    }
    if (broker->rack[0] != '\0') {
        kafka_config_set(broker->config, "broker.rack", broker->rack);
    }
}

static void add_broker(Reader *reader, const Cursor *cluster, const Cursor *at, int32_t id)
{
    Cursor child;
    if (!take_id(reader, at, id)) {
        return;
    }
    bool named = at != NULL && cJSON_GetObjectItemCaseSensitive(at->node, "host") != NULL;
    int32_t host = named ? get_host(reader, at) : SPEC_NONE;
    char *rack = rack_of_broker(reader, cluster, at, host);
    host = named ? host : host_of_process(reader, at, "broker", id);
    BrokerSpec *broker = broker_spec_new(id, host, reader->spec);
    g_free(broker->rack);
    broker->rack = rack;
    if (at != NULL) {
        broker->started = get_boolean(reader, at, "started", true);
        broker->fresh = get_boolean(reader, at, "fresh", false);
        get_config(reader, at, "config", broker->config);
        if (get(reader, at, "config", &child)) {
            other_era_options(reader, &child, broker->config);
        }
    }
    int64_t log_dirs = get_integer(reader, cluster, "log.dirs", 1);
    broker->log_dirs =
        (int32_t)(at != NULL ? get_integer(reader, at, "log.dirs", log_dirs) : log_dirs);
    settle_rack(reader, broker);
    g_ptr_array_add(reader->spec->brokers, broker);
}

static void build_brokers(Reader *reader, const Cursor *cluster)
{
    Cursor child;
    if (!get(reader, cluster, "brokers", &child)) {
        return;
    }
    if (cJSON_IsNumber(child.node)) {
        for (int32_t id = 1; id <= (int32_t)child.node->valuedouble; id++) {
            add_broker(reader, cluster, NULL, id);
        }
        return;
    }
    int index = 0;
    for (cJSON *item = child.node->child; item != NULL; item = item->next) {
        Cursor at = cursor_element(&child, item, index++);
        int64_t id = get_integer(reader, &at, "id", SPEC_NONE);
        if (id >= 0) {
            add_broker(reader, cluster, &at, (int32_t)id);
        } else {
            reader->cluster_broken = true;
        }
    }
}

static void add_controller(Reader *reader, const Cursor *at, int32_t id)
{
    if (!take_id(reader, at, id)) {
        return;
    }
    int32_t host = host_of_process(reader, at, "controller", id);
    ControllerSpec *controller = controller_spec_new(id, host, reader->spec);
    if (at != NULL) {
        get_config(reader, at, "config", controller->config);
    }
    g_ptr_array_add(reader->spec->controllers, controller);
}

static void build_controllers(Reader *reader, const Cursor *cluster)
{
    Cursor child;
    if (!get(reader, cluster, "controllers", &child)) {
        return;
    }
    if (!reader->spec->era.on[ERA_KRAFT]) { /* one of the brokers is the controller */
        other_era_controllers(reader, &child);
        return;
    }
    if (cJSON_IsNumber(child.node)) {
        int32_t id = FIRST_CONTROLLER_ID;
        for (int32_t made = 0; made < (int32_t)child.node->valuedouble; id++) {
            made += find_broker(reader->spec, id) == SPEC_NONE;
            if (find_broker(reader->spec, id) == SPEC_NONE) {
                add_controller(reader, NULL, id);
            }
        }
        return;
    }
    int index = 0;
    for (cJSON *item = child.node->child; item != NULL; item = item->next) {
        Cursor at = cursor_element(&child, item, index++);
        int64_t id = get_integer(reader, &at, "id", SPEC_NONE);
        if (id >= 0) {
            add_controller(reader, &at, (int32_t)id);
        } else {
            reader->cluster_broken = true;
        }
    }
}

/* Fewer racks than brokers is common, but who wrote two racks for three brokers should know. */
static void note_racks(Reader *reader, const Cursor *cluster)
{
    Cursor racks;
    guint brokers = reader->spec->brokers->len;
    if (!get(reader, cluster, "racks", &racks) || reader->cluster_broken) {
        return;
    }
    int count = cJSON_GetArraySize(racks.node);
    if (count > (int)brokers) {
        reader_problem(reader,
                       PROBLEM_WARNING,
                       &racks,
                       false,
                       NULL,
                       "%d racks for %u brokers: the last ones stay empty",
                       count,
                       brokers);
    } else if (brokers % (guint)count != 0) {
        GString *dealt = g_string_new(NULL);
        for (guint i = 0; i < brokers && i < 6; i++) {
            const BrokerSpec *broker = g_ptr_array_index(reader->spec->brokers, i);
            g_string_append_printf(
                dealt, "%s%d in \"%s\"", i == 0 ? "broker " : ", ", broker->id, broker->rack);
        }
        reader_problem(reader,
                       PROBLEM_WARNING,
                       &racks,
                       false,
                       dealt->str,
                       "%u brokers do not fill %d racks evenly; they are dealt out in turn",
                       brokers,
                       count);
        g_string_free(dealt, TRUE);
    }
}

/* "metadata" says in words what "KRaft" says with a boolean. */
static void build_era(Reader *reader, const Cursor *cluster)
{
    Cursor era, child;
    if (!get(reader, cluster, "era", &era) || !cJSON_IsObject(era.node)) {
        return;
    }
    bool *on = reader->spec->era.on;
    for (int i = 0; i < ERA_SWITCH_COUNT; i++) {
        on[i] = get_boolean(reader, &era, era_switch_name((EraSwitch)i), on[i]);
    }
    const char *metadata = get_text(reader, &era, "metadata", NULL);
    bool zookeeper = g_strcmp0(metadata, "zookeeper") == 0;
    if (metadata != NULL && get(reader, &era, "KRaft", &child) && on[ERA_KRAFT] == zookeeper) {
        reader_error(reader, &child, "this contradicts \"metadata\": \"%s\"", metadata);
    }
    on[ERA_KRAFT] = on[ERA_KRAFT] && !zookeeper;
    if (!on[ERA_KIP_497] && on[ERA_KRAFT] && get(reader, &era, "KIP-497", &child)) {
        reader_problem(reader,
                       PROBLEM_ERROR,
                       &child,
                       false,
                       "write \"era\": { \"KIP-497\": false, \"metadata\": \"zookeeper\" }",
                       "without AlterPartition the metadata are ZooKeeper's");
    }
}

static void note_refused(Reader *reader, const Cursor *cluster)
{
    static const char *const parts[] = {"hosts", "brokers", "controllers"};
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        Cursor child;
        bool there = cJSON_GetObjectItemCaseSensitive(cluster->node, parts[i]) != NULL;
        reader->cluster_broken |= there && !get(reader, cluster, parts[i], &child);
    }
}

void build_cluster(Reader *reader, const Cursor *root)
{
    Cursor cluster, child;
    if (!get(reader, root, "cluster", &cluster) || !cJSON_IsObject(cluster.node)) {
        reader->cluster_broken = true;
        return;
    }
    note_refused(reader, &cluster);
    get_model(reader, &cluster, &reader->spec->profile);
    get_config(reader, &cluster, "config", reader->spec->config);
    if (get(reader, &cluster, "hosts", &child)) {
        int index = 0;
        for (cJSON *item = child.node->child; item != NULL; item = item->next) {
            Cursor at = cursor_element(&child, item, index++);
            build_host(reader, &at);
        }
    }
    build_era(reader, &cluster);
    build_brokers(reader, &cluster);
    note_racks(reader, &cluster);
    build_controllers(reader, &cluster);
    if (get(reader, &cluster, "config", &child)) {
        cross_check_cluster(reader, &child);
        other_era_options(reader, &child, reader->spec->config);
    }
}
