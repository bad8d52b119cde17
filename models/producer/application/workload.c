/* workload.c - handing records over, blocking; see workload.h. Streams are made in streams.c. */
#include "models/producer/application/workload.h"
#include "models/producer/application/append.h"
#include "models/producer/application/streams.h"

static WorkloadStream *stream_at(const Workload *self, guint index)
{
    return &g_array_index(self->streams, WorkloadStream, index);
}

static void make_tables(Workload *self)
{
    self->next_at = g_new0(SimTime, self->streams->len);
    self->wake_at = g_new0(SimTime, self->streams->len);
    self->open_at = g_new0(SimTime, self->streams->len);
    self->stream_of = g_new0(gint, (gsize)self->accumulator->capacity);
    for (int32_t i = 0; i < self->accumulator->capacity; i++) {
        self->stream_of[i] = -1;
    }
    for (guint i = 0; i < self->streams->len; i++) {
        const WorkloadStream *stream = stream_at(self, i);
        if (stream->partition != UNKNOWN_PARTITION) {
            self->stream_of[stream->partition] = (gint)i;
        }
    }
}

void workload_init(Workload *self, const WorkloadContext *context)
{
    *self = (Workload){
        .actor = context->actor,
        .accumulator = context->accumulator,
        .partitioner = context->partitioner,
        .spec = context->spec,
        .topic = context->topic,
        .ledger = context->ledger,
        .spec_index = context->spec_index,
        .instance = context->instance,
        .base_rate_milli = context->spec->rate_milli,
        .rate_milli = context->spec->rate_milli,
        .max_request_size = kafka_config_integer(context->spec->config, "max.request.size"),
        .task.stored = -1,
        .max_block_ns = kafka_config_ms(context->spec->config, "max.block.ms"),
    };
    self->source = &self->task;
    Stream chance;
    actor_stream(context->actor, "load", &chance);
    shaped_load_init(&self->load, &context->spec->load, &chance);
    self->given = g_array_new(FALSE, FALSE, sizeof(GivenRecord));
    self->refused_records = g_array_new(FALSE, FALSE, sizeof(RefusedRecord));
    self->streams = g_array_new(FALSE, TRUE, sizeof(WorkloadStream));
    streams_make(self);
    make_tables(self);
}

static void free_tables(Workload *self)
{
    g_free(self->next_at);
    g_free(self->wake_at);
    g_free(self->open_at);
    g_free(self->stream_of);
}

void workload_clear(Workload *self)
{
    streams_free(self);
    g_array_free(self->streams, TRUE);
    g_array_free(self->given, TRUE);
    g_array_free(self->refused_records, TRUE);
    free_tables(self);
}

/* What the shape of the load makes of the base rate now. */
static int64_t shaped_rate(const Workload *self)
{
    double rate = (double)self->base_rate_milli * (double)shaped_load_factor(&self->load);
    return (int64_t)(rate / (double)LOAD_FACTOR_ONE + 0.5);
}

void workload_start(Workload *self, SimTime now)
{
    self->running = true;
    self->blocked = false;
    self->has_metadata = false;
    self->room = INT64_MAX;
    g_array_set_size(self->given, 0);
    self->given_at = 0;
    g_array_set_size(self->refused_records, 0);
    self->refused_given = 0;
    self->resumed = now;
    self->handed_until = now;
    if (workload_is_source(self)) {
        workload_take_source_over(self);
    }
    shaped_load_start(&self->load, now);
    self->rate_milli = shaped_rate(self);
    if (workload_is_source(self)) {
        workload_resume_source(self, now);
    }
    streams_start(self, now);
    workload_recompute(self);
}

void workload_stop(Workload *self, SimTime now)
{
    workload_advance(self, now);
    self->running = false;
}

void workload_crash(Workload *self, SimTime now)
{
    bool sending = self->running && self->has_metadata && !self->is_away && !self->blocked &&
                   !workload_is_source(self);
    for (guint i = 0; sending && i < self->streams->len; i++) {
        ArrivedRecords gone = arrivals_take(&stream_at(self, i)->arrivals, now);
        ledger_offered(self->ledger, self->spec_index, gone.count);
        self->number += gone.count;
    }
    self->running = false;
}

/* The base rate or its factor changed. */
static void apply_rate(Workload *self, SimTime now)
{
    self->rate_milli = shaped_rate(self);
    if (streams_mode(self) != self->mode && !self->blocked) {
        streams_free(self);
        free_tables(self);
        streams_make(self);
        make_tables(self);
    }
    streams_change(self, now);
    workload_recompute(self);
}

void workload_set_rate(Workload *self, int64_t rate_milli, SimTime now)
{
    if (self->running) {
        workload_advance(self, now);
    }
    self->base_rate_milli = rate_milli;
    if (self->spec->arrival == ARRIVAL_CONSTANT || self->spec->arrival == ARRIVAL_POISSON) {
        apply_rate(self, now);
    }
}

void workload_on_completed(Workload *self, int64_t records, SimTime now)
{
    if (self->spec->arrival == ARRIVAL_CLOSED && self->spec->outstanding > 0 && self->running) {
        arrivals_grant(&stream_at(self, 0)->arrivals, records, now);
        self->next_at[0] = workload_stream_next(stream_at(self, 0));
    }
}

void workload_set_partitions(Workload *self, int32_t partitions, SimTime now)
{
    if (partitions == self->accumulator->chosen || partitions <= 0) {
        return;
    }
    if (self->running) {
        workload_advance(self, now);
    }
    accumulator_set_count(self->accumulator, partitions);
    if (self->mode == WORKLOAD_SPLIT) {
        const ArrivedRecords due = streams_take_due(self, now);
        streams_free(self);
        free_tables(self);
        streams_make(self);
        make_tables(self);
        streams_change(self, now);
        streams_deal(self, &due);
        if (due.count > 0 && !self->blocked) {
            self->blocked = true; /* the next look hands over what is held */
            self->blocked_since = now;
        }
    }
    workload_recompute(self);
}

/* ---- in which order */

/* False when the application is blocked. */
static bool append_pending(Workload *self, WorkloadStream *stream)
{
    while (stream->pending.count > 0) {
        if (!workload_append(self, stream)) {
            return false;
        }
    }
    return true;
}

/* In a closed loop send() is called when it may and the call before has returned: now. */
static void take_one(Workload *self, WorkloadStream *stream, SimTime now)
{
    SimTime at = arrivals_take_one(&stream->arrivals);
    at = self->spec->arrival == ARRIVAL_CLOSED && self->spec->outstanding > 0 ? now : at;
    stream->pending = (ArrivedRecords){1, at, at};
    if (self->spec->arrival == ARRIVAL_TRACE) {
        const TraceRecord *record = arrivals_trace_record(&stream->arrivals);
        self->partitioner->given_key = record->key;
        record_sizes_give(&stream->sizes, record->value_bytes);
        if (record->key != NULL || self->spec->keys == KEY_NONE) {
            stream->sizes.key_bytes = record->key == NULL ? -1 : (int64_t)strlen(record->key);
        }
    }
}

static bool hand_over(Workload *self, WorkloadStream *stream, SimTime now)
{
    if (!append_pending(self, stream)) {
        return false;
    }
    if (self->mode != WORKLOAD_ONE_BY_ONE) {
        stream->pending = arrivals_take(&stream->arrivals, now);
        return append_pending(self, stream);
    }
    while (arrivals_next(&stream->arrivals) <= now && self->room > 0) {
        take_one(self, stream, now);
        if (!append_pending(self, stream)) {
            return false;
        }
    }
    return true;
}

/* One stream after the other: with room for all that is due their order changes nothing. */
static bool hand_over_each(Workload *self, SimTime until)
{
    bool goes_on = true;
    for (guint i = 0; i < self->streams->len && goes_on; i++) {
        if (self->next_at[i] <= until) {
            WorkloadStream *stream = stream_at(self, i);
            goes_on = hand_over(self, stream, until);
            self->next_at[i] = workload_stream_next(stream);
        }
    }
    return goes_on;
}

static guint earliest_stream(const Workload *self)
{
    guint least = 0;
    for (guint i = 1; i < self->streams->len; i++) {
        least = self->next_at[i] < self->next_at[least] ? i : least;
    }
    return least;
}

/* Up to where a stream's records may be handed over at once: all of its batch, whose memory is
 * taken, or when memory is about to end, where a send() may block, until another stream's is due.
 */
static SimTime turn_ends(const Workload *self, guint turn, SimTime until)
{
    const Accumulator *to = self->accumulator;
    if (!workload_is_short_of_memory(self) ||
        to->memory >= to->options.batch_size * self->streams->len) {
        return until;
    }
    for (guint i = 0; i < self->streams->len; i++) {
        until = i != turn && self->next_at[i] < until ? self->next_at[i] : until;
    }
    return until;
}

/* Always the stream whose next record is due first: so batches are opened, and their memory is
 * taken, in the order in which one thread does it. */
static bool hand_over_in_order(Workload *self, SimTime until)
{
    bool goes_on = true;
    guint i = earliest_stream(self);
    while (goes_on && self->next_at[i] <= until) {
        WorkloadStream *stream = stream_at(self, i);
        const SimTime end = turn_ends(self, i, until);
        if (stream->pending.count == 0) {
            stream->pending = arrivals_take(&stream->arrivals, end);
        }
        ArrivedRecords later = arrived_records_split(&stream->pending, end);
        goes_on = workload_append(self, stream);
        arrived_records_join(&stream->pending, &later);
        self->next_at[i] = workload_stream_next(stream);
        i = earliest_stream(self);
    }
    return goes_on;
}

/* Several streams, and memory may end before all is handed over. */
static bool needs_order(const Workload *self)
{
    return self->mode == WORKLOAD_SPLIT &&
           (self->resumed > self->handed_until || workload_is_short_of_memory(self));
}

/* ---- blocking */

static void block(Workload *self, SimTime since)
{
    self->blocked = true;
    self->blocked_since = since;
}

/* max.block.ms is over for the record that send() holds; the next one takes its place. */
static void refuse_blocked(Workload *self, SimTime now, const char *why)
{
    if (now - self->blocked_since < self->max_block_ns) {
        return;
    }
    const guint i = earliest_stream(self);
    WorkloadStream *stream = stream_at(self, i);
    if (self->next_at[i] > now) { /* nobody is in send() */
        self->blocked = false;
        self->accumulator->waiting = false;
        return;
    }
    if (stream->pending.count == 0) {
        take_one(self, stream, now);
    }
    workload_refuse(self, stream, KAFKA_REQUEST_TIMED_OUT, why); /* TimeoutException */
    self->next_at[i] = workload_stream_next(stream);
    self->blocked_since = now;
}

/* send() waits for the topic's partitions (M8). */
static void wait_for_metadata(Workload *self, SimTime now)
{
    SimTime first = workload_earliest(self->next_at, self->streams->len);
    if (!self->blocked && first <= now) {
        block(self, first);
    }
    if (self->blocked) {
        refuse_blocked(self, now, "no metadata within max.block.ms");
    }
}

/* Every record that is due at `until` (at most now). */
static void hand_over_until(Workload *self, SimTime until, SimTime now)
{
    if (self->is_away || self->streams->len == 0) {
        return;
    }
    if (!self->has_metadata) {
        wait_for_metadata(self, now);
        return;
    }
    if (self->blocked) {
        self->resumed = now;
    }
    const bool was_blocked = self->blocked;
    const int64_t number = self->number;
    self->blocked = false;
    if (!(needs_order(self) ? hand_over_in_order(self, until) : hand_over_each(self, until))) {
        const bool is_same = was_blocked && self->number == number; /* call of send() */
        block(self, is_same ? self->blocked_since : now);
    }
    self->handed_until = until;
    self->accumulator->waiting = self->blocked;
    if (self->blocked) {
        refuse_blocked(self, now, "buffer.memory is exhausted for max.block.ms");
    }
}

/* What fell due from then on when the process was frozen is sent by nobody before the thaw. */
static void see_thaw(Workload *self, SimTime now)
{
    const Actor *actor = self->actor;
    if (actor->thawed_at > self->resumed) {
        hand_over_until(self, MIN(actor->frozen_at, self->load.change_at) - 1, now);
        self->resumed = MAX(self->resumed, actor->thawed_at);
    }
}

/* The load changes when all that came before it was handed over; so late, if send() blocks. */
void workload_advance(Workload *self, SimTime now)
{
    if (!self->running) {
        return;
    }
    see_thaw(self, now);
    while (self->load.change_at <= now) {
        SimTime at = self->load.change_at;
        hand_over_until(self, at - 1, now);
        if (self->blocked || !self->has_metadata || self->is_away) {
            return;
        }
        shaped_load_advance(&self->load);
        apply_rate(self, at);
    }
    hand_over_until(self, now, now);
}

void workload_send_next(Workload *self, SimTime now)
{
    const SimTime due = workload_next_due(self);
    if (self->load.change_at <= now) {
        workload_advance(self, now);
    } else if (due <= now) {
        self->resumed = now;
        hand_over_until(self, due, now);
    }
}
