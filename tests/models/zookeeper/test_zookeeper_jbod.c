/* test_zookeeper_jbod.c - log directories that fail before KRaft (KIP-112): the broker leaves a
 * note in ZooKeeper, the controller asks which replicas, elects at once. */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

/* Brokers 1 2 3 of two directories each, of which 1 is the controller; partition p is in directory
 * p % 2 everywhere, and `leader` leads both, followed by the next ones. */
static ClusterSpec *two_dirs(int32_t leader, uint64_t seed, SimTime duration)
{
    ClusterSpec *spec = whole_spec(3, 1, seed, duration);
    spec->era.on[ERA_KRAFT] = false;
    const int32_t ids[] = {leader, leader % 3 + 1, (leader + 1) % 3 + 1};
    TopicSpec *topic = whole_topic(spec, "orders", 2, 3);
    for (int b = 0; b < 3; b++) {
        ((BrokerSpec *)spec->brokers->pdata[b])->log_dirs = 2;
    }
    whole_assign(topic, 3, ids);
    whole_assign(topic, 3, ids);
    (void)whole_load(spec, 100, "all", duration - SIM_SEC(20));
    return spec;
}

static void fail_dir(ClusterSpec *spec, SimTime at, int32_t broker, int32_t dir)
{
    whole_fault(spec, FAULT_FAIL_DISK, at, TARGET_BROKER, broker - 1)->log_dir = dir;
}

/* Broker 2 leads; its directory fails: the controller knows within a few round trips. */
START_TEST(the_leader_of_a_failed_directory_is_replaced_at_once)
{
    ClusterSpec *spec = two_dirs(2, (uint64_t)_i + 1, SIM_SEC(60));
    fail_dir(spec, SIM_SEC(20), 2, 1);
    WholeCluster test = whole_run(spec);
    SimTime told = whole_when(&test, SIM_SEC(20), "controller-1", "log directory failure", "2");
    SimTime led = whole_when(&test, told, "controller-1", "leader", "orders-1: 2 -> 3");
    ck_assert_int_gt(told, SIM_SEC(20));
    ck_assert_int_ge(led, told);
    ck_assert_int_lt(led, SIM_SEC(20) + SIM_MS(200));
    ck_assert_int_eq(test.report->partitions[1].isr_count, 2);
    ck_assert_int_eq(test.report->partitions[0].isr_count, 3);
    ck_assert_int_eq(test.report->partitions[0].leader, 2);
    ck_assert_int_eq(test.report->total.acked, test.report->total.offered);
    whole_end(&test);
}
END_TEST

/* Not after replica.lag.time.max.ms: it is known to be gone. */
START_TEST(a_follower_in_a_failed_directory_leaves_the_isr_at_once)
{
    ClusterSpec *spec = two_dirs(2, 3, SIM_SEC(60));
    fail_dir(spec, SIM_SEC(20), 1, 1); /* the controller's own process, besides */
    WholeCluster test = whole_run(spec);
    SimTime left = whole_when(&test, SIM_SEC(20), "controller-1", "isr", "orders-1: [2,3]");
    ck_assert_int_gt(left, SIM_SEC(20));
    ck_assert_int_lt(left, SIM_SEC(20) + SIM_MS(200));
    ck_assert_int_lt(whole_when(&test, SIM_SEC(20), "broker-2", "isr shrink", "orders-1"), 0);
    whole_end(&test);
}
END_TEST

/* It has not seen the note: it asks everybody what is offline when it takes the office. */
START_TEST(the_next_controller_knows_what_is_offline)
{
    ClusterSpec *spec = two_dirs(1, (uint64_t)_i + 1, SIM_SEC(80));
    fail_dir(spec, SIM_SEC(15), 2, 1);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(20), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    SimTime active = whole_when(&test, SIM_SEC(20), "controller-", "active", "epoch 2");
    ck_assert_int_gt(active, SIM_SEC(20));
    ck_assert_int_eq(test.report->partitions[0].leader, 2);
    ck_assert_int_eq(test.report->partitions[1].leader, 3);
    ck_assert_int_eq(test.report->partitions[1].isr_count, 1);
    whole_end(&test);
}
END_TEST

/* No controller is there to be told; the note waits, and so does the process. */
START_TEST(a_broker_does_not_halt_when_no_controller_hears_of_it)
{
    ClusterSpec *spec = two_dirs(2, 5, SIM_SEC(100));
    ck_assert(kafka_config_set(
        ((BrokerSpec *)spec->brokers->pdata[1])->config, "log.dir.failure.timeout.ms", "1000"));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(19), TARGET_BROKER, 0);
    fail_dir(spec, SIM_SEC(20), 2, 1);
    WholeCluster test = whole_run(spec);
    ck_assert(!whole_said(&test, "halt", ""));
    SimTime active = whole_when(&test, SIM_SEC(20), "controller-", "active", "epoch 2");
    SimTime led = whole_when(&test, active, "controller-", "leader", "orders-1: 2 -> 3");
    ck_assert_int_gt(led, SIM_SEC(30));
    whole_end(&test);
}
END_TEST

/* There is no metadata log on it. */
START_TEST(the_first_directory_is_one_like_the_others)
{
    ClusterSpec *spec = two_dirs(2, 6, SIM_SEC(60));
    fail_dir(spec, SIM_SEC(20), 2, 0);
    WholeCluster test = whole_run(spec);
    ck_assert(!whole_said(&test, "halt", ""));
    ck_assert_int_eq(test.report->partitions[0].leader, 3);
    ck_assert_int_eq(test.report->partitions[1].leader, 2);
    whole_end(&test);
}
END_TEST

START_TEST(the_last_directory_takes_the_broker_with_it)
{
    ClusterSpec *spec = two_dirs(2, 7, SIM_SEC(80));
    fail_dir(spec, SIM_SEC(20), 2, 0);
    fail_dir(spec, SIM_SEC(25), 2, 1);
    WholeCluster test = whole_run(spec);
    SimTime halted = whole_when(&test, SIM_SEC(20), "broker-2", "halt", "all log directories");
    ck_assert_int_ge(halted, SIM_SEC(25));
    ck_assert_int_lt(halted, SIM_SEC(26));
    whole_end(&test);
}
END_TEST

/* A process that begins with a dead disk says so to the first push, until there is another disk. */
START_TEST(a_broker_that_starts_with_a_dead_disk_says_so)
{
    ClusterSpec *spec = two_dirs(2, 8, SIM_SEC(160));
    FaultSpec *dead = whole_fault(spec, FAULT_FAIL_DISK, SIM_SEC(10), TARGET_BROKER, 1);
    dead->log_dir = 1;
    whole_fault(spec, FAULT_CRASH, SIM_SEC(20), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_START, SIM_SEC(50), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_STOP, SIM_SEC(80), TARGET_BROKER, 1);
    whole_heal(spec, dead, SIM_SEC(90));
    whole_fault(spec, FAULT_START, SIM_SEC(95), TARGET_BROKER, 1);
    WholeCluster test = whole_run(spec);
    SimTime again =
        whole_when(&test, SIM_SEC(50), "controller-1", "log directory offline", "broker 2");
    ck_assert_int_gt(again, SIM_SEC(50));
    ck_assert_int_lt(again, SIM_SEC(70));
    SimTime back = whole_when(&test, SIM_SEC(50), "broker-3", "isr expand", "orders-1");
    ck_assert_int_gt(back, SIM_SEC(95));
    ck_assert_int_eq(test.report->partitions[1].isr_count, 3);
    whole_end(&test);
}
END_TEST

/* The only replica is offline; its process dies, gets another disk, and is the next controller's
 * own: what the old one knew of the disk is forgotten. */
START_TEST(a_new_disk_serves_under_the_next_controller)
{
    ClusterSpec *spec = whole_spec(1, 1, 9, SIM_SEC(100));
    spec->era.on[ERA_KRAFT] = false;
    const int32_t alone[] = {1};
    ((BrokerSpec *)spec->brokers->pdata[0])->log_dirs = 2;
    TopicSpec *topic = whole_topic(spec, "orders", 2, 1);
    whole_assign(topic, 1, alone);
    whole_assign(topic, 1, alone);
    FaultSpec *dead = whole_fault(spec, FAULT_FAIL_DISK, SIM_SEC(10), TARGET_BROKER, 0);
    dead->log_dir = 1;
    whole_fault(spec, FAULT_CRASH, SIM_SEC(20), TARGET_BROKER, 0);
    whole_heal(spec, dead, SIM_SEC(21));
    whole_fault(spec, FAULT_START, SIM_SEC(50), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    ck_assert_int_gt(whole_when(&test, SIM_SEC(10), "controller-1", "leader", "orders-1: 1 -> -1"),
                     0);
    ck_assert_int_eq(test.report->partitions[1].leader, 1);
    whole_end(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("directories with ZooKeeper");
    TCase *tests = tcase_create("jbod");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, the_leader_of_a_failed_directory_is_replaced_at_once, 0, 4);
    tcase_add_test(tests, a_follower_in_a_failed_directory_leaves_the_isr_at_once);
    tcase_add_loop_test(tests, the_next_controller_knows_what_is_offline, 0, 4);
    tcase_add_test(tests, a_broker_does_not_halt_when_no_controller_hears_of_it);
    tcase_add_test(tests, the_first_directory_is_one_like_the_others);
    tcase_add_test(tests, the_last_directory_takes_the_broker_with_it);
    tcase_add_test(tests, a_broker_that_starts_with_a_dead_disk_says_so);
    tcase_add_test(tests, a_new_disk_serves_under_the_next_controller);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
