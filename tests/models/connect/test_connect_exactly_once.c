/* test_connect_exactly_once.c - sources whose offsets are part of their transactions (KIP-618). */
#include "tests/models/support/group_run.h"
#include "tests/run_suite.h"

/* A source of two tasks of 50 records/s each, up to 150 s, on two workers; a group of
 * read_committed reads what they write. */
static GroupRun new_source(uint64_t seed, bool is_exactly_once)
{
    GroupRun run = run_new(seed, SIM_SEC(180), 4, 100, 0, SIM_SEC(150));
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
    (void)run_member(&run, "w2", SIM_SEC(1));
    g_ptr_array_add(run.spec->groups, run.group);
    return run;
}

/* All that came from outside was read by the group, and once: the tasks' own count of what they
 * committed, and the group's. */
static void expect_each_once(const GroupRun *run)
{
    const GroupReport *group = &run->whole.report->groups[0];
    ck_assert_int_eq(group->sources, group->consumed);
    ck_assert_int_eq(group->sources_again, 0);
    ck_assert_int_eq(group->sources, run_sum(run, "shop-", "offsets committed"));
    ck_assert_int_gt(group->sources, 12000);
    ck_assert_int_eq(group->skipped, 0);
}

START_TEST(a_task_of_a_dead_worker_repeats_nothing)
{
    for (int exactly_once = 0; exactly_once <= 1; exactly_once++) {
        GroupRun run = new_source((uint64_t)_i, exactly_once == 1);
        run_fault(&run, FAULT_CRASH, TARGET_MEMBER, 1, SIM_SEC(100));
        run_go(&run);
        if (exactly_once == 1) {
            expect_each_once(&run);
        } else {
            ck_assert_int_gt(run.whole.report->groups[0].sources_again, 1000);
        }
        run_end(&run);
    }
}
END_TEST

/* A transaction takes some 20 ms: the kill meets each of its steps, before EndTxn, between EndTxn
 * and its answer, and behind it. */
START_TEST(it_does_not_matter_at_which_step_of_a_transaction_it_dies)
{
    GroupRun run = new_source(7, true);
    run_fault(&run, FAULT_CRASH, TARGET_MEMBER, 1, SIM_SEC(100) + SIM_MS(2 * _i));
    run_go(&run);
    expect_each_once(&run);
    run_end(&run);
}
END_TEST

/* v1 and v2 of transactions, and a coordinator that dies with the task. */
START_TEST(offsets_are_kept_by_the_next_coordinator)
{
    GroupRun run = new_source((uint64_t)_i, true);
    run.spec->era.on[ERA_KIP_890] = _i % 2 == 0;
    run_fault(&run, FAULT_CRASH, TARGET_MEMBER, 1, SIM_SEC(100));
    for (int32_t b = 0; b < 3; b++) {
        run_fault(&run, FAULT_CRASH, TARGET_BROKER, b, SIM_SEC(101 + 14 * b));
        run_fault(&run, FAULT_START, TARGET_BROKER, b, SIM_SEC(108 + 14 * b));
    }
    run_go(&run);
    expect_each_once(&run);
    run_end(&run);
}
END_TEST

START_TEST(a_task_that_is_stopped_commits_its_last_transaction)
{
    GroupRun run = new_source((uint64_t)_i, true);
    ((ProducerSpec *)run.spec->producers->pdata[0])->transaction_ns = SIM_SEC(20);
    run_fault(&run, FAULT_LEAVE, TARGET_MEMBER, 1, SIM_SEC(100));
    run_go(&run);
    expect_each_once(&run);
    ck_assert_int_eq(run_count(&run, "shop-", "transactions initialized"), 3); /* one moved */
    run_end(&run);
}
END_TEST

/* transaction.boundary=interval: what was sent since the last end is aborted and sent again. */
START_TEST(what_was_open_is_aborted_and_sent_again)
{
    GroupRun run = new_source((uint64_t)_i, true);
    ((ProducerSpec *)run.spec->producers->pdata[0])->transaction_ns = SIM_SEC(20);
    run_fault(&run, FAULT_CRASH, TARGET_MEMBER, 1, SIM_SEC(100));
    run_go(&run);
    expect_each_once(&run);
    ck_assert_int_gt(run.whole.report->total.acked, run.whole.report->groups[0].sources + 20);
    run_end(&run);
}
END_TEST

/* The worker looks whether the interval is over each time that poll() returns, with records or
 * without: transactions end on a grid, however seldom a record comes. */
START_TEST(intervals_of_transactions_follow_one_another_without_a_gap)
{
    GroupRun run = new_source((uint64_t)_i, true);
    ProducerSpec *source = run.spec->producers->pdata[0];
    source->rate_milli = 285; /* of two tasks: one in 7 s each */
    source->transaction_ns = SIM_SEC(10);
    run_go(&run);
    const SimTime first = run_when(&run, "shop-0", "offsets committed", 0);
    SimTime next = first;
    int commits = 0;
    while ((next = run_when(&run, "shop-0", "offsets committed", next + 1)) > 0) {
        const SimDuration phase = (next - first + SIM_MS(100)) % SIM_SEC(10);
        ck_assert_int_lt(phase, SIM_MS(200));
        commits++;
    }
    ck_assert_int_gt(commits, 8);
    run_end(&run);
}
END_TEST

/* transaction.boundary=connector: a transaction is 200 records, no matter how its task ends. */
START_TEST(what_the_connector_has_not_ended_is_not_committed)
{
    static const FaultVerb verbs[] = {FAULT_LEAVE, FAULT_CRASH};
    GroupRun run = new_source((uint64_t)_i, true);
    ((ProducerSpec *)run.spec->producers->pdata[0])->transaction_records = 200;
    run_fault(&run, verbs[_i % 2], TARGET_MEMBER, 1, SIM_SEC(100));
    run_go(&run);
    expect_each_once(&run);
    ck_assert_int_eq(run_sum(&run, "shop-", "offsets committed"),
                     200 * run_count(&run, "shop-", "offsets committed"));
    ck_assert_int_gt(run.whole.report->total.acked, run.whole.report->groups[0].sources);
    ck_assert_int_eq(run_count(&run, "shop-", "graceful stop failed"), 0);
    ck_assert_int_eq(run_count(&run, "w2", "graceful stop failed"), 0);
    run_end(&run);
}
END_TEST

/* A source of a fixed number of records that keeps some in flight, killed when it has read all of
 * them and committed none. */
START_TEST(a_source_that_had_read_all_begins_anew)
{
    GroupRun run = new_source((uint64_t)_i, true);
    ProducerSpec *source = run.spec->producers->pdata[0];
    source->arrival = ARRIVAL_CLOSED;
    source->rate_milli = 0;
    source->outstanding = 5;
    source->records = 2000;
    source->transaction_ns = SIM_SEC(50);
    run_fault(&run, FAULT_CRASH, TARGET_MEMBER, 1, SIM_SEC(40));
    run_go(&run);
    ck_assert_int_eq(run.whole.report->groups[0].consumed, 2000);
    ck_assert_int_eq(run.whole.report->groups[0].sources_again, 0);
    run_end(&run);
}
END_TEST

/* Its batches are told apart no more by then (log_manager.h: 2,048 a partition are). */
START_TEST(who_reads_later_still_sees_where_each_record_came_from)
{
    GroupRun run = new_source((uint64_t)_i, true);
    const GroupSpec *billing = run.spec->groups->pdata[0];
    ((MemberSpec *)billing->members->pdata[0])->start = SIM_SEC(62);
    ((TopicSpec *)run.spec->topics->pdata[0])->partitions = 1;
    ((ProducerSpec *)run.spec->producers->pdata[0])->stop = SIM_SEC(60);
    run.spec->duration = SIM_SEC(75);
    if (_i == 1) { /* another leader, after the first batches were merged */
        run_fault(&run, FAULT_CRASH, TARGET_BROKER, 0, SIM_SEC(40));
        run_fault(&run, FAULT_START, TARGET_BROKER, 0, SIM_SEC(48));
    }
    run_go(&run);
    const GroupReport *group = &run.whole.report->groups[0];
    ck_assert_int_gt(group->partitions[0].log_end_offset, 2 * 4096);
    ck_assert_int_gt(group->consumed, 4096);
    ck_assert_int_eq(group->sources, group->consumed);
    ck_assert_int_eq(group->sources_again, 0);
    run_end(&run);
}
END_TEST

/* transactional.id.expiration.ms is over while nothing comes from outside. */
START_TEST(offsets_do_not_expire_with_the_transactional_id)
{
    GroupRun run = new_source((uint64_t)_i, true);
    run.spec->duration = SIM_SEC(300);
    ck_assert(kafka_config_set(run.spec->config, "transactional.id.expiration.ms", "30000"));
    ck_assert(kafka_config_set(
        run.spec->config, "transaction.remove.expired.transaction.cleanup.interval.ms", "5000"));
    run_fault(&run, FAULT_CRASH, TARGET_MEMBER, 1, SIM_SEC(240));
    run_go(&run);
    ck_assert_int_gt(run_count(&run, "broker-", "transactional id expired"), 0);
    expect_each_once(&run);
    run_end(&run);
}
END_TEST

/* The task fails with the error of the record: what send() throws for one larger than
 * max.request.size (RecordTooLargeException), or the broker's answer. It is not begun again. */
START_TEST(a_record_that_is_refused_fails_its_task_with_its_own_error)
{
    GroupRun run = new_source((uint64_t)_i, true);
    ProducerSpec *source = run.spec->producers->pdata[0];
    if (_i == 0) {
        ck_assert(kafka_config_set(source->config, "max.request.size", "120"));
    } else {
        TopicSpec *topic = run.spec->topics->pdata[0];
        ck_assert(kafka_config_set(topic->config, "max.message.bytes", "120"));
        /* of one record: a larger one is split, in vain (KAFKA-8350) */
        ck_assert(kafka_config_set(source->config, "batch.size", "1"));
    }
    run_go(&run);
    for (int task = 0; task < 2; task++) {
        const char *name = task == 0 ? "shop-0" : "shop-1";
        ck_assert_int_eq(run_count(&run, name, "transaction fatal"), 1);
        ck_assert_int_gt(whole_when(&run.whole, 0, name, "transaction fatal", "MESSAGE_TOO_LARGE"),
                         0);
        ck_assert_int_eq(run_count(&run, name, "process start"), 1);
    }
    ck_assert_int_eq(run.whole.report->groups[0].consumed, 0);
    run_end(&run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("connect exactly once");
    TCase *tests = tcase_create("sources");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_task_of_a_dead_worker_repeats_nothing, 0, 3);
    tcase_add_loop_test(tests, it_does_not_matter_at_which_step_of_a_transaction_it_dies, 0, 16);
    tcase_add_loop_test(tests, offsets_are_kept_by_the_next_coordinator, 0, 4);
    tcase_add_loop_test(tests, a_task_that_is_stopped_commits_its_last_transaction, 0, 2);
    tcase_add_loop_test(tests, what_was_open_is_aborted_and_sent_again, 0, 2);
    tcase_add_loop_test(tests, intervals_of_transactions_follow_one_another_without_a_gap, 0, 2);
    tcase_add_loop_test(tests, what_the_connector_has_not_ended_is_not_committed, 0, 4);
    tcase_add_loop_test(tests, a_source_that_had_read_all_begins_anew, 0, 2);
    tcase_add_loop_test(tests, who_reads_later_still_sees_where_each_record_came_from, 0, 2);
    tcase_add_loop_test(tests, offsets_do_not_expire_with_the_transactional_id, 0, 2);
    tcase_add_loop_test(tests, a_record_that_is_refused_fails_its_task_with_its_own_error, 0, 2);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
