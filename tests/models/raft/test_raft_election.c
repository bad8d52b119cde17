/* test_raft_election.c - a leader is lost, cut off, stopped: how the next one is found. */
#include "tests/models/raft/voters.h"
#include "tests/run_suite.h"

static void kill_voter(Quorum *quorum, int32_t id)
{
    ck_assert(actor_kill(&quorum_voter(quorum, id)->actor));
}

static void start_voter(Quorum *quorum, int32_t id)
{
    ck_assert(actor_start(&quorum_voter(quorum, id)->actor));
}

/* Runs until somebody leads; how long that took. */
static SimDuration wait_for_leader(Quorum *quorum, SimDuration at_most)
{
    SimTime from = sim_now(quorum->sim);
    while (quorum_leader(quorum) == NULL && sim_now(quorum->sim) - from < at_most) {
        quorum_run(quorum, SIM_MS(1));
    }
    return sim_now(quorum->sim) - from;
}

START_TEST(a_quorum_at_rest_elects_nobody_and_commits)
{
    Quorum *quorum = quorum_new(1, 3, true);
    quorum_run(quorum, SIM_SEC(60));
    ck_assert_int_eq(quorum->elections, 1);
    ck_assert_ptr_eq(quorum_leader(quorum), quorum_voter(quorum, 1));
    /* ten records a second, each with its linger, two flushes and two round trips behind */
    ck_assert_int_ge(quorum->committed, 10 + 600 - 2);
    quorum_free(quorum);
}
END_TEST

START_TEST(one_voter_needs_nobody)
{
    Quorum *quorum = quorum_new(1, 1, true);
    quorum_run(quorum, SIM_SEC(5));
    ck_assert_int_ge(quorum->committed, 58);
    kill_voter(quorum, 1);
    start_voter(quorum, 1);
    ck_assert_int_lt(wait_for_leader(quorum, SIM_SEC(1)), SIM_MS(10));
    ck_assert_int_eq(quorum_epoch(quorum, 1), 2);
    quorum_free(quorum);
}
END_TEST

/* The followers' last fetches were answered 0..500 ms before the kill, and both at once: so both
 * may stand at once, and then the votes split and an election time-out is added. */
START_TEST(a_killed_leader_is_replaced_after_the_fetch_timeout)
{
    int at_once = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        Quorum *quorum = quorum_new(seed, 3, true);
        quorum->appends = seed % 2 == 0; /* an idle one is fetched from every 500 ms only */
        quorum_run(quorum, SIM_SEC(5) + SIM_MS(37) * (SimDuration)seed);
        kill_voter(quorum, 1);
        SimDuration took = wait_for_leader(quorum, SIM_SEC(10));
        ck_assert_msg(took > SIM_MS(1450) && took < SIM_SEC(6), "%d ms", (int)(took / SIM_MS(1)));
        at_once += took < SIM_MS(2050) ? 1 : 0;
        ck_assert_int_ge(quorum_epoch(quorum, 2), 2);
        quorum_free(quorum);
    }
    ck_assert_int_ge(at_once, 20);
}
END_TEST

START_TEST(a_broken_connection_alone_starts_no_election)
{
    Quorum *quorum = quorum_new(3, 3, true);
    quorum_run(quorum, SIM_SEC(2));
    kill_voter(quorum, 3);
    quorum_run(quorum, SIM_SEC(1));
    start_voter(quorum, 3);
    quorum_run(quorum, SIM_SEC(20));
    ck_assert_int_eq(quorum_epoch(quorum, 1), 1);
    ck_assert_ptr_eq(quorum_leader(quorum), quorum_voter(quorum, 1));
    quorum_free(quorum);
}
END_TEST

START_TEST(an_isolated_leader_resigns_after_3000_ms)
{
    int two_leaders = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        Quorum *quorum = quorum_new(seed, 3, true);
        quorum_run(quorum, SIM_SEC(5) + SIM_MS(37) * (SimDuration)seed);
        SimTime cut = sim_now(quorum->sim);
        quorum_isolate(quorum, 1, true);
        quorum_run(quorum, SIM_MS(2400));
        ck_assert_int_eq(quorum_said(quorum, 1, "quorum", "resigned", cut), 0);
        ck_assert(quorum_voter(quorum, 1)->active);
        /* another one leads already: there is one pen, and the new leader has it */
        two_leaders += raft_replica_holds_pen(quorum_voter(quorum, 1)->raft) ? 0 : 1;
        quorum_run(quorum, SIM_MS(700));
        ck_assert_int_eq(
            quorum_said(quorum, 1, "quorum", "no majority has fetched for 3000 ms", cut), 1);
        quorum_isolate(quorum, 1, false);
        quorum_run(quorum, SIM_SEC(20));
        ck_assert_int_eq(quorum_epoch(quorum, 1), quorum_epoch(quorum, 2));
        ck_assert_int_eq(quorum_epoch(quorum, 1), quorum_epoch(quorum, 3));
        quorum_free(quorum);
    }
    ck_assert_int_gt(two_leaders, 0);
}
END_TEST

START_TEST(with_pre_vote_an_isolated_voter_comes_back_unnoticed)
{
    Quorum *quorum = quorum_new(5, 3, true);
    quorum_run(quorum, SIM_SEC(2));
    quorum_isolate(quorum, 3, true);
    quorum_run(quorum, SIM_SEC(30));
    ck_assert_int_gt(quorum_said(quorum, 3, "quorum", "prospective in epoch 1", 0), 5);
    ck_assert_int_eq(quorum_epoch(quorum, 3), 1);
    quorum_isolate(quorum, 3, false);
    quorum_run(quorum, SIM_SEC(30));
    ck_assert_int_eq(quorum_epoch(quorum, 1), 1);
    ck_assert_ptr_eq(quorum_leader(quorum), quorum_voter(quorum, 1));
    quorum_free(quorum);
}
END_TEST

/* TCP tries what it could not send for a minute again only after another: who waits for that on the
 * same connection is late. */
START_TEST(an_isolated_voter_fetches_again_soon_after_the_heal)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        Quorum *quorum = quorum_new(seed, 3, true);
        quorum_run(quorum, SIM_SEC(2));
        quorum_isolate(quorum, 3, true);
        quorum_run(quorum, SIM_SEC(70));
        quorum_isolate(quorum, 3, false);
        int64_t committed = quorum->committed;
        quorum_run(quorum, SIM_SEC(12));
        ck_assert_int_gt(raft_replica_high_watermark(quorum_voter(quorum, 3)->raft), committed);
        quorum_free(quorum);
    }
}
END_TEST

START_TEST(without_pre_vote_an_isolated_voter_deposes_the_leader)
{
    Quorum *quorum = quorum_new(5, 3, false);
    quorum_run(quorum, SIM_SEC(2));
    quorum_isolate(quorum, 3, true);
    quorum_run(quorum, SIM_SEC(30));
    ck_assert_int_eq(quorum_said(quorum, 3, "quorum", "prospective", 0), 0);
    int32_t inflated = quorum_epoch(quorum, 3);
    ck_assert_int_gt(inflated, 8);
    ck_assert_int_eq(quorum_epoch(quorum, 1), 1);
    quorum_isolate(quorum, 3, false);
    quorum_run(quorum, SIM_SEC(30));
    ck_assert_int_gt(quorum_epoch(quorum, 1), inflated - 1);
    ck_assert_ptr_nonnull(quorum_leader(quorum));
    quorum_free(quorum);
}
END_TEST

/* A restarted leader is resigned: it may not vote in the epoch that it led. */
START_TEST(a_restarted_leader_does_not_lead_the_same_epoch)
{
    Quorum *quorum = quorum_new(6, 3, true);
    quorum_run(quorum, SIM_SEC(2));
    kill_voter(quorum, 1);
    start_voter(quorum, 1);
    quorum_run(quorum, SIM_MS(100));
    ck_assert_int_eq(quorum_said(quorum, 1, "quorum", "resigned in epoch 1", 0), 1);
    quorum_run(quorum, SIM_SEC(10));
    ck_assert_int_ge(quorum_epoch(quorum, 1), 2);
    ck_assert_ptr_nonnull(quorum_leader(quorum));
    quorum_free(quorum);
}
END_TEST

START_TEST(a_stopped_leader_hands_over_within_a_few_round_trips)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        Quorum *quorum = quorum_new(seed, 3, true);
        quorum_run(quorum, SIM_SEC(5));
        raft_replica_stop(quorum_voter(quorum, 1)->raft);
        SimDuration took = wait_for_leader(quorum, SIM_SEC(5));
        ck_assert_msg(took < SIM_MS(50), "%d ms", (int)(took / SIM_MS(1)));
        quorum_run(quorum, SIM_SEC(1));
        ck_assert(quorum_voter(quorum, 1)->stopped);
        quorum_free(quorum);
    }
}
END_TEST

/* (Q14) The voter that is behind is asked to wait: the other one stands, at once. */
START_TEST(the_first_successor_is_the_voter_that_has_most)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        Quorum *quorum = quorum_new(seed, 3, true);
        quorum_run(quorum, SIM_SEC(2));
        quorum_cut(quorum, 1, 2, true);
        quorum_run(quorum, SIM_MS(900)); /* 3 goes on fetching */
        quorum_cut(quorum, 1, 2, false);
        raft_replica_stop(quorum_voter(quorum, 1)->raft);
        (void)wait_for_leader(quorum, SIM_SEC(5));
        ck_assert_int_eq(quorum_leader(quorum)->id, 3);
        quorum_free(quorum);
    }
}
END_TEST

START_TEST(without_a_majority_nothing_is_committed)
{
    Quorum *quorum = quorum_new(8, 3, true);
    quorum_run(quorum, SIM_SEC(2));
    kill_voter(quorum, 2);
    kill_voter(quorum, 3);
    quorum_run(quorum, SIM_MS(100));
    int64_t committed = quorum->committed;
    quorum_run(quorum, SIM_SEC(20));
    ck_assert_int_eq(quorum->committed, committed);
    ck_assert_ptr_null(quorum_leader(quorum));
    start_voter(quorum, 2);
    ck_assert_int_lt(wait_for_leader(quorum, SIM_SEC(20)), SIM_SEC(10));
    quorum_run(quorum, SIM_SEC(2));
    ck_assert_int_gt(quorum->committed, committed + 10);
    quorum_free(quorum);
}
END_TEST

/* All time-outs at once, over many seeds: votes split, and part again by chance. */
static void split_votes(bool pre_vote)
{
    int32_t most = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        Quorum *quorum = quorum_new(seed, 5, pre_vote);
        quorum_run(quorum, SIM_SEC(2));
        kill_voter(quorum, 1);
        SimDuration took = wait_for_leader(quorum, SIM_SEC(30));
        ck_assert_msg(quorum_leader(quorum) != NULL, "seed %d: nobody", (int)seed);
        ck_assert_msg(took < SIM_SEC(12), "seed %d: %d ms", (int)seed, (int)(took / SIM_MS(1)));
        most = MAX(most, raft_replica_epoch(quorum_leader(quorum)->raft));
        quorum_free(quorum);
    }
    ck_assert_int_gt(most, 2); /* at least one election was lost first */
}

START_TEST(split_votes_part_again)
{
    split_votes(true);
}
END_TEST

START_TEST(split_votes_part_again_by_their_back_off_before_pre_vote)
{
    split_votes(false);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("raft election");
    TCase *tests = tcase_create("election");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, a_quorum_at_rest_elects_nobody_and_commits);
    tcase_add_test(tests, one_voter_needs_nobody);
    tcase_add_test(tests, a_killed_leader_is_replaced_after_the_fetch_timeout);
    tcase_add_test(tests, a_broken_connection_alone_starts_no_election);
    tcase_add_test(tests, an_isolated_leader_resigns_after_3000_ms);
    tcase_add_test(tests, with_pre_vote_an_isolated_voter_comes_back_unnoticed);
    tcase_add_test(tests, an_isolated_voter_fetches_again_soon_after_the_heal);
    tcase_add_test(tests, without_pre_vote_an_isolated_voter_deposes_the_leader);
    tcase_add_test(tests, a_restarted_leader_does_not_lead_the_same_epoch);
    tcase_add_test(tests, a_stopped_leader_hands_over_within_a_few_round_trips);
    tcase_add_test(tests, the_first_successor_is_the_voter_that_has_most);
    tcase_add_test(tests, without_a_majority_nothing_is_committed);
    tcase_add_test(tests, split_votes_part_again);
    tcase_add_test(tests, split_votes_part_again_by_their_back_off_before_pre_vote);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
