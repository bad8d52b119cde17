/* terminal_chart.h - lines of plain text that make a picture: column charts in eighths of a
 * character, rows of states, a time axis. Every line is a gutter of names and then one character
 * a step of time; nothing but UTF-8 text is written. */
#ifndef KAFKASIM_PLOTS_TERMINAL_CHART_H
#define KAFKASIM_PLOTS_TERMINAL_CHART_H
#include "plots/results/curve.h"
#include "plots/results/spans.h"

#define TERMINAL_GUTTER 19

typedef struct TerminalChart {
    GString *out;
    guint width;  /* characters of the time axis */
    guint height; /* lines of a column chart */
    double end_ms;
} TerminalChart;

typedef enum TerminalScale {
    TERMINAL_FROM_ZERO,
    TERMINAL_CUT, /* from zero to the curve's ceiling */
    TERMINAL_LOG, /* from a decade below the least value */
} TerminalScale;

/* Each column shows the greatest value in its time. */
void terminal_chart_curve(const TerminalChart *self,
                          const char *name,
                          const char *unit,
                          const Curve *curve,
                          TerminalScale scale);
/* One line; `letter` gives the UTF-8 character of a state, `worse` decides within a column. */
void terminal_chart_spans(const TerminalChart *self,
                          const char *name,
                          const SpanRow *row,
                          const char *(*letter)(int state, gconstpointer user),
                          gconstpointer user,
                          gboolean (*worse)(int left, int right));
/* A bar with its words beside it, an arrow head for an instant. */
void terminal_chart_bar(const TerminalChart *self, double from_ms, double to_ms, const char *words);
void terminal_chart_axis(const TerminalChart *self);
void terminal_chart_heading(const TerminalChart *self, const char *text);

#endif
