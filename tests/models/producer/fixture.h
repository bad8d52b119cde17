/* fixture.h - a producer against scripted brokers.
 *
 * A broker of this fixture answers ApiVersions, Metadata and InitProducerId at once, and Produce
 * as told: at once with success, with the next error of its script, or not at all until
 * released (then every later request of the broker waits too, as behind purgatory). It keeps what
 * it accepted, and checks sequence numbers where the test asks for it. The network takes 1 ms
 * each way. `lines` holds what was sent where: "25.0 b1: p0 x3 p1 x1". */
#ifndef KAFKASIM_TESTS_MODELS_PRODUCER_FIXTURE_H
#define KAFKASIM_TESTS_MODELS_PRODUCER_FIXTURE_H
#include "models/producer/producer_internal.h"
#include "sim/resource/host.h"
#include "sim/resource/network.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIXTURE_BROKERS    3
#define FIXTURE_PARTITIONS 12

struct Fixture;
typedef struct FakeBroker {
    Actor actor;
    struct Fixture *fixture;
    int32_t id;
    bool holds;                /* Produce is not answered, */
    bool holds_adds;           /* AddPartitionsToTxn is not */
    KafkaError all;            /* answer to every produce request, */
    KafkaError ids;            /* to every InitProducerId */
    GArray *script;            /* of KafkaError: for the next requests */
    int64_t max_message_bytes; /* 0: none is too large */
    GPtrArray *held;           /* RequestHeader*, in order */
    int32_t metadata;          /* Metadata requests seen */
} FakeBroker;

typedef struct FakeLog {
    GArray *batches; /* RecordBatch, as accepted */
    int64_t end;
    int64_t producer_id;
    int16_t epoch;
    int32_t next_sequence;
} FakeLog;

typedef struct Fixture {
    Sim *sim;
    MetadataLog *topics;
    KafkaConfig *topic_config;
    FakeBroker brokers[FIXTURE_BROKERS];
    Actor *actors[FIXTURE_BROKERS];
    int32_t ids[FIXTURE_BROKERS];
    AddressBook book;
    int32_t partitions;
    int32_t leader[FIXTURE_PARTITIONS];
    int32_t leader_epoch[FIXTURE_PARTITIONS];
    FakeLog logs[FIXTURE_PARTITIONS];
    bool check_sequences;
    bool no_metadata;  /* metadata answers know no partition */
    bool names_leader; /* KIP-951 */
    ClusterSpec *cluster;
    ProducerSpec *spec;
    Ledger *ledger;
    HardwareProfile profile;
    const Era *era; /* NULL: the newest */
    Producer *producer;
    GString *lines;
    bool traced;
    int64_t requests;
    int64_t batches;
    int64_t records;
    SimDuration queue_time; /* sum of the waits of first records */
    SimTime measured_from;
} Fixture;

static inline void fixture_say(Fixture *self, const char *text)
{
    SimTime now = sim_now(self->sim);
    g_string_append_printf(self->lines,
                           "%ld.%ld %s\n",
                           (long)(now / SIM_MS(1)),
                           (long)(now % SIM_MS(1) / SIM_US(100)),
                           text);
}

static inline void
fixture_trace_produce(Fixture *self, const FakeBroker *broker, const ProduceRequest *request)
{
    GString *line = g_string_new(NULL);
    g_string_append_printf(line, "b%d:", broker->id);
    for (int32_t i = 0; i < request->batch_count; i++) {
        const RecordBatch *batch = &request->batches[i];
        g_string_append_printf(line, " p%d x%d", batch->partition, batch->count);
    }
    fixture_say(self, line->str);
    g_string_free(line, TRUE);
}

static inline void fixture_measure(Fixture *self, const ProduceRequest *request)
{
    SimTime sent = sim_now(self->sim) - SIM_MS(1);
    if (sent < self->measured_from) {
        return;
    }
    self->requests++;
    for (int32_t i = 0; i < request->batch_count; i++) {
        self->batches++;
        self->records += request->batches[i].count;
        self->queue_time += sent - request->batches[i].first_created;
    }
}

static inline KafkaError fixture_check_sequence(FakeLog *log, const RecordBatch *batch)
{
    for (guint i = log->batches->len; i > 0 && i + 5 > log->batches->len; i--) {
        const RecordBatch *known = &g_array_index(log->batches, RecordBatch, i - 1);
        if (known->producer_id == batch->producer_id &&
            known->producer_epoch == batch->producer_epoch &&
            known->base_sequence == batch->base_sequence) {
            return KAFKA_NEW_LEADER_ELECTED; /* stands for "a duplicate": success, not appended */
        }
    }
    bool same = log->producer_id == batch->producer_id && log->epoch == batch->producer_epoch;
    bool fits = same ? batch->base_sequence == log->next_sequence
                     : log->producer_id == NO_PRODUCER_ID || batch->base_sequence == 0;
    return fits ? KAFKA_NONE : KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER;
}

static inline KafkaError fixture_append(Fixture *self, const RecordBatch *batch)
{
    FakeLog *log = &self->logs[batch->partition];
    if (self->check_sequences) {
        KafkaError error = fixture_check_sequence(log, batch);
        if (error == KAFKA_NEW_LEADER_ELECTED) {
            return KAFKA_NONE;
        }
        if (error != KAFKA_NONE) {
            return error;
        }
    }
    RecordBatch kept = *batch;
    kept.base_offset = log->end;
    log->end += batch->count;
    log->producer_id = batch->producer_id;
    log->epoch = batch->producer_epoch;
    log->next_sequence = batch->base_sequence + batch->count;
    g_array_append_val(log->batches, kept);
    return KAFKA_NONE;
}

static inline KafkaError
fixture_judge(FakeBroker *self, const RecordBatch *batch, KafkaError scripted)
{
    Fixture *fixture = self->fixture;
    if (scripted == KAFKA_NOT_ENOUGH_REPLICAS_AFTER_APPEND || scripted == KAFKA_REQUEST_TIMED_OUT) {
        (void)fixture_append(fixture, batch); /* in the log all the same */
        return scripted;
    }
    if (self->max_message_bytes > 0 && batch->bytes > self->max_message_bytes) {
        return KAFKA_MESSAGE_TOO_LARGE;
    }
    if (scripted != KAFKA_NONE) {
        return scripted;
    }
    if (fixture->leader[batch->partition] != self->id) {
        return KAFKA_NOT_LEADER_OR_FOLLOWER;
    }
    return fixture_append(fixture, batch);
}

static inline void
fixture_reply(FakeBroker *self, const RequestHeader *request, ResponseHeader *response)
{
    response->correlation_id = request->correlation_id;
    kafka_message_set_wire_bytes(&response->base);
    network_send(&self->actor, request->connection, &response->base);
}

static inline void fixture_answer_produce(FakeBroker *self, const ProduceRequest *request)
{
    KafkaError scripted = self->all;
    if (self->script->len > 0) {
        scripted = g_array_index(self->script, KafkaError, 0);
        g_array_remove_index(self->script, 0);
    }
    ProduceResponse *response =
        message_new(self->fixture->sim,
                    KAFKA_MESSAGE_BYTES(ProduceResponse, partitions, request->batch_count),
                    KAFKA_PRODUCE | KAFKA_RESPONSE);
    response->count = request->batch_count;
    for (int32_t i = 0; i < request->batch_count; i++) {
        const RecordBatch *batch = &request->batches[i];
        ProducePartitionResponse *answer = &response->partitions[i];
        answer->partition = batch->partition;
        answer->error = fixture_judge(self, batch, scripted);
        answer->current_leader = NO_LEADER;
        if (self->fixture->names_leader && answer->error == KAFKA_NOT_LEADER_OR_FOLLOWER) {
            answer->current_leader = self->fixture->leader[batch->partition];
            answer->current_leader_epoch = self->fixture->leader_epoch[batch->partition];
        }
    }
    if (request->acks == 0) {
        message_free(self->fixture->sim, &response->header.base);
    } else {
        fixture_reply(self, &request->header, &response->header);
    }
}

static inline void fixture_answer_metadata(FakeBroker *self, const RequestHeader *request)
{
    Fixture *fixture = self->fixture;
    int32_t partitions = fixture->no_metadata ? 0 : fixture->partitions;
    MetadataResponse *response = metadata_response_new(fixture->sim, partitions, FIXTURE_BROKERS);
    for (int32_t i = 0; i < partitions; i++) {
        response->partitions[i] = (MetadataPartition){
            .partition = i,
            .error = fixture->leader[i] == NO_LEADER ? KAFKA_LEADER_NOT_AVAILABLE : KAFKA_NONE,
            .leader = fixture->leader[i],
            .leader_epoch = fixture->leader_epoch[i],
        };
    }
    int32_t *ids = metadata_response_brokers(response);
    for (int32_t i = 0; i < FIXTURE_BROKERS; i++) {
        ids[i] = fixture->ids[i];
    }
    self->metadata++;
    fixture_reply(self, request, &response->header);
}

/* Broker 2 is every transaction's coordinator. */
static inline void fixture_answer_added(FakeBroker *self, const AddPartitionsToTxnRequest *request)
{
    AddPartitionsToTxnResponse *response =
        message_new(self->fixture->sim,
                    KAFKA_MESSAGE_BYTES(AddPartitionsToTxnResponse, results, request->count),
                    KAFKA_ADD_PARTITIONS_TO_TXN | KAFKA_RESPONSE);
    response->count = request->count;
    for (int32_t i = 0; i < request->count; i++) {
        response->results[i] = (TxnPartitionResult){request->partitions[i], self->all};
    }
    fixture_reply(self, &request->header, &response->header);
}

static inline void fixture_trace_added(Fixture *self, const AddPartitionsToTxnRequest *request)
{
    GString *line = g_string_new("b2: adds");
    for (int32_t i = 0; i < request->count; i++) {
        g_string_append_printf(line, " p%d", request->partitions[i]);
    }
    fixture_say(self, line->str);
    g_string_free(line, TRUE);
}

static inline void fixture_answer(FakeBroker *self, const RequestHeader *request)
{
    Sim *sim = self->fixture->sim;
    switch (request->base.type) {
    case KAFKA_PRODUCE:
        fixture_answer_produce(self, (const ProduceRequest *)request);
        break;
    case KAFKA_METADATA:
        fixture_answer_metadata(self, request);
        break;
    case KAFKA_INIT_PRODUCER_ID: {
        InitProducerIdResponse *response =
            message_new(sim, sizeof(*response), KAFKA_INIT_PRODUCER_ID | KAFKA_RESPONSE);
        response->producer_id = 7000;
        response->error = self->ids;
        fixture_reply(self, request, &response->header);
        break;
    }
    case KAFKA_FIND_COORDINATOR: {
        FindCoordinatorResponse *response =
            message_new(sim, sizeof(*response), KAFKA_FIND_COORDINATOR | KAFKA_RESPONSE);
        response->broker = 2;
        fixture_reply(self, request, &response->header);
        break;
    }
    case KAFKA_ADD_PARTITIONS_TO_TXN:
        fixture_answer_added(self, (const AddPartitionsToTxnRequest *)request);
        break;
    case KAFKA_END_TXN: {
        EndTxnResponse *response =
            message_new(sim, sizeof(*response), KAFKA_END_TXN | KAFKA_RESPONSE);
        response->producer_id = 7000;
        response->producer_epoch = ((const EndTxnRequest *)request)->producer_epoch;
        fixture_reply(self, request, &response->header);
        break;
    }
    default: {
        ApiVersionsResponse *response =
            message_new(sim, sizeof(*response), KAFKA_API_VERSIONS | KAFKA_RESPONSE);
        fixture_reply(self, request, &response->header);
        break;
    }
    }
}

static inline void fake_broker_on_mail(Actor *actor, ConnectionId connection, Message *message)
{
    FakeBroker *self = (FakeBroker *)actor;
    RequestHeader *request = (RequestHeader *)message;
    request->connection = connection;
    if (message->type == KAFKA_PRODUCE) {
        fixture_measure(self->fixture, (const ProduceRequest *)request);
        if (self->fixture->traced) {
            fixture_trace_produce(self->fixture, self, (const ProduceRequest *)request);
        }
    }
    if (message->type == KAFKA_ADD_PARTITIONS_TO_TXN && self->fixture->traced) {
        fixture_trace_added(self->fixture, (const AddPartitionsToTxnRequest *)request);
    }
    if (message->type == KAFKA_END_TXN && self->fixture->traced) {
        const bool commits = ((const EndTxnRequest *)request)->committed;
        fixture_say(self->fixture, commits ? "b2: commits" : "b2: aborts");
    }
    bool waits = self->held->len > 0 || (self->holds && message->type == KAFKA_PRODUCE) ||
                 (self->holds_adds && message->type == KAFKA_ADD_PARTITIONS_TO_TXN);
    if (waits) {
        g_ptr_array_add(self->held, request);
        return;
    }
    fixture_answer(self, request);
    message_free(actor->sim, message);
}

/* Answers what is held. */
static inline void fake_broker_release(FakeBroker *self)
{
    self->holds = false;
    self->holds_adds = false;
    for (guint i = 0; i < self->held->len; i++) {
        RequestHeader *request = self->held->pdata[i];
        if (network_is_open(self->fixture->sim->network, request->connection)) {
            fixture_answer(self, request);
        }
        message_free(self->fixture->sim, &request->base);
    }
    g_ptr_array_set_size(self->held, 0);
}

static inline void fake_broker_on_kill(Actor *actor)
{
    FakeBroker *self = (FakeBroker *)actor;
    for (guint i = 0; i < self->held->len; i++) {
        message_free(actor->sim, self->held->pdata[i]);
    }
    g_ptr_array_set_size(self->held, 0);
}

static const ActorClass fake_broker_class = {
    .name = "fake broker",
    .on_mail = fake_broker_on_mail,
    .on_kill = fake_broker_on_kill,
};

static inline void fixture_new_brokers(Fixture *self)
{
    for (int32_t i = 0; i < FIXTURE_BROKERS; i++) {
        FakeBroker *broker = &self->brokers[i];
        char name[16];
        (void)snprintf(name, sizeof(name), "b%d", i);
        HostProfile host = {.name = name,
                            .rack = "",
                            .cores = 2,
                            .disk = {.write_bytes_per_sec = 1, .read_bytes_per_sec = 1}};
        actor_init(&broker->actor, &fake_broker_class, self->sim, name, host_new(self->sim, &host));
        broker->fixture = self;
        broker->id = i;
        broker->all = KAFKA_NONE;
        broker->script = g_array_new(FALSE, FALSE, sizeof(KafkaError));
        broker->held = g_ptr_array_new();
        self->actors[i] = &broker->actor;
        self->ids[i] = i;
        ck_assert(actor_start(&broker->actor));
    }
    self->book = (AddressBook){FIXTURE_BROKERS, self->ids, self->actors};
}

/* Partition p is led by broker p mod 3. */
static inline Fixture *fixture_new(int32_t partitions)
{
    Fixture *self = g_new0(Fixture, 1);
    self->sim = sim_new(1, NULL);
    NetworkProfile network = {.latency = distribution_constant(SIM_MS(1)),
                              .loopback_latency = distribution_constant(SIM_US(50))};
    (void)network_new(self->sim, &network);
    self->topics = metadata_log_new();
    self->topic_config = kafka_config_new(1U << KAFKA_SCOPE_TOPIC, NULL);
    (void)metadata_add_topic(self->topics, "t", partitions, false, self->topic_config);
    self->partitions = partitions;
    for (int32_t i = 0; i < FIXTURE_PARTITIONS; i++) {
        self->leader[i] = i % FIXTURE_BROKERS;
        self->logs[i].batches = g_array_new(FALSE, FALSE, sizeof(RecordBatch));
        self->logs[i].producer_id = NO_PRODUCER_ID;
    }
    fixture_new_brokers(self);
    self->cluster = cluster_spec_new();
    self->spec = producer_spec_new("m", 0);
    g_ptr_array_add(self->cluster->producers, self->spec);
    self->spec->value_bytes = distribution_constant(100);
    self->spec->rate_milli = 1000000;
    self->ledger = ledger_new(1, 0, 0);
    self->lines = g_string_new(NULL);
    self->traced = true;
    return self;
}

static inline void fixture_option(Fixture *self, const char *name, const char *value)
{
    ck_assert(kafka_config_set(self->spec->config, name, value));
}

static inline void fixture_start(Fixture *self)
{
    HostProfile host = {.name = "client",
                        .rack = "",
                        .cores = 2,
                        .disk = {.write_bytes_per_sec = 1, .read_bytes_per_sec = 1}};
    ProducerContext context = {
        .sim = self->sim,
        .brokers = &self->book,
        .topics = self->topics,
        .topic = 0,
        .ledger = self->ledger,
        .spec = self->spec,
        .era = self->era,
        .profile = &self->profile, /* all zero: no start-up time, no CPU time */
    };
    self->producer = producer_new(&context, "m", host_new(self->sim, &host));
    ck_assert(actor_start(producer_actor(self->producer)));
}

static inline void fixture_run(Fixture *self, SimTime until)
{
    ck_assert_int_ne(kernel_run(self->sim->kernel, until), KERNEL_REFUSED);
}

static inline void fixture_expect(Fixture *self, const char *lines)
{
    ck_assert_str_eq(self->lines->str, lines);
    g_string_truncate(self->lines, 0);
}

static inline const LedgerProducer *fixture_ledger(const Fixture *self)
{
    return ledger_producer(self->ledger, 0);
}

static inline void fixture_settle(Fixture *self)
{
    for (int32_t p = 0; p < self->partitions; p++) {
        for (guint i = 0; i < self->logs[p].batches->len; i++) {
            ledger_saw_in_log(self->ledger, &g_array_index(self->logs[p].batches, RecordBatch, i));
        }
    }
    ledger_settle(self->ledger);
}

static inline void fixture_free(Fixture *self)
{
    producer_free(self->producer);
    for (int32_t i = 0; i < FIXTURE_BROKERS; i++) {
        fake_broker_on_kill(&self->brokers[i].actor);
        actor_clear(&self->brokers[i].actor);
        g_array_free(self->brokers[i].script, TRUE);
        g_ptr_array_free(self->brokers[i].held, TRUE);
    }
    sim_free(self->sim);
    for (int32_t i = 0; i < FIXTURE_PARTITIONS; i++) {
        g_array_free(self->logs[i].batches, TRUE);
    }
    ledger_free(self->ledger);
    cluster_spec_free(self->cluster);
    metadata_log_free(self->topics);
    kafka_config_free(self->topic_config);
    g_string_free(self->lines, TRUE);
    g_free(self);
}

#endif
