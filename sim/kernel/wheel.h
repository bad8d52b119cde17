/* wheel.h - the bulk of the pending keys, in buckets that are coarse far ahead and fine near by.
 *
 * A hierarchical timing wheel (Varghese and Lauck): each level stands for a group of bits of the
 * time, level 0 for the highest. A key's level is the one that owns the highest bit in which its
 * time differs from the cursor; its bucket is the number those bits of its time make. Buckets
 * are unsorted FIFO lists (chunk.h), so keys of one instant keep their order of arrival.
 *
 * Levels are not all alike: when a bucket is spread, everything below its level is empty, and the
 * bits below are grouped anew so that the next buckets are neither crowded nor idle. That is
 * what the rungs of Tang, Goh and Thng's ladder queue do, without their search for the rung. */
#ifndef KAFKASIM_SIM_KERNEL_WHEEL_H
#define KAFKASIM_SIM_KERNEL_WHEEL_H
#include "sim/kernel/bits.h"
#include "sim/kernel/chunk.h"

#define WHEEL_LEVELS     32u /* two neighbours have five bits or more */
#define WHEEL_LEVEL_BITS 8u
#define WHEEL_BUCKETS    (1u << WHEEL_LEVEL_BITS)
#define WHEEL_WORDS      (WHEEL_BUCKETS / 64)

/* The level that owns a bit. */
typedef struct WheelLevel {
    uint16_t buckets; /* index of the level's first bucket */
    uint16_t shift;   /* the level's lowest bit */
} WheelLevel;

typedef struct Wheel {
    uint64_t cursor; /* no key is earlier; what levels are relative to */
    ChunkStore *store;
    uint32_t keys;
    uint32_t held;   /* bit L: level L holds keys */
    uint32_t parted; /* bit L: level L has given its lower bits away, to a level of eight */
    WheelLevel level_of_bit[64];
    uint8_t shifts[WHEEL_LEVELS];               /* lowest bit of a level */
    uint8_t words[WHEEL_LEVELS];                /* bit w: word w of the level's `filled` is not 0 */
    uint64_t filled[WHEEL_LEVELS][WHEEL_WORDS]; /* bit b: the level's bucket b holds keys */
    /* By level and the eight bits of the time from the level's lowest on. A level of fewer bits
     * shares the upper ones with the cursor: that is some of its buckets, in the same order. */
    KeyList *buckets;
    Slab slab; /* theirs: most levels are never used */
} Wheel;

typedef struct WheelBucket {
    uint32_t level;
    uint32_t index;
} WheelBucket;

/* False when the system has no room. */
bool wheel_init(Wheel *wheel, ChunkStore *store);
void wheel_clear(Wheel *wheel);
/* The earliest bucket; the wheel holds keys. */
WheelBucket wheel_first(const Wheel *wheel);
/* The next bucket of the same level; false when that holds no more. */
bool wheel_next(const Wheel *wheel, WheelBucket *bucket);
uint64_t wheel_start(const Wheel *wheel, WheelBucket bucket);
uint64_t wheel_end(const Wheel *wheel, WheelBucket bucket);
/* How many keys a bucket holds; once that is more than `enough`, not all are counted. */
uint32_t wheel_count(const Wheel *wheel, WheelBucket bucket, uint32_t enough);
/* Takes a bucket's keys away; the caller reads the list and takes them off the wheel's `keys`. */
KeyList wheel_detach(Wheel *wheel, WheelBucket bucket);
/* Moves the cursor into the first bucket, which holds more than `limit` keys, to where they begin
 * to differ, and the keys to finer buckets, so many to each that they are far below the limit. Does
 * nothing if that is later than `horizon`. Returns where it is. */
uint64_t wheel_spread(Wheel *wheel, WheelBucket bucket, uint32_t limit, uint64_t horizon);

static inline KeyList *wheel_list(Wheel *wheel, WheelBucket bucket)
{
    return &wheel->buckets[bucket.level * WHEEL_BUCKETS + bucket.index];
}

static inline WheelLevel wheel_level(const Wheel *wheel, uint64_t time)
{
    return wheel->level_of_bit[bits_highest((time ^ wheel->cursor) | 1)];
}

/* Notes that a bucket holds keys. */
static inline void wheel_mark(Wheel *wheel, WheelBucket bucket)
{
    wheel->filled[bucket.level][bucket.index / 64] |= UINT64_C(1) << bucket.index % 64;
    wheel->words[bucket.level] |= (uint8_t)(1u << bucket.index / 64);
    wheel->held |= UINT32_C(1) << bucket.level;
}

static inline void wheel_push(Wheel *wheel, EventKey key)
{
    WheelLevel at = wheel_level(wheel, key.time);
    uint32_t index = (uint32_t)(key.time >> at.shift) % WHEEL_BUCKETS;
    KeyList *list = &wheel->buckets[at.buckets + index];
    uint32_t place = list->tail;
    if (place % CHUNK_KEYS == 0) {
        place = key_list_grow(wheel->store, list);
        wheel_mark(wheel, (WheelBucket){at.buckets / WHEEL_BUCKETS, index});
    }
    list->tail = place + 1;
    wheel->keys++;
    event_key_put(&wheel->store->keys[place], key.time, key.order);
}

/* As wheel_push, if that needs no new chunk; otherwise false, and nothing happens. */
static inline bool wheel_push_quickly(Wheel *wheel, EventKey key)
{
    WheelLevel at = wheel_level(wheel, key.time);
    uint32_t index = (uint32_t)(key.time >> at.shift) % WHEEL_BUCKETS;
    KeyList *list = &wheel->buckets[at.buckets + index];
    uint32_t place = list->tail;
    if (place % CHUNK_KEYS == 0) {
        return false;
    }
    list->tail = place + 1;
    wheel->keys++;
    event_key_put(&wheel->store->keys[place], key.time, key.order);
    return true;
}

#endif
