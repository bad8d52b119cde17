/* records.c - see records.h.
 *
 * Payloads and records are numbered upwards and stand in chunks; a chunk goes when all in it are
 * forgotten, so that what is kept follows what somebody can still ask for. */
#include "models/group/records.h"

#define CHUNK_PAYLOADS 256u

typedef struct Payload {
    CoordinatorRecord *first; /* NULL: empty, or forgotten */
    CoordinatorRecord *last;
    bool is_forgotten;
} Payload;

typedef struct PayloadChunk {
    Payload payloads[CHUNK_PAYLOADS];
    uint32_t forgotten;
} PayloadChunk;

struct CoordinatorRecords {
    GPtrArray *chunks;      /* of PayloadChunk; NULL where all are forgotten. Id 1 is the first */
    uint32_t count;         /* payloads begun */
    GPtrArray *settled;     /* of SettledPartition */
    GHashTable *rebalances; /* by group id; look-up only */
    GHashTable *only;       /* by protocol: a list of it alone; look-up only */
};

GroupSnapshot *group_snapshot_new(void)
{
    GroupSnapshot *self = g_new0(GroupSnapshot, 1);
    self->members = g_ptr_array_new_with_free_func((GDestroyNotify)classic_member_free);
    return self;
}

void group_snapshot_free(GroupSnapshot *self)
{
    if (self != NULL) {
        g_ptr_array_free(self->members, TRUE);
        g_free(self);
    }
}

static void free_records(Payload *payload)
{
    CoordinatorRecord *record = payload->first;
    while (record != NULL) {
        CoordinatorRecord *next = record->next;
        group_snapshot_free(record->snapshot);
        if (record->modern != NULL) {
            modern_record_unref(record->modern);
        }
        g_free(record);
        record = next;
    }
    payload->first = NULL;
    payload->last = NULL;
}

static void free_chunk(gpointer data)
{
    PayloadChunk *chunk = data;
    for (uint32_t i = 0; chunk != NULL && i < CHUNK_PAYLOADS; i++) {
        free_records(&chunk->payloads[i]);
    }
    g_free(chunk);
}

CoordinatorRecords *coordinator_records_new(void)
{
    CoordinatorRecords *self = g_new0(CoordinatorRecords, 1);
    self->chunks = g_ptr_array_new_with_free_func(free_chunk);
    self->settled = g_ptr_array_new_with_free_func(settled_partition_free);
    self->rebalances = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->only = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    return self;
}

void coordinator_records_free(CoordinatorRecords *self)
{
    if (self != NULL) {
        g_ptr_array_free(self->chunks, TRUE);
        g_ptr_array_free(self->settled, TRUE);
        g_hash_table_destroy(self->rebalances);
        g_hash_table_destroy(self->only);
        g_free(self);
    }
}

const char *const *coordinator_records_only(CoordinatorRecords *self, const char *protocol)
{
    const char **only = g_hash_table_lookup(self->only, protocol);
    if (only == NULL) {
        only = g_new0(const char *, 2);
        only[0] = protocol;
        g_hash_table_insert(self->only, (gpointer)(guintptr)protocol, only);
    }
    return only;
}

int64_t coordinator_records_next_rebalance(const CoordinatorRecords *self,
                                           const char *group_id,
                                           int64_t known)
{
    const int64_t noted =
        (int64_t)GPOINTER_TO_SIZE(g_hash_table_lookup(self->rebalances, group_id));
    return MAX(known, noted) + 1;
}

void coordinator_records_note_rebalances(CoordinatorRecords *self,
                                         const char *group_id,
                                         int64_t rebalances)
{
    g_hash_table_insert(self->rebalances, g_strdup(group_id), GSIZE_TO_POINTER((gsize)rebalances));
}

GPtrArray *coordinator_records_settled(const CoordinatorRecords *self)
{
    return self->settled;
}

uint32_t coordinator_records_begin(CoordinatorRecords *self)
{
    if (self->count % CHUNK_PAYLOADS == 0) {
        g_ptr_array_add(self->chunks, g_new0(PayloadChunk, 1));
    }
    return ++self->count;
}

/* NULL: forgotten. */
static Payload *find(const CoordinatorRecords *self, uint32_t payload)
{
    PayloadChunk *chunk = g_ptr_array_index(self->chunks, (payload - 1) / CHUNK_PAYLOADS);
    return chunk == NULL ? NULL : &chunk->payloads[(payload - 1) % CHUNK_PAYLOADS];
}

static const CoordinatorRecord *
add_record(CoordinatorRecords *self, uint32_t payload, CoordinatorRecord *record)
{
    Payload *entry = find(self, payload);
    if (entry->last == NULL) {
        entry->first = record;
    } else {
        entry->last->next = record;
    }
    entry->last = record;
    return record;
}

static CoordinatorRecord *new_record(const char *group_id, int32_t offsets)
{
    CoordinatorRecord *record =
        g_malloc0(sizeof(CoordinatorRecord) + sizeof(OffsetEntry) * (gsize)offsets);
    record->group_id = group_id;
    record->offset_count = offsets;
    return record;
}

const CoordinatorRecord *coordinator_records_add_offsets(CoordinatorRecords *self,
                                                         uint32_t payload,
                                                         const char *group_id,
                                                         const OffsetEntry *offsets,
                                                         int32_t count)
{
    CoordinatorRecord *record = new_record(group_id, count);
    for (int32_t i = 0; i < count; i++) {
        record->offsets[i] = offsets[i];
    }
    return add_record(self, payload, record);
}

const CoordinatorRecord *coordinator_records_add_group(CoordinatorRecords *self,
                                                       uint32_t payload,
                                                       const char *group_id,
                                                       GroupSnapshot *snapshot)
{
    CoordinatorRecord *record = new_record(group_id, 0);
    record->snapshot = snapshot;
    return add_record(self, payload, record);
}

const CoordinatorRecord *
coordinator_records_add_tombstone(CoordinatorRecords *self, uint32_t payload, const char *group_id)
{
    CoordinatorRecord *record = new_record(group_id, 0);
    record->is_tombstone = true;
    return add_record(self, payload, record);
}

const CoordinatorRecord *coordinator_records_add_modern(CoordinatorRecords *self,
                                                        uint32_t payload,
                                                        const char *group_id,
                                                        ModernRecord *modern)
{
    CoordinatorRecord *record = new_record(group_id, 0);
    record->modern = modern;
    return add_record(self, payload, record);
}

const CoordinatorRecord *coordinator_records_first(const CoordinatorRecords *self, uint32_t payload)
{
    const Payload *entry = find(self, payload);
    return entry == NULL ? NULL : entry->first;
}

void coordinator_records_forget(CoordinatorRecords *self, uint32_t payload)
{
    Payload *entry = find(self, payload);
    if (entry == NULL || entry->is_forgotten) {
        return;
    }
    free_records(entry);
    entry->is_forgotten = true;
    uint32_t index = (payload - 1) / CHUNK_PAYLOADS;
    PayloadChunk *chunk = g_ptr_array_index(self->chunks, index);
    if (++chunk->forgotten == CHUNK_PAYLOADS) {
        g_free(chunk);
        g_ptr_array_index(self->chunks, index) = NULL;
    }
}
