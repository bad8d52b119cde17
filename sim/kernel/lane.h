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
 * Leaves out: delays that change. Those go to the queue (queue.h). */
#ifndef KAFKASIM_SIM_KERNEL_LANE_H
#define KAFKASIM_SIM_KERNEL_LANE_H
#include "sim/kernel/bits.h"
#include "sim/kernel/key.h"
#include "sim/kernel/record.h"

/* So many are near the processor anyway; of more, the one behind the next is fetched. */
#define LANE_NEAR_RECORDS 8192u

/* Of a lane's own record `next` is 0 while the lane's head is exact: it is read only after a cancel
 * has written it. */
typedef struct LaneRecord {
    uint64_t who;  /* as in EventRecord */
    uint32_t next; /* slot, and low bits of the sequence number, of the record behind */
    uint32_t cause;
    void *data;
    uint64_t time;
    uint32_t previous; /* slot of the record before */
    uint32_t sequence; /* high bits */
} LaneRecord;

/* The earliest event of a lane that has any. */
typedef struct LaneHead {
    uint64_t time;
    LaneRecord *own; /* the lane's */
    uint32_t end;    /* its slot */
    uint32_t link;   /* to the event, as in `next` */
} LaneHead;

/* Lane L's own record has the slot L + 1. */
typedef struct Lanes {
    LaneHead heads[KERNEL_LANES_MAX + 1]; /* earliest first; behind the last, EVENT_KEY_NEVER's */
    RecordSlab slab;
    LaneRecord *own[KERNEL_LANES_MAX + 1]; /* by slot: the lanes' own records */
    uint32_t busy;                         /* how many heads */
    uint32_t awake;                        /* bit e: the lane whose own record is e has a head */
    uint32_t count;                        /* lanes that have a delay */
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
/* The link to a lane's earliest event, or to its own record. */
uint32_t lanes_first(const Lanes *lanes, LaneId lane);

/* `records` are the slab's, at hand in a register. */
static inline LaneRecord *lane_at(char *records, uint32_t slot)
{
    return (LaneRecord *)(void *)(records + (size_t)slot * sizeof(LaneRecord));
}

static inline uint32_t lane_slot(uint32_t link)
{
    return link & ((UINT32_C(1) << EVENT_KEY_SLOT_BITS) - 1);
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
    next->previous = head->end;
    record_prefetch_data(&next->data);
    if (lanes->slab.used > LANE_NEAR_RECORDS) {
        const LaneRecord *soon = lane_at(records, lane_slot(next->next));
        BITS_PREFETCH(soon);
        BITS_PREFETCH((const char *)(soon + 1) - 1);
    }
    /* The ring's end has the time of EVENT_KEY_NEVER: an empty lane is never before another. */
    if (BITS_LIKELY(next->time < head[1].time)) {
        head->time = next->time;
        head->link = link;
    } else {
        head->own->next = link;
        lanes_advance(lanes);
    }
}

/* Removes any record; the caller frees its slot. */
static inline void lanes_cancel(char *records, const LaneRecord *record)
{
    uint32_t next = record->next;
    uint32_t previous = record->previous;
    lane_at(records, previous)->next = next;
    lane_at(records, lane_slot(next))->previous = previous;
}

#endif
