/* transaction_ends.c - which transactions a coordinator may have ended twice: those whose end, as
 * __transaction_state had it, was committed and is lost.
 *
 * The markers of such an end may stand in some partitions, or be under way; a coordinator that has
 * gone back to what is left knows nothing of it, and may end the transaction the other way. Both
 * records of an end count, PrepareX and CompleteX: the log cleaner may have left the second only.
 * Any other transaction was ended once, and is asked for as ever. */
#include "models/invariants/invariants_state.h"

#define ENDS_KEPT 4096u

/* One record that ends a transaction. */
typedef struct TransactionEnd {
    int64_t producer_id;
    int64_t offset;
    int32_t partition;    /* of __transaction_state */
    int32_t leader_epoch; /* with the offset: which record */
    int16_t producer_epoch;
    bool is_lost;
} TransactionEnd;

void invariants_make_ends(Invariants *self)
{
    self->ends = g_array_new(FALSE, FALSE, sizeof(TransactionEnd));
}

void invariants_free_ends(Invariants *self)
{
    g_array_free(self->ends, TRUE);
}

static bool is_end(TransactionState state)
{
    return state == TXN_PREPARE_COMMIT || state == TXN_PREPARE_ABORT ||
           state == TXN_COMPLETE_COMMIT || state == TXN_COMPLETE_ABORT;
}

/* False: this record ends nothing, or what it says is forgotten. */
static bool
read_end(const Invariants *self, int32_t partition, const RecordBatch *batch, TransactionEnd *end)
{
    const char *transactional_id = NULL;
    const TxnTransit *transit =
        self->context.transactions == NULL || batch->merged
            ? NULL
            : txn_records_find(self->context.transactions, batch->payload, &transactional_id);
    if (transit == NULL || !is_end(transit->state)) {
        return false;
    }
    *end = (TransactionEnd){
        .producer_id = transit->producer_id,
        .offset = batch->base_offset,
        .partition = partition,
        .leader_epoch = batch->leader_epoch,
        .producer_epoch = transit->producer_epoch,
    };
    return true;
}

static void add_end(Invariants *self, TransactionEnd end)
{
    g_array_append_val(self->ends, end);
    if (self->ends->len > ENDS_KEPT) {
        g_array_remove_range(self->ends, 0, ENDS_KEPT / 2);
    }
}

void invariants_on_transaction_state(Invariants *self, int32_t partition, const RecordBatch *batch)
{
    TransactionEnd end;
    if (read_end(self, partition, batch, &end)) {
        add_end(self, end);
    }
}

void invariants_on_state_given_up(Invariants *self, int32_t partition, int64_t offset)
{
    self->any_end_lost = true;
    for (guint i = 0; i < self->ends->len; i++) {
        TransactionEnd *end = &g_array_index(self->ends, TransactionEnd, i);
        end->is_lost = end->is_lost || (end->partition == partition && end->offset >= offset);
    }
}

static bool is_known(const Invariants *self, const TransactionEnd *wanted)
{
    for (guint i = self->ends->len; i > 0; i--) {
        const TransactionEnd *end = &g_array_index(self->ends, TransactionEnd, i - 1);
        if (end->partition == wanted->partition && end->offset == wanted->offset &&
            end->leader_epoch == wanted->leader_epoch) {
            return true;
        }
    }
    return false;
}

void invariants_on_state_of_deposed(Invariants *self, const ReplicaView *view)
{
    for (int32_t i = record_log_find(view->log, view->high_watermark); i > 0; i--) {
        const RecordBatch *batch = record_log_at(view->log, i - 1);
        TransactionEnd end;
        if (batch->leader_epoch < view->leader_epoch) {
            return;
        }
        if (!read_end(self, view->partition, batch, &end)) {
            continue;
        }
        if (is_known(self, &end)) {
            return;
        }
        end.is_lost = true;
        self->any_end_lost = true;
        add_end(self, end);
    }
}

bool invariants_may_end_twice(const Invariants *self, int64_t producer_id, int16_t producer_epoch)
{
    bool is_remembered = false;
    for (guint i = 0; i < self->ends->len; i++) {
        const TransactionEnd *end = &g_array_index(self->ends, TransactionEnd, i);
        if (end->producer_id != producer_id || end->producer_epoch != producer_epoch) {
            continue;
        }
        const PartitionProof *proof = invariants_known_partition(self, end->partition);
        if (end->is_lost || proof->suspect || proof->is_blurred) {
            return true;
        }
        is_remembered = true;
    }
    return !is_remembered && self->any_end_lost;
}
