/* transaction_invariants.c - what transactions hide, and that they end the same everywhere.
 *
 * Told by the committed batches alone, in their order: records of a transaction are hidden from
 * read_committed until its COMMIT marker is committed, for good after an ABORT. The coordinators
 * are not asked: only whether one forgot an end (transaction_ends.c).
 *
 * After a documented loss the log goes on from where the new leader's ends: what stood behind is no
 * part of it, and a transaction whose marker went with it is open again (what its COMMIT had shown
 * stays shown). Who still has a batch in hand that was lost may hand it out; its epoch tells. */
#include "models/invariants/invariants_state.h"
#include "models/ledger/offset_set.h"

#define OFFSET        G_GINT64_FORMAT
#define OUTCOMES_KEPT 1024 /* transactions whose markers are compared across partitions */
#define ENDED_KEPT    64   /* of a partition: transactions whose marker may yet be lost */

typedef struct OpenTransaction {
    int64_t producer_id;
    OffsetSet records;
} OpenTransaction;

typedef struct EndedTransaction {
    OpenTransaction transaction;
    int64_t marker; /* its offset */
} EndedTransaction;

struct TransactionProof {
    GArray *open;         /* OpenTransaction */
    GArray *ended;        /* EndedTransaction, the newest */
    int64_t ended_before; /* older ones have their markers below it */
    OffsetSet hidden;     /* of open and of aborted transactions */
    bool is_uncertain;    /* a loss took what is forgotten here */
};

static void clear_open(gpointer data)
{
    offset_set_clear(&((OpenTransaction *)data)->records);
}

static void clear_ended(gpointer data)
{
    clear_open(&((EndedTransaction *)data)->transaction);
}

void invariants_free_transactions(PartitionProof *proof)
{
    TransactionProof *self = proof->transactions;
    if (self == NULL) {
        return;
    }
    g_array_free(self->open, TRUE);
    g_array_free(self->ended, TRUE);
    offset_set_clear(&self->hidden);
    g_free(self);
    proof->transactions = NULL;
}

static TransactionProof *transactions_of(PartitionProof *proof)
{
    if (proof->transactions == NULL) {
        proof->transactions = g_new0(TransactionProof, 1);
        proof->transactions->open = g_array_new(FALSE, FALSE, sizeof(OpenTransaction));
        proof->transactions->ended = g_array_new(FALSE, FALSE, sizeof(EndedTransaction));
        g_array_set_clear_func(proof->transactions->open, clear_open);
        g_array_set_clear_func(proof->transactions->ended, clear_ended);
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
        if (known->aborted != marker->aborts &&
            !invariants_may_end_twice(self, marker->producer_id, marker->producer_epoch)) {
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

/* Takes it from those that are open; its records stay with it. */
static void note_ended(TransactionProof *self, guint at, int64_t marker)
{
    OpenTransaction *open = &g_array_index(self->open, OpenTransaction, at);
    const EndedTransaction ended = {*open, marker};
    g_array_append_val(self->ended, ended);
    open->records = (OffsetSet){0};
    g_array_remove_index(self->open, at);
    if (self->ended->len == 2 * ENDED_KEPT) {
        self->ended_before =
            g_array_index(self->ended, EndedTransaction, ENDED_KEPT - 1).marker + 1;
        g_array_remove_range(self->ended, 0, ENDED_KEPT);
    }
}

static void on_marker(TransactionProof *self, const RecordBatch *marker)
{
    guint at = find_open(self, marker->producer_id);
    if (at == self->open->len) {
        return;
    }
    const OpenTransaction *open = &g_array_index(self->open, OpenTransaction, at);
    for (guint i = 0; !marker->aborts && i < open->records.ranges->len; i++) {
        const OffsetRange *range = &g_array_index(open->records.ranges, OffsetRange, i);
        offset_set_remove(&self->hidden, range->first, range->end);
    }
    note_ended(self, at, marker->base_offset);
}

static void reopen_ended_from(TransactionProof *self, int64_t offset)
{
    while (self->ended->len > 0) {
        EndedTransaction *last =
            &g_array_index(self->ended, EndedTransaction, self->ended->len - 1);
        if (last->marker < offset) {
            return;
        }
        g_array_append_val(self->open, last->transaction);
        last->transaction.records = (OffsetSet){0};
        g_array_set_size(self->ended, self->ended->len - 1);
    }
}

void invariants_on_given_up(PartitionProof *proof, int64_t offset)
{
    TransactionProof *self = proof->transactions;
    if (self == NULL) {
        return;
    }
    self->is_uncertain = self->is_uncertain || offset < self->ended_before;
    reopen_ended_from(self, offset);
    offset_set_remove(&self->hidden, offset, INT64_MAX);
    for (guint i = self->open->len; i > 0; i--) {
        OpenTransaction *open = &g_array_index(self->open, OpenTransaction, i - 1);
        offset_set_remove(&open->records, offset, INT64_MAX);
        if (open->records.count == 0) {
            g_array_remove_index(self->open, i - 1);
        }
    }
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
        if (proof->has_transactions) {
            invariants_on_transaction_state(self, view->partition, batch);
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

/* What a new leader is taken at its word for, and what a fix that is off may have done, nobody
 * knows. */
static bool is_certain(const PartitionProof *proof)
{
    return !proof->suspect && !proof->is_blurred && !proof->transactions->is_uncertain;
}

/* A partition that lost nothing has one batch at an offset for ever. */
static bool is_committed_now(const PartitionProof *proof, int64_t offset, int32_t leader_epoch)
{
    return !proof->excused ||
           (leader_epoch >= 0 && committed_log_epoch_at(&proof->committed, offset) == leader_epoch);
}

void invariants_check_committed_read(Invariants *self,
                                     int32_t group,
                                     int32_t partition,
                                     int64_t first,
                                     int64_t last,
                                     int32_t leader_epoch)
{
    const PartitionProof *proof = invariants_known_partition(self, partition);
    if (proof == NULL || proof->transactions == NULL || !is_certain(proof) ||
        !is_committed_now(proof, first, leader_epoch)) {
        return;
    }
    const OffsetSet *hidden = &proof->transactions->hidden;
    if (offset_set_below(hidden, last + 1) > offset_set_below(hidden, first)) {
        invariants_violated(self,
                            "read committed",
                            partition,
                            "group %s is handed %" OFFSET "..%" OFFSET
                            ", some of a transaction that is open or aborted",
                            invariants_group_name(self, group),
                            first,
                            last);
    }
}
