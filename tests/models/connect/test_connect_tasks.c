/* test_connect_tasks.c - what Connect's tasks read and write twice, because they commit their
 * offsets each offset.flush.interval.ms only. */
#include "tests/models/support/group_run.h"
#include "tests/run_suite.h"

/* Three brokers; "orders" of four partitions, 100 records/s up to 170 s; a sink of four tasks on
 * two workers that start at 0 s and 1 s. Nothing is set for the tasks' consumers. */
static GroupRun new_sink(uint64_t seed)
{
    GroupRun run = run_new(seed, SIM_SEC(180), 4, 100, 0, SIM_SEC(170));
    GroupSpec *sink = run.group;
    kafka_config_free(sink->config);
    sink->config = kafka_config_new(1u << KAFKA_SCOPE_CONSUMER, NULL);
    for (int t = 0; t < 4; t++) {
        g_autofree char *name = g_strdup_printf("search-%d", t);
        g_ptr_array_add(sink->members, member_spec_new(name, sink));
    }
    run.spec->trace_batches = true; /* commits are events */
    run.group = connect_spec_new("connect");
    run.group->scheduled_rebalance_max_delay = 0;
    connect_spec_add(run.group, run.spec, "search", 0, SPEC_NONE);
    (void)run_member(&run, "w1", 0); /* the first to join leads */
    (void)run_member(&run, "w2", SIM_SEC(1));
    g_ptr_array_add(run.spec->groups, run.group);
    return run;
}

static int64_t records_of(const GroupReport *group)
{
    return group->once + group->twice;
}

/* Before the tasks run some seconds pass: with auto.offset.reset=latest their records would be
 * passed over. */
START_TEST(sink_tasks_begin_with_the_first_record_of_a_topic)
{
    GroupRun run = new_sink((uint64_t)_i);
    run_go(&run);
    ck_assert_int_gt(run_when(&run, "search-0", "process start", 0), SIM_SEC(3));
    ck_assert_int_eq(run.whole.report->total.acked, 17000);
    ck_assert_int_eq(records_of(&run.whole.report->groups[0]), 17000);
    ck_assert_int_eq(run.whole.report->groups[0].skipped, 0);
    run_end(&run);
}
END_TEST

/* The group rebalances while its tasks start; from then on it is quiet. */
START_TEST(sink_tasks_commit_each_offset_flush_interval_from_their_start_on)
{
    GroupRun run = new_sink((uint64_t)_i);
    run_go(&run);
    const SimTime start = run_when(&run, "search-1", "process start", 0);
    const SimTime quiet = start + SIM_SEC(15);
    const SimTime first = run_when(&run, "search-1", "commit", quiet);
    ck_assert_int_ge(first, start + SIM_SEC(60));
    ck_assert_int_le(first, start + SIM_SEC(62)); /* the process needs a moment to start */
    const SimTime second = run_when(&run, "search-1", "commit", first + 1);
    ck_assert_int_ge(second, first + SIM_SEC(60));
    ck_assert_int_le(second, first + SIM_SEC(61));
    run_end(&run);
}
END_TEST

/* At 120 s of an interval that began at 60 s and some; read_twice is what came since. */
START_TEST(tasks_of_a_dead_worker_read_again_what_they_had_not_committed)
{
    GroupRun run = new_sink((uint64_t)_i);
    run_fault(&run, FAULT_CRASH, TARGET_MEMBER, 1, SIM_SEC(100));
    run_go(&run);
    int64_t again = 0;
    int dead = 0;
    for (int t = 0; t < 4; t++) {
        g_autofree char *name = g_strdup_printf("search-%d", t);
        if (run_when(&run, name, "process death", 0) == SIM_SEC(100)) {
            const SimTime start = run_when(&run, name, "process start", 0);
            const SimTime commit = run_when(&run, name, "commit", start + SIM_SEC(15));
            ck_assert_int_lt(commit, SIM_SEC(100));
            again += (SIM_SEC(100) - commit) / SIM_MS(40); /* 25 records/s of a partition */
            dead++;
        }
    }
    ck_assert_int_eq(dead, 2);
    const GroupReport *sink = &run.whole.report->groups[0];
    ck_assert_int_ge(sink->twice, again - 8);
    ck_assert_int_le(sink->twice, again + 8);
    ck_assert_int_eq(records_of(sink), 17000);
    run_end(&run);
}
END_TEST

START_TEST(a_sink_task_that_is_stopped_commits_first)
{
    GroupRun run = new_sink((uint64_t)_i);
    run_fault(&run, FAULT_LEAVE, TARGET_MEMBER, 1, SIM_SEC(100));
    run_go(&run);
    ck_assert_int_eq(records_of(&run.whole.report->groups[0]), 17000);
    ck_assert_int_eq(run.whole.report->groups[0].twice, 0);
    run_end(&run);
}
END_TEST

/* After the last record one commit, at the end of its interval; and no further. */
START_TEST(a_sink_task_without_new_records_commits_once_more_and_then_no_more)
{
    GroupRun run = new_sink((uint64_t)_i);
    ProducerSpec *producer = run.spec->producers->pdata[0];
    producer->stop = SIM_SEC(30);
    run_go(&run);
    const SimTime last = run_when(&run, "search-2", "commit", SIM_SEC(31));
    ck_assert_int_gt(last, SIM_SEC(60));
    ck_assert_int_lt(last, SIM_SEC(75));
    ck_assert_int_eq(run_when(&run, "search-2", "commit", last + 1), -1);
    const GroupPartitionReport *partition = &run.whole.report->groups[0].partitions[0];
    ck_assert_int_eq(partition->committed, partition->log_end_offset);
    run_end(&run);
}
END_TEST

/* put() throws over a record: nothing of that poll() is committed, and its partition's next reader
 * meets the same record. */
START_TEST(what_a_failing_put_was_given_is_not_committed)
{
    GroupRun run = new_sink((uint64_t)_i);
    GroupSpec *sink = run.spec->groups->pdata[0];
    sink->application.poison = (RecordPick){.offset = 1000, .partition = 0};
    sink->application.poison_end = POISON_STOP;
    run_go(&run);
    ck_assert_int_eq(run_count(&run, "search-", "exception"), 4);
    ck_assert_int_le(run.whole.report->groups[0].partitions[0].committed, 1000);
    run_end(&run);
}
END_TEST

/* ---- sources */

/* A source of two tasks of 50 records/s each, up to 150 s, on two workers; a group reads what they
 * write. */
static GroupRun new_source(uint64_t seed)
{
    GroupRun run = run_new(seed, SIM_SEC(180), 4, 100, 0, SIM_SEC(150));
    ProducerSpec *source = run.spec->producers->pdata[0];
    g_free(source->name);
    source->name = g_strdup("shop");
    source->count = 2;
    (void)run_member(&run, "billing-0", 0);
    run.group = connect_spec_new("connect");
    run.group->scheduled_rebalance_max_delay = 0;
    connect_spec_add(run.group, run.spec, "shop", SPEC_NONE, 0);
    (void)run_member(&run, "w1", 0); /* the first to join leads */
    (void)run_member(&run, "w2", SIM_SEC(1));
    g_ptr_array_add(run.spec->groups, run.group);
    return run;
}

static const char *const SOURCES[] = {"shop-0", "shop-1"};

/* All that the outside world held for the tasks, from their first start to 150 s. */
static int64_t records_there(const GroupRun *run)
{
    int64_t there = 0;
    for (size_t t = 0; t < G_N_ELEMENTS(SOURCES); t++) {
        there += (SIM_SEC(150) - run_when(run, SOURCES[t], "process start", 0)) / SIM_MS(20);
    }
    return there;
}

static void expect_about(int64_t found, int64_t wanted, int64_t margin)
{
    ck_assert_int_ge(found, wanted - margin);
    ck_assert_int_le(found, wanted + margin);
}

/* The start of a process takes some 0.5 s, in which nothing comes yet: 25 records a task. */
#define START_MARGIN 60

START_TEST(a_source_task_of_a_dead_worker_sends_again_what_it_sent_since_its_last_flush)
{
    GroupRun run = new_source((uint64_t)_i);
    run_fault(&run, FAULT_CRASH, TARGET_MEMBER, 1, SIM_SEC(100));
    run_go(&run);
    int64_t again = 0;
    int dead = 0;
    for (size_t t = 0; t < G_N_ELEMENTS(SOURCES); t++) {
        if (run_when(&run, SOURCES[t], "process death", 0) == SIM_SEC(100)) {
            const SimTime flush = run_when(&run, SOURCES[t], "offsets committed", 0);
            const SimTime start = run_when(&run, SOURCES[t], "process start", 0);
            expect_about(flush, start + SIM_SEC(60), SIM_SEC(1));
            again += (SIM_SEC(100) - flush) / SIM_MS(20);
            dead++;
        }
    }
    ck_assert_int_eq(dead, 1);
    const GroupReport *group = &run.whole.report->groups[0];
    expect_about(group->sources_again, again, 3);
    expect_about(group->sources, records_there(&run), START_MARGIN);
    run_end(&run);
}
END_TEST

START_TEST(a_source_task_that_is_stopped_repeats_nothing_and_leaves_nothing_out)
{
    GroupRun run = new_source((uint64_t)_i);
    run_fault(&run, FAULT_LEAVE, TARGET_MEMBER, 1, SIM_SEC(100));
    run_go(&run);
    ck_assert_int_eq(run.whole.report->groups[0].sources_again, 0);
    expect_about(run.whole.report->groups[0].sources, records_there(&run), START_MARGIN);
    run_end(&run);
}
END_TEST

/* They wait in the accumulator for linger.ms, are never acknowledged, and die with the process. */
START_TEST(what_is_not_acknowledged_is_not_flushed)
{
    GroupRun run = new_source((uint64_t)_i);
    ProducerSpec *source = run.spec->producers->pdata[0];
    ck_assert(kafka_config_set(source->config, "linger.ms", "45000"));
    ck_assert(kafka_config_set(source->config, "batch.size", "1000000"));
    run.spec->duration = SIM_SEC(240);
    run_fault(&run, FAULT_CRASH, TARGET_MEMBER, 1, SIM_SEC(80));
    run_go(&run);
    ck_assert_int_eq(run.whole.report->groups[0].sources_again, 0);
    expect_about(run.whole.report->groups[0].sources, records_there(&run), START_MARGIN);
    run_end(&run);
}
END_TEST

static void stop_while_brokers_are_frozen(GroupRun *run)
{
    for (int32_t b = 0; b < 3; b++) {
        run_fault(run, FAULT_PAUSE, TARGET_BROKER, b, SIM_SEC(90));
        run_fault(run, FAULT_RESUME, TARGET_BROKER, b, SIM_SEC(97));
    }
    run_fault(run, FAULT_LEAVE, TARGET_MEMBER, 1, SIM_MS(90500));
}

/* The last answers come within offset.flush.timeout.ms of the stop, or too late for its commit. */
START_TEST(a_source_task_waits_for_answers_no_longer_than_offset_flush_timeout)
{
    GroupRun run = new_source((uint64_t)_i);
    run.group->task_shutdown_timeout = SIM_SEC(20);
    stop_while_brokers_are_frozen(&run);
    run_go(&run);
    const GroupReport *group = &run.whole.report->groups[0];
    ck_assert_int_gt(group->sources_again, 10); /* half a second of one task: 25 */
    ck_assert_int_lt(group->sources_again, 100);
    expect_about(group->sources, records_there(&run), START_MARGIN);
    run_end(&run);
}
END_TEST

/* What each record is stays known of the parts of a batch that the broker found too large. */
START_TEST(records_of_a_batch_that_was_split_are_still_known)
{
    GroupRun run = new_source((uint64_t)_i);
    ProducerSpec *source = run.spec->producers->pdata[0];
    source->value_bytes = distribution_constant(1000);
    source->compression_ratio = 0.5;
    ck_assert(kafka_config_set(source->config, "linger.ms", "1000"));
    ck_assert(kafka_config_set(source->config, "batch.size", "4096"));
    ck_assert(kafka_config_set(source->config, "compression.type", "lz4"));
    const TopicSpec *topic = run.spec->topics->pdata[0];
    ck_assert(kafka_config_set(topic->config, "max.message.bytes", "3000"));
    run_go(&run);
    const GroupReport *group = &run.whole.report->groups[0];
    ck_assert_int_gt(run_count(&run, "shop-", "batch split"), 0);
    ck_assert_int_eq(group->sources, group->once + group->twice);
    ck_assert_int_eq(group->sources_again, 0);
    run_end(&run);
}
END_TEST

/* task.shutdown.graceful.timeout.ms: nothing is answered, so the producer is closed at once, and
 * what it held is sent by the task's next process. */
START_TEST(a_source_task_that_does_not_end_in_time_is_cancelled)
{
    GroupRun run = new_source((uint64_t)_i);
    stop_while_brokers_are_frozen(&run);
    run_go(&run);
    ck_assert_int_eq(run_when(&run, "w2", "graceful stop failed", 0), SIM_MS(95500));
    int its = 0;
    for (size_t t = 0; t < G_N_ELEMENTS(SOURCES); t++) {
        const SimTime death = run_when(&run, SOURCES[t], "process death", 0);
        its += death == SIM_MS(95500) ? 1 : 0;
        ck_assert(death < 0 || death == SIM_MS(95500));
    }
    ck_assert_int_eq(its, 1);
    const GroupReport *group = &run.whole.report->groups[0];
    ck_assert_int_lt(group->sources_again, 10); /* at most a request for each broker */
    expect_about(group->sources, records_there(&run), START_MARGIN);
    run_end(&run);
}
END_TEST

/* Each poll() of a task brings work for 40 s, and it closes when that is done. */
static GroupRun new_slow_sink(uint64_t seed)
{
    GroupRun run = new_sink(seed);
    GroupSpec *sink = run.spec->groups->pdata[0];
    sink->process_poll = distribution_constant(SIM_SEC(40));
    return run;
}

/* The one task that a newcomer gets; its old process is an orphan by then. */
START_TEST(a_sink_task_that_does_not_end_in_time_goes_on_and_the_new_one_waits_for_it)
{
    GroupRun run = new_slow_sink((uint64_t)_i);
    (void)run_member(&run, "w3", SIM_SEC(60));
    run_go(&run);
    const SimTime waits = run_when(&run, "world", "start waits", 0);
    ck_assert_int_gt(waits, SIM_SEC(60));
    int moved = 0;
    for (int t = 0; t < 4; t++) {
        g_autofree char *name = g_strdup_printf("search-%d", t);
        const SimTime death = run_when(&run, name, "process death", 0);
        moved += death > waits ? 1 : 0;
        ck_assert(death < 0 || run_when(&run, name, "process start", SIM_SEC(60)) == death);
    }
    ck_assert_int_eq(moved, 1);
    ck_assert_int_eq(run_count(&run, "w", "graceful stop failed"), 1);
    run_end(&run);
}
END_TEST

/* Both had the same 5 s; then the worker leaves, its process ends, and they with it. */
START_TEST(a_worker_leaves_when_its_tasks_have_ended_or_their_time_is_over)
{
    GroupRun run = new_slow_sink((uint64_t)_i);
    run_fault(&run, FAULT_LEAVE, TARGET_MEMBER, 1, SIM_SEC(100));
    run_go(&run);
    ck_assert_int_eq(run_count(&run, "w2", "graceful stop failed"), 2);
    ck_assert_int_eq(run_when(&run, "w2", "graceful stop failed", 0), SIM_SEC(105));
    const SimTime end = run_when(&run, "w2", "process death", 0);
    ck_assert_int_ge(end, SIM_SEC(105));
    ck_assert_int_lt(end, SIM_SEC(106));
    int killed = 0;
    for (int t = 0; t < 4; t++) {
        g_autofree char *name = g_strdup_printf("search-%d", t);
        killed += run_when(&run, name, "process death", 0) == end ? 1 : 0;
    }
    ck_assert_int_eq(killed, 2);
    run_end(&run);
}
END_TEST

/* Everybody waits for the slowest: eager workers join when what they ran has ended. */
START_TEST(an_eager_worker_joins_when_its_tasks_have_ended_or_their_time_is_over)
{
    GroupRun run = new_slow_sink((uint64_t)_i);
    run.group->connect_protocol = CONNECT_EAGER;
    (void)run_member(&run, "w3", SIM_SEC(100));
    run_go(&run);
    const SimTime revoked = run_when(&run, "w1", "revoked", SIM_SEC(100));
    ck_assert_int_gt(revoked, SIM_SEC(100));
    ck_assert_int_eq(run_when(&run, "w1", "join", revoked), revoked + SIM_SEC(5));
    run_end(&run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("connect tasks");
    TCase *tests = tcase_create("tasks");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, sink_tasks_begin_with_the_first_record_of_a_topic, 0, 3);
    tcase_add_loop_test(
        tests, sink_tasks_commit_each_offset_flush_interval_from_their_start_on, 0, 3);
    tcase_add_loop_test(tests, tasks_of_a_dead_worker_read_again_what_they_had_not_committed, 0, 3);
    tcase_add_loop_test(tests, a_sink_task_that_is_stopped_commits_first, 0, 3);
    tcase_add_loop_test(
        tests, a_sink_task_without_new_records_commits_once_more_and_then_no_more, 0, 3);
    tcase_add_loop_test(tests, what_a_failing_put_was_given_is_not_committed, 0, 3);
    tcase_add_loop_test(
        tests, a_source_task_of_a_dead_worker_sends_again_what_it_sent_since_its_last_flush, 0, 3);
    tcase_add_loop_test(
        tests, a_source_task_that_is_stopped_repeats_nothing_and_leaves_nothing_out, 0, 3);
    tcase_add_loop_test(tests, records_of_a_batch_that_was_split_are_still_known, 0, 2);
    tcase_add_loop_test(tests, what_is_not_acknowledged_is_not_flushed, 0, 3);
    tcase_add_loop_test(
        tests, a_source_task_waits_for_answers_no_longer_than_offset_flush_timeout, 0, 3);
    tcase_add_loop_test(tests, a_source_task_that_does_not_end_in_time_is_cancelled, 0, 3);
    tcase_add_loop_test(
        tests, a_sink_task_that_does_not_end_in_time_goes_on_and_the_new_one_waits_for_it, 0, 2);
    tcase_add_loop_test(
        tests, a_worker_leaves_when_its_tasks_have_ended_or_their_time_is_over, 0, 2);
    tcase_add_loop_test(
        tests, an_eager_worker_joins_when_its_tasks_have_ended_or_their_time_is_over, 0, 2);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
