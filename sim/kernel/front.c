/* front.c - see front.h. Filling is a distribution sort (count, place, then a pass that exchanges
 * neighbours, for the few that share a place): its cost a key does not grow with the number of
 * keys, and keys of one instant, which arrive in order, stay in order. */
#include "sim/kernel/front.h"
#include "sim/kernel/bits.h"
#include <string.h>

#define FRONT_LINEAR_MAX 32u /* up to here stepping beats halving */
#define FRONT_RANK_MAX   48u
#define FRONT_PLACES_MAX 1024u

void front_init(Front *front, EventKey *keys)
{
    front->keys = keys;
    front->last = keys + FRONT_CAPACITY - 1;
    front->bound = UINT64_MAX;
    front_clear(front);
}

/* Moves all keys back to the start of the array. */
static void front_rebase(Front *front)
{
    uint32_t count = front_count(front);
    EventKey *start = front->keys + FRONT_START;
    memmove(start, front->head, count * sizeof(EventKey));
    front->head = start;
    front_cut(front, start + count);
}

/* The first key after (time, order). */
static EventKey *front_search(const Front *front, uint64_t time, uint64_t order)
{
    EventKey *low = front->head;
    uint32_t count = front_count(front);
    while (count > 0) {
        uint32_t half = count / 2;
        bool after = event_key_is_before(low[half], (EventKey){order, time});
        low = after ? low + half + 1 : low;
        count = after ? count - half - 1 : half;
    }
    return low;
}

static void front_insert_middle(Front *front, uint64_t time, uint64_t order)
{
    EventKey *at = front_search(front, time, order);
    size_t before = (size_t)(at - front->head);
    size_t behind = (size_t)(front->tail - at);
    if (front->head > front->keys && before < behind) {
        memmove(front->head - 1, front->head, before * sizeof(EventKey));
        front->head--;
        event_key_put(at - 1, time, order);
    } else {
        memmove(at + 1, at, behind * sizeof(EventKey));
        front_cut(front, front->tail + 1);
        event_key_put(at, time, order);
    }
}

void front_insert(Front *front, uint64_t time, uint64_t order)
{
    if (front->tail >= front->last) {
        front_rebase(front);
    }
    if (front_count(front) > FRONT_LINEAR_MAX) {
        front_insert_middle(front, time, order);
        return;
    }
    EventKey *at = front->tail;
    EventKey *head = front->head;
    front_cut(front, at + 1);
    for (; at > head && time < at[-1].time; at--) {
        EventKey key = event_key_get(at - 1);
        event_key_put(at, key.time, key.order);
    }
    event_key_put(at, time, order);
}

/* Puts every key where it belongs. */
static void front_sort(EventKey *keys, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        EventKey key = keys[i];
        uint32_t at = i;
        for (; at > 0 && key.time < keys[at - 1].time; at--) {
            keys[at] = keys[at - 1];
        }
        event_key_put(&keys[at], key.time, key.order);
    }
}

/* The same where nearly all are within one place of it: of each two the later is carried on, with
 * nothing to guess, and then all is mostly well. */
static void front_settle(EventKey *keys, uint32_t count)
{
    EventKey carried = keys[0];
    uint64_t last = 0;
    uint32_t wrong = 0;
    for (uint32_t i = 1; i < count; i++) {
        EventKey key = keys[i];
        uint64_t keep = -(uint64_t)(carried.time <= key.time);
        uint64_t time_swap = (carried.time ^ key.time) & keep;
        uint64_t order_swap = (carried.order ^ key.order) & keep;
        uint64_t time = key.time ^ time_swap;
        event_key_put(&keys[i - 1], time, key.order ^ order_swap);
        carried.time ^= time_swap;
        carried.order ^= order_swap;
        wrong |= time < last;
        last = time;
    }
    event_key_put(&keys[count - 1], carried.time, carried.order);
    if (wrong) {
        front_sort(keys, count);
    }
}

/* Four numbers at a time. */
typedef int32_t FrontRanks __attribute__((vector_size(16)));
#define FRONT_RANKS      4u
#define FRONT_INDEX_BITS 6u  /* of FRONT_RANK_MAX */
#define FRONT_TIME_BITS  25u /* what an int32_t has besides, and no sign */

/* Adds up, for each of 4 * `blocks` numbers, how many of the first `count` are smaller. */
static inline void
front_count_smaller(FrontRanks *ranks, const FrontRanks *numbers, uint32_t count, uint32_t blocks)
{
    const int32_t *each = (const int32_t *)numbers;
    for (uint32_t block = 0; block < blocks; block++) {
        ranks[block] = (FrontRanks){0};
    }
    for (uint32_t j = 0; j < count; j++) {
        FrontRanks other = {each[j], each[j], each[j], each[j]};
        for (uint32_t block = 0; block < blocks; block++) {
            ranks[block] -= other < numbers[block];
        }
    }
}

/* The bits in which the keys' times differ, and all below them. */
static uint64_t front_span(const EventKey *keys, uint32_t count)
{
    uint64_t differences = 1;
    for (uint32_t i = 1; i < count; i++) {
        differences |= keys[i].time ^ keys[0].time;
    }
    return (UINT64_C(2) << bits_highest(differences)) - 1;
}

/* Few keys: the place of each is how many come before it. All are compared with all, and nothing
 * is guessed. What is compared are the times, as far as they differ and have room, and below them
 * the order of arrival. */
static void front_rank(EventKey *to, const EventKey *from, uint32_t count)
{
    FrontRanks numbers[FRONT_RANK_MAX / FRONT_RANKS];
    FrontRanks ranks[FRONT_RANK_MAX / FRONT_RANKS];
    int32_t *number = (int32_t *)numbers;
    uint64_t span = front_span(from, count);
    uint32_t bits = bits_highest(span) + 1;
    uint32_t shift = bits > FRONT_TIME_BITS ? bits - FRONT_TIME_BITS : 0;
    for (uint32_t i = 0; i < count; i++) {
        number[i] = (int32_t)((from[i].time & span) >> shift << FRONT_INDEX_BITS | i);
    }
    if (count <= FRONT_RANK_MAX / 3) {
        front_count_smaller(ranks, numbers, count, FRONT_RANK_MAX / FRONT_RANKS / 3);
    } else if (count <= FRONT_RANK_MAX / 3 * 2) {
        front_count_smaller(ranks, numbers, count, FRONT_RANK_MAX / FRONT_RANKS / 3 * 2);
    } else {
        front_count_smaller(ranks, numbers, count, FRONT_RANK_MAX / FRONT_RANKS);
    }
    const int32_t *rank = (const int32_t *)ranks;
    for (uint32_t i = 0; i < count; i++) {
        to[rank[i]] = from[i];
    }
    if (shift > 0) {
        front_sort(to, count);
    }
}

/* Eight counts at a time. */
typedef uint16_t FrontCounts __attribute__((vector_size(16)));
#define FRONT_COUNTS 8u

/* To each count all before it are added; some behind the last may be written, too. */
static void front_add_up(uint16_t *counts, uint32_t count)
{
    const FrontCounts none = {0};
    FrontCounts sum = {0};
    for (uint32_t i = 0; i < count; i += FRONT_COUNTS) {
        FrontCounts some;
        memcpy(&some, counts + i, sizeof some);
        some += __builtin_shufflevector(none, some, 0, 8, 9, 10, 11, 12, 13, 14);
        some += __builtin_shufflevector(none, some, 0, 0, 8, 9, 10, 11, 12, 13);
        some += __builtin_shufflevector(none, some, 0, 0, 0, 0, 8, 9, 10, 11);
        some += sum;
        memcpy(counts + i, &some, sizeof some);
        sum = (FrontCounts){some[7], some[7], some[7], some[7], some[7], some[7], some[7], some[7]};
    }
}

/* Spreads `from` over `to` by time, two to four places a key; equal times keep their order. */
static void front_spread(EventKey *to, const EventKey *from, uint32_t count)
{
    uint64_t start = from[0].time;
    uint64_t end = from[0].time;
    for (uint32_t i = 1; i < count; i++) {
        uint64_t time = from[i].time;
        start = time < start ? time : start;
        end = time > end ? time : end;
    }
    uint32_t bits = bits_highest((end - start) | 1) + 1;
    uint32_t wanted = bits_highest(count) + 2;
    uint32_t shift = bits > wanted ? bits - wanted : 0;
    uint32_t places = (uint32_t)((end - start) >> shift) + 1;
    uint16_t ends[FRONT_PLACES_MAX + 1 + FRONT_COUNTS];
    memset(ends, 0, (places + 1 + FRONT_COUNTS) * sizeof ends[0]);
    for (uint32_t i = 0; i < count; i++) {
        ends[((from[i].time - start) >> shift) + 1]++;
    }
    front_add_up(ends, places + 1);
    for (uint32_t i = 0; i < count; i++) {
        to[ends[(from[i].time - start) >> shift]++] = from[i];
    }
}

void front_fill(Front *front, const EventKey *keys, uint32_t count)
{
    EventKey *to = front->keys + FRONT_START;
    uint32_t left = front_count(front);
    memmove(to - left, front->head, left * sizeof(EventKey));
    if (count <= FRONT_RANK_MAX) {
        front_rank(to, keys, count);
    } else {
        front_spread(to, keys, count);
        front_settle(to, count);
    }
    front->head = to - left;
    front_cut(front, to + count);
}
