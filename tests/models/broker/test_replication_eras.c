/* test_replication_eras.c - famous losses and divergences: with the fix they do not happen, without
 * it they do, on the same seed (server.md 2.8; evidence E2, E3, E4, E7, E10). */
#include "tests/models/broker/small_cluster.h"
#include "tests/run_suite.h"

/* ---- KIP-101, scenario 1: a new follower cuts its log at a high watermark that is late. */

/* Leader 1 and, a moment later, broker 2 die. 2 is elected before anybody knows that it is dead, so
 * 3 becomes its follower, and then leads itself. */
static SmallCluster two_leaders_die(uint64_t seed, bool kip_101)
{
    SmallCluster self = small_cluster(3, "1", "all");
    self.spec->seed = seed;
    self.spec->era.on[ERA_KIP_101] = kip_101;
    self.spec->invariants = false; /* what they would find is what is shown */
    self.producer->records = 200;
    small_fault(&self, FAULT_CRASH, SIM_MS(3100), 1);
    small_fault(&self, FAULT_CRASH, SIM_MS(7000), 2);
    small_run(&self);
    return self;
}

START_TEST(a_follower_that_keeps_what_it_has_loses_nothing)
{
    SmallCluster self = two_leaders_die((uint64_t)_i, true);
    ck_assert_int_eq(small_fates(&self).acked, 200);
    ck_assert_int_eq(small_fates(&self).lost, 0);
    ck_assert(!small_said(&self, "broker-3", "truncate", ""));
    small_end(&self);
}
END_TEST

START_TEST(without_kip_101_a_follower_cuts_off_what_was_acknowledged)
{
    SmallCluster self = two_leaders_die((uint64_t)_i, false);
    ck_assert_int_eq(small_fates(&self).acked, 200);
    ck_assert_int_gt(small_fates(&self).lost, 0);
    ck_assert(small_said(&self, "broker-3", "truncate", "its own high watermark"));
    small_end(&self);
}
END_TEST

/* The task that writes high watermarks down by the clock has no part in it. */
START_TEST(who_is_stopped_writes_its_high_watermark_down)
{
    SmallCluster self = small_cluster(3, "1", "all");
    self.spec->era.on[ERA_KIP_101] = false;
    self.producer->records = 200;
    small_set(self.spec->config, "replica.high.watermark.checkpoint.interval.ms", "3600000");
    small_fault(&self, FAULT_STOP, SIM_SEC(10), 3);
    small_fault(&self, FAULT_START, SIM_SEC(25), 3);
    small_run(&self);
    ck_assert(small_said(&self, "broker-3", "exit", ""));
    ck_assert(!small_said(&self, "broker-3", "truncate", ""));
    ck_assert_int_eq(small_log(&self, 3)->log_end_offset, 200);
    small_end(&self);
}
END_TEST

/* ---- KIP-101, scenario 2: power cuts, and the one that comes back first has less. */

/* Both have m0 .. m99; broker 2 loses its power and with it what was not written back, broker 1
 * only its process. 2 is back first and takes new records; then 1 returns. */
static SmallCluster the_shorter_one_returns_first(uint64_t seed, bool kip_101)
{
    SmallCluster self = small_cluster(2, "1", "all");
    self.spec->seed = seed;
    self.spec->duration = SIM_SEC(90);
    self.spec->era.on[ERA_KIP_101] = kip_101;
    self.spec->invariants = false;
    small_set(self.topic->config, "unclean.leader.election.enable", "true");
    self.producer->rate_milli = 20 * 1000;
    self.producer->stop = SIM_SEC(60);
    small_fault(&self, FAULT_CRASH, SIM_MS(12000), 1);
    small_power_cut(&self, SIM_MS(12010), SIM_MS(15000), 2);
    small_fault(&self, FAULT_START, SIM_MS(45000), 1);
    small_run(&self);
    return self;
}

START_TEST(with_epochs_the_logs_are_equal_again)
{
    SmallCluster self = the_shorter_one_returns_first((uint64_t)_i, true);
    ck_assert_int_gt(small_fates(&self).lost, 0); /* what nobody had on disk */
    ck_assert(small_logs_agree(&self, 1, 2));
    ck_assert_int_eq(small_diverged(&self), 0);
    small_end(&self);
}
END_TEST

START_TEST(without_kip_101_the_logs_diverge_and_nobody_notices)
{
    SmallCluster self = the_shorter_one_returns_first((uint64_t)_i, false);
    ck_assert(!small_logs_agree(&self, 1, 2));
    ck_assert_int_eq(small_diverged(&self), 1);
    ck_assert_int_eq(small_log(&self, 1)->log_end_offset, small_log(&self, 2)->log_end_offset);
    small_end(&self);
}
END_TEST

/* ---- KIP-279: leaders change fast, and an epoch's end alone does not say whose it is. */

/* 1 leads alone for a while (2 is cut off, acks=1), dies; 2 leads and writes over the same offsets,
 * dies; 1 leads again, uncleanly; 2 follows it. */
static SmallCluster leaders_take_turns(uint64_t seed, bool kip_279)
{
    SmallCluster self = small_cluster(2, "1", "1");
    self.spec->seed = seed;
    self.spec->duration = SIM_SEC(150);
    self.spec->era.on[ERA_KIP_279] = kip_279;
    self.spec->invariants = false;
    small_set(self.topic->config, "unclean.leader.election.enable", "true");
    self.producer->rate_milli = 10 * 1000;
    self.producer->stop = SIM_SEC(100);
    small_cut(&self, SIM_SEC(5), SIM_SEC(9), 1, 2);
    small_fault(&self, FAULT_CRASH, SIM_SEC(8), 1);
    small_fault(&self, FAULT_CRASH, SIM_SEC(40), 2);
    small_fault(&self, FAULT_START, SIM_SEC(60), 1);
    small_fault(&self, FAULT_START, SIM_SEC(80), 2);
    small_run(&self);
    return self;
}

START_TEST(an_answer_that_names_its_epoch_makes_the_logs_equal)
{
    SmallCluster self = leaders_take_turns((uint64_t)_i, true);
    ck_assert(small_logs_agree(&self, 1, 2));
    ck_assert_int_eq(small_diverged(&self), 0);
    ck_assert_int_eq(small_log(&self, 1)->log_end_offset, small_log(&self, 2)->log_end_offset);
    small_end(&self);
}
END_TEST

START_TEST(without_kip_279_the_logs_differ_below_the_cut)
{
    SmallCluster self = leaders_take_turns((uint64_t)_i, false);
    ck_assert(!small_logs_agree(&self, 1, 2));
    ck_assert_int_eq(small_diverged(&self), 1);
    ck_assert_int_eq(small_log(&self, 1)->log_end_offset, small_log(&self, 2)->log_end_offset);
    small_end(&self);
}
END_TEST

/* ---- KIP-320: a follower that has missed two elections reads on from its old leader. */

/* Broker 3 hears nothing from the controller (on broker 4's host). 1 leads and has records that 2
 * does not get, dies; 2 leads; 1 returns and cuts them off; 2 dies; 1 leads again: for broker 3 it
 * never was anything else. */
static SmallCluster an_old_leader_leads_again(uint64_t seed, bool kip_320)
{
    SmallCluster self = small_cluster(3, "1", "1");
    self.spec->seed = seed;
    self.spec->duration = SIM_SEC(140);
    self.spec->era.on[ERA_KIP_320] = kip_320;
    self.spec->invariants = false;
    g_ptr_array_add(self.spec->hosts, host_spec_new("away", self.spec));
    g_ptr_array_add(self.spec->brokers, broker_spec_new(4, 0, self.spec));
    ((ControllerSpec *)self.spec->controllers->pdata[0])->host = 0;
    small_set(self.spec->config, "auto.leader.rebalance.enable", "false");
    self.producer->rate_milli = 20 * 1000;
    self.producer->stop = SIM_SEC(120);
    small_cut(&self, SIM_SEC(5), SIM_SEC(110), 3, 4);
    small_cut(&self, SIM_SEC(15), SIM_SEC(25), 1, 2);
    small_fault(&self, FAULT_CRASH, SIM_SEC(20), 1);
    small_fault(&self, FAULT_START, SIM_SEC(40), 1);
    small_fault(&self, FAULT_CRASH, SIM_SEC(65), 2);
    small_run(&self);
    ck_assert(small_said(&self, "controller-101", "leader", "orders-0: 2 -> 1"));
    return self;
}

START_TEST(a_follower_of_an_old_epoch_is_fenced_and_then_agrees)
{
    SmallCluster self = an_old_leader_leads_again((uint64_t)_i, true);
    ck_assert(small_said(&self, "broker-3", "fetch error", "FENCED_LEADER_EPOCH"));
    ck_assert(small_said(&self, "broker-3", "truncate", "the leader's epoch ends there"));
    ck_assert(small_logs_agree(&self, 1, 3));
    ck_assert_int_eq(small_diverged(&self), 0);
    small_end(&self);
}
END_TEST

START_TEST(without_kip_320_it_mixes_two_histories)
{
    SmallCluster self = an_old_leader_leads_again((uint64_t)_i, false);
    ck_assert(!small_logs_agree(&self, 1, 3));
    ck_assert_int_eq(small_diverged(&self), 1);
    ck_assert_int_eq(small_log(&self, 1)->log_end_offset, small_log(&self, 3)->log_end_offset);
    small_end(&self);
}
END_TEST

static Suite *suite(void)
{
    Suite *made = suite_create("replication eras");
    TCase *kip_101 = tcase_create("KIP-101");
    tcase_set_timeout(kip_101, 120);
    tcase_add_loop_test(kip_101, a_follower_that_keeps_what_it_has_loses_nothing, 1, 6);
    tcase_add_loop_test(kip_101, without_kip_101_a_follower_cuts_off_what_was_acknowledged, 1, 6);
    tcase_add_test(kip_101, who_is_stopped_writes_its_high_watermark_down);
    tcase_add_loop_test(kip_101, with_epochs_the_logs_are_equal_again, 1, 6);
    tcase_add_loop_test(kip_101, without_kip_101_the_logs_diverge_and_nobody_notices, 1, 6);
    suite_add_tcase(made, kip_101);
    TCase *kip_279 = tcase_create("KIP-279");
    tcase_set_timeout(kip_279, 120);
    tcase_add_loop_test(kip_279, an_answer_that_names_its_epoch_makes_the_logs_equal, 1, 6);
    tcase_add_loop_test(kip_279, without_kip_279_the_logs_differ_below_the_cut, 1, 6);
    suite_add_tcase(made, kip_279);
    TCase *kip_320 = tcase_create("KIP-320");
    tcase_set_timeout(kip_320, 120);
    tcase_add_loop_test(kip_320, a_follower_of_an_old_epoch_is_fenced_and_then_agrees, 1, 5);
    tcase_add_loop_test(kip_320, without_kip_320_it_mixes_two_histories, 1, 5);
    suite_add_tcase(made, kip_320);
    return made;
}

int main(void)
{
    return run_suite(suite());
}
