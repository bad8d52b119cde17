/* record.h - what an event carries, found by a slot of 24 bits.
 *
 *     free --take--> pending --fire--> hot --take (by the handler)--> pending
 *                                      hot --release (the handler ends)--> free
 *                    pending --release (cancelled in a lane)--> free
 *                    pending --bury (cancelled in the queue)--> dead --release--> free
 *                    free <--(the limit of pending events is reached in another slab)--> parked
 *
 * Two slabs: 24 bytes for an event whose key is in the queue, 40 bytes for one in a lane, where the
 * record is key and list link too. The slot of the event that fires is hot: the first event that
 * its handler schedules, as most do, takes it over with all that belongs to it. Freed slots are
 * reused last-in-first-out. Each event of a slot has another generation. */
#ifndef KAFKASIM_SIM_KERNEL_RECORD_H
#define KAFKASIM_SIM_KERNEL_RECORD_H
#include "sim/kernel/bits.h"
#include "sim/kernel/kernel.h"
#include "sim/kernel/slab.h"
#include <string.h>

#define RECORD_TARGET_BITS  24
#define RECORD_NO_TARGET    ((UINT32_C(1) << RECORD_TARGET_BITS) - 1) /* the slot is free or dead */
#define RECORD_TARGET_SHIFT 16
#define RECORD_TAG_SHIFT    48
#define RECORD_NUMBER_MAX   0x3fffffff /* what is not greater is no address */
#define RECORD_NOBODY       ((uint64_t)RECORD_NO_TARGET << RECORD_TARGET_SHIFT)

/* What both kinds of records begin with. */
typedef struct EventRecord {
    uint64_t who;  /* kind, target << 16, generation << 40, tag << 48 */
    uint32_t link; /* of a free slot: the next free one; else as the queue likes */
    uint32_t cause;
    void *data;
} EventRecord;

typedef struct RecordSlab {
    char *records;
    uint32_t record_bytes;
    uint32_t hot;    /* of the event whose handler runs; 0 when none, or when taken */
    uint32_t free;   /* 0 when none */
    uint32_t parked; /* slots that may not be used for now; 0 when none */
    uint32_t used;   /* slots ever taken, slot 0 and those set aside */
    uint32_t active; /* slots that are free, pending or dead */
    uint32_t max;
    Slab slab;
} RecordSlab;

/* For `records_max` records behind slot 0 and `aside` slots that are never free. False when the
 * system has no room. */
bool record_slab_init(RecordSlab *slab,
                      uint32_t record_bytes,
                      uint32_t records_max,
                      uint32_t aside);
void record_slab_clear(RecordSlab *slab);
size_t record_slab_memory_bytes(const RecordSlab *slab);
/* Frees a slot that was parked or never used before. False when there is none. */
bool record_slab_extend(RecordSlab *slab);
/* Parks a free slot, if there is one. */
void record_slab_park(RecordSlab *slab);

static inline EventRecord *record_at(const RecordSlab *slab, uint32_t slot)
{
    return (EventRecord *)(void *)(slab->records + (size_t)slot * sizeof(EventRecord));
}

/* The target, and the generation as it stands in a handle. */
static inline uint32_t record_owner(uint64_t who)
{
    return (uint32_t)(who >> RECORD_TARGET_SHIFT);
}

/* Of a slot that is not hot. */
static inline bool record_is_pending(const EventRecord *record)
{
    return (record_owner(record->who) & RECORD_NO_TARGET) != RECORD_NO_TARGET;
}

/* The beginning of the handle of a slot's next event: the next generation. */
static inline uint32_t record_next_generation(uint64_t who)
{
    const uint32_t one = UINT32_C(1) << RECORD_TARGET_BITS;
    return (record_owner(who) & ~RECORD_NO_TARGET) + one;
}

/* The event ends; its key is still in the queue and keeps the slot. */
static inline void record_bury(EventRecord *record)
{
    record->who |= RECORD_NOBODY;
}

/* A dead slot is free again. */
static inline void record_release_dead(RecordSlab *slab, EventRecord *record, uint32_t slot)
{
    record->link = slab->free;
    slab->free = slot;
}

/* Whether there is a slot to be taken. */
static inline bool record_has_slot(const RecordSlab *slab)
{
    return (slab->hot | slab->free) != 0;
}

/* Takes the slot that is hot or, for want of it, a free one, and returns it; 0 when there is none.
 */
static inline uint32_t record_take(RecordSlab *slab, uint32_t record_bytes)
{
    uint32_t slot = slab->hot;
    if (BITS_LIKELY(slot != 0)) {
        slab->hot = 0;
        return slot;
    }
    slot = slab->free;
    if (slot != 0) {
        const char *record = slab->records + (size_t)slot * record_bytes;
        slab->free = ((const EventRecord *)(const void *)record)->link;
    }
    return slot;
}

/* Nobody has taken the hot slot over. */
static inline void record_release_hot(RecordSlab *slab, uint32_t record_bytes)
{
    uint32_t slot = slab->hot;
    EventRecord *record = (EventRecord *)(void *)(slab->records + (size_t)slot * record_bytes);
    slab->hot = 0;
    record_bury(record);
    record_release_dead(slab, record, slot);
}

/* Fetches what an event carries. Small numbers are no addresses: to fetch from where nothing is
 * costs a walk through the page tables every time. */
static inline void record_prefetch_data(void *const *data)
{
    BITS_PREFETCH((uintptr_t)*data > RECORD_NUMBER_MAX ? (const void *)*data : (const void *)data);
}

/* The event as its handler gets it: two words, in registers. */
static inline KernelEvent record_event(uint64_t who, void *data)
{
    KernelEvent event;
    event.data = data;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy((char *)&event + sizeof data, &who, sizeof who);
#else
    event.kind = who & UINT16_MAX;
    event.target = record_owner(who) & RECORD_NO_TARGET;
    event.generation = record_owner(who) >> RECORD_TARGET_BITS;
    event.tag = who >> RECORD_TAG_SHIFT;
#endif
    return event;
}

#endif
