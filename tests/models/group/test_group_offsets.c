/* Commits, what is stored in the log, and a coordinator that moves. */
#include "models/group/coordinator_internal.h"
#include "tests/models/group/fake_host.h"
#include "tests/run_suite.h"

START_TEST(a_commit_is_answered_and_seen_when_it_is_committed)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    fetch_offset(self);
    expect(self, "7000 any offsets NONE 3:-1\n");
    commit(self, "A", 1, pair.a, 42);
    run_to(self, SIM_SEC(7) + SIM_MS(6));
    fetch_offset(self);
    expect(self, "7006 any offsets NONE 3:-1\n");
    run_to(self, SIM_SEC(8));
    fetch_offset(self);
    expect(self, "7007 A OffsetCommit NONE\n8000 any offsets NONE 3:42\n");
    ck_assert_int_eq(group_coordinator_committed(self->coordinator, GROUP, 3), 42);
    commit(self, "A", 1, pair.a, 40); /* the last write wins */
    run_to(self, SIM_SEC(9));
    ck_assert_int_eq(group_coordinator_committed(self->coordinator, GROUP, 3), 40);
    fake_free(self);
}
END_TEST

START_TEST(commits_need_the_present_generation_and_are_refused_in_completing)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    commit(self, "A", 0, pair.a, 1);
    expect(self, "7000 A OffsetCommit ILLEGAL_GENERATION\n");
    commit(self, "A", 1, "somebody", 1);
    expect(self, "7000 A OffsetCommit UNKNOWN_MEMBER_ID\n");
    join(self, "A", pair.a);
    commit(self, "B", 1, pair.b, 5); /* PreparingRebalance accepts */
    run_to(self, SIM_SEC(8));
    expect(self, "7007 B OffsetCommit NONE\n");
    join(self, "B", pair.b);
    g_string_truncate(self->lines, 0);
    commit(self, "B", 2, pair.b, 6);
    expect(self, "8000 B OffsetCommit REBALANCE_IN_PROGRESS\n");
    fake_free(self);
}
END_TEST

START_TEST(commits_without_a_group_are_only_for_empty_ones)
{
    Fake *self = fake_new();
    commit(self, "tool", -1, "", 9);
    run_to(self, SIM_SEC(1));
    expect(self, "7 tool OffsetCommit NONE\n");
    fake_free(self);
    self = fake_new();
    (void)stable_pair(self);
    commit(self, "tool", -1, "", 9);
    expect(self, "7000 tool OffsetCommit UNKNOWN_MEMBER_ID\n");
    fake_free(self);
}
END_TEST

START_TEST(commits_that_meet_within_the_linger_share_one_batch)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    const int32_t before = self->append_count;
    commit(self, "A", 1, pair.a, 1);
    run_to(self, SIM_SEC(7) + SIM_MS(3));
    commit(self, "B", 1, pair.b, 2);
    run_to(self, SIM_SEC(8));
    expect(self, "7007 A OffsetCommit NONE\n7007 B OffsetCommit NONE\n");
    ck_assert_int_eq(self->append_count - before, 1);
    fake_free(self);
}
END_TEST

START_TEST(a_batch_without_room_for_the_next_write_does_not_linger)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    const int32_t before = self->append_count;
    self->bytes_max = 100; /* room for one commit, not for two */
    commit(self, "A", 1, pair.a, 1);
    run_to(self, SIM_SEC(7) + SIM_MS(3));
    commit(self, "B", 1, pair.b, 2);
    run_to(self, SIM_SEC(8));
    expect(self, "7005 A OffsetCommit NONE\n7010 B OffsetCommit NONE\n");
    ck_assert_int_eq(self->append_count - before, 2);
    fake_free(self);
}
END_TEST

START_TEST(a_commit_that_is_not_replicated_times_out)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    self->silent = true;
    commit(self, "A", 1, pair.a, 1);
    run_to(self, SIM_SEC(20));
    expect(self, "12005 A OffsetCommit COORDINATOR_NOT_AVAILABLE\n");
    fake_free(self);
}
END_TEST

START_TEST(a_new_coordinator_goes_on_from_the_log)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    commit(self, "A", 1, pair.a, 42);
    run_to(self, SIM_SEC(8));
    g_string_truncate(self->lines, 0);
    join(self, "A", pair.a); /* parked */
    group_coordinator_on_resigned(self->coordinator, FIRST_OFFSETS + 4);
    expect(self, "8000 A join NOT_COORDINATOR\n");
    heartbeat(self, "A", 1, pair.a);
    expect(self, "8000 A Heartbeat NOT_COORDINATOR\n");
    group_coordinator_on_elected(self->coordinator, FIRST_OFFSETS + 4);
    heartbeat(self, "A", 1, pair.a);
    expect(self, "8000 A Heartbeat COORDINATOR_LOAD_IN_PROGRESS\n");
    for (guint i = 0; i < self->log->len; i++) {
        group_coordinator_on_load(self->coordinator, &g_array_index(self->log, RecordBatch, i));
    }
    group_coordinator_on_loaded(self->coordinator, FIRST_OFFSETS + 4);
    heartbeat(self, "A", 1, pair.a);
    sync_follower(self, "B", 1, pair.b);
    fetch_offset(self);
    expect(self,
           "8000 A Heartbeat NONE\n"
           "8000 B sync NONE 1\n"
           "8000 any offsets NONE 3:42\n");
    run_to(self, SIM_SEC(52)); /* sessions began anew at 8 s */
    heartbeat(self, "A", 1, pair.a);
    expect(self, "52000 A Heartbeat NONE\n");
    run_to(self, SIM_SEC(54));
    heartbeat(self, "A", 1, pair.a);
    expect(self, "54000 A Heartbeat REBALANCE_IN_PROGRESS\n");
    fake_free(self);
}
END_TEST

/* The replica's log as it is after the fake's commits. */
static void log_of(const Fake *self, RecordLog *log)
{
    record_log_init(log);
    for (guint i = 0; i < self->log->len; i++) {
        RecordBatch batch = g_array_index(self->log, RecordBatch, i);
        batch.count = 1;
        batch.partition = FIRST_OFFSETS + 4;
        (void)record_log_append_as_leader(log, &batch, 0);
    }
}

static void load(Fake *self, const RecordLog *log)
{
    LogCursor cursor = record_log_seek(log, 0);
    const RecordBatch *batch;
    group_coordinator_on_resigned(self->coordinator, FIRST_OFFSETS + 4);
    group_coordinator_on_elected(self->coordinator, FIRST_OFFSETS + 4);
    while ((batch = log_cursor_next(&cursor)) != NULL) {
        group_coordinator_on_load(self->coordinator, batch);
    }
    group_coordinator_on_loaded(self->coordinator, FIRST_OFFSETS + 4);
}

START_TEST(old_commits_are_forgotten_once_later_ones_supersede_them)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    for (int64_t offset = 40; offset < 46; offset++) {
        commit(self, "A", 1, pair.a, offset);
        run_to(self, SIM_SEC(offset));
    }
    RecordLog log;
    log_of(self, &log);
    const uint32_t superseded = record_log_at(&log, log.count - 3)->payload;
    const uint32_t last_old = record_log_at(&log, log.count - 2)->payload;
    const int64_t end = record_log_at(&log, log.count - 1)->base_offset;
    coordinator_records_settle(self->records, FIRST_OFFSETS + 4, &log, end);
    record_log_coalesce(&log, end);
    ck_assert_ptr_null(coordinator_records_first(self->records, superseded));
    ck_assert_ptr_nonnull(coordinator_records_first(self->records, last_old));
    ck_assert_int_eq(log.count, 1);
    load(self, &log); /* the group is read from what is merged, its offset from the last batch */
    ck_assert_int_eq(group_coordinator_committed(self->coordinator, GROUP, 3), 45);
    g_string_truncate(self->lines, 0);
    heartbeat(self, "A", 1, pair.a);
    expect(self, "45000 A Heartbeat NONE\n");
    record_log_coalesce(&log, log.log_end_offset);
    load(self, &log); /* without its last batch: as it was before */
    ck_assert_int_eq(group_coordinator_committed(self->coordinator, GROUP, 3), 44);
    record_log_clear(&log);
    fake_free(self);
}
END_TEST

START_TEST(an_assignment_that_cannot_be_stored_fails_the_syncs)
{
    Fake *self = fake_new();
    char a[MEMBER_ID_BYTES];
    join_new(self, "A", a);
    run_to(self, SIM_SEC(4));
    g_string_truncate(self->lines, 0);
    self->refuse = KAFKA_NOT_ENOUGH_REPLICAS;
    const char *const ids[] = {a, NULL};
    sync_leader(self, "A", 1, ids);
    run_to(self, SIM_SEC(5));
    expect(self, "4007 A sync COORDINATOR_NOT_AVAILABLE\n");
    heartbeat(self, "A", 1, a);
    expect(self, "5000 A Heartbeat REBALANCE_IN_PROGRESS\n");
    fake_free(self);
}
END_TEST

/* Retention of one hour, looked at every ten minutes since the shard was loaded at 0. */
static Fake *short_retention(void)
{
    Fake *self = fake_new();
    self->coordinator->options.retention_ns = SIM_SEC(3600);
    self->coordinator->options.retention_check_ns = SIM_SEC(600);
    return self;
}

static bool is_known(const Fake *self)
{
    GroupView view;
    return group_coordinator_view(self->coordinator, GROUP, &view);
}

START_TEST(offsets_expire_with_the_group_a_retention_after_it_is_empty)
{
    Fake *self = short_retention();
    Pair pair = stable_pair(self);
    commit(self, "A", 1, pair.a, 42);
    run_to(self, SIM_SEC(30)); /* the commit is old long before the group is empty */
    leave(self, "A", pair.a);
    leave(self, "B", pair.b);
    run_to(self, SIM_SEC(3600 + 20));
    ck_assert_int_eq(group_coordinator_committed(self->coordinator, GROUP, 3), 42);
    run_to(self, SIM_SEC(4200 - 1)); /* Empty at 30 s: too old at 3630 s, seen at 4200 s */
    ck_assert_int_eq(group_coordinator_committed(self->coordinator, GROUP, 3), 42);
    run_to(self, SIM_SEC(4201));
    ck_assert_int_eq(group_coordinator_committed(self->coordinator, GROUP, 3), -1);
    ck_assert(!is_known(self));
    RecordLog log;
    log_of(self, &log);
    load(self, &log); /* nor is it known to the next coordinator */
    ck_assert(!is_known(self));
    record_log_clear(&log);
    fake_free(self);
}
END_TEST

static void stay_for(Fake *self, const Pair *pair, SimTime until)
{
    while (actor_now(&self->actor) < until) {
        heartbeat(self, "A", 1, pair->a);
        heartbeat(self, "B", 1, pair->b);
        run_to(self, actor_now(&self->actor) + SIM_SEC(40));
    }
}

START_TEST(a_stable_group_keeps_the_offsets_of_topics_that_it_subscribes_to)
{
    Fake *self = short_retention();
    commit(self, "tool", -1, "", 9); /* t0-3 */
    Pair pair = stable_pair(self);
    stay_for(self, &pair, SIM_SEC(8000));
    ck_assert_int_eq(group_coordinator_committed(self->coordinator, GROUP, 3), 9);
    self->partitions = 3; /* t0-3 is nobody's any more */
    stay_for(self, &pair, SIM_SEC(8500));
    ck_assert_int_eq(group_coordinator_committed(self->coordinator, GROUP, 3), -1);
    ck_assert(is_known(self)); /* it has members */
    fake_free(self);
}
END_TEST

START_TEST(commits_without_members_expire_by_their_own_age)
{
    Fake *self = short_retention();
    commit(self, "tool", -1, "", 9);
    run_to(self, SIM_SEC(3000));
    commit(self, "tool", -1, "", 10); /* begins its hour anew */
    run_to(self, SIM_SEC(6599));
    ck_assert_int_eq(group_coordinator_committed(self->coordinator, GROUP, 3), 10);
    run_to(self, SIM_SEC(7201)); /* 6600 s: 3600 s old but for the linger */
    ck_assert_int_eq(group_coordinator_committed(self->coordinator, GROUP, 3), -1);
    ck_assert(!is_known(self));
    fake_free(self);
}
END_TEST

START_TEST(who_commits_while_the_group_expires_keeps_it)
{
    Fake *self = short_retention();
    commit(self, "tool", -1, "", 9);
    run_to(self, SIM_SEC(3600) + SIM_MS(2)); /* its tombstone lingers */
    commit(self, "tool", -1, "", 10);
    run_to(self, SIM_SEC(3601));
    ck_assert_int_eq(group_coordinator_committed(self->coordinator, GROUP, 3), 10);
    RecordLog log;
    log_of(self, &log);
    load(self, &log);
    ck_assert_int_eq(group_coordinator_committed(self->coordinator, GROUP, 3), 10);
    record_log_clear(&log);
    fake_free(self);
}
END_TEST

static TCase *offsets_case(void)
{
    TCase *tests = tcase_create("offsets");
    tcase_add_test(tests, a_commit_is_answered_and_seen_when_it_is_committed);
    tcase_add_test(tests, commits_need_the_present_generation_and_are_refused_in_completing);
    tcase_add_test(tests, commits_without_a_group_are_only_for_empty_ones);
    tcase_add_test(tests, commits_that_meet_within_the_linger_share_one_batch);
    tcase_add_test(tests, a_batch_without_room_for_the_next_write_does_not_linger);
    tcase_add_test(tests, a_commit_that_is_not_replicated_times_out);
    tcase_add_test(tests, a_new_coordinator_goes_on_from_the_log);
    tcase_add_test(tests, old_commits_are_forgotten_once_later_ones_supersede_them);
    tcase_add_test(tests, an_assignment_that_cannot_be_stored_fails_the_syncs);
    tcase_add_test(tests, offsets_expire_with_the_group_a_retention_after_it_is_empty);
    tcase_add_test(tests, a_stable_group_keeps_the_offsets_of_topics_that_it_subscribes_to);
    tcase_add_test(tests, commits_without_members_expire_by_their_own_age);
    tcase_add_test(tests, who_commits_while_the_group_expires_keeps_it);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("group offsets");
    suite_add_tcase(suite, offsets_case());
    return run_suite(suite);
}
