/* test_first_index_entries.c - what the first entries of a segment's two indexes cost. */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

#define FILL SIM_MS(1) /* of 1 MiB */

/* 100 batches of 170 B a second, one after the other, to each partition of one topic. */
static WholeCluster run(int32_t brokers, int32_t partitions, const char *index_bytes)
{
    ClusterSpec *spec = whole_spec(brokers, 1, 1, SIM_SEC(6));
    spec->profile.host_memory_fill = distribution_constant(FILL);
    spec->profile.disk_read_ahead = INT64_C(8) << 20;
    TopicSpec *topic = whole_topic(spec, "orders", partitions, brokers);
    ck_assert(kafka_config_set(topic->config, "segment.index.bytes", index_bytes));
    whole_assign_in_turn(topic, partitions, brokers);
    ProducerSpec *load = whole_load(spec, 100 * partitions, brokers > 1 ? "all" : "1", SIM_SEC(5));
    load->value_bytes = distribution_constant(100);
    ck_assert(kafka_config_set(load->config, "linger.ms", "0"));
    return whole_run(spec);
}

static SimDuration longest(const WholeCluster *test)
{
    return histogram_maximum(test->report->producers[0].latency);
}

START_TEST(the_first_index_entry_waits_until_both_files_are_read_ahead)
{
    WholeCluster test = run(1, 1, "10485760");
    ck_assert_int_ge(longest(&test), 2 * 8 * FILL);
    ck_assert_int_lt(longest(&test), 2 * 8 * FILL + SIM_MS(5));
    whole_end(&test);
}
END_TEST

START_TEST(later_entries_wait_for_nothing)
{
    WholeCluster test = run(1, 1, "10485760");
    const Histogram *latency = test.report->producers[0].latency;
    ck_assert_int_lt(histogram_quantile(latency, 980000), SIM_MS(4));
    ck_assert_int_gt(histogram_quantile(latency, 999000), 2 * 8 * FILL - SIM_MS(1));
    whole_end(&test);
}
END_TEST

START_TEST(a_small_index_costs_less)
{
    WholeCluster test = run(1, 1, "1048576");
    ck_assert_int_ge(longest(&test), 2 * FILL);
    ck_assert_int_lt(longest(&test), 2 * FILL + SIM_MS(5));
    whole_end(&test);
}
END_TEST

START_TEST(partitions_that_reach_it_together_wait_for_each_other)
{
    WholeCluster test = run(1, 6, "10485760");
    ck_assert_int_gt(longest(&test), 5 * 2 * 8 * FILL);
    whole_end(&test);
}
END_TEST

/* Of two producers, each with a partition of its own. */
static SimDuration longest_of_two(int32_t cores)
{
    ClusterSpec *spec = whole_spec(1, 1, 1, SIM_SEC(2));
    spec->profile.host_memory_fill = distribution_constant(FILL);
    spec->profile.host_cores = cores;
    for (int32_t i = 0; i < 2; i++) {
        (void)whole_topic(spec, i == 0 ? "orders" : "bills", 1, 1);
        ProducerSpec *load = whole_load(spec, 100, "1", SIM_SEC(1));
        load->topic = i;
        load->value_bytes = distribution_constant(100);
        ck_assert(kafka_config_set(load->config, "linger.ms", "0"));
    }
    WholeCluster test = whole_run(spec);
    SimDuration found = longest(&test);
    found = MAX(found, histogram_maximum(test.report->producers[1].latency));
    whole_end(&test);
    return found;
}

START_TEST(handlers_fill_files_beside_each_other)
{
    ck_assert_int_lt(longest_of_two(2), 2 * 8 * FILL + SIM_MS(5));
    ck_assert_int_gt(longest_of_two(1), 2 * 2 * 8 * FILL - SIM_MS(2));
}
END_TEST

START_TEST(a_follower_pays_for_its_own_files)
{
    WholeCluster test = run(2, 1, "10485760");
    ck_assert_int_ge(longest(&test), 2 * 2 * 8 * FILL); /* it fetches what the leader appended */
    whole_end(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("first index entries");
    TCase *tests = tcase_create("first index entries");
    tcase_add_test(tests, the_first_index_entry_waits_until_both_files_are_read_ahead);
    tcase_add_test(tests, later_entries_wait_for_nothing);
    tcase_add_test(tests, a_small_index_costs_less);
    tcase_add_test(tests, partitions_that_reach_it_together_wait_for_each_other);
    tcase_add_test(tests, handlers_fill_files_beside_each_other);
    tcase_add_test(tests, a_follower_pays_for_its_own_files);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
