/* lane.h - events that share one constant delay wait in a FIFO, for they fire as they came.
 *
 * A lane is a doubly linked ring of records with the lane's own record as its end, so that arm and
 * cancel are a few writes: nothing is left behind, nothing is searched. Only the lanes' heads
 * compete; their keys are kept beside, sorted. A head that is cancelled leaves its key there, as a
 * bound that the lane's events are not before; the lane is looked at again when the bound is first.
 *
 * Of a record's sequence number (40 bits) the high 32 stand in the record, the low 8 in the link
 * that leads to it: a link is copied as it is when a record leaves, and 40 bytes are enough.
 *
 * An event that is postponed stays where it is; its record tells the new time and order. When it
 * comes to the lane's head it is taken out and floats in a heap until its time comes, unless it is
 * postponed again: who moves a deadline on with every request pays for one record each time. The
 * earliest of those afloat competes with the lanes' heads.
 *
 *     in its lane --postponed--> in its lane, marked --at the head--> afloat --earliest--> a head
 *
 * Leaves out: delays that change. Those go to the queue (queue.h). */
#ifndef KAFKASIM_SIM_KERNEL_LANE_H
#define KAFKASIM_SIM_KERNEL_LANE_H
#include "sim/kernel/bits.h"
#include "sim/kernel/key.h"
#include "sim/kernel/record.h"

/* So many are near the processor anyway; of more, the one behind the next is fetched. */
#define LANE_NEAR_RECORDS 8192u

#define LANE_SLOT_MASK ((UINT32_C(1) << EVENT_KEY_SLOT_BITS) - 1)
/* In the time of a record that stands where it no longer belongs. */
#define LANE_POSTPONED (UINT64_C(1) << 63)
/* The slot of an own record that is no lane's: of the list of the earliest event afloat. */
#define LANES_AFLOAT (KERNEL_LANES_MAX + 1)

/* Of a lane's own record `next` is 0 while the lane's head is exact: it is read only after a cancel
 * has written it. */
typedef struct LaneRecord {
    uint64_t who;      /* as in EventRecord */
    uint32_t next;     /* slot, and low bits of the sequence number, of the record behind */
    uint32_t previous; /* slot of the record before; of what is postponed, the low bits above it */
    uint64_t time;
    uint32_t cause;
    uint32_t sequence; /* high bits */
    void *data;
} LaneRecord;

/* The earliest event of a lane that has any. */
typedef struct LaneHead {
    uint64_t time;
    LaneRecord *own; /* the lane's */
    uint32_t end;    /* its slot */
    uint32_t link;   /* to the event, as in `next` */
} LaneHead;

/* Events that were postponed and whose old time has come: a heap. Its keys may lag behind the
 * records'. A record afloat is linked to itself and tells in `previous` where its key is. */
typedef struct Afloat {
    EventKey *keys; /* from 1 on; the least first, 2 i and 2 i + 1 behind i */
    uint32_t count;
    uint32_t most; /* there ever were */
    Slab slab;
} Afloat;

/* Lane L's own record has the slot L + 1. */
typedef struct Lanes {
    LaneHead heads[LANES_AFLOAT + 1]; /* earliest first; behind the last, LANE_POSTPONED */
    RecordSlab slab;
    LaneRecord *own[LANES_AFLOAT + 1]; /* by slot: the lanes' own records */
    uint64_t awake;                    /* bit e: the lane whose own record is e has a head */
    uint32_t busy;                     /* how many heads */
    Afloat afloat;
    uint32_t count; /* lanes that have a delay */
    SimDuration delays[KERNEL_LANES_MAX];
} Lanes;

/* False when the system has no room for `events_max` records. */
bool lanes_init(Lanes *lanes, uint32_t events_max);
void lanes_clear(Lanes *lanes);
/* The lane for a delay; KERNEL_NO_LANE when all are taken. */
LaneId lanes_find(Lanes *lanes, SimDuration delay);

/* Whether the earliest event of the lanes is before the key of the same time. */
bool lanes_win_tie(Lanes *lanes, EventKey key);
/* The first lane's head has left, and its own record tells the new one: finds that its place, which
 * can only be later. */
void lanes_advance(Lanes *lanes);
/* The first event of the lane whose own record is `end` has come: its head joins. */
void lanes_wake(Lanes *lanes, uint32_t end);
/* The record, of a slot, that tells its time and order is to be looked at again: its lane's head.
 */
void lanes_look_again(Lanes *lanes, uint32_t end, uint32_t slot);
/* Takes an event out that is afloat; the caller frees its slot. */
void lanes_cancel_afloat(Lanes *lanes, uint32_t slot);
size_t lanes_memory_bytes(const Lanes *lanes);
/* The link to a lane's earliest event, or to its own record. */
uint32_t lanes_first(const Lanes *lanes, LaneId lane);

/* `records` are the slab's, at hand in a register. */
static inline LaneRecord *lane_at(char *records, uint32_t slot)
{
    return (LaneRecord *)(void *)(records + (size_t)slot * sizeof(LaneRecord));
}

static inline uint32_t lane_slot(uint32_t link)
{
    return link & LANE_SLOT_MASK;
}

/* Of a record afloat, and of no other. */
static inline bool lane_is_afloat(const LaneRecord *record, uint32_t slot)
{
    return lane_slot(record->next) == slot;
}

/* What stands above the slot in `previous`, the low bits of a postponed event's sequence number,
 * stays; three bytes are written and none read, for nobody waits for a write to a neighbour that is
 * far away. */
static inline void lane_set_previous(LaneRecord *record, uint32_t previous)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(&record->previous, &previous, EVENT_KEY_SLOT_BITS / 8);
#else
    record->previous = (record->previous & ~LANE_SLOT_MASK) | previous;
#endif
}

/* Links a record, all written but for its links and sequence number, behind the last of the lane
 * whose own record is `end`. `order` is as in a key, without the slot. False when it is the first:
 * the lane is to be woken. */
static inline bool
lanes_push(Lanes *lanes, uint32_t end, LaneRecord *record, uint32_t slot, uint64_t order)
{
    LaneRecord *own = lanes->own[end];
    uint32_t last = own->previous;
    own->previous = slot;
    record->next = end;
    record->previous = last;
    *(volatile uint32_t *)&record->sequence = (uint32_t)(order >> 32);
    lane_at(lanes->slab.records, last)->next = (uint32_t)order | slot;
    return last != end;
}

/* Whether the first head is the key of an event, and not only a bound. */
static inline bool lanes_are_exact(const Lanes *lanes)
{
    return lanes->heads[0].own->next == 0;
}

/* Removes the earliest record, which is given and whose slot the caller frees. */
static inline void lanes_pop(Lanes *lanes, char *records, const LaneRecord *record)
{
    LaneHead *head = &lanes->heads[0];
    uint32_t link = record->next;
    LaneRecord *next = lane_at(records, lane_slot(link));
    record_prefetch_data(&next->data);
    if (lanes->slab.used > LANE_NEAR_RECORDS) {
        const LaneRecord *soon = lane_at(records, lane_slot(next->next));
        BITS_PREFETCH(soon);
        BITS_PREFETCH((const char *)(soon + 1) - 1);
    }
    /* The ring's end, and what is postponed, have times that no head has: they are never before. */
    if (BITS_LIKELY(next->time < head[1].time)) {
        next->previous = head->end;
        head->time = next->time;
        head->link = link;
    } else {
        lane_set_previous(next, head->end);
        head->own->next = link;
        lanes_advance(lanes);
    }
}

/* Removes any record that is not afloat; the caller frees its slot. */
static inline void lanes_cancel(char *records, const LaneRecord *record)
{
    uint32_t next = record->next;
    uint32_t previous = lane_slot(record->previous);
    lane_at(records, previous)->next = next;
    lane_set_previous(lane_at(records, lane_slot(next)), previous);
}

/* Gives a record a later time and order. */
static inline void
lanes_postpone(Lanes *lanes, LaneRecord *record, uint32_t slot, uint64_t time, uint64_t order)
{
    uint32_t previous = lane_slot(record->previous);
    record->time = time | LANE_POSTPONED;
    record->sequence = (uint32_t)(order >> 32);
    record->previous = previous | ((uint32_t)order & ~LANE_SLOT_MASK);
    if (previous <= LANES_AFLOAT && !lane_is_afloat(record, slot)) {
        lanes_look_again(lanes, previous, slot);
    }
}

#endif
