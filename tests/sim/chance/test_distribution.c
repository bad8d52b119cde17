/* Goal: every continuous law is the one it says it is. Method: Kolmogorov-Smirnov with fixed seeds
 * against libm's distribution functions; long sums against their exact law, or against sums that
 * were drawn one by one. */
#include "sim/chance/distribution.h"
#include "tests/run_suite.h"
#include "tests/sim/chance/statistics.h"
#include <check.h>

enum { DRAWS = 100000, SUMS = 10000 };

static Stream stream;

static GArray *draw_sums(const Distribution *distribution, uint64_t terms, int draws)
{
    GArray *sample = g_array_new(FALSE, FALSE, sizeof(double));
    for (int i = 0; i < draws; i++) {
        const double value = (double)distribution_draw_sum(distribution, &stream, terms);
        g_array_append_val(sample, value);
    }
    return sample;
}

static GArray *draws_of(const Distribution *distribution, int draws)
{
    GArray *sample = g_array_new(FALSE, FALSE, sizeof(double));
    for (int i = 0; i < draws; i++) {
        const double value = (double)distribution_draw(distribution, &stream);
        g_array_append_val(sample, value);
    }
    return sample;
}

static double ks_and_free(GArray *sample, const Law *law)
{
    const double statistic = ks_statistic(sample, law);
    g_array_unref(sample);
    return statistic;
}

static void expect_law(Distribution distribution, Law law)
{
    stream_init(&stream, (uint64_t)(distribution.kind * 10000 + law.a), "law");
    ck_assert_double_lt(ks_and_free(draws_of(&distribution, DRAWS), &law), KS_LIMIT);
}

static long double law_log_normal(const Law *law, long double x)
{
    return x <= 0 ? 0 : law_normal(law, logl(x));
}

static long double law_pareto(const Law *law, long double x)
{
    return x <= law->a ? 0 : 1 - powl(law->a / x, law->b);
}

START_TEST(uniform_draws_are_uniform)
{
    expect_law(distribution_uniform(1000000, 9000000),
               (Law){.of = law_uniform, .a = 1000000, .b = 9000000});
}
END_TEST

START_TEST(exponential_draws_are_exponential)
{
    expect_law(distribution_exponential(1000000000), (Law){.of = law_exponential, .a = 1e9L});
}
END_TEST

START_TEST(normal_draws_are_normal)
{
    expect_law(distribution_normal(1000000000, 100000000),
               (Law){.of = law_normal, .a = 1e9L, .b = 1e8L});
}
END_TEST

START_TEST(lognormal_draws_have_the_median_and_p99_asked_for)
{
    const long double sigma = logl(50) / 2.3263478740408411L;
    expect_law(distribution_lognormal(10000000, 500000000),
               (Law){.of = law_log_normal, .a = logl(1e7L), .b = sigma});
}
END_TEST

START_TEST(pareto_draws_are_pareto)
{
    expect_law(distribution_pareto(1000000, 1.5), (Law){.of = law_pareto, .a = 1e6L, .b = 1.5L});
    expect_law(distribution_pareto(1000000, 0.7), (Law){.of = law_pareto, .a = 1e6L, .b = 0.7L});
}
END_TEST

START_TEST(erlang_draws_are_gamma_for_few_and_many_stages)
{
    const uint32_t stages[] = {1, 2, 8, 9, 40, 1000};
    for (size_t i = 0; i < G_N_ELEMENTS(stages); i++) {
        expect_law(distribution_erlang(stages[i], 1000000000),
                   (Law){.of = law_gamma, .a = stages[i], .b = 1e9L / stages[i]});
    }
}
END_TEST

START_TEST(gamma_draws_are_right_for_broken_shapes)
{
    const double shapes[] = {0.3, 0.9, 1.5, 7.25};
    for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
        stream_init(&stream, i, "gamma");
        GArray *sample = g_array_new(FALSE, FALSE, sizeof(double));
        for (int draw = 0; draw < DRAWS; draw++) {
            const double value = draw_gamma(&stream, shapes[i]);
            g_array_append_val(sample, value);
        }
        const Law law = {.of = law_gamma, .a = (long double)shapes[i], .b = 1};
        ck_assert_double_lt(ks_and_free(sample, &law), KS_LIMIT);
    }
}
END_TEST

START_TEST(the_test_notices_a_law_that_is_2_percent_off)
{
    stream_init(&stream, 1, "law");
    const Distribution exponential = distribution_exponential(1000000000);
    const Law off = {.of = law_exponential, .a = 1.02e9L};
    ck_assert_double_gt(ks_and_free(draws_of(&exponential, 4 * DRAWS), &off), KS_LIMIT);
    const Distribution normal = distribution_normal(1000000000, 100000000);
    const Law wide = {.of = law_normal, .a = 1e9L, .b = 1.03e8L};
    ck_assert_double_gt(ks_and_free(draws_of(&normal, 4 * DRAWS), &wide), KS_LIMIT);
}
END_TEST

/* a = mean; draws that round to k. */
static long double law_rounded_exponential(const Law *law, long double k)
{
    const long double low = k > 0 ? expl(-(k - 0.5L) / law->a) : 1;
    return low - expl(-(k + 0.5L) / law->a);
}

START_TEST(small_amounts_are_rounded_to_the_nearest_whole_number)
{
    stream_init(&stream, 1, "small");
    const Distribution distribution = distribution_exponential(3);
    GArray *sample = draws_of(&distribution, DRAWS);
    const Law law = {.of = law_rounded_exponential, .a = 3};
    ck_assert_double_lt(chi_square_ratio(sample, &law, 0, 60), 1);
    g_array_unref(sample);
}
END_TEST

static const int64_t SIZES[] = {10, 20, 50, 100};
static const double SHARES[] = {0.5, 0.5, 0.9, 1.0}; /* 20 never comes */

static long double law_empirical(const Law *law, long double k)
{
    (void)law;
    return k == 10 ? 0.5L : k == 50 ? 0.4L : k == 100 ? 0.1L : 0;
}

START_TEST(empirical_draws_follow_their_table)
{
    stream_init(&stream, 1, "table");
    const Distribution distribution = distribution_empirical(SIZES, SHARES, 4);
    GArray *sample = draws_of(&distribution, DRAWS);
    for (guint i = 0; i < sample->len; i++) {
        ck_assert(g_array_index(sample, double, i) != 20);
    }
    const Law law = {.of = law_empirical};
    ck_assert_double_lt(chi_square_ratio(sample, &law, 0, 100), 1);
    ck_assert_double_eq_tol(distribution_mean(&distribution), 35, 1e-12);
    g_array_unref(sample);
}
END_TEST

START_TEST(means_are_those_of_the_drawn_laws)
{
    const Distribution all[] = {
        distribution_constant(7000),
        distribution_uniform(1000, 9001),
        distribution_exponential(5000),
        distribution_normal(100000, 2000),
        distribution_lognormal(10000, 30000),
        distribution_pareto(1000, 3.5),
        distribution_erlang(5, 70000),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        stream_init(&stream, i, "mean");
        GArray *sample = draws_of(&all[i], DRAWS);
        const double error = sqrt(sample_variance(sample) / DRAWS);
        ck_assert_double_eq_tol(
            sample_mean(sample), distribution_mean(&all[i]), 3.3 * error + 0.01);
        g_array_unref(sample);
    }
    const Distribution heavy = distribution_pareto(1000, 1.0);
    ck_assert(distribution_mean(&heavy) == (double)INFINITY);
}
END_TEST

START_TEST(draws_stay_within_their_limits)
{
    Distribution all[] = {
        distribution_normal(0, 1000),
        distribution_pareto(10, 0.01), /* mostly beyond the range of int64 */
        distribution_exponential(1000),
        distribution_lognormal(100, 1000000),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        stream_init(&stream, i, "limits");
        for (int draw = 0; draw < 10000; draw++) {
            const int64_t value = distribution_draw(&all[i], &stream);
            ck_assert(value >= 0 && value <= INT64_MAX / 4);
            const int64_t sum = distribution_draw_sum(&all[i], &stream, (uint64_t)draw);
            ck_assert(sum >= 0 && sum <= INT64_MAX / 4);
        }
        all[i].minimum = 20;
        all[i].maximum = 30;
        for (int draw = 0; draw < 1000; draw++) {
            const int64_t value = distribution_draw(&all[i], &stream);
            ck_assert(value >= 20 && value <= 30);
            const int64_t sum = distribution_draw_sum(&all[i], &stream, 100);
            ck_assert(sum >= 2000 && sum <= 3000);
        }
    }
}
END_TEST

START_TEST(empty_and_degenerate_laws_draw_what_is_left_of_them)
{
    stream_init(&stream, 1, "edges");
    const Distribution zero = distribution_exponential(0);
    const Distribution still = distribution_normal(500, 0);
    const Distribution flat = distribution_lognormal(400, 400);
    const Distribution none = distribution_lognormal(0, 10);
    const Distribution point = distribution_uniform(9, 9);
    const Distribution empty = distribution_empirical(NULL, NULL, 0);
    const Distribution constant = distribution_constant(3);
    ck_assert_int_eq(distribution_draw(&zero, &stream), 0);
    ck_assert_int_eq(distribution_draw(&still, &stream), 500);
    ck_assert_int_eq(distribution_draw(&flat, &stream), 400);
    ck_assert_int_eq(distribution_draw_sum(&flat, &stream, 1000), 400000);
    ck_assert_int_eq(distribution_draw(&none, &stream), 0);
    ck_assert_int_eq(distribution_draw(&point, &stream), 9);
    ck_assert_int_eq(distribution_draw(&empty, &stream), 0);
    ck_assert_int_eq(distribution_draw_sum(&constant, &stream, 1000000007), 3000000021);
    ck_assert_int_eq(distribution_draw_sum(&still, &stream, 0), 0);
    ck_assert_int_eq(distribution_draw_sum(&constant, &stream, UINT64_MAX), INT64_MAX / 4);
    ck_assert(distribution_is_constant(&constant) && !distribution_is_constant(&zero));
}
END_TEST

START_TEST(a_greater_word_draws_a_greater_amount)
{
    const Distribution all[] = {
        distribution_uniform(0, 1000000000),
        distribution_exponential(1000000000),
        distribution_normal(1000000000, 100000000),
        distribution_lognormal(1000000, 90000000),
        distribution_pareto(1000000, 1.5),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        int64_t last = -1;
        for (uint32_t step = 0; step < 1000; step++) {
            Stream fixed = {.block = {UINT32_MAX, step << 22}};
            const int64_t value = distribution_draw(&all[i], &fixed);
            ck_assert_int_gt(value, last);
            last = value;
        }
    }
}
END_TEST

START_TEST(short_sums_are_exactly_the_draws_one_by_one)
{
    const Distribution all[] = {
        distribution_uniform(5, 5000),
        distribution_exponential(5000),
        distribution_pareto(1000, 0.9),
        distribution_empirical(SIZES, SHARES, 4),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        Stream together;
        Stream alone;
        stream_init(&together, i, "sum");
        stream_init(&alone, i, "sum");
        int64_t sum = 0;
        for (int term = 0; term < 32; term++) {
            sum += distribution_draw(&all[i], &alone);
        }
        ck_assert_int_eq(distribution_draw_sum(&all[i], &together, 32), sum);
    }
}
END_TEST

static void expect_sum_law(Distribution distribution, uint64_t terms, Law law)
{
    stream_init(&stream, terms, "sum law");
    ck_assert_double_lt(ks_and_free(draw_sums(&distribution, terms, DRAWS), &law), KS_LIMIT);
}

START_TEST(long_sums_of_exponential_erlang_and_normal_draws_have_the_exact_law)
{
    expect_sum_law(
        distribution_exponential(1000000), 33, (Law){.of = law_gamma, .a = 33, .b = 1e6L});
    expect_sum_law(
        distribution_exponential(1000000), 1000, (Law){.of = law_gamma, .a = 1000, .b = 1e6L});
    expect_sum_law(
        distribution_erlang(4, 1000000), 50, (Law){.of = law_gamma, .a = 200, .b = 2.5e5L});
    expect_sum_law(
        distribution_normal(1000000, 10000), 10000, (Law){.of = law_normal, .a = 1e10L, .b = 1e6L});
}
END_TEST

/* Sums of `terms` drawn at once against sums drawn one by one. */
static void expect_like_one_by_one(Distribution distribution, uint64_t terms)
{
    stream_init(&stream, terms + (uint64_t)(distribution.b * 1000), "at once");
    GArray *at_once = draw_sums(&distribution, terms, SUMS);
    GArray *one_by_one = g_array_new(FALSE, FALSE, sizeof(double));
    for (int i = 0; i < SUMS; i++) {
        double sum = 0;
        for (uint64_t term = 0; term < terms; term++) {
            sum += (double)distribution_draw(&distribution, &stream);
        }
        g_array_append_val(one_by_one, sum);
    }
    const double statistic = ks_two_samples(at_once, one_by_one);
    ck_assert_msg(statistic < KS_LIMIT,
                  "kind %d, b = %g, %d terms: %g",
                  distribution.kind,
                  distribution.b,
                  (int)terms,
                  statistic);
    g_array_unref(at_once);
    g_array_unref(one_by_one);
}

START_TEST(long_sums_of_light_laws_are_like_those_drawn_one_by_one)
{
    expect_like_one_by_one(distribution_uniform(0, 1000000), 33);
    expect_like_one_by_one(distribution_empirical(SIZES, SHARES, 4), 400);
    expect_like_one_by_one(distribution_lognormal(1000000, 3000000), 50);
    expect_like_one_by_one(distribution_lognormal(1000000, 10000000), 300);
    expect_like_one_by_one(distribution_lognormal(1000000, 20000000), 33);
    expect_like_one_by_one(distribution_lognormal(1000000, 100000000), 300);
    expect_like_one_by_one(distribution_lognormal(1000000, 100000000000), 200);
}
END_TEST

START_TEST(long_sums_know_rare_great_values_of_a_table)
{
    static const int64_t values[] = {1, 50, 1000, 2000};
    static const double cumulative[] = {0.9, 0.99, 0.99, 1};
    Distribution distribution = distribution_empirical(values, cumulative, 4);
    expect_like_one_by_one(distribution, 40);
    expect_like_one_by_one(distribution, 400);
    distribution.maximum = 100;
    expect_like_one_by_one(distribution, 100);
}
END_TEST

START_TEST(long_sums_of_heavy_tails_are_like_those_drawn_one_by_one)
{
    const double shapes[] = {0.5, 0.9, 1.0, 1.2, 2.0, 3.0, 8.0};
    for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
        expect_like_one_by_one(distribution_pareto(100000, shapes[i]), 33);
        expect_like_one_by_one(distribution_pareto(100000, shapes[i]), 400);
    }
}
END_TEST

START_TEST(long_sums_of_a_cut_tail_are_like_those_drawn_one_by_one)
{
    const int64_t maxima[] = {200000, 1000000, 100000000};
    for (size_t i = 0; i < G_N_ELEMENTS(maxima); i++) {
        Distribution distribution = distribution_pareto(100000, 1.1);
        distribution.maximum = maxima[i];
        expect_like_one_by_one(distribution, 200);
        distribution = distribution_lognormal(100000, 500000);
        distribution.maximum = maxima[i];
        expect_like_one_by_one(distribution, 200);
        distribution = distribution_lognormal(100000, 50000000);
        distribution.maximum = maxima[i];
        expect_like_one_by_one(distribution, 200);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("distribution");
    TCase *tests = tcase_create("laws");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, uniform_draws_are_uniform);
    tcase_add_test(tests, exponential_draws_are_exponential);
    tcase_add_test(tests, normal_draws_are_normal);
    tcase_add_test(tests, lognormal_draws_have_the_median_and_p99_asked_for);
    tcase_add_test(tests, pareto_draws_are_pareto);
    tcase_add_test(tests, erlang_draws_are_gamma_for_few_and_many_stages);
    tcase_add_test(tests, gamma_draws_are_right_for_broken_shapes);
    tcase_add_test(tests, the_test_notices_a_law_that_is_2_percent_off);
    tcase_add_test(tests, small_amounts_are_rounded_to_the_nearest_whole_number);
    tcase_add_test(tests, empirical_draws_follow_their_table);
    tcase_add_test(tests, means_are_those_of_the_drawn_laws);
    tcase_add_test(tests, draws_stay_within_their_limits);
    tcase_add_test(tests, empty_and_degenerate_laws_draw_what_is_left_of_them);
    tcase_add_test(tests, a_greater_word_draws_a_greater_amount);
    tcase_add_test(tests, short_sums_are_exactly_the_draws_one_by_one);
    tcase_add_test(tests, long_sums_of_exponential_erlang_and_normal_draws_have_the_exact_law);
    tcase_add_test(tests, long_sums_of_light_laws_are_like_those_drawn_one_by_one);
    tcase_add_test(tests, long_sums_know_rare_great_values_of_a_table);
    tcase_add_test(tests, long_sums_of_heavy_tails_are_like_those_drawn_one_by_one);
    tcase_add_test(tests, long_sums_of_a_cut_tail_are_like_those_drawn_one_by_one);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
