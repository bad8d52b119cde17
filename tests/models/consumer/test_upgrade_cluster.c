/* test_upgrade_cluster.c - an application is upgraded from the classic protocol to KIP-848 (or
 * back) one member after the other, while it works: no record is lost, no partition has two owners.
 */
#include "models/world/cluster.h"
#include "tests/run_suite.h"
#include <check.h>
#include <string.h>

#define EAGER       "org.apache.kafka.clients.consumer.RangeAssignor"
#define COOPERATIVE "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"

typedef struct Run {
    ClusterSpec *spec;
    GroupSpec *group;
    Cluster *cluster;
} Run;

static void add_member(Run *run, const char *name, const char *protocol, SimTime start)
{
    MemberSpec *member = member_spec_new(name, run->group);
    member->start = start;
    ck_assert(kafka_config_set(member->config, "group.protocol", protocol));
    g_ptr_array_add(run->group->members, member);
}

static void leave(Run *run, int32_t member, SimTime at)
{
    FaultSpec *fault = fault_spec_new(FAULT_LEAVE, at);
    fault->target = TARGET_MEMBER;
    fault->index = 0;
    fault->member = member;
    g_ptr_array_add(run->spec->faults, fault);
}

/* Three brokers, twelve partitions, 120 records/s from 10 s to 90 s, nobody reads yet. */
static Run new_run(uint64_t seed, const char *strategy)
{
    ClusterSpec *spec = cluster_spec_new();
    g_free(spec->name);
    spec->name = g_strdup("upgrade");
    spec->seed = seed;
    spec->duration = SIM_SEC(130);
    g_ptr_array_add(spec->controllers, controller_spec_new(101, SPEC_NONE, spec));
    for (int32_t id = 1; id <= 3; id++) {
        g_ptr_array_add(spec->brokers, broker_spec_new(id, SPEC_NONE, spec));
    }
    g_ptr_array_add(spec->topics, topic_spec_new("orders", 12, 3));
    ProducerSpec *producer = producer_spec_new("load", 0);
    producer->rate_milli = 120 * 1000;
    producer->choice = PARTITION_CYCLE;
    producer->value_bytes = distribution_constant(100);
    producer->start = SIM_SEC(10);
    producer->stop = SIM_SEC(90);
    g_ptr_array_add(spec->producers, producer);
    GroupSpec *group = group_spec_new("billing");
    const int32_t topic = 0;
    g_array_append_val(group->topics, topic);
    ck_assert(kafka_config_set(group->config, "auto.offset.reset", "earliest"));
    ck_assert(kafka_config_set(group->config, "partition.assignment.strategy", strategy));
    g_ptr_array_add(spec->groups, group);
    return (Run){spec, group, NULL};
}

/* Three members of the protocol `from`; every ten seconds one of them closes and one of `to`
 * starts. */
static Run roll(uint64_t seed, const char *from, const char *to, const char *strategy)
{
    Run run = new_run(seed, strategy);
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"old1", "old2", "old3"};
        add_member(&run, names[i], from, 0);
    }
    for (int32_t i = 0; i < 3; i++) {
        static const char *const names[] = {"new1", "new2", "new3"};
        const SimTime at = SIM_SEC(30) + SIM_SEC(15) * (int64_t)i + SIM_MS(317) * (int64_t)seed;
        leave(&run, i, at);
        add_member(&run, names[i], to, at + SIM_SEC(2));
    }
    return run;
}

static void go(Run *run)
{
    run->cluster = cluster_new(run->spec);
    ck_assert_int_eq(cluster_run(run->cluster, run->spec->duration), KERNEL_UNTIL);
}

static int count(const Run *run, const char *what)
{
    const EventLog *log = cluster_event_log(run->cluster);
    int found = 0;
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        LoggedEvent event;
        found += event_log_get(log, id, &event) && strcmp(event.what, what) == 0 ? 1 : 0;
    }
    return found;
}

/* All 9,600 were handed out, and every partition has one of the new members. */
static void expect_all(const Run *run)
{
    const GroupReport *group = &cluster_report(run->cluster)->groups[0];
    ck_assert_int_eq(cluster_report(run->cluster)->total.acked, 9600);
    ck_assert_int_eq(group->consumed - group->consumed_twice, 9600);
    ck_assert_int_eq(group->skipped, 0);
    ck_assert_str_eq(group->state, "Stable");
    ck_assert_int_eq(group->members, 3);
    for (int32_t p = 0; p < group->partition_count; p++) {
        ck_assert_ptr_nonnull(group->partitions[p].client_id);
        ck_assert(g_str_has_prefix(group->partitions[p].client_id, "new"));
        ck_assert_int_eq(group->partitions[p].committed, group->partitions[p].log_end_offset);
    }
    ck_assert_int_eq(checks_failures(cluster_checks(run->cluster)), 0);
}

static void end(Run *run)
{
    cluster_free(run->cluster);
    cluster_spec_free(run->spec);
}

static void check_upgrade(uint64_t seed, const char *strategy)
{
    Run run = roll(seed, "classic", "consumer", strategy);
    go(&run);
    expect_all(&run);
    ck_assert_int_eq(count(&run, "group upgraded"), 1);
    ck_assert_int_eq(count(&run, "group downgraded"), 0);
    end(&run);
}

START_TEST(an_eager_group_is_upgraded_member_by_member)
{
    check_upgrade((uint64_t)_i, EAGER);
}
END_TEST

START_TEST(a_cooperative_group_is_upgraded_member_by_member)
{
    check_upgrade((uint64_t)_i, COOPERATIVE);
}
END_TEST

/* A classic member that comes to a group of the new protocol is taken in; when the last new one
 * has gone the group is a classic one. */
START_TEST(a_group_goes_back_to_the_classic_protocol)
{
    Run run = roll((uint64_t)_i, "consumer", "classic", COOPERATIVE);
    go(&run);
    expect_all(&run);
    ck_assert_int_eq(count(&run, "group downgraded"), 1);
    end(&run);
}
END_TEST

START_TEST(without_the_migration_policy_the_new_members_are_refused)
{
    Run run = roll(1, "classic", "consumer", EAGER);
    ck_assert(kafka_config_set(run.spec->config, "group.consumer.migration.policy", "disabled"));
    for (guint i = 0; i < run.spec->brokers->len; i++) {
        BrokerSpec *broker = run.spec->brokers->pdata[i];
        ck_assert(kafka_config_set(broker->config, "group.consumer.migration.policy", "disabled"));
    }
    go(&run);
    ck_assert_int_eq(count(&run, "group upgraded"), 0);
    ck_assert_int_ge(count(&run, "failed"), 2); /* those that met classic members */
    ck_assert_int_eq(checks_failures(cluster_checks(run.cluster)), 0);
    end(&run);
}
END_TEST

/* The classic group lost its only member and was deleted when one of the new protocol came, so both
 * are in a generation 1, of two groups. GroupMetadataManager.maybeDeleteEmptyClassicGroup. */
START_TEST(a_frozen_member_wakes_in_generation_one_of_a_group_that_has_ended)
{
    Run run = new_run(1, EAGER);
    add_member(&run, "frozen", "classic", 0);
    add_member(&run, "new", "consumer", SIM_SEC(80));
    FaultSpec *pause = fault_spec_new(FAULT_PAUSE, SIM_SEC(20));
    pause->target = TARGET_MEMBER;
    pause->index = 0;
    pause->member = 0;
    pause->until = SIM_SEC(90);
    g_ptr_array_add(run.spec->faults, pause);
    FaultSpec *thaw = fault_spec_new(FAULT_RESUME, SIM_SEC(90));
    thaw->target = TARGET_MEMBER;
    thaw->index = 0;
    thaw->member = 0;
    thaw->ends = true;
    thaw->undoes = pause;
    g_ptr_array_add(run.spec->faults, thaw);
    go(&run);
    ck_assert_int_eq(count(&run, "member expired"), 1);
    ck_assert_int_eq(count(&run, "group empty"), 1);
    ck_assert_int_eq(count(&run, "group upgraded"), 0);
    ck_assert_int_eq(checks_failures(cluster_checks(run.cluster)), 0);
    end(&run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("upgrade cluster");
    TCase *tcase = tcase_create("upgrade cluster");
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(tcase, an_eager_group_is_upgraded_member_by_member, 1, 6);
    tcase_add_loop_test(tcase, a_cooperative_group_is_upgraded_member_by_member, 1, 6);
    tcase_add_loop_test(tcase, a_group_goes_back_to_the_classic_protocol, 1, 6);
    tcase_add_test(tcase, without_the_migration_policy_the_new_members_are_refused);
    tcase_add_test(tcase, a_frozen_member_wakes_in_generation_one_of_a_group_that_has_ended);
    return run_suite(suite);
}
