/* test_remote_log.c - the local and the remote part of a tiered log (server.md 4.5). */
#include "models/log/remote_log.h"
#include "tests/run_suite.h"
#include <check.h>

static LogOptions options;
static RecordLog log_;
static RemoteStorage *storage;
static RemoteLog *remote;

static void setup(void)
{
    options = log_options_default;
    options.segment_bytes = 1000;
    record_log_init(&log_);
    log_.options = &options;
    storage = remote_storage_new();
    remote = remote_storage_log(storage, 3);
}

static void teardown(void)
{
    record_log_clear(&log_);
    remote_storage_free(storage);
}

/* Batches of two records and 100 bytes, ten a segment, one a second; an epoch each 100 offsets. */
static void append(int batches)
{
    for (int i = 0; i < batches; i++) {
        SimTime now = SIM_SEC(log_.log_end_offset / 2);
        RecordBatch batch = {.bytes = 100,
                             .count = 2,
                             .producer_id = NO_PRODUCER_ID,
                             .first_created = now,
                             .last_created = now};
        record_log_append_as_leader(&log_, &batch, (int32_t)(log_.log_end_offset / 100));
    }
}

static int copy_all(int64_t high_watermark)
{
    int copied = 0;
    for (int32_t i; (i = remote_log_next(remote, &log_, high_watermark)) >= 0; copied++) {
        remote_log_copied(remote, &log_, i);
    }
    return copied;
}

START_TEST(only_closed_segments_below_the_high_watermark_are_copied)
{
    append(35); /* three closed segments of twenty offsets */
    ck_assert_int_eq(copy_all(39), 1);
    ck_assert_int_eq(remote->end_offset, 20);
    ck_assert_int_eq(copy_all(70), 2);
    ck_assert_int_eq(remote->end_offset, 60);
    ck_assert_int_eq(remote->bytes, 3000);
    ck_assert_ptr_null(remote_storage_find(storage, 2));
    ck_assert_ptr_eq(remote_storage_find(storage, 3), remote);
}
END_TEST

START_TEST(local_segments_go_only_once_they_are_copied)
{
    append(55);
    ck_assert_int_eq(remote_log_local_deletable(remote, &log_, 1000, -1, 0), 0);
    copy_all(60);
    ck_assert_int_eq(remote_log_local_deletable(remote, &log_, 1000, -1, 0), 3);
    ck_assert_int_eq(remote_log_local_deletable(remote, &log_, 4000, -1, 0), 1);
    ck_assert_int_eq(remote_log_local_deletable(remote, &log_, -1, SIM_SEC(10), SIM_SEC(30)), 2);
    ck_assert_int_eq(remote_log_local_deletable(remote, &log_, -1, -1, SIM_SEC(1000)), 0);
}
END_TEST

START_TEST(the_total_limits_count_both_parts_once)
{
    append(55); /* 5 closed, 500 bytes active */
    copy_all(110);
    ck_assert_int_eq(remote_log_expired(remote, &log_, 5500, -1, 0), 0);
    ck_assert_int_eq(remote_log_expired(remote, &log_, 4500, -1, 0), 20);
    record_log_delete_segments(&log_, 4); /* of the local part only: the total is the same */
    log_.log_start_offset = 0;
    ck_assert_int_eq(remote_log_expired(remote, &log_, 4500, -1, 0), 20);
    ck_assert_int_eq(remote_log_expired(remote, &log_, -1, SIM_SEC(10), SIM_SEC(30)), 40);
    remote_log_delete_before(remote, 40);
    ck_assert_int_eq(remote->segments.count, 3);
    ck_assert_int_eq(remote->bytes, 3000);
}
END_TEST

START_TEST(remote_reads_give_the_same_offsets_and_epochs_one_segment_at_a_time)
{
    append(205);
    copy_all(410);
    GArray *batches = g_array_new(FALSE, FALSE, sizeof(RecordBatch));
    int64_t bytes = 0;
    for (int64_t offset = 0; offset < 400;) {
        g_array_set_size(batches, 0);
        bytes += remote_log_read(remote, offset, 350, batches);
        ck_assert_int_eq(batches->len, offset % 20 == 18 ? 1 : 3);
        for (guint i = 0; i < batches->len; i++) {
            const RecordBatch *batch = &g_array_index(batches, RecordBatch, i);
            ck_assert_int_eq(batch->base_offset, offset);
            ck_assert_int_eq(batch->leader_epoch, offset / 100);
            offset = record_batch_last_offset(batch) + 1;
        }
    }
    ck_assert_int_eq(bytes, 20000);
    ck_assert_int_eq(remote_log_read(remote, 400, 350, NULL), 0);
    g_array_free(batches, TRUE);
}
END_TEST

START_TEST(a_new_leader_with_other_segment_ends_copies_only_what_is_new)
{
    append(25);
    copy_all(50);
    ck_assert_int_eq(remote->end_offset, 40);
    RecordLog other;
    record_log_init(&other);
    LogOptions larger = options;
    larger.segment_bytes = 1500;
    other.options = &larger;
    for (int i = 0; i < log_.count; i++) {
        record_log_append_as_follower(&other, record_log_at(&log_, i));
    }
    for (int i = 0; i < 20; i++) {
        RecordBatch batch = {.bytes = 100, .count = 2, .producer_id = NO_PRODUCER_ID};
        record_log_append_as_leader(&other, &batch, 5);
    }
    int32_t next = remote_log_next(remote, &other, 90); /* its segments: 0..30, 30..60, 60..90 */
    ck_assert_int_eq(next, 1);
    remote_log_copied(remote, &other, next);
    ck_assert_int_eq(remote->end_offset, 60);
    ck_assert_int_eq(remote->bytes, 3000);
    ck_assert_int_eq(log_segments_at(&remote->segments, 2)->base_offset, 40);
    record_log_clear(&other);
}
END_TEST

/* It has 50 offsets of the other's, and its own from there on. */
START_TEST(another_history_replaces_what_its_leader_never_had)
{
    append(125);
    copy_all(250);
    ck_assert_int_eq(remote->end_offset, 240); /* epochs 0, 1 from 100, 2 from 200 */
    RecordLog other;
    record_log_init(&other);
    other.options = &options;
    for (int i = 0; i < 75; i++) {
        record_log_append_as_follower(&other, record_log_at(&log_, i));
    }
    ck_assert_int_eq(remote_log_common_end(remote, &other), 150);
    ck_assert(!remote_log_take_over(remote, &other)); /* it does not know of epoch 2 */
    ck_assert_int_eq(remote->end_offset, 240);
    for (int i = 0; i < 75; i++) {
        RecordBatch batch = {.bytes = 100, .count = 2, .producer_id = NO_PRODUCER_ID};
        record_log_append_as_leader(&other, &batch, 3);
    }
    ck_assert_int_eq(remote_log_local_deletable(remote, &other, 0, -1, 0), 7);
    ck_assert(remote_log_take_over(remote, &other));
    ck_assert_int_eq(remote->end_offset, 150);
    ck_assert_int_eq(remote->bytes, 7500);
    ck_assert_int_eq(remote_log_read(remote, 150, 1000, NULL), 0);
    for (int32_t i; (i = remote_log_next(remote, &other, 300)) >= 0;) {
        remote_log_copied(remote, &other, i);
    }
    ck_assert_int_eq(remote->end_offset, 280);
    ck_assert_int_eq(remote->bytes, 14000);
    ck_assert_int_eq(leader_epochs_for_offset(&remote->epochs, 149), 1);
    ck_assert_int_eq(leader_epochs_for_offset(&remote->epochs, 150), 3);
    ck_assert_int_eq(remote_log_local_deletable(remote, &other, 0, -1, 0), 14);
    ck_assert(!remote_log_take_over(remote, &log_)); /* deposed */
    ck_assert_int_eq(remote_log_local_deletable(remote, &log_, 0, -1, 0), 7);
    record_log_clear(&other);
}
END_TEST

/* One batch of two records of producer 7, or its marker. */
static void append_of_transaction(bool control, bool aborts)
{
    RecordBatch batch = {.bytes = 100,
                         .count = control ? 1 : 2,
                         .producer_id = 7,
                         .transactional = true,
                         .control = control,
                         .aborts = aborts};
    record_log_append_as_leader(&log_, &batch, 0);
}

/* As a string from the first offset on: a record, one that was aborted, a marker. */
static void tell_remote(char *out)
{
    GArray *batches = g_array_new(FALSE, FALSE, sizeof(RecordBatch));
    for (int64_t offset = 0; offset < remote->end_offset;) {
        g_array_set_size(batches, 0);
        ck_assert_int_gt(remote_log_read(remote, offset, 1, batches), 0);
        const RecordBatch *batch = &g_array_index(batches, RecordBatch, 0);
        ck_assert_int_eq(record_batch_records(batch), batch->control ? 0 : batch->count);
        memset(out, batch->control ? 'M' : batch->aborts ? 'a' : 'r', (size_t)batch->count);
        out += batch->count;
        offset += batch->count;
    }
    *out = '\0';
    g_array_free(batches, TRUE);
}

/* The second is cut by the border of a segment, and its marker is behind it; the third was copied
 * in part already. */
START_TEST(remote_reads_tell_what_was_aborted_merged_before_or_not)
{
    for (int merged = 0; merged < 2; merged++) {
        char told[64];
        append_of_transaction(false, false);
        append_of_transaction(true, false);
        for (int i = 0; i < 9; i++) {
            append_of_transaction(false, false);
        }
        append_of_transaction(true, true);
        append_of_transaction(false, false);
        for (int i = 0; i < 10; i++) {
            append_of_transaction(true, true); /* of which the first ends one */
        }
        if (merged == 1) {
            record_log_coalesce(&log_, log_.log_end_offset);
        }
        remote_log_copied(remote, &log_, 0);
        ck_assert_int_eq(remote->end_offset, 19);
        remote->end_offset = 5; /* as if an earlier leader had closed its segment there */
        log_segment_cut_merged(log_segments_at(&remote->segments, 0), remote->marks, 5);
        merged_marks_truncate(remote->marks, 5);
        ck_assert_int_eq(remote_log_next(remote, &log_, log_.log_end_offset), 0);
        remote_log_copied(remote, &log_, 0);
        remote_log_copied(remote, &log_, 1);
        tell_remote(told);
        ck_assert_str_eq(told, "rrMaaaaaaaaaaaaaaaaaaMaaMMMMMMM");
        teardown();
        setup();
    }
}
END_TEST

/* Ten transactions of four records each, of which each third aborts, all of it merged. */
static void append_transactions(void)
{
    for (int i = 0; i < 10; i++) {
        append_of_transaction(false, false);
        append_of_transaction(false, false);
        append_of_transaction(true, i % 3 == 0);
    }
    record_log_coalesce(&log_, log_.log_end_offset);
}

/* Wherever it is cut: a stand-in without records would be passed over, and nobody told. */
START_TEST(a_cut_among_what_was_merged_leaves_each_record_and_each_marker)
{
    for (int64_t end = 1; end < 50; end++) {
        options.segment_bytes = 10000;
        append_transactions();
        (void)record_log_truncate(&log_, end);
        ck_assert_int_eq(log_.log_end_offset, end);
        LogCursor cursor = record_log_seek(&log_, 0);
        for (const RecordBatch *batch; (batch = log_cursor_next(&cursor)) != NULL;) {
            bool is_marker = batch->base_offset % 5 == 4;
            ck_assert_int_eq(batch->control, is_marker);
            ck_assert_int_eq(record_batch_records(batch), is_marker ? 0 : batch->count);
        }
        teardown();
        setup();
    }
}
END_TEST

START_TEST(what_is_left_of_another_history_has_each_record_and_each_marker)
{
    static const char whole[] = "aaaaMrrrrMrrrrMaaaaMrrrrMrrrrMaaaaMrrrrMrrrrMaaaaM";
    for (int64_t common = 1; common < 50; common++) {
        char told[64];
        options.segment_bytes = 10000;
        append_transactions();
        record_log_roll(&log_);
        remote_log_copied(remote, &log_, 0);
        (void)record_log_truncate(&log_, common);
        leader_epochs_assign(&log_.epochs, 1, common);
        ck_assert(remote_log_take_over(remote, &log_));
        ck_assert_int_eq(remote->end_offset, common);
        tell_remote(told);
        ck_assert_int_eq((int64_t)strlen(told), common);
        ck_assert_int_eq(strncmp(told, whole, (size_t)common), 0);
        teardown();
        setup();
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("remote log");
    TCase *tcase = tcase_create("remote log");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, only_closed_segments_below_the_high_watermark_are_copied);
    tcase_add_test(tcase, local_segments_go_only_once_they_are_copied);
    tcase_add_test(tcase, the_total_limits_count_both_parts_once);
    tcase_add_test(tcase, remote_reads_give_the_same_offsets_and_epochs_one_segment_at_a_time);
    tcase_add_test(tcase, a_new_leader_with_other_segment_ends_copies_only_what_is_new);
    tcase_add_test(tcase, another_history_replaces_what_its_leader_never_had);
    tcase_add_test(tcase, remote_reads_tell_what_was_aborted_merged_before_or_not);
    tcase_add_test(tcase, a_cut_among_what_was_merged_leaves_each_record_and_each_marker);
    tcase_add_test(tcase, what_is_left_of_another_history_has_each_record_and_each_marker);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
