/* peak.c - see peak.h. Words that stand beside another line would seem to be that one's. */
#include "plots/peak.h"

#include "plots/figure/label.h"

#include <math.h>

#define LETTER_PX 8
#define NEAR_PX   40
#define FAR_PX    160
#define MARK_PX   9 /* a triangle */
#define TOP_SHARE 0.96

typedef struct Peak {
    double value;
    double from_ms, to_ms; /* where its line begins to rise, and has come down again */
} Peak;

static double time_at(const GArray *points, guint index)
{
    return g_array_index(points, CurvePoint, MIN(index, points->len - 1)).time_ms;
}

static Peak highest(const GPtrArray *curves)
{
    Peak peak = {.value = 0};

    for (guint i = 0; i < curves->len; i++) {
        const GArray *points = ((const Curve *)g_ptr_array_index(curves, i))->points;
        for (guint k = 0; k < points->len; k++) {
            const double value = g_array_index(points, CurvePoint, k).value;
            if (value >= peak.value) {
                peak = (Peak){value, time_at(points, k > 0 ? k - 1 : 0), time_at(points, k + 1)};
            }
        }
    }
    return peak;
}

/* The end of the last line that leaves the panel between both moments; `from_ms` without any. */
static double end_of_lines(const GPtrArray *curves, double ceiling, double from_ms, double to_ms)
{
    double time_ms = from_ms;

    for (guint i = 0; i < curves->len; i++) {
        const GArray *points = ((const Curve *)g_ptr_array_index(curves, i))->points;
        for (guint k = 0; k < points->len; k++) {
            if (g_array_index(points, CurvePoint, k).value > ceiling &&
                time_at(points, k) < to_ms) {
                time_ms = MAX(time_ms, time_at(points, k + 1));
            }
        }
    }
    return time_ms;
}

static GString *words_of(const LinePanel *panel, const char *name, double value)
{
    GString *text = g_string_new("▲ ");

    if (name != NULL) {
        char *clean = label_clean(name, LINE_PANEL_KEY_LIMIT);
        g_string_append_printf(text, "%s ", clean);
        g_free(clean);
    }
    if (panel->scale > 1) {
        label_number(text, value / panel->scale, 1);
    } else {
        label_count(text, value);
    }
    return text;
}

/* Right of the peak and of lines that follow it within `jump_px`; NAN where the words would stand
 * over lines there. */
static double right_of(const GPtrArray *curves,
                       const Peak *peak,
                       double ceiling,
                       double end_ms,
                       double room_ms,
                       double jump_px)
{
    const double limit_ms = peak->to_ms + jump_px * end_ms / (FIGURE_RIGHT - FIGURE_LEFT);
    double time_ms = peak->to_ms;
    double next_ms = end_of_lines(curves, ceiling, time_ms, time_ms + room_ms);

    while (next_ms > time_ms && next_ms <= limit_ms) {
        time_ms = next_ms;
        next_ms = end_of_lines(curves, ceiling, time_ms, time_ms + room_ms);
    }
    return next_ms > time_ms || time_ms + room_ms > end_ms ? (double)NAN : time_ms;
}

/* Close to the right of the peak, else left of it, else right of more lines, else over lines. */
static double
place(const GPtrArray *curves, double ceiling, double end_ms, double room_ms, gboolean *ret_left)
{
    const Peak peak = highest(curves);
    const double near_ms = right_of(curves, &peak, ceiling, end_ms, room_ms, NEAR_PX);
    const double left_ms = peak.from_ms - room_ms;
    double far_ms;

    *ret_left = isnan(near_ms) && left_ms >= 0 &&
                end_of_lines(curves, ceiling, left_ms, peak.from_ms) <= left_ms;
    if (!isnan(near_ms)) {
        return near_ms;
    }
    if (*ret_left) {
        return peak.from_ms;
    }
    far_ms = right_of(curves, &peak, ceiling, end_ms, room_ms, FAR_PX);
    *ret_left = isnan(far_ms) && peak.to_ms + room_ms > end_ms;
    return !isnan(far_ms) ? far_ms : *ret_left ? end_ms : peak.to_ms;
}

void peak_write(
    LinePanel *panel, const GPtrArray *curves, const char *name, double ceiling, double end_ms)
{
    GString *out = panel->panel->commands;
    GString *text = words_of(panel, name, highest(curves).value);
    const double room_ms =
        label_width(text->str) * LETTER_PX * end_ms / (FIGURE_RIGHT - FIGURE_LEFT);
    gboolean left;
    const double time_ms = place(curves, ceiling, end_ms, room_ms, &left);

    g_string_append(out, "set label 6 ");
    label_quote(out, text->str, 40);
    g_string_append(out, " at ");
    label_number(out, time_ms / 1000.0, 3);
    g_string_append_printf(out,
                           "/t, graph 0.9 offset character %s,0 %s noenhanced front boxed font "
                           "small_font textcolor rgb black\n",
                           !left              ? "0.6"
                           : time_ms < end_ms ? "-0.6"
                                              : "0",
                           left ? "right" : "left");
    g_string_free(text, TRUE);
}

static gint compare_times(gconstpointer left, gconstpointer right)
{
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Of all points that the panel does not hold, in order. */
static GArray *times_above(const GPtrArray *curves, double end)
{
    GArray *times = g_array_new(FALSE, FALSE, sizeof(double));

    for (guint i = 0; i < curves->len; i++) {
        const GArray *points = ((const Curve *)g_ptr_array_index(curves, i))->points;
        for (guint k = 0; k < points->len; k++) {
            const CurvePoint *point = &g_array_index(points, CurvePoint, k);
            if (point->value > end) {
                g_array_append_val(times, point->time_ms);
            }
        }
    }
    g_array_sort(times, compare_times);
    return times;
}

void peak_mark_all(LinePanel *panel, const GPtrArray *curves, double end_ms)
{
    const double apart_ms = MARK_PX * end_ms / (FIGURE_RIGHT - FIGURE_LEFT);
    GArray *times = times_above(curves, panel->end);
    Curve marks = {.points = g_array_new(FALSE, FALSE, sizeof(CurvePoint))};

    for (guint i = 0; i < times->len; i++) {
        const CurvePoint mark = {g_array_index(times, double, i), TOP_SHARE * panel->end};
        const CurvePoint *last =
            marks.points->len > 0 ? &g_array_index(marks.points, CurvePoint, marks.points->len - 1)
                                  : NULL;
        if (last == NULL || mark.time_ms - last->time_ms >= apart_ms) {
            g_array_append_val(marks.points, mark);
        }
    }
    if (marks.points->len > 0) {
        line_panel_curve(panel,
                         &marks,
                         "above the axis",
                         "with points pointtype 9 pointsize 0.8 linecolor rgb black");
    }
    g_array_unref(marks.points);
    g_array_unref(times);
}
