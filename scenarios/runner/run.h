/* run.h - one scenario simulated to its end (or to Ctrl-C), and judged. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_RUN_H
#define KAFKASIM_SCENARIOS_RUNNER_RUN_H
#include "scenarios/runner/measure.h"
#include "scenarios/runner/options.h"
#include "scenarios/runner/progress.h"

typedef struct GoalResult {
    const Goal *goal;
    Measured measured;
    bool met;
} GoalResult;

typedef struct Run {
    const Scenario *scenario; /* borrowed */
    Cluster *cluster;
    const ClusterReport *report;
    GArray *goals;    /* of GoalResult, in the scenario's order */
    bool complete;    /* the scenario's whole duration was simulated */
    bool refused;     /* a limit of the engine was met */
    char *standstill; /* virtual time came to no end of one instant: in words; or NULL */
    const char *why;  /* it is not complete; NULL when it is */
} Run;

/* Simulates in slices of virtual time and of events, so that Ctrl-C and the progress line are seen
 * between two events; the slices change nothing in the results. `progress` may be NULL (sweeps). */
Run *run_scenario(const Scenario *scenario, Progress *progress);
void run_free(Run *self);
MeasureSource run_source(const Run *self);
bool run_goals_met(const Run *self);
/* An invariant broke, or time stood still. */
bool run_is_broken(const Run *self);
/* What the process should exit with when nothing else goes wrong. */
ExitStatus run_status(const Run *self);

#endif
