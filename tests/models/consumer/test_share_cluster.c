/* test_share_cluster.c - share groups in whole clusters: no acknowledged work is lost, what nobody
 * acknowledged comes again, whoever dies. */
#include "models/group/share/share_partition.h"
#include "models/world/cluster_state.h"
#include "tests/models/support/group_run.h"
#include "tests/run_suite.h"

/* Three brokers, one topic, 200 records/s from 10 s to 40 s, a share group that reads all. */
static GroupRun new_run(uint64_t seed, int32_t partitions, int members)
{
    GroupRun run = run_new(seed, SIM_SEC(200), partitions, 200, SIM_SEC(10), SIM_SEC(40));
    ck_assert(kafka_config_set(run.spec->config, "share.auto.offset.reset", "earliest"));
    run.group->kind = GROUP_SHARES;
    run_members(&run, "s", members);
    return run;
}

/* All 6,000 were delivered, nothing is in flight: the start offset is at the end of the log. */
static void expect_all(const GroupRun *run, int64_t twice_at_most)
{
    const GroupReport *group = run_report(run);
    ck_assert_int_eq(run->whole.report->total.acked, 6000);
    ck_assert_int_eq(group->never_processed, 0);
    ck_assert_int_eq(group->consumed - group->consumed_twice, 6000);
    ck_assert_int_le(group->consumed_twice, twice_at_most);
    for (int32_t p = 0; p < group->partition_count; p++) {
        ck_assert_int_eq(group->partitions[p].committed, group->partitions[p].log_end_offset);
    }
}

START_TEST(more_members_than_partitions_and_each_record_once)
{
    GroupRun run = new_run((uint64_t)_i, 2, 5);
    run.group->process_record = distribution_constant(SIM_MS(20)); /* one alone could do 50/s */
    run_go(&run);
    expect_all(&run, 0);
    run_end(&run);
}
END_TEST

/* Its connection breaks: its records are released at once, not after the lock. */
START_TEST(records_of_a_killed_member_are_delivered_to_another)
{
    GroupRun run = new_run((uint64_t)_i, 2, 4);
    run.group->process_record = distribution_constant(SIM_MS(15));
    run_fault(&run, FAULT_CRASH, TARGET_MEMBER, 0, SIM_SEC(25));
    run_fault(&run, FAULT_CRASH, TARGET_MEMBER, 1, SIM_SEC(26));
    run_go(&run);
    expect_all(&run, 1000);
    run_end(&run);
}
END_TEST

/* It holds what it was given for 30 s, then others get it; when it thaws and acknowledges, those
 * records lie below the start offset, and nothing happens. */
START_TEST(a_frozen_member_loses_its_locks_and_others_get_its_records)
{
    GroupRun run = new_run((uint64_t)_i, 1, 2);
    run_fault(&run, FAULT_PAUSE, TARGET_MEMBER, 0, SIM_SEC(20));
    run_fault(&run, FAULT_RESUME, TARGET_MEMBER, 0, SIM_SEC(60));
    run_go(&run);
    ck_assert_int_ge(run_report(&run)->consumed_twice, 1);
    ck_assert_int_ge(run_count(&run, "broker", "record locks timed out"), 1);
    expect_all(&run, 100);
    run_end(&run);
}
END_TEST

static SimTime locks_time_out_at(uint64_t seed, const char *lock_ms)
{
    GroupRun run = new_run(seed, 1, 2);
    run.group->dynamic = kafka_config_new(1u << KAFKA_SCOPE_GROUP, NULL);
    if (lock_ms != NULL) {
        ck_assert(kafka_config_set(run.group->dynamic, "share.record.lock.duration.ms", lock_ms));
    }
    run_fault(&run, FAULT_PAUSE, TARGET_MEMBER, 0, SIM_SEC(20));
    run_go(&run);
    const SimTime at = run_when(&run, "broker", "record locks timed out", SIM_SEC(20));
    run_end(&run);
    return at;
}

/* kafka-configs --entity-type groups */
START_TEST(a_group_may_have_a_record_lock_of_its_own)
{
    ck_assert_int_ge(locks_time_out_at(1, NULL), SIM_SEC(49));
    ck_assert_int_ge(locks_time_out_at(1, "15000"), SIM_SEC(34));
    ck_assert_int_le(locks_time_out_at(1, "15000"), SIM_SEC(36));
}
END_TEST

/* No other one gets the partition before the session is over. */
START_TEST(a_group_may_have_a_session_and_a_heartbeat_of_its_own)
{
    static const char *const sessions[] = {"45000", "60000"};
    for (size_t i = 0; i < G_N_ELEMENTS(sessions); i++) {
        GroupRun run = new_run(1, 1, 2);
        run.group->dynamic = kafka_config_new(1u << KAFKA_SCOPE_GROUP, NULL);
        ck_assert(kafka_config_set(run.group->dynamic, "share.session.timeout.ms", sessions[i]));
        ck_assert(kafka_config_set(run.group->dynamic, "share.heartbeat.interval.ms", "15000"));
        run_fault(&run, FAULT_PAUSE, TARGET_MEMBER, 0, SIM_SEC(20));
        run_go(&run);
        const SimTime fenced = run_when(&run, "broker", "member removed", SIM_SEC(20));
        /* Its last heartbeat came up to 15 s before. */
        ck_assert_int_ge(fenced, SIM_SEC(20 - 15 + 45 + 15 * (int64_t)i));
        ck_assert_int_le(fenced, SIM_SEC(20 + 45 + 15 * (int64_t)i));
        run_end(&run);
    }
}
END_TEST

/* The only member stands still from 20 s on, and 200 records come every second. */
START_TEST(what_nobody_acknowledged_is_the_group_s_lag)
{
    GroupRun run = new_run(1, 1, 1);
    run.spec->duration = SIM_SEC(30);
    run_fault(&run, FAULT_PAUSE, TARGET_MEMBER, 0, SIM_SEC(20));
    run_go(&run);
    const Series *series = cluster_series(run.whole.cluster);
    const int64_t lag = series_find(series, "kafkasim.group.lag", "group=billing");
    ck_assert_int_ge(lag, 0);
    const int64_t last = series_value(series, (uint32_t)lag, series_rows(series) - 1);
    ck_assert_int_ge(last, 1950);
    ck_assert_int_le(last, 2050);
    run_end(&run);
}
END_TEST

START_TEST(no_record_is_lost_when_leaders_die)
{
    GroupRun run = new_run((uint64_t)_i, 6, 3);
    run.group->process_record = distribution_constant(SIM_MS(5));
    for (int32_t i = 0; i < 2; i++) {
        run_fault(&run, FAULT_CRASH, TARGET_BROKER, i, SIM_SEC(20 + 40 * (int64_t)i));
        run_fault(&run, FAULT_START, TARGET_BROKER, i, SIM_SEC(30 + 40 * (int64_t)i));
    }
    run_go(&run);
    expect_all(&run, 600);
    run_end(&run);
}
END_TEST

/* Transactions of 20 records, each third aborted: 6,000 offered, 4,000 or so committed; the last
 * record of one that is aborted is not sent. */
static void expect_isolation(uint64_t seed, const char *level, bool reads_aborted)
{
    GroupRun run = new_run(seed, 2, 3);
    ProducerSpec *producer = run.spec->producers->pdata[0];
    ck_assert(kafka_config_set(producer->config, "transactional.id", "tx-1"));
    ck_assert(kafka_config_set(run.spec->config, "share.isolation.level", level));
    ck_assert(kafka_config_set(producer->config, "linger.ms", "0")); /* else an abort fails more */
    producer->transaction_records = 20;
    producer->transaction_abort_every = 3;
    run_go(&run);
    const GroupReport *group = run_report(&run);
    if (reads_aborted) {
        ck_assert_int_eq(group->consumed, run.whole.report->total.acked);
        ck_assert_int_ge(group->consumed, 5850);
    } else {
        ck_assert_int_ge(group->consumed, 3980);
        ck_assert_int_le(group->consumed, 4020);
    }
    ck_assert_int_eq(group->consumed_twice, 0);
    for (int32_t p = 0; p < group->partition_count; p++) {
        ck_assert_int_eq(group->partitions[p].committed, group->partitions[p].log_end_offset);
    }
    run_end(&run);
}

START_TEST(read_committed_passes_aborted_transactions_over)
{
    expect_isolation((uint64_t)_i, "read_committed", false);
    expect_isolation((uint64_t)_i, "read_uncommitted", true);
}
END_TEST

/* The members come at 30 s and are assigned partitions with their second heartbeat, at 35 s: 200
 * records/s from 25 s to 40 s. */
START_TEST(a_share_group_may_begin_some_time_back)
{
    GroupRun run = new_run((uint64_t)_i, 2, 3);
    ck_assert(kafka_config_set(run.spec->config, "share.auto.offset.reset", "by_duration:PT10S"));
    for (guint m = 0; m < run.group->members->len; m++) {
        ((MemberSpec *)run.group->members->pdata[m])->start = SIM_SEC(30);
    }
    run_go(&run);
    ck_assert_int_ge(run_report(&run)->consumed, 2950);
    ck_assert_int_le(run_report(&run)->consumed, 3050);
    run_end(&run);
}
END_TEST

/* Explicit: released five times, then archived; the others go on. */
START_TEST(a_poison_record_is_archived_at_the_delivery_count_limit)
{
    GroupRun run = new_run((uint64_t)_i, 1, 2);
    run.group->share_explicit = true;
    run.group->application.poison = (RecordPick){.partition = 0, .offset = 500};
    run.group->application.poison_end = POISON_SKIP;
    run_go(&run);
    ck_assert_int_eq(run_count(&run, "s", "released"), 5);
    ck_assert_int_eq(run_report(&run)->consumed_twice, 4);
    const ShareCounts *counts = run_report(&run)->share;
    ck_assert_int_eq(counts->spent, 1);
    ck_assert_int_eq(counts->redelivered, 4);
    ck_assert_int_eq(counts->accepted, counts->acquired - 5);
    ck_assert_int_eq(run_count(&run, "broker", "archived"), 1);
    expect_all(&run, 4);
    run_end(&run);
}
END_TEST

/* AcknowledgeType.REJECT: delivered once, archived at once. */
START_TEST(a_poison_record_that_is_rejected_is_delivered_once)
{
    GroupRun run = new_run((uint64_t)_i, 1, 2);
    run.group->share_explicit = true;
    run.group->application.poison = (RecordPick){.partition = 0, .offset = 500};
    run.group->application.poison_end = POISON_REJECT;
    run_go(&run);
    ck_assert_int_eq(run_count(&run, "s", "rejected"), 1);
    const ShareCounts *counts = run_report(&run)->share;
    ck_assert_int_eq(counts->rejected, 1);
    ck_assert_int_eq(counts->spent, 0);
    ck_assert_int_eq(counts->redelivered, 0);
    ck_assert_int_eq(counts->accepted, counts->acquired - 1);
    expect_all(&run, 0);
    run_end(&run);
}
END_TEST

/* KafkaConfig.groupCoordinatorRebalanceProtocols: share groups are KRaft's. */
START_TEST(brokers_with_zookeeper_refuse_share_groups)
{
    GroupRun run = new_run((uint64_t)_i, 1, 2);
    run.spec->era.on[ERA_KRAFT] = false;
    run_go(&run);
    ck_assert(whole_said(&run.whole, "failed", "UNSUPPORTED_VERSION"));
    ck_assert_int_eq(run_report(&run)->members, 0);
    ck_assert_int_eq(run_report(&run)->consumed, 0);
    run_end(&run);
}
END_TEST

/* AutoTopicCreationManager makes it with as many replicas as it says, or not at all; then
 * GroupCoordinatorService.persisterInitialize never ends well, and nothing is assigned. */
START_TEST(without_brokers_for_the_state_topic_nothing_is_read)
{
    GroupRun run = new_run((uint64_t)_i, 1, 2);
    const char *factor = _i == 0 ? "4" : "3";
    ck_assert(kafka_config_set(
        run.spec->config, "share.coordinator.state.topic.replication.factor", factor));
    run_go(&run);
    ck_assert_int_eq(run_report(&run)->members, 2);
    ck_assert_int_eq(run_report(&run)->consumed, _i == 0 ? 0 : 6000);
    run_end(&run);
}
END_TEST

/* Two members, one partition; the record at offset 100 throws, and who meets it closes. */
static GroupRun new_throwing_run(uint64_t seed, bool is_explicit)
{
    GroupRun run = new_run(seed, 1, 2);
    run.group->share_explicit = is_explicit;
    run.group->application.poison = (RecordPick){.offset = 100, .partition = 0};
    run.group->application.poison_end = POISON_STOP;
    run.group->process_record = distribution_constant(SIM_MS(6)); /* more than one a poll() */
    return run;
}

/* close() acknowledges what was acknowledged, and the last poll() was not: its records are there
 * for the other member at once, when the session ends. */
START_TEST(an_exception_accepts_nothing_of_its_poll)
{
    GroupRun run = new_throwing_run((uint64_t)_i, false);
    run_go(&run);
    ck_assert_int_eq(run_count(&run, "s", "exception"), 2);
    const SimTime first =
        MIN(run_when(&run, "s1", "exception", 0), run_when(&run, "s2", "exception", 0));
    const SimTime second =
        MAX(run_when(&run, "s1", "exception", 0), run_when(&run, "s2", "exception", 0));
    ck_assert_int_lt(second - first, SIM_SEC(5)); /* not after the lock of 30 s */
    ck_assert_int_le(run_report(&run)->partitions[0].committed, 100);
    run_end(&run);
}
END_TEST

/* Explicitly, each record was acknowledged when it was done, and close() sends that. */
START_TEST(before_an_exception_what_was_acknowledged_explicitly_stays_accepted)
{
    GroupRun run = new_throwing_run((uint64_t)_i, true);
    run_go(&run);
    ck_assert_int_eq(run_count(&run, "s", "exception"), 2);
    ck_assert_int_eq(run_report(&run)->partitions[0].committed, 100);
    run_end(&run);
}
END_TEST

/* Who leaves calls poll() once more, which accepts, and wakes up there. */
START_TEST(who_closes_between_two_polls_has_accepted)
{
    GroupRun run = new_run((uint64_t)_i, 1, 2);
    run.group->process_record = distribution_constant(SIM_MS(6));
    run_fault(&run, FAULT_LEAVE, TARGET_MEMBER, 0, SIM_SEC(20));
    run_go(&run);
    expect_all(&run, 0);
    run_end(&run);
}
END_TEST

static int64_t metadata_requests(const GroupRun *run)
{
    int64_t count = 0;
    for (int32_t b = 0; b < 3; b++) {
        count +=
            broker_counters(cluster_broker_at(run->whole.cluster, b))->requests[KAFKA_METADATA];
    }
    return count;
}

/* The leader that is no more names the new one, and the member asks for metadata all the same:
 * ShareFetchCollector.handleInitializeErrors. Nobody else does between 45 s and 55 s. */
START_TEST(whoever_is_told_of_another_leader_asks_for_metadata_too)
{
    GroupRun run = new_run((uint64_t)_i, 1, 1);
    const int32_t replicas[] = {1, 2, 3};
    whole_assign(run.spec->topics->pdata[0], 3, replicas);
    run_fault(&run, FAULT_CRASH, TARGET_BROKER, 0, SIM_SEC(15));
    run_fault(&run, FAULT_START, TARGET_BROKER, 0, SIM_SEC(25));
    run_fault(&run, FAULT_ELECT_PREFERRED, TARGET_NONE, SPEC_NONE, SIM_SEC(50));
    cluster_spec_sort_faults(run.spec);
    run.whole = (WholeCluster){.spec = run.spec, .cluster = cluster_new(run.spec)};
    (void)cluster_run(run.whole.cluster, SIM_SEC(45));
    const int64_t before = metadata_requests(&run);
    (void)cluster_run(run.whole.cluster, SIM_SEC(55));
    ck_assert_int_ge(run_when(&run, "s1", "fetch failed", SIM_SEC(45)), SIM_SEC(50));
    ck_assert_int_gt(metadata_requests(&run), before);
    run_end(&run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("share cluster");
    TCase *tcase = tcase_create("share cluster");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, an_exception_accepts_nothing_of_its_poll, 0, 3);
    tcase_add_loop_test(
        tcase, before_an_exception_what_was_acknowledged_explicitly_stays_accepted, 0, 3);
    tcase_add_loop_test(tcase, who_closes_between_two_polls_has_accepted, 0, 3);
    tcase_add_loop_test(tcase, whoever_is_told_of_another_leader_asks_for_metadata_too, 1, 4);
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(tcase, more_members_than_partitions_and_each_record_once, 1, 3);
    tcase_add_loop_test(tcase, records_of_a_killed_member_are_delivered_to_another, 1, 4);
    tcase_add_loop_test(tcase, a_frozen_member_loses_its_locks_and_others_get_its_records, 1, 3);
    tcase_add_test(tcase, a_group_may_have_a_record_lock_of_its_own);
    tcase_add_test(tcase, a_group_may_have_a_session_and_a_heartbeat_of_its_own);
    tcase_add_test(tcase, what_nobody_acknowledged_is_the_group_s_lag);
    tcase_add_loop_test(tcase, no_record_is_lost_when_leaders_die, 1, 4);
    tcase_add_test(tcase, a_poison_record_that_is_rejected_is_delivered_once);
    tcase_add_test(tcase, brokers_with_zookeeper_refuse_share_groups);
    tcase_add_loop_test(tcase, without_brokers_for_the_state_topic_nothing_is_read, 0, 2);
    tcase_add_test(tcase, a_poison_record_is_archived_at_the_delivery_count_limit);
    tcase_add_loop_test(tcase, read_committed_passes_aborted_transactions_over, 1, 3);
    tcase_add_loop_test(tcase, a_share_group_may_begin_some_time_back, 1, 3);
    return run_suite(suite);
}
