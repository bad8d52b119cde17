/* kernel.c - see kernel.h. The record of an event lives in record.h, its key in the queue
 * (queue.h) or in a lane (lane.h); here the two are merged into one order and fired. */
#include "sim/kernel/kernel.h"
#include "sim/kernel/lane.h"
#include "sim/kernel/queue.h"
#include <glib.h>

#define KERNEL_PENDING_MAX      ((UINT32_C(1) << EVENT_KEY_SLOT_BITS) - 2)
#define KERNEL_MEMORY_BYTES_MAX ((size_t)8 << 30)
#define KERNEL_ORDER_STEP       (UINT64_C(1) << EVENT_KEY_SLOT_BITS)
#define KERNEL_FNV_OFFSET       UINT64_C(0xcbf29ce484222325)
#define KERNEL_FNV_PRIME        UINT64_C(0x100000001b3)
/* Fewer cancelled keys than this are not worth a sweep. */
#define KERNEL_DEAD_MIN 1024u

/* Keeps what is rarely needed out of the way of what always is. */
#define KERNEL_RARELY __attribute__((noinline))

typedef struct KernelTarget {
    KernelHandler handler;
    void *self;
} KernelTarget;

struct Kernel {
    SimTime now;
    uint64_t order; /* of the last event scheduled: its sequence number << EVENT_KEY_SLOT_BITS */
    uint64_t fired;
    uint64_t hash;
    uint32_t cause;
    uint32_t targets_count;
    KernelTarget *targets;
    uint64_t last; /* the number of the event after which to halt */
    bool stopped;
    KernelRefusal refusal;
    uint64_t cancelled;
    RecordSlab slab;
    ChunkStore store;
    Lanes lanes;
    Queue queue;
    KernelLimits limits;
    uint32_t targets_max;
};

static KernelLimits kernel_limits(const KernelLimits *asked)
{
    KernelLimits limits = asked ? *asked : (KernelLimits){0};
    if (limits.pending_max == 0 || limits.pending_max > KERNEL_PENDING_MAX) {
        limits.pending_max = KERNEL_PENDING_MAX;
    }
    if (limits.memory_bytes_max == 0) {
        limits.memory_bytes_max = KERNEL_MEMORY_BYTES_MAX;
    }
    return limits;
}

/* Address space for the tables; half as much, and a lower limit, for as long as there is none.
 * A key of a cancelled event may stand beside each pending one, hence twice. */
static void kernel_reserve(Kernel *kernel)
{
    for (;;) {
        uint32_t max = kernel->limits.pending_max;
        bool records = record_slab_init(&kernel->slab, max);
        bool keys = chunk_store_init(&kernel->store, 2 * max);
        if (records && keys) {
            return;
        }
        record_slab_clear(&kernel->slab);
        chunk_store_clear(&kernel->store);
        kernel->limits.pending_max = max / 2;
        g_assert(max > 1);
    }
}

Kernel *kernel_new(const KernelLimits *limits)
{
    Kernel *kernel = g_new0(Kernel, 1);
    kernel->limits = kernel_limits(limits);
    kernel->hash = KERNEL_FNV_OFFSET;
    kernel_reserve(kernel);
    lanes_init(&kernel->lanes, &kernel->store, &kernel->slab);
    bool room = queue_init(&kernel->queue, &kernel->store, &kernel->slab);
    g_assert(room); /* a few hundred kilobytes of address space */
    return kernel;
}

void kernel_free(Kernel *kernel)
{
    if (!kernel) {
        return;
    }
    queue_clear(&kernel->queue);
    chunk_store_clear(&kernel->store);
    record_slab_clear(&kernel->slab);
    g_free(kernel->targets);
    g_free(kernel);
}

uint32_t kernel_add_target(Kernel *kernel, KernelHandler handler, void *self)
{
    g_assert(kernel->targets_count < RECORD_NO_TARGET);
    if (kernel->targets_count == kernel->targets_max) {
        kernel->targets_max = kernel->targets_max ? 2 * kernel->targets_max : 16;
        kernel->targets = g_renew(KernelTarget, kernel->targets, kernel->targets_max);
    }
    kernel->targets[kernel->targets_count] = (KernelTarget){handler, self};
    return kernel->targets_count++;
}

SimTime kernel_now(const Kernel *kernel)
{
    return kernel->now;
}

uint32_t kernel_cause(const Kernel *kernel)
{
    return kernel->cause;
}

void kernel_set_cause(Kernel *kernel, uint32_t cause)
{
    kernel->cause = cause;
}

static void kernel_refuse(Kernel *kernel, KernelRefusal why)
{
    if (kernel->refusal == KERNEL_REFUSAL_NONE) {
        kernel->refusal = why;
    }
    kernel->last = 0;
}

/* No freed slot is at hand; some may still hang in the queue with the keys of cancelled events.
 * Chunks need no such care: their store has room for two keys a slot, and lanes keep no more
 * blanks than pending events. */
static void kernel_find_slot(Kernel *kernel)
{
    if (kernel->slab.used == kernel->slab.max) {
        if (kernel->queue.dead > 0) {
            queue_sweep(&kernel->queue);
        }
    } else if (kernel_memory_bytes(kernel) < kernel->limits.memory_bytes_max) {
        record_slab_extend(&kernel->slab);
    }
    if (kernel->slab.free == 0) {
        bool many = kernel_pending(kernel) >= kernel->limits.pending_max;
        kernel_refuse(kernel, many ? KERNEL_REFUSAL_PENDING : KERNEL_REFUSAL_MEMORY);
    }
}

/* True when an event at instant `at` can be scheduled now: it is not refused and has a slot. */
static KERNEL_RARELY bool kernel_is_ready(Kernel *kernel, SimTime at, uint32_t target)
{
    g_assert(target < kernel->targets_count);
    if (at < kernel->now || kernel->order >= UINT64_MAX - KERNEL_ORDER_STEP) {
        kernel_refuse(kernel, KERNEL_REFUSAL_TIME);
        return false;
    }
    if (kernel->slab.free == 0) {
        kernel_find_slot(kernel);
    }
    return kernel->slab.free != 0;
}

/* What kernel_is_ready would find in nearly all cases, in one look. */
static inline bool kernel_is_ready_at_once(const Kernel *kernel, SimTime at, uint32_t target)
{
    return BITS_LIKELY(at >= kernel->now) && BITS_LIKELY(target < kernel->targets_count) &&
           BITS_LIKELY(kernel->slab.free != 0) &&
           BITS_LIKELY(kernel->order < UINT64_MAX - KERNEL_ORDER_STEP);
}

/* An event's record but for its place, and its key. */
static inline EventRecord *kernel_take(
    Kernel *kernel, uint32_t target, uint16_t kind, uint16_t tag, void *data, uint64_t *order)
{
    uint32_t slot = kernel->slab.free;
    EventRecord *record = &kernel->slab.records[slot];
    kernel->slab.free = record->place;
    kernel->order += KERNEL_ORDER_STEP;
    *order = kernel->order | slot;
    record->owner = record_next_owner(record, target);
    record->story = kernel->cause | (uint64_t)kind << 32 | (uint64_t)tag << 48;
    record->data = data;
    return record;
}

static inline EventHandle kernel_handle(const EventRecord *record, uint64_t order)
{
    return (record->owner & ~RECORD_NO_TARGET) | ((uint32_t)order & RECORD_NO_TARGET);
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

static KERNEL_RARELY EventHandle
kernel_push_lane(Kernel *kernel, LaneId lane, uint64_t time, uint64_t order, EventHandle handle)
{
    lanes_push(&kernel->lanes, lane, time, order);
    return handle;
}

EventHandle kernel_schedule(
    Kernel *kernel, SimTime at, uint32_t target, uint16_t kind, uint16_t tag, void *data)
{
    if (!kernel_is_ready_at_once(kernel, at, target) && !kernel_is_ready(kernel, at, target)) {
        return 0;
    }
    EventKey key = {.time = (uint64_t)at};
    EventRecord *record = kernel_take(kernel, target, kind, tag, data, &key.order);
    record->place = RECORD_IN_QUEUE;
    EventHandle handle = kernel_handle(record, key.order);
    if (BITS_LIKELY(queue_push_quickly(&kernel->queue, key))) {
        return handle;
    }
    return kernel_push_near(kernel, key.time, key.order, handle);
}

LaneId kernel_lane(Kernel *kernel, SimDuration delay)
{
    return delay < 0 ? KERNEL_NO_LANE : lanes_find(&kernel->lanes, delay);
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
    if (lane == KERNEL_NO_LANE) {
        return kernel_schedule(kernel, at, target, kind, tag, data);
    }
    if (!kernel_is_ready_at_once(kernel, at, target) && !kernel_is_ready(kernel, at, target)) {
        return 0;
    }
    EventKey key = {.time = (uint64_t)at};
    EventRecord *record = kernel_take(kernel, target, kind, tag, data, &key.order);
    EventHandle handle = kernel_handle(record, key.order);
    if (BITS_LIKELY(lanes_push_quickly(&kernel->lanes, lane, key, record))) {
        return handle;
    }
    return kernel_push_lane(kernel, lane, key.time, key.order, handle);
}

bool kernel_is_pending(const Kernel *kernel, EventHandle handle)
{
    uint32_t slot = handle & RECORD_NO_TARGET;
    if (slot == 0 || slot >= kernel->slab.used) {
        return false;
    }
    const EventRecord *record = &kernel->slab.records[slot];
    return record_is_pending(record) && (record->owner ^ handle) <= RECORD_NO_TARGET;
}

bool kernel_cancel(Kernel *kernel, EventHandle handle)
{
    if (!kernel_is_pending(kernel, handle)) {
        return false;
    }
    uint32_t slot = handle & RECORD_NO_TARGET;
    EventRecord *record = &kernel->slab.records[slot];
    kernel->cancelled++;
    if (record->place != RECORD_IN_QUEUE) {
        uint32_t place = record->place;
        record_release(&kernel->slab, slot);
        lanes_cancel(&kernel->lanes, place);
        return true;
    }
    record_bury(record);
    uint32_t dead = ++kernel->queue.dead;
    if (dead > KERNEL_DEAD_MIN && dead > kernel_pending(kernel) / 2) {
        queue_sweep(&kernel->queue);
    }
    return true;
}

static inline uint64_t kernel_hash(uint64_t hash, uint64_t time, uint64_t who)
{
    hash ^= time;
    hash = hash << 23 | hash >> 41;
    return (hash ^ who) * KERNEL_FNV_PRIME;
}

/* Fires the event of a key that was just removed, unless it had been cancelled. */
static inline void kernel_fire(Kernel *kernel, EventKey key)
{
    uint32_t slot = event_key_slot(key);
    EventRecord *record = &kernel->slab.records[slot];
    uint64_t target = record_target(record);
    uint64_t story = record->story;
    KernelEvent event;
    event.data = record->data;
    record_bury(record);
    record_release_dead(&kernel->slab, slot);
    if (target == RECORD_NO_TARGET) {
        kernel->queue.dead--;
        return;
    }
    event.time = (SimTime)key.time;
    event.target = (uint32_t)target;
    event.cause = (uint32_t)story;
    event.kind = (uint16_t)(story >> 32);
    event.tag = (uint16_t)(story >> 48);
    kernel->fired++;
    kernel->now = event.time;
    kernel->cause = (uint32_t)story;
    kernel->hash = kernel_hash(kernel->hash, key.time, target << 16 | (uint16_t)(story >> 32));
    const KernelTarget *to = &kernel->targets[target];
    to->handler(kernel, to->self, &event);
}

/* Removes and fires what is next. False when that is later than `until`. */
static inline bool kernel_fire_next(Kernel *kernel, uint64_t until)
{
    EventKey lane = kernel->lanes.heads[0].key;
    EventKey queue = queue_peek(&kernel->queue);
    if (event_key_is_before(lane, queue)) {
        if (lane.time > until) {
            return false;
        }
        lanes_pop(&kernel->lanes);
        kernel_fire(kernel, lane);
        return true;
    }
    if (queue.time > until) {
        return false;
    }
    if (event_key_slot(queue) == 0) {
        queue_refill(&kernel->queue, lane.time < until ? lane.time : until);
        return true;
    }
    queue_pop(&kernel->queue);
    kernel_fire(kernel, queue);
    return true;
}

/* Nothing fires any more up to `until`. */
static KernelStop kernel_rest(Kernel *kernel, SimTime until)
{
    if (kernel_pending(kernel) > 0) {
        kernel->now = until > kernel->now ? until : kernel->now;
        return KERNEL_UNTIL;
    }
    queue_sweep(&kernel->queue);
    return KERNEL_DRAINED;
}

KernelStop kernel_step(Kernel *kernel, SimTime until, uint64_t count)
{
    if (until < 0) {
        return kernel_rest(kernel, kernel->now);
    }
    bool halted = kernel->stopped || kernel->refusal != KERNEL_REFUSAL_NONE;
    uint64_t most = UINT64_MAX - kernel->fired;
    kernel->last = halted ? 0 : kernel->fired + (count < most ? count : most);
    while (kernel->fired < kernel->last) {
        if (!kernel_fire_next(kernel, (uint64_t)until)) {
            return kernel_rest(kernel, until);
        }
    }
    kernel->stopped = false;
    return kernel->refusal == KERNEL_REFUSAL_NONE ? KERNEL_STOPPED : KERNEL_REFUSED;
}

KernelStop kernel_run(Kernel *kernel, SimTime until)
{
    return kernel_step(kernel, until, UINT64_MAX);
}

void kernel_stop(Kernel *kernel)
{
    kernel->stopped = true;
    kernel->last = 0;
}

KernelRefusal kernel_refusal(const Kernel *kernel)
{
    return kernel->refusal;
}

uint64_t kernel_fired(const Kernel *kernel)
{
    return kernel->fired;
}

uint32_t kernel_pending(const Kernel *kernel)
{
    return (uint32_t)((kernel->order >> EVENT_KEY_SLOT_BITS) - kernel->fired - kernel->cancelled);
}

size_t kernel_memory_bytes(const Kernel *kernel)
{
    return sizeof(Kernel) + kernel->targets_max * sizeof(KernelTarget) +
           record_slab_memory_bytes(&kernel->slab) + chunk_store_memory_bytes(&kernel->store) +
           queue_memory_bytes();
}

uint64_t kernel_fingerprint(const Kernel *kernel)
{
    return kernel->hash;
}
