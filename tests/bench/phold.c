/* phold.c - PHOLD (Fujimoto), sequential: N logical processes of 64 bytes, one event each; every
 * event sends one on, to its own process or, one in four, to any. */
#include "tests/bench/bench.h"
#include <stdlib.h>
#include <string.h>

typedef struct Process {
    BenchRandom random;
    uint64_t events;
    uint64_t last_time;
    uint64_t unused[2];
} Process;

typedef struct Phold {
    Bench *bench;
    Process *processes;
} Phold;

static void phold_on_event(Kernel *kernel, void *self, SimTime now, KernelEvent event)
{
    Phold *phold = self;
    Bench *bench = phold->bench;
    Process *process = event.data;
    bench_digest(bench, now, (uint64_t)(process - phold->processes));
    process->events++;
    process->last_time = (uint64_t)now;
    uint64_t word = bench_random(&process->random);
    Process *to = process;
    if (word >> 62 == 0) {
        to = phold->processes + (word << 2 >> 32) * bench->result.n / (UINT64_C(1) << 32);
    }
    SimTime at = now + bench_exponential(&bench->ziggurat, &process->random, 1e9);
    kernel_schedule(kernel, at, event.target, 0, 0, to);
}

void bench_phold(Bench *bench)
{
    Phold phold = {.bench = bench};
    phold.processes = aligned_alloc(64, bench->result.n * sizeof(Process));
    memset(phold.processes, 0, bench->result.n * sizeof(Process));
    for (uint64_t i = 0; i < bench->result.n; i++) {
        bench_random_seed(&phold.processes[i].random, i + 1);
    }
    bench_make_kernel(bench);
    uint32_t target = kernel_add_target(bench->kernel, phold_on_event, &phold);
    for (uint64_t i = 0; i < bench->result.n; i++) {
        SimTime at = bench_delay(bench, 1e9);
        kernel_schedule(bench->kernel, at, target, 0, 0, &phold.processes[i]);
    }
    bench_fire(bench, bench->result.events);
    bench_report(bench, bench->result.n);
    free(phold.processes);
}
