/* accumulator.c - appending and memory; see accumulator.h. The sender's side is in drain.c. */
#include "models/producer/accumulator.h"

static void reset_partition(ProducerPartition *partition)
{
    batch_list_init(&partition->queue, BATCH_QUEUE);
    batch_list_init(&partition->flight, BATCH_FLIGHT);
    batch_list_init(&partition->sequence, BATCH_SEQUENCE);
    partition->leader = NO_LEADER;
    partition->leader_epoch = -1;
    partition->place = -1;
    partition->filled = false;
    partition->muted = false;
    partition->used = false;
    partition->changed = false;
    partition->acked_end = -1;
    partition->given_up_with = KAFKA_NONE;
    idempotence_reset_partition(partition);
}

static uint32_t draw_partition(void *owner)
{
    Accumulator *self = owner;
    return stream_u32(&self->chance) & UINT32_C(0x7fffffff);
}

static void add_span(Accumulator *self, const TopicInfo *topic)
{
    self->spans[self->span_count++] =
        (TopicSpan){topic->first_partition, self->capacity, topic->partitions};
    self->capacity += topic->partitions;
}

static void init_spans(Accumulator *self, const TopicInfo *topic)
{
    self->spans = g_new0(TopicSpan, (gsize)self->options.more_count + 1);
    add_span(self, topic);
    for (int32_t i = 0; i < self->options.more_count; i++) {
        add_span(self, self->options.more_topics[i]);
    }
    self->options.more_topics = NULL;
}

static void init_tables(Accumulator *self, const TopicInfo *topic)
{
    gsize capacity = (gsize)self->capacity;
    self->partitions = g_new0(ProducerPartition, capacity);
    for (int32_t s = 0; s < self->span_count; s++) {
        const TopicSpan *span = &self->spans[s];
        for (int32_t i = 0; i < span->count; i++) {
            self->partitions[span->first_number + i].number = span->first_number + i;
            self->partitions[span->first_number + i].index = span->first_index + i;
        }
    }
    deques_init(&self->deques, self->partitions, self->capacity);
    self->topic = g_strdup(topic->name);
    self->order = g_new0(int32_t, capacity);
    self->available = g_new0(int32_t, capacity);
    self->queue_sizes = g_new0(int32_t, capacity);
    self->queue_ids = g_new0(int32_t, capacity);
    self->changed = g_ptr_array_new();
    self->nodes = g_array_new(FALSE, TRUE, sizeof(NodeStats));
    self->all_batches = g_ptr_array_new_with_free_func(g_free);
}

void accumulator_init(Accumulator *self,
                      const Actor *actor,
                      const AccumulatorOptions *options,
                      const TopicInfo *topic,
                      int32_t partitions,
                      Idempotence *idempotence)
{
    *self = (Accumulator){.options = *options, .idempotence = idempotence};
    init_spans(self, topic);
    self->count = partitions > 0 && self->span_count == 1 ? partitions : self->capacity;
    self->chosen = self->count;
    init_tables(self, topic);
    actor_stream(actor, "retry jitter", &self->jitter);
    actor_stream(actor, "sticky partition", &self->chance);
    bool given = options->random != NULL;
    builtin_partitioner_init(&self->partitioner,
                             options->batch_size,
                             self->capacity,
                             given ? options->random : draw_partition,
                             given ? options->random_owner : self);
    self->partitioner.by_batch = options->sticky_by_batch;
    accumulator_reset(self);
}

static void drop_record_numbers(ProducerBatch *batch)
{
    if (batch->records != NULL) {
        g_array_free(batch->records, TRUE);
        batch->records = NULL;
    }
    if (batch->origins != NULL) {
        g_array_unref(batch->origins); /* the ledger may keep them */
        batch->origins = NULL;
    }
    if (batch->created != NULL) {
        g_array_unref(batch->created);
        batch->created = NULL;
    }
}

static void forget_nodes(Accumulator *self)
{
    for (guint i = 0; i < self->nodes->len; i++) {
        g_array_free(g_array_index(self->nodes, NodeStats, i).led, TRUE);
    }
    g_array_set_size(self->nodes, 0);
}

void accumulator_clear(Accumulator *self)
{
    for (guint i = 0; i < self->all_batches->len; i++) {
        drop_record_numbers(self->all_batches->pdata[i]);
    }
    forget_nodes(self);
    builtin_partitioner_clear(&self->partitioner);
    g_ptr_array_free(self->all_batches, TRUE);
    g_ptr_array_free(self->changed, TRUE);
    g_array_free(self->nodes, TRUE);
    g_free(self->partitions);
    g_free(self->spans);
    deques_clear(&self->deques);
    g_free(self->topic);
    g_free(self->order);
    g_free(self->available);
    g_free(self->queue_sizes);
    g_free(self->queue_ids);
}

void accumulator_reset(Accumulator *self)
{
    for (int32_t i = 0; i < self->capacity; i++) {
        reset_partition(&self->partitions[i]);
    }
    self->free = NULL;
    for (guint i = 0; i < self->all_batches->len; i++) {
        accumulator_recycle(self, self->all_batches->pdata[i]);
    }
    g_ptr_array_set_size(self->changed, 0);
    forget_nodes(self);
    builtin_partitioner_reset(&self->partitioner);
    deques_reset(&self->deques);
    self->compression.ratio = self->options.compressed_ratio > 0 ? COMPRESSION_RATIO_INITIAL : 0;
    self->available_of = 0;
    self->leaders_changed = true;
    self->memory = self->options.buffer_memory;
    self->incomplete = 0;
    self->next_expiry = SIM_TIME_MAX;
    self->closed = false;
    self->completing = false;
    self->waiting = false;
    self->woken = false;
}

void accumulator_recycle(Accumulator *self, ProducerBatch *batch)
{
    drop_record_numbers(batch);
    batch->next[BATCH_QUEUE] = self->free;
    self->free = batch;
}

ProducerBatch *accumulator_take_batch(Accumulator *self)
{
    ProducerBatch *batch = self->free;
    if (batch == NULL) {
        batch = g_new0(ProducerBatch, 1);
        g_ptr_array_add(self->all_batches, batch);
    } else {
        self->free = batch->next[BATCH_QUEUE];
        *batch = (ProducerBatch){0};
    }
    batch->wire.producer_id = NO_PRODUCER_ID;
    batch->wire.leader_epoch = -1;
    batch->wire.codec = self->options.codec & 7;
    batch->wire.left_of_256 = self->options.left_of_256;
    batch->leader_epoch = -1;
    return batch;
}

ProducerPartition *accumulator_find(Accumulator *self, int32_t index)
{
    for (int32_t s = 0; s < self->span_count; s++) {
        const TopicSpan *span = &self->spans[s];
        if (index >= span->first_index && index - span->first_index < span->count) {
            return &self->partitions[span->first_number + index - span->first_index];
        }
    }
    return NULL;
}

ProducerPartition *accumulator_partition(Accumulator *self, const ProducerBatch *batch)
{
    return accumulator_find(self, batch->wire.partition);
}

/* ---- queues */

void accumulator_mark_changed(Accumulator *self, ProducerPartition *partition)
{
    if (!partition->changed) {
        partition->changed = true;
        g_ptr_array_add(self->changed, partition);
    }
}

void accumulator_enqueue(Accumulator *self,
                         ProducerPartition *partition,
                         ProducerBatch *batch,
                         ProducerBatch *place)
{
    batch_list_insert(&partition->queue, batch, place);
    deques_note(&self->deques, partition);
    accumulator_mark_changed(self, partition);
}

/* Batches are put back in front: by sequence with idempotence, else simply first, which may
 * change the order (R3, R4). */
void accumulator_reenqueue(Accumulator *self, ProducerBatch *batch, SimTime now)
{
    ProducerPartition *partition = accumulator_partition(self, batch);
    batch->attempts++;
    batch->last_attempt_ms = sender_clock_ms(&self->options.clock, now);
    ProducerBatch *place =
        self->idempotence->enabled ? idempotence_place(partition, batch) : partition->queue.first;
    accumulator_enqueue(self, partition, batch, place);
}

/* ---- appending */

bool accumulator_tail_is_full(const ProducerPartition *partition)
{
    return partition->queue.last == NULL || batch_is_full(partition->queue.last);
}

static int64_t new_batch_limit(const Accumulator *self, RecordSizes *sizes)
{
    int64_t upper = record_sizes_next_upper_bound(sizes);
    return upper > self->options.batch_size ? upper : self->options.batch_size;
}

BatchFill
accumulator_fill(const Accumulator *self, const ProducerPartition *partition, RecordSizes *sizes)
{
    if (!accumulator_tail_is_full(partition)) {
        return partition->queue.last->fill;
    }
    return batch_fill_new(new_batch_limit(self, sizes), self->compression.ratio);
}

/* One call of append(), with what it has found so far. */
typedef struct Append {
    Accumulator *accumulator;
    RecordSizes *sizes;
    ArrivedRecords *records;
    SimTime now_at_least;
    bool sticky;
    bool may_move;    /* before KIP-794: a new batch is opened elsewhere, once */
    int64_t reserved; /* bytes taken from buffer.memory for a new batch; 0 none */
    AppendResult *result;
} Append;

static ProducerPartition *target(const Append *append, int32_t number)
{
    Accumulator *self = append->accumulator;
    ProducerPartition *partition = &self->partitions[number];
    append->result->partition = number;
    deques_create(&self->deques, partition);
    return partition;
}

/* A switch that was due and had to wait for the batch to fill up or to be drained (S3). */
static bool complete_switch(const Append *append, const ProducerPartition *partition)
{
    if (!append->sticky || !accumulator_tail_is_full(partition)) {
        return false;
    }
    TopicPartitions topic = accumulator_topic(append->accumulator);
    return builtin_partitioner_update(&append->accumulator->partitioner, &topic, 0, true);
}

/* False when not even the first record fits. */
static bool fill_tail(const Append *append, ProducerPartition *partition, int64_t before)
{
    Accumulator *self = append->accumulator;
    ProducerBatch *tail = partition->queue.last;
    int64_t enough =
        append->sticky ? before + builtin_partitioner_bytes_left(&self->partitioner) : INT64_MAX;
    SimDuration since_first = append->records->first - tail->wire.first_created;
    int64_t taken =
        record_sizes_fill(append->sizes, &tail->fill, append->records->count, since_first, enough);
    if (taken == 0) {
        return false;
    }
    self->appended += taken;
    tail->wire.keyless |= append->sizes->key_bytes < 0 && !self->options.passes_keys_on;
    tail->wire.last_created = arrived_records_take(append->records, taken);
    accumulator_mark_changed(self, partition);
    append->result->appended_bytes = tail->fill.bytes - before;
    append->result->batch_is_full = partition->queue.count > 1 || batch_is_full(tail);
    self->woken = self->woken || append->result->batch_is_full;
    if (append->sticky) {
        TopicPartitions topic = accumulator_topic(self);
        (void)builtin_partitioner_update(&self->partitioner,
                                         &topic,
                                         append->result->appended_bytes,
                                         accumulator_tail_is_full(partition));
    }
    return true;
}

static bool try_append(const Append *append, ProducerPartition *partition)
{
    ProducerBatch *tail = partition->queue.last;
    if (tail == NULL) {
        return false;
    }
    if (!tail->closed && fill_tail(append, partition, tail->fill.bytes)) {
        return true;
    }
    tail->closed = true;
    accumulator_mark_changed(append->accumulator, partition);
    return false;
}

static void open_batch(const Append *append, ProducerPartition *partition)
{
    Accumulator *self = append->accumulator;
    ProducerBatch *batch = accumulator_take_batch(self);
    SimTime created = append->records->first;
    batch->fill = batch_fill_new(append->reserved, self->compression.ratio);
    batch->shape = record_sizes_shape(append->sizes, &batch->same_size);
    batch->buffer_bytes = append->reserved;
    self->incomplete++;
    batch->wire.partition = partition->index;
    batch->wire.first_created = created;
    batch->opened_at = created > append->now_at_least ? created : append->now_at_least;
    batch->last_attempt_ms = sender_clock_ms(&self->options.clock, batch->opened_at);
    accumulator_enqueue(self, partition, batch, NULL);
    if (self->next_expiry == SIM_TIME_MAX) {
        accumulator_note_expiry(self, batch);
    }
}

/* A new batch's memory is taken in full, however little it will hold (A1). */
static AppendOutcome reserve(Append *append)
{
    Accumulator *self = append->accumulator;
    if (append->reserved > 0) {
        return APPEND_OK;
    }
    int64_t bytes = new_batch_limit(self, append->sizes);
    if (bytes > self->options.buffer_memory) {
        return APPEND_ILLEGAL;
    }
    if (bytes > self->memory) {
        return APPEND_EXHAUSTED;
    }
    self->memory -= bytes;
    append->reserved = bytes;
    return APPEND_OK;
}

/* abortForNewBatch: the record goes elsewhere, be it to a batch that is open there. */
static bool move_on(Append *append, const TopicPartitions *topic)
{
    bool moves = append->may_move;
    append->may_move = false;
    if (moves) {
        builtin_partitioner_on_new_batch(&append->accumulator->partitioner, topic);
    }
    return moves;
}

/* The order is Kafka's: memory is asked for before the second look at a switch, so that a full
 * buffer leaves the choice as it was. */
AppendOutcome accumulator_append(Accumulator *self,
                                 int32_t partition,
                                 RecordSizes *sizes,
                                 ArrivedRecords *records,
                                 SimTime now_at_least,
                                 AppendResult *result)
{
    *result = (AppendResult){.partition = UNKNOWN_PARTITION};
    bool sticky = partition == UNKNOWN_PARTITION;
    bool may_move = sticky && self->partitioner.by_batch;
    Append append = {self, sizes, records, now_at_least, sticky, may_move, 0, result};
    if (self->partitioner.sticky_batch_size < 1) {
        return APPEND_ILLEGAL;
    }
    for (;;) {
        TopicPartitions topic = accumulator_topic(self);
        ProducerPartition *chosen = target(
            &append,
            append.sticky ? builtin_partitioner_peek(&self->partitioner, &topic) : partition);
        if (complete_switch(&append, chosen)) {
            continue;
        }
        if (try_append(&append, chosen)) {
            self->memory += append.reserved;
            return APPEND_OK;
        }
        if (self->aborts_for_new_batch) {
            return APPEND_ELSEWHERE;
        }
        if (move_on(&append, &topic)) {
            continue;
        }
        AppendOutcome outcome = reserve(&append);
        if (outcome != APPEND_OK) {
            return outcome;
        }
        if (complete_switch(&append, chosen)) {
            continue;
        }
        open_batch(&append, chosen);
        result->new_batch = true;
        self->woken = true;
        (void)fill_tail(&append, chosen, 0); /* its header counts as appended (S2) */
        return APPEND_OK;
    }
}

void accumulator_release(Accumulator *self, ProducerBatch *batch)
{
    self->memory += batch->buffer_bytes;
    batch->buffer_bytes = 0;
    self->incomplete--;
}
