/* Goal: quantiles right to 1/256, and counts, sums, least and greatest exact. Method: against
 * sorted samples, and loops that add value by value. */
#include "sim/chance/distribution.h"
#include "sim/watch/histogram.h"
#include "tests/run_suite.h"
#include <check.h>
#include <glib.h>

enum { VALUES = 200000 };

__extension__ typedef __int128 Wide;

static const uint32_t PPMS[] = {
    1, 1000, 10000, 250000, 500000, 750000, 900000, 990000, 999000, 999900, 999990, 1000000};

static int compare_values(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left;
    const int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Adds draws of a law, and returns them sorted. */
static GArray *add_draws(Histogram *histogram, Distribution distribution, int count)
{
    Stream stream;
    stream_init(&stream, (uint64_t)distribution.kind, "histogram");
    GArray *values = g_array_new(FALSE, FALSE, sizeof(int64_t));
    for (int i = 0; i < count; i++) {
        const int64_t value = distribution_draw(&distribution, &stream);
        g_array_append_val(values, value);
        histogram_add(histogram, value);
    }
    g_array_sort(values, compare_values);
    return values;
}

static void expect_quantiles(const Histogram *histogram, const GArray *sorted)
{
    for (size_t i = 0; i < G_N_ELEMENTS(PPMS); i++) {
        const uint64_t rank = ((uint64_t)sorted->len * PPMS[i] + 999999) / 1000000;
        const int64_t truth = g_array_index(sorted, int64_t, MAX(rank, 1) - 1);
        const int64_t found = histogram_quantile(histogram, PPMS[i]);
        ck_assert_msg(llabs(found - truth) <= truth / 256,
                      "%u ppm: expected %lld, found %lld",
                      PPMS[i],
                      (long long)truth,
                      (long long)found);
    }
}

START_TEST(quantiles_to_p9999_are_within_a_256th_of_the_sorted_sample)
{
    const Distribution laws[] = {
        distribution_exponential(3000000),
        distribution_lognormal(2000000, 800000000),
        distribution_uniform(0, 300),
        distribution_pareto(1000, 0.4), /* up to 2^61 */
        distribution_constant(123456789),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(laws); i++) {
        Histogram *histogram = histogram_new();
        GArray *sorted = add_draws(histogram, laws[i], VALUES);
        expect_quantiles(histogram, sorted);
        long double sum = 0;
        for (guint value = 0; value < sorted->len; value++) {
            sum += (long double)g_array_index(sorted, int64_t, value);
        }
        ck_assert_uint_eq(histogram_count(histogram), VALUES);
        ck_assert_int_eq(histogram_minimum(histogram), g_array_index(sorted, int64_t, 0));
        ck_assert_int_eq(histogram_maximum(histogram), g_array_index(sorted, int64_t, VALUES - 1));
        const double mean = (double)(sum / VALUES);
        ck_assert_double_eq_tol(histogram_mean(histogram), mean, mean * 1e-12);
        g_array_unref(sorted);
        histogram_free(histogram);
    }
}
END_TEST

START_TEST(small_samples_give_the_rank_asked_for)
{
    Histogram *histogram = histogram_new();
    for (int64_t value = 1; value <= 10; value++) {
        histogram_add(histogram, value * 10);
    }
    ck_assert_int_eq(histogram_quantile(histogram, 0), 10);
    ck_assert_int_eq(histogram_quantile(histogram, 100000), 10);
    ck_assert_int_eq(histogram_quantile(histogram, 100001), 20);
    ck_assert_int_eq(histogram_quantile(histogram, 500000), 50);
    ck_assert_int_eq(histogram_quantile(histogram, 900000), 90);
    ck_assert_int_eq(histogram_quantile(histogram, 999900), 100);
    ck_assert_int_eq(histogram_quantile(histogram, UINT32_MAX), 100);
    ck_assert_double_eq(histogram_mean(histogram), 55);
    histogram_free(histogram);
}
END_TEST

START_TEST(an_empty_histogram_answers_0)
{
    Histogram *histogram = histogram_new();
    ck_assert_uint_eq(histogram_count(histogram), 0);
    ck_assert_int_eq(histogram_minimum(histogram), 0);
    ck_assert_int_eq(histogram_maximum(histogram), 0);
    ck_assert_int_eq(histogram_quantile(histogram, 500000), 0);
    ck_assert_double_eq(histogram_mean(histogram), 0);
    histogram_add_many(histogram, 77, 0);
    histogram_add_span(histogram, 5, 9, 0);
    ck_assert_uint_eq(histogram_count(histogram), 0);
    histogram_free(histogram);
    histogram_free(NULL);
}
END_TEST

/* What histogram_each visits, in text. */
static void append_bucket(void *user, int64_t lo, int64_t hi, uint64_t count)
{
    g_string_append_printf(user,
                           "%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT ":%" G_GUINT64_FORMAT " ",
                           (gint64)lo,
                           (gint64)hi,
                           (guint64)count);
}

static void expect_equal(const Histogram *found, const Histogram *expected)
{
    GString *found_text = g_string_new(NULL);
    GString *expected_text = g_string_new(NULL);
    histogram_each(found, append_bucket, found_text);
    histogram_each(expected, append_bucket, expected_text);
    ck_assert_str_eq(found_text->str, expected_text->str);
    ck_assert_uint_eq(histogram_count(found), histogram_count(expected));
    ck_assert_int_eq(histogram_minimum(found), histogram_minimum(expected));
    ck_assert_int_eq(histogram_maximum(found), histogram_maximum(expected));
    ck_assert(histogram_mean(found) == histogram_mean(expected));
    g_string_free(found_text, TRUE);
    g_string_free(expected_text, TRUE);
}

START_TEST(buckets_are_exact_below_256_and_a_128th_wide_above)
{
    Histogram *histogram = histogram_new();
    const int64_t values[] = {0, 1, 127, 128, 255, 256, 257, 258, 1000, INT64_MAX};
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        histogram_add(histogram, values[i]);
    }
    GString *text = g_string_new(NULL);
    histogram_each(histogram, append_bucket, text);
    ck_assert_str_eq(text->str,
                     "0-0:1 1-1:1 127-127:1 128-128:1 255-255:1 256-257:2 258-259:1 1000-1003:1 "
                     "9187343239835811840-9223372036854775807:1 ");
    g_string_free(text, TRUE);
    histogram_free(histogram);
}
END_TEST

START_TEST(every_value_falls_into_a_bucket_around_it_of_at_most_a_128th)
{
    Stream stream;
    stream_init(&stream, 1, "buckets");
    for (int i = 0; i < 3000; i++) {
        const int64_t value = (int64_t)(stream_u64(&stream) >> (1 + i % 63));
        Histogram *histogram = histogram_new();
        histogram_add_many(histogram, value, 3);
        histogram_add(histogram, 0);
        histogram_add(histogram, INT64_MAX);
        const int64_t middle = histogram_quantile(histogram, 500000);
        ck_assert_int_le(llabs(middle - value), value / 256);
        histogram_free(histogram);
    }
}
END_TEST

START_TEST(merging_equals_adding_everything_to_one)
{
    Histogram *all = histogram_new();
    Histogram *left = histogram_new();
    Histogram *right = histogram_new();
    Histogram *empty = histogram_new();
    Stream stream;
    stream_init(&stream, 1, "merge");
    const Distribution law = distribution_lognormal(1000, 10000000);
    for (int i = 0; i < 20000; i++) {
        const int64_t value = distribution_draw(&law, &stream);
        histogram_add(all, value);
        histogram_add(i % 3 == 0 ? left : right, value);
    }
    histogram_merge(left, right);
    expect_equal(left, all);
    histogram_merge(left, empty);
    expect_equal(left, all);
    histogram_merge(empty, left);
    expect_equal(empty, all);
    histogram_free(all);
    histogram_free(left);
    histogram_free(right);
    histogram_free(empty);
}
END_TEST

static void expect_span_equals_loop(int64_t lo, int64_t hi, uint64_t count)
{
    Histogram *span = histogram_new();
    Histogram *loop = histogram_new();
    histogram_add_span(span, lo, hi, count);
    for (uint64_t i = 0; i < count; i++) {
        const Wide product = (Wide)i * (hi - lo);
        histogram_add(loop, count > 1 ? lo + (int64_t)(product / (int64_t)(count - 1)) : lo);
    }
    expect_equal(span, loop);
    histogram_free(span);
    histogram_free(loop);
}

START_TEST(a_span_equals_the_loop_over_its_values)
{
    expect_span_equals_loop(0, 0, 10);
    expect_span_equals_loop(5, 6, 1000);
    expect_span_equals_loop(100, 100000, 1);
    expect_span_equals_loop(100, 100000, 2);
    expect_span_equals_loop(100, 100000, 3);
    expect_span_equals_loop(0, 1000000, 1000001);
    expect_span_equals_loop(0, INT64_MAX, 1000);
    expect_span_equals_loop(255, 257, 100);
    Stream stream;
    stream_init(&stream, 1, "span");
    for (int i = 0; i < 2000; i++) {
        const int64_t lo = (int64_t)(stream_u64(&stream) >> (2 + stream_below(&stream, 62)));
        const int64_t width = (int64_t)(stream_u64(&stream) >> (2 + stream_below(&stream, 62)));
        expect_span_equals_loop(lo, lo + width, 1 + stream_below(&stream, 600));
    }
}
END_TEST

/* A walk over the values would take centuries; the sum is n (lo + hi) / 2 where all are even steps.
 */
START_TEST(a_span_of_very_many_values_costs_only_its_buckets)
{
    Histogram *histogram = histogram_new();
    const uint64_t count = UINT64_C(1000000000000001);
    histogram_add_span(histogram, 0, 3000000000000000, count);
    ck_assert_uint_eq(histogram_count(histogram), count);
    ck_assert_double_eq(histogram_mean(histogram), 1500000000000000.0);
    const double median = (double)histogram_quantile(histogram, 500000);
    ck_assert_double_eq_tol(median, 1.5e15, 1.5e15 / 256);
    histogram_free(histogram);
}
END_TEST

START_TEST(negative_values_count_as_0_and_backward_spans_as_their_start)
{
    Histogram *histogram = histogram_new();
    histogram_add(histogram, -5);
    histogram_add_many(histogram, INT64_MIN, 2);
    histogram_add_span(histogram, -9, -3, 4);
    histogram_add_span(histogram, 9, 3, 3);
    ck_assert_uint_eq(histogram_count(histogram), 10);
    ck_assert_int_eq(histogram_minimum(histogram), 0);
    ck_assert_int_eq(histogram_maximum(histogram), 9);
    ck_assert_double_eq(histogram_mean(histogram), 2.7);
    histogram_free(histogram);
}
END_TEST

START_TEST(a_reset_histogram_is_as_new)
{
    Histogram *used = histogram_new();
    Histogram *fresh = histogram_new();
    histogram_add_span(used, 0, 1000000, 5000);
    histogram_reset(used);
    expect_equal(used, fresh);
    histogram_add(used, 42);
    histogram_add(fresh, 42);
    expect_equal(used, fresh);
    histogram_free(used);
    histogram_free(fresh);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("histogram");
    TCase *tests = tcase_create("histogram");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, quantiles_to_p9999_are_within_a_256th_of_the_sorted_sample);
    tcase_add_test(tests, small_samples_give_the_rank_asked_for);
    tcase_add_test(tests, an_empty_histogram_answers_0);
    tcase_add_test(tests, buckets_are_exact_below_256_and_a_128th_wide_above);
    tcase_add_test(tests, every_value_falls_into_a_bucket_around_it_of_at_most_a_128th);
    tcase_add_test(tests, merging_equals_adding_everything_to_one);
    tcase_add_test(tests, a_span_equals_the_loop_over_its_values);
    tcase_add_test(tests, a_span_of_very_many_values_costs_only_its_buckets);
    tcase_add_test(tests, negative_values_count_as_0_and_backward_spans_as_their_start);
    tcase_add_test(tests, a_reset_histogram_is_as_new);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
