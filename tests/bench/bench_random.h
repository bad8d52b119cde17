/* bench_random.h - a fast source of chance for the benchmarks: xoshiro256++ (Blackman, Vigna)
 * seeded by splitmix64, and exponential times by a ziggurat of 256 layers (Marsaglia, Tsang).
 *
 * Leaves out named streams: a simulation takes its chance from sim/chance instead. */
#ifndef KAFKASIM_TESTS_BENCH_RANDOM_H
#define KAFKASIM_TESTS_BENCH_RANDOM_H
#include <stdbool.h>
#include <stdint.h>

#define BENCH_LAYERS 256u

typedef struct BenchRandom {
    uint64_t state[4];
} BenchRandom;

/* Layer i is a rectangle of width edge[i]; a draw within the part that is surely under the curve,
 * the next layer's width, is taken at once. */
typedef struct BenchZiggurat {
    struct {
        uint64_t sure; /* 53-bit draws below this need no second look */
        double width;  /* of the layer, divided by 2^53 */
    } layer[BENCH_LAYERS];
    double height[BENCH_LAYERS + 1]; /* of the curve at the layer's edge */
} BenchZiggurat;

/* The same times, drawn ahead in blocks and in the same order: a draw then neither waits for the
 * branches before it nor makes those behind it wait. For who draws nothing else from `random`. */
#define BENCH_BLOCK 256u
typedef struct BenchBlock {
    uint32_t used;
    double unit[BENCH_BLOCK]; /* mean 1 */
} BenchBlock;

void bench_random_seed(BenchRandom *random, uint64_t seed);
void bench_ziggurat_init(BenchZiggurat *ziggurat);
/* The one draw in a hundred that needs a second look. */
double bench_exponential_slowly(const BenchZiggurat *ziggurat, BenchRandom *random, uint64_t word);

static inline uint64_t bench_rotate(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static inline uint64_t bench_random(BenchRandom *random)
{
    uint64_t *s = random->state;
    uint64_t result = bench_rotate(s[0] + s[3], 23) + s[0];
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = bench_rotate(s[3], 45);
    return result;
}

/* An exponential amount of mean 1. Only a copy of the state has an address, so that a loop can keep
 * it in registers. */
static inline double bench_exponential_unit(const BenchZiggurat *ziggurat, BenchRandom *random)
{
    uint64_t word = bench_random(random);
    uint32_t layer = (uint32_t)word % BENCH_LAYERS;
    uint64_t draw = word >> 11;
    double x = (double)(int64_t)draw * ziggurat->layer[layer].width;
    if (__builtin_expect(draw >= ziggurat->layer[layer].sure, 0)) {
        BenchRandom copy = *random;
        x = bench_exponential_slowly(ziggurat, &copy, word);
        *random = copy;
    }
    return x;
}

/* A time from the exponential distribution with this mean, in whole nanoseconds. */
static inline int64_t
bench_exponential(const BenchZiggurat *ziggurat, BenchRandom *random, double mean_ns)
{
    return (int64_t)(bench_exponential_unit(ziggurat, random) * mean_ns);
}

/* Coins from a source of their own, 63 to a draw. */
typedef struct BenchCoins {
    BenchRandom random;
    uint64_t ready; /* under a mark */
} BenchCoins;

static inline void bench_coins_init(BenchCoins *coins, uint64_t seed)
{
    bench_random_seed(&coins->random, seed);
    coins->ready = 1;
}

static inline bool bench_toss(BenchCoins *coins)
{
    if (__builtin_expect(coins->ready == 1, 0)) {
        coins->ready = bench_random(&coins->random) | UINT64_C(1) << 63;
    }
    bool heads = coins->ready & 1;
    coins->ready >>= 1;
    return heads;
}

void bench_block_draw(BenchBlock *block, const BenchZiggurat *ziggurat, BenchRandom *random);

static inline double
bench_block_next(BenchBlock *block, const BenchZiggurat *ziggurat, BenchRandom *random)
{
    if (__builtin_expect(block->used == BENCH_BLOCK, 0)) {
        bench_block_draw(block, ziggurat, random);
    }
    return block->unit[block->used++];
}

#endif
