/* tournament.h - the pending keys of a queue that holds few: a tree of winners.
 *
 * Each slot has a leaf, with its key or with none; each inner node repeats the earlier of the two
 * below it, the root the earliest of all. A key that comes or goes plays its way up, one comparison
 * a level, and nothing on that way is guessed: a mispredicted branch costs more than the whole
 * climb. Where a slot's leaf is, is reckoned and not looked up: what a handler schedules is mostly
 * waited for by the next event, so every word that is read on the way counts.
 *
 * A key that fires may stay where it is until its handler ends: the event that the handler
 * schedules, as most do, takes its slot, and one climb serves both.
 *
 * Leaves out: slots of large numbers, where the climb leaves the processor's nearest memory. */
#ifndef KAFKASIM_SIM_KERNEL_TOURNAMENT_H
#define KAFKASIM_SIM_KERNEL_TOURNAMENT_H
#include "sim/kernel/bits.h"
#include "sim/kernel/key.h"
#include "sim/kernel/slab.h"

#define TOURNAMENT_LEAVES_MAX 1024u

/* Node 1 is the root; n is above 2 n and 2 n + 1; slot S, from 1 on, has the leaf leaves - 1 + S.
 */
typedef struct Tournament {
    EventKey *nodes;
    size_t first_bytes; /* offset of the node before the leaf of slot 1 */
    uint32_t leaves;    /* a power of two, grown as needed; 0 at the end */
    Slab slab;
} Tournament;

/* Begins without keys. False when the system has no room. */
bool tournament_init(Tournament *tournament);
void tournament_clear(Tournament *tournament);
/* All keys are taken; gives its memory back. There are no leaves from now on. */
void tournament_end(Tournament *tournament);
size_t tournament_memory_bytes(void);
/* Makes leaves for twice as many slots. False when it has all it may have. */
bool tournament_grow(Tournament *tournament);
/* Takes away a slot's key. */
void tournament_remove(Tournament *tournament, uint32_t slot);

static inline EventKey *tournament_node(char *nodes, size_t offset_bytes)
{
    return (EventKey *)(void *)(nodes + offset_bytes);
}

/* Gives a slot that has a leaf this key. Nodes by offset: to scale a number at every level takes
 * longer than to compare. */
static inline void
tournament_put(Tournament *tournament, uint32_t slot, uint64_t time, uint64_t order)
{
    const size_t one = sizeof(EventKey);
    char *nodes = (char *)tournament->nodes;
    size_t node = slot * one + tournament->first_bytes;
    EventKeyWide best = event_key_wide((EventKey){order, time});
    event_key_put(tournament_node(nodes, node), time, order);
    do {
        EventKey other = event_key_get(tournament_node(nodes, node ^ one));
        best = event_key_wide(other) < best ? event_key_wide(other) : best;
        node = node / 2 & ~(one - 1);
        event_key_put(tournament_node(nodes, node), (uint64_t)(best >> 64), (uint64_t)best);
    } while (node > one);
}

#endif
