/* record.c - see record.h. */
#include "sim/kernel/record.h"

bool record_slab_init(RecordSlab *slab, uint32_t records_max)
{
    *slab = (RecordSlab){.used = 1, .max = records_max + 1};
    slab_init(&slab->slab, ((size_t)records_max + 1) * sizeof(EventRecord));
    slab->records = slab->slab.base;
    return slab->records != NULL;
}

void record_slab_clear(RecordSlab *slab)
{
    slab_clear(&slab->slab);
}

size_t record_slab_memory_bytes(const RecordSlab *slab)
{
    return (size_t)slab->used * sizeof(EventRecord);
}

bool record_slab_extend(RecordSlab *slab)
{
    uint32_t slot = slab->used;
    if (slot >= slab->max) {
        return false;
    }
    slab->used = slot + 1;
    slab_grow(&slab->slab, record_slab_memory_bytes(slab));
    slab->records[slot].owner = RECORD_NO_TARGET;
    record_release_dead(slab, slot);
    return true;
}
