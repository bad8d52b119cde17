/* statistics.c - means with 95 % intervals. */
#include "scenarios/runner/sweep/statistics.h"
#include "scenarios/runner/text.h"
#include <glib.h>
#include <math.h>
#include <stdlib.h>

/* Degrees of freedom 1..30, from any table of Student's t. */
static const double T975[] = {12.706204736, 4.302652730, 3.182446305, 2.776445105, 2.570581836,
                              2.446911851,  2.364624252, 2.306004135, 2.262157163, 2.228138852,
                              2.200985160,  2.178812830, 2.160368656, 2.144786688, 2.131449546,
                              2.119905299,  2.109815578, 2.100922040, 2.093024054, 2.085963447,
                              2.079613845,  2.073873068, 2.068657610, 2.063898562, 2.059538553,
                              2.055529439,  2.051830516, 2.048407142, 2.045229642, 2.042272456};

/* Above 30 the expansion of Cornish and Fisher, good to 1e-5. */
double student_t(size_t degrees)
{
    if (degrees == 0) {
        return (double)NAN;
    }
    if (degrees <= G_N_ELEMENTS(T975)) {
        return T975[degrees - 1];
    }
    double z = 1.959963985;
    double n = (double)degrees;
    double z3 = z * z * z;
    double z5 = z3 * z * z;
    double z7 = z5 * z * z;
    return z + (z3 + z) / (4.0 * n) + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * n * n) +
           (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * n * n * n);
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return left < right ? -1 : left > right ? 1 : 0;
}

static double mean_of(const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += values[i];
    }
    return sum / (double)n;
}

static double deviation_of(const double *values, size_t n, double mean)
{
    double squares = 0;
    for (size_t i = 0; i < n; i++) {
        squares += (values[i] - mean) * (values[i] - mean);
    }
    return sqrt(squares / (double)(n - 1));
}

static void fill(Interval *interval, double *sorted)
{
    size_t n = interval->n;
    qsort(sorted, n, sizeof *sorted, compare);
    interval->median = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0;
    interval->least = sorted[0];
    interval->most = sorted[n - 1];
    interval->mean = mean_of(sorted, n);
    if (n >= 2) {
        interval->deviation = deviation_of(sorted, n, interval->mean);
        double half = student_t(n - 1) * interval->deviation / sqrt((double)n);
        interval->low95 = interval->mean - half;
        interval->high95 = interval->mean + half;
    }
}

Interval interval_of(const double *values, size_t count)
{
    double nan_value = (double)NAN;
    Interval interval = {.n = 0,
                         .mean = nan_value,
                         .low95 = nan_value,
                         .high95 = nan_value,
                         .median = nan_value,
                         .least = nan_value,
                         .most = nan_value,
                         .deviation = nan_value};
    g_autofree double *sorted = g_new(double, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (isfinite(values[i])) {
            sorted[interval.n++] = values[i];
        }
    }
    if (interval.n > 0) {
        fill(&interval, sorted);
    }
    return interval;
}

void interval_number(GString *out, double value)
{
    char buffer[G_ASCII_DTOSTR_BUF_SIZE];
    if (!isfinite(value)) {
        g_string_append(out, "-");
        return;
    }
    const double least = 999.95; /* four digits of it are 1000 */
    if (fabs(value) >= least && fabs(value) < 1e15) {
        text_thousands(out, (int64_t)floor(value + 0.5));
        return;
    }
    g_string_append(out, g_ascii_formatd(buffer, sizeof buffer, "%.4g", value));
}

void interval_text(GString *out, const Interval *interval)
{
    char buffer[G_ASCII_DTOSTR_BUF_SIZE];
    interval_number(out, interval->mean);
    if (interval->n < 2) {
        return;
    }
    double half = interval->high95 - interval->mean;
    /* What is left of equal values after rounding is no spread. */
    if (half < fabs(interval->mean) * 1e-12) {
        half = 0;
    }
    g_string_append(out, " ± ");
    if (half >= 1000) {
        interval_number(out, half);
        return;
    }
    const char *format = half >= 100 ? "%.0f" : "%.2g";
    g_string_append(out, g_ascii_formatd(buffer, sizeof buffer, format, half));
}

void interval_measure_text(GString *out, const Interval *interval)
{
    if (interval->n < 2 || interval->low95 >= 0 || interval->least < 0) {
        interval_text(out, interval);
        return;
    }
    interval_number(out, interval->mean);
    g_string_append(out, " [0, ");
    interval_number(out, interval->high95);
    g_string_append_c(out, ']');
}
