/* expiry.c - what a coordinator looks for from time to time: transactions that are open for too
 * long and ids that nobody uses any more.
 *
 * A forgotten id gets a tombstone; its producer, should it come back without initTransactions(), is
 * told INVALID_PRODUCER_ID_MAPPING. Both scans run at fixed times since the process started, and
 * only when there is something that they could find.
 * Mirrors: TransactionCoordinator.abortTimedOutTransactions, TransactionStateManager.
 * removeExpiredTransactionalIds (its scan looks at all ids every hour). */
#include "models/transaction/coordinator_internal.h"

/* The first scan at or after `at`, and after now. */
static SimTime scan_at(const TransactionCoordinator *self, SimDuration every, SimTime at)
{
    SimTime now = actor_now(self->host.actor);
    SimTime first = self->started_at + ((now - self->started_at) / every + 1) * every;
    SimTime wanted = self->started_at + (at - self->started_at + every - 1) / every * every;
    return MAX(first, wanted);
}

/* The scan runs every abort interval since the process started; without an open transaction there
 * is nothing to find. */
void txn_watch_time_outs(TransactionCoordinator *self)
{
    if (timer_is_armed(&self->abort_scan)) {
        return;
    }
    SimTime next = scan_at(self, self->options.abort_interval_ns, self->started_at);
    actor_arm_at(self->host.actor, &self->abort_scan, next);
}

/* Mirrors: TransactionCoordinator.abortTimedOutTransactions. */
void txn_abort_timed_out(TransactionCoordinator *self)
{
    SimTime now = actor_now(self->host.actor);
    bool any = false;
    for (guint i = 0; i < self->entries->len; i++) {
        TxnEntry *entry = self->entries->pdata[i];
        TransactionMetadata *metadata = &entry->metadata;
        if (!entry->exists || metadata->now.state != TXN_ONGOING) {
            continue;
        }
        any = true;
        if (metadata->pending != TXN_NO_STATE ||
            metadata->now.started_at + metadata->now.timeout_ns >= now) {
            continue;
        }
        (void)actor_log(self->host.actor,
                        "transaction timed out",
                        "%s: rollback of the ongoing transaction, producer id %" G_GINT64_FORMAT
                        " epoch %d",
                        entry->transactional_id,
                        metadata->now.producer_id,
                        metadata->now.producer_epoch);
        int16_t epoch = transaction_metadata_prepare_fence(metadata);
        (void)txn_end(
            self, entry, metadata->now.producer_id, epoch, false, false, self->options.is_v2, NULL);
    }
    if (any) {
        txn_watch_time_outs(self);
    }
}

static bool is_idle(const TxnEntry *entry)
{
    TransactionState state = entry->metadata.now.state;
    return entry->exists && entry->metadata.pending == TXN_NO_STATE &&
           (state == TXN_EMPTY || state == TXN_COMPLETE_COMMIT || state == TXN_COMPLETE_ABORT);
}

void txn_watch_expiry(TransactionCoordinator *self, SimTime updated_at)
{
    if (!timer_is_armed(&self->expiry_scan)) {
        SimTime at = updated_at + self->options.id_expiration_ns;
        actor_arm_at(self->host.actor,
                     &self->expiry_scan,
                     scan_at(self, self->options.expiry_interval_ns, at));
    }
}

static void expire(TransactionCoordinator *self, TxnEntry *entry)
{
    TxnAppend *append = txn_append_new(self, entry, TXN_APPEND_EXPIRE, NULL);
    transaction_metadata_prepare_dead(&entry->metadata, actor_now(self->host.actor), &append->to);
    (void)actor_log(self->host.actor,
                    "transactional id expired",
                    "%s: producer id %" G_GINT64_FORMAT " epoch %d",
                    entry->transactional_id,
                    append->to.producer_id,
                    append->to.producer_epoch);
    txn_append_send(self, append);
}

void txn_remove_expired(TransactionCoordinator *self)
{
    SimTime now = actor_now(self->host.actor);
    SimTime oldest = SIM_TIME_MAX;
    for (guint i = 0; i < self->entries->len; i++) {
        TxnEntry *entry = self->entries->pdata[i];
        if (!entry->exists) {
            continue;
        }
        SimTime updated_at = entry->metadata.now.updated_at;
        if (is_idle(entry) && updated_at + self->options.id_expiration_ns <= now) {
            expire(self, entry);
            updated_at = now; /* looked at again, should it fail */
        }
        oldest = MIN(oldest, updated_at);
    }
    if (oldest < SIM_TIME_MAX) {
        txn_watch_expiry(self, oldest);
    }
}
