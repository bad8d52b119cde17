/* transaction_invariants.c - what transactions hide, and that they end the same everywhere.
 *
 * Told by the committed batches alone, in their order: records of a transaction are hidden from
 * read_committed until its COMMIT marker is committed, for good after an ABORT. The coordinators
 * are not asked. */
#include "models/invariants/invariants_state.h"
#include "models/ledger/offset_set.h"

#define OFFSET        G_GINT64_FORMAT
#define OUTCOMES_KEPT 1024 /* transactions whose markers are compared across partitions */

typedef struct OpenTransaction {
    int64_t producer_id;
    OffsetSet records;
} OpenTransaction;

struct TransactionProof {
    GArray *open;     /* OpenTransaction */
    OffsetSet hidden; /* of open and of aborted transactions */
};

void invariants_free_transactions(PartitionProof *proof)
{
    TransactionProof *self = proof->transactions;
    if (self == NULL) {
        return;
    }
    for (guint i = 0; i < self->open->len; i++) {
        offset_set_clear(&g_array_index(self->open, OpenTransaction, i).records);
    }
    g_array_free(self->open, TRUE);
    offset_set_clear(&self->hidden);
    g_free(self);
    proof->transactions = NULL;
}

static TransactionProof *transactions_of(PartitionProof *proof)
{
    if (proof->transactions == NULL) {
        proof->transactions = g_new0(TransactionProof, 1);
        proof->transactions->open = g_array_new(FALSE, FALSE, sizeof(OpenTransaction));
    }
    return proof->transactions;
}

static guint find_open(const TransactionProof *self, int64_t producer_id)
{
    guint i = 0;
    while (i < self->open->len &&
           g_array_index(self->open, OpenTransaction, i).producer_id != producer_id) {
        i++;
    }
    return i;
}

static void on_records(TransactionProof *self, const RecordBatch *batch)
{
    guint at = find_open(self, batch->producer_id);
    if (at == self->open->len) {
        const OpenTransaction fresh = {.producer_id = batch->producer_id};
        g_array_append_val(self->open, fresh);
    }
    int64_t end = record_batch_last_offset(batch) + 1;
    offset_set_add(
        &g_array_index(self->open, OpenTransaction, at).records, batch->base_offset, end, NULL);
    offset_set_add(&self->hidden, batch->base_offset, end, NULL);
}

/* One transaction is not committed here and aborted there. */
static void check_outcome(Invariants *self, int32_t partition, const RecordBatch *marker)
{
    bool is_unique = self->context.era == NULL || self->context.era->on[ERA_KIP_890];
    for (guint i = 0; i < self->outcomes->len && is_unique; i++) {
        const TransactionOutcome *known = &g_array_index(self->outcomes, TransactionOutcome, i);
        if (known->producer_id != marker->producer_id ||
            known->producer_epoch != marker->producer_epoch) {
            continue;
        }
        if (known->aborted != marker->aborts) {
            invariants_violated(self,
                                "atomic transactions",
                                partition,
                                "producer id %" OFFSET " epoch %d: %s here, %s elsewhere",
                                marker->producer_id,
                                marker->producer_epoch,
                                marker->aborts ? "ABORT" : "COMMIT",
                                marker->aborts ? "COMMIT" : "ABORT");
        }
        return;
    }
    const TransactionOutcome outcome = {
        marker->producer_id, marker->producer_epoch, marker->aborts};
    g_array_append_val(self->outcomes, outcome);
    if (self->outcomes->len > OUTCOMES_KEPT) {
        g_array_remove_range(self->outcomes, 0, OUTCOMES_KEPT / 2);
    }
}

static void on_marker(TransactionProof *self, const RecordBatch *marker)
{
    guint at = find_open(self, marker->producer_id);
    if (at == self->open->len) {
        return;
    }
    OpenTransaction *ended = &g_array_index(self->open, OpenTransaction, at);
    for (guint i = 0; !marker->aborts && i < ended->records.ranges->len; i++) {
        const OffsetRange *range = &g_array_index(ended->records.ranges, OffsetRange, i);
        offset_set_remove(&self->hidden, range->first, range->end);
    }
    offset_set_clear(&ended->records);
    g_array_remove_index(self->open, at);
}

void invariants_on_committed(
    Invariants *self, PartitionProof *proof, const ReplicaView *view, int64_t from, int64_t to)
{
    for (int32_t i = record_log_find(view->log, from); i < view->log->count; i++) {
        const RecordBatch *batch = record_log_at(view->log, i);
        if (record_batch_last_offset(batch) >= to) {
            break;
        }
        if (proof->has_offsets) {
            invariants_on_coordinator_batch(self, batch);
        }
        if (!batch->transactional) {
            continue;
        }
        if (batch->control) {
            check_outcome(self, view->partition, batch);
            on_marker(transactions_of(proof), batch);
        } else {
            on_records(transactions_of(proof), batch);
        }
    }
}

void invariants_check_committed_read(
    Invariants *self, int32_t group, int32_t partition, int64_t first, int64_t last)
{
    const PartitionProof *proof = invariants_known_partition(self, partition);
    if (proof == NULL || proof->transactions == NULL || invariants_excused(self, partition)) {
        return;
    }
    const OffsetSet *hidden = &proof->transactions->hidden;
    if (offset_set_below(hidden, last + 1) > offset_set_below(hidden, first)) {
        invariants_violated(self,
                            "read committed",
                            partition,
                            "group %d is handed %" OFFSET "..%" OFFSET
                            ", some of a transaction that is open or aborted",
                            group,
                            first,
                            last);
    }
}
