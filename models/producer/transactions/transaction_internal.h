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
/* transaction_calls.c: the application waits from now on; it waits no more. */
void transactions_call(TransactionManager *self, TransactionCall call);
void transactions_return(TransactionManager *self);
/* TimeoutException? Then it is as if the application called again. */
bool transactions_call_timed_out(TransactionManager *self);
/* No partition belongs to the transaction that begins. */
void transactions_forget_partitions(TransactionManager *self);
/* AddPartitionsToTxn is not sent again. */
void transactions_forget_adds(TransactionManager *self);
/* transaction_offsets.c: requests on behalf of sendOffsetsToTransaction(). */
void transactions_add_offsets(TransactionManager *self);
void transactions_commit_offsets(TransactionManager *self);
void transactions_on_offsets_added(TransactionManager *self,
                                   const AddOffsetsToTxnResponse *response);
void transactions_on_offsets(TransactionManager *self, const TxnOffsetCommitResponse *response);
/* Errors that all requests treat alike: true when the error was dealt with. */
bool transactions_on_common_error(TransactionManager *self, KafkaError error);
void transactions_request(TransactionManager *self,
                          TransactionRequest kind,
                          int32_t node,
                          RequestHeader *request);
/* The request that was just answered is to be sent again, after retry.backoff.ms. */
void transactions_retry(TransactionManager *self);
/* Sends the next request that is due; true when one went out. */
bool transactions_send(TransactionManager *self);

#endif
