/* axis.c - see axis.h. */
#include "plots/figure/axis.h"

#include "plots/figure/label.h"

#include <math.h>

#define SCALE_AT 10000.0
#define HEADROOM 1.06

double axis_linear(GString *out, double greatest, int parts, gboolean whole, const char **prefix)
{
    const double top = greatest > 0 ? greatest : 1;
    const double scale = top >= SCALE_AT * 1000 ? 1e6 : top >= SCALE_AT ? 1e3 : 1;
    const double round = label_step(top / scale * HEADROOM, parts);
    const double step = whole && round < 1 ? 1 : round;

    *prefix = scale > 1e3 ? "million " : scale > 1 ? "thousand " : "";
    g_string_append(out, "unset logscale y\nset format y '%g'\nset yrange [0:");
    label_number(out, ceil(top / scale * HEADROOM / step) * step, 6);
    g_string_append(out, "]\nset ytics nomirror ");
    label_number(out, step, 6);
    g_string_append_c(out, '\n');
    return scale;
}

void axis_log(GString *out, double *low, double *high, int parts)
{
    *low = pow(10, floor(log10(*low)));
    *high = pow(10, ceil(log10(*high)));
    if (*high <= *low) {
        *high = 10 * *low;
    }
    g_string_append(out, "set logscale y 10\nset format y '%g'\nset yrange [");
    label_number(out, *low, 9);
    g_string_append_c(out, ':');
    label_number(out, *high, 9);
    g_string_append_printf(out,
                           "]\nset ytics nomirror %d\nunset mytics\n",
                           log10(*high / *low) > parts + 0.5 ? 100 : 10);
}
