/* coordinator_internal.h - what the files of this folder share. */
#ifndef KAFKASIM_MODELS_TRANSACTION_COORDINATOR_INTERNAL_H
#define KAFKASIM_MODELS_TRANSACTION_COORDINATOR_INTERNAL_H
#include "models/transaction/transaction_coordinator.h"

/* One transactional id. Entries stay when the partition goes to another broker; then they are not
 * owned. */
typedef struct TxnEntry {
    const char *transactional_id; /* borrowed */
    uint32_t number;              /* in the coordinator, from 1 */
    int32_t partition;            /* of __transaction_state */
    bool exists;                  /* else metadata mean nothing */
    TransactionMetadata metadata;
    TxnPartitions markers;   /* partitions whose marker is not written yet; */
    TxnPartitions unsent;    /* those of them that no request in flight has */
    int32_t markers_epoch;   /* coordinator epoch that sends them */
    TxnTransit completes_to; /* once they are */
    bool sends_markers;
} TxnEntry;

typedef enum TxnAppendKind {
    TXN_APPEND_INIT,
    TXN_APPEND_ADD,
    TXN_APPEND_END,
    TXN_APPEND_COMPLETE,
    TXN_APPEND_EXPIRE,
} TxnAppendKind;

/* A step that is being written. */
typedef struct TxnAppend {
    uint64_t token;
    TxnAppendKind kind;
    TxnEntry *entry;
    int32_t coordinator_epoch;
    RequestHeader *request; /* parked; NULL: nobody waits */
    bool is_epoch_fence;
    TxnTransit to;
} TxnAppend;

typedef struct TxnShard {
    int32_t partition;
    int32_t coordinator_epoch;
    bool loading;
} TxnShard;

struct TransactionCoordinator {
    TransactionHost host;
    TransactionOptions options;
    TxnRecords *records;
    GPtrArray *entries; /* TxnEntry* */
    GHashTable *by_id;  /* look-up only */
    GArray *shards;     /* TxnShard */
    GPtrArray *appends; /* TxnAppend*, in flight */
    GPtrArray *spare;   /* TxnAppend* */
    uint64_t last_token;
    SimTime started_at;
    Timer abort_scan;
    Timer expiry_scan;
    Timer marker_retry;
};

/* transaction_coordinator.c */
TxnEntry *txn_entry_find(const TransactionCoordinator *self, const char *transactional_id);
TxnEntry *
txn_entry_get(TransactionCoordinator *self, const char *transactional_id, int32_t partition);
const TxnShard *txn_shard_of(const TransactionCoordinator *self, int32_t partition);
/* A step of this entry: `to` is to be prepared, then it is sent or cancelled. */
TxnAppend *txn_append_new(TransactionCoordinator *self,
                          TxnEntry *entry,
                          TxnAppendKind kind,
                          RequestHeader *request);
void txn_append_send(TransactionCoordinator *self, TxnAppend *append);
void txn_append_cancel(TransactionCoordinator *self, TxnAppend *append);
/* Answers any kind of request with nothing but an error. */
void txn_answer(TransactionCoordinator *self, RequestHeader *request, KafkaError error);

/* expiry.c: something could be found now (or will, if it stays as it is since `updated_at`) */
void txn_watch_time_outs(TransactionCoordinator *self);
void txn_watch_expiry(TransactionCoordinator *self, SimTime updated_at);
void txn_abort_timed_out(TransactionCoordinator *self);
void txn_remove_expired(TransactionCoordinator *self);

/* end_txn.c */
KafkaError txn_end(TransactionCoordinator *self,
                   TxnEntry *entry,
                   int64_t producer_id,
                   int16_t producer_epoch,
                   bool commits,
                   bool is_from_client,
                   bool is_v2,
                   RequestHeader *request);
void txn_ended(TransactionCoordinator *self, TxnAppend *append, KafkaError error);

/* marker_channel.c */
void markers_begin(TransactionCoordinator *self, TxnEntry *entry, int32_t coordinator_epoch);
void markers_send(TransactionCoordinator *self, TxnEntry *entry);
void markers_on_complete_failed(TransactionCoordinator *self, TxnEntry *entry, KafkaError error);

#endif
