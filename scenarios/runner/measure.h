/* measure.h - computes the metrics of goal_metrics.h from what a finished run reports.
 *
 * A value that nothing was measured for (a latency of no records, a column that the models do not
 * provide) is not known; a goal over it is not met. Rates and latencies count after warm-up, and
 * so do maxima and minima over samples. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_MEASURE_H
#define KAFKASIM_SCENARIOS_RUNNER_MEASURE_H
#include "models/world/cluster.h"
#include "scenarios/runner/reader/scenario.h"

typedef struct Measured {
    bool known;
    int64_t value; /* in the metric's unit */
} Measured;

/* What a run left behind; all borrowed. */
typedef struct MeasureSource {
    const ClusterSpec *spec;
    const ClusterReport *report;
    const Series *series;
    SimTime now; /* where the run stopped */
} MeasureSource;

/* Only the fields of `what` that select are read: metric, where_..., during. */
Measured measure(const MeasureSource *source, const Goal *what);
bool measure_is_known_metric(const char *metric);

#endif
