/* test_cluster.c - whole clusters: what a crash does to leaders, acks and records. */
#include "models/world/cluster.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

typedef struct TestCluster {
    ClusterSpec *spec;
    Cluster *cluster;
} TestCluster;

/* Three brokers, one topic of six partitions on all three (leaders 1 2 3 1 2 3), min ISR 2. */
static ClusterSpec *three_brokers(uint64_t seed, const char *acks)
{
    static const int32_t assignment[6][3] = {
        {1, 2, 3}, {2, 3, 1}, {3, 1, 2}, {1, 3, 2}, {2, 1, 3}, {3, 2, 1}};
    ClusterSpec *spec = cluster_spec_new();
    g_free(spec->name);
    spec->name = g_strdup("test");
    spec->seed = seed;
    spec->duration = SIM_SEC(30);
    g_ptr_array_add(spec->controllers, controller_spec_new(101, SPEC_NONE, spec));
    for (int32_t id = 1; id <= 3; id++) {
        g_ptr_array_add(spec->brokers, broker_spec_new(id, SPEC_NONE, spec));
    }
    TopicSpec *topic = topic_spec_new("orders", 6, 3);
    ck_assert(kafka_config_set(topic->config, "min.insync.replicas", "2"));
    topic->assignment = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    for (int p = 0; p < 6; p++) {
        GArray *replicas = g_array_new(FALSE, FALSE, sizeof(int32_t));
        g_array_append_vals(replicas, assignment[p], 3);
        g_ptr_array_add(topic->assignment, replicas);
    }
    g_ptr_array_add(spec->topics, topic);
    ProducerSpec *producer = producer_spec_new("load", 0);
    producer->rate_milli = 500 * 1000;
    producer->choice = PARTITION_CYCLE;
    producer->value_bytes = distribution_constant(192);
    producer->stop = SIM_SEC(25);
    ck_assert(kafka_config_set(producer->config, "acks", acks));
    g_ptr_array_add(spec->producers, producer);
    return spec;
}

static void add_fault(ClusterSpec *spec, FaultVerb verb, SimTime at, int32_t broker_index)
{
    FaultSpec *fault = fault_spec_new(verb, at);
    fault->target = TARGET_BROKER;
    fault->index = broker_index;
    g_ptr_array_add(spec->faults, fault);
}

static TestCluster run(ClusterSpec *spec)
{
    TestCluster test = {spec, cluster_new(spec)};
    KernelStop stop = cluster_run(test.cluster, spec->duration);
    ck_assert_msg(stop == KERNEL_UNTIL, "stopped with %d", (int)stop);
    return test;
}

static void end(TestCluster *test)
{
    cluster_free(test->cluster);
    cluster_spec_free(test->spec);
}

/* When the first event of this kind was logged; -1 never. */
static SimTime
when(const TestCluster *test, const char *actor, const char *what, const char *detail)
{
    const EventLog *log = cluster_event_log(test->cluster);
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        LoggedEvent event;
        if (event_log_get(log, id, &event) && strcmp(event.what, what) == 0 &&
            strcmp(event.actor, actor) == 0 && g_str_has_prefix(event.detail, detail)) {
            return event.time;
        }
    }
    return -1;
}

START_TEST(a_quiet_cluster_loses_and_moves_nothing)
{
    TestCluster test = run(three_brokers((uint64_t)_i, "all"));
    const ClusterReport *report = cluster_report(test.cluster);
    ck_assert_int_eq(report->total.offered, 12500);
    ck_assert_int_eq(report->total.acked, 12500);
    ck_assert_int_eq(report->total.lost, 0);
    ck_assert_int_eq(report->total.duplicated, 0);
    ck_assert_int_eq(report->total.reordered, 0);
    ck_assert_int_eq(report->elections, 0);
    ck_assert_int_eq(report->isr_shrinks, 0);
    ck_assert_int_eq(checks_failures(cluster_checks(test.cluster)), 0);
    end(&test);
}
END_TEST

START_TEST(acked_records_survive_the_crash_of_a_leader)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, "all");
    add_fault(spec, FAULT_CRASH, SIM_MS(5000 + 100 * _i), 0);
    TestCluster test = run(spec);
    const ClusterReport *report = cluster_report(test.cluster);
    ck_assert_int_eq(report->total.acked, 12500);
    ck_assert_int_eq(report->total.lost, 0);
    ck_assert_int_eq(report->total.duplicated, 0);
    ck_assert_int_eq(report->total.reordered, 0);
    ck_assert_int_eq(report->elections, 2);
    ck_assert_int_eq(checks_failures(cluster_checks(test.cluster)), 0);
    end(&test);
}
END_TEST

START_TEST(a_dead_broker_is_fenced_within_an_eighth_of_a_session_after_it)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, "all");
    SimTime kill = SIM_MS(5000);
    add_fault(spec, FAULT_CRASH, kill, 0);
    TestCluster test = run(spec);
    SimTime fenced = when(&test, "controller-101", "fence", "broker 1");
    ck_assert_int_ge(fenced, kill + SIM_MS(7000 - 10));
    ck_assert_int_le(fenced, kill + SIM_MS(9000 + 1125 + 10));
    end(&test);
}
END_TEST

START_TEST(partitions_of_living_leaders_stand_still_until_the_fencing)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, "all");
    SimTime kill = SIM_MS(5000);
    add_fault(spec, FAULT_CRASH, kill, 0);
    TestCluster test = run(spec);
    SimTime fenced = when(&test, "controller-101", "fence", "broker 1");
    const ClusterReport *report = cluster_report(test.cluster);
    for (int p = 0; p < 6; p++) {
        const PartitionReport *partition = &report->partitions[p];
        ck_assert_msg(partition->longest_ack_gap > fenced - kill - SIM_MS(200),
                      "partition %d: gap %ld ms",
                      p,
                      (long)(partition->longest_ack_gap / SIM_MS(1)));
        ck_assert_int_le(partition->longest_ack_gap, fenced - kill + SIM_MS(2500));
    }
    end(&test);
}
END_TEST

START_TEST(with_acks_1_living_leaders_go_on)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, "1");
    add_fault(spec, FAULT_CRASH, SIM_MS(5000), 0);
    TestCluster test = run(spec);
    const ClusterReport *report = cluster_report(test.cluster);
    for (int p = 0; p < 6; p++) {
        bool moved = p == 0 || p == 3;
        SimDuration gap = report->partitions[p].longest_ack_gap;
        ck_assert_msg(moved ? gap > SIM_SEC(6) : gap < SIM_SEC(1),
                      "partition %d: gap %ld ms",
                      p,
                      (long)(gap / SIM_MS(1)));
    }
    end(&test);
}
END_TEST

START_TEST(a_restarted_broker_registers_catches_up_and_joins_every_isr)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, "all");
    spec->duration = SIM_SEC(40);
    add_fault(spec, FAULT_CRASH, SIM_MS(5000), 0);
    add_fault(spec, FAULT_START, SIM_MS(17000), 0);
    TestCluster test = run(spec);
    const ClusterReport *report = cluster_report(test.cluster);
    for (int p = 0; p < 6; p++) {
        ck_assert_int_eq(report->partitions[p].isr_count, 3);
        ck_assert_int_ne(report->partitions[p].leader, 1);
    }
    /* A leader that hears of its change by the metadata first does not count it, as in Kafka. */
    ck_assert_int_gt(report->isr_expands, 0);
    ck_assert_int_le(report->isr_expands, 6);
    ck_assert_int_eq(report->total.lost, 0);
    end(&test);
}
END_TEST

START_TEST(a_graceful_stop_moves_leaders_before_the_process_ends)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, "all");
    add_fault(spec, FAULT_STOP, SIM_MS(5000), 0);
    TestCluster test = run(spec);
    SimTime moved = when(&test, "controller-101", "leader", "orders-0");
    SimTime gone = when(&test, "broker-1", "exit", "");
    ck_assert_int_gt(moved, SIM_MS(5000));
    ck_assert_int_lt(moved, SIM_MS(5200));
    ck_assert_int_gt(gone, moved);
    ck_assert_int_lt(gone, SIM_MS(8000));
    ck_assert_int_eq(cluster_report(test.cluster)->total.lost, 0);
    end(&test);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_run_and_another_seed_another)
{
    uint64_t fingerprints[3];
    const uint64_t seeds[3] = {5, 5, 6};
    for (int i = 0; i < 3; i++) {
        ClusterSpec *spec = three_brokers(seeds[i], "all");
        add_fault(spec, FAULT_CRASH, SIM_MS(5000), 0);
        TestCluster test = run(spec);
        fingerprints[i] = cluster_fingerprint(test.cluster);
        end(&test);
    }
    ck_assert_uint_eq(fingerprints[0], fingerprints[1]);
    ck_assert_uint_ne(fingerprints[0], fingerprints[2]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cluster");
    TCase *tcase = tcase_create("three brokers");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, a_quiet_cluster_loses_and_moves_nothing, 0, 3);
    tcase_add_loop_test(tcase, acked_records_survive_the_crash_of_a_leader, 0, 20);
    tcase_add_loop_test(
        tcase, a_dead_broker_is_fenced_within_an_eighth_of_a_session_after_it, 0, 20);
    tcase_add_loop_test(tcase, partitions_of_living_leaders_stand_still_until_the_fencing, 0, 10);
    tcase_add_loop_test(tcase, with_acks_1_living_leaders_go_on, 0, 10);
    tcase_add_loop_test(tcase, a_restarted_broker_registers_catches_up_and_joins_every_isr, 0, 10);
    tcase_add_loop_test(tcase, a_graceful_stop_moves_leaders_before_the_process_ends, 0, 10);
    tcase_add_test(tcase, the_same_seed_gives_the_same_run_and_another_seed_another);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
