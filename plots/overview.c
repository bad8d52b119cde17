/* overview.c - plots/overview: one run on one time axis.
 *
 *   what was done | throughput | produce latency | consumer lag | smallest ISR | partitions in
 *   trouble | leader of each partition | active controller | members of the groups
 *
 * Only panels that have data are drawn. The title is the finding in words. */
#include "plots/figure/label.h"
#include "plots/finding.h"
#include "plots/panels.h"

typedef struct TimeUnit {
    const char *name;
    double seconds;
} TimeUnit;

static TimeUnit time_unit(double end_ms)
{
    if (end_ms <= 300e3) {
        return (TimeUnit){"s", 1};
    }
    if (end_ms <= 3 * 3600e3) {
        return (TimeUnit){"min", 60};
    }
    return (TimeUnit){"h", 3600};
}

/* Steps that people count in: 6 h and 15 min, not 5 h and 20 min. */
static double tick_step(double span, TimeUnit unit)
{
    static const double steps[] = {1, 2, 3, 6, 12, 24, 48, 96, 168};

    for (guint i = 0; unit.seconds == 3600.0 && i < G_N_ELEMENTS(steps); i++) {
        if (span / steps[i] <= 12) {
            return steps[i];
        }
    }
    return label_step(span, 12);
}

static void write_axis(Figure *figure, double end_ms)
{
    const TimeUnit unit = time_unit(end_ms);
    const double span = end_ms / 1000.0 / unit.seconds;
    GString *out = figure->axis;

    g_string_append_printf(
        out, "t = %g.0          # seconds in one unit of the time axis\n", unit.seconds);
    g_string_append(out, "set xrange [0:");
    label_number(out, span, 6);
    g_string_append(out, "]\nset xtics ");
    label_number(out, tick_step(span, unit), 6);
    g_string_append(out, "\npixel = ");
    label_number(out, end_ms / 1000.0 / (FIGURE_RIGHT - FIGURE_LEFT), 9);
    g_string_append(out,
                    "     # seconds; boxes are at least 1.5 of it wide\n"
                    "left(a) = a/t\n"
                    "right(a,b) = (b-a < 1.5*pixel ? a + 1.5*pixel : b)/t\n"
                    "mid(a,b) = (a+b)/2/t\n");
    g_string_append(out, "set xtics nomirror format ''\n");
    g_string_append(figure->last_axis, "set xtics nomirror format '%g'\n");
    figure->axis_label = g_strdup_printf("simulated time (%s)", unit.name);
}

static void add_small_print(Figure *figure, const RunData *run)
{
    gboolean by_chance = FALSE;

    for (guint i = 0; i < run->faults->len; i++) {
        by_chance = by_chance || g_array_index(run->faults, RunFault, i).by_chance;
    }
    if (by_chance) {
        figure_note(figure,
                    run_data_all_by_chance(run) ? "All faults are by chance, from the seed."
                                                : "* by chance, from the seed.");
    }
    if (run->stride > 1) {
        char *sentence =
            g_strdup_printf("Each point stands for %u samples: rates are means; latency, "
                            "lag and partition counts are the worst of them.",
                            run->stride);
        figure_note(figure, sentence);
        g_free(sentence);
    }
}

static void set_words(Figure *figure, const RunData *run)
{
    char *setting = finding_setting(run);
    char *verdict = finding_verdict(run);

    figure->title = finding_title(run);
    figure->subtitle =
        verdict != NULL ? g_strconcat(setting, " · ", verdict, NULL) : g_strdup(setting);
    add_small_print(figure, run);
    g_free(setting);
    g_free(verdict);
}

static void add_panels(Figure *figure, const RunData *run)
{
    panel_faults(figure, run);
    panel_throughput(figure, run);
    panel_latency(figure, run);
    panel_lag(figure, run);
    panel_isr(figure, run);
    panel_under_replicated(figure, run);
    panel_leaders(figure, run);
    panel_controller(figure, run);
    panel_members(figure, run);
}

gboolean plot_overview(const char *results_dir, const PlotOptions *options, GError **error)
{
    RunData *run = run_data_load(results_dir, error);
    Figure *figure;
    gboolean drawn;

    if (run == NULL) {
        return FALSE;
    }
    figure = figure_new("overview", "Overview of one simulated run: everything on one time axis.");
    write_axis(figure, run->end_ms);
    set_words(figure, run);
    add_panels(figure, run);
    if (figure->panels->len == 0) {
        g_set_error(error,
                    PLOT_ERROR,
                    PLOT_ERROR_DATA,
                    "%s: the tables hold nothing that the overview could draw",
                    results_dir);
        drawn = FALSE;
    } else {
        drawn = figure_draw(figure, results_dir, options, error);
    }
    figure_free(figure);
    run_data_free(run);
    return drawn;
}
