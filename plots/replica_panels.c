/* replica_panels.c - panels of curves about replicas: the smallest ISR, and how many partitions are
 * short of a replica or of a leader as brokers and controller count them. */
#include "plots/line_panel.h"
#include "plots/panels.h"

#include <math.h>

#define PANEL_PX 84

/* min.insync.replicas of older results: as declared, when the topics agree on one, else NAN. */
static double min_insync(const RunData *run)
{
    const JsonTree *topics = json_tree_get(run->scenario, "topics");
    double common = (double)NAN;

    for (guint i = 0; i < json_tree_length(topics); i++) {
        const JsonTree *config = json_tree_get(json_tree_at(topics, i), "config");
        const double value = json_tree_number(json_tree_get(config, "min.insync.replicas"));
        if (isnan(value) || (i > 0 && value != common)) {
            return (double)NAN;
        }
        common = value;
    }
    return common;
}

static void leave_out_below(Curve *curve, double least)
{
    for (guint i = 0; i < curve->points->len; i++) {
        CurvePoint *point = &g_array_index(curve->points, CurvePoint, i);
        point->value = point->value >= least ? point->value : (double)NAN;
    }
}

/* It follows what administrators change; where topics differ there is no one line. */
static void draw_min_insync(LinePanel *panel, const RunData *run)
{
    Samples *limits = run_data_worst(run, RUN_MIN_INSYNC);
    const double declared = min_insync(run);
    Curve *curve;

    if (limits == NULL) {
        if (!isnan(declared)) {
            line_panel_level(panel, declared, "min.insync.replicas");
        }
        return;
    }
    curve = curve_staircase(limits, CURVE_LEAST);
    leave_out_below(curve, 1); /* 0: topics differ in it, or there is none */
    if (curve->greatest > 0) {
        line_panel_curve(panel,
                         curve,
                         "min.insync.replicas",
                         "with lines linewidth 1.2 linecolor rgb black dashtype 3");
    }
    curve_free(curve);
    samples_free(limits);
}

void panel_isr(Figure *figure, const RunData *run)
{
    Samples *sizes = run_data_worst(run, RUN_ISR_MIN);
    Curve *curve;

    if (sizes == NULL) {
        return;
    }
    curve = curve_staircase(sizes, CURVE_LEAST);
    leave_out_below(curve, 0); /* -1: there is no partition */
    if (!isnan(curve->greatest)) {
        LinePanel panel = line_panel_begin(figure, "isr");
        panel.panel->height_px = PANEL_PX;
        line_panel_axis(&panel, "Smallest ISR", "replicas", fmax(curve->greatest, 2));
        line_panel_curve(&panel, curve, "in sync", "with lines linewidth 2.2 linecolor rgb blue");
        draw_min_insync(&panel, run);
        line_panel_end(&panel);
    }
    curve_free(curve);
    samples_free(sizes);
}

static Curve *partition_curve(const RunData *run, RunMetric metric)
{
    Samples *sum = run_data_sum(run, metric);
    Curve *curve = NULL;

    if (sum != NULL) {
        curve = curve_staircase(sum, CURVE_GREATEST);
        samples_free(sum);
    }
    return curve;
}

static const char *partitions_caption(const RunData *run, double greatest, const Curve *offline)
{
    const gboolean internal = greatest > span_rows_length(run->leaders);

    if (offline != NULL && offline->greatest > 0) {
        return internal ? "Under-replicated, as living leaders report, or offline, as the "
                          "controller does, internal topics too"
                        : "Under-replicated, as living leaders report, or offline, as the "
                          "controller does";
    }
    return internal ? "Under-replicated, as living leaders report, internal topics included"
                    : "Under-replicated, as living leaders report";
}

/* A broker counts what it leads and is short of a replica: of a partition whose leader is dead
 * nobody does, though the ISR shrinks. The controller counts those without a leader: only from when
 * it knows that the leader is gone.
 * Drawn only when a partition was ever short of a replica: a flat zero says nothing more than the
 * ISR panel above it. */
void panel_under_replicated(Figure *figure, const RunData *run)
{
    Curve *under = partition_curve(run, RUN_UNDER_REPLICATED);
    Curve *offline = partition_curve(run, RUN_OFFLINE);
    double greatest = under != NULL ? line_panel_highest(0, under) : 0;

    greatest = offline != NULL ? line_panel_highest(greatest, offline) : greatest;
    if (greatest > 0) {
        LinePanel panel = line_panel_begin(figure, "partitions");
        panel.panel->height_px = PANEL_PX;
        line_panel_axis(&panel, partitions_caption(run, greatest, offline), "partitions", greatest);
        if (under != NULL) {
            line_panel_curve(
                &panel,
                under,
                "under-replicated",
                "with filledcurves y1=0 fillstyle solid 0.55 noborder linecolor rgb amber");
        }
        if (offline != NULL && offline->greatest > 0) {
            line_panel_curve(
                &panel,
                offline,
                "offline",
                "with filledcurves y1=0 fillstyle solid 0.9 noborder linecolor rgb black");
        }
        line_panel_end(&panel);
    }
    g_clear_pointer(&under, curve_free);
    g_clear_pointer(&offline, curve_free);
}
