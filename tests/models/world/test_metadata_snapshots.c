/* test_metadata_snapshots.c - every process writes its metadata down, by bytes and by time. */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

static ClusterSpec *quiet_cluster(uint64_t seed, SimTime duration)
{
    ClusterSpec *spec = whole_spec(3, 3, seed, duration);
    whole_topic(spec, "orders", 50, 3);
    return spec;
}

/* Six processes, each for itself, an hour after they started. */
START_TEST(an_hour_after_the_last_every_process_writes_one)
{
    WholeCluster test = whole_run(quiet_cluster((uint64_t)_i + 1, SIM_SEC(7300)));
    for (int32_t node = 0; node < 6; node++) {
        g_autofree char *name = g_strdup_printf(node < 3 ? "broker-%d" : "controller-%d",
                                                node < 3 ? node + 1 : node + 98);
        for (int32_t hour = 1; hour <= 2; hour++) {
            SimTime due = SIM_SEC(3600) * hour;
            SimTime at = whole_when(&test, due - SIM_SEC(1800), name, "snapshot", "long ago");
            ck_assert_int_ge(at, due);
            ck_assert_int_le(at, due + SIM_SEC(2));
        }
        ck_assert_int_eq(whole_when(&test, SIM_SEC(7202), name, "snapshot", ""), -1);
    }
    whole_end(&test);
}
END_TEST

/* A NoOp each 525 ms, 90 bytes: 9,000 bytes are a hundred of them. A process that comes back reads
 * what came after its last snapshot, and that counts. */
START_TEST(so_many_bytes_after_the_last_it_is_written_again_and_a_restart_goes_on_from_there)
{
    ClusterSpec *spec = quiet_cluster((uint64_t)_i + 1, SIM_SEC(200));
    ck_assert(
        kafka_config_set(spec->config, "metadata.log.max.record.bytes.between.snapshots", "9000"));
    ck_assert(kafka_config_set(spec->config, "metadata.log.max.snapshot.interval.ms", "0"));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(70), TARGET_CONTROLLER, 1);
    whole_fault(spec, FAULT_START, SIM_SEC(75), TARGET_CONTROLLER, 1);
    WholeCluster test = whole_run(spec);
    SimTime first = whole_when(&test, 0, "broker-1", "snapshot", "bytes are new");
    SimTime second = whole_when(&test, first + 1, "broker-1", "snapshot", "bytes are new");
    ck_assert_int_ge(first, SIM_SEC(48));
    ck_assert_int_le(first, SIM_SEC(54));
    ck_assert_int_ge(second, first + SIM_SEC(48));
    ck_assert_int_le(second, first + SIM_SEC(56));
    SimTime again = whole_when(&test, SIM_SEC(75), "controller-102", "snapshot", "bytes are new");
    ck_assert_int_ge(again, SIM_SEC(96));
    ck_assert_int_le(again, SIM_SEC(110));
    whole_end(&test);
}
END_TEST

/* With a snapshot each second: the flush of an acknowledged record waits behind the snapshot that
 * is being written. */
static SimDuration mean_ack(bool snapshots)
{
    ClusterSpec *spec = whole_spec(1, 1, 3, SIM_SEC(30));
    whole_topic(spec, "orders", 40000, 1);
    whole_load(spec, 500, "all", SIM_SEC(25));
    ck_assert(kafka_config_set(spec->config, "log.flush.interval.messages", "1"));
    if (snapshots) {
        ck_assert(kafka_config_set(spec->config, "metadata.log.max.snapshot.interval.ms", "1000"));
    }
    WholeCluster test = whole_run(spec);
    double mean = histogram_mean(test.report->producers[0].latency);
    ck_assert_int_eq(test.report->total.acked, test.report->total.offered);
    whole_end(&test);
    return (SimDuration)mean;
}

START_TEST(a_snapshot_is_work_for_the_disk_that_the_log_lies_on)
{
    SimDuration without = mean_ack(false);
    SimDuration with = mean_ack(true);
    ck_assert_int_ge(with, without + SIM_US(20)); /* 10 ms each second */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metadata snapshots");
    TCase *tests = tcase_create("snapshots");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, an_hour_after_the_last_every_process_writes_one, 0, 1);
    tcase_add_loop_test(
        tests,
        so_many_bytes_after_the_last_it_is_written_again_and_a_restart_goes_on_from_there,
        0,
        1);
    tcase_add_test(tests, a_snapshot_is_work_for_the_disk_that_the_log_lies_on);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
