/* fixture.h - a bare client against scripted brokers, and a notebook of what it is told.
 *
 * Three brokers 1, 2, 3; one way takes 1 ms. A broker answers ApiVersions and Metadata at once
 * (Metadata with the leader and epoch that the test has set) and keeps every other request
 * unanswered. `lines` holds events as "4.0 ready 1". */
#ifndef KAFKASIM_TESTS_MODELS_CLIENT_FIXTURE_H
#define KAFKASIM_TESTS_MODELS_CLIENT_FIXTURE_H
#include "models/client/client_metadata.h"
#include "sim/resource/host.h"
#include <check.h>
#include <stdio.h>
#include <string.h>

#define BROKERS 3

struct Fixture;
typedef struct FakeBroker {
    Actor actor;
    struct Fixture *fixture;
    int32_t metadata;    /* requests */
    int32_t topics;      /* named in the last of them */
    bool ignores;        /* Metadata is not answered */
    GPtrArray *requests; /* RequestHeader* of all else, kept */
} FakeBroker;

typedef struct Fixture {
    Actor actor; /* the client */
    Sim *sim;
    NetworkClient *client;
    ClientMetadata *metadata;
    MetadataLog *topics;
    KafkaConfig *config;
    FakeBroker brokers[BROKERS];
    Actor *actors[BROKERS];
    int32_t ids[BROKERS];
    AddressBook book;
    int32_t leader;
    int32_t leader_epoch;
    int32_t updates;
    bool never_rebootstraps; /* metadata.recovery.strategy=none */
    bool asks;               /* for metadata: else only the network client is at work */
    GString *lines;
    Timer tick;
} Fixture;

enum { TIMER_NETWORK = 1, TIMER_METADATA, TIMER_TICK };

static inline void say(Fixture *self, const char *what, int32_t node)
{
    SimTime now = sim_now(self->sim);
    g_string_append_printf(self->lines,
                           "%ld.%ld %s %d\n",
                           (long)(now / SIM_MS(1)),
                           (long)(now % SIM_MS(1) / SIM_US(100)),
                           what,
                           node);
}

static inline void expect(Fixture *self, const char *lines)
{
    ck_assert_str_eq(self->lines->str, lines);
    g_string_truncate(self->lines, 0);
}

/* ---- brokers */

static inline void broker_reply(FakeBroker *self, RequestHeader *request, ResponseHeader *response)
{
    response->correlation_id = request->correlation_id;
    kafka_message_set_wire_bytes(&response->base);
    network_send(&self->actor, request->connection, &response->base);
    message_free(self->fixture->sim, &request->base);
}

static inline ResponseHeader *broker_metadata(FakeBroker *self)
{
    Fixture *fixture = self->fixture;
    MetadataResponse *response = metadata_response_new(fixture->sim, 1, BROKERS);
    response->partitions[0] = (MetadataPartition){
        .partition = 0,
        .error = fixture->leader == NO_LEADER ? KAFKA_LEADER_NOT_AVAILABLE : KAFKA_NONE,
        .leader = fixture->leader,
        .leader_epoch = fixture->leader_epoch,
    };
    memcpy(metadata_response_brokers(response), fixture->ids, sizeof(fixture->ids));
    return &response->header;
}

static inline void broker_on_mail(Actor *actor, ConnectionId connection, Message *message)
{
    FakeBroker *self = (FakeBroker *)actor;
    RequestHeader *request = (RequestHeader *)message;
    request->connection = connection;
    if (message->type == KAFKA_API_VERSIONS) {
        ApiVersionsResponse *response = message_new(
            actor->sim, sizeof(ApiVersionsResponse), KAFKA_API_VERSIONS | KAFKA_RESPONSE);
        broker_reply(self, request, &response->header);
    } else if (message->type == KAFKA_METADATA && !self->ignores) {
        self->metadata++;
        self->topics = ((MetadataRequest *)message)->topic_count;
        broker_reply(self, request, broker_metadata(self));
    } else {
        g_ptr_array_add(self->requests, request);
    }
}

static const ActorClass broker_class = {.name = "fake broker", .on_mail = broker_on_mail};

/* ---- the client */

static inline void
on_response(void *owner, int32_t node, uint16_t api, void *context, ResponseHeader *response)
{
    (void)context;
    Fixture *self = owner;
    if (api == KAFKA_METADATA) {
        client_metadata_on_response(self->metadata, (MetadataResponse *)response);
        return;
    }
    const char *what = response == NETWORK_CLIENT_SENT          ? "sent"
                       : response != NULL                       ? "answer"
                       : network_client_timed_out(self->client) ? "timed out"
                                                                : "lost";
    say(self, what, node);
}

static inline void on_ready(void *owner, int32_t node)
{
    say(owner, "ready", node);
}

static inline void on_disconnected(void *owner, int32_t node)
{
    Fixture *self = owner;
    say(self, "disconnected", node);
    if (self->asks) {
        client_metadata_on_disconnected(self->metadata);
    }
}

static inline void on_update(void *owner)
{
    ((Fixture *)owner)->updates++;
}

static inline void maybe_ask(Fixture *self)
{
    if (self->asks) {
        (void)client_metadata_maybe_send(self->metadata);
    }
}

static inline void client_on_mail(Actor *actor, ConnectionId connection, Message *message)
{
    Fixture *self = (Fixture *)actor;
    ck_assert(network_client_on_mail(self->client, connection, message));
    maybe_ask(self);
}

static inline void client_on_timer(Actor *actor, Timer *timer)
{
    Fixture *self = (Fixture *)actor;
    if (timer->kind == TIMER_TICK) {
        return;
    }
    if (timer->kind == TIMER_NETWORK) {
        (void)network_client_on_timer(self->client, timer);
    }
    (void)client_metadata_on_timer(self->metadata, timer);
    maybe_ask(self);
}

static inline void client_on_connected(Actor *actor, ConnectionId connection)
{
    ck_assert(network_client_on_connected(((Fixture *)actor)->client, connection));
}

static inline void client_on_disconnected(Actor *actor, ConnectionId connection)
{
    Fixture *self = (Fixture *)actor;
    ck_assert(network_client_on_disconnected(self->client, connection));
    maybe_ask(self);
}

static inline void client_on_writable(Actor *actor, ConnectionId connection)
{
    ck_assert(network_client_on_writable(((Fixture *)actor)->client, connection));
}

static const ActorClass client_class = {
    .name = "client",
    .on_mail = client_on_mail,
    .on_timer = client_on_timer,
    .on_connected = client_on_connected,
    .on_disconnected = client_on_disconnected,
    .on_writable = client_on_writable,
};

/* ---- together */

static inline uint32_t fixture_host(Fixture *self, const char *name)
{
    HostProfile host = {.name = name,
                        .rack = "",
                        .cores = 1,
                        .disk = {.write_bytes_per_sec = 1, .read_bytes_per_sec = 1}};
    return host_new(self->sim, &host);
}

static inline void fixture_brokers(Fixture *self)
{
    for (int32_t i = 0; i < BROKERS; i++) {
        FakeBroker *broker = &self->brokers[i];
        char name[16];
        (void)snprintf(name, sizeof(name), "b%d", i + 1);
        actor_init(&broker->actor, &broker_class, self->sim, name, fixture_host(self, name));
        broker->fixture = self;
        broker->requests = g_ptr_array_new();
        self->actors[i] = &broker->actor;
        self->ids[i] = i + 1;
        ck_assert(actor_start(&broker->actor));
    }
    self->book = (AddressBook){BROKERS, self->ids, self->actors};
}

static inline Fixture *fixture_of(bool never_rebootstraps)
{
    Fixture *self = g_new0(Fixture, 1);
    self->never_rebootstraps = never_rebootstraps;
    self->sim = sim_new(1, NULL);
    NetworkProfile network = {.latency = distribution_constant(SIM_MS(1)),
                              .loopback_latency = distribution_constant(SIM_US(50))};
    (void)network_new(self->sim, &network);
    self->topics = metadata_log_new();
    self->config = kafka_config_new(1U << KAFKA_SCOPE_TOPIC, NULL);
    (void)metadata_add_topic(self->topics, "t", 1, false, self->config);
    (void)metadata_add_topic(self->topics, "u", 1, false, self->config);
    self->leader = 1;
    self->lines = g_string_new(NULL);
    fixture_brokers(self);
    actor_init(&self->actor, &client_class, self->sim, "c", fixture_host(self, "client"));
    NetworkClientOptions options = {
        .brokers = &self->book,
        .client_id = "c",
        .max_in_flight = 5,
        .reconnect_backoff_ns = SIM_MS(50),
        .reconnect_backoff_ns_max = SIM_MS(1000),
        .connection_setup_timeout_ns = SIM_SEC(10),
        .connection_setup_timeout_ns_max = SIM_SEC(30),
        .request_timeout_ns = SIM_SEC(30),
        .timer_kind = TIMER_NETWORK,
    };
    NetworkClientEvents events = {on_response, on_ready, on_disconnected};
    self->client = network_client_new(&self->actor, &options, &events, self);
    ClientMetadataOptions metadata = {
        .topics = self->topics,
        .max_age_ns = SIM_SEC(300),
        .retry_backoff_ns = SIM_MS(100),
        .retry_backoff_ns_max = SIM_MS(1000),
        .timer_kind = TIMER_METADATA,
        .never_rebootstrap = self->never_rebootstraps,
        .rebootstrap_trigger_ns = SIM_SEC(100),
        .on_update = on_update,
        .owner = self,
    };
    self->metadata = client_metadata_new(&self->actor, self->client, &metadata);
    timer_init(&self->tick, TIMER_TICK, NULL);
    ck_assert(actor_start(&self->actor));
    return self;
}

static inline Fixture *fixture_new(void)
{
    return fixture_of(false);
}

static inline void fixture_free(Fixture *self)
{
    client_metadata_free(self->metadata);
    network_client_free(self->client);
    for (int32_t i = 0; i < BROKERS; i++) {
        for (guint r = 0; r < self->brokers[i].requests->len; r++) {
            message_free(self->sim, self->brokers[i].requests->pdata[r]);
        }
        g_ptr_array_free(self->brokers[i].requests, TRUE);
        actor_clear(&self->brokers[i].actor);
    }
    actor_clear(&self->actor);
    sim_free(self->sim);
    metadata_log_free(self->topics);
    kafka_config_free(self->config);
    g_string_free(self->lines, TRUE);
    g_free(self);
}

static inline void run(Fixture *self, SimTime until)
{
    /* Something must happen then, or the clock stops at the last event. */
    actor_arm_at(&self->actor, &self->tick, until);
    ck_assert_int_ne(kernel_run(self->sim->kernel, until), KERNEL_REFUSED);
}

static inline FakeBroker *broker(Fixture *self, int32_t id)
{
    return &self->brokers[id - 1];
}

static inline int32_t metadata_asked(const Fixture *self)
{
    int32_t asked = 0;
    for (int32_t i = 0; i < BROKERS; i++) {
        asked += self->brokers[i].metadata;
    }
    return asked;
}

/* A heartbeat, which these brokers never answer by themselves. */
static inline void send_to(Fixture *self, int32_t node, bool expect_response)
{
    HeartbeatRequest *request = message_new(self->sim, sizeof(HeartbeatRequest), KAFKA_HEARTBEAT);
    network_client_send(self->client, node, &request->header, NULL, expect_response, 0);
}

static inline void answer_throttled(Fixture *self, int32_t id, SimDuration throttle)
{
    FakeBroker *from = broker(self, id);
    RequestHeader *request = from->requests->pdata[0];
    g_ptr_array_remove_index(from->requests, 0);
    HeartbeatResponse *response =
        message_new(self->sim, sizeof(HeartbeatResponse), KAFKA_HEARTBEAT | KAFKA_RESPONSE);
    response->header.throttle_ns = throttle;
    broker_reply(from, request, &response->header);
}

static inline void answer_oldest(Fixture *self, int32_t id)
{
    answer_throttled(self, id, 0);
}

#endif
