/* stream.c - keys from names, and whole numbers without bias.
 *
 * Key = mix(FNV-1a(name) ^ mix(seed + golden)), where mix is the finaliser of splitmix64 (Steele,
 * Lea, Flood 2014), a bijection of 64 bits that spreads every input bit over the whole word. FNV
 * alone would leave names that differ in the last letter with nearly equal high bits. */
#include "sim/chance/stream.h"
#include "sim/chance/philox.h"

__extension__ typedef unsigned __int128 Wide;

static uint64_t mix(uint64_t word)
{
    word = (word ^ word >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    word = (word ^ word >> 27) * UINT64_C(0x94D049BB133111EB);
    return word ^ word >> 31;
}

static uint64_t hash_name(const char *name)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (const char *at = name; *at != '\0'; at++) {
        hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001B3);
    }
    return hash;
}

uint64_t stream_key(uint64_t seed, const char *name)
{
    return mix(hash_name(name) ^ mix(seed + UINT64_C(0x9E3779B97F4A7C15)));
}

void stream_init(Stream *stream, uint64_t seed, const char *name)
{
    const uint64_t key = stream_key(seed, name);
    *stream = (Stream){
        .key = {(uint32_t)key, (uint32_t)(key >> 32)},
        .used = 4, /* the first draw computes block 0 */
    };
}

void stream_seek(Stream *stream, uint64_t at)
{
    stream->counter[0] = 0;
    stream->counter[1] = 0;
    stream->counter[2] = (uint32_t)at;
    stream->counter[3] = (uint32_t)(at >> 32);
    stream->used = 4;
}

void stream_refill(Stream *stream)
{
    philox4x32_10(stream->counter, stream->key, stream->block);
    stream->used = 0;
    for (int word = 0; word < 4 && ++stream->counter[word] == 0; word++) {
    }
}

/* Lemire's multiplication method ("Fast random integer generation in an interval", 2019): the high
 * half of word * n is the answer; the few words that would favour some answers are drawn again. */
static uint32_t below_32(Stream *stream, uint32_t n)
{
    uint64_t product = (uint64_t)stream_u32(stream) * n;
    if ((uint32_t)product < n) {
        const uint32_t unfair = (uint32_t)-n % n;
        while ((uint32_t)product < unfair) {
            product = (uint64_t)stream_u32(stream) * n;
        }
    }
    return (uint32_t)(product >> 32);
}

/* Always of 64 bits: a redraw is so rare (n in 2^64) that draws with different bounds stay in step.
 */
uint64_t stream_below(Stream *stream, uint64_t n)
{
    Wide product = (Wide)stream_u64(stream) * n;
    if ((uint64_t)product < n) {
        const uint64_t unfair = -n % n;
        while ((uint64_t)product < unfair) {
            product = (Wide)stream_u64(stream) * n;
        }
    }
    return (uint64_t)(product >> 64);
}

int64_t stream_between(Stream *stream, int64_t lo, int64_t hi)
{
    const uint64_t span = (uint64_t)hi - (uint64_t)lo; /* hi - lo, which may not fit int64 */
    const uint64_t step = span == UINT64_MAX ? stream_u64(stream) : stream_below(stream, span + 1);
    return (int64_t)((uint64_t)lo + step);
}

bool stream_chance(Stream *stream, uint32_t ppm)
{
    return below_32(stream, 1000000) < ppm;
}
