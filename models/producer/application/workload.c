/* workload.c - handing records over, blocking; see workload.h. Streams are made in streams.c. */
#include "models/producer/application/workload.h"
#include "models/producer/application/streams.h"

static WorkloadStream *stream_at(const Workload *self, guint index)
{
    return &g_array_index(self->streams, WorkloadStream, index);
}

static void make_tables(Workload *self)
{
    self->turn = 0; /* of the streams that are no more */
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
        self->next_at[0] = arrivals_next(&stream_at(self, 0)->arrivals);
    }
}

/* A call of send() that fails at once takes its time too, else a loop would never end. */
#define FAILED_SEND SIM_US(10)

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

const char *workload_label(const Workload *self, int64_t number)
{
    const GPtrArray *labels = self->spec->labels;
    int64_t of_all = number * self->spec->count + self->instance;
    return labels == NULL || of_all >= labels->len ? NULL : labels->pdata[of_all];
}

/* ---- one record or many */

static void note_labelled(Workload *self, ProducerPartition *partition)
{
    ProducerBatch *tail = partition->queue.last;
    if (tail->records == NULL) {
        tail->records = g_array_new(FALSE, FALSE, sizeof(int64_t));
    }
    g_array_append_val(tail->records, self->number);
    const char *label = workload_label(self, self->number);
    if (label != NULL) {
        (void)actor_log(
            self->actor, "send", "%s -> %s-%d", label, self->topic->name, partition->number);
    }
}

/* One record, and when it was handed to send(). */
static void note_created(ProducerPartition *partition, SimTime at)
{
    ProducerBatch *tail = partition->queue.last;
    if (tail->created == NULL) {
        tail->created = g_array_new(FALSE, FALSE, sizeof(SimTime));
    }
    g_array_append_val(tail->created, at);
}

/* ---- records that are given, see given.c */

static void pass_given(Workload *self)
{
    self->given_at++;
    if (!workload_has_given(self)) {
        g_array_set_size(self->given, 0);
        self->given_at = 0;
    }
}

static const GivenRecord *given_next(const Workload *self)
{
    return &g_array_index(self->given, GivenRecord, self->given_at);
}

static void note_given(Workload *self, ProducerPartition *partition)
{
    ProducerBatch *tail = partition->queue.last;
    if (tail->origins == NULL) {
        tail->origins = g_array_new(FALSE, FALSE, sizeof(RecordOrigin));
    }
    g_array_append_val(tail->origins, given_next(self)->origin);
    pass_given(self);
}

static void handed_over(Workload *self, ProducerPartition *partition, int64_t records, SimTime at)
{
    if (self->accumulator->options.record_by_record) {
        note_created(partition, at);
    }
    ledger_offered(self->ledger, self->spec_index, records);
    if (self->accumulator->options.labelled) {
        note_labelled(self, partition);
    }
    if (workload_has_given(self)) {
        note_given(self, partition);
    }
    if (workload_is_source(self)) {
        workload_note_source(self, partition);
    }
    self->number += records;
    self->room -= records;
}

/* send() throws, or what it returns does: `error`. */
static void refuse(Workload *self, WorkloadStream *stream, KafkaError error, const char *why)
{
    (void)actor_log(self->actor, "record refused", "%s", why);
    record_sizes_skip(&stream->sizes);
    stream->pending.count--;
    stream->chosen = UNKNOWN_PARTITION;
    ledger_offered(self->ledger, self->spec_index, 1);
    ledger_refused(self->ledger, self->spec_index, 1);
    self->number++;
    self->refused++;
    self->refused_with = error;
    if (workload_has_given(self)) {
        const RefusedRecord refused = {given_next(self)->number, error};
        g_array_append_val(self->refused_records, refused);
        self->refused_given++;
        pass_given(self);
    }
    workload_on_completed(self, 1, actor_now(self->actor) + FAILED_SEND);
}

/* UNKNOWN_PARTITION: the accumulator is to choose. */
static int32_t target(Workload *self, WorkloadStream *stream)
{
    if (stream->partition != UNKNOWN_PARTITION || self->mode != WORKLOAD_ONE_BY_ONE) {
        return stream->partition;
    }
    if (stream->chosen == UNKNOWN_PARTITION && workload_has_given(self)) {
        stream->chosen = given_next(self)->number % self->accumulator->chosen;
    }
    if (stream->chosen == UNKNOWN_PARTITION) {
        int64_t of_all = self->number * self->spec->count + self->instance;
        stream->chosen = partitioner_choose(self->partitioner, self->accumulator, of_all);
    }
    return stream->chosen;
}

static AppendOutcome append_once(Workload *self, WorkloadStream *stream, AppendResult *result)
{
    Accumulator *to = self->accumulator;
    to->aborts_for_new_batch = self->partitioner->asks_again && !stream->is_chosen_again;
    return accumulator_append(
        to, target(self, stream), &stream->sizes, &stream->pending, self->resumed, result);
}

/* Some of the pending records: at most what one batch takes, or up to a sticky switch. */
static bool append_some(Workload *self, WorkloadStream *stream)
{
    if (record_sizes_next_upper_bound(&stream->sizes) > self->max_request_size) {
        refuse(self, stream, KAFKA_MESSAGE_TOO_LARGE, "the record is larger than max.request.size");
        return true;
    }
    int64_t pending = stream->pending.count;
    const SimTime at = stream->pending.first;
    AppendResult result;
    AppendOutcome outcome = append_once(self, stream, &result);
    if (outcome == APPEND_ELSEWHERE) {
        stream->chosen = UNKNOWN_PARTITION;
        stream->is_chosen_again = true;
        return true;
    }
    if (outcome == APPEND_ILLEGAL) {
        refuse(self,
               stream,
               KAFKA_MESSAGE_TOO_LARGE,
               "a batch for the record is larger than buffer.memory");
        return true;
    }
    if (outcome != APPEND_OK) {
        return false;
    }
    ProducerPartition *partition = &self->accumulator->partitions[result.partition];
    handed_over(self, partition, pending - stream->pending.count, at);
    stream->chosen = UNKNOWN_PARTITION;
    stream->is_chosen_again = false;
    return true;
}

/* False when the application is blocked. */
static bool append_pending(Workload *self, WorkloadStream *stream)
{
    while (stream->pending.count > 0) {
        if (!append_some(self, stream)) {
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
    for (guint i = 0; i < self->streams->len; i++) {
        WorkloadStream *stream = stream_at(self, i);
        if (stream->pending.count == 0 && arrivals_next(&stream->arrivals) <= now) {
            take_one(self, stream, now);
        }
        if (stream->pending.count > 0) {
            refuse(self, stream, KAFKA_REQUEST_TIMED_OUT, why); /* TimeoutException */
            self->next_at[i] = arrivals_next(&stream->arrivals);
            self->blocked_since = now;
            return;
        }
    }
    self->blocked = false; /* nobody is in send() */
    self->accumulator->waiting = false;
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
    if (self->is_away) {
        return;
    }
    if (!self->has_metadata) {
        wait_for_metadata(self, now);
        return;
    }
    if (self->blocked) {
        self->resumed = now;
    }
    bool was_blocked = self->blocked;
    const int64_t number = self->number;
    self->blocked = false;
    for (guint i = 0; i < self->streams->len && !self->blocked; i++) {
        guint index = self->turn + i;
        index = index < self->streams->len ? index : index - self->streams->len;
        if (self->next_at[index] > until && !was_blocked) {
            continue;
        }
        WorkloadStream *stream = stream_at(self, index);
        if (!hand_over(self, stream, until)) {
            const bool is_same = was_blocked && self->number == number; /* call of send() */
            block(self, is_same ? self->blocked_since : now);
            self->turn = index;
        }
        self->next_at[index] = arrivals_next(&stream->arrivals);
    }
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
