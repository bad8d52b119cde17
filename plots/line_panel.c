/* line_panel.c - see line_panel.h. */
#include "plots/line_panel.h"

#include "plots/figure/axis.h"
#include "plots/figure/label.h"

#include <math.h>
#include <string.h>

#define PANEL_PX 128
#define TICKS    4

static const char *const colour_names[FIGURE_COLOURS] = {
    "blue", "orange", "green", "amber", "sky", "pink", "brown", "purple"};

LinePanel line_panel_begin(Figure *figure, const char *name)
{
    LinePanel self = {.table_name = name, .scale = 1};

    self.panel = figure_add_panel(figure, NULL, PANEL_PX);
    self.panel->above_px = 44;
    self.table = figure_add_table(figure, name);
    return self;
}

void line_panel_axis(LinePanel *self, const char *what, const char *unit, double greatest)
{
    const gboolean whole = strcmp(unit, RATE_UNIT) != 0;
    const char *prefix;

    self->scale = axis_linear(self->panel->commands, greatest, TICKS, whole, &prefix);
    self->end = axis_linear_end(greatest, TICKS, whole);
    self->panel->caption = g_strdup_printf("%s (%s%s)", what, prefix, unit);
}

/* A block of the table and its clause of the plot command. */
void line_panel_curve(LinePanel *self, const Curve *curve, const char *title, const char *style)
{
    GString *out = self->panel->commands;

    g_string_append(self->table, "# ");
    label_field(self->table, title, 60);
    g_string_append(self->table, ": time s, value\n");
    for (guint i = 0; i < curve->points->len; i++) {
        const CurvePoint *point = &g_array_index(curve->points, CurvePoint, i);
        label_number(self->table, point->time_ms / 1000.0, 3);
        g_string_append_c(self->table, '\t');
        label_number(self->table, point->value, 3);
        g_string_append_c(self->table, '\n');
    }
    g_string_append(self->table, "\n\n");
    g_string_append_printf(out,
                           "%s'overview-%s.tsv' index %u using ($1/t):($2/%g) %s title ",
                           self->curves == 0 ? "plot " : ", \\\n     ",
                           self->table_name,
                           self->curves,
                           self->scale,
                           style);
    label_quote(out, title, LINE_PANEL_KEY_LIMIT);
    self->curves++;
}

void line_panel_edge(LinePanel *self)
{
    g_string_append_printf(self->panel->commands,
                           ", \\\n     'overview-%s.tsv' index %u using ($1/t):($2/%g) with lines "
                           "linewidth 1.6 linecolor rgb blue notitle",
                           self->table_name,
                           self->curves - 1,
                           self->scale);
}

/* A dotted line across the panel. */
void line_panel_level(LinePanel *self, double level, const char *title)
{
    GString *out = self->panel->commands;

    g_string_append(out, ", \\\n     ");
    label_number(out, level / self->scale, 6);
    g_string_append(out, " with lines linewidth 1.2 linecolor rgb black dashtype 3 title ");
    label_quote(out, title, LINE_PANEL_KEY_LIMIT + 2);
}

void line_panel_end(LinePanel *self)
{
    g_string_append(self->panel->commands, "\nunset label 6\n");
}

static guint shape_of(guint index)
{
    return (index + index / FIGURE_COLOURS) % FIGURE_COLOURS;
}

int line_panel_point(guint index)
{
    static const int shapes[FIGURE_COLOURS] = {7, 5, 9, 13, 11, 6, 4, 8};

    return shapes[shape_of(index)];
}

const char *line_panel_colour(guint index)
{
    return colour_names[index % FIGURE_COLOURS];
}

char *line_panel_style(guint index, guint points)
{
    return g_strdup_printf("with linespoints pointtype %d pointsize 0.6 pointinterval %u "
                           "linewidth 1.5 linecolor rgb %s",
                           line_panel_point(index),
                           MAX(1, points / (11 + 2 * shape_of(index))),
                           line_panel_colour(index));
}

double line_panel_highest(double left, const Curve *curve)
{
    return isnan(curve->greatest) ? left : fmax(left, curve->greatest);
}
