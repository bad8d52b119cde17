/* seeds.h - "--seeds 1..10" or "1,2,5". */
#ifndef KAFKASIM_SCENARIOS_RUNNER_SWEEP_SEEDS_H
#define KAFKASIM_SCENARIOS_RUNNER_SWEEP_SEEDS_H
#include <glib.h>

/* Of uint64_t; NULL with a message (caller frees) when the text is no such list. */
GArray *seeds_parse(const char *text, char **problem);

#endif
