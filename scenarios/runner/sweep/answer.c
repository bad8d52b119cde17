/* answer.c - which cell a sweep recommends, and the table that shows why. */
#include "scenarios/runner/sweep/statistics.h"
#include "scenarios/runner/sweep/tables.h"
#include "scenarios/runner/text.h"
#include <string.h>

/* Numbers by size; anything else by its place in the scenario's list. */
static double rank_of(const SweepPlan *plan, size_t cell, size_t axis)
{
    const SweepAxis *row = sweep_plan_axis(plan, axis);
    size_t index = sweep_plan_value(plan, cell, axis);
    const cJSON *value = row->values->pdata[index];
    return cJSON_IsNumber(value) ? value->valuedouble : (double)index;
}

static bool is_less(const SweepPlan *plan, size_t a, size_t b)
{
    for (size_t axis = 0; axis < sweep_plan_axes(plan); axis++) {
        double left = rank_of(plan, a, axis);
        double right = rank_of(plan, b, axis);
        if (left < right || left > right) {
            return left < right;
        }
    }
    return false;
}

size_t sweep_answer(const SweepResults *results)
{
    size_t answer = SWEEP_NO_CELL;
    if (results->plan->base->goals->len == 0) {
        return answer;
    }
    for (size_t cell = 0; cell < results->plan->cells; cell++) {
        if (sweep_results_cell_met(results, cell) &&
            (answer == SWEEP_NO_CELL || is_less(results->plan, cell, answer))) {
            answer = cell;
        }
    }
    return answer;
}

static void append_cell_name(const SweepPlan *plan, size_t cell, GString *out)
{
    if (sweep_plan_axes(plan) == 0) {
        g_string_append(out, "as it stands");
    }
    for (size_t axis = 0; axis < sweep_plan_axes(plan); axis++) {
        const SweepAxis *row = sweep_plan_axis(plan, axis);
        g_autofree char *name = sweep_plan_axis_name(plan, axis);
        g_string_append(out, axis > 0 ? ", " : "");
        text_visible(out, name);
        g_string_append(out, " = ");
        text_visible(out, row->texts->pdata[sweep_plan_value(plan, cell, axis)]);
    }
}

/* Larger values that fail again are part of the answer. */
static void append_later_failures(const SweepResults *results, size_t answer, GString *out)
{
    bool first = true;
    for (size_t cell = 0; cell < results->plan->cells; cell++) {
        if (is_less(results->plan, answer, cell) && sweep_results_cell_missed(results, cell)) {
            g_string_append(out, first ? " Above it not all do: " : "; ");
            append_cell_name(results->plan, cell, out);
            first = false;
        }
    }
    g_string_append(out, first ? "" : " misses a goal.");
}

/* "The scenario as it stands misses a goal with 3 of the 10 seeds: 2, 5, 9." */
static void append_missed_seeds(const SweepResults *results, GString *out)
{
    g_autoptr(GString) seeds = g_string_new(NULL);
    guint missed = 0;
    for (guint i = 0; i < results->plan->seeds->len; i++) {
        if (results->rows[i].complete && !results->rows[i].goals_met) {
            missed++;
            g_string_append_printf(seeds,
                                   "%s%" G_GUINT64_FORMAT,
                                   missed > 1 ? ", " : "",
                                   g_array_index(results->plan->seeds, guint64, i));
        }
    }
    if (missed == 0) {
        g_string_append(out, "The scenario as it stands was not run to its end.\n");
        return;
    }
    g_string_append_printf(out,
                           "The scenario as it stands misses a goal with %u of the %u seeds: %s.\n",
                           missed,
                           results->plan->seeds->len,
                           seeds->str);
}

/* Without an answer: what can be said all the same. */
static void append_none(const SweepResults *results, GString *out)
{
    if (sweep_plan_axes(results->plan) == 0) {
        append_missed_seeds(results, out);
        return;
    }
    g_string_append(out,
                    results->interrupted ? "No value that was run to its end meets"
                                         : "No tested value meets");
    g_string_append_printf(
        out, " every goal with every one of the %u seeds.\n", results->plan->seeds->len);
}

static void append_answer(const SweepResults *results, size_t answer, GString *out)
{
    guint seeds = results->plan->seeds->len;
    if (sweep_plan_axes(results->plan) == 0) {
        g_string_append_printf(
            out,
            "The scenario as it stands meets every goal with every one of the %u seeds.\n",
            seeds);
        return;
    }
    g_string_append(out, results->interrupted ? "Of the values that were run to their end, " : "");
    append_cell_name(results->plan, answer, out);
    g_string_append_printf(
        out, " is the fewest that meets every goal with every one of the %u seeds.", seeds);
    append_later_failures(results, answer, out);
    g_string_append_c(out, '\n');
}

void sweep_sentence(const SweepResults *results, GString *out)
{
    size_t answer = sweep_answer(results);
    if (results->interrupted) {
        g_string_append(out, "Interrupted: the cells that are incomplete do not count.\n");
    }
    if (results->plan->base->goals->len == 0) {
        g_string_append(out,
                        sweep_plan_axes(results->plan) == 0
                            ? "The scenario has no goals that a seed could miss.\n"
                            : "The scenario has no goals, so no value is better than another.\n");
    } else if (answer == SWEEP_NO_CELL) {
        append_none(results, out);
    } else {
        append_answer(results, answer, out);
    }
}

static int width_of(const SweepPlan *plan, size_t measure)
{
    const SweepMeasure *column = plan->measures->pdata[measure];
    return MAX(18, (int)g_utf8_strlen(column->name, -1) + 12);
}

static void append_header(const SweepPlan *plan, int first_width, GString *out)
{
    gsize start = out->len;
    g_string_append(out, "  cell");
    text_pad(out, start, first_width);
    for (size_t i = 0; i < plan->measures->len; i++) {
        const SweepMeasure *column = plan->measures->pdata[i];
        const char *unit = text_unit_name(column->what.unit);
        start = out->len;
        text_visible(out, column->name);
        if (unit[0] != '\0') {
            g_string_append_printf(out, " (%s)", unit);
        }
        text_pad(out, start, width_of(plan, i) + 2);
    }
    g_string_append(out, "goals\n");
}

static int first_width_of(const SweepPlan *plan)
{
    glong width = 8;
    for (size_t cell = 0; cell < plan->cells; cell++) {
        g_autoptr(GString) name = g_string_new(NULL);
        append_cell_name(plan, cell, name);
        width = MAX(width, g_utf8_strlen(name->str, -1));
    }
    return (int)width + 4;
}

/* One line a measure: how far apart chance takes the runs of one scenario. */
static void append_spread(const SweepResults *results, size_t measure, int width, GString *out)
{
    const SweepPlan *plan = results->plan;
    const SweepMeasure *column = plan->measures->pdata[measure];
    const char *unit = text_unit_name(column->what.unit);
    g_autofree double *values = sweep_results_cell(results, 0, measure);
    Interval interval = interval_of(values, plan->seeds->len);
    if (interval.n == 0) {
        return;
    }
    gsize start = out->len;
    g_string_append_printf(out, "  %s", column->name);
    g_string_append_printf(out, unit[0] != '\0' ? " (%s)" : "%s", unit);
    text_pad(out, start, width);
    start = out->len;
    interval_measure_text(out, &interval);
    text_pad(out, start, 20);
    const double row[] = {interval.least, interval.median, interval.most};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        start = out->len;
        interval_number(out, row[i]);
        text_pad(out, start, i + 1 < G_N_ELEMENTS(row) ? 11 : 0);
    }
    g_string_append_c(out, '\n');
}

static void append_spreads(const SweepResults *results, GString *out)
{
    const SweepPlan *plan = results->plan;
    int width = 0;
    for (size_t i = 0; i < plan->measures->len; i++) {
        const SweepMeasure *column = plan->measures->pdata[i];
        const char *unit = text_unit_name(column->what.unit);
        width = MAX(width, (int)(strlen(column->name) + strlen(unit)) + 7);
    }
    gsize start = out->len;
    g_string_append(out, "  measure");
    text_pad(out, start, width);
    g_string_append(out, "mean                least      median     most\n");
    for (size_t i = 0; i < plan->measures->len; i++) {
        append_spread(results, i, width, out);
    }
}

void sweep_cells_text(const SweepResults *results, GString *out)
{
    const SweepPlan *plan = results->plan;
    if (sweep_plan_axes(plan) == 0) {
        append_spreads(results, out);
        return;
    }
    int first_width = first_width_of(plan);
    append_header(plan, first_width, out);
    for (size_t cell = 0; cell < plan->cells; cell++) {
        gsize start = out->len;
        g_string_append(out, "  ");
        append_cell_name(plan, cell, out);
        text_pad(out, start, first_width);
        for (size_t i = 0; i < plan->measures->len; i++) {
            g_autofree double *values = sweep_results_cell(results, cell, i);
            Interval interval = interval_of(values, plan->seeds->len);
            start = out->len;
            interval_measure_text(out, &interval);
            text_pad(out, start, width_of(plan, i) + 2);
        }
        g_string_append(out,
                        sweep_results_cell_met(results, cell)      ? "✓\n"
                        : sweep_results_cell_missed(results, cell) ? "✗\n"
                                                                   : "interrupted\n");
    }
}
