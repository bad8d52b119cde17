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
    lanes->own[end] = lane_at(lanes->slab.records, end);
    *lanes->own[end] = (LaneRecord){
        .who = RECORD_NOBODY, .next = end, .previous = end, .time = EVENT_KEY_NEVER.time};
    lanes->delays[lanes->count] = delay;
    return lanes->count++;
}

bool lanes_win_tie(Lanes *lanes, EventKey key)
{
    while (lanes->busy > 0 && !lanes_are_exact(lanes)) {
        lanes_advance(lanes);
    }
    uint32_t link = lanes->heads[0].link;
    uint64_t sequence = lane_at(lanes->slab.records, lane_slot(link))->sequence;
    return lanes->heads[0].time == key.time && lanes->busy > 0 &&
           (sequence << 32 | link) < key.order;
}

/* Of two lanes' events of one instant, that of the longer delay was scheduled before the other. */
static bool lanes_is_before(const Lanes *lanes, const LaneHead *head, const LaneHead *other)
{
    bool tie = head->time == other->time;
    return tie ? lanes->delays[head->end - 1] > lanes->delays[other->end - 1]
               : head->time < other->time;
}

/* Puts the head of a lane where it belongs; the first place is free. */
static void lanes_put(Lanes *lanes, uint32_t end)
{
    LaneHead *heads = lanes->heads;
    uint32_t rank = 0;
    LaneRecord *own = lanes->own[end];
    LaneHead head = {.own = own, .end = end, .link = own->next};
    head.time = lane_at(lanes->slab.records, lane_slot(head.link))->time;
    own->next = 0;
    for (; !lanes_is_before(lanes, &head, &heads[rank + 1]); rank++) {
        heads[rank] = heads[rank + 1];
    }
    heads[rank] = head;
}

void lanes_wake(Lanes *lanes, uint32_t end)
{
    if (lanes->awake >> end & 1) {
        return; /* the head of an event that was cancelled is still there */
    }
    lanes->awake |= UINT32_C(1) << end;
    for (uint32_t rank = ++lanes->busy; rank > 0; rank--) {
        lanes->heads[rank] = lanes->heads[rank - 1];
    }
    lanes_put(lanes, end);
}

/* The first lane is empty: its head leaves. */
static void lanes_sleep(Lanes *lanes)
{
    lanes->awake &= ~(UINT32_C(1) << lanes->heads[0].end);
    for (uint32_t rank = 0; rank < lanes->busy; rank++) {
        lanes->heads[rank] = lanes->heads[rank + 1];
    }
    lanes->busy--;
}

void lanes_advance(Lanes *lanes)
{
    uint32_t end = lanes->heads[0].end;
    if (lanes->heads[0].own->next == end) {
        lanes_sleep(lanes);
    } else {
        lanes_put(lanes, end);
    }
}

uint32_t lanes_first(const Lanes *lanes, LaneId lane)
{
    uint32_t end = lane + 1;
    uint32_t link = lanes->own[end]->next;
    for (uint32_t rank = 0; link == 0 && rank < lanes->busy; rank++) {
        link = lanes->heads[rank].end == end ? lanes->heads[rank].link : 0;
    }
    return link != 0 ? link : end;
}
