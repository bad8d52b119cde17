/* arrivals.h - when records of one stream come, computed instead of ticked.
 *
 * Constant rate: record k comes at origin + (start + k x stride) x 1000 s / (rate x scale), exact
 * in integers, so that several streams interleave to one even stream.
 *
 * Poisson: the next arrival is always known; more is drawn only when somebody asks.
 *  - arrivals_time_of(k) draws the time T of the k-th arrival from now (Erlang) and fixes it.
 *  - arrivals_take(t) with t < T: given T, the arrivals between the next one and T are uniform
 *    there, so their number up to t is binomial; what remains stays uniform up to T.
 *  - without a fixed T the number up to t is Poisson and the next gap exponential.
 *  - arrivals_forget() drops T and begins anew: a Poisson process has no memory, and how many came
 *    up to now had its law without regard to T. So the law is exact at a constant number of draws
 *    a batch.
 *
 * A trace: the times are given. A closed loop: a record comes when an earlier one is answered, and
 * arrivals_grant() says so; the first ones at once.
 *
 * Mirrors nothing of Kafka: it stands for the application that calls send(). */
#ifndef KAFKASIM_MODELS_WORKLOAD_ARRIVALS_H
#define KAFKASIM_MODELS_WORKLOAD_ARRIVALS_H
#include "models/spec/spec.h"
#include "sim/chance/distribution.h"

typedef struct ArrivalsPlan {
    ArrivalKind kind;
    int64_t rate_milli;   /* records per 1000 s; 0 = none */
    int64_t start;        /* constant: place of the first record ... */
    int64_t stride;       /* ... and the step to the next, in records of the whole rate */
    int64_t scale;        /* constant: the rate is rate x scale; usually 1 */
    double share;         /* Poisson: this stream's part of the rate, 0..1 */
    const GArray *trace;  /* TraceRecord; from place `start` on each stride-th is the stream's */
    SimTime trace_origin; /* when its time 0 is */
    int64_t outstanding;  /* closed loop: so many at first */
} ArrivalsPlan;

typedef struct Arrivals {
    ArrivalsPlan plan;
    SimTime origin;
    SimTime stop;     /* nothing from here on */
    int64_t taken;    /* constant: since origin */
    int64_t left;     /* of the limit; INT64_MAX = no limit */
    SimTime next_at;  /* SIM_TIME_MAX: no more */
    int64_t fixed;    /* Poisson: the fixed-th arrival from now ... */
    SimTime fixed_at; /* ... comes then; fixed 0 = nothing is fixed */
    double mean_gap_ns;
    int64_t given_back; /* these come before all others, at given_back_at */
    SimTime given_back_at;
    int64_t granted; /* closed loop: may come and did not yet; since next_at */
    Stream chance;
} Arrivals;

typedef struct ArrivedRecords {
    int64_t count;
    SimTime first;
    SimTime last;
} ArrivedRecords;

/* The first `count` go; the others keep their even spacing. Returns when the last of them came. */
SimTime arrived_records_take(ArrivedRecords *self, int64_t count);
/* Keeps what came up to `until`, one at least, and returns the later ones; and takes them back. */
ArrivedRecords arrived_records_split(ArrivedRecords *self, SimTime until);
void arrived_records_join(ArrivedRecords *self, const ArrivedRecords *later);

void arrivals_init(Arrivals *self,
                   const ArrivalsPlan *plan,
                   const Stream *chance,
                   SimTime origin,
                   SimTime stop,
                   int64_t limit);
/* A new plan from `now` on; what is left of the limit stays. */
void arrivals_change(Arrivals *self, const ArrivalsPlan *plan, SimTime now);
/* SIM_TIME_MAX when there is none. */
SimTime arrivals_next(const Arrivals *self);
/* Time of the k-th arrival from now, k >= 1; SIM_TIME_MAX when it never comes. */
SimTime arrivals_time_of(Arrivals *self, int64_t k);
/* Takes all that came up to and including `until`. */
ArrivedRecords arrivals_take(Arrivals *self, SimTime until);
/* Takes just the next one, which came. */
SimTime arrivals_take_one(Arrivals *self);
/* A closed loop: `count` records were answered. */
void arrivals_grant(Arrivals *self, int64_t count, SimTime now);
/* One by one: so many that were taken come again, at `now`. */
void arrivals_give_back(Arrivals *self, int64_t count, SimTime now);
/* A trace: the record that was taken last. */
const TraceRecord *arrivals_trace_record(const Arrivals *self);
/* What was fixed no longer matters (the batch was drained). */
void arrivals_forget(Arrivals *self);

#endif
