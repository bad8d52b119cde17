/* summary_parts.c - the larger parts of summary.json. */
#include "scenarios/runner/results/summary_parts.h"
#include "models/group/share/share_partition.h"
#include "models/ledger/ledger.h"
#include "models/streams/streams_app.h"
#include "scenarios/runner/results/results.h"
#include "scenarios/runner/text.h"
#include <string.h>

static void write_fate_fields(JsonWriter *json, const Fates *fates)
{
    json_integer(json, "offered", fates->offered);
    json_integer(json, "acked", fates->acked);
    json_integer(json, "failed", fates->failed);
    json_integer(json, "unknown", fates->unknown);
    json_integer(json, "lost", fates->lost);
    json_integer(json, "duplicated", fates->duplicated);
    json_integer(json, "reordered", fates->reordered);
    json_integer(json, "failed_in_log", fates->failed_in_log);
    if (fates->sent_acks_0 > 0) { /* of those acked, and of those lost */
        json_integer(json, "sent_acks_0", fates->sent_acks_0);
        json_integer(json, "lost_acks_0", fates->lost_acks_0);
    }
}

void summary_write_fates(JsonWriter *json, const char *key, const Fates *fates)
{
    json_begin_object(json, key);
    write_fate_fields(json, fates);
    json_end_object(json);
}

static void write_latency(JsonWriter *json, const char *key, const Histogram *histogram)
{
    static const struct {
        const char *name;
        uint32_t ppm;
    } QUANTILES[] = {
        {"p50", 500000}, {"p95", 950000}, {"p99", 990000}, {"p99.9", 999000}, {"p99.99", 999900}};
    json_begin_object(json, key);
    json_ms(json, "mean", (int64_t)(histogram_mean(histogram) + 0.5));
    for (size_t i = 0; i < G_N_ELEMENTS(QUANTILES); i++) {
        json_ms(json, QUANTILES[i].name, histogram_quantile(histogram, QUANTILES[i].ppm));
    }
    json_ms(json, "max", histogram_maximum(histogram));
    json_end_object(json);
}

/* Kafka's own metrics of a producer, by their names. */
static void write_sent(JsonWriter *json, const ProducerReport *producer)
{
    const SentTotals *sent = &producer->sent;
    const ThrottleTotals *throttle = &producer->throttle;
    const SimDuration span = producer->measured_to - producer->measured_from;
    json_begin_object(json, "metrics");
    if (sent->batches > 0) {
        json_fixed(json, "batch-size-avg", text_ratio(sent->bytes, 1000, sent->batches), 3);
        json_fixed(
            json, "records-per-request-avg", text_ratio(sent->records, 1000, sent->requests), 3);
        json_fixed(json, "request-rate", text_ratio(sent->requests, SIM_SEC(1000), span), 3);
        json_ms(json, "record-queue-time-avg", sent->queued / sent->batches);
        json_ms(json, "record-queue-time-max", sent->queued_max);
    }
    if (throttle->answers > 0) {
        json_ms(json, "produce-throttle-time-avg", throttle->sum / throttle->answers);
        json_ms(json, "produce-throttle-time-max", throttle->max);
    }
    json_end_object(json);
}

/* The same as its own metrics show them at the end: over their sliding window. */
static void write_sampled(JsonWriter *json, const ProducerReport *producer)
{
    const SenderSample *seen = &producer->metrics;
    json_begin_object(json, "sampled_metrics");
    if (seen->requests > 0 && seen->batches > 0) {
        json_fixed(json, "batch-size-avg", text_ratio(seen->bytes, 10000, seen->batches), 4);
        json_fixed(
            json, "records-per-request-avg", text_ratio(seen->records, 10000, seen->requests), 4);
        json_fixed(
            json, "record-queue-time-avg", text_ratio(seen->queued_ms, 10000, seen->batches), 4);
        json_integer(json, "record-queue-time-max", seen->queued_max_ms);
    }
    json_end_object(json);
}

/* acks=0 only. */
static void write_unheard(JsonWriter *json, const UnheardLosses *lost)
{
    if (lost->unreceived + lost->refused + lost->cut > 0) {
        json_begin_object(json, "lost_unheard");
        json_integer(json, "unreceived", lost->unreceived);
        json_integer(json, "refused", lost->refused);
        json_integer(json, "cut", lost->cut);
        json_end_object(json);
    }
}

static void write_producer(JsonWriter *json, const ProducerReport *producer)
{
    SimDuration span = producer->measured_to - producer->measured_from;
    int64_t bytes_per_sec = text_ratio(producer->measured_bytes, SIM_SEC(1), span);
    json_begin_object(json, NULL);
    json_string(json, "name", producer->name);
    json_string(json, "topic", producer->topic);
    json_integer(json, "instances", producer->instances);
    write_fate_fields(json, &producer->fates);
    write_unheard(json, &producer->unheard);
    json_integer(json, "acked_bytes", producer->acked_bytes);
    json_integer(json, "batches", producer->batches);
    json_integer(json, "requests", producer->requests);
    json_integer(json, "retries", producer->retries);
    json_fixed(
        json, "records_per_sec", text_ratio(producer->measured_acked, SIM_SEC(1000), span), 3);
    json_fixed(json, "mb_per_sec", text_ratio(bytes_per_sec, 1000, 1048576), 3);
    if (producer->sent.batches > 0) {
        json_fixed(json,
                   "records_per_batch",
                   text_ratio(producer->sent.records, 10000, producer->sent.batches),
                   4);
    }
    write_latency(json, "latency_ms", producer->latency);
    write_sent(json, producer);
    write_sampled(json, producer);
    json_ms(json, "longest_gap_ms", producer->longest_gap);
    json_begin_object(json, "batch_errors");
    for (int32_t i = 0; i < producer->error_count; i++) {
        json_integer(
            json, kafka_error_name(producer->errors[i].error), producer->errors[i].batches);
    }
    json_end_object(json);
    json_end_object(json);
}

void summary_write_producers(JsonWriter *json, const Run *run)
{
    json_begin_array(json, "producers");
    for (int32_t i = 0; i < run->report->producer_count; i++) {
        write_producer(json, &run->report->producers[i]);
    }
    json_end_array(json);
}

int64_t summary_lag(const GroupPartitionReport *partition)
{
    return partition->log_end_offset - MAX(partition->committed, 0);
}

int64_t summary_left_to_read(const GroupPartitionReport *partition)
{
    return MAX(0,
               partition->log_end_offset - MAX(partition->committed, partition->log_start_offset));
}

static void write_known(JsonWriter *json, const char *key, int64_t value, bool known)
{
    if (known) {
        json_integer(json, key, value);
    } else {
        json_string(json, key, NULL);
    }
}

static void write_group_lag(JsonWriter *json, const GroupReport *group)
{
    int64_t total = 0;
    int64_t largest = 0;
    bool known = true;
    for (int32_t i = 0; i < group->partition_count; i++) {
        known = known && group->partitions[i].log_end_offset >= 0;
        const int64_t lag = summary_left_to_read(&group->partitions[i]);
        total += lag;
        largest = MAX(largest, lag);
    }
    json_begin_object(json, "lag");
    write_known(json, "total", total, known);
    write_known(json, "max_partition", largest, known);
    json_end_object(json);
}

static void write_group_partitions(JsonWriter *json, const GroupReport *group)
{
    json_begin_array(json, "partitions");
    for (int32_t i = 0; i < group->partition_count; i++) {
        const GroupPartitionReport *partition = &group->partitions[i];
        json_begin_object(json, NULL);
        json_string(json, "topic", partition->topic);
        json_integer(json, "partition", partition->partition);
        json_integer(json, "committed", partition->committed);
        const bool known = partition->log_end_offset >= 0;
        write_known(json, "log_end_offset", partition->log_end_offset, known);
        write_known(json, "lag", summary_lag(partition), known);
        json_string(json, "member", partition->member);
        json_string(json, "client_id", partition->client_id);
        json_string(json, "host", partition->host);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_streams(JsonWriter *json, const StreamsCounts *streams)
{
    json_begin_object(json, "streams");
    json_integer(json, "tasks_moved", streams->tasks_moved);
    json_integer(json, "tasks_promoted", streams->promoted);
    json_integer(json, "restorations", streams->restorations);
    json_integer(json, "records_restored", streams->restored_records);
    json_ms(json, "restore_time_max_ms", streams->restore_max);
    json_integer(json, "probing_rebalances", streams->probings);
    json_integer(json, "commits", streams->commits);
    json_integer(json, "aborts", streams->aborts);
    json_integer(json, "tasks_revived", streams->revived);
    json_integer(json, "threads_migrated", streams->migrated);
    json_integer(json, "instances_shut_down", streams->shut_down);
    json_end_object(json);
}

static void write_share(JsonWriter *json, const ShareCounts *share)
{
    json_begin_object(json, "share");
    json_integer(json, "acquired", share->acquired);
    json_integer(json, "redelivered", share->redelivered);
    json_integer(json, "accepted", share->accepted);
    json_integer(json, "archived", share->archived);
    json_integer(json, "rejected", share->rejected);
    json_integer(json, "archived_at_delivery_count_limit", share->spent);
    json_integer(json, "locks_timed_out", share->timed_out);
    json_end_object(json);
}

static void write_group(JsonWriter *json, const Run *run, const GroupReport *group)
{
    SimDuration span = cluster_now(run->cluster) - run->scenario->spec->warmup;
    json_begin_object(json, NULL);
    json_string(json, "name", group->name);
    json_string(json, "state", group->state);
    json_integer(json, "generation", group->generation);
    json_integer(json, "members", group->members);
    json_integer(json, "rebalances", group->rebalances);
    json_integer(json, "consumed", group->consumed);
    json_integer(json, "consumed_twice", group->consumed_twice);
    json_integer(json, "skipped", group->skipped);
    json_integer(json, "once", group->once);
    json_integer(json, "twice", group->twice);
    json_integer(json, "never_processed", group->never_processed);
    json_integer(json, "out_of_order", group->out_of_order);
    json_integer(json, "given_up", group->given_up);
    json_integer(json, "dead_lettered", group->dead_lettered);
    json_integer(json, "inputs", group->sources);
    json_integer(json, "inputs_again", group->sources_again);
    json_fixed(
        json, "records_per_sec", text_ratio(group->measured_consumed, SIM_SEC(1000), span), 3);
    write_latency(json, "end_to_end_ms", group->end_to_end);
    if (group->throttle.answers > 0) {
        json_begin_object(json, "metrics");
        json_ms(json, "fetch-throttle-time-avg", group->throttle.sum / group->throttle.answers);
        json_ms(json, "fetch-throttle-time-max", group->throttle.max);
        json_end_object(json);
    }
    if (group->share != NULL) {
        write_share(json, group->share);
    }
    if (group->streams != NULL) {
        write_streams(json, group->streams);
    }
    write_group_lag(json, group);
    write_group_partitions(json, group);
    json_end_object(json);
}

void summary_write_groups(JsonWriter *json, const Run *run)
{
    json_begin_array(json, "groups");
    for (int32_t i = 0; i < run->report->group_count; i++) {
        write_group(json, run, &run->report->groups[i]);
    }
    json_end_array(json);
}

static void write_partition(JsonWriter *json, const PartitionReport *partition)
{
    json_begin_object(json, NULL);
    json_string(json, "topic", partition->topic);
    json_integer(json, "partition", partition->partition);
    json_integer(json, "leader", partition->leader);
    json_integer(json, "leader_epoch", partition->leader_epoch);
    json_integer(json, "partition_epoch", partition->partition_epoch);
    json_integers(json, "replicas", partition->replicas, partition->replica_count);
    json_integers(json, "isr", partition->isr, partition->isr_count);
    if (partition->adding_count + partition->removing_count > 0) {
        json_integers(json, "adding", partition->adding, partition->adding_count);
        json_integers(json, "removing", partition->removing, partition->removing_count);
    }
    json_integer(json, "log_start_offset", partition->log_start_offset);
    json_integer(json, "high_watermark", partition->high_watermark);
    json_integer(json, "log_end_offset", partition->log_end_offset);
    json_integer(json, "replicas_diverged", partition->diverged);
    json_ms(json, "offline_ms", partition->offline);
    json_ms(json, "longest_ack_gap_ms", partition->longest_ack_gap);
    json_ms(json, "longest_ack_gap_from_ms", partition->longest_ack_gap_from);
    json_end_object(json);
}

void summary_write_partitions(JsonWriter *json, const Run *run)
{
    json_begin_array(json, "partitions");
    for (int32_t i = 0; i < run->report->partition_count; i++) {
        if (run->report->partitions[i].was_created) {
            write_partition(json, &run->report->partitions[i]);
        }
    }
    json_end_array(json);
}

static const char *operator_name(GoalOperator op)
{
    return op == GOAL_MAX ? "max" : op == GOAL_MIN ? "min" : "equals";
}

static void write_goal_where(JsonWriter *json, const Goal *goal)
{
    json_begin_object(json, "where");
    if (goal->where_producer != NULL) {
        json_string(json, "producer", goal->where_producer);
    }
    if (goal->where_group != NULL) {
        json_string(json, "group", goal->where_group);
    }
    if (goal->where_topic != NULL) {
        json_string(json, "topic", goal->where_topic);
    }
    if (goal->where_partition != SPEC_NONE) {
        json_integer(json, "partition", goal->where_partition);
    }
    json_end_object(json);
}

static void write_measured(JsonWriter *json, const GoalResult *result)
{
    g_autoptr(GString) measured = g_string_new(result->measured.known ? NULL : "null");
    if (result->measured.known) {
        text_measure_number(measured, result->goal->unit, result->measured.value);
    }
    json_raw(json, "measured", measured->str);
    json_boolean(json, "met", result->met);
}

void results_write_goal(JsonWriter *json, const Goal *goal, const GoalResult *result)
{
    g_autoptr(GString) limit = g_string_new(NULL);
    text_measure_number(limit, goal->unit, goal->limit);
    json_begin_object(json, NULL);
    json_string(json, "text", goal->text);
    json_string(json, "metric", goal->metric);
    write_goal_where(json, goal);
    if (goal->has_during) {
        json_ms(json, "from_ms", goal->from);
        json_ms(json, "to_ms", goal->to);
    }
    json_string(json, "op", operator_name(goal->op));
    json_raw(json, "limit", limit->str);
    json_string(json, "unit", text_unit_name(goal->unit));
    if (result != NULL) {
        write_measured(json, result);
    }
    json_end_object(json);
}

void summary_write_goals(JsonWriter *json, const Run *run)
{
    json_begin_array(json, "goals");
    for (guint i = 0; i < run->goals->len; i++) {
        const GoalResult *result = &g_array_index(run->goals, GoalResult, i);
        results_write_goal(json, result->goal, result);
    }
    json_end_array(json);
}

/* Ids of events.jsonl, from the last cause back. */
static void write_chain(JsonWriter *json, const EventLog *log, uint32_t cause)
{
    LoggedEvent event;
    json_begin_array(json, "because");
    for (int shown = 0; shown < 100 && cause != 0 && event_log_get(log, cause, &event); shown++) {
        json_integer(json, NULL, cause);
        cause = event.cause;
    }
    json_end_array(json);
}

void summary_write_invariants(JsonWriter *json, const Run *run)
{
    const Checks *checks = cluster_checks(run->cluster);
    json_begin_array(json, "invariants");
    for (uint32_t i = 0; i < checks_failures(checks); i++) {
        const CheckFailure *failure = checks_failure(checks, i);
        json_begin_object(json, NULL);
        json_string(json, "name", failure->name);
        json_ms(json, "time_ms", failure->time);
        json_string(json, "detail", failure->detail);
        json_integer(json, "cause", failure->cause);
        json_integer(json, "count", (int64_t)failure->count);
        write_chain(json, cluster_event_log(run->cluster), failure->cause);
        json_end_object(json);
    }
    json_end_array(json);
}

SimTime summary_fault_until(const ClusterSpec *spec, const FaultSpec *fault)
{
    return MAX(fault->at, MIN(fault->until, spec->duration));
}

static void add_once(GPtrArray *words, char *word)
{
    for (guint i = 0; i < words->len; i++) {
        if (strcmp(words->pdata[i], word) == 0) {
            return;
        }
    }
    g_ptr_array_add(words, word);
}

GPtrArray *summary_not_simulated(const Run *run)
{
    GPtrArray *words = g_ptr_array_new();
    const GPtrArray *sources[] = {run->scenario->not_simulated, run->report->not_simulated};
    for (size_t s = 0; s < G_N_ELEMENTS(sources); s++) {
        for (guint i = 0; sources[s] != NULL && i < sources[s]->len; i++) {
            add_once(words, sources[s]->pdata[i]);
        }
    }
    return words;
}
