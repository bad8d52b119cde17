/* kernel.h - virtual time passes here, in one total order.
 *
 * An event is a small record for a registered target: at its time the kernel calls the target's
 * handler. Events fire in the order (time, sequence number of scheduling); nothing else decides.
 * Events that share one constant delay (linger, heartbeat, time-outs) go through a lane, a FIFO;
 * all others go through a queue whose cost stays flat in the number of pending events.
 *
 * Never allocates per event after warm-up. Never crashes at a limit: the call that meets one
 * returns 0, the kernel remembers why (kernel_refusal) and kernel_run stops with KERNEL_REFUSED.
 *
 * Knows nothing of actors, messages or Kafka. Not thread-safe: one kernel, one thread. */
#ifndef KAFKASIM_SIM_KERNEL_KERNEL_H
#define KAFKASIM_SIM_KERNEL_KERNEL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Instants and durations are whole nanoseconds of virtual time since the start, 0..2^63-1. */
typedef int64_t SimTime;
typedef int64_t SimDuration;
#define SIM_TIME_MAX INT64_MAX
#define SIM_US(n)    ((SimDuration)(n)*1000)
#define SIM_MS(n)    ((SimDuration)(n)*1000000)
#define SIM_SEC(n)   ((SimDuration)(n)*1000000000)

typedef struct Kernel Kernel;

/* Names one pending event; 0 names none. A handle goes stale when its event fires or is
 * cancelled, and a stale handle is recognised (24 bits of slot, 8 of generation: an owner must
 * forget its handle when the event fires, as timers do). */
typedef uint32_t EventHandle;

/* What a handler receives, by value: two words fit into registers. */
typedef struct KernelEvent {
    void *data; /* borrowed or owned as target and sender agree; the kernel only prefetches it */
    uint64_t kind : 16;      /* meaning belongs to the target */
    uint64_t target : 24;    /* whose event */
    uint64_t generation : 8; /* the kernel's own */
    uint64_t tag : 16;       /* small argument; actors keep their incarnation here */
} KernelEvent;

typedef void (*KernelHandler)(Kernel *kernel, void *self, SimTime now, KernelEvent event);

typedef enum KernelRefusal {
    KERNEL_REFUSAL_NONE,
    KERNEL_REFUSAL_TIME,    /* an instant in the past or past SIM_TIME_MAX; the 2^40th event */
    KERNEL_REFUSAL_PENDING, /* more pending events than the limit */
    KERNEL_REFUSAL_MEMORY,  /* more bytes than the limit */
} KernelRefusal;

typedef enum KernelStop {
    KERNEL_DRAINED, /* nothing is pending */
    KERNEL_UNTIL,   /* the asked-for time is reached; the clock stands there */
    KERNEL_STOPPED, /* a handler called kernel_stop, or kernel_step fired its count */
    KERNEL_REFUSED, /* a limit was met: kernel_refusal says which */
} KernelStop;

/* 0 in a field means the default, which is also the most there can be: 2^24 - 2 events; 8 GiB. */
typedef struct KernelLimits {
    uint32_t pending_max;
    size_t memory_bytes_max;
} KernelLimits;

/* limits may be NULL. Free with kernel_free, which does not touch the data of pending events. */
Kernel *kernel_new(const KernelLimits *limits);
void kernel_free(Kernel *kernel);

/* Registers a target; ids count up from 0, to 2^24 - 2. `self` is borrowed and must outlive the
 * kernel. */
uint32_t kernel_add_target(Kernel *kernel, KernelHandler handler, void *self);
KernelHandler kernel_target_handler(const Kernel *kernel, uint32_t target);
void *kernel_target_self(const Kernel *kernel, uint32_t target);

SimTime kernel_now(const Kernel *kernel);

/* The cause that events scheduled from now on will carry: the id of the logged event in whose
 * handling they are scheduled, 0 none. At each event it is set to that event's own cause; who logs
 * an event inside the handler sets it to the new id. */
uint32_t kernel_cause(const Kernel *kernel);
void kernel_set_cause(Kernel *kernel, uint32_t cause);

/* Schedules an event at instant `at` >= now. Returns its handle, or 0 when refused. */
EventHandle kernel_schedule(
    Kernel *kernel, SimTime at, uint32_t target, uint16_t kind, uint16_t tag, void *data);

/* The lane for one constant delay (>= 0 ns); the same delay gives the same lane. When all lanes
 * are taken (their number is a documented constant) KERNEL_NO_LANE is returned, and scheduling on
 * it falls back to the queue; the order of events is the same either way. */
typedef uint32_t LaneId;
#define KERNEL_NO_LANE   UINT32_MAX
#define KERNEL_LANES_MAX 31u
LaneId kernel_lane(Kernel *kernel, SimDuration delay);

/* Schedules at now + the lane's delay: O(1), and cancelled in O(1).
 * `delay` must be the lane's own; it is used where lane is KERNEL_NO_LANE. */
EventHandle kernel_schedule_lane(Kernel *kernel,
                                 LaneId lane,
                                 SimDuration delay,
                                 uint32_t target,
                                 uint16_t kind,
                                 uint16_t tag,
                                 void *data);

/* Schedules at now + the lane's delay an event that cannot be cancelled: it has no handle and costs
 * less than any other. For what is under way and will arrive, whatever happens. Returns false when
 * refused. `delay` as above. */
bool kernel_post(Kernel *kernel,
                 LaneId lane,
                 SimDuration delay,
                 uint32_t target,
                 uint16_t kind,
                 uint16_t tag,
                 void *data);

/* Removes a pending event. False, and nothing happens, when the handle is 0 or stale. */
bool kernel_cancel(Kernel *kernel, EventHandle handle);
bool kernel_is_pending(const Kernel *kernel, EventHandle handle);

/* Moves a pending event of a lane to a later instant: all goes on as if it were cancelled and
 * scheduled anew for `at`, with the cause of now, but its handle stays. For deadlines that are
 * moved on with every sign of life: one record is written each time, no more. False, and nothing
 * happens, when the handle is 0 or stale, when its event went to the queue, or when `at` is before
 * the event's present time. */
bool kernel_postpone(Kernel *kernel, EventHandle handle, SimTime at);

/* For handlers that know what the events to come will touch, to fetch it ahead of its use; nothing
 * else may depend on it. soon: the data of a pending event that fires in `ahead` + 1 events or
 * sooner, itself fetched already, or NULL; `ahead` is below KERNEL_SOON_MAX. fetch: fetches the
 * record that a handle names, valid or not. fetch_around: once that is there, what cancelling it
 * touches besides. */
#define KERNEL_SOON_MAX 16u
const void *kernel_soon(const Kernel *kernel, uint32_t ahead);
/* The same with all that is known of the event; false: nothing is. */
bool kernel_soon_event(const Kernel *kernel, uint32_t ahead, KernelEvent *ret_event);
void kernel_fetch(const Kernel *kernel, EventHandle handle);
void kernel_fetch_around(const Kernel *kernel, EventHandle handle);
/* Of a lane: its next events, and how many there are; their data were fetched if this is asked at
 * each event of the lane, and those of the one behind them are fetched now. */
#define KERNEL_LANE_AHEAD 2u
uint32_t
kernel_lane_ahead(const Kernel *kernel, LaneId lane, KernelEvent ret_events[KERNEL_LANE_AHEAD]);

/* Fires events up to and including time `until`. The clock ends at `until`, except where nothing
 * is pending any more or the run was stopped or refused: then at the last event. Not from inside
 * a handler. */
KernelStop kernel_run(Kernel *kernel, SimTime until);
/* Fires at most `count` events; for tests that look at every step. */
KernelStop kernel_step(Kernel *kernel, SimTime until, uint64_t count);
/* Called by a handler (or a signal flag's watcher): kernel_run returns after this handler. Outside
 * a run: the next one returns at once. */
void kernel_stop(Kernel *kernel);

/* The first refusal of this kernel's life; it does not go away. */
KernelRefusal kernel_refusal(const Kernel *kernel);
uint64_t kernel_fired(const Kernel *kernel);
uint32_t kernel_pending(const Kernel *kernel);
/* Whose the event was that fired last; 0 before the first. */
uint32_t kernel_last_target(const Kernel *kernel);
size_t kernel_memory_bytes(const Kernel *kernel);

/* A running FNV-1a-style hash over (time, target, kind) of every fired event. Equal for equal
 * runs, whatever the compiler, the machine or the queue's inner shape. */
uint64_t kernel_fingerprint(const Kernel *kernel);

#endif
