/* The application between two polls: when it commits, what it leaves unprocessed when it dies,
 * records that are slow or cannot be processed, seek and pause. */
#include "tests/models/consumer/fake_cluster.h"
#include "tests/run_suite.h"

static FakeCluster *new_cluster(void)
{
    FakeCluster *self = fake_new(1);
    ck_assert(kafka_config_set(self->spec->config, "enable.auto.commit", "false"));
    self->spec->process_record = distribution_constant(SIM_MS(10));
    return self;
}

/* One member that has joined, at 4 s; then `records` come in one batch, handed out at 4001 ms. */
static Consumer *joined_with(FakeCluster *self, int32_t records)
{
    Consumer *member = fake_start(self, "c");
    fake_run(self, SIM_SEC(4));
    self->traced = UINT32_C(1) << KAFKA_OFFSET_COMMIT;
    g_string_truncate(self->lines, 0);
    fake_produce(self, 0, records);
    return member;
}

static const LedgerGroup *account(const FakeCluster *self)
{
    return ledger_group(self->ledger, 0);
}

START_TEST(commit_sync_after_processing_covers_the_poll)
{
    FakeCluster *self = new_cluster();
    self->spec->application.commit = COMMIT_SYNC;
    joined_with(self, 10);
    fake_run(self, SIM_SEC(6));
    fake_expect(self, "4102 c commits 0@10\n"); /* 4001 + 10 x 10 ms, one way of 1 ms */
    fake_free(self);
}
END_TEST

START_TEST(a_member_may_be_slower_than_its_group)
{
    FakeCluster *self = new_cluster();
    self->spec->application.commit = COMMIT_SYNC;
    joined_with(self, 10);
    MemberSpec *own = self->spec->members->pdata[0];
    own->process_record = g_new(Distribution, 1);
    *own->process_record = distribution_constant(SIM_MS(100));
    own->process_poll = g_new(Distribution, 1);
    *own->process_poll = distribution_constant(SIM_MS(7));
    fake_run(self, SIM_SEC(6));
    fake_expect(self, "5009 c commits 0@10\n"); /* 4001 + 10 x 100 ms + 7, one way of 1 ms */
    fake_free(self);
}
END_TEST

START_TEST(commit_before_processing_covers_what_is_not_yet_processed)
{
    FakeCluster *self = new_cluster();
    self->spec->application.commit = COMMIT_SYNC;
    self->spec->application.commit_before = true;
    Consumer *member = joined_with(self, 10);
    fake_run(self, SIM_MS(4060));
    fake_expect(self, "4002 c commits 0@10\n");
    fake_run(self, SIM_MS(4100)); /* from 4008 on, when the commit is answered: 9 are done */
    actor_kill(consumer_actor(member));
    ck_assert_int_eq(account(self)->interrupted, 1);
    ck_assert_int_eq(ledger_never_processed(self->ledger, 0, 0, 10), 1);
    fake_free(self);
}
END_TEST

START_TEST(commit_per_record_leaves_at_most_one_to_read_again)
{
    FakeCluster *self = new_cluster();
    self->spec->application.commit = COMMIT_SYNC;
    self->spec->application.commit_records = 1;
    Consumer *member = joined_with(self, 3);
    fake_run(self, SIM_SEC(5));
    gchar **lines = g_strsplit(self->lines->str, "\n", -1);
    ck_assert_uint_eq(g_strv_length(lines), 4);
    ck_assert_str_eq(lines[0], "4012 c commits 0@1");
    ck_assert(g_str_has_suffix(lines[1], "c commits 0@2"));
    ck_assert(g_str_has_suffix(lines[2], "c commits 0@3"));
    g_strfreev(lines);
    fake_produce(self, 0, 5);
    fake_run(self, SIM_MS(5035));
    actor_kill(consumer_actor(member));
    ck_assert_int_eq(account(self)->interrupted, 3); /* two processed, in 34 ms with commits */
    ck_assert_int_eq(ledger_never_processed(self->ledger, 0, 0, 4), 0);
    fake_free(self);
}
END_TEST

START_TEST(commits_every_four_records_go_on_over_polls)
{
    FakeCluster *self = new_cluster();
    self->spec->application.commit = COMMIT_ASYNC;
    self->spec->application.commit_records = 4;
    joined_with(self, 6);
    fake_run(self, SIM_SEC(5));
    fake_produce(self, 0, 6);
    fake_run(self, SIM_SEC(6));
    fake_expect(self,
                "4042 c commits 0@4\n"
                "5022 c commits 0@8\n"
                "5062 c commits 0@12\n");
    fake_free(self);
}
END_TEST

START_TEST(a_stall_is_time_in_the_first_record_of_the_next_poll)
{
    FakeCluster *self = new_cluster();
    self->spec->application.commit = COMMIT_SYNC;
    Consumer *member = fake_start(self, "c");
    fake_run(self, SIM_SEC(4));
    consumer_stall(member, SIM_SEC(3)); /* it waits in poll(): nothing to hang in yet */
    fake_produce(self, 0, 10);
    fake_run(self, SIM_MS(7050)); /* 4001 + 3000 + 10 a record */
    actor_kill(consumer_actor(member));
    ck_assert_int_eq(account(self)->interrupted, 6);
    fake_free(self);
}
END_TEST

START_TEST(commit_async_does_not_wait)
{
    FakeCluster *self = new_cluster();
    self->spec->application.commit = COMMIT_ASYNC;
    Consumer *member = joined_with(self, 10);
    fake_run(self, SIM_MS(4050));
    fake_produce(self, 0, 1);
    fake_run(self, SIM_MS(4102));
    ck_assert_int_eq(consumer_position(member, 0), 11); /* polled again at 4101 */
    fake_free(self);
}
END_TEST

START_TEST(commit_sync_tries_again_after_a_retriable_error)
{
    FakeCluster *self = new_cluster();
    self->spec->application.commit = COMMIT_SYNC;
    self->commit_error = KAFKA_COORDINATOR_LOAD_IN_PROGRESS; /* once */
    joined_with(self, 10);
    fake_run(self, SIM_SEC(5));
    gchar **lines = g_strsplit(self->lines->str, "\n", -1);
    ck_assert_uint_eq(g_strv_length(lines), 3);
    const long waited = strtol(lines[1], NULL, 10) - strtol(lines[0], NULL, 10) - 2;
    ck_assert_int_ge(waited, 80); /* retry.backoff.ms, a fifth more or less */
    ck_assert_int_le(waited, 120);
    g_strfreev(lines);
    fake_free(self);
}
END_TEST

START_TEST(a_time_between_commits_is_looked_at_after_each_poll)
{
    FakeCluster *self = new_cluster();
    self->spec->application.commit = COMMIT_SYNC;
    self->spec->application.commit_interval = SIM_SEC(10);
    joined_with(self, 1);
    for (int i = 1; i <= 12; i++) {
        fake_run(self, SIM_SEC(4 + i));
        fake_produce(self, 0, 1);
    }
    fake_run(self, SIM_SEC(20));
    fake_expect(self, "10012 c commits 0@7\n"); /* the application began at 0 s */
    fake_free(self);
}
END_TEST

START_TEST(each_tenth_record_is_slow)
{
    FakeCluster *self = new_cluster();
    self->spec->application.slow.every = 10;
    self->spec->application.slow_time = distribution_constant(SIM_SEC(1));
    self->spec->application.commit = COMMIT_SYNC;
    joined_with(self, 25);
    fake_run(self, SIM_SEC(8));
    fake_expect(self, "6252 c commits 0@25\n"); /* 25 x 10 ms and 2 x 1 s */
    fake_free(self);
}
END_TEST

START_TEST(a_poison_record_is_tried_again_then_passed_over)
{
    FakeCluster *self = new_cluster();
    self->spec->application.poison.offset = 3;
    self->spec->application.retries = 2;
    self->spec->application.retry_backoff = SIM_MS(500);
    self->spec->application.commit = COMMIT_SYNC;
    joined_with(self, 5);
    fake_run(self, SIM_SEC(8));
    fake_expect(self, "5072 c commits 0@5\n"); /* 5 + 2 x 10 ms and 2 x 500 ms */
    ck_assert_int_eq(account(self)->given_up, 1);
    fake_free(self);
}
END_TEST

START_TEST(a_poison_record_that_ends_the_application_leaves_the_rest)
{
    FakeCluster *self = new_cluster();
    self->spec->application.poison.offset = 3;
    self->spec->application.poison_end = POISON_STOP;
    Consumer *member = joined_with(self, 10);
    fake_run(self, SIM_SEC(8));
    ck_assert_int_eq(consumer_actor(member)->life, ACTOR_DEAD);
    ck_assert_int_eq(account(self)->interrupted, 7);
    fake_expect(self, ""); /* nothing is committed: they come again */
    fake_free(self);
}
END_TEST

/* close() commits the positions, which are behind the poll(), not behind the processing. */
START_TEST(with_auto_commit_an_exception_loses_the_rest_of_the_poll)
{
    FakeCluster *self = new_cluster();
    ck_assert(kafka_config_set(self->spec->config, "enable.auto.commit", "true"));
    self->spec->application.poison.offset = 3;
    self->spec->application.poison_end = POISON_STOP;
    joined_with(self, 10);
    fake_run(self, SIM_SEC(8));
    ck_assert_ptr_nonnull(strstr(self->lines->str, "c commits 0@10"));
    ck_assert_int_eq(ledger_never_processed(self->ledger, 0, 0, 10), 7);
    fake_free(self);
}
END_TEST

START_TEST(who_waits_too_long_between_retries_loses_its_membership)
{
    FakeCluster *self = new_cluster();
    ck_assert(kafka_config_set(self->spec->config, "max.poll.interval.ms", "5000"));
    self->spec->application.poison.offset = 0;
    self->spec->application.retries = 4;
    self->spec->application.retry_backoff = SIM_SEC(2);
    self->spec->application.commit = COMMIT_SYNC;
    joined_with(self, 1);
    self->traced = UINT32_C(1) << KAFKA_LEAVE_GROUP | UINT32_C(1) << KAFKA_OFFSET_COMMIT |
                   UINT32_C(1) << KAFKA_JOIN_GROUP;
    fake_run(self, SIM_SEC(13));
    ck_assert_ptr_nonnull(strstr(self->lines->str, "9002 c LeaveGroup"));
    ck_assert_ptr_null(strstr(self->lines->str, "commits")); /* CommitFailedException */
    ck_assert_ptr_nonnull(strstr(self->lines->str, "c JoinGroup"));
    fake_free(self);
}
END_TEST

static void ask(Consumer *member, ConsumerRequestKind kind, int64_t value)
{
    const ConsumerRequest request = {.kind = kind, .partition = 0, .value = value};
    consumer_request(member, &request);
}

START_TEST(seek_goes_back_and_the_records_come_again)
{
    FakeCluster *self = new_cluster();
    Consumer *member = joined_with(self, 10);
    fake_run(self, SIM_SEC(5));
    ask(member, CONSUMER_SEEK_OFFSET, 4);
    fake_run(self, SIM_SEC(6));
    ck_assert_int_eq(account(self)->consumed, 16);
    ck_assert_int_eq(account(self)->consumed_twice, 6); /* of a batch, those from 4 on */
    fake_free(self);
}
END_TEST

START_TEST(a_paused_partition_is_neither_fetched_nor_handed_out)
{
    FakeCluster *self = fake_new(3); /* 0 and 2 on one broker */
    ck_assert(kafka_config_set(self->spec->config, "enable.auto.commit", "false"));
    Consumer *member = fake_start(self, "c");
    fake_run(self, SIM_SEC(4));
    ask(member, CONSUMER_PAUSE, 0);
    fake_produce(self, 0, 10);
    fake_produce(self, 2, 5);
    fake_run(self, SIM_SEC(6));
    ck_assert_int_eq(consumer_position(member, 0), 0);
    ck_assert_int_eq(consumer_position(member, 2), 5); /* its broker is fetched from all the same */
    fake_produce(self, 2, 5);
    fake_run(self, SIM_SEC(7));
    ck_assert_int_eq(consumer_position(member, 2), 10);
    ask(member, CONSUMER_RESUME, 0);
    fake_run(self, SIM_SEC(8));
    ck_assert_int_eq(consumer_position(member, 0), 10);
    fake_free(self);
}
END_TEST

START_TEST(seek_to_the_beginning_and_the_end_ask_the_leader)
{
    FakeCluster *self = new_cluster();
    Consumer *member = joined_with(self, 10);
    fake_run(self, SIM_SEC(5));
    ask(member, CONSUMER_SEEK_BEGINNING, 0);
    fake_run(self, SIM_SEC(6));
    ck_assert_int_eq(account(self)->consumed_twice, 10);
    ask(member, CONSUMER_PAUSE, 0);
    fake_produce(self, 0, 20);
    ask(member, CONSUMER_SEEK_END, 0);
    ask(member, CONSUMER_RESUME, 0);
    fake_run(self, SIM_SEC(7));
    ck_assert_int_eq(consumer_position(member, 0), 30);
    ck_assert_int_eq(account(self)->skipped, 20);
    fake_free(self);
}
END_TEST

START_TEST(record_by_record_is_the_same_work_in_more_events)
{
    FakeCluster *self = new_cluster();
    self->spec->application.commit = COMMIT_SYNC;
    self->record_by_record = true;
    joined_with(self, 10);
    fake_run(self, SIM_SEC(6));
    fake_expect(self, "4102 c commits 0@10\n");
    fake_free(self);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("application");
    TCase *tests = tcase_create("between two polls");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, commit_sync_after_processing_covers_the_poll);
    tcase_add_test(tests, a_member_may_be_slower_than_its_group);
    tcase_add_test(tests, commit_before_processing_covers_what_is_not_yet_processed);
    tcase_add_test(tests, commit_per_record_leaves_at_most_one_to_read_again);
    tcase_add_test(tests, commits_every_four_records_go_on_over_polls);
    tcase_add_test(tests, a_stall_is_time_in_the_first_record_of_the_next_poll);
    tcase_add_test(tests, commit_async_does_not_wait);
    tcase_add_test(tests, commit_sync_tries_again_after_a_retriable_error);
    tcase_add_test(tests, a_time_between_commits_is_looked_at_after_each_poll);
    tcase_add_test(tests, each_tenth_record_is_slow);
    tcase_add_test(tests, a_poison_record_is_tried_again_then_passed_over);
    tcase_add_test(tests, a_poison_record_that_ends_the_application_leaves_the_rest);
    tcase_add_test(tests, with_auto_commit_an_exception_loses_the_rest_of_the_poll);
    tcase_add_test(tests, who_waits_too_long_between_retries_loses_its_membership);
    tcase_add_test(tests, seek_goes_back_and_the_records_come_again);
    tcase_add_test(tests, a_paused_partition_is_neither_fetched_nor_handed_out);
    tcase_add_test(tests, seek_to_the_beginning_and_the_end_ask_the_leader);
    tcase_add_test(tests, record_by_record_is_the_same_work_in_more_events);
    return run_suite(suite);
}
