/* mm1.c - one server, Poisson arrivals at 0.9 a second, exponential service of mean 1 s, first
 * come first served; sum and sum of squares of the sojourn times. Two events a customer.
 *
 * Whether an arrival or a departure is next nobody can guess, so the handler does the same for
 * both: it branches only where the server falls idle or ceases to be. */
#include "tests/bench/bench.h"
#include <stdlib.h>

#define MM1_RING 65536u /* customers present; theory: more than 200 once in a billion */

enum { MM1_ARRIVAL, MM1_DEPARTURE };

typedef struct Mm1 {
    Bench *bench;
    SimTime *arrived;
    uint64_t arrivals;
    uint64_t departures;
    double sojourn_sum;
    double sojourn_squares;
} Mm1;

static void mm1_schedule(Kernel *kernel, Mm1 *mm1, SimTime now, uint32_t target, uint16_t kind)
{
    double unit = bench_unit_ahead(mm1->bench);
    SimDuration gap = (SimDuration)(unit * (1e9 / 0.9));
    SimDuration service = (SimDuration)(unit * 1e9);
    SimDuration delay = gap ^ ((gap ^ service) & -(SimDuration)kind);
    kernel_schedule(kernel, now + delay, target, kind, 0, NULL);
}

static void mm1_on_event(Kernel *kernel, void *self, SimTime now, KernelEvent event)
{
    Mm1 *mm1 = self;
    uint64_t departure = event.kind;
    bench_digest(mm1->bench, now, departure);
    mm1->arrived[mm1->arrivals % MM1_RING] = now; /* at a departure: until the next one writes it */
    SimTime stayed = (now - mm1->arrived[mm1->departures % MM1_RING]) & -(SimTime)departure;
    double sojourn = (double)stayed * 1e-9;
    mm1->sojourn_sum += sojourn;
    mm1->sojourn_squares += sojourn * sojourn;
    mm1->arrivals += 1 - departure;
    mm1->departures += departure;
    uint64_t present = mm1->arrivals - mm1->departures;
    if (__builtin_expect(present >= departure, 1)) { /* the next of its kind */
        mm1_schedule(kernel, mm1, now, event.target, event.kind);
    }
    if (__builtin_expect(present + 2 * departure == 1, 0)) { /* who arrives is served at once */
        mm1_schedule(kernel, mm1, now, event.target, MM1_DEPARTURE);
    }
    if (__builtin_expect(mm1->departures == mm1->bench->result.events, 0)) {
        kernel_stop(kernel);
    }
}

void bench_mm1(Bench *bench)
{
    Mm1 mm1 = {.bench = bench, .arrived = calloc(MM1_RING, sizeof(SimTime))};
    bench_make_kernel(bench);
    uint32_t target = kernel_add_target(bench->kernel, mm1_on_event, &mm1);
    mm1_schedule(bench->kernel, &mm1, 0, target, MM1_ARRIVAL);
    bench_fire(bench, UINT64_MAX);
    double mean_us = mm1.sojourn_sum / (double)mm1.departures * 1e6;
    bench->result.digest ^= (uint64_t)mean_us;
    bench_report(bench, 2);
    free(mm1.arrived);
}
