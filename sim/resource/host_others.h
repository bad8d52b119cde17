/* host_others.h - other programs on a host's cores: how long a thread of ours waits for its turn.
 *
 *   calm --pause--> burst --burst--> calm
 *
 * In the mean `threads` of them want to run: a wait is exponential with mean threads / cores x
 * slice. Half of them always do; the other half's work comes in bursts, as of programs that start,
 * work and wait, so that in a burst so many more stand before a thread as are missing in the calm.
 * Both lengths are exponential; without a pause all of them want to run all the time.
 *
 * Leaves out: priorities, and that a thread which has slept comes first (CFS, wake-up preemption).
 * The host's own. */
#ifndef KAFKASIM_SIM_RESOURCE_HOST_OTHERS_H
#define KAFKASIM_SIM_RESOURCE_HOST_OTHERS_H
#include "sim/chance/distribution.h"
#include "sim/kernel/kernel.h"

typedef struct OtherProgramsProfile {
    uint32_t threads;  /* that want to run, in the mean; 0 = the machine is ours */
    SimDuration slice; /* what a thread runs before the next one's turn */
    SimDuration burst; /* mean length */
    SimDuration pause; /* mean length between bursts; 0 = they want to run all the time */
} OtherProgramsProfile;

typedef struct OtherPrograms {
    SimDuration slice;      /* 0 = there are none */
    Distribution turn;      /* of a burst */
    Distribution calm_turn; /* between two */
    Stream turns;
    bool has_pauses;
    bool in_burst;
    SimTime until; /* this burst's or calm's end */
    Distribution burst;
    Distribution pause;
    Stream phases;
} OtherPrograms;

void other_programs_init(OtherPrograms *self,
                         const OtherProgramsProfile *profile,
                         uint32_t cores,
                         uint64_t seed,
                         const char *host);
/* Times come in order. */
SimDuration other_programs_wait(OtherPrograms *self, SimTime now);

#endif
