/* txn_metadata.h - one transactional id as its coordinator knows it: a state machine whose every
 * step is first prepared, then written to __transaction_state, then completed.
 *
 *              .---------------------------------------------------------.
 *              v                                                         |
 *   Empty --> Ongoing --> PrepareCommit --> CompleteCommit --------------+--> Empty (new epoch)
 *                   \---> PrepareAbort  --> CompleteAbort  --------------'
 *                   \---> (PrepareEpochFence) --> PrepareAbort
 *
 * Mirrors: TransactionMetadata, TxnTransitMetadata, TransactionState. PrepareEpochFence is, as
 * there, only ever pending. Dead (expiry) ends an id: Empty, CompleteCommit or CompleteAbort, then
 * a tombstone. */
#ifndef KAFKASIM_MODELS_TRANSACTION_TXN_METADATA_H
#define KAFKASIM_MODELS_TRANSACTION_TXN_METADATA_H
#include "models/protocol/kafka_error.h"
#include "models/protocol/record_batch.h"

#define TXN_EPOCH_MAX INT16_MAX /* the last that the coordinator may use itself */

typedef enum TransactionState {
    TXN_EMPTY,
    TXN_ONGOING,
    TXN_PREPARE_COMMIT,
    TXN_PREPARE_ABORT,
    TXN_COMPLETE_COMMIT,
    TXN_COMPLETE_ABORT,
    TXN_DEAD,
    TXN_PREPARE_EPOCH_FENCE,
    TXN_NO_STATE, /* nothing is pending */
} TransactionState;
const char *transaction_state_name(TransactionState state); /* "PrepareCommit" */

/* Ascending partition indices. */
typedef struct TxnPartitions {
    int32_t *items;
    int32_t count;
    int32_t capacity;
} TxnPartitions;
void txn_partitions_clear(TxnPartitions *self);
void txn_partitions_add(TxnPartitions *self, int32_t partition);
bool txn_partitions_has(const TxnPartitions *self, int32_t partition);
void txn_partitions_remove(TxnPartitions *self, int32_t partition);
void txn_partitions_copy(TxnPartitions *self, const TxnPartitions *other);

/* What a record of __transaction_state says; also the target of a transition. */
typedef struct TxnTransit {
    int64_t producer_id;
    int64_t previous_producer_id;
    int64_t next_producer_id; /* v2: takes over once the markers are written */
    int16_t producer_epoch;
    int16_t last_producer_epoch;
    TransactionState state;
    SimDuration timeout_ns;
    SimTime started_at; /* -1: no transaction */
    SimTime updated_at;
    bool is_v2;            /* the client ended it with transactions v2 */
    int64_t source_offset; /* of the last that committed: EndTxnRequest */
    TxnPartitions partitions;
} TxnTransit;
void txn_transit_clear(TxnTransit *self);
void txn_transit_copy(TxnTransit *self, const TxnTransit *other);

typedef struct TransactionMetadata {
    TxnTransit now;
    TransactionState pending; /* TXN_NO_STATE */
    /* A fence that could not be written: its epoch was given to nobody and is used again. */
    bool has_failed_epoch_fence;
} TransactionMetadata;

/* Of one that is zeroed, or was initialised before. */
void transaction_metadata_init(TransactionMetadata *self,
                               int64_t producer_id,
                               SimDuration timeout_ns,
                               SimTime now);
bool transaction_metadata_is_epoch_exhausted(const TransactionMetadata *self);

/* Each fills `to` and sets `pending`. The caller owns `to`. */
KafkaError transaction_metadata_prepare_increment_epoch(TransactionMetadata *self,
                                                        SimDuration timeout_ns,
                                                        bool has_expected,
                                                        int16_t expected_epoch,
                                                        SimTime now,
                                                        TxnTransit *to);
void transaction_metadata_prepare_rotation(TransactionMetadata *self,
                                           int64_t producer_id,
                                           SimDuration timeout_ns,
                                           bool records_last_epoch,
                                           SimTime now,
                                           TxnTransit *to);
/* The epoch with which the open transaction is to be aborted. */
int16_t transaction_metadata_prepare_fence(TransactionMetadata *self);
void transaction_metadata_prepare_add(TransactionMetadata *self,
                                      const int32_t *partitions,
                                      int32_t count,
                                      SimTime now,
                                      TxnTransit *to);
void transaction_metadata_prepare_end(TransactionMetadata *self,
                                      bool commits,
                                      bool is_v2,
                                      int64_t next_producer_id,
                                      SimTime now,
                                      TxnTransit *to);
void transaction_metadata_prepare_complete(TransactionMetadata *self, SimTime now, TxnTransit *to);
/* Of an id that expired: a tombstone. */
void transaction_metadata_prepare_dead(TransactionMetadata *self, SimTime now, TxnTransit *to);
/* It is written. */
void transaction_metadata_complete(TransactionMetadata *self, const TxnTransit *to);

#endif
