/* test_share_cluster.c - share groups in whole clusters: no acknowledged work is lost, what nobody
 * acknowledged comes again, whoever dies. */
#include "models/world/cluster.h"
#include "tests/run_suite.h"
#include <check.h>
#include <string.h>

typedef struct Run {
    ClusterSpec *spec;
    GroupSpec *group;
    Cluster *cluster;
} Run;

/* Three brokers, one topic, 200 records/s from 10 s to 40 s, a share group that reads all. */
static Run new_run(uint64_t seed, int32_t partitions, int members)
{
    ClusterSpec *spec = cluster_spec_new();
    g_free(spec->name);
    spec->name = g_strdup("shares");
    spec->seed = seed;
    spec->duration = SIM_SEC(200);
    ck_assert(kafka_config_set(spec->config, "share.auto.offset.reset", "earliest"));
    g_ptr_array_add(spec->controllers, controller_spec_new(101, SPEC_NONE, spec));
    for (int32_t id = 1; id <= 3; id++) {
        g_ptr_array_add(spec->brokers, broker_spec_new(id, SPEC_NONE, spec));
    }
    g_ptr_array_add(spec->topics, topic_spec_new("orders", partitions, 3));
    ProducerSpec *producer = producer_spec_new("load", 0);
    producer->rate_milli = 200 * 1000;
    producer->choice = PARTITION_CYCLE;
    producer->value_bytes = distribution_constant(100);
    producer->start = SIM_SEC(10);
    producer->stop = SIM_SEC(40);
    g_ptr_array_add(spec->producers, producer);
    GroupSpec *group = group_spec_new("billing");
    group->kind = GROUP_SHARES;
    const int32_t topic = 0;
    g_array_append_val(group->topics, topic);
    g_ptr_array_add(spec->groups, group);
    for (int m = 0; m < members; m++) {
        char name[8];
        g_snprintf(name, sizeof name, "s%d", m + 1);
        g_ptr_array_add(group->members, member_spec_new(name, group));
    }
    return (Run){spec, group, NULL};
}

static void add_fault(Run *run, FaultVerb verb, TargetKind target, int32_t index, SimTime at)
{
    FaultSpec *fault = fault_spec_new(verb, at);
    fault->target = target;
    fault->index = target == TARGET_MEMBER ? 0 : index;
    fault->member = index;
    g_ptr_array_add(run->spec->faults, fault);
}

static void go(Run *run)
{
    run->cluster = cluster_new(run->spec);
    ck_assert_int_eq(cluster_run(run->cluster, run->spec->duration), KERNEL_UNTIL);
}

static void end(Run *run)
{
    cluster_free(run->cluster);
    cluster_spec_free(run->spec);
}

static const GroupReport *report(const Run *run)
{
    return &cluster_report(run->cluster)->groups[0];
}

/* All 6,000 were delivered, nothing is in flight: the start offset is at the end of the log. */
static void expect_all(const Run *run, int64_t twice_at_most)
{
    const GroupReport *group = report(run);
    ck_assert_int_eq(cluster_report(run->cluster)->total.acked, 6000);
    ck_assert_int_eq(group->never_processed, 0);
    ck_assert_int_eq(group->consumed - group->consumed_twice, 6000);
    ck_assert_int_le(group->consumed_twice, twice_at_most);
    for (int32_t p = 0; p < group->partition_count; p++) {
        ck_assert_int_eq(group->partitions[p].committed, group->partitions[p].log_end_offset);
    }
    ck_assert_int_eq(checks_failures(cluster_checks(run->cluster)), 0);
}

static int count(const Run *run, const char *actor, const char *what)
{
    const EventLog *log = cluster_event_log(run->cluster);
    int found = 0;
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        LoggedEvent event;
        found += event_log_get(log, id, &event) && strcmp(event.what, what) == 0 &&
                         g_str_has_prefix(event.actor, actor)
                     ? 1
                     : 0;
    }
    return found;
}

START_TEST(more_members_than_partitions_and_each_record_once)
{
    Run run = new_run((uint64_t)_i, 2, 5);
    run.group->process_record = distribution_constant(SIM_MS(20)); /* one alone could do 50/s */
    go(&run);
    expect_all(&run, 0);
    end(&run);
}
END_TEST

/* Its connection breaks: its records are released at once, not after the lock. */
START_TEST(records_of_a_killed_member_are_delivered_to_another)
{
    Run run = new_run((uint64_t)_i, 2, 4);
    run.group->process_record = distribution_constant(SIM_MS(15));
    add_fault(&run, FAULT_CRASH, TARGET_MEMBER, 0, SIM_SEC(25));
    add_fault(&run, FAULT_CRASH, TARGET_MEMBER, 1, SIM_SEC(26));
    go(&run);
    expect_all(&run, 1000);
    end(&run);
}
END_TEST

/* It holds what it was given for 30 s, then others get it; when it thaws and acknowledges, those
 * records lie below the start offset, and nothing happens. */
START_TEST(a_frozen_member_loses_its_locks_and_others_get_its_records)
{
    Run run = new_run((uint64_t)_i, 1, 2);
    add_fault(&run, FAULT_PAUSE, TARGET_MEMBER, 0, SIM_SEC(20));
    add_fault(&run, FAULT_RESUME, TARGET_MEMBER, 0, SIM_SEC(60));
    go(&run);
    ck_assert_int_ge(report(&run)->consumed_twice, 1);
    ck_assert_int_ge(count(&run, "broker", "record locks timed out"), 1);
    expect_all(&run, 100);
    end(&run);
}
END_TEST

/* The only member stands still from 20 s on, and 200 records come every second. */
START_TEST(what_nobody_acknowledged_is_the_group_s_lag)
{
    Run run = new_run(1, 1, 1);
    run.spec->duration = SIM_SEC(30);
    add_fault(&run, FAULT_PAUSE, TARGET_MEMBER, 0, SIM_SEC(20));
    go(&run);
    const Series *series = cluster_series(run.cluster);
    const int64_t lag = series_find(series, "kafkasim.group.lag", "group=billing");
    ck_assert_int_ge(lag, 0);
    const int64_t last = series_value(series, (uint32_t)lag, series_rows(series) - 1);
    ck_assert_int_ge(last, 1950);
    ck_assert_int_le(last, 2050);
    end(&run);
}
END_TEST

START_TEST(no_record_is_lost_when_leaders_die)
{
    Run run = new_run((uint64_t)_i, 6, 3);
    run.group->process_record = distribution_constant(SIM_MS(5));
    for (int32_t i = 0; i < 2; i++) {
        add_fault(&run, FAULT_CRASH, TARGET_BROKER, i, SIM_SEC(20 + 40 * (int64_t)i));
        add_fault(&run, FAULT_START, TARGET_BROKER, i, SIM_SEC(30 + 40 * (int64_t)i));
    }
    go(&run);
    expect_all(&run, 600);
    end(&run);
}
END_TEST

/* Explicit: released five times, then archived; the others go on. */
/* Transactions of 20 records, each third aborted: 6,000 offered, 4,000 or so committed. */
static void expect_isolation(uint64_t seed, const char *level, bool reads_aborted)
{
    Run run = new_run(seed, 2, 3);
    ProducerSpec *producer = run.spec->producers->pdata[0];
    ck_assert(kafka_config_set(producer->config, "transactional.id", "tx-1"));
    ck_assert(kafka_config_set(run.spec->config, "share.isolation.level", level));
    producer->transaction_records = 20;
    producer->transaction_abort_every = 3;
    go(&run);
    const GroupReport *group = report(&run);
    if (reads_aborted) {
        ck_assert_int_eq(group->consumed, 6000);
    } else {
        ck_assert_int_ge(group->consumed, 3980);
        ck_assert_int_le(group->consumed, 4020);
    }
    ck_assert_int_eq(group->consumed_twice, 0);
    for (int32_t p = 0; p < group->partition_count; p++) {
        ck_assert_int_eq(group->partitions[p].committed, group->partitions[p].log_end_offset);
    }
    ck_assert_int_eq(checks_failures(cluster_checks(run.cluster)), 0);
    end(&run);
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
    Run run = new_run((uint64_t)_i, 2, 3);
    ck_assert(kafka_config_set(run.spec->config, "share.auto.offset.reset", "by_duration:PT10S"));
    for (guint m = 0; m < run.group->members->len; m++) {
        ((MemberSpec *)run.group->members->pdata[m])->start = SIM_SEC(30);
    }
    go(&run);
    ck_assert_int_ge(report(&run)->consumed, 2950);
    ck_assert_int_le(report(&run)->consumed, 3050);
    end(&run);
}
END_TEST

START_TEST(a_poison_record_is_archived_at_the_delivery_count_limit)
{
    Run run = new_run((uint64_t)_i, 1, 2);
    run.group->share_explicit = true;
    run.group->application.poison = (RecordPick){.partition = 0, .offset = 500};
    run.group->application.poison_end = POISON_SKIP;
    go(&run);
    ck_assert_int_eq(count(&run, "s", "released"), 5);
    ck_assert_int_eq(report(&run)->consumed_twice, 4);
    expect_all(&run, 4);
    end(&run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("share cluster");
    TCase *tcase = tcase_create("share cluster");
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(tcase, more_members_than_partitions_and_each_record_once, 1, 3);
    tcase_add_loop_test(tcase, records_of_a_killed_member_are_delivered_to_another, 1, 4);
    tcase_add_loop_test(tcase, a_frozen_member_loses_its_locks_and_others_get_its_records, 1, 3);
    tcase_add_test(tcase, what_nobody_acknowledged_is_the_group_s_lag);
    tcase_add_loop_test(tcase, no_record_is_lost_when_leaders_die, 1, 4);
    tcase_add_test(tcase, a_poison_record_is_archived_at_the_delivery_count_limit);
    tcase_add_loop_test(tcase, read_committed_passes_aborted_transactions_over, 1, 3);
    tcase_add_loop_test(tcase, a_share_group_may_begin_some_time_back, 1, 3);
    return run_suite(suite);
}
