/* test_zookeeper_failover.c - what a new controller finds, and what it makes of it. */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

/* Brokers 1 2 3, of which 1 is the controller. */
static ClusterSpec *three_brokers(uint64_t seed, SimTime duration)
{
    ClusterSpec *spec = whole_spec(3, 1, seed, duration);
    spec->era.on[ERA_KRAFT] = false;
    return spec;
}

static const LeaderChange *
find_row(const ClusterReport *report, SimTime from, const char *topic, const char *why)
{
    for (int32_t i = 0; i < report->leader_change_count; i++) {
        const LeaderChange *row = &report->leader_changes[i];
        if (row->at >= from && strcmp(row->topic, topic) == 0 && strcmp(row->why, why) == 0) {
            return row;
        }
    }
    return NULL;
}

/* ControllerContext knows of it only that it lives: its partitions are Online, and it is sent
 * LeaderAndIsr as it stands in ZooKeeper, in the old epoch (ReplicaStateMachine.startup). */
START_TEST(a_leader_that_is_back_before_the_next_controller_leads_on_in_its_epoch)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i + 1, SIM_SEC(70));
    static const int32_t second[] = {2};
    whole_assign(whole_topic(spec, "orders", 1, 1), 1, second);
    whole_load(spec, 50, "all", SIM_SEC(60));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(14), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(20), TARGET_ACTIVE_CONTROLLER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(33), TARGET_BROKER, 1);
    WholeCluster test = whole_run(spec);
    SimTime active = whole_when(&test, SIM_SEC(20), "controller-", "active", "epoch 2");
    SimTime leads = whole_when(&test, SIM_SEC(33), "broker-2", "leads", "orders-0: epoch 0");
    ck_assert_int_gt(active, SIM_SEC(33));
    ck_assert_int_ge(leads, active);
    const LeaderChange *back = find_row(test.report, SIM_SEC(33), "orders", "leader is back");
    ck_assert_ptr_nonnull(back);
    ck_assert_int_eq(back->at, leads);
    ck_assert_int_eq(back->leader, 2);
    ck_assert_int_eq(back->leader_epoch, 0);
    ck_assert_int_eq(test.report->partitions[0].offline, leads - SIM_SEC(14));
    ck_assert_int_eq(test.report->total.acked, test.report->total.offered);
    whole_end(&test);
}
END_TEST

/* ReplicaStateMachine.startup comes first: what the dead one led nobody leads, in a new epoch; then
 * PartitionStateMachine.startup elects, in another. What is long without a leader gets one more. */
START_TEST(a_new_controller_takes_replicas_offline_and_then_elects)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i + 1, SIM_SEC(70));
    static const int32_t on_1_and_3[] = {1, 3};
    static const int32_t on_2[] = {2};
    whole_assign(whole_topic(spec, "orders", 1, 2), 2, on_1_and_3);
    whole_assign(whole_topic(spec, "alone", 1, 1), 1, on_2);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(5), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(30), TARGET_ACTIVE_CONTROLLER, 0);
    WholeCluster test = whole_run(spec);
    SimTime active = whole_when(&test, SIM_SEC(30), "controller-3", "active", "epoch 2");
    SimTime lost =
        whole_when(&test, active, "controller-3", "leader", "orders-0: 1 -> -1, epoch 1");
    SimTime led = whole_when(&test, active, "controller-3", "leader", "orders-0: -1 -> 3, epoch 2");
    ck_assert_int_ge(lost, active);
    ck_assert_int_gt(led, lost);
    ck_assert_int_eq(test.report->partitions[0].leader, 3);
    ck_assert_int_eq(test.report->partitions[1].leader_epoch, 2); /* its failure, the fail-over */
    ck_assert_int_eq(test.report->partitions[1].isr_count, 1);
    whole_end(&test);
}
END_TEST

/* shuttingDownBrokerIds is in the memory of the controller that is gone: the next one is asked
 * again, and moves what the first has not. */
START_TEST(a_new_controller_knows_of_no_controlled_shutdown)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i + 1, SIM_SEC(100));
    static const int32_t on_2_and_3[] = {2, 3};
    whole_assign(whole_topic(spec, "orders", 1, 2), 2, on_2_and_3);
    for (guint i = 0; i < spec->brokers->len; i++) {
        KafkaConfig *config = ((BrokerSpec *)spec->brokers->pdata[i])->config;
        ck_assert(kafka_config_set(config, "controlled.shutdown.max.retries", "20"));
    }
    whole_load(spec, 50, "all", SIM_SEC(90));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(5), TARGET_BROKER, 2);
    whole_fault(spec, FAULT_STOP, SIM_SEC(30), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_START, SIM_SEC(32), TARGET_BROKER, 2);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(40), TARGET_ACTIVE_CONTROLLER, 0);
    WholeCluster test = whole_run(spec);
    SimTime active = whole_when(&test, SIM_SEC(40), "controller-", "active", "epoch 2");
    SimTime moved = whole_when(&test, SIM_SEC(40), "controller-", "leader", "orders-0: 2 -> 3");
    ck_assert_int_gt(active, SIM_SEC(40));
    ck_assert_int_gt(moved, active);
    ck_assert_int_gt(whole_when(&test, moved, "broker-2", "exit", ""), 0);
    ck_assert_int_eq(test.report->partitions[0].leader, 3);
    whole_end(&test);
}
END_TEST

/* Both are out of liveBrokers before anybody is elected. */
START_TEST(brokers_that_go_together_are_not_elected)
{
    static const int32_t all[] = {2, 3, 1};
    ClusterSpec *spec = three_brokers((uint64_t)_i + 1, SIM_SEC(50));
    whole_assign(whole_topic(spec, "orders", 1, 3), 3, all);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(10), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(10), TARGET_BROKER, 2);
    WholeCluster test = whole_run(spec);
    ck_assert_int_gt(whole_when(&test, 0, "controller-1", "leader", "orders-0: 2 -> 1, epoch 1"),
                     0);
    ck_assert_int_eq(test.report->partitions[0].isr_count, 1);
    whole_end(&test);
}
END_TEST

/* What it would decide is written to ZooKeeper first: cut off, and asked by its own broker, which
 * stops, it waits for that until it finds that its session has ended. */
START_TEST(a_controller_that_is_cut_off_decides_nothing)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i + 1, SIM_SEC(100));
    static const int32_t all[] = {1, 2, 3};
    whole_assign(whole_topic(spec, "orders", 1, 3), 3, all);
    whole_load(spec, 50, "all", SIM_SEC(80));
    FaultSpec *cut = whole_fault(spec, FAULT_ISOLATE, SIM_SEC(20), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_STOP, SIM_SEC(25), TARGET_BROKER, 0);
    whole_heal(spec, cut, SIM_SEC(60));
    WholeCluster test = whole_run(spec);
    static const char *const decisions[] = {"controlled shutdown", "leader", "isr"};
    for (size_t i = 0; i < G_N_ELEMENTS(decisions); i++) {
        ck_assert_int_eq(whole_when(&test, SIM_SEC(20), "controller-1", decisions[i], ""), -1);
    }
    SimTime active = whole_when(&test, SIM_SEC(20), "controller-", "active", "epoch 2");
    SimTime led = whole_when(&test, SIM_SEC(20), "controller-", "leader", "orders-0: -1 ->");
    ck_assert_int_gt(active, SIM_SEC(36));
    ck_assert_int_gt(led, active);
    ck_assert_int_eq(test.report->total.lost, 0);
    whole_end(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fail-overs with ZooKeeper");
    TCase *tests = tcase_create("fail-overs");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(
        tests, a_leader_that_is_back_before_the_next_controller_leads_on_in_its_epoch, 0, 3);
    tcase_add_loop_test(tests, a_new_controller_takes_replicas_offline_and_then_elects, 0, 2);
    tcase_add_loop_test(tests, a_new_controller_knows_of_no_controlled_shutdown, 0, 3);
    tcase_add_loop_test(tests, brokers_that_go_together_are_not_elected, 0, 6);
    tcase_add_loop_test(tests, a_controller_that_is_cut_off_decides_nothing, 0, 2);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
