/* terminal_chart.c - see terminal_chart.h. */
#include "plots/terminal_chart.h"

#include "plots/figure/label.h"

#include <math.h>
#include <string.h>

static void end_line(GString *out)
{
    while (out->len > 0 && out->str[out->len - 1] == ' ') {
        g_string_truncate(out, out->len - 1);
    }
    g_string_append_c(out, '\n');
}

static void pad(GString *out, guint count)
{
    for (guint i = 0; i < count; i++) {
        g_string_append_c(out, ' ');
    }
}

/* Right-aligned in the gutter, with the sign that separates it from the picture. */
static void write_gutter(GString *out, const char *text, const char *sign)
{
    char *clean = label_clean_middle(text, TERMINAL_GUTTER - 3, 5);

    pad(out, TERMINAL_GUTTER - 2 - label_width(clean));
    g_string_append_printf(out, "%s %s", clean, sign);
    g_free(clean);
}

void terminal_chart_heading(const TerminalChart *self, const char *text)
{
    char *clean = label_clean(text, TERMINAL_GUTTER + self->width);

    g_string_append(self->out, clean);
    end_line(self->out);
    g_free(clean);
}

static guint column_of(const TerminalChart *self, double time_ms)
{
    const double column = floor(time_ms / self->end_ms * self->width);
    return (guint)CLAMP(column, 0, self->width - 1);
}

/* The greatest value of each column; a column between two points repeats the one before it. */
static double *column_values(const TerminalChart *self, const Curve *curve)
{
    double *values = g_new(double, self->width);
    guint next = 0; /* the first column without a decision */

    for (guint i = 0; i < self->width; i++) {
        values[i] = (double)NAN;
    }
    for (guint i = 0; i < curve->points->len; i++) {
        const CurvePoint *point = &g_array_index(curve->points, CurvePoint, i);
        const guint column = column_of(self, point->time_ms);
        for (; next < column; next++) {
            values[next] = i == 0 ? point->value : point[-1].value;
        }
        values[column] = fmax(values[column], point->value);
        next = MAX(next, column + 1);
    }
    return values;
}

/* Short numbers for the gutter: 950, 1,020, 12.5k, 3.1M. */
static void short_number(GString *out, double value)
{
    const double scale = value >= 1e6 ? 1e6 : value >= 1e4 ? 1e3 : 1;

    if (value / scale >= 1000) {
        label_count(out, value / scale);
    } else {
        label_number(out, value / scale, value / scale < 100 ? 1 : 0);
    }
    g_string_append(out, scale > 1e3 ? "M" : scale > 1 ? "k" : "");
}

/* "1,020 records/s", "12.2 s, log" */
static void write_scale(GString *out, double high, const char *unit)
{
    if (g_str_has_prefix(unit, "ms")) {
        label_duration(out, high);
        g_string_append(out, unit + strlen("ms"));
        return;
    }
    short_number(out, high);
    g_string_append_printf(out, " %s", unit);
}

/* The height of a value in eighths of a line; whatever is above zero is seen. */
static int eighths(double value, double low, double high, gboolean log_axis, guint height)
{
    double part;

    if (isnan(value) || value <= 0) {
        return 0;
    }
    part = log_axis ? log10(value / low) / log10(high / low) : value / high;
    return MAX(1, (int)floor(CLAMP(part, 0, 1) * height * 8 + 0.5));
}

static void write_columns(const TerminalChart *self,
                          const double *values,
                          double low,
                          double high,
                          gboolean log_axis,
                          guint line)
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const int below = (int)(self->height - 1 - line) * 8;

    for (guint i = 0; i < self->width; i++) {
        const int level = eighths(values[i], low, high, log_axis, self->height) - below;
        g_string_append(self->out, blocks[CLAMP(level, 0, 8)]);
    }
    end_line(self->out);
}

void terminal_chart_curve(const TerminalChart *self,
                          const char *name,
                          const char *unit,
                          const Curve *curve,
                          TerminalScale scale)
{
    const gboolean log_axis = scale == TERMINAL_LOG;
    const double ceiling = scale == TERMINAL_CUT ? curve_ceiling(curve) : curve->greatest;
    const double high = ceiling > 0 ? ceiling : 1;
    const double low = log_axis && curve->least > 0 ? curve->least / 10 : 0;
    double *values = column_values(self, curve);
    GString *text = g_string_new(NULL);

    for (guint line = 0; line < self->height; line++) {
        g_string_truncate(text, 0);
        if (line == 0) {
            write_scale(text, high, unit);
        } else if (line + 1 == self->height) {
            g_string_append(text, name);
        } else if (line == 1 && high < curve->greatest) {
            g_string_append(text, "peak ");
            short_number(text, curve->greatest);
        }
        write_gutter(self->out, text->str, line == 0 ? "┤" : "│");
        write_columns(self, values, low, high, log_axis, line);
    }
    g_string_free(text, TRUE);
    g_free(values);
}

void terminal_chart_spans(const TerminalChart *self,
                          const char *name,
                          const SpanRow *row,
                          const char *(*letter)(int state, gconstpointer user),
                          gconstpointer user,
                          gboolean (*worse)(int left, int right))
{
    int *states = g_new0(int, self->width);
    gboolean *known = g_new0(gboolean, self->width);

    for (guint i = 0; i < row->spans->len; i++) {
        const Span *span = &g_array_index(row->spans, Span, i);
        const guint to = column_of(self, span->to_ms - self->end_ms / self->width / 1000);
        for (guint k = column_of(self, span->from_ms); k <= to; k++) {
            if (!known[k] || !worse(states[k], span->state)) {
                states[k] = span->state;
            }
            known[k] = TRUE;
        }
    }
    write_gutter(self->out, name, "│");
    for (guint i = 0; i < self->width; i++) {
        g_string_append(self->out, known[i] ? letter(states[i], user) : " ");
    }
    end_line(self->out);
    g_free(known);
    g_free(states);
}

/* The words go right of the bar, else left of it, else they are cut to the wider side. */
void terminal_chart_bar(const TerminalChart *self, double from_ms, double to_ms, const char *words)
{
    const guint from = column_of(self, from_ms);
    const guint to = to_ms > from_ms ? MAX(from, column_of(self, to_ms)) : from;
    const guint right = self->width - MIN(to + 2, self->width);
    const guint left = from > 0 ? from - 1 : 0;
    char *clean = label_clean(words, MAX(left, right));
    const gboolean before = label_width(clean) > right;

    write_gutter(self->out, "", "│");
    pad(self->out, before ? from - 1 - label_width(clean) : from);
    if (before) {
        g_string_append_printf(self->out, "%s ", clean);
    }
    for (guint i = from; i <= to; i++) {
        g_string_append(self->out, to_ms > from_ms ? "▒" : "▼");
    }
    if (!before) {
        g_string_append_printf(self->out, " %s", clean);
    }
    end_line(self->out);
    g_free(clean);
}

/* The last number is where the run ends; none before it touches it. */
void terminal_chart_axis(const TerminalChart *self)
{
    const double unit = self->end_ms <= 300e3 ? 1e3 : self->end_ms <= 3 * 3600e3 ? 60e3 : 3600e3;
    const double step = label_step(self->end_ms / unit, (int)MAX(self->width / 9, 2));
    const guint ticks = (guint)floor(self->end_ms / unit / step + 1e-9);
    GString *line = g_string_new(NULL);
    GString *number = g_string_new(NULL);
    GString *end = g_string_new(NULL);
    guint end_column;

    label_number(end, self->end_ms / unit, step < 1 ? 3 : 1);
    end_column = self->width - MIN((guint)end->len, self->width);
    for (guint i = 0; i <= ticks; i++) {
        const guint column = column_of(self, i * step * unit);
        g_string_truncate(number, 0);
        label_number(number, i * step, 3);
        if (column + number->len >= end_column || line->len > column) {
            break;
        }
        pad(line, column - (guint)line->len);
        g_string_append(line, number->str);
    }
    pad(line, end_column - (guint)line->len);
    write_gutter(self->out,
                 unit > 60e3  ? "simulated h"
                 : unit > 1e3 ? "simulated min"
                              : "simulated s",
                 " ");
    g_string_append_printf(self->out, "%s%s", line->str, end->str);
    end_line(self->out);
    g_string_free(end, TRUE);
    g_string_free(number, TRUE);
    g_string_free(line, TRUE);
}
