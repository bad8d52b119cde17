/* test_log_end.c - where a log ends that a power cut tore, or that was truncated where compaction
 * had left a gap. */
#include "tests/models/log/small_segments.h"
#include "tests/run_suite.h"
#include <check.h>

/* What a follower copies of a cleaned log: one batch of 10 records at `base_offset`. */
static void copy(int64_t base_offset)
{
    const RecordBatch batch = {
        .base_offset = base_offset, .count = 10, .bytes = 300, .producer_id = NO_PRODUCER_ID};
    record_log_append_as_follower(&log_, &batch);
}

START_TEST(a_batch_torn_by_a_power_cut_goes_whole)
{
    copy(0);
    copy(10);
    copy(20);
    ck_assert_int_eq(record_log_truncate_to_position(&log_, 899), 10);
    ck_assert_int_eq(log_.log_end_offset, 20);
    ck_assert_int_eq(record_log_truncate_to_position(&log_, 600), 0);
    ck_assert_int_eq(record_log_truncate_to_position(&log_, 1), 20);
    ck_assert_int_eq(log_.log_end_offset, 0);
    ck_assert_int_eq(log_.end_position, 0);
}
END_TEST

/* Mirrors: LogLoader.recoverLog, LogSegment.readNextOffset: the gap before a torn batch goes with
 * it, for nothing tells of it any more. */
START_TEST(a_recovered_log_ends_with_its_last_whole_batch)
{
    for (int merged = 0; merged < 2; merged++) {
        copy(0);
        copy(10);
        copy(50);
        if (merged > 0) {
            record_log_coalesce(&log_, 20);
        }
        ck_assert_int_eq(record_log_truncate_to_position(&log_, 899), 10);
        ck_assert_int_eq(log_.log_end_offset, 20);
        ck_assert_int_eq(log_.bytes, 600);
        ck_assert_int_eq(record_log_truncate_to_position(&log_, 600), 0);
        teardown();
        setup();
    }
}
END_TEST

/* Mirrors: UnifiedLog.maybeRoll: a segment begins with its first batch, and keeps its base offset
 * when that is torn. */
START_TEST(a_recovered_segment_without_batches_ends_where_it_begins)
{
    copy(0);
    copy(10);
    copy(20);
    copy(70);
    ck_assert_int_eq(log_.segments.count, 2);
    ck_assert_int_eq(log_segments_active(&log_.segments)->base_offset, 70);
    record_log_truncate_to_position(&log_, 1199);
    ck_assert_int_eq(log_.segments.count, 2);
    ck_assert_int_eq(log_.log_end_offset, 70);
    record_log_truncate_to_position(&log_, 899);
    ck_assert_int_eq(log_.segments.count, 1);
    ck_assert_int_eq(log_.log_end_offset, 20);
}
END_TEST

/* Mirrors: LocalLog.truncateTo: it ends where the leader's epoch does, whatever stands there. */
START_TEST(a_log_truncated_in_a_gap_ends_there)
{
    for (int merged = 0; merged < 2; merged++) {
        copy(0);
        copy(10);
        copy(50);
        copy(80);
        if (merged > 0) {
            record_log_coalesce(&log_, 20);
        }
        record_log_truncate(&log_, 30);
        ck_assert_int_eq(log_.log_end_offset, 30);
        ck_assert_int_eq(log_.bytes, 600);
        copy(30);
        ck_assert_int_eq(log_.log_end_offset, 40);
        teardown();
        setup();
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log end");
    TCase *tcase = tcase_create("log end");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_batch_torn_by_a_power_cut_goes_whole);
    tcase_add_test(tcase, a_recovered_log_ends_with_its_last_whole_batch);
    tcase_add_test(tcase, a_recovered_segment_without_batches_ends_where_it_begins);
    tcase_add_test(tcase, a_log_truncated_in_a_gap_ends_there);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
