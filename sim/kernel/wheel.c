/* wheel.c - see wheel.h. */
#include "sim/kernel/wheel.h"

/* Keys a bucket should get when another one is spread, and the fewest bits that are worth it. */
#define WHEEL_BUCKET_KEYS 16u
#define WHEEL_BITS_MIN    3u

/* Gives the bits [low, high) to one level. */
static void wheel_set_level(Wheel *wheel, uint32_t level, uint32_t low, uint32_t high)
{
    wheel->shifts[level] = (uint8_t)low;
    for (uint32_t bit = low; bit < high; bit++) {
        wheel->level_of_bit[bit] = (WheelLevel){(uint8_t)level, (uint8_t)low};
    }
}

/* Gives the bits [low, high) to levels from `level` on, six at a time from above; returns the next
 * free level. */
static uint32_t wheel_set_levels(Wheel *wheel, uint32_t level, uint32_t low, uint32_t high)
{
    while (high > low) {
        uint32_t bits = high - low < WHEEL_LEVEL_BITS ? high - low : WHEEL_LEVEL_BITS;
        wheel_set_level(wheel, level++, high - bits, high);
        high -= bits;
    }
    return level;
}

void wheel_init(Wheel *wheel, ChunkStore *store)
{
    wheel->store = store;
    wheel_set_levels(wheel, 0, 0, 64);
}

WheelBucket wheel_first(const Wheel *wheel)
{
    uint32_t level = bits_highest(wheel->held);
    return (WheelBucket){level, bits_lowest(wheel->filled[level])};
}

bool wheel_next(const Wheel *wheel, WheelBucket *bucket)
{
    uint64_t later = wheel->filled[bucket->level] & ~((UINT64_C(2) << bucket->index) - 1);
    if (later == 0) {
        return false;
    }
    bucket->index = bits_lowest(later);
    return true;
}

uint64_t wheel_start(const Wheel *wheel, WheelBucket bucket)
{
    uint32_t shift = wheel->shifts[bucket.level];
    uint64_t above = wheel->cursor >> shift;
    above = above - above % WHEEL_BUCKETS + bucket.index;
    return above << shift;
}

uint64_t wheel_end(const Wheel *wheel, WheelBucket bucket)
{
    return wheel_start(wheel, bucket) + (UINT64_C(1) << wheel->shifts[bucket.level]);
}

KeyList wheel_detach(Wheel *wheel, WheelBucket bucket)
{
    KeyList *list = wheel_list(wheel, bucket);
    KeyList keys = *list;
    *list = (KeyList){0};
    uint64_t filled = wheel->filled[bucket.level] & ~(UINT64_C(1) << bucket.index);
    wheel->filled[bucket.level] = filled;
    wheel->held &= ~((uint32_t)(filled == 0) << bucket.level);
    wheel->keys -= keys.count;
    return keys;
}

/* All bits in which the times of a bucket's keys differ from that of the first. */
static uint64_t wheel_differences(const Wheel *wheel, const KeyList *list, uint64_t time)
{
    uint64_t differences = 0;
    uint32_t left = list->count;
    for (uint32_t place = list->head; left > 0;) {
        uint32_t count = left < CHUNK_KEYS ? left : CHUNK_KEYS;
        for (uint32_t i = 0; i < count; i++) {
            differences |= wheel->store->keys[place + i].time ^ time;
        }
        place = wheel->store->next[place / CHUNK_KEYS] * CHUNK_KEYS;
        left -= count;
    }
    return differences;
}

/* Groups the bits below level `level`, all empty, for `count` keys that differ below bit `high`. */
static void wheel_regroup(Wheel *wheel, uint32_t level, uint32_t high, uint32_t count)
{
    uint32_t bits = bits_highest(count / WHEEL_BUCKET_KEYS | 1) + 1;
    bits = bits < WHEEL_BITS_MIN ? WHEEL_BITS_MIN : bits;
    bits = bits < WHEEL_LEVEL_BITS ? bits : WHEEL_LEVEL_BITS;
    bits = bits < high ? bits : high;
    uint32_t has = high - wheel->level_of_bit[high - 1].shift;
    if (has <= bits + 1 && bits <= has + 1) {
        return; /* near enough */
    }
    uint32_t top = wheel->shifts[level];
    if (top - high + bits > WHEEL_LEVEL_BITS) {
        level = wheel_set_levels(wheel, level + 1, high, top) - 1;
        top = high;
    }
    wheel_set_level(wheel, level + 1, high - bits, top);
    wheel_set_levels(wheel, level + 2, 0, high - bits);
}

/* All keys of a bucket are of one instant: their list moves to where that instant's keys go. */
static void wheel_move_instant(Wheel *wheel, WheelBucket bucket, uint64_t time)
{
    KeyList keys = wheel_detach(wheel, bucket);
    WheelBucket to = {wheel->level_of_bit[0].level, (uint32_t)time % WHEEL_BUCKETS};
    wheel->cursor = time;
    *wheel_list(wheel, to) = keys;
    wheel->filled[to.level] |= UINT64_C(1) << to.index;
    wheel->held |= UINT32_C(1) << to.level;
    wheel->keys += keys.count;
}

uint64_t wheel_spread(Wheel *wheel, WheelBucket bucket, uint64_t horizon)
{
    const KeyList *list = wheel_list(wheel, bucket);
    uint64_t time = wheel->store->keys[list->head].time;
    uint64_t differences = wheel_differences(wheel, list, time);
    uint32_t high = differences ? bits_highest(differences) + 1 : 0;
    uint64_t start = time >> high << high;
    if (start > horizon) {
        return start;
    }
    if (high == 0) {
        wheel_move_instant(wheel, bucket, time);
        return start;
    }
    wheel_regroup(wheel, bucket.level, high, list->count);
    wheel->cursor = start;
    KeyList keys = wheel_detach(wheel, bucket);
    while (keys.count > 0) {
        uint32_t count = key_list_chunk_count(&keys);
        const EventKey *from = wheel->store->keys + keys.head;
        for (uint32_t i = 0; i < count; i++) {
            wheel_push(wheel, from[i]);
        }
        key_list_pop_chunk(wheel->store, &keys);
    }
    return start;
}
