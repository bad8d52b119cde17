/* tournament.c - see tournament.h. */
#include "sim/kernel/tournament.h"

#define TOURNAMENT_LEAVES_MIN 2u

static void tournament_set_leaves(Tournament *tournament, uint32_t leaves)
{
    tournament->leaves = leaves;
    tournament->first_bytes = (leaves - 1) * sizeof(EventKey);
}

size_t tournament_memory_bytes(void)
{
    return 2 * TOURNAMENT_LEAVES_MAX * sizeof(EventKey);
}

bool tournament_init(Tournament *tournament)
{
    slab_init(&tournament->slab, tournament_memory_bytes());
    if (!tournament->slab.base) {
        return false;
    }
    tournament->nodes = tournament->slab.base;
    tournament_set_leaves(tournament, TOURNAMENT_LEAVES_MIN);
    for (uint32_t node = 1; node < 2 * TOURNAMENT_LEAVES_MIN; node++) {
        tournament->nodes[node] = EVENT_KEY_NEVER;
    }
    return true;
}

void tournament_clear(Tournament *tournament)
{
    slab_clear(&tournament->slab);
}

void tournament_end(Tournament *tournament)
{
    tournament->leaves = 0;
    slab_release(&tournament->slab, tournament_memory_bytes());
}

bool tournament_grow(Tournament *tournament)
{
    uint32_t leaves = tournament->leaves;
    EventKey *nodes = tournament->nodes;
    if (leaves == TOURNAMENT_LEAVES_MAX) {
        return false;
    }
    tournament_set_leaves(tournament, 2 * leaves);
    for (uint32_t leaf = 0; leaf < leaves; leaf++) {
        nodes[2 * leaves + leaf] = nodes[leaves + leaf];
        nodes[3 * leaves + leaf] = EVENT_KEY_NEVER;
    }
    for (uint32_t node = 2 * leaves; node-- > 1;) {
        bool second = event_key_is_before(nodes[2 * node + 1], nodes[2 * node]);
        nodes[node] = nodes[2 * node + second];
    }
    return true;
}

void tournament_remove(Tournament *tournament, uint32_t slot)
{
    tournament_put(tournament, slot, EVENT_KEY_NEVER.time, EVENT_KEY_NEVER.order);
}
