/* lane.c - see lane.h. */
#include "sim/kernel/lane.h"
#include "sim/kernel/bits.h"

/* Fewer blanks than this are not worth a rewrite. */
#define LANE_BLANKS_MIN 64u

void lanes_init(Lanes *lanes, ChunkStore *store, RecordSlab *slab)
{
    *lanes = (Lanes){.top = EVENT_KEY_NEVER, .store = store, .slab = slab};
}

LaneId lanes_find(Lanes *lanes, SimDuration delay)
{
    for (uint32_t lane = 0; lane < lanes->count; lane++) {
        if (lanes->lanes[lane].delay == delay) {
            return lane;
        }
    }
    if (lanes->count == KERNEL_LANES_MAX) {
        return KERNEL_NO_LANE;
    }
    lanes->lanes[lanes->count].delay = delay;
    return lanes->count++;
}

void lanes_wake(Lanes *lanes, uint32_t lane, EventKey key)
{
    uint32_t rank = lanes->busy++;
    for (; rank > 0 && event_key_is_before(key, lanes->heads[lanes->order[rank - 1]]); rank--) {
        lanes->order[rank] = lanes->order[rank - 1];
    }
    lanes->order[rank] = (uint8_t)lane;
    lanes->heads[lane] = key;
    lanes->top = lanes->heads[lanes->order[0]];
}

/* The lane at `rank` is empty: it leaves the order. */
static void lanes_sleep(Lanes *lanes, uint32_t rank)
{
    lanes->busy--;
    for (; rank < lanes->busy; rank++) {
        lanes->order[rank] = lanes->order[rank + 1];
    }
    lanes->top = lanes->busy > 0 ? lanes->heads[lanes->order[0]] : EVENT_KEY_NEVER;
}

/* Finds the new head of the lane at `rank`, past blanks, and its new rank: it can only be later. */
void lanes_advance(Lanes *lanes, uint32_t rank)
{
    uint32_t lane = lanes->order[rank];
    Lane *self = &lanes->lanes[lane];
    KeyList *keys = &self->keys;
    EventKey head;
    for (;;) {
        if (keys->pushed == keys->popped) {
            lanes_sleep(lanes, rank);
            return;
        }
        head = lanes->store->keys[key_list_head(keys)];
        if (BITS_LIKELY(event_key_slot(head) != 0)) {
            break;
        }
        self->blanks--;
        key_list_pop(lanes->store, keys);
    }
    uint32_t last = lanes->busy - 1;
    for (; rank < last && event_key_is_before(lanes->heads[lanes->order[rank + 1]], head); rank++) {
        lanes->order[rank] = lanes->order[rank + 1];
    }
    lanes->order[rank] = (uint8_t)lane;
    lanes->heads[lane] = head;
    lanes->top = lanes->heads[lanes->order[0]];
}

/* Moves the pending keys to new chunks, in their order; their records learn the new places. */
void lanes_compact(Lanes *lanes, uint32_t lane)
{
    Lane *self = &lanes->lanes[lane];
    KeyList fresh = {0};
    while (self->keys.pushed != self->keys.popped) {
        EventKey key = lanes->store->keys[key_list_head(&self->keys)];
        key_list_pop(lanes->store, &self->keys);
        uint32_t slot = event_key_slot(key);
        if (slot != 0) {
            uint32_t place = key_list_append(lanes->store, &fresh, key);
            lanes->slab->records[slot].place = lane << LANE_PLACE_BITS | place;
        }
    }
    self->keys = fresh;
    self->blanks = 0;
}

static uint32_t lanes_rank(const Lanes *lanes, uint32_t lane)
{
    uint32_t rank = 0;
    while (lanes->order[rank] != lane) {
        rank++;
    }
    return rank;
}

void lanes_cancel(Lanes *lanes, uint32_t record_place)
{
    uint32_t lane = record_place >> LANE_PLACE_BITS;
    uint32_t place = record_place & ((UINT32_C(1) << LANE_PLACE_BITS) - 1);
    Lane *self = &lanes->lanes[lane];
    lanes->store->keys[place].order = 0;
    self->blanks++;
    if (place == key_list_head(&self->keys)) {
        lanes_advance(lanes, lanes_rank(lanes, lane));
    } else if (self->blanks > LANE_BLANKS_MIN &&
               self->blanks > key_list_count(&self->keys) - self->blanks) {
        lanes_compact(lanes, lane);
    }
}
