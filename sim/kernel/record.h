/* record.h - what an event carries, in 24 bytes, found by a slot of 24 bits.
 *
 *     free --take--> pending --release (fired, cancelled in a lane)--> free
 *                    pending --bury (cancelled in the queue)--> dead --release--> free
 *
 * Freed slots are reused last-in-first-out: the slot of the event that fires is warm, and the
 * event that replaces it takes it. Each event of a slot has another generation. */
#ifndef KAFKASIM_SIM_KERNEL_RECORD_H
#define KAFKASIM_SIM_KERNEL_RECORD_H
#include "sim/kernel/slab.h"
#include <stdbool.h>
#include <stdint.h>

#define RECORD_TARGET_BITS 24
#define RECORD_NO_TARGET   ((UINT32_C(1) << RECORD_TARGET_BITS) - 1) /* the slot is free or dead */
#define RECORD_IN_QUEUE    UINT32_MAX

typedef struct EventRecord {
    void *data;
    uint32_t owner; /* target; the slot's generation in the top 8 bits */
    uint32_t place; /* where its key is, if in a lane; of a free slot: the next free one */
    uint64_t story; /* cause, kind << 32, tag << 48: written and read in one piece */
} EventRecord;

typedef struct RecordSlab {
    EventRecord *records;
    uint32_t free; /* 0 when none */
    uint32_t used; /* slots ever taken, and slot 0 */
    uint32_t max;
    Slab slab;
} RecordSlab;

/* For `records_max` records. False when the system has no room. */
bool record_slab_init(RecordSlab *slab, uint32_t records_max);
void record_slab_clear(RecordSlab *slab);
size_t record_slab_memory_bytes(const RecordSlab *slab);
/* Frees a slot never used before. False when there is none. */
bool record_slab_extend(RecordSlab *slab);

static inline uint32_t record_target(const EventRecord *record)
{
    return record->owner & RECORD_NO_TARGET;
}

static inline bool record_is_pending(const EventRecord *record)
{
    return record_target(record) != RECORD_NO_TARGET;
}

/* The owner of the slot's next event: the target, and the next generation. */
static inline uint32_t record_next_owner(const EventRecord *record, uint32_t target)
{
    return ((record->owner | RECORD_NO_TARGET) + 1) | target;
}

/* The event ends; its key is still in the queue and keeps the slot. */
static inline void record_bury(EventRecord *record)
{
    record->owner |= RECORD_NO_TARGET;
}

/* A dead slot is free again. */
static inline void record_release_dead(RecordSlab *slab, uint32_t slot)
{
    slab->records[slot].place = slab->free;
    slab->free = slot;
}

/* The event ends and its slot is free again. */
static inline void record_release(RecordSlab *slab, uint32_t slot)
{
    record_bury(&slab->records[slot]);
    record_release_dead(slab, slot);
}

#endif
