/* progress.h - one line on stderr that says how far a long run is. Only on a terminal, only after
 * a second of real time, and never in a result. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_PROGRESS_H
#define KAFKASIM_SCENARIOS_RUNNER_PROGRESS_H
#include <stdbool.h>
#include <stdint.h>

typedef struct Progress {
    bool shown;   /* a line stands there */
    bool allowed; /* stderr is a terminal, and nobody asked for quiet */
    int64_t started_us;
    int64_t printed_us;
} Progress;

void progress_init(Progress *self, bool quiet);
/* Simulated time of one run. */
void progress_time(Progress *self, int64_t now_ns, int64_t until_ns);
/* Finished runs of a sweep. */
void progress_runs(Progress *self, int64_t done, int64_t total);
/* Takes the line away. */
void progress_end(Progress *self);

#endif
