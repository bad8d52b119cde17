/* bench_measure.h - what every driver, ours and the peers', measures in the same way: resident
 * memory, the clock around the loop, and the line of JSON. */
#ifndef KAFKASIM_TESTS_BENCH_MEASURE_H
#define KAFKASIM_TESTS_BENCH_MEASURE_H
#include <stdint.h>

#define BENCH_SEED         20240229u
#define BENCH_DIGEST_FIRST UINT64_C(0xcbf29ce484222325)

typedef struct BenchResult {
    const char *name;
    uint64_t n;      /* pending events, actors; 0 where the benchmark has none to choose */
    uint64_t events; /* what is counted: events, customers, messages, fired events */
    double seconds;
    double bytes_per_pending;
    uint64_t digest; /* over time and actor of every fired event */
} BenchResult;

uint64_t bench_resident_bytes(void);
double bench_clock(void);
void bench_print(const BenchResult *result);
/* A whole number from 1 on; 0 for anything else. */
uint64_t bench_number(const char *text);

static inline uint64_t bench_digest_next(uint64_t digest, uint64_t time, uint64_t actor)
{
    return (digest ^ time ^ actor << 40) * UINT64_C(0x100000001b3);
}

#endif
