/* fidelity.h - batch mode beside the exact mode, record by record: the same scenario and seed run
 * twice, and what differs. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_FIDELITY_H
#define KAFKASIM_SCENARIOS_RUNNER_FIDELITY_H
#include "scenarios/runner/run.h"

typedef struct FidelityRow {
    const char *metric;
    const char *of; /* a producer or a group */
    GoalUnit unit;
    int64_t batch;
    int64_t exact;
} FidelityRow;

/* Of FidelityRow; only what both runs measured. */
GArray *fidelity_compare(const Run *batch, const Run *exact);
/* In ppm of the exact value; INT64_MAX when that is 0 and the other is not. */
int64_t fidelity_error_ppm(const FidelityRow *row);
void fidelity_text(const Run *batch, const Run *exact, GString *out);

#endif
