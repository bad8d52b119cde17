/* txn_records.c - see the header. A payload is (number of the id << 16) + a count, from 1. */
#include "models/transaction/txn_records.h"
#include "models/log/compaction.h"
#include <string.h>

#define KEPT 64

typedef struct TxnHistory {
    const char *transactional_id; /* borrowed */
    uint32_t written;
    uint32_t payloads[KEPT];
    TxnTransit transits[KEPT];
} TxnHistory;

struct TxnRecords {
    GPtrArray *histories; /* TxnHistory*, in order of first use */
    GHashTable *by_id;    /* look-up only */
};

TxnRecords *txn_records_new(void)
{
    TxnRecords *self = g_new0(TxnRecords, 1);
    self->histories = g_ptr_array_new();
    self->by_id = g_hash_table_new(g_str_hash, g_str_equal);
    return self;
}

void txn_records_free(TxnRecords *self)
{
    if (self == NULL) {
        return;
    }
    for (guint i = 0; i < self->histories->len; i++) {
        TxnHistory *history = self->histories->pdata[i];
        for (int k = 0; k < KEPT; k++) {
            txn_transit_clear(&history->transits[k]);
        }
        g_free(history);
    }
    g_ptr_array_free(self->histories, TRUE);
    g_hash_table_destroy(self->by_id);
    g_free(self);
}

static uint32_t number_of(TxnRecords *self, const char *transactional_id)
{
    gpointer known = g_hash_table_lookup(self->by_id, transactional_id);
    if (known != NULL) {
        return GPOINTER_TO_UINT(known);
    }
    TxnHistory *history = g_new0(TxnHistory, 1);
    history->transactional_id = transactional_id;
    g_ptr_array_add(self->histories, history);
    g_hash_table_insert(
        self->by_id, (gpointer)(uintptr_t)transactional_id, GUINT_TO_POINTER(self->histories->len));
    return self->histories->len;
}

uint32_t txn_records_add(TxnRecords *self, const char *transactional_id, const TxnTransit *transit)
{
    uint32_t number = number_of(self, transactional_id);
    TxnHistory *history = self->histories->pdata[number - 1];
    uint32_t slot = history->written % KEPT;
    uint32_t payload = (number << 16) + (history->written & 0xffff);
    history->payloads[slot] = payload;
    txn_transit_copy(&history->transits[slot], transit);
    history->written++;
    return payload;
}

static const TxnHistory *history_of(const TxnRecords *self, uint32_t payload)
{
    uint32_t number = payload >> 16;
    return number > 0 && number <= self->histories->len ? self->histories->pdata[number - 1] : NULL;
}

void txn_records_take_back(TxnRecords *self, uint32_t payload)
{
    TxnHistory *history = self->histories->pdata[(payload >> 16) - 1];
    uint32_t slot = (history->written - 1) % KEPT;
    if (history->written > 0 && history->payloads[slot] == payload) {
        history->payloads[slot] = 0;
        history->written--;
    }
}

const TxnTransit *
txn_records_find(const TxnRecords *self, uint32_t payload, const char **ret_transactional_id)
{
    const TxnHistory *history = history_of(self, payload);
    if (history == NULL || history->payloads[(payload & 0xffff) % KEPT] != payload) {
        return NULL;
    }
    *ret_transactional_id = history->transactional_id;
    return &history->transits[(payload & 0xffff) % KEPT];
}

int32_t txn_record_bytes(const char *transactional_id, const TxnTransit *transit)
{
    return 45 + (int32_t)strlen(transactional_id) + 12 * transit->partitions.count;
}

int64_t txn_records_compact(const TxnRecords *self, RecordLog *log, int64_t end)
{
    int32_t count = record_log_find(log, end);
    g_autofree bool *dead = g_new0(bool, (gsize)count + 1);
    g_autofree bool *seen = g_new0(bool, (gsize)self->histories->len + 1);
    for (int32_t i = count; i-- > 0;) {
        uint32_t number = record_log_at(log, i)->payload >> 16;
        if (number > 0 && number <= self->histories->len) {
            dead[i] = seen[number];
            seen[number] = true;
        }
    }
    return compaction_drop_batches(log, dead, count);
}
