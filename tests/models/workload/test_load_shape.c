/* test_load_shape.c - rates that change: their lengths, their means, their law. */
#include "models/workload/load_shape.h"
#include "tests/run_suite.h"
#include <check.h>
#include <math.h>

static ShapedLoad started(const LoadShape *shape, uint64_t seed)
{
    Stream chance;
    stream_init(&chance, seed, "load");
    ShapedLoad load;
    shaped_load_init(&load, shape, &chance);
    shaped_load_start(&load, 0);
    return load;
}

START_TEST(an_even_rate_never_changes)
{
    const LoadShape shape = {0};
    ShapedLoad load = started(&shape, 1);
    ck_assert_int_eq(load.change_at, SIM_TIME_MAX);
    ck_assert_int_eq(shaped_load_factor(&load), LOAD_FACTOR_ONE);
    ck_assert_int_eq(load_shape_highest(&shape), LOAD_FACTOR_ONE);
}
END_TEST

START_TEST(bursts_come_and_go_at_their_times)
{
    LoadShape shape = {.repeats = true};
    load_shape_add(&shape, LOAD_FACTOR_ONE, SIM_SEC(2));
    load_shape_add(&shape, 0, SIM_SEC(3));
    ShapedLoad load = started(&shape, 1);
    for (int64_t cycle = 0; cycle < 3; cycle++) {
        ck_assert_int_eq(shaped_load_factor(&load), LOAD_FACTOR_ONE);
        ck_assert_int_eq(load.change_at, SIM_SEC(5) * cycle + SIM_SEC(2));
        shaped_load_advance(&load);
        ck_assert_int_eq(shaped_load_factor(&load), 0);
        ck_assert_int_eq(load.change_at, SIM_SEC(5) * cycle + SIM_SEC(5));
        shaped_load_advance(&load);
    }
    ck_assert_double_eq_tol(load_shape_mean(&shape, SIM_SEC(5)), 0.4, 1e-9);
    load_shape_clear(&shape);
}
END_TEST

START_TEST(a_ramp_ends_where_it_leads_and_keeps_the_mean_of_its_line)
{
    LoadShape shape = {0};
    load_shape_add_curve(&shape, (const double[]){1, 3}, 2, SIM_SEC(60));
    ck_assert_double_eq_tol(load_shape_mean(&shape, SIM_SEC(60)), 2.0, 1e-6);
    ck_assert_double_eq_tol(load_shape_mean(&shape, SIM_SEC(120)), 2.5, 1e-6);
    ShapedLoad load = started(&shape, 1);
    int64_t last = 0;
    while (load.change_at != SIM_TIME_MAX) {
        ck_assert_int_gt(shaped_load_factor(&load), last);
        last = shaped_load_factor(&load);
        shaped_load_advance(&load);
    }
    ck_assert_int_eq(shaped_load_factor(&load), 3 * LOAD_FACTOR_ONE);
    load_shape_clear(&shape);
}
END_TEST

START_TEST(a_curve_of_the_day_closes_and_begins_again)
{
    LoadShape shape = {.repeats = true};
    load_shape_add_curve(&shape, (const double[]){0.5, 2, 1}, 3, SIM_SEC(8 * 3600));
    ck_assert_double_eq_tol(load_shape_mean(&shape, SIM_SEC(24 * 3600)), 3.5 / 3, 1e-6);
    ShapedLoad load = started(&shape, 1);
    for (guint i = 0; i < shape.steps->len; i++) {
        shaped_load_advance(&load);
    }
    ck_assert_uint_eq(load.step, 0);
    ck_assert_int_eq(load.change_at - SIM_SEC(24 * 3600), SIM_SEC(8 * 3600) / 16);
    load_shape_clear(&shape);
}
END_TEST

/* Sojourns of a state are exponential: mean and variance within 4 standard errors; and of three
 * states each of the others follows equally often. */
START_TEST(states_of_a_markov_modulated_rate_last_exponentially_and_follow_each_other_by_chance)
{
    LoadShape shape = {.repeats = true, .is_random = true};
    load_shape_add(&shape, 0, SIM_SEC(4));
    load_shape_add(&shape, LOAD_FACTOR_ONE, SIM_SEC(2));
    load_shape_add(&shape, 10 * LOAD_FACTOR_ONE, SIM_MS(500));
    ShapedLoad load = started(&shape, 7);
    double sum[3] = {0};
    double squares[3] = {0};
    int64_t visits[3] = {0};
    int64_t follows[3][3] = {{0}};
    SimTime since = 0;
    for (int i = 0; i < 90000; i++) {
        guint state = load.step;
        double lasted = (double)(load.change_at - since) / 1e9;
        since = load.change_at;
        sum[state] += lasted;
        squares[state] += lasted * lasted;
        visits[state]++;
        shaped_load_advance(&load);
        follows[state][load.step]++;
    }
    const double means[3] = {4, 2, 0.5};
    for (int s = 0; s < 3; s++) {
        double n = (double)visits[s];
        ck_assert_double_eq_tol(sum[s] / n, means[s], 4 * means[s] / sqrt(n));
        /* The second moment is 2 m^2, its standard deviation sqrt(20) m^2. */
        ck_assert_double_eq_tol(
            squares[s] / n, 2 * means[s] * means[s], 4 * 4.48 * means[s] * means[s] / sqrt(n));
        ck_assert_int_eq(follows[s][s], 0);
        double part = (double)follows[s][(s + 1) % 3] / n;
        ck_assert_double_eq_tol(part, 0.5, 4 * 0.5 / sqrt(n));
    }
    load_shape_clear(&shape);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("load shape");
    TCase *tests = tcase_create("shapes");
    tcase_add_test(tests, an_even_rate_never_changes);
    tcase_add_test(tests, bursts_come_and_go_at_their_times);
    tcase_add_test(tests, a_ramp_ends_where_it_leads_and_keeps_the_mean_of_its_line);
    tcase_add_test(tests, a_curve_of_the_day_closes_and_begins_again);
    tcase_add_test(
        tests,
        states_of_a_markov_modulated_rate_last_exponentially_and_follow_each_other_by_chance);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
