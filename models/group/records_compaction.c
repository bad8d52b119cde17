/* records_compaction.c - which batches of __consumer_offsets the log cleaner drops.
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
    uint32_t number = coordinator_records_first(records, payload);
    while (number != 0) {
        const CoordinatorRecord *record = coordinator_record(records, number);
        if (record->snapshot != NULL) {
            fresh = see(seen, record->group_id, "", GROUP_METADATA) || fresh;
        }
        if (record->modern != NULL) {
            fresh = see_modern(seen, record->group_id, record->modern) || fresh;
        }
        const OffsetEntry *offsets = coordinator_record_offsets(records, record);
        for (int32_t i = 0; record->snapshot == NULL && i < record->offset_count; i++) {
            fresh = see(seen, record->group_id, "", offsets[i].partition) || fresh;
        }
        number = record->next;
    }
    return fresh;
}

int64_t coordinator_records_compact(const CoordinatorRecords *self, RecordLog *log, int64_t end)
{
    int32_t count = record_log_find(log, end);
    g_autofree bool *dead = g_new0(bool, (gsize)count + 1);
    GHashTable *seen = g_hash_table_new_full(hash_key, is_same_key, g_free, NULL);
    for (int32_t i = count; i-- > 0;) {
        uint32_t payload = record_log_at(log, i)->payload;
        dead[i] = payload != 0 && !survives(self, payload, seen);
    }
    g_hash_table_destroy(seen);
    return compaction_drop_batches(log, dead, count);
}
