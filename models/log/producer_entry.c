/* producer_entry.c - see the header. */
#include "models/log/producer_entry.h"
#include <stddef.h>
#include <string.h>

ProducerStateEntry producer_entry_new(int64_t producer_id)
{
    ProducerStateEntry self;
    memset(&self, 0, sizeof(self));
    self.producer_id = producer_id;
    self.txn_first_offset = NO_OFFSET;
    self.last_timestamp = -1;
    self.coordinator_epoch = NO_COORDINATOR_EPOCH;
    self.epoch = NO_PRODUCER_EPOCH;
    return self;
}

static int32_t add_sequence(int32_t sequence, int64_t records)
{
    return (int32_t)((sequence + records) & INT32_MAX);
}

int32_t record_batch_last_sequence(const RecordBatch *batch)
{
    return add_sequence(batch->base_sequence, (int64_t)batch->count - 1);
}

int64_t batch_metadata_last_offset(const BatchMetadata *self)
{
    return self->base_offset +
           (int64_t)(((uint32_t)self->last_sequence - (uint32_t)self->first_sequence) & INT32_MAX);
}

const BatchMetadata *producer_entry_find_duplicate(const ProducerStateEntry *self,
                                                   const RecordBatch *batch)
{
    int32_t last = record_batch_last_sequence(batch);
    for (int i = 0; i < self->batch_count && batch->producer_epoch == self->epoch; i++) {
        if (self->batches[i].first_sequence == batch->base_sequence &&
            self->batches[i].last_sequence == last) {
            return &self->batches[i];
        }
    }
    return NULL;
}

static int32_t last_sequence(const ProducerStateEntry *self)
{
    return self->batch_count > 0 ? self->batches[self->batch_count - 1].last_sequence : NO_SEQUENCE;
}

/* KIP-890: whoever was verified before this one may have had earlier sequences; they come first.
 * And a producer whose epoch was bumped for this transaction begins at 0. */
static bool
contradicts(const VerificationState *verification, const ProducerStateEntry *self, int32_t sequence)
{
    return verification != NULL &&
           (sequence > verification->lowest_sequence ||
            (verification->supports_epoch_bump && sequence != 0 && self->batch_count == 0));
}

static bool is_in_sequence(const ProducerStateEntry *self,
                           const VerificationState *verification,
                           const RecordBatch *batch)
{
    int32_t sequence = batch->base_sequence;
    if (contradicts(verification, self, sequence)) {
        return false;
    }
    if (self->epoch == NO_PRODUCER_EPOCH) {
        return true; /* nothing is known of it: any sequence will do */
    }
    if (batch->producer_epoch != self->epoch) {
        return sequence == 0;
    }
    int32_t last = last_sequence(self);
    return sequence == (last == NO_SEQUENCE ? 0 : add_sequence(last, 1));
}

KafkaError producer_entry_check(const ProducerStateEntry *self,
                                const VerificationState *verification,
                                const RecordBatch *batch,
                                AppendOrigin origin)
{
    if (origin == APPEND_REPLICATION) {
        return KAFKA_NONE;
    }
    if (batch->producer_epoch < self->epoch) {
        return KAFKA_INVALID_PRODUCER_EPOCH;
    }
    if (batch->control) {
        return batch->coordinator_epoch < self->coordinator_epoch
                   ? KAFKA_TRANSACTION_COORDINATOR_FENCED
                   : KAFKA_NONE;
    }
    if (origin == APPEND_CLIENT && !is_in_sequence(self, verification, batch)) {
        return KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER;
    }
    return self->txn_first_offset != NO_OFFSET && !batch->transactional ? KAFKA_INVALID_TXN_STATE
                                                                        : KAFKA_NONE;
}

static void set_epoch(ProducerStateEntry *self, int16_t epoch)
{
    if (self->epoch != epoch) {
        self->epoch = epoch;
        self->batch_count = 0;
    }
}

static void add_batch(ProducerStateEntry *self, const RecordBatch *batch)
{
    if (self->batch_count == PRODUCER_BATCHES_RETAINED) {
        memmove(&self->batches[0],
                &self->batches[1],
                sizeof(self->batches[0]) * (PRODUCER_BATCHES_RETAINED - 1));
        self->batch_count--;
    }
    int32_t first = batch->merged ? batch->kept_sequence : batch->base_sequence;
    self->batches[self->batch_count++] = (BatchMetadata){
        .first_sequence = first,
        .last_sequence = add_sequence(first, (int64_t)batch->count - 1),
        .base_offset = batch->base_offset,
    };
}

CompletedTxn producer_entry_apply(ProducerStateEntry *self, const RecordBatch *batch)
{
    CompletedTxn completed = {.first_offset = NO_OFFSET};
    set_epoch(self, batch->producer_epoch);
    self->last_timestamp = batch->last_created;
    if (!batch->control) {
        add_batch(self, batch);
        if (batch->transactional && self->txn_first_offset == NO_OFFSET) {
            self->txn_first_offset = batch->base_offset;
        }
        return completed;
    }
    completed = (CompletedTxn){
        .producer_id = self->producer_id,
        .first_offset = self->txn_first_offset,
        .last_offset = batch->base_offset,
        .is_aborted = batch->aborts,
    };
    self->txn_first_offset = NO_OFFSET;
    self->coordinator_epoch = batch->coordinator_epoch;
    return completed;
}

const BatchMetadata *producer_entry_last_batch(const ProducerStateEntry *self)
{
    return self->batch_count > 0 ? &self->batches[self->batch_count - 1] : NULL;
}

void producer_entry_keep_last_batch(ProducerStateEntry *self)
{
    if (self->batch_count > 1) {
        self->batches[0] = self->batches[self->batch_count - 1];
        self->batch_count = 1;
    }
}
