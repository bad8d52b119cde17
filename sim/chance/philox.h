/* philox.h - Philox4x32-10, the counter-based generator under every stream.
 *
 * A keyed bijection of 128-bit counters: block i of a key is computed from i alone, so there is no
 * state to seed, to copy or to skip. Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy
 * as 1, 2, 3" (SC 2011), section 3.3. */
#ifndef KAFKASIM_SIM_CHANCE_PHILOX_H
#define KAFKASIM_SIM_CHANCE_PHILOX_H
#include <stdint.h>

void philox4x32_10(const uint32_t counter[4], const uint32_t key[2], uint32_t ret_block[4]);

#endif
