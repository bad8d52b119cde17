/* slab.c - see slab.h. The only place in sim/ that asks the operating system for pages. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, madvise: beyond POSIX 2008 */
#include "sim/kernel/slab.h"
#include <stdint.h>
#include <sys/mman.h>

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

/* Below this a page of 2 MiB would be more waste than help. */
#define SLAB_HUGE_FROM_BYTES ((size_t)8 << 20)

void slab_init(Slab *slab, size_t bytes)
{
    *slab = (Slab){.huge_bytes = SLAB_HUGE_FROM_BYTES, .mapping_bytes = bytes + SLAB_HUGE_BYTES};
    void *mapping = mmap(NULL,
                         slab->mapping_bytes,
                         PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                         -1,
                         0);
    if (mapping == MAP_FAILED) {
        return;
    }
    size_t misaligned = (size_t)((uintptr_t)mapping % SLAB_HUGE_BYTES);
    slab->mapping = mapping;
    slab->base = (char *)mapping + (misaligned ? SLAB_HUGE_BYTES - misaligned : 0);
}

void slab_clear(Slab *slab)
{
    if (slab->mapping) {
        munmap(slab->mapping, slab->mapping_bytes);
    }
    *slab = (Slab){0};
}

void slab_grow(Slab *slab, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    while (slab->huge_bytes < bytes) {
        /* Only advice: when it is not taken, nothing but speed is lost. */
        (void)madvise((char *)slab->base + slab->huge_bytes, SLAB_HUGE_BYTES, MADV_HUGEPAGE);
        slab->huge_bytes += SLAB_HUGE_BYTES;
    }
#else
    (void)slab;
    (void)bytes;
#endif
}

void slab_release(Slab *slab, size_t bytes)
{
#ifdef MADV_DONTNEED
    /* When it is refused, nothing but memory is lost. */
    (void)madvise(slab->base, bytes, MADV_DONTNEED);
#else
    (void)slab;
    (void)bytes;
#endif
}
