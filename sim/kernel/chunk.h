/* chunk.h - FIFO lists of event keys, eight to a chunk, all chunks from one store.
 *
 * A list is appended to at its last chunk and read from its first, so that the machine streams
 * where a linked list would jump. Freed chunks are reused last-in-first-out: they are warm. */
#ifndef KAFKASIM_SIM_KERNEL_CHUNK_H
#define KAFKASIM_SIM_KERNEL_CHUNK_H
#include "sim/kernel/key.h"
#include "sim/kernel/slab.h"

#define CHUNK_KEYS 8u
/* Beside full chunks: each wheel bucket and each lane can hold chunks that are not full. */
#define CHUNK_PARTIAL_MAX 4096u

/* Chunk c holds the places 8 c .. 8 c + 7; chunk 0 is not used, so place 0 is none. */
typedef struct ChunkStore {
    EventKey *keys; /* by place; never moves */
    uint32_t *next; /* of a list's chunk, or of a free one */
    uint32_t free;  /* 0 when none */
    uint32_t used;  /* chunks ever taken, and chunk 0 */
    uint32_t max;
    Slab keys_slab;
    Slab next_slab;
} ChunkStore;

/* All zeros is an empty list, and an empty list is all zeros. */
typedef struct KeyList {
    uint32_t head; /* place of the oldest key */
    uint32_t tail; /* place behind the newest; at a chunk's end, no place yet */
} KeyList;

/* For at most `keys_max` keys. False when the system has no room. */
bool chunk_store_init(ChunkStore *store, uint32_t keys_max);
void chunk_store_clear(ChunkStore *store);
size_t chunk_store_memory_bytes(const ChunkStore *store);
/* A chunk never used before; 0 when there is none. */
uint32_t chunk_store_extend(ChunkStore *store);

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

/* Links a new chunk behind the last, or as the first one, and returns its first place. The caller
 * has seen to it that the store cannot run full. */
static inline uint32_t key_list_grow(ChunkStore *store, KeyList *list)
{
    uint32_t chunk = chunk_take(store);
    uint32_t place = chunk * CHUNK_KEYS;
    if (list->tail == 0) {
        list->head = place;
    } else {
        store->next[(list->tail - 1) / CHUNK_KEYS] = chunk;
    }
    return place;
}

/* Appends and returns the key's place, which stays its place until it is popped. */
static inline uint32_t key_list_append(ChunkStore *store, KeyList *list, EventKey key)
{
    uint32_t place = list->tail;
    if (place % CHUNK_KEYS == 0) {
        place = key_list_grow(store, list);
    }
    list->tail = place + 1;
    event_key_put(&store->keys[place], key.time, key.order);
    return place;
}

/* Frees the first chunk, whose keys are spent. */
static inline void key_list_leave_chunk(ChunkStore *store, KeyList *list, uint32_t chunk)
{
    bool last = (list->tail - 1) / CHUNK_KEYS == chunk;
    uint32_t next = store->next[chunk] * CHUNK_KEYS;
    chunk_give(store, chunk);
    *list = last ? (KeyList){0} : (KeyList){next, list->tail};
}

/* Forgets the oldest key; the list is not empty. */
static inline void key_list_pop(ChunkStore *store, KeyList *list)
{
    uint32_t head = list->head++;
    if (head + 1 == list->tail || (head + 1) % CHUNK_KEYS == 0) {
        key_list_leave_chunk(store, list, head / CHUNK_KEYS);
    }
}

/* How many keys stand in the first chunk of a list. */
static inline uint32_t key_list_chunk_count(const KeyList *list)
{
    uint32_t end = (list->head / CHUNK_KEYS + 1) * CHUNK_KEYS;
    return (list->tail - 1) / CHUNK_KEYS == list->head / CHUNK_KEYS ? list->tail - list->head
                                                                    : end - list->head;
}

/* Forgets those. */
static inline void key_list_pop_chunk(ChunkStore *store, KeyList *list)
{
    key_list_leave_chunk(store, list, list->head / CHUNK_KEYS);
}

#endif
