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
/* No bug: the command line knows these words, "failed to allocate", by which GLib too tells that
 * memory is refused. */
static G_NORETURN void refuse_to_live(void)
{
    g_error("failed to allocate address space for the events of a run");
}

static void kernel_reserve(Kernel *kernel)
{
    for (;;) {
        uint32_t max = kernel->limits.pending_max;
        bool records = record_slab_init(&kernel->slab, sizeof(EventRecord), max, 0);
        bool lanes = lanes_init(&kernel->lanes, max);
        bool posts = posts_init(&kernel->posts, max);
        bool keys = chunk_store_init(&kernel->store, 2 * max);
        if (records && lanes && posts && keys) {
            return;
        }
        record_slab_clear(&kernel->slab);
        lanes_clear(&kernel->lanes);
        posts_clear(&kernel->posts);
        chunk_store_clear(&kernel->store);
        if (max <= 1) {
            refuse_to_live();
        }
        kernel->limits.pending_max = max / 2;
    }
}

Kernel *kernel_new(const KernelLimits *limits)
{
    Kernel *kernel = g_new0(Kernel, 1);
    kernel->limits = kernel_limits(limits);
    kernel->hash = KERNEL_FNV_OFFSET;
    kernel_reserve(kernel);
    bool room = queue_init(&kernel->queue, &kernel->store, &kernel->slab);
    if (!room) {
        refuse_to_live();
    }
    return kernel;
}

void kernel_free(Kernel *kernel)
{
    if (!kernel) {
        return;
    }
    queue_clear(&kernel->queue);
    chunk_store_clear(&kernel->store);
    posts_clear(&kernel->posts);
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

/* How many slots and posts there are; near the limit exactly, before that rather too many. */
static uint32_t kernel_taken(Kernel *kernel)
{
    uint32_t slots = kernel->slab.active + kernel->lanes.slab.active;
    uint32_t most = slots + posts_most(&kernel->posts);
    return most < kernel->limits.pending_max ? most : slots + posts_settle(&kernel->posts);
}

/* Whoever is not asking gives up a free slot; that of the event whose handler runs is one. */
static void kernel_give_up_slot(Kernel *kernel, const RecordSlab *asking)
{
    RecordSlab *lanes = &kernel->lanes.slab;
    if (kernel->slab.hot != 0) {
        kernel_release_hot(kernel);
    } else if (lanes->hot != 0) {
        record_release_hot(lanes, sizeof(LaneRecord));
    }
    if (asking != &kernel->slab) {
        record_slab_park(&kernel->slab);
    }
    if (asking != lanes && kernel_taken(kernel) >= kernel->limits.pending_max) {
        record_slab_park(lanes);
    }
}

/* A slab, or the posts (NULL), want one more: whether the limit of pending events allows it. Slots
 * of both slabs and posts together are as many as may be pending; of the queue's, some may still
 * hang there with the keys of cancelled events. Chunks of keys need no such care: their store has
 * room for two keys a slot. */
static bool kernel_has_room(Kernel *kernel, const RecordSlab *asking)
{
    uint32_t max = kernel->limits.pending_max;
    if (kernel_taken(kernel) >= max) {
        if (kernel->queue.dead > 0) {
            queue_sweep(&kernel->queue);
        }
        if (asking && record_has_slot(asking)) {
            return true;
        }
        kernel_give_up_slot(kernel, asking);
    }
    if (kernel_taken(kernel) >= max) {
        kernel_refuse(kernel, KERNEL_REFUSAL_PENDING);
        return false;
    }
    return true;
}

static bool kernel_has_memory(Kernel *kernel)
{
    if (kernel_memory_bytes(kernel) >= kernel->limits.memory_bytes_max) {
        kernel_refuse(kernel, KERNEL_REFUSAL_MEMORY);
        return false;
    }
    return true;
}

/* A slab has no free slot. */
static void kernel_find_slot(Kernel *kernel, RecordSlab *slab)
{
    if (kernel_has_room(kernel, slab) && !record_has_slot(slab) &&
        (slab->parked != 0 || kernel_has_memory(kernel))) {
        record_slab_extend(slab);
    }
}

static bool kernel_may_schedule(Kernel *kernel, SimTime at, uint32_t target)
{
    g_assert(target < kernel->targets_count);
    if (at < kernel->now || kernel->order >= UINT64_MAX - KERNEL_ORDER_STEP) {
        kernel_refuse(kernel, KERNEL_REFUSAL_TIME);
        return false;
    }
    return true;
}

bool kernel_make_ready(Kernel *kernel, RecordSlab *slab, SimTime at, uint32_t target)
{
    if (!kernel_may_schedule(kernel, at, target)) {
        return false;
    }
    if (!record_has_slot(slab)) {
        kernel_find_slot(kernel, slab);
    }
    return record_has_slot(slab);
}

bool kernel_make_place(Kernel *kernel, PostRow *row, SimTime at, uint32_t target)
{
    if (!kernel_may_schedule(kernel, at, target) || !kernel_has_room(kernel, NULL) ||
        (posts_need_memory(&kernel->posts, row) && !kernel_has_memory(kernel))) {
        return false;
    }
    bool far = kernel->limits.pending_max - kernel_taken(kernel) > POST_CHUNK_EVENTS;
    posts_extend(&kernel->posts, row, far ? POST_CHUNK_EVENTS : 1);
    return true;
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
           posts_memory_bytes(&kernel->posts) + chunk_store_memory_bytes(&kernel->store) +
           queue_memory_bytes();
}

uint64_t kernel_fingerprint(const Kernel *kernel)
{
    return kernel->hash;
}
