/* records_compaction.c - which batches of __consumer_offsets the log cleaner drops, and which ones
 * nobody has to know any more.
 *
 * A record's key is its group and partition (a commit) or its group (metadata); a batch goes when
 * later batches below the end of the cleaned range hold all of its keys. Exact. Kafka would also
 * drop single records out of a batch. Mirrors: Cleaner.shouldRetainRecord. */
#include "models/group/records.h"
#include "models/log/compaction.h"

#define GROUP_METADATA (-1)

typedef struct RecordKey {
    const char *group_id;
    const char *member_id; /* of a KIP-848 record, else "" */
    int32_t partition;     /* or GROUP_METADATA, or below it: the kind of a KIP-848 record */
} RecordKey;

static guint hash_key(gconstpointer data)
{
    const RecordKey *key = data;
    return (g_str_hash(key->group_id) * 31 + g_str_hash(key->member_id)) * 31 +
           (guint)key->partition;
}

static gboolean is_same_key(gconstpointer a, gconstpointer b)
{
    const RecordKey *one = a;
    const RecordKey *two = b;
    return one->partition == two->partition && g_str_equal(one->group_id, two->group_id) &&
           g_str_equal(one->member_id, two->member_id);
}

/* True when the key was not seen before. */
static bool see(GHashTable *seen, const char *group_id, const char *member_id, int32_t partition)
{
    RecordKey *key = g_new(RecordKey, 1);
    *key = (RecordKey){group_id, member_id, partition};
    return g_hash_table_add(seen, key);
}

static bool see_modern(GHashTable *seen, const char *group_id, const ModernRecord *record)
{
    const char *subject = record->regex != NULL ? record->regex : record->member_id;
    return see(seen, group_id, subject, GROUP_METADATA - 1 - (int32_t)record->kind);
}

/* Has one of its keys no later value? */
static bool survives(const CoordinatorRecords *records, uint32_t payload, GHashTable *seen)
{
    bool fresh = false;
    const CoordinatorRecord *record = coordinator_records_first(records, payload);
    for (; record != NULL; record = record->next) {
        if (record->snapshot != NULL || record->is_tombstone) {
            fresh = see(seen, record->group_id, "", GROUP_METADATA) || fresh;
        }
        if (record->modern != NULL) {
            fresh = see_modern(seen, record->group_id, record->modern) || fresh;
        }
        for (int32_t i = 0; i < record->offset_count; i++) {
            fresh = see(seen, record->group_id, "", record->offsets[i].partition) || fresh;
        }
    }
    return fresh;
}

/* Offsets of a transaction that was aborted: nobody's. */
static bool is_aborted(const RecordLog *log, const RecordBatch *batch)
{
    const TransactionIndex *index =
        batch->transactional ? producer_state_aborted(&log->producers) : NULL;
    return index != NULL && transaction_index_has(index, batch->producer_id, batch->base_offset);
}

int64_t coordinator_records_compact(const CoordinatorRecords *self, RecordLog *log, int64_t end)
{
    int32_t count = record_log_find(log, end);
    g_autofree bool *dead = g_new0(bool, (gsize)count + 1);
    GHashTable *seen = g_hash_table_new_full(hash_key, is_same_key, g_free, NULL);
    for (int32_t i = count; i-- > 0;) {
        const RecordBatch *batch = record_log_at(log, i);
        dead[i] = !batch->merged && batch->payload != 0 &&
                  (is_aborted(log, batch) || !survives(self, batch->payload, seen));
    }
    g_hash_table_destroy(seen);
    return compaction_drop_batches(log, dead, count);
}

/* ---- what is old */

void settled_partition_free(gpointer data)
{
    SettledPartition *self = data;
    g_array_free(self->batches, TRUE);
    g_free(self);
}

static SettledPartition *find_settled(const CoordinatorRecords *self, int32_t partition)
{
    const GPtrArray *all = coordinator_records_settled(self);
    for (guint i = 0; i < all->len; i++) {
        SettledPartition *settled = all->pdata[i];
        if (settled->partition == partition) {
            return settled;
        }
    }
    return NULL;
}

const SettledPartition *coordinator_records_find_settled(const CoordinatorRecords *self,
                                                         int32_t partition)
{
    return find_settled(self, partition);
}

static SettledPartition *find_or_add(CoordinatorRecords *self, int32_t partition)
{
    SettledPartition *settled = find_settled(self, partition);
    if (settled == NULL) {
        settled = g_new0(SettledPartition, 1);
        settled->partition = partition;
        settled->batches = g_array_new(FALSE, FALSE, sizeof(SettledBatch));
        g_ptr_array_add(coordinator_records_settled(self), settled);
    }
    return settled;
}

/* From the last to the first: those with the last value of a key stay. */
static void drop_superseded(CoordinatorRecords *self, SettledPartition *settled)
{
    GArray *batches = settled->batches;
    GHashTable *seen = g_hash_table_new_full(hash_key, is_same_key, g_free, NULL);
    guint kept = batches->len;
    for (guint i = batches->len; i-- > 0;) {
        const SettledBatch batch = g_array_index(batches, SettledBatch, i);
        if (survives(self, batch.payload, seen)) {
            g_array_index(batches, SettledBatch, --kept) = batch;
        } else {
            coordinator_records_forget(self, batch.payload);
        }
    }
    g_hash_table_destroy(seen);
    g_array_remove_range(batches, 0, kept);
}

void coordinator_records_settle(CoordinatorRecords *self,
                                int32_t partition,
                                const RecordLog *log,
                                int64_t end)
{
    SettledPartition *settled = find_or_add(self, partition);
    for (int32_t i = record_log_find(log, settled->end); i < log->count; i++) {
        const RecordBatch *batch = record_log_at(log, i);
        if (record_batch_last_offset(batch) >= end) {
            break;
        }
        if (!batch->merged && batch->payload != 0 && !is_aborted(log, batch)) {
            const SettledBatch entry = {batch->base_offset, batch->payload};
            g_array_append_val(settled->batches, entry);
        }
    }
    if (end > settled->end) {
        settled->end = end;
        drop_superseded(self, settled);
    }
}

void coordinator_records_unsettle(CoordinatorRecords *self, int32_t partition, int64_t end)
{
    SettledPartition *settled = find_settled(self, partition);
    if (settled == NULL) {
        return;
    }
    guint kept = settled->batches->len;
    while (kept > 0 && g_array_index(settled->batches, SettledBatch, kept - 1).offset >= end) {
        kept--;
    }
    g_array_set_size(settled->batches, kept);
    settled->end = MIN(settled->end, end);
}
