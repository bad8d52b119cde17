/* test_plot_results.c - the readers below the pictures: text, CSV, JSON, thinning, spans. */
#include "plots/figure/label.h"
#include "plots/results/csv_reader.h"
#include "plots/results/curve.h"
#include "plots/results/json_tree.h"
#include "plots/results/run_data.h"
#include "tests/plots/support/drawn.h"
#include "tests/run_suite.h"

#include <math.h>
#include <stdlib.h>

static void assert_label(char *label, const char *expected)
{
    ck_assert_str_eq(label, expected);
    g_free(label);
}

START_TEST(labels_are_one_clean_line_of_bounded_length)
{
    assert_label(label_clean("a\nb\tc\x01", 10), "a b c ");
    assert_label(label_clean("abcdef", 6), "abcdef");
    assert_label(label_clean("abcdefg", 6), "abcde…");
    assert_label(label_clean("\xff\xfe", 6), "\xef\xbf\xbd\xef\xbf\xbd");
    assert_label(label_clean("é\xe2\x80\xae", 6), "é "); /* right-to-left override */
    assert_label(label_clean_middle("orders-with-a-long-name-12", 12, 4), "orders-…e-12");
    assert_label(label_clean_middle("orders-12", 12, 4), "orders-12");
}
END_TEST

START_TEST(quotes_are_doubled_and_fields_lose_quotes_and_backslashes)
{
    GString *out = g_string_new(NULL);

    label_quote(out, "it's `x`", 20);
    ck_assert_str_eq(out->str, "'it''s `x`'");
    g_string_truncate(out, 0);
    label_field(out, "a\"b\\n\tc", 20);
    ck_assert_str_eq(out->str, "a”b∖n c");
    g_string_free(out, TRUE);
}
END_TEST

START_TEST(numbers_read_well)
{
    static const struct {
        double ms;
        const char *words;
    } durations[] = {{0.84, "0.8 ms"},
                     {12, "12 ms"},
                     {999.4, "999 ms"},
                     {9131, "9.1 s"},
                     {61000, "61 s"},
                     {250000, "4 min 10 s"},
                     {9000000, "2.5 h"}};
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < G_N_ELEMENTS(durations); i++) {
        g_string_truncate(out, 0);
        label_duration(out, durations[i].ms);
        ck_assert_str_eq(out->str, durations[i].words);
    }
    g_string_truncate(out, 0);
    label_count(out, 1234567);
    label_number(out, -0.0004, 3);
    label_number(out, 1.500, 3);
    label_number(out, (double)NAN, 3);
    ck_assert_str_eq(out->str, "1,234,56701.5NaN");
    ck_assert(label_step(0.7, 4) == 0.2);
    ck_assert(label_step(20, 4) == 5);
    g_string_free(out, TRUE);
}
END_TEST

START_TEST(csv_fields_may_hold_quotes_commas_and_line_breaks)
{
    static const char *const wanted[] = {"b", "a", NULL};
    char *dir = scratch_copy("sweep");
    GError *error = NULL;
    CsvReader *reader;

    scratch_write(dir, "x.csv", "a,b\r\n\"1,\"\"x\"\"\ny\",\n3.5,1e999");
    reader = csv_reader_open(dir, "x.csv", wanted, &error);
    ck_assert_ptr_nonnull(reader);
    ck_assert(csv_reader_next(reader, &error));
    ck_assert_str_eq(csv_reader_text(reader, 1), "1,\"x\"\ny");
    ck_assert(isnan(csv_reader_number(reader, 0)));
    ck_assert(csv_reader_next(reader, &error));
    ck_assert(csv_reader_number(reader, 1) == 3.5);
    ck_assert(isnan(csv_reader_number(reader, 0)));
    ck_assert(!csv_reader_next(reader, &error));
    ck_assert_ptr_null(error);
    csv_reader_free(reader);
    scratch_free(dir);
}
END_TEST

START_TEST(a_csv_row_that_never_ends_is_refused)
{
    static const char *const wanted[] = {"a", NULL};
    char *dir = scratch_copy("sweep");
    char *huge = g_strnfill(3 * 1024 * 1024, 'x');
    char *text = g_strconcat("a\n", huge, NULL);
    GError *error = NULL;
    CsvReader *reader;

    scratch_write(dir, "x.csv", text);
    reader = csv_reader_open(dir, "x.csv", wanted, &error);
    ck_assert(!csv_reader_next(reader, &error));
    ck_assert(g_error_matches(error, PLOT_ERROR, PLOT_ERROR_DATA));
    g_clear_error(&error);
    csv_reader_free(reader);
    g_free(text);
    g_free(huge);
    scratch_free(dir);
}
END_TEST

START_TEST(json_reads_what_json_writes)
{
    char *dir = scratch_copy("sweep");
    GError *error = NULL;
    JsonTree *tree;

    scratch_write(dir,
                  "x.json",
                  " {\"a\":[1,-2.5e1,true,null],\"b\":\"\\u00e9\\ud83d\\ude00\\n\\\"\",\"c\":"
                  "\"12\",\"a\":3}");
    tree = json_tree_load(dir, "x.json", &error);
    ck_assert_ptr_nonnull(tree);
    ck_assert(json_tree_number(json_tree_at(json_tree_get(tree, "a"), 1)) == -25);
    ck_assert_int_eq(json_tree_at(json_tree_get(tree, "a"), 2)->kind, JSON_TRUE);
    ck_assert_str_eq(json_tree_text(json_tree_get(tree, "b"), ""), "é😀\n\"");
    ck_assert(json_tree_number(json_tree_get(tree, "c")) == 12);
    ck_assert(isnan(json_tree_number(json_tree_get(json_tree_get(tree, "no"), "way"))));
    ck_assert_ptr_null(json_tree_at(json_tree_get(tree, "a"), 4));
    json_tree_free(tree);
    scratch_free(dir);
}
END_TEST

START_TEST(json_that_is_broken_or_too_deep_is_refused)
{
    char *deep = g_strnfill(100000, '[');
    const char *const texts[] = {"",
                                 "{",
                                 "[1,]",
                                 "{\"a\" 1}",
                                 "{\"a\":1,}",
                                 "[1] 2",
                                 "\"\\x\"",
                                 "\"\\u12\"",
                                 "1e999",
                                 "-",
                                 "\"a",
                                 "nul",
                                 deep};
    char *dir = scratch_copy("sweep");

    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        GError *error = NULL;
        scratch_write(dir, "x.json", texts[i]);
        ck_assert_msg(json_tree_load(dir, "x.json", &error) == NULL, "%.20s", texts[i]);
        ck_assert(g_error_matches(error, PLOT_ERROR, PLOT_ERROR_DATA));
        g_clear_error(&error);
    }
    g_free(deep);
    scratch_free(dir);
}
END_TEST

START_TEST(a_day_of_samples_keeps_its_one_spike)
{
    Samples *samples = samples_new();
    gboolean seen = FALSE;

    for (int i = 0; i < 864000; i++) {
        samples_add(samples, i * 100.0, i == 400001 ? 999 : i % 7);
    }
    ck_assert_uint_le(samples_length(samples), SAMPLES_LIMIT);
    ck_assert_uint_gt(samples_length(samples), SAMPLES_LIMIT / 2 - 1);
    for (guint i = 0; i < samples_length(samples); i++) {
        const SamplePoint *point = samples_at(samples, i);
        seen = seen || (point->greatest == 999 && point->time_ms >= 40000100);
        ck_assert(point->least == 0);
    }
    ck_assert(seen);
    ck_assert(samples_at(samples, samples_length(samples) - 1)->time_ms == 86399900);
    samples_free(samples);
}
END_TEST

START_TEST(thinned_counters_keep_their_rate)
{
    Samples *samples = samples_new();
    Curve *curve;

    for (int i = 0; i <= 100000; i++) {
        samples_add(samples, i * 100.0, i * 50.0);
    }
    curve = curve_rate(samples);
    ck_assert_uint_gt(curve->points->len, 500);
    for (guint i = 0; i < curve->points->len; i++) {
        ck_assert(fabs(g_array_index(curve->points, CurvePoint, i).value - 500) < 1e-6);
    }
    curve_free(curve);
    samples_free(samples);
}
END_TEST

/* One record every half second on a grid of 100 ms: the truth is 2 records/s, not 0 or 10. */
START_TEST(rates_of_rare_records_are_taken_over_longer_times)
{
    Samples *samples = samples_new();
    Curve *curve;

    for (int i = 0; i <= 6000; i++) {
        samples_add(samples, i * 100.0, i / 5);
    }
    curve = curve_rate(samples);
    ck_assert_uint_ge(curve->points->len, 60);
    for (guint i = 0; i < curve->points->len; i++) {
        const double rate = g_array_index(curve->points, CurvePoint, i).value;
        ck_assert(rate > 1.7 && rate < 2.3);
    }
    curve_free(curve);
    samples_free(samples);
}
END_TEST

START_TEST(a_flutter_of_leaders_is_joined_but_the_outage_stays)
{
    SpanRows *rows = span_rows_new(leader_is_worse, 10);
    const SpanRow *row;
    gboolean outage = FALSE;

    for (int i = 0; i < 100000; i++) {
        span_rows_change(rows, "orders", "orders-0", i, i % 2 + 1, NULL);
    }
    span_rows_change(rows, "orders", "orders-0", 100000, LEADER_NONE, NULL);
    span_rows_change(rows, "orders", "orders-0", 100001, 1, NULL);
    span_rows_finish(rows, 100010);
    row = span_rows_at(rows, 0);
    ck_assert_uint_eq(row->changes, 100001);
    ck_assert_uint_lt(row->spans->len, 10010);
    for (guint i = 0; i < row->spans->len; i++) {
        const Span *span = &g_array_index(row->spans, Span, i);
        outage = outage || span->state == LEADER_NONE;
        ck_assert(span->to_ms > span->from_ms);
    }
    ck_assert(outage);
    span_rows_free(rows);
}
END_TEST

START_TEST(member_words_of_other_versions_are_shown_as_other)
{
    ck_assert_int_eq(member_state_parse("consuming", FALSE), MEMBER_CONSUMING);
    ck_assert_int_eq(member_state_parse("idle", FALSE), MEMBER_IDLE);
    ck_assert_int_eq(member_state_parse("rebalancing", FALSE), MEMBER_REBALANCING);
    ck_assert_int_eq(member_state_parse("rebalancing", TRUE), MEMBER_KEEPING);
    ck_assert_int_eq(member_state_parse("joining", FALSE), MEMBER_JOINING);
    ck_assert_int_eq(member_state_parse("left", FALSE), MEMBER_LEFT);
    ck_assert_int_eq(member_state_parse("stopped", FALSE), MEMBER_STOPPED);
    ck_assert_int_eq(member_state_parse("dead", FALSE), MEMBER_DEAD);
    ck_assert_int_eq(member_state_parse("frozen", FALSE), MEMBER_FROZEN);
    ck_assert_int_eq(member_state_parse("meditating", FALSE), MEMBER_OTHER);
}
END_TEST

START_TEST(sums_and_worst_values_are_over_all_columns)
{
    char *dir = scratch_copy("crash");
    GError *error = NULL;
    Samples *sum;
    RunData *run;

    scratch_write(dir,
                  "metrics.csv",
                  "time_ms,metric,where,value\n"
                  "0.000,kafkasim.producer.acked.records,producer=a,1\n"
                  "0.000,kafkasim.producer.acked.records,producer=b,\n"
                  "0.000,kafkasim.producer.latency.p99,producer=a,0\n"
                  "0.000,other,producer=a,7\n"
                  "100.000,kafkasim.producer.acked.records,producer=a,10\n"
                  "100.000,kafkasim.producer.acked.records,producer=b,5\n"
                  "100.000,kafkasim.producer.latency.p99,producer=a,2500\n");
    run = run_data_load(dir, &error);
    ck_assert_ptr_nonnull(run);
    ck_assert_uint_eq(run->columns->len, 3);
    sum = run_data_sum(run, RUN_ACKED_RECORDS);
    ck_assert(samples_at(sum, 0)->last == 1);
    ck_assert(samples_at(sum, 1)->last == 15);
    samples_free(sum);
    sum = run_data_worst(run, RUN_LATENCY_P99);
    ck_assert(isnan(samples_at(sum, 0)->greatest)); /* nothing acknowledged is not a latency */
    ck_assert(samples_at(sum, 1)->greatest == 2.5);
    samples_free(sum);
    ck_assert_ptr_null(run_data_sum(run, RUN_LAG));
    run_data_free(run);
    scratch_free(dir);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plot results");
    TCase *tcase = tcase_create("readers");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, labels_are_one_clean_line_of_bounded_length);
    tcase_add_test(tcase, quotes_are_doubled_and_fields_lose_quotes_and_backslashes);
    tcase_add_test(tcase, numbers_read_well);
    tcase_add_test(tcase, csv_fields_may_hold_quotes_commas_and_line_breaks);
    tcase_add_test(tcase, a_csv_row_that_never_ends_is_refused);
    tcase_add_test(tcase, json_reads_what_json_writes);
    tcase_add_test(tcase, json_that_is_broken_or_too_deep_is_refused);
    tcase_add_test(tcase, a_day_of_samples_keeps_its_one_spike);
    tcase_add_test(tcase, thinned_counters_keep_their_rate);
    tcase_add_test(tcase, rates_of_rare_records_are_taken_over_longer_times);
    tcase_add_test(tcase, a_flutter_of_leaders_is_joined_but_the_outage_stays);
    tcase_add_test(tcase, member_words_of_other_versions_are_shown_as_other);
    tcase_add_test(tcase, sums_and_worst_values_are_over_all_columns);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
