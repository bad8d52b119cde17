/* bench.c - see bench.h. */
#include "tests/bench/bench.h"
#include <stdio.h>
#include <stdlib.h>

void bench_make_kernel(Bench *bench)
{
    bench->memory_before_bytes = bench_resident_bytes();
    bench->kernel = kernel_new(NULL);
}

void bench_fire(Bench *bench, uint64_t count)
{
    double start = bench_clock();
    KernelStop stop = kernel_step(bench->kernel, SIM_TIME_MAX, count);
    bench->result.seconds = bench_clock() - start;
    if (stop != KERNEL_STOPPED) {
        fprintf(stderr,
                "bench_kernel: the kernel refused; more events than memory has room for?\n");
        exit(1);
    }
}

void bench_report(Bench *bench, uint64_t pending)
{
    uint64_t bytes = bench_resident_bytes() - bench->memory_before_bytes;
    bench->result.bytes_per_pending = (double)bytes / (double)pending;
    bench_print(&bench->result);
    kernel_free(bench->kernel);
}
