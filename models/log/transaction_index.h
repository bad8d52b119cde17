/* transaction_index.h - the aborted transactions of a log, in the order of their markers.
 *
 * Mirrors: TransactionIndex, AbortedTxn (one file a segment there, one array a log here). */
#ifndef KAFKASIM_MODELS_LOG_TRANSACTION_INDEX_H
#define KAFKASIM_MODELS_LOG_TRANSACTION_INDEX_H
#include <stdbool.h>
#include <stdint.h>

typedef struct AbortedTxn {
    int64_t producer_id;
    int64_t first_offset;
    int64_t last_offset;        /* of the marker */
    int64_t last_stable_offset; /* once it was written */
} AbortedTxn;

/* Embedded. */
typedef struct TransactionIndex {
    AbortedTxn *items;
    int32_t first;
    int32_t count;
    int32_t capacity;
} TransactionIndex;

void transaction_index_clear(TransactionIndex *self);
void transaction_index_append(TransactionIndex *self, const AbortedTxn *aborted);
/* The log ends at `offset`. */
void transaction_index_truncate(TransactionIndex *self, int64_t offset);
/* The log begins at `offset`. */
void transaction_index_drop_before(TransactionIndex *self, int64_t offset);
const AbortedTxn *transaction_index_at(const TransactionIndex *self, int32_t i);
/* Does a record of this producer at `offset` belong to an aborted transaction? */
bool transaction_index_has(const TransactionIndex *self, int64_t producer_id, int64_t offset);
/* Copies to `into` (unless NULL) those that touch [from, to); how many. */
int32_t
transaction_index_collect(const TransactionIndex *self, int64_t from, int64_t to, AbortedTxn *into);

#endif
