/* test_compaction.c - what the cleaner may clean and what it leaves (server.md 4.3). */
#include "models/log/compaction.h"
#include "tests/run_suite.h"
#include <check.h>
#include <string.h>

static LogOptions options;
static RecordLog log_;

static void setup(void)
{
    options = log_options_default;
    options.segment_bytes = 10000;
    options.cleanup_compact = true;
    record_log_init(&log_);
    log_.options = &options;
}

static void teardown(void)
{
    record_log_clear(&log_);
}

/* Batches of ten records of 93.9 bytes, ten a segment, one batch a second. */
static void append(int batches)
{
    for (int i = 0; i < batches; i++) {
        SimTime now = SIM_SEC(log_.log_end_offset / 10);
        RecordBatch batch = {.bytes = 1000,
                             .count = 10,
                             .producer_id = NO_PRODUCER_ID,
                             .first_created = now,
                             .last_created = now};
        record_log_append_as_leader(&log_, &batch, 0);
    }
}

static Cleanable cleanable(int64_t cleaned_to, int64_t high_watermark, SimTime now)
{
    return compaction_cleanable(&log_, cleaned_to, high_watermark, now);
}

START_TEST(the_active_segment_is_never_cleaned)
{
    append(25);
    Cleanable all = cleanable(-1, 250, SIM_SEC(100));
    ck_assert_int_eq(all.first_dirty, 0);
    ck_assert_int_eq(all.end, 200);
    ck_assert_int_eq(all.dirty_bytes, 20000);
    ck_assert_int_eq(all.clean_bytes, 0);
    ck_assert_double_eq(compaction_dirty_ratio(&all), 1.0);
    ck_assert(compaction_is_due(&all, &options));
}
END_TEST

START_TEST(nothing_above_the_high_watermark_or_too_young_is_cleaned)
{
    append(45);
    ck_assert_int_eq(cleanable(-1, 250, SIM_SEC(1000)).end, 200);
    options.min_compaction_lag_ns = SIM_SEC(20);
    /* The third segment's last record is of second 29. */
    ck_assert_int_eq(cleanable(-1, 450, SIM_SEC(48)).end, 200);
    ck_assert_int_eq(cleanable(-1, 450, SIM_SEC(49)).end, 300);
}
END_TEST

START_TEST(a_log_is_due_when_more_than_half_of_it_is_dirty_or_overdue)
{
    append(45); /* four closed segments */
    Cleanable half = cleanable(200, 450, SIM_SEC(50));
    ck_assert_int_eq(half.clean_bytes, 20000);
    ck_assert_int_eq(half.dirty_bytes, 20000);
    ck_assert(!compaction_is_due(&half, &options)); /* 0.5 is not more than 0.5 */
    Cleanable more = cleanable(100, 450, SIM_SEC(50));
    ck_assert(compaction_is_due(&more, &options));
    options.max_compaction_lag_ns = SIM_SEC(29);
    half = cleanable(200, 450, SIM_SEC(50)); /* its first dirty record is of second 20 */
    ck_assert(compaction_is_due(&half, &options));
    half = cleanable(200, 450, SIM_SEC(49));
    ck_assert(!compaction_is_due(&half, &options));
}
END_TEST

static int64_t count_records(void)
{
    int64_t records = 0;
    int64_t next = 0;
    LogCursor cursor = record_log_seek(&log_, 0);
    const RecordBatch *batch;
    while ((batch = log_cursor_next(&cursor)) != NULL) {
        ck_assert_int_ge(batch->base_offset, next);
        next = record_batch_last_offset(batch) + 1;
        records += record_batch_records(batch);
    }
    return records;
}

START_TEST(keys_that_come_in_turn_leave_exactly_their_last_round)
{
    append(105);
    const KeyModel keys = {KEYS_IN_TURN, 150, 0, 1};
    int64_t freed = compaction_clean(&log_, &keys, 1000, 0);
    ck_assert_int_eq(count_records(), 150 + 50); /* and the active segment's fifty */
    ck_assert_int_eq(log_.log_end_offset, 1050);
    ck_assert_int_eq(log_.log_start_offset, 0);
    ck_assert_int_eq(log_.bytes, 105000 - freed);
    /* A whole segment, half of one with all its headers, and the active one. */
    ck_assert_int_eq(log_.bytes, 10000 + (10 * 61 + 50 * 93) + 5000);
}
END_TEST

START_TEST(a_single_key_leaves_one_record)
{
    append(105);
    const KeyModel keys = {KEYS_ALL_THE_SAME, 1, 0, 1};
    compaction_clean(&log_, &keys, 1000, 0);
    ck_assert_int_eq(count_records(), 1 + 50);
    LogCursor cursor = record_log_seek(&log_, 0);
    const RecordBatch *first = log_cursor_next(&cursor);
    ck_assert_int_ge(record_batch_last_offset(first), 900); /* of the last segment, not before */
}
END_TEST

START_TEST(uniform_keys_leave_as_many_as_a_real_compaction_does)
{
    append(1005);
    const KeyModel keys = {KEYS_UNIFORM, 4000, 0, 1};
    compaction_clean(&log_, &keys, 10000, 0);
    /* Drawn by hand: keys of 10,000 records, the last of each kept. */
    static bool seen[4000];
    memset(seen, 0, sizeof(seen));
    uint64_t state = 7;
    int64_t kept = 0;
    for (int i = 0; i < 10000; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        int key = (int)((state >> 33) % 4000);
        kept += !seen[key];
        seen[key] = true;
    }
    int64_t survivors = count_records() - 50;
    ck_assert_int_lt(llabs(survivors - kept), 120); /* three deviations */
    /* Young segments keep more. */
    const LogSegment *oldest = log_segments_at(&log_.segments, 0);
    const LogSegment *youngest = log_segments_at(&log_.segments, log_.segments.count - 2);
    ck_assert_int_lt(oldest->merged_records, 15);
    ck_assert_int_gt(youngest->merged_records, 90);
}
END_TEST

START_TEST(cleaning_twice_leaves_what_cleaning_once_does)
{
    const KeyModel keys = {KEYS_UNIFORM, 300, 0, 1};
    append(55);
    compaction_clean(&log_, &keys, 500, 0);
    append(50);
    compaction_clean(&log_, &keys, 1000, 0);
    int64_t twice = count_records();
    teardown();
    setup();
    append(105);
    compaction_clean(&log_, &keys, 1000, 0);
    ck_assert_int_le(llabs(twice - count_records()), 3);
}
END_TEST

START_TEST(small_cleaned_segments_are_written_as_one_in_the_next_pass)
{
    append(105);
    const KeyModel keys = {KEYS_IN_TURN, 30, 0, 1};
    compaction_clean(&log_, &keys, 1000, 0);
    ck_assert_int_eq(log_.segments.count, 11); /* they were full when the pass began */
    compaction_clean(&log_, &keys, 1000, 0);
    ck_assert_int_eq(log_.segments.count, 2);
    ck_assert_int_eq(log_segments_at(&log_.segments, 0)->base_offset, 0);
    ck_assert_int_eq(log_segments_at(&log_.segments, 1)->base_offset, 1000);
    ck_assert_int_eq(count_records(), 30 + 50);
    append(30);
    ck_assert_int_eq(log_.log_end_offset, 1350);
}
END_TEST

START_TEST(spread_over_partitions_each_has_its_share_of_the_keys)
{
    const KeyModel one = {KEYS_UNIFORM, 1000, 0, 1};
    const KeyModel four = {KEYS_UNIFORM, 4000, 0, 4};
    ck_assert_double_eq_tol(key_model_distinct(&one, 700), key_model_distinct(&four, 700), 0.001);
    const KeyModel zipf = {KEYS_ZIPF, 1000, 1.0, 1};
    const KeyModel flat = {KEYS_ZIPF, 1000, 0.0, 1};
    ck_assert_double_eq_tol(key_model_distinct(&flat, 700), key_model_distinct(&one, 700), 0.5);
    double skewed = key_model_distinct(&zipf, 700);
    ck_assert_double_lt(skewed, 320); /* by sum over all ranks: 265 */
    ck_assert_double_gt(skewed, 240);
    ck_assert_double_eq(key_model_distinct(&zipf, 1), 1);
    const KeyModel hot = {KEYS_HOT, 1000, 0.9, 1}; /* 70 records of 999 others, and key-0 */
    ck_assert_double_eq_tol(
        key_model_distinct(&hot, 700), 1 + 999 * (1 - pow(1 - 0.1 / 999, 700)), 1e-6);
    ck_assert_double_eq(key_model_distinct(&one, 0), 0);
}
END_TEST

START_TEST(batches_known_to_be_dead_go_and_offsets_stay)
{
    append(25);
    bool dead[20] = {false};
    for (int i = 0; i < 20; i++) {
        dead[i] = i != 3 && i != 17;
    }
    ck_assert_int_eq(compaction_drop_batches(&log_, dead, 20), 18000);
    ck_assert_int_eq(log_.count, 7);
    ck_assert_int_eq(record_log_at(&log_, 0)->base_offset, 30);
    ck_assert_int_eq(record_log_at(&log_, record_log_find(&log_, 40))->base_offset, 170);
    ck_assert_int_eq(log_.log_end_offset, 250);
    ck_assert_int_eq(log_.bytes, 7000);
    ck_assert_int_eq(log_segments_at(&log_.segments, 0)->bytes, 1000);
}
END_TEST

/* Idempotent producers write their batch of ten records each. */
static void append_of(int64_t producer_id, int32_t sequence, SimTime now)
{
    RecordBatch batch = {.bytes = 1000,
                         .count = 10,
                         .producer_id = producer_id,
                         .producer_epoch = 3,
                         .base_sequence = sequence,
                         .first_created = now,
                         .last_created = now};
    record_log_append_as_leader(&log_, &batch, 0);
}

static void copy_log(RecordLog *ret_copy)
{
    record_log_init(ret_copy);
    ret_copy->options = &options;
    const RecordBatch *batch;
    LogCursor cursor = record_log_seek(&log_, 0);
    while ((batch = log_cursor_next(&cursor)) != NULL) {
        record_log_append_as_follower(ret_copy, batch);
    }
}

static ProducerVerdict check_again(const RecordLog *log,
                                   int64_t producer_id,
                                   int16_t epoch,
                                   int32_t sequence,
                                   int64_t *ret_offset,
                                   KafkaError *ret_error)
{
    const RecordBatch batch = {.count = 10,
                               .producer_id = producer_id,
                               .producer_epoch = epoch,
                               .base_sequence = sequence};
    return producer_state_check(
        &log->producers, &batch, APPEND_CLIENT, NO_GUARD, ret_offset, ret_error);
}

/* Producers 7 and 8 wrote early, and what they wrote was superseded. */
static void fill_and_clean(void)
{
    const KeyModel one_key = {KEYS_IN_TURN, 1, 0, 1};
    append_of(7, 0, SIM_SEC(1));
    append_of(8, 0, SIM_SEC(2));
    append_of(7, 10, SIM_SEC(3));
    append(60);
    ck_assert_int_gt(compaction_clean(&log_, &one_key, 600, SIM_SEC(60)), 0);
}

static void check_that_it_knows_the_producers(const RecordLog *log)
{
    int64_t offset = -1;
    KafkaError error = KAFKA_NONE;
    ck_assert_int_eq(check_again(log, 7, 3, 10, &offset, &error), PRODUCER_DUPLICATE);
    ck_assert_int_eq(offset, 20);
    ck_assert_int_eq(check_again(log, 8, 3, 0, &offset, &error), PRODUCER_DUPLICATE);
    ck_assert_int_eq(offset, 10);
    ck_assert_int_eq(check_again(log, 7, 3, 20, &offset, &error), PRODUCER_APPEND);
    ck_assert_int_eq(check_again(log, 7, 3, 30, &offset, &error), PRODUCER_REFUSED);
    ck_assert_int_eq(error, KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER);
    ck_assert_int_eq(check_again(log, 7, 2, 0, &offset, &error), PRODUCER_REFUSED);
    ck_assert_int_eq(error, KAFKA_INVALID_PRODUCER_EPOCH);
    ck_assert_int_eq(producer_entries_find(&log->producers.entries, 7)->last_timestamp, SIM_SEC(3));
}

START_TEST(a_copy_of_a_cleaned_log_knows_its_producers)
{
    fill_and_clean();
    RecordLog copy;
    copy_log(&copy);
    ck_assert_int_eq(copy.log_end_offset, log_.log_end_offset);
    check_that_it_knows_the_producers(&copy);
    record_log_clear(&copy);
}
END_TEST

START_TEST(a_copy_of_a_copy_that_was_merged_and_reloaded_knows_them_too)
{
    fill_and_clean();
    RecordLog copy;
    copy_log(&copy);
    record_log_clear(&log_);
    log_ = copy;
    record_log_coalesce(&log_, 500);
    copy_log(&copy);
    record_log_reload(&copy, false, SIM_SEC(100));
    check_that_it_knows_the_producers(&copy);
    record_log_clear(&copy);
}
END_TEST

START_TEST(a_producer_that_has_expired_is_cleaned_away)
{
    append_of(7, 0, SIM_SEC(1));
    append(60);
    producer_state_expire(&log_.producers, SIM_SEC(86401));
    const KeyModel one_key = {KEYS_IN_TURN, 1, 0, 1};
    compaction_clean(&log_, &one_key, 600, SIM_SEC(86401));
    RecordLog copy;
    copy_log(&copy);
    ck_assert_int_eq(copy.producers.entries.count, 0);
    record_log_clear(&copy);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("compaction");
    TCase *tcase = tcase_create("compaction");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_active_segment_is_never_cleaned);
    tcase_add_test(tcase, nothing_above_the_high_watermark_or_too_young_is_cleaned);
    tcase_add_test(tcase, a_log_is_due_when_more_than_half_of_it_is_dirty_or_overdue);
    tcase_add_test(tcase, keys_that_come_in_turn_leave_exactly_their_last_round);
    tcase_add_test(tcase, a_single_key_leaves_one_record);
    tcase_add_test(tcase, uniform_keys_leave_as_many_as_a_real_compaction_does);
    tcase_add_test(tcase, cleaning_twice_leaves_what_cleaning_once_does);
    tcase_add_test(tcase, small_cleaned_segments_are_written_as_one_in_the_next_pass);
    tcase_add_test(tcase, spread_over_partitions_each_has_its_share_of_the_keys);
    tcase_add_test(tcase, batches_known_to_be_dead_go_and_offsets_stay);
    tcase_add_test(tcase, a_copy_of_a_cleaned_log_knows_its_producers);
    tcase_add_test(tcase, a_copy_of_a_copy_that_was_merged_and_reloaded_knows_them_too);
    tcase_add_test(tcase, a_producer_that_has_expired_is_cleaned_away);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
