/* txn_metadata.c - see the header. */
#include "models/transaction/txn_metadata.h"
#include "models/log/producer_entry.h"
#include <glib.h>
#include <string.h>

const char *transaction_state_name(TransactionState state)
{
    static const char *const names[] = {
        [TXN_EMPTY] = "Empty",
        [TXN_ONGOING] = "Ongoing",
        [TXN_PREPARE_COMMIT] = "PrepareCommit",
        [TXN_PREPARE_ABORT] = "PrepareAbort",
        [TXN_COMPLETE_COMMIT] = "CompleteCommit",
        [TXN_COMPLETE_ABORT] = "CompleteAbort",
        [TXN_DEAD] = "Dead",
        [TXN_PREPARE_EPOCH_FENCE] = "PrepareEpochFence",
        [TXN_NO_STATE] = "-",
    };
    return names[state];
}

/* ---- sets */

void txn_partitions_clear(TxnPartitions *self)
{
    g_free(self->items);
    *self = (TxnPartitions){0};
}

static int32_t place_of(const TxnPartitions *self, int32_t partition)
{
    int32_t low = 0;
    int32_t high = self->count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (self->items[middle] < partition) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool txn_partitions_has(const TxnPartitions *self, int32_t partition)
{
    int32_t at = place_of(self, partition);
    return at < self->count && self->items[at] == partition;
}

void txn_partitions_add(TxnPartitions *self, int32_t partition)
{
    int32_t at = place_of(self, partition);
    if (at < self->count && self->items[at] == partition) {
        return;
    }
    if (self->count == self->capacity) {
        self->capacity = MAX(4, self->capacity * 2);
        self->items = g_renew(int32_t, self->items, (gsize)self->capacity);
    }
    memmove(&self->items[at + 1], &self->items[at], sizeof(int32_t) * (size_t)(self->count - at));
    self->items[at] = partition;
    self->count++;
}

void txn_partitions_remove(TxnPartitions *self, int32_t partition)
{
    int32_t at = place_of(self, partition);
    if (at < self->count && self->items[at] == partition) {
        self->count--;
        memmove(
            &self->items[at], &self->items[at + 1], sizeof(int32_t) * (size_t)(self->count - at));
    }
}

void txn_partitions_copy(TxnPartitions *self, const TxnPartitions *other)
{
    if (self->capacity < other->count) {
        self->capacity = other->count;
        self->items = g_renew(int32_t, self->items, (gsize)self->capacity);
    }
    self->count = other->count;
    if (other->count > 0) {
        memcpy(self->items, other->items, sizeof(int32_t) * (size_t)other->count);
    }
}

void txn_transit_clear(TxnTransit *self)
{
    txn_partitions_clear(&self->partitions);
}

void txn_transit_copy(TxnTransit *self, const TxnTransit *other)
{
    TxnPartitions partitions = self->partitions;
    txn_partitions_copy(&partitions, &other->partitions);
    *self = *other;
    self->partitions = partitions;
}

/* ---- the state machine */

void transaction_metadata_init(TransactionMetadata *self,
                               int64_t producer_id,
                               SimDuration timeout_ns,
                               SimTime now)
{
    txn_partitions_clear(&self->now.partitions);
    *self = (TransactionMetadata){
        .now =
            {
                .producer_id = producer_id,
                .previous_producer_id = NO_PRODUCER_ID,
                .next_producer_id = NO_PRODUCER_ID,
                .producer_epoch = NO_PRODUCER_EPOCH,
                .last_producer_epoch = NO_PRODUCER_EPOCH,
                .state = TXN_EMPTY,
                .timeout_ns = timeout_ns,
                .started_at = -1,
                .updated_at = now,
            },
        .pending = TXN_NO_STATE,
    };
}

bool transaction_metadata_is_epoch_exhausted(const TransactionMetadata *self)
{
    return self->now.producer_epoch >= TXN_EPOCH_MAX - 1;
}

/* As it is now, on its way to `state`; without partitions. */
static void begin(TransactionMetadata *self, TransactionState state, SimTime now, TxnTransit *to)
{
    TxnPartitions partitions = to->partitions;
    partitions.count = 0;
    *to = self->now;
    to->partitions = partitions;
    to->state = state;
    to->previous_producer_id = self->now.producer_id;
    to->next_producer_id = NO_PRODUCER_ID;
    to->updated_at = now;
    to->is_v2 = false;
    self->pending = state;
}

KafkaError transaction_metadata_prepare_increment_epoch(TransactionMetadata *self,
                                                        SimDuration timeout_ns,
                                                        bool has_expected,
                                                        int16_t expected_epoch,
                                                        SimTime now,
                                                        TxnTransit *to)
{
    int16_t present = self->now.producer_epoch;
    int16_t epoch = (int16_t)(present + 1);
    int16_t last = NO_PRODUCER_EPOCH;
    if (has_expected && (present == NO_PRODUCER_EPOCH || expected_epoch == present)) {
        last = present;
    } else if (has_expected && expected_epoch == self->now.last_producer_epoch) {
        epoch = present; /* said before, the answer was lost */
        last = self->now.last_producer_epoch;
    } else if (has_expected) {
        return KAFKA_PRODUCER_FENCED;
    }
    begin(self, TXN_EMPTY, now, to);
    to->producer_epoch = epoch;
    to->last_producer_epoch = last;
    to->timeout_ns = timeout_ns;
    to->started_at = -1;
    return KAFKA_NONE;
}

void transaction_metadata_prepare_rotation(TransactionMetadata *self,
                                           int64_t producer_id,
                                           SimDuration timeout_ns,
                                           bool records_last_epoch,
                                           SimTime now,
                                           TxnTransit *to)
{
    begin(self, TXN_EMPTY, now, to);
    to->producer_id = producer_id;
    to->producer_epoch = 0;
    to->last_producer_epoch =
        records_last_epoch ? self->now.producer_epoch : (int16_t)NO_PRODUCER_EPOCH;
    to->timeout_ns = timeout_ns;
    to->started_at = -1;
}

int16_t transaction_metadata_prepare_fence(TransactionMetadata *self)
{
    self->pending = TXN_PREPARE_EPOCH_FENCE;
    return self->has_failed_epoch_fence ? self->now.producer_epoch
                                        : (int16_t)(self->now.producer_epoch + 1);
}

void transaction_metadata_prepare_add(TransactionMetadata *self,
                                      const int32_t *partitions,
                                      int32_t count,
                                      SimTime now,
                                      TxnTransit *to)
{
    bool begins = self->now.state != TXN_ONGOING;
    begin(self, TXN_ONGOING, now, to);
    txn_partitions_copy(&to->partitions, &self->now.partitions);
    for (int32_t i = 0; i < count; i++) {
        txn_partitions_add(&to->partitions, partitions[i]);
    }
    to->started_at = begins ? now : self->now.started_at;
}

void transaction_metadata_prepare_end(TransactionMetadata *self,
                                      bool commits,
                                      bool is_v2,
                                      int64_t next_producer_id,
                                      SimTime now,
                                      TxnTransit *to)
{
    begin(self, commits ? TXN_PREPARE_COMMIT : TXN_PREPARE_ABORT, now, to);
    txn_partitions_copy(&to->partitions, &self->now.partitions);
    to->next_producer_id = next_producer_id;
    to->is_v2 = is_v2;
    if (is_v2) {
        to->last_producer_epoch = self->now.producer_epoch;
        to->producer_epoch = (int16_t)(self->now.producer_epoch + 1);
    }
}

void transaction_metadata_prepare_complete(TransactionMetadata *self, SimTime now, TxnTransit *to)
{
    bool is_v2 = self->now.is_v2;
    int64_t next = self->now.next_producer_id;
    begin(self,
          self->now.state == TXN_PREPARE_COMMIT ? TXN_COMPLETE_COMMIT : TXN_COMPLETE_ABORT,
          now,
          to);
    self->has_failed_epoch_fence = false;
    to->is_v2 = is_v2;
    to->last_producer_epoch = is_v2 ? self->now.producer_epoch : self->now.last_producer_epoch;
    if (is_v2 && next != NO_PRODUCER_ID) {
        to->producer_id = next;
        to->producer_epoch = 0;
    }
}

void transaction_metadata_prepare_dead(TransactionMetadata *self, SimTime now, TxnTransit *to)
{
    begin(self, TXN_DEAD, now, to);
}

void transaction_metadata_complete(TransactionMetadata *self, const TxnTransit *to)
{
    txn_transit_copy(&self->now, to);
    self->pending = TXN_NO_STATE;
}
