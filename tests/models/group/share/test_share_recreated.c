/* test_share_recreated.c - a topic that a share group reads is deleted and created again under its
 * name while its leader is away: what was said of the former topic is not said of the new one, and
 * the group reads that one. (KIP-932: share partitions are of topic ids) */
#include "tests/models/support/group_run.h"
#include "tests/run_suite.h"

typedef struct Away {
    FaultVerb verb;
    const char *acks;
    int32_t next; /* the broker of the second topic; the first one is on broker 2 */
} Away;
static const Away aways[] = {
    {FAULT_CRASH, "all", 2},
    {FAULT_CRASH, "1", 1},
    {FAULT_PAUSE, "all", 2},
    {FAULT_PAUSE, "1", 1},
    {FAULT_ISOLATE, "all", 2},
    {FAULT_ISOLATE, "1", 3},
};

static void take_away(ClusterSpec *spec, FaultVerb verb, SimTime at, SimTime back)
{
    FaultSpec *fault = whole_fault(spec, verb, at, TARGET_BROKER, 1);
    if (verb == FAULT_ISOLATE) {
        whole_heal(spec, fault, back);
    } else {
        whole_fault(spec, verb == FAULT_CRASH ? FAULT_START : FAULT_RESUME, back, TARGET_BROKER, 1);
    }
}

static FaultSpec *of_topic(ClusterSpec *spec, FaultVerb verb, SimTime at)
{
    FaultSpec *fault = whole_fault(spec, verb, at, TARGET_NONE, SPEC_NONE);
    fault->topic = 0;
    return fault;
}

/* A replica alone, on this broker. */
static void create_on(ClusterSpec *spec, SimTime at, int32_t broker)
{
    FaultSpec *fault = of_topic(spec, FAULT_CREATE_TOPIC, at);
    fault->number = 1;
    fault->replication_factor = 1;
    fault->assignment = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    GArray *replicas = g_array_new(FALSE, FALSE, sizeof(int32_t));
    g_array_append_val(replicas, broker);
    g_ptr_array_add(fault->assignment, replicas);
}

static GroupRun run_with(const char *acks, bool is_explicit)
{
    GroupRun run = {.spec = whole_spec(3, 1, 1, SIM_SEC(120)), .group = group_spec_new("billing")};
    const int32_t leader = 2;
    const int32_t topic = 0;
    whole_assign(whole_topic(run.spec, "orders", 1, 1), 1, &leader);
    (void)whole_load(run.spec, 100, acks, SIM_SEC(60));
    g_array_append_val(run.group->topics, topic);
    run.group->kind = GROUP_SHARES;
    run.group->share_explicit = is_explicit;
    ck_assert(kafka_config_set(run.spec->config, "share.auto.offset.reset", "earliest"));
    g_ptr_array_add(run.spec->groups, run.group);
    run_members(&run, "s", 2);
    return run;
}

/* All of the new topic was read, and each record once. */
static void expect_new_topic_read(const GroupRun *run)
{
    const PartitionReport *topic = &run->whole.report->partitions[0];
    const GroupReport *group = run_report(run);
    ck_assert_int_eq(run->whole.report->total.lost, 0);
    ck_assert_int_eq(run->whole.report->total.duplicated, 0);
    ck_assert_int_gt(topic->log_end_offset, 1000);
    ck_assert_int_eq(group->partitions[0].committed, topic->log_end_offset);
    ck_assert_int_eq(group->consumed_twice, 0);
    ck_assert_int_eq(group->skipped, 0);
    ck_assert_int_gt(group->consumed, topic->log_end_offset);
}

START_TEST(the_new_topic_is_read_and_nothing_of_the_former_counts_for_it)
{
    const Away *away = &aways[_i / 2];
    GroupRun run = run_with(away->acks, _i % 2 == 1);
    take_away(run.spec, away->verb, SIM_SEC(20), SIM_SEC(35));
    (void)of_topic(run.spec, FAULT_DELETE_TOPIC, SIM_SEC(22));
    create_on(run.spec, SIM_SEC(23), away->next);
    run_go(&run);
    expect_new_topic_read(&run);
    run_end(&run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recreated topics of share groups");
    TCase *tests = tcase_create("id");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests,
                        the_new_topic_is_read_and_nothing_of_the_former_counts_for_it,
                        0,
                        2 * (int)G_N_ELEMENTS(aways));
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
