/* test_offset_reset.c - where a group without offsets begins: earliest, latest, none, and so long
 * ago (KIP-1106). One partition, 100 records a second from 2 s on; the member starts at 12 s. */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

typedef struct Begin {
    const char *policy;
    int64_t least, most; /* first offset read */
} Begin;

/* A group of its own begins within 20 ms, KIP-848: 2 records more or less. */
static const Begin begins[] = {
    {"earliest", 0, 0},
    {"latest", 998, 1003},
    {"by_duration:PT5S", 499, 503},
    {"by_duration:PT0.5S", 948, 953},
    {"by_duration:PT1M", 0, 0}, /* older than all records: the first */
    {"by_duration:P1DT2H", 0, 0},
    {"by_duration:PT0S", 998, 1003}, /* nothing is so new: the end */
};

static ClusterSpec *story(const char *policy)
{
    ClusterSpec *spec = whole_spec(1, 1, 3, SIM_SEC(17));
    (void)whole_topic(spec, "orders", 1, 1);
    ProducerSpec *load = whole_load(spec, 100, "all", SIM_SEC(15));
    load->start = SIM_SEC(2);
    GroupSpec *group = group_spec_new("billing");
    const int32_t first = 0;
    g_array_append_val(group->topics, first);
    ck_assert(kafka_config_set(group->config, "auto.offset.reset", policy));
    ck_assert(kafka_config_set(group->config, "group.protocol", "consumer"));
    ck_assert(kafka_config_set(spec->config, "offsets.topic.replication.factor", "1"));
    MemberSpec *member = member_spec_new("billing-1", group);
    member->start = SIM_SEC(12);
    g_ptr_array_add(group->members, member);
    g_ptr_array_add(spec->groups, group);
    return spec;
}

static WholeCluster run(const char *policy)
{
    return whole_run(story(policy));
}

/* It reads until `paused_at`; at 14 s, with 1,200 records in the log, the application seeks. */
static WholeCluster run_seek(const char *policy, int64_t offset, SimTime paused_at)
{
    ClusterSpec *spec = story(policy);
    MemberSpec *member = ((GroupSpec *)spec->groups->pdata[0])->members->pdata[0];
    member->start = 0;
    FaultSpec *seek = whole_fault(spec, FAULT_SEEK, SIM_SEC(14), TARGET_MEMBER, 0);
    seek->seek = SEEK_OFFSET;
    seek->number = offset;
    FaultSpec *pause = whole_fault(spec, FAULT_PAUSE_PARTITIONS, paused_at, TARGET_MEMBER, 0);
    FaultSpec *resume = whole_fault(spec, FAULT_RESUME_PARTITIONS, SIM_SEC(15), TARGET_MEMBER, 0);
    seek->member = pause->member = resume->member = 0;
    return whole_run(spec);
}

START_TEST(a_group_without_offsets_begins_where_its_policy_says)
{
    const Begin *begin = &begins[_i];
    WholeCluster test = run(begin->policy);
    const GroupReport *group = &test.report->groups[0];
    const int64_t first = test.report->total.acked - group->consumed;
    ck_assert_msg(first >= begin->least && first <= begin->most,
                  "%s: began at %ld",
                  begin->policy,
                  (long)first);
    ck_assert_int_eq(group->consumed_twice, 0);
    whole_end(&test);
}
END_TEST

START_TEST(with_none_the_member_fails_once_and_reads_nothing)
{
    WholeCluster test = run("none");
    ck_assert_int_eq(test.report->groups[0].consumed, 0);
    const uint32_t failed = whole_next(&test, 0, 0, "billing-1", "failed", "no offset");
    ck_assert_uint_ne(failed, 0);
    ck_assert_uint_eq(whole_next(&test, failed, 0, "billing-1", "failed", ""), 0);
    ck_assert_uint_ne(whole_next(&test, failed, 0, "billing-1", "left", ""), 0);
    whole_end(&test);
}
END_TEST

START_TEST(offsets_that_a_seek_jumps_over_are_skipped_if_they_exist)
{
    WholeCluster back = run_seek("earliest", 0, SIM_MS(14900));
    ck_assert_int_eq(back.report->groups[0].skipped, 0);
    ck_assert_int_ge(back.report->groups[0].consumed_twice, 1190);
    whole_end(&back);
    WholeCluster beyond =
        run_seek("earliest", 1000000, SIM_MS(14900)); /* out of range, and back to the first */
    ck_assert_int_eq(beyond.report->groups[0].skipped, 0);
    ck_assert_int_ge(beyond.report->groups[0].consumed_twice, 1190);
    whole_end(&beyond);
    WholeCluster latest = run_seek("latest", 1000000, SIM_MS(14900));
    ck_assert_int_le(latest.report->groups[0].skipped, 3);
    ck_assert_int_eq(latest.report->groups[0].consumed_twice, 0);
    whole_end(&latest);
    WholeCluster ahead = run_seek("earliest", 1100, SIM_SEC(10)); /* from 800 on */
    ck_assert_int_ge(ahead.report->groups[0].skipped, 298);
    ck_assert_int_le(ahead.report->groups[0].skipped, 302);
    whole_end(&ahead);
}
END_TEST

/* A transaction a 4 s: that of 10 s is open at 12 s. What was written a second ago is in it, and so
 * not to be found: the end, which is where it began. The last second's, from 14 s on, are in a
 * transaction that close() aborts. */
START_TEST(read_committed_finds_no_offset_above_the_last_stable_one)
{
    ClusterSpec *spec = story("by_duration:PT1S");
    ProducerSpec *load = spec->producers->pdata[0];
    ck_assert(kafka_config_set(load->config, "transactional.id", "x"));
    ck_assert(kafka_config_set(spec->config, "transaction.state.log.replication.factor", "1"));
    load->transaction_ns = SIM_SEC(4);
    const GroupSpec *group = spec->groups->pdata[0];
    ck_assert(kafka_config_set(group->config, "isolation.level", "read_committed"));
    WholeCluster test = whole_run(spec);
    const int64_t aborted = 100;
    const int64_t first = test.report->total.acked - test.report->groups[0].consumed - aborted;
    ck_assert_int_ge(first, 770);
    ck_assert_int_le(first, 810);
    whole_end(&test);
}
END_TEST

/* A fetch is answered whatever there is: an idle consumer asks again at once. */
START_TEST(with_no_least_bytes_no_fetch_waits)
{
    uint64_t events[2];
    for (int i = 0; i < 2; i++) {
        ClusterSpec *spec = story("earliest");
        const GroupSpec *group = spec->groups->pdata[0];
        ck_assert(kafka_config_set(group->config, "fetch.min.bytes", i == 0 ? "1" : "0"));
        WholeCluster test = whole_run(spec);
        ck_assert_int_eq(test.report->groups[0].consumed, test.report->total.acked);
        events[i] = cluster_events_fired(test.cluster);
        whole_end(&test);
    }
    ck_assert_uint_gt(events[1], 4 * events[0]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("offset reset");
    TCase *tests = tcase_create("policies");
    tcase_add_loop_test(tests,
                        a_group_without_offsets_begins_where_its_policy_says,
                        0,
                        (int)(sizeof begins / sizeof begins[0]));
    tcase_add_test(tests, with_none_the_member_fails_once_and_reads_nothing);
    tcase_add_test(tests, offsets_that_a_seek_jumps_over_are_skipped_if_they_exist);
    tcase_add_test(tests, read_committed_finds_no_offset_above_the_last_stable_one);
    tcase_add_test(tests, with_no_least_bytes_no_fetch_waits);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
