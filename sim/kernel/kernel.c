/* kernel.c - see kernel.h: a kernel's life and limits. Events are scheduled and cancelled in
 * schedule.c, and fired in run.c. */
#include "sim/kernel/kernel_state.h"
#include <glib.h>

#define KERNEL_PENDING_MAX      (KERNEL_SLOT_MASK - 1)
#define KERNEL_MEMORY_BYTES_MAX ((size_t)8 << 30)
#define KERNEL_FNV_OFFSET       UINT64_C(0xcbf29ce484222325)

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
        bool records = record_slab_init(&kernel->slab, sizeof(EventRecord), max, 0);
        bool lanes = lanes_init(&kernel->lanes, max);
        bool keys = chunk_store_init(&kernel->store, 2 * max);
        if (records && lanes && keys) {
            return;
        }
        record_slab_clear(&kernel->slab);
        lanes_clear(&kernel->lanes);
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
    lanes_clear(&kernel->lanes);
    record_slab_clear(&kernel->slab);
    g_free(kernel->targets);
    g_free(kernel);
}

KernelHandler kernel_target_handler(const Kernel *kernel, uint32_t target)
{
    return kernel->targets[target].handler;
}

void *kernel_target_self(const Kernel *kernel, uint32_t target)
{
    return kernel->targets[target].self;
}

uint32_t kernel_add_target(Kernel *kernel, KernelHandler handler, void *self)
{
    g_assert(kernel->targets_count < RECORD_NO_TARGET);
    if (kernel->targets_count == kernel->targets_max) {
        kernel->targets_max = kernel->targets_max ? 2 * kernel->targets_max : 16;
        uint32_t last = kernel_last_target(kernel);
        kernel->targets = g_renew(KernelTarget, kernel->targets, kernel->targets_max);
        kernel->target = &kernel->targets[last];
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

void kernel_refuse(Kernel *kernel, KernelRefusal why)
{
    if (kernel->refusal == KERNEL_REFUSAL_NONE) {
        kernel->refusal = why;
    }
    kernel_halt(kernel);
}

/* A slab has no free slot; some of the queue's may still hang there with the keys of cancelled
 * events. Slots of both slabs together are as many as may be pending: where the other has the last
 * one, it gives it up. Chunks need no such care: their store has room for two keys a slot. */
static void kernel_find_slot(Kernel *kernel, RecordSlab *slab)
{
    RecordSlab *other = slab == &kernel->slab ? &kernel->lanes.slab : &kernel->slab;
    uint32_t max = kernel->limits.pending_max;
    if (slab->active + other->active >= max) {
        if (kernel->queue.dead > 0) {
            queue_sweep(&kernel->queue);
        }
        if (record_has_slot(slab)) {
            return;
        }
        if (kernel->slab.hot != 0) {
            kernel_release_hot(kernel);
        } else if (kernel->lanes.slab.hot != 0) {
            record_release_hot(&kernel->lanes.slab, sizeof(LaneRecord));
        }
        record_slab_park(other);
    }
    if (slab->active + other->active >= max) {
        kernel_refuse(kernel, KERNEL_REFUSAL_PENDING);
    } else if (slab->parked == 0 &&
               kernel_memory_bytes(kernel) >= kernel->limits.memory_bytes_max) {
        kernel_refuse(kernel, KERNEL_REFUSAL_MEMORY);
    } else {
        record_slab_extend(slab);
    }
}

bool kernel_make_ready(Kernel *kernel, RecordSlab *slab, SimTime at, uint32_t target)
{
    g_assert(target < kernel->targets_count);
    if (at < kernel->now || kernel->order >= UINT64_MAX - KERNEL_ORDER_STEP) {
        kernel_refuse(kernel, KERNEL_REFUSAL_TIME);
        return false;
    }
    if (!record_has_slot(slab)) {
        kernel_find_slot(kernel, slab);
    }
    return record_has_slot(slab);
}

KernelRefusal kernel_refusal(const Kernel *kernel)
{
    return kernel->refusal;
}

uint64_t kernel_fired(const Kernel *kernel)
{
    return kernel->end - kernel->left;
}

uint32_t kernel_pending(const Kernel *kernel)
{
    return (uint32_t)((kernel->order >> EVENT_KEY_SLOT_BITS) - kernel_fired(kernel) -
                      kernel->cancelled);
}

uint32_t kernel_last_target(const Kernel *kernel)
{
    return kernel->target ? (uint32_t)(kernel->target - kernel->targets) : 0;
}

size_t kernel_memory_bytes(const Kernel *kernel)
{
    return sizeof(Kernel) + kernel->targets_max * sizeof(KernelTarget) +
           record_slab_memory_bytes(&kernel->slab) + lanes_memory_bytes(&kernel->lanes) +
           chunk_store_memory_bytes(&kernel->store) + queue_memory_bytes();
}

uint64_t kernel_fingerprint(const Kernel *kernel)
{
    return kernel->hash;
}
