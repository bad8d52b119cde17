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
    uint64_t last; /* departure of all */
    uint32_t look; /* at this draw: the block may end, or the last departure come */
    double sojourn_sum;
    double sojourn_squares;
} Mm1;

/* Both delays are worked out before it is known which of them is the event's. */
static inline void
mm1_schedule_after(Kernel *kernel, double unit, SimTime now, uint32_t target, uint16_t kind)
{
    SimDuration gap = (SimDuration)(unit * (1e9 / 0.9));
    SimDuration service = (SimDuration)(unit * 1e9);
    SimDuration delay = gap ^ ((gap ^ service) & -(SimDuration)kind);
    kernel_schedule(kernel, now + delay, target, kind, 0, NULL);
}

/* Until the server turns, each event draws once. */
static void mm1_set_look(Mm1 *mm1)
{
    const BenchBlock *block = &mm1->bench->block;
    uint64_t left = mm1->last - mm1->departures;
    uint64_t next = block->used + (left > 0 ? left - 1 : 0);
    mm1->look = next < BENCH_BLOCK ? (uint32_t)next : BENCH_BLOCK;
}

static void mm1_schedule(Kernel *kernel, Mm1 *mm1, SimTime now, uint32_t target, uint16_t kind)
{
    mm1_schedule_after(kernel, bench_unit_ahead(mm1->bench), now, target, kind);
}

/* What is rare: the server falls idle, or is idle no longer, or has served the last of all, or new
 * numbers must be drawn. Who arrives at an idle server is served at once. */
static __attribute__((noinline)) void
mm1_turn(Kernel *kernel, Mm1 *mm1, SimTime now, uint32_t target, uint16_t kind)
{
    uint64_t present = mm1->arrivals - mm1->departures;
    if (kind == MM1_ARRIVAL || present > 0) {
        mm1_schedule(kernel, mm1, now, target, kind);
    }
    if (kind == MM1_ARRIVAL && present == 1) {
        mm1_schedule(kernel, mm1, now, target, MM1_DEPARTURE);
    }
    if (mm1->departures == mm1->last) {
        kernel_stop(kernel);
    }
    mm1_set_look(mm1);
}

static void mm1_on_event(Kernel *kernel, void *self, SimTime now, KernelEvent event)
{
    Mm1 *mm1 = self;
    Bench *bench = mm1->bench;
    SimTime *arrived = mm1->arrived;
    uint64_t departure = event.kind;
    uint64_t arrivals = mm1->arrivals;
    uint64_t departures = mm1->departures;
    uint32_t used = bench->block.used;
    arrived[arrivals % MM1_RING] = now; /* at a departure: until the next one writes it */
    SimTime stayed = (now - arrived[departures % MM1_RING]) & -(SimTime)departure;
    arrivals += 1 - departure;
    bool turn = arrivals == departures + 1; /* one came, or the last left */
    departures += departure;
    mm1->arrivals = arrivals;
    mm1->departures = departures;
    double sojourn = (double)stayed * 1e-9;
    mm1->sojourn_sum += sojourn;
    mm1->sojourn_squares += sojourn * sojourn;
    bench_digest(bench, now, departure);
    if (__builtin_expect(turn | (used == mm1->look), 0)) {
        mm1_turn(kernel, mm1, now, event.target, event.kind);
    } else {
        bench->block.used = used + 1;
        mm1_schedule_after(kernel, bench->block.unit[used], now, event.target, event.kind);
    }
}

void bench_mm1(Bench *bench)
{
    Mm1 mm1 = {.bench = bench, .arrived = calloc(MM1_RING, sizeof(SimTime))};
    mm1.last = bench->result.events;
    bench_make_kernel(bench);
    uint32_t target = kernel_add_target(bench->kernel, mm1_on_event, &mm1);
    mm1_schedule(bench->kernel, &mm1, 0, target, MM1_ARRIVAL);
    mm1_set_look(&mm1);
    bench_fire(bench, UINT64_MAX);
    double mean_us = mm1.sojourn_sum / (double)mm1.departures * 1e6;
    bench->result.digest ^= (uint64_t)mean_us;
    bench_report(bench, 2);
    free(mm1.arrived);
}
