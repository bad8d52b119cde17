/* producer_state.h - what a log knows of its producers: sequences, open transactions, and the
 * first offset whose fate is open.
 *
 *     transaction:  first batch --> ongoing --marker--> unreplicated --high watermark above the
 *                                                       marker--> decided
 *
 * The first unstable offset is that of the oldest ongoing or unreplicated transaction;
 * read_committed reads below it (last stable offset). As in UnifiedLog it is looked at after an
 * append, a new high watermark and a new log start only.
 *
 * Snapshots: at each new segment, after a truncation and at a clean stop. A reload begins with the
 * newest one and replays the log from there; of a producer's batches a snapshot keeps only the
 * last. Producers idle for producer.id.expiration.ms are forgotten, by a look every ten minutes.
 *
 * Mirrors: ProducerStateManager, UnifiedLog.analyzeAndValidateProducerState, .rebuildProducerState,
 * TransactionIndex. Leaves out: snapshots on disk that are corrupt; whether a snapshot's file was
 * flushed before a power cut (the log decides, the state is rebuilt from what is left of it). */
#ifndef KAFKASIM_MODELS_LOG_PRODUCER_STATE_H
#define KAFKASIM_MODELS_LOG_PRODUCER_STATE_H
#include "models/log/producer_entry.h"
#include "models/log/transaction_index.h"

/* Ascending producer ids. */
typedef struct ProducerEntries {
    ProducerStateEntry *items;
    int32_t count;
    int32_t capacity;
} ProducerEntries;
void producer_entries_clear(ProducerEntries *self);
ProducerStateEntry *producer_entries_find(const ProducerEntries *self, int64_t producer_id);
ProducerStateEntry *producer_entries_get(ProducerEntries *self, int64_t producer_id); /* or adds */
void producer_entries_copy(ProducerEntries *self, const ProducerEntries *other);
/* Forgets batches at or above `end`, and producers of which none is left. */
void producer_entries_truncate(ProducerEntries *self, int64_t end);
/* Whose last batch begins next, at or above `offset`; NULL none. */
const ProducerStateEntry *producer_entries_next_last_batch(const ProducerEntries *self,
                                                           int64_t offset);
/* Those that are not among the active ones go. */
void producer_entries_keep(ProducerEntries *self, const ProducerEntries *active);

typedef struct ProducerSnapshot {
    int64_t offset; /* it tells of the log below */
    ProducerEntries entries;
} ProducerSnapshot;

typedef struct ProducerStateOptions {
    SimDuration expiration_ns;       /* producer.id.expiration.ms */
    SimDuration expiration_check_ns; /* how often they are looked for */
    bool verification;               /* transaction.partition.verification.enable */
} ProducerStateOptions;
extern const ProducerStateOptions producer_state_options_default;

/* Embedded; all arrays are owned. */
typedef struct ProducerState {
    const ProducerStateOptions *options; /* borrowed */
    ProducerEntries entries;
    struct OpenTransactions *transactions; /* NULL until the first transactional batch */
    ProducerSnapshot *snapshots;           /* ascending, above the log's fine offset */
    int32_t snapshot_count;
    int32_t snapshot_capacity;
    SimTime expired_until; /* the last look for expired ones */
    SimTime seen_at;       /* the newest time it was told */
} ProducerState;

typedef enum ProducerVerdict {
    PRODUCER_APPEND,
    PRODUCER_DUPLICATE,
    PRODUCER_REFUSED
} ProducerVerdict;

void producer_state_init(ProducerState *self);
void producer_state_clear(ProducerState *self);

/* ---- appending */

#define NO_GUARD 0U
/* A transactional batch is about to be verified: the guard with which it may be appended. NO_GUARD
 * when the transaction is under way here already, or (with *ret_error INVALID_PRODUCER_EPOCH) when
 * a later epoch was here before. Mirrors: UnifiedLog.maybeStartTransactionVerification. */
uint32_t producer_state_start_verification(ProducerState *self,
                                           int64_t producer_id,
                                           int32_t sequence,
                                           int16_t epoch,
                                           bool supports_epoch_bump,
                                           SimTime now,
                                           KafkaError *ret_error);
bool producer_state_has_ongoing(const ProducerState *self, int64_t producer_id, int16_t epoch);
/* What a leader does with a batch. DUPLICATE gives the offset it had; REFUSED the error. */
ProducerVerdict producer_state_check(const ProducerState *self,
                                     const RecordBatch *batch,
                                     AppendOrigin origin,
                                     uint32_t guard,
                                     int64_t *ret_base_offset,
                                     KafkaError *ret_error);
/* The batch stands in the log, which starts at `log_start`. */
void producer_state_update(ProducerState *self, const RecordBatch *batch, int64_t log_start);

/* ---- transactions */

/* NO_OFFSET: everything is decided. */
int64_t producer_state_first_unstable(const ProducerState *self);
void producer_state_on_high_watermark(ProducerState *self,
                                      int64_t high_watermark,
                                      int64_t log_start);
void producer_state_on_log_start(ProducerState *self, int64_t log_start);
/* Aborted transactions that touch [from, to); NULL when this log never had one. */
const TransactionIndex *producer_state_aborted(const ProducerState *self);

/* ---- forgetting and reloading */

bool producer_state_is_empty(const ProducerState *self);
void producer_state_expire(ProducerState *self, SimTime now);
/* The same at the last of the ten-minute looks before `now`, if that has not been done. */
void producer_state_expire_lazily(ProducerState *self, SimTime now);
void producer_state_snapshot(ProducerState *self, int64_t offset, int64_t log_start);
/* Forgets everything (the log is empty now). */
void producer_state_reset(ProducerState *self);
/* The log ends at `end`: back to the newest snapshot not above it, or else to `base`, the state
 * at `base_offset`. Returns the offset from which the log is to be replayed. */
int64_t producer_state_rewind(ProducerState *self,
                              const ProducerEntries *base,
                              int64_t base_offset,
                              int64_t end);
/* What a process only had in memory. */
void producer_state_drop_verifications(ProducerState *self);
/* A replayed batch. */
void producer_state_replay(ProducerState *self, const RecordBatch *batch);
/* The batches below `offset` are not kept one by one any more: `base`, at the log's old fine
 * offset, has been brought there by producer_state_forget for each of them. */
void producer_state_forget(ProducerState *self, ProducerEntries *base, const RecordBatch *batch);

#endif
