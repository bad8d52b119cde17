/* test_raft_safety.c - any trouble, many seeds: one leader an epoch, nothing committed is lost, and
 * after the trouble there is a leader again. */
#include "tests/models/raft/voters.h"
#include "tests/run_suite.h"

/* One thing that goes wrong, or is put right. */
static void trouble(Quorum *quorum, Stream *stream)
{
    int32_t id = (int32_t)stream_between(stream, 1, quorum->count);
    int32_t other = (int32_t)stream_between(stream, 1, quorum->count);
    Actor *actor = &quorum_voter(quorum, id)->actor;
    switch (stream_between(stream, 0, 7)) {
    case 0:
    case 1:
        (void)actor_kill(actor);
        break;
    case 2:
    case 3:
        (void)actor_start(actor);
        break;
    case 4:
        (void)actor_freeze(actor);
        break;
    case 5:
        (void)actor_thaw(actor);
        break;
    case 6:
        quorum_isolate(quorum, id, stream_between(stream, 0, 1) == 0);
        break;
    default:
        if (id != other) {
            quorum_cut(quorum, id, other, stream_between(stream, 0, 1) == 0);
        }
        break;
    }
}

static void heal(Quorum *quorum)
{
    for (int32_t id = 1; id <= quorum->count; id++) {
        quorum_isolate(quorum, id, false);
        (void)actor_thaw(&quorum_voter(quorum, id)->actor);
        (void)actor_start(&quorum_voter(quorum, id)->actor);
    }
}

static int32_t run_trouble(uint64_t seed, int32_t count, bool pre_vote)
{
    Quorum *quorum = quorum_new(seed, count, pre_vote);
    Stream stream;
    stream_init(&stream, seed, "trouble");
    for (int i = 0; i < 60; i++) {
        quorum_run(quorum, stream_between(&stream, SIM_MS(1), SIM_SEC(3)));
        trouble(quorum, &stream);
    }
    heal(quorum);
    quorum_run(quorum, SIM_SEC(30));
    Voter *leader = quorum_leader(quorum);
    ck_assert_msg(leader != NULL, "seed %d: nobody leads after the heal", (int)seed);
    int64_t committed = quorum->committed;
    quorum_run(quorum, SIM_SEC(10));
    ck_assert_int_gt(quorum->committed, committed + 40);
    for (int32_t id = 1; id <= count; id++) {
        ck_assert_int_eq(quorum_epoch(quorum, id), raft_replica_epoch(leader->raft));
        ck_assert_int_gt(raft_replica_high_watermark(quorum_voter(quorum, id)->raft), committed);
    }
    int32_t elections = quorum->elections;
    quorum_free(quorum);
    return elections;
}

static void many_seeds(int32_t count, bool pre_vote, uint64_t seeds)
{
    int32_t elections = 0;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        elections += run_trouble(seed, count, pre_vote);
    }
    ck_assert_int_gt(elections, (int)seeds * 2); /* it was not for nothing */
}

START_TEST(three_voters_are_safe_in_any_trouble)
{
    many_seeds(3, true, 60);
}
END_TEST

START_TEST(three_voters_are_safe_without_pre_vote)
{
    many_seeds(3, false, 60);
}
END_TEST

START_TEST(five_voters_are_safe_in_any_trouble)
{
    many_seeds(5, true, 40);
}
END_TEST

START_TEST(two_voters_are_safe_in_any_trouble)
{
    many_seeds(2, true, 20);
}
END_TEST

/* The same seed, the same run. */
START_TEST(trouble_repeats)
{
    ck_assert_int_eq(run_trouble(7, 3, true), run_trouble(7, 3, true));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("raft safety");
    TCase *tests = tcase_create("safety");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, three_voters_are_safe_in_any_trouble);
    tcase_add_test(tests, three_voters_are_safe_without_pre_vote);
    tcase_add_test(tests, five_voters_are_safe_in_any_trouble);
    tcase_add_test(tests, two_voters_are_safe_in_any_trouble);
    tcase_add_test(tests, trouble_repeats);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
