/* key.h - what orders an event: (time, sequence number of scheduling), with its slot beside it.
 *
 * Sixteen bytes: the slot of the event's record rides in the low 24 bits under the sequence
 * number, so that one comparison decides and no pointer ever does. 40 bits of sequence number
 * are 1.1e12 events a run; slot 0 is never given out and marks a cancelled place in a lane. */
#ifndef KAFKASIM_SIM_KERNEL_KEY_H
#define KAFKASIM_SIM_KERNEL_KEY_H
#include <stdbool.h>
#include <stdint.h>

typedef struct EventKey {
    uint64_t order; /* sequence number << 24 | slot */
    uint64_t time;  /* ns; a SimTime, so below 2^63 */
} EventKey;

#define EVENT_KEY_SLOT_BITS 24
/* After every event, and of none. */
#define EVENT_KEY_NEVER ((EventKey){0, UINT64_MAX})

__extension__ typedef unsigned __int128 EventKeyWide;

static inline EventKeyWide event_key_wide(EventKey key)
{
    return (EventKeyWide)key.time << 64 | key.order;
}

static inline bool event_key_is_before(EventKey a, EventKey b)
{
    return event_key_wide(a) < event_key_wide(b);
}

/* Stores a key that was in registers by the words in which it is soon read, and reads it so:
 * processors pass a word on from store to load at once, but not by way of a vector register, which
 * is where a compiler would put the two of them. Hence volatile. */
static inline void event_key_put(EventKey *to, uint64_t time, uint64_t order)
{
    volatile EventKey *words = to;
    words->order = order;
    words->time = time;
}

static inline EventKey event_key_get(const EventKey *from)
{
    const volatile EventKey *words = from;
    return (EventKey){.order = words->order, .time = words->time};
}

static inline uint32_t event_key_slot(EventKey key)
{
    return (uint32_t)key.order & ((UINT32_C(1) << EVENT_KEY_SLOT_BITS) - 1);
}

#endif
