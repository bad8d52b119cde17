/* test_zookeeper_bounce.c - brokers that go and come back between two looks of the controller, and
 * sessions that outlive their processes. */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

/* Brokers 1 2 3, of which 1 is the controller; each leads two of six partitions. */
static ClusterSpec *three_brokers(uint64_t seed, SimTime duration)
{
    ClusterSpec *spec = whole_spec(3, 1, seed, duration);
    spec->era.on[ERA_KRAFT] = false;
    whole_assign_in_turn(whole_topic(spec, "orders", 6, 3), 6, 3);
    (void)whole_load(spec, 120, "all", duration - SIM_SEC(30));
    return spec;
}

static void check_all_in_sync(const WholeCluster *test)
{
    for (int p = 0; p < 6; p++) {
        ck_assert_int_eq(test->report->partitions[p].isr_count, 3);
    }
}

/* While the controller stands still, broker 2 loses its power, its session ends, and it is back
 * with another node: what the controller then sees is a broker that was never away. */
START_TEST(a_bounced_broker_leads_in_a_new_epoch)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i + 1, SIM_SEC(90));
    FaultSpec *power = whole_fault(spec, FAULT_POWER_CUT, SIM_MS(6500), TARGET_BROKER, 1);
    whole_heal(spec, power, SIM_SEC(8));
    whole_fault(spec, FAULT_START, SIM_MS(23500), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_PAUSE, SIM_MS(12500), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_RESUME, SIM_SEC(28), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    SimTime back = whole_when(&test, SIM_SEC(8), "controller-2", "registered", "in ZooKeeper");
    ck_assert_int_gt(back, SIM_MS(12500));
    ck_assert_int_lt(back, SIM_SEC(28));
    SimTime bounced = whole_when(&test, 0, "controller-1", "broker bounced", "broker 2");
    ck_assert_int_ge(bounced, SIM_SEC(28));
    ck_assert_int_ge(whole_when(&test, bounced, "controller-1", "leader", "orders-1: 2 ->"), 0);
    ck_assert_int_ge(whole_when(&test, bounced, "controller-1", "leader", "orders-4: 2 ->"), 0);
    check_all_in_sync(&test);
    ck_assert_int_eq(test.report->total.lost, 0);
    whole_end(&test);
}
END_TEST

/* The controller goes on pushing to the broker that it knows; the process that has taken its place
 * is another, and follows nothing it says before it has a node of its own (KIP-380). It does not
 * get one, and the next process does. */
START_TEST(what_is_meant_for_the_dead_process_is_not_believed)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i + 1, SIM_SEC(100));
    FaultSpec *power = whole_fault(spec, FAULT_POWER_CUT, SIM_MS(10200), TARGET_BROKER, 1);
    whole_heal(spec, power, SIM_SEC(11));
    whole_fault(spec, FAULT_START, SIM_MS(11001), TARGET_BROKER, 1);
    for (int i = 0; i < 8; i++) { /* something to push */
        FaultSpec *news =
            whole_fault(spec, FAULT_SET_CONFIG, SIM_MS(12000 + 400 * i), TARGET_NONE, SPEC_NONE);
        news->topic = 0;
        news->config = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
        ck_assert(kafka_config_set(news->config, "retention.ms", "86400000"));
    }
    whole_fault(spec, FAULT_START, SIM_SEC(35), TARGET_BROKER, 1);
    WholeCluster test = whole_run(spec);
    SimTime died = whole_when(&test, SIM_SEC(11), "broker-2", "fatal", "NodeExists");
    SimTime back = whole_when(&test, SIM_SEC(11), "controller-2", "registered", "in ZooKeeper");
    ck_assert_int_gt(died, SIM_MS(12500));
    ck_assert_int_gt(back, SIM_SEC(35));
    ck_assert_int_ge(whole_when(&test, SIM_SEC(11), "broker-2", "follows", "orders"), back);
    SimTime leads = whole_when(&test, SIM_SEC(11), "broker-2", "leads", "orders");
    ck_assert(leads < 0 || leads >= back);
    check_all_in_sync(&test);
    whole_end(&test);
}
END_TEST

/* Before the others have sent their first ping: they hear of the vacancy all the same, and who has
 * closed its session does not stand. */
START_TEST(the_office_of_a_controller_that_stops_is_taken)
{
    ClusterSpec *spec = three_brokers(4, SIM_SEC(70));
    whole_fault(spec, FAULT_STOP, SIM_MS(5300), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(12), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    SimTime active = whole_when(&test, SIM_SEC(5), "controller-", "active", "epoch 2");
    ck_assert_int_gt(active, 0);
    ck_assert_int_lt(active, SIM_SEC(8));
    check_all_in_sync(&test);
    whole_end(&test);
}
END_TEST

/* The node is the first process's; those that find it die, until it is gone. */
START_TEST(a_broker_that_is_started_again_and_again_registers_in_the_end)
{
    ClusterSpec *spec = three_brokers(5, SIM_SEC(100));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(10), TARGET_BROKER, 1);
    for (int i = 0; i < 5; i++) {
        whole_fault(spec, FAULT_START, SIM_SEC(11 + 6 * i), TARGET_BROKER, 1);
    }
    WholeCluster test = whole_run(spec);
    ck_assert_int_lt(whole_when(&test, SIM_SEC(10), "broker-2", "fatal", ""), SIM_SEC(17));
    ck_assert_int_gt(whole_when(&test, SIM_SEC(17), "broker-2", "fatal", ""), 0);
    SimTime back = whole_when(&test, SIM_SEC(10), "controller-2", "registered", "ZooKeeper");
    ck_assert_int_gt(back, SIM_SEC(22));
    ck_assert_int_lt(whole_when(&test, back, "broker-2", "fatal", ""), 0);
    check_all_in_sync(&test);
    whole_end(&test);
}
END_TEST

/* Its last words reach ZooKeeper when the process that said them is gone: they close its own
 * session, not that of the next. */
START_TEST(a_late_close_does_not_end_the_next_session)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i + 1, SIM_SEC(100));
    FaultSpec *alone = whole_fault(spec, FAULT_ISOLATE, SIM_SEC(11), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_STOP, SIM_MS(20600), TARGET_BROKER, 0);
    whole_heal(spec, alone, SIM_MS(20900 + 100 * _i));
    for (int i = 0; i < 3; i++) { /* its node may be there still: then it dies */
        whole_fault(spec, FAULT_START, SIM_SEC(21 + 8 * i), TARGET_BROKER, 0);
    }
    WholeCluster test = whole_run(spec);
    SimTime back = whole_when(&test, SIM_SEC(21), "controller-1", "registered", "in ZooKeeper");
    ck_assert_int_gt(back, 0);
    ck_assert_int_lt(whole_when(&test, back, "zookeeper", "session", "of broker 1 expired"), 0);
    check_all_in_sync(&test);
    whole_end(&test);
}
END_TEST

/* Each ping that was on its way says that the session has expired; one new session is opened. */
START_TEST(a_session_that_expired_is_replaced_once)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i + 1, SIM_SEC(120));
    FaultSpec *alone = whole_fault(spec, FAULT_ISOLATE, SIM_SEC(10), TARGET_BROKER, _i % 3);
    whole_heal(spec, alone, SIM_SEC(45));
    WholeCluster test = whole_run(spec);
    g_autofree char *self = g_strdup_printf("controller-%d", _i % 3 + 1);
    SimTime back = whole_when(&test, SIM_SEC(45), self, "registered", "in ZooKeeper");
    ck_assert_int_gt(back, 0);
    ck_assert(whole_last(&test, SIM_SEC(45), self, "registered", "in ZooKeeper") == back);
    ck_assert_int_lt(whole_when(&test, SIM_SEC(45), "zookeeper", "session", ""), 0);
    check_all_in_sync(&test);
    whole_end(&test);
}
END_TEST

/* It is alone and takes itself for the controller, which it is no more: NOT_CONTROLLER, and again
 * after 5 s, and once more. Then it stops without (KafkaServer.controlledShutdown). */
START_TEST(a_broker_that_is_refused_three_times_stops_all_the_same)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i + 1, SIM_SEC(100));
    FaultSpec *alone = whole_fault(spec, FAULT_ISOLATE, SIM_SEC(10), TARGET_BROKER, 0);
    whole_heal(spec, alone, SIM_SEC(60));
    whole_fault(spec, FAULT_STOP, SIM_SEC(35), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(61), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    SimTime asked = whole_when(&test, 0, "broker-1", "broker state", "CONTROLLED_SHUTDOWN");
    SimTime given_up = whole_when(&test, 0, "broker-1", "unclean shutdown", "all 3 attempts");
    SimTime stopping = whole_when(&test, 0, "broker-1", "broker state", "-> SHUTTING_DOWN");
    ck_assert_int_ge(asked, SIM_SEC(35));
    ck_assert_int_ge(given_up, asked + SIM_SEC(10));
    ck_assert_int_lt(given_up, asked + SIM_MS(10500));
    ck_assert_int_eq(stopping, given_up);
    ck_assert_int_gt(whole_when(&test, SIM_SEC(61), "controller-1", "registered", "ZooKeeper"), 0);
    check_all_in_sync(&test);
    whole_end(&test);
}
END_TEST

/* It left the ISR before its session ended, so that its failure and its return change no partition:
 * that it lives again is all that its leaders hear. It has caught up before, and nothing is written
 * any more. */
START_TEST(a_follower_that_changes_its_session_comes_back_into_the_isr)
{
    ClusterSpec *spec = whole_spec(3, 1, (uint64_t)_i + 1, SIM_SEC(70));
    spec->era.on[ERA_KRAFT] = false;
    whole_assign_in_turn(whole_topic(spec, "orders", 1, 3), 1, 3);
    for (guint i = 0; i < spec->brokers->len; i++) {
        KafkaConfig *config = ((BrokerSpec *)spec->brokers->pdata[i])->config;
        ck_assert(kafka_config_set(config, "replica.lag.time.max.ms", "5000"));
    }
    whole_load(spec, 50, "1", SIM_SEC(20));
    whole_fault(spec, FAULT_PAUSE, SIM_SEC(10), TARGET_BROKER, 2);
    whole_fault(spec, FAULT_RESUME, SIM_SEC(40), TARGET_BROKER, 2);
    WholeCluster test = whole_run(spec);
    SimTime left = whole_when(&test, SIM_SEC(10), "controller-1", "isr", "orders-0: [1,2]");
    SimTime expired = whole_when(&test, SIM_SEC(10), "zookeeper", "session", "of broker 3 expired");
    ck_assert_int_gt(left, SIM_SEC(10));
    ck_assert_int_gt(expired, left);
    ck_assert_int_eq(test.report->partitions[0].isr_count, 3);
    whole_end(&test);
}
END_TEST

/* Nobody is asked: its leaders move when its session is closed, which it does itself. */
START_TEST(a_broker_that_stops_closes_its_session)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i + 1, SIM_SEC(80));
    for (guint i = 0; i < spec->brokers->len; i++) {
        KafkaConfig *config = ((BrokerSpec *)spec->brokers->pdata[i])->config;
        ck_assert(kafka_config_set(config, "controlled.shutdown.max.retries", "0"));
    }
    whole_fault(spec, FAULT_STOP, SIM_SEC(10), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_START, SIM_SEC(20), TARGET_BROKER, 1);
    WholeCluster test = whole_run(spec);
    SimTime closed = whole_when(&test, SIM_SEC(10), "zookeeper", "session", "of broker 2 closed");
    ck_assert_int_gt(closed, SIM_SEC(10));
    ck_assert_int_lt(closed, SIM_SEC(15));
    SimTime found = whole_when(&test, SIM_SEC(10), "controller-1", "broker failure", "broker 2");
    ck_assert_int_ge(found, closed);
    ck_assert_int_lt(found, closed + SIM_MS(100));
    SimTime moved = whole_when(&test, SIM_SEC(10), "controller-1", "leader", "orders-1: 2 ->");
    ck_assert_int_ge(moved, found);
    ck_assert_int_gt(whole_when(&test, SIM_SEC(20), "controller-2", "registered", "ZooKeeper"), 0);
    check_all_in_sync(&test);
    whole_end(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bounces with ZooKeeper");
    TCase *tests = tcase_create("bounces");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, a_bounced_broker_leads_in_a_new_epoch, 0, 4);
    tcase_add_loop_test(tests, what_is_meant_for_the_dead_process_is_not_believed, 0, 4);
    tcase_add_test(tests, the_office_of_a_controller_that_stops_is_taken);
    tcase_add_test(tests, a_broker_that_is_started_again_and_again_registers_in_the_end);
    tcase_add_loop_test(tests, a_late_close_does_not_end_the_next_session, 0, 4);
    tcase_add_loop_test(tests, a_session_that_expired_is_replaced_once, 0, 6);
    tcase_add_loop_test(tests, a_broker_that_is_refused_three_times_stops_all_the_same, 0, 4);
    tcase_add_loop_test(tests, a_broker_that_stops_closes_its_session, 0, 2);
    tcase_add_loop_test(tests, a_follower_that_changes_its_session_comes_back_into_the_isr, 0, 2);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
