/* queue.c - see queue.h. */
#include "sim/kernel/queue.h"

/* Chosen by measurement (tests/bench). A bucket is opened when it holds at most a share of all
 * keys: the larger the front, the more pushes fall into it and must be inserted. */
#define QUEUE_OPEN_SHARE 8u
#define QUEUE_OPEN_MIN   24u
#define QUEUE_OPEN_MAX   256u
#define QUEUE_GATHER     8u /* neighbours are opened together until this many keys */
#define QUEUE_SPILL_MIN  32u
#define QUEUE_EARLY_KEYS 32u

#define QUEUE_SLAB_KEYS (FRONT_CAPACITY + FRONT_AHEAD + QUEUE_OPEN_MAX + CHUNK_KEYS)

bool queue_init(Queue *queue, ChunkStore *store, RecordSlab *slab)
{
    queue->spill = QUEUE_SPILL_MIN;
    queue->dead = 0;
    queue->slab = slab;
    slab_init(&queue->keys_slab, QUEUE_SLAB_KEYS * sizeof(EventKey));
    bool room =
        wheel_init(&queue->wheel, store) && tournament_init(&queue->few) && queue->keys_slab.base;
    if (room) {
        front_init(&queue->front, queue->keys_slab.base);
        queue->front.bound = 0;
        queue->front.head = queue->few.nodes + 1;
        queue->front.tail = queue->front.head;
        queue->spare = queue->front.keys + FRONT_CAPACITY + FRONT_AHEAD;
    }
    return room;
}

void queue_clear(Queue *queue)
{
    slab_clear(&queue->keys_slab);
    tournament_clear(&queue->few);
    wheel_clear(&queue->wheel);
}

size_t queue_memory_bytes(void)
{
    return QUEUE_SLAB_KEYS * sizeof(EventKey) + WHEEL_LEVELS * WHEEL_BUCKETS * sizeof(KeyList) +
           tournament_memory_bytes();
}

/* Copies the keys of a bucket out and returns how many there were. Whole chunks are copied: what
 * stands behind the last key is overwritten or not used. Records that the scout has not come to are
 * fetched; those of events that are pushed right into the front are fresh anyway. */
static uint32_t queue_unload(Queue *queue, WheelBucket bucket, EventKey *to)
{
    ChunkStore *store = queue->wheel.store;
    bool fetch = queue->wheel.keys > QUEUE_FETCH_KEYS &&
                 !scout_is_through(&queue->near, wheel_list(&queue->wheel, bucket));
    KeyList keys = wheel_detach(&queue->wheel, bucket);
    uint32_t total = 0;
    while (keys.tail) {
        memcpy(to + total, store->keys + keys.head, CHUNK_KEYS * sizeof(EventKey));
        for (uint32_t i = 0; fetch && i < CHUNK_KEYS; i++) {
            scout_fetch_record(queue->slab, to[total + i]);
        }
        total += key_list_chunk_count(&keys);
        key_list_pop_chunk(store, &keys);
    }
    queue->wheel.keys -= total;
    return total;
}

/* One instant with more keys than the front takes: they are in order already; the first of them
 * move to the front, and whoever is scheduled for this instant from now on queues up behind. Until
 * they have fired, the clock stands at this instant, so nothing is inserted before them. */
static void queue_open_part(Queue *queue, WheelBucket bucket)
{
    Wheel *wheel = &queue->wheel;
    KeyList *list = wheel_list(wheel, bucket);
    uint32_t total = 0;
    while (total <= QUEUE_OPEN_MAX - CHUNK_KEYS) {
        uint32_t count = key_list_chunk_count(list);
        const EventKey *from = wheel->store->keys + list->head;
        memcpy(queue->spare + total, from, CHUNK_KEYS * sizeof(EventKey));
        key_list_pop_chunk(wheel->store, list);
        total += count;
    }
    wheel->keys -= total;
    wheel->cursor = wheel_start(wheel, bucket);
    queue->front.bound = wheel->cursor;
    front_fill(&queue->front, queue->spare, total);
}

/* Opens a bucket, and its next neighbours while they are few. */
static void queue_open(Queue *queue, WheelBucket bucket, uint32_t limit)
{
    Wheel *wheel = &queue->wheel;
    uint32_t total = queue_unload(queue, bucket, queue->spare);
    WheelBucket next = bucket;
    while (total < QUEUE_GATHER && wheel_next(wheel, &next) &&
           total + wheel_count(wheel, next, limit) <= limit) {
        total += queue_unload(queue, next, queue->spare + total);
        bucket = next;
    }
    queue->front.bound = wheel_end(wheel, bucket);
    front_fill(&queue->front, queue->spare, total);
    scout_send(&queue->near, wheel, bucket);
}

static uint32_t queue_open_limit(const Queue *queue)
{
    uint32_t limit = queue->wheel.keys / QUEUE_OPEN_SHARE;
    limit = limit < QUEUE_OPEN_MIN ? QUEUE_OPEN_MIN : limit;
    return limit < QUEUE_OPEN_MAX ? limit : QUEUE_OPEN_MAX;
}

/* Opens or spreads the first bucket. */
static void queue_open_first(Queue *queue, WheelBucket first, uint64_t horizon)
{
    Wheel *wheel = &queue->wheel;
    bool instant = wheel->shifts[first.level] == 0;
    uint32_t limit = instant ? QUEUE_OPEN_MAX : queue_open_limit(queue);
    if (wheel_count(wheel, first, limit) <= limit) {
        uint64_t start = wheel_start(wheel, first);
        queue_open(queue, first, limit);
        wheel->cursor = start;
    } else if (instant) {
        queue_open_part(queue, first);
    } else {
        scout_send(&queue->far, wheel, first);
        front_set_bound(&queue->front, wheel_spread(wheel, first, limit, horizon));
    }
}

static void queue_set_spill(Queue *queue)
{
    uint32_t count = front_count(&queue->front);
    uint32_t limit = queue_open_limit(queue);
    queue->spill = 2 * (count > limit ? count : limit) - 1;
}

/* Opens the first bucket before the front is empty, so that there is always something ahead to be
 * fetched. The cursor stays behind: the clock may still be before that bucket. */
static void queue_open_early(Queue *queue)
{
    Wheel *wheel = &queue->wheel;
    WheelBucket first = wheel_first(wheel);
    uint32_t limit = queue_open_limit(queue);
    if (wheel_count(wheel, first, limit) <= limit) {
        queue_open(queue, first, limit);
        queue_set_spill(queue);
    }
}

void queue_look_ahead(Queue *queue)
{
    scout_fetch_records(&queue->near, queue->wheel.store, queue->slab);
    scout_fetch_keys(&queue->far, queue->wheel.store);
    if (front_count(&queue->front) < QUEUE_EARLY_KEYS) {
        queue_open_early(queue);
    }
}

/* False, and the slot is released, when the key's event was cancelled. */
static bool queue_keep(Queue *queue, EventKey key)
{
    uint32_t slot = event_key_slot(key);
    EventRecord *record = record_at(queue->slab, slot);
    bool keep = record_is_pending(record);
    if (!keep) {
        record_release_dead(queue->slab, record, slot);
    }
    return keep;
}

/* Takes away the earliest key and returns it; EVENT_KEY_NEVER when none is left. */
static EventKey queue_take_few(Queue *queue)
{
    EventKey key = queue->few.nodes[1];
    uint32_t slot = event_key_slot(key);
    if (slot != 0) {
        tournament_remove(&queue->few, slot);
    }
    return key;
}

/* There are more slots than leaves: all keys go to the wheel, in order, so that those of one
 * instant stay so. */
static void queue_leave_for_wheel(Queue *queue)
{
    EventKey key = queue_take_few(queue);
    queue->front.bound = key.time;
    front_clear(&queue->front);
    for (; event_key_slot(key) != 0; key = queue_take_few(queue)) {
        wheel_push(&queue->wheel, key);
    }
    tournament_end(&queue->few);
}

/* While nothing is opened, the bound rises to where the wheel's first key may be: what is pushed
 * before that may as well go to the front. */
void queue_refill(Queue *queue, uint64_t horizon)
{
    Wheel *wheel = &queue->wheel;
    Front *front = &queue->front;
    while (front->head == front->tail && front->bound <= horizon && wheel->held) {
        WheelBucket first = wheel_first(wheel);
        front_set_bound(front, wheel_start(wheel, first));
        if (front->bound <= horizon) {
            queue_open_first(queue, first, horizon);
        }
    }
    queue_set_spill(queue);
    if (wheel->keys == 0) {
        front_set_bound(front, UINT64_MAX);
    }
}

/* Gives back the keys from the middle's instant on. Where the first half is one instant, it stays
 * and the rest goes; where all is one instant, all goes: it can then be opened in parts, and
 * whoever is scheduled for it from now on queues up in the wheel, behind. */
static void queue_spill(Queue *queue)
{
    Front *front = &queue->front;
    EventKey *at = front->head + front_count(front) / 2;
    uint64_t time = at->time;
    while (at > front->head && at[-1].time == time) {
        at--;
    }
    if (at == front->head) {
        while (at < front->tail && at->time == time) {
            at++;
        }
        at = at < front->tail ? at : front->head;
    }
    front->bound = at->time;
    for (const EventKey *key = at; key < front->tail; key++) {
        wheel_push(&queue->wheel, *key);
    }
    front_cut(front, at);
}

void queue_push(Queue *queue, uint64_t time, uint64_t order)
{
    EventKey key = {order, time};
    uint32_t slot = event_key_slot(key);
    while (queue_is_few(queue) && slot > queue->few.leaves) {
        if (!tournament_grow(&queue->few)) {
            queue_leave_for_wheel(queue);
        }
    }
    if (queue_push_quickly(queue, time, order, slot)) {
        return;
    }
    if (time >= queue->front.bound) {
        wheel_push(&queue->wheel, key);
        return;
    }
    front_insert(&queue->front, time, order);
    if (front_count(&queue->front) >= queue->spill) {
        queue_spill(queue);
    }
}

static void queue_sweep_front(Queue *queue)
{
    Front *front = &queue->front;
    EventKey *to = front->head;
    for (const EventKey *key = front->head; key < front->tail; key++) {
        if (queue_keep(queue, *key)) {
            *to++ = *key;
        }
    }
    front_cut(front, to);
}

static void queue_sweep_bucket(Queue *queue, WheelBucket bucket)
{
    Wheel *wheel = &queue->wheel;
    KeyList keys = wheel_detach(wheel, bucket);
    while (keys.tail) {
        uint32_t count = key_list_chunk_count(&keys);
        const EventKey *from = wheel->store->keys + keys.head;
        for (uint32_t i = 0; i < count; i++) {
            if (queue_keep(queue, from[i])) {
                wheel_push(wheel, from[i]);
            }
        }
        wheel->keys -= count;
        key_list_pop_chunk(wheel->store, &keys);
    }
}

void queue_sweep(Queue *queue)
{
    if (queue_is_few(queue)) {
        return; /* none are there */
    }
    queue_sweep_front(queue);
    for (uint32_t level = 0; level < WHEEL_LEVELS; level++) {
        uint32_t count = queue->wheel.words[level] ? WHEEL_BUCKETS : 0;
        for (uint32_t index = 0; index < count; index++) {
            queue_sweep_bucket(queue, (WheelBucket){level, index});
        }
    }
    queue->dead = 0;
    if (queue->wheel.keys == 0) {
        front_set_bound(&queue->front, UINT64_MAX);
        queue->wheel.cursor = queue->front.head == queue->front.tail ? 0 : queue->wheel.cursor;
    }
}
