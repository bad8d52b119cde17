/* measure_series.c - metrics that are read from the samples. */
#include "scenarios/runner/measure_series.h"
#include "scenarios/runner/text.h"
#include <string.h>

/* Rows first..end-1 of the series lie in the window. */
typedef struct Rows {
    uint32_t first;
    uint32_t end;
} Rows;

static Rows window(const MeasureSource *source, const Goal *what)
{
    SimTime from = what->has_during ? what->from : source->spec->warmup;
    SimTime to = what->has_during ? what->to : source->now;
    Rows rows = {0, 0};
    for (uint32_t row = 0; row < series_rows(source->series); row++) {
        SimTime at = series_time(source->series, row);
        rows.first += at < from ? 1 : 0;
        rows.end += at <= to ? 1 : 0;
    }
    return rows;
}

static bool is_column(
    const Series *series, uint32_t column, const char *metric, const char *key, const char *name)
{
    if (strcmp(series_name(series, column), metric) != 0) {
        return false;
    }
    if (name == NULL) {
        return true;
    }
    g_autofree char *where = g_strdup_printf("%s=%s", key, name);
    return strcmp(series_where(series, column), where) == 0;
}

Measured measure_series_maximum(const MeasureSource *source,
                                const Goal *what,
                                const char *metric,
                                const char *key,
                                const char *name)
{
    Rows rows = window(source, what);
    Measured worst = {false, INT64_MIN};
    for (uint32_t column = 0; column < series_columns(source->series); column++) {
        if (!is_column(source->series, column, metric, key, name)) {
            continue;
        }
        for (uint32_t row = rows.first; row < rows.end; row++) {
            int64_t value = series_value(source->series, column, row);
            worst = (Measured){true, MAX(worst.value, value)};
        }
    }
    return worst;
}

Measured measure_series_minimum(const MeasureSource *source, const Goal *what, const char *metric)
{
    Rows rows = window(source, what);
    Measured least = {false, INT64_MAX};
    int64_t column = series_find(source->series, metric, "");
    for (uint32_t row = rows.first; column >= 0 && row < rows.end; row++) {
        int64_t value = series_value(source->series, (uint32_t)column, row);
        if (value >= 0) { /* -1: there was nothing to be measured */
            least = (Measured){true, MIN(least.value, value)};
        }
    }
    return least;
}

static int64_t
sum_at(const Series *series, uint32_t row, const char *metric, const char *key, const char *name)
{
    int64_t sum = 0;
    for (uint32_t column = 0; column < series_columns(series); column++) {
        if (is_column(series, column, metric, key, name)) {
            sum += series_value(series, column, row);
        }
    }
    return sum;
}

static bool has_column(const Series *series, const char *metric, const char *key, const char *name)
{
    for (uint32_t column = 0; column < series_columns(series); column++) {
        if (is_column(series, column, metric, key, name)) {
            return true;
        }
    }
    return false;
}

Measured
measure_series_largest_sum(const MeasureSource *source, const Goal *what, const char *metric)
{
    Rows rows = window(source, what);
    Measured worst = {false, 0};
    if (!has_column(source->series, metric, "", NULL)) {
        return worst;
    }
    for (uint32_t row = rows.first; row < rows.end; row++) {
        int64_t sum = sum_at(source->series, row, metric, "", NULL);
        worst = (Measured){true, MAX(worst.value, sum)};
    }
    return worst;
}

Measured measure_series_last(const MeasureSource *source,
                             const Goal *what,
                             const char *metric,
                             const char *key,
                             const char *name)
{
    Rows rows = window(source, what);
    if (rows.end <= rows.first || !has_column(source->series, metric, key, name)) {
        return (Measured){false, 0};
    }
    return (Measured){true, sum_at(source->series, rows.end - 1, metric, key, name)};
}

Measured measure_series_growth(const MeasureSource *source,
                               const Goal *what,
                               const char *metric,
                               const char *key,
                               const char *name)
{
    Rows rows = window(source, what);
    if (rows.end < rows.first + 2 || !has_column(source->series, metric, key, name)) {
        return (Measured){false, 0};
    }
    int64_t before = sum_at(source->series, rows.first, metric, key, name);
    int64_t after = sum_at(source->series, rows.end - 1, metric, key, name);
    return (Measured){true, after - before};
}

Measured measure_series_rate(const MeasureSource *source,
                             const Goal *what,
                             const char *metric,
                             const char *key,
                             const char *name)
{
    Measured growth = measure_series_growth(source, what, metric, key, name);
    if (growth.known) {
        Rows rows = window(source, what);
        SimDuration span =
            series_time(source->series, rows.end - 1) - series_time(source->series, rows.first);
        growth.value = text_ratio(growth.value, SIM_SEC(1000), span);
    }
    return growth;
}

Measured measure_series_latency(const MeasureSource *source, const Goal *what, int ppm)
{
    const char *metric = ppm == 500000   ? "kafkasim.producer.latency.p50"
                         : ppm == 990000 ? "kafkasim.producer.latency.p99"
                                         : "kafkasim.producer.latency.p999";
    Measured us = measure_series_maximum(source, what, metric, "producer", what->where_producer);
    return us.known ? (Measured){true, us.value * 1000} : (Measured){false, 0};
}
