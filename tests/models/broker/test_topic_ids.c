/* test_topic_ids.c - which error a broker answers with when a request names a topic that is not, or
 * is no more, what its partition is of. One broker, one topic, which is deleted at 20 s and created
 * again at 30 s; a client that sends what the test says. (KIP-516, KAFKA-10551) */
#include "models/client/network_client.h"
#include "models/world/cluster_state.h"
#include "sim/resource/host.h"
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

typedef struct Asker {
    Actor actor;
    NetworkClient *client;
    Cluster *cluster;
    KafkaError error; /* of the last answer; KAFKA_UNKNOWN_SERVER_ERROR: none came */
} Asker;

static void on_mail(Actor *actor, ConnectionId connection, Message *message)
{
    (void)network_client_on_mail(((Asker *)actor)->client, connection, message);
}

static void on_connected(Actor *actor, ConnectionId connection)
{
    (void)network_client_on_connected(((Asker *)actor)->client, connection);
}

static const ActorClass asker_class = {
    .name = "asker", .on_mail = on_mail, .on_connected = on_connected};

static void
on_response(void *owner, int32_t node, uint16_t api, void *context, ResponseHeader *response)
{
    Asker *self = owner;
    (void)node;
    (void)context;
    if (api == KAFKA_PRODUCE) {
        self->error = ((const ProduceResponse *)response)->partitions[0].error;
    } else {
        const FetchResponse *fetched = (const FetchResponse *)response;
        self->error = fetched->partition_count > 0 ? fetched->partitions[0].error : fetched->error;
    }
}

static void on_node(void *owner, int32_t node)
{
    (void)owner;
    (void)node;
}

static void run_for(Asker *self, SimDuration time)
{
    (void)cluster_run(self->cluster, sim_now(self->actor.sim) + time);
}

static void asker_begin(Asker *self, Cluster *cluster)
{
    static const HostProfile host = {.name = "asker", .rack = "", .cores = 1};
    static const NetworkClientEvents events = {on_response, on_node, on_node};
    const NetworkClientOptions options = {.brokers = &cluster->book,
                                          .client_id = "asker",
                                          .max_in_flight = 1,
                                          .connection_setup_timeout_ns = SIM_SEC(10),
                                          .connection_setup_timeout_ns_max = SIM_SEC(10),
                                          .request_timeout_ns = SIM_SEC(100)};
    self->cluster = cluster;
    actor_init(&self->actor, &asker_class, cluster->sim, "asker", host_new(cluster->sim, &host));
    self->client = network_client_new(&self->actor, &options, &events, self);
    ck_assert(actor_start(&self->actor));
    (void)network_client_ready(self->client, 1);
    run_for(self, SIM_SEC(1));
    ck_assert(network_client_can_send(self->client, 1));
}

static void asker_end(Asker *self)
{
    network_client_free(self->client);
    actor_clear(&self->actor);
}

static KafkaError ask(Asker *self, RequestHeader *request)
{
    self->error = KAFKA_UNKNOWN_SERVER_ERROR;
    network_client_send(self->client, 1, request, NULL, true, 0);
    run_for(self, SIM_SEC(1));
    return self->error;
}

static KafkaError fetch(Asker *self, int32_t session_epoch, int64_t topic_id)
{
    FetchRequest *request =
        message_new(self->actor.sim, KAFKA_MESSAGE_BYTES(FetchRequest, partitions, 1), KAFKA_FETCH);
    request->replica_id = -1;
    request->replica_epoch = -1;
    request->max_bytes = 1000;
    request->session_epoch = session_epoch;
    request->partition_count = 1;
    request->partitions[0] = (FetchPartition){.topic_id = topic_id,
                                              .current_leader_epoch = -1,
                                              .last_fetched_epoch = -1,
                                              .partition_max_bytes = 1000};
    return ask(self, &request->header);
}

static KafkaError produce(Asker *self, int64_t topic_id)
{
    ProduceRequest *request = message_new(
        self->actor.sim, KAFKA_MESSAGE_BYTES(ProduceRequest, batches, 1), KAFKA_PRODUCE);
    request->acks = 1;
    request->timeout_ns = SIM_SEC(1);
    request->batch_count = 1;
    request->batches[0] = (RecordBatch){
        .topic_id = topic_id, .producer_id = NO_PRODUCER_ID, .count = 1, .bytes = 100};
    return ask(self, &request->header);
}

typedef struct Recreated {
    ClusterSpec *spec;
    Cluster *cluster;
    Asker old;   /* with a session from before the topic was deleted */
    Asker fresh; /* with none */
    int64_t former;
} Recreated;

static int64_t present_id(const Recreated *self)
{
    const MetadataLog *metadata = self->cluster->metadata;
    return metadata_topic_id(metadata, 0, metadata_end_offset(metadata));
}

static void begin(Recreated *self)
{
    ClusterSpec *spec = whole_spec(1, 1, 1, SIM_SEC(60));
    (void)whole_topic(spec, "orders", 1, 1);
    whole_fault(spec, FAULT_DELETE_TOPIC, SIM_SEC(20), TARGET_NONE, SPEC_NONE)->topic = 0;
    FaultSpec *again = whole_fault(spec, FAULT_CREATE_TOPIC, SIM_SEC(30), TARGET_NONE, SPEC_NONE);
    again->topic = 0;
    again->number = 1;
    again->replication_factor = 1;
    cluster_spec_sort_faults(spec);
    *self = (Recreated){.spec = spec, .cluster = cluster_new(spec)};
    (void)cluster_run(self->cluster, SIM_SEC(10));
    self->former = present_id(self);
    asker_begin(&self->old, self->cluster);
    asker_begin(&self->fresh, self->cluster);
    ck_assert_int_eq(fetch(&self->old, 0, self->former), KAFKA_NONE);
}

static void end(Recreated *self)
{
    asker_end(&self->old);
    asker_end(&self->fresh);
    cluster_free(self->cluster);
    cluster_spec_free(self->spec);
}

/* CachedPartition keeps the name: KafkaApis finds the new topic, ReplicaManager its other id. */
START_TEST(a_session_from_before_is_told_that_the_id_is_another_one)
{
    Recreated test;
    begin(&test);
    (void)cluster_run(test.cluster, SIM_SEC(25));
    ck_assert_int_eq(fetch(&test.old, 1, test.former), KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    (void)cluster_run(test.cluster, SIM_SEC(35));
    ck_assert_int_eq(fetch(&test.old, 1, test.former), KAFKA_INCONSISTENT_TOPIC_ID);
    ck_assert_int_eq(fetch(&test.old, 1, present_id(&test)), KAFKA_NONE);
    ck_assert_int_eq(fetch(&test.old, 0, test.former), KAFKA_UNKNOWN_TOPIC_ID);
    end(&test);
}
END_TEST

START_TEST(an_id_that_no_topic_has_is_unknown_to_fetch_and_produce)
{
    Recreated test;
    begin(&test);
    for (int64_t at = 25; at <= 35; at += 10) {
        (void)cluster_run(test.cluster, SIM_SEC(at));
        ck_assert_int_eq(fetch(&test.fresh, 0, test.former), KAFKA_UNKNOWN_TOPIC_ID);
        ck_assert_int_eq(produce(&test.fresh, test.former), KAFKA_UNKNOWN_TOPIC_ID);
    }
    ck_assert_int_eq(fetch(&test.fresh, 0, present_id(&test)), KAFKA_NONE);
    ck_assert_int_eq(produce(&test.fresh, present_id(&test)), KAFKA_NONE);
    end(&test);
}
END_TEST

/* Without an id the request goes by name (FetchRequest before version 13, ProduceRequest before
 * 13), and there is no such topic. */
START_TEST(a_name_that_no_topic_has_is_unknown_to_fetch_and_produce)
{
    Recreated test;
    begin(&test);
    (void)cluster_run(test.cluster, SIM_SEC(25));
    ck_assert_int_eq(fetch(&test.fresh, 0, NO_TOPIC_ID), KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    ck_assert_int_eq(produce(&test.fresh, NO_TOPIC_ID), KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    end(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("topic ids");
    TCase *tests = tcase_create("ids");
    tcase_add_test(tests, a_session_from_before_is_told_that_the_id_is_another_one);
    tcase_add_test(tests, an_id_that_no_topic_has_is_unknown_to_fetch_and_produce);
    tcase_add_test(tests, a_name_that_no_topic_has_is_unknown_to_fetch_and_produce);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
