/* plan.h - which runs a sweep or a comparison has: cells x seeds, and what is measured in each.
 *
 * A cell is one combination of values (the last axis turns fastest); run r is seed r % seeds of
 * cell r / seeds. All cells use the same seeds: common random numbers, so that a difference
 * between cells is the values' doing. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_SWEEP_PLAN_H
#define KAFKASIM_SCENARIOS_RUNNER_SWEEP_PLAN_H
#include "scenarios/runner/measure.h"
#include "scenarios/runner/options.h"

/* One column of runs.csv. */
typedef struct SweepMeasure {
    char *name; /* the metric's, with its "where" when two columns share one */
    Goal what;  /* only what selects; strings borrowed from the scenario */
} SweepMeasure;

typedef struct SweepPlan {
    const Scenario *base; /* borrowed */
    char *path;           /* of the scenario file, for messages and @properties */
    char *text;           /* read once, so that all runs see the same */
    gsize length;
    const Options *options;
    GArray *seeds;       /* of guint64 */
    GPtrArray *measures; /* of SweepMeasure* */
    bool single;         /* the scenario's axes do not count */
    size_t cells;
    size_t runs;
} SweepPlan;

/* The measures of one scenario: sweep.measures, else the goals' metrics, else a few common ones. */
GPtrArray *sweep_measures(const Scenario *scenario);
/* For a comparison: the common metrics and those of the goals, over everything. */
GPtrArray *sweep_measures_compared(const Scenario *scenario, const char *wanted);
/* NULL when the file cannot be read again. */
SweepPlan *sweep_plan_new(const Scenario *base, const char *path, const Options *options);
/* One cell, whatever the scenario's "sweep" says; takes over measures and seeds. */
SweepPlan *sweep_plan_new_single(const Scenario *base,
                                 const char *path,
                                 const Options *options,
                                 GPtrArray *measures,
                                 GArray *seeds);
void sweep_plan_free(SweepPlan *self);
/* Takes over seeds. */
void sweep_plan_set_seeds(SweepPlan *self, GArray *seeds);
/* Index of the cell's value on an axis. */
size_t sweep_plan_value(const SweepPlan *self, size_t cell, size_t axis);
/* Reads the scenario of one run; NULL with problems when the values make it invalid. */
Scenario *sweep_plan_scenario(const SweepPlan *self, size_t run, Problems *problems);
size_t sweep_plan_axes(const SweepPlan *self);
/* A short name for an axis, as columns and sentences have it: "partitions"; "orders.partitions"
 * where two would be called the same. Caller frees. */
char *sweep_plan_axis_name(const SweepPlan *self, size_t axis);
const SweepAxis *sweep_plan_axis(const SweepPlan *self, size_t axis);

#endif
