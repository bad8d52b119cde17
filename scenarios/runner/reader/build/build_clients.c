/* build_clients.c - producers, groups and their members. */
#include "scenarios/runner/reader/load/build_load.h"
#include <string.h>

#define CLIENTS_MAX 5000 /* producers and members: bounds the memory of a run */

/* Names of producers and members are client ids: each stands for one process. */
bool take_client_name(Reader *reader, const Cursor *at, const char *kind, const char *name)
{
    Cursor child;
    if (g_hash_table_add(reader->processes, g_strdup_printf("%s %s", kind, name))) {
        return true;
    }
    bool own = get(reader, at, "name", &child);
    reader_error(reader, own ? &child : at, "there are two %ss \"%s\"", kind, name);
    return false;
}

bool count_clients(Reader *reader, const Cursor *at, int64_t count)
{
    bool told = reader->clients > CLIENTS_MAX;
    reader->clients += count;
    if (reader->clients > CLIENTS_MAX && !told) {
        reader_error(reader, at, "more than %d clients in all", CLIENTS_MAX);
    }
    return reader->clients <= CLIENTS_MAX;
}

/* --- producers --- */

static void build_keys(Reader *reader, const Cursor *record, ProducerSpec *producer)
{
    Cursor keys, law;
    if (!get(reader, record, "keys", &keys) || !cJSON_IsObject(keys.node) ||
        keys.node->child == NULL) {
        return;
    }
    law = cursor_member(&keys, keys.node->child);
    if (strcmp(law.key, "zipf") == 0) {
        producer->keys = KEY_ZIPF;
        producer->key_skew = get_number(reader, &law, "s", 1.0);
        producer->key_count = get_integer(reader, &law, "n", 1);
    } else if (strcmp(law.key, "hot") == 0) {
        producer->keys = KEY_HOT;
        producer->key_skew = get_number(reader, &law, "share", 0.5);
        producer->key_count = get_integer(reader, &law, "n", 1);
    } else if (strcmp(law.key, "constant") == 0) {
        producer->keys = KEY_CONSTANT;
        producer->key_count = 1;
        producer->key_text = g_strdup(get_text(reader, &keys, "constant", "key"));
    } else {
        producer->keys = strcmp(law.key, "uniform") == 0 ? KEY_UNIFORM : KEY_SEQUENCE;
        producer->key_count = get_integer(reader, &keys, law.key, 1);
    }
    int64_t usual = producer->key_text != NULL ? (int64_t)strlen(producer->key_text) : 8;
    producer->key_bytes = get_amount(reader, record, "key.size", UNIT_BYTES, usual);
}

static void build_record(Reader *reader, const Cursor *at, ProducerSpec *producer)
{
    Cursor record, child;
    if (!get(reader, at, "record", &record) || !cJSON_IsObject(record.node)) {
        return;
    }
    producer->value_bytes =
        get_distribution(reader, &record, "size", UNIT_BYTES, producer->value_bytes);
    producer->compression_ratio = get_number(reader, &record, "compression.ratio", 0);
    build_keys(reader, &record, producer);
    if (producer->keys == KEY_NONE && get(reader, &record, "key.size", &child)) {
        reader_problem(reader,
                       PROBLEM_ERROR,
                       &child,
                       true,
                       "say which keys: \"keys\": { \"uniform\": 1000 }",
                       "records without keys have no \"key.size\"");
    }
}

static void build_choice(Reader *reader, const Cursor *at, ProducerSpec *producer)
{
    Cursor child;
    if (!get(reader, at, "partition", &child)) {
        return;
    }
    if (cJSON_IsString(child.node)) {
        producer->choice = PARTITION_CYCLE;
        return;
    }
    producer->choice = PARTITION_FIXED;
    producer->partition = (int32_t)child.node->valuedouble;
    if (producer->topic != SPEC_NONE) {
        const TopicSpec *topic = g_ptr_array_index(reader->spec->topics, (guint)producer->topic);
        if (producer->partition >= topic->partitions_max) {
            reader_error(reader,
                         &child,
                         "topic \"%s\" has partitions 0..%d",
                         topic->name,
                         topic->partitions_max - 1);
        }
    }
}

static void build_labels(Reader *reader, const Cursor *at, ProducerSpec *producer)
{
    Cursor child;
    if (get(reader, at, "labels", &child)) {
        producer->labels = g_ptr_array_new_with_free_func(g_free);
        for (const cJSON *item = child.node->child; item != NULL; item = item->next) {
            g_ptr_array_add(producer->labels, g_strdup(item->valuestring));
        }
    }
}

static void build_times(Reader *reader, const Cursor *at, ProducerSpec *producer)
{
    Cursor child;
    producer->start = get_amount(reader, at, "start", UNIT_DURATION, 0);
    producer->stop = get_amount(reader, at, "stop", UNIT_DURATION, SIM_TIME_MAX);
    if (producer->stop <= producer->start && get(reader, at, "stop", &child)) {
        reader_error(reader, &child, "\"stop\" must come after \"start\"");
    }
    if (producer->start >= reader->spec->duration && get(reader, at, "start", &child)) {
        reader_problem(reader,
                       PROBLEM_WARNING,
                       &child,
                       false,
                       NULL,
                       "the run ends before this producer starts");
    }
}

static void build_transaction(Reader *reader, const Cursor *at, ProducerSpec *producer)
{
    Cursor transaction;
    if (!get(reader, at, "transaction", &transaction)) {
        return;
    }
    producer->transaction_records = get_integer(reader, &transaction, "records", 0);
    producer->transaction_ns = get_amount(reader, &transaction, "every", UNIT_DURATION, 0);
    producer->transaction_abort_every = get_integer(reader, &transaction, "abort.every", 0);
    const char *id = kafka_config_text(producer->config, "transactional.id");
    if (id == NULL || id[0] == '\0') {
        reader_problem(reader,
                       PROBLEM_ERROR,
                       &transaction,
                       true,
                       "add \"transactional.id\": \"some-name\" to its config",
                       "a producer without transactional.id has no transactions");
    }
}

static void build_producer(Reader *reader, const Cursor *at, const char *name)
{
    Cursor config;
    ProducerSpec *producer = producer_spec_new(name, refer_topic(reader, at, "topic"));
    producer->user = g_strdup(get_text(reader, at, "user", NULL));
    producer->count = (int32_t)get_integer(reader, at, "count", 1);
    producer->host = get_host(reader, at);
    build_load(reader, at, producer);
    producer->records = get_integer(reader, at, "records", 0);
    build_times(reader, at, producer);
    build_record(reader, at, producer);
    build_choice(reader, at, producer);
    build_labels(reader, at, producer);
    foresee_keys(reader, at, producer);
    get_config(reader, at, "config", producer->config);
    build_transaction(reader, at, producer);
    if (get(reader, at, "config", &config)) {
        cross_check_producer(reader, &config, producer);
    }
    g_ptr_array_add(reader->spec->producers, producer);
}

void build_producers(Reader *reader, const Cursor *root)
{
    Cursor producers;
    int index = 0;
    if (!get(reader, root, "producers", &producers)) {
        reader->producers_broken = true;
        return;
    }
    for (cJSON *item = producers.node->child; item != NULL; item = item->next) {
        Cursor at = cursor_element(&producers, item, index++);
        const char *name = get_text(reader, &at, "name", NULL);
        reader->producers_broken |= name == NULL;
        if (name != NULL && take_client_name(reader, &at, "producer", name)) {
            build_producer(reader, &at, name);
            count_clients(reader, &at, get_integer(reader, &at, "count", 1));
        }
    }
}

/* --- groups --- */

static void build_group_topics(Reader *reader, const Cursor *at, GroupSpec *group)
{
    Cursor list;
    if (!get(reader, at, "topics", &list)) {
        build_pattern(reader, at, group);
        return;
    }
    int index = 0;
    for (cJSON *item = list.node->child; item != NULL; item = item->next) {
        Cursor value = cursor_element(&list, item, index++);
        int32_t topic = refer_topic_value(reader, &value);
        if (topic == SPEC_NONE) {
            continue;
        }
        for (guint i = 0; i < group->topics->len; i++) {
            if (g_array_index(group->topics, int32_t, i) == topic) {
                reader_error(reader, &value, "this topic stands twice");
            }
        }
        g_array_append_val(group->topics, topic);
    }
}

static MemberSpec *add_member(GroupSpec *group, const char *name)
{
    char *usual = g_strdup_printf("%s-%u", group->name, group->members->len);
    MemberSpec *member = member_spec_new(name != NULL ? name : usual, group);
    g_free(usual);
    g_ptr_array_add(group->members, member);
    return member;
}

/* A member of "scale" and "join": it waits for the timeline. */
void add_later_member(Reader *reader, GroupSpec *group)
{
    guint number = group->members->len;
    char *name = g_strdup_printf("%s-%u", group->name, number);
    char *taken = g_strconcat("member ", name, NULL);
    while (!g_hash_table_add(reader->processes, taken)) { /* which frees what it refuses */
        g_free(name);
        name = g_strdup_printf("%s-%u", group->name, ++number);
        taken = g_strconcat("member ", name, NULL);
    }
    add_member(group, name)->start = SIM_TIME_MAX;
    g_free(name);
}

static void build_member(Reader *reader, const Cursor *at, GroupSpec *group)
{
    Cursor config;
    MemberSpec *member = add_member(group, get_text(reader, at, "name", NULL));
    take_client_name(reader, at, "member", member->name);
    member->start = get_amount(reader, at, "start", UNIT_DURATION, MEMBER_START_OPEN);
    member->host = get_host(reader, at);
    build_member_partitions(reader, at, group, member);
    build_member_process(reader, at, member);
    member->connect_protocol = get_connect_protocol(reader, at, CONNECT_OF_CLUSTER);
    get_config(reader, at, "config", member->config);
    if (get(reader, at, "config", &config) && config.node->child != NULL) {
        cross_check_consumer(reader, &config, member->config);
        check_share_config(reader, &config, group);
    }
}

void build_members(Reader *reader, const Cursor *at, const char *key, GroupSpec *group)
{
    Cursor members;
    if (!get(reader, at, key, &members)) {
        reader->groups_broken = true;
        return;
    }
    bool number = cJSON_IsNumber(members.node);
    int64_t count = number ? (int64_t)members.node->valuedouble : cJSON_GetArraySize(members.node);
    if (!count_clients(reader, at, count)) {
        return;
    }
    int index = 0;
    for (int i = 0; number && i < count; i++) {
        take_client_name(reader, &members, "member", add_member(group, NULL)->name);
    }
    for (cJSON *item = members.node->child; item != NULL; item = item->next) {
        Cursor member = cursor_element(&members, item, index++);
        build_member(reader, &member, group);
    }
}

/* group.id is the group's name; writing it again is fine, another one is not. */
static void settle_group_id(Reader *reader, const Cursor *config, GroupSpec *group)
{
    Cursor child;
    const char *id = kafka_config_text(group->config, "group.id");
    if (id != NULL && strcmp(id, group->name) != 0 && get(reader, config, "group.id", &child)) {
        reader_error(reader, &child, "the group is called \"%s\"", group->name);
    }
    kafka_config_set(group->config, "group.id", group->name);
}

static void build_group(Reader *reader, const Cursor *at, const char *name)
{
    Cursor config;
    GroupSpec *group = group_spec_new(name);
    group->user = g_strdup(get_text(reader, at, "user", NULL));
    build_group_topics(reader, at, group);
    group->poll_timeout =
        get_amount(reader, at, "poll.timeout", UNIT_DURATION, group->poll_timeout);
    get_config(reader, at, "config", group->config);
    if (get(reader, at, "config", &config)) {
        settle_group_id(reader, &config, group);
        cross_check_consumer(reader, &config, group->config);
    }
    build_group_config(reader, at, group);
    build_application(reader, at, group);
    build_members(reader, at, "members", group);
    check_pattern(reader, at, group);
    g_ptr_array_add(reader->spec->groups, group);
}

/* Kafka waits for enough brokers before it creates __consumer_offsets: no group can form. */
static void warn_of_offsets(Reader *reader, const Cursor *groups)
{
    const ClusterSpec *spec = reader->spec;
    int64_t wanted = kafka_config_integer(spec->config, "offsets.topic.replication.factor");
    if (spec->groups->len > 0 && wanted > (int64_t)spec->brokers->len && !reader->cluster_broken) {
        reader_problem(reader,
                       PROBLEM_WARNING,
                       groups,
                       true,
                       "set offsets.topic.replication.factor under cluster.config",
                       "__consumer_offsets wants %d brokers and there are %u: no group can form",
                       (int)wanted,
                       spec->brokers->len);
    }
}

/* The same of __share_group_state, without which no share partition is initialized. */
static void warn_of_share_state(Reader *reader, const Cursor *share)
{
    static const char option[] = "share.coordinator.state.topic.replication.factor";
    const ClusterSpec *spec = reader->spec;
    const int64_t wanted = kafka_config_integer(spec->config, option);
    if (wanted > (int64_t)spec->brokers->len && !reader->cluster_broken) {
        reader_problem(reader,
                       PROBLEM_WARNING,
                       share,
                       true,
                       "set share.coordinator.state.topic.replication.factor under cluster.config",
                       "__share_group_state wants %d brokers and there are %u: no share group can "
                       "read",
                       (int)wanted,
                       spec->brokers->len);
    }
}

static bool is_member(const Reader *reader, const char *name)
{
    for (guint g = 0; g < reader->spec->groups->len; g++) {
        const GroupSpec *group = reader->spec->groups->pdata[g];
        for (guint m = 0; m < group->members->len; m++) {
            if (strcmp(((const MemberSpec *)group->members->pdata[m])->name, name) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Each has a member of a group, and no two the same. */
static void check_workers(Reader *reader, const Cursor *root)
{
    g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < reader->spec->producers->len; i++) {
        const ProducerSpec *producer = reader->spec->producers->pdata[i];
        if (producer->worker == NULL) {
            continue;
        }
        if (!is_member(reader, producer->worker)) {
            reader_error(reader,
                         root,
                         "producer \"%s\": no group has a member \"%s\"",
                         producer->name,
                         producer->worker);
        } else if (producer->count != 1) {
            reader_error(
                reader, root, "producer \"%s\": a worker has one producer", producer->name);
        } else if (!g_hash_table_add(taken, producer->worker)) {
            reader_error(
                reader, root, "two producers are of the same worker \"%s\"", producer->worker);
        }
    }
}

void build_groups(Reader *reader, const Cursor *root)
{
    Cursor groups;
    int index = 0;
    if (!get(reader, root, "groups", &groups)) {
        reader->groups_broken = true;
        check_workers(reader, root);
        return;
    }
    for (cJSON *item = groups.node->child; item != NULL; item = item->next) {
        Cursor share, at = cursor_element(&groups, item, index++);
        const char *name = get_text(reader, &at, "name", NULL);
        reader->groups_broken |= name == NULL;
        if (name != NULL && take_client_name(reader, &at, "group", name)) {
            build_group(reader, &at, name);
        }
        if (get(reader, &at, "share", &share)) {
            warn_of_share_state(reader, &share);
        }
    }
    warn_of_offsets(reader, &groups);
    check_workers(reader, root);
}
