/* measure.c - computes metrics: one function a kind of source, one table row a metric. */
#include "scenarios/runner/measure.h"
#include "models/streams/streams_app.h"
#include "scenarios/runner/measure_series.h"
#include "scenarios/runner/text.h"
#include <string.h>

typedef Measured (*Evaluate)(const MeasureSource *source, const Goal *what, int argument);
typedef struct Evaluation {
    const char *metric;
    Evaluate evaluate;
    int argument;
} Evaluation;

/* Latency: an argument >= 0 is a quantile in millionths. */
enum { LATENCY_MEAN = -1, LATENCY_MAX = -2 };

static const Measured UNKNOWN = {false, 0};

static Measured known(int64_t value)
{
    return (Measured){true, value};
}

static bool matches(const char *where, const char *name)
{
    return where == NULL || strcmp(where, name) == 0;
}

static Measured of_histogram(const Histogram *histogram, int argument)
{
    if (histogram_count(histogram) == 0) {
        return UNKNOWN;
    }
    if (argument == LATENCY_MEAN) {
        return known((int64_t)(histogram_mean(histogram) + 0.5));
    }
    if (argument == LATENCY_MAX) {
        return known(histogram_maximum(histogram));
    }
    return known(histogram_quantile(histogram, (uint32_t)argument));
}

static Measured produce_latency(const MeasureSource *source, const Goal *what, int argument)
{
    if (what->has_during) {
        return measure_series_latency(source, what, argument);
    }
    Histogram *merged = histogram_new();
    for (int32_t i = 0; i < source->report->producer_count; i++) {
        const ProducerReport *producer = &source->report->producers[i];
        if (matches(what->where_producer, producer->name)) {
            histogram_merge(merged, producer->latency);
        }
    }
    Measured result = of_histogram(merged, argument);
    histogram_free(merged);
    return result;
}

static Measured end_to_end_latency(const MeasureSource *source, const Goal *what, int argument)
{
    Histogram *merged = histogram_new();
    for (int32_t i = 0; i < source->report->group_count; i++) {
        const GroupReport *group = &source->report->groups[i];
        if (matches(what->where_group, group->name)) {
            histogram_merge(merged, group->end_to_end);
        }
    }
    Measured result = of_histogram(merged, argument);
    histogram_free(merged);
    return result;
}

enum { RATE_RECORDS, RATE_BYTES };

static Measured produce_rate(const MeasureSource *source, const Goal *what, int argument)
{
    if (what->has_during) {
        return measure_series_rate(
            source, what, "kafkasim.producer.acked.records", "producer", what->where_producer);
    }
    Measured sum = UNKNOWN;
    for (int32_t i = 0; i < source->report->producer_count; i++) {
        const ProducerReport *producer = &source->report->producers[i];
        SimDuration span = producer->measured_to - producer->measured_from;
        if (!matches(what->where_producer, producer->name) || span <= 0) {
            continue;
        }
        sum.known = true;
        sum.value += argument == RATE_BYTES
                         ? text_ratio(producer->measured_bytes, SIM_SEC(1), span)
                         : text_ratio(producer->measured_acked, SIM_SEC(1000), span);
    }
    return sum;
}

static Measured consume_rate(const MeasureSource *source, const Goal *what, int argument)
{
    (void)argument;
    if (what->has_during) {
        return measure_series_rate(
            source, what, "kafkasim.group.consumed.records", "group", what->where_group);
    }
    Measured sum = UNKNOWN;
    SimDuration span = source->now - source->spec->warmup;
    for (int32_t i = 0; i < source->report->group_count && span > 0; i++) {
        const GroupReport *group = &source->report->groups[i];
        if (matches(what->where_group, group->name)) {
            sum.known = true;
            sum.value += text_ratio(group->measured_consumed, SIM_SEC(1000), span);
        }
    }
    return sum;
}

static bool is_partition_wanted(const PartitionReport *partition, const Goal *what)
{
    return !partition->internal && matches(what->where_topic, partition->topic) &&
           (what->where_partition == SPEC_NONE || what->where_partition == partition->partition);
}

static Measured diverged_replicas(const MeasureSource *source, const Goal *what, int argument)
{
    (void)argument;
    Measured sum = UNKNOWN;
    for (int32_t i = 0; i < source->report->partition_count; i++) {
        const PartitionReport *partition = &source->report->partitions[i];
        if (is_partition_wanted(partition, what)) {
            sum = known(sum.value + partition->diverged);
        }
    }
    return sum;
}

enum { PARTITION_GAP, PARTITION_OFFLINE };

static Measured worst_partition(const MeasureSource *source, const Goal *what, int argument)
{
    Measured worst = UNKNOWN;
    for (int32_t i = 0; i < source->report->partition_count; i++) {
        const PartitionReport *partition = &source->report->partitions[i];
        if (is_partition_wanted(partition, what)) {
            int64_t value =
                argument == PARTITION_GAP ? partition->longest_ack_gap : partition->offline;
            worst = known(MAX(worst.value, value));
        }
    }
    return worst;
}

static Measured produce_gap(const MeasureSource *source, const Goal *what, int argument)
{
    if (what->where_topic != NULL) {
        return worst_partition(source, what, argument);
    }
    Measured worst = UNKNOWN;
    for (int32_t i = 0; i < source->report->producer_count; i++) {
        const ProducerReport *producer = &source->report->producers[i];
        if (matches(what->where_producer, producer->name)) {
            worst = known(MAX(worst.value, producer->longest_gap));
        }
    }
    return worst;
}

enum { FATE_LOST, FATE_DUPLICATED, FATE_REORDERED, FATE_FAILED };

static int64_t fate_of(const Fates *fates, int which)
{
    switch (which) {
    case FATE_LOST:
        return fates->lost;
    case FATE_DUPLICATED:
        return fates->duplicated;
    case FATE_REORDERED:
        return fates->reordered;
    default:
        return fates->failed;
    }
}

static Measured fate(const MeasureSource *source, const Goal *what, int argument)
{
    if (what->has_during) {
        return measure_series_growth(
            source, what, "kafkasim.producer.failed.records", "producer", what->where_producer);
    }
    if (what->where_producer == NULL) {
        return known(fate_of(&source->report->total, argument));
    }
    int64_t sum = 0;
    for (int32_t i = 0; i < source->report->producer_count; i++) {
        const ProducerReport *producer = &source->report->producers[i];
        sum +=
            matches(what->where_producer, producer->name) ? fate_of(&producer->fates, argument) : 0;
    }
    return known(sum);
}

enum {
    GROUP_TWICE,
    GROUP_INPUTS,
    GROUP_INPUTS_TWICE,
    GROUP_SKIPPED,
    GROUP_NEVER,
    GROUP_OUT_OF_ORDER,
    GROUP_GIVEN_UP,
    GROUP_DEAD_LETTERED,
    GROUP_REBALANCES,
    GROUP_MEMBERS
};

static int64_t of_group(const GroupReport *group, int which)
{
    switch (which) {
    case GROUP_TWICE:
        return group->consumed_twice;
    case GROUP_INPUTS:
        return group->sources;
    case GROUP_INPUTS_TWICE:
        return group->sources_again;
    case GROUP_SKIPPED:
        return group->skipped;
    case GROUP_NEVER:
        return group->never_processed;
    case GROUP_OUT_OF_ORDER:
        return group->out_of_order;
    case GROUP_GIVEN_UP:
        return group->given_up;
    case GROUP_DEAD_LETTERED:
        return group->dead_lettered;
    case GROUP_REBALANCES:
        return group->rebalances;
    default:
        return group->members;
    }
}

static Measured group_count(const MeasureSource *source, const Goal *what, int argument)
{
    if (what->has_during) {
        return measure_series_last(
            source, what, "kafkasim.group.members", "group", what->where_group);
    }
    Measured sum = UNKNOWN;
    for (int32_t i = 0; i < source->report->group_count; i++) {
        if (matches(what->where_group, source->report->groups[i].name)) {
            sum = known(sum.value + of_group(&source->report->groups[i], argument));
        }
    }
    return sum;
}

enum { STREAMS_RESTORE_MAX, STREAMS_RESTORED, STREAMS_MOVED, STREAMS_PROMOTED };

static int64_t of_streams(const StreamsCounts *counts, int which)
{
    switch (which) {
    case STREAMS_RESTORE_MAX:
        return counts->restore_max;
    case STREAMS_RESTORED:
        return counts->restored_records;
    case STREAMS_MOVED:
        return counts->tasks_moved;
    default:
        return counts->promoted;
    }
}

static Measured streams(const MeasureSource *source, const Goal *what, int argument)
{
    Measured all = UNKNOWN;
    for (int32_t i = 0; i < source->report->group_count; i++) {
        const GroupReport *group = &source->report->groups[i];
        if (group->streams != NULL && matches(what->where_group, group->name)) {
            const int64_t one = of_streams(group->streams, argument);
            all = known(argument == STREAMS_RESTORE_MAX ? MAX(all.value, one) : all.value + one);
        }
    }
    return all;
}

/* What no leader tells the end of, nobody knows the lag of. */
static Measured lag_at_end(const GroupReport *group)
{
    int64_t lag = 0;
    for (int32_t i = 0; i < group->partition_count; i++) {
        const GroupPartitionReport *partition = &group->partitions[i];
        if (partition->log_end_offset < 0) {
            return UNKNOWN;
        }
        lag += MAX(0, partition->log_end_offset - MAX(partition->committed, 0));
    }
    return known(lag);
}

static Measured lag_end(const MeasureSource *source, const Goal *what, int argument)
{
    (void)argument;
    Measured worst = UNKNOWN;
    for (int32_t i = 0; i < source->report->group_count; i++) {
        if (matches(what->where_group, source->report->groups[i].name)) {
            const Measured lag = lag_at_end(&source->report->groups[i]);
            if (!lag.known) {
                return UNKNOWN;
            }
            worst = known(MAX(worst.value, lag.value));
        }
    }
    return worst;
}

static Measured lag_max(const MeasureSource *source, const Goal *what, int argument)
{
    (void)argument;
    return measure_series_maximum(source, what, "kafkasim.group.lag", "group", what->where_group);
}

static Measured under_replicated(const MeasureSource *source, const Goal *what, int argument)
{
    (void)argument;
    return measure_series_largest_sum(
        source, what, "kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions");
}

static Measured isr_minimum(const MeasureSource *source, const Goal *what, int argument)
{
    (void)argument;
    return measure_series_minimum(source, what, "kafkasim.isr.size.min");
}

static bool is_change_wanted(const LeaderChange *change, const Goal *what)
{
    bool in_time = !what->has_during || (change->at >= what->from && change->at <= what->to);
    return in_time && !g_str_has_prefix(change->topic, "__") &&
           matches(what->where_topic, change->topic) &&
           (what->where_partition == SPEC_NONE || what->where_partition == change->partition);
}

static Measured elections(const MeasureSource *source, const Goal *what, int argument)
{
    (void)argument;
    int64_t count = 0;
    for (int32_t i = 0; i < source->report->leader_change_count; i++) {
        const LeaderChange *change = &source->report->leader_changes[i];
        count += change->elected && is_change_wanted(change, what) ? 1 : 0;
    }
    return known(count);
}

static const Evaluation EVALUATIONS[] = {
    {"produce.latency.mean", produce_latency, LATENCY_MEAN},
    {"produce.latency.p50", produce_latency, 500000},
    {"produce.latency.p95", produce_latency, 950000},
    {"produce.latency.p99", produce_latency, 990000},
    {"produce.latency.p99.9", produce_latency, 999000},
    {"produce.latency.max", produce_latency, LATENCY_MAX},
    {"produce.rate", produce_rate, RATE_RECORDS},
    {"produce.throughput", produce_rate, RATE_BYTES},
    {"produce.gap.max", produce_gap, PARTITION_GAP},
    {"end.to.end.latency.mean", end_to_end_latency, LATENCY_MEAN},
    {"end.to.end.latency.p50", end_to_end_latency, 500000},
    {"end.to.end.latency.p95", end_to_end_latency, 950000},
    {"end.to.end.latency.p99", end_to_end_latency, 990000},
    {"end.to.end.latency.p99.9", end_to_end_latency, 999000},
    {"end.to.end.latency.max", end_to_end_latency, LATENCY_MAX},
    {"consume.rate", consume_rate, 0},
    {"lag.max", lag_max, 0},
    {"lag.end", lag_end, 0},
    {"acked.records.lost", fate, FATE_LOST},
    {"records.duplicated", fate, FATE_DUPLICATED},
    {"records.reordered", fate, FATE_REORDERED},
    {"records.failed", fate, FATE_FAILED},
    {"records.consumed.twice", group_count, GROUP_TWICE},
    {"inputs.seen", group_count, GROUP_INPUTS},
    {"inputs.seen.twice", group_count, GROUP_INPUTS_TWICE},
    {"records.skipped", group_count, GROUP_SKIPPED},
    {"records.never.processed", group_count, GROUP_NEVER},
    {"records.out.of.order", group_count, GROUP_OUT_OF_ORDER},
    {"records.given.up", group_count, GROUP_GIVEN_UP},
    {"records.dead.lettered", group_count, GROUP_DEAD_LETTERED},
    {"restore.time.max", streams, STREAMS_RESTORE_MAX},
    {"records.restored", streams, STREAMS_RESTORED},
    {"tasks.moved", streams, STREAMS_MOVED},
    {"tasks.promoted", streams, STREAMS_PROMOTED},
    {"partition.offline.time", worst_partition, PARTITION_OFFLINE},
    {"partitions.under.replicated.max", under_replicated, 0},
    {"isr.size.min", isr_minimum, 0},
    {"replicas.diverged", diverged_replicas, 0},
    {"elections", elections, 0},
    {"rebalances", group_count, GROUP_REBALANCES},
    {"group.members", group_count, GROUP_MEMBERS},
};

static const Evaluation *find(const char *metric)
{
    for (size_t i = 0; i < G_N_ELEMENTS(EVALUATIONS); i++) {
        if (strcmp(EVALUATIONS[i].metric, metric) == 0) {
            return &EVALUATIONS[i];
        }
    }
    return NULL;
}

bool measure_is_known_metric(const char *metric)
{
    return find(metric) != NULL;
}

Measured measure(const MeasureSource *source, const Goal *what)
{
    const Evaluation *evaluation = find(what->metric);
    if (evaluation == NULL) {
        return UNKNOWN;
    }
    return evaluation->evaluate(source, what, evaluation->argument);
}
