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

int main(void)
{
    Suite *suite = suite_create("fail-overs with ZooKeeper");
    TCase *tests = tcase_create("fail-overs");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(
        tests, a_leader_that_is_back_before_the_next_controller_leads_on_in_its_epoch, 0, 3);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
