/* arrivals.c - see arrivals.h. */
#include "models/workload/arrivals.h"

__extension__ typedef __int128 Wide;
#define NS_PER_1000_SEC INT64_C(1000000000000)

SimTime arrived_records_take(ArrivedRecords *self, int64_t count)
{
    SimTime last_taken = self->last;
    if (count < self->count) {
        SimDuration step = (self->last - self->first) / (self->count - 1);
        last_taken = self->first + step * (count - 1);
        self->first = last_taken + step;
    }
    self->count -= count;
    return last_taken;
}

ArrivedRecords arrived_records_split(ArrivedRecords *self, SimTime until)
{
    const SimDuration step = self->count > 1 ? (self->last - self->first) / (self->count - 1) : 0;
    const int64_t kept = step > 0 ? MAX(until - self->first, 0) / step + 1 : self->count;
    if (kept >= self->count) {
        return (ArrivedRecords){0, self->last, self->last};
    }
    const ArrivedRecords later = {self->count - kept, self->first + step * kept, self->last};
    self->count = kept;
    self->last = self->first + step * (kept - 1);
    return later;
}

void arrived_records_join(ArrivedRecords *self, const ArrivedRecords *later)
{
    self->first = self->count > 0 ? self->first : later->first;
    self->last = later->count > 0 ? later->last : self->last;
    self->count += later->count;
}

/* ---- constant rate */

static SimTime constant_time(const Arrivals *self, int64_t k)
{
    const ArrivalsPlan *plan = &self->plan;
    Wide place = (Wide)plan->start + (Wide)k * plan->stride;
    Wide time = self->origin + place * NS_PER_1000_SEC / ((Wide)plan->rate_milli * plan->scale);
    return time >= self->stop ? SIM_TIME_MAX : (SimTime)time;
}

/* How many records of the stream lie at or before `now`, since origin. */
static int64_t constant_count(const Arrivals *self, SimTime now)
{
    const ArrivalsPlan *plan = &self->plan;
    SimTime until = now < self->stop ? now : self->stop - 1;
    if (until < self->origin) {
        return 0;
    }
    /* place x 1000 s / rate <= elapsed, rounded down  <=>  place < (elapsed + 1) x rate / 1000 s */
    Wide bound = (Wide)(until - self->origin + 1) * plan->rate_milli * plan->scale;
    Wide places = (bound + NS_PER_1000_SEC - 1) / NS_PER_1000_SEC; /* 0 .. places - 1 */
    Wide beyond = places - plan->start;
    return beyond <= 0 ? 0 : (int64_t)((beyond + plan->stride - 1) / plan->stride);
}

/* ---- Poisson */

static SimTime after(const Arrivals *self, SimTime base, int64_t delay)
{
    if (delay < 0 || delay > SIM_TIME_MAX - base) {
        return SIM_TIME_MAX;
    }
    return base + delay >= self->stop ? SIM_TIME_MAX : base + delay;
}

static void restart(Arrivals *self, SimTime now)
{
    self->fixed = 0;
    self->next_at = SIM_TIME_MAX;
    if (self->mean_gap_ns > 0) {
        self->next_at = after(self, now, draw_erlang(&self->chance, 1, self->mean_gap_ns));
    }
}

/* Of the arrivals strictly between next_at and fixed_at, how many lie at or before now? */
static int64_t between(Arrivals *self, SimTime now)
{
    double width = (double)(self->fixed_at - self->next_at);
    double part = width > 0 ? (double)(now - self->next_at) / width : 1.0;
    return (int64_t)draw_binomial(&self->chance, (uint64_t)(self->fixed - 2), part);
}

/* The earliest of n uniform places in (now, end): the next arrival while an end is fixed. */
static SimTime earliest_of(Arrivals *self, SimTime now, SimTime end, int64_t n)
{
    double u = stream_open_unit(&self->chance);
    double part = 1.0 - sim_exp(sim_log(u) / (double)n);
    SimTime at = now + (SimTime)((double)(end - now) * part);
    return at > now ? at : now + (end > now);
}

static int64_t take_towards_fixed(Arrivals *self, SimTime now)
{
    int64_t count = 1 + (self->fixed > 2 ? between(self, now) : 0);
    self->fixed -= count;
    if (self->fixed == 1) {
        self->next_at = self->fixed_at;
    } else {
        self->next_at = earliest_of(self, now, self->fixed_at, self->fixed - 1);
    }
    if (self->next_at >= self->stop) {
        self->next_at = SIM_TIME_MAX;
    }
    return count;
}

/* All at or before now. The clock of a taken stream goes on from `now`. */
static int64_t take_poisson(Arrivals *self, SimTime now)
{
    if (self->fixed > 1 && now < self->fixed_at) {
        return take_towards_fixed(self, now);
    }
    int64_t count = self->fixed > 1 ? self->fixed : 1;
    SimTime known = self->fixed > 1 ? self->fixed_at : self->next_at;
    if (now > known) {
        count += (int64_t)draw_poisson(&self->chance, (double)(now - known) / self->mean_gap_ns);
    }
    restart(self, now);
    return count;
}

/* ---- a trace, a closed loop */

static int64_t trace_place(const Arrivals *self, int64_t k)
{
    return self->plan.start + k * self->plan.stride;
}

static SimTime trace_time(const Arrivals *self, int64_t k)
{
    int64_t place = trace_place(self, k);
    if (place >= (int64_t)self->plan.trace->len) {
        return SIM_TIME_MAX;
    }
    SimTime at =
        self->plan.trace_origin + g_array_index(self->plan.trace, TraceRecord, (guint)place).at;
    return at >= self->stop ? SIM_TIME_MAX : at;
}

/* What was given back are the last ones of those that were taken. */
const TraceRecord *arrivals_trace_record(const Arrivals *self)
{
    const int64_t last = self->taken - 1 - self->given_back;
    return &g_array_index(self->plan.trace, TraceRecord, (guint)trace_place(self, last));
}

/* How many of the stream come at or before `now`. */
static int64_t trace_count(const Arrivals *self, SimTime now)
{
    int64_t low = self->taken;
    int64_t high = (int64_t)self->plan.trace->len / self->plan.stride + 1;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (trace_time(self, middle) <= now) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void arrivals_grant(Arrivals *self, int64_t count, SimTime now)
{
    if (self->plan.kind != ARRIVAL_CLOSED || self->left == 0) {
        return;
    }
    self->granted += count;
    self->next_at = self->next_at == SIM_TIME_MAX && now < self->stop ? now : self->next_at;
}

/* ---- all */

/* The next one, of a kind whose times are known. */
static SimTime known_time(const Arrivals *self)
{
    if (self->plan.kind == ARRIVAL_CONSTANT) {
        return constant_time(self, self->taken);
    }
    if (self->plan.kind == ARRIVAL_TRACE) {
        return trace_time(self, self->taken);
    }
    return self->granted > 0 ? self->next_at : SIM_TIME_MAX;
}

static void begin_given(Arrivals *self, SimTime now)
{
    if (self->left == 0 || now >= self->stop) {
        return;
    }
    if (self->plan.kind == ARRIVAL_TRACE) {
        self->taken = trace_count(self, now - 1); /* what is past is past */
        self->next_at = trace_time(self, self->taken);
    } else {
        self->granted = self->plan.outstanding;
        self->next_at = self->granted > 0 ? now : SIM_TIME_MAX;
    }
}

static void begin(Arrivals *self, SimTime now)
{
    self->taken = 0;
    self->fixed = 0;
    self->origin = now;
    self->next_at = SIM_TIME_MAX;
    self->mean_gap_ns = 0;
    self->granted = 0;
    if (self->plan.kind == ARRIVAL_TRACE || self->plan.kind == ARRIVAL_CLOSED) {
        begin_given(self, now);
        return;
    }
    if (self->plan.rate_milli <= 0 || self->left == 0 || now >= self->stop) {
        return;
    }
    if (self->plan.kind == ARRIVAL_CONSTANT) {
        self->next_at = constant_time(self, 0);
    } else if (self->plan.share > 0) {
        self->mean_gap_ns =
            (double)NS_PER_1000_SEC / ((double)self->plan.rate_milli * self->plan.share);
        restart(self, now);
    }
}

void arrivals_init(Arrivals *self,
                   const ArrivalsPlan *plan,
                   const Stream *chance,
                   SimTime origin,
                   SimTime stop,
                   int64_t limit)
{
    *self = (Arrivals){.plan = *plan, .chance = *chance, .stop = stop, .left = limit};
    begin(self, origin);
}

/* Of a gap at a constant rate: what of it is left is left at the new rate too. */
static void keep_phase(Arrivals *self, const ArrivalsPlan *old, SimTime next, SimTime now)
{
    const ArrivalsPlan *plan = &self->plan;
    bool constant =
        old->kind == ARRIVAL_CONSTANT && plan->kind == ARRIVAL_CONSTANT && old->rate_milli > 0;
    if (!constant || self->next_at == SIM_TIME_MAX || next == SIM_TIME_MAX || next < now) {
        return;
    }
    Wide was = (Wide)old->rate_milli * old->scale * plan->stride;
    Wide is = (Wide)plan->rate_milli * plan->scale * old->stride;
    Wide rest = (Wide)(next - now) * was / is;
    self->origin += (SimTime)rest + now - self->next_at;
    self->next_at = constant_time(self, 0);
}

void arrivals_change(Arrivals *self, const ArrivalsPlan *plan, SimTime now)
{
    ArrivalsPlan old = self->plan;
    SimTime next = self->next_at;
    self->plan = *plan;
    begin(self, now);
    keep_phase(self, &old, next, now);
}

SimTime arrivals_next(const Arrivals *self)
{
    return self->given_back > 0 ? self->given_back_at : self->next_at;
}

void arrivals_give_back(Arrivals *self, int64_t count, SimTime now)
{
    self->given_back += count;
    self->given_back_at = now;
}

SimTime arrivals_time_of(Arrivals *self, int64_t k)
{
    if (k > self->left || self->next_at == SIM_TIME_MAX) {
        return SIM_TIME_MAX;
    }
    if (self->plan.kind == ARRIVAL_CONSTANT) {
        return constant_time(self, self->taken + k - 1);
    }
    if (self->plan.kind != ARRIVAL_POISSON) {
        return self->next_at; /* these are taken one by one */
    }
    if (k == 1) {
        return self->next_at;
    }
    if (self->fixed != k) {
        /* Another k than before: what was fixed is forgotten, see arrivals.h. */
        int64_t rest = draw_erlang(&self->chance, (uint64_t)(k - 1), self->mean_gap_ns);
        self->fixed = k;
        self->fixed_at = rest > SIM_TIME_MAX - self->next_at ? SIM_TIME_MAX : self->next_at + rest;
    }
    return self->fixed_at >= self->stop ? SIM_TIME_MAX : self->fixed_at;
}

static void use_limit(Arrivals *self, int64_t count)
{
    if (self->left != INT64_MAX) {
        self->left -= count;
        if (self->left <= 0) {
            self->next_at = SIM_TIME_MAX;
        }
    }
}

/* Where the last of `count` arrivals since `first` lies: known for a constant rate; in the mean
 * for Poisson, where the others are uniform up to now. */
static SimTime last_of(const Arrivals *self, SimTime first, SimTime now, int64_t count)
{
    if (count == 1) {
        return first;
    }
    if (self->plan.kind != ARRIVAL_POISSON) {
        return self->plan.kind == ARRIVAL_CONSTANT ? constant_time(self, self->taken - 1) : now;
    }
    return now - (SimTime)((Wide)(now - first) / count);
}

static int64_t count_until(Arrivals *self, SimTime now)
{
    switch (self->plan.kind) {
    case ARRIVAL_CONSTANT:
        return constant_count(self, now) - self->taken;
    case ARRIVAL_POISSON:
        return take_poisson(self, now);
    case ARRIVAL_TRACE:
        return trace_count(self, now) - self->taken;
    case ARRIVAL_CLOSED:
        break;
    }
    return self->granted;
}

ArrivedRecords arrivals_take(Arrivals *self, SimTime until)
{
    SimTime now = until < self->stop ? until : self->stop - 1;
    ArrivedRecords arrived = {0, self->next_at, self->next_at};
    if (self->next_at > now) {
        return arrived;
    }
    arrived.count = count_until(self, now);
    arrived.count = arrived.count < self->left ? arrived.count : self->left;
    self->taken += arrived.count;
    arrived.last = last_of(self, arrived.first, now, arrived.count);
    self->granted -= MIN(self->granted, arrived.count);
    if (self->plan.kind != ARRIVAL_POISSON) {
        self->next_at = known_time(self);
    }
    use_limit(self, arrived.count);
    return arrived;
}

SimTime arrivals_take_one(Arrivals *self)
{
    if (self->given_back > 0) {
        self->given_back--;
        return self->given_back_at;
    }
    SimTime at = self->next_at;
    self->taken++;
    self->granted -= self->granted > 0 ? 1 : 0;
    if (self->plan.kind == ARRIVAL_POISSON) {
        restart(self, at);
    } else {
        self->next_at = known_time(self);
    }
    use_limit(self, 1);
    return at;
}

void arrivals_forget(Arrivals *self)
{
    if (self->fixed > 0) {
        self->fixed = 0;
    }
}
