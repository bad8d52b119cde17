/* bench_random.c - see bench_random.h. */
#include "tests/bench/bench_random.h"
#include "sim/chance/elementary.h"
#include <stdbool.h>

#define BENCH_DRAW_STEP 0x1p-53
/* Where the tail begins when 256 layers of equal area cover exp(-x), and that area. */
#define BENCH_TAIL 7.69711747013104972
#define BENCH_AREA 0.0039496598225815571993

static uint64_t bench_split_mix(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t word = *state;
    word = (word ^ word >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    word = (word ^ word >> 27) * UINT64_C(0x94d049bb133111eb);
    return word ^ word >> 31;
}

void bench_random_seed(BenchRandom *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        random->state[i] = bench_split_mix(&seed);
    }
}

/* Layer 0 is the base: a rectangle as wide as its area asks for, its end standing for the tail.
 * Upwards, each layer is as wide as the curve at the top of the one below. */
void bench_ziggurat_init(BenchZiggurat *ziggurat)
{
    double edge[BENCH_LAYERS + 1];
    edge[0] = BENCH_AREA / sim_exp(-BENCH_TAIL);
    edge[1] = BENCH_TAIL;
    for (uint32_t i = 2; i < BENCH_LAYERS; i++) {
        edge[i] = -sim_log(sim_exp(-edge[i - 1]) + BENCH_AREA / edge[i - 1]);
    }
    edge[BENCH_LAYERS] = 0;
    for (uint32_t i = 0; i < BENCH_LAYERS; i++) {
        ziggurat->layer[i].sure = (uint64_t)(edge[i + 1] / edge[i] / BENCH_DRAW_STEP);
        ziggurat->layer[i].width = edge[i] * BENCH_DRAW_STEP;
        ziggurat->height[i] = sim_exp(-edge[i]);
    }
    ziggurat->height[BENCH_LAYERS] = 1;
}

/* Whether a point at a layer's end, `y` of the layer's height, is under the curve, which sags by
 * less than a quarter of that end below the straight line across it: only between the two, or where
 * rounding might matter, is the curve itself asked for. */
static bool
bench_is_under_curve(const BenchZiggurat *ziggurat, uint32_t layer, uint64_t draw, double y)
{
    const uint64_t all = UINT64_C(1) << 53;
    double width = ziggurat->layer[layer].width;
    double end = (double)(int64_t)(all - ziggurat->layer[layer].sure);
    double line = (double)(int64_t)(all - draw) / end;
    if (y > line + 1e-9) {
        return false;
    }
    if (y < line - end * width / 4) {
        return true;
    }
    double low = ziggurat->height[layer];
    double high = ziggurat->height[layer + 1];
    return low + y * (high - low) < sim_exp(-(double)(int64_t)draw * width);
}

double bench_exponential_slowly(const BenchZiggurat *ziggurat, BenchRandom *random, uint64_t word)
{
    double tail = 0;
    for (;;) {
        uint32_t layer = (uint32_t)word % BENCH_LAYERS;
        uint64_t draw = word >> 11;
        double x = (double)(int64_t)draw * ziggurat->layer[layer].width;
        if (draw < ziggurat->layer[layer].sure) {
            return tail + x;
        }
        if (layer == 0) {
            tail += BENCH_TAIL; /* beyond the tail's start the law is the same again */
        } else {
            double y = (double)(int64_t)(bench_random(random) >> 11) * BENCH_DRAW_STEP;
            if (bench_is_under_curve(ziggurat, layer, draw, y)) {
                return tail + x;
            }
        }
        word = bench_random(random);
    }
}

__attribute__((noinline)) void
bench_block_draw(BenchBlock *block, const BenchZiggurat *ziggurat, BenchRandom *random)
{
    BenchRandom local = *random; /* in registers */
    for (uint32_t i = 0; i < BENCH_BLOCK; i++) {
        block->unit[i] = bench_exponential_unit(ziggurat, &local);
    }
    *random = local;
    block->used = 0;
}
