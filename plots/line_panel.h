/* line_panel.h - a panel of curves and levels under construction: its commands and its table. */
#ifndef KAFKASIM_PLOTS_LINE_PANEL_H
#define KAFKASIM_PLOTS_LINE_PANEL_H
#include "plots/figure/figure.h"
#include "plots/results/curve.h"

#define RATE_UNIT "records/s"

#define LINE_PANEL_KEY_LIMIT 19 /* letters of a name in the key */

typedef struct LinePanel {
    FigurePanel *panel;
    GString *table;
    const char *table_name;
    guint curves;
    double scale; /* the script divides values by it */
    double end;   /* of the value axis */
} LinePanel;

/* Tables are overview-NAME.tsv. */
LinePanel line_panel_begin(Figure *figure, const char *name);
/* Caption and axis from zero; 120,000 records are counted in thousands and the caption says so. */
void line_panel_axis(LinePanel *self, const char *what, const char *unit, double greatest);
/* Without a title it has no place in the key. */
void line_panel_curve(LinePanel *self, const Curve *curve, const char *title, const char *style);
/* A line along the top of the filled curve added last: a flat zero stays visible. */
void line_panel_edge(LinePanel *self);
void line_panel_level(LinePanel *self, double level, const char *title);
void line_panel_end(LinePanel *self);
/* The look of the nth of several curves: its colour, and a marker now and then where the others
 * have none. Dashes would tear spikes to pieces. */
char *line_panel_style(guint index, guint points);
int line_panel_point(guint index); /* its marker */
const char *line_panel_colour(guint index);
double line_panel_highest(double left, const Curve *curve);

#endif
