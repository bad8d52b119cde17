/* line_panels.c - panels of curves about records: throughput, produce latency.
 *
 * Where a point stands for several samples, rates are means, and latency and lag are the worst
 * in it. A few producers without groups are shown apart: who compares them wrote them. Else
 * throughput is their sum, and latency the worst producer's at each moment. */
#include "plots/figure/axis.h"
#include "plots/figure/label.h"
#include "plots/line_panel.h"
#include "plots/panels.h"
#include "plots/peak.h"

#include <math.h>
#include <string.h>

#define FEW_RECORDS 100.0
#define TICKS       4
#define APART_LIMIT 5 /* producers with a curve each */

/* --- throughput: acknowledged by all producers, consumed by each group. A handful of records (a
 * lesson) has no rate worth the name: then they are counted --- */

static gboolean is_few(const RunData *run)
{
    Samples *acked = run_data_sum(run, RUN_ACKED_RECORDS);
    const guint length = acked != NULL ? samples_length(acked) : 0;
    const gboolean few = length > 0 && samples_at(acked, length - 1)->last <= FEW_RECORDS;

    g_clear_pointer(&acked, samples_free);
    return few;
}

static gboolean has_producers_apart(const RunData *run)
{
    const guint producers = run_data_count(run, RUN_ACKED_RECORDS);

    return run_data_count(run, RUN_CONSUMED_RECORDS) == 0 && producers > 1 &&
           producers <= APART_LIMIT;
}

static Curve *throughput_curve(const Samples *samples, gboolean few)
{
    return few ? curve_staircase(samples, CURVE_GREATEST) : curve_rate(samples);
}

static gboolean has_group(const GPtrArray *columns, const char *group)
{
    for (guint i = 0; i < columns->len; i++) {
        if (strcmp(((const RunColumn *)g_ptr_array_index(columns, i))->where, group) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* What is consumed by the groups that the panel of lags shows, and by others only where that leaves
 * curves free. */
static GPtrArray *consumed_columns(const RunData *run)
{
    GPtrArray *lags = run_data_columns(run, RUN_LAG, PANEL_GROUPS);
    GPtrArray *columns = run_data_columns(run, RUN_CONSUMED_RECORDS, G_MAXUINT);

    for (guint i = columns->len; i > 0 && columns->len > PANEL_GROUPS; i--) {
        const RunColumn *column = g_ptr_array_index(columns, i - 1);
        if (!has_group(lags, column->where)) {
            g_ptr_array_remove_index(columns, i - 1);
        }
    }
    g_ptr_array_unref(lags);
    if (columns->len > PANEL_GROUPS) { /* nobody measured their lags */
        g_ptr_array_set_size(columns, PANEL_GROUPS);
    }
    return columns;
}

static GPtrArray *throughput_curves(const RunData *run, const GPtrArray *columns, gboolean few)
{
    GPtrArray *curves = g_ptr_array_new_with_free_func((GDestroyNotify)curve_free);
    Samples *acked = has_producers_apart(run) ? NULL : run_data_sum(run, RUN_ACKED_RECORDS);

    if (acked != NULL) {
        g_ptr_array_add(curves, throughput_curve(acked, few));
        samples_free(acked);
    }
    for (guint i = 0; i < columns->len; i++) {
        const RunColumn *column = g_ptr_array_index(columns, i);
        g_ptr_array_add(curves, throughput_curve(column->samples, few));
    }
    return curves;
}

static double greatest_of(const GPtrArray *curves)
{
    double greatest = 0;

    for (guint i = 0; i < curves->len; i++) {
        greatest = line_panel_highest(greatest, g_ptr_array_index(curves, i));
    }
    return greatest;
}

/* As high as the curves that are more than a few towers on zero; such towers count only where there
 * is nothing else to see, or where they are not much higher. */
static double ceiling_of(const GPtrArray *curves)
{
    double ceiling = 0;
    double towers = 0;

    for (guint i = 0; i < curves->len; i++) {
        const Curve *curve = g_ptr_array_index(curves, i);
        const double own = curve_ceiling(curve);
        if (!isnan(own) && curve_is_towers(curve)) {
            towers = fmax(towers, own);
        } else if (!isnan(own)) {
            ceiling = fmax(ceiling, own);
        }
    }
    return ceiling > 0 && towers > CURVE_TOWER * ceiling ? ceiling : fmax(ceiling, towers);
}

static char *caption_with_limit(const char *what, guint shown, guint all, const char *more)
{
    return shown < all ? g_strdup_printf("%s, %u of %u groups%s", what, shown, all, more)
                       : g_strconcat(what, more, NULL);
}

/* What is consumed lies on what is acknowledged, mostly: a thin line on a wide one. */
static char *throughput_style(const RunData *run, const RunColumn *column, const Curve *curve)
{
    const guint first = has_producers_apart(run) ? 0 : 1;

    return column != NULL
               ? line_panel_style(run_data_place(run, column) + first, curve->points->len)
               : g_strdup_printf("with lines linewidth %g linecolor rgb blue",
                                 run_data_count(run, RUN_CONSUMED_RECORDS) > 0 ? 3.0 : 1.8);
}

static char *throughput_caption(const RunData *run, gboolean few, guint groups)
{
    const char *what = few ? "Records so far" : "Throughput";

    const JsonTree *fates = json_tree_get(run->summary, "fates");
    const gboolean unheard = json_tree_number(json_tree_get(fates, "sent_acks_0")) > 0;

    return has_producers_apart(run)
               ? g_strdup_printf("%s, acknowledged to each producer%s",
                                 what,
                                 unheard ? " (with acks=0: sent)" : "")
               : caption_with_limit(what,
                                    groups,
                                    run_data_count(run, RUN_CONSUMED_RECORDS),
                                    groups > 0 ? ", consumed as poll() returns it" : "");
}

static const char *throughput_name(const GPtrArray *groups, const RunColumn *group)
{
    return group == NULL ? "acknowledged" : groups->len == 1 ? "consumed" : group->where;
}

/* Of the curve with the highest point; NULL where there is but one. */
static const char *peak_name(const GPtrArray *curves, const GPtrArray *groups)
{
    const guint acked = curves->len - groups->len;
    const double greatest = greatest_of(curves);
    guint highest = 0;

    for (guint i = 0; i < curves->len; i++) {
        highest = ((const Curve *)g_ptr_array_index(curves, i))->greatest == greatest ? i : highest;
    }
    return curves->len == 1
               ? NULL
               : throughput_name(
                     groups, highest < acked ? NULL : g_ptr_array_index(groups, highest - acked));
}

void panel_throughput(Figure *figure, const RunData *run)
{
    const gboolean few = is_few(run);
    const gboolean apart = has_producers_apart(run);
    GPtrArray *groups =
        apart ? run_data_columns(run, RUN_ACKED_RECORDS, APART_LIMIT) : consumed_columns(run);
    GPtrArray *curves = throughput_curves(run, groups, few);
    const double ceiling = few ? greatest_of(curves) : ceiling_of(curves);
    const guint acked = curves->len - groups->len; /* 1, or 0 without producers */

    if (greatest_of(curves) > 0) {
        LinePanel panel = line_panel_begin(figure, "throughput");
        char *what = throughput_caption(run, few, groups->len);
        line_panel_axis(&panel, what, few ? "records" : RATE_UNIT, ceiling);
        if (ceiling < greatest_of(curves)) {
            peak_write(&panel, curves, peak_name(curves, groups), ceiling, run->end_ms);
        }
        for (guint i = 0; i < curves->len; i++) {
            const RunColumn *group = i >= acked ? g_ptr_array_index(groups, i - acked) : NULL;
            const Curve *curve = g_ptr_array_index(curves, i);
            char *style = throughput_style(run, group, curve);
            line_panel_curve(&panel, curve, throughput_name(groups, group), style);
            g_free(style);
        }
        if (ceiling < greatest_of(curves)) {
            peak_mark_all(&panel, curves, run->end_ms);
        }
        line_panel_end(&panel);
        g_free(what);
    }
    g_ptr_array_unref(curves);
    g_ptr_array_unref(groups);
}

/* --- produce latency --- */

static double unit_in_ms(const char *unit)
{
    static const struct {
        const char *unit;
        double ms;
    } units[] = {{"ns", 1e-6}, {"us", 1e-3}, {"µs", 1e-3}, {"ms", 1}, {"s", 1e3}, {"min", 6e4}};

    for (guint i = 0; i < G_N_ELEMENTS(units); i++) {
        if (strcmp(unit, units[i].unit) == 0) {
            return units[i].ms;
        }
    }
    return (double)NAN;
}

/* Goals about a percentile that the panel shows. */
static void add_latency_goals(LinePanel *panel, const RunData *run, double low, double high)
{
    static const char prefix[] = "produce.latency.p";
    const JsonTree *goals = json_tree_get(run->summary, "goals");
    guint shown = 0;

    for (guint i = 0; i < json_tree_length(goals) && shown < 3; i++) {
        const JsonTree *goal = json_tree_at(goals, i);
        const char *metric = json_tree_text(json_tree_get(goal, "metric"), "");
        const double limit_ms = json_tree_number(json_tree_get(goal, "limit")) *
                                unit_in_ms(json_tree_text(json_tree_get(goal, "unit"), ""));
        GString *title;
        if (!g_str_has_prefix(metric, prefix) || !(limit_ms >= low && limit_ms <= high)) {
            continue;
        }
        title = g_string_new("goal ");
        g_string_append(title, metric + strlen(prefix) - 1);
        g_string_append_printf(
            title, " %s ", label_operator(json_tree_text(json_tree_get(goal, "op"), "")));
        label_duration(title, limit_ms);
        line_panel_level(panel, limit_ms, title->str);
        g_string_free(title, TRUE);
        shown++;
    }
}

static Curve *latency_curve(const RunData *run, RunMetric metric)
{
    Samples *worst = run_data_worst(run, metric);
    Curve *curve;

    if (worst == NULL) {
        return NULL;
    }
    curve = curve_level(worst, CURVE_GREATEST);
    samples_free(worst);
    return curve;
}

static const struct {
    RunMetric metric;
    const char *title, *colour;
    int point;
    double width;
} percentiles[] = {
    {RUN_LATENCY_P999, "p99.9", "pink", 9, 3.2},
    {RUN_LATENCY_P99, "p99", "amber", 5, 1.8},
    {RUN_LATENCY_P50, "p50", "green", 7, 1.8},
};

/* Dashes would hide spikes, so a marker now and then tells the lines apart; a marker at every
 * value where most stand alone. */
static char *percentile_style(guint index, const Curve *curve)
{
    const guint every = curve->sparse ? 1 : MAX(1, curve->points->len / 14);

    return g_strdup_printf("with linespoints pointtype %d pointsize 0.55 pointinterval %u "
                           "linewidth %g linecolor rgb %s",
                           percentiles[index].point,
                           every,
                           percentiles[index].width,
                           percentiles[index].colour);
}

/* What comes after an outage may be one sample, and the highest of all. */
static void add_alone(LinePanel *panel, const Curve *curve, int point, const char *colour)
{
    Curve *alone = curve_alone(curve);

    if (alone->points->len > 0) {
        char *style = g_strdup_printf(
            "with points pointtype %d pointsize 0.9 linecolor rgb %s", point, colour);
        line_panel_curve(panel, alone, "", style);
        g_free(style);
    }
    curve_free(alone);
}

/* "p50, run 5.8 ms": that of the slowest producer in the whole run, as the summary tells it. The
 * curve can lie elsewhere all the time: where half of the records are fast, the median of a few of
 * them is too.
 */
static char *percentile_title(const RunData *run, guint index)
{
    const JsonTree *producers = json_tree_get(run->summary, "producers");
    const char *name = percentiles[index].title;
    GString *out = g_string_new(name);
    double slowest_ms = 0;

    for (guint i = 0; i < json_tree_length(producers); i++) {
        const JsonTree *latency = json_tree_get(json_tree_at(producers, i), "latency_ms");
        slowest_ms = fmax(slowest_ms, json_tree_number(json_tree_get(latency, name)));
    }
    g_string_append(out, ", run ");
    label_duration(out, slowest_ms);
    if (slowest_ms <= 0 || label_width(out->str) > LINE_PANEL_KEY_LIMIT) {
        g_string_assign(out, name);
    }
    return g_string_free(out, FALSE);
}

static void add_percentile(LinePanel *panel, const RunData *run, guint index, const Curve *curve)
{
    char *style = percentile_style(index, curve);
    char *title = percentile_title(run, index);

    line_panel_curve(panel, curve, title, style);
    g_free(title);
    g_free(style);
    if (!curve->sparse) {
        add_alone(panel, curve, percentiles[index].point, percentiles[index].colour);
    }
}

/* Between two samples, 0 without two; a percentile is one of the records between them. */
static double sample_ms(const RunData *run)
{
    GPtrArray *columns = run_data_columns(run, RUN_LATENCY_P99, 1);
    const Samples *samples =
        columns->len > 0 ? ((const RunColumn *)g_ptr_array_index(columns, 0))->samples : NULL;
    double ms = 0;

    if (samples != NULL && samples_length(samples) > 1) {
        ms = (samples_at(samples, 1)->time_ms - samples_at(samples, 0)->time_ms) / samples->stride;
    }
    g_ptr_array_unref(columns);
    return ms;
}

/* What is sent before the warm-up ends is not measured: the curves begin later than throughput. */
static char *latency_caption(const RunData *run, gboolean apart)
{
    const JsonTree *scenario = json_tree_get(run->summary, "scenario");
    const double warmup_ms = json_tree_number(json_tree_get(scenario, "warmup_ms"));
    const double each_ms = sample_ms(run);
    GString *out = g_string_new("Produce latency");

    if (each_ms > 0) {
        g_string_append(out, " in each ");
        label_duration(out, each_ms);
    }
    if (apart) {
        g_string_append(out, ", p99 of each producer");
    } else if (run_data_count(run, RUN_LATENCY_P50) > 1) {
        g_string_append(out, ", slowest producer");
    }
    if (warmup_ms > 0) {
        g_string_append(out, ", after the warm-up of ");
        label_duration(out, warmup_ms);
    }
    g_string_append(out, " (ms, log axis)");
    return g_string_free(out, FALSE);
}

/* p99 of each of a few producers. */
static void panel_latencies_apart(Figure *figure, const RunData *run)
{
    GPtrArray *producers = run_data_columns(run, RUN_LATENCY_P99, APART_LIMIT);
    GPtrArray *curves = g_ptr_array_new_with_free_func((GDestroyNotify)curve_free);
    double low = (double)NAN;
    double high = (double)NAN;

    for (guint i = 0; i < producers->len; i++) {
        const RunColumn *column = g_ptr_array_index(producers, i);
        Curve *curve = curve_level(column->samples, CURVE_GREATEST);
        low = fmin(low, curve->least);
        high = fmax(high, curve->greatest);
        g_ptr_array_add(curves, curve);
    }
    if (low > 0) {
        LinePanel panel = line_panel_begin(figure, "latency");
        panel.panel->caption = latency_caption(run, TRUE);
        axis_log(panel.panel->commands, &low, &high, TICKS);
        for (guint i = 0; i < producers->len; i++) {
            const RunColumn *column = g_ptr_array_index(producers, i);
            const Curve *curve = g_ptr_array_index(curves, i);
            const guint place = run_data_place(run, column);
            char *style = line_panel_style(place, curve->points->len);
            line_panel_curve(&panel, curve, column->where, style);
            g_free(style);
            add_alone(&panel, curve, line_panel_point(place), line_panel_colour(place));
        }
        add_latency_goals(&panel, run, low, high);
        line_panel_end(&panel);
        g_string_append(panel.panel->commands, "unset logscale y\n");
    }
    g_ptr_array_unref(curves);
    g_ptr_array_unref(producers);
}

void panel_latency(Figure *figure, const RunData *run)
{
    if (has_producers_apart(run)) {
        panel_latencies_apart(figure, run);
        return;
    }
    Curve *curves[G_N_ELEMENTS(percentiles)];
    double low = (double)NAN;
    double high = (double)NAN;

    for (guint i = 0; i < G_N_ELEMENTS(percentiles); i++) {
        curves[i] = latency_curve(run, percentiles[i].metric);
        if (curves[i] != NULL) {
            low = fmin(low, curves[i]->least);
            high = fmax(high, curves[i]->greatest);
        }
    }
    if (low > 0) {
        LinePanel panel = line_panel_begin(figure, "latency");
        panel.panel->caption = latency_caption(run, FALSE);
        axis_log(panel.panel->commands, &low, &high, TICKS);
        for (guint i = 0; i < G_N_ELEMENTS(percentiles); i++) {
            if (curves[i] != NULL) {
                add_percentile(&panel, run, i, curves[i]);
            }
        }
        add_latency_goals(&panel, run, low, high);
        line_panel_end(&panel);
        g_string_append(panel.panel->commands, "unset logscale y\n");
    }
    for (guint i = 0; i < G_N_ELEMENTS(percentiles); i++) {
        g_clear_pointer(&curves[i], curve_free);
    }
}
