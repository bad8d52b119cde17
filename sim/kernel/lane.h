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

typedef struct Lane {
    KeyList keys;
    SimDuration delay;
    uint32_t blanks;
} Lane;

typedef struct Lanes {
    EventKey top;                     /* earliest head, or EVENT_KEY_NEVER */
    uint8_t order[KERNEL_LANES_MAX];  /* lanes that hold events, earliest head first */
    uint32_t busy;                    /* how many those are */
    EventKey heads[KERNEL_LANES_MAX]; /* of busy lanes; never a blank */
    Lane lanes[KERNEL_LANES_MAX];
    uint32_t count;
    ChunkStore *store;
    RecordSlab *slab;
} Lanes;

void lanes_init(Lanes *lanes, ChunkStore *store, RecordSlab *slab);
/* The lane for a delay; KERNEL_NO_LANE when all are taken. */
LaneId lanes_find(Lanes *lanes, SimDuration delay);

/* Inner parts of the calls below: the lane is idle; the head is spent; too many blanks. */
void lanes_wake(Lanes *lanes, uint32_t lane, EventKey key);
void lanes_advance(Lanes *lanes, uint32_t rank);
void lanes_compact(Lanes *lanes, uint32_t lane);

/* Appends a key that is later than all before it on this lane; its record learns the place. */
static inline void lanes_push(Lanes *lanes, uint32_t lane, EventKey key, EventRecord *record)
{
    KeyList *keys = &lanes->lanes[lane].keys;
    bool idle = keys->pushed == keys->popped;
    uint32_t place = key_list_append(lanes->store, keys, key);
    record->place = lane << LANE_PLACE_BITS | place;
    if (idle) {
        lanes_wake(lanes, lane, key);
    }
}

/* Removes the top, which exists. */
static inline void lanes_pop(Lanes *lanes)
{
    key_list_pop(lanes->store, &lanes->lanes[lanes->order[0]].keys);
    lanes_advance(lanes, 0);
}

/* Blanks the key at a record's place. The record is the caller's to release, before or after. */
void lanes_cancel(Lanes *lanes, uint32_t record_place);

#endif
