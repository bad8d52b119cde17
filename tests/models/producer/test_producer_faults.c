/* test_producer_faults.c - over many seeds: whatever happens to one broker at a time, records of
 * an idempotent producer with acks=all are in the log exactly once and in order, and each of them
 * is answered once the faults are over. */
#include "models/world/cluster.h"
#include "sim/chance/stream.h"
#include "tests/run_suite.h"
#include <check.h>
#include <string.h>

static void add_fault(ClusterSpec *spec, FaultVerb verb, SimTime at, int32_t broker, bool ends)
{
    FaultSpec *fault = fault_spec_new(verb, at);
    fault->target = TARGET_BROKER;
    fault->index = broker;
    fault->ends = ends;
    fault->delay = SIM_MS(50);
    g_ptr_array_add(spec->faults, fault);
}

/* A fault and its end, and then time to recover from it. Returns when the next may begin. */
static SimTime add_random_fault(ClusterSpec *spec, Stream *chance, SimTime at)
{
    static const FaultVerb begins[] = {
        FAULT_CRASH, FAULT_PAUSE, FAULT_STOP, FAULT_ISOLATE, FAULT_SLOW_NETWORK};
    static const FaultVerb ends[] = {
        FAULT_START, FAULT_RESUME, FAULT_START, FAULT_ISOLATE, FAULT_SLOW_NETWORK};
    uint64_t which = stream_below(chance, sizeof(begins) / sizeof(begins[0]));
    int32_t broker = (int32_t)stream_below(chance, 3);
    SimTime until = at + SIM_MS(stream_between(chance, 200, 15000));
    until += begins[which] == FAULT_STOP ? SIM_SEC(5) : 0; /* it takes a while to go */
    add_fault(spec, begins[which], at, broker, false);
    add_fault(spec, ends[which], until, broker, ends[which] == begins[which]);
    return until + SIM_MS(stream_between(chance, 8000, 15000));
}

static void add_producer(ClusterSpec *spec, Stream *chance, const char *name, int64_t rate)
{
    static const char *const lingers[] = {"0", "5", "50"};
    ProducerSpec *producer = producer_spec_new(name, 0);
    producer->rate_milli = rate * 1000;
    producer->arrival = stream_below(chance, 2) == 0 ? ARRIVAL_POISSON : ARRIVAL_CONSTANT;
    producer->choice = stream_below(chance, 2) == 0 ? PARTITION_CYCLE : PARTITION_BY_CLIENT;
    producer->value_bytes = distribution_exponential(500);
    producer->stop = SIM_SEC(60);
    ck_assert(kafka_config_set(producer->config, "linger.ms", lingers[stream_below(chance, 3)]));
    ck_assert(kafka_config_set(producer->config,
                               "max.in.flight.requests.per.connection",
                               stream_below(chance, 4) == 0 ? "1" : "5"));
    g_ptr_array_add(spec->producers, producer);
}

static ClusterSpec *random_spec(uint64_t seed)
{
    Stream chance;
    stream_init(&chance, seed, "test of faults");
    ClusterSpec *spec = cluster_spec_new();
    spec->seed = seed;
    spec->duration = SIM_SEC(120);
    g_ptr_array_add(spec->controllers, controller_spec_new(101, SPEC_NONE, spec));
    for (int32_t id = 1; id <= 3; id++) {
        g_ptr_array_add(spec->brokers, broker_spec_new(id, SPEC_NONE, spec));
    }
    TopicSpec *topic = topic_spec_new("t", 6, 3);
    ck_assert(kafka_config_set(topic->config, "min.insync.replicas", "2"));
    g_ptr_array_add(spec->topics, topic);
    add_producer(spec, &chance, "slow", 60);
    add_producer(spec, &chance, "fast", 2000);
    SimTime at = SIM_SEC(8);
    for (int i = 0; i < 2; i++) {
        at = add_random_fault(spec, &chance, at);
    }
    return spec;
}

START_TEST(idempotent_records_are_in_the_log_exactly_once_and_in_order)
{
    ClusterSpec *spec = random_spec((uint64_t)_i);
    Cluster *cluster = cluster_new(spec);
    ck_assert_int_eq(cluster_run(cluster, spec->duration), KERNEL_UNTIL);
    const Fates *total = &cluster_report(cluster)->total;
    ck_assert_int_ge(total->offered, 100000);
    ck_assert_int_eq(total->acked, total->offered);
    ck_assert_int_eq(total->lost, 0);
    ck_assert_int_eq(total->duplicated, 0);
    ck_assert_int_eq(total->reordered, 0);
    ck_assert_int_eq(checks_failures(cluster_checks(cluster)), 0);
    cluster_free(cluster);
    cluster_spec_free(spec);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("producer_faults");
    TCase *tests = tcase_create("seeds");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, idempotent_records_are_in_the_log_exactly_once_and_in_order, 1, 13);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
