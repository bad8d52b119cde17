/* scout.c - see scout.h. */
#include "sim/kernel/scout.h"

/* The keys of a chunk, and where the next one is. */
static void scout_fetch_chunk(const ChunkStore *store, uint32_t chunk)
{
    const EventKey *keys = &store->keys[(size_t)chunk * CHUNK_KEYS];
    BITS_PREFETCH(&store->next[chunk]);
    BITS_PREFETCH(keys);
    BITS_PREFETCH(keys + CHUNK_KEYS / 2);
}

void scout_send(Scout *scout, const Wheel *wheel, WheelBucket bucket)
{
    *scout = (Scout){0};
    if (wheel_next(wheel, &bucket)) {
        const KeyList *list = &wheel->buckets[bucket.level * WHEEL_BUCKETS + bucket.index];
        *scout = (Scout){list, list->head / CHUNK_KEYS, list->head % CHUNK_KEYS};
        scout_fetch_chunk(wheel->store, scout->chunk);
    }
}

/* Goes on to the next keys of the list, which end within their chunk: returns how many, their
 * indices beginning at the scout's. */
static uint32_t scout_step(Scout *scout, const ChunkStore *store)
{
    uint32_t tail = scout->list ? scout->list->tail : 0;
    if (tail == 0) {
        return 0;
    }
    uint32_t last = (tail - 1) / CHUNK_KEYS;
    if (scout->index == CHUNK_KEYS && scout->chunk != last) {
        scout->chunk = store->next[scout->chunk];
        scout->index = 0;
    }
    uint32_t end = scout->chunk == last ? tail - last * CHUNK_KEYS : CHUNK_KEYS;
    return end > scout->index ? end - scout->index : 0;
}

void scout_fetch_records(Scout *scout, const ChunkStore *store, const RecordSlab *slab)
{
    uint32_t count = scout_step(scout, store);
    const EventKey *keys = &store->keys[(size_t)scout->chunk * CHUNK_KEYS + scout->index];
    for (uint32_t i = 0; i < count; i++) {
        scout_fetch_record(slab, keys[i]);
    }
    scout->index += count;
    if (count > 0) {
        scout_fetch_chunk(store, store->next[scout->chunk]);
    }
}

void scout_fetch_keys(Scout *scout, const ChunkStore *store)
{
    uint32_t count = scout_step(scout, store);
    scout->index += count;
    if (count > 0) {
        scout_fetch_chunk(store, store->next[scout->chunk]);
    }
}
