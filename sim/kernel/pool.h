/* pool.h - blocks for messages and small objects, without malloc per event.
 *
 * Size classes by powers of two from 32 bytes up; each class is a LIFO free list over chunks.
 * Larger than POOL_BLOCK_MAX goes to the system allocator. Freed blocks are poisoned under ASan.
 * A pool belongs to one simulation; addresses never order anything. */
#ifndef KAFKASIM_SIM_KERNEL_POOL_H
#define KAFKASIM_SIM_KERNEL_POOL_H
#include <stddef.h>

typedef struct Pool Pool;
#define POOL_BLOCK_MAX ((size_t)65536)

Pool *pool_new(void);
/* Frees the pool and every block that is still out. */
void pool_free(Pool *pool);
/* A zeroed block of at least `bytes`; never NULL (out of memory aborts, as GLib does). */
void *pool_take(Pool *pool, size_t bytes);
/* Gives a block back; `bytes` as it was taken. NULL is ignored. */
void pool_give(Pool *pool, void *block, size_t bytes);
/* Bytes held by the pool, for the memory limit. */
size_t pool_memory_bytes(const Pool *pool);

#endif
