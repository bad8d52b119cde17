/* advance.h - a cluster runs on for a bounded number of events, so that whoever asks can look
 * around; and an instant that does not end is noticed. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_ADVANCE_H
#define KAFKASIM_SCENARIOS_RUNNER_ADVANCE_H
#include "models/world/cluster.h"

/* So many at a time: some 50 ms of real time. */
#define ADVANCE_EVENTS (UINT64_C(1) << 18)
/* In one instant: 200,000 partitions that all do something at once make a tenth of it. */
#define ADVANCE_INSTANT_EVENTS_MAX (UINT64_C(1) << 25)

typedef struct Advance {
    SimTime instant;
    uint64_t fired; /* events before it, or a little later */
} Advance;

/* As cluster_run, but returns after ADVANCE_EVENTS events (KERNEL_STOPPED). `self` begins zeroed
 * and belongs to one cluster. */
KernelStop advance(Advance *self, Cluster *cluster, SimTime until);
/* NULL, or in words why there is no use in going on. The caller frees it. */
char *advance_standstill(const Advance *self, Cluster *cluster);

#endif
