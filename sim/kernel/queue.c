/* queue.c - see queue.h. */
#include "sim/kernel/queue.h"
#include <glib.h>
#include <string.h>

/* Chosen by measurement (tests/bench). A bucket is opened when it holds at most a share of all
 * keys: the larger the front, the more pushes fall into it and must be inserted. */
#define QUEUE_OPEN_SHARE 8u
#define QUEUE_OPEN_MIN   24u
#define QUEUE_OPEN_MAX   512u
#define QUEUE_GATHER     16u /* neighbours are opened together until this many keys */
#define QUEUE_ALL        8u  /* this few keys need no wheel */
#define QUEUE_SPILL_MIN  32u

void queue_init(Queue *queue, ChunkStore *store, RecordSlab *slab)
{
    *queue = (Queue){.bound = UINT64_MAX, .due = UINT64_MAX, .spill = QUEUE_SPILL_MIN};
    queue->store = store;
    queue->slab = slab;
    queue->spare = g_new(EventKey, FRONT_KEYS_MAX);
    front_init(&queue->front);
}

void queue_clear(Queue *queue)
{
    front_clear(&queue->front);
    g_free(queue->spare);
    queue->spare = NULL;
}

/* Takes a bucket's keys away from the wheel; the caller reads the list. */
static KeyList queue_detach(Queue *queue, uint32_t level, uint32_t bucket)
{
    KeyList keys = queue->buckets[level][bucket];
    queue->buckets[level][bucket] = (KeyList){0};
    queue->filled[level] &= ~(UINT64_C(1) << bucket);
    if (queue->filled[level] == 0) {
        queue->levels &= ~(UINT32_C(1) << level);
    }
    queue->wheel_keys -= key_list_count(&keys);
    return keys;
}

/* Gives the first chunk back after it was read: the list moves on. */
static void queue_drop_chunk(Queue *queue, KeyList *keys, uint32_t count)
{
    uint32_t chunk = keys->first;
    keys->popped += count;
    keys->first = queue->store->next[chunk];
    chunk_give(queue->store, chunk);
}

/* How many of the list's keys stand in its first chunk; the list begins at a chunk's start. */
static uint32_t queue_chunk_count(const KeyList *keys)
{
    uint32_t count = key_list_count(keys);
    return count < CHUNK_KEYS ? count : CHUNK_KEYS;
}

/* Copies the keys of a detached list out and returns how many there were. */
static uint32_t queue_unload(Queue *queue, KeyList keys, EventKey *to)
{
    uint32_t total = 0;
    while (key_list_count(&keys) > 0) {
        uint32_t count = queue_chunk_count(&keys);
        memcpy(to + total,
               queue->store->keys + (size_t)keys.first * CHUNK_KEYS,
               count * sizeof(EventKey));
        queue_drop_chunk(queue, &keys, count);
        total += count;
    }
    return total;
}

/* Spreads a bucket that begins at the cursor over finer levels, in order. */
static void queue_cascade(Queue *queue, uint32_t level, uint32_t bucket)
{
    KeyList keys = queue_detach(queue, level, bucket);
    while (key_list_count(&keys) > 0) {
        uint32_t count = queue_chunk_count(&keys);
        const EventKey *from = queue->store->keys + (size_t)keys.first * CHUNK_KEYS;
        for (uint32_t i = 0; i < count; i++) {
            queue_push_wheel(queue, from[i]);
        }
        queue_drop_chunk(queue, &keys, count);
    }
}

/* All that is pending fits into the front. */
static void queue_open_all(Queue *queue)
{
    uint32_t total = 0;
    while (queue->levels) {
        uint32_t level = bits_lowest(queue->levels);
        uint32_t bucket = bits_lowest(queue->filled[level]);
        total += queue_unload(queue, queue_detach(queue, level, bucket), queue->spare + total);
    }
    front_fill(&queue->front, queue->spare, total, queue->cursor, 1);
}

/* One instant with more keys than the front takes: they are in order already; the first of them
 * move to the front, and whoever is scheduled for this instant from now on queues up behind. */
static void queue_open_part(Queue *queue, uint32_t bucket)
{
    KeyList *keys = &queue->buckets[0][bucket];
    uint32_t total = 0;
    while (total < QUEUE_OPEN_MAX) {
        memcpy(queue->spare + total,
               queue->store->keys + (size_t)keys->first * CHUNK_KEYS,
               CHUNK_KEYS * sizeof(EventKey));
        queue_drop_chunk(queue, keys, CHUNK_KEYS);
        total += CHUNK_KEYS;
    }
    queue->wheel_keys -= total;
    queue->bound = queue->cursor;
    front_fill(&queue->front, queue->spare, total, queue->cursor, 1);
}

/* Start of a bucket at or after the cursor. */
static uint64_t queue_start(const Queue *queue, uint32_t level, uint32_t bucket)
{
    uint32_t shift = 6 * level;
    uint64_t above = shift + 6 < 64 ? queue->cursor >> (shift + 6) << (shift + 6) : 0;
    return above | (uint64_t)bucket << shift;
}

/* Opens the bucket at the cursor, and its next neighbours while they are few. */
static void queue_open(Queue *queue, uint32_t level, uint32_t bucket, uint32_t limit)
{
    uint32_t total = 0;
    for (;;) {
        total += queue_unload(queue, queue_detach(queue, level, bucket), queue->spare + total);
        queue->bound = queue_start(queue, level, bucket) + (UINT64_C(1) << (6 * level));
        uint64_t later = queue->filled[level];
        if (total >= QUEUE_GATHER || later == 0) {
            break;
        }
        bucket = bits_lowest(later);
        if (total + key_list_count(&queue->buckets[level][bucket]) > limit) {
            break;
        }
    }
    uint64_t span = queue->bound - queue->cursor;
    front_fill(&queue->front, queue->spare, total, queue->cursor, span);
}

static uint32_t queue_open_limit(const Queue *queue)
{
    uint32_t limit = queue->wheel_keys / QUEUE_OPEN_SHARE;
    limit = limit < QUEUE_OPEN_MIN ? QUEUE_OPEN_MIN : limit;
    return limit < QUEUE_OPEN_MAX ? limit : QUEUE_OPEN_MAX;
}

/* The bucket at the cursor goes to the front, or, too full, to finer buckets (then false). */
static bool queue_open_or_cascade(Queue *queue, uint32_t level, uint32_t bucket)
{
    uint32_t limit = level == 0 ? QUEUE_OPEN_MAX : queue_open_limit(queue);
    if (queue->wheel_keys <= QUEUE_ALL) {
        queue_open_all(queue);
    } else if (key_list_count(&queue->buckets[level][bucket]) <= limit) {
        queue_open(queue, level, bucket, limit);
    } else if (level == 0) {
        queue_open_part(queue, bucket);
    } else {
        queue_cascade(queue, level, bucket);
        return false;
    }
    return true;
}

void queue_refill(Queue *queue, uint64_t horizon)
{
    bool opened = false;
    while (!opened) {
        uint32_t level = bits_lowest(queue->levels);
        uint32_t bucket = bits_lowest(queue->filled[level]);
        uint64_t start = queue_start(queue, level, bucket);
        queue->due = start;
        if (start > horizon) {
            return;
        }
        queue->cursor = start;
        opened = queue_open_or_cascade(queue, level, bucket);
    }
    uint32_t count = front_count(&queue->front);
    uint32_t limit = queue_open_limit(queue);
    queue->spill = 2 * (count > limit ? count : limit) - 1;
    bool empty = queue->levels == 0;
    queue->due = empty ? UINT64_MAX : queue->bound;
    queue->bound = empty ? UINT64_MAX : queue->bound;
}

/* Gives back the keys from the middle's instant on. Where the first half is one instant, it stays
 * and the rest goes; where all is one instant, nothing moves, but that instant is closed: whoever
 * is scheduled for it from now on queues up in the wheel, behind. */
void queue_spill(Queue *queue)
{
    Front *front = &queue->front;
    const EventKey *keys = front->keys;
    uint32_t at = front->head + front_count(front) / 2;
    uint64_t time = keys[at].time;
    while (at > front->head && keys[at - 1].time == time) {
        at--;
    }
    if (at == front->head) {
        while (at < front->tail && keys[at].time == time) {
            at++;
        }
    }
    queue->bound = at < front->tail ? keys[at].time : time;
    for (uint32_t i = at; i < front->tail; i++) {
        queue_push_wheel(queue, keys[i]);
    }
    front_cut(front, at);
}

/* False, and the slot is released, when the key's event was cancelled. */
static bool queue_keep(Queue *queue, EventKey key)
{
    uint32_t slot = event_key_slot(key);
    bool keep = record_is_pending(&queue->slab->records[slot]);
    if (!keep) {
        record_release_dead(queue->slab, slot);
    }
    return keep;
}

static void queue_sweep_front(Queue *queue)
{
    Front *front = &queue->front;
    uint32_t to = front->head;
    for (uint32_t i = front->head; i < front->tail; i++) {
        if (queue_keep(queue, front->keys[i])) {
            front->keys[to++] = front->keys[i];
        }
    }
    front_cut(front, to);
}

static void queue_sweep_bucket(Queue *queue, uint32_t level, uint32_t bucket)
{
    KeyList keys = queue_detach(queue, level, bucket);
    while (key_list_count(&keys) > 0) {
        uint32_t count = queue_chunk_count(&keys);
        const EventKey *from = queue->store->keys + (size_t)keys.first * CHUNK_KEYS;
        for (uint32_t i = 0; i < count; i++) {
            if (queue_keep(queue, from[i])) {
                queue_push_wheel(queue, from[i]);
            }
        }
        queue_drop_chunk(queue, &keys, count);
    }
}

void queue_sweep(Queue *queue)
{
    queue_sweep_front(queue);
    for (uint32_t level = 0; level < QUEUE_LEVELS; level++) {
        for (uint64_t left = queue->filled[level]; left; left &= left - 1) {
            queue_sweep_bucket(queue, level, bits_lowest(left));
        }
    }
    queue->dead = 0;
}
