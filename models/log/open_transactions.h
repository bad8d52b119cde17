/* open_transactions.h - the transactions of a log whose fate readers must wait for; see
 * producer_state.h, of which this is the part that most logs never need. */
#ifndef KAFKASIM_MODELS_LOG_OPEN_TRANSACTIONS_H
#define KAFKASIM_MODELS_LOG_OPEN_TRANSACTIONS_H
#include "models/log/producer_entry.h"
#include "models/log/transaction_index.h"

typedef struct TxnMetadata {
    int64_t producer_id;
    int64_t first_offset;
    int64_t last_offset; /* of the marker; NO_OFFSET while ongoing */
} TxnMetadata;

/* Ascending first offsets. */
typedef struct TxnList {
    TxnMetadata *items;
    int32_t count;
    int32_t capacity;
} TxnList;

typedef struct OpenTransactions {
    TxnList ongoing;
    TxnList unreplicated; /* completed, the marker not yet below the high watermark */
    VerificationState *verifications;
    int32_t verification_count;
    int32_t verification_capacity;
    uint32_t last_guard;
    int64_t first_unstable; /* as last looked at; NO_OFFSET */
    TransactionIndex aborted;
} OpenTransactions;

OpenTransactions *open_transactions_new(void);
void open_transactions_free(OpenTransactions *self); /* may be NULL */
/* Ongoing and unreplicated ones go; verifications and the index stay. */
void open_transactions_clear(OpenTransactions *self);
/* The guard of this producer's verification, begun as `wanted` unless there is one. */
uint32_t open_transactions_verify(OpenTransactions *self, const VerificationState *wanted);
const VerificationState *open_transactions_verification(const OpenTransactions *self,
                                                        int64_t producer_id);
/* Its first batch or a marker came: the verification is over. */
void open_transactions_verified(OpenTransactions *self, int64_t producer_id);
void open_transactions_expire(OpenTransactions *self, SimTime created_until);
void open_transactions_begin(OpenTransactions *self, int64_t producer_id, int64_t first_offset);
void open_transactions_complete(OpenTransactions *self,
                                const CompletedTxn *completed,
                                bool indexes);
/* Completed ones with their marker below `offset` are decided. */
void open_transactions_decide(OpenTransactions *self, int64_t offset);
/* Sets first_unstable. Mirrors: UnifiedLog.maybeIncrementFirstUnstableOffset. */
void open_transactions_look(OpenTransactions *self, int64_t log_start);

#endif
