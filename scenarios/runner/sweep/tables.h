/* tables.h - what a sweep leaves: runs.csv, cells.csv, sweep.json, and the closing sentence. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_SWEEP_TABLES_H
#define KAFKASIM_SCENARIOS_RUNNER_SWEEP_TABLES_H
#include "scenarios/runner/sweep/execute.h"

#define SWEEP_NO_CELL SIZE_MAX

void sweep_runs_csv(const SweepResults *results, GString *out);
void sweep_cells_csv(const SweepResults *results, GString *out);
void sweep_json(const SweepResults *results, GString *out);
/* A table of the cells for the terminal. */
void sweep_cells_text(const SweepResults *results, GString *out);
/* "/topics/0/partitions = 12 is the fewest that meets every goal in all 5 seeds." */
void sweep_sentence(const SweepResults *results, GString *out);
/* Of the cells that met every goal with every seed, the one with the least first value (then the
 * least second one ...); SWEEP_NO_CELL when there is none. */
size_t sweep_answer(const SweepResults *results);
bool sweep_write(const SweepResults *results, const char *path, GError **error);

#endif
