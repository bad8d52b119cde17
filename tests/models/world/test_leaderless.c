/* test_leaderless.c - partitions that nobody leads, by Kafka's own arithmetic. Found by random
 * clusters. */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

/* Brokers 2 and 3 have left the ISR for the ELR when broker 1 shuts down; what it sent before is
 * still on its way. The controller hears of the end, and then, late, that broker 1 wants to be
 * unfenced: its partition has a leader that is gone. Broker 3 is struck off the ELR, and with that
 * the election finds that a broker in controlled shutdown cannot lead: leader -1, ISR [1]. When
 * its session ends the ISR is empty, and last to lead was nobody: PartitionChangeBuilder's
 * maybeUpdateLastKnownLeader keeps that -1 as if it were a broker. */
START_TEST(nobody_may_be_the_last_known_leader)
{
    ClusterSpec *spec = whole_spec(3, 1, 1, SIM_SEC(120));
    TopicSpec *topic = whole_topic(spec, "orders", 1, 3);
    ck_assert(kafka_config_set(topic->config, "min.insync.replicas", "3"));
    whole_assign_in_turn(topic, 1, 3);
    (void)whole_load(spec, 20, "1", SIM_SEC(60));
    whole_fault(spec, FAULT_STOP, SIM_SEC(4), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_STOP, SIM_SEC(8), TARGET_BROKER, 2);
    FaultSpec *away = whole_fault(spec, FAULT_ISOLATE, SIM_SEC(20), TARGET_CONTROLLER, 0);
    whole_fault(spec, FAULT_STOP, SIM_MS(22500), TARGET_BROKER, 0);
    whole_heal(spec, away, SIM_MS(24500));
    whole_fault(spec, FAULT_UNREGISTER, SIM_SEC(31), TARGET_BROKER, 2);
    for (int b = 0; b < 3; b++) {
        whole_fault(spec, FAULT_START, SIM_SEC(60) + b, TARGET_BROKER, b);
    }
    WholeCluster test = whole_run(spec);
    ck_assert(whole_when(&test, SIM_SEC(26), "controller", "unfence", "broker 1") < SIM_SEC(31));
    ck_assert(whole_said(&test, "leader", "orders-0: 1 -> -1, epoch 3, ISR [1], ELR [2,3]"));
    ck_assert(whole_said(&test, "isr", "orders-0: [], ELR [1,2,3], fenced 1"));
    ck_assert_int_eq(test.report->partitions[0].isr_count, 3);
    whole_end(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("leaderless");
    TCase *tests = tcase_create("leaderless");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, nobody_may_be_the_last_known_leader);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
