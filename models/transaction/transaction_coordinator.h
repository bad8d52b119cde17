/* transaction_coordinator.h - the transaction coordinator inside a broker.
 *
 * It acts for the transactional ids whose __transaction_state partition this broker leads:
 * partition = abs(javaStringHash(id)) mod partitions of that topic. State is the replay of that
 * log: every step is appended (acks=all) before it is answered; a new leader loads the log first
 * and goes on with the markers of what was prepared.
 *
 * Mirrors: TransactionCoordinator, TransactionStateManager, TransactionMarkerChannelManager
 * (clients.md 1.8, T1..T8). Passive but for its host: knows the broker only through
 * TransactionHost. Leaves out: authorisation, the requests ListTransactions and
 * DescribeTransactions (what they would answer is the view's). */
#ifndef KAFKASIM_MODELS_TRANSACTION_TRANSACTION_COORDINATOR_H
#define KAFKASIM_MODELS_TRANSACTION_TRANSACTION_COORDINATOR_H
#include "models/protocol/message.h"
#include "models/transaction/txn_records.h"

typedef struct TransactionCoordinator TransactionCoordinator;

enum { TXN_NO_PARTITION = -2 }; /* there is none: its topic was deleted */

typedef struct TransactionHost {
    void *owner;
    Actor *actor;
    /* As CoordinatorHost.append: transaction_coordinator_on_append comes with `token`. False: it
     * has come, with an error, and nothing is in the log. */
    bool (*append)(void *owner, int32_t partition, int32_t bytes, uint32_t payload, uint64_t token);
    void (*respond)(void *owner, RequestHeader *request, ResponseHeader *response);
    /* Partition index of __transaction_state-i, and how many there are (0: no such topic). */
    int32_t (*state_partition)(void *owner, int32_t i);
    int32_t (*state_partition_count)(void *owner);
    /* Its own leader epoch of that partition: the coordinator epoch. */
    int32_t (*leader_epoch)(void *owner, int32_t partition);
    /* The broker that leads a partition, as far as is known here; NO_LEADER; TXN_NO_PARTITION. */
    int32_t (*leader_of)(void *owner, int32_t partition);
    /* The group's partition of __consumer_offsets. */
    int32_t (*group_partition)(void *owner, const char *group_id);
    int64_t (*new_producer_id)(void *owner);
    /* Sends it; takes it. transaction_coordinator_on_markers follows. */
    void (*write_markers)(void *owner, int32_t broker, WriteTxnMarkersRequest *request);
} TransactionHost;

typedef struct TransactionOptions {
    SimDuration timeout_max_ns;   /* transaction.max.timeout.ms */
    SimDuration id_expiration_ns; /* transactional.id.expiration.ms */
    /* transaction.remove.expired.transaction.cleanup.interval.ms */
    SimDuration expiry_interval_ns;
    SimDuration abort_interval_ns; /* transaction.abort.timed.out...cleanup.interval.ms */
    bool is_v2;                    /* transaction.version of the cluster is 2 */
    uint16_t timer_kind;
} TransactionOptions;

TransactionCoordinator *transaction_coordinator_new(const TransactionHost *host,
                                                    const TransactionOptions *options,
                                                    TxnRecords *records);
void transaction_coordinator_free(TransactionCoordinator *self);
/* The process died or starts. */
void transaction_coordinator_reset(TransactionCoordinator *self);

int32_t transaction_coordinator_partition_for(const TransactionCoordinator *self,
                                              const char *transactional_id);
void transaction_coordinator_on_elected(TransactionCoordinator *self, int32_t partition);
void transaction_coordinator_on_load(TransactionCoordinator *self, const RecordBatch *batch);
void transaction_coordinator_on_loaded(TransactionCoordinator *self, int32_t partition);
void transaction_coordinator_on_resigned(TransactionCoordinator *self, int32_t partition);

/* InitProducerId with a transactional id, AddPartitionsToTxn, AddOffsetsToTxn, EndTxn. Takes the
 * request. */
void transaction_coordinator_handle(TransactionCoordinator *self, RequestHeader *request);
void transaction_coordinator_on_append(TransactionCoordinator *self,
                                       uint64_t token,
                                       KafkaError error);
/* The rows' answers; error of all when the request was lost. */
void transaction_coordinator_on_markers(TransactionCoordinator *self,
                                        const TxnMarkerRow *rows,
                                        int32_t count);
void transaction_coordinator_on_timer(TransactionCoordinator *self, Timer *timer);

/* For reports and tests: what DescribeTransactions would answer. */
typedef struct TransactionView {
    const char *transactional_id;
    const char *state;
    int64_t producer_id;
    int16_t producer_epoch;
    SimDuration timeout_ns;
    SimTime started_at;              /* -1: no transaction */
    const TxnPartitions *partitions; /* ascending indices */
} TransactionView;
/* The next id, from *i = 0 on, whose partition of __transaction_state it acts for; false: no more.
 * *i moves on. In order of their first appearance here. */
bool transaction_coordinator_next(const TransactionCoordinator *self,
                                  guint *i,
                                  TransactionView *ret_view);

#endif
