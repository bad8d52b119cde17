/* tournament.h - the pending keys of a queue that holds few: a tree of winners.
 *
 * Each key has a leaf; each inner node repeats the earlier of the two below it, the root the
 * earliest of all. A key that comes or goes plays its way up, one comparison a level, and nothing
 * on that way is guessed: a mispredicted branch costs more than the whole climb.
 *
 * A leaf whose key fires stays as it is, the hole, until its handler ends: the event that the
 * handler schedules, as most do, takes it over, and one climb serves both. In the tree the low bits
 * of a key's order name its leaf instead of its slot; as sequence numbers differ, the order is the
 * same.
 *
 * Leaves out: large numbers, where the climb leaves the processor's nearest memory. */
#ifndef KAFKASIM_SIM_KERNEL_TOURNAMENT_H
#define KAFKASIM_SIM_KERNEL_TOURNAMENT_H
#include "sim/kernel/bits.h"
#include "sim/kernel/key.h"
#include "sim/kernel/slab.h"

#define TOURNAMENT_LEAVES_MAX 1024u

/* Leaf L, from 1 on, is node leaves - 1 + L. Node 1 is the root; n is above 2 n and 2 n + 1. */
typedef struct Tournament {
    EventKey *nodes;
    uint32_t *slots;     /* by leaf */
    uint16_t *free;      /* leaves without a key, of which the last is taken first */
    uint32_t leaves;     /* a power of two, grown as needed */
    uint32_t free_count; /* without the hole */
    uint32_t hole;       /* leaf of the event that fires; 0 when none */
    Slab slab;
} Tournament;

/* False when the system has no room. To be begun before it is used. */
bool tournament_init(Tournament *tournament);
void tournament_clear(Tournament *tournament);
/* Begins without keys. */
void tournament_begin(Tournament *tournament);
/* All keys are taken; gives memory back until it is begun again. */
void tournament_end(Tournament *tournament);
size_t tournament_memory_bytes(void);
/* Makes room for more keys. False when it has all it may have. */
bool tournament_grow(Tournament *tournament);
/* Takes away a leaf's key. */
void tournament_remove(Tournament *tournament, uint32_t leaf);
/* Takes away the hole's key; there is a hole. */
void tournament_close(Tournament *tournament);
/* Takes away the earliest key and returns it, its slot in the place of its leaf; EVENT_KEY_NEVER
 * when none is left. */
EventKey tournament_take(Tournament *tournament);

/* How many keys there are, the hole's among them. */
static inline uint32_t tournament_count(const Tournament *tournament)
{
    return tournament->leaves - tournament->free_count;
}

static inline EventKey *tournament_node(const Tournament *tournament, size_t offset_bytes)
{
    return (EventKey *)(void *)((char *)tournament->nodes + offset_bytes);
}

/* Nodes by offset: to scale a number at every level takes longer than to compare. */
static inline void
tournament_play(Tournament *tournament, uint32_t leaf, uint64_t time, uint64_t order)
{
    const size_t one = sizeof(EventKey);
    size_t node = (size_t)(tournament->leaves - 1 + leaf) * one;
    EventKeyWide best = event_key_wide((EventKey){order, time});
    event_key_put(tournament_node(tournament, node), time, order);
    while (node > one) {
        EventKey other = event_key_get(tournament_node(tournament, node ^ one));
        best = event_key_wide(other) < best ? event_key_wide(other) : best;
        node = node / 2 & ~(one - 1);
        event_key_put(tournament_node(tournament, node), (uint64_t)(best >> 64), (uint64_t)best);
    }
}

/* Adds a key, its order without slot, and tells its leaf. False, and nothing happens, where room
 * must be made first. */
static inline bool tournament_push(
    Tournament *tournament, uint64_t time, uint64_t order, uint32_t slot, uint32_t *ret_leaf)
{
    uint32_t leaf = tournament->hole;
    if (BITS_LIKELY(leaf != 0)) {
        tournament->hole = 0;
    } else if (tournament->free_count > 0) {
        leaf = tournament->free[--tournament->free_count];
    } else {
        return false;
    }
    tournament->slots[leaf] = slot;
    *ret_leaf = leaf;
    tournament_play(tournament, leaf, time, order | leaf);
    return true;
}

#endif
