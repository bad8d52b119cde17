/* tournament.c - see tournament.h. */
#include "sim/kernel/tournament.h"

#define TOURNAMENT_LEAVES_MIN 2u

size_t tournament_memory_bytes(void)
{
    return TOURNAMENT_LEAVES_MAX * (2 * sizeof(EventKey) + sizeof(uint16_t));
}

bool tournament_init(Tournament *tournament)
{
    slab_init(&tournament->slab, tournament_memory_bytes());
    if (!tournament->slab.base) {
        return false;
    }
    tournament->nodes = tournament->slab.base;
    tournament->free = (uint16_t *)(void *)(tournament->nodes + (size_t)2 * TOURNAMENT_LEAVES_MAX);
    return true;
}

void tournament_clear(Tournament *tournament)
{
    slab_clear(&tournament->slab);
}

void tournament_begin(Tournament *tournament)
{
    tournament->leaves = TOURNAMENT_LEAVES_MIN;
    tournament->free_count = 0;
    for (uint32_t node = 1; node < 2 * TOURNAMENT_LEAVES_MIN; node++) {
        tournament->nodes[node] = EVENT_KEY_NEVER;
    }
    for (uint32_t node = 2 * TOURNAMENT_LEAVES_MIN; node-- > TOURNAMENT_LEAVES_MIN;) {
        tournament->free[tournament->free_count++] = (uint16_t)(node * sizeof(EventKey));
    }
}

void tournament_end(Tournament *tournament)
{
    slab_release(&tournament->slab, tournament_memory_bytes());
}

bool tournament_grow(Tournament *tournament)
{
    uint32_t leaves = tournament->leaves;
    EventKey *nodes = tournament->nodes;
    if (leaves == TOURNAMENT_LEAVES_MAX) {
        return false;
    }
    tournament->leaves = 2 * leaves;
    for (uint32_t leaf = 0; leaf < leaves; leaf++) {
        nodes[2 * leaves + leaf] = nodes[leaves + leaf];
        nodes[3 * leaves + leaf] = EVENT_KEY_NEVER;
        tournament->free[leaf] = (uint16_t)((4 * leaves - 1 - leaf) * sizeof(EventKey));
    }
    tournament->free_count = leaves;
    for (uint32_t node = 2 * leaves; node-- > 1;) {
        bool second = event_key_is_before(nodes[2 * node + 1], nodes[2 * node]);
        nodes[node] = nodes[2 * node + second];
    }
    return true;
}

void tournament_remove(Tournament *tournament, uint32_t leaf)
{
    tournament->free[tournament->free_count++] = (uint16_t)leaf;
    tournament_replace(tournament, leaf, EVENT_KEY_NEVER.time, EVENT_KEY_NEVER.order);
}
