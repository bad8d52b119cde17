/* lane.c - see lane.h. */
#include "sim/kernel/lane.h"

/* Fewer blanks than this are not worth a rewrite. */
#define LANE_BLANKS_MIN 64u

void lanes_init(Lanes *lanes, ChunkStore *store, RecordSlab *slab)
{
    *lanes = (Lanes){.store = store, .slab = slab};
    lanes->heads[0].key = EVENT_KEY_NEVER;
}

LaneId lanes_find(Lanes *lanes, SimDuration delay)
{
    for (uint32_t lane = 0; lane < lanes->count; lane++) {
        if (lanes->delays[lane] == delay) {
            return lane;
        }
    }
    if (lanes->count == KERNEL_LANES_MAX) {
        return KERNEL_NO_LANE;
    }
    lanes->delays[lanes->count] = delay;
    return lanes->count++;
}

/* The lane was idle: its head joins. */
static void lanes_wake(Lanes *lanes, uint32_t lane, uint64_t time, uint64_t order)
{
    EventKey key = {order, time};
    LaneHead *heads = lanes->heads;
    uint32_t rank = lanes->busy++;
    heads[lanes->busy].key = EVENT_KEY_NEVER;
    for (; rank > 0 && event_key_is_before(key, heads[rank - 1].key); rank--) {
        heads[rank] = heads[rank - 1];
    }
    heads[rank].lane = lane;
    event_key_put(&heads[rank].key, key.time, key.order);
}

/* The lane at `rank` is empty: its head leaves. */
static void lanes_sleep(Lanes *lanes, uint32_t rank)
{
    for (; rank < lanes->busy; rank++) {
        lanes->heads[rank] = lanes->heads[rank + 1];
    }
    lanes->busy--;
}

/* Finds the new head of the lane at `rank`, past blanks, and its new rank: it can only be later. */
void lanes_advance(Lanes *lanes, uint32_t rank)
{
    LaneHead *heads = lanes->heads;
    uint32_t lane = heads[rank].lane;
    KeyList *keys = &lanes->keys[lane];
    while (keys->tail && event_key_slot(lanes->store->keys[keys->head]) == 0) {
        lanes->counts[lane]--;
        lanes->blanks[lane]--;
        key_list_pop(lanes->store, keys);
    }
    if (keys->tail == 0) {
        lanes_sleep(lanes, rank);
        return;
    }
    EventKey key = lanes->store->keys[keys->head];
    for (; event_key_is_before(heads[rank + 1].key, key); rank++) {
        heads[rank] = heads[rank + 1];
    }
    heads[rank].lane = lane;
    event_key_put(&heads[rank].key, key.time, key.order);
}

/* The place behind `place` in a list that goes on. */
static inline uint32_t lanes_place_behind(const ChunkStore *store, uint32_t place)
{
    place++;
    return place % CHUNK_KEYS ? place : store->next[place / CHUNK_KEYS - 1] * CHUNK_KEYS;
}

/* Ends the list behind the key at `place`; the chunks behind it are free. */
static void lanes_cut(ChunkStore *store, KeyList *keys, uint32_t place)
{
    uint32_t last = (keys->tail - 1) / CHUNK_KEYS;
    uint32_t chunk = place / CHUNK_KEYS;
    uint32_t next = store->next[chunk];
    while (chunk != last) {
        chunk = next;
        next = store->next[chunk];
        chunk_give(store, chunk);
    }
    keys->tail = place + 1;
}

/* Moves the pending keys together, in their order; their records learn the new places. Each key is
 * written, and a blank written over: there is nothing to guess. The head is not a blank. */
static void lanes_compact(Lanes *lanes, uint32_t lane)
{
    ChunkStore *store = lanes->store;
    KeyList keys = lanes->keys[lane];
    uint32_t to = keys.head;
    uint32_t last = to;
    for (bool more = true; more;) {
        uint32_t end = keys.head + key_list_chunk_count(&keys);
        for (uint32_t from = keys.head; from < end; from++) {
            EventKey key = store->keys[from];
            uint32_t slot = event_key_slot(key); /* of a blank: 0, whose record nobody reads */
            uint32_t kept = slot != 0;
            event_key_put(&store->keys[to], key.time, key.order);
            lanes->slab->records[slot].place = lane << LANE_PLACE_BITS | to;
            last += (to - last) & -kept;
            to += kept;
            if (kept & (to % CHUNK_KEYS == 0)) {
                to = lanes_place_behind(store, to - 1);
            }
        }
        more = end != keys.tail;
        keys.head = more ? lanes_place_behind(store, end - 1) : 0;
    }
    lanes_cut(store, &lanes->keys[lane], last);
    lanes->counts[lane] -= lanes->blanks[lane];
    lanes->blanks[lane] = 0;
}

void lanes_push(Lanes *lanes, uint32_t lane, uint64_t time, uint64_t order)
{
    KeyList *keys = &lanes->keys[lane];
    EventKey key = {order, time};
    bool idle = keys->tail == 0;
    uint32_t place = key_list_append(lanes->store, keys, key);
    lanes->counts[lane]++;
    lanes->slab->records[event_key_slot(key)].place = lane << LANE_PLACE_BITS | place;
    if (idle) {
        lanes_wake(lanes, lane, time, order);
    }
}

static uint32_t lanes_rank(const Lanes *lanes, uint32_t lane)
{
    uint32_t rank = 0;
    while (lanes->heads[rank].lane != lane) {
        rank++;
    }
    return rank;
}

void lanes_cancel(Lanes *lanes, uint32_t record_place)
{
    uint32_t lane = record_place >> LANE_PLACE_BITS;
    uint32_t place = record_place & ((UINT32_C(1) << LANE_PLACE_BITS) - 1);
    KeyList *keys = &lanes->keys[lane];
    lanes->store->keys[place].order = 0;
    uint32_t blanks = ++lanes->blanks[lane];
    if (place == keys->head) {
        lanes_advance(lanes, lanes_rank(lanes, lane));
    } else if (blanks > LANE_BLANKS_MIN && blanks > lanes->counts[lane] / 2) {
        lanes_compact(lanes, lane);
    }
}
