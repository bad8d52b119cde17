/* Goal: a stream depends on its seed and name alone, and its whole numbers are fair. */
#include "sim/chance/philox.h"
#include "sim/chance/stream.h"
#include "tests/run_suite.h"
#include "tests/sim/chance/statistics.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

START_TEST(words_are_the_blocks_of_counters_0_1_2_in_order)
{
    Stream stream;
    stream_init(&stream, 7, "broker-1/disk");
    const uint64_t key = stream_key(7, "broker-1/disk");
    const uint32_t halves[2] = {(uint32_t)key, (uint32_t)(key >> 32)};
    for (uint32_t counter = 0; counter < 100; counter++) {
        uint32_t block[4];
        philox4x32_10((uint32_t[]){counter, 0, 0, 0}, halves, block);
        for (int word = 0; word < 4; word++) {
            ck_assert_uint_eq(stream_u32(&stream), block[word]);
        }
    }
}
END_TEST

START_TEST(the_counter_carries_into_its_next_word)
{
    Stream stream;
    stream_init(&stream, 7, "carry");
    stream.counter[0] = UINT32_MAX;
    stream.counter[1] = UINT32_MAX;
    stream_refill(&stream);
    ck_assert_uint_eq(stream.counter[0], 0);
    ck_assert_uint_eq(stream.counter[1], 0);
    ck_assert_uint_eq(stream.counter[2], 1);
    ck_assert_uint_eq(stream.counter[3], 0);
}
END_TEST

START_TEST(a_long_word_takes_its_low_half_first_also_across_blocks)
{
    Stream words;
    Stream longs;
    stream_init(&words, 3, "x");
    stream_init(&longs, 3, "x");
    ck_assert_uint_eq(stream_u32(&words), stream_u32(&longs)); /* now out of step with the blocks */
    for (int i = 0; i < 50; i++) {
        const uint64_t low = stream_u32(&words);
        const uint64_t high = stream_u32(&words);
        ck_assert(stream_u64(&longs) == (high << 32 | low));
    }
}
END_TEST

START_TEST(what_is_drawn_at_an_instant_hangs_on_it_alone)
{
    Stream sought;
    stream_init(&sought, 7, "a/b");
    Stream begun = sought;
    stream_seek(&sought, UINT64_C(5000000001));
    const uint64_t first = stream_u64(&sought);
    const uint64_t second = stream_u64(&sought);
    stream_seek(&sought, UINT64_C(5000000002));
    const uint64_t other = stream_u64(&sought);
    stream_seek(&sought, UINT64_C(5000000001));
    ck_assert_uint_eq(stream_u64(&sought), first);
    ck_assert_uint_eq(stream_u64(&sought), second);
    ck_assert_uint_ne(first, other);
    ck_assert_uint_ne(first, stream_u64(&begun));
}
END_TEST

START_TEST(drawing_from_another_stream_moves_nothing)
{
    Stream alone;
    Stream beside;
    Stream other;
    stream_init(&alone, 42, "producer-1/arrivals");
    stream_init(&beside, 42, "producer-1/arrivals");
    stream_init(&other, 42, "producer-2/arrivals");
    for (int i = 0; i < 1000; i++) {
        for (int draws = i % 5; draws > 0; draws--) {
            (void)stream_u32(&other);
        }
        ck_assert(stream_u64(&alone) == stream_u64(&beside));
    }
}
END_TEST

static int compare_keys(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left;
    const uint64_t b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

START_TEST(no_two_of_a_million_names_and_seeds_share_a_key)
{
    GArray *keys = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    for (uint64_t seed = 0; seed < 10; seed++) {
        for (int i = 0; i < 100000; i++) {
            char name[40];
            snprintf(name, sizeof name, "consumer-%d/%s", i / 4, &"service"[i % 4]);
            const uint64_t key = stream_key(seed, name);
            g_array_append_val(keys, key);
        }
    }
    g_array_sort(keys, compare_keys);
    for (guint i = 1; i < keys->len; i++) {
        ck_assert(g_array_index(keys, uint64_t, i) != g_array_index(keys, uint64_t, i - 1));
    }
    g_array_unref(keys);
}
END_TEST

/* The correlation of n pairs of fair uniforms has standard deviation 1/sqrt(n). */
static double correlation(Stream *left, Stream *right, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        sum += (stream_unit(left) - 0.5) * (stream_unit(right) - 0.5);
    }
    return 12 * sum / n;
}

START_TEST(streams_of_neighbouring_names_and_seeds_are_uncorrelated)
{
    const int n = 100000;
    Stream first;
    Stream by_name;
    Stream by_seed;
    stream_init(&first, 1, "broker-1/net");
    stream_init(&by_name, 1, "broker-2/net");
    ck_assert_double_lt(fabs(correlation(&first, &by_name, n)) * sqrt(n), 3.3);
    stream_init(&first, 1, "broker-1/net");
    stream_init(&by_seed, 2, "broker-1/net");
    ck_assert_double_lt(fabs(correlation(&first, &by_seed, n)) * sqrt(n), 3.3);
}
END_TEST

START_TEST(below_is_uniform_for_small_and_awkward_bounds)
{
    const uint64_t bounds[] = {2, 3, 6, 7, 10, 97, 1000};
    for (size_t i = 0; i < G_N_ELEMENTS(bounds); i++) {
        Stream stream;
        stream_init(&stream, bounds[i], "below");
        GArray *sample = g_array_new(FALSE, FALSE, sizeof(double));
        for (int draw = 0; draw < 100000; draw++) {
            const double value = (double)stream_below(&stream, bounds[i]);
            g_array_append_val(sample, value);
        }
        const Law law = {.of = law_zipf, .a = 0, .b = 1.0L / (long double)bounds[i]};
        ck_assert_double_lt(chi_square_ratio(sample, &law, 0, (int64_t)bounds[i] - 1), 1);
        g_array_unref(sample);
    }
}
END_TEST

/* Without rejection every third residue would come up twice as often for n = 3/4 of the range. */
START_TEST(below_is_unbiased_where_the_bound_nearly_fills_the_words)
{
    const uint64_t bounds[] = {UINT64_C(0xC0000000), UINT64_C(0xC000000000000000)};
    for (size_t i = 0; i < G_N_ELEMENTS(bounds); i++) {
        Stream stream;
        stream_init(&stream, i, "awkward");
        int residues[3] = {0};
        for (int draw = 0; draw < 90000; draw++) {
            const uint64_t value = stream_below(&stream, bounds[i]);
            ck_assert(value < bounds[i]);
            residues[value % 3]++;
        }
        for (int residue = 0; residue < 3; residue++) {
            ck_assert_int_lt(abs(residues[residue] - 30000), 500);
        }
    }
}
END_TEST

START_TEST(bounds_at_the_ends_of_the_range_hold)
{
    Stream stream;
    stream_init(&stream, 5, "ends");
    bool negative = false;
    bool positive = false;
    for (int i = 0; i < 1000; i++) {
        ck_assert(stream_below(&stream, 1) == 0);
        ck_assert(stream_between(&stream, -3, -3) == -3);
        const int64_t near = stream_between(&stream, INT64_MAX - 1, INT64_MAX);
        ck_assert(near >= INT64_MAX - 1);
        const int64_t any = stream_between(&stream, INT64_MIN, INT64_MAX);
        negative = negative || any < 0;
        positive = positive || any > 0;
        const int64_t small = stream_between(&stream, -2, 2);
        ck_assert(small >= -2 && small <= 2);
    }
    ck_assert(negative && positive);
}
END_TEST

START_TEST(units_are_uniform_and_the_open_ones_never_touch_an_end)
{
    Stream stream;
    stream_init(&stream, 11, "unit");
    GArray *sample = g_array_new(FALSE, FALSE, sizeof(double));
    for (int i = 0; i < 100000; i++) {
        const double unit = stream_unit(&stream);
        const double open = stream_open_unit(&stream);
        ck_assert(unit >= 0 && unit < 1 && open > 0 && open < 1);
        g_array_append_val(sample, unit);
        g_array_append_val(sample, open);
    }
    const Law law = {.of = law_uniform, .a = 0, .b = 1};
    ck_assert_double_lt(ks_statistic(sample, &law), KS_LIMIT);
    g_array_unref(sample);

    stream.used = 0; /* the extreme words, by hand */
    stream.block[0] = stream.block[1] = 0;
    stream.block[2] = stream.block[3] = UINT32_MAX;
    ck_assert(stream_open_unit(&stream) == 0x1p-53);
    ck_assert(stream_open_unit(&stream) == 1 - 0x1p-53);
}
END_TEST

START_TEST(chance_is_never_at_0_always_at_a_million_and_right_between)
{
    Stream stream;
    stream_init(&stream, 1, "loss");
    int hits = 0;
    for (int i = 0; i < 200000; i++) {
        ck_assert(!stream_chance(&stream, 0));
        ck_assert(stream_chance(&stream, 1000000));
        hits += stream_chance(&stream, 250000) ? 1 : 0;
    }
    ck_assert_int_lt(abs(hits - 50000), 640); /* 3.3 standard deviations */
}
END_TEST

START_TEST(what_is_true_at_one_chance_is_true_at_a_greater_one)
{
    Stream rare;
    Stream often;
    stream_init(&rare, 1, "loss");
    stream_init(&often, 1, "loss");
    for (int i = 0; i < 10000; i++) {
        const bool by_rare = stream_chance(&rare, 300000);
        const bool by_often = stream_chance(&often, 300500);
        ck_assert(!by_rare || by_often);
    }
    ck_assert_uint_eq(stream_u32(&rare), stream_u32(&often)); /* still in step */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stream");
    TCase *tests = tcase_create("streams");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, words_are_the_blocks_of_counters_0_1_2_in_order);
    tcase_add_test(tests, the_counter_carries_into_its_next_word);
    tcase_add_test(tests, a_long_word_takes_its_low_half_first_also_across_blocks);
    tcase_add_test(tests, what_is_drawn_at_an_instant_hangs_on_it_alone);
    tcase_add_test(tests, drawing_from_another_stream_moves_nothing);
    tcase_add_test(tests, no_two_of_a_million_names_and_seeds_share_a_key);
    tcase_add_test(tests, streams_of_neighbouring_names_and_seeds_are_uncorrelated);
    tcase_add_test(tests, below_is_uniform_for_small_and_awkward_bounds);
    tcase_add_test(tests, below_is_unbiased_where_the_bound_nearly_fills_the_words);
    tcase_add_test(tests, bounds_at_the_ends_of_the_range_hold);
    tcase_add_test(tests, units_are_uniform_and_the_open_ones_never_touch_an_end);
    tcase_add_test(tests, chance_is_never_at_0_always_at_a_million_and_right_between);
    tcase_add_test(tests, what_is_true_at_one_chance_is_true_at_a_greater_one);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
