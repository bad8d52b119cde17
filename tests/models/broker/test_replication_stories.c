/* test_replication_stories.c - what is lost and what is not when brokers fail: the scripts S3, S4,
 * S5, S7 of server.md 2.8 and E10; KIP-320, KIP-951 and KAFKA-15583 on and off. */
#include "tests/models/broker/small_cluster.h"
#include "tests/run_suite.h"

/* ---- S3: acks=1, a clean election */

START_TEST(acks_1_loses_what_the_followers_had_not_fetched)
{
    SmallCluster self = small_cluster(3, "1", "1");
    self.spec->seed = (uint64_t)_i;
    self.producer->stop = SIM_SEC(40);
    FaultSpec *slow = small_fault(&self, FAULT_SLOW_NETWORK, SIM_SEC(4), 1);
    slow->delay = SIM_MS(200);
    small_fault(&self, FAULT_CRASH, SIM_SEC(6), 1);
    small_fault(&self, FAULT_START, SIM_SEC(30), 1);
    small_run(&self);
    ck_assert_int_gt(small_fates(&self).lost, 0);
    ck_assert(small_said(&self, "broker-1", "truncate", "the leader's epoch ends there"));
    ck_assert(small_logs_agree(&self, 1, 2));
    ck_assert(small_logs_agree(&self, 2, 3));
    small_end(&self);
}
END_TEST

/* ---- S4: a leader that the controller cannot reach, but everybody else can. Broker 4 has no
 * replica; its host carries the controller. */

static SmallCluster stale_leader(uint64_t seed, const char *acks)
{
    SmallCluster self = small_cluster(3, "2", acks);
    self.spec->seed = seed;
    self.spec->duration = SIM_SEC(90);
    g_ptr_array_add(self.spec->hosts, host_spec_new("away", self.spec));
    g_ptr_array_add(self.spec->brokers, broker_spec_new(4, 0, self.spec));
    ((ControllerSpec *)self.spec->controllers->pdata[0])->host = 0;
    small_set(self.spec->config, "auto.leader.rebalance.enable", "false");
    self.producer->stop = SIM_SEC(60);
    small_cut(&self, SIM_SEC(5), SIM_SEC(45), 1, 4);
    return self;
}

START_TEST(a_stale_leader_acknowledges_nothing_with_acks_all)
{
    SmallCluster self = stale_leader((uint64_t)_i, "all");
    small_run(&self);
    ck_assert(small_said(&self, "controller-101", "leader", "1 -> 2, epoch 1"));
    ck_assert_int_eq(small_fates(&self).lost, 0);
    ck_assert(small_logs_agree(&self, 1, 2));
    ck_assert_int_eq(checks_failures(cluster_checks(self.cluster)), 0);
    small_end(&self);
}
END_TEST

START_TEST(a_stale_leader_takes_acks_1_writes_and_loses_them)
{
    SmallCluster self = stale_leader((uint64_t)_i, "1");
    /* Its client hears nothing of the new leader: it does not ask while its writes succeed. */
    small_run(&self);
    ck_assert_int_gt(small_fates(&self).lost, 0);
    ck_assert(small_said(&self, "broker-1", "truncate", "the leader's epoch ends there"));
    ck_assert(small_logs_agree(&self, 1, 2));
    small_end(&self);
}
END_TEST

/* ---- S5: an unclean election */

START_TEST(an_unclean_leader_costs_committed_records)
{
    SmallCluster self = small_cluster(2, "1", "all");
    self.spec->seed = (uint64_t)_i;
    self.spec->duration = SIM_SEC(100);
    small_set(self.topic->config, "unclean.leader.election.enable", "true");
    self.producer->stop = SIM_SEC(60);
    small_fault(&self, FAULT_CRASH, SIM_SEC(4), 2);
    small_fault(&self, FAULT_CRASH, SIM_SEC(30), 1);
    small_fault(&self, FAULT_START, SIM_SEC(31), 2);
    small_fault(&self, FAULT_START, SIM_SEC(70), 1);
    small_run(&self);
    ck_assert_int_gt(small_fates(&self).lost, 0);
    ck_assert(small_said(&self, "broker-1", "truncate", "the leader's epoch ends there"));
    ck_assert(small_logs_agree(&self, 1, 2));
    small_end(&self);
}
END_TEST

/* The same, with a consumer that had read more than the new leader has. */
static SmallCluster read_before_an_unclean_election(uint64_t seed, bool kip_320)
{
    SmallCluster self = small_cluster(2, "1", "all");
    self.spec->seed = seed;
    self.spec->era.on[ERA_KIP_320] = kip_320;
    self.spec->invariants = false;
    small_set(self.spec->config, "offsets.topic.replication.factor", "2");
    small_set(self.spec->config, "unclean.leader.election.enable", "true");
    small_set(self.topic->config, "unclean.leader.election.enable", "true");
    GroupSpec *group = group_spec_new("readers");
    int32_t topic = 0;
    g_array_append_val(group->topics, topic);
    small_set(group->config, "auto.offset.reset", "latest");
    g_ptr_array_add(group->members, member_spec_new("reader", group));
    g_ptr_array_add(self.spec->groups, group);
    small_fault(&self, FAULT_CRASH, SIM_SEC(8), 2);
    small_fault(&self, FAULT_CRASH, SIM_SEC(20), 1);
    small_fault(&self, FAULT_START, SIM_SEC(21), 2);
    small_run(&self);
    return self;
}

START_TEST(a_reader_goes_back_to_where_the_histories_part)
{
    SmallCluster self = read_before_an_unclean_election((uint64_t)_i, true);
    ck_assert(small_said(&self, "reader", "truncation", "of epoch 0, which ends at"));
    ck_assert(!small_said(&self, "reader", "reset", "orders-0 from 9"));
    small_end(&self);
}
END_TEST

START_TEST(without_kip_320_a_reader_is_reset_or_notices_nothing)
{
    SmallCluster self = read_before_an_unclean_election((uint64_t)_i, false);
    ck_assert(!small_said(&self, "reader", "truncation", ""));
    small_end(&self);
}
END_TEST

/* ---- S7: a follower loses its unflushed tail, its ISR is healthy */

START_TEST(a_follower_that_lost_its_tail_fetches_it_again)
{
    SmallCluster self = small_cluster(3, "2", "all");
    self.spec->seed = (uint64_t)_i;
    self.producer->stop = SIM_SEC(45);
    small_power_cut(&self, SIM_SEC(10), SIM_SEC(11), 3);
    small_run(&self);
    ck_assert_int_eq(small_fates(&self).lost, 0);
    ck_assert_int_eq(small_fates(&self).failed, 0);
    ck_assert(small_logs_agree(&self, 1, 3));
    ck_assert_int_eq(small_log(&self, 3)->log_end_offset, small_log(&self, 1)->log_end_offset);
    ck_assert_int_eq(checks_failures(cluster_checks(self.cluster)), 0);
    small_end(&self);
}
END_TEST

/* ---- E10: acks=all is no promise when the ISR may shrink to one */

START_TEST(acks_all_with_min_isr_1_loses_with_the_power_of_the_last_one)
{
    SmallCluster self = small_cluster(3, "1", "all");
    self.spec->seed = (uint64_t)_i;
    self.spec->duration = SIM_SEC(100);
    self.producer->stop = SIM_SEC(24);
    small_fault(&self, FAULT_CRASH, SIM_SEC(4), 2);
    small_fault(&self, FAULT_CRASH, SIM_SEC(4), 3);
    small_power_cut(&self, SIM_SEC(25), SIM_SEC(40), 1);
    small_run(&self);
    ck_assert_int_gt(small_fates(&self).acked, 0);
    ck_assert_int_eq(small_fates(&self).failed, 0); /* nobody sees an error */
    ck_assert_int_gt(small_fates(&self).lost, 0);
    small_end(&self);
}
END_TEST

/* ---- KAFKA-15583: does the high watermark move below min.insync.replicas? */

static SmallCluster isr_falls_below_min(uint64_t seed, bool fixed)
{
    SmallCluster self = small_cluster(3, "2", "all");
    self.spec->seed = seed;
    self.spec->duration = SIM_SEC(50);
    self.spec->era.on[ERA_KAFKA_15583] = fixed;
    self.spec->invariants = false;
    small_set(self.producer->config, "enable.idempotence", "false");
    small_fault(&self, FAULT_CRASH, SIM_SEC(4), 2);
    small_fault(&self, FAULT_CRASH, SIM_SEC(4), 3);
    small_run(&self);
    return self;
}

START_TEST(below_min_isr_a_write_under_way_times_out)
{
    SmallCluster self = isr_falls_below_min((uint64_t)_i, true);
    ck_assert(small_said(&self, "load", "batch retry", "REQUEST_TIMED_OUT") ||
              small_said(&self, "load", "batch failed", "REQUEST_TIMED_OUT"));
    ck_assert(!small_said(&self, "load", "batch retry", "NOT_ENOUGH_REPLICAS_AFTER_APPEND"));
    ck_assert_int_lt(
        broker_high_watermark(cluster_broker(self.cluster, 1), cluster_present(self.cluster, 0)),
        small_log(&self, 1)->log_end_offset);
    small_end(&self);
}
END_TEST

START_TEST(without_kafka_15583_it_fails_at_once_and_becomes_visible)
{
    SmallCluster self = isr_falls_below_min((uint64_t)_i, false);
    ck_assert(small_said(&self, "load", "batch retry", "NOT_ENOUGH_REPLICAS_AFTER_APPEND"));
    ck_assert_int_eq(
        broker_high_watermark(cluster_broker(self.cluster, 1), cluster_present(self.cluster, 0)),
        small_log(&self, 1)->log_end_offset);
    small_end(&self);
}
END_TEST

/* ---- ReplicaManager.applyLocalFollowersDelta: isInControlledShutdown */

START_TEST(who_shuts_down_does_not_copy_what_it_was_put_out_of)
{
    SmallCluster self = small_cluster(3, "2", "all");
    self.spec->seed = (uint64_t)_i;
    self.spec->duration = SIM_SEC(20);
    TopicSpec *idle = whole_topic(self.spec, "idle", 1, 3);
    whole_assign(idle, 3, (const int32_t[]){3, 1, 2});
    small_fault(&self, FAULT_STOP, SIM_SEC(10), 3);
    small_run(&self);
    /* 50 records a second from 1 s on; it goes with its next heartbeat, 2 s later. */
    ck_assert_int_gt(small_log(&self, 3)->log_end_offset, 445);
    ck_assert_int_lt(small_log(&self, 3)->log_end_offset, 460);
    small_end(&self);
}
END_TEST

/* ---- KIP-951: the error names the new leader */

static SimDuration longest_gap(uint64_t seed, bool kip_951)
{
    SmallCluster self = small_cluster(3, "2", "all");
    self.spec->seed = seed;
    self.spec->duration = SIM_SEC(40);
    self.spec->era.on[ERA_KIP_951] = kip_951;
    /* A follower that comes before its new leader would hold the gap open in both. */
    small_set(self.spec->config, "replica.fetch.backoff.ms", "10");
    self.producer->stop = SIM_SEC(35);
    small_fault(&self, FAULT_STOP, SIM_SEC(10), 1);
    small_run(&self);
    SimDuration gap = cluster_report(self.cluster)->producers[0].longest_gap;
    ck_assert_int_eq(small_fates(&self).lost, 0);
    small_end(&self);
    return gap;
}

START_TEST(who_is_told_the_new_leader_goes_on_sooner)
{
    SimDuration with = longest_gap((uint64_t)_i, true);
    SimDuration without = longest_gap((uint64_t)_i, false);
    ck_assert_msg(
        with < without, "gap %ld with, %ld us without", (long)with / 1000, (long)without / 1000);
}
END_TEST

/* ---- A fetch that nobody will answer: its leader lost its power. When the last partition leaves
 * that broker, the fetcher thread ends and its connection with it; what comes back to that broker
 * does not wait for the former one's time-out. (AbstractFetcherManager.shutdownIdleFetcherThreads)
 */

START_TEST(a_lost_fetch_does_not_hold_up_the_next_leadership)
{
    SmallCluster self = small_cluster(3, "2", "all");
    self.spec->seed = (uint64_t)_i;
    self.spec->duration = SIM_SEC(36);
    small_set(self.spec->config, "auto.leader.rebalance.enable", "false");
    self.producer->stop = SIM_SEC(34);
    small_power_cut(&self, SIM_SEC(10), SIM_SEC(13), 1);
    FaultSpec *elect =
        whole_fault(self.spec, FAULT_ELECT_PREFERRED, SIM_SEC(30), TARGET_NONE, SPEC_NONE);
    elect->topic = SPEC_NONE;
    elect->partition = SPEC_NONE;
    small_run(&self);
    LoggedEvent leads;
    ck_assert(small_find(&self, SIM_SEC(30), "broker-1", "leads", "orders-0", &leads));
    /* All but those of the last second or so are acknowledged, long before 40 s. */
    ck_assert_int_gt(small_fates(&self).acked, (34 - 1 - 1) * 50);
    ck_assert_int_eq(small_fates(&self).lost, 0);
    small_end(&self);
}
END_TEST

static Suite *suite(void)
{
    Suite *made = suite_create("replication stories");
    TCase *stories = tcase_create("stories");
    tcase_set_timeout(stories, 120);
    tcase_add_loop_test(stories, acks_1_loses_what_the_followers_had_not_fetched, 1, 5);
    tcase_add_loop_test(stories, a_stale_leader_acknowledges_nothing_with_acks_all, 1, 5);
    tcase_add_loop_test(stories, a_stale_leader_takes_acks_1_writes_and_loses_them, 1, 5);
    tcase_add_loop_test(stories, an_unclean_leader_costs_committed_records, 1, 5);
    tcase_add_loop_test(stories, a_follower_that_lost_its_tail_fetches_it_again, 1, 5);
    tcase_add_loop_test(
        stories, acks_all_with_min_isr_1_loses_with_the_power_of_the_last_one, 1, 5);
    tcase_add_loop_test(stories, a_reader_goes_back_to_where_the_histories_part, 1, 5);
    tcase_add_loop_test(stories, without_kip_320_a_reader_is_reset_or_notices_nothing, 1, 3);
    suite_add_tcase(made, stories);
    TCase *fixes = tcase_create("fixes");
    tcase_set_timeout(fixes, 120);
    tcase_add_loop_test(fixes, below_min_isr_a_write_under_way_times_out, 1, 4);
    tcase_add_loop_test(fixes, without_kafka_15583_it_fails_at_once_and_becomes_visible, 1, 4);
    tcase_add_loop_test(fixes, who_is_told_the_new_leader_goes_on_sooner, 1, 4);
    tcase_add_loop_test(fixes, who_shuts_down_does_not_copy_what_it_was_put_out_of, 1, 4);
    tcase_add_loop_test(fixes, a_lost_fetch_does_not_hold_up_the_next_leadership, 1, 4);
    suite_add_tcase(made, fixes);
    return made;
}

int main(void)
{
    return run_suite(suite());
}
