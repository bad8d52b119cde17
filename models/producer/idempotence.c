/* idempotence.c - see idempotence.h. */
#include "models/producer/idempotence.h"

void idempotence_reset(Idempotence *self, bool enabled)
{
    *self = (Idempotence){
        .enabled = enabled,
        .producer_id = NO_PRODUCER_ID,
        .is_transactional = self->is_transactional,
    };
}

void idempotence_reset_partition(ProducerPartition *partition)
{
    partition->producer_id = NO_PRODUCER_ID;
    partition->producer_epoch = 0;
    partition->unresolved = false;
    partition->rewrite_sequences = false;
    partition->next_sequence = 0;
    partition->last_acked_sequence = -1;
}

void idempotence_set_id(Idempotence *self, int64_t producer_id, int16_t producer_epoch)
{
    self->producer_id = producer_id;
    self->producer_epoch = producer_epoch;
}

static bool is_next_sequence(const ProducerPartition *partition, int32_t sequence)
{
    return sequence - partition->last_acked_sequence == 1;
}

static void request_bump(Idempotence *self, ProducerPartition *partition)
{
    if (self->is_transactional) {
        self->must_abort = true;
        return;
    }
    self->bump_required = true;
    partition->rewrite_sequences = true;
}

/* All unresolved batches of the partition are numbered anew from 0. What is on the wire keeps its
 * old numbers and is refused by the broker. */
static void start_at_beginning(const Idempotence *self, ProducerPartition *partition)
{
    int32_t sequence = 0;
    for (ProducerBatch *batch = partition->sequence.first; batch != NULL;
         batch = batch->next[BATCH_SEQUENCE]) {
        batch->wire.producer_id = self->producer_id;
        batch->wire.producer_epoch = self->producer_epoch;
        batch->wire.base_sequence = sequence;
        batch->sequence_was_reset = true;
        sequence = record_batch_increment_sequence(sequence, batch->wire.count);
    }
    partition->producer_id = self->producer_id;
    partition->producer_epoch = self->producer_epoch;
    partition->next_sequence = sequence;
    partition->last_acked_sequence = -1;
}

static void resolve(Idempotence *self, ProducerPartition *partition)
{
    if (!partition->unresolved) {
        return;
    }
    if (partition->sequence.count > 0) {
        self->any_unresolved = true;
        return;
    }
    /* The next number follows the last acknowledged one: later batches came through, no gap. */
    if (!is_next_sequence(partition, partition->next_sequence)) {
        request_bump(self, partition);
    }
    partition->unresolved = false;
}

void idempotence_resolve(Idempotence *self, ProducerPartition *partitions, int32_t count)
{
    if (!self->any_unresolved) {
        return;
    }
    self->any_unresolved = false;
    for (int32_t i = 0; i < count; i++) {
        resolve(self, &partitions[i]);
    }
}

bool idempotence_bump(Idempotence *self, ProducerPartition *partitions, int32_t count)
{
    if (!self->bump_required) {
        return false;
    }
    self->producer_epoch++;
    for (int32_t i = 0; i < count; i++) {
        if (partitions[i].rewrite_sequences) {
            start_at_beginning(self, &partitions[i]);
            partitions[i].unresolved = false;
            partitions[i].rewrite_sequences = false;
        }
    }
    self->bump_required = false;
    return true;
}

static bool is_stale(const Idempotence *self, const ProducerPartition *partition)
{
    return partition->producer_id != self->producer_id ||
           partition->producer_epoch != self->producer_epoch;
}

bool idempotence_must_wait(const Idempotence *self,
                           const ProducerPartition *partition,
                           const ProducerBatch *first)
{
    if (!self->enabled) {
        return false;
    }
    if (self->producer_id == NO_PRODUCER_ID) {
        return true;
    }
    if (self->is_transactional && (!self->may_drain || !partition->in_transaction)) {
        return true;
    }
    if (!first->has_sequence) {
        /* A new epoch starts only when all of the old one is answered; and nothing new goes out
         * while an expired batch may or may not be in the log. */
        return (partition->sequence.count > 0 && is_stale(self, partition)) ||
               partition->unresolved;
    }
    /* A retried batch goes only when it is the first unanswered: one in flight (R4). */
    return partition->sequence.first != NULL &&
           partition->sequence.first->wire.base_sequence != first->wire.base_sequence;
}

static ProducerBatch *higher_sequence(const BatchList *list, const ProducerBatch *batch)
{
    ProducerBatch *place = list->first;
    while (place != NULL && place->has_sequence &&
           place->wire.base_sequence < batch->wire.base_sequence) {
        place = place->next[list->link];
    }
    return place;
}

ProducerBatch *idempotence_place(const ProducerPartition *partition, const ProducerBatch *batch)
{
    return higher_sequence(&partition->queue, batch);
}

void idempotence_assign(Idempotence *self, ProducerPartition *partition, ProducerBatch *batch)
{
    if (!self->enabled || batch->has_sequence) {
        return;
    }
    if (is_stale(self, partition) && partition->sequence.count == 0) {
        start_at_beginning(self, partition);
    }
    batch->wire.producer_id = self->producer_id;
    batch->wire.producer_epoch = self->producer_epoch;
    batch->wire.transactional = self->is_transactional;
    batch->wire.base_sequence = partition->next_sequence;
    batch->has_sequence = true;
    partition->next_sequence =
        record_batch_increment_sequence(partition->next_sequence, batch->wire.count);
    batch_list_insert(&partition->sequence, batch, higher_sequence(&partition->sequence, batch));
}

/* What was acknowledged already is not the next sequence either. A retry whose first copy the
 * leader has in its log, but no more among its five batches, is therefore tried again until
 * delivery.timeout.ms, and then leaves its partition unresolved: no broker of 4.0 or 4.1 has
 * DUPLICATE_SEQUENCE_NUMBER (ProducerAppendInfo.checkSequence knows but OutOfOrderSequence;
 * Sender.completeBatch would take it for success), and Sender.canRetry asks for nothing but the
 * time and TransactionManager.canRetry. Read in the source, not seen on a running cluster. */
static bool
can_retry_out_of_order(Idempotence *self, ProducerPartition *partition, const ProducerBatch *batch)
{
    bool is_expected = is_next_sequence(partition, batch->wire.base_sequence);
    if (!partition->unresolved && (batch->sequence_was_reset || !is_expected)) {
        return true; /* an earlier one will fill the gap */
    }
    if (self->is_transactional) {
        return false;
    }
    /* There is a gap for good: a new epoch. */
    if (!partition->unresolved ||
        batch->wire.base_sequence == partition->unresolved_next_sequence) {
        request_bump(self, partition);
    }
    return true;
}

bool idempotence_can_retry(Idempotence *self,
                           ProducerPartition *partition,
                           const ProducerBatch *batch,
                           KafkaError error)
{
    if (self->enabled && error == KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER) {
        return can_retry_out_of_order(self, partition, batch);
    }
    return kafka_error_is_retriable(error);
}

void idempotence_completed(ProducerPartition *partition, ProducerBatch *batch)
{
    if (!batch->has_sequence) {
        return;
    }
    int32_t last = batch_last_sequence(batch);
    if (last > partition->last_acked_sequence) {
        partition->last_acked_sequence = last;
    }
    batch_list_remove(&partition->sequence, batch);
}

/* The numbers of a batch that is not in the log are given to those behind it; a transactional
 * producer has no other way to go on while it aborts. Mirrors: TxnPartitionEntry.
 * adjustSequencesDueToFailedBatch. */
static void close_gap(ProducerPartition *partition, const ProducerBatch *failed)
{
    partition->next_sequence -= failed->wire.count;
    for (ProducerBatch *batch = partition->sequence.first; batch != NULL;
         batch = batch->next[BATCH_SEQUENCE]) {
        if (batch->wire.base_sequence >= failed->wire.base_sequence) {
            batch->wire.base_sequence -= failed->wire.count;
            batch->sequence_was_reset = true;
        }
    }
}

void idempotence_failed(Idempotence *self,
                        ProducerPartition *partition,
                        ProducerBatch *batch,
                        KafkaError error,
                        bool adjust_sequences)
{
    batch_list_remove(&partition->sequence, batch);
    if (self->enabled && !self->is_transactional &&
        (adjust_sequences || error == KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER)) {
        request_bump(self, partition);
    } else if (self->enabled && adjust_sequences && batch->has_sequence &&
               batch->wire.producer_epoch == partition->producer_epoch) {
        close_gap(partition, batch);
    }
}

void idempotence_mark_unresolved(Idempotence *self,
                                 ProducerPartition *partition,
                                 const ProducerBatch *batch)
{
    if (!batch->has_sequence) {
        return;
    }
    int32_t next = record_batch_increment_sequence(batch->wire.base_sequence, batch->wire.count);
    if (!partition->unresolved || next > partition->unresolved_next_sequence) {
        partition->unresolved_next_sequence = next;
    }
    partition->unresolved = true;
    self->any_unresolved = true;
}
