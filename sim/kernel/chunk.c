/* chunk.c - see chunk.h. */
#include "sim/kernel/chunk.h"

bool chunk_store_init(ChunkStore *store, uint32_t keys_max)
{
    *store = (ChunkStore){.used = 1};
    store->max = keys_max / CHUNK_KEYS + CHUNK_PARTIAL_MAX;
    slab_init(&store->keys_slab, (size_t)store->max * CHUNK_KEYS * sizeof(EventKey));
    slab_init(&store->next_slab, (size_t)store->max * sizeof(uint32_t));
    store->keys = store->keys_slab.base;
    store->next = store->next_slab.base;
    return store->keys && store->next;
}

void chunk_store_clear(ChunkStore *store)
{
    slab_clear(&store->keys_slab);
    slab_clear(&store->next_slab);
}

size_t chunk_store_memory_bytes(const ChunkStore *store)
{
    return (size_t)store->used * (CHUNK_KEYS * sizeof(EventKey) + sizeof(uint32_t));
}

uint32_t chunk_store_extend(ChunkStore *store)
{
    uint32_t chunk = store->used;
    if (chunk >= store->max) {
        return 0;
    }
    store->used = chunk + 1;
    slab_grow(&store->keys_slab, (size_t)store->used * CHUNK_KEYS * sizeof(EventKey));
    return chunk;
}
