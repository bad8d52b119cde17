/* measure_series.h - metrics that are read from the samples: maxima, windows.
 *
 * A window is what->from..what->to when the goal has "during", else warm-up to the end. `key` and
 * `name` pick columns whose where is "key=name"; a NULL name takes all columns with that key. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_MEASURE_SERIES_H
#define KAFKASIM_SCENARIOS_RUNNER_MEASURE_SERIES_H
#include "scenarios/runner/measure.h"

/* Largest single value of any matching column. */
Measured measure_series_maximum(const MeasureSource *source,
                                const Goal *what,
                                const char *metric,
                                const char *key,
                                const char *name);
Measured measure_series_minimum(const MeasureSource *source, const Goal *what, const char *metric);
/* Largest sum over all columns of the metric at one sample. */
Measured
measure_series_largest_sum(const MeasureSource *source, const Goal *what, const char *metric);
/* The last value in the window, summed over matching columns. */
Measured measure_series_last(const MeasureSource *source,
                             const Goal *what,
                             const char *metric,
                             const char *key,
                             const char *name);
/* How much counters grew in the window, and that per 1000 s. */
Measured measure_series_growth(const MeasureSource *source,
                               const Goal *what,
                               const char *metric,
                               const char *key,
                               const char *name);
Measured measure_series_rate(const MeasureSource *source,
                             const Goal *what,
                             const char *metric,
                             const char *key,
                             const char *name);
/* The worst sampled interval's percentile (500000, 990000 or 999000 ppm); ns. */
Measured measure_series_latency(const MeasureSource *source, const Goal *what, int ppm);

#endif
