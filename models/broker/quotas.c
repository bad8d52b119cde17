/* quotas.c - what clients and replicas may use of a broker, and who waits for it.
 *
 * A client above its quota is answered at once and told its throttle time; its channel stays muted
 * that long (KIP-219). A produce request has been carried out by then; a fetch is answered empty
 * and its bytes are taken back. Throttled replicas (KIP-73) are left out of fetches and answers.
 * Mirrors: QuotaFactory, ClientQuotaManager, KafkaApis.handleProduceRequest, .handleFetchRequest,
 * RequestHandlerHelper.throttle, TopicConfigHandler, BrokerConfigHandler (server.md 2.10, 3.3).
 * Thread time is what the profile charges for a request and its answer. */
#include "models/broker/broker_state.h"

static int64_t now_ms(const Broker *self)
{
    return actor_now(&self->actor) / SIM_MS(1);
}

/* As set at run time, else as the process started with. */
static const KafkaConfig *config_with(const Broker *self, const char *name)
{
    const KafkaConfig *changed =
        metadata_broker_config(self->context.metadata, self->id, self->applied_offset);
    return kafka_config_first_set(changed, self->context.config, name);
}

static double limit_in(const KafkaConfig *config, const char *name)
{
    bool set = kafka_config_is_set(config, name) && kafka_config_text(config, name) != NULL;
    return set ? kafka_config_double(config, name) : QUOTA_NONE;
}

static const char *const limit_names[QUOTA_KINDS] = {
    "producer_byte_rate", "consumer_byte_rate", "request_percentage"};

/* The brokers' defaults, which are those of every client id. */
static void read_defaults(Broker *self)
{
    for (int kind = 0; kind < QUOTA_KINDS; kind++) {
        const KafkaConfig *config = config_with(self, limit_names[kind]);
        client_quotas_set(&self->client_quotas,
                          (QuotaEntity){.client_id = QUOTA_DEFAULT},
                          (QuotaKind)kind,
                          limit_in(config, limit_names[kind]));
    }
}

static void read_entities(Broker *self)
{
    const GPtrArray *clients = self->context.client_quotas;
    for (guint i = 0; clients != NULL && i < clients->len; i++) {
        const ClientQuotaSpec *spec = clients->pdata[i];
        const QuotaEntity entity = {spec->user, spec->client_id};
        for (int kind = 0; kind < QUOTA_KINDS; kind++) {
            double limit = limit_in(spec->config, limit_names[kind]);
            if (limit > 0) {
                client_quotas_set(&self->client_quotas, entity, (QuotaKind)kind, limit);
            }
        }
    }
}

static void read_users(Broker *self)
{
    const GPtrArray *users = self->context.client_users;
    for (guint i = 0; users != NULL && i < users->len; i++) {
        const ClientUser *client = users->pdata[i];
        client_quotas_set_user(&self->client_quotas, client->client_id, client->user);
    }
}

static double replication_limit(const Broker *self, const char *name)
{
    const KafkaConfig *config = config_with(self, name);
    bool set = kafka_config_is_set(config, name);
    int64_t limit = set ? kafka_config_integer(config, name) : 0;
    return limit > 0 && limit < INT64_MAX ? (double)limit : QUOTA_NONE;
}

static void read_limits(Broker *self)
{
    read_defaults(self);
    read_entities(self);
    self->leader_quota.limit = replication_limit(self, "leader.replication.throttled.rate");
    self->follower_quota.limit = replication_limit(self, "follower.replication.throttled.rate");
}

void quotas_init(Broker *self)
{
    const KafkaConfig *config = self->context.config;
    int64_t window_ms = kafka_config_integer(config, "quota.window.size.seconds") * 1000;
    client_quotas_init(
        &self->client_quotas, (int32_t)kafka_config_integer(config, "quota.window.num"), window_ms);
    window_ms = kafka_config_integer(config, "replication.quota.window.size.seconds") * 1000;
    int32_t samples = (int32_t)kafka_config_integer(config, "replication.quota.window.num");
    replication_quota_init(&self->leader_quota, samples, window_ms);
    replication_quota_init(&self->follower_quota, samples, window_ms);
    self->throttles_read = g_array_new(FALSE, TRUE, sizeof(gboolean));
    read_users(self);
    read_limits(self);
}

void quotas_clear(Broker *self)
{
    client_quotas_clear(&self->client_quotas);
    replication_quota_clear(&self->leader_quota);
    replication_quota_clear(&self->follower_quota);
    g_array_free(self->throttles_read, TRUE);
}

void quotas_forget_topics(Broker *self)
{
    g_array_set_size(self->throttles_read, 0);
}

void quotas_reset(Broker *self)
{
    client_quotas_reset(&self->client_quotas);
    replication_quota_reset(&self->leader_quota);
    replication_quota_reset(&self->follower_quota);
    quotas_forget_topics(self);
}

static void
mark_listed(Broker *self, const TopicInfo *topic, const char *name, ReplicationQuota *quota)
{
    const KafkaConfig *config =
        metadata_topic_config(self->context.metadata, topic->index, self->applied_offset);
    bool set = config != NULL && kafka_config_is_set(config, name);
    replication_quota_mark_list(quota,
                                set ? kafka_config_text(config, name) : NULL,
                                topic->first_partition,
                                topic->partitions,
                                self->id);
}

/* Once for all partitions of the topic (TopicConfigHandler.updateThrottledList). */
void quotas_read_topic(Broker *self, int32_t index)
{
    const TopicInfo *topic = metadata_topic(self->context.metadata, index);
    if (self->throttles_read->len <= (guint)index) {
        g_array_set_size(self->throttles_read, (guint)index + 1);
    }
    g_array_index(self->throttles_read, gboolean, index) = true;
    mark_listed(self, topic, "leader.replication.throttled.replicas", &self->leader_quota);
    mark_listed(self, topic, "follower.replication.throttled.replicas", &self->follower_quota);
}

void quotas_read_partition(Broker *self, int32_t partition)
{
    guint topic = (guint)metadata_topic_of(self->context.metadata, partition)->index;
    if (topic >= self->throttles_read->len ||
        !g_array_index(self->throttles_read, gboolean, topic)) {
        quotas_read_topic(self, (int32_t)topic);
    }
}

void quotas_on_broker_config(Broker *self)
{
    read_limits(self);
}

static void throttle(Broker *self, RequestHeader *request, int64_t throttle_ms)
{
    SimTime until = actor_now(&self->actor) + SIM_MS(1) * throttle_ms;
    request->throttled_until = MAX(request->throttled_until, until);
}

static double thread_percent(SimDuration thread_time)
{
    return (double)thread_time * 100.0 / 1e9;
}

/* Requests of brokers are free, as their cluster actions are in Kafka. */
bool quotas_charges(const Broker *self, const RequestHeader *request)
{
    if (!self->client_quotas.any) {
        return false;
    }
    bool replica =
        request->base.type == KAFKA_FETCH && ((const FetchRequest *)request)->replica_id >= 0;
    return request->client_id != NULL && !replica;
}

static int64_t charge_threads(Broker *self, RequestHeader *request)
{
    return client_quotas_record(&self->client_quotas,
                                request->client_id,
                                QUOTA_REQUEST,
                                thread_percent(request_path_thread_time(self, request)),
                                now_ms(self));
}

SimDuration quotas_charge(Broker *self, RequestHeader *request)
{
    if (!quotas_charges(self, request) || request->base.type == KAFKA_FETCH) {
        return 0; /* a fetch was charged when its answer was made */
    }
    int64_t throttle_ms = 0;
    bool unanswered = false;
    if (request->base.type == KAFKA_PRODUCE) {
        unanswered = ((const ProduceRequest *)request)->acks == 0;
        throttle_ms = client_quotas_record(&self->client_quotas,
                                           request->client_id,
                                           QUOTA_PRODUCE,
                                           request->base.wire_bytes,
                                           now_ms(self));
    }
    if (!unanswered) {
        throttle_ms = MAX(throttle_ms, charge_threads(self, request));
    }
    throttle(self, request, throttle_ms);
    return SIM_MS(1) * throttle_ms;
}

SimDuration quotas_charge_fetch(Broker *self, FetchRequest *request, int64_t response_bytes)
{
    const char *client = request->header.client_id;
    int64_t thread_ms = charge_threads(self, &request->header);
    int64_t fetch_ms = client_quotas_record(
        &self->client_quotas, client, QUOTA_FETCH, (double)response_bytes, now_ms(self));
    int64_t throttle_ms = MAX(thread_ms, fetch_ms);
    if (throttle_ms > 0) {
        client_quotas_take_back(
            &self->client_quotas, client, QUOTA_FETCH, (double)response_bytes, now_ms(self));
        throttle(self, &request->header, throttle_ms);
    }
    return SIM_MS(1) * throttle_ms;
}

void quotas_bound_fetch(Broker *self, FetchRequest *request)
{
    int64_t bytes = MIN(request->max_bytes, self->fetch_max_bytes);
    if (quotas_charges(self, &request->header)) {
        const char *client = request->header.client_id;
        bytes = MIN(bytes, client_quotas_window_bytes(&self->client_quotas, client, QUOTA_FETCH));
    }
    request->max_bytes = (int32_t)bytes;
    request->min_bytes = MIN(request->min_bytes, request->max_bytes);
}

bool quotas_leader_throttles(Broker *self, const Partition *partition, int32_t replica)
{
    return replication_quota_is_throttled(&self->leader_quota, partition->index) &&
           !replica_list_has(&partition->isr, replica) &&
           replication_quota_is_exceeded(&self->leader_quota, now_ms(self));
}

void quotas_leader_sent(Broker *self, int32_t partition, int64_t bytes)
{
    if (replication_quota_is_throttled(&self->leader_quota, partition)) {
        replication_quota_record(&self->leader_quota, bytes, now_ms(self));
    }
}

bool quotas_follower_throttles(Broker *self, int32_t partition, int64_t lag)
{
    return lag != 0 && replication_quota_is_throttled(&self->follower_quota, partition) &&
           replication_quota_is_exceeded(&self->follower_quota, now_ms(self));
}

void quotas_follower_took(Broker *self, int32_t partition, int64_t bytes)
{
    if (replication_quota_is_throttled(&self->follower_quota, partition)) {
        replication_quota_record(&self->follower_quota, bytes, now_ms(self));
    }
}
