/* producer.c - the actor; see producer.h.
 *
 *     starting --process is up--> running --close()--> closing --all answered or expired--> closed
 *
 * A crash loses the accumulator: its records stay unknown, nobody was told of them. */
#include "models/producer/producer_internal.h"
#include "models/producer/transactions/transaction_manager.h"
#include "models/spec/compression.h"
#include "sim/resource/host.h"
#include <stdlib.h>
#include <string.h>

static const StateRule producer_rules[] = {
    [PRODUCER_STARTING] = {"starting",
                           STATE_ALLOW(PRODUCER_RUNNING) | STATE_ALLOW(PRODUCER_CLOSED)},
    [PRODUCER_RUNNING] = {"running", STATE_ALLOW(PRODUCER_CLOSING)},
    [PRODUCER_CLOSING] = {"closing", STATE_ALLOW(PRODUCER_CLOSED)},
    [PRODUCER_CLOSED] = {"closed", 0},
};

/* ---- options */

static int16_t read_acks(const KafkaConfig *config)
{
    const char *text = kafka_config_text(config, "acks");
    return strcmp(text, "all") == 0 ? -1 : (int16_t)atoi(text);
}

/* Switched off without a word when acks or retries contradict it and nobody asked for it. */
static bool read_idempotence(const Producer *self, const KafkaConfig *config)
{
    bool contradicted = self->acks != -1 || self->retries == 0 ||
                        kafka_config_integer(config, "max.in.flight.requests.per.connection") > 5;
    return kafka_config_boolean(config, "enable.idempotence") && !contradicted;
}

static void read_options(Producer *self)
{
    const KafkaConfig *config = self->context.spec->config;
    self->acks = read_acks(config);
    self->retries = kafka_config_integer(config, "retries");
    self->is_idempotent = read_idempotence(self, config);
    self->one_in_flight =
        kafka_config_integer(config, "max.in.flight.requests.per.connection") == 1;
    self->request_timeout_ns = kafka_config_ms(config, "request.timeout.ms");
    self->retry_backoff_ns = kafka_config_ms(config, "retry.backoff.ms");
}

static void set_metrics_window(const Producer *self)
{
    const KafkaConfig *config = self->context.spec->config;
    ledger_set_metrics_window(self->context.ledger,
                              self->context.spec_index,
                              (int32_t)kafka_config_integer(config, "metrics.num.samples"),
                              kafka_config_integer(config, "metrics.sample.window.ms"));
}

/* delivery.timeout.ms is raised to linger + request time-out where it is not set (R8). */
static SimDuration delivery_timeout(const KafkaConfig *config)
{
    SimDuration timeout = kafka_config_ms(config, "delivery.timeout.ms");
    SimDuration linger = kafka_config_ms(config, "linger.ms");
    SimDuration request = kafka_config_ms(config, "request.timeout.ms");
    SimDuration least = linger > SIM_TIME_MAX - request ? SIM_TIME_MAX : linger + request;
    return timeout < least ? least : timeout;
}

static AccumulatorOptions accumulator_options(const ProducerContext *context)
{
    const ProducerSpec *spec = context->spec;
    const KafkaConfig *config = spec->config;
    int64_t batch_size = kafka_config_integer(config, "batch.size");
    CompressionCodec codec = compression_codec(kafka_config_text(config, "compression.type"));
    uint8_t left = compression_left(codec, spec->compression_ratio);
    return (AccumulatorOptions){
        .batch_size = batch_size > 1 ? batch_size : 1,
        .buffer_memory = kafka_config_integer(config, "buffer.memory"),
        .max_request_size = kafka_config_integer(config, "max.request.size"),
        .linger_ns = kafka_config_ms(config, "linger.ms"),
        .delivery_timeout_ns = delivery_timeout(config),
        .retry_backoff = {kafka_config_ms(config, "retry.backoff.ms"),
                          kafka_config_ms(config, "retry.backoff.max.ms"),
                          2},
        .availability_timeout_ns = kafka_config_ms(config, "partitioner.availability.timeout.ms"),
        .adaptive = kafka_config_boolean(config, "partitioner.adaptive.partitioning.enable"),
        .labelled = spec->labels != NULL,
        .codec = codec,
        .left_of_256 = left,
        .compressed_ratio = (float)left / COMPRESSION_PARTS,
        .record_by_record = context->record_by_record,
        .passes_keys_on = spec->worker != NULL,
    };
}

void producer_open(Producer *self)
{
    bool open = self->transactions == NULL || transaction_manager_is_open(self->transactions);
    workload_set_away(&self->workload, !open, actor_now(&self->actor));
    workload_set_metadata(&self->workload, self->metadata_known);
}

/* ---- what the network client and the metadata tell */

static void on_node_ready(void *owner, int32_t node)
{
    (void)owner;
    (void)node; /* the pass at the end of the event finds it */
}

static void on_node_disconnected(void *owner, int32_t node)
{
    (void)node;
    Producer *self = owner;
    if (self->state.now != PRODUCER_CLOSED) {
        client_metadata_on_disconnected(self->metadata);
    }
}

/* Topics that a worker writes to beyond the first; it asks for all with its first record. */
static bool has_more_topics(const Producer *self)
{
    return self->context.spec->more_topics != NULL;
}

void producer_want_topics(Producer *self)
{
    client_metadata_add_topic(self->metadata, self->context.topic);
    const GArray *more = self->context.spec->more_topics;
    for (guint i = 0; more != NULL && i < more->len; i++) {
        client_metadata_add_topic(self->metadata, g_array_index(more, int32_t, i));
    }
}

static bool are_topics_known(Producer *self)
{
    int32_t partitions = client_metadata_partitions(self->metadata, self->context.topic);
    const ProducerSpec *spec = self->context.spec;
    bool known = partitions > (spec->choice == PARTITION_FIXED ? spec->partition : 0);
    if (!has_more_topics(self)) {
        workload_set_partitions(&self->workload, partitions, actor_now(&self->actor));
    }
    for (guint i = 0; has_more_topics(self) && i < spec->more_topics->len; i++) {
        const int32_t topic = g_array_index(spec->more_topics, int32_t, i);
        known = known && client_metadata_partitions(self->metadata, topic) > 0;
    }
    return known;
}

static void on_metadata_update(void *owner)
{
    Producer *self = owner;
    bool known = are_topics_known(self);
    accumulator_refresh_leaders(&self->accumulator, self->metadata);
    bool asks = client_metadata_has_topic(self->metadata, self->context.topic);
    if (!known && asks) {
        client_metadata_request_update(self->metadata); /* send() goes on asking (M8) */
    }
    self->metadata_known = known;
    producer_open(self);
}

/* Until the next answer send() waits and batches have no leader. */
static void on_metadata_forgotten(void *owner)
{
    Producer *self = owner;
    accumulator_refresh_leaders(&self->accumulator, self->metadata);
    self->metadata_known = false;
    producer_open(self);
}

static void make_client(Producer *self)
{
    const KafkaConfig *config = self->context.spec->config;
    NetworkClientOptions options = {
        .brokers = self->context.brokers,
        .client_id = self->actor.name,
        .max_in_flight =
            (int32_t)kafka_config_integer(config, "max.in.flight.requests.per.connection"),
        .reconnect_backoff_ns = kafka_config_ms(config, "reconnect.backoff.ms"),
        .reconnect_backoff_ns_max = kafka_config_ms(config, "reconnect.backoff.max.ms"),
        .connection_setup_timeout_ns =
            kafka_config_ms(config, "socket.connection.setup.timeout.ms"),
        .connection_setup_timeout_ns_max =
            kafka_config_ms(config, "socket.connection.setup.timeout.max.ms"),
        .request_timeout_ns = self->request_timeout_ns,
        .send_buffer_bytes = (int32_t)kafka_config_integer(config, "send.buffer.bytes"),
        .timer_kind = PRODUCER_TIMER_NETWORK,
    };
    NetworkClientEvents events = {sender_on_response, on_node_ready, on_node_disconnected};
    self->client = network_client_new(&self->actor, &options, &events, self);
    ClientMetadataOptions metadata_options = {
        .topics = self->context.topics,
        .max_age_ns = kafka_config_ms(config, "metadata.max.age.ms"),
        .retry_backoff_ns = kafka_config_ms(config, "retry.backoff.ms"),
        .retry_backoff_ns_max = kafka_config_ms(config, "retry.backoff.max.ms"),
        .timer_kind = PRODUCER_TIMER_METADATA,
        .allows_creation = true,
        .never_rebootstrap =
            strcmp(kafka_config_text(config, "metadata.recovery.strategy"), "none") == 0,
        .rebootstrap_trigger_ns =
            kafka_config_ms(config, "metadata.recovery.rebootstrap.trigger.ms"),
        .on_update = on_metadata_update,
        .on_forget = on_metadata_forgotten,
        .owner = self,
    };
    self->metadata = client_metadata_new(&self->actor, self->client, &metadata_options);
}

/* ---- life */

static void begin(Producer *self)
{
    state_move(&self->state, &self->actor, PRODUCER_RUNNING);
    if (!has_more_topics(self)) {
        producer_want_topics(self);
    }
    workload_start(&self->workload, actor_now(&self->actor));
    source_task_start(self);
    sender_run(self);
}

static void producer_on_start(Actor *actor)
{
    Producer *self = (Producer *)actor;
    state_init(&self->state, producer_rules, NULL, PRODUCER_STARTING);
    network_client_reset(self->client);
    client_metadata_reset(self->metadata);
    idempotence_reset(&self->idempotence, self->is_idempotent);
    accumulator_reset(&self->accumulator);
    partitioner_reset(&self->partitioner);
    sender_reset(self);
    caller_reset(&self->caller);
    worker_reset(self);
    if (self->transactions != NULL) {
        transaction_manager_reset(self->transactions);
    }
    producer_open(self);
    SimDuration work = self->context.profile == NULL ? 0 : self->context.profile->client_start;
    if (work > 0) {
        host_run(actor, work, PRODUCER_DONE_START, NULL);
    } else {
        actor_arm(actor, &self->begin, 0);
    }
}

static void producer_on_kill(Actor *actor)
{
    Producer *self = (Producer *)actor;
    workload_crash(&self->workload, actor_now(actor));
    ledger_sender_died(self->context.ledger, actor->id, actor_now(actor));
}

static void end(Producer *self)
{
    source_task_end(self);
    state_move(&self->state, &self->actor, PRODUCER_CLOSED);
    actor_arm(&self->actor, &self->end, 0);
}

/* As Sender.run: requests whose batches have expired are waited for too, and those for metadata. */
static bool has_drained(const Producer *self)
{
    return self->accumulator.incomplete == 0 && !network_client_has_in_flight(self->client) &&
           (self->transactions == NULL || transaction_manager_is_idle(self->transactions));
}

static void end_event(Producer *self)
{
    sender_run(self);
    caller_look(&self->caller, actor_now(&self->actor));
    worker_look(self);
    if (self->state.now == PRODUCER_CLOSING && has_drained(self)) {
        end(self);
        actor_disarm(&self->actor, &self->wake);
        network_client_close_all(self->client);
        (void)actor_log(&self->actor, "closed", "everything is answered");
    }
}

void producer_begin_close(Producer *self)
{
    workload_stop(&self->workload, actor_now(&self->actor));
    if (self->state.now == PRODUCER_STARTING) {
        actor_disarm(&self->actor, &self->begin);
        end(self);
        return;
    }
    if (self->state.now == PRODUCER_RUNNING) {
        state_move(&self->state, &self->actor, PRODUCER_CLOSING);
        source_task_stop(self);
        self->accumulator.closed = true;
    }
}

void producer_close(Producer *self)
{
    if (self->actor.life == ACTOR_DEAD) {
        return;
    }
    const bool is_running = self->state.now == PRODUCER_RUNNING;
    producer_begin_close(self);
    if (is_running) {
        end_event(self);
    }
}

void producer_set_clock(Producer *self, SimDuration skew_ns)
{
    self->clock_skew_ns = skew_ns;
}

void producer_set_rate(Producer *self, int64_t rate_milli)
{
    /* The workload counts in the rate of all instances. */
    int64_t of_all = rate_milli * self->context.spec->count;
    workload_set_rate(&self->workload, of_all, actor_now(&self->actor));
    if (self->actor.life == ACTOR_ALIVE) {
        end_event(self);
    }
}

/* ---- events */

static void producer_on_mail(Actor *actor, ConnectionId connection, Message *message)
{
    Producer *self = (Producer *)actor;
    if (!network_client_on_mail(self->client, connection, message)) {
        message_free(actor->sim, message);
    }
    end_event(self);
}

static void producer_on_timer(Actor *actor, Timer *timer)
{
    Producer *self = (Producer *)actor;
    if (timer == &self->end) {
        actor_kill(actor);
        return;
    }
    if (self->state.now == PRODUCER_CLOSED) {
        return;
    }
    if (timer == &self->begin) {
        begin(self);
        return;
    }
    if (timer->kind == PRODUCER_TIMER_NETWORK) {
        (void)network_client_on_timer(self->client, timer);
    } else if (timer->kind == PRODUCER_TIMER_METADATA) {
        (void)client_metadata_on_timer(self->metadata, timer);
    } else if (timer == &self->wake) {
        sender_on_wake(self);
    } else if (timer == &self->flush) {
        source_task_on_timer(self);
    } else if (timer->kind == PRODUCER_TIMER_CALLER) {
        if (caller_on_timer(&self->caller, actor_now(actor))) {
            return;
        }
    }
    end_event(self);
}

static void producer_on_done(Actor *actor, uint16_t kind, void *data)
{
    (void)data;
    Producer *self = (Producer *)actor;
    if (kind == PRODUCER_DONE_SENDER) {
        sender_on_done(self);
    } else if (kind == PRODUCER_DONE_CALLER) {
        caller_on_done(&self->caller, actor_now(actor));
    } else if (self->state.now == PRODUCER_STARTING) { /* else it was closed meanwhile */
        begin(self);
    }
    end_event(self);
}

static void producer_on_connected(Actor *actor, ConnectionId connection)
{
    Producer *self = (Producer *)actor;
    (void)network_client_on_connected(self->client, connection);
    end_event(self);
}

static void producer_on_disconnected(Actor *actor, ConnectionId connection)
{
    Producer *self = (Producer *)actor;
    (void)network_client_on_disconnected(self->client, connection);
    end_event(self);
}

static void producer_on_writable(Actor *actor, ConnectionId connection)
{
    Producer *self = (Producer *)actor;
    (void)network_client_on_writable(self->client, connection);
    end_event(self);
}

static const ActorClass producer_class = {
    .name = "producer",
    .is_one_thread = true,
    .on_start = producer_on_start,
    .on_kill = producer_on_kill,
    .on_mail = producer_on_mail,
    .on_timer = producer_on_timer,
    .on_done = producer_on_done,
    .on_connected = producer_on_connected,
    .on_disconnected = producer_on_disconnected,
    .on_writable = producer_on_writable,
};

static void make_accumulator(Producer *self, AccumulatorOptions *options)
{
    const ProducerContext *context = &self->context;
    const GArray *more = context->spec->more_topics;
    const TopicInfo **topics = g_new0(const TopicInfo *, more == NULL ? 1 : more->len);
    for (guint i = 0; more != NULL && i < more->len; i++) {
        topics[i] = metadata_topic(context->topics, g_array_index(more, int32_t, i));
    }
    options->more_topics = topics;
    options->more_count = more == NULL ? 0 : (int32_t)more->len;
    int32_t partitions = metadata_topic_partitions(
        context->topics, context->topic, metadata_end_offset(context->topics));
    accumulator_init(&self->accumulator,
                     &self->actor,
                     options,
                     metadata_topic(context->topics, context->topic),
                     partitions,
                     &self->idempotence);
    g_free(topics);
}

Producer *producer_new(const ProducerContext *context, const char *name, uint32_t host)
{
    Producer *self = g_new0(Producer, 1);
    self->context = *context;
    actor_init(&self->actor, &producer_class, context->sim, name, host);
    const TopicInfo *topic = metadata_topic(context->topics, context->topic);
    AccumulatorOptions options = accumulator_options(context);
    const Era era = context->era != NULL ? *context->era : era_default();
    options.always_backs_off = !era.on[ERA_KIP_951];
    options.sticky_by_batch = !era.on[ERA_KIP_794];
    read_options(self);
    options.clock = sender_clock_make(context, &self->actor);
    set_metrics_window(self);
    actor_stream(&self->actor, "first runs", &self->first_runs);
    actor_stream(&self->actor, "sender's lateness", &self->lateness);
    timer_init(&self->begin, PRODUCER_TIMER_BEGIN, NULL);
    timer_init(&self->wake, PRODUCER_TIMER_WAKE, NULL);
    timer_init(&self->end, PRODUCER_TIMER_END, NULL);
    timer_init(&self->flush, PRODUCER_TIMER_FLUSH, NULL);
    make_client(self);
    partitioner_init(&self->partitioner, &self->actor, context->spec, &era);
    options.adaptive = options.adaptive && era.on[ERA_KIP_794] &&
                       (self->partitioner.kind == PARTITIONER_STICKY ||
                        (context->spec->keys == KEY_NONE && context->spec->trace.records));
    make_accumulator(self, &options);
    WorkloadContext workload = {.actor = &self->actor,
                                .accumulator = &self->accumulator,
                                .partitioner = &self->partitioner,
                                .spec = context->spec,
                                .topic = topic,
                                .ledger = context->ledger,
                                .spec_index = context->spec_index,
                                .instance = context->instance};
    workload_init(&self->workload, &workload);
    caller_init(&self->caller,
                &self->workload,
                context->profile,
                PRODUCER_TIMER_CALLER,
                PRODUCER_DONE_CALLER);
    self->transactions = transaction_manager_new(self);
    self->check.nodes = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->drained = g_ptr_array_new();
    self->expired = g_ptr_array_new();
    return self;
}

void producer_free(Producer *self)
{
    if (self == NULL) {
        return;
    }
    transaction_manager_free(self->transactions);
    workload_clear(&self->workload);
    accumulator_clear(&self->accumulator);
    client_metadata_free(self->metadata);
    network_client_free(self->client);
    g_array_free(self->check.nodes, TRUE);
    g_ptr_array_free(self->drained, TRUE);
    g_ptr_array_free(self->expired, TRUE);
    actor_clear(&self->actor);
    g_free(self);
}

Actor *producer_actor(Producer *self)
{
    return &self->actor;
}
