/* summary_text.c - the summary of a run on the terminal.
 *
 * Producer lines and lag tables are laid out byte for byte as Kafka's own tools print them
 * (ProducerPerformance's final line, ConsumerGroupCommand --describe), so that an operator's
 * scripts read them. As there, MB is 2^20 bytes, and times are whole ms in percentiles. */
#include "models/ledger/ledger.h"
#include "scenarios/runner/results/results.h"
#include "scenarios/runner/results/summary_parts.h"
#include "scenarios/runner/text.h"

#define MOVES_NAMED 5 /* partitions that are still being reassigned */

static void append_head(const Run *run, GString *out)
{
    const ClusterSpec *spec = run->scenario->spec;
    text_visible(out, spec->name);
    if (spec->description != NULL && spec->description[0] != '\0') {
        g_string_append(out, ": ");
        text_visible(out, spec->description);
    }
    g_string_append_printf(out,
                           "\nseed %" G_GUINT64_FORMAT
                           ", scenario %s, fingerprint %016" G_GINT64_MODIFIER "x\nsimulated ",
                           (guint64)spec->seed,
                           run->scenario->hash,
                           (guint64)cluster_fingerprint(run->cluster));
    text_duration(out, cluster_now(run->cluster));
    g_string_append(out, " in ");
    text_thousands(out, (int64_t)cluster_events_fired(run->cluster));
    g_string_append(out, " events\n");
    if (!run->complete) {
        g_string_append(out, "INCOMPLETE: ");
        g_string_append(out, run->why);
        g_string_append_c(out, '\n');
    }
}

/* Java's %.2f rounds half up, and so does this. */
static int64_t rounded(int64_t value, int64_t divisor)
{
    return (value + divisor / 2) / divisor;
}

static int64_t quantile_ms(const Histogram *latency, uint32_t ppm)
{
    return rounded(histogram_quantile(latency, ppm), SIM_MS(1));
}

static void append_producer(const ProducerReport *producer, GString *out)
{
    const Histogram *latency = producer->latency;
    SimDuration span = producer->measured_to - producer->measured_from;
    int64_t records_milli = text_ratio(producer->measured_acked, SIM_SEC(1000), span);
    int64_t bytes_per_sec = text_ratio(producer->measured_bytes, SIM_SEC(1), span);
    text_fixed(out, producer->measured_acked, 0);
    g_string_append(out, " records sent, ");
    text_fixed(out, rounded(records_milli, 100), 1);
    g_string_append(out, " records/sec (");
    text_fixed(out, rounded(bytes_per_sec * 100, 1048576), 2);
    g_string_append(out, " MB/sec), ");
    text_fixed(out, rounded((int64_t)histogram_mean(latency), 10000), 2);
    g_string_append(out, " ms avg latency, ");
    text_fixed(out, rounded(histogram_maximum(latency), 10000), 2);
    g_string_append_printf(out,
                           " ms max latency, %" G_GINT64_FORMAT " ms 50th, %" G_GINT64_FORMAT
                           " ms 95th, %" G_GINT64_FORMAT " ms 99th, %" G_GINT64_FORMAT
                           " ms 99.9th.\n",
                           (gint64)quantile_ms(latency, 500000),
                           (gint64)quantile_ms(latency, 950000),
                           (gint64)quantile_ms(latency, 990000),
                           (gint64)quantile_ms(latency, 999000));
}

/* What came instead of an acknowledgement; the fates tell what became of the records. */
static void append_errors(const ProducerReport *producer, GString *out)
{
    for (int32_t i = 0; i < producer->error_count; i++) {
        const KafkaError error = producer->errors[i].error;
        g_string_append(out, i == 0 ? "batches that met an error: " : ", ");
        g_string_append_printf(out, "%s ", kafka_error_name(error));
        text_thousands(out, producer->errors[i].batches);
        if (error == KAFKA_NETWORK_EXCEPTION) { /* no broker said that */
            g_string_append(out, " (the connection broke)");
        }
    }
    if (producer->error_count > 0) {
        g_string_append_c(out, '\n');
    }
}

/* Where records of acks=0 went: no error tells. */
static void append_unheard(const UnheardLosses *lost, GString *out)
{
    const struct {
        int64_t count;
        const char *where;
    } rows[] = {{lost->unreceived, "never handled by a broker"},
                {lost->refused, "refused by one"},
                {lost->cut, "gone from a log that had them"}};
    const char *before = "lost, and nobody told it (acks=0): ";
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].count > 0) {
            g_string_append(out, before);
            text_thousands(out, rows[i].count);
            g_string_append_printf(out, " %s", rows[i].where);
            before = ", ";
        }
    }
    if (lost->unreceived + lost->refused + lost->cut > 0) {
        g_string_append_c(out, '\n');
    }
}

void results_producers_text(const Run *run, GString *out)
{
    for (int32_t i = 0; i < run->report->producer_count; i++) {
        const ProducerReport *producer = &run->report->producers[i];
        g_string_append(out, "\nproducer ");
        text_visible(out, producer->name);
        g_string_append(out, " -> ");
        text_visible(out, producer->topic);
        if (producer->more_topics != NULL) {
            text_visible(out, producer->more_topics);
        }
        if (producer->instances > 1) {
            g_string_append_printf(out, " (%d instances)", producer->instances);
        }
        if (producer->measured_from > 0) {
            g_string_append(out, ", measured from ");
            text_fixed(out, producer->measured_from / SIM_MS(1), 3);
            g_string_append(out, " s on");
        }
        g_string_append_c(out, '\n');
        append_producer(producer, out);
        append_errors(producer, out);
        append_unheard(&producer->unheard, out);
    }
}

typedef struct Fate {
    const char *name;
    int64_t count;
    bool always;
} Fate;

static void append_fates(const Fates *fates, GString *out)
{
    const Fate rows[] = {
        {"offered", fates->offered, true},
        {"acked", fates->acked - fates->sent_acks_0, true},
        {"sent with acks=0", fates->sent_acks_0, false},
        {"failed", fates->failed, true},
        {fates->unknown > 0 ? "unknown (no answer yet when the run ended)" : "unknown",
         fates->unknown,
         true},
        {"acked and lost", fates->lost - fates->lost_acks_0, true},
        {"sent with acks=0 and lost", fates->lost_acks_0, false},
        {"duplicated", fates->duplicated, true},
        {"reordered", fates->reordered, false},
        {"failed or unknown, but in the log", fates->failed_in_log, false},
    };
    g_string_append(out, "\nRECORDS\n  ");
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].always || rows[i].count > 0) {
            g_string_append(out, i > 0 ? ", " : "");
            text_thousands(out, rows[i].count);
            g_string_append_printf(out, " %s", rows[i].name);
        }
    }
    g_string_append_c(out, '\n');
}

/* Nothing that KRaft brought, but all that tells one epoch's end from another's. */
static bool only_zookeeper_explains(const Era *era)
{
    return !era->on[ERA_KRAFT] && era->on[ERA_KIP_101] && era->on[ERA_KIP_279] &&
           era->on[ERA_KIP_320];
}

/* Histories that differ below the high watermark: what KIP-101 and KIP-279 are about. */
static void append_diverged(const Run *run, GString *out)
{
    const ClusterReport *report = run->report;
    int64_t replicas = 0;
    const PartitionReport *first = NULL;
    for (int32_t i = 0; i < report->partition_count; i++) {
        const PartitionReport *partition = &report->partitions[i];
        first = first == NULL && partition->diverged > 0 ? partition : first;
        replicas += partition->diverged;
    }
    if (first == NULL) {
        return;
    }
    g_string_append(out, "  ");
    text_thousands(out, replicas);
    g_string_append(out,
                    replicas == 1 ? " in-sync replica holds other records than its leader ("
                                  : " in-sync replicas hold other records than their "
                                    "leaders (the first: ");
    text_partition(out, first->topic, first->partition);
    g_string_append(out, ")\n");
    if (run->scenario != NULL && only_zookeeper_explains(&run->scenario->spec->era)) {
        g_string_append(out,
                        "  With ZooKeeper a leader may go on in its epoch without what its disk "
                        "lost; a follower that has it cannot tell.\n");
    }
}

static bool was_truncated(const Run *run)
{
    const EventLog *log = cluster_event_log(run->cluster);
    LoggedEvent event;
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        if (event_log_get(log, id, &event) && strcmp(event.what, "truncate") == 0) {
            return true;
        }
    }
    return false;
}

/* "truncates 1 record" beside "0 lost" wants a word. */
static void append_truncated(const Run *run, GString *out)
{
    if (run->report->total.lost == 0 && run->cluster != NULL && was_truncated(run)) {
        g_string_append(out,
                        "  Truncated is not lost: what was cut off was not acknowledged, and its "
                        "producer sends it again, or the leader has it.\n");
    }
}

void results_records_text(const Run *run, GString *out)
{
    append_fates(&run->report->total, out);
    append_truncated(run, out);
    append_diverged(run, out);
}

/* As wide as the longest text, so that the measured values stand in one column. */
static int goal_width(const Run *run)
{
    glong width = 40;
    for (guint i = 0; i < run->goals->len; i++) {
        const GoalResult *result = &g_array_index(run->goals, GoalResult, i);
        width = MAX(width, g_utf8_strlen(result->goal->text, -1));
    }
    return (int)MIN(width, 80);
}

static void append_goal(const GoalResult *result, int width, bool colour, GString *out)
{
    const char *sign = result->met ? "✓" : "✗";
    const char *paint = result->met ? "\033[32m" : "\033[31m";
    g_string_append_printf(out, "  %s%s%s ", colour ? paint : "", sign, colour ? "\033[0m" : "");
    gsize start = out->len;
    text_visible(out, result->goal->text);
    text_pad(out, start, width);
    g_string_append(out, "  ");
    if (result->measured.known) {
        text_measure(out, result->goal->unit, result->measured.value);
    } else {
        g_string_append(out, "nothing was measured");
    }
    g_string_append_c(out, '\n');
}

static void append_each_goal(const Run *run, bool colour, bool only_missed, GString *out)
{
    bool first = true;
    const char *title = run->complete ? "GOALS\n" : "GOALS, as far as the run went\n";
    for (guint i = 0; i < run->goals->len; i++) {
        const GoalResult *result = &g_array_index(run->goals, GoalResult, i);
        if (only_missed && result->met) {
            continue;
        }
        if (first) {
            g_string_append_printf(out, "%s%s", only_missed ? "" : "\n", title);
        }
        append_goal(result, goal_width(run), colour, out);
        first = false;
    }
}

/* Before a class has answered: a goal such as "rebalances = 3" is an answer. */
static bool goals_are_answers(const Run *run, SummaryStyle style)
{
    const Lesson *lesson = run->scenario->lesson;
    return style.no_answers && lesson != NULL && lesson->questions->len > 0;
}

void results_goals_text(const Run *run, SummaryStyle style, bool only_missed, GString *out)
{
    guint met = 0;
    if (!goals_are_answers(run, style)) {
        append_each_goal(run, style.colour, only_missed, out);
        return;
    }
    for (guint i = 0; i < run->goals->len; i++) {
        met += g_array_index(run->goals, GoalResult, i).met ? 1 : 0;
    }
    if (met < run->goals->len || (!only_missed && met > 0)) {
        g_string_append_printf(out,
                               "%sGOALS: %u of %u met (told one by one with the answers)\n",
                               only_missed ? "" : "\n",
                               met,
                               run->goals->len);
    }
}

/* A rolling restart that is not over, and why. */
static void append_waiting(const Run *run, GString *out)
{
    for (int32_t i = 0; i < run->report->restart_count; i++) {
        const RestartWindow *window = &run->report->restarts[i];
        if (window->waits_for == NULL) {
            continue;
        }
        g_string_append_printf(
            out, "\nThe rolling restart is not over: broker %d, since ", window->broker);
        text_fixed(out, window->waits_since / SIM_MS(1), 3);
        g_string_append(out, " s, ");
        text_visible(out, window->waits_for);
        g_string_append_c(out, '\n');
    }
}

static bool is_in_isr(const PartitionReport *partition, int32_t broker)
{
    for (int32_t i = 0; i < partition->isr_count; i++) {
        if (partition->isr[i] == broker) {
            return true;
        }
    }
    return false;
}

/* "orders-0 (adds 4, not in sync; removes 1)" */
static void append_move(const PartitionReport *partition, GString *out)
{
    text_visible(out, partition->topic);
    g_string_append_printf(out, "-%d (", partition->partition);
    for (int32_t i = 0; i < partition->adding_count; i++) {
        const int32_t broker = partition->adding[i];
        g_string_append_printf(out,
                               "%s%d%s",
                               i == 0 ? "adds " : ", ",
                               broker,
                               is_in_isr(partition, broker) ? "" : ", not in sync");
    }
    for (int32_t i = 0; i < partition->removing_count; i++) {
        const char *before = i > 0 ? ", " : partition->adding_count > 0 ? "; removes " : "removes ";
        g_string_append_printf(out, "%s%d", before, partition->removing[i]);
    }
    g_string_append_c(out, ')');
}

void results_moving_text(const Run *run, GString *out)
{
    const ClusterReport *report = run->report;
    int32_t count = 0;
    for (int32_t i = 0; i < report->partition_count; i++) {
        const PartitionReport *partition = &report->partitions[i];
        if (partition->adding_count + partition->removing_count == 0) {
            continue;
        }
        if (count < MOVES_NAMED) {
            g_string_append(out, count == 0 ? "\nStill being reassigned: " : ", ");
            append_move(partition, out);
        }
        count++;
    }
    if (count > MOVES_NAMED) {
        g_string_append_printf(out, " and %d more", count - MOVES_NAMED);
    }
    g_string_append(out, count > 0 ? "\n" : "");
}

/* A log that is not whole must not look whole. */
static void append_left_out(const Run *run, GString *out)
{
    uint64_t left_out = event_log_left_out(cluster_event_log(run->cluster));
    if (left_out > 0 && run->scenario->output.events != OUTPUT_EVENTS_NONE) {
        g_string_append(out, "\nevents.jsonl is not whole: ");
        text_thousands(out, (int64_t)left_out);
        g_string_append(out, " events did not fit (/output/events.max)\n");
    }
}

static void append_not_simulated(const Run *run, GString *out)
{
    g_autoptr(GPtrArray) words = summary_not_simulated(run);
    if (words->len == 0) {
        return;
    }
    g_string_append(out, "\nNOT SIMULATED (accepted, changes nothing here)\n");
    for (guint i = 0; i < words->len; i++) {
        g_string_append(out, "  ");
        text_visible(out, words->pdata[i]);
        g_string_append_c(out, '\n');
    }
}

void results_summary_text(const Run *run, SummaryStyle style, GString *out)
{
    append_head(run, out);
    results_producers_text(run, out);
    results_groups_text(run, style.verbose, out);
    results_timeline_text(run, style.verbose, out);
    append_waiting(run, out);
    results_moving_text(run, out);
    results_records_text(run, out);
    results_losses_text(run, out);
    results_invariants_text(run, out);
    results_goals_text(run, style, false, out);
    results_lesson_text(run, style, out);
    append_not_simulated(run, out);
    append_left_out(run, out);
}
