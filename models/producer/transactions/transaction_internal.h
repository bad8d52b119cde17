/* transaction_internal.h - what the files of this folder share. */
#ifndef KAFKASIM_MODELS_PRODUCER_TRANSACTIONS_TRANSACTION_INTERNAL_H
#define KAFKASIM_MODELS_PRODUCER_TRANSACTIONS_TRANSACTION_INTERNAL_H
#include "models/producer/producer_internal.h"
#include "models/producer/transactions/transaction_manager.h"

void transactions_move(TransactionManager *self, TransactionManagerState to);
void transactions_fail(TransactionManager *self, KafkaError error, bool is_fatal);
void transactions_ended(TransactionManager *self);
/* No partition belongs to the transaction that begins. */
void transactions_forget_partitions(TransactionManager *self);
/* Sends the next request that is due; true when one went out. */
bool transactions_send(TransactionManager *self);

#endif
