/* bench_measure.c - see bench_measure.h. */
#include "tests/bench/bench_measure.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Resident bytes of data (not of code), counted by page: the running total is only a rounded one.
 */
uint64_t bench_resident_bytes(void)
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

double bench_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void bench_print(const BenchResult *result)
{
    printf("{\"bench\":\"%s\",\"n\":%" PRIu64 ",\"events\":%" PRIu64 ",\"seconds\":%.6f,"
           "\"m_per_s\":%.3f,\"bytes_per_pending\":%.1f,\"digest\":\"%016" PRIx64 "\"}\n",
           result->name,
           result->n,
           result->events,
           result->seconds,
           (double)result->events / result->seconds * 1e-6,
           result->bytes_per_pending,
           result->digest);
}

uint64_t bench_number(const char *text)
{
    char *end = NULL;
    uint64_t number = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' ? number : 0;
}
