/* test_sweep_statistics.c - intervals against values from textbooks, seeds as typed. */
#include "scenarios/runner/sweep/seeds.h"
#include "scenarios/runner/sweep/statistics.h"
#include "tests/run_suite.h"
#include <check.h>
#include <math.h>

static void assert_near(double got, double expected, double tolerance)
{
    ck_assert_msg(fabs(got - expected) <= tolerance, "%.9g is not %.9g", got, expected);
}

START_TEST(an_interval_is_students)
{
    /* mean 5, s = sqrt(10), n = 5, t(4) = 2.776: half = 3.926 */
    const double values[] = {1, 3, 5, 7, 9};
    Interval interval = interval_of(values, 5);
    ck_assert_uint_eq(interval.n, 5);
    assert_near(interval.mean, 5, 0);
    assert_near(interval.median, 5, 0);
    assert_near(interval.high95 - interval.mean, 3.92649, 1e-4);
    assert_near(interval.mean - interval.low95, 3.92649, 1e-4);
}
END_TEST

START_TEST(large_samples_have_the_tables_t)
{
    assert_near(student_t(1), 12.7062, 1e-4);
    assert_near(student_t(30), 2.04227, 1e-5);
    assert_near(student_t(31), 2.03951, 2e-5);
    assert_near(student_t(60), 2.00030, 2e-5);
    assert_near(student_t(1000), 1.96234, 2e-5);
}
END_TEST

static char *told(const double *values, size_t count, void (*tell)(GString *, const Interval *))
{
    const Interval interval = interval_of(values, count);
    GString *out = g_string_new(NULL);
    tell(out, &interval);
    return g_string_free(out, FALSE);
}

/* A lag of 1.4 ± 1.7 would be a negative one. */
START_TEST(no_measure_is_said_to_be_below_zero)
{
    const double lags[] = {0, 0, 2, 3, 2}, many[] = {52000, 54000}, differences[] = {-1, 3},
                 rates[] = {999.992};
    g_autofree char *lag = told(lags, 5, interval_measure_text);
    g_autofree char *far = told(many, 2, interval_measure_text);
    g_autofree char *difference = told(differences, 2, interval_text);
    ck_assert_str_eq(lag, "1.4 [0, 3.066]");
    ck_assert_str_eq(far, "53,000 ± 12,706");
    g_autofree char *rounded = told(rates, 1, interval_text);
    ck_assert_str_eq(difference, "1 ± 25");
    ck_assert_str_eq(rounded, "1,000"); /* as what is above it */
}
END_TEST

START_TEST(what_was_not_measured_does_not_count)
{
    const double values[] = {2, (double)NAN, 4};
    Interval interval = interval_of(values, 3);
    ck_assert_uint_eq(interval.n, 2);
    assert_near(interval.mean, 3, 0);
    Interval one = interval_of(values, 1);
    assert_near(one.mean, 2, 0);
    ck_assert(isnan(one.low95) && isnan(one.high95));
    Interval none = interval_of(values + 1, 1);
    ck_assert_uint_eq(none.n, 0);
    ck_assert(isnan(none.mean));
}
END_TEST

START_TEST(intervals_cover_the_truth_as_often_as_they_say)
{
    /* 4000 samples of 5 sums of uniform draws (a plain LCG); 95 % +- 1 % must cover 0. */
    guint64 state = 12345;
    int covered = 0;
    for (int sample = 0; sample < 4000; sample++) {
        double values[5];
        for (int i = 0; i < 5; i++) {
            values[i] = 0;
            for (int k = 0; k < 12; k++) {
                state = state * 6364136223846793005u + 1442695040888963407u;
                values[i] += (double)(state >> 11) / 9007199254740992.0 - 0.5;
            }
        }
        Interval interval = interval_of(values, 5);
        covered += interval.low95 <= 0 && interval.high95 >= 0 ? 1 : 0;
    }
    ck_assert_int_ge(covered, 3760);
    ck_assert_int_le(covered, 3840);
}
END_TEST

START_TEST(seeds_are_ranges_and_lists)
{
    g_autofree char *problem = NULL;
    g_autoptr(GArray) seeds = seeds_parse("1..3,7", &problem);
    ck_assert_ptr_nonnull(seeds);
    ck_assert_uint_eq(seeds->len, 4);
    ck_assert_uint_eq(g_array_index(seeds, guint64, 2), 3);
    ck_assert_uint_eq(g_array_index(seeds, guint64, 3), 7);
}
END_TEST

START_TEST(what_is_no_list_of_seeds_is_refused)
{
    const char *const bad[] = {"", "x", "3..1", "1..", "1,,2", "-1", "1..99999", "1;2"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *problem = NULL;
        ck_assert_msg(seeds_parse(bad[i], &problem) == NULL, "\"%s\" was taken", bad[i]);
        ck_assert_ptr_nonnull(strstr(problem, "--seeds: expected"));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sweep statistics");
    TCase *tests = tcase_create("sweep statistics");
    tcase_add_test(tests, an_interval_is_students);
    tcase_add_test(tests, large_samples_have_the_tables_t);
    tcase_add_test(tests, no_measure_is_said_to_be_below_zero);
    tcase_add_test(tests, what_was_not_measured_does_not_count);
    tcase_add_test(tests, intervals_cover_the_truth_as_often_as_they_say);
    tcase_add_test(tests, seeds_are_ranges_and_lists);
    tcase_add_test(tests, what_is_no_list_of_seeds_is_refused);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
