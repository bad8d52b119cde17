/* lane.c - see lane.h. */
#include "sim/kernel/lane.h"

bool lanes_init(Lanes *lanes, uint32_t events_max)
{
    *lanes = (Lanes){0};
    lanes->heads[0].time = EVENT_KEY_NEVER.time;
    return record_slab_init(&lanes->slab, sizeof(LaneRecord), events_max, KERNEL_LANES_MAX);
}

void lanes_clear(Lanes *lanes)
{
    record_slab_clear(&lanes->slab);
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
    uint32_t end = lanes->count + 1;
    *lane_at(lanes->slab.records, end) = (LaneRecord){
        .who = RECORD_NO_TARGET, .next = end, .previous = end, .time = EVENT_KEY_NEVER.time};
    lanes->delays[lanes->count] = delay;
    return lanes->count++;
}

/* The sequence number of a lane's head, as in a key. */
static uint64_t lanes_order(const Lanes *lanes, uint32_t lane)
{
    uint32_t link = lane_at(lanes->slab.records, lane + 1)->next;
    uint64_t sequence = lane_at(lanes->slab.records, lane_slot(link))->sequence;
    return (uint64_t)(link >> EVENT_KEY_SLOT_BITS) << 56 | sequence << EVENT_KEY_SLOT_BITS;
}

bool lanes_win_tie(const Lanes *lanes, EventKey key)
{
    return lanes->busy > 0 && lanes_order(lanes, lanes->heads[0].lane) < key.order;
}

/* Puts the head of a lane where it belongs: at `rank` or behind. */
static void lanes_put(Lanes *lanes, uint32_t lane, uint32_t rank)
{
    LaneHead *heads = lanes->heads;
    uint32_t slot = lane_slot(lane_at(lanes->slab.records, lane + 1)->next);
    uint64_t time = lane_at(lanes->slab.records, slot)->time;
    for (;; rank++) {
        const LaneHead *next = &heads[rank + 1];
        bool tie = next->time == time;
        if (tie ? lanes_order(lanes, lane) < lanes_order(lanes, next->lane) : time < next->time) {
            break;
        }
        heads[rank] = *next;
    }
    heads[rank] = (LaneHead){time, slot, lane};
}

void lanes_wake(Lanes *lanes, LaneId lane)
{
    LaneHead *heads = lanes->heads;
    for (uint32_t rank = ++lanes->busy; rank > 0; rank--) {
        heads[rank] = heads[rank - 1];
    }
    lanes_put(lanes, lane, 0);
}

/* The lane at `rank` is empty: its head leaves. */
static void lanes_sleep(Lanes *lanes, uint32_t rank)
{
    for (; rank < lanes->busy; rank++) {
        lanes->heads[rank] = lanes->heads[rank + 1];
    }
    lanes->busy--;
}

void lanes_advance(Lanes *lanes, uint32_t rank)
{
    uint32_t lane = lanes->heads[rank].lane;
    if (lane_at(lanes->slab.records, lane + 1)->next == lane + 1) {
        lanes_sleep(lanes, rank);
    } else {
        lanes_put(lanes, lane, rank);
    }
}

void lanes_behead(Lanes *lanes, LaneId lane)
{
    uint32_t rank = 0;
    while (lanes->heads[rank].lane != lane) {
        rank++;
    }
    lanes_advance(lanes, rank);
}
