/* case_chance.h - the dice of a case, shared by the files that draw it. */
#ifndef KAFKASIM_TESTS_PROPERTIES_CASE_CHANCE_H
#define KAFKASIM_TESTS_PROPERTIES_CASE_CHANCE_H
#include <glib.h>

/* splitmix64 */
static inline uint64_t dice_next(uint64_t *draws)
{
    uint64_t z = *draws += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline int32_t dice_below(uint64_t *draws, int32_t limit)
{
    return (int32_t)(dice_next(draws) % (uint64_t)limit);
}

static inline int32_t dice_between(uint64_t *draws, int32_t low, int32_t high)
{
    return low + dice_below(draws, high - low + 1);
}

static inline bool dice_chance(uint64_t *draws, int32_t percent)
{
    return dice_below(draws, 100) < percent;
}

#endif
