/* record.c - see record.h. */
#include "sim/kernel/record.h"

static EventRecord *record_slab_at(const RecordSlab *slab, uint32_t slot)
{
    return (EventRecord *)(void *)(slab->records + (size_t)slot * slab->record_bytes);
}

bool record_slab_init(RecordSlab *slab, uint32_t record_bytes, uint32_t records_max, uint32_t aside)
{
    *slab = (RecordSlab){
        .record_bytes = record_bytes, .used = 1 + aside, .max = records_max + 1 + aside};
    slab_init(&slab->slab, (size_t)slab->max * record_bytes);
    slab->records = slab->slab.base;
    for (uint32_t slot = 0; slab->records && slot < slab->used; slot++) {
        record_slab_at(slab, slot)->who = RECORD_NOBODY;
    }
    return slab->records != NULL;
}

void record_slab_clear(RecordSlab *slab)
{
    slab_clear(&slab->slab);
}

size_t record_slab_memory_bytes(const RecordSlab *slab)
{
    return (size_t)slab->used * slab->record_bytes;
}

bool record_slab_extend(RecordSlab *slab)
{
    uint32_t slot = slab->parked;
    if (slot == 0) {
        slot = slab->used;
        if (slot >= slab->max) {
            return false;
        }
        slab->used = slot + 1;
        slab_grow(&slab->slab, record_slab_memory_bytes(slab));
        record_slab_at(slab, slot)->who = RECORD_NOBODY;
    } else {
        slab->parked = record_slab_at(slab, slot)->link;
    }
    slab->active++;
    record_release_dead(slab, record_slab_at(slab, slot), slot);
    return true;
}

void record_slab_park(RecordSlab *slab)
{
    uint32_t slot = slab->free;
    if (slot != 0) {
        EventRecord *record = record_slab_at(slab, slot);
        slab->free = record->link;
        record->link = slab->parked;
        slab->parked = slot;
        slab->active--;
    }
}
