/* lane.h - events that share one constant delay wait in a FIFO, for they fire as they came.
 *
 * Arm and cancel are O(1). A cancelled event's slot is free at once; its key stays behind as a
 * blank until the head passes it or blanks outnumber the pending (then the lane is rewritten, so
 * that both time and memory stay bounded). Only the lanes' heads compete; they are kept sorted.
 *
 * Leaves out: delays that change. Those go to the queue (queue.h). */
#ifndef KAFKASIM_SIM_KERNEL_LANE_H
#define KAFKASIM_SIM_KERNEL_LANE_H
#include "sim/kernel/chunk.h"
#include "sim/kernel/kernel.h"
#include "sim/kernel/record.h"

#define LANE_PLACE_BITS 27 /* a place in the chunk store; the lane's number stands above it */

/* The earliest key of a lane that holds events; never a blank. */
typedef struct LaneHead {
    EventKey key;
    uint32_t lane;
} LaneHead;

typedef struct Lanes {
    LaneHead heads[KERNEL_LANES_MAX + 1]; /* earliest first; behind the last, EVENT_KEY_NEVER */
    uint32_t busy;                        /* how many heads */
    uint32_t count;                       /* lanes that have a delay */
    ChunkStore *store;
    RecordSlab *slab;
    KeyList keys[KERNEL_LANES_MAX];
    uint32_t counts[KERNEL_LANES_MAX]; /* of a lane's keys */
    uint32_t blanks[KERNEL_LANES_MAX]; /* of these */
    SimDuration delays[KERNEL_LANES_MAX];
} Lanes;

void lanes_init(Lanes *lanes, ChunkStore *store, RecordSlab *slab);
/* The lane for a delay; KERNEL_NO_LANE when all are taken. */
LaneId lanes_find(Lanes *lanes, SimDuration delay);

/* The head of the lane that stands at `rank` is spent: finds the next. */
void lanes_advance(Lanes *lanes, uint32_t rank);

/* Appends a key that is later than all before it on this lane; its record learns the place. */
void lanes_push(Lanes *lanes, uint32_t lane, uint64_t time, uint64_t order);

/* The common case, and false for all others: the lane's last chunk has room. */
static inline bool
lanes_push_quickly(Lanes *lanes, uint32_t lane, EventKey key, EventRecord *record)
{
    KeyList *keys = &lanes->keys[lane];
    uint32_t place = keys->tail;
    if (place % CHUNK_KEYS == 0) {
        return false;
    }
    keys->tail = place + 1;
    lanes->counts[lane]++;
    record->place = lane << LANE_PLACE_BITS | place;
    event_key_put(&lanes->store->keys[place], key.time, key.order);
    return true;
}

/* Removes the earliest key, which exists. */
static inline void lanes_pop(Lanes *lanes)
{
    LaneHead *head = &lanes->heads[0];
    KeyList *keys = &lanes->keys[head->lane];
    lanes->counts[head->lane]--;
    key_list_pop(lanes->store, keys);
    EventKey next = lanes->store->keys[keys->head]; /* place 0 of an empty list is a blank */
    if (event_key_slot(next) != 0 && event_key_is_before(next, head[1].key)) {
        event_key_put(&head->key, next.time, next.order);
    } else {
        lanes_advance(lanes, 0);
    }
}

/* Blanks the key at a record's place. The record is the caller's to release, before or after. */
void lanes_cancel(Lanes *lanes, uint32_t record_place);

#endif
