/* test_compaction_marks.c - what the log cleaner leaves of transactions (compaction_marks.h). */
#include "models/log/compaction.h"
#include "tests/run_suite.h"
#include <check.h>
#include <string.h>

static const KeyModel one_key = {KEYS_ALL_THE_SAME, 1, 0, 1};
static const KeyModel each_its_own = {KEYS_IN_TURN, 1000000, 0, 1};
static const KeyModel some_keys = {KEYS_IN_TURN, 150, 0, 1};

static LogOptions options;
static RecordLog log_;

static void setup(void)
{
    options = log_options_default;
    options.segment_bytes = 10000;
    options.cleanup_compact = true;
    options.delete_retention_ns = SIM_SEC(60);
    record_log_init(&log_);
    log_.options = &options;
}

static void teardown(void)
{
    record_log_clear(&log_);
}

/* ---- building */

static void append(const RecordBatch *like)
{
    RecordBatch batch = *like;
    batch.first_created = SIM_MS(log_.log_end_offset);
    batch.last_created = batch.first_created;
    record_log_append_as_leader(&log_, &batch, 0);
    producer_state_on_high_watermark(&log_.producers, log_.log_end_offset, log_.log_start_offset);
}

/* Ten records of nobody. */
static void fill(int batches)
{
    const RecordBatch batch = {.bytes = 1000, .count = 10, .producer_id = NO_PRODUCER_ID};
    for (int i = 0; i < batches; i++) {
        append(&batch);
    }
}

/* Ten records of a transaction. */
static void write_in(int64_t producer_id)
{
    append(&(RecordBatch){.bytes = 1000,
                          .count = 10,
                          .producer_id = producer_id,
                          .producer_epoch = 3,
                          .base_sequence = (int32_t)log_.log_end_offset,
                          .transactional = true});
}

static void end(int64_t producer_id, bool aborts)
{
    append(&(RecordBatch){.bytes = TXN_MARKER_BYTES,
                          .count = 1,
                          .producer_id = producer_id,
                          .producer_epoch = 3,
                          .transactional = true,
                          .control = true,
                          .aborts = aborts});
}

/* Producer 9 commits what stands at 0..9, 22..31 and so on, 8 aborts what stands at 11..20, 33.. */
static void write_transactions(int count)
{
    for (int i = 0; i < count; i++) {
        write_in(9);
        end(9, false);
        write_in(8);
        end(8, true);
    }
}

static int64_t dirty_end(void)
{
    return log_segments_active(&log_.segments)->base_offset;
}

static void pass_at(RecordLog *log, const KeyModel *keys, int64_t seconds)
{
    compaction_clean(log, keys, log_segments_active(&log->segments)->base_offset, SIM_SEC(seconds));
}

static RecordLog copy_of(const RecordLog *log)
{
    RecordLog copy;
    record_log_init(&copy);
    copy.options = &options;
    const RecordBatch *batch;
    LogCursor cursor = record_log_seek(log, 0);
    while ((batch = log_cursor_next(&cursor)) != NULL) {
        record_log_append_as_follower(&copy, batch);
    }
    producer_state_on_high_watermark(&copy.producers, copy.log_end_offset, 0);
    return copy;
}

/* ---- looking */

static bool was_committed(int64_t offset)
{
    return offset % 22 < 10;
}

typedef struct Sight {
    int64_t records;
    int64_t markers;
    int64_t bytes;
    int64_t batches;
} Sight;

/* What stands in [0, to). */
static Sight look(const RecordLog *log, int64_t to)
{
    Sight sight = {0};
    int64_t next = 0;
    LogCursor cursor = record_log_seek(log, 0);
    const RecordBatch *batch;
    while ((batch = log_cursor_next(&cursor)) != NULL && batch->base_offset < to) {
        ck_assert_int_ge(batch->base_offset, next);
        next = record_batch_last_offset(batch) + 1;
        sight.records += record_batch_records(batch);
        sight.markers += batch->control;
        sight.bytes += batch->bytes;
        sight.batches++;
    }
    return sight;
}

static void check_that_only_the_committed_is_left(const RecordLog *log, int64_t to)
{
    LogCursor cursor = record_log_seek(log, 0);
    const RecordBatch *batch;
    while ((batch = log_cursor_next(&cursor)) != NULL && batch->base_offset < to) {
        for (int64_t k = 0; k < batch->count && record_batch_records(batch) > 0; k++) {
            ck_assert(was_committed(batch->base_offset + k));
        }
    }
}

/* ---- aborted records */

/* Mirrors: Cleaner.cleanInto: a batch of an aborted transaction goes whole, whatever its keys. */
START_TEST(aborted_records_go_in_the_first_pass_and_count_for_no_key)
{
    write_transactions(20);
    int64_t to = log_.log_end_offset;
    fill(20);
    pass_at(&log_, &each_its_own, 100);
    check_that_only_the_committed_is_left(&log_, to);
    ck_assert_int_eq(look(&log_, to).records, 200);
    ck_assert_int_eq(look(&log_, to).markers, 40);
}
END_TEST

START_TEST(survivors_stand_where_something_was_committed)
{
    write_transactions(20);
    int64_t to = log_.log_end_offset;
    write_in(7); /* whose batch is retained */
    end(7, false);
    while (dirty_end() < to) {
        fill(1);
    }
    ck_assert_int_lt(dirty_end() - to, 100);
    pass_at(&log_, &some_keys, 100);
    check_that_only_the_committed_is_left(&log_, to);
    ck_assert_int_eq(look(&log_, dirty_end()).records, 150);
    RecordLog copy = copy_of(&log_);
    record_log_coalesce(&copy, dirty_end());
    check_that_only_the_committed_is_left(&copy, to);
    ck_assert_int_eq(look(&copy, dirty_end()).records, 150);
    ck_assert_int_eq(look(&copy, dirty_end()).markers, 41);
    record_log_clear(&copy);
}
END_TEST

/* Mirrors: Cleaner.cleanInto, isBatchLastRecordOfProducer: a copy knows its sequence. */
START_TEST(of_an_aborted_last_batch_the_header_stays)
{
    write_transactions(20);
    fill(20);
    pass_at(&log_, &one_key, 100);
    RecordLog copy = copy_of(&log_);
    const ProducerStateEntry *entry = producer_entries_find(&copy.producers.entries, 8);
    ck_assert_ptr_nonnull(entry);
    ck_assert_int_eq(producer_entry_last_batch(entry)->base_offset, 19 * 22 + 11);
    record_log_clear(&copy);
}
END_TEST

/* ---- markers */

/* Mirrors: CleanedTransactionMetadata.onControlBatchRead: not while a batch is there. */
START_TEST(a_marker_stays_while_a_record_of_its_transaction_does)
{
    for (int i = 0; i < 40; i++) {
        write_in(9);
        end(9, false);
    }
    fill(20);
    for (int k = 1; k < 6; k++) {
        pass_at(&log_, &each_its_own, k * 1000);
        ck_assert_int_eq(look(&log_, 440).markers, 40);
    }
}
END_TEST

/* The first pass reads the records, the second finds nothing and begins the horizon. */
START_TEST(a_marker_goes_a_delete_horizon_after_its_transaction_was_found_empty)
{
    for (int aborts = 0; aborts < 2; aborts++) {
        for (int i = 0; i < 40; i++) {
            write_in(9);
            end(9, aborts > 0);
        }
        fill(20);
        write_in(9); /* so that its state is elsewhere */
        pass_at(&log_, &one_key, 100);
        pass_at(&log_, &one_key, 200);
        pass_at(&log_, &one_key, 259);
        ck_assert_int_eq(look(&log_, 440).markers, 40);
        RecordLog copy = copy_of(&log_);
        ck_assert(record_log_roll(&copy));
        pass_at(&copy, &one_key, 259);
        ck_assert_int_eq(look(&copy, 440).markers, 40);
        pass_at(&copy, &one_key, 260); /* the horizon stands in the batch */
        ck_assert_int_eq(look(&copy, 440).markers, 0);
        record_log_clear(&copy);
        pass_at(&log_, &one_key, 260);
        ck_assert_int_eq(look(&log_, 440).markers, 0);
        teardown();
        setup();
    }
}
END_TEST

START_TEST(an_active_producer_keeps_its_last_transaction)
{
    for (int i = 0; i < 40; i++) {
        write_in(9);
        end(9, false);
    }
    fill(20);
    for (int k = 1; k < 6; k++) {
        pass_at(&log_, &one_key, k * 1000);
    }
    ck_assert_int_eq(look(&log_, 440).markers, 1);
    producer_state_expire(&log_.producers, SIM_SEC(200000));
    pass_at(&log_, &one_key, 200000); /* which still reads its header */
    pass_at(&log_, &one_key, 200060);
    pass_at(&log_, &one_key, 200120);
    ck_assert_int_eq(look(&log_, 440).markers, 0);
}
END_TEST

/* ---- any log */

static uint64_t state;

static int draw(int below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int)((state >> 33) % (uint64_t)below);
}

static void append_any(int batches)
{
    static bool is_open[3];
    memset(is_open, 0, sizeof(is_open));
    for (int i = 0; i < batches; i++) {
        int p = draw(4);
        if (p == 3) {
            fill(1);
        } else if (is_open[p] && draw(3) == 0) {
            end(p, draw(2) == 0);
            is_open[p] = false;
        } else {
            write_in(p);
            is_open[p] = true;
        }
    }
    for (int p = 0; p < 3; p++) {
        if (is_open[p]) {
            end(p, draw(2) == 0);
        }
    }
}

/* Sums of segments are those of the log, and who reads sees them. */
static void check_sums(const RecordLog *log)
{
    int64_t bytes = 0;
    int64_t records = 0;
    int64_t markers = 0;
    for (int32_t i = 0; i < log->segments.count; i++) {
        const LogSegment *segment = log_segments_at(&log->segments, i);
        bytes += segment->bytes;
        records += segment->merged_records;
        markers += segment->merged_markers;
    }
    ck_assert_int_eq(bytes, log->bytes);
    Sight merged = look(log, record_log_fine_offset(log));
    ck_assert_int_eq(merged.records, records);
    ck_assert_int_eq(merged.markers, markers);
    Sight all = look(log, log->log_end_offset);
    ck_assert_int_ge(all.bytes, bytes); /* each batch has one byte at least */
    ck_assert_int_le(all.bytes, bytes + all.batches);
}

START_TEST(any_log_is_the_same_to_its_copies_after_any_passes)
{
    state = (uint64_t)_i;
    const KeyModel keys = {KEYS_UNIFORM, 1 + draw(400), 0, 1};
    for (int round = 0; round < 4; round++) {
        append_any(40 + draw(80));
        pass_at(&log_, &keys, (round + 1) * (20 + draw(60)));
        check_sums(&log_);
        RecordLog copy = copy_of(&log_);
        ck_assert_int_eq(copy.log_end_offset, log_.log_end_offset);
        record_log_coalesce(&copy, dirty_end());
        check_sums(&copy);
        Sight own = look(&log_, dirty_end());
        Sight copied = look(&copy, dirty_end());
        ck_assert_int_eq(own.records, copied.records);
        ck_assert_int_eq(own.markers, copied.markers);
        int64_t cut = draw((int)copy.log_end_offset);
        record_log_truncate(&copy, cut);
        ck_assert_int_eq(copy.log_end_offset, cut);
        check_sums(&copy);
        record_log_clear(&copy);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("compaction marks");
    TCase *tcase = tcase_create("compaction marks");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, aborted_records_go_in_the_first_pass_and_count_for_no_key);
    tcase_add_test(tcase, survivors_stand_where_something_was_committed);
    tcase_add_test(tcase, of_an_aborted_last_batch_the_header_stays);
    tcase_add_test(tcase, a_marker_stays_while_a_record_of_its_transaction_does);
    tcase_add_test(tcase, a_marker_goes_a_delete_horizon_after_its_transaction_was_found_empty);
    tcase_add_test(tcase, an_active_producer_keeps_its_last_transaction);
    tcase_add_loop_test(tcase, any_log_is_the_same_to_its_copies_after_any_passes, 0, 100);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
