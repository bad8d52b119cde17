/* spec.c - making and freeing the parts of a ClusterSpec; see spec.h. */
#include "models/spec/spec.h"
#include "models/spec/streams.h"

typedef struct VerbRow {
    const char *name;
    bool simulated;
} VerbRow;

static const VerbRow verbs[FAULT_VERB_COUNT] = {
    [FAULT_CRASH] = {"crash", true},
    [FAULT_STOP] = {"stop", true},
    [FAULT_START] = {"start", true},
    [FAULT_PAUSE] = {"pause", true},
    [FAULT_RESUME] = {"resume", true},
    [FAULT_POWER_CUT] = {"power.cut", true},
    [FAULT_PARTITION] = {"partition", true},
    [FAULT_ISOLATE] = {"isolate", true},
    [FAULT_SLOW_NETWORK] = {"slow.network", true},
    [FAULT_DROP] = {"drop", true},
    [FAULT_SLOW_DISK] = {"slow.disk", true},
    [FAULT_SLOW_HOST] = {"slow.host", true},
    [FAULT_CLOCK_SKEW] = {"clock.skew", true},
    [FAULT_SCALE] = {"scale", true},
    [FAULT_JOIN] = {"join", true},
    [FAULT_LEAVE] = {"leave", true},
    [FAULT_RATE] = {"rate", true},
    [FAULT_REASSIGN] = {"reassign", true},
    [FAULT_ELECT_PREFERRED] = {"elect.preferred", true},
    [FAULT_SET_CONFIG] = {"set.config", true},
    [FAULT_CREATE_TOPIC] = {"create.topic", true},
    [FAULT_DELETE_TOPIC] = {"delete.topic", true},
    [FAULT_ADD_PARTITIONS] = {"add.partitions", true},
    [FAULT_ELECT] = {"elect", true},
    [FAULT_UNREGISTER] = {"unregister", true},
    [FAULT_REMOVE_BROKER] = {"remove.broker", true},
    [FAULT_DISK_FULL] = {"disk.full", true},
    [FAULT_FAIL_DISK] = {"fail.disk", true},
    [FAULT_ROLLING_RESTART] = {"rolling.restart", true},
    [FAULT_SEEK] = {"seek", true},
    [FAULT_PAUSE_PARTITIONS] = {"pause.partitions", true},
    [FAULT_RESUME_PARTITIONS] = {"resume.partitions", true},
    [FAULT_STALL] = {"stall", true},
    [FAULT_NOTE] = {"note", true},
};

const char *fault_verb_name(FaultVerb verb)
{
    return verbs[verb].name;
}

bool fault_verb_is_simulated(FaultVerb verb)
{
    return verbs[verb].simulated;
}

static void host_spec_free(void *data)
{
    HostSpec *host = data;
    g_free(host->name);
    g_free(host->rack);
    g_free(host);
}

static void broker_spec_free(void *data)
{
    BrokerSpec *broker = data;
    g_free(broker->rack);
    kafka_config_free(broker->config);
    g_free(broker);
}

static void controller_spec_free(void *data)
{
    ControllerSpec *controller = data;
    kafka_config_free(controller->config);
    g_free(controller);
}

static void free_assignment(GPtrArray *assignment)
{
    if (assignment != NULL) {
        g_ptr_array_unref(assignment);
    }
}

void topic_spec_free(void *data)
{
    TopicSpec *topic = data;
    g_free(topic->name);
    free_assignment(topic->assignment);
    kafka_config_free(topic->config);
    g_free(topic);
}

static void client_quota_spec_free(void *data)
{
    ClientQuotaSpec *quota = data;
    kafka_config_free(quota->config);
    g_free(quota->user);
    g_free(quota->client_id);
    g_free(quota);
}

ClientQuotaSpec *client_quota_spec_new(const char *user, const char *client_id)
{
    ClientQuotaSpec *quota = g_new0(ClientQuotaSpec, 1);
    quota->user = g_strdup(user);
    quota->client_id = g_strdup(client_id);
    quota->config = kafka_config_new(1u << KAFKA_SCOPE_BROKER, NULL);
    return quota;
}

static bool is_deleted(const ClusterSpec *spec, int32_t topic)
{
    for (guint i = 0; i < spec->faults->len; i++) {
        const FaultSpec *fault = spec->faults->pdata[i];
        if (fault->verb == FAULT_DELETE_TOPIC && fault->topic == topic) {
            return true;
        }
    }
    return false;
}

int32_t cluster_spec_most_partitions(const ClusterSpec *spec, int32_t index)
{
    const TopicSpec *topic = spec->topics->pdata[index];
    const int64_t by_default = kafka_config_integer(spec->config, "num.partitions");
    const bool may_miss = topic->created_later || is_deleted(spec, index);
    return may_miss ? MAX(topic->partitions_max, (int32_t)by_default) : topic->partitions_max;
}

const HardwareProfile *cluster_spec_profile(const ClusterSpec *spec, int32_t host)
{
    return host >= 0 && (guint)host < spec->hosts->len
               ? &((const HostSpec *)spec->hosts->pdata[host])->profile
               : &spec->profile;
}

static void client_user_free(void *data)
{
    ClientUser *client = data;
    g_free(client->client_id);
    g_free(client->user);
    g_free(client);
}

static void add_client_user(GPtrArray *users, char *client_id, const char *user)
{
    ClientUser *client = g_new0(ClientUser, 1);
    client->client_id = client_id;
    client->user = g_strdup(user);
    g_ptr_array_add(users, client);
}

GPtrArray *cluster_spec_client_users(const ClusterSpec *spec)
{
    GPtrArray *users = g_ptr_array_new_with_free_func(client_user_free);
    for (guint i = 0; i < spec->producers->len; i++) {
        const ProducerSpec *producer = spec->producers->pdata[i];
        for (int32_t k = 0; producer->user != NULL && k < producer->count; k++) {
            add_client_user(users, producer_spec_client_id(producer, k), producer->user);
        }
    }
    for (guint i = 0; i < spec->groups->len; i++) {
        const GroupSpec *group = spec->groups->pdata[i];
        for (guint m = 0; group->user != NULL && m < group->members->len; m++) {
            const MemberSpec *member = group->members->pdata[m];
            add_client_user(users, g_strdup(member->name), group->user);
        }
    }
    return users;
}

char *producer_spec_client_id(const ProducerSpec *producer, int32_t instance)
{
    return producer->count > 1 ? g_strdup_printf("%s-%d", producer->name, instance)
                               : g_strdup(producer->name);
}

static void producer_spec_free(void *data)
{
    ProducerSpec *producer = data;
    g_free(producer->name);
    g_free(producer->user);
    g_free(producer->key_text);
    load_shape_clear(&producer->load);
    load_trace_clear(&producer->trace);
    if (producer->more_topics != NULL) {
        g_array_unref(producer->more_topics);
    }
    g_free(producer->worker);
    if (producer->labels != NULL) {
        g_ptr_array_unref(producer->labels);
    }
    kafka_config_free(producer->config);
    g_free(producer);
}

static void member_spec_free(void *data)
{
    MemberSpec *member = data;
    g_free(member->name);
    if (member->partitions != NULL) {
        g_array_free(member->partitions, TRUE);
    }
    g_free(member->process_record);
    g_free(member->process_poll);
    kafka_config_free(member->config);
    g_free(member);
}

void group_spec_free(void *data)
{
    GroupSpec *group = data;
    if (group == NULL) {
        return;
    }
    streams_spec_free(group->streams);
    g_free(group->user);
    g_free(group->name);
    g_array_unref(group->topics);
    g_free(group->pattern);
    g_ptr_array_unref(group->members);
    if (group->connectors != NULL) {
        g_ptr_array_unref(group->connectors);
    }
    kafka_config_free(group->config);
    if (group->dynamic != NULL) {
        kafka_config_free(group->dynamic);
    }
    g_free(group);
}

static void fault_spec_free(void *data)
{
    FaultSpec *fault = data;
    g_free(fault->rack);
    if (fault->left != NULL) {
        g_array_unref(fault->left);
    }
    if (fault->right != NULL) {
        g_array_unref(fault->right);
    }
    g_free(fault->text);
    kafka_config_free(fault->config);
    free_assignment(fault->assignment);
    if (fault->moves != NULL) {
        g_array_unref(fault->moves);
    }
    if (fault->roll != NULL) {
        g_array_unref(fault->roll->order);
        g_free(fault->roll);
    }
    g_free(fault->pointer);
    g_free(fault);
}

ClusterSpec *cluster_spec_new(void)
{
    ClusterSpec *spec = g_new0(ClusterSpec, 1);
    spec->name = g_strdup("unnamed");
    spec->description = g_strdup("");
    spec->seed = 1;
    spec->duration = SIM_SEC(60);
    spec->sample_interval = SIM_MS(100);
    spec->events_max = 200000;
    hardware_profile_init(&spec->profile);
    spec->invariants = true;
    spec->era = era_default();
    spec->config = kafka_config_new(KAFKA_SCOPES_NODE, NULL);
    spec->hosts = g_ptr_array_new_with_free_func(host_spec_free);
    spec->brokers = g_ptr_array_new_with_free_func(broker_spec_free);
    spec->controllers = g_ptr_array_new_with_free_func(controller_spec_free);
    spec->topics = g_ptr_array_new_with_free_func(topic_spec_free);
    spec->client_quotas = g_ptr_array_new_with_free_func(client_quota_spec_free);
    spec->producers = g_ptr_array_new_with_free_func(producer_spec_free);
    spec->groups = g_ptr_array_new_with_free_func(group_spec_free);
    spec->faults = g_ptr_array_new_with_free_func(fault_spec_free);
    return spec;
}

void cluster_spec_free(ClusterSpec *spec)
{
    if (spec == NULL) {
        return;
    }
    g_ptr_array_unref(spec->faults);
    g_ptr_array_unref(spec->groups);
    g_ptr_array_unref(spec->producers);
    g_ptr_array_unref(spec->topics);
    g_ptr_array_unref(spec->client_quotas);
    g_ptr_array_unref(spec->controllers);
    g_ptr_array_unref(spec->brokers);
    g_ptr_array_unref(spec->hosts);
    kafka_config_free(spec->config);
    g_free(spec->name);
    g_free(spec->description);
    g_free(spec);
}

HostSpec *host_spec_new(const char *name, const ClusterSpec *spec)
{
    HostSpec *host = g_new0(HostSpec, 1);
    host->name = g_strdup(name);
    host->rack = g_strdup("");
    host->profile = spec->profile;
    host->cores = spec->profile.host_cores;
    return host;
}

BrokerSpec *broker_spec_new(int32_t id, int32_t host, const ClusterSpec *spec)
{
    BrokerSpec *broker = g_new0(BrokerSpec, 1);
    broker->id = id;
    broker->host = host;
    broker->rack = g_strdup("");
    broker->started = true;
    broker->log_dirs = 1;
    broker->config = kafka_config_new(KAFKA_SCOPES_NODE, spec->config);
    return broker;
}

ControllerSpec *controller_spec_new(int32_t id, int32_t host, const ClusterSpec *spec)
{
    ControllerSpec *controller = g_new0(ControllerSpec, 1);
    controller->id = id;
    controller->host = host;
    controller->config = kafka_config_new(KAFKA_SCOPES_NODE, spec->config);
    return controller;
}

TopicSpec *topic_spec_new(const char *name, int32_t partitions, int32_t replication_factor)
{
    TopicSpec *topic = g_new0(TopicSpec, 1);
    topic->name = g_strdup(name);
    topic->partitions = partitions;
    topic->partitions_max = partitions;
    topic->replication_factor = replication_factor;
    topic->config = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
    return topic;
}

ProducerSpec *producer_spec_new(const char *name, int32_t topic)
{
    ProducerSpec *producer = g_new0(ProducerSpec, 1);
    producer->name = g_strdup(name);
    producer->topic = topic;
    producer->count = 1;
    producer->host = SPEC_NONE;
    producer->arrival = ARRIVAL_CONSTANT;
    producer->stop = SIM_TIME_MAX;
    producer->value_bytes = distribution_constant(100);
    producer->keys = KEY_NONE;
    producer->choice = PARTITION_BY_CLIENT;
    producer->config = kafka_config_new(1u << KAFKA_SCOPE_PRODUCER, NULL);
    return producer;
}

GroupSpec *group_spec_new(const char *name)
{
    GroupSpec *group = g_new0(GroupSpec, 1);
    group->name = g_strdup(name);
    group->topics = g_array_new(FALSE, FALSE, sizeof(int32_t));
    group->members = g_ptr_array_new_with_free_func(member_spec_free);
    group->process_record = distribution_constant(0);
    group->process_poll = distribution_constant(0);
    group->poll_timeout = SIM_MS(100);
    group->application = (ApplicationSpec){
        .slow = {.offset = -1, .partition = -1},
        .slow_time = distribution_constant(0),
        .poison = {.offset = -1, .partition = -1},
        .dead_letter_topic = SPEC_NONE,
    };
    group->config = kafka_config_new(1u << KAFKA_SCOPE_CONSUMER, NULL);
    return group;
}

MemberSpec *member_spec_new(const char *name, const GroupSpec *group)
{
    MemberSpec *member = g_new0(MemberSpec, 1);
    member->name = g_strdup(name);
    member->host = SPEC_NONE;
    member->config = kafka_config_new(1u << KAFKA_SCOPE_CONSUMER, group->config);
    return member;
}

FaultSpec *fault_spec_new(FaultVerb verb, SimTime at)
{
    FaultSpec *fault = g_new0(FaultSpec, 1);
    fault->verb = verb;
    fault->at = at;
    fault->until = at;
    fault->index = SPEC_NONE;
    fault->member = SPEC_NONE;
    fault->topic = SPEC_NONE;
    fault->partition = SPEC_NONE;
    return fault;
}

typedef struct RankedFault {
    FaultSpec *fault;
    guint rank;
} RankedFault;

static int compare_time(const void *left, const void *right)
{
    const RankedFault *a = left, *b = right;
    if (a->fault->at != b->fault->at) {
        return a->fault->at < b->fault->at ? -1 : 1;
    }
    return a->rank < b->rank ? -1 : a->rank > b->rank;
}

void cluster_spec_sort_faults(ClusterSpec *spec)
{
    GArray *ranked = g_array_new(FALSE, FALSE, sizeof(RankedFault));
    for (guint i = 0; i < spec->faults->len; i++) {
        RankedFault one = {g_ptr_array_index(spec->faults, i), i};
        g_array_append_val(ranked, one);
    }
    g_array_sort(ranked, compare_time);
    for (guint i = 0; i < spec->faults->len; i++) {
        g_ptr_array_index(spec->faults, i) = g_array_index(ranked, RankedFault, i).fault;
    }
    g_array_unref(ranked);
}

/* Kafka creates __transaction_state when the first producer with a transactional.id asks. */
bool cluster_spec_has_transactions(const ClusterSpec *spec)
{
    for (guint i = 0; i < spec->producers->len; i++) {
        const ProducerSpec *producer = spec->producers->pdata[i];
        const char *id = kafka_config_text(producer->config, "transactional.id");
        if (id != NULL && id[0] != '\0') {
            return true;
        }
    }
    return false;
}
