/* test_elections.c - every path of an election, step by step (server.md 1.3-1.6). */
#include "tests/models/controller/trace.h"
#include "tests/run_suite.h"

#define ELR    true
#define NO_ELR false

START_TEST(without_elr_the_last_isr_member_stays_listed_and_only_it_may_lead)
{
    TRACE("1,2,3",
          "1",
          false,
          NO_ELR,
          {"crash 1", "leader 2, ISR [2,3], ELR [], epoch 1/1"},
          {"crash 2", "leader 3, ISR [3], ELR [], epoch 2/2"},
          {"crash 3", "leader -1, ISR [3], ELR [], epoch 3/3"},
          {"start 2", "leader -1, ISR [3], ELR [], epoch 3/3"},
          {"start 3", "leader 3, ISR [3], ELR [], epoch 4/4"},
          {"start 1", "leader 3, ISR [3], ELR [], epoch 4/4"},
          {"isr 3 3,1", "leader 3, ISR [3,1], ELR [], epoch 4/5"});
}
END_TEST

START_TEST(a_follower_that_goes_costs_no_leader_epoch)
{
    TRACE("1,2,3",
          "1",
          false,
          NO_ELR,
          {"crash 3", "leader 1, ISR [1,2], ELR [], epoch 0/1"},
          {"start 3", "leader 1, ISR [1,2], ELR [], epoch 0/1"},
          {"isr 1 1,2,3", "leader 1, ISR [1,2,3], ELR [], epoch 0/2"});
}
END_TEST

START_TEST(with_elr_the_isr_empties_and_an_eligible_replica_leads_cleanly)
{
    TRACE("1,2,3",
          "2",
          false,
          ELR,
          {"crash 3", "leader 1, ISR [1,2], ELR [], epoch 0/1"},
          {"crash 2", "leader 1, ISR [1], ELR [2], epoch 0/2"},
          {"crash 1", "leader -1, ISR [], ELR [1,2], epoch 1/3, last known [1]"},
          {"return 2", "leader 2, ISR [2], ELR [1], epoch 2/4"},
          {"start 1", "leader 2, ISR [2], ELR [], epoch 2/5"},
          {"isr 2 2,1", "leader 2, ISR [2,1], ELR [], epoch 2/6"});
}
END_TEST

START_TEST(an_unclean_stop_costs_eligibility_and_a_clean_one_does_not)
{
    TRACE("1,2,3",
          "2",
          false,
          ELR,
          {"crash 3", "leader 1, ISR [1,2], ELR [], epoch 0/1"},
          {"crash 2", "leader 1, ISR [1], ELR [2], epoch 0/2"},
          {"start 2", "leader 1, ISR [1], ELR [], epoch 0/3"},
          {"isr 1 1,2", "leader 1, ISR [1,2], ELR [], epoch 0/4"},
          {"crash 2", "leader 1, ISR [1], ELR [2], epoch 0/5"},
          {"return 2", "leader 1, ISR [1], ELR [2], epoch 0/5"});
}
END_TEST

START_TEST(when_nobody_is_eligible_the_last_known_leader_leads_and_recovers)
{
    TRACE("1,2,3",
          "2",
          false,
          ELR,
          {"crash 3", "leader 1, ISR [1,2], ELR [], epoch 0/1"},
          {"crash 2", "leader 1, ISR [1], ELR [2], epoch 0/2"},
          {"crash 1", "leader -1, ISR [], ELR [1,2], epoch 1/3, last known [1]"},
          {"start 2", "leader -1, ISR [], ELR [1], epoch 1/4, last known [1]"},
          {"start 3", "leader -1, ISR [], ELR [1], epoch 1/4, last known [1]"},
          {"start 1", "leader 1, ISR [1], ELR [], epoch 2/6, recovering"},
          {"isr 1 1", "leader 1, ISR [1], ELR [], epoch 2/7"});
}
END_TEST

START_TEST(a_fenced_last_known_leader_is_not_elected)
{
    TRACE("1,2,3",
          "2",
          false,
          ELR,
          {"crash 3", "leader 1, ISR [1,2], ELR [], epoch 0/1"},
          {"crash 2", "leader 1, ISR [1], ELR [2], epoch 0/2"},
          {"crash 1", "leader -1, ISR [], ELR [1,2], epoch 1/3, last known [1]"},
          {"start 2", "leader -1, ISR [], ELR [1], epoch 1/4, last known [1]"},
          {"unclean", "leader 2, ISR [2], ELR [], epoch 2/5, recovering"});
}
END_TEST

START_TEST(an_unclean_election_comes_at_once_where_the_topic_allows_it)
{
    TRACE("1,2,3",
          "1",
          true,
          NO_ELR,
          {"isr 1 1", "leader 1, ISR [1], ELR [], epoch 0/1"},
          {"crash 1", "leader 2, ISR [2], ELR [], epoch 1/2, recovering"},
          {"isr 2 2,3", "leader 2, ISR [2,3], ELR [], epoch 1/3"});
}
END_TEST

START_TEST(while_a_leader_recovers_nobody_joins_its_isr)
{
    TRACE("1,2",
          "1",
          true,
          NO_ELR,
          {"isr 1 1", "leader 1, ISR [1], ELR [], epoch 0/1"},
          {"crash 1", "leader 2, ISR [2], ELR [], epoch 1/2, recovering"},
          {"isr 2 2", "leader 2, ISR [2], ELR [], epoch 1/3"},
          {"start 1", "leader 2, ISR [2], ELR [], epoch 1/3"},
          {"isr 2 2,1", "leader 2, ISR [2,1], ELR [], epoch 1/4"});
}
END_TEST

START_TEST(an_administrator_may_force_an_unclean_election)
{
    TRACE("1,2,3",
          "1",
          false,
          NO_ELR,
          {"unclean", "ELECTION_NOT_NEEDED"},
          {"isr 1 1", "leader 1, ISR [1], ELR [], epoch 0/1"},
          {"crash 1", "leader -1, ISR [1], ELR [], epoch 1/2"},
          {"unclean timer", "leader -1, ISR [1], ELR [], epoch 1/2"},
          {"unclean", "leader 2, ISR [2], ELR [], epoch 2/3, recovering"});
}
END_TEST

START_TEST(without_any_live_replica_nobody_can_be_elected)
{
    TRACE("1,2",
          "1",
          false,
          NO_ELR,
          {"crash 2", "leader 1, ISR [1], ELR [], epoch 0/1"},
          {"crash 1", "leader -1, ISR [1], ELR [], epoch 1/2"},
          {"unclean", "ELIGIBLE_LEADERS_NOT_AVAILABLE"},
          {"preferred", "PREFERRED_LEADER_NOT_AVAILABLE"});
}
END_TEST

START_TEST(the_first_replica_leads_again_when_it_is_in_sync)
{
    TRACE("1,2,3",
          "1",
          false,
          ELR,
          {"preferred", "ELECTION_NOT_NEEDED"},
          {"crash 1", "leader 2, ISR [2,3], ELR [], epoch 1/1"},
          {"balance", "leader 2, ISR [2,3], ELR [], epoch 1/1"},
          {"start 1", "leader 2, ISR [2,3], ELR [], epoch 1/1"},
          {"preferred", "PREFERRED_LEADER_NOT_AVAILABLE"},
          {"isr 2 2,3,1", "leader 2, ISR [2,3,1], ELR [], epoch 1/2"},
          {"balance", "leader 1, ISR [2,3,1], ELR [], epoch 2/3"});
}
END_TEST

START_TEST(the_leader_is_the_first_in_sync_replica_of_the_assignment)
{
    TRACE("3,5,2,4",
          "1",
          false,
          ELR,
          {"isr 3 3,4,2", "leader 3, ISR [3,4,2], ELR [], epoch 0/1"},
          {"crash 3", "leader 2, ISR [4,2], ELR [], epoch 1/2"});
}
END_TEST

/* B4, ClusterControlManager.checkBrokerEpoch: what was on its way when the process died speaks for
 * nobody; the one that runs now is fenced until it has caught up itself. */
START_TEST(a_late_heartbeat_of_a_process_that_is_gone_unfences_nobody)
{
    TRACE("1",
          "1",
          false,
          NO_ELR,
          {"crash 1", "leader -1, ISR [1], ELR [], epoch 1/1"},
          {"register 1", "leader -1, ISR [1], ELR [], epoch 1/1"},
          {"late beat 1", "STALE_BROKER_EPOCH"},
          {"wait 1", "leader -1, ISR [1], ELR [], epoch 1/1"},
          {"beat 1", "leader 1, ISR [1], ELR [], epoch 2/2"},
          {"late beat 1", "STALE_BROKER_EPOCH"},
          {"unregister 1", "leader -1, ISR [1], ELR [], epoch 3/3"},
          {"beat 1", "STALE_BROKER_EPOCH"});
}
END_TEST

START_TEST(a_controlled_shutdown_moves_leaders_before_the_broker_goes)
{
    TRACE("1,2,3",
          "2",
          false,
          ELR,
          {"stop 1", "leader 2, ISR [2,3], ELR [], epoch 1/1"},
          {"return 1", "DUPLICATE_BROKER_REGISTRATION"},
          {"wait 10", "leader 2, ISR [2,3], ELR [], epoch 1/1"},
          {"return 1", "leader 2, ISR [2,3], ELR [], epoch 1/1"},
          {"isr 2 2,3,1", "leader 2, ISR [2,3,1], ELR [], epoch 1/2"});
}
END_TEST

START_TEST(a_follower_that_stops_leaves_the_isr)
{
    TRACE("1,2,3",
          "2",
          false,
          ELR,
          {"stop 3", "leader 1, ISR [1,2], ELR [], epoch 0/1"},
          {"isr 1 1,2,3", "INELIGIBLE_REPLICA"});
}
END_TEST

START_TEST(a_log_directory_that_fails_costs_the_replica_not_the_broker)
{
    TRACE("1,2,3",
          "1",
          true,
          ELR,
          {"directory 1 offline", "leader 2, ISR [2,3], ELR [], epoch 1/1"},
          {"directory 1 offline", "leader 2, ISR [2,3], ELR [], epoch 1/1"},
          {"crash 2", "leader 3, ISR [3], ELR [], epoch 2/2"},
          {"crash 3", "leader -1, ISR [], ELR [3], epoch 3/3, last known [3]"},
          {"unclean timer", "leader -1, ISR [], ELR [3], epoch 3/3, last known [3]"});
}
END_TEST

START_TEST(another_min_isr_takes_back_eligibility)
{
    TRACE("1,2,3",
          "2",
          false,
          ELR,
          {"crash 3", "leader 1, ISR [1,2], ELR [], epoch 0/1"},
          {"crash 2", "leader 1, ISR [1], ELR [2], epoch 0/2"},
          {"min.insync.replicas 1", "leader 1, ISR [1], ELR [], epoch 0/3"});
}
END_TEST

START_TEST(an_unregistered_broker_is_in_no_isr_and_no_elr)
{
    TRACE("1,2,3",
          "3",
          false,
          ELR,
          {"crash 3", "leader 1, ISR [1,2], ELR [3], epoch 0/1"},
          {"unregister 3", "leader 1, ISR [1,2], ELR [3], epoch 0/1"},
          {"unregister 3", "BROKER_ID_NOT_REGISTERED"},
          {"unregister 1", "leader 2, ISR [2], ELR [1,3], epoch 1/2"});
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("elections");
    TCase *tcase = tcase_create("traces");
    tcase_add_test(tcase, without_elr_the_last_isr_member_stays_listed_and_only_it_may_lead);
    tcase_add_test(tcase, a_follower_that_goes_costs_no_leader_epoch);
    tcase_add_test(tcase, with_elr_the_isr_empties_and_an_eligible_replica_leads_cleanly);
    tcase_add_test(tcase, an_unclean_stop_costs_eligibility_and_a_clean_one_does_not);
    tcase_add_test(tcase, when_nobody_is_eligible_the_last_known_leader_leads_and_recovers);
    tcase_add_test(tcase, a_fenced_last_known_leader_is_not_elected);
    tcase_add_test(tcase, an_unclean_election_comes_at_once_where_the_topic_allows_it);
    tcase_add_test(tcase, while_a_leader_recovers_nobody_joins_its_isr);
    tcase_add_test(tcase, an_administrator_may_force_an_unclean_election);
    tcase_add_test(tcase, without_any_live_replica_nobody_can_be_elected);
    tcase_add_test(tcase, the_first_replica_leads_again_when_it_is_in_sync);
    tcase_add_test(tcase, the_leader_is_the_first_in_sync_replica_of_the_assignment);
    tcase_add_test(tcase, a_late_heartbeat_of_a_process_that_is_gone_unfences_nobody);
    tcase_add_test(tcase, a_controlled_shutdown_moves_leaders_before_the_broker_goes);
    tcase_add_test(tcase, a_follower_that_stops_leaves_the_isr);
    tcase_add_test(tcase, a_log_directory_that_fails_costs_the_replica_not_the_broker);
    tcase_add_test(tcase, another_min_isr_takes_back_eligibility);
    tcase_add_test(tcase, an_unregistered_broker_is_in_no_isr_and_no_elr);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
