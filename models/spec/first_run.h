/* first_run.h - what code costs a process that has never run it before.
 *
 * Rare paths (taking over partitions, giving them up, an election of the quorum; a
 * producer's first refusal) are loaded and interpreted the first time a process takes them. Each
 * process keeps a set of the paths it has taken, empty at its start. */
#ifndef KAFKASIM_MODELS_SPEC_FIRST_RUN_H
#define KAFKASIM_MODELS_SPEC_FIRST_RUN_H
#include "models/spec/profile.h"

/* 0 unless the path is new to *taken, which has it afterwards. */
static inline SimDuration
first_run_draw(uint32_t *taken, unsigned int path, const HardwareProfile *profile, Stream *stream)
{
    if ((*taken & 1U << path) != 0) {
        return 0;
    }
    *taken |= 1U << path;
    return distribution_draw(&profile->cpu_first_run, stream);
}

#endif
