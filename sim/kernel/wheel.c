/* wheel.c - see wheel.h. */
#include "sim/kernel/wheel.h"
#include <glib.h>

#define WHEEL_BITS_MIN   3u /* fewer are not worth a level */
#define WHEEL_BITS_SPARE 2u /* a level may be finer by this much */
#define WHEEL_SHARE      4u /* a finer bucket gets so much less than may be opened */
/* Further down no level is parted, so that there are always enough. */
#define WHEEL_PARTED_LEVELS (WHEEL_LEVELS / 4)

/* Gives the bits [low, high) to one level. */
static void wheel_set_level(Wheel *wheel, uint32_t level, uint32_t low, uint32_t high)
{
    g_assert(level < WHEEL_LEVELS);
    wheel->shifts[level] = (uint8_t)low;
    wheel->parted &= ~(UINT32_C(1) << level);
    for (uint32_t bit = low; bit < high; bit++) {
        wheel->level_of_bit[bit] = (WheelLevel){(uint16_t)(level * WHEEL_BUCKETS), (uint16_t)low};
    }
}

/* Gives the bits [low, high) to levels from `level` on, eight at a time from above; returns the
 * next free level. */
static uint32_t wheel_set_levels(Wheel *wheel, uint32_t level, uint32_t low, uint32_t high)
{
    while (high > low) {
        uint32_t bits = high - low < WHEEL_LEVEL_BITS ? high - low : WHEEL_LEVEL_BITS;
        wheel_set_level(wheel, level++, high - bits, high);
        high -= bits;
    }
    return level;
}

bool wheel_init(Wheel *wheel, ChunkStore *store)
{
    wheel->store = store;
    slab_init(&wheel->slab, WHEEL_LEVELS * WHEEL_BUCKETS * sizeof(KeyList));
    wheel->buckets = wheel->slab.base;
    wheel_set_levels(wheel, 0, 0, 64);
    return wheel->buckets != NULL;
}

void wheel_clear(Wheel *wheel)
{
    slab_clear(&wheel->slab);
    wheel->buckets = NULL;
}

WheelBucket wheel_first(const Wheel *wheel)
{
    uint32_t level = bits_highest(wheel->held);
    uint32_t word = bits_lowest(wheel->words[level]);
    return (WheelBucket){level, word * 64 + bits_lowest(wheel->filled[level][word])};
}

bool wheel_next(const Wheel *wheel, WheelBucket *bucket)
{
    uint32_t word = bucket->index / 64;
    uint64_t later = wheel->filled[bucket->level][word];
    later &= ~((UINT64_C(2) << bucket->index % 64) - 1);
    while (later == 0 && ++word < WHEEL_WORDS) {
        later = wheel->filled[bucket->level][word];
    }
    if (later == 0) {
        return false;
    }
    bucket->index = word * 64 + bits_lowest(later);
    return true;
}

/* The last bucket of a level that holds keys. */
static uint32_t wheel_last_index(const Wheel *wheel, uint32_t level)
{
    uint32_t word = bits_highest(wheel->words[level]);
    return word * 64 + bits_highest(wheel->filled[level][word]);
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

uint32_t wheel_count(const Wheel *wheel, WheelBucket bucket, uint32_t enough)
{
    KeyList keys = wheel->buckets[bucket.level * WHEEL_BUCKETS + bucket.index];
    uint32_t last = (keys.tail - 1) / CHUNK_KEYS;
    uint32_t count = key_list_chunk_count(&keys);
    for (uint32_t chunk = keys.head / CHUNK_KEYS; chunk != last && count <= enough;) {
        chunk = wheel->store->next[chunk];
        count += chunk == last ? keys.tail - chunk * CHUNK_KEYS : CHUNK_KEYS;
    }
    return count;
}

KeyList wheel_detach(Wheel *wheel, WheelBucket bucket)
{
    KeyList *list = wheel_list(wheel, bucket);
    KeyList keys = *list;
    *list = (KeyList){0};
    uint64_t *filled = wheel->filled[bucket.level];
    uint32_t word = bucket.index / 64;
    filled[word] &= ~(UINT64_C(1) << bucket.index % 64);
    wheel->words[bucket.level] &= (uint8_t) ~((uint32_t)(filled[word] == 0) << word);
    wheel->held &= ~((uint32_t)(wheel->words[bucket.level] == 0) << bucket.level);
    return keys;
}

/* Runs ahead of whoever reads a list and fetches its keys. Where the list ends it goes astray,
 * which does no harm. */
#define WHEEL_SCOUT_CHUNKS 4u

static uint32_t wheel_scout(const Wheel *wheel, uint32_t chunk)
{
    chunk = wheel->store->next[chunk];
    const EventKey *keys = &wheel->store->keys[chunk * CHUNK_KEYS];
    BITS_PREFETCH(keys);
    BITS_PREFETCH(keys + CHUNK_KEYS / 2);
    return chunk;
}

static uint32_t wheel_scout_from(const Wheel *wheel, KeyList keys)
{
    uint32_t chunk = keys.head / CHUNK_KEYS;
    for (uint32_t i = 0; i < WHEEL_SCOUT_CHUNKS; i++) {
        chunk = wheel_scout(wheel, chunk);
    }
    return chunk;
}

/* All bits in which the times of a list's keys differ from `time`; counts the keys. */
static uint64_t
wheel_differences(const Wheel *wheel, KeyList keys, uint64_t time, uint32_t *keys_count)
{
    uint64_t differences = 0;
    *keys_count = 0;
    uint32_t last = (keys.tail - 1) / CHUNK_KEYS;
    uint32_t scout = wheel_scout_from(wheel, keys);
    for (;;) {
        scout = wheel_scout(wheel, scout);
        uint32_t count = key_list_chunk_count(&keys);
        *keys_count += count;
        for (uint32_t i = 0; i < count; i++) {
            differences |= wheel->store->keys[keys.head + i].time ^ time;
        }
        uint32_t chunk = keys.head / CHUNK_KEYS;
        if (chunk == last) {
            return differences;
        }
        keys.head = wheel->store->next[chunk] * CHUNK_KEYS;
    }
}

/* How many bits below `high` the next level should have for so many buckets. A level that is there
 * and near enough stays as it is, and so does one that was parted on purpose. */
static uint32_t wheel_wanted_bits(const Wheel *wheel, uint32_t high, uint32_t buckets)
{
    uint32_t bits = bits_highest(buckets | 1) + 1;
    bits = bits < WHEEL_BITS_MIN ? WHEEL_BITS_MIN : bits;
    bits = bits < WHEEL_LEVEL_BITS ? bits : WHEEL_LEVEL_BITS;
    WheelLevel level = wheel->level_of_bit[high - 1];
    uint32_t has = high - level.shift;
    bool near = (bits <= has + 1 || wheel->parted >> level.buckets / WHEEL_BUCKETS & 1) &&
                has <= bits + WHEEL_BITS_SPARE;
    bits = near ? has : bits;
    return bits < high ? bits : high;
}

/* Groups the bits below level `level`, all empty: `bits` of them below `high` make one level. */
static void wheel_regroup(Wheel *wheel, uint32_t level, uint32_t high, uint32_t bits)
{
    if (wheel->level_of_bit[high - 1].shift == high - bits) {
        return;
    }
    uint32_t top = wheel->shifts[level];
    if (top - high + bits > WHEEL_LEVEL_BITS) {
        level = wheel_set_levels(wheel, level + 1, high, top) - 1;
        top = high;
    }
    wheel_set_level(wheel, level + 1, high - bits, top);
    wheel_set_levels(wheel, level + 2, 0, high - bits);
}

/* Moves a detached list's keys to the buckets where they belong now: wheel_push for each, with all
 * that stays the same at hand. */
static void wheel_push_all(Wheel *wheel, KeyList keys)
{
    ChunkStore *store = wheel->store;
    EventKey *places = store->keys;
    KeyList *buckets = wheel->buckets;
    uint64_t cursor = wheel->cursor;
    while (keys.tail) {
        const EventKey *from = places + keys.head;
        const EventKey *end = from + key_list_chunk_count(&keys);
        for (; from < end; from++) {
            uint64_t time = from->time;
            uint64_t order = from->order;
            WheelLevel at = wheel->level_of_bit[bits_highest((time ^ cursor) | 1)];
            uint32_t index = (uint32_t)(time >> at.shift) % WHEEL_BUCKETS;
            KeyList *list = &buckets[at.buckets + index];
            uint32_t place = list->tail;
            if (place % CHUNK_KEYS == 0) {
                place = key_list_grow(store, list);
                wheel_mark(wheel, (WheelBucket){at.buckets / WHEEL_BUCKETS, index});
            }
            list->tail = place + 1;
            event_key_put(&places[place], time, order);
        }
        key_list_pop_chunk(store, &keys);
    }
}

/* A level's lower bits, `span` of them, and `bits` below them shall make one level. It keeps the
 * bits above; its keys move. */
static void wheel_merge(Wheel *wheel, uint32_t level, uint32_t span, uint32_t bits)
{
    uint32_t shift = wheel->shifts[level];
    KeyList lists[WHEEL_BUCKETS];
    uint32_t count = 0;
    while (wheel->words[level]) {
        uint32_t word = bits_lowest(wheel->words[level]);
        uint32_t index = word * 64 + bits_lowest(wheel->filled[level][word]);
        lists[count++] = wheel_detach(wheel, (WheelBucket){level, index});
    }
    uint32_t top = shift;
    while (top < 64 && wheel->level_of_bit[top].buckets == level * WHEEL_BUCKETS) {
        top++;
    }
    uint32_t middle = shift + span < top ? shift + span : top;
    if (middle < top) {
        wheel_set_level(wheel, level++, middle, top);
    }
    wheel_set_level(wheel, level, shift - bits, middle);
    wheel_set_levels(wheel, level + 1, 0, shift - bits);
    for (uint32_t i = 0; i < count; i++) {
        wheel_push_all(wheel, lists[i]);
    }
}

/* The first bucket of a level, of `count` keys, is to be spread over 2^`bits` buckets. Where the
 * level uses but few buckets, or most of its keys are in the next few, one level can do the work of
 * both, and what is pushed to it need not be spread again: for that, fewer bits may do, too few
 * for a level of their own. Returns how many. */
static uint32_t
wheel_improve(Wheel *wheel, uint32_t level, uint32_t bits, uint32_t count, uint32_t limit)
{
    uint32_t index = (uint32_t)(wheel->cursor >> wheel->shifts[level]) % WHEEL_BUCKETS;
    uint32_t span = bits_highest(wheel_last_index(wheel, level) ^ index) + 1;
    if (span + bits <= WHEEL_LEVEL_BITS) {
        wheel_merge(wheel, level, span, bits);
        return bits;
    }
    uint32_t few = 1;
    while (few <= WHEEL_BITS_MIN && count >> few > limit / WHEEL_SHARE * (WHEEL_SHARE - 1)) {
        few++;
    }
    span = WHEEL_LEVEL_BITS - few;
    if (few > WHEEL_BITS_MIN || count << span < wheel->keys / 2 || level >= WHEEL_PARTED_LEVELS) {
        return bits;
    }
    uint32_t shift = wheel->shifts[level];
    wheel_merge(wheel, level, span, few);
    wheel->parted |= (uint32_t)(wheel->shifts[level] > shift) << level;
    return few;
}

/* All keys of a bucket are of one instant: their list moves to where that instant's keys go. */
static void wheel_move_instant(Wheel *wheel, WheelBucket bucket, uint64_t time)
{
    KeyList list = wheel_detach(wheel, bucket);
    WheelBucket to = {wheel->level_of_bit[0].buckets / WHEEL_BUCKETS,
                      (uint32_t)time % WHEEL_BUCKETS};
    wheel->cursor = time;
    *wheel_list(wheel, to) = list;
    wheel_mark(wheel, to);
}

uint64_t wheel_spread(Wheel *wheel, WheelBucket bucket, uint32_t limit, uint64_t horizon)
{
    KeyList list = *wheel_list(wheel, bucket);
    uint64_t time = wheel->store->keys[list.head].time;
    uint32_t count = 0;
    uint64_t differences = wheel_differences(wheel, list, time, &count);
    uint32_t high = differences ? bits_highest(differences) + 1 : 0;
    uint64_t start = time >> high << high;
    if (start > horizon) {
        return start;
    }
    if (high == 0) {
        wheel_move_instant(wheel, bucket, time);
        return start;
    }
    uint32_t bits = wheel_wanted_bits(wheel, high, count / (limit / WHEEL_SHARE));
    wheel->cursor = start;
    KeyList keys = wheel_detach(wheel, bucket);
    if (high == wheel->shifts[bucket.level] && wheel->words[bucket.level]) {
        bits = wheel_improve(wheel, bucket.level, bits, count, limit);
    }
    wheel_regroup(wheel, bucket.level, high, bits);
    wheel_push_all(wheel, keys);
    return start;
}
