/* schedule.c - events come in and are called off.
 *
 * The common path of a call runs to its end without a call that comes back, so that it needs no
 * registers saved; what is rare goes on elsewhere. */
#include "sim/kernel/kernel_state.h"

/* Fewer cancelled keys than this are not worth a sweep. */
#define KERNEL_DEAD_MIN 1024u

/* What kernel_make_ready would find in nearly all cases, in one look. */
static inline bool
kernel_is_ready(const Kernel *kernel, SimTime at, uint32_t target, uint64_t order)
{
    return BITS_LIKELY(order != 0) && /* the 2^40th */
           BITS_LIKELY(at >= kernel->now) && BITS_LIKELY(target < kernel->targets_count);
}

static inline uint64_t kernel_who(uint32_t generation, uint32_t target, uint16_t kind, uint16_t tag)
{
    return kind | (uint64_t)(generation | target) << RECORD_TARGET_SHIFT |
           (uint64_t)tag << RECORD_TAG_SHIFT;
}

static KERNEL_RARELY EventHandle kernel_push(Kernel *kernel,
                                             uint64_t time,
                                             uint64_t order,
                                             EventHandle handle)
{
    queue_push(&kernel->queue, time, order);
    return handle;
}

/* The usual case of a simulation with few events: the front takes the key. */
static KERNEL_RARELY EventHandle kernel_push_near(Kernel *kernel,
                                                  uint64_t time,
                                                  uint64_t order,
                                                  EventHandle handle)
{
    Front *front = &kernel->queue.front;
    if (time < front->bound && front_insert_quickly(front, time, order)) {
        return handle;
    }
    return kernel_push(kernel, time, order, handle);
}

static KERNEL_RARELY EventHandle kernel_schedule_slowly(
    Kernel *kernel, SimTime at, uint32_t target, uint16_t kind, uint16_t tag, void *data)
{
    bool ready = kernel_make_ready(kernel, &kernel->slab, at, target);
    return ready ? kernel_schedule(kernel, at, target, kind, tag, data) : 0;
}

EventHandle kernel_schedule(
    Kernel *kernel, SimTime at, uint32_t target, uint16_t kind, uint16_t tag, void *data)
{
    RecordSlab *slab = &kernel->slab;
    uint64_t order = kernel->order + KERNEL_ORDER_STEP;
    bool ready = kernel_is_ready(kernel, at, target, order);
    uint32_t slot = ready ? record_take(slab, sizeof(EventRecord)) : 0;
    if (slot == 0) {
        return kernel_schedule_slowly(kernel, at, target, kind, tag, data);
    }
    EventRecord *record = record_at(slab, slot);
    uint32_t generation = record_next_generation(record->who);
    record->who = kernel_who(generation, target, kind, tag);
    record->cause = kernel->cause;
    record->data = data;
    kernel->order = order;
    order |= slot;
    if (BITS_LIKELY(queue_push_quickly(&kernel->queue, (uint64_t)at, order, slot))) {
        return generation | slot;
    }
    return kernel_push_near(kernel, (uint64_t)at, order, generation | slot);
}

LaneId kernel_lane(Kernel *kernel, SimDuration delay)
{
    return delay < 0 ? KERNEL_NO_LANE : lanes_find(&kernel->lanes, delay);
}

static KERNEL_RARELY EventHandle kernel_schedule_lane_slowly(Kernel *kernel,
                                                             LaneId lane,
                                                             SimDuration delay,
                                                             uint32_t target,
                                                             uint16_t kind,
                                                             uint16_t tag,
                                                             void *data)
{
    SimTime at = (SimTime)((uint64_t)kernel->now + (uint64_t)delay); /* overflow: in the past */
    bool ready = kernel_make_ready(kernel, &kernel->lanes.slab, at, target);
    return ready ? kernel_schedule_lane(kernel, lane, delay, target, kind, tag, data) : 0;
}

static KERNEL_RARELY EventHandle kernel_wake_lane(Kernel *kernel, uint32_t end, EventHandle handle)
{
    lanes_wake(&kernel->lanes, end);
    return handle;
}

EventHandle kernel_schedule_lane(Kernel *kernel,
                                 LaneId lane,
                                 SimDuration delay,
                                 uint32_t target,
                                 uint16_t kind,
                                 uint16_t tag,
                                 void *data)
{
    SimTime at = (SimTime)((uint64_t)kernel->now + (uint64_t)delay); /* overflow: in the past */
    uint32_t end = lane + 1;
    if (end == 0) { /* KERNEL_NO_LANE */
        return kernel_schedule(kernel, at, target, kind, tag, data);
    }
    RecordSlab *slab = &kernel->lanes.slab;
    uint64_t order = kernel->order + KERNEL_ORDER_STEP;
    bool ready = kernel_is_ready(kernel, at, target, order);
    uint32_t slot = ready ? record_take(slab, sizeof(LaneRecord)) : 0;
    if (slot == 0) {
        return kernel_schedule_lane_slowly(kernel, lane, delay, target, kind, tag, data);
    }
    kernel->order = order;
    LaneRecord *record = lane_at(slab->records, slot);
    record->data = data;
    record->time = (uint64_t)at;
    uint32_t generation = record_next_generation(record->who);
    record->who = kernel_who(generation, target, kind, tag);
    record->cause = kernel->cause;
    EventHandle handle = generation | (slot ^ KERNEL_SLOT_MASK);
    if (!BITS_LIKELY(lanes_push(&kernel->lanes, end, record, slot, order))) {
        return kernel_wake_lane(kernel, end, handle);
    }
    return handle;
}

static KERNEL_RARELY bool kernel_post_slowly(Kernel *kernel,
                                             LaneId lane,
                                             SimDuration delay,
                                             uint32_t target,
                                             uint16_t kind,
                                             uint16_t tag,
                                             void *data)
{
    SimTime at = (SimTime)((uint64_t)kernel->now + (uint64_t)delay); /* overflow: in the past */
    if (lane == KERNEL_NO_LANE) {
        return kernel_schedule(kernel, at, target, kind, tag, data) != 0;
    }
    PostRow *row = &kernel->posts.rows[lane + 1];
    if (!kernel_make_place(kernel, row, at, target)) {
        return false;
    }
    (void)kernel_post(kernel, lane, delay, target, kind, tag, data);
    if (!row->is_awake) {
        posts_wake(&kernel->posts, row);
    }
    return true;
}

bool kernel_post(Kernel *kernel,
                 LaneId lane,
                 SimDuration delay,
                 uint32_t target,
                 uint16_t kind,
                 uint16_t tag,
                 void *data)
{
    SimTime at = (SimTime)((uint64_t)kernel->now + (uint64_t)delay); /* overflow: in the past */
    PostRow *row = &kernel->posts.rows[(uint32_t)(lane + 1)];
    uint64_t order = kernel->order + KERNEL_ORDER_STEP;
    if (!kernel_is_ready(kernel, at, target, order) || !BITS_LIKELY(row->tail != row->stop)) {
        return kernel_post_slowly(kernel, lane, delay, target, kind, tag, data);
    }
    kernel->order = order;
    posts_push(row, (uint64_t)at, kernel_who(0, target, kind, tag), data, order, kernel->cause);
    return true;
}

/* The record that a handle speaks of; NULL when there never was one, or when its event fires. Slots
 * of lanes count from the highest down. */
static inline const EventRecord *kernel_find(const Kernel *kernel, EventHandle handle)
{
    uint32_t slot = handle & KERNEL_SLOT_MASK;
    uint32_t lane_slot = slot ^ KERNEL_SLOT_MASK;
    if (lane_slot < kernel->lanes.slab.used) {
        const LaneRecord *record = lane_at(kernel->lanes.slab.records, lane_slot);
        return lane_slot != kernel->lanes.slab.hot ? (const void *)record : NULL;
    }
    bool known = slot < kernel->slab.used && slot != kernel->slab.hot;
    return known ? record_at(&kernel->slab, slot) : NULL;
}

/* Nothing is guessed: whether a handle is one of a lane, or none, is as good as chance. */
void kernel_fetch(const Kernel *kernel, EventHandle handle)
{
    const uint32_t slot = handle & KERNEL_SLOT_MASK;
    const uint32_t lane_slot = slot ^ KERNEL_SLOT_MASK;
    const uintptr_t in_lane = -(uintptr_t)(lane_slot < kernel->lanes.slab.used);
    const uintptr_t lane = (uintptr_t)kernel->lanes.slab.records + lane_slot * sizeof(LaneRecord);
    const uintptr_t queue = (uintptr_t)kernel->slab.records + slot * sizeof(EventRecord);
    const uintptr_t record = queue ^ ((queue ^ lane) & in_lane);
    BITS_PREFETCH((const void *)record);
    BITS_PREFETCH((const void *)(record + sizeof(LaneRecord) - 1)); /* half lie across two lines */
}

void kernel_fetch_around(const Kernel *kernel, EventHandle handle)
{
    char *records = kernel->lanes.slab.records;
    const uint32_t slot = (handle & KERNEL_SLOT_MASK) ^ KERNEL_SLOT_MASK;
    const uint32_t in_lane = -(uint32_t)(slot < kernel->lanes.slab.used);
    const LaneRecord *record = lane_at(records, slot & in_lane);
    BITS_PREFETCH(&lane_at(records, lane_slot(record->next))->previous);
    BITS_PREFETCH(&lane_at(records, lane_slot(record->previous))->next);
}

/* A record of this generation pends; those of slots that are never given out do not. */
static inline bool kernel_is_named(uint64_t who, EventHandle handle)
{
    uint32_t owner = record_owner(who);
    return (owner & KERNEL_SLOT_MASK) != RECORD_NO_TARGET && (owner ^ handle) <= KERNEL_SLOT_MASK;
}

bool kernel_is_pending(const Kernel *kernel, EventHandle handle)
{
    const EventRecord *record = kernel_find(kernel, handle);
    return record && kernel_is_named(record->who, handle);
}

static KERNEL_RARELY bool kernel_cancel_in_queue(Kernel *kernel, EventHandle handle)
{
    if (!kernel_is_pending(kernel, handle)) {
        return false;
    }
    uint32_t slot = handle & KERNEL_SLOT_MASK;
    EventRecord *record = record_at(&kernel->slab, slot);
    record_bury(record);
    kernel->cancelled++;
    if (queue_remove(&kernel->queue, slot)) {
        record_release_dead(&kernel->slab, record, slot);
    }
    uint32_t dead = kernel->queue.dead;
    if (dead > KERNEL_DEAD_MIN && dead > kernel_pending(kernel) / 2) {
        queue_sweep(&kernel->queue);
    }
    return true;
}

static inline void kernel_release_cancelled(Kernel *kernel, LaneRecord *record, uint32_t slot)
{
    RecordSlab *slab = &kernel->lanes.slab;
    kernel->cancelled++;
    record->who |= RECORD_NOBODY;
    record->next = slab->free;
    slab->free = slot;
}

static KERNEL_RARELY bool kernel_cancel_afloat(Kernel *kernel, uint32_t slot)
{
    lanes_cancel_afloat(&kernel->lanes, slot);
    kernel_release_cancelled(kernel, lane_at(kernel->lanes.slab.records, slot), slot);
    return true;
}

bool kernel_cancel(Kernel *kernel, EventHandle handle)
{
    Lanes *lanes = &kernel->lanes;
    uint32_t slot = (handle & KERNEL_SLOT_MASK) ^ KERNEL_SLOT_MASK;
    if (slot >= lanes->slab.used) {
        return kernel_cancel_in_queue(kernel, handle);
    }
    char *records = lanes->slab.records;
    LaneRecord *record = lane_at(records, slot);
    if (!kernel_is_named(record->who, handle) || slot == lanes->slab.hot) {
        return false;
    }
    if (!BITS_LIKELY(!lane_is_afloat(record, slot))) {
        return kernel_cancel_afloat(kernel, slot);
    }
    lanes_cancel(records, record);
    kernel_release_cancelled(kernel, record, slot);
    return true;
}

bool kernel_postpone(Kernel *kernel, EventHandle handle, SimTime at)
{
    Lanes *lanes = &kernel->lanes;
    uint32_t slot = (handle & KERNEL_SLOT_MASK) ^ KERNEL_SLOT_MASK;
    uint64_t order = kernel->order + KERNEL_ORDER_STEP;
    if (slot >= lanes->slab.used || slot == lanes->slab.hot || order == 0) {
        return false;
    }
    LaneRecord *record = lane_at(lanes->slab.records, slot);
    SimTime time = (SimTime)(record->time & ~LANE_POSTPONED);
    if (!kernel_is_named(record->who, handle) || at < time) {
        return false;
    }
    kernel->cancelled++;
    kernel->order = order;
    record->cause = kernel->cause;
    lanes_postpone(lanes, record, slot, (uint64_t)at, order);
    return true;
}
