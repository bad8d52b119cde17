/* tournament.h - the pending keys of a queue that holds few: a tree of winners.
 *
 * Each key has a leaf; each inner node repeats the earlier of the two below it, the root the
 * earliest of all. A key that comes or goes plays its way up, one comparison a level, and nothing
 * on that way is guessed: a mispredicted branch costs more than the whole climb.
 *
 * A leaf whose key fires may stay as it is until its handler ends: the event that the handler
 * schedules, as most do, takes it over, and one climb serves both.
 *
 * Leaves out: large numbers, where the climb leaves the processor's nearest memory. */
#ifndef KAFKASIM_SIM_KERNEL_TOURNAMENT_H
#define KAFKASIM_SIM_KERNEL_TOURNAMENT_H
#include "sim/kernel/bits.h"
#include "sim/kernel/key.h"
#include "sim/kernel/slab.h"

#define TOURNAMENT_LEAVES_MAX 1024u

/* Node 1 is the root; n is above 2 n and 2 n + 1; from `leaves` on they are leaves. Leaves are
 * named by their nodes' offsets in bytes. */
typedef struct Tournament {
    EventKey *nodes;
    uint16_t *free;      /* leaves without a key, of which the last is taken first */
    uint32_t leaves;     /* a power of two, grown as needed */
    uint32_t free_count; /* how many */
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
/* Makes room for more keys, and all leaves move up by as many bytes as there were leaves' keys: the
 * caller names them anew. False when it has all it may have. */
bool tournament_grow(Tournament *tournament);
/* Takes away a leaf's key. */
void tournament_remove(Tournament *tournament, uint32_t leaf);

/* How many keys there are, those that fire among them. */
static inline uint32_t tournament_count(const Tournament *tournament)
{
    return tournament->leaves - tournament->free_count;
}

static inline EventKey *tournament_node(char *nodes, size_t offset_bytes)
{
    return (EventKey *)(void *)(nodes + offset_bytes);
}

/* Puts a key in the place of a leaf's. Nodes by offset: to scale a number at every level takes
 * longer than to compare. */
static inline void
tournament_replace(Tournament *tournament, uint32_t leaf, uint64_t time, uint64_t order)
{
    const size_t one = sizeof(EventKey);
    char *nodes = (char *)tournament->nodes;
    size_t node = leaf;
    EventKeyWide best = event_key_wide((EventKey){order, time});
    event_key_put(tournament_node(nodes, node), time, order);
    do {
        EventKey other = event_key_get(tournament_node(nodes, node ^ one));
        best = event_key_wide(other) < best ? event_key_wide(other) : best;
        node = node / 2 & ~(one - 1);
        event_key_put(tournament_node(nodes, node), (uint64_t)(best >> 64), (uint64_t)best);
    } while (node > one);
}

/* Adds a key and tells its leaf. False, and nothing happens, where room must be made first. */
static inline bool
tournament_push(Tournament *tournament, uint64_t time, uint64_t order, uint32_t *ret_leaf)
{
    if (tournament->free_count == 0) {
        return false;
    }
    *ret_leaf = tournament->free[--tournament->free_count];
    tournament_replace(tournament, *ret_leaf, time, order);
    return true;
}

#endif
