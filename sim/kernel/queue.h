/* queue.h - pending events of all kinds of delays, at a cost that stays flat in their number.
 *
 *     push --> wheel bucket --(cascade: bucket too full)--> finer bucket
 *                  |  open (few enough): sort into the front
 *                  v
 *              front --> pop
 *
 * A hierarchical wheel, base 64: a key's level is the highest base-64 digit in which its time
 * differs from the cursor, its bucket is that digit. Level 0 is one nanosecond a bucket. The
 * buckets are unsorted lists of chunks (chunk.h); the earliest ones are sorted into the front
 * (front.h), which holds every key before `bound`. A front that grows too long gives its upper
 * half back to the wheel.
 *
 * The cursor never passes the clock: a bucket is opened only when nothing else can fire before
 * its start. So whatever is pushed, or given back, lies at or after the cursor.
 *
 * Cancelled events leave their key behind; it is dropped when it is met, or in a sweep once such
 * keys are half as many as the pending. After Varghese and Lauck's timing wheels and the sorted
 * bottom of Tang, Goh and Thng's ladder queue. */
#ifndef KAFKASIM_SIM_KERNEL_QUEUE_H
#define KAFKASIM_SIM_KERNEL_QUEUE_H
#include "sim/kernel/bits.h"
#include "sim/kernel/chunk.h"
#include "sim/kernel/front.h"
#include "sim/kernel/record.h"

#define QUEUE_LEVELS  11u
#define QUEUE_BUCKETS 64u

typedef struct Queue {
    Front front;
    uint64_t bound;  /* the front holds all keys with time < bound */
    uint64_t cursor; /* what levels are relative to */
    uint64_t due;    /* no key in the wheel is earlier */
    uint32_t spill;  /* a front this long gives half back */
    uint32_t wheel_keys;
    uint32_t dead;                 /* keys of cancelled events */
    uint32_t levels;               /* bit L: level L holds keys */
    uint64_t filled[QUEUE_LEVELS]; /* bit b: bucket b of the level holds keys */
    KeyList buckets[QUEUE_LEVELS][QUEUE_BUCKETS];
    ChunkStore *store;
    RecordSlab *slab;
    EventKey *spare; /* keys on their way to the front */
} Queue;

void queue_init(Queue *queue, ChunkStore *store, RecordSlab *slab);
void queue_clear(Queue *queue);
/* Fills an empty front if the wheel has a bucket that starts at or before `horizon`. */
void queue_refill(Queue *queue, uint64_t horizon);
void queue_spill(Queue *queue);
/* Drops the keys of cancelled events and releases their slots. */
void queue_sweep(Queue *queue);

static inline void queue_push_wheel(Queue *queue, EventKey key)
{
    uint64_t differs = (key.time ^ queue->cursor) | 1;
    uint32_t level = bits_highest(differs) / 6;
    uint32_t bucket = (uint32_t)(key.time >> (6 * level)) % QUEUE_BUCKETS;
    key_list_append(queue->store, &queue->buckets[level][bucket], key);
    queue->filled[level] |= UINT64_C(1) << bucket;
    queue->levels |= UINT32_C(1) << level;
    queue->due = key.time < queue->due ? key.time : queue->due;
    queue->wheel_keys++;
}

static inline void queue_push(Queue *queue, EventKey key)
{
    if (key.time >= queue->bound) {
        queue_push_wheel(queue, key);
        return;
    }
    front_insert(&queue->front, key);
    if (front_count(&queue->front) >= queue->spill) {
        queue_spill(queue);
    }
}

/* The earliest key, EVENT_KEY_NEVER if it is known to be later than `horizon`. */
static inline EventKey queue_peek(Queue *queue, uint64_t horizon)
{
    if (queue->front.head == queue->front.tail && queue->due <= horizon) {
        queue_refill(queue, horizon);
    }
    return queue->front.keys[queue->front.head];
}

/* Removes the key that queue_peek returned. */
static inline void queue_pop(Queue *queue)
{
    const EventKey *ahead = &queue->front.keys[++queue->front.head + 7];
    BITS_PREFETCH(queue->slab->records + event_key_slot(*ahead));
}

#endif
