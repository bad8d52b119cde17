/* workload_wake.c - when the sender must look again because of arrivals; see workload.h. */
#include "models/producer/application/workload.h"

/* Of a record in its batch, besides key and value: an estimate from above. */
#define RECORD_OVERHEAD_MOST 32

/* Is there nothing that more records could change for the sender? */
static bool is_sendable(const ProducerPartition *partition)
{
    return partition->queue.count > 1 ||
           (partition->queue.count == 1 && batch_is_full(partition->queue.first));
}

static SimTime later(SimTime at, SimDuration delay)
{
    return delay > SIM_TIME_MAX - at ? SIM_TIME_MAX : at + delay;
}

/* When a batch is full; *ret_opens: when one is opened. */
static SimTime stream_wake(Workload *self, WorkloadStream *stream, SimTime *ret_opens)
{
    *ret_opens = SIM_TIME_MAX;
    SimTime next = arrivals_next(&stream->arrivals);
    if (next == SIM_TIME_MAX || self->mode == WORKLOAD_ONE_BY_ONE) {
        return next;
    }
    Accumulator *accumulator = self->accumulator;
    bool sticky = stream->partition == UNKNOWN_PARTITION;
    int32_t number = sticky ? self->accumulator->partitioner.current : stream->partition;
    const ProducerPartition *partition =
        number == UNKNOWN_PARTITION ? NULL : &accumulator->partitions[number];
    if (partition == NULL) {
        return next;
    }
    if (is_sendable(partition)) {
        /* A sticky choice moves on; else only memory can run out. */
        return sticky || workload_is_short_of_memory(self) ? next : SIM_TIME_MAX;
    }
    if (partition->queue.count == 0) {
        *ret_opens = next;
    }
    BatchFill fill = accumulator_fill(accumulator, partition, &stream->sizes);
    int64_t until_full = record_sizes_until_full(&stream->sizes, &fill);
    return arrivals_time_of(&stream->arrivals, until_full);
}

static void forget_changes(Accumulator *accumulator)
{
    for (guint i = 0; i < accumulator->changed->len; i++) {
        ((ProducerPartition *)accumulator->changed->pdata[i])->changed = false;
    }
    g_ptr_array_set_size(accumulator->changed, 0);
}

void workload_recompute(Workload *self)
{
    self->is_short = workload_is_short_of_memory(self);
    for (guint i = 0; i < self->streams->len; i++) {
        WorkloadStream *stream = &g_array_index(self->streams, WorkloadStream, i);
        self->next_at[i] = workload_stream_next(stream);
        self->wake_at[i] = stream_wake(self, stream, &self->open_at[i]);
    }
}

/* Only streams whose partition changed; a sticky or single stream always. */
static void recompute_changed(Workload *self)
{
    Accumulator *accumulator = self->accumulator;
    if (self->mode != WORKLOAD_SPLIT || self->is_short != workload_is_short_of_memory(self)) {
        workload_recompute(self);
    } else {
        for (guint i = 0; i < accumulator->changed->len; i++) {
            const ProducerPartition *partition = accumulator->changed->pdata[i];
            gint index = self->stream_of[partition->number];
            if (index >= 0) {
                WorkloadStream *stream =
                    &g_array_index(self->streams, WorkloadStream, (guint)index);
                self->wake_at[index] = stream_wake(self, stream, &self->open_at[index]);
            }
        }
    }
    forget_changes(accumulator);
}

SimTime workload_next_due(const Workload *self)
{
    return workload_earliest(self->next_at, self->streams->len);
}

void workload_set_metadata(Workload *self, bool known)
{
    self->has_metadata = known;
}

void workload_set_away(Workload *self, bool is_away, SimTime now)
{
    if (self->is_away && !is_away) { /* send() is called again */
        self->resumed = now;
        self->blocked_since = self->blocked ? now : self->blocked_since;
    }
    self->is_away = is_away;
}

/* All that can be sent is there already, and what comes only takes memory: a look in time, before
 * it runs short. */
static SimTime memory_wake(const Workload *self, SimTime now)
{
    const Accumulator *accumulator = self->accumulator;
    const ProducerSpec *spec = self->spec;
    const int64_t left = accumulator->memory - accumulator->options.buffer_memory / 2;
    const int64_t record =
        RECORD_OVERHEAD_MOST + spec->key_bytes + (int64_t)distribution_mean(&spec->value_bytes);
    const int64_t bytes_per_sec = self->rate_milli / 1000 / spec->count * record;
    if (accumulator->deques.filled_count == 0 || left <= 0 || bytes_per_sec <= 0) {
        return SIM_TIME_MAX;
    }
    return later(now,
                 SIM_MS(1) + (SimDuration)((double)left * SIM_SEC(1) / (double)bytes_per_sec) / 2);
}

SimTime workload_next_wake(Workload *self, SimTime now)
{
    if (!self->running || self->is_away) {
        return SIM_TIME_MAX;
    }
    if (self->blocked) {
        return later(self->blocked_since, self->max_block_ns);
    }
    if (!self->has_metadata) {
        return workload_earliest(self->next_at, self->streams->len);
    }
    recompute_changed(self);
    SimTime wake = workload_earliest(self->wake_at, self->streams->len);
    wake = wake == SIM_TIME_MAX ? memory_wake(self, now) : wake;
    wake = self->load.change_at < wake ? self->load.change_at : wake;
    return wake > now ? wake : now;
}

/* Each batch that is opened wakes the sender up, which then sleeps anew (sender_clock.h): the last
 * one before the clock shows `due_ms` tells where in a ms the sleep ends, the first one behind that
 * wakes it up, if it still sleeps. */
static SimTime with_openings(const Workload *self, SimTime look, int64_t due_ms, SimTime *ret_opens)
{
    const SenderClock *clock = &self->accumulator->options.clock;
    const SimTime due = sender_clock_shows(clock, due_ms);
    SimTime last = look;
    for (guint i = 0; i < self->streams->len; i++) {
        const SimTime opens = self->open_at[i];
        if (opens < due - clock->wake_ns) {
            last = MAX(last, opens + clock->wake_ns);
        } else {
            *ret_opens = MIN(*ret_opens, opens);
        }
    }
    return last == SIM_TIME_MAX ? last : sender_clock_sleep_until(clock, last, due_ms);
}

SimTime workload_sleep_ends(const Workload *self, SimTime look, int64_t due_ms, SimTime *ret_opens)
{
    *ret_opens = SIM_TIME_MAX;
    const Accumulator *accumulator = self->accumulator;
    const SenderClock *clock = &accumulator->options.clock;
    const bool opens = self->running && self->has_metadata && !self->is_away && !self->blocked &&
                       self->mode != WORKLOAD_ONE_BY_ONE;
    const SimTime first =
        opens ? workload_earliest(self->open_at, self->streams->len) : SIM_TIME_MAX;
    if (first == SIM_TIME_MAX) {
        return sender_clock_sleep_until(clock, look, due_ms);
    }
    const int64_t first_due =
        sender_clock_ms(clock, first) + accumulator->options.linger_ns / SIM_MS(1);
    return due_ms <= first_due ? with_openings(self, look, due_ms, ret_opens)
                               : with_openings(self, first + clock->wake_ns, first_due, ret_opens);
}
