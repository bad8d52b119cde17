/* slab.h - address space that is reserved once and touched as it fills.
 *
 * The kernel's tables never move and never double: the operating system gives a page when it is
 * first written. Large tables ask for huge pages behind their first megabytes; small ones do not,
 * so that a run with few events stays small. */
#ifndef KAFKASIM_SIM_KERNEL_SLAB_H
#define KAFKASIM_SIM_KERNEL_SLAB_H
#include <stddef.h>

typedef struct Slab {
    void *base;    /* what the table uses, aligned to SLAB_HUGE_BYTES */
    void *mapping; /* what the system gave */
    size_t mapping_bytes;
    size_t huge_bytes; /* offset up to which huge pages were decided */
} Slab;

#define SLAB_HUGE_BYTES ((size_t)2 << 20)

/* Reserves at least `bytes`. Base is NULL when the system refuses. */
void slab_init(Slab *slab, size_t bytes);
void slab_clear(Slab *slab);
/* Tells that the table is about to grow past `bytes`. */
void slab_grow(Slab *slab, size_t bytes);
/* Gives the pages of the first `bytes` back, for now; what they hold is lost. */
void slab_release(Slab *slab, size_t bytes);

#endif
