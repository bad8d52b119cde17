/* test_segments.c - when a log rolls, what retention deletes (server.md 4.1, 4.2), and that a log
 * which forgets still answers as one that does not. */
#include "models/log/retention.h"
#include "tests/models/log/small_segments.h"
#include "tests/run_suite.h"
#include <check.h>

static bool append_at(int32_t bytes, int32_t count, SimTime created)
{
    RecordBatch batch = {.bytes = bytes,
                         .count = count,
                         .producer_id = NO_PRODUCER_ID,
                         .first_created = created,
                         .last_created = created};
    return record_log_append_as_leader(&log_, &batch, 0);
}

static bool append(int32_t bytes)
{
    return append_at(bytes, 1, 0);
}

/* One segment of each of these sizes, one batch each. */
static void fill(const int32_t *bytes, int count)
{
    for (int i = 0; i < count; i++) {
        if (i > 0) {
            ck_assert(record_log_roll(&log_));
        }
        append_at(bytes[i], 1, SIM_SEC(i));
    }
}
#define FILL(...)                                                                                  \
    fill((const int32_t[]){__VA_ARGS__}, (int)G_N_ELEMENTS(((const int32_t[]){__VA_ARGS__})))

START_TEST(a_batch_that_does_not_fit_rolls_the_segment_and_one_that_fits_does_not)
{
    append(900);
    ck_assert(!append(100));
    ck_assert_int_eq(log_.segments.count, 1);
    record_log_truncate(&log_, 1); /* size 900 again */
    ck_assert(append(101));
    ck_assert_int_eq(log_.segments.count, 2);
    ck_assert_int_eq(log_segments_active(&log_.segments)->base_offset, 1);
    ck_assert_int_eq(log_.bytes, 1001);
}
END_TEST

START_TEST(segments_roll_by_the_timestamps_of_records_and_only_while_appending)
{
    options.segment_ns = SIM_SEC(10);
    append_at(10, 1, SIM_SEC(100));
    ck_assert(!append_at(10, 1, SIM_SEC(110))); /* exactly segment.ms is not over it */
    ck_assert(append_at(10, 1, SIM_SEC(110) + 1));
    log_.roll_jitter_ns = SIM_SEC(4);
    ck_assert(!append_at(10, 1, SIM_SEC(116)));
    ck_assert(append_at(10, 1, SIM_SEC(117))); /* 6 s after the first of its segment */
    ck_assert_int_eq(log_.roll_jitter_ns, 0);  /* to be drawn anew */
}
END_TEST

START_TEST(a_full_index_rolls_the_segment)
{
    options.index_interval_bytes = 50;
    options.segment_index_bytes = 60; /* 5 time index entries, of which 4 are used */
    int rolled_at = -1;
    for (int i = 0; i < 20 && rolled_at < 0; i++) {
        rolled_at = append(60) ? i : -1; /* each batch but the first is indexed */
    }
    ck_assert_int_eq(rolled_at, 5);
}
END_TEST

START_TEST(offsets_in_a_segment_stay_within_an_int)
{
    append_at(10, INT32_MAX, 0);
    ck_assert(!append_at(10, 1, 0)); /* the last offset that an index can name */
    ck_assert(append_at(10, 1, 0));
}
END_TEST

START_TEST(retention_by_size_never_goes_below_its_limit)
{
    FILL(400, 400, 400);
    ck_assert_int_eq(retention_by_size(&log_, 1000, 3), 0); /* 200 too many */
    teardown();
    setup();
    FILL(600, 600, 100);
    ck_assert_int_eq(retention_by_size(&log_, 1000, 3), 0);
    teardown();
    setup();
    FILL(400, 400, 400, 100);
    ck_assert_int_eq(retention_by_size(&log_, 1000, 4), 0);
    teardown();
    setup();
    FILL(400, 400, 400, 200);
    ck_assert_int_eq(retention_by_size(&log_, 1000, 4), 1);
    ck_assert_int_eq(record_log_delete_segments(&log_, 1), 400);
    ck_assert_int_eq(log_.bytes, 1000);
    ck_assert_int_eq(log_.log_start_offset, 1);
    ck_assert_int_eq(retention_by_size(&log_, -1, 4), 0);
}
END_TEST

START_TEST(nothing_above_the_high_watermark_is_deleted)
{
    FILL(400, 400, 400, 400);
    ck_assert_int_eq(retention_by_size(&log_, 0, 2), 2);
    ck_assert_int_eq(retention_by_time(&log_, 0, 2, SIM_SEC(1000)), 2);
    ck_assert_int_eq(retention_by_time(&log_, 0, 4, SIM_SEC(1000)), 4);
}
END_TEST

START_TEST(retention_by_time_looks_at_the_largest_timestamp_and_one_future_record_pins_all)
{
    FILL(10, 10, 10); /* at 0, 1 and 2 s */
    ck_assert_int_eq(retention_by_time(&log_, SIM_SEC(5), 3, SIM_SEC(6)), 1);
    ck_assert_int_eq(retention_by_time(&log_, SIM_SEC(5), 3, SIM_SEC(5)), 0); /* must be over it */
    ck_assert_int_eq(retention_by_time(&log_, -1, 3, SIM_SEC(1000000)), 0);
    teardown();
    setup();
    append_at(10, 1, 0);
    append_at(10, 1, SIM_SEC(500));
    append_at(10, 1, SIM_SEC(1));
    record_log_roll(&log_);
    append_at(10, 1, SIM_SEC(2));
    ck_assert_int_eq(retention_by_time(&log_, SIM_SEC(5), 4, SIM_SEC(100)), 0);
    ck_assert_int_eq(retention_by_time(&log_, SIM_SEC(5), 4, SIM_SEC(506)), 2);
}
END_TEST

START_TEST(an_old_active_segment_goes_too_and_a_new_one_takes_its_place)
{
    FILL(400, 400);
    int32_t count = retention_by_time(&log_, SIM_SEC(10), 2, SIM_SEC(100));
    ck_assert_int_eq(count, 2);
    ck_assert_int_eq(record_log_delete_segments(&log_, count), 800);
    ck_assert_int_eq(log_.segments.count, 1);
    ck_assert_int_eq(log_.log_start_offset, 2);
    ck_assert_int_eq(log_.log_end_offset, 2);
    ck_assert_int_eq(log_.bytes, 0);
    ck_assert_int_eq(retention_by_time(&log_, SIM_SEC(10), 2, SIM_SEC(200)), 0); /* empty now */
    append(100);
    ck_assert_int_eq(record_log_at(&log_, 0)->base_offset, 2);
}
END_TEST

START_TEST(deleted_records_free_whole_segments_only)
{
    FILL(400, 400, 400);
    record_log_advance_start(&log_, 1);
    ck_assert_int_eq(retention_below_log_start(&log_, 3), 1);
    record_log_advance_start(&log_, 2);
    ck_assert_int_eq(retention_below_log_start(&log_, 3), 2);
    record_log_advance_start(&log_, 3);
    ck_assert_int_eq(retention_below_log_start(&log_, 3), 2); /* the active one stays */
    ck_assert_int_eq(log_.bytes, 1200);
    ck_assert_int_eq(log_.count, 0); /* nobody can read them any more */
    ck_assert_int_eq(record_log_delete_segments(&log_, 2), 800);
    ck_assert_int_eq(log_.log_start_offset, 3);
    record_log_advance_start(&log_, 1); /* never back */
    ck_assert_int_eq(log_.log_start_offset, 3);
}
END_TEST

START_TEST(epochs_below_the_log_start_are_forgotten)
{
    for (int32_t epoch = 0; epoch < 3; epoch++) {
        RecordBatch batch = {.bytes = 10, .count = 10, .producer_id = NO_PRODUCER_ID};
        record_log_append_as_leader(&log_, &batch, epoch);
    }
    record_log_advance_start(&log_, 15);
    ck_assert_int_eq(log_.epochs.count, 2);
    ck_assert_int_eq(log_.epochs.entries[0].epoch, 1);
    ck_assert_int_eq(log_.epochs.entries[0].start_offset, 15);
}
END_TEST

/* ---- forgetting */

/* 60 batches of 1 to 7 records in segments of about 1000 bytes, epoch 0 up to offset 100, then 1;
 * one second apart. */
static void fill_many(RecordLog *log)
{
    for (int i = 0; i < 60; i++) {
        RecordBatch batch = {.partition = 4,
                             .count = i % 7 + 1,
                             .bytes = 61 + 10 * (i % 7 + 1),
                             .producer_id = 5,
                             .base_sequence = (int32_t)log->log_end_offset,
                             .first_created = SIM_SEC(i),
                             .last_created = SIM_SEC(i)};
        record_log_append_as_leader(log, &batch, log->log_end_offset < 100 ? 0 : 1);
    }
}

typedef struct Sum {
    int64_t offsets, bytes, batches;
} Sum;

/* Reads the whole log from `offset`: each batch must begin where the last ended. */
static Sum read_all(const RecordLog *log, int64_t offset)
{
    Sum sum = {0};
    SimTime last = 0;
    LogCursor cursor = record_log_seek(log, offset);
    const RecordBatch *batch;
    while ((batch = log_cursor_next(&cursor)) != NULL) {
        ck_assert_int_le(batch->base_offset, offset);
        ck_assert_int_ge(record_batch_last_offset(batch), offset);
        ck_assert_int_eq(batch->leader_epoch, leader_epochs_for_offset(&log->epochs, offset));
        ck_assert_int_eq(record_batch_last_offset(batch) >= 100, batch->base_offset >= 100);
        ck_assert_int_eq(record_batch_records(batch), batch->count);
        ck_assert_int_eq(batch->partition, 4);
        ck_assert_int_ge(batch->first_created, last);
        last = batch->last_created;
        sum.offsets += batch->count;
        sum.bytes += batch->bytes;
        sum.batches++;
        offset = record_batch_last_offset(batch) + 1;
    }
    ck_assert_int_eq(offset, log->log_end_offset);
    return sum;
}

START_TEST(who_reads_what_was_merged_gets_the_same_offsets_bytes_and_batches)
{
    fill_many(&log_);
    ck_assert_int_gt(log_.segments.count, 4);
    /* An epoch begins inside a stand-in: it is cut in two there. */
    leader_epochs_truncate_from_end(&log_.epochs, 1);
    leader_epochs_assign(&log_.epochs, 1, 100);
    Sum whole = {0};
    for (int i = 0; i < log_.count; i++) {
        whole.bytes += record_log_at(&log_, i)->bytes;
        whole.offsets += record_log_at(&log_, i)->count;
    }
    int64_t end = log_.log_end_offset;
    for (int64_t floor = 0; floor <= end; floor += 13) {
        record_log_coalesce(&log_, floor);
        ck_assert_int_le(record_log_fine_offset(&log_), floor);
        Sum seen = {0};
        LogCursor cursor = record_log_seek(&log_, 0);
        const RecordBatch *batch;
        while ((batch = log_cursor_next(&cursor)) != NULL) {
            seen.bytes += batch->bytes;
            seen.offsets += batch->count;
        }
        ck_assert_int_eq(seen.offsets, whole.offsets);
        ck_assert_int_eq(seen.bytes, whole.bytes);
    }
    record_log_coalesce(&log_, end);
    ck_assert_int_eq(log_.count, 0);
    Sum merged = read_all(&log_, 0);
    ck_assert_int_eq(merged.offsets, whole.offsets);
    ck_assert_int_eq(merged.bytes, whole.bytes);
    ck_assert_int_ge(merged.batches, 60);
    ck_assert_int_le(merged.batches, 61);
}
END_TEST

START_TEST(stand_ins_are_found_by_any_offset_inside_them)
{
    fill_many(&log_);
    record_log_coalesce(&log_, 150);
    for (int64_t offset = 0; offset < log_.log_end_offset; offset++) {
        LogCursor cursor = record_log_seek(&log_, offset);
        const RecordBatch *found = log_cursor_next(&cursor);
        ck_assert(found->base_offset <= offset && record_batch_last_offset(found) >= offset);
    }
    LogCursor cursor = record_log_seek(&log_, log_.log_end_offset);
    ck_assert_ptr_null(log_cursor_next(&cursor));
}
END_TEST

START_TEST(a_merged_log_can_be_truncated_anywhere)
{
    fill_many(&log_);
    int64_t end = log_.log_end_offset;
    record_log_clear(&log_);
    for (int64_t cut = 0; cut <= end; cut++) {
        setup();
        fill_many(&log_);
        record_log_coalesce(&log_, 180);
        record_log_truncate(&log_, cut);
        ck_assert_int_le(log_.log_end_offset, cut);
        ck_assert_int_gt(log_.log_end_offset, cut - 8);
        int64_t bytes = 0;
        for (int32_t i = 0; i < log_.segments.count; i++) {
            bytes += log_segments_at(&log_.segments, i)->bytes;
        }
        ck_assert_int_eq(log_.bytes, bytes);
        ck_assert_int_eq(log_.end_position, bytes);
        Sum left = {0};
        LogCursor cursor = record_log_seek(&log_, 0);
        const RecordBatch *batch;
        while ((batch = log_cursor_next(&cursor)) != NULL) {
            left.bytes += batch->bytes;
            left.offsets += batch->count;
        }
        /* A batch that the cut tore goes whole; the log still ends at the cut (LocalLog). */
        ck_assert_int_le(left.offsets, log_.log_end_offset);
        ck_assert_int_gt(left.offsets, log_.log_end_offset - 8);
        ck_assert_int_eq(left.bytes, bytes);
        RecordBatch next = {.count = 1, .bytes = 71, .producer_id = NO_PRODUCER_ID};
        record_log_append_as_leader(&log_, &next, 2);
        ck_assert_int_eq(next.base_offset, log_.log_end_offset - 1);
        record_log_clear(&log_);
    }
    setup();
}
END_TEST

START_TEST(a_truncated_log_knows_the_sequences_of_what_it_merged)
{
    fill_many(&log_);
    record_log_coalesce(&log_, 150);
    int64_t whole = record_log_at(&log_, record_log_find(&log_, 200))->base_offset;
    record_log_truncate(&log_, whole);
    RecordBatch next = {.count = 1, .producer_id = 5};
    next.base_sequence = (int32_t)log_.log_end_offset;
    int64_t offset;
    KafkaError error;
    ck_assert_int_eq(
        producer_state_check(&log_.producers, &next, APPEND_CLIENT, NO_GUARD, &offset, &error),
        PRODUCER_APPEND);
    record_log_truncate(&log_, 10); /* all that was known of it is gone */
    ck_assert_int_eq(log_.producers.entries.count, 0);
}
END_TEST

START_TEST(a_log_that_is_merged_and_deleted_as_it_grows_needs_no_more_memory)
{
    options.segment_bytes = 100000;
    int32_t largest = 0;
    for (int i = 0; i < 200000; i++) {
        append_at(100, 3, SIM_MS(i));
        if (i % 1000 == 0) {
            record_log_coalesce(&log_, log_.log_end_offset - 3000);
            record_log_delete_segments(&log_,
                                       retention_by_size(&log_, 1000000, log_.log_end_offset));
            largest = MAX(largest, log_.capacity);
        }
    }
    ck_assert_int_le(largest, 8192);
    ck_assert_int_le(log_.segments.capacity, 64);
    ck_assert_int_ge(log_.bytes, 1000000);
    ck_assert_int_le(log_.bytes, 1200000);
    ck_assert_int_eq(log_.log_end_offset, 600000);
}
END_TEST

START_TEST(the_first_offset_at_or_after_a_time_is_found_merged_or_not)
{
    fill_many(&log_);
    int64_t at30 = record_log_offset_for_time(&log_, SIM_SEC(30));
    int64_t at55 = record_log_offset_for_time(&log_, SIM_SEC(55));
    ck_assert_int_eq(at30, record_log_at(&log_, 30)->base_offset);
    record_log_coalesce(&log_, 160);
    ck_assert_int_lt(labs(record_log_offset_for_time(&log_, SIM_SEC(30)) - at30), 20);
    ck_assert_int_eq(record_log_offset_for_time(&log_, SIM_SEC(55)), at55);
    ck_assert_int_eq(record_log_offset_for_time(&log_, SIM_SEC(60)), -1);
}
END_TEST

START_TEST(positions_are_exact_where_segments_begin)
{
    FILL(400, 500, 300);
    ck_assert_int_eq(record_log_position(&log_, 0), 0);
    ck_assert_int_eq(record_log_position(&log_, 1), 400);
    ck_assert_int_eq(record_log_position(&log_, 2), 900);
    ck_assert_int_eq(record_log_position(&log_, 3), 1200);
    record_log_delete_segments(&log_, 1);
    ck_assert_int_eq(record_log_position(&log_, 2), 900);
}
END_TEST

START_TEST(the_first_index_entry_comes_with_the_batch_after_index_interval_bytes)
{
    options.segment_bytes = 100000;
    for (int i = 0; i < 4; i++) {
        append(1024);
        ck_assert(!record_log_begins_indexes(&log_, 0)); /* 4096 is not more than 4096 */
    }
    ck_assert(record_log_begins_indexes(&log_, 1)); /* a follower's append of two batches */
    append(1);
    ck_assert(record_log_begins_indexes(&log_, 0));
    append(1024);
    ck_assert(!record_log_begins_indexes(&log_, 100000)); /* later ones find their page */
    ck_assert(record_log_roll(&log_));
    ck_assert(!record_log_begins_indexes(&log_, 0));
    append(5000);
    ck_assert(record_log_begins_indexes(&log_, 0)); /* other files */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("segments");
    TCase *tcase = tcase_create("segments");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_batch_that_does_not_fit_rolls_the_segment_and_one_that_fits_does_not);
    tcase_add_test(tcase, segments_roll_by_the_timestamps_of_records_and_only_while_appending);
    tcase_add_test(tcase, a_full_index_rolls_the_segment);
    tcase_add_test(tcase, offsets_in_a_segment_stay_within_an_int);
    tcase_add_test(tcase, retention_by_size_never_goes_below_its_limit);
    tcase_add_test(tcase, nothing_above_the_high_watermark_is_deleted);
    tcase_add_test(tcase,
                   retention_by_time_looks_at_the_largest_timestamp_and_one_future_record_pins_all);
    tcase_add_test(tcase, an_old_active_segment_goes_too_and_a_new_one_takes_its_place);
    tcase_add_test(tcase, deleted_records_free_whole_segments_only);
    tcase_add_test(tcase, epochs_below_the_log_start_are_forgotten);
    tcase_add_test(tcase, who_reads_what_was_merged_gets_the_same_offsets_bytes_and_batches);
    tcase_add_test(tcase, stand_ins_are_found_by_any_offset_inside_them);
    tcase_add_test(tcase, a_merged_log_can_be_truncated_anywhere);
    tcase_add_test(tcase, a_truncated_log_knows_the_sequences_of_what_it_merged);
    tcase_add_test(tcase, a_log_that_is_merged_and_deleted_as_it_grows_needs_no_more_memory);
    tcase_add_test(tcase, the_first_offset_at_or_after_a_time_is_found_merged_or_not);
    tcase_add_test(tcase, positions_are_exact_where_segments_begin);
    tcase_add_test(tcase, the_first_index_entry_comes_with_the_batch_after_index_interval_bytes);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
