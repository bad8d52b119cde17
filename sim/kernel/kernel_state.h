/* kernel_state.h - what a kernel consists of; for sim/kernel alone. */
#ifndef KAFKASIM_SIM_KERNEL_STATE_H
#define KAFKASIM_SIM_KERNEL_STATE_H
#include "sim/kernel/kernel.h"
#include "sim/kernel/lane.h"
#include "sim/kernel/post.h"
#include "sim/kernel/queue.h"

#define KERNEL_SLOT_MASK  ((UINT32_C(1) << EVENT_KEY_SLOT_BITS) - 1)
#define KERNEL_ORDER_STEP (UINT64_C(1) << EVENT_KEY_SLOT_BITS)
/* Keeps what is rarely needed out of the way of what always is. */
#define KERNEL_RARELY __attribute__((noinline))

typedef struct KernelTarget {
    KernelHandler handler;
    void *self;
} KernelTarget;

struct Kernel {
    SimTime now;
    uint64_t order; /* of the last event scheduled: its sequence number << EVENT_KEY_SLOT_BITS */
    uint64_t left;  /* how many events may still fire in this run */
    uint64_t end;   /* how many will have fired then */
    uint64_t hash;
    const KernelTarget *target; /* of the event that fired last; before, the first or NULL */
    KernelTarget *targets;
    uint32_t targets_count;
    uint32_t cause;
    RecordSlab slab; /* of events in the queue; the lanes have their own */
    uint64_t cancelled;
    bool stopped;
    KernelRefusal refusal;
    Lanes lanes;
    Posts posts;
    ChunkStore store;
    Queue queue;
    KernelLimits limits;
    uint32_t targets_max;
};

/* No more events are to fire in this run. */
static inline void kernel_halt(Kernel *kernel)
{
    kernel->end -= kernel->left;
    kernel->left = 0;
}

/* The event whose handler ran, of the queue, has left its place to nobody. */
static inline void kernel_release_hot(Kernel *kernel)
{
    queue_close(&kernel->queue, kernel->slab.hot);
    record_release_hot(&kernel->slab, sizeof(EventRecord));
}

/* Remembers why, and halts the run. */
void kernel_refuse(Kernel *kernel, KernelRefusal why);
/* Sees to it that `slab` has a slot for an event at instant `at`; false when that is refused. */
bool kernel_make_ready(Kernel *kernel, RecordSlab *slab, SimTime at, uint32_t target);
/* The same for a row of posts and a place. */
bool kernel_make_place(Kernel *kernel, PostRow *row, SimTime at, uint32_t target);

#endif
