/* transaction_internal.h - what the files of this folder share. */
#ifndef KAFKASIM_MODELS_PRODUCER_TRANSACTIONS_TRANSACTION_INTERNAL_H
#define KAFKASIM_MODELS_PRODUCER_TRANSACTIONS_TRANSACTION_INTERNAL_H
#include "models/producer/producer_internal.h"
#include "models/producer/transactions/transaction_manager.h"

void transactions_move(TransactionManager *self, TransactionManagerState to);
void transactions_fail(TransactionManager *self, KafkaError error, bool is_fatal);
void transactions_ended(TransactionManager *self);
/* initTransactions(), commitTransaction() or abortTransaction() returns. */
void transactions_ready(TransactionManager *self);
/* No partition belongs to the transaction that begins. */
void transactions_forget_partitions(TransactionManager *self);
/* transaction_offsets.c: the next request on behalf of sendOffsetsToTransaction(), if one is due.
 */
bool transactions_send_offsets(TransactionManager *self);
void transactions_on_group_coordinator(TransactionManager *self,
                                       const FindCoordinatorResponse *response);
void transactions_on_offsets_added(TransactionManager *self,
                                   const AddOffsetsToTxnResponse *response);
void transactions_on_offsets(TransactionManager *self, const TxnOffsetCommitResponse *response);
/* Errors that all requests treat alike: true when the error was dealt with. */
bool transactions_on_common_error(TransactionManager *self, KafkaError error);
void transactions_request(TransactionManager *self, int32_t node, RequestHeader *request);
void transactions_retry_later(TransactionManager *self, SimDuration backoff_ns);
/* Is the coordinator's connection there? One that cannot be reached is looked up again. */
bool transactions_await_ready(TransactionManager *self, int32_t *coordinator);
/* Its connection, when it is there, is an event of its own (awaitNodeReady). */
void transactions_connect_later(TransactionManager *self);
/* Sends the next request that is due; true when one went out. */
bool transactions_send(TransactionManager *self);

#endif
