/* test_sender_metrics.c - what a producer's own averages look back on. */
#include "models/ledger/sender_metrics.h"
#include "tests/run_suite.h"
#include <check.h>

static SenderMetrics metrics;

static void setup(void)
{
    metrics = (SenderMetrics){0};
}

static void teardown(void)
{
    sender_metrics_clear(&metrics);
}

/* 10,000 records/s in full batches of 148: one request each 14.8 ms, after one of a single record,
 * as the recordings of P5 with linger 20 and 100 have them; metrics.sample.window.ms is half of
 * the 5 s that were measured, after 1.5 s. */
static SenderSample full_batches(int64_t window_ms)
{
    sender_metrics_init(&metrics, 2, window_ms);
    sender_metrics_batch(&metrics, 170, 0, 0);
    sender_metrics_request(&metrics, 1, 0);
    for (int64_t i = 1; i < 440; i++) {
        sender_metrics_batch(&metrics, 16277, 15, i * 148 / 10);
        sender_metrics_request(&metrics, 148, i * 148 / 10);
    }
    return sender_metrics_measure(&metrics, 6500);
}

START_TEST(a_sample_that_overlaps_the_window_counts_whole_as_recorded)
{
    SenderSample seen = full_batches(2500);
    ck_assert_int_eq(seen.requests, 440);
    ck_assert_int_eq(seen.records * 10000 / seen.requests, 1476659); /* 147.6659 recorded */
    ck_assert_int_eq((seen.bytes * 10 + seen.batches / 2) / seen.batches, 162404); /* 16,240.4 */
}
END_TEST

START_TEST(a_sample_whose_last_value_left_the_window_is_forgotten)
{
    SenderSample seen = full_batches(1000); /* looks back to 4.0 s, where the last sample before 4.5
                                             * s began */
    ck_assert_int_eq(seen.records, seen.requests * 148);
    ck_assert_int_lt(seen.requests, 3000 * 10 / 148 + 2);
    ck_assert_int_gt(seen.requests, 2000 * 10 / 148);
}
END_TEST

START_TEST(what_ended_exactly_a_window_ago_is_gone)
{
    sender_metrics_init(&metrics, 2, 1000);
    sender_metrics_batch(&metrics, 500, 7, 0);
    sender_metrics_request(&metrics, 3, 0);
    ck_assert_int_eq(sender_metrics_measure(&metrics, 1999).records, 3);
    ck_assert_int_eq(sender_metrics_measure(&metrics, 1999).queued_max_ms, 7);
    ck_assert_int_eq(sender_metrics_measure(&metrics, 2000).requests, 0);
    ck_assert_int_eq(sender_metrics_measure(&metrics, 2000).queued_max_ms, 0);
}
END_TEST

START_TEST(an_idle_producer_has_no_averages)
{
    sender_metrics_init(&metrics, 2, 30000);
    ck_assert_int_eq(sender_metrics_measure(&metrics, 100000).batches, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sender metrics");
    TCase *tcase = tcase_create("sender metrics");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_sample_that_overlaps_the_window_counts_whole_as_recorded);
    tcase_add_test(tcase, a_sample_whose_last_value_left_the_window_is_forgotten);
    tcase_add_test(tcase, what_ended_exactly_a_window_ago_is_gone);
    tcase_add_test(tcase, an_idle_producer_has_no_averages);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
