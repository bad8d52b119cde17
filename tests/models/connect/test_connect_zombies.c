/* test_connect_zombies.c - a source's task that goes on when another worker has it already. */
#include "tests/models/support/group_run.h"
#include "tests/run_suite.h"

static const char *const TASKS[] = {"shop-0", "shop-1"};

/* As run_when(), but of no other whose name begins so. */
static SimTime when_of(const GroupRun *run, const char *actor, const char *what, SimTime from)
{
    const EventLog *log = cluster_event_log(run->whole.cluster);
    LoggedEvent event;
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        if (event_log_get(log, id, &event) && event.time >= from && strcmp(event.what, what) == 0 &&
            strcmp(event.actor, actor) == 0) {
            return event.time;
        }
    }
    return -1;
}

/* A source of two tasks of 50 records/s each, up to 150 s, on two workers, of which w2 has a host
 * of its own that can be cut off; a group of read_committed reads what they write. Nobody waits for
 * a worker that may come back. */
static GroupRun new_source(uint64_t seed, bool is_exactly_once)
{
    GroupRun run = run_new(seed, SIM_SEC(220), 4, 100, 0, SIM_SEC(150));
    ProducerSpec *source = run.spec->producers->pdata[0];
    g_free(source->name);
    source->name = g_strdup("shop");
    source->count = 2;
    ck_assert(kafka_config_set(run.group->config, "isolation.level", "read_committed"));
    (void)run_member(&run, "billing-0", 0);
    run.spec->trace_batches = true; /* transactions and their offsets are events */
    run.group = connect_spec_new("connect");
    run.group->scheduled_rebalance_max_delay = 0;
    run.group->exactly_once_sources = is_exactly_once;
    ck_assert(kafka_config_set(run.group->config, "group.id", "connect"));
    connect_spec_add(run.group, run.spec, "shop", SPEC_NONE, 0);
    (void)run_member(&run, "w1", 0); /* the first to join leads */
    run_member(&run, "w2", SIM_SEC(1))->host = (int32_t)run.spec->hosts->len;
    g_ptr_array_add(run.spec->hosts, host_spec_new("pool", run.spec));
    g_ptr_array_add(run.spec->groups, run.group);
    return run;
}

static void freeze(GroupRun *run, SimTime from, SimTime to)
{
    run_fault(run, FAULT_PAUSE, TARGET_MEMBER, 1, from);
    run_fault(run, FAULT_RESUME, TARGET_MEMBER, 1, to);
}

/* The task of w2, which is frozen at `at`. */
static const char *frozen_task(const GroupRun *run, SimTime at)
{
    const bool first = when_of(run, TASKS[0], "process freeze", 0) == at;
    ck_assert_int_eq(when_of(run, TASKS[first ? 0 : 1], "process freeze", 0), at);
    return TASKS[first ? 0 : 1];
}

/* It got no more than the records that were there, and each but once. */
static void expect_each_once(const GroupRun *run)
{
    const GroupReport *group = &run->whole.report->groups[0];
    ck_assert_int_eq(group->sources, group->consumed);
    ck_assert_int_eq(group->sources_again, 0);
    ck_assert_int_eq(group->sources, run_sum(run, "shop-", "offsets committed"));
    ck_assert_int_gt(group->sources, 14000);
    ck_assert_int_eq(group->skipped, 0);
}

/* initTransactions() of the new task, which has the same transactional.id. */
START_TEST(the_zombie_of_an_exactly_once_source_is_fenced_and_nothing_is_written_twice)
{
    GroupRun run = new_source((uint64_t)_i, true);
    freeze(&run, SIM_SEC(60) + SIM_MS(3 * _i), SIM_SEC(100));
    run_go(&run);
    const char *zombie = frozen_task(&run, SIM_SEC(60) + SIM_MS(3 * _i));
    g_autofree char *next = g_strdup_printf("%s.2", zombie);
    const SimTime start = run_when(&run, next, "process start", 0);
    ck_assert_int_ge(start, SIM_SEC(67));
    ck_assert_int_lt(start, SIM_SEC(76));
    ck_assert_int_eq(when_of(&run, zombie, "process thaw", 0), SIM_SEC(100));
    const SimTime fenced = when_of(&run, zombie, "transaction fatal", 0);
    ck_assert_int_ge(fenced, SIM_SEC(100));
    ck_assert_int_lt(fenced, SIM_SEC(101));
    expect_each_once(&run);
    run_end(&run);
}
END_TEST

/* It sends until its worker hears that it has lost the task: all that was there for it while it
 * was frozen, which the new one has sent meanwhile. */
START_TEST(the_zombie_of_a_source_writes_records_twice)
{
    GroupRun run = new_source((uint64_t)_i, false);
    freeze(&run, SIM_SEC(60), SIM_SEC(100));
    run_go(&run);
    const char *zombie = frozen_task(&run, SIM_SEC(60));
    g_autofree char *next = g_strdup_printf("%s.2", zombie);
    ck_assert_int_gt(run_when(&run, next, "process start", 0), SIM_SEC(67));
    const SimTime end = when_of(&run, zombie, "process death", 0);
    ck_assert_int_gt(end, SIM_SEC(100));
    ck_assert_int_lt(end, SIM_SEC(110));
    const GroupReport *group = &run.whole.report->groups[0];
    /* Of 60 s nothing was flushed, and 40 s are sent by both. */
    ck_assert_int_ge(group->sources_again, (60 - 10 + 40) * 50);
    ck_assert_int_gt(group->sources, 14000);
    ck_assert_int_eq(group->skipped, 0);
    run_end(&run);
}
END_TEST

/* Its flush was due while it was frozen: at the thaw it writes how far it had come then, over what
 * the new one has written since. */
START_TEST(the_offset_that_a_zombie_flushes_is_an_old_one)
{
    GroupRun run = new_source((uint64_t)_i, false);
    ((ProducerSpec *)run.spec->producers->pdata[0])->source_flush = SIM_SEC(9);
    freeze(&run, SIM_SEC(60), SIM_SEC(100));
    run_go(&run);
    const char *zombie = frozen_task(&run, SIM_SEC(60));
    ck_assert_int_eq(run_count(&run, "shop-", "offsets set back"), 1);
    ck_assert_int_eq(when_of(&run, zombie, "offsets set back", 0), SIM_SEC(100));
    ck_assert_int_ge(run_sum(&run, "shop-", "offsets set back"), 20 * 50);
    const int64_t stored =
        run_sum(&run, "shop-", "offsets committed") - run_sum(&run, "shop-", "offsets set back");
    ck_assert_int_eq(stored, run.whole.report->groups[0].sources);
    run_end(&run);
}
END_TEST

/* The worker dies before it wakes up: its zombie with it, and the new task is not touched. */
START_TEST(a_zombie_dies_with_its_worker)
{
    GroupRun run = new_source((uint64_t)_i, true);
    run_fault(&run, FAULT_PAUSE, TARGET_MEMBER, 1, SIM_SEC(60));
    run_fault(&run, FAULT_CRASH, TARGET_MEMBER, 1, SIM_SEC(90));
    run_go(&run);
    const char *zombie = frozen_task(&run, SIM_SEC(60));
    g_autofree char *next = g_strdup_printf("%s.2", zombie);
    ck_assert_int_eq(when_of(&run, zombie, "process death", 0), SIM_SEC(90));
    ck_assert_int_eq(when_of(&run, zombie, "process start", SIM_SEC(60)), -1);
    ck_assert_int_eq(run_when(&run, next, "process death", 0), -1);
    expect_each_once(&run);
    run_end(&run);
}
END_TEST

/* Twice: the second time the process of the first zombie is the new task's. */
START_TEST(a_task_may_leave_one_zombie_after_another)
{
    GroupRun run = new_source((uint64_t)_i, true);
    freeze(&run, SIM_SEC(40), SIM_SEC(65));
    freeze(&run, SIM_SEC(100), SIM_SEC(125));
    run_go(&run);
    ck_assert_int_eq(run_count(&run, "shop-", "transaction fatal"), 2);
    ck_assert_int_eq(run_when(&run, "shop-0.3", "process start", 0), -1);
    ck_assert_int_eq(run_when(&run, "shop-1.3", "process start", 0), -1);
    expect_each_once(&run);
    run_end(&run);
}
END_TEST

/* ---- a worker that is cut off, whose tasks reach the brokers all the same */

static void isolate(GroupRun *run, SimTime from, SimTime to)
{
    run_fault(run, FAULT_ISOLATE, TARGET_HOST, 0, from);
    FaultSpec *cut = run->spec->faults->pdata[run->spec->faults->len - 1];
    FaultSpec *heal = whole_fault(run->spec, FAULT_ISOLATE, to, TARGET_HOST, 0);
    cut->until = to;
    heal->ends = true;
    heal->undoes = cut;
}

/* Its session ends on both sides at about the same time; it looks for the coordinator for
 * heartbeat.interval.ms (3 s), then stops what it runs. */
START_TEST(a_worker_without_a_coordinator_stops_its_tasks)
{
    GroupRun run = new_source((uint64_t)(_i / 2), _i % 2 == 1);
    isolate(&run, SIM_SEC(60), SIM_SEC(100));
    run_go(&run);
    const SimTime revoked = run_when(&run, "w2", "revoked", SIM_SEC(60));
    ck_assert_int_ge(revoked, SIM_SEC(70));
    ck_assert_int_lt(revoked, SIM_SEC(74));
    int ended = 0;
    for (size_t t = 0; t < G_N_ELEMENTS(TASKS); t++) {
        const SimTime death = when_of(&run, TASKS[t], "process death", 0);
        ended += death >= SIM_SEC(67) && death < revoked + SIM_SEC(2) ? 1 : 0;
    }
    ck_assert_int_eq(ended, 1);
    ck_assert_int_eq(run.whole.report->groups[0].skipped, 0);
    ck_assert_int_gt(run_when(&run, "w2", "assigned", SIM_SEC(100)), SIM_SEC(100));
    if (_i % 2 == 1) {
        expect_each_once(&run);
    }
    run_end(&run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("connect zombies");
    TCase *tests = tcase_create("zombies");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(
        tests, the_zombie_of_an_exactly_once_source_is_fenced_and_nothing_is_written_twice, 0, 8);
    tcase_add_loop_test(tests, the_zombie_of_a_source_writes_records_twice, 0, 3);
    tcase_add_loop_test(tests, the_offset_that_a_zombie_flushes_is_an_old_one, 0, 3);
    tcase_add_loop_test(tests, a_zombie_dies_with_its_worker, 0, 2);
    tcase_add_loop_test(tests, a_task_may_leave_one_zombie_after_another, 0, 3);
    tcase_add_loop_test(tests, a_worker_without_a_coordinator_stops_its_tasks, 0, 6);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
