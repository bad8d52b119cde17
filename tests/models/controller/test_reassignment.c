/* test_reassignment.c - replicas move from broker to broker (server.md 1.8). */
#include "tests/models/controller/trace.h"
#include "tests/run_suite.h"

#define ELR true

START_TEST(replicas_are_added_first_and_the_leader_moves_at_the_end)
{
    TRACE("1,2,3",
          "1",
          false,
          ELR,
          {"reassign 4,5,3",
           "leader 1, ISR [1,2,3], ELR [], epoch 0/1, replicas [4,5,3,1,2] adding [4,5] removing "
           "[1,2]"},
          {"isr 1 1,2,3,4",
           "leader 1, ISR [1,2,3,4], ELR [], epoch 0/2, replicas [4,5,3,1,2] adding [4,5] removing "
           "[1,2]"},
          {"isr 1 1,2,3,4,5", "NEW_LEADER_ELECTED"},
          {"balance", "leader 4, ISR [3,4,5], ELR [], epoch 1/3"});
}
END_TEST

START_TEST(a_leader_that_stays_keeps_leading_in_a_new_epoch)
{
    TRACE("1,2,3",
          "1",
          false,
          ELR,
          {"reassign 1,4",
           "leader 1, ISR [1,2,3], ELR [], epoch 0/1, replicas [1,4,2,3] adding [4] removing "
           "[2,3]"},
          {"isr 1 1,2,3,4", "leader 1, ISR [1,4], ELR [], epoch 1/2"});
}
END_TEST

START_TEST(another_order_of_the_same_replicas_is_done_at_once)
{
    TRACE("1,2,3",
          "1",
          false,
          ELR,
          {"reassign 3,1,2", "leader 1, ISR [1,2,3], ELR [], epoch 0/1"},
          {"preferred", "leader 3, ISR [1,2,3], ELR [], epoch 1/2"});
}
END_TEST

START_TEST(fewer_replicas_are_done_at_once_and_take_a_leader_epoch)
{
    TRACE("1,2,3", "1", false, ELR, {"reassign 1,2", "leader 1, ISR [1,2], ELR [], epoch 1/1"});
}
END_TEST

START_TEST(a_cancelled_reassignment_is_as_it_was)
{
    TRACE("1,2",
          "1",
          false,
          ELR,
          {"cancel", "NO_REASSIGNMENT_IN_PROGRESS"},
          {"reassign 3,4",
           "leader 1, ISR [1,2], ELR [], epoch 0/1, replicas [3,4,1,2] adding [3,4] removing "
           "[1,2]"},
          {"isr 1 1,2,3",
           "leader 1, ISR [1,2,3], ELR [], epoch 0/2, replicas [3,4,1,2] adding [3,4] removing "
           "[1,2]"},
          {"cancel", "leader 1, ISR [1,2], ELR [], epoch 1/3"});
}
END_TEST

START_TEST(a_cancellation_that_leaves_nobody_in_sync_needs_an_unclean_election)
{
    TRACE("1,2",
          "1",
          false,
          false,
          {"reassign 3,4",
           "leader 1, ISR [1,2], ELR [], epoch 0/1, replicas [3,4,1,2] adding [3,4] removing "
           "[1,2]"},
          {"isr 1 1,3",
           "leader 1, ISR [1,3], ELR [], epoch 0/2, replicas [3,4,1,2] adding [3,4] removing "
           "[1,2]"},
          {"crash 1",
           "leader 3, ISR [3], ELR [], epoch 1/3, replicas [3,4,1,2] adding [3,4] removing [1,2]"},
          {"cancel", "INVALID_REPLICA_ASSIGNMENT"});
}
END_TEST

START_TEST(replicas_go_to_registered_brokers_only_and_once)
{
    TRACE("1,2", "1", false, ELR, {"reassign 1,9", "INVALID_REPLICA_ASSIGNMENT"});
}
END_TEST

/* As PartitionChangeBuilder of 4.1.0 does it: the ELR is judged by the replicas of before. A
 * replica that went, and its log with it, is still eligible when it is wanted again, and leads with
 * nothing: committed records are lost. */
START_TEST(an_elr_keeps_a_replica_that_was_taken_away)
{
    TRACE("1,2,3",
          "3",
          false,
          ELR,
          {"reassign 1,2", "leader 1, ISR [1,2], ELR [3], epoch 1/1"},
          {"crash 1", "leader 2, ISR [2], ELR [1,3], epoch 2/2"},
          {"crash 2", "leader -1, ISR [], ELR [1,2,3], epoch 3/3, last known [2]"},
          {"reassign 1,3",
           "leader 3, ISR [3], ELR [1,2], epoch 4/4, replicas [1,3,2] adding [3] removing [2]"});
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reassignment");
    TCase *tcase = tcase_create("traces");
    tcase_add_test(tcase, replicas_are_added_first_and_the_leader_moves_at_the_end);
    tcase_add_test(tcase, a_leader_that_stays_keeps_leading_in_a_new_epoch);
    tcase_add_test(tcase, another_order_of_the_same_replicas_is_done_at_once);
    tcase_add_test(tcase, fewer_replicas_are_done_at_once_and_take_a_leader_epoch);
    tcase_add_test(tcase, a_cancelled_reassignment_is_as_it_was);
    tcase_add_test(tcase, a_cancellation_that_leaves_nobody_in_sync_needs_an_unclean_election);
    tcase_add_test(tcase, replicas_go_to_registered_brokers_only_and_once);
    tcase_add_test(tcase, an_elr_keeps_a_replica_that_was_taken_away);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
