/* stream.h - named streams of chance: (scenario seed, "actor/purpose") -> Philox4x32-10.
 *
 * A stream is a value: embed it. Its key is derived from seed and name alone, so a new actor never
 * shifts another's draws. Philox: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3"
 * (SC 2011), checked against Random123's known answers.
 *
 * Words are given out in the order of the blocks 0, 1, 2, ...; a 64-bit draw takes two of them, the
 * low half first. The common draws are inline: they stand in the path of every arrival. */
#ifndef KAFKASIM_SIM_CHANCE_STREAM_H
#define KAFKASIM_SIM_CHANCE_STREAM_H
#include <stdbool.h>
#include <stdint.h>

typedef struct Stream {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t block[4]; /* the present output block */
    uint32_t used;     /* words of it already given out, 0..4 */
} Stream;

void stream_init(Stream *stream, uint64_t seed, const char *name);
/* The key that stream_init derives. For one name, different seeds never share a key; for one seed,
 * names share one only when their 64-bit FNV-1a hashes are equal. */
uint64_t stream_key(uint64_t seed, const char *name);
/* The next draws are those of `at`, whatever was drawn before. They are no others' draws, unless a
 * stream is both sought and drawn from the start. */
void stream_seek(Stream *stream, uint64_t at);
/* Computes the next block and forgets what was left of the present one. */
void stream_refill(Stream *stream);

static inline uint32_t stream_u32(Stream *stream)
{
    if (stream->used == 4) {
        stream_refill(stream);
    }
    return stream->block[stream->used++];
}

static inline uint64_t stream_u64(Stream *stream)
{
    const uint64_t low = stream_u32(stream);
    return low | (uint64_t)stream_u32(stream) << 32;
}

/* Uniform in 0..n-1, unbiased; n >= 1. One long word, more with a chance below n / 2^64. */
uint64_t stream_below(Stream *stream, uint64_t n);
/* Uniform in lo..hi, both included. */
int64_t stream_between(Stream *stream, int64_t lo, int64_t hi);

/* Uniform in [0, 1), 53 bits. Only for distributions. */
static inline double stream_unit(Stream *stream)
{
    return (double)(stream_u64(stream) >> 11) * 0x1p-53;
}

/* Uniform in (0, 1), never an end: the odd multiples of 2^-53. What inversion needs. */
static inline double stream_open_unit(Stream *stream)
{
    return ((double)(stream_u64(stream) >> 12) + 0.5) * 0x1p-52;
}

/* True with chance ppm / 1,000,000. Takes the same words whatever the chance is, and what is true
 * at one chance is true at every greater one. */
bool stream_chance(Stream *stream, uint32_t ppm);

#endif
