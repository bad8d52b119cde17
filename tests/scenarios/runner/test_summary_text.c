/* test_summary_text.c - Kafka's own text formats, byte for byte, and labels of faults. */
#include "scenarios/runner/results/results.h"
#include "tests/run_suite.h"
#include <check.h>
#include <string.h>

static Run run_of(const ClusterReport *report)
{
    return (Run){.report = report};
}

/* What is told of one group, of whose latency nothing is known. */
static char *group_text(const GroupReport *of, bool all)
{
    Histogram *latency = histogram_new();
    GroupReport group = *of;
    group.end_to_end = latency;
    const ClusterReport report = {.groups = &group, .group_count = 1};
    const Run run = run_of(&report);
    GString *out = g_string_new(NULL);
    results_groups_text(&run, all, out);
    histogram_free(latency);
    return g_string_free(out, FALSE);
}

START_TEST(a_producer_line_is_kafka_producer_perf_tests)
{
    Histogram *latency = histogram_new();
    histogram_add_many(latency, SIM_MS(5), 940);
    histogram_add_many(latency, SIM_MS(14), 50);
    histogram_add_many(latency, SIM_MS(96), 9);
    histogram_add(latency, SIM_MS(412));
    const ProducerReport producer = {.name = "checkout",
                                     .topic = "orders",
                                     .instances = 4,
                                     .latency = latency,
                                     .unheard = {1200, 0, 7},
                                     .measured_acked = 1000,
                                     .measured_bytes = 1048576,
                                     .measured_from = SIM_SEC(5),
                                     .measured_to = SIM_SEC(15)};
    const ClusterReport report = {.producers = &producer, .producer_count = 1};
    const Run run = run_of(&report);
    g_autoptr(GString) out = g_string_new(NULL);
    results_producers_text(&run, out);
    /* mean: (940 * 5 + 50 * 14 + 9 * 96 + 412) / 1000 = 6.676 */
    ck_assert_str_eq(out->str,
                     "\nproducer checkout -> orders (4 instances), measured from 5.000 s on\n"
                     "1000 records sent, 100.0 records/sec (0.10 MB/sec), 6.68 ms avg latency, "
                     "412.00 ms max latency, 5 ms 50th, 14 ms 95th, 14 ms 99th, 96 ms 99.9th.\n"
                     "lost, and nobody told it (acks=0): 1,200 never handled by a broker, 7 gone "
                     "from a log that had them\n");
    histogram_free(latency);
}
END_TEST

START_TEST(a_lag_table_is_kafka_consumer_groups)
{
    const GroupPartitionReport partitions[] = {
        {"orders", 0, 120034, 120401, "billing-0-0001", "billing-0", "/10.0.0.11", 0},
        {"orders", 1, -1, 7, NULL, NULL, NULL, 0},
    };
    const GroupReport group = {.name = "billing",
                               .state = "Stable",
                               .generation = 2,
                               .members = 1,
                               .rebalances = 2,
                               .consumed = 120500,
                               .consumed_twice = 99,
                               .never_processed = 1200,
                               .dead_lettered = 3,
                               .partitions = partitions,
                               .partition_count = 2};
    g_autofree char *text = group_text(&group, false);
    ck_assert_str_eq(
        text,
        "\ngroup billing: Stable, generation 2, 1 member, 2 rebalances\n"
        "120,500 records consumed, 99 of them again, 0 skipped, end to end latency 0 ms 50th, "
        "0 ms 99th\n"
        "1,200 committed but never processed, 3 sent to the dead-letter topic\n"
        "\n"
        "GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG"
        "             CONSUMER-ID     HOST            CLIENT-ID\n"
        "billing         orders          0          120034          120401          367"
        "             billing-0-0001  /10.0.0.11      billing-0\n"
        "billing         orders          1          -               7               -"
        "               -               -               -\n"
        "(LAG is counted from the last commit, as Kafka's tool does)\n");
}
END_TEST

START_TEST(why_records_are_skipped_is_said)
{
    GroupReport group = {.name = "billing", .state = "Stable", .skipped = 1202};
    g_autofree char *some = group_text(&group, false);
    group.skipped = 0;
    g_autofree char *none = group_text(&group, false);
    ck_assert_ptr_nonnull(strstr(some, "1,202 skipped, "));
    ck_assert_ptr_nonnull(strstr(some, "auto.offset.reset"));
    ck_assert_ptr_null(strstr(none, "auto.offset.reset"));
}
END_TEST

START_TEST(what_the_earliest_offset_skips_was_deleted_or_jumped_over)
{
    const GroupReport group = {
        .name = "billing", .state = "Stable", .skipped = 260, .reset = "earliest"};
    g_autofree char *text = group_text(&group, false);
    ck_assert_ptr_nonnull(strstr(text, "by retention"));
    ck_assert_ptr_nonnull(strstr(text, "created again"));
    ck_assert_ptr_null(strstr(text, "by default its end"));
}
END_TEST

/* getLag of Kafka's tool: behind a log that was cut off it is below 0; without an end there is
 * none. */
START_TEST(a_lag_without_an_end_is_a_dash)
{
    const GroupPartitionReport partitions[] = {{"t", 0, 474, 472, "m", "c", "h", 0},
                                               {"t", 1, 474, -1, "m", "c", "h", 0}};
    const GroupReport group = {
        .name = "g", .state = "Stable", .partitions = partitions, .partition_count = 2};
    g_autofree char *text = group_text(&group, false);
    ck_assert_ptr_nonnull(strstr(text, "0          474             472             -2 "));
    ck_assert_ptr_nonnull(strstr(text, "1          474             -               - "));
}
END_TEST

START_TEST(a_hostile_name_stays_text)
{
    const GroupPartitionReport partition = {"or\033[2Jders", 0, 1, 1, "m", "c", "h", 0};
    const GroupReport group = {
        .name = "a\nb", .state = "Stable", .partitions = &partition, .partition_count = 1};
    g_autofree char *text = group_text(&group, false);
    ck_assert_ptr_null(strchr(text, '\033'));
    ck_assert_ptr_nonnull(strstr(text, "a\\x0ab"));
}
END_TEST

START_TEST(a_long_lag_table_is_cut_off_unless_all_of_it_is_wanted)
{
    GroupPartitionReport partitions[100];
    for (int i = 0; i < 100; i++) {
        partitions[i] = (GroupPartitionReport){.topic = "orders", .partition = i};
    }
    const GroupReport group = {
        .name = "billing", .state = "Stable", .partitions = partitions, .partition_count = 100};
    g_autofree char *cut = group_text(&group, false);
    g_autofree char *all = group_text(&group, true);
    ck_assert(g_str_has_suffix(cut, "\n... and 52 more partitions: --verbose shows all\n"));
    ck_assert_ptr_null(strstr(all, "more partitions"));
    ck_assert_ptr_nonnull(strstr(all, "orders          99 "));
}
END_TEST

typedef struct LabelCase {
    FaultSpec fault;
    const char *label;
} LabelCase;

static ClusterSpec *small_spec(void)
{
    static BrokerSpec brokers[] = {{.id = 11}, {.id = 12}, {.id = 13}};
    static ProducerSpec producer = {.name = (char *)(uintptr_t) "checkout"};
    static GroupSpec group = {.name = (char *)(uintptr_t) "billing"};
    ClusterSpec *spec = g_new0(ClusterSpec, 1);
    spec->brokers = g_ptr_array_new();
    spec->producers = g_ptr_array_new();
    spec->groups = g_ptr_array_new();
    for (size_t i = 0; i < G_N_ELEMENTS(brokers); i++) {
        g_ptr_array_add(spec->brokers, &brokers[i]);
    }
    g_ptr_array_add(spec->producers, &producer);
    g_ptr_array_add(spec->groups, &group);
    return spec;
}

static void small_spec_free(ClusterSpec *spec)
{
    g_ptr_array_free(spec->brokers, TRUE);
    g_ptr_array_free(spec->producers, TRUE);
    g_ptr_array_free(spec->groups, TRUE);
    g_free(spec);
}

START_TEST(replicas_that_differ_are_named)
{
    const PartitionReport partitions[] = {{.topic = "orders", .partition = 0},
                                          {.topic = "orders", .partition = 1, .diverged = 1}};
    const ClusterReport report = {.partitions = partitions, .partition_count = 2};
    const Run run = run_of(&report);
    g_autoptr(GString) out = g_string_new(NULL);
    results_records_text(&run, out);
    ck_assert_ptr_nonnull(
        strstr(out->str, "\n  1 in-sync replica holds other records than its leader (orders-1)\n"));
}
END_TEST

/* Where a fix is off, that one may explain it. */
START_TEST(why_replicas_differ_is_told_of_zookeeper_only)
{
    const PartitionReport partitions[] = {{.topic = "orders", .diverged = 1}};
    const ClusterReport report = {.partitions = partitions, .partition_count = 1};
    ClusterSpec spec = {.era = era_default()};
    const Scenario scenario = {.spec = &spec};
    spec.era.on[ERA_KRAFT] = _i == 0;
    spec.era.on[ERA_KIP_101] = _i != 2;
    Run run = run_of(&report);
    run.scenario = &scenario;
    g_autoptr(GString) out = g_string_new(NULL);
    results_records_text(&run, out);
    ck_assert_int_eq(strstr(out->str, "With ZooKeeper a leader may go on") != NULL, _i == 1);
}
END_TEST

START_TEST(losses_are_told_together_with_their_cause)
{
    const PartitionReport partitions[] = {{.topic = "orders", .partition = 0},
                                          {.topic = "orders", .partition = 1}};
    const LossNote losses[] = {
        {.at = SIM_SEC(45),
         .partition = 0,
         .leader = 3,
         .to = 850,
         .records = 850,
         .reason = LOSS_NEW_DISK,
         .broker = 3,
         .since = SIM_SEC(38)},
        {.at = SIM_SEC(45) + 1,
         .until = SIM_SEC(45) + 2,
         .partition = 1,
         .leader = 3,
         .to = 849,
         .records = 849,
         .reason = LOSS_NEW_DISK,
         .broker = 3,
         .since = SIM_SEC(38)},
        {.at = SIM_SEC(50),
         .partition = 1,
         .leader = 2,
         .from = 7,
         .to = 8,
         .records = 1,
         .unheard = true,
         .reason = LOSS_POWER_CUT,
         .broker = 1,
         .since = SIM_MS(40100)},
        {.at = SIM_SEC(60),
         .until = SIM_SEC(71),
         .partition = 0,
         .leader = -1,
         .to = 2,
         .broker = -1},
    };
    const ClusterReport report = {
        .partitions = partitions, .partition_count = 2, .losses = losses, .loss_count = 4};
    const Run run = run_of(&report);
    g_autoptr(GString) out = g_string_new(NULL);
    results_losses_text(&run, out);
    ck_assert_str_eq(
        out->str,
        "\nLOST, as Kafka documents\n"
        "      45.000 s  1,699 records of orders-0, orders-1: broker 3 leads, whose disk was "
        "replaced at 38.000 s\n"
        "      50.000 s  1 record sent with acks=0 to orders-1: broker 2 leads; broker 1's "
        "unflushed records went "
        "with its power at 40.100 s\n"
        "      60.000 s  2 committed records of orders-0: gone at the end; the last of them at "
        "71.000 s\n");
}
END_TEST

START_TEST(a_fault_is_called_by_whom_it_hits)
{
    static const FaultSpec crash = {.verb = FAULT_CRASH, .target = TARGET_ACTIVE_CONTROLLER};
    const LabelCase cases[] = {
        {{.verb = FAULT_CRASH, .target = TARGET_BROKER, .index = 1}, "broker 12 crashes"},
        {{.verb = FAULT_PAUSE, .target = TARGET_BROKER, .ends = true}, "broker 11 pauses (end)"},
        {{.verb = FAULT_DISK_FULL, .target = TARGET_BROKER, .ends = true},
         "broker 11 has room again"},
        {{.verb = FAULT_SCALE, .target = TARGET_GROUP, .number = 4}, "group billing scales to 4"},
        {{.verb = FAULT_RATE, .target = TARGET_PRODUCER, .number = 500000},
         "producer checkout changes its rate to 500/s"},
        {{.verb = FAULT_CRASH, .target = TARGET_ACTIVE_CONTROLLER}, "active controller crashes"},
        {{.verb = FAULT_START, .target = TARGET_ACTIVE_CONTROLLER, .undoes = &crash},
         "controller that was active starts"},
        {{.verb = FAULT_NOTE, .text = (char *)(uintptr_t) "look here"}, "look here"},
        {{.verb = FAULT_REASSIGN}, "reassign"},
    };
    ClusterSpec *spec = small_spec();
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *label = results_fault_label(spec, &cases[i].fault);
        ck_assert_str_eq(label, cases[i].label);
    }
    small_spec_free(spec);
}
END_TEST

START_TEST(what_an_administrator_does_is_told_in_words)
{
    ClusterSpec *spec = cluster_spec_new();
    g_ptr_array_add(spec->brokers, broker_spec_new(7, SPEC_NONE, spec));
    g_ptr_array_add(spec->topics, topic_spec_new("orders", 2, 1));
    FaultSpec *move = fault_spec_new(FAULT_REASSIGN, 0),
              *roll = fault_spec_new(FAULT_ROLLING_RESTART, 0);
    FaultSpec *set = fault_spec_new(FAULT_SET_CONFIG, 0), *elect = fault_spec_new(FAULT_ELECT, 0);
    FaultSpec *grow = fault_spec_new(FAULT_ADD_PARTITIONS, 0),
              *crash = fault_spec_new(FAULT_CRASH, 0);
    const MoveSpec moves[] = {{0, 1, {2, {3, 1}}}, {0, SPEC_NONE, {0}}};
    move->moves = g_array_new(FALSE, FALSE, sizeof(MoveSpec));
    g_array_append_vals(move->moves, moves, 2);
    roll->roll = g_new0(RollSpec, 1);
    roll->roll->order = g_array_new(FALSE, TRUE, sizeof(int32_t));
    g_array_set_size(roll->roll->order, 1);
    set->config = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
    kafka_config_set(set->config, "min.insync.replicas", "1");
    set->topic = grow->topic = 0;
    grow->number = 9;
    elect->unclean = true;
    crash->target = TARGET_BROKER;
    crash->index = 0;
    crash->random = true;
    const struct {
        FaultSpec *fault;
        const char *label;
    } cases[] = {{move, "reassign orders-1 to 3,1, orders taken back"},
                 {roll, "rolling restart of brokers 7"},
                 {set, "topic orders gets min.insync.replicas=1"},
                 {elect, "unclean election"},
                 {grow, "topic orders grows to 9 partitions"},
                 {crash, "broker 7 crashes (by chance)"}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *label = results_fault_label(spec, cases[i].fault);
        ck_assert_str_eq(label, cases[i].label);
        g_ptr_array_add(spec->faults, cases[i].fault);
    }
    cluster_spec_free(spec);
}
END_TEST

START_TEST(a_cut_names_both_sides)
{
    ClusterSpec *spec = small_spec();
    FaultSpec fault = {.verb = FAULT_PARTITION};
    fault.left = g_array_new(FALSE, FALSE, sizeof(int32_t));
    fault.right = g_array_new(FALSE, FALSE, sizeof(int32_t));
    for (int32_t i = 0; i < 3; i++) {
        g_array_append_vals(i == 0 ? fault.left : fault.right, &i, 1);
    }
    g_autofree char *label = results_fault_label(spec, &fault);
    ck_assert_str_eq(label, "network cut 11 | 12,13");
    g_array_free(fault.left, TRUE);
    g_array_free(fault.right, TRUE);
    small_spec_free(spec);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("summary text");
    TCase *tests = tcase_create("summary text");
    tcase_add_test(tests, a_producer_line_is_kafka_producer_perf_tests);
    tcase_add_test(tests, a_lag_table_is_kafka_consumer_groups);
    tcase_add_test(tests, a_long_lag_table_is_cut_off_unless_all_of_it_is_wanted);
    tcase_add_test(tests, a_hostile_name_stays_text);
    tcase_add_test(tests, why_records_are_skipped_is_said);
    tcase_add_test(tests, what_the_earliest_offset_skips_was_deleted_or_jumped_over);
    tcase_add_test(tests, a_lag_without_an_end_is_a_dash);
    tcase_add_test(tests, replicas_that_differ_are_named);
    tcase_add_loop_test(tests, why_replicas_differ_is_told_of_zookeeper_only, 0, 3);
    tcase_add_test(tests, losses_are_told_together_with_their_cause);
    tcase_add_test(tests, a_fault_is_called_by_whom_it_hits);
    tcase_add_test(tests, what_an_administrator_does_is_told_in_words);
    tcase_add_test(tests, a_cut_names_both_sides);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
