/* The consumer against two scripted brokers: what it asks and when, what it hands out, what it
 * commits, and how it rebalances. */
#include "tests/models/consumer/fake_cluster.h"
#include "tests/run_suite.h"

#define TRACE(api) (UINT32_C(1) << (api))

static void set(FakeCluster *self, const char *name, const char *value)
{
    ck_assert(kafka_config_set(self->spec->config, name, value));
}

static int64_t consumed(const FakeCluster *self)
{
    return ledger_group(self->ledger, 0)->consumed;
}

/* One member, joined, all positions known; it is 4 s. */
static Consumer *joined(FakeCluster *self)
{
    Consumer *member = fake_start(self, "c");
    fake_run(self, SIM_SEC(4));
    const int32_t *owned = NULL;
    ck_assert_int_eq(consumer_owned(member, &owned), self->partitions);
    ck_assert_int_eq(consumer_generation(member), 1);
    g_string_truncate(self->lines, 0);
    return member;
}

START_TEST(a_lone_member_finds_joins_and_is_assigned_after_three_seconds)
{
    FakeCluster *self = fake_new(2);
    self->traced = TRACE(KAFKA_JOIN_GROUP) | TRACE(KAFKA_SYNC_GROUP) | TRACE(KAFKA_OFFSET_FETCH) |
                   TRACE(KAFKA_FETCH);
    Consumer *member = fake_start(self, "c");
    fake_run(self, SIM_MS(3100));
    gchar **lines = g_strsplit(self->lines->str, "\n", -1);
    ck_assert_uint_ge(g_strv_length(lines), 6);
    ck_assert(g_str_has_suffix(lines[0], "c JoinGroup"));
    ck_assert(g_str_has_suffix(lines[1], "c JoinGroup")); /* with the id that it was given */
    ck_assert(g_str_has_suffix(lines[2], "c SyncGroup"));
    ck_assert(g_str_has_suffix(lines[3], "c OffsetFetch"));
    ck_assert_ptr_nonnull(strstr(self->lines->str, "Fetch 0 new: 0@0 (named 1)"));
    ck_assert_ptr_nonnull(strstr(self->lines->str, "Fetch 1 new: 1@0 (named 1)"));
    ck_assert(g_str_has_prefix(consumer_member_id(member), "c-"));
    g_strfreev(lines);
    fake_free(self);
}
END_TEST

START_TEST(latest_skips_what_was_there_and_earliest_reads_it)
{
    for (int earliest = 0; earliest < 2; earliest++) {
        FakeCluster *self = fake_new(1);
        set(self, "auto.offset.reset", earliest ? "earliest" : "latest");
        fake_produce(self, 0, 10);
        Consumer *member = joined(self);
        ck_assert_int_eq(consumed(self), earliest ? 10 : 0);
        ck_assert_int_eq(consumer_position(member, 0), 10);
        fake_produce(self, 0, 5);
        fake_run(self, SIM_SEC(5));
        ck_assert_int_eq(consumed(self), earliest ? 15 : 5);
        fake_free(self);
    }
}
END_TEST

START_TEST(a_record_is_handed_out_one_way_after_it_is_readable)
{
    FakeCluster *self = fake_new(1);
    joined(self);
    fake_run(self, SIM_MS(4200));
    fake_produce(self, 0, 1);
    fake_run(self, SIM_MS(4202));
    ck_assert_int_eq(consumed(self), 1);
    const Histogram *latency = ledger_group(self->ledger, 0)->end_to_end;
    ck_assert_int_eq((int)(histogram_maximum(latency) / SIM_MS(1)), 1);
    fake_free(self);
}
END_TEST

START_TEST(an_idle_consumer_only_fetches_beats_and_commits)
{
    FakeCluster *self = fake_new(1);
    set(self, "enable.auto.commit", "false");
    joined(self);
    self->traced = 0xffffffffU;
    fake_run(self, SIM_SEC(4) + SIM_MS(2900));
    int fetches = 0;
    int beats = 0;
    gchar **lines = g_strsplit(self->lines->str, "\n", -1);
    for (gchar **line = lines; *line != NULL; line++) {
        fetches += strstr(*line, "Fetch 0: 0@0 (named 0)") != NULL ? 1 : 0;
        beats += strstr(*line, "Heartbeat") != NULL ? 1 : 0;
    }
    ck_assert_int_eq((int)g_strv_length(lines) - 1, fetches + beats);
    ck_assert_int_ge(fetches, 5); /* each waits 500 ms */
    ck_assert_int_le(fetches, 6);
    ck_assert_int_eq(beats, 1);
    g_strfreev(lines);
    fake_free(self);
}
END_TEST

START_TEST(a_poll_hands_out_500_records_and_drains_one_partition_after_the_other)
{
    FakeCluster *self = fake_new(3); /* partitions 0 and 2 on broker 0 */
    set(self, "auto.offset.reset", "earliest");
    self->spec->process_poll = distribution_constant(SIM_MS(10));
    for (int b = 0; b < 6; b++) {
        fake_produce(self, 0, 100);
        fake_produce(self, 2, 100);
    }
    Consumer *member = fake_start(self, "c");
    while (consumed(self) == 0) {
        ck_assert_int_eq(kernel_step(self->sim->kernel, SIM_SEC(4), 1), KERNEL_STOPPED);
    }
    ck_assert_int_eq(consumed(self), 500);
    ck_assert_int_eq(consumer_position(member, 0), 500);
    const SimTime first = sim_now(self->sim);
    fake_run(self, first + SIM_MS(10));
    ck_assert_int_eq(consumer_position(member, 0), 600); /* the rest and the next one's head */
    ck_assert_int_eq(consumer_position(member, 2), 400);
    fake_run(self, first + SIM_MS(20));
    ck_assert_int_eq(consumed(self), 1200);
    fake_free(self);
}
END_TEST

START_TEST(processing_time_is_per_record_and_per_poll)
{
    FakeCluster *self = fake_new(1);
    self->spec->process_record = distribution_constant(SIM_MS(1));
    self->spec->process_poll = distribution_constant(SIM_MS(50));
    joined(self);
    fake_produce(self, 0, 100);
    fake_run(self, SIM_MS(4010));
    ck_assert_int_eq(consumed(self), 100);
    fake_produce(self, 0, 1); /* fetched meanwhile, handed out by the next poll */
    fake_run(self, SIM_MS(4150));
    ck_assert_int_eq(consumed(self), 100);
    fake_run(self, SIM_MS(4152)); /* 4001 + 100 + 50 */
    ck_assert_int_eq(consumed(self), 101);
    fake_free(self);
}
END_TEST

START_TEST(no_second_fetch_goes_to_a_broker_before_the_first_is_answered)
{
    FakeCluster *self = fake_new(3);
    self->traced = TRACE(KAFKA_FETCH);
    set(self, "fetch.min.bytes", "5000"); /* so that one record does not end the long poll */
    joined(self);
    /* Partitions 0 and 2 share broker 0; both wait in one request. */
    fake_run(self, SIM_SEC(6));
    gchar **lines = g_strsplit(self->lines->str, "\n", -1);
    long last = 0;
    int seen = 0;
    for (gchar **line = lines; *line != NULL; line++) {
        if (strstr(*line, "Fetch 0") != NULL) {
            const long at = strtol(*line, NULL, 10);
            ck_assert_msg(seen == 0 || at - last >= 500, "%s", self->lines->str);
            last = at;
            seen++;
        }
    }
    ck_assert_int_ge(seen, 3);
    g_strfreev(lines);
    fake_free(self);
}
END_TEST

START_TEST(min_bytes_hold_a_record_up_to_the_max_wait)
{
    FakeCluster *self = fake_new(1);
    set(self, "fetch.min.bytes", "10000");
    joined(self);
    for (int i = 0; i < 20; i++) {
        fake_run(self, SIM_SEC(5) + SIM_MS(500 * i + 23 * i));
        fake_produce(self, 0, 1);
    }
    fake_run(self, SIM_SEC(20));
    const Histogram *latency = ledger_group(self->ledger, 0)->end_to_end;
    ck_assert_int_eq(consumed(self), 20);
    ck_assert_int_le(histogram_maximum(latency), SIM_MS(505));
    ck_assert_int_ge(histogram_maximum(latency), SIM_MS(300));
    fake_free(self);
}
END_TEST

START_TEST(auto_commit_commits_what_earlier_polls_returned)
{
    FakeCluster *self = fake_new(1);
    self->traced = TRACE(KAFKA_OFFSET_COMMIT);
    self->spec->process_poll = distribution_constant(SIM_SEC(4));
    joined(self);
    fake_run(self, SIM_SEC(5));
    fake_produce(self, 0, 10); /* processed from 5 s to 9 s */
    fake_run(self, SIM_SEC(7));
    fake_produce(self, 0, 10); /* handed out at 9 s */
    fake_run(self, SIM_SEC(20));
    gchar **lines = g_strsplit(self->lines->str, "\n", -1);
    /* The timer ran out at about 8 s, the application polled at 9 s: with the first ten. */
    ck_assert_str_eq(lines[0], "9002 c commits 0@10");
    ck_assert_ptr_nonnull(strstr(lines[1], "c commits 0@20"));
    g_strfreev(lines);
    fake_free(self);
}
END_TEST

START_TEST(an_auto_commit_that_failed_is_tried_again_after_the_backoff)
{
    FakeCluster *self = fake_new(1);
    self->traced = TRACE(KAFKA_OFFSET_COMMIT);
    joined(self);
    fake_produce(self, 0, 10);
    self->commit_error = KAFKA_COORDINATOR_LOAD_IN_PROGRESS;
    fake_run(self, SIM_MS(8500));
    gchar **lines = g_strsplit(self->lines->str, "\n", -1);
    ck_assert_uint_eq(g_strv_length(lines), 3);
    const long first = strtol(lines[0], NULL, 10);
    const long second = strtol(lines[1], NULL, 10);
    ck_assert_int_eq((int)(second - first), 102);
    g_strfreev(lines);
    fake_free(self);
}
END_TEST

START_TEST(out_of_range_positions_are_reset_and_the_jump_is_counted)
{
    FakeCluster *self = fake_new(1);
    set(self, "auto.offset.reset", "earliest");
    fake_produce(self, 0, 10);
    Consumer *member = joined(self);
    self->log_start[0] = 50; /* retention passed the consumer */
    g_array_set_size(self->logs[0], 0);
    fake_run(self, SIM_SEC(5));
    ck_assert_int_eq(consumer_position(member, 0), 50);
    ck_assert_int_eq(ledger_group(self->ledger, 0)->skipped, 40);
    fake_free(self);
}
END_TEST

START_TEST(an_error_of_the_leader_makes_it_ask_for_metadata)
{
    FakeCluster *self = fake_new(1);
    joined(self);
    self->traced = TRACE(KAFKA_METADATA);
    fake_run(self, SIM_MS(4100));
    self->fetch_error[0] = KAFKA_NOT_LEADER_OR_FOLLOWER;
    fake_produce(self, 0, 1);
    fake_run(self, SIM_MS(4200));
    ck_assert_ptr_nonnull(strstr(self->lines->str, "Metadata"));
    fake_run(self, SIM_MS(5000));
    ck_assert_int_eq(consumed(self), 1);
    fake_free(self);
}
END_TEST

START_TEST(a_new_member_makes_the_old_one_commit_revoke_and_join)
{
    FakeCluster *self = fake_new(2);
    self->traced = TRACE(KAFKA_OFFSET_COMMIT) | TRACE(KAFKA_JOIN_GROUP) | TRACE(KAFKA_SYNC_GROUP);
    Consumer *first = joined(self);
    fake_produce(self, 0, 7);
    Consumer *second = fake_start(self, "d");
    fake_run(self, SIM_SEC(8));
    const int32_t *owned = NULL;
    ck_assert_int_eq(consumer_owned(first, &owned), 1);
    ck_assert_int_eq(owned[0], 0);
    ck_assert_int_eq(consumer_owned(second, &owned), 1);
    ck_assert_int_eq(owned[0], 1);
    ck_assert_int_eq(consumer_generation(second), 2);
    ck_assert_int_eq(consumer_position(first, 0), 7); /* as committed */
    ck_assert_int_eq(consumed(self), 7);
    const char *commit = strstr(self->lines->str, "c commits 0@7 1@0");
    ck_assert_ptr_nonnull(commit);
    ck_assert_ptr_nonnull(strstr(commit, "c JoinGroup")); /* in this order */
    fake_free(self);
}
END_TEST

START_TEST(nothing_is_handed_out_twice_or_lost_across_a_rebalance)
{
    FakeCluster *self = fake_new(4);
    set(self, "auto.offset.reset", "earliest");
    self->spec->process_record = distribution_constant(SIM_MS(1));
    fake_start(self, "c");
    for (int i = 0; i < 100; i++) {
        fake_run(self, SIM_MS(100 * i));
        for (int32_t p = 0; p < 4; p++) {
            fake_produce(self, p, 10);
        }
        if (i == 50) {
            fake_start(self, "d");
        }
    }
    fake_run(self, SIM_SEC(30));
    ck_assert_int_eq(consumed(self), 4000);
    ck_assert_int_eq(ledger_group(self->ledger, 0)->consumed_twice, 0);
    fake_free(self);
}
END_TEST

START_TEST(close_commits_leaves_and_ends_the_process)
{
    FakeCluster *self = fake_new(1);
    self->traced = TRACE(KAFKA_OFFSET_COMMIT) | TRACE(KAFKA_LEAVE_GROUP);
    Consumer *member = joined(self);
    fake_produce(self, 0, 3);
    fake_run(self, SIM_MS(4500));
    consumer_close(member);
    fake_run(self, SIM_SEC(5));
    fake_expect(self, "4501 c commits 0@3\n4509 c LeaveGroup\n");
    ck_assert_int_eq(consumer_actor(member)->life, ACTOR_DEAD);
    GroupView view;
    ck_assert(group_coordinator_view(self->coordinator, "g", &view));
    ck_assert_str_eq(view.state, "Empty");
    fake_free(self);
}
END_TEST

START_TEST(a_restarted_member_goes_on_from_the_committed_offset)
{
    FakeCluster *self = fake_new(1);
    Consumer *member = joined(self);
    fake_produce(self, 0, 3);
    fake_run(self, SIM_MS(4500));
    consumer_close(member);
    fake_run(self, SIM_SEC(5));
    fake_produce(self, 0, 4); /* while it is down */
    ck_assert(actor_start(consumer_actor(member)));
    fake_run(self, SIM_SEC(10));
    ck_assert_int_eq(consumed(self), 7);
    ck_assert_int_eq(consumer_position(member, 0), 7);
    fake_free(self);
}
END_TEST

START_TEST(a_killed_member_is_replaced_after_its_session)
{
    FakeCluster *self = fake_new(2);
    set(self, "session.timeout.ms", "10000");
    Consumer *first = fake_start(self, "c");
    Consumer *second = fake_start(self, "d");
    fake_run(self, SIM_SEC(10));
    const int32_t *owned = NULL;
    ck_assert_int_eq(consumer_owned(first, &owned), 1);
    ck_assert(actor_kill(consumer_actor(first)));
    fake_run(self, SIM_SEC(16));
    ck_assert_int_eq(consumer_owned(second, &owned), 1);
    fake_run(self, SIM_SEC(24));
    ck_assert_int_eq(consumer_owned(second, &owned), 2);
    fake_free(self);
}
END_TEST

START_TEST(heartbeats_go_on_while_the_application_processes)
{
    FakeCluster *self = fake_new(1);
    self->traced = TRACE(KAFKA_HEARTBEAT);
    self->spec->process_poll = distribution_constant(SIM_SEC(60));
    joined(self);
    fake_produce(self, 0, 1);
    fake_run(self, SIM_SEC(60));
    gchar **lines = g_strsplit(self->lines->str, "\n", -1);
    ck_assert_uint_ge(g_strv_length(lines) - 1, 18);
    g_strfreev(lines);
    fake_free(self);
}
END_TEST

START_TEST(who_does_not_poll_for_max_poll_interval_leaves_and_rejoins)
{
    FakeCluster *self = fake_new(1);
    set(self, "max.poll.interval.ms", "20000");
    self->traced = TRACE(KAFKA_LEAVE_GROUP) | TRACE(KAFKA_JOIN_GROUP);
    self->spec->process_poll = distribution_constant(SIM_SEC(30));
    Consumer *member = joined(self);
    fake_produce(self, 0, 1);
    fake_run(self, SIM_SEC(30));
    fake_expect(self, "24002 c LeaveGroup\n");
    fake_run(self, SIM_SEC(40));
    ck_assert_ptr_nonnull(strstr(self->lines->str, "c JoinGroup"));
    ck_assert_int_eq(consumer_generation(member), 3);
    fake_free(self);
}
END_TEST

START_TEST(the_coordinators_refusal_leads_to_a_new_search)
{
    FakeCluster *self = fake_new(1);
    Consumer *member = joined(self);
    group_coordinator_on_resigned(self->coordinator, FAKE_OFFSETS);
    fake_run(self, SIM_SEC(8));
    group_coordinator_on_elected(self->coordinator, FAKE_OFFSETS);
    group_coordinator_on_loaded(self->coordinator, FAKE_OFFSETS); /* with an empty log */
    fake_run(self, SIM_SEC(20));
    const int32_t *owned = NULL;
    ck_assert_int_eq(consumer_owned(member, &owned), 1);
    fake_free(self);
}
END_TEST

static TCase *polling_case(void)
{
    TCase *tests = tcase_create("polling");
    tcase_add_test(tests, a_lone_member_finds_joins_and_is_assigned_after_three_seconds);
    tcase_add_test(tests, latest_skips_what_was_there_and_earliest_reads_it);
    tcase_add_test(tests, a_record_is_handed_out_one_way_after_it_is_readable);
    tcase_add_test(tests, an_idle_consumer_only_fetches_beats_and_commits);
    tcase_add_test(tests, a_poll_hands_out_500_records_and_drains_one_partition_after_the_other);
    tcase_add_test(tests, processing_time_is_per_record_and_per_poll);
    tcase_add_test(tests, no_second_fetch_goes_to_a_broker_before_the_first_is_answered);
    tcase_add_test(tests, min_bytes_hold_a_record_up_to_the_max_wait);
    tcase_add_test(tests, out_of_range_positions_are_reset_and_the_jump_is_counted);
    tcase_add_test(tests, an_error_of_the_leader_makes_it_ask_for_metadata);
    return tests;
}

static TCase *group_case(void)
{
    TCase *tests = tcase_create("group");
    tcase_add_test(tests, auto_commit_commits_what_earlier_polls_returned);
    tcase_add_test(tests, an_auto_commit_that_failed_is_tried_again_after_the_backoff);
    tcase_add_test(tests, a_new_member_makes_the_old_one_commit_revoke_and_join);
    tcase_add_test(tests, nothing_is_handed_out_twice_or_lost_across_a_rebalance);
    tcase_add_test(tests, close_commits_leaves_and_ends_the_process);
    tcase_add_test(tests, a_restarted_member_goes_on_from_the_committed_offset);
    tcase_add_test(tests, a_killed_member_is_replaced_after_its_session);
    tcase_add_test(tests, heartbeats_go_on_while_the_application_processes);
    tcase_add_test(tests, who_does_not_poll_for_max_poll_interval_leaves_and_rejoins);
    tcase_add_test(tests, the_coordinators_refusal_leads_to_a_new_search);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("consumer");
    suite_add_tcase(suite, polling_case());
    suite_add_tcase(suite, group_case());
    return run_suite(suite);
}
