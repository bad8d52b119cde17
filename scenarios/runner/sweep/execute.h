/* execute.h - runs all runs of a plan on a few threads; where a result lands depends on its index
 * alone, so that any number of threads gives the same table. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_SWEEP_EXECUTE_H
#define KAFKASIM_SCENARIOS_RUNNER_SWEEP_EXECUTE_H
#include "scenarios/runner/progress.h"
#include "scenarios/runner/sweep/plan.h"

typedef struct SweepRow {
    bool done;
    bool complete;
    bool goals_met;
    bool invariant_broken;
    Measured *values; /* one a measure of the plan */
} SweepRow;

typedef struct SweepResults {
    const SweepPlan *plan;
    SweepRow *rows; /* plan->runs */
    char *problems; /* what made a run impossible; NULL when nothing did */
    bool interrupted;
} SweepResults;

SweepResults *sweep_execute(const SweepPlan *plan, int jobs, Progress *progress);
void sweep_results_free(SweepResults *self);
/* The measure's values of one cell in seed order, NaN where not known; n = the plan's seeds. */
double *sweep_results_cell(const SweepResults *self, size_t cell, size_t measure);
/* True when every seed of the cell met every goal. */
bool sweep_results_cell_met(const SweepResults *self, size_t cell);
/* True when a seed missed a goal; runs that an interruption ended or left out missed none. */
bool sweep_results_cell_missed(const SweepResults *self, size_t cell);

#endif
