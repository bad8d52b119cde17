/* test_muted_channels.c - a broker reads one request of a connection at a time; what it does not
 * read fills the sockets, and that holds an acks=0 producer back.
 *
 * One broker, 5,000 records of 1,000 bytes a second, acks=0. Both sockets together hold 128 kB and
 * 100 kB, doubled by Linux: 467 records. */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

#define IN_SOCKETS 467

/* The application sends for five seconds; records that are due while it waits are sent late. */
static ClusterSpec *spec_of_load(SimTime duration)
{
    ClusterSpec *spec = whole_spec(1, 1, 1, duration);
    (void)whole_topic(spec, "orders", 6, 1);
    ProducerSpec *load = whole_load(spec, 5000, "0", SIM_SEC(5));
    load->value_bytes = distribution_constant(1000);
    ck_assert(kafka_config_set(load->config, "buffer.memory", "4000000"));
    ck_assert(kafka_config_set(load->config, "max.block.ms", "1000"));
    return spec;
}

static void slow_down(ClusterSpec *spec, int how)
{
    if (how == 0) {
        spec->profile.cpu_produce_bytes_per_sec = 1000000;
    } else {
        spec->profile.network_bandwidth = 1000000;
    }
}

START_TEST(acks_0_is_no_faster_than_the_slowest_on_its_way)
{
    ClusterSpec *spec = spec_of_load(SIM_SEC(10));
    slow_down(spec, _i);
    WholeCluster test = whole_run(spec);
    ck_assert_int_le(test.report->total.acked, 10 * 1000 + IN_SOCKETS);
    ck_assert_int_ge(test.report->total.acked, 8 * 1000);
    whole_end(&test);
}
END_TEST

/* A socket that is closed gives away what it holds, and the broker reads that before the end. */
START_TEST(who_closes_after_the_last_send_has_lost_nothing)
{
    ClusterSpec *spec = spec_of_load(SIM_SEC(60));
    slow_down(spec, _i);
    WholeCluster test = whole_run(spec);
    ck_assert_int_eq(test.report->total.acked, 25000);
    ck_assert_int_eq(test.report->total.lost, 0);
    whole_end(&test);
}
END_TEST

/* And a request of up to 16 kB of each partition is in the broker's hands. */
START_TEST(with_acks_0_a_crash_loses_what_lay_in_the_sockets)
{
    ClusterSpec *spec = spec_of_load(SIM_SEC(70));
    slow_down(spec, _i);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(10), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(20), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    ck_assert_int_ge(test.report->total.lost, IN_SOCKETS / 2);
    ck_assert_int_le(test.report->total.lost, IN_SOCKETS + 6 * 16);
    whole_end(&test);
}
END_TEST

START_TEST(a_frozen_broker_takes_what_the_sockets_hold)
{
    ClusterSpec *spec = spec_of_load(SIM_SEC(10));
    whole_fault(spec, FAULT_PAUSE, SIM_SEC(4), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    ck_assert_int_ge(test.report->total.acked, 4 * 5000);
    ck_assert_int_le(test.report->total.acked, 4 * 5000 + IN_SOCKETS);
    ck_assert_int_gt(test.report->total.failed, 0);
    whole_end(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("muted channels");
    TCase *tests = tcase_create("acks=0");
    tcase_add_loop_test(tests, acks_0_is_no_faster_than_the_slowest_on_its_way, 0, 2);
    tcase_add_loop_test(tests, who_closes_after_the_last_send_has_lost_nothing, 0, 2);
    tcase_add_loop_test(tests, with_acks_0_a_crash_loses_what_lay_in_the_sockets, 0, 2);
    tcase_add_test(tests, a_frozen_broker_takes_what_the_sockets_hold);
    tcase_set_timeout(tests, 120);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
