/* axis.h - y axes of a panel: round ticks, from zero or on a log scale. */
#ifndef KAFKASIM_PLOTS_AXIS_H
#define KAFKASIM_PLOTS_AXIS_H
#include <glib.h>

/* Appends the commands of an axis from 0 to a little above `greatest`, with at most `parts` steps
 * (never broken numbers on a count, `whole`);
 * *prefix becomes "", "thousand " or "million ", and values are to be divided by the returned
 * scale. */
double axis_linear(GString *out, double greatest, int parts, gboolean whole, const char **prefix);
/* Where that axis ends. */
double axis_linear_end(double greatest, int parts, gboolean whole);
/* A log axis from one of 1, 2, 5 times a power of ten to another, a little beyond both values,
 * which become its ends. */
void axis_log(GString *out, double *low, double *high, int parts);

#endif
