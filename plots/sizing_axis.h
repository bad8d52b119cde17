/* sizing_axis.h - the x axis of the sizing picture: the tested values of one pointer.
 *
 * log2 when the tested numbers spread over more than a factor of 8, linear when less, and by place
 * when they are not numbers. */
#ifndef KAFKASIM_PLOTS_SIZING_AXIS_H
#define KAFKASIM_PLOTS_SIZING_AXIS_H
#include "plots/figure/figure.h"
#include "plots/results/sweep_data.h"

typedef struct SizingAxis {
    double *at; /* position of each tested value */
    guint count;
    gboolean numbers, log;
    double low, high; /* of the axis */
    double width_px;
} SizingAxis;

SizingAxis sizing_axis_of(const SweepData *sweep, double width_px);
void sizing_axis_clear(SizingAxis *self);
/* Pixels from the left end of the axis. */
double sizing_axis_px(const SizingAxis *self, double at);
void sizing_axis_write(const SizingAxis *self, const SweepData *sweep, Figure *figure);

#endif
