/* consumer.c - the consumer process: options, life, and who gets which event. See consumer.h. */
#include "models/consumer/consumer_state.h"
#include "models/protocol/backoff.h"
#include <string.h>

static const ActorClass consumer_class;

char *consumer_partition_name(const Consumer *self, int32_t partition, char *text, size_t bytes)
{
    return metadata_partition_name(self->context.topics, partition, text, bytes);
}

char *consumer_owned_text(const Consumer *self)
{
    GString *text = g_string_new("");
    char name[128];
    for (guint i = 0; i < self->owned->len; i++) {
        const int32_t partition = g_array_index(self->owned, int32_t, i);
        g_string_append_printf(text,
                               "%s%s",
                               i == 0 ? "" : " ",
                               consumer_partition_name(self, partition, name, sizeof name));
    }
    return g_string_free(text, FALSE);
}

void consumer_changed(Consumer *self, const char *state)
{
    if (self->context.on_change != NULL) {
        self->context.on_change(self->context.owner, self, state);
    }
}

/* NULL: the first step. The classic protocol counts within a call only: each poll() begins its
 * attempts anew. */
SimDuration consumer_backoff(Consumer *self, uint32_t *attempts)
{
    const Backoff backoff = {self->options.retry_backoff_ns, self->options.retry_backoff_max_ns, 2};
    return backoff_draw(&backoff, attempts != NULL ? (*attempts)++ : 0, &self->backoff);
}

static bool has_era(const ConsumerContext *context, EraSwitch era)
{
    return context->era == NULL || context->era->on[era];
}

int32_t consumer_leader_epoch(const Consumer *self, int32_t partition)
{
    bool says_it = has_era(&self->context, ERA_KIP_320);
    return says_it ? client_metadata_leader_epoch(self->metadata, partition) : -1;
}

/* ---- Options. */

const MemberSpec *consumer_member_spec(const ConsumerContext *context)
{
    return g_ptr_array_index(context->spec->members, (guint)context->member_index);
}

static void read_reset_policy(ConsumerOptions *options, const KafkaConfig *config)
{
    const char *policy = kafka_config_text(config, "auto.offset.reset");
    if (strcmp(policy, "earliest") == 0) {
        options->reset = RESET_EARLIEST;
    } else if (strcmp(policy, "none") == 0) {
        options->reset = RESET_NONE;
    } else if (g_str_has_prefix(policy, "by_duration:")) {
        options->reset = RESET_BY_DURATION;
        options->reset_duration_ns = kafka_duration_ns(policy + strlen("by_duration:"));
    }
}

static void read_options(ConsumerOptions *options, const KafkaConfig *config)
{
    options->session_timeout_ns = kafka_config_ms(config, "session.timeout.ms");
    options->heartbeat_interval_ns = kafka_config_ms(config, "heartbeat.interval.ms");
    options->max_poll_interval_ns = kafka_config_ms(config, "max.poll.interval.ms");
    options->request_timeout_ns = kafka_config_ms(config, "request.timeout.ms");
    options->retry_backoff_ns = kafka_config_ms(config, "retry.backoff.ms");
    options->retry_backoff_max_ns = kafka_config_ms(config, "retry.backoff.max.ms");
    options->fetch_max_wait_ns = kafka_config_ms(config, "fetch.max.wait.ms");
    options->fetch_min_bytes = (int32_t)kafka_config_integer(config, "fetch.min.bytes");
    options->rack = kafka_config_text(config, "client.rack");
    options->read_committed =
        strcmp(kafka_config_text(config, "isolation.level"), "read_committed") == 0;
    options->metadata_max_age_ns = kafka_config_ms(config, "metadata.max.age.ms");
    options->fetch_max_bytes = (int32_t)kafka_config_integer(config, "fetch.max.bytes");
    options->max_partition_fetch_bytes =
        (int32_t)kafka_config_integer(config, "max.partition.fetch.bytes");
    options->max_poll_records = (int32_t)kafka_config_integer(config, "max.poll.records");
    options->auto_commit = kafka_config_boolean(config, "enable.auto.commit");
    options->auto_commit_interval_ns = kafka_config_ms(config, "auto.commit.interval.ms");
    options->group_instance_id = kafka_config_text(config, "group.instance.id");
    options->leaves = kafka_config_boolean(config, "internal.leave.group.on.close");
    options->default_api_timeout_ns = kafka_config_ms(config, "default.api.timeout.ms");
    read_reset_policy(options, config);
}

static void read_spec(ConsumerOptions *options, const ConsumerContext *context)
{
    const GroupSpec *spec = context->spec;
    options->poll_timeout_ns = spec->poll_timeout;
    options->assigns = spec->kind == GROUP_ASSIGNS || spec->kind == GROUP_ASSIGNS_ALONE;
    options->has_group = spec->kind != GROUP_ASSIGNS_ALONE;
    options->record_by_record = context->record_by_record;
    if (!has_era(context, ERA_KIP_345)) {
        options->group_instance_id = NULL;
    }
    options->auto_commit = options->auto_commit && options->has_group &&
                           spec->kind != GROUP_SHARES &&
                           spec->application.commit == COMMIT_BY_CLIENT;
}

/* The assignors by short name, in order; and with them the rebalance protocol: the best that all
 * of them support, so [range, cooperative-sticky] is eager. */
static void read_protocols(Consumer *self, const KafkaConfig *config)
{
    self->protocols = g_ptr_array_new();
    self->is_cooperative = true;
    if (self->context.work != NULL) {
        for (const char *const *p = self->context.work->protocols; *p != NULL; p++) {
            g_ptr_array_add(self->protocols, (gpointer)(guintptr)*p);
        }
        g_ptr_array_add(self->protocols, NULL);
        return;
    }
    const char *at = kafka_config_text(config, "partition.assignment.strategy");
    while (at != NULL && *at != '\0') {
        const size_t bytes = strcspn(at, ", ");
        const Assignor *assignor = bytes > 0 ? assignor_find(at, bytes) : NULL;
        if (assignor != NULL && assignor->cooperative && !has_era(&self->context, ERA_KIP_429)) {
            assignor = assignor_find("sticky", strlen("sticky"));
        }
        if (assignor != NULL) {
            g_ptr_array_add(self->protocols, (gpointer)(guintptr)assignor->name);
            self->is_cooperative = self->is_cooperative && assignor->cooperative;
            self->sends_last = self->sends_last || assignor->assign == sticky_assign;
        }
        at += bytes + strspn(at + bytes, ", ");
    }
    g_ptr_array_add(self->protocols, NULL);
}

/* ---- Events of the network. One may bring others about (a close fails all that is in flight):
 * poll() looks once, when the outermost is handled. */
static void leave_event(Consumer *self)
{
    self->depth--;
    if (self->modern.is_on && self->depth == 0) {
        modern_run(self); /* the background thread, whatever the application does */
    }
    client_metadata_maybe_send(self->metadata);
    poll_wake(self);
}

static void
on_response(void *owner, int32_t node, uint16_t api, void *context, ResponseHeader *response)
{
    Consumer *self = owner;
    (void)node;
    const uint32_t sent = GPOINTER_TO_UINT(context);
    self->depth++;
    switch (api) {
    case KAFKA_METADATA:
        client_metadata_on_response(self->metadata, (MetadataResponse *)response);
        break;
    case KAFKA_FETCH:
        fetcher_on_response(self, context, (FetchResponse *)response);
        break;
    case KAFKA_OFFSETS_FOR_LEADER_EPOCH:
        positions_on_epoch_ends(self, (const OffsetsForLeaderEpochResponse *)response);
        break;
    case KAFKA_LIST_OFFSETS:
        positions_on_listed(self, (const ListOffsetsResponse *)response);
        break;
    case KAFKA_OFFSET_FETCH:
        positions_on_committed(self, (const OffsetFetchResponse *)response);
        break;
    case KAFKA_OFFSET_COMMIT:
        commits_on_response(
            self, sent >> 1, (sent & 1) != 0, (const OffsetCommitResponse *)response);
        break;
    case KAFKA_PRODUCE:
        dead_letter_on_response(self, (const ProduceResponse *)response);
        break;
    case KAFKA_LEAVE_GROUP:
        if (self->phase == CONSUMER_CLOSING) {
            close_left(self);
        }
        break;
    case KAFKA_SHARE_FETCH:
    case KAFKA_SHARE_ACKNOWLEDGE:
        share_on_response(self, context, (const ShareFetchResponse *)response);
        break;
    case KAFKA_SHARE_GROUP_HEARTBEAT:
    case KAFKA_CONSUMER_GROUP_HEARTBEAT:
        if (self->phase == CONSUMER_CLOSING) {
            close_left(self);
        } else {
            modern_on_response(self, sent, (const ConsumerGroupHeartbeatResponse *)response);
        }
        break;
    default:
        membership_on_response(self, api, sent, response);
        break;
    }
    leave_event(self);
}

static void on_ready(void *owner, int32_t node)
{
    Consumer *self = owner;
    (void)node;
    self->depth++;
    leave_event(self);
}

static void on_node_lost(void *owner, int32_t node)
{
    Consumer *self = owner;
    self->depth++;
    if (self->coordinator >= 0 && node == COORDINATOR_NODE(self->coordinator)) {
        membership_coordinator_unknown(self, true);
    }
    client_metadata_on_disconnected(self->metadata); /* M5 */
    leave_event(self);
}

static void on_metadata(void *owner)
{
    poll_wake(owner);
}

static void make_clients(Consumer *self, const KafkaConfig *config)
{
    const NetworkClientOptions network = {
        .brokers = self->context.brokers,
        .client_id = self->client_id,
        .max_in_flight = 100, /* ConsumerUtils.CONSUMER_MAX_INFLIGHT_REQUESTS_PER_CONNECTION */
        .reconnect_backoff_ns = kafka_config_ms(config, "reconnect.backoff.ms"),
        .reconnect_backoff_ns_max = kafka_config_ms(config, "reconnect.backoff.max.ms"),
        .connection_setup_timeout_ns =
            kafka_config_ms(config, "socket.connection.setup.timeout.ms"),
        .connection_setup_timeout_ns_max =
            kafka_config_ms(config, "socket.connection.setup.timeout.max.ms"),
        .request_timeout_ns = self->options.request_timeout_ns,
        .send_buffer_bytes =
            (int32_t)kafka_config_integer(self->context.spec->config, "send.buffer.bytes"),
        .timer_kind = CONSUMER_TIMER_NETWORK,
    };
    const NetworkClientEvents events = {on_response, on_ready, on_node_lost};
    self->network = network_client_new(&self->actor, &network, &events, self);
    const ClientMetadataOptions metadata = {
        .topics = self->context.topics,
        .max_age_ns = kafka_config_ms(config, "metadata.max.age.ms"),
        .retry_backoff_ns = self->options.retry_backoff_ns,
        .retry_backoff_ns_max = self->options.retry_backoff_max_ns,
        .timer_kind = CONSUMER_TIMER_METADATA,
        .allows_creation = kafka_config_boolean(config, "allow.auto.create.topics"),
        .never_rebootstrap =
            strcmp(kafka_config_text(config, "metadata.recovery.strategy"), "none") == 0,
        .rebootstrap_trigger_ns =
            kafka_config_ms(config, "metadata.recovery.rebootstrap.trigger.ms"),
        .on_update = on_metadata,
        .owner = self,
    };
    self->metadata = client_metadata_new(&self->actor, self->network, &metadata);
}

static void make_timers(Consumer *self)
{
    timer_init(&self->start_timer, CONSUMER_TIMER_START, self);
    timer_init(&self->wake, CONSUMER_TIMER_WAKE, self);
    timer_init(&self->processing_timer, CONSUMER_TIMER_PROCESSING, self);
    timer_init(&self->heartbeat, CONSUMER_TIMER_HEARTBEAT, self);
    timer_init(&self->poll_expiry, CONSUMER_TIMER_POLL_EXPIRY, self);
    timer_init(&self->close_timer, CONSUMER_TIMER_CLOSE, self);
    timer_init(&self->end_timer, CONSUMER_TIMER_END, self);
}

static void make_arrays(Consumer *self)
{
    self->watched = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->subscribed = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->joined = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->last_assignment = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->assigned = g_array_new(FALSE, FALSE, sizeof(AssignedPartition));
    self->owned = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->requests = g_array_new(FALSE, FALSE, sizeof(ConsumerRequest));
    self->application.handed = g_array_new(FALSE, FALSE, sizeof(HandedRange));
    self->application.batches = g_array_new(FALSE, FALSE, sizeof(RecordOrigin));
    self->fetch_nodes = g_ptr_array_new();
    self->completed = g_ptr_array_new();
    self->spare = g_ptr_array_new();
    self->fetchable = g_array_new(FALSE, FALSE, sizeof(FetchPartition));
    self->request = g_array_new(FALSE, FALSE, sizeof(FetchPartition));
}

Consumer *consumer_new(const ConsumerContext *context, const char *name, uint32_t host)
{
    Consumer *self = g_new0(Consumer, 1);
    const MemberSpec *member = consumer_member_spec(context);
    self->context = *context;
    self->client_id = member->name;
    actor_init(&self->actor, &consumer_class, context->sim, name, host);
    read_options(&self->options, member->config);
    read_spec(&self->options, context);
    read_protocols(self, member->config);
    actor_stream(&self->actor, "processing", &self->processing);
    actor_stream(&self->actor, "backoff", &self->backoff);
    self->share.is_on = context->spec->kind == GROUP_SHARES;
    self->modern.is_on =
        !self->options.assigns &&
        (self->share.is_on ||
         strcmp(kafka_config_text(member->config, "group.protocol"), "consumer") == 0);
    self->modern.remote_assignor = kafka_config_text(member->config, "group.remote.assignor");
    modern_init(self);
    share_init(self);
    make_timers(self);
    make_arrays(self);
    make_clients(self, member->config);
    membership_reset(self);
    return self;
}

static void free_fetches(GPtrArray *fetches)
{
    for (guint i = 0; i < fetches->len; i++) {
        CompletedFetch *fetch = g_ptr_array_index(fetches, i);
        g_array_free(fetch->batches, TRUE);
        g_free(fetch);
    }
    g_ptr_array_free(fetches, TRUE);
}

void consumer_free(Consumer *self)
{
    if (self == NULL) {
        return;
    }
    client_metadata_free(self->metadata);
    network_client_free(self->network);
    fetcher_free(self);
    share_clear(self);
    free_fetches(self->completed);
    free_fetches(self->spare);
    g_array_free(self->watched, TRUE);
    g_array_free(self->subscribed, TRUE);
    g_array_free(self->joined, TRUE);
    g_array_free(self->last_assignment, TRUE);
    g_array_free(self->assigned, TRUE);
    g_array_free(self->owned, TRUE);
    g_array_free(self->application.handed, TRUE);
    g_array_free(self->application.batches, TRUE);
    g_array_free(self->requests, TRUE);
    g_array_free(self->fetchable, TRUE);
    g_array_free(self->request, TRUE);
    g_ptr_array_free(self->protocols, TRUE);
    g_free(self->deferred);
    g_free(self->unassigned);
    modern_clear(self);
    actor_clear(&self->actor);
    g_free(self);
}

/* ---- Life. */
static void forget(Consumer *self)
{
    network_client_reset(self->network);
    client_metadata_reset(self->metadata);
    subscription_clear(self);
    membership_reset(self);
    fetcher_reset(self);
    share_reset(self);
    self->depth = 0;
    self->is_running_poll = false;
    self->is_in_poll = false;
    self->is_closing = false;
    self->waited_commit = COMMIT_NONE;
    self->waited_retry_at = 0;
    self->async_in_flight = 0;
    self->is_async_waiting = false;
    self->has_left = false;
    self->application.stage = APPLICATION_IDLE;
    self->application.unpack_ns = 0;
    self->application.stall = 0;
    g_array_set_size(self->requests, 0);
    self->application.is_letter_in_flight = false;
    self->is_offset_fetch_in_flight = false;
    self->positions_retry_at = 0;
}

static void consumer_on_start(Actor *actor)
{
    Consumer *self = (Consumer *)actor;
    forget(self);
    self->phase = CONSUMER_STARTING;
    if (self->sink != NULL) {
        self->sink->start(self->sink->owner);
    }
    if (self->context.work != NULL && self->context.work->start != NULL) {
        self->context.work->start(self->context.work_owner);
    }
    poll_start_up(self);
}

static void consumer_on_kill(Actor *actor)
{
    Consumer *self = (Consumer *)actor;
    const bool was_closed = self->phase == CONSUMER_CLOSED;
    if (self->sink != NULL) {
        self->sink->kill(self->sink->owner);
    }
    application_interrupt(self);
    if (self->context.work != NULL) {
        self->context.work->end(self->context.work_owner, !was_closed);
    }
    self->phase = CONSUMER_CLOSED;
    forget(self);
    if (!was_closed) {
        consumer_changed(self, "dead");
    }
}

static void consumer_on_mail(Actor *actor, ConnectionId connection, Message *message)
{
    Consumer *self = (Consumer *)actor;
    if (!network_client_on_mail(self->network, connection, message)) {
        message_free(actor->sim, message);
    }
}

static void consumer_on_connected(Actor *actor, ConnectionId connection)
{
    (void)network_client_on_connected(((Consumer *)actor)->network, connection);
}

static void consumer_on_disconnected(Actor *actor, ConnectionId connection)
{
    (void)network_client_on_disconnected(((Consumer *)actor)->network, connection);
}

static void consumer_on_writable(Actor *actor, ConnectionId connection)
{
    (void)network_client_on_writable(((Consumer *)actor)->network, connection);
}

static void consumer_on_timer(Actor *actor, Timer *timer)
{
    Consumer *self = (Consumer *)actor;
    if (!network_client_on_timer(self->network, timer) &&
        !client_metadata_on_timer(self->metadata, timer)) {
        poll_on_timer(self, timer);
    }
}

static const ActorClass consumer_class = {
    .name = "consumer",
    .is_one_thread = true,
    .on_start = consumer_on_start,
    .on_kill = consumer_on_kill,
    .on_mail = consumer_on_mail,
    .on_timer = consumer_on_timer,
    .on_done = poll_on_work_done,
    .on_connected = consumer_on_connected,
    .on_disconnected = consumer_on_disconnected,
    .on_writable = consumer_on_writable,
};

Actor *consumer_actor(Consumer *self)
{
    return &self->actor;
}

int32_t consumer_generation(const Consumer *self)
{
    return self->generation;
}

int32_t consumer_owned(const Consumer *self, const int32_t **ret_partitions)
{
    *ret_partitions = (const int32_t *)(const void *)self->owned->data;
    return (int32_t)self->owned->len;
}

const ConsumerContext *consumer_context(const Consumer *self)
{
    return &self->context;
}

const char *consumer_member_id(const Consumer *self)
{
    return self->member_id;
}
