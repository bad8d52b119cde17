/* bench.h - what the benchmarks of the kernel share: one kernel, one source of chance, one digest
 * over every fired event. */
#ifndef KAFKASIM_TESTS_BENCH_BENCH_H
#define KAFKASIM_TESTS_BENCH_BENCH_H
#include "sim/kernel/kernel.h"
#include "tests/bench/bench_measure.h"
#include "tests/bench/bench_random.h"

typedef struct Bench {
    BenchResult result;
    Kernel *kernel;
    BenchRandom random;
    BenchZiggurat ziggurat;
    BenchBlock block;
    uint64_t memory_before_bytes;
} Bench;

/* Takes the memory's measure, then makes the kernel. Call when all else is allocated and touched.
 */
void bench_make_kernel(Bench *bench);
/* Fires `count` events under the clock. */
void bench_fire(Bench *bench, uint64_t count);
/* Prints the line and frees the kernel. `pending` is what the memory is shared out over. */
void bench_report(Bench *bench, uint64_t pending);

void bench_hold(Bench *bench);
void bench_phold(Bench *bench);
void bench_mm1(Bench *bench);
void bench_pp(Bench *bench);
void bench_kmix(Bench *bench);

static inline void bench_digest(Bench *bench, SimTime time, uint64_t actor)
{
    bench->result.digest = bench_digest_next(bench->result.digest, (uint64_t)time, actor);
}

/* Either this one or bench_delay in a benchmark, not both. */
static inline double bench_unit_ahead(Bench *bench)
{
    return bench_block_next(&bench->block, &bench->ziggurat, &bench->random);
}

static inline SimDuration bench_delay(Bench *bench, double mean_ns)
{
    return bench_exponential(&bench->ziggurat, &bench->random, mean_ns);
}

#endif
