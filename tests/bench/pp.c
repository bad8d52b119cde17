/* pp.c - ping-pong: 1,000 actors in pairs, 500 messages in flight; each receipt sends one back,
 * with a constant delay of one second. */
#include "tests/bench/bench.h"

#define PP_ACTORS 1000u

typedef struct PpActor {
    Bench *bench;
    LaneId lane;
    uint32_t partner;
    uint64_t received;
} PpActor;

static void pp_on_event(Kernel *kernel, void *self, SimTime now, KernelEvent event)
{
    PpActor *actor = self;
    bench_digest(actor->bench, now, event.target);
    actor->received++;
    kernel_post(kernel, actor->lane, SIM_SEC(1), actor->partner, 0, 0, NULL);
}

void bench_pp(Bench *bench)
{
    static PpActor actors[PP_ACTORS];
    bench_make_kernel(bench);
    LaneId lane = kernel_lane(bench->kernel, SIM_SEC(1));
    for (uint32_t i = 0; i < PP_ACTORS; i++) {
        actors[i] = (PpActor){.bench = bench, .lane = lane, .partner = i ^ 1};
        kernel_add_target(bench->kernel, pp_on_event, &actors[i]);
    }
    for (uint32_t i = 0; i < PP_ACTORS; i += 2) {
        kernel_post(bench->kernel, lane, SIM_SEC(1), i, 0, 0, NULL);
    }
    bench_fire(bench, bench->result.events);
    bench_report(bench, PP_ACTORS / 2);
}
