/* split.c - a batch that the broker found too large comes back in parts (A10).
 *
 * Mirrors: RecordAccumulator.splitAndReenqueue, ProducerBatch.split. The parts are as large as
 * batch.size allows, also when that is what was refused: then the batch comes back as it was, and
 * is refused again until delivery.timeout.ms ends it (KAFKA-8350, not yet fixed in 4.1).
 * Leaves out: each record's own size where sizes are drawn; there the mean decides. */
#include "models/producer/accumulator.h"

/* The records of the batch as a stream of even size and spacing. */
static RecordSizes sizes_of(const Accumulator *self, const ProducerBatch *batch)
{
    int64_t value_bytes = batch->shape.value_bytes;
    if (!batch->same_size) {
        RecordShape empty = batch->shape;
        empty.value_bytes = 0;
        value_bytes = batch->fill.records_bytes / batch->fill.count - record_bytes(&empty, 0, 0);
        value_bytes = value_bytes > 0 ? value_bytes : 0;
    }
    Distribution constant = distribution_constant(value_bytes);
    RecordSizes sizes;
    record_sizes_init(&sizes, batch->shape.key_bytes, &constant, &self->chance);
    sizes.headers_bytes = batch->shape.headers_bytes;
    if (batch->fill.count > 1) {
        sizes.gap_ns =
            (batch->wire.last_created - batch->wire.first_created) / (batch->fill.count - 1);
    }
    return sizes;
}

static ProducerBatch *new_part(Accumulator *self, const ProducerBatch *batch)
{
    ProducerBatch *part = accumulator_take_batch(self);
    part->wire = batch->wire;
    part->wire.ledger = 0;
    part->wire.bytes = 0;
    part->first_number = batch->first_number; /* or more; it is complete when all parts are */
    part->shape = batch->shape;
    part->same_size = batch->same_size;
    part->has_sequence = batch->has_sequence;
    part->closed = true;
    part->opened_at = batch->opened_at;
    part->last_attempt_ms = sender_clock_ms(&self->options.clock, batch->opened_at);
    self->incomplete++;
    return part;
}

/* Of so many records; NULL of NULL. */
static GArray *some_of(const GArray *all, guint from, guint count)
{
    if (all == NULL) {
        return NULL;
    }
    const guint bytes = g_array_get_element_size((GArray *)(guintptr)all);
    GArray *some = g_array_new(FALSE, FALSE, bytes);
    if (from + count <= all->len) {
        g_array_append_vals(some, all->data + (gsize)from * bytes, count);
    }
    return some;
}

/* What is known of its records one by one: numbers, origins, times. */
static void share_records(const ProducerBatch *batch, ProducerBatch *part, guint from)
{
    const guint count = (guint)part->wire.count;
    part->records = some_of(batch->records, from, count);
    part->origins = some_of(batch->origins, from, count);
    part->created = some_of(batch->created, from, count);
}

static void
fill_part(const Accumulator *self, ProducerBatch *part, RecordSizes *sizes, ArrivedRecords *records)
{
    int64_t upper = record_sizes_next_upper_bound(sizes);
    int64_t limit = upper > self->options.batch_size ? upper : self->options.batch_size;
    part->fill = batch_fill_new(limit, self->compression.ratio);
    int64_t taken = record_sizes_fill(sizes, &part->fill, records->count, 0, INT64_MAX);
    part->wire.first_created = records->first;
    part->wire.last_created = arrived_records_take(records, taken);
    part->wire.count = (int32_t)taken;
}

int32_t accumulator_split(Accumulator *self, ProducerBatch *batch)
{
    ProducerPartition *partition = accumulator_partition(self, batch);
    accumulator_reset_compression(self);
    RecordSizes sizes = sizes_of(self, batch);
    ArrivedRecords records = {
        batch->fill.count, batch->wire.first_created, batch->wire.last_created};
    ProducerBatch *place =
        batch->has_sequence ? idempotence_place(partition, batch) : partition->queue.first;
    int32_t parts = 0;
    ProducerBatch *part = NULL;
    int32_t sequence = batch->wire.base_sequence;
    while (records.count > 0) {
        part = new_part(self, batch);
        const int64_t from = batch->fill.count - records.count;
        fill_part(self, part, &sizes, &records);
        share_records(batch, part, (guint)from);
        part->wire.base_sequence = sequence;
        sequence = record_batch_increment_sequence(sequence, part->wire.count);
        accumulator_enqueue(self, partition, part, place);
        if (part->has_sequence) {
            batch_list_insert(&partition->sequence, part, batch);
        }
        parts++;
    }
    record_sizes_clear(&sizes);
    if (parts == 1) {
        part->wire.ledger = batch->wire.ledger; /* it is the same one, which may be in a log */
    }
    return parts;
}
