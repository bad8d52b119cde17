/* load.h - how a producer's rate changes with time, and other ways in which records come. Plain
 * data; see spec.h, models/workload/load_shape.h. */
#ifndef KAFKASIM_MODELS_SPEC_LOAD_H
#define KAFKASIM_MODELS_SPEC_LOAD_H
#include "sim/kernel/kernel.h"
#include <glib.h>
#include <stdbool.h>

#define LOAD_FACTOR_ONE INT64_C(1000000)

/* For so long the rate is factor x the producer's. */
typedef struct LoadStep {
    int64_t factor; /* millionths */
    SimDuration duration;
} LoadStep;

/* Steps one after the other: bursts, a Markov-modulated process, a ramp, a curve of the day. */
typedef struct LoadShape {
    GArray *steps;  /* LoadStep; NULL: the rate is even */
    bool repeats;   /* after the last step the first; else the last one's factor stays */
    bool is_random; /* durations are exponential of that mean; the next state is any other */
} LoadShape;

/* A record of a trace that is replayed. */
typedef struct TraceRecord {
    SimTime at;          /* since the producer's start */
    int64_t value_bytes; /* < 0: as the producer's records are */
    char *key;           /* NULL: none, or as the producer's keys are */
} TraceRecord;

typedef struct LoadTrace {
    GArray *records; /* TraceRecord, ascending; NULL: no trace */
} LoadTrace;

void load_shape_add(LoadShape *self, int64_t factor, SimDuration duration);
/* Along straight lines between points that are `gap` apart, in stairs. */
void load_shape_add_curve(LoadShape *self, const double *factors, int32_t count, SimDuration gap);
void load_shape_clear(LoadShape *self);
int64_t load_shape_highest(const LoadShape *self); /* factor */
/* The mean factor over the first `span` (of random durations: in the long run). */
double load_shape_mean(const LoadShape *self, SimDuration span);
void load_trace_clear(LoadTrace *self);

#endif
