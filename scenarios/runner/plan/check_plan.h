/* check_plan.h - what a scenario would do: placement, processes, records, events.
 *
 * Placement is the simulated controller's own: the cluster is started and run for a short probe.
 * Records are counted from the scenario's rates; events are carried on from the probe's second
 * half, so they are an estimate and called one. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_PLAN_CHECK_PLAN_H
#define KAFKASIM_SCENARIOS_RUNNER_PLAN_CHECK_PLAN_H
#include "scenarios/runner/reader/scenario.h"

void check_plan_text(const Scenario *scenario, GString *out);
void check_plan_json(const Scenario *scenario, GString *out);

#endif
