/* murmur2.c - see murmur2.h. */
#include "models/producer/murmur2.h"

#define MURMUR2_M    UINT32_C(0x5bd1e995)
#define MURMUR2_SEED UINT32_C(0x9747b28c)

static uint32_t little_endian_word(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

uint32_t murmur2(const void *key, size_t bytes)
{
    const uint8_t *at = key;
    uint32_t hash = MURMUR2_SEED ^ (uint32_t)bytes;
    size_t left = bytes;
    for (; left >= 4; left -= 4, at += 4) {
        uint32_t word = little_endian_word(at) * MURMUR2_M;
        word = (word ^ word >> 24) * MURMUR2_M;
        hash = hash * MURMUR2_M ^ word;
    }
    if (left > 0) {
        for (size_t i = left; i > 0; i--) {
            hash ^= (uint32_t)at[i - 1] << (8 * (i - 1));
        }
        hash *= MURMUR2_M;
    }
    hash = (hash ^ hash >> 13) * MURMUR2_M;
    return hash ^ hash >> 15;
}

int32_t murmur2_partition(const void *key, size_t bytes, int32_t partitions)
{
    return (int32_t)((murmur2(key, bytes) & UINT32_C(0x7fffffff)) % (uint32_t)partitions);
}
