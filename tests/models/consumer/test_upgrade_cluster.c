/* test_upgrade_cluster.c - an application is upgraded from the classic protocol to KIP-848 (or
 * back) one member after the other, while it works: no record is lost, no partition has two owners.
 */
#include "tests/models/support/group_run.h"
#include "tests/run_suite.h"

#define EAGER       "org.apache.kafka.clients.consumer.RangeAssignor"
#define COOPERATIVE "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"

static void add_member(GroupRun *run, const char *name, const char *protocol, SimTime start)
{
    MemberSpec *member = run_member(run, name, start);
    ck_assert(kafka_config_set(member->config, "group.protocol", protocol));
}

/* Three brokers, twelve partitions, 120 records/s from 10 s to 90 s, nobody reads yet. */
static GroupRun new_run(uint64_t seed, const char *strategy)
{
    GroupRun run = run_new(seed, SIM_SEC(130), 12, 120, SIM_SEC(10), SIM_SEC(90));
    run_config(&run, "partition.assignment.strategy", strategy);
    return run;
}

/* Three members of the protocol `from`; every ten seconds one of them closes and one of `to`
 * starts. */
static GroupRun roll(uint64_t seed, const char *from, const char *to, const char *strategy)
{
    GroupRun run = new_run(seed, strategy);
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"old1", "old2", "old3"};
        add_member(&run, names[i], from, 0);
    }
    for (int32_t i = 0; i < 3; i++) {
        static const char *const names[] = {"new1", "new2", "new3"};
        const SimTime at = SIM_SEC(30) + SIM_SEC(15) * (int64_t)i + SIM_MS(317) * (int64_t)seed;
        run_fault(&run, FAULT_LEAVE, TARGET_MEMBER, i, at);
        add_member(&run, names[i], to, at + SIM_SEC(2));
    }
    return run;
}

/* All 9,600 were handed out, and every partition has one of the new members. */
static void expect_all(const GroupRun *run)
{
    const GroupReport *group = run_report(run);
    ck_assert_int_eq(run->whole.report->total.acked, 9600);
    ck_assert_int_eq(group->consumed - group->consumed_twice, 9600);
    ck_assert_int_eq(group->skipped, 0);
    ck_assert_str_eq(group->state, "Stable");
    ck_assert_int_eq(group->members, 3);
    for (int32_t p = 0; p < group->partition_count; p++) {
        ck_assert_ptr_nonnull(group->partitions[p].client_id);
        ck_assert(g_str_has_prefix(group->partitions[p].client_id, "new"));
        ck_assert_int_eq(group->partitions[p].committed, group->partitions[p].log_end_offset);
    }
}

static void check_upgrade(uint64_t seed, const char *strategy)
{
    GroupRun run = roll(seed, "classic", "consumer", strategy);
    run_go(&run);
    expect_all(&run);
    ck_assert_int_eq(run_count(&run, "", "group upgraded"), 1);
    ck_assert_int_eq(run_count(&run, "", "group downgraded"), 0);
    run_end(&run);
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
    GroupRun run = roll((uint64_t)_i, "consumer", "classic", COOPERATIVE);
    run_go(&run);
    expect_all(&run);
    ck_assert_int_eq(run_count(&run, "", "group downgraded"), 1);
    run_end(&run);
}
END_TEST

static void add_with(GroupRun *run, const char *name, const char *strategy, SimTime start)
{
    MemberSpec *member = run_member(run, name, start);
    ck_assert(kafka_config_set(member->config, "partition.assignment.strategy", strategy));
}

/* In place of each member that closes comes one of the next strategy. */
static GroupRun roll_strategies(uint64_t seed, const char *const *strategies, int32_t count)
{
    static const char *const names[3][3] = {
        {"old1", "old2", "old3"}, {"mid1", "mid2", "mid3"}, {"new1", "new2", "new3"}};
    GroupRun run = new_run(seed, strategies[0]);
    for (int32_t s = 0; s < count; s++) {
        for (int32_t i = 0; i < 3; i++) {
            const SimTime at =
                SIM_SEC(20) + SIM_SEC(8) * (int64_t)(3 * (s - 1) + i) + SIM_MS(317) * (int64_t)seed;
            const char *const *of = s == count - 1 ? names[2] : names[s];
            add_with(&run, of[i], strategies[s], s == 0 ? 0 : at + SIM_SEC(1));
            if (s > 0) {
                run_fault(&run, FAULT_LEAVE, TARGET_MEMBER, 3 * (s - 1) + i, at);
            }
        }
    }
    return run;
}

/* Neighbours of whom one has another owner. */
static int borders(const GroupReport *group)
{
    int count = 0;
    for (int32_t p = 1; p < group->partition_count; p++) {
        count += strcmp(group->partitions[p].client_id, group->partitions[p - 1].client_id) != 0;
    }
    return count;
}

/* KIP-429 backwards, in two rounds: a member that lists both is an eager one, and the group stays
 * with what all list. At the end each has a range. What a cooperative member read while it joined,
 * of a partition that it then lost, nobody has committed. */
START_TEST(a_cooperative_group_becomes_an_eager_one_in_two_rounds)
{
    static const char *const strategies[] = {COOPERATIVE, COOPERATIVE "," EAGER, EAGER};
    GroupRun run = roll_strategies((uint64_t)_i, strategies, 3);
    run_go(&run);
    expect_all(&run);
    ck_assert_int_le(run_report(&run)->consumed_twice, 12);
    ck_assert_int_eq(borders(run_report(&run)), 2);
    run_end(&run);
}
END_TEST

/* In one round the new ones have no protocol in common with the old ones (GroupCoordinator:
 * INCONSISTENT_GROUP_PROTOCOL is fatal). */
START_TEST(in_one_round_the_eager_members_are_refused)
{
    static const char *const strategies[] = {COOPERATIVE, EAGER};
    GroupRun run = roll_strategies(1, strategies, 2);
    run_go(&run);
    ck_assert(whole_said(&run.whole, "failed", "INCONSISTENT_GROUP_PROTOCOL"));
    ck_assert_int_eq(run_count(&run, "new", "failed"), 2);
    ck_assert_int_eq(run_report(&run)->members, 1); /* whoever came when the last one had left */
    run_end(&run);
}
END_TEST

START_TEST(without_the_migration_policy_the_new_members_are_refused)
{
    GroupRun run = roll(1, "classic", "consumer", EAGER);
    ck_assert(kafka_config_set(run.spec->config, "group.consumer.migration.policy", "disabled"));
    for (guint i = 0; i < run.spec->brokers->len; i++) {
        BrokerSpec *broker = run.spec->brokers->pdata[i];
        ck_assert(kafka_config_set(broker->config, "group.consumer.migration.policy", "disabled"));
    }
    run_go(&run);
    ck_assert_int_eq(run_count(&run, "", "group upgraded"), 0);
    ck_assert_int_ge(run_count(&run, "", "failed"), 2); /* those that met classic members */
    run_end(&run);
}
END_TEST

/* KafkaApis.handleConsumerGroupHeartbeat, ConsumerHeartbeatRequestManager: a fatal error. */
START_TEST(brokers_without_the_consumer_protocol_refuse_it)
{
    const bool has_zookeeper = _i == 1; /* groupCoordinatorRebalanceProtocols: KRaft only */
    static const char option[] = "group.coordinator.rebalance.protocols";
    GroupRun run = new_run(1, EAGER);
    add_member(&run, "old", "classic", 0);
    add_member(&run, "new", "consumer", SIM_SEC(5));
    run.spec->era.on[ERA_KRAFT] = !has_zookeeper;
    for (guint i = 0; i < run.spec->brokers->len && !has_zookeeper; i++) {
        BrokerSpec *broker = run.spec->brokers->pdata[i];
        ck_assert(kafka_config_set(broker->config, option, "classic"));
    }
    run_go(&run);
    ck_assert(whole_said(&run.whole, "failed", "UNSUPPORTED_VERSION"));
    ck_assert_int_eq(run_report(&run)->members, 1);
    ck_assert_int_eq(run_report(&run)->consumed, 9600);
    run_end(&run);
}
END_TEST

/* The classic group lost its only member and was deleted when one of the new protocol came, so both
 * are in a generation 1, of two groups. GroupMetadataManager.maybeDeleteEmptyClassicGroup. */
START_TEST(a_frozen_member_wakes_in_generation_one_of_a_group_that_has_ended)
{
    GroupRun run = new_run(1, EAGER);
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
    run_go(&run);
    ck_assert_int_eq(run_count(&run, "", "member expired"), 1);
    ck_assert_int_eq(run_count(&run, "", "group empty"), 1);
    ck_assert_int_eq(run_count(&run, "", "group upgraded"), 0);
    run_end(&run);
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
    tcase_add_loop_test(tcase, a_cooperative_group_becomes_an_eager_one_in_two_rounds, 1, 6);
    tcase_add_test(tcase, in_one_round_the_eager_members_are_refused);
    tcase_add_test(tcase, without_the_migration_policy_the_new_members_are_refused);
    tcase_add_loop_test(tcase, brokers_without_the_consumer_protocol_refuse_it, 0, 2);
    tcase_add_test(tcase, a_frozen_member_wakes_in_generation_one_of_a_group_that_has_ended);
    return run_suite(suite);
}
