/* summary_json.c - summary.json: everything a reader needs to know about one run in one file. */
#include "scenarios/runner/json_writer.h"
#include "scenarios/runner/results/results.h"
#include "scenarios/runner/results/summary_parts.h"
#include "scenarios/runner/version.h"

static void write_scenario(JsonWriter *json, const Run *run)
{
    const ClusterSpec *spec = run->scenario->spec;
    g_autofree char *seed = g_strdup_printf("%" G_GUINT64_FORMAT, (guint64)spec->seed);
    json_begin_object(json, "scenario");
    json_string(json, "name", spec->name);
    json_string(json, "description", spec->description);
    json_string(json, "seed", seed);
    json_ms(json, "duration_ms", spec->duration);
    json_ms(json, "warmup_ms", spec->warmup);
    json_string(json, "hash", run->scenario->hash);
    json_end_object(json);
}

static void write_head(JsonWriter *json, const Run *run)
{
    g_autofree char *fingerprint =
        g_strdup_printf("%016" G_GINT64_MODIFIER "x", (guint64)cluster_fingerprint(run->cluster));
    json_integer(json, "format", RESULTS_FORMAT);
    json_string(json, "kafkasim", version_number());
    json_string(json, "kafka", KAFKASIM_KAFKA_VERSION);
    write_scenario(json, run);
    json_boolean(json, "complete", run->complete);
    if (!run->complete) {
        json_string(json, "incomplete_because", run->why);
    }
    json_string(json, "fingerprint", fingerprint);
    json_integer(json, "events_fired", (int64_t)cluster_events_fired(run->cluster));
    json_ms(json, "simulated_ms", cluster_now(run->cluster));
    json_integer(
        json, "events_left_out", (int64_t)event_log_left_out(cluster_event_log(run->cluster)));
}

static void write_not_simulated(JsonWriter *json, const Run *run)
{
    g_autoptr(GPtrArray) words = summary_not_simulated(run);
    json_begin_array(json, "not_simulated");
    for (guint i = 0; i < words->len; i++) {
        json_string(json, NULL, words->pdata[i]);
    }
    json_end_array(json);
}

static void write_faults(JsonWriter *json, const Run *run)
{
    const ClusterSpec *spec = run->scenario->spec;
    json_begin_array(json, "faults");
    for (guint i = 0; i < spec->faults->len; i++) {
        const FaultSpec *fault = spec->faults->pdata[i];
        if (!results_fault_has_row(run, fault)) {
            continue;
        }
        g_autofree char *label = results_hit_label(run, fault);
        json_begin_object(json, NULL);
        json_ms(json, "at_ms", fault->at);
        json_ms(json, "until_ms", summary_fault_until(spec, fault));
        json_string(json, "label", label);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_waiting(JsonWriter *json, const ClusterReport *report)
{
    json_begin_array(json, "restarts_waiting");
    for (int32_t i = 0; i < report->restart_count; i++) {
        const RestartWindow *window = &report->restarts[i];
        if (window->waits_for == NULL) {
            continue;
        }
        json_begin_object(json, NULL);
        json_integer(json, "broker", window->broker);
        json_ms(json, "since_ms", window->waits_since);
        json_string(json, "waits_for", window->waits_for);
        json_end_object(json);
    }
    json_end_array(json);
}

void results_summary_json(const Run *run, GString *out)
{
    JsonWriter json;
    json_writer_init(&json, out);
    json_begin_object(&json, NULL);
    write_head(&json, run);
    summary_write_fates(&json, "fates", &run->report->total);
    summary_write_producers(&json, run);
    summary_write_groups(&json, run);
    summary_write_partitions(&json, run);
    json_integer(&json, "elections", run->report->elections);
    json_integer(&json, "isr_shrinks", run->report->isr_shrinks);
    json_integer(&json, "isr_expands", run->report->isr_expands);
    summary_write_goals(&json, run);
    summary_write_invariants(&json, run);
    write_not_simulated(&json, run);
    summary_write_model(&json, run->scenario->spec);
    write_faults(&json, run);
    write_waiting(&json, run->report);
    summary_write_losses(&json, run);
    json_end_object(&json);
}
