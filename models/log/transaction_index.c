/* transaction_index.c - see the header. */
#include "models/log/transaction_index.h"
#include <glib.h>
#include <string.h>

void transaction_index_clear(TransactionIndex *self)
{
    g_free(self->items);
    *self = (TransactionIndex){0};
}

const AbortedTxn *transaction_index_at(const TransactionIndex *self, int32_t i)
{
    return &self->items[self->first + i];
}

void transaction_index_append(TransactionIndex *self, const AbortedTxn *aborted)
{
    if (self->first + self->count == self->capacity) {
        if (self->first > self->capacity / 2) {
            memmove(
                self->items, self->items + self->first, sizeof(AbortedTxn) * (size_t)self->count);
            self->first = 0;
        } else {
            self->capacity = self->capacity == 0 ? 8 : self->capacity * 2;
            self->items = g_renew(AbortedTxn, self->items, (gsize)self->capacity);
        }
    }
    self->items[self->first + self->count++] = *aborted;
}

/* Mirrors: TransactionIndex.truncateTo. */
void transaction_index_truncate(TransactionIndex *self, int64_t offset)
{
    while (self->count > 0 && transaction_index_at(self, self->count - 1)->last_offset >= offset) {
        self->count--;
    }
}

void transaction_index_drop_before(TransactionIndex *self, int64_t offset)
{
    while (self->count > 0 && transaction_index_at(self, 0)->last_offset < offset) {
        self->first++;
        self->count--;
    }
}

/* The first whose marker is at or above `offset`. */
static int32_t find_marker(const TransactionIndex *self, int64_t offset)
{
    int32_t low = 0;
    int32_t high = self->count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (transaction_index_at(self, middle)->last_offset < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Mirrors: TransactionIndex.collectAbortedTxns. */
int32_t
transaction_index_collect(const TransactionIndex *self, int64_t from, int64_t to, AbortedTxn *into)
{
    int32_t found = 0;
    for (int32_t i = find_marker(self, from); i < self->count; i++) {
        const AbortedTxn *aborted = transaction_index_at(self, i);
        if (aborted->first_offset < to) {
            if (into != NULL) {
                into[found] = *aborted;
            }
            found++;
        }
        if (aborted->last_stable_offset >= to) {
            break;
        }
    }
    return found;
}

/* Markers ascend: those behind `offset` are at the end. */
bool transaction_index_has(const TransactionIndex *self, int64_t producer_id, int64_t offset)
{
    for (int32_t i = self->count; i-- > 0;) {
        const AbortedTxn *aborted = transaction_index_at(self, i);
        if (aborted->last_offset <= offset) {
            return false;
        }
        if (aborted->producer_id == producer_id && aborted->first_offset <= offset) {
            return true;
        }
    }
    return false;
}
