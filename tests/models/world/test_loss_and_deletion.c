/* test_loss_and_deletion.c - what is gone for a reason that Kafka documents, and what is not gone:
 * deleted topics, cleaned logs, replaced disks. All of it was found by random clusters. */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

static void delete_topic(ClusterSpec *spec, SimTime at)
{
    FaultSpec *fault = whole_fault(spec, FAULT_DELETE_TOPIC, at, TARGET_NONE, SPEC_NONE);
    fault->topic = 0;
}

/* Its leader is down when it goes, and nobody will read that log again: deleted, not lost. */
START_TEST(records_of_a_deleted_topic_are_not_lost)
{
    ClusterSpec *spec = whole_spec(3, 1, 1, SIM_SEC(60));
    whole_assign_in_turn(whole_topic(spec, "orders", 3, 3), 3, 3);
    (void)whole_load(spec, 100, "all", SIM_SEC(20));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(9), TARGET_BROKER, 2);
    delete_topic(spec, SIM_SEC(12));
    whole_fault(spec, FAULT_START, SIM_SEC(15), TARGET_BROKER, 2);
    WholeCluster test = whole_run(spec);
    ck_assert_int_gt(test.report->total.acked, 500);
    ck_assert_int_eq(test.report->total.lost, 0);
    ck_assert_int_eq(test.report->partitions[0].replica_count, 0);
    ck_assert_int_eq(test.report->partitions[0].leader_epoch, -1);
    ck_assert_int_eq(test.report->partitions[0].partition_epoch, -1);
    const Series *series = cluster_series(test.cluster);
    const int64_t column = series_find(series, "kafkasim.isr.size.min", "");
    ck_assert_int_eq(series_value(series, (uint32_t)column, series_rows(series) - 1), -1);
    whole_end(&test);
}
END_TEST

/* What was written when the topic went, unheard by its producer, is in no log. */
START_TEST(what_a_deleted_topic_held_is_in_no_log)
{
    ClusterSpec *spec = whole_spec(3, 1, (uint64_t)_i, SIM_SEC(60));
    whole_assign_in_turn(whole_topic(spec, "orders", 3, 3), 3, 3);
    ProducerSpec *load = whole_load(spec, 2000, "all", SIM_SEC(20));
    ck_assert(kafka_config_set(spec->config, "auto.create.topics.enable", "false"));
    ck_assert(kafka_config_set(load->config, "max.block.ms", "5000"));
    ck_assert(kafka_config_set(load->config, "request.timeout.ms", "5000"));
    ck_assert(kafka_config_set(load->config, "delivery.timeout.ms", "15000"));
    delete_topic(spec, SIM_SEC(10));
    WholeCluster test = whole_run(spec);
    ck_assert_int_gt(test.report->total.failed, 0);
    ck_assert_int_eq(test.report->total.failed_in_log, 0);
    ck_assert_int_eq(test.report->total.lost, 0);
    whole_end(&test);
}
END_TEST

/* A follower that was away copies what the cleaner has left: other batches, the same log. */
START_TEST(a_copy_of_a_cleaned_log_is_the_same_log)
{
    ClusterSpec *spec = whole_spec(3, 1, (uint64_t)_i + 1, SIM_SEC(70));
    ck_assert(kafka_config_set(spec->config, "log.cleaner.backoff.ms", "2000"));
    TopicSpec *topic = whole_topic(spec, "orders", 1, 3);
    ck_assert(kafka_config_set(topic->config, "cleanup.policy", "compact"));
    ck_assert(kafka_config_set(topic->config, "segment.ms", "2000"));
    ck_assert(kafka_config_set(topic->config, "min.cleanable.dirty.ratio", "0.1"));
    ProducerSpec *load = whole_load(spec, 20, "all", SIM_SEC(40));
    load->keys = KEY_UNIFORM;
    load->key_count = 10;
    load->key_bytes = 8;
    whole_fault(spec, FAULT_STOP, SIM_SEC(6), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_START, SIM_SEC(16), TARGET_BROKER, 1);
    FaultSpec *crash = whole_fault(spec, FAULT_CRASH, SIM_SEC(35), TARGET_LEADER, SPEC_NONE);
    crash->topic = 0;
    crash->partition = 0;
    WholeCluster test = whole_run(spec);
    ck_assert(whole_said(&test, "cleaned", "orders-0"));
    ck_assert_int_eq(test.report->total.lost, 0);
    whole_end(&test);
}
END_TEST

/* The only disk is exchanged for an empty one: what it held is lost, counted, and no mystery; and
 * the high watermark that stood there does not come back without its records. */
START_TEST(a_replaced_disk_loses_what_it_held)
{
    ClusterSpec *spec = whole_spec(1, 1, 2, SIM_SEC(60));
    spec->era.on[ERA_KIP_966] = _i == 0;
    (void)whole_topic(spec, "orders", 2, 1);
    (void)whole_load(spec, 100, "all", SIM_SEC(40));
    FaultSpec *dead = whole_fault(spec, FAULT_FAIL_DISK, SIM_SEC(10), TARGET_BROKER, 0);
    whole_heal(spec, dead, SIM_SEC(15));
    whole_fault(spec, FAULT_START, SIM_MS(15001), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    ck_assert_int_ge(test.report->total.lost, 900);
    ck_assert_int_le(test.report->total.lost, 1010);
    for (int p = 0; p < 2; p++) {
        ck_assert_int_eq(test.report->partitions[p].high_watermark,
                         test.report->partitions[p].log_end_offset);
    }
    whole_end(&test);
}
END_TEST

/* The controller sleeps while a disk of broker 2 dies and is replaced, and elects it when it wakes
 * up: until its process starts again it has no such log to lead from, and says so. The next leader
 * has all. */
START_TEST(who_is_elected_without_its_disk_has_lost_nothing)
{
    ClusterSpec *spec = whole_spec(3, 1, 4, SIM_SEC(90));
    for (guint b = 0; b < spec->brokers->len; b++) {
        ((BrokerSpec *)spec->brokers->pdata[b])->log_dirs = 2;
    }
    whole_assign_in_turn(whole_topic(spec, "orders", 4, 3), 4, 3);
    (void)whole_load(spec, 100, "all", SIM_SEC(60));
    whole_fault(spec, FAULT_PAUSE, SIM_SEC(20), TARGET_CONTROLLER, 0);
    whole_fault(spec, FAULT_PAUSE, SIM_SEC(20), TARGET_BROKER, 0);
    FaultSpec *dead = whole_fault(spec, FAULT_FAIL_DISK, SIM_SEC(25), TARGET_BROKER, 1);
    dead->log_dir = 1;
    whole_heal(spec, dead, SIM_SEC(30));
    whole_fault(spec, FAULT_RESUME, SIM_SEC(32), TARGET_CONTROLLER, 0);
    whole_fault(spec, FAULT_RESUME, SIM_SEC(40), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    ck_assert(whole_said(&test, "leader", "1 -> 2"));
    ck_assert_int_eq(test.report->total.lost, 0);
    whole_end(&test);
}
END_TEST

/* Broker 1 stops cleanly and stays eligible; then one of its disks is exchanged. A new disk has no
 * clean-shutdown file, whatever the others say: the controller hears of an unclean stop, and broker
 * 1, whose log is empty, may not lead before broker 2 is back. (LogManager
 * .readBrokerEpochFromCleanShutdownFiles) */
START_TEST(a_new_disk_makes_the_stop_before_it_unclean)
{
    ClusterSpec *spec = whole_spec(3, 1, 1, SIM_SEC(90));
    for (guint b = 0; b < spec->brokers->len; b++) {
        ((BrokerSpec *)spec->brokers->pdata[b])->log_dirs = _i;
    }
    whole_assign_in_turn(whole_topic(spec, "orders", _i, 3), _i, 3);
    (void)whole_load(spec, 50, "all", SIM_SEC(20));
    whole_fault(spec, FAULT_STOP, SIM_SEC(10), TARGET_BROKER, 2);
    whole_fault(spec, FAULT_STOP, SIM_SEC(14), TARGET_BROKER, 0);
    FaultSpec *dead = whole_fault(spec, FAULT_FAIL_DISK, SIM_SEC(20), TARGET_BROKER, 0);
    dead->log_dir = _i - 1;
    whole_heal(spec, dead, SIM_SEC(21));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(24), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_START, SIM_SEC(36), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(50), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_START, SIM_SEC(50), TARGET_BROKER, 2);
    WholeCluster test = whole_run(spec);
    ck_assert(whole_said(&test, "registered", "broker 1, after an unclean stop"));
    ck_assert(whole_said(&test, "registered", "broker 3, after a clean stop"));
    ck_assert_int_gt(test.report->total.acked, 500);
    ck_assert_int_eq(test.report->total.lost, 0);
    ck_assert_int_eq(test.report->partitions[0].isr_count, 3);
    whole_end(&test);
}
END_TEST

/* Its only replica is asked to stop while it is written to: what it acknowledges is on the disk
 * when the process ends, and a power cut after that takes nothing. (BrokerServer.shutdown: requests
 * stop before the logs are closed.) */
START_TEST(a_clean_stop_leaves_nothing_to_lose)
{
    ClusterSpec *spec = whole_spec(1, 1, (uint64_t)_i, SIM_SEC(60));
    g_ptr_array_add(spec->hosts, host_spec_new("host", spec));
    ((BrokerSpec *)spec->brokers->pdata[0])->host = 0;
    (void)whole_topic(spec, "orders", 3, 1);
    (void)whole_load(spec, 1000, "1", SIM_SEC(40));
    whole_fault(spec, FAULT_STOP, SIM_SEC(10), TARGET_BROKER, 0);
    FaultSpec *cut = whole_fault(spec, FAULT_POWER_CUT, SIM_SEC(20), TARGET_HOST, 0);
    whole_heal(spec, cut, SIM_SEC(21));
    whole_fault(spec, FAULT_START, SIM_SEC(22), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    ck_assert(whole_said(&test, "registered", "broker 1, after a clean stop"));
    ck_assert_int_gt(test.report->total.acked, 20000);
    ck_assert_int_eq(test.report->total.lost, 0);
    whole_end(&test);
}
END_TEST

/* The run ends before the session of a leader that is gone for good: who follows it has all. */
START_TEST(what_other_replicas_hold_is_not_lost_with_a_dead_leader)
{
    ClusterSpec *spec = whole_spec(3, 1, 1, SIM_SEC(55));
    whole_assign_in_turn(whole_topic(spec, "orders", 3, 3), 3, 3);
    (void)whole_load(spec, 100, "all", SIM_SEC(50));
    FaultSpec *dead = whole_fault(spec, FAULT_FAIL_DISK, SIM_SEC(50), TARGET_BROKER, 0);
    whole_heal(spec, dead, SIM_SEC(51));
    WholeCluster test = whole_run(spec);
    ck_assert_int_eq(test.report->partitions[0].leader, 1); /* by the metadata */
    ck_assert_int_gt(test.report->partitions[0].log_end_offset, 1000);
    ck_assert_int_eq(test.report->total.lost, 0);
    whole_end(&test);
}
END_TEST

/* Two of them: who leads next, from an empty log, takes the others back into the ISR. */
START_TEST(followers_join_a_leader_whose_disk_was_replaced)
{
    ClusterSpec *spec = whole_spec(3, 1, 3, SIM_SEC(120));
    spec->era.on[ERA_KIP_966] = false;
    whole_assign_in_turn(whole_topic(spec, "orders", 1, 3), 1, 3);
    (void)whole_load(spec, 50, "all", SIM_SEC(60));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(8), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(8), TARGET_BROKER, 2);
    FaultSpec *dead = whole_fault(spec, FAULT_FAIL_DISK, SIM_SEC(30), TARGET_BROKER, 0);
    whole_heal(spec, dead, SIM_SEC(41));
    for (int b = 0; b < 3; b++) {
        whole_fault(spec, FAULT_START, SIM_SEC(42), TARGET_BROKER, b);
    }
    WholeCluster test = whole_run(spec);
    ck_assert_int_eq(test.report->partitions[0].isr_count, 3);
    ck_assert_int_eq(test.report->partitions[0].diverged, 0);
    whole_end(&test);
}
END_TEST

/* Its partition's directory dies while the controller is away: there is nothing to ask for. */
START_TEST(an_isr_change_goes_with_its_partition)
{
    ClusterSpec *spec = whole_spec(3, 1, 4, SIM_SEC(90));
    ((BrokerSpec *)spec->brokers->pdata[0])->log_dirs = 2;
    ck_assert(kafka_config_set(
        ((BrokerSpec *)spec->brokers->pdata[0])->config, "replica.lag.time.max.ms", "5000"));
    whole_assign_in_turn(whole_topic(spec, "orders", 2, 3), 2, 3);
    (void)whole_load(spec, 50, "1", SIM_SEC(60));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(5), TARGET_CONTROLLER, 0);
    whole_fault(spec, FAULT_PAUSE, SIM_SEC(6), TARGET_BROKER, 2);
    whole_fault(spec, FAULT_FAIL_DISK, SIM_SEC(20), TARGET_BROKER, 0)->log_dir = 1;
    whole_fault(spec, FAULT_START, SIM_SEC(25), TARGET_CONTROLLER, 0);
    whole_fault(spec, FAULT_RESUME, SIM_SEC(25), TARGET_BROKER, 2);
    WholeCluster test = whole_run(spec);
    SimTime asked = whole_when(&test, SIM_SEC(6), "broker-1", "isr shrink", "orders-0");
    ck_assert_int_gt(asked, 0);
    ck_assert_int_lt(asked, SIM_SEC(20));
    ck_assert(whole_said(&test, "log directory offline", "directory 1"));
    whole_end(&test);
}
END_TEST

/* Before KIP-279 a follower asks for the end of its epoch; refused by a leader that does not yet
 * know that it leads, it asks again. */
START_TEST(a_follower_that_was_refused_asks_again)
{
    ClusterSpec *spec = whole_spec(3, 1, (uint64_t)_i + 1, SIM_SEC(90));
    spec->era.on[ERA_KIP_279] = false;
    spec->era.on[ERA_KIP_966] = false;
    whole_assign_in_turn(whole_topic(spec, "orders", 6, 3), 6, 3);
    (void)whole_load(spec, 50, "all", SIM_SEC(60));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(8), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(20), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(30), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_START, SIM_SEC(45), TARGET_BROKER, 1);
    WholeCluster test = whole_run(spec);
    for (int p = 0; p < 6; p++) {
        ck_assert_int_eq(test.report->partitions[p].isr_count, 3);
    }
    whole_end(&test);
}
END_TEST

static void enable_unclean(ClusterSpec *spec, int how)
{
    const bool asked = how == 2;
    FaultSpec *fault = whole_fault(spec,
                                   asked ? FAULT_ELECT : FAULT_SET_CONFIG,
                                   asked ? SIM_SEC(100) : SIM_SEC(70),
                                   TARGET_NONE,
                                   SPEC_NONE);
    fault->topic = how == 1 ? SPEC_NONE : 0;
    fault->partition = SPEC_NONE;
    fault->unclean = asked;
    if (!asked) {
        fault->config =
            kafka_config_new(how == 1 ? KAFKA_SCOPES_NODE : 1u << KAFKA_SCOPE_TOPIC, NULL);
        ck_assert(kafka_config_set(fault->config, "unclean.leader.election.enable", "true"));
    }
}

/* Of a topic (0), of all brokers (1), by kafka-leader-election (2): a follower that was away while
 * the second producer wrote is elected long after that was settled. Its records are gone, those of
 * the first are not. */
START_TEST(an_unclean_election_allowed_at_run_time_takes_from_whom_it_takes)
{
    ClusterSpec *spec = whole_spec(2, 1, 1, SIM_SEC(140));
    TopicSpec *topic = whole_topic(spec, "orders", 1, 2);
    whole_assign_in_turn(topic, 1, 2);
    ProducerSpec *first = whole_load(spec, 100, "all", SIM_SEC(9));
    ProducerSpec *second = whole_load(spec, 100, "all", SIM_SEC(34));
    first->start = SIM_SEC(5);
    second->start = SIM_SEC(30);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(10), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(60), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(75), TARGET_BROKER, 1);
    enable_unclean(spec, _i);
    WholeCluster test = whole_run(spec);
    ck_assert_int_eq(test.report->partitions[0].leader, 2);
    ck_assert_int_eq(test.report->producers[0].fates.acked, 400);
    ck_assert_int_eq(test.report->producers[0].fates.lost, 0);
    ck_assert_int_eq(test.report->producers[1].fates.acked, 400);
    ck_assert_int_eq(test.report->producers[1].fates.lost, 400);
    whole_end(&test);
}
END_TEST

/* Broker 3, which coordinates (of this seed), is away from 28 s to 47 s: what a member has read by
 * then waits in commitAsync(). Meanwhile broker 2 leads without most of it, and the member is told.
 * The commit says what it said, and is taken. */
START_TEST(a_commit_that_waits_may_say_what_is_gone_by_now)
{
    ClusterSpec *spec = whole_spec(3, 1, 3, SIM_SEC(70));
    ck_assert(kafka_config_set(spec->config, "offsets.topic.num.partitions", "1"));
    ck_assert(kafka_config_set(spec->config, "offsets.topic.replication.factor", "1"));
    TopicSpec *topic = whole_topic(spec, "orders", 1, 2);
    ck_assert(kafka_config_set(topic->config, "unclean.leader.election.enable", "true"));
    whole_assign_in_turn(topic, 1, 2);
    (void)whole_load(spec, 100, "1", SIM_SEC(30));
    GroupSpec *group = group_spec_new("billing");
    const int32_t orders = 0;
    g_array_append_val(group->topics, orders);
    ck_assert(kafka_config_set(group->config, "group.protocol", "consumer"));
    ck_assert(kafka_config_set(group->config, "auto.offset.reset", "earliest"));
    ck_assert(kafka_config_set(group->config, "enable.auto.commit", "false"));
    group->application.commit = COMMIT_ASYNC;
    g_ptr_array_add(group->members, member_spec_new("billing", group));
    g_ptr_array_add(spec->groups, group);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(12), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(28), TARGET_BROKER, 2);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(30), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(31), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_START, SIM_SEC(47), TARGET_BROKER, 2);
    WholeCluster test = whole_run(spec);
    const SimTime told = whole_when(&test, 0, "billing", "truncation", "orders-0: position 3000");
    ck_assert_int_gt(told, SIM_SEC(31));
    ck_assert_int_lt(told, SIM_SEC(47));
    ck_assert_int_eq(test.report->total.lost, 1800);
    whole_end(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loss and deletion");
    TCase *tests = tcase_create("loss");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, records_of_a_deleted_topic_are_not_lost);
    tcase_add_loop_test(tests, what_a_deleted_topic_held_is_in_no_log, 1, 6);
    tcase_add_loop_test(tests, a_copy_of_a_cleaned_log_is_the_same_log, 0, 4);
    tcase_add_loop_test(tests, a_replaced_disk_loses_what_it_held, 0, 2);
    tcase_add_loop_test(tests, a_clean_stop_leaves_nothing_to_lose, 0, 6);
    tcase_add_test(tests, what_other_replicas_hold_is_not_lost_with_a_dead_leader);
    tcase_add_loop_test(tests, a_new_disk_makes_the_stop_before_it_unclean, 1, 3);
    tcase_add_test(tests, followers_join_a_leader_whose_disk_was_replaced);
    tcase_add_test(tests, who_is_elected_without_its_disk_has_lost_nothing);
    tcase_add_test(tests, an_isr_change_goes_with_its_partition);
    tcase_add_loop_test(tests, a_follower_that_was_refused_asks_again, 0, 6);
    tcase_add_loop_test(
        tests, an_unclean_election_allowed_at_run_time_takes_from_whom_it_takes, 0, 3);
    tcase_add_test(tests, a_commit_that_waits_may_say_what_is_gone_by_now);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
