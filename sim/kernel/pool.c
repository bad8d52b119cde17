/* pool.c - see pool.h. Blocks of a class are cut from chunks that double up to a megabyte; chunks
 * and large blocks go back to the system only with the pool. */
#include "sim/kernel/pool.h"
#include "sim/kernel/bits.h"
#include <glib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define POOL_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_POISONS 1
#endif
#endif
#ifdef POOL_POISONS
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, bytes)   ((void)(address), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#endif

#define POOL_CLASS_BITS_MIN 5u  /* 32 bytes */
#define POOL_CLASSES        12u /* up to POOL_BLOCK_MAX = 2^16 */
#define POOL_CHUNK_MIN      ((size_t)4096)
#define POOL_CHUNK_MAX      ((size_t)1 << 20)
#define POOL_LINE_BYTES     ((size_t)64) /* of a cache: a block touches as few as it can */

/* A freed block's first bytes. */
typedef struct PoolFree {
    struct PoolFree *next;
} PoolFree;

/* In front of every large block; sixteen bytes keep what follows aligned for any type. */
typedef struct PoolLarge {
    struct PoolLarge *next;
    struct PoolLarge *previous;
} PoolLarge;

struct Pool {
    PoolFree *free[POOL_CLASSES];
    size_t chunk_bytes[POOL_CLASSES]; /* of the next chunk */
    GPtrArray *chunks;
    PoolLarge *large;
    size_t memory_bytes;
};

Pool *pool_new(void)
{
    Pool *pool = g_new0(Pool, 1);
    pool->chunks = g_ptr_array_new_with_free_func(g_aligned_free);
    return pool;
}

void pool_free(Pool *pool)
{
    if (!pool) {
        return;
    }
    while (pool->large) {
        PoolLarge *large = pool->large;
        pool->large = large->next;
        g_free(large);
    }
    g_ptr_array_free(pool->chunks, TRUE);
    g_free(pool);
}

static uint32_t pool_class(size_t bytes)
{
    if (bytes <= (size_t)1 << POOL_CLASS_BITS_MIN) {
        return 0;
    }
    return bits_highest(bytes - 1) + 1 - POOL_CLASS_BITS_MIN;
}

/* A new chunk for a class, cut up so that blocks come out in the order of their addresses. */
static void pool_extend(Pool *pool, uint32_t class)
{
    size_t block_bytes = (size_t)1 << (class + POOL_CLASS_BITS_MIN);
    size_t bytes = MAX(pool->chunk_bytes[class], MAX(POOL_CHUNK_MIN, block_bytes));
    pool->chunk_bytes[class] = MIN(2 * bytes, POOL_CHUNK_MAX);
    char *chunk = g_aligned_alloc(1, bytes, POOL_LINE_BYTES);
    g_ptr_array_add(pool->chunks, chunk);
    pool->memory_bytes += bytes;
    for (size_t at = bytes; at >= block_bytes; at -= block_bytes) {
        PoolFree *block = (void *)(chunk + at - block_bytes);
        block->next = pool->free[class];
        pool->free[class] = block;
        ASAN_POISON_MEMORY_REGION(block, block_bytes);
    }
}

static void *pool_take_large(Pool *pool, size_t bytes)
{
    PoolLarge *large = g_malloc0(sizeof(PoolLarge) + bytes);
    large->next = pool->large;
    if (pool->large) {
        pool->large->previous = large;
    }
    pool->large = large;
    pool->memory_bytes += bytes;
    return large + 1;
}

static void pool_give_large(Pool *pool, void *block, size_t bytes)
{
    PoolLarge *large = (PoolLarge *)block - 1;
    if (large->next) {
        large->next->previous = large->previous;
    }
    if (large->previous) {
        large->previous->next = large->next;
    } else {
        pool->large = large->next;
    }
    pool->memory_bytes -= bytes;
    g_free(large);
}

void *pool_take(Pool *pool, size_t bytes)
{
    if (bytes > POOL_BLOCK_MAX) {
        return pool_take_large(pool, bytes);
    }
    uint32_t class = pool_class(bytes);
    if (!pool->free[class]) {
        pool_extend(pool, class);
    }
    PoolFree *block = pool->free[class];
    ASAN_UNPOISON_MEMORY_REGION(block, MAX(bytes, sizeof(PoolFree)));
    pool->free[class] = block->next;
    return memset(block, 0, bytes);
}

void pool_give(Pool *pool, void *block, size_t bytes)
{
    if (!block) {
        return;
    }
    if (bytes > POOL_BLOCK_MAX) {
        pool_give_large(pool, block, bytes);
        return;
    }
    uint32_t class = pool_class(bytes);
    PoolFree *freed = block;
    freed->next = pool->free[class];
    pool->free[class] = freed;
    ASAN_POISON_MEMORY_REGION(block, (size_t)1 << (class + POOL_CLASS_BITS_MIN));
}

size_t pool_memory_bytes(const Pool *pool)
{
    return pool->memory_bytes;
}
