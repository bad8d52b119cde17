/* client_metadata.c - see client_metadata.h.
 *
 *     next update = max(time to expire, time to allow)                                       (M4)
 *     time to expire = 0 if requested, else last success + metadata.max.age.ms
 *     time to allow = last refresh + max(backoff(failures - 1), backoff(equivalent answers - 1))
 *
 * The random part of a back-off is drawn anew at every look, as in Kafka.
 * Leaves out: topics that are dropped after metadata.max.idle.ms, authorization, topic ids. */
#include "models/client/client_metadata.h"
#include "models/client/known_topics.h"
#include "models/protocol/backoff.h"

struct ClientMetadata {
    Actor *actor;
    NetworkClient *client;
    ClientMetadataOptions options;
    Backoff backoff;
    Stream jitter;
    KnownTopics known;
    Timer timer;
    uint32_t version; /* full answers that were applied */
    int64_t as_of;    /* of the newest answer */
    bool need_full;
    bool need_partial;
    bool in_progress;
    bool progress_is_partial;
    SimTime last_refresh; /* SIM_NEVER: never */
    SimTime last_success;
    SimTime attempt_start; /* of the update that is being tried for; -1 none */
    uint32_t attempts;
    uint32_t equivalent_answers;
};

/* Long enough ago for every back-off and for metadata.max.age.ms. */
#define SIM_NEVER (INT64_MIN / 4)

ClientMetadata *
client_metadata_new(Actor *actor, NetworkClient *client, const ClientMetadataOptions *options)
{
    ClientMetadata *self = g_new0(ClientMetadata, 1);
    self->actor = actor;
    self->client = client;
    self->options = *options;
    self->backoff = (Backoff){options->retry_backoff_ns, options->retry_backoff_ns_max, 2};
    actor_stream(actor, "metadata jitter", &self->jitter);
    known_topics_init(&self->known);
    timer_init(&self->timer, options->timer_kind, self);
    client_metadata_reset(self);
    return self;
}

void client_metadata_free(ClientMetadata *self)
{
    if (self == NULL) {
        return;
    }
    known_topics_clear(&self->known);
    g_free(self);
}

void client_metadata_reset(ClientMetadata *self)
{
    known_topics_reset(&self->known);
    self->need_full = true; /* bootstrap asks for an update */
    self->need_partial = false;
    self->in_progress = false;
    self->last_refresh = SIM_NEVER;
    self->last_success = SIM_NEVER;
    self->attempt_start = -1;
    self->attempts = 0;
    self->equivalent_answers = 0;
}

/* A new topic does not wait for any back-off. */
static void request_new_topics(ClientMetadata *self)
{
    self->last_refresh = SIM_NEVER;
    self->need_partial = true;
    self->equivalent_answers = 0;
}

void client_metadata_add_topic(ClientMetadata *self, int32_t topic)
{
    if (known_topics_find(&self->known, topic) == NULL) {
        (void)known_topics_make(&self->known, topic);
        request_new_topics(self);
    }
}

void client_metadata_follow(ClientMetadata *self, const int32_t *topics, int32_t count)
{
    known_topics_follow(&self->known, topics, count);
    self->need_full = true;
    request_new_topics(self);
}

uint32_t client_metadata_version(const ClientMetadata *self)
{
    return self->version;
}

int64_t client_metadata_as_of(const ClientMetadata *self)
{
    return self->as_of;
}

/* ---- when */

/* metadata.max.age.ms after the last answer. */
static SimTime expires_at(const ClientMetadata *self)
{
    SimDuration age = self->options.max_age_ns;
    bool never = self->last_success > 0 && age > SIM_TIME_MAX - self->last_success;
    return never ? SIM_TIME_MAX : self->last_success + age;
}

static SimTime time_allowed(ClientMetadata *self)
{
    uint32_t failures = self->attempts > 0 ? self->attempts - 1 : 0;
    SimTime now = actor_now(self->actor);
    SimTime allowed = self->last_refresh + backoff_draw(&self->backoff, failures, &self->jitter);
    if (expires_at(self) <= now) {
        self->equivalent_answers = 0; /* a periodic refresh is no retry */
    }
    if (self->equivalent_answers > 0) {
        SimTime progress =
            self->last_refresh +
            backoff_draw(&self->backoff, self->equivalent_answers - 1, &self->jitter);
        allowed = progress > allowed ? progress : allowed;
    }
    return allowed;
}

static SimTime next_update(ClientMetadata *self)
{
    SimTime now = actor_now(self->actor);
    if (!self->need_full && !self->need_partial) {
        if (expires_at(self) > now) {
            return expires_at(self); /* every back-off is shorter */
        }
    }
    SimTime allowed = time_allowed(self);
    return allowed > now ? allowed : now;
}

bool client_metadata_may_ask(ClientMetadata *self)
{
    return time_allowed(self) <= actor_now(self->actor);
}

bool client_metadata_is_update_due(ClientMetadata *self)
{
    return !self->in_progress && next_update(self) <= actor_now(self->actor);
}

void client_metadata_request_update(ClientMetadata *self)
{
    self->need_full = true;
}

static void failed_update(ClientMetadata *self)
{
    self->in_progress = false;
    self->need_partial |= self->progress_is_partial;
    self->progress_is_partial = false;
    self->last_refresh = actor_now(self->actor);
    self->attempts++;
    self->equivalent_answers = 0;
}

void client_metadata_on_disconnected(ClientMetadata *self)
{
    if (client_metadata_is_update_due(self)) {
        failed_update(self);
    }
    client_metadata_request_update(self);
}

/* ---- asking */

static bool names_topic(const ClientMetadata *self, const KnownTopic *topic)
{
    return topic != NULL && self->known.followed == NULL && (self->need_full || topic->fresh);
}

static void send_request(ClientMetadata *self, int32_t node)
{
    if (expires_at(self) <= actor_now(self->actor) || self->known.followed != NULL) {
        self->need_full = true; /* too old for a partial update, or there is no such thing */
    }
    int32_t count = 0;
    for (guint i = 0; i < self->known.topics->len; i++) {
        count += names_topic(self, self->known.topics->pdata[i]) ? 1 : 0;
    }
    MetadataRequest *request = message_new(
        self->actor->sim, KAFKA_MESSAGE_BYTES(MetadataRequest, topics, count), KAFKA_METADATA);
    for (guint i = 0; i < self->known.topics->len; i++) {
        if (names_topic(self, self->known.topics->pdata[i])) {
            request->topics[request->topic_count++] = (int32_t)i;
        }
    }
    request->all_topics = self->known.followed != NULL;
    request->allows_creation = self->options.allows_creation;
    self->progress_is_partial = !self->need_full;
    self->need_partial = false;
    self->in_progress = true;
    network_client_send(self->client, node, &request->header, NULL, true, 0);
}

/* A timer that fires early only looks again, so it is never put off. */
static void look_again_at(ClientMetadata *self, SimTime at)
{
    if (at < SIM_TIME_MAX && (!timer_is_armed(&self->timer) || self->timer.deadline > at)) {
        actor_arm_at(self->actor, &self->timer, at);
    }
}

static void look_again_soon(ClientMetadata *self)
{
    look_again_at(self, actor_now(self->actor) + network_client_reconnect_backoff(self->client));
}

/* No node can take the request now. */
static void pursue_node(ClientMetadata *self, int32_t node)
{
    if (network_client_is_any_connecting(self->client)) {
        look_again_soon(self);
        return; /* wait for that one instead of connecting to more of them */
    }
    (void)network_client_ready(self->client, node);
}

static void rebootstrap(ClientMetadata *self)
{
    network_client_rebootstrap(self->client);
    known_topics_forget_leaders(&self->known);
    self->need_full = true;
    self->attempt_start = actor_now(self->actor);
    if (self->options.on_forget != NULL) {
        self->options.on_forget(self->options.owner);
    }
}

static int32_t choose_node(ClientMetadata *self)
{
    int32_t node = network_client_least_loaded(self->client);
    if (node == NO_NODE && !self->options.never_rebootstrap &&
        !network_client_is_any_ready(self->client)) {
        rebootstrap(self);
        node = network_client_least_loaded(self->client);
    }
    return node;
}

/* NetworkClient.handleRebootstrap: nobody has answered for so long. Looked at as often as it is
 * asked again. */
static void rebootstrap_if_long(ClientMetadata *self)
{
    SimDuration since = actor_now(self->actor) - self->attempt_start;
    if (!self->options.never_rebootstrap && self->attempt_start >= 0 &&
        since > self->options.rebootstrap_trigger_ns) {
        network_client_close_all(self->client);
        rebootstrap(self);
    }
}

bool client_metadata_maybe_send(ClientMetadata *self)
{
    if (self->in_progress) {
        return false;
    }
    SimTime next = next_update(self);
    if (next > actor_now(self->actor)) {
        look_again_at(self, next);
        return false;
    }
    if (self->attempt_start < 0) {
        self->attempt_start = actor_now(self->actor);
    }
    int32_t node = choose_node(self);
    if (node == NO_NODE) {
        look_again_soon(self);
        return false;
    }
    if (!network_client_can_send(self->client, node)) {
        pursue_node(self, node);
        return false;
    }
    send_request(self, node);
    return true;
}

bool client_metadata_on_timer(ClientMetadata *self, Timer *timer)
{
    if (timer != &self->timer) {
        return false;
    }
    rebootstrap_if_long(self);
    (void)client_metadata_maybe_send(self);
    return true;
}

/* ---- answers */

static KnownPartition *find_partition(const ClientMetadata *self, int32_t partition)
{
    const TopicInfo *info = metadata_topic_of(self->options.topics, partition);
    const KnownTopic *topic = known_topics_find(&self->known, info->index);
    int32_t number = partition - info->first_partition;
    bool is_known = topic != NULL && number < topic->partitions;
    return is_known ? &g_array_index(topic->leaders, KnownPartition, number) : NULL;
}

static void log_leader(ClientMetadata *self, int32_t partition, const KnownPartition *known)
{
    char name[160];
    (void)actor_log(self->actor,
                    "metadata",
                    "%s leader %d epoch %d",
                    metadata_partition_name(self->options.topics, partition, name, sizeof(name)),
                    known->leader,
                    known->last_seen_epoch);
}

static KnownPartition *make_partition(ClientMetadata *self, int32_t partition)
{
    const TopicInfo *info = metadata_topic_of(self->options.topics, partition);
    KnownTopic *topic = known_topics_find(&self->known, info->index);
    if (topic == NULL && !known_topics_is_followed(&self->known, info->index)) {
        return NULL; /* no longer of interest */
    }
    topic = topic == NULL ? known_topics_make(&self->known, info->index) : topic;
    topic->version = self->version;
    int32_t number = partition - info->first_partition;
    known_topic_grow(topic, number + 1);
    topic->fresh = false;
    return &g_array_index(topic->leaders, KnownPartition, number);
}

static void drop_topic(ClientMetadata *self, int32_t topic)
{
    KnownTopic *known = known_topics_find(&self->known, topic);
    if (known != NULL && known_topic_drop(known)) {
        (void)actor_log(self->actor,
                        "metadata",
                        "topic %s is gone",
                        metadata_topic(self->options.topics, topic)->name);
    }
}

/* The cluster has no such topic (any more, or yet): the client asks until it has. */
static void forget_topic(ClientMetadata *self, int32_t topic)
{
    drop_topic(self, topic);
    client_metadata_request_update(self);
}

/* An answer to the question for all topics does not name what is gone. */
static void drop_unnamed_topics(ClientMetadata *self)
{
    for (guint i = 0; self->known.followed != NULL && i < self->known.topics->len; i++) {
        const KnownTopic *known = self->known.topics->pdata[i];
        if (known != NULL && known->version != self->version) {
            drop_topic(self, (int32_t)i);
        }
    }
}

/* The answer names every partition of a topic: what it does not name is gone. */
static void trim_topic(ClientMetadata *self, int32_t topic, int32_t last_partition)
{
    const TopicInfo *info = metadata_topic(self->options.topics, topic);
    KnownTopic *known = known_topics_find(&self->known, topic);
    if (known != NULL) {
        known_topic_trim(known, last_partition - info->first_partition + 1);
    }
}

/* updateLatestMetadata: an older epoch of the same topic is ignored (M6); an answer without one
 * clears the guard. */
static void apply_partition(ClientMetadata *self, const MetadataPartition *answer)
{
    KnownPartition *known = make_partition(self, answer->partition);
    if (known == NULL) {
        return;
    }
    if (kafka_error_is_invalid_metadata(answer->error)) {
        client_metadata_request_update(self);
    }
    bool is_another = answer->topic_id != known->topic_id;
    if (!is_another && answer->leader_epoch >= 0 && answer->leader_epoch < known->last_seen_epoch) {
        return;
    }
    bool changes = answer->leader != known->leader;
    if (is_another || answer->leader_epoch < 0 || answer->leader_epoch > known->last_seen_epoch) {
        self->equivalent_answers = 0;
    }
    *known = (KnownPartition){
        answer->topic_id, answer->leader, answer->leader_epoch, answer->leader_epoch};
    if (changes) {
        log_leader(self, answer->partition, known);
    }
}

static void apply_partitions(ClientMetadata *self, const MetadataResponse *response)
{
    for (int32_t i = 0; i < response->partition_count; i++) {
        const MetadataPartition *answer = &response->partitions[i];
        int32_t topic = metadata_topic_of(self->options.topics, answer->partition)->index;
        if (answer->error == KAFKA_UNKNOWN_TOPIC_OR_PARTITION) {
            forget_topic(self, topic);
            continue;
        }
        apply_partition(self, answer);
        bool last = i + 1 == response->partition_count ||
                    metadata_topic_of(self->options.topics, answer[1].partition)->index != topic;
        if (last) {
            trim_topic(self, topic, answer->partition);
        }
    }
}

void client_metadata_on_response(ClientMetadata *self, MetadataResponse *response)
{
    if (response == NULL || response->broker_count == 0) {
        failed_update(self);
        return;
    }
    self->in_progress = false;
    self->last_refresh = actor_now(self->actor);
    self->as_of = response->as_of;
    self->attempt_start = -1;
    self->attempts = 0;
    self->equivalent_answers++;
    if (!self->progress_is_partial) {
        self->need_full = false;
        self->last_success = self->last_refresh;
        self->version++;
    }
    network_client_set_nodes(
        self->client, metadata_response_brokers(response), response->broker_count);
    apply_partitions(self, response);
    drop_unnamed_topics(self);
    if (self->options.on_update != NULL) {
        self->options.on_update(self->options.owner);
    }
}

int32_t client_metadata_partitions(const ClientMetadata *self, int32_t topic)
{
    const KnownTopic *known = known_topics_find(&self->known, topic);
    return known == NULL ? 0 : known->partitions;
}

int32_t client_metadata_leader(const ClientMetadata *self, int32_t partition)
{
    const KnownPartition *known = find_partition(self, partition);
    return known == NULL ? NO_LEADER : known->leader;
}

int64_t client_metadata_topic_id(const ClientMetadata *self, int32_t partition)
{
    const KnownPartition *known = find_partition(self, partition);
    return known == NULL ? NO_TOPIC_ID : known->topic_id;
}

int32_t client_metadata_leader_epoch(const ClientMetadata *self, int32_t partition)
{
    const KnownPartition *known = find_partition(self, partition);
    return known == NULL ? NO_EPOCH : known->leader_epoch;
}

bool client_metadata_set_leader(ClientMetadata *self,
                                int32_t partition,
                                int32_t leader,
                                int32_t epoch)
{
    KnownPartition *known = find_partition(self, partition);
    if (known == NULL || leader < 0 || epoch <= known->last_seen_epoch) {
        return false;
    }
    known->leader = leader;
    known->leader_epoch = epoch;
    known->last_seen_epoch = epoch;
    log_leader(self, partition, known);
    return true;
}

void client_metadata_see_epoch(ClientMetadata *self, int32_t partition, int32_t epoch)
{
    KnownPartition *known = find_partition(self, partition);
    if (known == NULL || epoch <= known->last_seen_epoch) {
        return;
    }
    known->leader = NO_LEADER;
    known->leader_epoch = epoch;
    known->last_seen_epoch = epoch;
    client_metadata_request_update(self);
}
