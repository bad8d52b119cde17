/* queue.h - pending events of all kinds of delays, at a cost that stays flat in their number.
 *
 *     push --> wheel bucket --(spread: bucket too full)--> finer bucket
 *                  |  open (few enough): sort into the front
 *                  v
 *              front --> pop
 *
 * Far keys lie unsorted in a timing wheel (wheel.h); the earliest ones are sorted into the front
 * (front.h), which holds every key before `bound`. A front that grows too long gives its upper
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
#include "sim/kernel/wheel.h"

#define QUEUE_PREFETCH 8u /* so many events ahead the record is fetched */

typedef struct Queue {
    Front front;
    uint64_t bound; /* the front holds all keys with time < bound, the wheel the others */
    uint32_t spill; /* a front this long gives half back */
    uint32_t dead;  /* keys of cancelled events */
    RecordSlab *slab;
    EventKey *spare; /* keys on their way to the front */
    Wheel wheel;
} Queue;

void queue_init(Queue *queue, ChunkStore *store, RecordSlab *slab);
void queue_clear(Queue *queue);
/* Fills an empty front if the wheel has a bucket that starts at or before `horizon`. */
void queue_refill(Queue *queue, uint64_t horizon);
void queue_spill(Queue *queue);
/* Drops the keys of cancelled events and releases their slots. */
void queue_sweep(Queue *queue);

static inline void queue_push(Queue *queue, EventKey key)
{
    if (key.time >= queue->bound) {
        wheel_push(&queue->wheel, key);
        return;
    }
    front_insert(&queue->front, key.time, key.order);
    if (front_count(&queue->front) >= queue->spill) {
        queue_spill(queue);
    }
}

/* The earliest key, EVENT_KEY_NEVER if it is later than `until` or than `rival`. */
static inline EventKey queue_peek(Queue *queue, uint64_t until, uint64_t rival)
{
    if (queue->front.head == queue->front.tail) {
        uint64_t horizon = rival < until ? rival : until;
        if (queue->bound <= horizon) {
            queue_refill(queue, horizon);
        }
    }
    return *queue->front.head;
}

/* Removes the key that queue_peek returned. */
static inline void queue_pop(Queue *queue)
{
    const EventKey *head = queue->front.head++;
    BITS_PREFETCH(queue->slab->records + event_key_slot(head[QUEUE_PREFETCH]));
}

#endif
