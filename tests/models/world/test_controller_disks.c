/* test_controller_disks.c - controllers whose metadata.log.dir is slow, full, dead or new. */
#include "models/world/cluster_view.h"
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

static ClusterSpec *three_controllers(uint64_t seed, SimTime duration)
{
    ClusterSpec *spec = whole_spec(3, 3, seed, duration);
    whole_topic(spec, "orders", 3, 3);
    whole_load(spec, 500, "all", duration - SIM_SEC(5));
    return spec;
}

/* The active one writes at least a NoOp each 500 ms: there the raft thread meets the error, and
 * that is fatal. Then all is as if it had been killed. */
static void expect_replaced(WholeCluster *test, SimTime from, const char *why)
{
    const ClusterReport *report = test->report;
    SimTime halt = whole_when(test, from, "controller-101", "halt", why);
    ck_assert_int_ge(halt, from);
    ck_assert_int_le(halt, from + SIM_MS(530));
    SimTime active = whole_when(test, halt, "controller-", "active", "");
    ck_assert_int_ge(active, halt + SIM_MS(500));
    ck_assert_int_le(active, halt + SIM_MS(5500));
    ck_assert_int_eq(report->elections, 0);
    ck_assert_int_eq(report->total.acked, report->total.offered);
    ck_assert_int_le(report->producers[0].longest_gap, SIM_MS(300));
}

START_TEST(a_full_metadata_log_dir_halts_the_active_controller_until_it_has_room)
{
    ClusterSpec *spec = three_controllers((uint64_t)_i + 1, SIM_SEC(50));
    FaultSpec *full = whole_fault(spec, FAULT_DISK_FULL, SIM_SEC(10), TARGET_ACTIVE_CONTROLLER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(15), TARGET_CONTROLLER, 0);
    whole_heal(spec, full, SIM_SEC(20));
    whole_fault(spec, FAULT_START, SIM_SEC(30), TARGET_CONTROLLER, 0);
    WholeCluster test = whole_run(spec);
    expect_replaced(&test, SIM_SEC(10), "no space left");
    /* what is on the disk can be read, but nothing written: the same again */
    SimTime again = whole_when(&test, SIM_SEC(15), "controller-101", "halt", "no space left");
    ck_assert_int_ge(again, SIM_SEC(15));
    ck_assert_int_le(again, SIM_SEC(18));
    SimTime back = whole_when(&test, SIM_SEC(30), "controller-101", "quorum", "follows");
    ck_assert_int_ge(back, SIM_SEC(30));
    ck_assert_int_eq(whole_when(&test, SIM_SEC(30), "controller-101", "halt", ""), -1);
    whole_end(&test);
}
END_TEST

START_TEST(a_controller_without_its_disk_halts_and_does_not_come_back)
{
    ClusterSpec *spec = three_controllers((uint64_t)_i + 1, SIM_SEC(40));
    whole_fault(spec, FAULT_FAIL_DISK, SIM_SEC(10), TARGET_CONTROLLER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(20), TARGET_CONTROLLER, 0);
    WholeCluster test = whole_run(spec);
    expect_replaced(&test, SIM_SEC(10), "has failed");
    ck_assert_int_eq(whole_when(&test, SIM_SEC(20), "controller-101", "halt", ""), SIM_SEC(20));
    whole_end(&test);
}
END_TEST

/* A follower writes what it fetches. With a new disk it fetches everything again. */
START_TEST(a_standby_halts_too_and_fetches_all_onto_its_new_disk)
{
    ClusterSpec *spec = three_controllers((uint64_t)_i + 1, SIM_SEC(60));
    FaultSpec *dead = whole_fault(spec, FAULT_FAIL_DISK, SIM_SEC(10), TARGET_CONTROLLER, 1);
    whole_heal(spec, dead, SIM_SEC(20));
    whole_fault(spec, FAULT_START, SIM_SEC(25), TARGET_CONTROLLER, 1);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(35), TARGET_CONTROLLER, 0);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(40), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    SimTime halt = whole_when(&test, SIM_SEC(10), "controller-102", "halt", "");
    ck_assert_int_ge(halt, SIM_SEC(10));
    ck_assert_int_le(halt, SIM_MS(10600));
    ck_assert_int_eq(whole_when(&test, SIM_SEC(11), "controller-102", "halt", ""), -1);
    ck_assert_int_ge(whole_when(&test, SIM_SEC(25), "controller-102", "quorum", "follows"),
                     SIM_SEC(25));
    /* it counts: without it the other standby would have no majority */
    ck_assert_int_ge(whole_when(&test, SIM_SEC(35), "controller-", "active", ""), SIM_SEC(35));
    ck_assert_int_ge(whole_when(&test, SIM_SEC(40), "controller-", "fence", "broker 1"),
                     SIM_SEC(40));
    ck_assert_int_eq(test.report->total.acked, test.report->total.offered);
    whole_end(&test);
}
END_TEST

static int count_members(const ClusterView *view, int32_t id, bool voter)
{
    int count = 0;
    for (int32_t i = 0; i < view->member_count; i++) {
        count += view->members[i].id == id && view->members[i].voter == voter ? 1 : 0;
    }
    return count;
}

/* The two that are back fetch from the leader before it has missed them, but they are observers: it
 * resigns, nobody is elected, and no administrator can commit another set of voters. */
START_TEST(new_disks_of_a_majority_leave_no_quorum)
{
    ClusterSpec *spec = three_controllers((uint64_t)_i + 1, SIM_SEC(40));
    for (int32_t i = 1; i < 3; i++) {
        FaultSpec *dead = whole_fault(spec, FAULT_FAIL_DISK, SIM_SEC(10), TARGET_CONTROLLER, i);
        whole_heal(spec, dead, SIM_SEC(11));
        whole_fault(spec, FAULT_START, SIM_MS(11100), TARGET_CONTROLLER, i);
    }
    WholeCluster test = whole_run(spec);
    ck_assert_int_eq(whole_when(&test, SIM_SEC(11), "controller-102", "no vote", ""),
                     SIM_MS(11100));
    SimTime resigned = whole_when(&test, SIM_SEC(11), "controller-101", "quorum", "resigned");
    ck_assert_int_ge(resigned, SIM_MS(12900)); /* 3 s after both fetched last */
    ck_assert_int_le(resigned, SIM_MS(13600));
    ck_assert_int_eq(whole_when(&test, SIM_SEC(11), "controller-", "voter again", ""), -1);
    ck_assert_int_eq(whole_when(&test, SIM_SEC(11), "controller-", "active", ""), -1);
    ClusterView *view = cluster_view_new(test.cluster);
    ck_assert_int_eq(view->leader, -1);
    ck_assert_int_eq(count_members(view, 101, true), 1);
    ck_assert_int_eq(count_members(view, 101, false), 0);
    ck_assert_int_eq(count_members(view, 102, true), 1);
    ck_assert_int_eq(count_members(view, 102, false), 1);
    for (int32_t i = 0; i < view->member_count; i++) {
        const QuorumMemberView *member = &view->members[i];
        ck_assert_int_eq(strcmp(member->state, "disk gone") == 0,
                         member->voter && member->id > 101);
    }
    cluster_view_free(view);
    whole_end(&test);
}
END_TEST

/* What a majority has is committed: one slow disk of three delays nothing, two delay all. */
static SimTime fenced_with_slow_disks(int32_t slow)
{
    ClusterSpec *spec = three_controllers(5, SIM_SEC(40));
    for (int32_t i = 0; i < slow; i++) {
        whole_fault(spec, FAULT_SLOW_DISK, SIM_SEC(5), TARGET_CONTROLLER, 1 + i)->ppm = 300000000;
    }
    whole_fault(spec, FAULT_CRASH, SIM_SEC(10), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    SimTime fenced = whole_when(&test, SIM_SEC(10), "controller-", "fence", "broker 1");
    SimTime applied = whole_when(&test, fenced, "broker-", "leads", "orders");
    ck_assert_int_ge(fenced, SIM_SEC(18));
    ck_assert_int_ge(applied, fenced);
    whole_end(&test);
    return applied - fenced;
}

START_TEST(slow_disks_of_a_majority_delay_what_is_committed)
{
    SimTime well = fenced_with_slow_disks(0);
    SimTime one = fenced_with_slow_disks(1);
    SimTime two = fenced_with_slow_disks(2);
    ck_assert_int_le(one, well + SIM_MS(30));
    ck_assert_int_ge(two, well + SIM_MS(50));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("disks of controllers");
    TCase *tests = tcase_create("disks");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(
        tests, a_full_metadata_log_dir_halts_the_active_controller_until_it_has_room, 0, 4);
    tcase_add_loop_test(tests, a_controller_without_its_disk_halts_and_does_not_come_back, 0, 4);
    tcase_add_loop_test(tests, a_standby_halts_too_and_fetches_all_onto_its_new_disk, 0, 4);
    tcase_add_loop_test(tests, new_disks_of_a_majority_leave_no_quorum, 0, 4);
    tcase_add_test(tests, slow_disks_of_a_majority_delay_what_is_committed);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
