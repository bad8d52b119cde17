/* test_connect_cluster.c - Connect workers in whole clusters: which tasks stop when a worker joins,
 * leaves or dies, and for how long. */
#include "tests/models/support/group_run.h"
#include "tests/run_suite.h"

/* Three brokers; a sink connector whose four tasks read a topic of four partitions, and a source
 * connector of two tasks that writes it; 100 records/s. The first worker leads. */
static GroupRun new_run(uint64_t seed, int workers)
{
    GroupRun run = run_new(seed, SIM_SEC(120), 4, 100, 0, SIM_SEC(110));
    ProducerSpec *source = run.spec->producers->pdata[0];
    g_free(source->name);
    source->name = g_strdup("shop");
    source->count = 2;
    GroupSpec *sink = run.group;
    for (int t = 0; t < 4; t++) {
        g_autofree char *name = g_strdup_printf("search-%d", t);
        g_ptr_array_add(sink->members, member_spec_new(name, sink));
    }
    run.group = connect_spec_new("connect");
    run.group->scheduled_rebalance_max_delay = SIM_SEC(30);
    connect_spec_add(run.group, run.spec, "search", 0, SPEC_NONE);
    connect_spec_add(run.group, run.spec, "shop", SPEC_NONE, 0);
    for (int w = 0; w < workers; w++) {
        g_autofree char *name = g_strdup_printf("w%d", w + 1);
        (void)run_member(&run, name, w == 0 ? 0 : SIM_SEC(1)); /* the first to join leads */
    }
    g_ptr_array_add(run.spec->groups, run.group);
    return run;
}

/* The first such event of an actor from `from` on; false: none. */
static bool find_event(
    const GroupRun *run, const char *actor, const char *what, SimTime from, LoggedEvent *ret_event)
{
    const EventLog *log = cluster_event_log(run->whole.cluster);
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        if (event_log_get(log, id, ret_event) && ret_event->time >= from &&
            strcmp(ret_event->what, what) == 0 && strcmp(ret_event->actor, actor) == 0) {
            return true;
        }
    }
    return false;
}

static const char *const TASKS[] = {
    "search-0", "search-1", "search-2", "search-3", "shop-0", "shop-1"};

/* Does the worker run it, by its last assignment before `at`? */
static bool runs(const GroupRun *run, const char *worker, const char *task, SimTime at)
{
    bool found = false;
    LoggedEvent event;
    SimTime from = 0;
    while (find_event(run, worker, "assigned", from, &event) && event.time < at) {
        found = strstr(event.detail, task) != NULL;
        from = event.time + 1;
    }
    return found;
}

static int tasks_of(const GroupRun *run, const char *worker, SimTime at)
{
    int count = 0;
    for (size_t t = 0; t < G_N_ELEMENTS(TASKS); t++) {
        count += runs(run, worker, TASKS[t], at) ? 1 : 0;
    }
    return count;
}

static void expect_none_lost(const GroupRun *run)
{
    const ClusterReport *all = run->whole.report;
    ck_assert_int_gt(all->total.acked, 0);
    ck_assert_int_eq(all->groups[0].never_processed, 0);
}

START_TEST(workers_share_tasks_out_evenly_and_the_tasks_run)
{
    GroupRun run = new_run((uint64_t)_i, 3);
    run_go(&run);
    for (size_t t = 0; t < G_N_ELEMENTS(TASKS); t++) {
        const SimTime started = run_when(&run, TASKS[t], "process start", 0);
        ck_assert_int_gt(started, SIM_SEC(3)); /* group.initial.rebalance.delay.ms */
        ck_assert_int_lt(started, SIM_SEC(10));
        ck_assert_int_eq(run_count(&run, TASKS[t], "process start"), 1);
    }
    ck_assert_int_eq(tasks_of(&run, "w1", SIM_SEC(20)), 2);
    ck_assert_int_eq(tasks_of(&run, "w2", SIM_SEC(20)), 2);
    ck_assert_int_eq(tasks_of(&run, "w3", SIM_SEC(20)), 2);
    ck_assert_int_gt(run.whole.report->total.acked, 9000);
    expect_none_lost(&run);
    run_end(&run);
}
END_TEST

/* Killed at 40 s: noticed when its session of 10 s ends, and nobody gets its tasks before the
 * delay of 30 s is over. The others' tasks go on. */
START_TEST(tasks_of_a_dead_worker_are_down_for_its_session_and_the_delay)
{
    GroupRun run = new_run((uint64_t)_i, 3);
    run_fault(&run, FAULT_CRASH, TARGET_MEMBER, 1, SIM_SEC(40));
    run_go(&run);
    for (size_t t = 0; t < G_N_ELEMENTS(TASKS); t++) {
        const bool is_its = runs(&run, "w2", TASKS[t], SIM_SEC(40));
        ck_assert_int_eq(run_when(&run, TASKS[t], "process death", 0) >= 0, is_its);
        if (is_its) {
            ck_assert_int_eq(run_when(&run, TASKS[t], "process death", 0), SIM_SEC(40));
            const SimTime again = run_when(&run, TASKS[t], "process start", SIM_SEC(40));
            ck_assert_int_ge(again,
                             SIM_SEC(40 + 7 + 30)); /* the last heartbeat: up to 3 s before */
            ck_assert_int_le(again, SIM_SEC(40 + 10 + 3 + 30 + 3));
        }
    }
    ck_assert_int_eq(tasks_of(&run, "w1", SIM_SEC(100)), 3);
    ck_assert_int_eq(tasks_of(&run, "w3", SIM_SEC(100)), 3);
    expect_none_lost(&run);
    run_end(&run);
}
END_TEST

/* Back after 15 s, when its session is over: it has nothing until the deadline, then what it had.
 */
START_TEST(a_worker_that_is_back_waits_for_the_deadline_and_gets_what_it_had)
{
    GroupRun run = new_run((uint64_t)_i, 3);
    run_fault(&run, FAULT_CRASH, TARGET_MEMBER, 1, SIM_SEC(40));
    run_fault(&run, FAULT_START, TARGET_MEMBER, 1, SIM_SEC(55));
    run_go(&run);
    ck_assert_int_gt(run_when(&run, "w2", "assigned", SIM_SEC(55)), 0);
    ck_assert_int_eq(tasks_of(&run, "w2", SIM_SEC(76)), 0);
    ck_assert_int_eq(tasks_of(&run, "w2", SIM_SEC(100)), 2);
    for (size_t t = 0; t < G_N_ELEMENTS(TASKS); t++) {
        ck_assert_int_eq(runs(&run, "w2", TASKS[t], SIM_SEC(40)),
                         runs(&run, "w2", TASKS[t], SIM_SEC(100)));
    }
    run_end(&run);
}
END_TEST

/* 2, 2, 2 tasks and a newcomer: one task is given up in the first rebalance and handed to it in a
 * second one, of which it hears by its heartbeat. */
START_TEST(a_new_worker_takes_one_task_over_and_the_others_never_stop)
{
    GroupRun run = new_run((uint64_t)_i, 4);
    MemberSpec *last = run.group->members->pdata[3];
    last->start = SIM_SEC(40);
    run_go(&run);
    int moved = 0;
    for (size_t t = 0; t < G_N_ELEMENTS(TASKS); t++) {
        const SimTime stopped = run_when(&run, TASKS[t], "process death", 0);
        moved += stopped >= 0 ? 1 : 0;
        if (stopped >= 0) {
            ck_assert(runs(&run, "w4", TASKS[t], SIM_SEC(100)));
            ck_assert_int_lt(run_when(&run, TASKS[t], "process start", stopped) - stopped,
                             SIM_MS(3300));
        }
    }
    ck_assert_int_eq(moved, 1);
    ck_assert_int_eq(tasks_of(&run, "w4", SIM_SEC(100)), 1);
    expect_none_lost(&run);
    run_end(&run);
}
END_TEST

/* A clean stop is a loss like any other: the delay runs, only the session does not. */
START_TEST(a_closing_worker_ends_its_tasks_and_the_delay_runs_all_the_same)
{
    GroupRun run = new_run((uint64_t)_i, 3);
    run_fault(&run, FAULT_LEAVE, TARGET_MEMBER, 1, SIM_SEC(40));
    run_go(&run);
    int its = 0;
    for (size_t t = 0; t < G_N_ELEMENTS(TASKS); t++) {
        if (runs(&run, "w2", TASKS[t], SIM_SEC(40))) {
            its++;
            ck_assert_int_lt(run_when(&run, TASKS[t], "process death", SIM_SEC(40)), SIM_SEC(41));
            const SimTime again = run_when(&run, TASKS[t], "process start", SIM_SEC(40));
            ck_assert_int_ge(again, SIM_SEC(70));
            ck_assert_int_le(again, SIM_SEC(77));
        }
    }
    ck_assert_int_gt(its, 0);
    expect_none_lost(&run);
    run_end(&run);
}
END_TEST

/* Which units were there before is known to the leader alone: the next one takes the lost ones for
 * new. */
START_TEST(the_leaders_own_tasks_move_without_any_delay)
{
    GroupRun run = new_run((uint64_t)_i, 3);
    run_fault(&run, FAULT_CRASH, TARGET_MEMBER, 0, SIM_SEC(40));
    run_go(&run);
    ck_assert_int_eq(tasks_of(&run, "w2", SIM_SEC(54)) + tasks_of(&run, "w3", SIM_SEC(54)), 6);
    run_end(&run);
}
END_TEST

START_TEST(without_a_delay_the_tasks_move_when_the_session_ends)
{
    GroupRun run = new_run((uint64_t)_i, 3);
    run.group->scheduled_rebalance_max_delay = 0;
    run_fault(&run, FAULT_CRASH, TARGET_MEMBER, 1, SIM_SEC(40));
    run_go(&run);
    ck_assert_int_eq(tasks_of(&run, "w1", SIM_SEC(54)) + tasks_of(&run, "w3", SIM_SEC(54)), 6);
    run_end(&run);
}
END_TEST

/* connect.protocol=eager: all that runs stops, even what the same worker is given again. */
START_TEST(under_the_eager_protocol_a_newcomer_stops_every_task)
{
    GroupRun run = new_run((uint64_t)_i, 4);
    run.group->connect_protocol = CONNECT_EAGER;
    ((MemberSpec *)run.group->members->pdata[3])->start = SIM_SEC(40);
    run_go(&run);
    for (size_t t = 0; t < G_N_ELEMENTS(TASKS); t++) {
        ck_assert_int_gt(run_when(&run, TASKS[t], "process start", 0), 0);
        const SimTime stopped = run_when(&run, TASKS[t], "process death", SIM_SEC(40));
        ck_assert_int_ge(stopped, SIM_SEC(40));
        ck_assert_int_lt(stopped, SIM_SEC(44)); /* a heartbeat, and the time to close */
        ck_assert_int_gt(run_when(&run, TASKS[t], "process start", stopped), 0);
    }
    ck_assert_int_eq(tasks_of(&run, "w1", SIM_SEC(100)) + tasks_of(&run, "w2", SIM_SEC(100)) +
                         tasks_of(&run, "w3", SIM_SEC(100)) + tasks_of(&run, "w4", SIM_SEC(100)),
                     6);
    ck_assert_int_ge(tasks_of(&run, "w4", SIM_SEC(100)), 1);
    expect_none_lost(&run);
    run_end(&run);
}
END_TEST

START_TEST(under_the_eager_protocol_nobody_waits_for_a_dead_worker)
{
    GroupRun run = new_run((uint64_t)_i, 3);
    run.group->connect_protocol = CONNECT_EAGER;
    run_fault(&run, FAULT_CRASH, TARGET_MEMBER, 1, SIM_SEC(40));
    run_go(&run);
    ck_assert_int_eq(tasks_of(&run, "w1", SIM_SEC(54)) + tasks_of(&run, "w3", SIM_SEC(54)), 6);
    expect_none_lost(&run);
    run_end(&run);
}
END_TEST

static void set_protocol(const GroupRun *run, guint worker, ConnectProtocol protocol)
{
    ((MemberSpec *)run->group->members->pdata[worker])->connect_protocol = protocol;
}

static int deaths_between(const GroupRun *run, SimTime from, SimTime to)
{
    int deaths = 0;
    for (size_t t = 0; t < G_N_ELEMENTS(TASKS); t++) {
        const SimTime death = run_when(run, TASKS[t], "process death", from);
        deaths += death >= 0 && death < to ? 1 : 0;
    }
    return deaths;
}

/* What all support is "default": with one worker of before KIP-415 the others stop everything. */
START_TEST(one_eager_worker_makes_the_group_eager)
{
    GroupRun run = new_run((uint64_t)_i, 4);
    set_protocol(&run, 1, CONNECT_EAGER);
    set_protocol(&run, 2, CONNECT_COMPATIBLE);
    ((MemberSpec *)run.group->members->pdata[3])->start = SIM_SEC(40);
    run_go(&run);
    ck_assert_int_eq(deaths_between(&run, SIM_SEC(40), SIM_SEC(44)), 6);
    ck_assert_int_ge(tasks_of(&run, "w4", SIM_SEC(100)), 1);
    expect_none_lost(&run);
    run_end(&run);
}
END_TEST

/* compatible and sessioned are one protocol in what they share out. */
START_TEST(without_an_eager_worker_different_protocols_are_cooperative)
{
    GroupRun run = new_run((uint64_t)_i, 4);
    set_protocol(&run, 2, CONNECT_COMPATIBLE);
    ((MemberSpec *)run.group->members->pdata[3])->start = SIM_SEC(40);
    run_go(&run);
    ck_assert_int_eq(deaths_between(&run, SIM_SEC(40), SIM_SEC(60)), 1);
    run_end(&run);
}
END_TEST

/* The end of a rolling upgrade: the last eager worker goes. The others stop once more, as the last
 * protocol wants it, and go on with what they had; from then on a newcomer stops only what moves.
 */
START_TEST(the_last_eager_worker_that_leaves_makes_the_group_cooperative)
{
    GroupRun run = new_run((uint64_t)_i, 4);
    run.group->scheduled_rebalance_max_delay = 0;
    set_protocol(&run, 1, CONNECT_EAGER);
    ((MemberSpec *)run.group->members->pdata[3])->start = SIM_SEC(70);
    run_fault(&run, FAULT_LEAVE, TARGET_MEMBER, 1, SIM_SEC(40));
    run_go(&run);
    ck_assert_int_eq(deaths_between(&run, SIM_SEC(40), SIM_SEC(50)), 6);
    ck_assert_int_eq(tasks_of(&run, "w1", SIM_SEC(60)) + tasks_of(&run, "w3", SIM_SEC(60)), 6);
    ck_assert_int_eq(deaths_between(&run, SIM_SEC(70), SIM_SEC(90)), 2);
    ck_assert_int_eq(tasks_of(&run, "w4", SIM_SEC(100)), 2);
    expect_none_lost(&run);
    run_end(&run);
}
END_TEST

/* Nobody is told to stop for it; with the next rebalance all do. */
START_TEST(an_eager_newcomer_makes_the_group_eager_from_the_next_rebalance_on)
{
    GroupRun run = new_run((uint64_t)_i, 5);
    set_protocol(&run, 3, CONNECT_EAGER);
    ((MemberSpec *)run.group->members->pdata[3])->start = SIM_SEC(40);
    ((MemberSpec *)run.group->members->pdata[4])->start = SIM_SEC(70);
    run_go(&run);
    ck_assert_int_eq(deaths_between(&run, SIM_SEC(40), SIM_SEC(60)), 0);
    ck_assert_int_ge(tasks_of(&run, "w4", SIM_SEC(60)), 1);
    ck_assert_int_eq(deaths_between(&run, SIM_SEC(70), SIM_SEC(75)), 6);
    expect_none_lost(&run);
    run_end(&run);
}
END_TEST

/* SIGSTOP of a worker for 6 s, less than its session: its tasks are threads of it. */
START_TEST(tasks_of_a_frozen_worker_stand_still_and_go_on_with_it)
{
    GroupRun run = new_run((uint64_t)_i, 3);
    run_fault(&run, FAULT_PAUSE, TARGET_MEMBER, 1, SIM_SEC(40));
    run_fault(&run, FAULT_RESUME, TARGET_MEMBER, 1, SIM_SEC(46));
    run_go(&run);
    for (size_t t = 0; t < G_N_ELEMENTS(TASKS); t++) {
        const bool is_its = runs(&run, "w2", TASKS[t], SIM_SEC(40));
        ck_assert_int_eq(run_when(&run, TASKS[t], "process freeze", 0), is_its ? SIM_SEC(40) : -1);
        ck_assert_int_eq(run_when(&run, TASKS[t], "process thaw", 0), is_its ? SIM_SEC(46) : -1);
        ck_assert_int_eq(run_when(&run, TASKS[t], "process death", 0), -1);
    }
    expect_none_lost(&run);
    run_end(&run);
}
END_TEST

/* Frozen past its session, without a delay: the others start its tasks, and those of sinks then are
 * not its own any more: neither its wake-up nor its death is theirs. */
static void expect_replaced(const GroupRun *run, SimTime from)
{
    for (size_t t = 0; g_str_has_prefix(TASKS[t], "search"); t++) {
        if (runs(run, "w2", TASKS[t], SIM_SEC(40))) {
            const SimTime again = run_when(run, TASKS[t], "process start", SIM_SEC(40));
            ck_assert_int_ge(again, SIM_SEC(47));
            ck_assert_int_lt(again, SIM_SEC(54));
            ck_assert_int_eq(run_when(run, TASKS[t], "process thaw", 0), -1);
        }
        ck_assert_int_eq(run_when(run, TASKS[t], "process death", from), -1);
    }
}

START_TEST(a_frozen_workers_tasks_start_elsewhere_and_outlive_it)
{
    GroupRun run = new_run((uint64_t)_i, 3);
    run.group->scheduled_rebalance_max_delay = 0;
    run_fault(&run, FAULT_PAUSE, TARGET_MEMBER, 1, SIM_SEC(40));
    run_fault(&run, FAULT_CRASH, TARGET_MEMBER, 1, SIM_SEC(80));
    run_go(&run);
    expect_replaced(&run, SIM_SEC(60));
    ck_assert_int_eq(tasks_of(&run, "w1", SIM_SEC(100)) + tasks_of(&run, "w3", SIM_SEC(100)), 6);
    expect_none_lost(&run);
    run_end(&run);
}
END_TEST

/* It still believes to run them; the leader takes from both what two say they run. */
START_TEST(a_worker_that_wakes_up_too_late_shares_the_tasks_anew)
{
    GroupRun run = new_run((uint64_t)_i, 3);
    run.group->scheduled_rebalance_max_delay = 0;
    run_fault(&run, FAULT_PAUSE, TARGET_MEMBER, 1, SIM_SEC(40));
    run_fault(&run, FAULT_RESUME, TARGET_MEMBER, 1, SIM_SEC(60));
    run_go(&run);
    int running = 0;
    for (size_t t = 0; t < G_N_ELEMENTS(TASKS); t++) {
        running += run_when(&run, TASKS[t], "process start", SIM_SEC(60)) >= 0 ? 1 : 0;
    }
    ck_assert_int_ge(running, 2); /* they were revoked and given out */
    ck_assert_int_eq(tasks_of(&run, "w1", SIM_SEC(100)), 2);
    ck_assert_int_eq(tasks_of(&run, "w2", SIM_SEC(100)), 2);
    ck_assert_int_eq(tasks_of(&run, "w3", SIM_SEC(100)), 2);
    expect_none_lost(&run);
    run_end(&run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("connect cluster");
    TCase *tests = tcase_create("workers");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, workers_share_tasks_out_evenly_and_the_tasks_run, 0, 5);
    tcase_add_loop_test(tests, tasks_of_a_dead_worker_are_down_for_its_session_and_the_delay, 0, 5);
    tcase_add_loop_test(
        tests, a_worker_that_is_back_waits_for_the_deadline_and_gets_what_it_had, 0, 5);
    tcase_add_loop_test(tests, a_new_worker_takes_one_task_over_and_the_others_never_stop, 0, 5);
    tcase_add_loop_test(
        tests, a_closing_worker_ends_its_tasks_and_the_delay_runs_all_the_same, 0, 5);
    tcase_add_loop_test(tests, without_a_delay_the_tasks_move_when_the_session_ends, 0, 3);
    tcase_add_loop_test(tests, under_the_eager_protocol_a_newcomer_stops_every_task, 0, 3);
    tcase_add_loop_test(tests, under_the_eager_protocol_nobody_waits_for_a_dead_worker, 0, 3);
    tcase_add_loop_test(tests, the_leaders_own_tasks_move_without_any_delay, 0, 3);
    tcase_add_loop_test(tests, one_eager_worker_makes_the_group_eager, 0, 2);
    tcase_add_loop_test(tests, without_an_eager_worker_different_protocols_are_cooperative, 0, 2);
    tcase_add_loop_test(tests, the_last_eager_worker_that_leaves_makes_the_group_cooperative, 0, 3);
    tcase_add_loop_test(
        tests, an_eager_newcomer_makes_the_group_eager_from_the_next_rebalance_on, 0, 2);
    tcase_add_loop_test(tests, tasks_of_a_frozen_worker_stand_still_and_go_on_with_it, 0, 3);
    tcase_add_loop_test(tests, a_frozen_workers_tasks_start_elsewhere_and_outlive_it, 0, 3);
    tcase_add_loop_test(tests, a_worker_that_wakes_up_too_late_shares_the_tasks_anew, 0, 3);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
