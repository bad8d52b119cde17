/* Groups of KIP-848 under a coordinator: what members are answered, and what a fail-over keeps. */
#include "tests/models/group/fake_host.h"
#include "tests/run_suite.h"

/* `owned`: "" nothing, NULL not said, else single digits ("03"). */
typedef struct Beat {
    const char *member;
    int32_t epoch;
    const char *owned;
    const char *instance;
} Beat;

static void beat_as(Fake *self, Beat beat)
{
    const int32_t owned = beat.owned == NULL ? -1 : (int32_t)strlen(beat.owned);
    ConsumerGroupHeartbeatRequest *request =
        new_request(self,
                    KAFKA_MESSAGE_BYTES(ConsumerGroupHeartbeatRequest, items, 1 + MAX(0, owned)),
                    KAFKA_CONSUMER_GROUP_HEARTBEAT,
                    beat.member);
    const bool joins = beat.epoch == 0;
    request->group_id = GROUP;
    g_strlcpy(request->member_id, beat.member, sizeof request->member_id);
    request->member_epoch = beat.epoch;
    request->group_instance_id = beat.instance;
    request->rebalance_timeout_ns = joins ? SIM_SEC(300) : -1;
    request->topic_count = joins ? 1 : -1;
    request->owned_count = owned;
    for (int32_t i = 0; i < owned; i++) {
        request->items[(joins ? 1 : 0) + i] = beat.owned[i] - '0';
    }
    group_coordinator_handle(self->coordinator, &request->header);
}

static void beat(Fake *self, const char *member, int32_t epoch, const char *owned)
{
    beat_as(self, (Beat){.member = member, .epoch = epoch, .owned = owned});
}

/* A alone owns all four partitions at epoch 1. */
static Fake *with_one_member(void)
{
    Fake *self = fake_new();
    beat(self, "A", 0, "");
    let_commit(self);
    expect(self, "7 A NONE epoch 1: 0 1 2 3\n");
    return self;
}

static const char *state_of(const Fake *self)
{
    GroupView view;
    ck_assert(group_coordinator_view(self->coordinator, GROUP, &view));
    return view.state;
}

START_TEST(a_lone_member_has_all_in_the_first_answer_without_a_delay)
{
    Fake *self = with_one_member();
    ck_assert_str_eq(state_of(self), "Stable");
    beat(self, "A", 1, "0123"); /* nothing to write: answered at once */
    expect(self, "100 A NONE epoch 1\n");
    fake_free(self);
}
END_TEST

START_TEST(a_second_member_waits_until_the_first_has_given_up)
{
    Fake *self = with_one_member();
    beat(self, "B", 0, "");
    let_commit(self);
    expect(self, "107 B NONE epoch 2: nothing\n");
    ck_assert_str_eq(state_of(self), "Reconciling");
    beat(self, "A", 1, NULL); /* told to revoke, still at its epoch */
    let_commit(self);
    expect(self, "207 A NONE epoch 1: 0 1\n");
    beat(self, "B", 2, NULL);
    let_commit(self);
    expect(self, "307 B NONE epoch 2\n");
    beat(self, "A", 1, "01"); /* the acknowledgement */
    let_commit(self);
    expect(self, "407 A NONE epoch 2\n");
    beat(self, "B", 2, NULL);
    let_commit(self);
    expect(self, "507 B NONE epoch 2: 2 3\n");
    ck_assert_str_eq(state_of(self), "Stable");
    ck_assert_str_eq(group_coordinator_owner(self->coordinator, GROUP, 3), "B");
    fake_free(self);
}
END_TEST

START_TEST(a_silent_member_is_removed_when_its_session_ends)
{
    Fake *self = with_one_member();
    beat(self, "B", 0, "");
    let_commit(self);
    run_to(self, SIM_SEC(30));
    beat(self, "B", 2, NULL); /* A has not been heard of since 0 */
    run_to(self, SIM_SEC(45) + SIM_MS(50));
    beat(self, "B", 2, NULL);
    let_commit(self);
    expect(self,
           "107 B NONE epoch 2: nothing\n"
           "30007 B NONE epoch 2\n"
           "45057 B NONE epoch 3: 0 1 2 3\n");
    beat(self, "A", 1, NULL);
    expect(self, "45150 A UNKNOWN_MEMBER_ID\n");
    fake_free(self);
}
END_TEST

START_TEST(a_member_that_does_not_revoke_is_removed_after_the_rebalance_time_out)
{
    Fake *self = with_one_member();
    beat(self, "B", 0, "");
    beat(self, "A", 1, NULL);
    for (int s = 1; s < 300; s += 10) { /* alive, but it keeps its partitions */
        run_to(self, SIM_SEC(s));
        beat(self, "A", 1, "0123");
        beat(self, "B", 2, NULL);
    }
    ck_assert_str_eq(group_coordinator_owner(self->coordinator, GROUP, 0), "A");
    run_to(self, SIM_SEC(301));
    g_string_truncate(self->lines, 0);
    beat(self, "A", 1, "0123");
    beat(self, "B", 2, NULL);
    let_commit(self);
    expect(self, "301000 A UNKNOWN_MEMBER_ID\n301007 B NONE epoch 3: 0 1 2 3\n");
    fake_free(self);
}
END_TEST

START_TEST(an_answer_may_be_lost_but_an_older_epoch_is_fenced)
{
    Fake *self = with_one_member();
    beat(self, "B", 0, "");
    beat(self, "B", -1, NULL);
    let_commit(self);
    beat(self, "A", 1, NULL); /* epoch 3, the answer is lost */
    let_commit(self);
    g_string_truncate(self->lines, 0);
    beat(self, "A", 1, "0123");
    expect(self, "300 A NONE epoch 3\n");
    beat(self, "A", 1, NULL); /* does not say what it owns */
    beat(self, "A", 4, "0123");
    expect(self, "300 A FENCED_MEMBER_EPOCH\n300 A FENCED_MEMBER_EPOCH\n");
    fake_free(self);
}
END_TEST

START_TEST(a_static_member_comes_back_without_a_new_epoch)
{
    Fake *self = fake_new();
    beat_as(self, (Beat){"A1", 0, "", "a"});
    let_commit(self);
    beat_as(self, (Beat){"A2", 0, "", "a"}); /* the first is still there */
    beat_as(self, (Beat){"A1", -2, NULL, "a"});
    let_commit(self);
    beat_as(self, (Beat){"A2", 0, "", "a"});
    let_commit(self);
    expect(self,
           "7 A1 NONE epoch 1: 0 1 2 3\n"
           "100 A2 UNRELEASED_INSTANCE_ID\n"
           "107 A1 NONE epoch -2\n"
           "207 A2 NONE epoch 1: 0 1 2 3\n");
    beat_as(self, (Beat){"A1", 1, NULL, "a"});
    expect(self, "300 A1 FENCED_INSTANCE_ID\n");
    fake_free(self);
}
END_TEST

START_TEST(a_static_member_that_stays_away_is_removed_by_its_session)
{
    Fake *self = fake_new();
    beat_as(self, (Beat){"A1", 0, "", "a"});
    run_to(self, SIM_SEC(5));
    beat_as(self, (Beat){"A1", 1, NULL, "a"});
    run_to(self, SIM_SEC(8));
    beat_as(self, (Beat){"A1", -2, NULL, "a"}); /* does not renew the session */
    run_to(self, SIM_SEC(49));
    ck_assert_str_eq(state_of(self), "Reconciling");
    run_to(self, SIM_SEC(51));
    ck_assert_str_eq(state_of(self), "Empty");
    fake_free(self);
}
END_TEST

START_TEST(added_partitions_raise_the_epoch_at_the_next_heartbeat)
{
    Fake *self = with_one_member();
    self->partitions = 6;
    beat(self, "A", 1, NULL);
    let_commit(self);
    expect(self, "107 A NONE epoch 2: 0 1 2 3 4 5\n");
    self->partitions = 0; /* the topic is deleted */
    beat(self, "A", 2, NULL);
    let_commit(self);
    expect(self, "207 A NONE epoch 2: nothing\n");
    beat(self, "A", 2, "");
    let_commit(self);
    expect(self, "307 A NONE epoch 3\n");
    fake_free(self);
}
END_TEST

START_TEST(commits_need_the_members_present_epoch)
{
    Fake *self = with_one_member();
    commit(self, "A", 0, "A", 5);
    commit(self, "A", 1, "B", 5);
    commit(self, "A", 1, "A", 5);
    let_commit(self);
    expect(self,
           "100 A OffsetCommit STALE_MEMBER_EPOCH\n"
           "100 A OffsetCommit UNKNOWN_MEMBER_ID\n"
           "107 A OffsetCommit NONE\n");
    ck_assert_int_eq(group_coordinator_committed(self->coordinator, GROUP, 3), 5);
    fake_free(self);
}
END_TEST

START_TEST(a_new_coordinator_goes_on_where_the_old_one_was)
{
    Fake *self = with_one_member();
    beat(self, "B", 0, "");
    let_commit(self);
    beat(self, "A", 1, NULL);
    let_commit(self);
    commit(self, "A", 1, "A", 17);
    let_commit(self);
    g_string_truncate(self->lines, 0);
    move_coordinator(self);
    ck_assert_str_eq(state_of(self), "Reconciling");
    ck_assert_int_eq(group_coordinator_committed(self->coordinator, GROUP, 3), 17);
    beat(self, "A", 1, "01");
    let_commit(self);
    beat(self, "B", 2, NULL);
    let_commit(self);
    expect(self, "407 A NONE epoch 2\n507 B NONE epoch 2: 2 3\n");
    run_to(self, SIM_SEC(46)); /* sessions began anew at the load */
    ck_assert_str_eq(state_of(self), "Empty");
    fake_free(self);
}
END_TEST

START_TEST(a_write_that_waits_is_answered_when_the_coordinator_goes)
{
    Fake *self = fake_new();
    beat(self, "A", 0, "");
    group_coordinator_on_resigned(self->coordinator, FIRST_OFFSETS + 4);
    expect(self, "0 A NOT_COORDINATOR\n");
    fake_free(self);
}
END_TEST

START_TEST(what_a_failed_write_lost_is_written_with_the_next)
{
    Fake *self = fake_new();
    self->refuse = KAFKA_NOT_ENOUGH_REPLICAS;
    beat(self, "A", 0, "");
    let_commit(self);
    self->refuse = KAFKA_NONE;
    beat(self, "B", 0, "");
    let_commit(self);
    expect(self, "7 A COORDINATOR_NOT_AVAILABLE\n107 B NONE epoch 2: nothing\n");
    move_coordinator(self);
    beat(self, "A", 1, "0123");
    let_commit(self);
    expect(self, "207 A NONE epoch 1: 0 1\n");
    fake_free(self);
}
END_TEST

static int32_t members_of(const Fake *self)
{
    GroupView view;
    ck_assert(group_coordinator_view(self->coordinator, GROUP, &view));
    return view.members;
}

START_TEST(who_left_by_a_write_that_failed_is_removed_by_the_next)
{
    Fake *self = with_one_member();
    beat(self, "B", 0, "");
    let_commit(self);
    self->refuse = KAFKA_NOT_ENOUGH_REPLICAS;
    beat(self, "A", -1, NULL);
    let_commit(self);
    self->refuse = KAFKA_NONE;
    beat(self, "B", 2, NULL);
    let_commit(self);
    ck_assert_int_eq(members_of(self), 1);
    move_coordinator(self);
    ck_assert_int_eq(members_of(self), 1);
    fake_free(self);
}
END_TEST

START_TEST(the_request_is_checked_in_kafkas_order)
{
    Fake *self = with_one_member();
    beat(self, "B", 0, "0"); /* who joins owns nothing */
    beat(self, "B", 7, NULL);
    beat(self, "", 0, "");
    beat(self, "B", -3, NULL);
    beat(self, "B", -2, NULL); /* not static */
    expect(self,
           "100 B INVALID_REQUEST\n100 B UNKNOWN_MEMBER_ID\n100  INVALID_REQUEST\n"
           "100 B INVALID_REQUEST\n100 B INVALID_REQUEST\n");
    beat(self, "B", 0, "");
    beat(self, "C", 0, "");
    beat(self, "D", 0, ""); /* group.consumer.max.size */
    expect(self, "100 D GROUP_MAX_SIZE_REACHED\n");
    fake_free(self);
}
END_TEST

START_TEST(only_a_join_upgrades_a_classic_group)
{
    Fake *self = fake_new();
    (void)stable_pair(self);
    g_string_truncate(self->lines, 0);
    beat(self, "C", 1, NULL);
    expect(self, "7000 C GROUP_ID_NOT_FOUND\n");
    ck_assert_str_eq(state_of(self), "Stable");
    fake_free(self);
}
END_TEST

/* A and B of the classic protocol own partitions 0 and 1; C comes with the new one. */
static Fake *upgraded(Pair *ret_pair)
{
    Fake *self = fake_new();
    *ret_pair = stable_pair(self);
    g_string_truncate(self->lines, 0);
    beat(self, "C", 0, "");
    let_commit(self);
    expect(self, "7007 C NONE epoch 2: 3\n");
    ck_assert_str_eq(state_of(self), "Reconciling");
    return self;
}

/* Joins and syncs as a classic member does, with what it is given. */
static void join_and_sync(Fake *self, const char *client, const char *id, int32_t generation)
{
    join(self, client, id);
    let_commit(self);
    sync_follower(self, client, generation, id);
    let_commit(self);
}

START_TEST(a_new_member_upgrades_the_group_and_classic_ones_move_by_joining)
{
    Pair pair;
    Fake *self = upgraded(&pair);
    heartbeat(self, "A", 1, pair.a);
    heartbeat(self, "B", 1, pair.b);
    expect(self,
           "7100 A Heartbeat REBALANCE_IN_PROGRESS\n7100 B Heartbeat REBALANCE_IN_PROGRESS\n");
    join_and_sync(self, "A", pair.a, 2); /* B still has what it is to get */
    join_and_sync(self, "B", pair.b, 2);
    heartbeat(self, "B", 2, pair.b);
    heartbeat(self, "A", 2, pair.a); /* now it is free */
    join_and_sync(self, "A", pair.a, 2);
    heartbeat(self, "A", 2, pair.a);
    expect(self,
           "7107 A join NONE generation 2 range follower members 0\n"
           "7200 A sync NONE 0\n"
           "7307 B join NONE generation 2 range follower members 0\n"
           "7400 B sync NONE 2\n"
           "7500 B Heartbeat NONE\n"
           "7500 A Heartbeat REBALANCE_IN_PROGRESS\n"
           "7507 A join NONE generation 2 range follower members 0\n"
           "7600 A sync NONE 0 1\n"
           "7700 A Heartbeat NONE\n");
    ck_assert_str_eq(state_of(self), "Stable");
    commit(self, "A", 2, pair.a, 5);
    commit(self, "A", 1, pair.a, 5);
    let_commit(self);
    expect(self,
           "7700 A OffsetCommit ILLEGAL_GENERATION\n"
           "7707 A OffsetCommit NONE\n");
    fake_free(self);
}
END_TEST

START_TEST(the_last_new_member_leaves_a_classic_group_behind)
{
    Pair pair;
    Fake *self = upgraded(&pair);
    join_and_sync(self, "A", pair.a, 2);
    join_and_sync(self, "B", pair.b, 2);
    g_string_truncate(self->lines, 0);
    beat(self, "C", -1, NULL);
    let_commit(self);
    ck_assert_str_eq(state_of(self), "PreparingRebalance");
    heartbeat(self, "A", 2, pair.a);
    join(self, "A", pair.a);
    join(self, "B", pair.b);
    let_commit(self);
    expect(self,
           "7507 C NONE epoch -1\n"
           "7600 A Heartbeat REBALANCE_IN_PROGRESS\n"
           "7600 A join NONE generation 3 range leader members 2\n"
           "7600 B join NONE generation 3 range follower members 0\n");
    fake_free(self);
}
END_TEST

START_TEST(a_fail_over_forgets_the_rebalance_that_a_downgrade_began)
{
    Pair pair;
    Fake *self = upgraded(&pair);
    join_and_sync(self, "A", pair.a, 2);
    beat(self, "C", -1, NULL);
    let_commit(self);
    move_coordinator(self);
    g_string_truncate(self->lines, 0);
    heartbeat(self, "A", 2, pair.a);
    expect(self, "7400 A Heartbeat NONE\n");
    fake_free(self);
}
END_TEST

START_TEST(an_upgraded_group_survives_a_fail_over)
{
    Pair pair;
    Fake *self = upgraded(&pair);
    move_coordinator(self);
    heartbeat(self, "A", 1, pair.a);
    join_and_sync(self, "A", pair.a, 2);
    expect(self,
           "7100 A Heartbeat REBALANCE_IN_PROGRESS\n"
           "7107 A join NONE generation 2 range follower members 0\n"
           "7200 A sync NONE 0\n");
    fake_free(self);
}
END_TEST

START_TEST(a_classic_member_that_does_not_join_again_is_removed)
{
    Pair pair;
    Fake *self = upgraded(&pair);
    for (int s = 8; s < 308; s += 10) {
        run_to(self, SIM_SEC(s));
        heartbeat(self, "A", 1, pair.a);
        heartbeat(self, "B", 1, pair.b);
        beat(self, "C", 2, NULL);
    }
    g_string_truncate(self->lines, 0);
    run_to(self, SIM_SEC(309));
    heartbeat(self, "A", 1, pair.a);
    expect(self, "309000 A Heartbeat UNKNOWN_MEMBER_ID\n");
    fake_free(self);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("consumer group");
    TCase *tcase = tcase_create("KIP-848");
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, a_lone_member_has_all_in_the_first_answer_without_a_delay);
    tcase_add_test(tcase, a_second_member_waits_until_the_first_has_given_up);
    tcase_add_test(tcase, a_silent_member_is_removed_when_its_session_ends);
    tcase_add_test(tcase, a_member_that_does_not_revoke_is_removed_after_the_rebalance_time_out);
    tcase_add_test(tcase, an_answer_may_be_lost_but_an_older_epoch_is_fenced);
    tcase_add_test(tcase, a_static_member_comes_back_without_a_new_epoch);
    tcase_add_test(tcase, a_static_member_that_stays_away_is_removed_by_its_session);
    tcase_add_test(tcase, added_partitions_raise_the_epoch_at_the_next_heartbeat);
    tcase_add_test(tcase, commits_need_the_members_present_epoch);
    tcase_add_test(tcase, a_new_coordinator_goes_on_where_the_old_one_was);
    tcase_add_test(tcase, a_write_that_waits_is_answered_when_the_coordinator_goes);
    tcase_add_test(tcase, what_a_failed_write_lost_is_written_with_the_next);
    tcase_add_test(tcase, who_left_by_a_write_that_failed_is_removed_by_the_next);
    tcase_add_test(tcase, the_request_is_checked_in_kafkas_order);
    tcase_add_test(tcase, only_a_join_upgrades_a_classic_group);
    tcase_add_test(tcase, a_new_member_upgrades_the_group_and_classic_ones_move_by_joining);
    tcase_add_test(tcase, the_last_new_member_leaves_a_classic_group_behind);
    tcase_add_test(tcase, a_fail_over_forgets_the_rebalance_that_a_downgrade_began);
    tcase_add_test(tcase, an_upgraded_group_survives_a_fail_over);
    tcase_add_test(tcase, a_classic_member_that_does_not_join_again_is_removed);
    return run_suite(suite);
}
