/* lane.c - see lane.h. */
#include "sim/kernel/afloat.h"

/* Makes an own record: an empty ring. */
static void lanes_own(Lanes *lanes, uint32_t end)
{
    lanes->own[end] = lane_at(lanes->slab.records, end);
    *lanes->own[end] = (LaneRecord){
        .who = RECORD_NOBODY, .next = end, .previous = end, .time = EVENT_KEY_NEVER.time};
}

bool lanes_init(Lanes *lanes, uint32_t events_max)
{
    *lanes = (Lanes){0};
    lanes->heads[0].time = LANE_POSTPONED;
    bool room = record_slab_init(&lanes->slab, sizeof(LaneRecord), events_max, LANES_AFLOAT);
    if (room) {
        lanes_own(lanes, LANES_AFLOAT);
        room = afloat_init(&lanes->afloat, events_max);
    }
    return room;
}

void lanes_clear(Lanes *lanes)
{
    record_slab_clear(&lanes->slab);
    afloat_clear(&lanes->afloat);
}

size_t lanes_memory_bytes(const Lanes *lanes)
{
    return record_slab_memory_bytes(&lanes->slab) + afloat_memory_bytes(&lanes->afloat);
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
    lanes_own(lanes, lanes->count + 1);
    lanes->delays[lanes->count] = delay;
    return lanes->count++;
}

/* The order of the event whose key a head is. */
static uint64_t lanes_order(const Lanes *lanes, const LaneHead *head)
{
    uint64_t sequence = lane_at(lanes->slab.records, lane_slot(head->link))->sequence;
    return sequence << 32 | head->link;
}

bool lanes_win_tie(Lanes *lanes, EventKey key)
{
    while (lanes->busy > 0 && !lanes_are_exact(lanes)) {
        lanes_advance(lanes);
    }
    return lanes->heads[0].time == key.time && lanes->busy > 0 &&
           lanes_order(lanes, &lanes->heads[0]) < key.order;
}

/* Of two lanes' events of one instant, that of the longer delay was scheduled before the other. Of
 * one that was afloat only its order tells; what is but a bound is looked at first. */
static bool lanes_is_before(const Lanes *lanes, const LaneHead *head, const LaneHead *other)
{
    if (head->time != other->time) {
        return head->time < other->time;
    }
    if (head->end == LANES_AFLOAT || other->end == LANES_AFLOAT) {
        return other->own->next == 0 && lanes_order(lanes, head) < lanes_order(lanes, other);
    }
    return lanes->delays[head->end - 1] > lanes->delays[other->end - 1];
}

/* Where a head belongs among those behind `rank`. */
static uint32_t lanes_rank(const Lanes *lanes, const LaneHead *head, uint32_t rank)
{
    while (!lanes_is_before(lanes, head, &lanes->heads[rank + 1])) {
        rank++;
    }
    return rank;
}

/* Puts the head of a lane where it belongs; the first place is free. Among heads of one instant
 * there may be mere bounds, before what was afloat whatever their order: so what was afloat is
 * looked for behind those, too. */
static void lanes_put(Lanes *lanes, uint32_t end)
{
    LaneHead *heads = lanes->heads;
    LaneRecord *own = lanes->own[end];
    LaneHead head = {.own = own, .end = end, .link = own->next};
    head.time = lane_at(lanes->slab.records, lane_slot(head.link))->time;
    own->next = 0;
    uint32_t rank = lanes_rank(lanes, &head, 0);
    for (uint32_t other = rank + 1; heads[other].time == head.time; other++) {
        if (heads[other].end == LANES_AFLOAT && !lanes_is_before(lanes, &head, &heads[other])) {
            rank = lanes_rank(lanes, &head, other);
        }
    }
    memmove(heads, heads + 1, rank * sizeof *heads);
    heads[rank] = head;
}

/* Lets the head of a lane that has none join. */
static void lanes_join(Lanes *lanes, uint32_t end)
{
    lanes->awake |= UINT64_C(1) << end;
    for (uint32_t rank = ++lanes->busy; rank > 0; rank--) {
        lanes->heads[rank] = lanes->heads[rank - 1];
    }
    lanes_put(lanes, end);
}

/* A head leaves. */
static void lanes_sleep(Lanes *lanes, uint32_t rank)
{
    lanes->awake &= ~(UINT64_C(1) << lanes->heads[rank].end);
    for (; rank < lanes->busy; rank++) {
        lanes->heads[rank] = lanes->heads[rank + 1];
    }
    lanes->busy--;
}

/* What was postponed leaves the front of a lane. */
static void lanes_strip(Lanes *lanes, uint32_t end)
{
    char *records = lanes->slab.records;
    LaneRecord *own = lanes->own[end];
    for (;;) {
        uint32_t slot = lane_slot(own->next);
        LaneRecord *record = lane_at(records, slot);
        if (slot == end || record->time < LANE_POSTPONED) {
            return;
        }
        own->next = record->next;
        lane_set_previous(lane_at(records, lane_slot(record->next)), end);
        afloat_push(&lanes->afloat, records, slot);
    }
}

/* The earliest event afloat, if there is any, stands in a list of its own. */
static void lanes_pull(Lanes *lanes)
{
    LaneRecord *own = lanes->own[LANES_AFLOAT];
    own->next = afloat_pop(&lanes->afloat, lanes->slab.records);
    if (own->next == 0) {
        own->next = LANES_AFLOAT;
        return;
    }
    LaneRecord *record = lane_at(lanes->slab.records, lane_slot(own->next));
    record->next = LANES_AFLOAT;
    record->previous = LANES_AFLOAT;
    own->previous = lane_slot(own->next);
}

/* The rank of what stands for those afloat; it is there. */
static uint32_t lanes_find_float(const Lanes *lanes)
{
    uint32_t rank = 0;
    while (lanes->heads[rank].end != LANES_AFLOAT) {
        rank++;
    }
    return rank;
}

/* More are afloat: the one that stands for them goes back to them. */
static void lanes_recall(Lanes *lanes)
{
    uint32_t rank = lanes_find_float(lanes);
    LaneRecord *own = lanes->own[LANES_AFLOAT];
    if (own->next == 0) {
        uint32_t link = lanes->heads[rank].link;
        LaneRecord *record = lane_at(lanes->slab.records, lane_slot(link));
        record->time |= LANE_POSTPONED;
        record->previous |= link & ~LANE_SLOT_MASK;
        own->next = link;
    }
    lanes_sleep(lanes, rank);
    lanes_strip(lanes, LANES_AFLOAT);
}

/* Sees to it that the earliest event afloat has a head. */
static void lanes_refloat(Lanes *lanes)
{
    if (lanes->awake >> LANES_AFLOAT & 1) {
        lanes_recall(lanes);
    }
    lanes_pull(lanes);
    if (lanes->own[LANES_AFLOAT]->next != LANES_AFLOAT) {
        lanes_join(lanes, LANES_AFLOAT);
    }
}

/* A lane's next head is of the instant of what stands for those afloat, but is a mere bound: that
 * is settled first, so that its order is known. */
static void lanes_meet_float(Lanes *lanes, uint32_t end)
{
    bool exact = lanes->own[LANES_AFLOAT]->next == 0;
    if (exact || !(lanes->awake >> LANES_AFLOAT & 1)) {
        return;
    }
    uint64_t time = lane_at(lanes->slab.records, lane_slot(lanes->own[end]->next))->time;
    if (lanes->heads[lanes_find_float(lanes)].time == time) {
        lanes_refloat(lanes);
    }
}

void lanes_wake(Lanes *lanes, uint32_t end)
{
    if (lanes->awake >> end & 1) {
        return; /* the head of an event that was cancelled is still there */
    }
    lanes_meet_float(lanes, end);
    lanes_join(lanes, end);
}

void lanes_advance(Lanes *lanes)
{
    uint32_t end = lanes->heads[0].end;
    if (end == LANES_AFLOAT) {
        lanes_refloat(lanes);
        return;
    }
    uint32_t afloat = lanes->afloat.count;
    lanes_strip(lanes, end);
    bool grew = lanes->afloat.count > afloat;
    if (lanes->own[end]->next == end) {
        lanes_sleep(lanes, 0);
    } else {
        lanes_meet_float(lanes, end);
        lanes_put(lanes, end);
    }
    if (grew) {
        lanes_refloat(lanes);
    }
}

void lanes_look_again(Lanes *lanes, uint32_t end, uint32_t slot)
{
    lanes->own[end]->next = slot;
}

void lanes_cancel_afloat(Lanes *lanes, uint32_t slot)
{
    afloat_remove(&lanes->afloat, lanes->slab.records, slot);
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
