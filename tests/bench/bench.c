/* bench.c - see bench.h. */
#include "tests/bench/bench.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Resident bytes of data (not of code), counted by page: the running total is only a rounded one. */
static uint64_t bench_resident_bytes(void)
{
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    char line[256];
    uint64_t kib = 0;
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "Anonymous:", 10) == 0) {
            kib = strtoull(line + 10, NULL, 10);
        }
    }
    if (file) {
        fclose(file);
    }
    return kib * 1024;
}

static double bench_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void bench_make_kernel(Bench *bench)
{
    bench->memory_before_bytes = bench_resident_bytes();
    bench->kernel = kernel_new(NULL);
}

void bench_fire(Bench *bench, uint64_t count)
{
    double start = bench_clock();
    kernel_step(bench->kernel, SIM_TIME_MAX, count);
    bench->seconds = bench_clock() - start;
}

void bench_report(Bench *bench, uint64_t pending)
{
    uint64_t memory_bytes = bench_resident_bytes() - bench->memory_before_bytes;
    printf("{\"bench\":\"%s\",\"n\":%" PRIu64 ",\"events\":%" PRIu64 ",\"seconds\":%.6f,"
           "\"m_per_s\":%.3f,\"bytes_per_pending\":%.1f,\"digest\":\"%016" PRIx64 "\"}\n",
           bench->name,
           bench->n,
           bench->events,
           bench->seconds,
           (double)bench->events / bench->seconds * 1e-6,
           (double)memory_bytes / (double)pending,
           bench->digest);
    kernel_free(bench->kernel);
}
