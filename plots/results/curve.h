/* curve.h - from sampled columns to lines: rates of counters, levels of gauges. */
#ifndef KAFKASIM_PLOTS_RESULTS_CURVE_H
#define KAFKASIM_PLOTS_RESULTS_CURVE_H
#include "plots/results/samples.h"

#define CURVE_TOWER 5.0 /* times the usual value */

typedef struct CurvePoint {
    double time_ms, value; /* value NAN: the line has a gap */
} CurvePoint;

typedef struct Curve {
    GArray *points;         /* CurvePoint */
    double least, greatest; /* of the values above zero, and of all; NAN without any */
    gboolean sparse;        /* points stand alone between gaps: draw dots */
} Curve;

typedef enum CurvePick {
    CURVE_LEAST,
    CURVE_GREATEST,
} CurvePick;

/* Per second, at the middle of each interval. Where fewer than ten records fall into a grid
 * interval the rate is taken over several of them (at most a sixtieth of the run), since whole
 * records on a fine grid would draw a comb. */
Curve *curve_rate(const Samples *counter);
Curve *curve_level(const Samples *gauge, CurvePick pick);
/* The same values as a staircase: corners only. */
Curve *curve_staircase(const Samples *gauge, CurvePick pick);
/* The values between two gaps: a line cannot show them. */
Curve *curve_alone(const Curve *self);
/* Where an axis should end: the greatest value, or a little above the usual ones when a few points
 * tower over them. After an outage a backlog is sent within milliseconds; its rate would press all
 * else to the floor. */
double curve_ceiling(const Curve *self);
/* Zero nearly all the time, so that it has no usual value. */
gboolean curve_is_towers(const Curve *self);
void curve_free(Curve *self);

#endif
