/* front.c - see front.h. Filling is a distribution sort (count, place, then an insertion pass for
 * the few that share a place): its cost a key does not grow with the number of keys, and keys of
 * one instant, which arrive in order, stay in order. */
#include "sim/kernel/front.h"
#include "sim/kernel/bits.h"
#include <glib.h>
#include <string.h>

#define FRONT_LINEAR_MAX 16u /* up to here stepping beats halving */
#define FRONT_PLACES_MAX 1024u

void front_init(Front *front)
{
    front->keys = g_new0(EventKey, FRONT_CAPACITY + FRONT_AHEAD);
    front->head = FRONT_START;
    front_cut(front, FRONT_START);
}

void front_clear(Front *front)
{
    g_free(front->keys);
    front->keys = NULL;
}

/* Moves all keys back to the start of the array. */
static void front_rebase(Front *front)
{
    uint32_t count = front_count(front);
    memmove(front->keys + FRONT_START, front->keys + front->head, count * sizeof(EventKey));
    front->head = FRONT_START;
    front_cut(front, FRONT_START + count);
}

/* Index of the first key after `key`. */
static uint32_t front_search(const Front *front, EventKey key)
{
    uint32_t low = front->head;
    uint32_t count = front_count(front);
    while (count > 0) {
        uint32_t half = count / 2;
        bool after = event_key_is_before(front->keys[low + half], key);
        low = after ? low + half + 1 : low;
        count = after ? count - half - 1 : half;
    }
    return low;
}

static void front_insert_middle(Front *front, EventKey key)
{
    uint32_t at = front_search(front, key);
    EventKey *keys = front->keys;
    if (front->head > 0 && at - front->head < front->tail - at) {
        memmove(keys + front->head - 1, keys + front->head, (at - front->head) * sizeof(EventKey));
        front->head--;
        keys[at - 1] = key;
    } else {
        memmove(keys + at + 1, keys + at, (front->tail - at) * sizeof(EventKey));
        keys[at] = key;
        front_cut(front, front->tail + 1);
    }
}

void front_insert(Front *front, EventKey key)
{
    if (front->tail + 1 >= FRONT_CAPACITY) {
        front_rebase(front);
    }
    if (front_count(front) > FRONT_LINEAR_MAX) {
        front_insert_middle(front, key);
        return;
    }
    EventKey *keys = front->keys;
    uint32_t at = front->tail;
    keys[at + 1] = EVENT_KEY_NEVER;
    for (; at > front->head && event_key_is_before(key, keys[at - 1]); at--) {
        keys[at] = keys[at - 1];
    }
    keys[at] = key;
    front->tail++;
}

/* Puts every key where it belongs; quick when few are far from there. */
static void front_settle(EventKey *keys, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        EventKey key = keys[i];
        uint32_t at = i;
        for (; at > 0 && event_key_is_before(key, keys[at - 1]); at--) {
            keys[at] = keys[at - 1];
        }
        keys[at] = key;
    }
}

/* Spreads `from` over `to` by time, about two places a key; equal times keep their order. */
static void
front_spread(EventKey *to, const EventKey *from, uint32_t count, uint64_t start, uint64_t span)
{
    uint16_t ends[FRONT_PLACES_MAX + 1] = {0};
    uint32_t bits = bits_highest(span - 1) + 1;
    uint32_t wanted = bits_highest(count) + 1;
    uint32_t shift = bits > wanted ? bits - wanted : 0;
    uint32_t places = (uint32_t)((span - 1) >> shift) + 1;
    for (uint32_t i = 0; i < count; i++) {
        ends[((from[i].time - start) >> shift) + 1]++;
    }
    for (uint32_t place = 1; place < places; place++) {
        ends[place + 1] = (uint16_t)(ends[place + 1] + ends[place]);
    }
    for (uint32_t i = 0; i < count; i++) {
        to[ends[(from[i].time - start) >> shift]++] = from[i];
    }
}

void front_fill(Front *front, EventKey *keys, uint32_t count, uint64_t start, uint64_t span)
{
    EventKey *to = front->keys + FRONT_START;
    if (count <= FRONT_LINEAR_MAX || span <= 1) {
        memcpy(to, keys, count * sizeof(EventKey));
    } else {
        front_spread(to, keys, count, start, span);
    }
    front_settle(to, count);
    front->head = FRONT_START;
    front_cut(front, FRONT_START + count);
}
