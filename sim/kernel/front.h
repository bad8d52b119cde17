/* front.h - the earliest keys of the queue, sorted, ready to fire.
 *
 * A small array: popping moves the head, inserting shifts whichever side is shorter. It holds all
 * of the queue's keys that are earlier than `bound`. Behind the last stands a mark: a key of the
 * time `bound` and of no event, so that who reads the head sees in one look what is next, or that
 * from this instant on the front must be filled first. */
#ifndef KAFKASIM_SIM_KERNEL_FRONT_H
#define KAFKASIM_SIM_KERNEL_FRONT_H
#include "sim/kernel/key.h"

#define FRONT_KEYS_MAX 512u /* never more at a time */
#define FRONT_START    64u  /* room for keys that come before all others */
#define FRONT_AHEAD    16u  /* keys behind the last may be read, not used */
#define FRONT_CAPACITY (2 * FRONT_KEYS_MAX)
#define FRONT_FEW_MAX  6u /* up to here carrying keys along beats searching */

typedef struct Front {
    EventKey *head;
    EventKey *tail;
    uint64_t bound;
    EventKey *keys;
    EventKey *last; /* of the places */
} Front;

/* `keys` has room for FRONT_CAPACITY + FRONT_AHEAD, all zeros, and outlives the front. */
void front_init(Front *front, EventKey *keys);
/* Inserts a key where it belongs; there is room. */
void front_insert(Front *front, uint64_t time, uint64_t order);
/* Sorts `count` >= 1 keys, none of them before one of the front's, behind those, of which no more
 * than FRONT_START are left. Keys of one instant come in their order. */
void front_fill(Front *front, const EventKey *keys, uint32_t count);

static inline uint32_t front_count(const Front *front)
{
    return (uint32_t)(front->tail - front->head);
}

/* Ends the front at `tail`. */
static inline void front_cut(Front *front, EventKey *tail)
{
    front->tail = tail;
    event_key_put(tail, front->bound, 0);
}

/* Takes away all keys. */
static inline void front_clear(Front *front)
{
    front->head = front->keys + FRONT_START;
    front_cut(front, front->head);
}

static inline void front_set_bound(Front *front, uint64_t bound)
{
    front->bound = bound;
    front_cut(front, front->tail);
}

/* Inserts a key that is the last of its time into a front of few, and is false for any other front.
 * From the first key on, the earlier of two is put down and the later carried on: there is nothing
 * to guess. */
static inline bool front_insert_quickly(Front *front, uint64_t time, uint64_t order)
{
    EventKey *tail = front->tail;
    EventKey *at = front->head;
    if (tail - at > FRONT_FEW_MAX || tail >= front->last) {
        return false;
    }
    EventKey carried = {order, time};
    for (; at < tail; at++) {
        EventKey key = event_key_get(at);
        uint64_t swap = -(uint64_t)(time < key.time);
        uint64_t time_swap = (carried.time ^ key.time) & swap;
        uint64_t order_swap = (carried.order ^ key.order) & swap;
        event_key_put(at, key.time ^ time_swap, key.order ^ order_swap);
        carried.time ^= time_swap;
        carried.order ^= order_swap;
    }
    front_cut(front, tail + 1);
    event_key_put(tail, carried.time, carried.order);
    return true;
}

#endif
