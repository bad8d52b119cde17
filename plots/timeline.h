/* timeline.h - what panels of boxes over time share: leaders of partitions, members of groups.
 *
 * Colour is never the only sign: a leader's box carries the broker's number and no leader is a
 * low black box; each state of a member has its own height. Boxes thinner than a pixel are drawn
 * a pixel and a half wide, so that a short outage can be seen. */
#ifndef KAFKASIM_PLOTS_TIMELINE_H
#define KAFKASIM_PLOTS_TIMELINE_H
#include "plots/figure/figure.h"
#include "plots/results/spans.h"

#define TIMELINE_NAME_LIMIT 21 /* letters that fit left of the panels of a usual canvas */

/* Seconds, as in all tables. */
void timeline_time(GString *out, double ms);
/* set ytics ('orders-0' 0, ...), first row on top; the canvas grows for long names */
void timeline_axis(Figure *figure, FigurePanel *panel, char **names, guint rows);
/* `what`, and which rows are shown where there are more. */
char *timeline_caption(const char *what, guint shown, const SpanRows *all);
/* Did any row ever change? */
gboolean timeline_changed(const SpanRows *all);
/* A clause of the plot command: boxes from column 1 to 2 on the row of column 3. */
void timeline_box(GString *out, const char *where, const char *height, const char *style);
/* Is one of the rows (SpanRow*) ever in this state? */
gboolean timeline_has(const GPtrArray *rows, int state);

#endif
