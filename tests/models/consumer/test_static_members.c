/* Two living processes with one group.instance.id (KIP-345): the younger takes the place of the
 * older one, which reads on until it is told. */
#include "tests/models/support/group_run.h"
#include "tests/run_suite.h"

/* s0 and s1 own half of six partitions each; at 31 s another process begins as s0. */
static GroupRun story(uint64_t seed)
{
    GroupRun run = run_new(seed, SIM_SEC(60), 6, 100, SIM_SEC(8), SIM_SEC(50));
    run_config(&run, "session.timeout.ms", "30000");
    static const char *const names[] = {"s0", "s1", "double"};
    static const char *const instances[] = {"i0", "i1", "i0"};
    for (int m = 0; m < 3; m++) {
        MemberSpec *member = run_member(&run, names[m], m == 2 ? SIM_SEC(31) : 0);
        ck_assert(kafka_config_set(member->config, "group.instance.id", instances[m]));
    }
    return run;
}

START_TEST(the_older_process_reads_on_until_it_is_fenced)
{
    GroupRun run = story((uint64_t)_i);
    run_go(&run);
    const SimTime taken = run_when(&run, "double", "assigned", 0);
    const SimTime fenced = whole_when(&run.whole, 0, "s0", "failed", "fenced");
    ck_assert_int_ge(taken, SIM_SEC(31));
    ck_assert_int_ge(fenced, SIM_SEC(31));
    ck_assert_int_le(fenced, taken + SIM_SEC(5)); /* its next commit, if no heartbeat before */
    ck_assert_int_eq(run_count(&run, "s1", "assigned"), 1); /* nobody else notices */
    ck_assert_int_gt(run_report(&run)->consumed_twice, 0);
    ck_assert_int_eq(run_report(&run)->consumed - run_report(&run)->consumed_twice, 4200);
    run_end(&run);
}
END_TEST

/* "restart.after" of "leave": it counts from the end of close(), not from its beginning. */
START_TEST(who_leaves_for_a_while_is_back_so_long_after_its_close)
{
    GroupRun run = run_new((uint64_t)_i, SIM_SEC(60), 4, 100, SIM_SEC(5), SIM_SEC(50));
    run_members(&run, "m", 2);
    run.group->process_record = distribution_constant(SIM_MS(5)); /* which close() waits for */
    run_fault(&run, FAULT_LEAVE, TARGET_MEMBER, 1, SIM_SEC(20));
    ((FaultSpec *)run.spec->faults->pdata[0])->delay = SIM_SEC(4);
    run_go(&run);
    const SimTime left = run_when(&run, "m2", "left", SIM_SEC(20));
    ck_assert_int_gt(left, SIM_SEC(20));
    ck_assert_int_eq(run_when(&run, "m2", "process start", left), left + SIM_SEC(4));
    ck_assert_int_eq(run_count(&run, "m2", "process start"), 2);
    run_end(&run);
}
END_TEST

/* Killed while it closed, it is gone; its later close() is another one. */
START_TEST(who_dies_in_its_close_does_not_come_back)
{
    GroupRun run = run_new((uint64_t)_i, SIM_SEC(60), 4, 100, SIM_SEC(5), SIM_SEC(50));
    run_members(&run, "m", 2);
    run_config(&run, "session.timeout.ms", "6000");
    run.group->process_poll = distribution_constant(SIM_SEC(2)); /* which close() waits for */
    run_fault(&run, FAULT_LEAVE, TARGET_MEMBER, 1, SIM_SEC(20));
    ((FaultSpec *)run.spec->faults->pdata[0])->delay = SIM_SEC(4);
    run_fault(&run, FAULT_CRASH, TARGET_MEMBER, 1, SIM_SEC(20) + SIM_MS(1));
    run_fault(&run, FAULT_START, TARGET_MEMBER, 1, SIM_SEC(25));
    run_fault(&run, FAULT_LEAVE, TARGET_GROUP, 0, SIM_SEC(40)); /* the last: for good */
    run_go(&run);
    ck_assert_int_gt(run_when(&run, "m2", "left", SIM_SEC(40)), SIM_SEC(40));
    ck_assert_int_eq(run_count(&run, "m2", "process start"), 2);
    run_end(&run);
}
END_TEST

/* It sends no LeaveGroup (classic) or says -2 (consumer protocol): its place is kept until its
 * session ends. Mirrors: AbstractCoordinator.maybeLeaveGroup, .isDynamicMember,
 * ConsumerMembershipManager.leaveGroupEpoch. */
START_TEST(a_static_member_that_does_not_poll_keeps_its_place_until_its_session_ends)
{
    const bool is_modern = _i % 2 == 1;
    GroupRun run = run_new((uint64_t)_i, SIM_SEC(60), 4, 100, SIM_SEC(5), SIM_SEC(50));
    run_config(&run, "max.poll.interval.ms", "6000");
    if (is_modern) {
        KafkaConfig *cluster = run.spec->config;
        run_config(&run, "group.protocol", "consumer");
        ck_assert(kafka_config_set(cluster, "group.consumer.min.session.timeout.ms", "10000"));
        ck_assert(kafka_config_set(cluster, "group.consumer.session.timeout.ms", "10000"));
    } else {
        run_config(&run, "session.timeout.ms", "10000");
    }
    run_members(&run, "m", 2);
    for (guint m = 0; m < 2; m++) {
        MemberSpec *member = run.group->members->pdata[m];
        ck_assert(kafka_config_set(member->config, "group.instance.id", member->name));
    }
    run_fault(&run, FAULT_STALL, TARGET_MEMBER, 1, SIM_SEC(20));
    ((FaultSpec *)run.spec->faults->pdata[0])->until = SIM_SEC(45);
    run_go(&run);
    const SimTime silent = whole_when(&run.whole, SIM_SEC(20), "m2", "stopped", "no poll for");
    const SimTime taken = run_when(&run, "m1", "assigned", silent);
    ck_assert_int_ge(silent, SIM_SEC(26));
    ck_assert_int_lt(silent, SIM_SEC(28));
    ck_assert_int_eq(run_count(&run, "m2", "left"), 0);
    ck_assert_int_gt(taken, silent + SIM_SEC(5)); /* a session after its last heartbeat */
    ck_assert_int_lt(taken, silent + SIM_SEC(17));
    ck_assert_int_ge(run_when(&run, "m2", "assigned", taken), SIM_SEC(45));
    const ClusterReport *report = run.whole.report;
    int rows = 0;
    for (int32_t i = 0; i < report->assignment_change_count; i++) {
        const AssignmentChange *row = &report->assignment_changes[i];
        if (strcmp(row->member, "m2") == 0 && row->at == silent) {
            ck_assert_str_eq(row->state, "stopped");
            rows++;
        }
    }
    ck_assert_int_eq(rows, 1);
    run_end(&run);
}
END_TEST

/* Its close() waits for its records; that it has left before, as it did not poll, is no end. */
START_TEST(who_is_put_out_in_its_close_is_back_after_it_all_the_same)
{
    GroupRun run = run_new((uint64_t)_i, SIM_SEC(60), 4, 100, SIM_SEC(5), SIM_SEC(50));
    run_members(&run, "m", 2);
    run_config(&run, "max.poll.interval.ms", "6000");
    run_fault(&run, FAULT_STALL, TARGET_MEMBER, 1, SIM_SEC(18));
    ((FaultSpec *)run.spec->faults->pdata[0])->until = SIM_SEC(35);
    run_fault(&run, FAULT_LEAVE, TARGET_MEMBER, 1, SIM_SEC(20));
    ((FaultSpec *)run.spec->faults->pdata[1])->delay = SIM_SEC(4);
    run_go(&run);
    const SimTime closed = whole_when(&run.whole, SIM_SEC(20), "m2", "left", "billing");
    ck_assert_int_ge(closed, SIM_SEC(35));
    ck_assert_int_eq(run_when(&run, "m2", "process start", SIM_SEC(1)), closed + SIM_SEC(4));
    run_end(&run);
}
END_TEST

/* internal.leave.group.on.close=false, as in Kafka Streams; the consumer protocol has no such
 * thing. Mirrors: AbstractCoordinator.maybeLeaveGroup. */
START_TEST(who_is_told_not_to_leave_keeps_its_place_until_its_session_ends)
{
    const bool is_modern = _i % 2 == 1;
    GroupRun run = run_new((uint64_t)_i, SIM_SEC(60), 4, 100, SIM_SEC(5), SIM_SEC(50));
    run_config(&run, "internal.leave.group.on.close", "false");
    run_config(&run,
               is_modern ? "group.protocol" : "session.timeout.ms",
               is_modern ? "consumer" : "10000");
    run_members(&run, "m", 2);
    run_fault(&run, FAULT_LEAVE, TARGET_MEMBER, 1, SIM_SEC(20));
    run_go(&run);
    const SimTime taken = run_when(&run, "m1", "assigned", SIM_SEC(20));
    ck_assert_int_eq(run_count(&run, "m2", "left"), is_modern);
    ck_assert_int_eq(run_count(&run, "m2", "stopped"), !is_modern);
    ck_assert_int_gt(taken, is_modern ? SIM_SEC(20) : SIM_SEC(26));
    ck_assert_int_lt(taken, is_modern ? SIM_SEC(26) : SIM_SEC(36));
    run_end(&run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("static members");
    TCase *tests = tcase_create("instances");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, the_older_process_reads_on_until_it_is_fenced, 1, 5);
    tcase_add_loop_test(tests, who_leaves_for_a_while_is_back_so_long_after_its_close, 1, 4);
    tcase_add_loop_test(tests, who_dies_in_its_close_does_not_come_back, 1, 4);
    tcase_add_loop_test(
        tests, a_static_member_that_does_not_poll_keeps_its_place_until_its_session_ends, 0, 4);
    tcase_add_loop_test(
        tests, who_is_told_not_to_leave_keeps_its_place_until_its_session_ends, 0, 4);
    tcase_add_loop_test(tests, who_is_put_out_in_its_close_is_back_after_it_all_the_same, 1, 3);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
