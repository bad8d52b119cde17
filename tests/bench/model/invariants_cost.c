/* invariants_cost.c - what it costs to watch the protocol's invariants: `reference` with and
 * without them, in pairs that take turns in going first, so that whatever else the machine does
 * meets both.
 *
 *     {"name":"invariants","rounds":9,"watched_cpu_s":..,"unwatched_cpu_s":..,"ratio":..,
 *      "ratio_min":..,"ratio_max":..}
 *
 * cpu_s are medians; ratio is the median of the pairs' own ratios. */
#include "tests/bench/model/workload.h"
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS    9
#define SIMULATED SIM_SEC(300)

static double cpu_of(bool watched)
{
    ClusterSpec *spec = workload_reference(SIMULATED, 50000);
    spec->invariants = watched;
    Run run = {0};
    workload_assemble(&run, spec);
    workload_begin_phase(&run);
    workload_run_for(&run, spec->duration);
    double cpu = workload_cpu(&run);
    workload_finish(&run);
    return cpu;
}

static int ascending(const void *one, const void *other)
{
    double a = *(const double *)one;
    double b = *(const double *)other;
    return a < b ? -1 : a > b;
}

static double median(double values[ROUNDS])
{
    qsort(values, ROUNDS, sizeof(values[0]), ascending);
    return values[ROUNDS / 2];
}

void workload_invariants_cost(const char *name)
{
    double with[ROUNDS];
    double without[ROUNDS];
    double ratios[ROUNDS];
    (void)cpu_of(true); /* memory is there from now on */
    for (int round = 0; round < ROUNDS; round++) {
        bool watched_first = round % 2 == 0;
        double first = cpu_of(watched_first);
        double second = cpu_of(!watched_first);
        with[round] = watched_first ? first : second;
        without[round] = watched_first ? second : first;
        ratios[round] = with[round] / without[round];
    }
    double ratio = median(ratios);
    (void)printf("{\"name\":\"%s\",\"rounds\":%d,\"watched_cpu_s\":%.3f,\"unwatched_cpu_s\":%.3f,"
                 "\"ratio\":%.3f,\"ratio_min\":%.3f,\"ratio_max\":%.3f}\n",
                 name,
                 ROUNDS,
                 median(with),
                 median(without),
                 ratio,
                 ratios[0],
                 ratios[ROUNDS - 1]);
    (void)fflush(stdout);
}
