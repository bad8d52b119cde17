/* test_zookeeper_shutdown.c - controlled shutdown before KRaft: whose leaderships count
 * (KafkaController.doControlledShutdown), and how often a broker asks
 * (KafkaServer.controlledShutdown). */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

/* Brokers 1 2 3, of which 1 is the controller; broker 2 leads orders-0. */
static ClusterSpec *led_by_2(uint64_t seed, SimTime duration, int32_t replicas)
{
    static const int32_t ids[] = {2, 3, 1};
    ClusterSpec *spec = whole_spec(3, 1, seed, duration);
    spec->era.on[ERA_KRAFT] = false;
    whole_assign(whole_topic(spec, "orders", 1, replicas), replicas, ids);
    return spec;
}

typedef struct Shutdown {
    SimTime asked;
    SimTime given_up; /* -1: it was granted */
    SimTime stopping;
    SimTime closed; /* its session */
} Shutdown;

static Shutdown shutdown_of_2(const WholeCluster *test, SimTime from)
{
    return (Shutdown){
        whole_when(test, from, "broker-2", "broker state", "PENDING_CONTROLLED_SHUTDOWN"),
        whole_when(test, from, "broker-2", "unclean shutdown", "all 3 attempts"),
        whole_when(test, from, "broker-2", "broker state", "-> SHUTTING_DOWN"),
        whole_when(test, from, "zookeeper", "session", "of broker 2 closed"),
    };
}

/* No other member of its ISR is alive: controlledShutdownPartitionLeaderElection finds nobody, the
 * leader stays, and "1 partition remains": again after 5 s, and once more. The partition is led
 * until the session is closed, and its last member stays in the ISR. */
START_TEST(a_lone_isr_leader_asks_three_times_and_leads_on)
{
    ClusterSpec *spec = led_by_2((uint64_t)_i + 1, SIM_SEC(80), 2);
    whole_load(spec, 50, "all", SIM_SEC(48));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(10), TARGET_BROKER, 2);
    whole_fault(spec, FAULT_STOP, SIM_SEC(40), TARGET_BROKER, 1);
    WholeCluster test = whole_run(spec);
    const Shutdown stop = shutdown_of_2(&test, SIM_SEC(40));
    ck_assert_int_ge(stop.given_up, stop.asked + SIM_SEC(10));
    ck_assert_int_lt(stop.given_up, stop.asked + SIM_MS(10500));
    ck_assert_int_eq(stop.stopping, stop.given_up);
    SimTime moved = whole_when(&test, SIM_SEC(40), "controller-1", "leader", "orders-0: 2 -> -1");
    ck_assert_int_gt(stop.closed, stop.given_up);
    ck_assert_int_ge(moved, stop.closed);
    ck_assert_int_eq(test.report->partitions[0].isr_count, 1);
    ck_assert_int_eq(test.report->partitions[0].isr[0], 2);
    ck_assert_int_eq(test.report->total.acked, test.report->total.offered);
    whole_end(&test);
}
END_TEST

/* One replica cannot be moved, so it does not count, and nobody takes it away either. */
START_TEST(a_leader_of_one_replica_stops_at_once_and_leads_until_its_session_is_closed)
{
    ClusterSpec *spec = led_by_2((uint64_t)_i + 1, SIM_SEC(60), 1);
    whole_fault(spec, FAULT_STOP, SIM_SEC(20), TARGET_BROKER, 1);
    WholeCluster test = whole_run(spec);
    const Shutdown stop = shutdown_of_2(&test, SIM_SEC(20));
    ck_assert_int_eq(stop.given_up, -1);
    ck_assert_int_ge(stop.stopping, stop.asked);
    ck_assert_int_lt(stop.stopping, stop.asked + SIM_SEC(1));
    SimTime moved = whole_when(&test, SIM_SEC(20), "controller-1", "leader", "orders-0: 2 -> -1");
    ck_assert_int_ge(moved, stop.closed);
    ck_assert_int_eq(test.report->partitions[0].leader_epoch, 1);
    whole_end(&test);
}
END_TEST

/* Broker 3 was away, broker 2 is alone in the ISR and is stopping, and may ask eight times. */
static WholeCluster run_with_a_follower_that_catches_up(uint64_t seed, bool kip_497)
{
    ClusterSpec *spec = led_by_2(seed, SIM_SEC(100), 2);
    spec->era.on[ERA_KIP_497] = kip_497;
    for (guint i = 0; i < spec->brokers->len; i++) {
        KafkaConfig *config = ((BrokerSpec *)spec->brokers->pdata[i])->config;
        ck_assert(kafka_config_set(config, "controlled.shutdown.max.retries", "8"));
    }
    whole_load(spec, 50, "all", SIM_SEC(60));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(10), TARGET_BROKER, 2);
    whole_fault(spec, FAULT_STOP, SIM_SEC(40), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_START, SIM_SEC(42), TARGET_BROKER, 2);
    return whole_run(spec);
}

/* KIP-841: every member that a leader names must live, and who shuts down does not, be it the
 * leader itself (INELIGIBLE_REPLICA). So nobody can take over from it any more. */
START_TEST(a_leader_that_shuts_down_cannot_take_a_follower_in)
{
    WholeCluster test = run_with_a_follower_that_catches_up((uint64_t)_i + 1, true);
    ck_assert_int_gt(whole_when(&test, SIM_SEC(42), "broker-2", "isr expand", "[2] -> [2,3]"), 0);
    ck_assert_int_eq(whole_when(&test, SIM_SEC(42), "controller-1", "isr", "[2,3]"), -1);
    SimTime given_up = whole_when(&test, 0, "broker-2", "unclean shutdown", "all 8 attempts");
    SimTime moved = whole_when(&test, SIM_SEC(40), "controller-1", "leader", "orders-0: 2 -> -1");
    ck_assert_int_ge(given_up, SIM_SEC(75));
    ck_assert_int_gt(moved, given_up);
    whole_end(&test);
}
END_TEST

/* Before that it wrote its ISR itself: then the next attempt finds somebody. */
START_TEST(without_kip_497_a_follower_that_catches_up_takes_over_at_the_next_attempt)
{
    WholeCluster test = run_with_a_follower_that_catches_up((uint64_t)_i + 1, false);
    SimTime grown = whole_when(&test, SIM_SEC(42), "broker-2", "isr expand", "[2] -> [2,3]");
    SimTime moved = whole_when(&test, SIM_SEC(40), "controller-1", "leader", "orders-0: 2 -> 3");
    ck_assert_int_gt(grown, SIM_SEC(42));
    ck_assert_int_gt(moved, grown);
    ck_assert_int_lt(moved, grown + SIM_MS(5500));
    ck_assert_int_eq(shutdown_of_2(&test, SIM_SEC(40)).given_up, -1);
    ck_assert_int_eq(test.report->total.acked, test.report->total.offered);
    whole_end(&test);
}
END_TEST

/* What it asked is lost with the process that was asked, which closes its sockets: again after 5 s,
 * of a broker that is not there any more; and once more. */
START_TEST(a_controller_that_dies_answers_nobody)
{
    ClusterSpec *spec = whole_spec(3, 1, (uint64_t)_i + 1, SIM_SEC(60));
    spec->era.on[ERA_KRAFT] = false;
    whole_topic(spec, "orders", 1200, 2); /* four seconds of writes */
    whole_fault(spec, FAULT_STOP, SIM_SEC(10), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(12), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    const Shutdown stop = shutdown_of_2(&test, SIM_SEC(10));
    ck_assert_int_ge(stop.given_up, SIM_SEC(22));
    ck_assert_int_lt(stop.given_up, SIM_SEC(23));
    ck_assert_int_eq(stop.stopping, stop.given_up);
    whole_end(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("controlled shutdowns with ZooKeeper");
    TCase *tests = tcase_create("shutdowns");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, a_lone_isr_leader_asks_three_times_and_leads_on, 0, 3);
    tcase_add_loop_test(
        tests, a_leader_of_one_replica_stops_at_once_and_leads_until_its_session_is_closed, 0, 3);
    tcase_add_loop_test(
        tests, without_kip_497_a_follower_that_catches_up_takes_over_at_the_next_attempt, 0, 3);
    tcase_add_loop_test(tests, a_leader_that_shuts_down_cannot_take_a_follower_in, 0, 2);
    tcase_add_loop_test(tests, a_controller_that_dies_answers_nobody, 0, 2);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
