/* queue.h - pending events of all kinds of delays, at a cost that stays flat in their number.
 *
 *     push --> wheel bucket --(spread: bucket too full)--> finer bucket
 *                  |  open (few enough): sort into the front
 *                  v
 *              front --> pop
 *
 *     few: push --> tournament --> pop
 *
 * As long as few slots have been used all keys stand in a tournament (tournament.h). From then on
 * far keys lie unsorted in a timing wheel (wheel.h); the earliest ones are sorted into the front
 * (front.h), which holds every key before its bound. A front that grows too long gives its upper
 * half back to the wheel.
 *
 * The wheel's cursor never passes the clock: a bucket is opened only when nothing else can fire
 * before its start. So whatever is pushed, or given back, lies at or after the cursor.
 *
 * Cancelled events leave their key behind; it is dropped when it is met, or in a sweep once such
 * keys are half as many as the pending. */
#ifndef KAFKASIM_SIM_KERNEL_QUEUE_H
#define KAFKASIM_SIM_KERNEL_QUEUE_H
#include "sim/kernel/front.h"
#include "sim/kernel/record.h"
#include "sim/kernel/scout.h"
#include "sim/kernel/tournament.h"
#include "sim/kernel/wheel.h"

/* So many events ahead what an event carries is fetched. The queue is the one place that knows what
 * will be touched next. */
#define QUEUE_PREFETCH_DATA KERNEL_SOON_MAX
/* What so many keys touch is near the processor anyway; with more, scouts go ahead, a step at every
 * fourth event or so. */
#define QUEUE_NEAR_KEYS  16384u
#define QUEUE_FETCH_KEYS 2048u
#define QUEUE_STEP_BYTES (CHUNK_KEYS / 2 * sizeof(EventKey))

/* While the tournament has leaves, all keys are there, and the front is empty, its bound 0 and its
 * head the tournament's root. */
typedef struct Queue {
    Front front;
    Tournament few;
    uint32_t spill; /* a front this long gives half back */
    uint32_t dead;  /* keys of cancelled events */
    RecordSlab *slab;
    Scout near;      /* to the bucket that is opened next */
    Scout far;       /* to the one that is spread next */
    EventKey *spare; /* keys on their way to the front */
    Slab keys_slab;  /* of the front's and the spare keys */
    Wheel wheel;
} Queue;

/* False when the system has no room. */
bool queue_init(Queue *queue, ChunkStore *store, RecordSlab *slab);
void queue_clear(Queue *queue);
/* Of tournament, front and the wheel's buckets; chunks and records are counted by their stores. */
size_t queue_memory_bytes(void);
/* Fills an empty front if the wheel's first key may be at or before `horizon`; otherwise its bound
 * rises beyond that. Nothing may fire before the earlier of `horizon` and the key that is first. */
void queue_refill(Queue *queue, uint64_t horizon);
/* Lets the scouts go on. */
void queue_look_ahead(Queue *queue);
/* Drops the keys of cancelled events and releases their slots. */
void queue_sweep(Queue *queue);

/* Pushes a key, with its slot, in any case. */
void queue_push(Queue *queue, uint64_t time, uint64_t order);

static inline bool queue_is_few(const Queue *queue)
{
    return queue->few.leaves > 0;
}

/* The common cases, and false for all others: the tournament has a leaf for the slot; or the key is
 * far, and its bucket's last chunk has room. */
static inline bool queue_push_quickly(Queue *queue, uint64_t time, uint64_t order, uint32_t slot)
{
    if (slot <= queue->few.leaves) {
        tournament_put(&queue->few, slot, time, order);
        return true;
    }
    return time >= queue->front.bound && wheel_push_quickly(&queue->wheel, (EventKey){order, time});
}

/* The earliest key; or one without a slot: nothing is earlier than its time, and the front wants
 * to be filled before that can fire. */
static inline EventKey queue_peek(const Queue *queue)
{
    return event_key_get(queue->front.head);
}

/* Removes the key that queue_peek returned. `slab` is the queue's own. Not while there are few:
 * then it stays until its slot is taken over, or queue_close. */
static inline void queue_pop(Queue *queue, const RecordSlab *slab)
{
    const EventKey *head = queue->front.head++;
    record_prefetch_data(&record_at(slab, event_key_slot(head[QUEUE_PREFETCH_DATA]))->data);
    if (!BITS_LIKELY(queue->wheel.keys <= QUEUE_NEAR_KEYS) &&
        (uintptr_t)head % QUEUE_STEP_BYTES == 0) {
        queue_look_ahead(queue);
    }
}

/* The slot whose key was first, and has fired, is taken over by nobody. */
static inline void queue_close(Queue *queue, uint32_t slot)
{
    if (queue_is_few(queue)) {
        tournament_remove(&queue->few, slot);
    }
}

/* Removes the key of an event that is cancelled: true. Or leaves it behind: false, and the slot is
 * not free yet. */
static inline bool queue_remove(Queue *queue, uint32_t slot)
{
    if (queue_is_few(queue)) {
        tournament_remove(&queue->few, slot);
        return true;
    }
    queue->dead++;
    return false;
}

#endif
