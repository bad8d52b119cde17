/* Goal: a series holds what its probes said at each grid point. */
#include "sim/watch/series.h"
#include "tests/run_suite.h"
#include <check.h>
#include <stdio.h>

typedef struct Owner {
    int64_t records;
    int64_t reads;
} Owner;

static int64_t probe_records(void *owner, SimTime now)
{
    (void)now;
    Owner *self = owner;
    self->reads++;
    return self->records;
}

static int64_t probe_now(void *owner, SimTime now)
{
    (void)owner;
    return now;
}

START_TEST(each_row_holds_what_the_probes_said_at_its_time)
{
    Owner owner = {0};
    Series *series = series_new(SIM_SEC(1));
    const uint32_t records =
        series_add(series, "records", "broker=1", SERIES_COUNTER, probe_records, &owner);
    const uint32_t clock = series_add(series, "clock", "", SERIES_GAUGE, probe_now, NULL);
    for (int64_t second = 0; second < 100; second++) {
        owner.records = second * second;
        series_sample(series, SIM_SEC(second));
    }
    ck_assert_uint_eq(series_rows(series), 100);
    ck_assert_uint_eq(series_columns(series), 2);
    ck_assert_int_eq(series_interval(series), SIM_SEC(1));
    for (uint32_t row = 0; row < 100; row++) {
        ck_assert_int_eq(series_time(series, row), SIM_SEC(row));
        ck_assert_int_eq(series_value(series, records, row), (int64_t)row * row);
        ck_assert_int_eq(series_value(series, clock, row), SIM_SEC(row));
    }
    ck_assert_int_eq(owner.reads, 100);
    series_free(series);
}
END_TEST

START_TEST(a_column_added_late_has_zeros_for_the_past)
{
    Owner owner = {.records = 7};
    Series *series = series_new(10);
    series_add(series, "old", "", SERIES_GAUGE, probe_records, &owner);
    series_sample(series, 0);
    series_sample(series, 10);
    const uint32_t late = series_add(series, "late", "", SERIES_GAUGE, probe_records, &owner);
    ck_assert_int_eq(series_value(series, late, 1), 0);
    series_sample(series, 20);
    ck_assert_int_eq(series_value(series, late, 0), 0);
    ck_assert_int_eq(series_value(series, late, 1), 0);
    ck_assert_int_eq(series_value(series, late, 2), 7);
    series_free(series);
}
END_TEST

START_TEST(a_second_sample_at_the_same_instant_replaces_the_first)
{
    Owner owner = {.records = 1};
    Series *series = series_new(10);
    const uint32_t column = series_add(series, "c", "", SERIES_COUNTER, probe_records, &owner);
    series_sample(series, 10);
    owner.records = 2;
    series_sample(series, 10);
    ck_assert_uint_eq(series_rows(series), 1);
    ck_assert_int_eq(series_value(series, column, 0), 2);
    series_free(series);
}
END_TEST

START_TEST(columns_are_found_by_name_and_place)
{
    Series *series = series_new(10);
    for (int broker = 0; broker < 500; broker++) {
        char where[20];
        snprintf(where, sizeof where, "broker=%d", broker);
        ck_assert_uint_eq(series_add(series, "bytes-in", where, SERIES_COUNTER, probe_now, NULL),
                          (uint32_t)broker);
    }
    ck_assert_int_eq(series_find(series, "bytes-in", "broker=321"), 321);
    ck_assert_int_eq(series_find(series, "bytes-in", "broker=0"), 0);
    ck_assert_int_eq(series_find(series, "bytes-in", "broker=500"), -1);
    ck_assert_int_eq(series_find(series, "bytes-in", ""), -1);
    ck_assert_str_eq(series_name(series, 7), "bytes-in");
    ck_assert_str_eq(series_where(series, 7), "broker=7"); /* a copy of a buffer that is gone */
    ck_assert_int_eq(series_kind(series, 7), SERIES_COUNTER);
    series_add(series, "bytes-in", "broker=3", SERIES_GAUGE, probe_now, NULL);
    ck_assert_int_eq(series_find(series, "bytes-in", "broker=3"), 3);
    series_free(series);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("series");
    TCase *tests = tcase_create("series");
    tcase_add_test(tests, each_row_holds_what_the_probes_said_at_its_time);
    tcase_add_test(tests, a_column_added_late_has_zeros_for_the_past);
    tcase_add_test(tests, a_second_sample_at_the_same_instant_replaces_the_first);
    tcase_add_test(tests, columns_are_found_by_name_and_place);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
