/* test_zookeeper_cluster.c - whole clusters before KRaft: sessions, fail-over, pushes, ISR writes.
 */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

/* Brokers 1.., of which 1 is the controller. */
static ClusterSpec *brokers(int32_t count, uint64_t seed, SimTime duration)
{
    ClusterSpec *spec = whole_spec(count, 1, seed, duration);
    spec->era.on[ERA_KRAFT] = false;
    return spec;
}

/* Three of them, a topic of six partitions on all, and a producer with acks=all. */
static ClusterSpec *three_brokers(uint64_t seed, SimTime duration)
{
    ClusterSpec *spec = brokers(3, seed, duration);
    whole_topic(spec, "orders", 6, 3);
    whole_load(spec, 300, "all", duration - SIM_SEC(10));
    return spec;
}

/* The session is 18 s from the last ping (every 6 s), looked for every 2 s. */
START_TEST(a_dead_broker_is_found_by_its_session)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i + 1, SIM_SEC(70));
    SimTime crash = SIM_SEC(10) + SIM_MS(700) * _i;
    whole_fault(spec, FAULT_CRASH, crash, TARGET_BROKER, 1);
    whole_fault(spec, FAULT_START, SIM_SEC(45), TARGET_BROKER, 1);
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    SimTime found = whole_when(&test, crash, "controller-1", "broker failure", "broker 2");
    ck_assert_int_ge(found, crash + SIM_SEC(12));
    ck_assert_int_le(found, crash + SIM_SEC(20) + SIM_MS(100));
    ck_assert_int_eq(report->elections, 2);
    ck_assert_int_gt(whole_when(&test, SIM_SEC(45), "controller-2", "registered", "in ZooKeeper"),
                     0);
    for (int p = 0; p < 6; p++) {
        ck_assert_int_eq(report->partitions[p].isr_count, 3);
    }
    ck_assert_int_eq(report->total.acked, report->total.offered);
    whole_end(&test);
}
END_TEST

/* kill -9 and a start at once: the node of the dead process's session is still there, and the new
 * process does not wait for its end. */
START_TEST(a_broker_that_is_back_too_early_dies_of_its_old_session)
{
    ClusterSpec *spec = three_brokers(3, SIM_SEC(90));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(10), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_START, SIM_SEC(11), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_START, SIM_SEC(50), TARGET_BROKER, 1);
    WholeCluster test = whole_run(spec);
    SimTime fatal = whole_when(&test, SIM_SEC(11), "broker-2", "fatal", "NodeExistsException");
    SimTime exit = whole_when(&test, SIM_SEC(11), "broker-2", "exit", "");
    SimTime expired = whole_when(&test, SIM_SEC(10), "zookeeper", "session", "of broker 2 expired");
    SimTime registered =
        whole_when(&test, SIM_SEC(10), "controller-2", "registered", "in ZooKeeper");
    ck_assert_int_gt(fatal, SIM_SEC(11));
    ck_assert_int_ge(exit, fatal);
    ck_assert_int_lt(exit, SIM_SEC(20));
    ck_assert_int_ge(expired, SIM_SEC(22));
    ck_assert_int_gt(registered, SIM_SEC(50));
    ck_assert(whole_said(&test, "registered", "broker 2, not for the first time"));
    ck_assert_int_eq(cluster_report(test.cluster)->partitions[0].isr_count, 3);
    whole_end(&test);
}
END_TEST

/* The controller watches the state of a partition that moves, whoever writes it. */
START_TEST(without_kip_497_a_reassignment_completes)
{
    ClusterSpec *spec = brokers(3, (uint64_t)_i + 1, SIM_SEC(40));
    spec->era.on[ERA_KIP_497] = false;
    const int32_t first[] = {1, 2};
    whole_assign(whole_topic(spec, "orders", 1, 2), 2, first);
    whole_load(spec, 50, "all", SIM_SEC(30));
    FaultSpec *move = whole_fault(spec, FAULT_REASSIGN, SIM_SEC(10), TARGET_NONE, SPEC_NONE);
    const MoveSpec wish = {.topic = 0, .partition = 0, .replicas = {.count = 2, .ids = {1, 3}}};
    move->topic = 0;
    move->moves = g_array_new(FALSE, FALSE, sizeof(MoveSpec));
    g_array_append_val(move->moves, wish);
    WholeCluster test = whole_run(spec);
    SimTime done = whole_when(&test, SIM_SEC(10), "controller", "reassignment complete", "[1,3]");
    ck_assert_int_gt(done, 0);
    ck_assert_int_le(done, SIM_SEC(12));
    ck_assert_int_eq(test.report->partitions[0].isr_count, 2);
    whole_end(&test);
}
END_TEST

static SimDuration fail_over(int32_t partitions)
{
    ClusterSpec *spec = brokers(3, 5, SIM_SEC(80));
    whole_topic(spec, "orders", partitions, 1);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(10), TARGET_ACTIVE_CONTROLLER, 0);
    WholeCluster test = whole_run(spec);
    SimTime expired = whole_when(&test, SIM_SEC(10), "zookeeper", "session", "of broker 1 expired");
    SimTime active = whole_when(&test, SIM_SEC(10), "controller-", "active", "epoch 2");
    ck_assert_int_gt(expired, SIM_SEC(10));
    ck_assert_int_gt(active, expired);
    ck_assert_int_gt(whole_when(&test, active, "controller-", "broker failure", "broker 1"), 0);
    whole_end(&test);
    return active - expired;
}

/* Published for that era: 2 ms a partition, 10,000 partitions add 20 s to the fail-over. */
START_TEST(a_fail_over_reads_every_partition)
{
    SimDuration few = fail_over(10);
    SimDuration many = fail_over(10000);
    ck_assert_int_lt(few, SIM_MS(100));
    ck_assert_int_gt(many, SIM_SEC(19));
    ck_assert_int_lt(many, SIM_SEC(22));
}
END_TEST

/* Published for that era: a broker with 2,000 partitions of two replicas leads about 1,000; at 5 ms
 * each they are without a leader for some 5 s more than it takes to find out. */
START_TEST(the_unclean_loss_of_a_thousand_leaders_takes_five_seconds)
{
    ClusterSpec *spec = brokers(3, 6, SIM_SEC(60));
    whole_topic(spec, "orders", 3000, 2); /* 2,000 replicas on each */
    whole_fault(spec, FAULT_CRASH, SIM_SEC(10), TARGET_BROKER, 2);
    WholeCluster test = whole_run(spec);
    SimTime expired = whole_when(&test, SIM_SEC(10), "zookeeper", "session", "of broker 3 expired");
    SimTime first = whole_when(&test, expired, "controller-1", "leader", "broker failure 3");
    SimTime led = whole_last(&test, expired, "broker-", "leads", "");
    ck_assert_int_gt(first, expired + SIM_MS(4500));
    ck_assert_int_lt(first, expired + SIM_MS(5500));
    ck_assert_int_lt(led, expired + SIM_SEC(9)); /* with the thousand whose leaders stay */
    ck_assert_int_ge(cluster_report(test.cluster)->elections, 950);
    whole_end(&test);
}
END_TEST

START_TEST(a_dead_controller_is_replaced_and_data_go_on_meanwhile)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i + 1, SIM_SEC(80));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(10), TARGET_ACTIVE_CONTROLLER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(40), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    SimTime active = whole_when(&test, SIM_SEC(10), "controller-", "active", "epoch 2");
    ck_assert_int_ge(active, SIM_SEC(22));
    ck_assert_int_le(active, SIM_SEC(31));
    ck_assert_int_ge(whole_when(&test, active, "controller-", "broker failure", "broker 1"),
                     active);
    ck_assert_int_eq(whole_when(&test, 0, "controller-", "fence", ""), -1); /* a word of KRaft's */
    ck_assert_int_eq(whole_when(&test, 0, "controller-", "unfence", ""), -1);
    ck_assert_int_eq(report->total.acked, report->total.offered);
    for (int p = 0; p < 6; p++) {
        ck_assert_int_eq(report->partitions[p].isr_count, 3);
    }
    whole_end(&test);
}
END_TEST

/* A long pause: ZooKeeper takes the office away, a newer epoch pushes; the old one finds out. */
START_TEST(a_paused_controller_comes_back_as_none)
{
    ClusterSpec *spec = three_brokers(8, SIM_SEC(100));
    whole_fault(spec, FAULT_PAUSE, SIM_SEC(10), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_RESUME, SIM_SEC(50), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    SimTime active = whole_when(&test, SIM_SEC(10), "controller-", "active", "epoch 2");
    ck_assert_int_gt(active, 0);
    ck_assert_int_lt(active, SIM_SEC(32));
    ck_assert_int_gt(whole_when(&test, SIM_SEC(50), "controller-1", "inactive", "resigns"), 0);
    ck_assert_int_eq(whole_when(&test, SIM_SEC(50), "controller-", "active", "epoch 3"), -1);
    ck_assert_int_gt(whole_when(&test, SIM_SEC(50), "controller-1", "registered", "in ZooKeeper"),
                     0);
    for (int p = 0; p < 6; p++) {
        ck_assert_int_eq(report->partitions[p].isr_count, 3);
    }
    whole_end(&test);
}
END_TEST

START_TEST(a_controlled_shutdown_moves_leaders_first)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i + 1, SIM_SEC(60));
    whole_fault(spec, FAULT_STOP, SIM_SEC(10), TARGET_BROKER, 1 + _i % 2);
    whole_fault(spec, FAULT_START, SIM_SEC(20), TARGET_BROKER, 1 + _i % 2);
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    g_autofree char *name = g_strdup_printf("broker-%d", 2 + _i % 2);
    SimTime gone = whole_when(&test, SIM_SEC(10), name, "exit", "");
    ck_assert_int_gt(gone, SIM_SEC(10));
    ck_assert_int_lt(gone, SIM_SEC(17));
    ck_assert_int_le(report->producers[0].longest_gap, SIM_MS(2500));
    ck_assert_int_eq(report->total.acked, report->total.offered);
    ck_assert_int_eq(report->total.lost, 0);
    /* its session was closed: it need not wait for it */
    g_autofree char *part = g_strdup_printf("controller-%d", 2 + _i % 2);
    SimTime registered = whole_when(&test, SIM_SEC(20), part, "registered", "in ZooKeeper");
    ck_assert_int_gt(registered, SIM_SEC(20));
    ck_assert_int_lt(registered, SIM_SEC(25));
    for (int p = 0; p < 6; p++) {
        ck_assert_int_eq(report->partitions[p].isr_count, 3);
    }
    whole_end(&test);
}
END_TEST

/* Before KIP-497 leaders write their ISR to ZooKeeper; the controller hears of it in batches. */
START_TEST(without_kip_497_leaders_write_the_isr_themselves)
{
    ClusterSpec *spec = three_brokers(9, SIM_SEC(90));
    spec->era.on[ERA_KIP_497] = false;
    whole_fault(spec, FAULT_PAUSE, SIM_SEC(10), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_RESUME, SIM_SEC(16), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(30), TARGET_BROKER, 2);
    whole_fault(spec, FAULT_START, SIM_SEC(60), TARGET_BROKER, 2);
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    bool written = false;
    for (int32_t i = 0; i < report->leader_change_count; i++) {
        const LeaderChange *change = &report->leader_changes[i];
        written = written || strcmp(change->why, "written to ZooKeeper") == 0;
        ck_assert(strstr(change->why, "alter partition") == NULL);
    }
    ck_assert(written);
    for (int p = 0; p < 6; p++) {
        ck_assert_int_eq(report->partitions[p].isr_count, 3);
    }
    ck_assert_int_eq(report->total.lost, 0);
    whole_end(&test);
}
END_TEST

/* Its return is in ZooKeeper, but the controller has not been told when it stops: that one reads
 * each state again before it writes it (ReplicaStateMachine.doRemoveReplicasFromIsr). */
START_TEST(without_kip_497_a_broker_that_stops_leaves_isrs_that_the_controller_did_not_know_of)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i + 1, SIM_SEC(80));
    spec->era.on[ERA_KIP_497] = false;
    whole_fault(spec, FAULT_CRASH, SIM_SEC(10), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_START, SIM_SEC(45), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_STOP, SIM_SEC(50), TARGET_BROKER, 1);
    WholeCluster test = whole_run(spec);
    ck_assert_int_gt(whole_when(&test, SIM_SEC(50), "broker-2", "exit", ""), 0);
    for (int p = 0; p < 6; p++) {
        ck_assert_int_eq(test.report->partitions[p].isr_count, 2);
    }
    whole_end(&test);
}
END_TEST

/* LeaderAndIsr.newLeaderAndIsr: whoever leads. AlterPartition leaves the epoch as it is. */
START_TEST(a_controller_that_shrinks_an_isr_begins_a_leader_epoch)
{
    ClusterSpec *spec = brokers(3, (uint64_t)_i + 1, SIM_SEC(70));
    const int32_t replicas[] = {1, 3, 2};
    whole_assign(whole_topic(spec, "orders", 1, 3), 3, replicas);
    whole_load(spec, 50, "all", SIM_SEC(60));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(10), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_START, SIM_SEC(45), TARGET_BROKER, 1);
    WholeCluster test = whole_run(spec);
    ck_assert_int_gt(whole_when(&test, SIM_SEC(10), "controller", "isr", "orders-0: [1,3]"), 0);
    ck_assert_int_eq(test.report->partitions[0].leader, 1);
    ck_assert_int_eq(test.report->partitions[0].leader_epoch, 1);
    ck_assert_int_eq(test.report->partitions[0].isr_count, 3);
    ck_assert_int_eq(test.report->total.acked, test.report->total.offered);
    whole_end(&test);
}
END_TEST

/* leader.imbalance.per.broker.percentage: 10 % of what prefers a broker may be led elsewhere. */
static int32_t moved_back(const char *percentage)
{
    ClusterSpec *spec = three_brokers(10, SIM_SEC(120));
    for (guint i = 0; i < spec->brokers->len; i++) {
        KafkaConfig *config = ((BrokerSpec *)spec->brokers->pdata[i])->config;
        ck_assert(kafka_config_set(config, "leader.imbalance.per.broker.percentage", percentage));
        ck_assert(kafka_config_set(config, "leader.imbalance.check.interval.seconds", "30"));
    }
    whole_fault(spec, FAULT_STOP, SIM_SEC(10), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_START, SIM_SEC(20), TARGET_BROKER, 1);
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    int32_t moved = 0;
    for (int32_t i = 0; i < report->leader_change_count; i++) {
        moved += strcmp(report->leader_changes[i].why, "preferred leader") == 0 ? 1 : 0;
    }
    whole_end(&test);
    return moved;
}

START_TEST(preferred_leaders_come_back_above_the_threshold)
{
    ck_assert_int_eq(moved_back("10"), 2);
    ck_assert_int_eq(moved_back("100"), 0);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_run)
{
    uint64_t fingerprint[2];
    for (int i = 0; i < 2; i++) {
        ClusterSpec *spec = three_brokers(11, SIM_SEC(60));
        whole_fault(spec, FAULT_CRASH, SIM_SEC(10), TARGET_BROKER, 0);
        WholeCluster test = whole_run(spec);
        fingerprint[i] = cluster_fingerprint(test.cluster);
        whole_end(&test);
    }
    ck_assert(fingerprint[0] == fingerprint[1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cluster with ZooKeeper");
    TCase *tests = tcase_create("zookeeper");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, a_dead_broker_is_found_by_its_session, 0, 6);
    tcase_add_test(tests, a_broker_that_is_back_too_early_dies_of_its_old_session);
    tcase_add_test(tests, a_fail_over_reads_every_partition);
    tcase_add_test(tests, the_unclean_loss_of_a_thousand_leaders_takes_five_seconds);
    tcase_add_loop_test(tests, a_dead_controller_is_replaced_and_data_go_on_meanwhile, 0, 4);
    tcase_add_test(tests, a_paused_controller_comes_back_as_none);
    tcase_add_loop_test(tests, a_controlled_shutdown_moves_leaders_first, 0, 4);
    tcase_add_test(tests, without_kip_497_leaders_write_the_isr_themselves);
    tcase_add_loop_test(
        tests,
        without_kip_497_a_broker_that_stops_leaves_isrs_that_the_controller_did_not_know_of,
        0,
        2);
    tcase_add_loop_test(tests, a_controller_that_shrinks_an_isr_begins_a_leader_epoch, 0, 2);
    tcase_add_loop_test(tests, without_kip_497_a_reassignment_completes, 0, 3);
    tcase_add_test(tests, preferred_leaders_come_back_above_the_threshold);
    tcase_add_test(tests, the_same_seed_gives_the_same_run);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
