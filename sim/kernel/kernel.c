/* kernel.c - see kernel.h. The record of an event lives in record.h, its key in the queue
 * (queue.h) or in a lane (lane.h); here the two are merged into one order and fired. */
#include "sim/kernel/kernel.h"
#include "sim/kernel/lane.h"
#include "sim/kernel/queue.h"
#include <glib.h>

#define KERNEL_PENDING_MAX      ((UINT32_C(1) << EVENT_KEY_SLOT_BITS) - 2)
#define KERNEL_MEMORY_BYTES_MAX ((size_t)8 << 30)
#define KERNEL_FNV_OFFSET       UINT64_C(0xcbf29ce484222325)
#define KERNEL_FNV_PRIME        UINT64_C(0x100000001b3)
/* Fewer cancelled keys than this are not worth a sweep. */
#define KERNEL_DEAD_MIN 1024u

typedef struct KernelTarget {
    KernelHandler handler;
    void *self;
} KernelTarget;

struct Kernel {
    SimTime now;
    uint64_t sequence; /* of the last event scheduled */
    uint64_t fired;
    uint64_t hash;
    uint32_t cause;
    uint32_t pending;
    bool halt; /* stopped or refused: look before the next event */
    KernelRefusal refusal;
    uint32_t targets_count;
    uint32_t targets_max;
    KernelTarget *targets;
    KernelLimits limits;
    RecordSlab slab;
    ChunkStore store;
    Lanes lanes;
    Queue queue;
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
    queue_init(&kernel->queue, &kernel->store, &kernel->slab);
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
    kernel->halt = true;
}

/* The rare case of kernel_take: no freed slot is at hand. Some may still hang in the queue with
 * the keys of cancelled events. Chunks need no such care: their store has room for two keys a
 * slot, and lanes keep no more blanks than pending events. */
static uint32_t kernel_take_slowly(Kernel *kernel)
{
    if (kernel->pending >= kernel->limits.pending_max) {
        kernel_refuse(kernel, KERNEL_REFUSAL_PENDING);
        return 0;
    }
    if (kernel->slab.used == kernel->slab.max) {
        queue_sweep(&kernel->queue);
    }
    if (kernel_memory_bytes(kernel) >= kernel->limits.memory_bytes_max) {
        kernel_refuse(kernel, KERNEL_REFUSAL_MEMORY);
        return 0;
    }
    return record_take(&kernel->slab);
}

/* Takes a slot for an event at `at` and makes its key. 0 when refused. */
static inline uint32_t kernel_take(Kernel *kernel, SimTime at, EventKey *key)
{
    if (at < kernel->now || kernel->sequence >= EVENT_KEY_SEQUENCE_MAX) {
        kernel_refuse(kernel, KERNEL_REFUSAL_TIME);
        return 0;
    }
    bool at_hand = kernel->slab.free != 0;
    uint32_t slot = BITS_LIKELY(at_hand) ? record_take(&kernel->slab) : kernel_take_slowly(kernel);
    if (slot == 0) {
        return 0;
    }
    kernel->pending++;
    kernel->sequence++;
    *key = (EventKey){kernel->sequence << EVENT_KEY_SLOT_BITS | slot, (uint64_t)at};
    return slot;
}

/* Writes the record; returns the handle. */
static inline EventHandle kernel_write(
    Kernel *kernel, uint32_t slot, uint32_t target, uint16_t kind, uint16_t tag, void *data)
{
    g_assert(target < kernel->targets_count);
    EventRecord *record = &kernel->slab.records[slot];
    uint32_t generation = record->owner & ~RECORD_NO_TARGET;
    record->data = data;
    record->owner = generation | target;
    record->cause = kernel->cause;
    record->kind = kind;
    record->tag = tag;
    return generation | slot;
}

EventHandle kernel_schedule(
    Kernel *kernel, SimTime at, uint32_t target, uint16_t kind, uint16_t tag, void *data)
{
    EventKey key;
    uint32_t slot = kernel_take(kernel, at, &key);
    if (slot == 0) {
        return 0;
    }
    EventHandle handle = kernel_write(kernel, slot, target, kind, tag, data);
    kernel->slab.records[slot].place = RECORD_IN_QUEUE;
    queue_push(&kernel->queue, key);
    return handle;
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
    EventKey key;
    uint32_t slot = kernel_take(kernel, at, &key);
    if (slot == 0) {
        return 0;
    }
    EventHandle handle = kernel_write(kernel, slot, target, kind, tag, data);
    lanes_push(&kernel->lanes, lane, key, &kernel->slab.records[slot]);
    return handle;
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
    kernel->pending--;
    if (record->place != RECORD_IN_QUEUE) {
        uint32_t place = record->place;
        record_release(&kernel->slab, slot);
        lanes_cancel(&kernel->lanes, place);
        return true;
    }
    record_bury(record);
    uint32_t dead = ++kernel->queue.dead;
    if (dead > KERNEL_DEAD_MIN && dead > kernel->pending / 2) {
        queue_sweep(&kernel->queue);
    }
    return true;
}

/* Order of time and target and kind, not of memory: any machine computes the same. */
static inline uint64_t kernel_hash(uint64_t hash, SimTime time, uint32_t target, uint16_t kind)
{
    uint64_t who = ((uint64_t)target << 16 | kind) * UINT64_C(0x9e3779b97f4a7c15);
    hash ^= (uint64_t)time ^ who;
    return (hash << 23 | hash >> 41) * KERNEL_FNV_PRIME;
}

/* Fires the event of a key that was just removed. False when it had been cancelled. */
static inline bool kernel_fire(Kernel *kernel, EventKey key)
{
    uint32_t slot = event_key_slot(key);
    const EventRecord *record = &kernel->slab.records[slot];
    KernelEvent event = {
        .time = (SimTime)key.time,
        .target = record_target(record),
        .cause = record->cause,
        .kind = record->kind,
        .tag = record->tag,
        .data = record->data,
    };
    if (event.target == RECORD_NO_TARGET) {
        record_release_dead(&kernel->slab, slot);
        kernel->queue.dead--;
        return false;
    }
    record_release(&kernel->slab, slot);
    kernel->pending--;
    kernel->fired++;
    kernel->now = event.time;
    kernel->cause = event.cause;
    kernel->hash = kernel_hash(kernel->hash, event.time, event.target, event.kind);
    KernelTarget target = kernel->targets[event.target];
    target.handler(kernel, target.self, &event);
    return true;
}

/* Removes the earliest key if its time is at most `until`; false when there is none. */
static inline bool kernel_next(Kernel *kernel, uint64_t until, EventKey *key)
{
    EventKey lane = kernel->lanes.top;
    EventKey queue = queue_peek(&kernel->queue, lane.time < until ? lane.time : until);
    bool from_lane = event_key_is_before(lane, queue);
    *key = from_lane ? lane : queue;
    if (key->time > until) {
        return false;
    }
    if (from_lane) {
        lanes_pop(&kernel->lanes);
    } else {
        queue_pop(&kernel->queue);
    }
    return true;
}

/* Nothing fires any more up to `until`. */
static KernelStop kernel_rest(Kernel *kernel, SimTime until)
{
    if (kernel->pending > 0) {
        kernel->now = until > kernel->now ? until : kernel->now;
        return KERNEL_UNTIL;
    }
    queue_sweep(&kernel->queue);
    return KERNEL_DRAINED;
}

static KernelStop kernel_halt(Kernel *kernel)
{
    if (kernel->refusal != KERNEL_REFUSAL_NONE) {
        return KERNEL_REFUSED;
    }
    kernel->halt = false;
    return KERNEL_STOPPED;
}

KernelStop kernel_step(Kernel *kernel, SimTime until, uint64_t count)
{
    if (until < 0) {
        return kernel_rest(kernel, kernel->now);
    }
    while (!kernel->halt) {
        if (count == 0) {
            return KERNEL_STOPPED;
        }
        EventKey key;
        if (kernel->pending == 0 || !kernel_next(kernel, (uint64_t)until, &key)) {
            return kernel_rest(kernel, until);
        }
        count -= kernel_fire(kernel, key);
    }
    return kernel_halt(kernel);
}

KernelStop kernel_run(Kernel *kernel, SimTime until)
{
    return kernel_step(kernel, until, UINT64_MAX);
}

void kernel_stop(Kernel *kernel)
{
    kernel->halt = true;
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
    return kernel->pending;
}

size_t kernel_memory_bytes(const Kernel *kernel)
{
    return sizeof(Kernel) + kernel->targets_max * sizeof(KernelTarget) +
           record_slab_memory_bytes(&kernel->slab) + chunk_store_memory_bytes(&kernel->store) +
           (FRONT_CAPACITY + FRONT_AHEAD + FRONT_KEYS_MAX) * sizeof(EventKey);
}

uint64_t kernel_fingerprint(const Kernel *kernel)
{
    return kernel->hash;
}
