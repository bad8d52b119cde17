/* open_transactions.c - see the header. Mirrors: ProducerStateManager.ongoingTxns,
 * .unreplicatedTxns, .verificationStates. */
#include "models/log/open_transactions.h"
#include <glib.h>
#include <string.h>

OpenTransactions *open_transactions_new(void)
{
    OpenTransactions *self = g_new0(OpenTransactions, 1);
    self->first_unstable = NO_OFFSET;
    return self;
}

void open_transactions_free(OpenTransactions *self)
{
    if (self != NULL) {
        g_free(self->ongoing.items);
        g_free(self->unreplicated.items);
        g_free(self->verifications);
        transaction_index_clear(&self->aborted);
        g_free(self);
    }
}

void open_transactions_clear(OpenTransactions *self)
{
    self->ongoing.count = 0;
    self->unreplicated.count = 0;
}

/* ---- verifications */

const VerificationState *open_transactions_verification(const OpenTransactions *self,
                                                        int64_t producer_id)
{
    for (int32_t i = 0; i < self->verification_count; i++) {
        if (self->verifications[i].producer_id == producer_id) {
            return &self->verifications[i];
        }
    }
    return NULL;
}

static VerificationState *add_verification(OpenTransactions *self, const VerificationState *wanted)
{
    if (self->verification_count == self->verification_capacity) {
        self->verification_capacity = MAX(2, self->verification_capacity * 2);
        self->verifications =
            g_renew(VerificationState, self->verifications, (gsize)self->verification_capacity);
    }
    VerificationState *added = &self->verifications[self->verification_count++];
    *added = *wanted;
    added->guard = ++self->last_guard;
    return added;
}

/* Mirrors: VerificationStateEntry.maybeUpdateLowestSequenceAndEpoch. */
uint32_t open_transactions_verify(OpenTransactions *self, const VerificationState *wanted)
{
    for (int32_t i = 0; i < self->verification_count; i++) {
        VerificationState *known = &self->verifications[i];
        if (known->producer_id != wanted->producer_id) {
            continue;
        }
        if (wanted->epoch > known->epoch) {
            known->epoch = wanted->epoch;
            known->lowest_sequence = wanted->lowest_sequence;
        } else if (wanted->epoch == known->epoch) {
            known->lowest_sequence = MIN(known->lowest_sequence, wanted->lowest_sequence);
        }
        return known->guard;
    }
    return add_verification(self, wanted)->guard;
}

void open_transactions_verified(OpenTransactions *self, int64_t producer_id)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < self->verification_count; i++) {
        if (self->verifications[i].producer_id != producer_id) {
            self->verifications[kept++] = self->verifications[i];
        }
    }
    self->verification_count = kept;
}

void open_transactions_expire(OpenTransactions *self, SimTime created_until)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < self->verification_count; i++) {
        if (self->verifications[i].created_at > created_until) {
            self->verifications[kept++] = self->verifications[i];
        }
    }
    self->verification_count = kept;
}

/* ---- transactions */

static void insert(TxnList *list, const TxnMetadata *txn)
{
    if (list->count == list->capacity) {
        list->capacity = MAX(2, list->capacity * 2);
        list->items = g_renew(TxnMetadata, list->items, (gsize)list->capacity);
    }
    int32_t at = list->count;
    while (at > 0 && list->items[at - 1].first_offset > txn->first_offset) {
        at--;
    }
    memmove(
        &list->items[at + 1], &list->items[at], sizeof(TxnMetadata) * (size_t)(list->count - at));
    list->items[at] = *txn;
    list->count++;
}

static void remove_at(TxnList *list, int32_t at)
{
    list->count--;
    memmove(
        &list->items[at], &list->items[at + 1], sizeof(TxnMetadata) * (size_t)(list->count - at));
}

void open_transactions_begin(OpenTransactions *self, int64_t producer_id, int64_t first_offset)
{
    const TxnMetadata txn = {producer_id, first_offset, NO_OFFSET};
    insert(&self->ongoing, &txn);
}

/* Where the first one of another producer begins: what readers will be able to read up to. */
static int64_t stable_after(const OpenTransactions *self, const CompletedTxn *completed)
{
    for (int32_t i = 0; i < self->ongoing.count; i++) {
        if (self->ongoing.items[i].producer_id != completed->producer_id) {
            return self->ongoing.items[i].first_offset;
        }
    }
    return completed->last_offset + 1;
}

void open_transactions_complete(OpenTransactions *self, const CompletedTxn *completed, bool indexes)
{
    if (completed->is_aborted && indexes) {
        const AbortedTxn aborted = {
            .producer_id = completed->producer_id,
            .first_offset = completed->first_offset,
            .last_offset = completed->last_offset,
            .last_stable_offset = stable_after(self, completed),
        };
        transaction_index_append(&self->aborted, &aborted);
    }
    const TxnMetadata txn = {
        completed->producer_id, completed->first_offset, completed->last_offset};
    for (int32_t i = 0; i < self->ongoing.count; i++) {
        if (self->ongoing.items[i].first_offset == completed->first_offset) {
            remove_at(&self->ongoing, i);
            break;
        }
    }
    insert(&self->unreplicated, &txn);
}

void open_transactions_decide(OpenTransactions *self, int64_t offset)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < self->unreplicated.count; i++) {
        if (self->unreplicated.items[i].last_offset >= offset) {
            self->unreplicated.items[kept++] = self->unreplicated.items[i];
        }
    }
    self->unreplicated.count = kept;
}

void open_transactions_look(OpenTransactions *self, int64_t log_start)
{
    int64_t first = NO_OFFSET;
    if (self->ongoing.count > 0) {
        first = self->ongoing.items[0].first_offset;
    }
    if (self->unreplicated.count > 0) {
        int64_t other = self->unreplicated.items[0].first_offset;
        first = first == NO_OFFSET ? other : MIN(first, other);
    }
    self->first_unstable = first == NO_OFFSET ? NO_OFFSET : MAX(first, log_start);
}
