/* test_host_memory.c - what a profile says of a host's memory is what its page cache has. */
#include "models/world/cluster_state.h"
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

#define MIB (INT64_C(1) << 20)

/* 20 s of 500 records of 1,000 bytes a second: 10 MB on each of three brokers. */
static int64_t cached_after_run(int64_t page_cache_bytes)
{
    ClusterSpec *spec = whole_spec(3, 1, 1, SIM_SEC(25));
    spec->profile.host_page_cache = page_cache_bytes;
    (void)whole_topic(spec, "orders", 1, 3);
    ProducerSpec *load = whole_load(spec, 500, "all", SIM_SEC(20));
    load->value_bytes = distribution_constant(1000);
    WholeCluster test = whole_run(spec);
    ck_assert_int_gt(test.report->total.acked, 9000);
    const Actor *broker = broker_actor(test.cluster->brokers->pdata[0]);
    Host *host = host_at(test.cluster->sim, broker->host);
    const int64_t cached = page_cache_cached_bytes(host_page_cache(host));
    whole_end(&test);
    return cached;
}

START_TEST(a_log_that_fits_stays_in_memory)
{
    ck_assert_int_gt(cached_after_run(64 * MIB), 8 * MIB);
}
END_TEST

START_TEST(of_a_larger_log_the_oldest_leaves_memory)
{
    const int64_t cached = cached_after_run(4 * MIB);
    ck_assert_int_gt(cached, 2 * MIB);
    ck_assert_int_le(cached, 4 * MIB);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("host memory");
    TCase *tests = tcase_create("host memory");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, a_log_that_fits_stays_in_memory);
    tcase_add_test(tests, of_a_larger_log_the_oldest_leaves_memory);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
