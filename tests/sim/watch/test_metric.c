/* Goal: time-weighted means are areas over time. Method: numbers worked out by hand. */
#include "sim/watch/metric.h"
#include "tests/run_suite.h"
#include <check.h>

START_TEST(the_mean_is_the_area_under_the_steps_over_the_time)
{
    TimeWeighted queue;
    time_weighted_init(&queue, SIM_SEC(10), 0);
    time_weighted_set(&queue, SIM_SEC(12), 3);                               /* 2 s of 0 */
    time_weighted_add(&queue, SIM_SEC(13), 2);                               /* 1 s of 3 */
    time_weighted_add(&queue, SIM_SEC(16), -4);                              /* 3 s of 5 */
    ck_assert_double_eq(time_weighted_mean(&queue, SIM_SEC(20)), 22.0 / 10); /* 4 s of 1 */
    ck_assert_int_eq(queue.value, 1);
    ck_assert_int_eq(queue.maximum, 5);
}
END_TEST

START_TEST(reading_changes_nothing)
{
    TimeWeighted gauge;
    time_weighted_init(&gauge, 0, 8);
    ck_assert_double_eq(time_weighted_mean(&gauge, 0), 8);
    ck_assert_double_eq(time_weighted_mean(&gauge, 100), 8);
    ck_assert_double_eq(time_weighted_mean(&gauge, 50), 8);
    time_weighted_set(&gauge, 50, 0);
    ck_assert_double_eq(time_weighted_mean(&gauge, 100), 4);
}
END_TEST

START_TEST(steps_of_no_length_count_for_the_maximum_alone)
{
    TimeWeighted gauge;
    time_weighted_init(&gauge, 5, 1);
    time_weighted_set(&gauge, 10, 1000);
    time_weighted_set(&gauge, 10, 1);
    ck_assert_double_eq(time_weighted_mean(&gauge, 15), 1);
    ck_assert_int_eq(gauge.maximum, 1000);
}
END_TEST

/* 2^62 bytes for 2^62 ns: the area has 124 bits. */
START_TEST(great_values_over_long_times_do_not_overflow)
{
    const int64_t great = (int64_t)1 << 62;
    TimeWeighted gauge;
    time_weighted_init(&gauge, 0, great);
    time_weighted_set(&gauge, great, -great);
    ck_assert_double_eq(time_weighted_mean(&gauge, great), (double)great);
    ck_assert_double_eq_tol(time_weighted_mean(&gauge, great + (great - 1)), 0, 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metric");
    TCase *tests = tcase_create("time weighted");
    tcase_add_test(tests, the_mean_is_the_area_under_the_steps_over_the_time);
    tcase_add_test(tests, reading_changes_nothing);
    tcase_add_test(tests, steps_of_no_length_count_for_the_maximum_alone);
    tcase_add_test(tests, great_values_over_long_times_do_not_overflow);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
