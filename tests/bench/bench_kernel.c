/* bench_kernel.c - speed of the kernel in five workloads; one line of JSON a run.
 *
 *     bench_kernel hold N EVENTS | phold N EVENTS | mm1 CUSTOMERS | pp MESSAGES | kmix ACTORS FIRED
 *
 * Only the event loop is timed. The digest is over time and actor of every fired event. */
#include "tests/bench/bench.h"
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int numbers; /* arguments behind the name */
    void (*run)(Bench *bench);
} BENCHES[] = {
    {"hold", 2, bench_hold},
    {"phold", 2, bench_phold},
    {"mm1", 1, bench_mm1},
    {"pp", 1, bench_pp},
    {"kmix", 2, bench_kmix},
};

static int bench_usage(void)
{
    fputs("usage: bench_kernel hold N EVENTS | phold N EVENTS | mm1 CUSTOMERS | pp MESSAGES |"
          " kmix ACTORS FIRED\n",
          stderr);
    return 2;
}

int main(int argc, char **argv)
{
    static Bench bench;
    for (size_t i = 0; argc > 1 && i < sizeof BENCHES / sizeof BENCHES[0]; i++) {
        if (strcmp(argv[1], BENCHES[i].name) != 0 || argc != 2 + BENCHES[i].numbers) {
            continue;
        }
        bench.result.name = BENCHES[i].name;
        bench.result.n = argc == 4 ? bench_number(argv[2]) : 0;
        bench.result.events = bench_number(argv[argc - 1]);
        if (bench.result.events == 0 ||
            (argc == 4 && (bench.result.n == 0 || bench.result.n > 10000000))) {
            return bench_usage();
        }
        bench.result.digest = BENCH_DIGEST_FIRST;
        bench_random_seed(&bench.random, BENCH_SEED);
        bench_ziggurat_init(&bench.ziggurat);
        bench.block.used = BENCH_BLOCK;
        BENCHES[i].run(&bench);
        return 0;
    }
    return bench_usage();
}
