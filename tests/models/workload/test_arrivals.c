/* test_arrivals.c - computed arrivals have the law of single ones. */
#include "models/workload/arrivals.h"
#include "tests/run_suite.h"
#include <check.h>

static Arrivals poisson(uint64_t seed, int64_t rate_per_sec)
{
    Stream chance;
    stream_init(&chance, seed, "arrivals");
    ArrivalsPlan plan = {
        .kind = ARRIVAL_POISSON, .rate_milli = rate_per_sec * 1000, .scale = 1, .share = 1};
    Arrivals arrivals;
    arrivals_init(&arrivals, &plan, &chance, 0, SIM_TIME_MAX, INT64_MAX);
    return arrivals;
}

static Arrivals constant(int64_t rate_milli, int64_t start, int64_t stride)
{
    Stream chance;
    stream_init(&chance, 1, "arrivals");
    ArrivalsPlan plan = {.kind = ARRIVAL_CONSTANT,
                         .rate_milli = rate_milli,
                         .start = start,
                         .stride = stride,
                         .scale = 1};
    Arrivals arrivals;
    arrivals_init(&arrivals, &plan, &chance, 0, SIM_TIME_MAX, INT64_MAX);
    return arrivals;
}

START_TEST(a_constant_rate_counts_exactly_at_any_instant)
{
    Arrivals bulk = constant(333333, 0, 1); /* 333.333 a second: no whole gap */
    Arrivals single = bulk;
    int64_t count = 0;
    for (SimTime now = 0; now < SIM_SEC(3); now += 7654321) {
        count += arrivals_take(&bulk, now).count;
        while (arrivals_next(&single) <= now) {
            (void)arrivals_take_one(&single);
        }
        ck_assert_int_eq(count, single.taken);
        ck_assert_int_eq(arrivals_next(&bulk), arrivals_next(&single));
    }
    ck_assert_int_eq(count + arrivals_take(&bulk, SIM_SEC(3) - 1).count, 1000);
}
END_TEST

START_TEST(an_arrival_at_the_very_instant_is_taken)
{
    Arrivals arrivals = constant(1000000, 0, 1); /* each ms */
    ck_assert_int_eq(arrivals_take(&arrivals, 0).count, 1);
    ck_assert_int_eq(arrivals_take(&arrivals, SIM_MS(1) - 1).count, 0);
    ck_assert_int_eq(arrivals_take(&arrivals, SIM_MS(1)).count, 1);
    ck_assert_int_eq(arrivals_time_of(&arrivals, 3), SIM_MS(4));
}
END_TEST

START_TEST(interleaved_streams_make_one_even_stream)
{
    Arrivals streams[3] = {
        constant(1000000, 0, 3), constant(1000000, 1, 3), constant(1000000, 2, 3)};
    for (int64_t record = 0; record < 300; record++) {
        ck_assert_int_eq(arrivals_take_one(&streams[record % 3]), record * SIM_MS(1));
    }
}
END_TEST

START_TEST(nothing_comes_after_stop_or_limit)
{
    Stream chance;
    stream_init(&chance, 1, "arrivals");
    for (int kind = 0; kind < 2; kind++) {
        ArrivalsPlan plan = {.kind = kind == 0 ? ARRIVAL_CONSTANT : ARRIVAL_POISSON,
                             .rate_milli = 1000000,
                             .stride = 1,
                             .scale = 1,
                             .share = 1};
        Arrivals arrivals;
        arrivals_init(&arrivals, &plan, &chance, 0, SIM_SEC(1), INT64_MAX);
        (void)arrivals_time_of(&arrivals, 100000);
        int64_t count = arrivals_take(&arrivals, SIM_SEC(5)).count;
        ck_assert_int_ge(count, 850);
        ck_assert_int_le(count, 1150);
        ck_assert_int_eq(arrivals_next(&arrivals), SIM_TIME_MAX);
        arrivals_init(&arrivals, &plan, &chance, 0, SIM_TIME_MAX, 17);
        ck_assert_int_eq(arrivals_time_of(&arrivals, 18), SIM_TIME_MAX);
        ck_assert_int_eq(arrivals_take(&arrivals, SIM_SEC(5)).count, 17);
        ck_assert_int_eq(arrivals_next(&arrivals), SIM_TIME_MAX);
    }
}
END_TEST

/* Counts in windows, the future fixed and forgotten in between: mean and variance must both be
 * rate x window, and neighbouring windows independent. */
START_TEST(poisson_counts_have_equal_mean_and_variance_however_they_are_looked_at)
{
    const int64_t rate = 2000;
    const SimDuration window = SIM_MS(20); /* 40 expected */
    const int windows = 20000;
    Arrivals arrivals = poisson((uint64_t)_i + 1, rate);
    double sum = 0, squares = 0, products = 0, before = 40;
    for (int w = 0; w < windows; w++) {
        SimTime end = window * (w + 1);
        double count = 0;
        for (SimTime now = end - window; now < end - 1; now += SIM_US(3700)) {
            count += (double)arrivals_take(&arrivals, now).count;
            (void)arrivals_time_of(&arrivals, w % 3 == 0 ? 55 : 4);
            if (w % 5 == 0) {
                arrivals_forget(&arrivals);
            }
        }
        count += (double)arrivals_take(&arrivals, end - 1).count;
        sum += count;
        squares += (count - 40) * (count - 40);
        products += (count - 40) * (before - 40);
        before = count;
    }
    double mean = sum / windows;
    ck_assert_double_eq_tol(mean, 40, 0.2);              /* 4 standard errors: 0.18 */
    ck_assert_double_eq_tol(squares / windows, 40, 1.7); /* 4 x 0.4 */
    ck_assert_double_eq_tol(products / windows, 0, 1.2); /* 4 x 0.28 */
}
END_TEST

START_TEST(the_time_of_the_kth_arrival_is_kept)
{
    for (uint64_t seed = 1; seed < 200; seed++) {
        Arrivals arrivals = poisson(seed, 1000);
        SimTime full_at = arrivals_time_of(&arrivals, 50);
        int64_t count = 0;
        for (SimTime now = 0; now < full_at - 1; now += SIM_MS(4)) {
            count += arrivals_take(&arrivals, now).count;
            ck_assert_int_eq(arrivals_time_of(&arrivals, 50 - count), full_at);
        }
        count += arrivals_take(&arrivals, full_at - 1).count;
        ck_assert_int_eq(count, 49);
        ck_assert_int_eq(arrivals_take(&arrivals, full_at).count, 1);
    }
}
END_TEST

START_TEST(what_comes_again_of_a_trace_is_the_same_record)
{
    GArray *trace = g_array_new(FALSE, FALSE, sizeof(TraceRecord));
    for (int64_t i = 0; i < 10; i++) {
        const TraceRecord record = {.at = SIM_SEC(i), .value_bytes = i};
        g_array_append_val(trace, record);
    }
    const ArrivalsPlan plan = {.kind = ARRIVAL_TRACE, .start = 1, .stride = 2, .trace = trace};
    Stream chance;
    stream_init(&chance, 1, "arrivals");
    Arrivals arrivals;
    arrivals_init(&arrivals, &plan, &chance, 0, SIM_TIME_MAX, INT64_MAX);
    for (int64_t i = 1; i < 7; i += 2) { /* 1, 3, 5 */
        ck_assert_int_eq(arrivals_take_one(&arrivals), SIM_SEC(i));
        ck_assert_int_eq(arrivals_trace_record(&arrivals)->value_bytes, i);
    }
    arrivals_give_back(&arrivals, 2, SIM_SEC(6));
    for (int64_t i = 3; i < 10; i += 2) {
        ck_assert_int_eq(arrivals_take_one(&arrivals), i < 7 ? SIM_SEC(6) : SIM_SEC(i));
        ck_assert_int_eq(arrivals_trace_record(&arrivals)->value_bytes, i);
        if (i == 3 && arrivals.given_back == 1) { /* and once more, in the middle of it */
            arrivals_give_back(&arrivals, 1, SIM_SEC(6));
            ck_assert_int_eq(arrivals_take_one(&arrivals), SIM_SEC(6));
            ck_assert_int_eq(arrivals_trace_record(&arrivals)->value_bytes, 3);
        }
    }
    g_array_free(trace, TRUE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arrivals");
    TCase *tests = tcase_create("law");
    tcase_add_test(tests, a_constant_rate_counts_exactly_at_any_instant);
    tcase_add_test(tests, an_arrival_at_the_very_instant_is_taken);
    tcase_add_test(tests, interleaved_streams_make_one_even_stream);
    tcase_add_test(tests, nothing_comes_after_stop_or_limit);
    tcase_add_loop_test(
        tests, poisson_counts_have_equal_mean_and_variance_however_they_are_looked_at, 0, 5);
    tcase_add_test(tests, the_time_of_the_kth_arrival_is_kept);
    tcase_add_test(tests, what_comes_again_of_a_trace_is_the_same_record);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
