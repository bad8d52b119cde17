/* producer_state.c - see the header. Open transactions are in open_transactions.c. */
#include "models/log/producer_state.h"
#include "models/log/open_transactions.h"
#include <glib.h>
#include <string.h>

const ProducerStateOptions producer_state_options_default = {
    .expiration_ns = SIM_SEC(86400),
    .expiration_check_ns = SIM_SEC(600),
    .verification = true,
};

/* ---- entries */

void producer_entries_clear(ProducerEntries *self)
{
    g_free(self->items);
    *self = (ProducerEntries){0};
}

/* Where it is, or belongs. */
static int32_t place_of(const ProducerEntries *self, int64_t producer_id)
{
    int32_t low = 0;
    int32_t high = self->count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (self->items[middle].producer_id < producer_id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

ProducerStateEntry *producer_entries_find(const ProducerEntries *self, int64_t producer_id)
{
    int32_t at = place_of(self, producer_id);
    bool found = at < self->count && self->items[at].producer_id == producer_id;
    return found ? &self->items[at] : NULL;
}

ProducerStateEntry *producer_entries_get(ProducerEntries *self, int64_t producer_id)
{
    int32_t at = place_of(self, producer_id);
    if (at < self->count && self->items[at].producer_id == producer_id) {
        return &self->items[at];
    }
    if (self->count == self->capacity) {
        self->capacity = self->capacity == 0 ? 2 : self->capacity * 2;
        self->items = g_renew(ProducerStateEntry, self->items, (gsize)self->capacity);
    }
    memmove(&self->items[at + 1],
            &self->items[at],
            sizeof(ProducerStateEntry) * (size_t)(self->count - at));
    self->count++;
    self->items[at] = producer_entry_new(producer_id);
    return &self->items[at];
}

void producer_entries_copy(ProducerEntries *self, const ProducerEntries *other)
{
    if (self->capacity < other->count) {
        self->capacity = other->count;
        self->items = g_renew(ProducerStateEntry, self->items, (gsize)self->capacity);
    }
    self->count = other->count;
    if (other->count > 0) {
        memcpy(self->items, other->items, sizeof(ProducerStateEntry) * (size_t)other->count);
    }
}

void producer_entries_truncate(ProducerEntries *self, int64_t end)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < self->count; i++) {
        ProducerStateEntry *entry = &self->items[i];
        while (entry->batch_count > 0 &&
               entry->batches[entry->batch_count - 1].base_offset >= end) {
            entry->batch_count--;
        }
        if (entry->txn_first_offset >= end) {
            entry->txn_first_offset = NO_OFFSET;
        }
        if (entry->batch_count > 0) {
            self->items[kept++] = *entry;
        }
    }
    self->count = kept;
}

const ProducerStateEntry *producer_entries_next_last_batch(const ProducerEntries *self,
                                                           int64_t offset)
{
    const ProducerStateEntry *next = NULL;
    int64_t at = INT64_MAX;
    for (int32_t i = 0; i < self->count; i++) {
        const BatchMetadata *last = producer_entry_last_batch(&self->items[i]);
        if (last != NULL && last->base_offset >= offset && last->base_offset < at) {
            next = &self->items[i];
            at = last->base_offset;
        }
    }
    return next;
}

void producer_entries_keep(ProducerEntries *self, const ProducerEntries *active)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < self->count; i++) {
        if (producer_entries_find(active, self->items[i].producer_id) != NULL) {
            self->items[kept++] = self->items[i];
        }
    }
    self->count = kept;
}

/* ---- life */

void producer_state_init(ProducerState *self)
{
    *self = (ProducerState){.options = &producer_state_options_default};
}

static void drop_snapshots(ProducerState *self, int32_t from)
{
    for (int32_t i = from; i < self->snapshot_count; i++) {
        producer_entries_clear(&self->snapshots[i].entries);
    }
    self->snapshot_count = MIN(self->snapshot_count, from);
}

void producer_state_reset(ProducerState *self)
{
    self->entries.count = 0;
    drop_snapshots(self, 0);
    if (self->transactions != NULL) {
        open_transactions_clear(self->transactions);
        transaction_index_truncate(&self->transactions->aborted, 0);
        self->transactions->first_unstable = NO_OFFSET;
    }
}

void producer_state_clear(ProducerState *self)
{
    producer_entries_clear(&self->entries);
    drop_snapshots(self, 0);
    g_free(self->snapshots);
    open_transactions_free(self->transactions);
    *self = (ProducerState){0};
}

/* ---- appending */

bool producer_state_has_ongoing(const ProducerState *self, int64_t producer_id, int16_t epoch)
{
    const ProducerStateEntry *entry = producer_entries_find(&self->entries, producer_id);
    return entry != NULL && entry->txn_first_offset != NO_OFFSET && entry->epoch == epoch;
}

uint32_t producer_state_start_verification(ProducerState *self,
                                           int64_t producer_id,
                                           int32_t sequence,
                                           int16_t epoch,
                                           bool supports_epoch_bump,
                                           SimTime now,
                                           KafkaError *ret_error)
{
    const ProducerStateEntry *entry = producer_entries_find(&self->entries, producer_id);
    const bool fenced = entry != NULL && epoch < entry->epoch;
    *ret_error = fenced ? KAFKA_INVALID_PRODUCER_EPOCH : KAFKA_NONE;
    if (fenced || producer_state_has_ongoing(self, producer_id, epoch)) {
        return NO_GUARD;
    }
    if (self->transactions == NULL) {
        self->transactions = open_transactions_new();
    }
    const VerificationState wanted = {
        .producer_id = producer_id,
        .created_at = now,
        .lowest_sequence = sequence,
        .epoch = epoch,
        .supports_epoch_bump = supports_epoch_bump,
    };
    return open_transactions_verify(self->transactions, &wanted);
}

static const VerificationState *verification_of(const ProducerState *self, int64_t producer_id)
{
    return self->transactions == NULL
               ? NULL
               : open_transactions_verification(self->transactions, producer_id);
}

/* A transactional batch needs a transaction that is under way here, or its coordinator's word. */
static bool is_unverified(const ProducerState *self,
                          const VerificationState *verification,
                          const RecordBatch *batch,
                          uint32_t guard)
{
    if (!batch->transactional || batch->control || !self->options->verification ||
        producer_state_has_ongoing(self, batch->producer_id, batch->producer_epoch)) {
        return false;
    }
    return guard == NO_GUARD || verification == NULL || verification->guard != guard;
}

ProducerVerdict producer_state_check(const ProducerState *self,
                                     const RecordBatch *batch,
                                     AppendOrigin origin,
                                     uint32_t guard,
                                     int64_t *ret_base_offset,
                                     KafkaError *ret_error)
{
    if (batch->producer_id == NO_PRODUCER_ID) {
        return PRODUCER_APPEND;
    }
    const ProducerStateEntry *entry = producer_entries_find(&self->entries, batch->producer_id);
    const BatchMetadata *known = entry != NULL && origin == APPEND_CLIENT && !batch->control
                                     ? producer_entry_find_duplicate(entry, batch)
                                     : NULL;
    if (known != NULL) {
        *ret_base_offset = known->base_offset;
        return PRODUCER_DUPLICATE;
    }
    const VerificationState *verification = verification_of(self, batch->producer_id);
    if (origin != APPEND_REPLICATION && is_unverified(self, verification, batch, guard)) {
        *ret_error = KAFKA_INVALID_TXN_STATE;
        return PRODUCER_REFUSED;
    }
    const ProducerStateEntry none = producer_entry_new(batch->producer_id);
    *ret_error = producer_entry_check(entry != NULL ? entry : &none, verification, batch, origin);
    return *ret_error == KAFKA_NONE ? PRODUCER_APPEND : PRODUCER_REFUSED;
}

/* With transactions v2 a marker bears the epoch in which the next transaction will be; one that is
 * late must not end the verification of that (KAFKA-18575). Any other epoch ends it, an older one
 * too. Mirrors: UnifiedLog.updateProducers. */
static bool ends_verification(const VerificationState *verification, const RecordBatch *batch)
{
    return verification != NULL && (!batch->control || !verification->supports_epoch_bump ||
                                    batch->producer_epoch != verification->epoch);
}

/* Mirrors: ProducerStateManager.update, .completeTxn. */
static void apply(ProducerState *self, const RecordBatch *batch, bool indexes)
{
    ProducerStateEntry *entry = producer_entries_get(&self->entries, batch->producer_id);
    bool was_open = entry->txn_first_offset != NO_OFFSET;
    CompletedTxn completed = producer_entry_apply(entry, batch);
    if (!batch->transactional) {
        return;
    }
    if (self->transactions == NULL) {
        self->transactions = open_transactions_new();
    }
    OpenTransactions *open = self->transactions;
    if (ends_verification(open_transactions_verification(open, batch->producer_id), batch)) {
        open_transactions_verified(open, batch->producer_id);
    }
    if (!batch->control && !was_open) {
        open_transactions_begin(open, batch->producer_id, entry->txn_first_offset);
    }
    if (completed.first_offset != NO_OFFSET) {
        open_transactions_complete(open, &completed, indexes);
    }
}

/* A stand-in, as a follower far behind gets it (record_log.h): the last batch of a producer, or
 * a marker, of which perhaps only is known whose transaction it ends, and how. */
static void apply_merged(ProducerState *self, const RecordBatch *batch, bool indexes)
{
    bool knows_epoch = batch->producer_epoch != NO_PRODUCER_EPOCH;
    ProducerStateEntry *entry = knows_epoch
                                    ? producer_entries_get(&self->entries, batch->producer_id)
                                    : producer_entries_find(&self->entries, batch->producer_id);
    if (entry == NULL) {
        return;
    }
    RecordBatch known = *batch;
    if (!knows_epoch) {
        known.producer_epoch = entry->epoch;
        known.coordinator_epoch = entry->coordinator_epoch;
    }
    CompletedTxn completed = producer_entry_apply(entry, &known);
    if (completed.first_offset != NO_OFFSET && self->transactions != NULL) {
        open_transactions_complete(self->transactions, &completed, indexes);
    }
}

void producer_state_update(ProducerState *self, const RecordBatch *batch, int64_t log_start)
{
    if (batch->producer_id != NO_PRODUCER_ID) {
        (batch->merged ? apply_merged : apply)(self, batch, true);
    }
    if (self->transactions != NULL) {
        open_transactions_look(self->transactions, log_start);
    }
}

void producer_state_replay(ProducerState *self, const RecordBatch *batch)
{
    if (batch->producer_id != NO_PRODUCER_ID) {
        (batch->merged ? apply_merged : apply)(self, batch, false);
    }
}

/* ---- transactions */

int64_t producer_state_first_unstable(const ProducerState *self)
{
    return self->transactions != NULL ? self->transactions->first_unstable : NO_OFFSET;
}

void producer_state_on_high_watermark(ProducerState *self,
                                      int64_t high_watermark,
                                      int64_t log_start)
{
    if (self->transactions != NULL) {
        open_transactions_decide(self->transactions, high_watermark);
        open_transactions_look(self->transactions, log_start);
    }
}

void producer_state_on_log_start(ProducerState *self, int64_t log_start)
{
    if (self->transactions != NULL) {
        open_transactions_decide(self->transactions, log_start);
        open_transactions_look(self->transactions, log_start);
        transaction_index_drop_before(&self->transactions->aborted, log_start);
    }
}

const TransactionIndex *producer_state_aborted(const ProducerState *self)
{
    return self->transactions != NULL ? &self->transactions->aborted : NULL;
}

/* ---- forgetting */

static bool is_expired(const ProducerState *self, const ProducerStateEntry *entry, SimTime now)
{
    return entry->txn_first_offset == NO_OFFSET &&
           now - entry->last_timestamp >= self->options->expiration_ns;
}

void producer_state_expire(ProducerState *self, SimTime now)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < self->entries.count; i++) {
        if (!is_expired(self, &self->entries.items[i], now)) {
            self->entries.items[kept++] = self->entries.items[i];
        }
    }
    self->entries.count = kept;
    if (self->transactions != NULL) {
        open_transactions_expire(self->transactions, now - self->options->expiration_ns);
    }
    self->expired_until = now;
    self->seen_at = MAX(self->seen_at, now);
}

void producer_state_expire_lazily(ProducerState *self, SimTime now)
{
    self->seen_at = now;
    SimDuration every = self->options->expiration_check_ns;
    if (now - self->expired_until >= every) {
        producer_state_expire(self, now - now % every);
    }
}

/* ---- snapshots */

void producer_state_snapshot(ProducerState *self, int64_t offset, int64_t log_start)
{
    int64_t last =
        self->snapshot_count > 0 ? self->snapshots[self->snapshot_count - 1].offset : log_start;
    if (offset <= last || self->entries.capacity == 0) { /* none is due, or none ever wrote */
        return;
    }
    if (self->snapshot_count == self->snapshot_capacity) {
        self->snapshot_capacity = self->snapshot_capacity == 0 ? 1 : self->snapshot_capacity * 2;
        self->snapshots =
            g_renew(ProducerSnapshot, self->snapshots, (gsize)self->snapshot_capacity);
    }
    ProducerSnapshot *snapshot = &self->snapshots[self->snapshot_count++];
    *snapshot = (ProducerSnapshot){.offset = offset};
    producer_entries_copy(&snapshot->entries, &self->entries);
    for (int32_t i = 0; i < snapshot->entries.count; i++) {
        producer_entry_keep_last_batch(&snapshot->entries.items[i]);
    }
}

/* Mirrors: ProducerStateManager.loadProducerEntry. */
static void load(ProducerState *self, const ProducerEntries *from, bool is_snapshot)
{
    producer_entries_copy(&self->entries, from);
    int32_t kept = 0;
    for (int32_t i = 0; i < self->entries.count; i++) {
        const ProducerStateEntry *entry = &self->entries.items[i];
        if (is_snapshot && is_expired(self, entry, self->seen_at)) {
            continue;
        }
        if (entry->txn_first_offset != NO_OFFSET) {
            open_transactions_begin(
                self->transactions, entry->producer_id, entry->txn_first_offset);
        }
        self->entries.items[kept++] = *entry;
    }
    self->entries.count = kept;
}

bool producer_state_is_empty(const ProducerState *self)
{
    return self->entries.count == 0 &&
           (self->transactions == NULL || self->transactions->unreplicated.count == 0);
}

int64_t producer_state_rewind(ProducerState *self,
                              const ProducerEntries *base,
                              int64_t base_offset,
                              int64_t end)
{
    int32_t kept = self->snapshot_count;
    while (kept > 0 && self->snapshots[kept - 1].offset > end) {
        kept--;
    }
    drop_snapshots(self, kept);
    if (self->transactions != NULL) {
        open_transactions_clear(self->transactions);
        transaction_index_truncate(&self->transactions->aborted, end);
    }
    const ProducerSnapshot *snapshot = kept > 0 ? &self->snapshots[kept - 1] : NULL;
    load(self, snapshot != NULL ? &snapshot->entries : base, snapshot != NULL);
    return snapshot != NULL ? snapshot->offset : base_offset;
}

void producer_state_drop_verifications(ProducerState *self)
{
    if (self->transactions != NULL) {
        self->transactions->verification_count = 0;
    }
}

void producer_state_forget(ProducerState *self, ProducerEntries *base, const RecordBatch *batch)
{
    int32_t passed = 0;
    while (passed < self->snapshot_count && self->snapshots[passed].offset <= batch->base_offset) {
        passed++;
    }
    if (passed > 0) {
        producer_entries_copy(base, &self->snapshots[passed - 1].entries);
        for (int32_t i = 0; i < passed; i++) {
            producer_entries_clear(&self->snapshots[i].entries);
        }
        self->snapshot_count -= passed;
        memmove(self->snapshots,
                self->snapshots + passed,
                sizeof(ProducerSnapshot) * (size_t)self->snapshot_count);
    }
    bool is_known = !batch->merged || batch->producer_epoch != NO_PRODUCER_EPOCH;
    if (batch->producer_id != NO_PRODUCER_ID && is_known) {
        (void)producer_entry_apply(producer_entries_get(base, batch->producer_id), batch);
    }
}
