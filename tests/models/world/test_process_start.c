/* test_process_start.c - the start of a broker's process is work for the cores of its host. */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

#define KILLED SIM_SEC(5)
#define START  SIM_SEC(30)

/* Brokers 1 and 2 share a host of one core, broker 3 has its own; so many others run on all. */
static ClusterSpec *two_on_a_core(uint64_t seed, int64_t other_threads)
{
    ClusterSpec *spec = whole_spec(3, 1, seed, SIM_SEC(120));
    HostSpec *host = host_spec_new("small", spec);
    host->cores = 1;
    host->profile.host_other_threads = other_threads;
    g_ptr_array_add(spec->hosts, host);
    ((BrokerSpec *)spec->brokers->pdata[0])->host = 0;
    ((BrokerSpec *)spec->brokers->pdata[1])->host = 0;
    return spec;
}

static void crash_and_start(ClusterSpec *spec, int32_t broker)
{
    whole_fault(spec, FAULT_CRASH, KILLED, TARGET_BROKER, broker);
    whole_fault(spec, FAULT_START, START, TARGET_BROKER, broker);
}

/* From the start of the process to its registration. */
static SimDuration start_of(const WholeCluster *test, const char *broker)
{
    return whole_when(test, START, broker, "broker state", "NOT_RUNNING -> STARTING") - START;
}

START_TEST(alone_on_its_cores_a_start_takes_what_the_profile_says)
{
    ClusterSpec *spec = two_on_a_core(1, 0);
    crash_and_start(spec, 2);
    WholeCluster test = whole_run(spec);
    ck_assert_int_eq(start_of(&test, "broker-3"), spec->profile.broker_start);
    whole_end(&test);
}
END_TEST

START_TEST(two_starts_on_one_core_take_twice_as_long)
{
    ClusterSpec *spec = two_on_a_core(1, 0);
    crash_and_start(spec, 0);
    crash_and_start(spec, 1);
    WholeCluster test = whole_run(spec);
    const SimDuration twice = 2 * spec->profile.broker_start;
    ck_assert_int_ge(start_of(&test, "broker-1"), twice - SIM_MS(50));
    ck_assert_int_ge(start_of(&test, "broker-2"), twice - SIM_MS(50));
    ck_assert_int_le(start_of(&test, "broker-2"), twice + SIM_MS(50));
    whole_end(&test);
}
END_TEST

/* Four others in the mean on one core: five times as long, more or less by their bursts. */
START_TEST(beside_other_programs_a_start_takes_longer)
{
    SimDuration sum = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        ClusterSpec *spec = two_on_a_core(seed, 4);
        crash_and_start(spec, 0);
        WholeCluster test = whole_run(spec);
        const SimDuration alone = spec->profile.broker_start;
        ck_assert_int_gt(start_of(&test, "broker-1"), 2 * alone);
        ck_assert_int_lt(start_of(&test, "broker-1"), 9 * alone);
        sum += start_of(&test, "broker-1") / alone;
        whole_end(&test);
    }
    ck_assert_int_ge(sum, 10 * 3);
    ck_assert_int_le(sum, 10 * 6);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("process start");
    TCase *tests = tcase_create("process start");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, alone_on_its_cores_a_start_takes_what_the_profile_says);
    tcase_add_test(tests, two_starts_on_one_core_take_twice_as_long);
    tcase_add_test(tests, beside_other_programs_a_start_takes_longer);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
