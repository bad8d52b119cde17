/* The classic group protocol, row by row of its state table. */
#include "models/group/coordinator_internal.h"
#include "models/group/describe.h"
#include "tests/models/group/fake_host.h"
#include "tests/run_suite.h"

START_TEST(a_lone_member_waits_for_the_initial_delay)
{
    Fake *self = fake_new();
    char id[MEMBER_ID_BYTES];
    join_new(self, "A", id);
    ck_assert(g_str_has_prefix(id, "A-"));
    ck_assert_uint_eq(strlen(id), strlen("A-") + 36);
    run_to(self, SIM_SEC(10));
    expect(self, "3000 A join NONE generation 1 range leader members 1\n");
    fake_free(self);
}
END_TEST

START_TEST(who_joins_within_the_delay_makes_it_run_once_more)
{
    Fake *self = fake_new();
    char a[MEMBER_ID_BYTES];
    char b[MEMBER_ID_BYTES];
    char c[MEMBER_ID_BYTES];
    join_new(self, "A", a);
    run_to(self, SIM_MS(1000));
    join_new(self, "B", b);
    run_to(self, SIM_MS(2500));
    join_new(self, "C", c);
    run_to(self, SIM_SEC(10));
    expect(self,
           "6000 A join NONE generation 1 range leader members 3\n"
           "6000 B join NONE generation 1 range follower members 0\n"
           "6000 C join NONE generation 1 range follower members 0\n");
    fake_free(self);
}
END_TEST

START_TEST(syncs_are_answered_when_the_assignment_is_in_the_log)
{
    Fake *self = fake_new();
    char a[MEMBER_ID_BYTES];
    join_new(self, "A", a);
    run_to(self, SIM_SEC(4));
    g_string_truncate(self->lines, 0);
    const char *const ids[] = {a, NULL};
    sync_leader(self, "A", 1, ids);
    run_to(self, SIM_SEC(4) + SIM_MS(6));
    expect(self, ""); /* linger 5 ms + 2 ms */
    run_to(self, SIM_SEC(5));
    expect(self, "4007 A sync NONE 0\n");
    GroupView view;
    ck_assert(group_coordinator_view(self->coordinator, GROUP, &view));
    ck_assert_str_eq(view.state, "Stable");
    ck_assert_int_eq(view.rebalances, 1);
    ck_assert_str_eq(group_coordinator_owner(self->coordinator, GROUP, 0), a);
    fake_free(self);
}
END_TEST

START_TEST(rebalances_are_counted_on_when_the_log_of_the_group_is_lost)
{
    Fake *self = fake_new();
    const char *ids[] = {NULL, NULL};
    char a[MEMBER_ID_BYTES];
    for (int life = 0; life < 2; life++) {
        join_new(self, "A", a);
        run_to(self, SIM_SEC(4 + 4 * life));
        ids[0] = a;
        sync_leader(self, "A", 1, ids);
        run_to(self, SIM_SEC(5 + 4 * life));
        GroupView view;
        ck_assert(group_coordinator_view(self->coordinator, GROUP, &view));
        ck_assert_int_eq(view.generation, 1);
        ck_assert_int_eq(view.rebalances, life + 1);
        group_coordinator_on_resigned(self->coordinator, FIRST_OFFSETS + 4);
        group_coordinator_on_elected(self->coordinator, FIRST_OFFSETS + 4);
        group_coordinator_on_loaded(self->coordinator, FIRST_OFFSETS + 4); /* of nothing */
    }
    fake_free(self);
}
END_TEST

START_TEST(a_new_member_is_told_to_others_by_their_heartbeat)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    char c[MEMBER_ID_BYTES];
    join_new(self, "C", c);
    heartbeat(self, "A", 1, pair.a);
    expect(self, "7000 A Heartbeat REBALANCE_IN_PROGRESS\n");
    join(self, "A", pair.a);
    run_to(self, SIM_SEC(9));
    expect(self, "");
    join(self, "B", pair.b);
    expect(self,
           "9000 A join NONE generation 2 range leader members 3\n"
           "9000 B join NONE generation 2 range follower members 0\n"
           "9000 C join NONE generation 2 range follower members 0\n");
    heartbeat(self, "A", 2, pair.a); /* CompletingRebalance answers NONE */
    expect(self, "9000 A Heartbeat NONE\n");
    heartbeat(self, "A", 1, pair.a);
    expect(self, "9000 A Heartbeat ILLEGAL_GENERATION\n");
    fake_free(self);
}
END_TEST

START_TEST(an_unused_member_id_holds_the_rebalance_until_its_session_ends)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    join(self, "C", "");
    char c[MEMBER_ID_BYTES];
    join_new(self, "D", c);
    join(self, "A", pair.a);
    join(self, "B", pair.b);
    g_string_truncate(self->lines, 0);
    run_to(self, SIM_SEC(51));
    expect(self, "");
    run_to(self, SIM_SEC(53)); /* 7 s + 45 s */
    ck_assert_ptr_nonnull(strstr(self->lines->str, "52000 A join NONE generation 2 range leader"));
    fake_free(self);
}
END_TEST

START_TEST(a_follower_that_rejoins_unchanged_gets_the_present_generation)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    join(self, "B", pair.b);
    expect(self, "7000 B join NONE generation 1 range follower members 0\n");
    join(self, "A", pair.a); /* the leader always forces a rebalance */
    heartbeat(self, "B", 1, pair.b);
    expect(self, "7000 B Heartbeat REBALANCE_IN_PROGRESS\n");
    fake_free(self);
}
END_TEST

START_TEST(a_changed_subscription_forces_a_rebalance)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    join_as(self, "B", pair.b, NULL, RANGE, 1);
    heartbeat(self, "A", 1, pair.a);
    expect(self, "7000 A Heartbeat REBALANCE_IN_PROGRESS\n");
    fake_free(self);
}
END_TEST

START_TEST(when_the_leader_leaves_another_leads_the_next_generation)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    leave(self, "A", pair.a);
    expect(self, "7000 A LeaveGroup NONE\n");
    heartbeat(self, "B", 1, pair.b);
    expect(self, "7000 B Heartbeat REBALANCE_IN_PROGRESS\n");
    join(self, "B", pair.b);
    expect(self, "7000 B join NONE generation 2 range leader members 1\n");
    heartbeat(self, "A", 1, pair.a);
    expect(self, "7000 A Heartbeat UNKNOWN_MEMBER_ID\n");
    fake_free(self);
}
END_TEST

START_TEST(the_last_member_that_leaves_empties_the_group)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    leave(self, "A", pair.a);
    leave(self, "B", pair.b);
    GroupView view;
    ck_assert(group_coordinator_view(self->coordinator, GROUP, &view));
    ck_assert_str_eq(view.state, "Empty");
    ck_assert_int_eq(view.generation, 2);
    fake_free(self);
}
END_TEST

START_TEST(a_silent_member_expires_after_its_session)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    for (int s = 10; s <= 49; s += 3) {
        run_to(self, SIM_SEC(s));
        heartbeat(self, "A", 1, pair.a);
    }
    ck_assert_ptr_null(strstr(self->lines->str, "REBALANCE"));
    g_string_truncate(self->lines, 0);
    run_to(self, SIM_SEC(52)); /* B's last sign was its sync's answer at 6.007 s */
    heartbeat(self, "A", 1, pair.a);
    expect(self, "52000 A Heartbeat REBALANCE_IN_PROGRESS\n");
    join(self, "A", pair.a);
    expect(self, "52000 A join NONE generation 2 range leader members 1\n");
    fake_free(self);
}
END_TEST

START_TEST(a_member_that_heartbeats_but_never_rejoins_is_dropped_at_the_rebalance_timeout)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    join(self, "A", pair.a);
    for (int s = 10; s < 307; s += 3) {
        run_to(self, SIM_SEC(s));
        heartbeat(self, "B", 1, pair.b);
    }
    g_string_truncate(self->lines, 0);
    run_to(self, SIM_SEC(308));
    expect(self, "307000 A join NONE generation 2 range leader members 1\n");
    fake_free(self);
}
END_TEST

START_TEST(who_never_syncs_is_dropped_at_the_sync_timeout)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    join(self, "A", pair.a);
    join(self, "B", pair.b);
    const char *const ids[] = {pair.a, pair.b, NULL};
    sync_leader(self, "A", 2, ids);
    for (int s = 10; s < 307; s += 3) {
        run_to(self, SIM_SEC(s));
        heartbeat(self, "A", 2, pair.a);
        heartbeat(self, "B", 2, pair.b);
    }
    ck_assert_ptr_null(strstr(self->lines->str, "REBALANCE"));
    run_to(self, SIM_SEC(308));
    g_string_truncate(self->lines, 0);
    heartbeat(self, "B", 2, pair.b);
    heartbeat(self, "A", 2, pair.a);
    expect(self,
           "308000 B Heartbeat UNKNOWN_MEMBER_ID\n"
           "308000 A Heartbeat REBALANCE_IN_PROGRESS\n");
    fake_free(self);
}
END_TEST

START_TEST(a_join_in_completing_sends_the_parked_syncs_back)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    join(self, "A", pair.a);
    join(self, "B", pair.b);
    g_string_truncate(self->lines, 0);
    sync_follower(self, "B", 2, pair.b);
    char c[MEMBER_ID_BYTES];
    join(self, "C", "");
    g_strlcpy(c, self->last_id, sizeof c);
    g_string_truncate(self->lines, 0);
    join(self, "C", c);
    expect(self, "7000 B sync REBALANCE_IN_PROGRESS\n");
    sync_follower(self, "B", 2, pair.b);
    expect(self, "7000 B sync REBALANCE_IN_PROGRESS\n");
    fake_free(self);
}
END_TEST

START_TEST(the_protocol_is_the_one_that_all_support)
{
    Fake *self = fake_new();
    join_as(self, "A", "", NULL, RANGE_AND_ROUNDROBIN, 0);
    char a[MEMBER_ID_BYTES];
    g_strlcpy(a, self->last_id, sizeof a);
    join_as(self, "A", a, NULL, RANGE_AND_ROUNDROBIN, 0);
    char b[MEMBER_ID_BYTES];
    join(self, "B", "");
    g_strlcpy(b, self->last_id, sizeof b);
    join(self, "B", b);
    g_string_truncate(self->lines, 0);
    run_to(self, SIM_SEC(7));
    expect(self,
           "6000 A join NONE generation 1 range leader members 2\n"
           "6000 B join NONE generation 1 range follower members 0\n");
    static const char *const other[] = {"mine", NULL};
    join_as(self, "C", "", NULL, other, 0);
    expect(self, "7000 C join INCONSISTENT_GROUP_PROTOCOL\n");
    fake_free(self);
}
END_TEST

START_TEST(a_static_member_comes_back_without_a_rebalance)
{
    Fake *self = fake_new();
    join_as(self, "S", "", "s-1", RANGE, 0); /* no second request for static members */
    run_to(self, SIM_SEC(4));
    expect(self, "3000 S join NONE generation 1 range leader members 1\n");
    char old[MEMBER_ID_BYTES];
    g_strlcpy(old, self->last_id, sizeof old);
    const char *const ids[] = {old, NULL};
    sync_leader(self, "S", 1, ids);
    run_to(self, SIM_SEC(5));
    expect(self, "4007 S sync NONE 0\n");
    join_as(self, "S", "", "s-1", RANGE, 0); /* the process was restarted */
    run_to(self, SIM_SEC(6));
    expect(self, "5007 S join NONE generation 1 range leader members 1\n");
    ck_assert_str_ne(self->last_id, old);
    sync_follower(self, "S", 1, self->last_id);
    heartbeat(self, "S", 1, old);
    expect(self, "6000 S sync NONE 0\n6000 S Heartbeat UNKNOWN_MEMBER_ID\n");
    fake_free(self);
}
END_TEST

START_TEST(before_kip_394_a_client_that_asks_twice_is_two_members)
{
    Fake *self = fake_new();
    self->coordinator->options.joins_without_id = true;
    join(self, "A", ""); /* its connection breaks before the answer */
    run_to(self, SIM_SEC(1));
    join(self, "A", "");
    run_to(self, SIM_SEC(7));
    ck_assert_ptr_nonnull(strstr(self->lines->str, "members 2"));
    ck_assert_ptr_null(strstr(self->lines->str, "MEMBER_ID_REQUIRED"));
    fake_free(self);
}
END_TEST

START_TEST(group_max_size_turns_the_next_one_away)
{
    Fake *self = fake_new();
    self->coordinator->options.group_max_size = 2;
    const Pair pair = stable_pair(self);
    join(self, "C", "");
    expect(self, "7000 C join GROUP_MAX_SIZE_REACHED\n");
    join(self, "B", pair.b); /* who is in stays in */
    expect(self, "7000 B join NONE generation 1 range follower members 0\n");
    fake_free(self);
}
END_TEST

START_TEST(a_fenced_static_member_is_told_so_while_it_waits)
{
    Fake *self = fake_new();
    join_as(self, "A", "", "one", RANGE, 0);
    run_to(self, SIM_SEC(1));
    expect(self, "");
    join_as(self, "B", "", "one", RANGE, 0); /* a second process with its group.instance.id */
    expect(self, "1000 A join FENCED_INSTANCE_ID\n");
    fake_free(self);
}
END_TEST

START_TEST(a_pending_member_that_leaves_makes_the_others_rebalance)
{
    Fake *self = fake_new();
    const Pair pair = stable_pair(self);
    join(self, "C", "");
    char c[MEMBER_ID_BYTES];
    g_strlcpy(c, self->last_id, sizeof c);
    leave(self, "C", c);
    expect(self, "7000 C join MEMBER_ID_REQUIRED\n7000 C LeaveGroup NONE\n");
    heartbeat(self, "A", 1, pair.a);
    expect(self, "7000 A Heartbeat REBALANCE_IN_PROGRESS\n");
    fake_free(self);
}
END_TEST

static void expect_described(const Fake *self, const char *assignor, int32_t first, int32_t second)
{
    GroupDescription said;
    ck_assert(group_coordinator_describe(self->coordinator, GROUP, &said));
    ck_assert_str_eq(said.assignor, assignor);
    const int32_t wanted[] = {first, second};
    int32_t owned = 0;
    for (guint i = 0; i < said.members->len; i++) {
        const DescribedMember *member = &g_array_index(said.members, DescribedMember, i);
        for (int32_t p = 0; p < member->count; p++) {
            ck_assert(member->partitions[p] == wanted[0] || member->partitions[p] == wanted[1]);
            owned++;
        }
    }
    ck_assert_int_eq(owned, 2);
    group_description_clear(&said);
}

/* ClassicGroupMember.describeNoMetadata; only the assignor is not told. */
START_TEST(a_group_that_rebalances_is_described_with_its_last_assignment)
{
    Fake *self = fake_new();
    Pair pair = stable_pair(self);
    expect_described(self, "range", 0, 1);
    char c[MEMBER_ID_BYTES];
    join_new(self, "C", c);
    expect_described(self, "", 0, 1);
    join(self, "A", pair.a);
    join(self, "B", pair.b);
    GroupView view;
    ck_assert(group_coordinator_view(self->coordinator, GROUP, &view));
    ck_assert_str_eq(view.state, "CompletingRebalance");
    expect_described(self, "", 0, 1);
    fake_free(self);
}
END_TEST

/* GroupMetadataValue has one protocol for all: replay(GroupMetadataKey) knows of no other. */
START_TEST(a_new_coordinator_knows_only_the_assignor_that_was_chosen)
{
    for (int moved = 0; moved < 2; moved++) {
        Fake *self = fake_new();
        join_as(self, "A", "", "a", RANGE_AND_ROUNDROBIN, 0);
        run_to(self, SIM_SEC(4));
        const char *const ids[] = {self->last_id, NULL};
        sync_leader(self, "A", 1, ids);
        run_to(self, SIM_SEC(5));
        if (moved == 1) {
            move_coordinator(self);
        }
        g_string_truncate(self->lines, 0);
        join(self, "C", ""); /* range: the other of the two */
        expect(self,
               moved == 1 ? "5000 C join INCONSISTENT_GROUP_PROTOCOL\n"
                          : "5000 C join MEMBER_ID_REQUIRED\n");
        fake_free(self);
    }
}
END_TEST

static TCase *join_case(void)
{
    TCase *tests = tcase_create("join");
    tcase_add_test(tests, a_lone_member_waits_for_the_initial_delay);
    tcase_add_test(tests, who_joins_within_the_delay_makes_it_run_once_more);
    tcase_add_test(tests, syncs_are_answered_when_the_assignment_is_in_the_log);
    tcase_add_test(tests, rebalances_are_counted_on_when_the_log_of_the_group_is_lost);
    tcase_add_test(tests, a_new_member_is_told_to_others_by_their_heartbeat);
    tcase_add_test(tests, an_unused_member_id_holds_the_rebalance_until_its_session_ends);
    tcase_add_test(tests, a_follower_that_rejoins_unchanged_gets_the_present_generation);
    tcase_add_test(tests, a_changed_subscription_forces_a_rebalance);
    tcase_add_test(tests, when_the_leader_leaves_another_leads_the_next_generation);
    tcase_add_test(tests, the_last_member_that_leaves_empties_the_group);
    tcase_add_test(tests, a_silent_member_expires_after_its_session);
    tcase_add_test(tests,
                   a_member_that_heartbeats_but_never_rejoins_is_dropped_at_the_rebalance_timeout);
    tcase_add_test(tests, who_never_syncs_is_dropped_at_the_sync_timeout);
    tcase_add_test(tests, a_join_in_completing_sends_the_parked_syncs_back);
    tcase_add_test(tests, the_protocol_is_the_one_that_all_support);
    tcase_add_test(tests, a_static_member_comes_back_without_a_rebalance);
    tcase_add_test(tests, before_kip_394_a_client_that_asks_twice_is_two_members);
    tcase_add_test(tests, group_max_size_turns_the_next_one_away);
    tcase_add_test(tests, a_fenced_static_member_is_told_so_while_it_waits);
    tcase_add_test(tests, a_group_that_rebalances_is_described_with_its_last_assignment);
    tcase_add_test(tests, a_new_coordinator_knows_only_the_assignor_that_was_chosen);
    tcase_add_test(tests, a_pending_member_that_leaves_makes_the_others_rebalance);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("classic group");
    suite_add_tcase(suite, join_case());
    return run_suite(suite);
}
