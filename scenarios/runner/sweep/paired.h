/* paired.h - scenarios beside each other, seed by seed.
 *
 * Common random numbers make the runs of one seed alike, so the difference of a pair varies less
 * than either side; its 95 % interval is Student's over the seeds. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_SWEEP_PAIRED_H
#define KAFKASIM_SCENARIOS_RUNNER_SWEEP_PAIRED_H
#include "scenarios/runner/sweep/execute.h"
#include "scenarios/runner/sweep/statistics.h"

/* of SweepResults*, one cell each, same seeds and measures; the first is the base. The closing
 * sentence is about `metric`; NULL: about what differs most. */
void paired_text(const GPtrArray *sides, const char *metric, bool only_sentence, GString *out);
/* compare.json and one runs-X.csv a side. */
bool paired_write(const GPtrArray *sides, const char *path, GError **error);
void paired_json(const GPtrArray *sides, GString *out);
/* other - base and other / base of one measure over the seeds where both are known. */
Interval paired_difference(const SweepResults *base, const SweepResults *other, size_t measure);
Interval paired_ratio(const SweepResults *base, const SweepResults *other, size_t measure);

#endif
