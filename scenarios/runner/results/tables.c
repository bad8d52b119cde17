/* tables.c - the CSV and JSONL files of a run. */
#include "scenarios/runner/results/results.h"
#include "scenarios/runner/results/summary_parts.h"
#include "scenarios/runner/text.h"

static void append_metric_row(const Series *series, uint32_t column, uint32_t row, GString *out)
{
    text_ms(out, series_time(series, row));
    g_string_append_c(out, ',');
    text_csv(out, series_name(series, column));
    g_string_append_c(out, ',');
    text_csv(out, series_where(series, column));
    g_string_append_c(out, ',');
    text_fixed(out, series_value(series, column, row), 0);
    g_string_append_c(out, '\n');
}

void results_metrics_header(GString *out)
{
    g_string_append(out, "time_ms,metric,where,value\n");
}

void results_metrics_rows(const Run *run, uint32_t first, uint32_t end, GString *out)
{
    const Series *series = cluster_series(run->cluster);
    for (uint32_t row = first; row < end; row++) {
        for (uint32_t column = 0; column < series_columns(series); column++) {
            append_metric_row(series, column, row, out);
        }
    }
}

typedef struct BucketSink {
    GString *out;
    const char *kind;
    char *where;
} BucketSink;

static void append_bucket(void *user, int64_t lo, int64_t hi, uint64_t count)
{
    BucketSink *sink = user;
    g_string_append(sink->out, sink->kind);
    g_string_append_c(sink->out, ',');
    text_csv(sink->out, sink->where);
    g_string_append_c(sink->out, ',');
    text_fixed(sink->out, lo, 3);
    g_string_append_c(sink->out, ',');
    text_fixed(sink->out, hi, 3);
    g_string_append_printf(sink->out, ",%" G_GUINT64_FORMAT "\n", (guint64)count);
}

void results_latency_csv(const Run *run, GString *out)
{
    g_string_append(out, "kind,where,from_us,to_us,count\n");
    for (int32_t i = 0; i < run->report->producer_count; i++) {
        const ProducerReport *producer = &run->report->producers[i];
        g_autofree char *where = g_strdup_printf("producer=%s", producer->name);
        BucketSink sink = {out, "produce", where};
        histogram_each(producer->latency, append_bucket, &sink);
    }
    for (int32_t i = 0; i < run->report->group_count; i++) {
        const GroupReport *group = &run->report->groups[i];
        g_autofree char *where = g_strdup_printf("group=%s", group->name);
        BucketSink sink = {out, "end_to_end", where};
        histogram_each(group->end_to_end, append_bucket, &sink);
    }
}

static void append_event(const LoggedEvent *event, GString *out)
{
    g_string_append_printf(out, "{\"id\":%u,\"cause\":%u,\"t\":\"", event->id, event->cause);
    text_seconds(out, event->time);
    g_string_append(out, "\",\"actor\":");
    text_json(out, event->actor);
    g_string_append(out, ",\"what\":");
    text_json(out, event->what);
    g_string_append(out, ",\"detail\":");
    text_json(out, event->detail);
    g_string_append(out, "}\n");
}

void results_events_jsonl(const Run *run, GString *out)
{
    const EventLog *log = cluster_event_log(run->cluster);
    if (run->scenario->output.events == OUTPUT_EVENTS_NONE) {
        return;
    }
    for (uint32_t id = 1; id <= event_log_count(log); id++) {
        LoggedEvent event;
        if (event_log_get(log, id, &event)) {
            append_event(&event, out);
        }
    }
}

/* "1,2,3" as "1 2 3", so that the field needs no quotes. */
static void append_isr(GString *out, const char *isr)
{
    for (const char *at = isr; *at != '\0'; at++) {
        g_string_append_c(out, *at == ',' ? ' ' : *at);
    }
}

void results_leaders_csv(const Run *run, GString *out)
{
    g_string_append(out, "time_ms,topic,partition,leader,leader_epoch,isr,why\n");
    for (int32_t i = 0; i < run->report->leader_change_count; i++) {
        const LeaderChange *change = &run->report->leader_changes[i];
        text_ms(out, change->at);
        g_string_append_c(out, ',');
        text_csv(out, change->topic);
        g_string_append_printf(
            out, ",%d,%d,%d,", change->partition, change->leader, change->leader_epoch);
        append_isr(out, change->isr);
        g_string_append_c(out, ',');
        text_csv(out, change->why);
        g_string_append_c(out, '\n');
    }
}

void results_assignments_csv(const Run *run, GString *out)
{
    g_string_append(out, "time_ms,group,member,state,generation,partitions,tasks\n");
    for (int32_t i = 0; i < run->report->assignment_change_count; i++) {
        const AssignmentChange *change = &run->report->assignment_changes[i];
        text_ms(out, change->at);
        g_string_append_c(out, ',');
        text_csv(out, change->group);
        g_string_append_c(out, ',');
        text_csv(out, change->member);
        g_string_append_c(out, ',');
        text_csv(out, change->state);
        g_string_append_printf(out, ",%d,", change->generation);
        text_csv(out, change->partitions);
        g_string_append_c(out, ',');
        text_csv(out, change->tasks);
        g_string_append_c(out, '\n');
    }
}

void results_controllers_csv(const Run *run, GString *out)
{
    g_string_append(out, "time_ms,controller,epoch\n");
    for (int32_t i = 0; i < run->report->controller_change_count; i++) {
        const ControllerChange *change = &run->report->controller_changes[i];
        text_ms(out, change->at);
        g_string_append_printf(out, ",%d,%d\n", change->controller, change->epoch);
    }
}

static void append_fault(GString *out, SimTime from, SimTime to, const char *label)
{
    text_ms(out, from);
    g_string_append_c(out, ',');
    text_ms(out, to);
    g_string_append_c(out, ',');
    text_csv(out, label);
    g_string_append_c(out, '\n');
}

/* A rolling restart ends with the last of its brokers; each has a row of its own. */
static void append_restarts(const Run *run, const FaultSpec *fault, GString *out)
{
    SimTime end = cluster_now(run->cluster);
    SimTime last = fault->at;
    g_autoptr(GString) rows = g_string_new(NULL);
    for (int32_t i = 0; i < run->report->restart_count; i++) {
        const RestartWindow *window = &run->report->restarts[i];
        if (window->fault == fault) {
            g_autofree char *label = g_strdup_printf("broker %d restarts", window->broker);
            last = window->to >= 0 ? window->to : end;
            append_fault(rows, window->from, last, label);
        }
    }
    g_autofree char *label = results_hit_label(run, fault);
    append_fault(out, fault->at, last, label);
    g_string_append(out, rows->str);
}

void results_faults_csv(const Run *run, GString *out)
{
    const ClusterSpec *spec = run->scenario->spec;
    g_string_append(out, "from_ms,to_ms,label\n");
    for (guint i = 0; i < spec->faults->len; i++) {
        const FaultSpec *fault = spec->faults->pdata[i];
        if (fault->verb == FAULT_ROLLING_RESTART) {
            append_restarts(run, fault, out);
        } else if (results_fault_has_row(run, fault)) {
            g_autofree char *label = results_hit_label(run, fault);
            append_fault(out, fault->at, summary_fault_until(spec, fault), label);
        }
    }
}
