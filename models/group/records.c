/* records.c - see records.h. */
#include "models/group/records.h"

typedef struct Payload {
    uint32_t first;
    uint32_t last;
} Payload;

struct CoordinatorRecords {
    GArray *payloads; /* of Payload; id 1 is element 0 */
    GArray *records;  /* of CoordinatorRecord; number 1 is element 0 */
    GArray *offsets;  /* of OffsetEntry */
    GPtrArray *snapshots;
    GPtrArray *modern; /* of ModernRecord */
};

GroupSnapshot *group_snapshot_new(void)
{
    GroupSnapshot *self = g_new0(GroupSnapshot, 1);
    self->members = g_ptr_array_new_with_free_func((GDestroyNotify)classic_member_free);
    return self;
}

static void snapshot_free(gpointer data)
{
    GroupSnapshot *self = data;
    g_ptr_array_free(self->members, TRUE);
    g_free(self);
}

CoordinatorRecords *coordinator_records_new(void)
{
    CoordinatorRecords *self = g_new0(CoordinatorRecords, 1);
    self->payloads = g_array_new(FALSE, TRUE, sizeof(Payload));
    self->records = g_array_new(FALSE, TRUE, sizeof(CoordinatorRecord));
    self->offsets = g_array_new(FALSE, TRUE, sizeof(OffsetEntry));
    self->snapshots = g_ptr_array_new_with_free_func(snapshot_free);
    self->modern = g_ptr_array_new_with_free_func((GDestroyNotify)modern_record_unref);
    return self;
}

void coordinator_records_free(CoordinatorRecords *self)
{
    if (self == NULL) {
        return;
    }
    g_array_free(self->payloads, TRUE);
    g_array_free(self->records, TRUE);
    g_array_free(self->offsets, TRUE);
    g_ptr_array_free(self->snapshots, TRUE);
    g_ptr_array_free(self->modern, TRUE);
    g_free(self);
}

uint32_t coordinator_records_begin(CoordinatorRecords *self)
{
    const Payload payload = {0};
    g_array_append_val(self->payloads, payload);
    return self->payloads->len;
}

static uint32_t
add_record(CoordinatorRecords *self, uint32_t payload, const CoordinatorRecord *record)
{
    g_array_append_val(self->records, *record);
    const uint32_t number = self->records->len;
    Payload *entry = &g_array_index(self->payloads, Payload, payload - 1);
    if (entry->last == 0) {
        entry->first = number;
    } else {
        g_array_index(self->records, CoordinatorRecord, entry->last - 1).next = number;
    }
    entry->last = number;
    return number;
}

uint32_t coordinator_records_add_offsets(CoordinatorRecords *self,
                                         uint32_t payload,
                                         const char *group_id,
                                         const OffsetEntry *offsets,
                                         int32_t count)
{
    const CoordinatorRecord record = {
        .group_id = group_id,
        .first_offset = self->offsets->len,
        .offset_count = count,
    };
    g_array_append_vals(self->offsets, offsets, (guint)count);
    return add_record(self, payload, &record);
}

uint32_t coordinator_records_add_group(CoordinatorRecords *self,
                                       uint32_t payload,
                                       const char *group_id,
                                       GroupSnapshot *snapshot)
{
    const CoordinatorRecord record = {.group_id = group_id, .snapshot = snapshot};
    g_ptr_array_add(self->snapshots, snapshot);
    return add_record(self, payload, &record);
}

uint32_t coordinator_records_add_modern(CoordinatorRecords *self,
                                        uint32_t payload,
                                        const char *group_id,
                                        ModernRecord *modern)
{
    const CoordinatorRecord record = {.group_id = group_id, .modern = modern};
    g_ptr_array_add(self->modern, modern);
    return add_record(self, payload, &record);
}

uint32_t coordinator_records_first(const CoordinatorRecords *self, uint32_t payload)
{
    return g_array_index(self->payloads, Payload, payload - 1).first;
}

const CoordinatorRecord *coordinator_record(const CoordinatorRecords *self, uint32_t number)
{
    return &g_array_index(self->records, CoordinatorRecord, number - 1);
}

const OffsetEntry *coordinator_record_offsets(const CoordinatorRecords *self,
                                              const CoordinatorRecord *record)
{
    return &g_array_index(self->offsets, OffsetEntry, record->first_offset);
}
