/* Goal: counts, ranks and Erlang times have the laws they say, on both sides of every change of
 * method. Method: chi-square with fixed seeds against libm's log gamma; Kolmogorov-Smirnov where a
 * count is so large that it is all but continuous. */
#include "sim/chance/distribution.h"
#include "tests/run_suite.h"
#include "tests/sim/chance/statistics.h"
#include <check.h>

enum { DRAWS = 100000 };

static Stream stream;

static GArray *new_sample(void)
{
    return g_array_new(FALSE, FALSE, sizeof(double));
}

static void expect_chi_square(GArray *sample, const Law *law, int64_t lo, int64_t hi)
{
    const double ratio = chi_square_ratio(sample, law, lo, hi);
    ck_assert_msg(
        ratio < 1, "a = %Lg, b = %Lg: chi-square is %g of its limit", law->a, law->b, ratio);
    g_array_unref(sample);
}

static void expect_ks(GArray *sample, const Law *law)
{
    const double statistic = ks_statistic(sample, law);
    ck_assert_msg(statistic < KS_LIMIT,
                  "a = %Lg, b = %Lg, c = %Lg: D sqrt(n) = %g",
                  law->a,
                  law->b,
                  law->c,
                  statistic);
    g_array_unref(sample);
}

/* The whole numbers within 7 deviations of the mean. */
static void range_around(double mean, double deviation, int64_t *ret_lo, int64_t *ret_hi)
{
    *ret_lo = (int64_t)fmax(0, mean - 7 * deviation);
    *ret_hi = (int64_t)(mean + 7 * deviation + 10);
}

static GArray *poisson_sample(double mean)
{
    stream_init(&stream, (uint64_t)(mean * 10), "poisson");
    GArray *sample = new_sample();
    for (int i = 0; i < DRAWS; i++) {
        const double value = (double)draw_poisson(&stream, mean);
        g_array_append_val(sample, value);
    }
    return sample;
}

START_TEST(poisson_counts_are_poisson_for_small_and_large_means)
{
    const double means[] = {0.01, 0.5, 3, 9.99, 10, 10.5, 30, 250, 10000, 1000000};
    for (size_t i = 0; i < G_N_ELEMENTS(means); i++) {
        const Law law = {.of = law_poisson, .a = (long double)means[i]};
        int64_t lo;
        int64_t hi;
        range_around(means[i], sqrt(means[i]), &lo, &hi);
        expect_chi_square(poisson_sample(means[i]), &law, lo, hi);
    }
}
END_TEST

START_TEST(huge_poisson_counts_are_normal_as_they_must_be)
{
    const double means[] = {1e12, 1e15, 1e18};
    for (size_t i = 0; i < G_N_ELEMENTS(means); i++) {
        const Law law = {
            .of = law_normal, .a = (long double)means[i], .b = sqrtl((long double)means[i])};
        expect_ks(poisson_sample(means[i]), &law);
    }
}
END_TEST

START_TEST(poisson_tests_notice_a_mean_that_is_1_percent_off)
{
    const Law off = {.of = law_poisson, .a = 252.5L};
    GArray *sample = poisson_sample(250);
    ck_assert_double_gt(chi_square_ratio(sample, &off, 100, 400), 1);
    g_array_unref(sample);
}
END_TEST

START_TEST(no_mean_or_a_senseless_one_gives_no_arrivals)
{
    stream_init(&stream, 1, "edges");
    ck_assert_uint_eq(draw_poisson(&stream, 0), 0);
    ck_assert_uint_eq(draw_poisson(&stream, -5), 0);
    ck_assert_uint_eq(draw_poisson(&stream, (double)NAN), 0);
    ck_assert_uint_eq(draw_poisson(&stream, 1e-300), 0);
    ck_assert_uint_gt(draw_poisson(&stream, (double)INFINITY), UINT64_C(1) << 61);
}
END_TEST

static GArray *binomial_sample(uint64_t n, double p)
{
    stream_init(&stream, n + (uint64_t)(p * 1e15), "binomial");
    GArray *sample = new_sample();
    for (int i = 0; i < DRAWS; i++) {
        const uint64_t value = draw_binomial(&stream, n, p);
        ck_assert(value <= n);
        const double as_double = (double)value;
        g_array_append_val(sample, as_double);
    }
    return sample;
}

START_TEST(binomial_counts_are_binomial_by_either_method)
{
    const struct {
        uint64_t n;
        double p;
    } cases[] = {{1, 0.3},
                 {10, 0.5},
                 {19, 0.5},
                 {20, 0.5},
                 {21, 0.5},
                 {100, 0.05},
                 {100, 0.0999},
                 {100, 0.3},
                 {100, 0.97},
                 {1000, 0.0101},
                 {1000000, 0.3},
                 {1000000, 0.00001}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const double n = (double)cases[i].n;
        const double p = cases[i].p;
        const Law law = {.of = law_binomial, .a = (long double)n, .b = (long double)p};
        int64_t lo;
        int64_t hi;
        range_around(n * p, sqrt(n * p * (1 - p)), &lo, &hi);
        expect_chi_square(binomial_sample(cases[i].n, p), &law, lo, MIN(hi, (int64_t)n));
    }
}
END_TEST

START_TEST(rare_hits_among_very_many_trials_are_poisson)
{
    const Law few = {.of = law_poisson, .a = 5};
    expect_chi_square(binomial_sample(UINT64_C(1000000000000000), 5e-15), &few, 0, 30);
    const Law many = {.of = law_poisson, .a = 200};
    expect_chi_square(binomial_sample(UINT64_C(1000000000000000), 2e-13), &many, 80, 320);
}
END_TEST

START_TEST(huge_binomial_counts_are_normal_as_they_must_be)
{
    const Law law = {.of = law_normal, .a = 2.5e14L, .b = sqrtl(1e15L * 0.25L * 0.75L)};
    expect_ks(binomial_sample(UINT64_C(1000000000000000), 0.25), &law);
}
END_TEST

START_TEST(binomial_edges_are_certain)
{
    stream_init(&stream, 1, "edges");
    ck_assert_uint_eq(draw_binomial(&stream, 0, 0.5), 0);
    ck_assert_uint_eq(draw_binomial(&stream, 100, 0), 0);
    ck_assert_uint_eq(draw_binomial(&stream, 100, -1), 0);
    ck_assert_uint_eq(draw_binomial(&stream, 100, (double)NAN), 0);
    ck_assert_uint_eq(draw_binomial(&stream, 100, 1), 100);
    ck_assert_uint_eq(draw_binomial(&stream, UINT64_MAX, 2), UINT64_MAX);
    ck_assert_uint_eq(draw_binomial(&stream, 1000, 1e-300), 0);
    ck_assert_uint_eq(draw_binomial(&stream, 1000, 1 - 0x1p-53), 1000);
}
END_TEST

START_TEST(multinomial_counts_sum_to_n_and_spare_classes_without_weight)
{
    const double weights[] = {0, 3, 0.5, 0, 1e-6, 2, 0};
    stream_init(&stream, 1, "multinomial");
    for (uint64_t n = 0; n < 20000; n += 7) {
        uint64_t counts[7];
        draw_multinomial(&stream, n, weights, 7, counts);
        uint64_t sum = 0;
        for (int i = 0; i < 7; i++) {
            sum += counts[i];
            ck_assert(weights[i] > 0 || counts[i] == 0);
        }
        ck_assert_uint_eq(sum, n);
    }
    const double none[] = {0, 0};
    uint64_t counts[2];
    draw_multinomial(&stream, 10, none, 2, counts);
    ck_assert(counts[0] == 0 && counts[1] == 0);
    draw_multinomial(&stream, 10, NULL, 0, NULL);
}
END_TEST

static long double law_weights(const Law *law, long double k)
{
    (void)law;
    const long double shares[] = {0.05L, 0.4L, 0.1L, 0.25L, 0.2L};
    return shares[(int)k];
}

START_TEST(every_class_of_a_multinomial_gets_its_share)
{
    const double weights[] = {1, 8, 2, 5, 4};
    stream_init(&stream, 1, "shares");
    GArray *classes = new_sample();
    GArray *second = new_sample();
    for (int draw = 0; draw < DRAWS / 10; draw++) {
        uint64_t counts[5];
        draw_multinomial(&stream, 40, weights, 5, counts);
        for (int i = 0; i < 5; i++) {
            const double class = i;
            for (uint64_t item = 0; item < counts[i]; item++) {
                g_array_append_val(classes, class);
            }
        }
        const double of_class_3 = (double)counts[3];
        g_array_append_val(second, of_class_3);
    }
    const Law shares = {.of = law_weights};
    expect_chi_square(classes, &shares, 0, 4);
    const Law law = {.of = law_binomial, .a = 40, .b = 0.25L};
    expect_chi_square(second, &law, 0, 40);
}
END_TEST

START_TEST(tiny_weights_after_a_great_one_keep_their_proportion)
{
    const double weights[] = {1e17, 3, 1};
    stream_init(&stream, 1, "tiny");
    uint64_t second = 0;
    uint64_t third = 0;
    for (int i = 0; i < 2000; i++) {
        uint64_t counts[3];
        draw_multinomial(&stream, UINT64_C(100000000000000000), weights, 3, counts);
        second += counts[1];
        third += counts[2];
    }
    ck_assert_double_eq_tol((double)second, 6000, 3.3 * sqrt(6000));
    ck_assert_double_eq_tol((double)third, 2000, 3.3 * sqrt(2000));
}
END_TEST

static GArray *zipf_sample(uint64_t n, double s)
{
    Zipf zipf;
    zipf_init(&zipf, n, s);
    stream_init(&stream, n + (uint64_t)(s * 1e6), "zipf");
    GArray *sample = new_sample();
    for (int i = 0; i < DRAWS; i++) {
        const uint64_t rank = zipf_draw(&zipf, &stream);
        ck_assert(rank >= 1 && rank <= n);
        const double as_double = (double)rank;
        g_array_append_val(sample, as_double);
    }
    return sample;
}

START_TEST(zipf_ranks_have_their_weights_for_every_exponent)
{
    const struct {
        uint64_t n;
        double s;
    } cases[] = {{2, 1},
                 {10, 0},
                 {10, 0.5},
                 {10, 1},
                 {10, 2.5},
                 {1000, 0.99},
                 {1000, 1},
                 {1000, 1.000001},
                 {1000, 6},
                 {1000000, 1.1}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Law law = {.of = law_zipf, .a = (long double)cases[i].s, .b = 1};
        long double sum = 0;
        for (uint64_t k = cases[i].n; k > 0; k--) {
            sum += law_zipf(&law, (long double)k);
        }
        law.b = 1 / sum;
        expect_chi_square(zipf_sample(cases[i].n, cases[i].s), &law, 1, (int64_t)cases[i].n);
    }
}
END_TEST

START_TEST(zipf_over_nearly_endless_ranks_has_the_weights_of_the_zeta_law)
{
    const Law law = {.of = law_zipf, .a = 1.5L, .b = 1 / 2.612375348685488343L}; /* zeta(1.5) */
    expect_chi_square(zipf_sample(UINT64_C(1) << 53, 1.5), &law, 1, 500);
}
END_TEST

START_TEST(zipf_of_one_rank_or_of_an_extreme_exponent_is_1)
{
    Zipf one;
    Zipf steep;
    zipf_init(&one, 1, 1.2);
    zipf_init(&steep, 1000000, 800);
    stream_init(&stream, 1, "steep");
    for (int i = 0; i < 100; i++) {
        ck_assert_uint_eq(zipf_draw(&one, &stream), 1);
        ck_assert_uint_eq(zipf_draw(&steep, &stream), 1);
    }
}
END_TEST

START_TEST(the_time_to_the_kth_arrival_is_erlang)
{
    const uint64_t ks[] = {1, 2, 8, 9, 33, 1000};
    for (size_t i = 0; i < G_N_ELEMENTS(ks); i++) {
        stream_init(&stream, i, "erlang");
        GArray *sample = new_sample();
        for (int draw = 0; draw < DRAWS; draw++) {
            const double value = (double)draw_erlang(&stream, ks[i], 1e7);
            g_array_append_val(sample, value);
        }
        const Law law = {.of = law_gamma, .a = (long double)ks[i], .b = 1e7L};
        expect_ks(sample, &law);
    }
}
END_TEST

static void expect_truncated(uint64_t k, double mean_gap_ns, int64_t limit, int draws)
{
    stream_init(&stream, k + (uint64_t)limit, "truncated");
    GArray *sample = new_sample();
    for (int draw = 0; draw < draws; draw++) {
        const int64_t time = draw_erlang_truncated(&stream, k, mean_gap_ns, limit);
        ck_assert(time >= 0 && time <= limit);
        const double as_double = (double)time;
        g_array_append_val(sample, as_double);
    }
    const Law law = {.of = law_gamma_truncated,
                     .a = (long double)k,
                     .b = (long double)mean_gap_ns,
                     .c = (long double)limit};
    expect_ks(sample, &law);
}

/* x = limit / gap from far below the mode k - 1 to far above it. */
START_TEST(truncated_erlang_times_are_right_for_every_limit)
{
    const double limits[] = {0.001, 0.1, 0.5, 0.9, 0.99, 1, 1.01, 1.1, 2, 20};
    const uint64_t ks[] = {1, 2, 3, 10, 100};
    for (size_t i = 0; i < G_N_ELEMENTS(ks); i++) {
        for (size_t j = 0; j < G_N_ELEMENTS(limits); j++) {
            const double mode = ks[i] > 1 ? (double)(ks[i] - 1) : 1;
            expect_truncated(ks[i], 1e9, (int64_t)(limits[j] * mode * 1e9), DRAWS / 5);
        }
    }
}
END_TEST

START_TEST(truncated_erlang_times_are_right_for_very_many_arrivals)
{
    const double limits[] = {0.001, 0.5, 0.99, 0.999, 0.99999};
    for (size_t i = 0; i < G_N_ELEMENTS(limits); i++) {
        expect_truncated(1000000, 1e6, (int64_t)(limits[i] * 1e12), 1000);
    }
}
END_TEST

START_TEST(truncation_far_away_or_at_nothing_is_harmless)
{
    stream_init(&stream, 1, "edges");
    ck_assert_int_eq(draw_erlang_truncated(&stream, 5, 1000, 0), 0);
    ck_assert_int_eq(draw_erlang_truncated(&stream, 5, 1000, -7), 0);
    ck_assert_int_eq(draw_erlang_truncated(&stream, 0, 1000, 10), 0);
    ck_assert_int_eq(draw_erlang_truncated(&stream, 5, 0, 10), 0);
    ck_assert_int_eq(draw_erlang(&stream, 0, 1000), 0);
    ck_assert_int_eq(draw_erlang(&stream, 5, -1), 0);
    ck_assert_int_eq(draw_erlang(&stream, UINT64_MAX, 1e18), INT64_MAX / 4);
    for (int i = 0; i < 1000; i++) {
        ck_assert_int_le(draw_erlang_truncated(&stream, UINT64_C(1) << 60, 1000, 1), 1);
        ck_assert_int_ge(draw_erlang_truncated(&stream, UINT64_C(1) << 60, 1000, 1), 0);
        ck_assert_int_le(draw_erlang_truncated(&stream, 1, 1e-3, INT64_MAX), 1);
        ck_assert_int_le(draw_erlang_truncated(&stream, 3, 1e300, 1000), 1000);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("counts");
    TCase *tests = tcase_create("laws");
    tcase_set_timeout(tests, 240);
    tcase_add_test(tests, poisson_counts_are_poisson_for_small_and_large_means);
    tcase_add_test(tests, huge_poisson_counts_are_normal_as_they_must_be);
    tcase_add_test(tests, poisson_tests_notice_a_mean_that_is_1_percent_off);
    tcase_add_test(tests, no_mean_or_a_senseless_one_gives_no_arrivals);
    tcase_add_test(tests, binomial_counts_are_binomial_by_either_method);
    tcase_add_test(tests, rare_hits_among_very_many_trials_are_poisson);
    tcase_add_test(tests, huge_binomial_counts_are_normal_as_they_must_be);
    tcase_add_test(tests, binomial_edges_are_certain);
    tcase_add_test(tests, multinomial_counts_sum_to_n_and_spare_classes_without_weight);
    tcase_add_test(tests, every_class_of_a_multinomial_gets_its_share);
    tcase_add_test(tests, tiny_weights_after_a_great_one_keep_their_proportion);
    tcase_add_test(tests, zipf_ranks_have_their_weights_for_every_exponent);
    tcase_add_test(tests, zipf_over_nearly_endless_ranks_has_the_weights_of_the_zeta_law);
    tcase_add_test(tests, zipf_of_one_rank_or_of_an_extreme_exponent_is_1);
    tcase_add_test(tests, the_time_to_the_kth_arrival_is_erlang);
    tcase_add_test(tests, truncated_erlang_times_are_right_for_every_limit);
    tcase_add_test(tests, truncated_erlang_times_are_right_for_very_many_arrivals);
    tcase_add_test(tests, truncation_far_away_or_at_nothing_is_harmless);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
