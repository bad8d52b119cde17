/* samples.h - one column of metrics.csv, thinned while it is read.
 *
 * A day sampled every 100 ms has 864,000 grid points; a picture has a thousand pixels. A column
 * keeps at most SAMPLES_LIMIT points: when they are full, neighbours are joined in pairs and every
 * later point takes twice as many samples. A point keeps the last, least and greatest value, so
 * that a spike of one sample survives. Columns on the same grid stay aligned point by point. */
#ifndef KAFKASIM_PLOTS_RESULTS_SAMPLES_H
#define KAFKASIM_PLOTS_RESULTS_SAMPLES_H
#include <glib.h>

#define SAMPLES_LIMIT 2048

typedef struct SamplePoint {
    double time_ms;               /* of the last sample in it */
    double last, least, greatest; /* NAN while no sample had a value */
} SamplePoint;

typedef struct Samples {
    GArray *points; /* SamplePoint */
    guint stride;   /* samples in one point */
    guint open;     /* samples in the last point, 1..stride */
} Samples;

Samples *samples_new(void);
void samples_free(Samples *self);
/* `value` may be NAN: the grid point counts, the value does not. */
void samples_add(Samples *self, double time_ms, double value);
guint samples_length(const Samples *self);
const SamplePoint *samples_at(const Samples *self, guint index);

#endif
