/* assign(): no membership, and still a group whose offsets are committed. */
#include "tests/models/support/group_run.h"
#include "tests/run_suite.h"

/* Two partitions, 200 records/s from 8 s to 38 s; each consumer reads one of them. */
static GroupRun story(uint64_t seed, const char *protocol)
{
    GroupRun run = run_new(seed, SIM_SEC(50), 2, 200, SIM_SEC(8), SIM_SEC(38));
    run.group->kind = GROUP_ASSIGNS;
    run_config(&run, "group.protocol", protocol);
    run_members(&run, "a", 2);
    for (int32_t m = 0; m < 2; m++) {
        MemberSpec *member = run.group->members->pdata[m];
        member->partitions = g_array_new(FALSE, FALSE, sizeof(int32_t));
        g_array_append_val(member->partitions, m);
    }
    return run;
}

START_TEST(positions_are_committed_every_interval)
{
    static const char *const protocols[] = {"classic", "consumer"};
    GroupRun run = story(1, protocols[_i]);
    run_go(&run);
    for (int32_t p = 0; p < 2; p++) {
        ck_assert_int_eq(run_report(&run)->partitions[p].log_end_offset, 3000);
        ck_assert_int_eq(run_report(&run)->partitions[p].committed, 3000);
    }
    run_end(&run);
}
END_TEST

/* It is back 3 s later and goes on from its last commit, at most 5 s before the crash. */
START_TEST(after_a_crash_it_goes_on_from_its_last_commit)
{
    GroupRun run = story((uint64_t)_i, "classic");
    run_fault(&run, FAULT_CRASH, TARGET_MEMBER, 0, SIM_SEC(24));
    run_fault(&run, FAULT_START, TARGET_MEMBER, 0, SIM_SEC(27));
    run_go(&run);
    ck_assert_int_eq(run_report(&run)->consumed - run_report(&run)->consumed_twice, 6000);
    ck_assert_int_gt(run_report(&run)->consumed_twice, 0);
    ck_assert_int_le(run_report(&run)->consumed_twice, 5 * 100 + 10);
    run_end(&run);
}
END_TEST

/* A commit of nobody's is refused while the group has members; who assigned goes on reading. */
START_TEST(a_group_that_has_members_refuses_its_commits)
{
    GroupRun run = story(1, "classic");
    GroupSpec *members = group_spec_new("billing"); /* the same group.id */
    const int32_t topic = 0;
    g_array_append_val(members->topics, topic);
    g_ptr_array_add(members->members, member_spec_new("m", members));
    g_ptr_array_add(run.spec->groups, members);
    run_go(&run);
    ck_assert_int_ge(run_count(&run, "a", "commit failed"), 8);
    ck_assert_int_eq(run_count(&run, "a1", "join"), 0);
    ck_assert_int_eq(run_report(&run)->consumed, 6000);
    run_end(&run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("manual assignment");
    TCase *tests = tcase_create("commits");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, positions_are_committed_every_interval, 0, 2);
    tcase_add_loop_test(tests, after_a_crash_it_goes_on_from_its_last_commit, 1, 4);
    tcase_add_test(tests, a_group_that_has_members_refuses_its_commits);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
