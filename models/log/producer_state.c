/* producer_state.c - see the header. Mirrors: ProducerAppendInfo.checkSequence. */
#include "models/log/producer_state.h"
#include <glib.h>
#include <string.h>

void producer_state_init(ProducerState *self)
{
    *self = (ProducerState){0};
}

void producer_state_clear(ProducerState *self)
{
    g_free(self->entries);
    *self = (ProducerState){0};
}

void producer_state_reset(ProducerState *self)
{
    self->count = 0;
}

void producer_state_copy(ProducerState *self, const ProducerState *other)
{
    if (self->capacity < other->count) {
        self->capacity = other->count;
        self->entries = g_renew(ProducerStateEntry, self->entries, (gsize)self->capacity);
    }
    self->count = other->count;
    if (other->count > 0) {
        memcpy(self->entries, other->entries, sizeof(ProducerStateEntry) * (size_t)other->count);
    }
}

void producer_state_truncate(ProducerState *self, int64_t end_offset)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < self->count; i++) {
        ProducerStateEntry *entry = &self->entries[i];
        while (entry->batch_count > 0 &&
               entry->batches[entry->batch_count - 1].base_offset >= end_offset) {
            entry->batch_count--;
        }
        if (entry->batch_count > 0) {
            self->entries[kept++] = *entry;
        }
    }
    self->count = kept;
}

static ProducerStateEntry *find(const ProducerState *self, int64_t producer_id)
{
    for (int32_t i = 0; i < self->count; i++) {
        if (self->entries[i].producer_id == producer_id) {
            return &self->entries[i];
        }
    }
    return NULL;
}

/* Sequences wrap from 2^31-1 to 0. */
static int32_t last_sequence(const RecordBatch *batch)
{
    return (int32_t)(((int64_t)batch->base_sequence + batch->count - 1) & INT32_MAX);
}

static const ProducerBatch *find_batch(const ProducerStateEntry *entry, const RecordBatch *batch)
{
    int32_t last = last_sequence(batch);
    for (int32_t i = 0; i < entry->batch_count; i++) {
        if (entry->batches[i].first_sequence == batch->base_sequence &&
            entry->batches[i].last_sequence == last) {
            return &entry->batches[i];
        }
    }
    return NULL;
}

static bool follows(const ProducerStateEntry *entry, int32_t base_sequence)
{
    int32_t last = entry->batches[entry->batch_count - 1].last_sequence;
    return base_sequence == (int32_t)(((int64_t)last + 1) & INT32_MAX);
}

ProducerVerdict producer_state_check(const ProducerState *self,
                                     const RecordBatch *batch,
                                     int64_t *ret_base_offset,
                                     KafkaError *ret_error)
{
    if (batch->producer_id == NO_PRODUCER_ID) {
        return PRODUCER_APPEND;
    }
    const ProducerStateEntry *entry = find(self, batch->producer_id);
    if (entry == NULL || entry->batch_count == 0) {
        return PRODUCER_APPEND; /* any first sequence is accepted */
    }
    if (batch->producer_epoch < entry->epoch) {
        *ret_error = KAFKA_INVALID_PRODUCER_EPOCH;
        return PRODUCER_REFUSED;
    }
    if (batch->producer_epoch == entry->epoch) {
        const ProducerBatch *known = find_batch(entry, batch);
        if (known != NULL) {
            *ret_base_offset = known->base_offset;
            return PRODUCER_DUPLICATE;
        }
        if (follows(entry, batch->base_sequence)) {
            return PRODUCER_APPEND;
        }
    } else if (batch->base_sequence == 0) {
        return PRODUCER_APPEND;
    }
    *ret_error = KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER;
    return PRODUCER_REFUSED;
}

static ProducerStateEntry *add_entry(ProducerState *self, int64_t producer_id)
{
    if (self->count == self->capacity) {
        self->capacity = self->capacity == 0 ? 2 : self->capacity * 2;
        self->entries = g_renew(ProducerStateEntry, self->entries, (gsize)self->capacity);
    }
    ProducerStateEntry *entry = &self->entries[self->count++];
    memset(entry, 0, sizeof(*entry));
    entry->producer_id = producer_id;
    return entry;
}

void producer_state_update(ProducerState *self, const RecordBatch *batch)
{
    if (batch->producer_id == NO_PRODUCER_ID || batch->control) {
        return;
    }
    ProducerStateEntry *entry = find(self, batch->producer_id);
    if (entry == NULL) {
        entry = add_entry(self, batch->producer_id);
    }
    if (entry->epoch != batch->producer_epoch) {
        entry->epoch = batch->producer_epoch;
        entry->batch_count = 0;
    }
    if (entry->batch_count == PRODUCER_STATE_BATCHES) {
        memmove(&entry->batches[0],
                &entry->batches[1],
                sizeof(entry->batches[0]) * (PRODUCER_STATE_BATCHES - 1));
        entry->batch_count--;
    }
    entry->batches[entry->batch_count++] = (ProducerBatch){
        .first_sequence = batch->base_sequence,
        .last_sequence = last_sequence(batch),
        .base_offset = batch->base_offset,
    };
}
