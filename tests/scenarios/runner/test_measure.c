/* test_measure.c - every metric from a report made by hand, with numbers worked out on paper. */
#include "scenarios/runner/measure.h"
#include "tests/run_suite.h"
#include <check.h>
#include <string.h>

/* Two producers, one group, two partitions, 10 s with 2 s of warm-up, sampled each second. */
typedef struct World {
    ClusterSpec spec;
    ProducerReport producers[2];
    GroupPartitionReport lag[2];
    GroupReport group;
    PartitionReport partitions[3];
    LeaderChange changes[5];
    ClusterReport report;
    Series *series;
    MeasureSource source;
    int64_t tick; /* what the probes look at */
} World;

static int64_t acked_probe(void *owner, SimTime now)
{
    (void)now;
    return ((World *)owner)->tick * 100;
}

static int64_t lag_probe(void *owner, SimTime now)
{
    (void)now;
    return ((World *)owner)->tick == 1 ? 999 : ((World *)owner)->tick;
}

static int64_t isr_probe(void *owner, SimTime now)
{
    (void)now;
    const int tick = (int)((World *)owner)->tick;
    return tick == 5 ? 2 : tick == 10 ? -1 : 3; /* -1: no partition is left */
}

static int64_t under_probe(void *owner, SimTime now)
{
    (void)now;
    return ((World *)owner)->tick == 5 ? 4 : 0;
}

static int64_t p99_probe(void *owner, SimTime now)
{
    (void)now;
    return ((World *)owner)->tick * 1000; /* microseconds */
}

static void fill_series(World *world)
{
    const char *under = "kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions";
    Series *series = series_new(SIM_SEC(1));
    series_add(series,
               "kafkasim.producer.acked.records",
               "producer=a",
               SERIES_COUNTER,
               acked_probe,
               world);
    series_add(series, "kafkasim.group.lag", "group=g", SERIES_GAUGE, lag_probe, world);
    series_add(series, "kafkasim.isr.size.min", "", SERIES_GAUGE, isr_probe, world);
    series_add(series, under, "broker=1", SERIES_GAUGE, under_probe, world);
    series_add(series, under, "broker=2", SERIES_GAUGE, under_probe, world);
    series_add(
        series, "kafkasim.producer.latency.p99", "producer=a", SERIES_GAUGE, p99_probe, world);
    for (world->tick = 0; world->tick <= 10; world->tick++) {
        series_sample(series, SIM_SEC(world->tick));
    }
    world->series = series;
}

static void fill_producers(World *world)
{
    for (int i = 0; i < 2; i++) {
        ProducerReport *producer = &world->producers[i];
        Histogram *latency = histogram_new();
        histogram_add_many(latency, SIM_MS(1), 99);
        histogram_add(latency, SIM_MS(100 + 100 * i));
        *producer = (ProducerReport){.name = i == 0 ? "a" : "b",
                                     .topic = "orders",
                                     .latency = latency,
                                     .measured_acked = 800,
                                     .measured_bytes = 8000,
                                     .measured_from = SIM_SEC(2),
                                     .measured_to = SIM_SEC(10),
                                     .longest_gap = SIM_SEC(3 + i)};
        producer->fates = (Fates){.offered = 1000, .acked = 990, .failed = 6, .lost = 2 + i};
    }
}

static void fill_rest(World *world)
{
    Histogram *end_to_end = histogram_new();
    histogram_add(end_to_end, SIM_MS(8));
    world->lag[0] =
        (GroupPartitionReport){.topic = "orders", .committed = 90, .log_end_offset = 100};
    world->lag[1] = (GroupPartitionReport){.topic = "orders", .committed = -1, .log_end_offset = 7};
    world->group = (GroupReport){.name = "g",
                                 .members = 2,
                                 .rebalances = 3,
                                 .consumed_twice = 5,
                                 .skipped = 1,
                                 .never_processed = 11,
                                 .out_of_order = 12,
                                 .given_up = 13,
                                 .dead_lettered = 14,
                                 .measured_consumed = 400,
                                 .end_to_end = end_to_end,
                                 .partitions = world->lag,
                                 .partition_count = 2};
    world->partitions[0] = (PartitionReport){.topic = "orders",
                                             .partition = 0,
                                             .offline = SIM_SEC(1),
                                             .longest_ack_gap = SIM_SEC(4),
                                             .diverged = 1};
    world->partitions[1] = (PartitionReport){.topic = "orders",
                                             .partition = 1,
                                             .offline = SIM_SEC(2),
                                             .longest_ack_gap = SIM_SEC(3),
                                             .diverged = 2};
    world->partitions[2] = (PartitionReport){
        .topic = "__consumer_offsets", .internal = true, .offline = SIM_SEC(9), .diverged = 7};
    world->changes[0] = (LeaderChange){0, "orders", 0, 1, 0, "1,2", "created", false};
    world->changes[1] = (LeaderChange){0, "orders", 1, 2, 0, "2,1", "created", false};
    world->changes[2] = (LeaderChange){SIM_SEC(5), "orders", 0, -1, 0, "1,2", "crash", false};
    world->changes[3] = (LeaderChange){SIM_SEC(6), "orders", 0, 2, 1, "2", "fenced 1", true};
    world->changes[4] = (LeaderChange){SIM_SEC(6), "orders", 1, 2, 0, "2", "fenced 1", false};
}

static World *world_new(void)
{
    World *world = g_new0(World, 1);
    world->spec.warmup = SIM_SEC(2);
    world->spec.duration = SIM_SEC(10);
    fill_series(world);
    fill_producers(world);
    fill_rest(world);
    world->report = (ClusterReport){.producers = world->producers,
                                    .producer_count = 2,
                                    .groups = &world->group,
                                    .group_count = 1,
                                    .partitions = world->partitions,
                                    .partition_count = 3,
                                    .leader_changes = world->changes,
                                    .leader_change_count = 5};
    world->report.total = (Fates){.lost = 5, .failed = 12};
    world->source = (MeasureSource){&world->spec, &world->report, world->series, SIM_SEC(10)};
    return world;
}

static void world_free(World *world)
{
    for (int i = 0; i < 2; i++) {
        histogram_free((Histogram *)(uintptr_t)world->producers[i].latency);
    }
    histogram_free((Histogram *)(uintptr_t)world->group.end_to_end);
    series_free(world->series);
    g_free(world);
}

static int64_t value_of(const World *world, Goal what)
{
    Measured measured = measure(&world->source, &what);
    ck_assert_msg(measured.known, "%s was not measured", what.metric);
    return measured.value;
}

static Goal goal(const char *metric)
{
    return (Goal){.metric = metric, .where_partition = SPEC_NONE};
}

static Goal goal_of_producer(const char *metric, const char *producer)
{
    Goal what = goal(metric);
    what.where_producer = (char *)(uintptr_t)producer;
    return what;
}

static Goal goal_during(const char *metric, int from, int to)
{
    Goal what = goal(metric);
    what.has_during = true;
    what.from = SIM_SEC(from);
    what.to = SIM_SEC(to);
    return what;
}

START_TEST(every_metric_of_the_table_can_be_computed)
{
    for (size_t i = 0; i < scenario_metric_count(); i++) {
        const char *name = scenario_metric_at(i)->name;
        ck_assert_msg(measure_is_known_metric(name), "%s has no evaluation", name);
    }
}
END_TEST

START_TEST(without_a_where_everything_counts)
{
    World *world = world_new();
    ck_assert_int_eq(value_of(world, goal("produce.latency.max")), SIM_MS(200));
    ck_assert_int_eq(value_of(world, goal("produce.rate")), 200 * 1000);
    ck_assert_int_eq(value_of(world, goal("produce.throughput")), 2000);
    ck_assert_int_eq(value_of(world, goal("produce.gap.max")), SIM_SEC(4));
    ck_assert_int_eq(value_of(world, goal("acked.records.lost")), 5);
    ck_assert_int_eq(value_of(world, goal("records.failed")), 12);
    world_free(world);
}
END_TEST

START_TEST(where_narrows_down)
{
    World *world = world_new();
    ck_assert_int_eq(value_of(world, goal_of_producer("produce.latency.max", "a")), SIM_MS(100));
    ck_assert_int_eq(value_of(world, goal_of_producer("produce.rate", "a")), 100 * 1000);
    ck_assert_int_eq(value_of(world, goal_of_producer("acked.records.lost", "b")), 3);
    Goal gap = goal("produce.gap.max");
    gap.where_topic = (char *)(uintptr_t) "orders";
    gap.where_partition = 1;
    ck_assert_int_eq(value_of(world, gap), SIM_SEC(3));
    world_free(world);
}
END_TEST

START_TEST(groups_are_counted)
{
    World *world = world_new();
    ck_assert_int_eq(value_of(world, goal("consume.rate")), 50 * 1000);
    ck_assert_int_eq(value_of(world, goal("lag.end")), 10 + 7);
    ck_assert_int_eq(value_of(world, goal("records.consumed.twice")), 5);
    ck_assert_int_eq(value_of(world, goal("records.skipped")), 1);
    ck_assert_int_eq(value_of(world, goal("records.never.processed")), 11);
    ck_assert_int_eq(value_of(world, goal("records.out.of.order")), 12);
    ck_assert_int_eq(value_of(world, goal("records.given.up")), 13);
    ck_assert_int_eq(value_of(world, goal("records.dead.lettered")), 14);
    ck_assert_int_eq(value_of(world, goal("rebalances")), 3);
    ck_assert_int_eq(value_of(world, goal("group.members")), 2);
    world_free(world);
}
END_TEST

START_TEST(a_lag_whose_end_no_leader_tells_is_not_known)
{
    World *world = world_new();
    world->lag[1].log_end_offset = -1;
    const Goal end = goal("lag.end");
    ck_assert(!measure(&world->source, &end).known);
    world_free(world);
}
END_TEST

/* The log lost what is committed: that takes nothing from what is left to read elsewhere. */
START_TEST(an_offset_ahead_of_the_log_is_no_lag)
{
    World *world = world_new();
    world->lag[0].committed = 102;
    ck_assert_int_eq(value_of(world, goal("lag.end")), 7);
    world_free(world);
}
END_TEST

START_TEST(maxima_over_samples_leave_the_warm_up_out)
{
    World *world = world_new();
    ck_assert_int_eq(value_of(world, goal("lag.max")), 10); /* not the 999 at 1 s */
    ck_assert_int_eq(value_of(world, goal("isr.size.min")), 2);
    ck_assert_int_eq(value_of(world, goal("partitions.under.replicated.max")), 8);
    world_free(world);
}
END_TEST

START_TEST(a_window_looks_only_at_its_samples)
{
    World *world = world_new();
    ck_assert_int_eq(value_of(world, goal_during("lag.max", 1, 1)), 999);
    ck_assert_int_eq(value_of(world, goal_during("lag.max", 3, 4)), 4);
    ck_assert_int_eq(value_of(world, goal_during("isr.size.min", 6, 10)), 3);
    ck_assert_int_eq(value_of(world, goal_during("produce.rate", 3, 5)), 100 * 1000);
    ck_assert_int_eq(value_of(world, goal_during("produce.latency.p99", 3, 6)), SIM_MS(6));
    world_free(world);
}
END_TEST

START_TEST(internal_topics_do_not_count)
{
    World *world = world_new();
    ck_assert_int_eq(value_of(world, goal("partition.offline.time")), SIM_SEC(2));
    ck_assert_int_eq(value_of(world, goal("replicas.diverged")), 3);
    world_free(world);
}
END_TEST

START_TEST(an_isr_change_or_a_dead_leader_is_no_election)
{
    World *world = world_new();
    ck_assert_int_eq(value_of(world, goal("elections")), 1);
    ck_assert_int_eq(value_of(world, goal_during("elections", 0, 5)), 0);
    world_free(world);
}
END_TEST

START_TEST(what_nothing_was_measured_for_is_not_known)
{
    World *world = world_new();
    Goal nobody = goal_of_producer("produce.latency.p99", "nobody");
    ck_assert(!measure(&world->source, &nobody).known);
    Goal late = goal_during("lag.max", 11, 12);
    ck_assert(!measure(&world->source, &late).known);
    Goal gone = goal_during("isr.size.min", 10, 10);
    ck_assert(!measure(&world->source, &gone).known);
    Goal window = goal_during("group.members", 3, 5);
    ck_assert(!measure(&world->source, &window).known); /* no such column */
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("measure");
    TCase *tests = tcase_create("measure");
    tcase_add_test(tests, every_metric_of_the_table_can_be_computed);
    tcase_add_test(tests, without_a_where_everything_counts);
    tcase_add_test(tests, where_narrows_down);
    tcase_add_test(tests, groups_are_counted);
    tcase_add_test(tests, a_lag_whose_end_no_leader_tells_is_not_known);
    tcase_add_test(tests, an_offset_ahead_of_the_log_is_no_lag);
    tcase_add_test(tests, maxima_over_samples_leave_the_warm_up_out);
    tcase_add_test(tests, a_window_looks_only_at_its_samples);
    tcase_add_test(tests, internal_topics_do_not_count);
    tcase_add_test(tests, an_isr_change_or_a_dead_leader_is_no_election);
    tcase_add_test(tests, what_nothing_was_measured_for_is_not_known);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
