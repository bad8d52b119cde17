/* test_storage_faults.c - clusters whose disks fail and whose power goes (server.md 2.8, 2.9, 4.2,
 * 4.4). */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

/* A topic of so many partitions on all brokers, each on a host of its own, led by 1 2 3 1 2 3 ..;
 * 100 records/s each with acks=all. */
static ClusterSpec *
some_partitions(int32_t partitions, int32_t brokers, uint64_t seed, SimTime duration)
{
    ClusterSpec *spec = whole_spec(0, 1, seed, duration);
    for (int32_t id = 1; id <= brokers; id++) {
        char name[16];
        g_snprintf(name, sizeof(name), "host-%d", id);
        g_ptr_array_add(spec->hosts, host_spec_new(name, spec));
        g_ptr_array_add(spec->brokers, broker_spec_new(id, id - 1, spec));
    }
    whole_assign_in_turn(whole_topic(spec, "orders", partitions, brokers), partitions, brokers);
    whole_load(spec, 100 * partitions, "all", duration - SIM_SEC(10));
    return spec;
}

static ClusterSpec *some_brokers(int32_t brokers, uint64_t seed, SimTime duration)
{
    return some_partitions(3, brokers, seed, duration);
}

static TopicSpec *orders(ClusterSpec *spec)
{
    return spec->topics->pdata[0];
}

/* The host's power goes at `at` and comes back a second later; the broker starts then. */
static void cut_power(ClusterSpec *spec, SimTime at, int32_t broker)
{
    FaultSpec *cut = whole_fault(spec, FAULT_POWER_CUT, at, TARGET_HOST, broker);
    whole_heal(spec, cut, at + SIM_SEC(1));
    whole_fault(spec, FAULT_START, at + SIM_SEC(2), TARGET_BROKER, broker);
}

static const Fates *fates(const WholeCluster *test)
{
    return &test->report->total;
}

/* ---- power */

START_TEST(a_killed_process_loses_nothing_that_it_appended)
{
    ClusterSpec *spec = some_brokers(1, (uint64_t)_i, SIM_SEC(60));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(20), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(22), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    ck_assert_int_gt(fates(&test)->acked, 9000);
    ck_assert_int_eq(fates(&test)->lost, 0);
    whole_end(&test);
}
END_TEST

START_TEST(a_power_cut_of_the_only_replica_loses_what_was_not_written_back)
{
    ClusterSpec *spec = some_brokers(1, (uint64_t)_i, SIM_SEC(120));
    cut_power(spec, SIM_SEC(50), 0);
    WholeCluster test = whole_run(spec);
    /* 300 records/s, dirty pages up to 30 s old and looked for each 5 s. */
    ck_assert_int_ge(fates(&test)->lost, 300 * 15);
    ck_assert_int_le(fates(&test)->lost, 300 * 36);
    whole_end(&test);
}
END_TEST

START_TEST(an_fsync_a_record_keeps_what_was_acked_over_a_power_cut)
{
    ClusterSpec *spec = some_brokers(1, (uint64_t)_i, SIM_SEC(60));
    ck_assert(kafka_config_set(orders(spec)->config, "flush.messages", "1"));
    cut_power(spec, SIM_SEC(20), 0);
    WholeCluster test = whole_run(spec);
    ck_assert_int_gt(fates(&test)->acked, 9000);
    ck_assert_int_eq(fates(&test)->lost, 0);
    whole_end(&test);
}
END_TEST

START_TEST(an_fsync_a_record_on_every_replica_survives_a_power_cut_of_all)
{
    ClusterSpec *spec = some_brokers(3, (uint64_t)_i, SIM_SEC(90));
    ck_assert(kafka_config_set(orders(spec)->config, "flush.messages", "1"));
    for (int32_t b = 0; b < 3; b++) {
        cut_power(spec, SIM_SEC(20), b);
    }
    WholeCluster test = whole_run(spec);
    ck_assert_int_gt(fates(&test)->acked, 15000);
    ck_assert_int_eq(fates(&test)->lost, 0);
    whole_end(&test);
}
END_TEST

START_TEST(one_replica_without_power_costs_no_committed_record)
{
    ClusterSpec *spec = some_brokers(3, (uint64_t)_i, SIM_SEC(90));
    cut_power(spec, SIM_SEC(25), 0);
    cut_power(spec, SIM_SEC(55), 1);
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    ck_assert_int_eq(report->total.lost, 0);
    ck_assert_int_eq(report->total.acked, report->total.offered);
    for (int p = 0; p < 3; p++) {
        ck_assert_int_eq(report->partitions[p].isr_count, 3);
    }
    whole_end(&test);
}
END_TEST

START_TEST(a_power_cut_of_all_replicas_loses_committed_records)
{
    ClusterSpec *spec = some_brokers(3, (uint64_t)_i, SIM_SEC(90));
    for (int32_t b = 0; b < 3; b++) {
        cut_power(spec, SIM_SEC(20), b);
    }
    WholeCluster test = whole_run(spec);
    ck_assert_int_gt(fates(&test)->lost, 300 * 10);
    const ClusterReport *report = test.report;
    for (int p = 0; p < 3; p++) {
        ck_assert_int_eq(report->partitions[p].high_watermark,
                         report->partitions[p].log_end_offset);
    }
    whole_end(&test);
}
END_TEST

/* ---- directories */

static ClusterSpec *with_two_disks(uint64_t seed, SimTime duration)
{
    ClusterSpec *spec = some_partitions(6, 3, seed, duration);
    ck_assert(kafka_config_set(spec->config, "log.dirs", "/disk0,/disk1"));
    return spec;
}

/* Broker 1 keeps orders-3, which it leads, in directory 1, and follows orders-2 and orders-5 there.
 * Those were caught up and their broker is not fenced: by the rule of the high watermark (2.3)
 * their leaders wait for them until replica.lag.time.max.ms is over. */
START_TEST(a_failed_disk_moves_leaders_at_once_and_holds_the_followed_back_for_30_s)
{
    ClusterSpec *spec = with_two_disks((uint64_t)_i, SIM_SEC(80));
    FaultSpec *fault = whole_fault(spec, FAULT_FAIL_DISK, SIM_SEC(20), TARGET_BROKER, 0);
    fault->log_dir = 1;
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    for (int p = 0; p < 6; p++) {
        const PartitionReport *partition = &report->partitions[p];
        bool on_it = p == 2 || p == 3 || p == 5;
        ck_assert_int_eq(partition->isr_count, on_it ? 2 : 3); /* the other disk works on */
        if (p == 2 || p == 5) {
            ck_assert_int_ge(partition->longest_ack_gap, SIM_MS(29800));
            ck_assert_int_le(partition->longest_ack_gap, SIM_MS(30500));
        } else {
            ck_assert_int_lt(partition->longest_ack_gap, SIM_SEC(2)); /* no session to wait for */
        }
    }
    ck_assert_int_eq(report->partitions[3].leader, 2);
    ck_assert_int_eq(report->partitions[3].leader_epoch, 1);
    ck_assert_int_eq(whole_when(&test, SIM_SEC(20), "controller-101", "fence", ""), -1);
    ck_assert_int_eq(report->total.lost, 0);
    ck_assert_int_eq(report->total.acked, report->total.offered);
    whole_end(&test);
}
END_TEST

START_TEST(a_broker_without_its_first_disk_halts_and_does_not_come_back)
{
    ClusterSpec *spec = with_two_disks((uint64_t)_i, SIM_SEC(60));
    FaultSpec *fault = whole_fault(spec, FAULT_FAIL_DISK, SIM_SEC(20), TARGET_BROKER, 0);
    fault->log_dir = 0;
    whole_fault(spec, FAULT_START, SIM_SEC(35), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    ck_assert_int_eq(whole_when(&test, 0, "broker-1", "halt", ""), SIM_SEC(20));
    ck_assert_int_eq(whole_when(&test, SIM_SEC(21), "broker-1", "halt", ""), SIM_SEC(35));
    ck_assert_int_eq(report->total.lost, 0);
    ck_assert_int_eq(report->total.acked, report->total.offered);
    for (int p = 0; p < 3; p++) {
        ck_assert_int_eq(report->partitions[p].isr_count, 2);
    }
    whole_end(&test);
}
END_TEST

START_TEST(a_broker_that_cannot_tell_of_its_failed_disk_halts_after_30_s)
{
    ClusterSpec *spec = with_two_disks((uint64_t)_i, SIM_SEC(80));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(19), TARGET_ACTIVE_CONTROLLER, 0);
    FaultSpec *fault = whole_fault(spec, FAULT_FAIL_DISK, SIM_SEC(20), TARGET_BROKER, 0);
    fault->log_dir = 1;
    WholeCluster test = whole_run(spec);
    ck_assert_int_eq(whole_when(&test, 0, "broker-1", "halt", ""), SIM_SEC(50));
    whole_end(&test);
}
END_TEST

START_TEST(a_full_disk_fails_the_next_append_and_a_restart_with_room_repairs_it)
{
    ClusterSpec *spec = with_two_disks((uint64_t)_i, SIM_SEC(90));
    FaultSpec *full = whole_fault(spec, FAULT_DISK_FULL, SIM_SEC(20), TARGET_BROKER, 1);
    full->log_dir = 1;
    whole_heal(spec, full, SIM_SEC(30));
    whole_fault(spec, FAULT_STOP, SIM_SEC(40), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_START, SIM_SEC(50), TARGET_BROKER, 1);
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    SimTime failed = whole_when(&test, 0, "broker-2", "log directory offline", "directory 1");
    ck_assert_int_ge(failed, SIM_SEC(20));
    ck_assert_int_le(failed, SIM_SEC(21)); /* as soon as anybody writes to it */
    ck_assert_int_eq(report->total.lost, 0);
    ck_assert_int_eq(report->total.acked, report->total.offered);
    for (int p = 0; p < 3; p++) {
        ck_assert_int_eq(report->partitions[p].isr_count, 3);
    }
    whole_end(&test);
}
END_TEST

/* Nobody writes a record; but the metadata log grows by a NoOp each 500 ms. */
START_TEST(a_full_metadata_log_dir_halts_an_idle_broker_unless_it_lies_elsewhere)
{
    ClusterSpec *spec = whole_spec(3, 1, (uint64_t)_i, SIM_SEC(40));
    whole_topic(spec, "orders", 3, 3);
    ck_assert(kafka_config_set(spec->config, "log.dirs", "/disk0,/disk1"));
    if (_i == 2) {
        ck_assert(kafka_config_set(spec->config, "metadata.log.dir", "/disk1"));
    }
    whole_fault(spec, FAULT_DISK_FULL, SIM_SEC(10), TARGET_BROKER, 0)->log_dir = 0;
    WholeCluster test = whole_run(spec);
    SimTime halt = whole_when(&test, 0, "broker-1", "halt", "metadata log");
    if (_i == 2) {
        ck_assert_int_eq(halt, -1);
    } else {
        ck_assert_int_ge(halt, SIM_SEC(10));
        ck_assert_int_le(halt, SIM_MS(10600));
    }
    whole_end(&test);
}
END_TEST

/* ---- retention */

START_TEST(every_replica_gives_up_old_segments_and_nothing_is_called_lost)
{
    ClusterSpec *spec = some_brokers(3, (uint64_t)_i, SIM_SEC(400));
    ck_assert(kafka_config_set(orders(spec)->config, "segment.bytes", "1048576"));
    ck_assert(kafka_config_set(orders(spec)->config, "retention.bytes", "2000000"));
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    ck_assert_int_eq(report->total.lost, 0);
    ck_assert_int_eq(report->total.acked, report->total.offered);
    for (int p = 0; p < 3; p++) {
        ck_assert_int_gt(report->partitions[p].log_start_offset, 10000);
    }
    ck_assert_int_ge(whole_when(&test, 0, "broker-1", "segments deleted", "orders-0"),
                     SIM_SEC(330));
    whole_end(&test);
}
END_TEST

/* ---- tiered storage */

/* Three brokers, a topic of which only the last megabyte or so stays local. */
static ClusterSpec *tiered(uint64_t seed, SimTime duration)
{
    ClusterSpec *spec = some_brokers(3, seed, duration);
    ck_assert(kafka_config_set(spec->config, "remote.log.storage.system.enable", "true"));
    ck_assert(kafka_config_set(spec->config, "log.retention.check.interval.ms", "10000"));
    ck_assert(kafka_config_set(orders(spec)->config, "remote.storage.enable", "true"));
    ck_assert(kafka_config_set(orders(spec)->config, "segment.bytes", "1048576"));
    ck_assert(kafka_config_set(orders(spec)->config, "local.retention.bytes", "1048576"));
    return spec;
}

static GroupSpec *add_reader(ClusterSpec *spec, SimTime start)
{
    GroupSpec *group = group_spec_new("readers");
    int32_t topic = 0;
    g_array_append_val(group->topics, topic);
    MemberSpec *member = member_spec_new("readers-0", group);
    member->start = start;
    g_ptr_array_add(group->members, member);
    ck_assert(kafka_config_set(member->config, "auto.offset.reset", "earliest"));
    g_ptr_array_add(spec->groups, group);
    return group;
}

START_TEST(who_reads_from_the_earliest_offset_gets_what_is_only_in_remote_storage)
{
    ClusterSpec *spec = tiered((uint64_t)_i, SIM_SEC(200));
    ((ProducerSpec *)spec->producers->pdata[0])->stop = SIM_SEC(150);
    add_reader(spec, SIM_SEC(155));
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    ck_assert_int_ge(whole_when(&test, 0, "broker-1", "segments deleted", "orders-0: "),
                     SIM_SEC(30));
    for (int p = 0; p < 3; p++) {
        ck_assert_int_eq(report->partitions[p].log_start_offset, 0);
    }
    ck_assert_int_eq(report->total.lost, 0);
    ck_assert_int_eq(report->groups[0].consumed, report->total.offered);
    ck_assert_int_eq(report->groups[0].consumed_twice, 0);
    whole_end(&test);
}
END_TEST

/* Sooner than anybody looks at the logs again: what only remote storage has is not lost, and a
 * leader that is killed over it takes nothing with it. */
START_TEST(segments_that_leave_the_local_log_at_once_are_not_lost)
{
    ClusterSpec *spec = tiered((uint64_t)_i, SIM_SEC(90));
    ck_assert(kafka_config_set(spec->config, "log.initial.task.delay.ms", "1000"));
    ck_assert(kafka_config_set(spec->config, "log.retention.check.interval.ms", "2000"));
    ck_assert(kafka_config_set(spec->config, "remote.log.manager.task.interval.ms", "2000"));
    ck_assert(kafka_config_set(orders(spec)->config, "local.retention.ms", "1000"));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(40), TARGET_BROKER, _i % 3);
    whole_fault(spec, FAULT_START, SIM_SEC(55), TARGET_BROKER, _i % 3);
    WholeCluster test = whole_run(spec);
    ck_assert_int_ge(whole_when(&test, 0, "broker", "segments deleted", "local retention"), 0);
    ck_assert_int_gt(test.report->total.acked, 0);
    ck_assert_int_eq(test.report->total.lost, 0);
    whole_end(&test);
}
END_TEST

/* With remote.log.delete.on.disable, else the controller refuses: the log begins with the leader's
 * own segments, for all who read it, and nothing counts as skipped. */
START_TEST(a_topic_that_is_no_longer_tiered_begins_with_what_is_local)
{
    ClusterSpec *spec = tiered((uint64_t)_i, SIM_SEC(240));
    FaultSpec *off = whole_fault(spec, FAULT_SET_CONFIG, SIM_SEC(150), TARGET_NONE, SPEC_NONE);
    off->topic = 0;
    off->config = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
    ck_assert(kafka_config_set(off->config, "remote.storage.enable", "false"));
    ck_assert(kafka_config_set(off->config, "remote.log.delete.on.disable", "true"));
    add_reader(spec, SIM_SEC(200));
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    for (int p = 0; p < 3; p++) {
        ck_assert_int_gt(report->partitions[p].log_start_offset, 1000);
    }
    ck_assert_int_eq(report->total.lost, 0);
    ck_assert_int_gt(report->groups[0].consumed, 0);
    ck_assert_int_lt(report->groups[0].consumed, report->total.offered - 1000);
    ck_assert_int_eq(report->groups[0].consumed_twice, 0);
    whole_end(&test);
}
END_TEST

/* Remote segments age by the leader's clock, as local ones do by each broker's. */
START_TEST(a_leader_whose_clock_is_ahead_expires_remote_segments_early)
{
    ClusterSpec *spec = tiered(1, SIM_SEC(200));
    ck_assert(kafka_config_set(orders(spec)->config, "retention.ms", "3600000"));
    FaultSpec *skew = whole_fault(spec, FAULT_CLOCK_SKEW, SIM_SEC(60), TARGET_BROKER, 0);
    skew->delay = SIM_SEC(7200);
    WholeCluster test = whole_run(spec);
    for (int p = 0; p < 3; p++) {
        const PartitionReport *partition = &test.report->partitions[p];
        ck_assert_int_eq(partition->log_start_offset > 0, partition->leader == 1);
    }
    ck_assert_int_eq(test.report->total.lost, 0);
    whole_end(&test);
}
END_TEST

/* ---- long logs and compacted ones */

START_TEST(who_replays_a_log_that_merged_its_batches_gets_every_record_once)
{
    ClusterSpec *spec = some_brokers(3, (uint64_t)_i, SIM_SEC(120));
    ProducerSpec *producer = spec->producers->pdata[0];
    producer->rate_milli = 1500 * 1000; /* a batch each: far more than are kept one by one */
    producer->stop = SIM_SEC(60);
    ck_assert(kafka_config_set(producer->config, "linger.ms", "0"));
    add_reader(spec, SIM_SEC(62));
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    ck_assert_int_eq(report->total.acked, 90000);
    ck_assert_int_eq(report->total.lost, 0);
    ck_assert_int_eq(report->total.duplicated, 0);
    ck_assert_int_eq(report->groups[0].consumed, 90000);
    ck_assert_int_eq(report->groups[0].consumed_twice, 0);
    whole_end(&test);
}
END_TEST

START_TEST(a_replica_back_after_a_long_time_copies_merged_batches_and_may_lead)
{
    ClusterSpec *spec = some_brokers(3, (uint64_t)_i, SIM_SEC(150));
    ProducerSpec *producer = spec->producers->pdata[0];
    producer->rate_milli = 1500 * 1000;
    producer->stop = SIM_SEC(120);
    ck_assert(kafka_config_set(producer->config, "linger.ms", "0"));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(10), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_START, SIM_SEC(60), TARGET_BROKER, 0);
    whole_fault(spec, FAULT_CRASH, SIM_SEC(80), TARGET_BROKER, 1);
    whole_fault(spec, FAULT_START, SIM_SEC(95), TARGET_BROKER, 1);
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    ck_assert_int_eq(report->total.lost, 0);
    ck_assert_int_eq(report->total.acked, report->total.offered);
    for (int p = 0; p < 3; p++) {
        ck_assert_int_eq(report->partitions[p].isr_count, 3);
    }
    whole_end(&test);
}
END_TEST

START_TEST(a_compacted_topic_hands_out_about_one_record_a_key_and_nothing_is_called_lost)
{
    ClusterSpec *spec = some_brokers(3, (uint64_t)_i, SIM_SEC(400));
    ProducerSpec *producer = spec->producers->pdata[0];
    producer->stop = SIM_SEC(300);
    producer->choice = PARTITION_BY_CLIENT;
    producer->keys = KEY_UNIFORM;
    producer->key_count = 600;
    producer->key_bytes = 8;
    ck_assert(kafka_config_set(orders(spec)->config, "cleanup.policy", "compact"));
    ck_assert(kafka_config_set(orders(spec)->config, "segment.bytes", "1048576"));
    add_reader(spec, SIM_SEC(350));
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    ck_assert_int_ge(whole_when(&test, 0, "broker-1", "cleaned", "orders-0"), SIM_SEC(40));
    ck_assert_int_eq(report->total.lost, 0);
    ck_assert_int_eq(report->total.acked, report->total.offered);
    /* 90,000 were written; of each partition 200 keys and the uncleaned end are left. */
    ck_assert_int_lt(report->groups[0].consumed, 40000);
    ck_assert_int_gt(report->groups[0].consumed, 600);
    whole_end(&test);
}
END_TEST

START_TEST(a_replica_with_a_new_disk_begins_behind_what_is_remote)
{
    ClusterSpec *spec = tiered((uint64_t)_i, SIM_SEC(300));
    FaultSpec *fault = whole_fault(spec, FAULT_FAIL_DISK, SIM_SEC(150), TARGET_BROKER, 0);
    whole_heal(spec, fault, SIM_SEC(165));
    whole_fault(spec, FAULT_START, SIM_SEC(170), TARGET_BROKER, 0);
    WholeCluster test = whole_run(spec);
    const ClusterReport *report = test.report;
    for (int p = 0; p < 3; p++) {
        ck_assert_int_eq(report->partitions[p].isr_count, 3);
        ck_assert_int_eq(report->partitions[p].log_start_offset, 0);
    }
    ck_assert_int_eq(report->total.lost, 0);
    whole_end(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("storage faults");
    TCase *tcase = tcase_create("storage faults");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, a_killed_process_loses_nothing_that_it_appended, 1, 3);
    tcase_add_loop_test(
        tcase, a_power_cut_of_the_only_replica_loses_what_was_not_written_back, 1, 3);
    tcase_add_loop_test(tcase, an_fsync_a_record_keeps_what_was_acked_over_a_power_cut, 1, 3);
    tcase_add_loop_test(
        tcase, an_fsync_a_record_on_every_replica_survives_a_power_cut_of_all, 1, 4);
    tcase_add_loop_test(tcase, one_replica_without_power_costs_no_committed_record, 1, 6);
    tcase_add_loop_test(tcase, a_power_cut_of_all_replicas_loses_committed_records, 1, 6);
    tcase_add_loop_test(
        tcase, a_failed_disk_moves_leaders_at_once_and_holds_the_followed_back_for_30_s, 1, 4);
    tcase_add_loop_test(tcase, a_broker_without_its_first_disk_halts_and_does_not_come_back, 1, 3);
    tcase_add_loop_test(tcase, a_broker_that_cannot_tell_of_its_failed_disk_halts_after_30_s, 1, 2);
    tcase_add_loop_test(
        tcase, a_full_disk_fails_the_next_append_and_a_restart_with_room_repairs_it, 1, 4);
    tcase_add_loop_test(
        tcase, a_full_metadata_log_dir_halts_an_idle_broker_unless_it_lies_elsewhere, 1, 3);
    tcase_add_loop_test(
        tcase, every_replica_gives_up_old_segments_and_nothing_is_called_lost, 1, 3);
    tcase_add_loop_test(
        tcase, who_reads_from_the_earliest_offset_gets_what_is_only_in_remote_storage, 1, 3);
    tcase_add_loop_test(tcase, a_topic_that_is_no_longer_tiered_begins_with_what_is_local, 1, 3);
    tcase_add_loop_test(tcase, a_replica_with_a_new_disk_begins_behind_what_is_remote, 1, 3);
    tcase_add_loop_test(tcase, segments_that_leave_the_local_log_at_once_are_not_lost, 1, 4);
    tcase_add_test(tcase, a_leader_whose_clock_is_ahead_expires_remote_segments_early);
    tcase_add_loop_test(
        tcase, who_replays_a_log_that_merged_its_batches_gets_every_record_once, 1, 3);
    tcase_add_loop_test(
        tcase, a_replica_back_after_a_long_time_copies_merged_batches_and_may_lead, 1, 3);
    tcase_add_loop_test(
        tcase, a_compacted_topic_hands_out_about_one_record_a_key_and_nothing_is_called_lost, 1, 3);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
