/* hold.c - the hold model: pop the earliest of N events, push one at now + Exp(1 s). */
#include "tests/bench/bench.h"

static void hold_on_event(Kernel *kernel, void *self, SimTime now, KernelEvent event)
{
    Bench *bench = self;
    bench_digest(bench, now, (uintptr_t)event.data);
    kernel_schedule(kernel, now + bench_delay(bench, 1e9), event.target, 0, 0, event.data);
}

void bench_hold(Bench *bench)
{
    bench_make_kernel(bench);
    uint32_t target = kernel_add_target(bench->kernel, hold_on_event, bench);
    for (uint64_t i = 0; i < bench->result.n; i++) {
        void *data = (void *)(uintptr_t)i;
        kernel_schedule(bench->kernel, bench_delay(bench, 1e9), target, 0, 0, data);
    }
    bench_fire(bench, bench->result.events);
    bench_report(bench, bench->result.n);
}
