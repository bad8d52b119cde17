/* broker_transactions.h - a broker's part in transactions: host of a coordinator, leader that lets
 * only verified batches in, writer of markers.
 *
 *     peers          requests to other brokers (markers, verification), one connection each
 *     verification   a produce request waits until its transaction is known to the coordinator
 *     write_markers  a leader appends markers and answers when they are replicated
 *     transaction_host   the log under the coordinator
 *
 * What is for this broker itself takes no network: it is called (Kafka sends it to itself).
 * Mirrors: AddPartitionsToTxnManager, InterBrokerSendThread, KafkaApis.handleWriteTxnMarkers. */
#ifndef KAFKASIM_MODELS_BROKER_TRANSACTIONS_BROKER_TRANSACTIONS_H
#define KAFKASIM_MODELS_BROKER_TRANSACTIONS_BROKER_TRANSACTIONS_H
#include "models/broker/broker_state.h"

/* Tokens in the purgatory: whose append it was. */
#define TRANSACTION_STATE_TOKEN  (UINT64_C(1) << 63)
#define TRANSACTION_MARKER_TOKEN (UINT64_C(1) << 62)

typedef struct BrokerTransactions {
    Broker *broker;
    TransactionHost host;
    TransactionCoordinator *coordinator;
    GPtrArray *peers;   /* Peer* */
    GPtrArray *waiting; /* VerifiedProduce*: produce requests that wait for the coordinator */
    GPtrArray *writes;  /* MarkerWrite* */
    uint64_t last_token;
} BrokerTransactions;

/* transaction_host.c. False: refused; broker_transactions_on_append has come. */
bool broker_transactions_append(
    Broker *self, Partition *partition, RecordBatch *batch, uint64_t token, SimDuration timeout_ns);

/* peers.c: takes the request. What was lost comes back as an answer with NETWORK_EXCEPTION. */
void peers_write_markers(BrokerTransactions *self, int32_t broker, WriteTxnMarkersRequest *request);
void peers_add_partitions(BrokerTransactions *self,
                          int32_t broker,
                          AddPartitionsToTxnRequest *request);
void peers_on_timer(void *owner);
void peers_reset(BrokerTransactions *self);

/* verification.c */
typedef struct BatchVerification {
    uint32_t guard;
    KafkaError error;
} BatchVerification;
void verification_on_answer(BrokerTransactions *self,
                            uint64_t token,
                            const TxnPartitionResult *results,
                            int32_t count,
                            KafkaError error_of_all);
void verification_on_timer(void *owner);
void verification_reset(BrokerTransactions *self);

/* Offsets of a transaction; the broker's coordinator answers. */
void broker_transactions_commit_offsets(Broker *self, TxnOffsetCommitRequest *request);

/* write_markers.c */
void write_markers_handle(BrokerTransactions *self, WriteTxnMarkersRequest *request, bool is_local);
void write_markers_on_append(BrokerTransactions *self, uint64_t token, KafkaError error);
void write_markers_reset(BrokerTransactions *self);

#endif
