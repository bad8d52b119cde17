/* stream.h - named streams of chance: (scenario seed, "actor/purpose") -> Philox4x32-10.
 *
 * A stream is a value: embed it. Its key is derived from seed and name alone, so a new actor never
 * shifts another's draws. Philox: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3"
 * (SC 2011), checked against Random123's known answers. */
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
uint32_t stream_u32(Stream *stream);
uint64_t stream_u64(Stream *stream);
/* Uniform in 0..n-1, unbiased; n >= 1. */
uint64_t stream_below(Stream *stream, uint64_t n);
/* Uniform in lo..hi, both included. */
int64_t stream_between(Stream *stream, int64_t lo, int64_t hi);
/* Uniform in [0, 1), 53 bits. Only for distributions. */
double stream_unit(Stream *stream);
/* True with chance ppm / 1,000,000. */
bool stream_chance(Stream *stream, uint32_t ppm);

#endif
