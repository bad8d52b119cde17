/* accumulator.c - appending and memory; see accumulator.h. The sender's side is in drain.c. */
#include "models/producer/accumulator.h"

static void reset_partition(ProducerPartition *partition)
{
    batch_list_init(&partition->queue, BATCH_QUEUE);
    batch_list_init(&partition->flight, BATCH_FLIGHT);
    batch_list_init(&partition->sequence, BATCH_SEQUENCE);
    partition->leader = NO_LEADER;
    partition->leader_epoch = -1;
    partition->active_place = -1;
    partition->muted = false;
    partition->used = false;
    partition->changed = false;
    idempotence_reset_partition(partition);
}

void accumulator_init(Accumulator *self,
                      const Actor *actor,
                      const AccumulatorOptions *options,
                      const TopicInfo *topic,
                      int32_t partitions,
                      Idempotence *idempotence)
{
    *self = (Accumulator){.options = *options, .idempotence = idempotence};
    self->capacity = topic->partitions;
    self->count = partitions > 0 ? partitions : topic->partitions;
    self->partitions = g_new0(ProducerPartition, (gsize)self->capacity);
    for (int32_t i = 0; i < self->capacity; i++) {
        self->partitions[i].number = i;
        self->partitions[i].index = topic->first_partition + i;
    }
    self->active = g_ptr_array_new();
    self->changed = g_ptr_array_new();
    self->nodes = g_array_new(FALSE, TRUE, sizeof(NodeStats));
    self->all_batches = g_ptr_array_new_with_free_func(g_free);
    actor_stream(actor, "retry jitter", &self->jitter);
    accumulator_reset(self);
}

bool accumulator_can_shrink(const Accumulator *self, int32_t count)
{
    for (int32_t i = count; i < self->count; i++) {
        const ProducerPartition *partition = &self->partitions[i];
        if (partition->queue.count > 0 || partition->flight.count > 0) {
            return false;
        }
    }
    return true;
}

static void drop_record_numbers(ProducerBatch *batch)
{
    if (batch->records != NULL) {
        g_array_free(batch->records, TRUE);
        batch->records = NULL;
    }
}

void accumulator_clear(Accumulator *self)
{
    for (guint i = 0; i < self->all_batches->len; i++) {
        drop_record_numbers(self->all_batches->pdata[i]);
    }
    g_ptr_array_free(self->all_batches, TRUE);
    g_ptr_array_free(self->active, TRUE);
    g_ptr_array_free(self->changed, TRUE);
    g_array_free(self->nodes, TRUE);
    g_free(self->partitions);
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
    g_ptr_array_set_size(self->active, 0);
    g_ptr_array_set_size(self->changed, 0);
    g_array_set_size(self->nodes, 0);
    self->available = self->options.buffer_memory;
    self->incomplete = 0;
    self->next_expiry = SIM_TIME_MAX;
    self->closed = false;
    self->waiting = false;
}

void accumulator_recycle(Accumulator *self, ProducerBatch *batch)
{
    drop_record_numbers(batch);
    batch->next[BATCH_QUEUE] = self->free;
    self->free = batch;
}

static ProducerBatch *take_batch(Accumulator *self)
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
    batch->leader_epoch = -1;
    return batch;
}

ProducerPartition *accumulator_partition(Accumulator *self, const ProducerBatch *batch)
{
    return &self->partitions[batch->wire.partition - self->partitions[0].index];
}

/* ---- queues */

void accumulator_mark_changed(Accumulator *self, ProducerPartition *partition)
{
    if (!partition->changed) {
        partition->changed = true;
        g_ptr_array_add(self->changed, partition);
    }
}

static void set_active(Accumulator *self, ProducerPartition *partition)
{
    if (partition->active_place < 0) {
        partition->active_place = (int32_t)self->active->len;
        g_ptr_array_add(self->active, partition);
    }
}

static void
enqueue(Accumulator *self, ProducerPartition *partition, ProducerBatch *batch, ProducerBatch *place)
{
    batch_list_insert(&partition->queue, batch, place);
    set_active(self, partition);
    accumulator_mark_changed(self, partition);
}

/* Batches are put back in front: by sequence with idempotence, else simply first, which may
 * change the order (R3, R4). */
void accumulator_reenqueue(Accumulator *self, ProducerBatch *batch, SimTime now)
{
    ProducerPartition *partition = accumulator_partition(self, batch);
    batch->attempts++;
    batch->last_attempt = now;
    ProducerBatch *place =
        self->idempotence->enabled ? idempotence_place(partition, batch) : partition->queue.first;
    enqueue(self, partition, batch, place);
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
    return (BatchFill){0, RECORD_BATCH_OVERHEAD_BYTES, new_batch_limit(self, sizes)};
}

static ProducerBatch *open_batch(Accumulator *self,
                                 ProducerPartition *partition,
                                 int64_t limit,
                                 SimTime created,
                                 SimTime resumed)
{
    ProducerBatch *batch = take_batch(self);
    batch->fill = (BatchFill){0, RECORD_BATCH_OVERHEAD_BYTES, limit};
    batch->buffer_bytes = limit;
    self->available -= limit; /* in full, however little it will hold (A1) */
    self->incomplete++;
    batch->wire.partition = partition->index;
    batch->wire.first_created = created;
    batch->opened_at = created > resumed ? created : resumed;
    batch->last_attempt = batch->opened_at;
    partition->used = true;
    enqueue(self, partition, batch, NULL);
    if (self->next_expiry == SIM_TIME_MAX &&
        self->options.delivery_timeout_ns < SIM_TIME_MAX - batch->opened_at) {
        self->next_expiry = batch->opened_at + self->options.delivery_timeout_ns;
    }
    return batch;
}

/* The first `taken` of `records` go; the others keep their even spacing. */
static SimTime split_times(ArrivedRecords *records, int64_t taken)
{
    SimTime last_taken = records->last;
    if (taken < records->count) {
        SimDuration step = (records->last - records->first) / (records->count - 1);
        last_taken = records->first + step * (taken - 1);
        records->first = last_taken + step;
    }
    records->count -= taken;
    return last_taken;
}

AppendOutcome accumulator_append(Accumulator *self,
                                 ProducerPartition *partition,
                                 RecordSizes *sizes,
                                 ArrivedRecords *records,
                                 SimTime resumed,
                                 int64_t *ret_bytes)
{
    ProducerBatch *tail = partition->queue.last;
    int64_t before = 0; /* a new batch's header counts as appended (S2) */
    if (accumulator_tail_is_full(partition)) {
        int64_t limit = new_batch_limit(self, sizes);
        if (limit > self->available) {
            return APPEND_EXHAUSTED;
        }
        tail = open_batch(self, partition, limit, records->first, resumed);
    } else {
        before = tail->fill.bytes;
    }
    accumulator_mark_changed(self, partition);
    SimDuration since_first = records->first - tail->wire.first_created;
    int64_t taken = record_sizes_fill(sizes, &tail->fill, records->count, since_first);
    if (taken == 0) {
        tail->closed = true;
        return APPEND_NEW_BATCH;
    }
    tail->wire.last_created = split_times(records, taken);
    *ret_bytes = tail->fill.bytes - before;
    return APPEND_OK;
}

void accumulator_release(Accumulator *self, ProducerBatch *batch)
{
    self->available += batch->buffer_bytes;
    batch->buffer_bytes = 0;
    self->incomplete--;
}

/* ---- splitting */

/* Parts have as many records as fit batch.size at the batch's mean record size; they keep the
 * sequence numbers, and take no buffer.memory. */
int32_t accumulator_split(Accumulator *self, ProducerBatch *batch, SimTime now)
{
    ProducerPartition *partition = accumulator_partition(self, batch);
    int64_t record_bytes = (batch->fill.bytes - RECORD_BATCH_OVERHEAD_BYTES) / batch->fill.count;
    int64_t room = (self->options.batch_size - RECORD_BATCH_OVERHEAD_BYTES) / (record_bytes + 1);
    room = room < 1 ? 1 : room;
    room = room >= batch->fill.count ? (batch->fill.count + 1) / 2 : room;
    ArrivedRecords records = {
        batch->fill.count, batch->wire.first_created, batch->wire.last_created};
    ProducerBatch *place =
        batch->has_sequence ? idempotence_place(partition, batch) : partition->queue.first;
    int32_t parts = 0;
    int32_t sequence = batch->wire.base_sequence;
    while (records.count > 0) {
        ProducerBatch *part = take_batch(self);
        part->wire = batch->wire;
        part->wire.ledger = 0;
        part->wire.first_created = records.first;
        int64_t taken = records.count < room ? records.count : room;
        part->wire.last_created = split_times(&records, taken);
        part->fill = (BatchFill){
            taken, RECORD_BATCH_OVERHEAD_BYTES + taken * record_bytes, batch->fill.limit};
        part->wire.count = (int32_t)taken;
        part->wire.base_sequence = sequence;
        part->has_sequence = batch->has_sequence;
        part->closed = true;
        part->opened_at = batch->opened_at;
        part->last_attempt = now;
        sequence += (int32_t)taken;
        self->incomplete++;
        enqueue(self, partition, part, place);
        if (part->has_sequence) {
            batch_list_insert(&partition->sequence, part, batch);
        }
        parts++;
    }
    return parts;
}
