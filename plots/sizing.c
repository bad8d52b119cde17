/* sizing.c - plots/sizing: what a sweep measured against the first pointer that it varied.
 *
 * One panel a measure (at most three: those that goals name and that change come first), a mean
 * line with its 95 % band, one line for each combination of further pointers, a dotted line for
 * each goal and a dashed one at the answer that sweep.json names. The x axis is log2 when the
 * tested numbers spread over more than a factor of 8, and by place when they are not numbers. */
#include "plots/figure/axis.h"
#include "plots/figure/figure.h"
#include "plots/figure/label.h"
#include "plots/sizing_axis.h"
#include "plots/sizing_words.h"

#include <math.h>
#include <string.h>

#define PANEL_PX      250
#define MEASURE_LIMIT 3
#define TICKS         7

/* --- goals --- */

/* Dotted lines with their words on the side away from the answer. */
static void write_goals(const SweepData *sweep,
                        const char *measure,
                        double scale,
                        gboolean leftward,
                        GString *labels,
                        GString *lines)
{
    const JsonTree *goals = json_tree_get(sweep->sweep, "goals");

    for (guint i = 0, tag = 20; i < json_tree_length(goals) && tag < 26; i++) {
        const JsonTree *goal = json_tree_at(goals, i);
        const double limit = json_tree_number(json_tree_get(goal, "limit"));
        GString *text;
        if (isnan(limit) || !sweep_data_goal_is_on(sweep, goal, measure)) {
            continue;
        }
        text = g_string_new("goal ");
        g_string_append(text, label_operator(json_tree_text(json_tree_get(goal, "op"), "")));
        g_string_append_c(text, ' ');
        sizing_append_amount(text, limit, json_tree_text(json_tree_get(goal, "unit"), ""));
        g_string_append_printf(labels, "set label %u ", tag++);
        label_quote(labels, text->str, 40);
        g_string_append(labels, leftward ? " at graph 0.008, first " : " at graph 0.992, first ");
        label_number(labels, limit / scale, 9);
        g_string_append(labels, leftward ? " offset 0,0.6 left" : " offset 0,0.6 right");
        g_string_append(labels,
                        " noenhanced front boxed font small_font textcolor rgb '#555555'\n");
        g_string_append(lines, ", \\\n     ");
        label_number(lines, limit / scale, 9);
        g_string_append(lines, " with lines linewidth 1.3 linecolor rgb black dashtype 3 notitle");
        g_string_free(text, TRUE);
    }
}

/* --- which measures --- */

/* Indices of the measures to draw, in the sweep's order. One that is the same everywhere is drawn
 * only when nothing changes at all; the note names it otherwise. */
static GArray *pick_measures(const SweepData *sweep)
{
    GArray *picked = g_array_new(FALSE, FALSE, sizeof(guint));
    guint room = MEASURE_LIMIT;
    guint wanted[3] = {0};

    for (guint i = 0; i < sweep->measures->len; i++) {
        wanted[sweep_data_interest(sweep, i)]++;
    }
    for (guint level = 3; level-- > 0;) {
        wanted[level] = level == 0 && room < MEASURE_LIMIT ? 0 : MIN(wanted[level], room);
        room -= wanted[level];
    }
    for (guint i = 0; i < sweep->measures->len; i++) {
        const guint level = sweep_data_interest(sweep, i);
        if (wanted[level] > 0) {
            wanted[level]--;
            g_array_append_val(picked, i);
        }
    }
    return picked;
}

/* --- panels --- */

static int compare_cells(gconstpointer left, gconstpointer right, gpointer axis)
{
    const SizingAxis *self = axis;
    const double a = self->at[((const SweepCell *)left)->x];
    const double b = self->at[((const SweepCell *)right)->x];
    return (a > b) - (a < b);
}

/* The cells of one line of one measure, from left to right. */
static GArray *line_cells(const SweepData *sweep, SizingAxis *axis, guint measure, guint line)
{
    GArray *cells = g_array_new(FALSE, FALSE, sizeof(SweepCell));

    for (guint i = 0; i < sweep->cells->len; i++) {
        const SweepCell *cell = &g_array_index(sweep->cells, SweepCell, i);
        if (cell->measure == measure && cell->line == line && !isnan(cell->mean)) {
            g_array_append_val(cells, *cell);
        }
    }
    g_array_sort_with_data(cells, compare_cells, axis);
    return cells;
}

/* A band that reaches below a log axis ends at `least`: gnuplot draws none that has no logarithm.
 */
static void write_block(GString *table,
                        const SweepData *sweep,
                        const SizingAxis *axis,
                        const GArray *cells,
                        double least)
{
    g_string_append(table, "# place on the axis, mean, low 95 %, high 95 %, tested value\n");
    for (guint i = 0; i < cells->len; i++) {
        const SweepCell *cell = &g_array_index(cells, SweepCell, i);
        label_number(table, axis->at[cell->x], 9);
        g_string_append_c(table, '\t');
        label_number(table, cell->mean, 6);
        g_string_append_c(table, '\t');
        label_number(table, cell->low95 < least ? least : cell->low95, 6);
        g_string_append_c(table, '\t');
        label_number(table, cell->high95, 6);
        g_string_append_c(table, '\t');
        label_field(table, g_ptr_array_index(sweep->xs, cell->x), 40);
        g_string_append_c(table, '\n');
    }
    g_string_append(table, "\n\n");
}

typedef struct SizingPanel {
    FigurePanel *panel;
    GString *plot; /* the clauses so far */
    char *table;
    double scale;
    double least; /* where a log axis begins */
    guint blocks;
} SizingPanel;

/* With one line each panel has a colour and a marker of its own, with several each line. */
static void add_line(SizingPanel *self, guint look, const char *title)
{
    static const int points[FIGURE_COLOURS] = {7, 5, 9, 13, 11, 6, 4, 8};
    const char *colour = figure_colours[look % FIGURE_COLOURS];

    g_string_append_printf(self->plot,
                           "%s'%s' index %u using 1:($3/%g):($4/%g) with filledcurves fillstyle "
                           "transparent solid 0.2 noborder linecolor rgb '%s' notitle, \\\n     "
                           "'%s' index %u using 1:($2/%g) with linespoints linewidth 2 pointtype "
                           "%d pointsize 1 linecolor rgb '%s' ",
                           self->blocks == 0 ? "plot " : ", \\\n     ",
                           self->table,
                           self->blocks,
                           self->scale,
                           self->scale,
                           colour,
                           self->table,
                           self->blocks,
                           self->scale,
                           points[look % FIGURE_COLOURS],
                           colour);
    if (*title == '\0') {
        g_string_append(self->plot, "notitle");
    } else {
        g_string_append(self->plot, "title ");
        label_quote(self->plot, title, 20);
    }
    self->blocks++;
}

/* The span of one measure with its bands and goals. */
static void find_span(const SweepData *sweep, guint measure, double *low, double *high)
{
    const JsonTree *goals = json_tree_get(sweep->sweep, "goals");
    const char *name = g_ptr_array_index(sweep->measures, measure);

    *low = *high = (double)NAN;
    for (guint i = 0; i < sweep->cells->len; i++) {
        const SweepCell *cell = &g_array_index(sweep->cells, SweepCell, i);
        if (cell->measure == measure) {
            *low = fmin(*low, cell->mean);
            *high = fmax(*high, fmax(cell->mean, cell->high95));
        }
    }
    for (guint i = 0; i < json_tree_length(goals); i++) {
        const JsonTree *goal = json_tree_at(goals, i);
        if (sweep_data_goal_is_on(sweep, goal, name)) {
            *high = fmax(*high, json_tree_number(json_tree_get(goal, "limit")) * 1.05);
        }
    }
}

static double scaled_axis(FigurePanel *panel, const char *name, const char *unit, double high)
{
    const char *prefix = "";
    double scale;

    if (strcmp(unit, "ms") == 0 && high >= 10000) {
        axis_linear(panel->commands, high / 1000, TICKS, FALSE, &prefix);
        panel->caption = g_strdup_printf("%s (s)", name);
        return 1000;
    }
    scale = axis_linear(panel->commands, high, TICKS, *unit == '\0', &prefix);
    if (*unit != '\0') {
        panel->caption = g_strdup_printf("%s (%s%s)", name, prefix, unit);
    } else {
        panel->caption = scale > 1
                             ? g_strdup_printf("%s (%.*ss)", name, (int)strlen(prefix) - 1, prefix)
                             : g_strdup(name);
    }
    return scale;
}

/* Overload makes latencies of seconds beside ones of milliseconds: those need a log axis. */
static void set_y_axis(SizingPanel *self, const SweepData *sweep, guint measure)
{
    const char *name = g_ptr_array_index(sweep->measures, measure);
    char *unit = label_clean(sweep_data_unit(sweep, name), 16);
    double low;
    double high;

    find_span(sweep, measure, &low, &high);
    self->scale = 1;
    self->least = -G_MAXDOUBLE;
    if (low > 0 && high / low > 100) {
        axis_log(self->panel->commands, &low, &high, TICKS);
        self->least = low;
        self->panel->caption = g_strdup_printf("%s (%s%slog axis)", name, unit, *unit ? ", " : "");
    } else {
        self->scale = scaled_axis(self->panel, name, unit, isnan(high) ? 1 : high);
    }
    g_free(unit);
}

static void add_panel(Figure *figure, const SweepData *sweep, SizingAxis *axis, guint measure)
{
    char *name = g_strdup_printf("%u", figure->panels->len + 1);
    GString *table = figure_add_table(figure, name);
    SizingPanel self = {.panel = figure_add_panel(figure, NULL, PANEL_PX)};
    const guint lines = MIN(sweep->lines->len, FIGURE_COLOURS);
    const SweepCell *answer = sweep_data_answer(sweep);
    const gboolean leftward =
        answer != NULL && sizing_axis_px(axis, axis->at[answer->x]) > axis->width_px / 2;
    GString *goals = g_string_new(NULL);

    self.panel->above_px = figure->panels->len == 1 ? 64 : 50; /* the answer's words */
    self.table = g_strdup_printf("sizing-%s.tsv", name);
    self.plot = g_string_new(NULL);
    set_y_axis(&self, sweep, measure);
    for (guint line = 0; line < lines; line++) {
        GArray *cells = line_cells(sweep, axis, measure, line);
        if (cells->len > 0) {
            write_block(table, sweep, axis, cells, self.least);
            add_line(&self,
                     lines > 1 ? line : figure->panels->len - 1,
                     g_ptr_array_index(sweep->lines, line));
        }
        g_array_unref(cells);
    }
    write_goals(sweep,
                g_ptr_array_index(sweep->measures, measure),
                self.scale,
                leftward,
                self.panel->commands,
                goals);
    if (self.blocks == 0) {
        g_string_assign(self.plot, "plot NaN notitle");
    }
    g_string_append_printf(
        self.panel->commands, "%s%s\nunset logscale y\n", self.plot->str, goals->str);
    g_string_append(self.panel->commands, "do for [i=20:25] { unset label i }\n");
    g_string_free(goals, TRUE);
    g_string_free(self.plot, TRUE);
    g_free(self.table);
    g_free(name);
}

/* --- the answer and the words --- */

static void write_answer(Figure *figure, const SweepData *sweep, const SizingAxis *axis)
{
    const SweepCell *answer = sweep_data_answer(sweep);
    const double px = answer != NULL ? sizing_axis_px(axis, axis->at[answer->x]) : 0;
    const gboolean right = px < axis->width_px * 0.6;
    GString *out = figure->bands;
    GString *text;

    if (answer == NULL) {
        return;
    }
    g_string_append(out, "set arrow 1 nohead from ");
    label_number(out, axis->at[answer->x], 9);
    g_string_append(out, ", graph 1.20 to ");
    label_number(out, axis->at[answer->x], 9);
    g_string_append_printf(
        out,
        ", screen %d./height back linewidth 1.3 linecolor rgb black dashtype 2\n",
        FIGURE_FOOTER);
    text = g_string_new(g_ptr_array_index(sweep->xs, answer->x));
    if (sweep->lines->len > 1) {
        g_string_append_printf(
            text, " with %s", (const char *)g_ptr_array_index(sweep->lines, answer->line));
    }
    g_string_append(text, ": fewest that meets every goal");
    g_string_append(out, "set label 10 ");
    label_quote(out, text->str, 70);
    g_string_append(out, " at ");
    label_number(out, axis->at[answer->x], 9);
    g_string_append_printf(out,
                           ", graph 1.17 offset character %s0.8,0 %s noenhanced front textcolor "
                           "rgb '#333333'\n",
                           right ? "" : "-",
                           right ? "left" : "right");
    g_string_free(text, TRUE);
}

gboolean plot_sizing(const char *sweep_dir, const PlotOptions *options, GError **error)
{
    SweepData *sweep = sweep_data_load(sweep_dir, error);
    SizingAxis axis;
    Figure *figure;
    GArray *picked;
    gboolean drawn;

    if (sweep == NULL) {
        return FALSE;
    }
    figure = figure_new("sizing", "What a sweep measured against the first value that it varied.");
    figure->right_px = sweep->lines->len > 1 ? FIGURE_RIGHT : FIGURE_WIDTH - 40;
    axis = sizing_axis_of(sweep, figure->right_px - FIGURE_LEFT);
    picked = pick_measures(sweep);
    sizing_axis_write(&axis, sweep, figure);
    write_answer(figure, sweep, &axis);
    sizing_set_words(figure, sweep, picked->len);
    for (guint i = 0; i < picked->len; i++) {
        add_panel(figure, sweep, &axis, g_array_index(picked, guint, i));
    }
    drawn = figure_draw(figure, sweep_dir, options, error);
    g_array_unref(picked);
    figure_free(figure);
    sizing_axis_clear(&axis);
    sweep_data_free(sweep);
    return drawn;
}
