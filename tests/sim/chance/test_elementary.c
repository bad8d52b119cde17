/* Goal: exp, log and their kin are right to 2^-45. Method: random arguments over the whole range
 * against libm's long double functions, and the edges one by one. */
#include "sim/chance/elementary.h"
#include "sim/chance/stream.h"
#include "tests/run_suite.h"
#include <check.h>
#include <float.h>
#include <math.h>

enum { ROUNDS = 200000 };

#define ERROR_LIMIT 0x1p-45L

static Stream stream;

static void start(const char *name)
{
    stream_init(&stream, 1, name);
}

/* In -reach..reach. */
static double within(double reach)
{
    return (2 * stream_unit(&stream) - 1) * reach;
}

/* Of any size between 2^-octaves and 2^octaves. */
static double positive_of_any_size(int octaves)
{
    return ldexp(1 + stream_unit(&stream), (int)stream_between(&stream, -octaves, octaves));
}

static void expect_close(double found, long double expected, double argument)
{
    const long double error = fabsl((long double)found - expected);
    ck_assert_msg(error <= fabsl(expected) * ERROR_LIMIT,
                  "at %a: expected %.21Lg, found %.17g",
                  argument,
                  expected,
                  found);
}

START_TEST(exp_is_right_over_its_whole_range)
{
    start("exp");
    for (int i = 0; i < ROUNDS; i++) {
        const double x = within(708);
        expect_close(sim_exp(x), expl((long double)x), x);
    }
}
END_TEST

START_TEST(log_is_right_over_its_whole_range)
{
    start("log");
    for (int i = 0; i < ROUNDS; i++) {
        const double x = positive_of_any_size(1021);
        expect_close(sim_log(x), logl((long double)x), x);
    }
}
END_TEST

START_TEST(log_is_right_next_to_1)
{
    start("log near 1");
    for (int i = 0; i < ROUNDS; i++) {
        const double x = 1 + within(0.5) * ldexp(1, -(int)stream_below(&stream, 52));
        expect_close(sim_log(x), logl((long double)x), x);
    }
}
END_TEST

START_TEST(expm1_and_log1p_are_right_next_to_0_and_far_from_it)
{
    start("near 0");
    for (int i = 0; i < ROUNDS; i++) {
        const double x = within(0.999) * ldexp(1, -(int)stream_below(&stream, 60));
        expect_close(sim_expm1(x), expm1l((long double)x), x);
        expect_close(sim_log1p(x), log1pl((long double)x), x);
        const double far = positive_of_any_size(8);
        expect_close(sim_expm1(far), expm1l((long double)far), far);
        expect_close(sim_log1p(far), log1pl((long double)far), far);
        expect_close(sim_expm1(-far), expm1l((long double)-far), far);
    }
}
END_TEST

START_TEST(the_ratios_are_1_at_0_and_smooth_there)
{
    ck_assert(sim_expm1_ratio(0) == 1);
    ck_assert(sim_log1p_ratio(0) == 1);
    for (double x = 1e-30; x < 0.9; x *= 3) {
        expect_close(sim_expm1_ratio(x), expm1l((long double)x) / (long double)x, x);
        expect_close(sim_log1p_ratio(-x), log1pl((long double)-x) / (long double)-x, x);
    }
}
END_TEST

START_TEST(pow_is_right_also_where_its_result_nears_the_ends_of_the_range)
{
    start("pow");
    for (int i = 0; i < ROUNDS; i++) {
        const bool near_1 = i % 2 == 0;
        const double base = near_1 ? 1 + within(0.5) : positive_of_any_size(1021);
        const double exponent = within(700) / log(base);
        if (base != 1) {
            expect_close(
                sim_pow(base, exponent), powl((long double)base, (long double)exponent), base);
        }
    }
}
END_TEST

START_TEST(the_edges_of_exp_and_log_are_those_of_ieee)
{
    ck_assert(sim_exp(0) == 1);
    ck_assert(sim_exp(710) == (double)INFINITY && sim_exp((double)INFINITY) == (double)INFINITY);
    ck_assert(sim_exp(-746) == 0 && sim_exp(-(double)INFINITY) == 0);
    ck_assert(isnan(sim_exp((double)NAN)));
    ck_assert(sim_exp(-745.1) == 0x1p-1074);
    expect_close(sim_exp(709.78), expl(709.78L), 709.78);
    ck_assert(sim_log(1) == 0);
    ck_assert(sim_log(0) == -(double)INFINITY && isnan(sim_log(-1)));
    ck_assert(sim_log((double)INFINITY) == (double)INFINITY && isnan(sim_log((double)NAN)));
    expect_close(sim_log(0x1p-1074), logl(0x1p-1074L), 0x1p-1074);
    expect_close(sim_log(DBL_MAX), logl((long double)DBL_MAX), DBL_MAX);
    ck_assert(sim_log1p(-1) == -(double)INFINITY && sim_log1p(0) == 0 && sim_expm1(0) == 0);
}
END_TEST

START_TEST(the_edges_of_pow_are_those_of_ieee)
{
    ck_assert(sim_pow(0, 0) == 1 && sim_pow((double)NAN, 0) == 1 && sim_pow(1, 1e300) == 1);
    ck_assert(sim_pow(0, 2) == 0 && sim_pow(0, -2) == (double)INFINITY);
    ck_assert(isnan(sim_pow(-2, 3)) && isnan(sim_pow(2, (double)NAN)));
    ck_assert(sim_pow(2, 1e300) == (double)INFINITY && sim_pow(2, -1e300) == 0);
    ck_assert(sim_pow(0.5, 1e300) == 0 && sim_pow(0.5, -1e300) == (double)INFINITY);
    ck_assert(sim_pow(2, 1024) == (double)INFINITY && sim_pow(2, -1100) == 0);
    ck_assert(sim_pow((double)INFINITY, 1) == (double)INFINITY);
    ck_assert(sim_pow((double)INFINITY, -1) == 0);
    ck_assert(sim_pow(2, 10) == 1024 && sim_pow(2, -1) == 0.5);
}
END_TEST

/* The quantile put back into the distribution function must give p. An error d of the quantile z
 * moves p by the factor 1 + d z (z + 1/z ...), hence the allowance for far quantiles. */
START_TEST(the_normal_quantile_inverts_the_distribution_function)
{
    start("quantile");
    for (int i = 0; i < ROUNDS; i++) {
        const double p = ldexp(stream_open_unit(&stream), -(int)stream_below(&stream, 45));
        const double z = sim_normal_quantile(p);
        const long double back = erfcl(-(long double)z / sqrtl(2)) / 2;
        const long double error = fabsl(back / (long double)p - 1);
        ck_assert_msg(error < 0x1p-48L * (1 + (long double)(z * z)), "p = %a: z = %.17g", p, z);
    }
    ck_assert(sim_normal_quantile(0.5) == 0);
    ck_assert(sim_normal_quantile(0.25) == -sim_normal_quantile(0.75));
    ck_assert(sim_normal_quantile(0x1p-53) == -sim_normal_quantile(1 - 0x1p-53));
}
END_TEST

START_TEST(the_normal_probability_is_right_in_the_middle_and_the_tails)
{
    start("probability");
    for (int i = 0; i < ROUNDS / 4; i++) {
        const double z = within(i % 2 ? 3.2 : 37);
        const long double truth = erfcl(-(long double)z / sqrtl(2)) / 2;
        const long double error = fabsl((long double)sim_normal_probability(z) / truth - 1);
        ck_assert_msg(error < 0x1p-40L, "z = %.17g: error %Lg", z, error);
    }
    ck_assert(sim_normal_probability(0) == 0.5);
    ck_assert(sim_normal_probability((double)INFINITY) == 1);
    ck_assert(sim_normal_probability(-(double)INFINITY) == 0);
    ck_assert(sim_normal_probability(-40) == 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("elementary");
    TCase *tests = tcase_create("functions");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, exp_is_right_over_its_whole_range);
    tcase_add_test(tests, log_is_right_over_its_whole_range);
    tcase_add_test(tests, log_is_right_next_to_1);
    tcase_add_test(tests, expm1_and_log1p_are_right_next_to_0_and_far_from_it);
    tcase_add_test(tests, the_ratios_are_1_at_0_and_smooth_there);
    tcase_add_test(tests, pow_is_right_also_where_its_result_nears_the_ends_of_the_range);
    tcase_add_test(tests, the_edges_of_exp_and_log_are_those_of_ieee);
    tcase_add_test(tests, the_edges_of_pow_are_those_of_ieee);
    tcase_add_test(tests, the_normal_quantile_inverts_the_distribution_function);
    tcase_add_test(tests, the_normal_probability_is_right_in_the_middle_and_the_tails);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
