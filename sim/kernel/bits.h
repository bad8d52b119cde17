/* bits.h - the few machine words the kernel leans on, with a plain fallback for each. */
#ifndef KAFKASIM_SIM_KERNEL_BITS_H
#define KAFKASIM_SIM_KERNEL_BITS_H
#include <stdint.h>

#if defined(__GNUC__)
#define BITS_PREFETCH(address) __builtin_prefetch(address)
#define BITS_LIKELY(condition) __builtin_expect(!!(condition), 1)
/* Hides where a word comes from, so that it is not exchanged for another that turns out equal. */
#define BITS_OPAQUE(word) __asm__("" : "+r"(word))
#else
#define BITS_PREFETCH(address) ((void)(address))
#define BITS_LIKELY(condition) (condition)
#define BITS_OPAQUE(word)      ((void)(word))
#endif

/* Index of the lowest set bit; word is not 0. */
static inline uint32_t bits_lowest(uint64_t word)
{
#if defined(__GNUC__)
    return (uint32_t)__builtin_ctzll(word);
#else
    uint32_t index = 0;
    while (!(word >> index & 1)) {
        index++;
    }
    return index;
#endif
}

/* Index of the highest set bit; word is not 0. */
static inline uint32_t bits_highest(uint64_t word)
{
#if defined(__GNUC__)
    return 63u ^ (uint32_t)__builtin_clzll(word);
#else
    uint32_t index = 63;
    while (!(word >> index & 1)) {
        index--;
    }
    return index;
#endif
}

#endif
