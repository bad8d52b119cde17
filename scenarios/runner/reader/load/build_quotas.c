/* build_quotas.c - "quotas" of the cluster: how much users and clients may use of each broker. */
#include "scenarios/runner/reader/reader.h"
#include <string.h>

#define DEFAULT_ENTITY "<default>"

static const char *const limit_names[] = {
    "producer_byte_rate", "consumer_byte_rate", "request_percentage"};

static bool take_limits(Reader *reader, const Cursor *at, KafkaConfig *config)
{
    bool any = false;
    for (size_t i = 0; i < G_N_ELEMENTS(limit_names); i++) {
        Cursor child;
        any = any || cJSON_GetObjectItemCaseSensitive(at->node, limit_names[i]) != NULL;
        if (!get(reader, at, limit_names[i], &child)) {
            continue;
        }
        if (child.node->valuedouble <= 0) {
            reader_error(reader, &child, "expected a number above 0");
        }
        char *text = config_value_text(child.node);
        kafka_config_set(config, limit_names[i], text);
        g_free(text);
    }
    return any;
}

static bool is_there_already(const ClusterSpec *spec, const ClientQuotaSpec *quota)
{
    for (guint i = 0; i < spec->client_quotas->len; i++) {
        const ClientQuotaSpec *other = spec->client_quotas->pdata[i];
        if (g_strcmp0(other->user, quota->user) == 0 &&
            g_strcmp0(other->client_id, quota->client_id) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_producer(const ClusterSpec *spec, const char *client_id)
{
    for (guint i = 0; i < spec->producers->len; i++) {
        const ProducerSpec *producer = spec->producers->pdata[i];
        for (int32_t k = 0; k < producer->count; k++) {
            g_autofree char *name = producer_spec_client_id(producer, k);
            if (strcmp(name, client_id) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool has_member(const ClusterSpec *spec, const char *client_id)
{
    for (guint i = 0; i < spec->groups->len; i++) {
        const GroupSpec *group = spec->groups->pdata[i];
        for (guint m = 0; m < group->members->len; m++) {
            if (strcmp(((const MemberSpec *)group->members->pdata[m])->name, client_id) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* A limit of nobody is probably a name mistyped. */
static void note_nobody(Reader *reader, const Cursor *at, const ClientQuotaSpec *quota)
{
    Cursor child;
    if (reader->producers_broken || reader->groups_broken || quota->client_id == NULL ||
        strcmp(quota->client_id, DEFAULT_ENTITY) == 0 ||
        has_producer(reader->spec, quota->client_id) ||
        has_member(reader->spec, quota->client_id)) {
        return;
    }
    if (get(reader, at, "client.id", &child)) {
        reader_problem(reader,
                       PROBLEM_WARNING,
                       &child,
                       false,
                       "of several producers NAME the ids are NAME-0, NAME-1 ...; a quota for all "
                       "of them together is one of their \"user\"",
                       "no producer and no member has this client id");
    }
}

static void build_quota(Reader *reader, const Cursor *at)
{
    const char *user = get_text(reader, at, "user", NULL);
    const char *client_id = get_text(reader, at, "client.id", NULL);
    ClientQuotaSpec *quota = client_quota_spec_new(user, client_id);
    bool any = take_limits(reader, at, quota->config);
    if (user == NULL && client_id == NULL) {
        reader_error(
            reader, at, "expected a \"user\", a \"client.id\", or both: whose quota is it?");
    } else if (!any) {
        reader_error(reader,
                     at,
                     "expected one of producer_byte_rate, consumer_byte_rate, request_percentage");
    } else if (is_there_already(reader->spec, quota)) {
        reader_error(reader, at, "there is another quota of the same user and client id");
    } else {
        note_nobody(reader, at, quota);
    }
    g_ptr_array_add(reader->spec->client_quotas, quota);
}

void build_quotas(Reader *reader, const Cursor *root)
{
    Cursor cluster, quotas;
    int index = 0;
    if (!get(reader, root, "cluster", &cluster) || !cJSON_IsObject(cluster.node) ||
        !get(reader, &cluster, "quotas", &quotas)) {
        return;
    }
    for (cJSON *item = quotas.node->child; item != NULL; item = item->next) {
        Cursor at = cursor_element(&quotas, item, index++);
        if (cJSON_IsObject(item)) {
            build_quota(reader, &at);
        }
    }
}
