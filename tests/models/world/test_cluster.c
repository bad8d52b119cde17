/* test_cluster.c - whole clusters: what a crash does to leaders, acks and records. */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

/* Three brokers, one topic of six partitions on all three (leaders 1 2 3 1 2 3), min ISR 2. */
static ClusterSpec *three_brokers(uint64_t seed, const char *acks)
{
    static const int32_t assignment[6][3] = {
        {1, 2, 3}, {2, 3, 1}, {3, 1, 2}, {1, 3, 2}, {2, 1, 3}, {3, 2, 1}};
    ClusterSpec *spec = whole_spec(3, 1, seed, SIM_SEC(30));
    TopicSpec *topic = whole_topic(spec, "orders", 6, 3);
    for (int p = 0; p < 6; p++) {
        whole_assign(topic, 3, assignment[p]);
    }
    whole_load(spec, 500, acks, SIM_SEC(25));
    return spec;
}

START_TEST(a_quiet_cluster_loses_and_moves_nothing)
{
    WholeCluster test = whole_run(three_brokers((uint64_t)_i, "all"));
    const ClusterReport *report = test.report;
    ck_assert_int_eq(report->total.offered, 12500);
    ck_assert_int_eq(report->total.acked, 12500);
    ck_assert_int_eq(report->total.lost, 0);
    ck_assert_int_eq(report->total.duplicated, 0);
    ck_assert_int_eq(report->total.reordered, 0);
    ck_assert_int_eq(report->elections, 0);
    ck_assert_int_eq(report->isr_shrinks, 0);
    ck_assert_int_eq(checks_failures(cluster_checks(test.cluster)), 0);
    whole_end(&test);
}
END_TEST

START_TEST(acked_records_survive_the_crash_of_a_leader)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, "all");
    whole_fault(spec, FAULT_CRASH, SIM_MS(5000 + 100 * _i), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    ck_assert_int_eq(report->total.acked, 12500);
    ck_assert_int_eq(report->total.lost, 0);
    ck_assert_int_eq(report->total.duplicated, 0);
    ck_assert_int_eq(report->total.reordered, 0);
    ck_assert_int_eq(report->elections, 2);
    ck_assert_int_eq(checks_failures(cluster_checks(test.cluster)), 0);
    whole_end(&test);
}
END_TEST

START_TEST(a_dead_broker_is_fenced_within_an_eighth_of_a_session_after_it)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, "all");
    SimTime kill = SIM_MS(5000);
    whole_fault(spec, FAULT_CRASH, kill, TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    SimTime fenced = whole_when(&test, 0, "controller-101", "fence", "broker 1");
    ck_assert_int_ge(fenced, kill + SIM_MS(7000 - 10));
    ck_assert_int_le(fenced, kill + SIM_MS(9000 + 1125 + 10));
    whole_end(&test);
}
END_TEST

START_TEST(partitions_of_living_leaders_stand_still_until_the_fencing)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, "all");
    SimTime kill = SIM_MS(5000);
    whole_fault(spec, FAULT_CRASH, kill, TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    SimTime fenced = whole_when(&test, 0, "controller-101", "fence", "broker 1");
    const ClusterReport *report = test.report;
    for (int p = 0; p < 6; p++) {
        const PartitionReport *partition = &report->partitions[p];
        ck_assert_msg(partition->longest_ack_gap > fenced - kill - SIM_MS(200),
                      "partition %d: gap %ld ms",
                      p,
                      (long)(partition->longest_ack_gap / SIM_MS(1)));
        ck_assert_int_le(partition->longest_ack_gap, fenced - kill + SIM_MS(2500));
    }
    whole_end(&test);
}
END_TEST

START_TEST(with_acks_1_living_leaders_go_on)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, "1");
    whole_fault(spec, FAULT_CRASH, SIM_MS(5000), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    for (int p = 0; p < 6; p++) {
        bool moved = p == 0 || p == 3;
        SimDuration gap = report->partitions[p].longest_ack_gap;
        ck_assert_msg(moved ? gap > SIM_SEC(6) : gap < SIM_SEC(1),
                      "partition %d: gap %ld ms",
                      p,
                      (long)(gap / SIM_MS(1)));
    }
    whole_end(&test);
}
END_TEST

START_TEST(a_restarted_broker_registers_catches_up_and_joins_every_isr)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, "all");
    spec->duration = SIM_SEC(40);
    whole_fault(spec, FAULT_CRASH, SIM_MS(5000), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_START, SIM_MS(17000), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    for (int p = 0; p < 6; p++) {
        ck_assert_int_eq(report->partitions[p].isr_count, 3);
        ck_assert_int_ne(report->partitions[p].leader, 1);
    }
    /* A leader that hears of its change by the metadata first does not count it, as in Kafka. */
    ck_assert_int_gt(report->isr_expands, 0);
    ck_assert_int_le(report->isr_expands, 6);
    ck_assert_int_eq(report->total.lost, 0);
    whole_end(&test);
}
END_TEST

START_TEST(a_graceful_stop_moves_leaders_before_the_process_ends)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, "all");
    whole_fault(spec, FAULT_STOP, SIM_MS(5000), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    SimTime moved = whole_when(&test, 0, "controller-101", "leader", "orders-0");
    SimTime gone = whole_when(&test, 0, "broker-1", "exit", "");
    ck_assert_int_gt(moved, SIM_MS(5000));
    ck_assert_int_lt(moved, SIM_MS(5200));
    ck_assert_int_gt(gone, moved);
    ck_assert_int_lt(gone, SIM_MS(8000));
    ck_assert_int_eq(cluster_report(test.cluster)->total.lost, 0);
    whole_end(&test);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_run_and_another_seed_another)
{
    uint64_t fingerprints[3];
    const uint64_t seeds[3] = {5, 5, 6};
    for (int i = 0; i < 3; i++) {
        ClusterSpec *spec = three_brokers(seeds[i], "all");
        whole_fault(spec, FAULT_CRASH, SIM_MS(5000), TARGET_BROKER, 0);
        WholeCluster test = whole_run(spec);
        fingerprints[i] = cluster_fingerprint(test.cluster);
        whole_end(&test);
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
    return run_suite(suite);
}
