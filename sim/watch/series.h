/* series.h - a table of columns sampled on a fixed grid of virtual time.
 *
 * A column is a probe: a function that reads one number from its owner. series_sample reads all
 * of them; the runner's assembly calls it from a grid event. Columns are stored one array each.
 * `name` and `where` are copied ("kafka.server:type=...,name=MessagesInPerSec", "broker=1"). */
#ifndef KAFKASIM_SIM_WATCH_SERIES_H
#define KAFKASIM_SIM_WATCH_SERIES_H
#include "sim/kernel/kernel.h"

typedef struct Series Series;
typedef int64_t (*SeriesProbe)(void *owner, SimTime now);
typedef enum SeriesKind {
    SERIES_GAUGE,   /* the value at the grid point */
    SERIES_COUNTER, /* an ever-growing count; readers take differences */
} SeriesKind;

Series *series_new(SimDuration interval);
void series_free(Series *self);
/* Returns the column's index. Of columns of one name and place the first is found. Columns added
 * later start with zeros for the past. */
uint32_t series_add(Series *self,
                    const char *name,
                    const char *where,
                    SeriesKind kind,
                    SeriesProbe probe,
                    void *owner);
/* Adds a row; at the instant of the last row, fills that one again. */
void series_sample(Series *self, SimTime now);
SimDuration series_interval(const Series *self);
uint32_t series_columns(const Series *self);
uint32_t series_rows(const Series *self);
SimTime series_time(const Series *self, uint32_t row);
const char *series_name(const Series *self, uint32_t column);
const char *series_where(const Series *self, uint32_t column);
SeriesKind series_kind(const Series *self, uint32_t column);
int64_t series_value(const Series *self, uint32_t column, uint32_t row);
/* Index of the column with this name and where, or -1. */
int64_t series_find(const Series *self, const char *name, const char *where);

#endif
