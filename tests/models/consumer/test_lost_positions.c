/* test_lost_positions.c - what a group committed of a history that an unclean election gave up.
 *
 * Twenty records on broker 1, ten of them on broker 2 as well; the group has committed 20. Broker 2
 * is elected and the log goes on from 10: who begins at 20 again is told so by the epochs of the
 * log (KIP-320), until retention has deleted them. */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

static void load_one_a_second(ClusterSpec *spec, const char *name, SimTime from, int32_t records)
{
    ProducerSpec *load = producer_spec_new(name, 0);
    load->rate_milli = 1000;
    load->choice = PARTITION_CYCLE;
    load->value_bytes = distribution_constant(100);
    load->start = from;
    load->stop = from + SIM_SEC(records) - SIM_MS(500);
    ck_assert(kafka_config_set(load->config, "acks", "1"));
    g_ptr_array_add(spec->producers, load);
}

static MemberSpec *reader(GroupSpec *group, const char *name, SimTime start)
{
    MemberSpec *member = member_spec_new(name, group);
    member->start = start;
    g_ptr_array_add(group->members, member);
    return member;
}

/* Whoever was sent back dies before it commits that. */
START_TEST(what_was_deleted_before_an_old_position_was_used_is_not_skipped)
{
    ClusterSpec *spec = whole_spec(3, 1, 1, SIM_SEC(120));
    ck_assert(kafka_config_set(spec->config, "log.retention.check.interval.ms", "1000"));
    TopicSpec *topic = whole_topic(spec, "orders", 1, 2);
    whole_assign(topic, 2, (const int32_t[]){1, 2});
    ck_assert(kafka_config_set(topic->config, "unclean.leader.election.enable", "true"));
    ck_assert(kafka_config_set(topic->config, "retention.ms", "16000"));
    load_one_a_second(spec, "first", SIM_SEC(1), 20);
    load_one_a_second(spec, "second", SIM_SEC(45), 10);
    load_one_a_second(spec, "third", SIM_SEC(95), 20);
    GroupSpec *group = group_spec_new("billing");
    const int32_t first = 0;
    g_array_append_val(group->topics, first);
    ck_assert(kafka_config_set(group->config, "auto.offset.reset", "earliest"));
    g_ptr_array_add(spec->groups, group);
    (void)reader(group, "billing-1", 0);
    (void)reader(group, "billing-2", SIM_SEC(75));
    whole_fault(spec, FAULT_CRASH, SIM_MS(10500), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(30), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(40), TARGET_MEMBER, 0)->member = 0;
    whole_fault(spec, FAULT_START, SIM_MS(30100), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_START, SIM_SEC(100), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec); /* every invariant holds */
    const SimTime back = whole_when(&test, 0, "billing-1", "truncation", "orders-0: position 20");
    ck_assert_int_gt(back, 0);
    ck_assert_int_lt(back, SIM_SEC(40));
    ck_assert(whole_said(&test, "segments deleted", "orders-0: 1 by time, log start 20"));
    ck_assert_int_eq(whole_when(&test, 0, "billing-2", "truncation", ""), -1);
    ck_assert_int_eq(test.report->groups[0].consumed, 40);
    whole_end(&test);
}
END_TEST

/* A member that joins moves partitions: nobody's log was cut, and nobody is told so. Brokers before
 * KIP-279 answer an epoch without one, and clients do not ask them. */
START_TEST(nobody_is_told_of_a_truncation_that_never_was)
{
    ClusterSpec *spec = whole_spec(3, 1, 1, SIM_SEC(30));
    spec->era.on[ERA_KIP_279] = _i == 0;
    (void)whole_topic(spec, "orders", 2, 3);
    load_one_a_second(spec, "load", SIM_SEC(1), 25);
    GroupSpec *group = group_spec_new("billing");
    const int32_t first = 0;
    g_array_append_val(group->topics, first);
    g_ptr_array_add(spec->groups, group);
    (void)reader(group, "billing-1", 0);
    (void)reader(group, "billing-2", SIM_SEC(10));
    WholeCluster test = whole_run(spec);
    ck_assert_int_eq(whole_when(&test, 0, "billing", "truncation", ""), -1);
    ck_assert_int_gt(test.report->groups[0].consumed, 15);
    whole_end(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lost positions");
    TCase *tests = tcase_create("lost positions");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, what_was_deleted_before_an_old_position_was_used_is_not_skipped);
    tcase_add_loop_test(tests, nobody_is_told_of_a_truncation_that_never_was, 0, 2);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
