/* workload.c - handing records over, blocking; see workload.h. Streams are made in streams.c. */
#include "models/producer/workload.h"
#include "models/producer/streams.h"

static WorkloadStream *stream_at(const Workload *self, guint index)
{
    return &g_array_index(self->streams, WorkloadStream, index);
}

static void make_tables(Workload *self)
{
    self->next_at = g_new0(SimTime, self->streams->len);
    self->wake_at = g_new0(SimTime, self->streams->len);
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
        .rate_milli = context->spec->rate_milli,
        .max_request_size = kafka_config_integer(context->spec->config, "max.request.size"),
        .max_block_ns = kafka_config_ms(context->spec->config, "max.block.ms"),
    };
    self->streams = g_array_new(FALSE, TRUE, sizeof(WorkloadStream));
    streams_make(self);
    make_tables(self);
}

static void free_tables(Workload *self)
{
    g_free(self->next_at);
    g_free(self->wake_at);
    g_free(self->stream_of);
}

void workload_clear(Workload *self)
{
    streams_free(self);
    g_array_free(self->streams, TRUE);
    free_tables(self);
}

/* The streams' tables are void: rate, life or limits changed. */
static void recompute_all(Workload *self);

void workload_start(Workload *self, SimTime now)
{
    self->running = true;
    self->blocked = false;
    self->has_metadata = false;
    self->resumed = now;
    streams_start(self, now);
    recompute_all(self);
}

void workload_stop(Workload *self, SimTime now)
{
    workload_advance(self, now);
    self->running = false;
}

void workload_crash(Workload *self, SimTime now)
{
    bool sending = self->running && self->has_metadata && !self->blocked;
    for (guint i = 0; sending && i < self->streams->len; i++) {
        ArrivedRecords gone = arrivals_take(&stream_at(self, i)->arrivals, now);
        ledger_offered(self->ledger, self->spec_index, gone.count);
        self->number += gone.count;
    }
    self->running = false;
}

void workload_set_rate(Workload *self, int64_t rate_milli, SimTime now)
{
    if (self->running) {
        workload_advance(self, now);
    }
    self->rate_milli = rate_milli;
    if (streams_mode(self) != self->mode && !self->blocked) {
        streams_free(self);
        free_tables(self);
        streams_make(self);
        make_tables(self);
    }
    streams_change(self, now);
    recompute_all(self);
}

/* Streams that hold a record back, or batches of a partition that goes, are waited for. */
static bool can_change_partitions(const Workload *self, int32_t partitions)
{
    for (guint i = 0; i < self->streams->len; i++) {
        if (stream_at(self, i)->pending.count > 0) {
            return false;
        }
    }
    return accumulator_can_shrink(self->accumulator, partitions);
}

void workload_set_partitions(Workload *self, int32_t partitions, SimTime now)
{
    if (partitions == self->accumulator->count || partitions <= 0) {
        return;
    }
    if (self->running) {
        workload_advance(self, now);
    }
    if (!can_change_partitions(self, partitions)) {
        return; /* at the next answer */
    }
    accumulator_set_count(self->accumulator, partitions);
    if (self->mode == WORKLOAD_SPLIT) {
        streams_free(self);
        free_tables(self);
        streams_make(self);
        make_tables(self);
        streams_change(self, now);
    }
    recompute_all(self);
}

void workload_set_metadata(Workload *self, bool known)
{
    self->has_metadata = known;
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

static void handed_over(Workload *self, ProducerPartition *partition, int64_t records)
{
    ledger_offered(self->ledger, self->spec_index, records);
    if (self->accumulator->options.labelled) {
        note_labelled(self, partition);
    }
    self->number += records;
}

static void refuse(Workload *self, WorkloadStream *stream, const char *why)
{
    (void)actor_log(self->actor, "record refused", "%s", why);
    record_sizes_skip(&stream->sizes);
    stream->pending.count--;
    stream->chosen = UNKNOWN_PARTITION;
    ledger_offered(self->ledger, self->spec_index, 1);
    ledger_refused(self->ledger, self->spec_index, 1);
    self->number++;
}

/* UNKNOWN_PARTITION: the accumulator is to choose. */
static int32_t target(Workload *self, WorkloadStream *stream)
{
    if (stream->partition != UNKNOWN_PARTITION || self->mode != WORKLOAD_ONE_BY_ONE) {
        return stream->partition;
    }
    if (stream->chosen == UNKNOWN_PARTITION) {
        int64_t of_all = self->number * self->spec->count + self->instance;
        stream->chosen = partitioner_choose(self->partitioner, self->accumulator, of_all);
    }
    return stream->chosen;
}

/* Some of the pending records: at most what one batch takes, or up to a sticky switch. */
static bool append_some(Workload *self, WorkloadStream *stream)
{
    if (record_sizes_next_upper_bound(&stream->sizes) > self->max_request_size) {
        refuse(self, stream, "larger than max.request.size");
        return true;
    }
    int64_t pending = stream->pending.count;
    AppendResult result;
    AppendOutcome outcome = accumulator_append(self->accumulator,
                                               target(self, stream),
                                               &stream->sizes,
                                               &stream->pending,
                                               self->resumed,
                                               &result);
    if (outcome == APPEND_ILLEGAL) {
        refuse(self, stream, "larger than buffer.memory");
        return true;
    }
    if (outcome != APPEND_OK) {
        return false;
    }
    ProducerPartition *partition = &self->accumulator->partitions[result.partition];
    handed_over(self, partition, pending - stream->pending.count);
    stream->chosen = UNKNOWN_PARTITION;
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

static bool hand_over(Workload *self, WorkloadStream *stream, SimTime now)
{
    if (!append_pending(self, stream)) {
        return false;
    }
    if (self->mode != WORKLOAD_ONE_BY_ONE) {
        stream->pending = arrivals_take(&stream->arrivals, now);
        return append_pending(self, stream);
    }
    while (arrivals_next(&stream->arrivals) <= now) {
        SimTime at = arrivals_take_one(&stream->arrivals);
        stream->pending = (ArrivedRecords){1, at, at};
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
            SimTime at = arrivals_take_one(&stream->arrivals);
            stream->pending = (ArrivedRecords){1, at, at};
        }
        if (stream->pending.count > 0) {
            refuse(self, stream, why);
            self->next_at[i] = arrivals_next(&stream->arrivals);
            break;
        }
    }
    self->blocked_since = now;
}

static SimTime earliest(const SimTime *times, guint count)
{
    SimTime least = SIM_TIME_MAX;
    for (guint i = 0; i < count; i++) {
        least = times[i] < least ? times[i] : least;
    }
    return least;
}

/* send() waits for the topic's partitions (M8). */
static void wait_for_metadata(Workload *self, SimTime now)
{
    SimTime first = earliest(self->next_at, self->streams->len);
    if (!self->blocked && first <= now) {
        block(self, first);
    }
    if (self->blocked) {
        refuse_blocked(self, now, "no metadata within max.block.ms");
    }
}

void workload_advance(Workload *self, SimTime now)
{
    if (!self->running) {
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
    self->blocked = false;
    for (guint i = 0; i < self->streams->len && !self->blocked; i++) {
        guint index = self->turn + i;
        index = index < self->streams->len ? index : index - self->streams->len;
        if (self->next_at[index] > now && !was_blocked) {
            continue;
        }
        WorkloadStream *stream = stream_at(self, index);
        if (!hand_over(self, stream, now)) {
            block(self, was_blocked ? self->blocked_since : now);
            self->turn = index;
        }
        self->next_at[index] = arrivals_next(&stream->arrivals);
    }
    self->accumulator->waiting = self->blocked;
    if (self->blocked) {
        refuse_blocked(self, now, "buffer.memory is exhausted for max.block.ms");
    }
}

/* ---- when to look again */

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

static bool is_short_of_memory(const Workload *self)
{
    return self->accumulator->memory < self->accumulator->options.buffer_memory / 2;
}

static SimTime stream_wake(Workload *self, WorkloadStream *stream)
{
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
        return sticky || is_short_of_memory(self) ? next : SIM_TIME_MAX;
    }
    SimTime wake = SIM_TIME_MAX;
    if (partition->queue.count == 0) {
        wake = later(next, accumulator->options.linger_ns);
    }
    BatchFill fill = accumulator_fill(accumulator, partition, &stream->sizes);
    int64_t until_full = record_sizes_until_full(&stream->sizes, &fill);
    SimTime full_at = arrivals_time_of(&stream->arrivals, until_full);
    return full_at < wake ? full_at : wake;
}

static void forget_changes(Accumulator *accumulator)
{
    for (guint i = 0; i < accumulator->changed->len; i++) {
        ((ProducerPartition *)accumulator->changed->pdata[i])->changed = false;
    }
    g_ptr_array_set_size(accumulator->changed, 0);
}

static void recompute_all(Workload *self)
{
    self->is_short = is_short_of_memory(self);
    for (guint i = 0; i < self->streams->len; i++) {
        WorkloadStream *stream = stream_at(self, i);
        self->next_at[i] = arrivals_next(&stream->arrivals);
        self->wake_at[i] = stream_wake(self, stream);
    }
}

/* Only streams whose partition changed; a sticky or single stream always. */
static void recompute_changed(Workload *self)
{
    Accumulator *accumulator = self->accumulator;
    if (self->mode != WORKLOAD_SPLIT || self->is_short != is_short_of_memory(self)) {
        recompute_all(self);
    } else {
        for (guint i = 0; i < accumulator->changed->len; i++) {
            const ProducerPartition *partition = accumulator->changed->pdata[i];
            gint index = self->stream_of[partition->number];
            if (index >= 0) {
                self->wake_at[index] = stream_wake(self, stream_at(self, (guint)index));
            }
        }
    }
    forget_changes(accumulator);
}

SimTime workload_next_wake(Workload *self, SimTime now)
{
    if (!self->running) {
        return SIM_TIME_MAX;
    }
    if (self->blocked) {
        return later(self->blocked_since, self->max_block_ns);
    }
    if (!self->has_metadata) {
        return earliest(self->next_at, self->streams->len);
    }
    recompute_changed(self);
    SimTime wake = earliest(self->wake_at, self->streams->len);
    return wake > now ? wake : now;
}
