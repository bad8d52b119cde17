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
    bool halt; /* stopped or refused: look before the next event */
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
    if (kernel_pending(kernel) >= kernel->limits.pending_max) {
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

/* A new event at instant `at`: its record, without a place yet, and its key. NULL when refused. */
static inline EventRecord *kernel_take(Kernel *kernel, SimTime at, uint32_t target, EventKey *key)
{
    g_assert(target < kernel->targets_count);
    uint64_t order = kernel->order + KERNEL_ORDER_STEP;
    if (at < kernel->now || order < KERNEL_ORDER_STEP) {
        kernel_refuse(kernel, KERNEL_REFUSAL_TIME);
        return NULL;
    }
    bool at_hand = kernel->slab.free != 0;
    uint32_t slot = BITS_LIKELY(at_hand) ? record_take(&kernel->slab) : kernel_take_slowly(kernel);
    if (slot == 0) {
        return NULL;
    }
    kernel->order = order;
    *key = (EventKey){order | slot, (uint64_t)at};
    EventRecord *record = &kernel->slab.records[slot];
    record->owner = (record->owner & ~RECORD_NO_TARGET) | target;
    record->cause = kernel->cause;
    return record;
}

static inline EventHandle kernel_handle(const EventRecord *record, EventKey key)
{
    return (record->owner & ~RECORD_NO_TARGET) | event_key_slot(key);
}

EventHandle kernel_schedule(
    Kernel *kernel, SimTime at, uint32_t target, uint16_t kind, uint16_t tag, void *data)
{
    EventKey key;
    EventRecord *record = kernel_take(kernel, at, target, &key);
    if (!record) {
        return 0;
    }
    record->kind = kind;
    record->tag = tag;
    record->data = data;
    record->place = RECORD_IN_QUEUE;
    EventHandle handle = kernel_handle(record, key);
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
    EventRecord *record = kernel_take(kernel, at, target, &key);
    if (!record) {
        return 0;
    }
    record->kind = kind;
    record->tag = tag;
    record->data = data;
    EventHandle handle = kernel_handle(record, key);
    lanes_push(&kernel->lanes, lane, key, record);
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

static inline uint64_t kernel_hash(uint64_t hash, uint64_t time, uint32_t target, uint16_t kind)
{
    hash ^= time;
    hash = hash << 23 | hash >> 41;
    return (hash ^ ((uint64_t)target << 16 | kind)) * KERNEL_FNV_PRIME;
}

/* Fires the event of a key that was just removed, unless it had been cancelled. */
static inline void kernel_fire(Kernel *kernel, EventKey key)
{
    uint32_t slot = event_key_slot(key);
    const EventRecord *record = &kernel->slab.records[slot];
    uint32_t target = record_target(record);
    if (target == RECORD_NO_TARGET) {
        record_release_dead(&kernel->slab, slot);
        kernel->queue.dead--;
        return;
    }
    KernelEvent event;
    event.time = (SimTime)key.time;
    event.target = target;
    event.cause = kernel->cause = record->cause;
    event.kind = record->kind;
    event.tag = record->tag;
    event.data = record->data;
    record_release(&kernel->slab, slot);
    kernel->fired++;
    kernel->now = event.time;
    kernel->hash = kernel_hash(kernel->hash, key.time, target, event.kind);
    const KernelTarget *to = &kernel->targets[target];
    to->handler(kernel, to->self, &event);
}

/* Removes the earliest key if its time is at most `until`; false when there is none. */
static inline bool kernel_next(Kernel *kernel, uint64_t until, EventKey *key)
{
    EventKey lane = kernel->lanes.heads[0].key;
    EventKey queue = queue_peek(&kernel->queue, until, lane.time);
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
    if (kernel_pending(kernel) > 0) {
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
    uint64_t last = count < UINT64_MAX - kernel->fired ? kernel->fired + count : UINT64_MAX;
    while (!kernel->halt) {
        EventKey key;
        if (kernel->fired == last) {
            return KERNEL_STOPPED;
        }
        if (!kernel_next(kernel, (uint64_t)until, &key)) {
            return kernel_rest(kernel, until);
        }
        kernel_fire(kernel, key);
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
    return (uint32_t)((kernel->order >> EVENT_KEY_SLOT_BITS) - kernel->fired - kernel->cancelled);
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
