/* Goal: every compiler, every level of optimisation and every machine draws the same numbers.
 * Method: the first three draws of each sampler, and a hash of 20,000, against recorded ones. A
 * changed line here means that every recorded run changes: change it only knowing why. On failure
 * the found line is printed in the table's own form. */
#include "sim/chance/distribution.h"
#include "tests/run_suite.h"
#include <check.h>
#include <inttypes.h>
#include <string.h>

enum { DRAWS = 20000, FIRST = 3 };

typedef uint64_t (*Draw)(Stream *stream, int round);

static uint64_t bits(double x)
{
    uint64_t word;
    memcpy(&word, &x, sizeof word);
    return word;
}

/* Arguments of many sizes for the elementary functions: any sign, 2^-40 to 2^9. */
static double argument(Stream *stream)
{
    const double size = (double)(UINT64_C(1) << stream_below(stream, 50)) * 0x1p-40;
    return (2 * stream_unit(stream) - 1) * size;
}

static uint64_t vector_u32(Stream *stream, int round)
{
    (void)round;
    return stream_u32(stream);
}

static uint64_t vector_u64(Stream *stream, int round)
{
    (void)round;
    return stream_u64(stream);
}

static uint64_t vector_below(Stream *stream, int round)
{
    return stream_below(stream, (UINT64_C(3) << (round % 62)) + (uint64_t)round);
}

static uint64_t vector_between(Stream *stream, int round)
{
    return (uint64_t)stream_between(stream, -round, INT64_MAX - round);
}

static uint64_t vector_unit(Stream *stream, int round)
{
    return bits(round % 2 ? stream_unit(stream) : stream_open_unit(stream));
}

static uint64_t vector_chance(Stream *stream, int round)
{
    return stream_chance(stream, (uint32_t)round * 50);
}

static uint64_t vector_exp(Stream *stream, int round)
{
    (void)round;
    return bits(sim_exp(argument(stream)));
}

static uint64_t vector_expm1(Stream *stream, int round)
{
    (void)round;
    return bits(sim_expm1(argument(stream)));
}

static uint64_t vector_log(Stream *stream, int round)
{
    const double x = argument(stream);
    return bits(sim_log(round % 3 == 0 ? x * x : 1 + x * x * 0x1p-18));
}

static uint64_t vector_log1p(Stream *stream, int round)
{
    (void)round;
    const double x = argument(stream);
    return bits(sim_log1p(x * x * 0x1p-10 - 0.5));
}

static uint64_t vector_pow(Stream *stream, int round)
{
    (void)round;
    const double base = 4 * stream_open_unit(stream);
    return bits(sim_pow(base, argument(stream)));
}

static uint64_t vector_normal_quantile(Stream *stream, int round)
{
    return bits(sim_normal_quantile(stream_open_unit(stream) * (round % 2 ? 1 : 0x1p-30)));
}

static uint64_t vector_normal_probability(Stream *stream, int round)
{
    return bits(sim_normal_probability((stream_unit(stream) - 0.5) * (round % 2 ? 6.5 : 60)));
}

static uint64_t vector_exponential(Stream *stream, int round)
{
    (void)round;
    return bits(draw_exponential(stream));
}

static uint64_t vector_normal(Stream *stream, int round)
{
    (void)round;
    return bits(draw_normal(stream));
}

static uint64_t vector_gamma(Stream *stream, int round)
{
    return bits(draw_gamma(stream, 0.25 * (round % 100 + 1)));
}

static uint64_t vector_poisson(Stream *stream, int round)
{
    return draw_poisson(stream, 0.1 * (double)(UINT64_C(1) << (round % 50)));
}

static uint64_t vector_binomial(Stream *stream, int round)
{
    return draw_binomial(stream, UINT64_C(7) << (round % 40), (round % 97) / 97.0);
}

static uint64_t vector_multinomial(Stream *stream, int round)
{
    const double weights[] = {1, 0, 7.5, 2, 1e-3};
    uint64_t counts[5];
    draw_multinomial(stream, 1000 + (uint64_t)round, weights, 5, counts);
    return counts[0] ^ counts[2] << 16 ^ counts[3] << 32 ^ counts[4] << 48;
}

static uint64_t vector_erlang(Stream *stream, int round)
{
    return (uint64_t)draw_erlang(stream, UINT64_C(1) << (round % 20), 1e6);
}

static uint64_t vector_erlang_truncated(Stream *stream, int round)
{
    const uint64_t k = UINT64_C(1) << (round % 20);
    const int64_t limit = (int64_t)k * 10000 * (round % 131 + 1);
    return (uint64_t)draw_erlang_truncated(stream, k, 1e6, limit);
}

static uint64_t vector_zipf(Stream *stream, int round)
{
    Zipf zipf;
    zipf_init(&zipf, UINT64_C(2) << (round % 40), 0.125 * (round % 17));
    return zipf_draw(&zipf, stream);
}

static Distribution nth_distribution(int n)
{
    static const int64_t values[] = {100, 500, 1000000};
    static const double cumulative[] = {0.25, 0.875, 1};
    const Distribution all[] = {
        distribution_constant(12345),
        distribution_uniform(1000, 2000000),
        distribution_exponential(5000000),
        distribution_normal(1000000, 300000),
        distribution_lognormal(2000000, 90000000),
        distribution_pareto(1000, 1.25),
        distribution_erlang(4, 1000000),
        distribution_empirical(values, cumulative, 3),
    };
    return all[n % 8];
}

static uint64_t vector_distribution(Stream *stream, int round)
{
    const Distribution distribution = nth_distribution(round);
    return (uint64_t)distribution_draw(&distribution, stream);
}

static uint64_t vector_sum(Stream *stream, int round)
{
    const Distribution distribution = nth_distribution(round / 5);
    return (uint64_t)distribution_draw_sum(&distribution, stream, UINT64_C(1) << (round % 5 * 4));
}

typedef struct Vector {
    const char *name;
    Draw draw;
    uint64_t first[FIRST];
    uint64_t hash;
} Vector;

static const Vector VECTORS[] = {
    {"u32",
     vector_u32,
     {UINT64_C(0x4721577), UINT64_C(0x2c6d96a4), UINT64_C(0xff331309)},
     UINT64_C(0x4c4fc805cba1b14a)},
    {"u64",
     vector_u64,
     {UINT64_C(0xc727530fd0335ba5), UINT64_C(0x87196e9b8b83ccae), UINT64_C(0xbdde72865bf3f940)},
     UINT64_C(0xb83d24a048f90884)},
    {"below",
     vector_below,
     {UINT64_C(0x2), UINT64_C(0x3), UINT64_C(0x8)},
     UINT64_C(0x990d24b419b6164)},
    {"between",
     vector_between,
     {UINT64_C(0x29606b7e8b7a185a), UINT64_C(0x33eaf9afdec501f8), UINT64_C(0x3a98668ffccb3620)},
     UINT64_C(0x1c4d9cd4f88ff633)},
    {"unit",
     vector_unit,
     {UINT64_C(0x3fd70430b48d14c6), UINT64_C(0x3fc7e05df279ba60), UINT64_C(0x3fea12a3d111c0bb)},
     UINT64_C(0xaf62ff7cc35e7152)},
    {"chance",
     vector_chance,
     {UINT64_C(0x0), UINT64_C(0x0), UINT64_C(0x0)},
     UINT64_C(0xb5477a0f0ac8668d)},
    {"exp",
     vector_exp,
     {UINT64_C(0x3ff0000004a17236), UINT64_C(0x3ff000001c6b2bf3), UINT64_C(0x3fefffffff935333)},
     UINT64_C(0xba2dd5e686bd725c)},
    {"expm1",
     vector_expm1,
     {UINT64_C(0xbfee917bde8fccd3), UINT64_C(0xbd66203cff845e7a), UINT64_C(0x407e5dfb9db9682c)},
     UINT64_C(0xca920760a6148a5c)},
    {"log",
     vector_log,
     {UINT64_C(0xc048f52b468300b3), UINT64_C(0x0), UINT64_C(0x3e7d2b032469d06c)},
     UINT64_C(0x35e643b3c96dfa1a)},
    {"log1p",
     vector_log1p,
     {UINT64_C(0xbfbff3bcfbd05946), UINT64_C(0xbfe62e42fef83b23), UINT64_C(0x4015e3770a006cfd)},
     UINT64_C(0x1d480967ba968284)},
    {"pow",
     vector_pow,
     {UINT64_C(0x3fef76716abd54c6), UINT64_C(0x3ff0000000007e88), UINT64_C(0x40f7780791ddaa8e)},
     UINT64_C(0x6864a04a86db2049)},
    {"normal_quantile",
     vector_normal_quantile,
     {UINT64_C(0xc019b233cff8f353), UINT64_C(0x3f83889625b9fef2), UINT64_C(0xc01847f2f60f7335)},
     UINT64_C(0xca110eb1cdfa7ac1)},
    {"normal_probability",
     vector_normal_probability,
     {UINT64_C(0x3feda2769dd0d9d4), UINT64_C(0x3fe95f4470974f2b), UINT64_C(0x3ff0000000000000)},
     UINT64_C(0x2daabeb57ce05947)},
    {"exponential",
     vector_exponential,
     {UINT64_C(0x3fd6b456a329de83), UINT64_C(0x3fe0834294e6f3ae), UINT64_C(0x4002bc5b72265980)},
     UINT64_C(0x70d517ffd12a3089)},
    {"normal",
     vector_normal,
     {UINT64_C(0xbfe776fff2c5cc2b), UINT64_C(0x3ff48de1d546de76), UINT64_C(0x3fdbc71f5c19c402)},
     UINT64_C(0x1ccbd51e717a219)},
    {"gamma",
     vector_gamma,
     {UINT64_C(0x3f74dbfc16da0409), UINT64_C(0x3f8147e39c34df06), UINT64_C(0x3fe95ba24698b1e6)},
     UINT64_C(0x816773bb40e513b2)},
    {"poisson",
     vector_poisson,
     {UINT64_C(0x0), UINT64_C(0x0), UINT64_C(0x1)},
     UINT64_C(0x2ff250149793021b)},
    {"binomial",
     vector_binomial,
     {UINT64_C(0x0), UINT64_C(0x0), UINT64_C(0x0)},
     UINT64_C(0x7778a300a75b1f55)},
    {"multinomial",
     vector_multinomial,
     {UINT64_C(0xb602be0074), UINT64_C(0xbd02d1005b), UINT64_C(0xa402e20064)},
     UINT64_C(0xd5c15491e0b3d84e)},
    {"erlang",
     vector_erlang,
     {UINT64_C(0x1f7d28), UINT64_C(0x27869e), UINT64_C(0x217541)},
     UINT64_C(0xf54fe5d2625eb78)},
    {"erlang_truncated",
     vector_erlang_truncated,
     {UINT64_C(0x20d9), UINT64_C(0x754c), UINT64_C(0x1b0bd)},
     UINT64_C(0xe0bf0e970225ffda)},
    {"zipf",
     vector_zipf,
     {UINT64_C(0x2), UINT64_C(0x4), UINT64_C(0x4)},
     UINT64_C(0xd996cfc942d9e647)},
    {"distribution",
     vector_distribution,
     {UINT64_C(0x3039), UINT64_C(0x1d02cf), UINT64_C(0x451148)},
     UINT64_C(0x81f2255908ca018d)},
    {"sum",
     vector_sum,
     {UINT64_C(0x3039), UINT64_C(0x30390), UINT64_C(0x303900)},
     UINT64_C(0xbd0ce7fd6865aac)},
};

START_TEST(every_sampler_draws_the_recorded_numbers)
{
    const Vector *vector = &VECTORS[_i];
    Stream stream;
    stream_init(&stream, 20260101, vector->name);
    uint64_t first[FIRST] = {0};
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (int round = 0; round < DRAWS; round++) {
        const uint64_t drawn = vector->draw(&stream, round);
        if (round < FIRST) {
            first[round] = drawn;
        }
        hash = (hash ^ drawn) * UINT64_C(0x100000001B3);
        hash ^= hash >> 29;
    }
    const bool equal = hash == vector->hash && memcmp(first, vector->first, sizeof first) == 0;
    ck_assert_msg(equal,
                  "{\"%s\", vector_%s, {0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64 "}, 0x%" PRIx64
                  "},",
                  vector->name,
                  vector->name,
                  first[0],
                  first[1],
                  first[2],
                  hash);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("determinism vectors");
    TCase *tests = tcase_create("vectors");
    const int vectors = (int)(sizeof VECTORS / sizeof VECTORS[0]);
    tcase_add_loop_test(tests, every_sampler_draws_the_recorded_numbers, 0, vectors);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
