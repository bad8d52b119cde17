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

static WholeCluster run(const char *policy)
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

int main(void)
{
    Suite *suite = suite_create("offset reset");
    TCase *tests = tcase_create("policies");
    tcase_add_loop_test(tests,
                        a_group_without_offsets_begins_where_its_policy_says,
                        0,
                        (int)(sizeof begins / sizeof begins[0]));
    tcase_add_test(tests, with_none_the_member_fails_once_and_reads_nothing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
