/* statistics.h - means with 95 % intervals, for sweeps and comparisons.
 *
 * Intervals are mean +- t * s / sqrt(n), Student's t with n - 1 degrees of freedom; a single value
 * has no interval (NaN). Only IEEE + - * / and sqrt, so the same bits everywhere. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_SWEEP_STATISTICS_H
#define KAFKASIM_SCENARIOS_RUNNER_SWEEP_STATISTICS_H
#include <glib.h>
#include <stddef.h>

typedef struct Interval {
    size_t n;
    double mean;
    double low95;
    double high95;
    double median;
    double least;
    double most;
    double deviation; /* sample standard deviation; NaN for n < 2 */
} Interval;

/* NaN values (not measured) are left out; n = 0 gives NaN throughout. */
Interval interval_of(const double *values, size_t count);
/* "1,089 ± 3.4": whole numbers from 1000 up; "-" for nothing, no "±" for a single value. */
void interval_text(GString *out, const Interval *interval);
/* Of what is never below 0, as a lag or a latency: "1.4 [0, 3.1]" where ± would reach below. */
void interval_measure_text(GString *out, const Interval *interval);
/* One such number. */
void interval_number(GString *out, double value);
/* The 97.5 % point of Student's t. */
double student_t(size_t degrees);

#endif
