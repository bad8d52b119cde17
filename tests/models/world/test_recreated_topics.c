/* test_recreated_topics.c - a topic is deleted and created again under its name. It has another id:
 * what a broker that was away, frozen or cut off still holds of the former one is deleted, not
 * lost, and nobody is handed it under the new one. (KIP-516) */
#include "tests/models/support/whole_cluster.h"
#include "tests/run_suite.h"

static FaultSpec *of_topic(ClusterSpec *spec, FaultVerb verb, SimTime at)
{
    FaultSpec *fault = whole_fault(spec, verb, at, TARGET_NONE, SPEC_NONE);
    fault->topic = 0;
    return fault;
}

static void delete_topic(ClusterSpec *spec, SimTime at)
{
    (void)of_topic(spec, FAULT_DELETE_TOPIC, at);
}

static FaultSpec *create_topic(ClusterSpec *spec, SimTime at, int32_t partitions, int32_t replicas)
{
    FaultSpec *fault = of_topic(spec, FAULT_CREATE_TOPIC, at);
    fault->number = partitions;
    fault->replication_factor = replicas;
    return fault;
}

/* A replica alone, on this broker. */
static void create_on(ClusterSpec *spec, SimTime at, int32_t broker)
{
    FaultSpec *fault = create_topic(spec, at, 1, 1);
    fault->assignment = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    GArray *replicas = g_array_new(FALSE, FALSE, sizeof(int32_t));
    g_array_append_val(replicas, broker);
    g_ptr_array_add(fault->assignment, replicas);
}

static void read_by_a_group(ClusterSpec *spec)
{
    GroupSpec *group = group_spec_new("billing");
    const int32_t topic = 0;
    g_array_append_val(group->topics, topic);
    ck_assert(kafka_config_set(group->config, "auto.offset.reset", "earliest"));
    g_ptr_array_add(group->members, member_spec_new("billing-1", group));
    g_ptr_array_add(spec->groups, group);
}

/* The verb hits broker 2, who leads, until `back`. */
static void take_away(ClusterSpec *spec, FaultVerb verb, SimTime at, SimTime back)
{
    FaultSpec *fault = whole_fault(spec, verb, at, TARGET_BROKER, 1);
    if (verb == FAULT_ISOLATE) {
        whole_heal(spec, fault, back);
    } else {
        whole_fault(spec, verb == FAULT_CRASH ? FAULT_START : FAULT_RESUME, back, TARGET_BROKER, 1);
    }
}

typedef struct Away {
    FaultVerb verb;
    const char *acks;
    int32_t next; /* the broker of the second topic */
} Away;
static const Away aways[] = {
    {FAULT_CRASH, "all", 2},
    {FAULT_CRASH, "1", 1},
    {FAULT_PAUSE, "all", 2},
    {FAULT_PAUSE, "1", 1},
    {FAULT_ISOLATE, "all", 2},
    {FAULT_ISOLATE, "1", 3},
};

/* Its only leader is away when the topic goes and comes again, there or elsewhere. */
START_TEST(what_the_former_topic_held_is_deleted_not_lost)
{
    const Away *away = &aways[_i];
    ClusterSpec *spec = whole_spec(3, 1, 1, SIM_SEC(80));
    const int32_t leader = 2;
    whole_assign(whole_topic(spec, "orders", 1, 1), 1, &leader);
    (void)whole_load(spec, 100, away->acks, SIM_SEC(60));
    read_by_a_group(spec);
    take_away(spec, away->verb, SIM_SEC(20), SIM_SEC(35));
    delete_topic(spec, SIM_SEC(22));
    create_on(spec, SIM_SEC(23), away->next);
    WholeCluster test = whole_run(spec);
    const Fates *fates = &test.report->total;
    ck_assert_int_gt(fates->acked, 3000);
    ck_assert_int_eq(fates->lost, 0);
    ck_assert_int_eq(fates->duplicated, 0);
    ck_assert_int_eq(fates->failed_in_log, 0);
    ck_assert_int_gt(test.report->partitions[0].log_end_offset, 1000);
    ck_assert_int_eq(test.report->partitions[0].leader, away->next);
    whole_end(&test);
}
END_TEST

/* Broker 2 leads in epoch 0, then 3 in a later one; the new topic begins with epoch 0 and its
 * clients take it for what it is, although the epoch is lower. (Metadata.updateLatestMetadata) */
START_TEST(clients_follow_a_lower_epoch_of_a_new_topic)
{
    ClusterSpec *spec = whole_spec(3, 1, 1, SIM_SEC(80));
    const int32_t replicas[] = {2, 3};
    whole_assign(whole_topic(spec, "orders", 1, 2), 2, replicas);
    (void)whole_load(spec, 100, "all", SIM_SEC(70));
    take_away(spec, FAULT_CRASH, SIM_SEC(10), SIM_SEC(25));
    delete_topic(spec, SIM_SEC(45));
    create_on(spec, SIM_MS(45001), 1);
    WholeCluster test = whole_run(spec);
    ck_assert_int_gt(whole_when(&test, SIM_SEC(45), "load", "batch retry", "UNKNOWN_TOPIC_ID"), 0);
    ck_assert_int_eq(test.report->partitions[0].leader_epoch, 0);
    ck_assert_int_eq(test.report->total.failed, 0);
    ck_assert_int_eq(test.report->total.lost, 0);
    ck_assert_int_gt(test.report->partitions[0].log_end_offset, 2000);
    whole_end(&test);
}
END_TEST

/* Broker 1 led in a later epoch and leads the new topic in epoch 0. A follower may know of that
 * before broker 1 has stopped the former one's replica: it asks again, and is not fenced for good.
 */
START_TEST(the_former_topics_epoch_fences_no_follower_of_the_new_one)
{
    ClusterSpec *spec = whole_spec(3, 3, (uint64_t)_i, SIM_SEC(60));
    const int32_t replicas[] = {3, 1, 2};
    whole_assign(whole_topic(spec, "orders", 1, 3), 3, replicas);
    (void)whole_load(spec, 300, "all", SIM_SEC(55));
    whole_fault(spec, FAULT_CRASH, SIM_SEC(10), TARGET_BROKER, 2);
    whole_fault(spec, FAULT_START, SIM_SEC(22), TARGET_BROKER, 2);
    delete_topic(spec, SIM_SEC(35));
    FaultSpec *again = create_topic(spec, SIM_MS(35010), 1, 3);
    again->assignment = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    const int32_t anew[] = {1, 2, 3};
    g_ptr_array_add(again->assignment, g_array_new(FALSE, FALSE, sizeof(int32_t)));
    g_array_append_vals(again->assignment->pdata[0], anew, 3);
    WholeCluster test = whole_run(spec);
    ck_assert(!whole_said(&test, "fetch error", "FENCED_LEADER_EPOCH"));
    ck_assert_int_eq(test.report->partitions[0].leader_epoch, 0);
    ck_assert_int_eq(test.report->partitions[0].isr_count, 3);
    whole_end(&test);
}
END_TEST

/* A broker that was down meanwhile has a log of the former topic, longer than the new one's. */
START_TEST(a_topic_created_again_begins_anew_everywhere)
{
    ClusterSpec *spec = whole_spec(3, 1, (uint64_t)_i + 1, SIM_SEC(90));
    whole_assign_in_turn(whole_topic(spec, "orders", 3, 3), 3, 3);
    whole_load(spec, 100, "all", SIM_SEC(60));
    whole_fault(spec, FAULT_STOP, SIM_SEC(20), TARGET_BROKER, 2);
    delete_topic(spec, SIM_SEC(25));
    (void)create_topic(spec, SIM_SEC(40), 3, 3);
    whole_fault(spec, FAULT_START, SIM_SEC(42), TARGET_BROKER, 2);
    WholeCluster test = whole_run(spec);
    for (int p = 0; p < 3; p++) {
        ck_assert_int_eq(test.report->partitions[p].isr_count, 3);
        ck_assert_int_gt(test.report->partitions[p].log_end_offset, 0);
    }
    ck_assert(whole_next(&test, 0, SIM_SEC(42), "broker-3", "stops", "orders") != 0);
    whole_end(&test);
}
END_TEST

/* Two partitions where there were four: the others are not the new topic's. */
START_TEST(what_only_the_former_topic_had_is_not_listed)
{
    ClusterSpec *spec = whole_spec(3, 1, 1, SIM_SEC(40));
    (void)whole_topic(spec, "orders", 4, 3);
    delete_topic(spec, SIM_SEC(10));
    (void)create_topic(spec, SIM_SEC(12), 2, 3);
    WholeCluster test = whole_run(spec);
    for (int32_t p = 0; p < 4; p++) {
        ck_assert_int_eq(test.report->partitions[p].was_created, p < 2);
    }
    whole_end(&test);
}
END_TEST

/* Four where there were two: what was not there yet cannot go. */
START_TEST(only_what_was_there_is_deleted)
{
    ClusterSpec *spec = whole_spec(3, 1, 1, SIM_SEC(40));
    (void)whole_topic(spec, "orders", 2, 3);
    delete_topic(spec, SIM_SEC(10));
    (void)create_topic(spec, SIM_SEC(12), 4, 3);
    WholeCluster test = whole_run(spec);
    int32_t deleted = 0;
    for (int32_t i = 0; i < test.report->leader_change_count; i++) {
        deleted += strcmp(test.report->leader_changes[i].why, LEADERS_TOPIC_DELETED) == 0;
    }
    ck_assert_int_eq(deleted, 2);
    whole_end(&test);
}
END_TEST

#define ROUND_ROBIN "org.apache.kafka.clients.producer.RoundRobinPartitioner"

/* How records find their partition, and how many may go where there is none any more: those that
 * were sent before the client knew, and of a sticky choice what it takes to its switch, at most
 * twice batch.size (BuiltInPartitioner.updatePartitionInfo). */
typedef struct Chooser {
    PartitionChoice choice;
    KeyKind keys;
    const char *partitioner;
    bool is_old; /* before KIP-480 */
    int64_t stranded;
} Chooser;
#define BEFORE_KNOWN 8
#define TO_SWITCH    (2 * 16384 / 192)
static const Chooser choosers[] = {
    {PARTITION_BY_CLIENT, KEY_NONE, NULL, false, BEFORE_KNOWN + TO_SWITCH},
    {PARTITION_BY_CLIENT, KEY_UNIFORM, NULL, false, BEFORE_KNOWN},
    {PARTITION_BY_CLIENT, KEY_NONE, NULL, true, BEFORE_KNOWN},
    {PARTITION_BY_CLIENT, KEY_NONE, ROUND_ROBIN, false, BEFORE_KNOWN},
    {PARTITION_CYCLE, KEY_NONE, NULL, false, BEFORE_KNOWN},
};

/* One partition where there were four, of which not all had records. */
START_TEST(records_go_to_partitions_that_are_there)
{
    const Chooser *chooser = &choosers[_i / 2];
    ClusterSpec *spec = whole_spec(3, 1, (uint64_t)_i % 2 + 1, SIM_SEC(100));
    (void)whole_topic(spec, "orders", 4, 3);
    ProducerSpec *load = whole_load(spec, 10, "all", SIM_SEC(95));
    load->choice = chooser->choice;
    load->keys = chooser->keys;
    load->key_count = 1000;
    spec->era.on[ERA_KIP_480] = !chooser->is_old;
    if (chooser->partitioner != NULL) {
        ck_assert(kafka_config_set(load->config, "partitioner.class", chooser->partitioner));
    }
    delete_topic(spec, SIM_SEC(10));
    (void)create_topic(spec, SIM_MS(10100), 1, 3);
    WholeCluster test = whole_run(spec);
    const Fates *fates = &test.report->total;
    ck_assert_int_eq(fates->lost, 0);
    ck_assert_int_gt(fates->offered, 900);
    ck_assert_int_le(fates->offered - fates->acked, chooser->stranded);
    whole_end(&test);
}
END_TEST

/* Its member's automatic commit names the topic, not its id: what it had read of the former one
 * stands for the new one, and it goes on from there. What the new one has below is skipped. */
START_TEST(what_lies_below_the_former_topics_place_is_skipped)
{
    ClusterSpec *spec = whole_spec(3, 1, (uint64_t)_i + 1, SIM_SEC(90));
    (void)whole_topic(spec, "orders", 1, 3);
    (void)whole_load(spec, 100, "all", SIM_SEC(80));
    read_by_a_group(spec);
    delete_topic(spec, SIM_SEC(15));
    (void)create_topic(spec, SIM_SEC(40), 1, 3);
    WholeCluster test = whole_run(spec);
    const Fates *fates = &test.report->total;
    const GroupReport *group = &test.report->groups[0];
    ck_assert_int_gt(fates->acked, 7000);
    ck_assert_int_eq(group->consumed + group->skipped, fates->acked);
    ck_assert_int_eq(group->out_of_order, 0);
    whole_end(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recreated topics");
    TCase *tests = tcase_create("id");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(
        tests, what_the_former_topic_held_is_deleted_not_lost, 0, (int)G_N_ELEMENTS(aways));
    tcase_add_test(tests, clients_follow_a_lower_epoch_of_a_new_topic);
    tcase_add_loop_test(tests, the_former_topics_epoch_fences_no_follower_of_the_new_one, 1, 25);
    tcase_add_loop_test(tests, a_topic_created_again_begins_anew_everywhere, 0, 3);
    tcase_add_test(tests, what_only_the_former_topic_had_is_not_listed);
    tcase_add_test(tests, only_what_was_there_is_deleted);
    tcase_add_loop_test(
        tests, records_go_to_partitions_that_are_there, 0, 2 * (int)G_N_ELEMENTS(choosers));
    tcase_add_loop_test(tests, what_lies_below_the_former_topics_place_is_skipped, 0, 3);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
