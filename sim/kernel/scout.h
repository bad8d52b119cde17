/* scout.h - walks a bucket's list of keys ahead of its use and fetches what will be touched.
 *
 * While the events of one bucket fire, the scouts look at what comes behind: one at the records of
 * the bucket that is opened next, one at the keys of the bucket that is spread next. Each takes a
 * few keys a step, so that memory works while events do. What a scout finds decides nothing: where
 * a list has changed meanwhile, it goes astray among the store's chunks, and that is all. */
#ifndef KAFKASIM_SIM_KERNEL_SCOUT_H
#define KAFKASIM_SIM_KERNEL_SCOUT_H
#include "sim/kernel/record.h"
#include "sim/kernel/wheel.h"

typedef struct Scout {
    const KeyList *list; /* NULL: nowhere to go */
    uint32_t chunk;
    uint32_t index; /* of the next key in the chunk */
} Scout;

/* Sends a scout to the bucket behind `bucket` on the same level. */
void scout_send(Scout *scout, const Wheel *wheel, WheelBucket bucket);
/* Fetches the records of the next few keys. */
void scout_fetch_records(Scout *scout, const ChunkStore *store, const RecordSlab *slab);
/* Fetches the next few keys. */
void scout_fetch_keys(Scout *scout, const ChunkStore *store);

/* Whether a scout has been at all keys of this list. */
static inline bool scout_is_through(const Scout *scout, const KeyList *list)
{
    return scout->list == list && scout->chunk * CHUNK_KEYS + scout->index == list->tail;
}

/* Of a key. A quarter of the records lie across two lines. */
static inline void scout_fetch_record(const RecordSlab *slab, EventKey key)
{
    const EventRecord *record = record_at(slab, event_key_slot(key));
    BITS_PREFETCH(record);
    BITS_PREFETCH((const char *)(record + 1) - 1);
}

#endif
