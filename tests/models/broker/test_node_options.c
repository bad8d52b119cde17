/* test_node_options.c - options of a broker that change what a stop, a crash or cleaning does. */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

static ClusterSpec *three_brokers(uint64_t seed, SimTime duration)
{
    ClusterSpec *spec = whole_spec(3, 1, seed, duration);
    whole_assign_in_turn(whole_topic(spec, "orders", 3, 3), 3, 3);
    return spec;
}

/* SIGTERM closes the logs, but nobody is asked for leave: its leaders move when it is fenced. */
START_TEST(without_controlled_shutdown_leaders_move_when_the_session_is_over)
{
    ClusterSpec *spec = three_brokers((uint64_t)_i, SIM_SEC(60));
    whole_load(spec, 300, "all", SIM_SEC(50));
    ck_assert(kafka_config_set(spec->config, "controlled.shutdown.enable", "false"));
    whole_fault(spec, FAULT_STOP, SIM_SEC(20), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(40), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    SimTime exit = whole_when(&test, SIM_SEC(20), "broker-1", "exit", "");
    SimTime fenced = whole_when(&test, SIM_SEC(20), "controller-101", "fence", "broker 1");
    ck_assert_int_le(exit, SIM_SEC(23));
    ck_assert_int_ge(fenced, SIM_SEC(27));
    ck_assert_int_ge(report->partitions[0].longest_ack_gap, SIM_SEC(7));
    ck_assert_int_eq(whole_when(&test, SIM_SEC(20), "broker-1", "broker state", "PENDING"), -1);
    ck_assert_int_eq(report->total.acked, report->total.offered);
    ck_assert_int_eq(report->total.lost, 0);
    whole_end(&test);
}
END_TEST

/* Before KIP-101 a follower truncates to its high watermark; after a crash that is what the last
 * checkpoint had. */
START_TEST(a_crash_loses_the_high_watermark_since_its_last_checkpoint)
{
    ClusterSpec *spec = three_brokers(1, SIM_SEC(60));
    whole_load(spec, 300, "all", SIM_SEC(30));
    spec->era.on[ERA_KIP_101] = false;
    ck_assert(kafka_config_set(
        spec->config, "replica.high.watermark.checkpoint.interval.ms", _i == 0 ? "5000" : "60000"));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(35), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(38), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    SimTime whole = whole_when(&test, SIM_SEC(38), "broker-1", "truncate", "orders-0 to 0:");
    if (_i == 0) { /* all was there for 5 s: nothing to cut */
        ck_assert_int_eq(whole_when(&test, SIM_SEC(38), "broker-1", "truncate", "orders-0"), -1);
    } else {
        ck_assert_int_ge(whole, SIM_SEC(38));
    }
    ck_assert_int_eq(test.report->total.lost, 0);
    whole_end(&test);
}
END_TEST

/* Two compacted logs of some 150 MB: 100 MB/s twice over each, by a thread. */
static SimDuration between_cleanings(const char *threads)
{
    ClusterSpec *spec = whole_spec(1, 1, 1, SIM_SEC(120));
    ck_assert(kafka_config_set(spec->config, "log.cleaner.threads", threads));
    ck_assert(kafka_config_set(spec->config, "log.cleaner.backoff.ms", "45000"));
    TopicSpec *topic = whole_topic(spec, "orders", 2, 1);
    ck_assert(kafka_config_set(topic->config, "cleanup.policy", "compact"));
    ck_assert(kafka_config_set(topic->config, "segment.bytes", "1048576"));
    ProducerSpec *producer = whole_load(spec, 40000, "1", SIM_SEC(40));
    producer->choice = PARTITION_BY_CLIENT;
    producer->keys = KEY_UNIFORM;
    producer->key_count = 1000;
    producer->key_bytes = 8;
    WholeCluster test = whole_run(spec);
    SimTime first = whole_when(&test, 0, "broker-1", "cleaned", "orders-0");
    SimTime second = whole_when(&test, 0, "broker-1", "cleaned", "orders-1");
    ck_assert_int_ge(first, SIM_SEC(45));
    ck_assert_int_ge(second, SIM_SEC(45));
    whole_end(&test);
    return first < second ? second - first : first - second;
}

START_TEST(two_cleaner_threads_clean_two_logs_at_once)
{
    ck_assert_int_ge(between_cleanings("1"), SIM_SEC(3));
    ck_assert_int_le(between_cleanings("2"), SIM_SEC(1));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options of a node");
    TCase *tests = tcase_create("options");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(
        tests, without_controlled_shutdown_leaders_move_when_the_session_is_over, 1, 4);
    tcase_add_loop_test(tests, a_crash_loses_the_high_watermark_since_its_last_checkpoint, 0, 2);
    tcase_add_test(tests, two_cleaner_threads_clean_two_logs_at_once);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
