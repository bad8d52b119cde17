/* txn_records.h - what coordinators wrote to __transaction_state: the content behind payload ids.
 *
 * A record is a transactional id and a TxnTransit; later ones of the same id supersede it. Of each
 * id the last 64 are kept, so that memory stays flat: a replica that is further behind than that
 * and is elected all the same (only an unclean election can do that) loads the newest it can.
 * Mirrors: TransactionLog, TransactionLogValue. */
#ifndef KAFKASIM_MODELS_TRANSACTION_TXN_RECORDS_H
#define KAFKASIM_MODELS_TRANSACTION_TXN_RECORDS_H
#include "models/log/record_log.h"
#include "models/transaction/txn_metadata.h"

typedef struct TxnRecords TxnRecords;
TxnRecords *txn_records_new(void);
void txn_records_free(TxnRecords *self); /* may be NULL */
/* Keeps a copy; the payload id for its batch. */
uint32_t txn_records_add(TxnRecords *self, const char *transactional_id, const TxnTransit *transit);
/* The last one added is in no log: it was refused, and is asked for again and again. It must not
 * push out one that is in a log. */
void txn_records_take_back(TxnRecords *self, uint32_t payload);
/* NULL when it is superseded and forgotten. */
const TxnTransit *
txn_records_find(const TxnRecords *self, uint32_t payload, const char **ret_transactional_id);
/* Bytes of the record in the log, without the batch's header. */
int32_t txn_record_bytes(const char *transactional_id, const TxnTransit *transit);
/* The log cleaner: batches below `end` that a later one below it supersedes go. Bytes freed. */
int64_t txn_records_compact(const TxnRecords *self, RecordLog *log, int64_t end);

#endif
