/* chunk.h - FIFO lists of event keys, sixteen to a chunk, all chunks from one store.
 *
 * A list is appended to at its last chunk and read from its first, so that the machine streams
 * where a linked list would jump. Freed chunks are reused last-in-first-out: they are warm. */
#ifndef KAFKASIM_SIM_KERNEL_CHUNK_H
#define KAFKASIM_SIM_KERNEL_CHUNK_H
#include "sim/kernel/key.h"
#include "sim/kernel/slab.h"

#define CHUNK_KEYS 16u
/* Beside full chunks: each wheel bucket and each lane can hold chunks that are not full. */
#define CHUNK_PARTIAL_MAX 2048u

typedef struct ChunkStore {
    EventKey *keys; /* chunk c holds keys[16 c .. 16 c + 15]; chunk 0 is not used */
    uint32_t *next; /* of a list, or of the free chunks */
    uint32_t free;  /* 0 when none */
    uint32_t used;  /* chunks ever taken, and chunk 0 */
    uint32_t max;
    Slab keys_slab;
    Slab next_slab;
} ChunkStore;

/* Counts run on and wrap; their low bits are the places in the last and the first chunk. */
typedef struct KeyList {
    uint32_t first;
    uint32_t last;
    uint32_t pushed;
    uint32_t popped;
} KeyList;

/* For at most `keys_max` keys. False when the system has no room. */
bool chunk_store_init(ChunkStore *store, uint32_t keys_max);
void chunk_store_clear(ChunkStore *store);
size_t chunk_store_memory_bytes(const ChunkStore *store);
/* A chunk never used before; 0 when there is none. */
uint32_t chunk_store_extend(ChunkStore *store);

static inline uint32_t key_list_count(const KeyList *list)
{
    return list->pushed - list->popped;
}

static inline uint32_t chunk_take(ChunkStore *store)
{
    uint32_t chunk = store->free;
    if (chunk == 0) {
        return chunk_store_extend(store);
    }
    store->free = store->next[chunk];
    return chunk;
}

static inline void chunk_give(ChunkStore *store, uint32_t chunk)
{
    store->next[chunk] = store->free;
    store->free = chunk;
}

/* Appends and returns the key's place, which stays its place until it is popped. The caller has
 * seen to it that the store cannot run full. */
static inline uint32_t key_list_append(ChunkStore *store, KeyList *list, EventKey key)
{
    uint32_t offset = list->pushed % CHUNK_KEYS;
    if (offset == 0) {
        uint32_t chunk = chunk_take(store);
        store->next[list->last] = chunk; /* chunk 0 catches the first append */
        list->last = chunk;
        list->first = list->first == 0 ? chunk : list->first;
    }
    list->pushed++;
    uint32_t place = list->last * CHUNK_KEYS + offset;
    store->keys[place] = key;
    return place;
}

/* The place of the oldest key; the list is not empty. */
static inline uint32_t key_list_head(const KeyList *list)
{
    return list->first * CHUNK_KEYS + list->popped % CHUNK_KEYS;
}

/* Forgets the oldest key; the list is not empty. An emptied list holds no chunk. */
static inline void key_list_pop(ChunkStore *store, KeyList *list)
{
    list->popped++;
    if (list->popped == list->pushed) {
        chunk_give(store, list->first);
        *list = (KeyList){0};
    } else if (list->popped % CHUNK_KEYS == 0) {
        uint32_t chunk = list->first;
        list->first = store->next[chunk];
        chunk_give(store, chunk);
    }
}

#endif
