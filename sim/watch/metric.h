/* metric.h - numbers over time: counters, gauges, time-weighted means.
 * Values embedded in their owners; reading one never changes it. */
#ifndef KAFKASIM_SIM_WATCH_METRIC_H
#define KAFKASIM_SIM_WATCH_METRIC_H
#include "sim/kernel/kernel.h"

/* The mean of a step function over time, exact in integers (128-bit area). */
typedef struct TimeWeighted {
    int64_t value;
    int64_t maximum;
    SimTime since;   /* of the present value */
    SimTime started; /* of the whole record */
    __extension__ __int128 area;
} TimeWeighted;

void time_weighted_init(TimeWeighted *self, SimTime now, int64_t value);
void time_weighted_set(TimeWeighted *self, SimTime now, int64_t value);
void time_weighted_add(TimeWeighted *self, SimTime now, int64_t change);
double time_weighted_mean(const TimeWeighted *self, SimTime now);

#endif
