/* mm1.c - one server, Poisson arrivals at 0.9 a second, exponential service of mean 1 s, first
 * come first served; sum and sum of squares of the sojourn times. Two events a customer. */
#include "tests/bench/bench.h"
#include <stdlib.h>

#define MM1_RING 65536u /* customers present; theory: more than 200 once in a billion */

enum { MM1_ARRIVAL, MM1_DEPARTURE };

typedef struct Mm1 {
    Bench *bench;
    SimTime *arrived;
    uint32_t first;
    uint32_t last;
    uint64_t served;
    double sojourn_sum;
    double sojourn_squares;
} Mm1;

static void mm1_serve(Kernel *kernel, Mm1 *mm1, const KernelEvent *event)
{
    SimTime at = event->time + bench_delay(mm1->bench, 1e9);
    kernel_schedule(kernel, at, event->target, MM1_DEPARTURE, 0, NULL);
}

static void mm1_on_event(Kernel *kernel, void *self, const KernelEvent *event)
{
    Mm1 *mm1 = self;
    bench_digest(mm1->bench, event->time, event->kind);
    if (event->kind == MM1_ARRIVAL) {
        mm1->arrived[mm1->last++ % MM1_RING] = event->time;
        SimTime at = event->time + bench_delay(mm1->bench, 1e9 / 0.9);
        kernel_schedule(kernel, at, event->target, MM1_ARRIVAL, 0, NULL);
        if (mm1->last - mm1->first == 1) {
            mm1_serve(kernel, mm1, event);
        }
        return;
    }
    double sojourn = (double)(event->time - mm1->arrived[mm1->first++ % MM1_RING]) * 1e-9;
    mm1->sojourn_sum += sojourn;
    mm1->sojourn_squares += sojourn * sojourn;
    if (mm1->last != mm1->first) {
        mm1_serve(kernel, mm1, event);
    }
    if (++mm1->served == mm1->bench->result.events) {
        kernel_stop(kernel);
    }
}

void bench_mm1(Bench *bench)
{
    Mm1 mm1 = {.bench = bench, .arrived = calloc(MM1_RING, sizeof(SimTime))};
    bench_make_kernel(bench);
    uint32_t target = kernel_add_target(bench->kernel, mm1_on_event, &mm1);
    kernel_schedule(bench->kernel, bench_delay(bench, 1e9 / 0.9), target, MM1_ARRIVAL, 0, NULL);
    bench_fire(bench, UINT64_MAX);
    bench->result.digest ^= (uint64_t)(mm1.sojourn_sum / (double)mm1.served * 1e6);
    bench_report(bench, 2);
    free(mm1.arrived);
}
