/* axis.c - see axis.h. */
#include "plots/figure/axis.h"

#include "plots/figure/label.h"

#include <math.h>

#define SCALE_AT   10000.0
#define HEADROOM   1.06
#define LOG_MARGIN 0.05 /* of the decades between both values */
#define NARROW     1.75 /* decades */

static void write_tick(GString *out, double at, gboolean first)
{
    GString *number = g_string_new(NULL);

    if (at >= 1000) {
        label_count(number, at);
    } else {
        label_number(number, at, 9);
    }
    g_string_append(out, first ? "" : ", ");
    label_quote(out, number->str, 30);
    g_string_append_c(out, ' ');
    label_number(out, at, 9);
    g_string_free(number, TRUE);
}

static double scale_of(double greatest)
{
    return greatest >= SCALE_AT * 1000 ? 1e6 : greatest >= SCALE_AT ? 1e3 : 1;
}

/* In scaled units. */
static double step_of(double top, int parts, gboolean whole)
{
    const double round = label_step(top / scale_of(top) * HEADROOM, parts);
    return whole && round < 1 ? 1 : round;
}

double axis_linear_end(double greatest, int parts, gboolean whole)
{
    const double top = greatest > 0 ? greatest : 1;
    const double step = step_of(top, parts, whole);
    return ceil(top / scale_of(top) * HEADROOM / step) * step * scale_of(top);
}

double axis_linear(GString *out, double greatest, int parts, gboolean whole, const char **prefix)
{
    const double top = greatest > 0 ? greatest : 1;
    const double scale = scale_of(top);
    const double step = step_of(top, parts, whole);

    *prefix = scale > 1e3 ? "million " : scale > 1 ? "thousand " : "";
    const double end = ceil(top / scale * HEADROOM / step);

    g_string_append(out, "unset logscale y\nset format y '%g'\nset yrange [0:");
    label_number(out, end * step, 6);
    g_string_append(out, "]\nset ytics nomirror (");
    for (double at = 0; at <= end; at++) {
        write_tick(out, at * step, at < 1);
    }
    g_string_append(out, ")\n");
    return scale;
}

/* The nearest of 1, 2 and 5 times a power of ten that is at most `value`. */
static double round_below(double value)
{
    const double power = pow(10, floor(log10(value)));
    const double digits = value / power;

    return power * (digits >= 5 ? 5 : digits >= 2 ? 2 : 1);
}

static double next_round(double round)
{
    const double power = pow(10, floor(log10(round) + 0.1));
    return round < 1.5 * power ? 2 * power : round < 3 * power ? 5 * power : 10 * power;
}

/* At 1, 2, 5, 10 where decades alone would leave an axis with one number. */
static void write_log_ticks(GString *out, double low, double high, int parts)
{
    const double decades = log10(high / low);

    g_string_append(out, "]\nset ytics nomirror (");
    if (decades > NARROW) {
        const int apart = decades > parts + 1 ? 2 : 1;
        const int lowest = (int)ceil(log10(low) / apart - 1e-9);
        const int highest = (int)floor(log10(high) / apart + 1e-9);
        for (int power = lowest; power <= highest; power++) {
            write_tick(out, pow(10, power * apart), power == lowest);
        }
    } else {
        for (double at = low; at < 1.1 * high; at = next_round(at)) {
            write_tick(out, at, at <= low);
        }
    }
    g_string_append(out, ")\nunset mytics\n");
}

void axis_log(GString *out, double *low, double *high, int parts)
{
    const double margin = pow(10, fmax(0.02, LOG_MARGIN * log10(*high / *low)));
    const double most = *high * margin;

    *low = round_below(*low / margin);
    *high = next_round(*low);
    while (*high < most) {
        *high = next_round(*high);
    }
    g_string_append(out, "set logscale y 10\nset format y '%g'\nset yrange [");
    label_number(out, *low, 9);
    g_string_append_c(out, ':');
    label_number(out, *high, 9);
    write_log_ticks(out, *low, *high, parts);
}
