/* Record states of share partitions, in Kafka's words; and who gets which partition. */
#include "models/group/share/share_partition.h"
#include "models/group/share/simple_assignor.h"
#include "tests/run_suite.h"
#include <check.h>
#include <string.h>

static const SharePartitionOptions options = {
    .max_record_locks = 200,
    .delivery_count_limit = 5,
    .lock_ns = SIM_SEC(30),
};

static void expect(const SharePartition *self, const char *wanted)
{
    g_autofree char *text = share_partition_text(self);
    ck_assert_str_eq(text, wanted);
}

/* The log holds batches of ten records; a fetch reads from where the share partition is, below
 * `end`. */
static int64_t
fetch(SharePartition *self, const char *member, int64_t max_records, int64_t end, SimTime now)
{
    RecordBatch batches[64];
    int32_t count = 0;
    g_autoptr(GArray) into = g_array_new(FALSE, FALSE, sizeof(ShareAcquired));
    if (!share_partition_can_acquire(self)) {
        return 0;
    }
    const int64_t from = share_partition_next_fetch_offset(self) / 10 * 10;
    for (int64_t base = from; base < end && count < 64; base += 10) {
        batches[count++] = (RecordBatch){.base_offset = base, .count = 10};
    }
    return share_partition_acquire(self, member, max_records, batches, count, now, into);
}

static KafkaError
say(SharePartition *self, const char *member, ShareItemKind kind, int64_t first, int64_t last)
{
    const ShareItem item = {{0, 0}, kind, first, last};
    const KafkaError error = share_partition_acknowledge(self, member, &item, 1);
    share_partition_settle(self);
    return error;
}

START_TEST(acknowledged_records_move_the_start_offset)
{
    SharePartition *self = share_partition_new(&options, 0);
    ck_assert_int_eq(fetch(self, "m1", 500, 20, 0), 20);
    expect(self, "start 0, 0..19 Acquired by m1 x1");
    ck_assert_int_eq(say(self, "m1", SHARE_ITEM_ACCEPT, 5, 9), KAFKA_NONE);
    expect(self, "start 0, 0..4 Acquired by m1 x1, 5..9 Acknowledged x1, 10..19 Acquired by m1 x1");
    ck_assert_int_eq(say(self, "m1", SHARE_ITEM_ACCEPT, 0, 4), KAFKA_NONE);
    expect(self, "start 10, 10..19 Acquired by m1 x1");
    ck_assert_int_eq(say(self, "m1", SHARE_ITEM_REJECT, 10, 19), KAFKA_NONE);
    expect(self, "start 20");
    ck_assert_int_eq(share_partition_next_fetch_offset(self), 20);
    share_partition_free(self);
}
END_TEST

START_TEST(whole_batches_are_acquired_and_the_rest_is_for_the_next_member)
{
    SharePartition *self = share_partition_new(&options, 0);
    ck_assert_int_eq(fetch(self, "m1", 15, 50, 0), 20);
    ck_assert_int_eq(fetch(self, "m2", 15, 50, 0), 20);
    expect(self, "start 0, 0..19 Acquired by m1 x1, 20..39 Acquired by m2 x1");
    share_partition_free(self);
}
END_TEST

START_TEST(released_records_are_delivered_again_first)
{
    SharePartition *self = share_partition_new(&options, 0);
    (void)fetch(self, "m1", 500, 20, 0);
    ck_assert_int_eq(say(self, "m1", SHARE_ITEM_RELEASE, 3, 4), KAFKA_NONE);
    ck_assert_int_eq(share_partition_next_fetch_offset(self), 3);
    ck_assert_int_eq(fetch(self, "m2", 500, 20, 0), 2);
    expect(self,
           "start 0, 0..2 Acquired by m1 x1, 3..4 Acquired by m2 x2, 5..19 Acquired by m1 x1");
    share_partition_free(self);
}
END_TEST

/* maybeArchiveStaleBatches. */
START_TEST(what_is_available_and_no_more_in_the_log_is_archived)
{
    SharePartition *self = share_partition_new(&options, 0);
    g_autoptr(GArray) into = g_array_new(FALSE, FALSE, sizeof(ShareAcquired));
    (void)fetch(self, "m1", 500, 40, 0);
    ck_assert_int_eq(say(self, "m1", SHARE_ITEM_RELEASE, 5, 29), KAFKA_NONE);
    const RecordBatch left = {.base_offset = 20, .count = 10};
    ck_assert_int_eq(share_partition_acquire(self, "m2", 500, &left, 1, 0, into), 10);
    expect(self,
           "start 0, 0..4 Acquired by m1 x1, 5..19 Archived x1, 20..29 Acquired by m2 x2, "
           "30..39 Acquired by m1 x1");
    ck_assert_int_eq(say(self, "m1", SHARE_ITEM_GAP, 0, 4), KAFKA_NONE);
    expect(self, "start 20, 20..29 Acquired by m2 x2, 30..39 Acquired by m1 x1");
    ck_assert_int_eq(self->counts.rejected, 0);
    share_partition_free(self);
}
END_TEST

/* Of ten thousand offsets the log cleaner left the last two records. */
START_TEST(a_gap_before_the_first_record_is_not_acquired)
{
    SharePartition *self = share_partition_new(&options, 0);
    g_autoptr(GArray) into = g_array_new(FALSE, FALSE, sizeof(ShareAcquired));
    const RecordBatch left = {.base_offset = 0, .count = 10000, .merged = true, .survivors = 2};
    ck_assert_int_eq(share_partition_acquire(self, "m1", 500, &left, 1, 0, into), 2);
    expect(self, "start 9998, 9998..9999 Acquired by m1 x1");
    share_partition_free(self);
}
END_TEST

START_TEST(a_lock_that_times_out_makes_records_available_until_the_delivery_count_limit)
{
    SharePartition *self = share_partition_new(&options, 0);
    for (int delivery = 1; delivery <= 5; delivery++) {
        const SimTime now = SIM_SEC(30 * (delivery - 1));
        ck_assert_int_eq(fetch(self, "m1", 500, 10, now), 10);
        ck_assert_int_eq(share_partition_next_expiry(self), now + SIM_SEC(30));
        ck_assert(!share_partition_expire(self, now + SIM_SEC(30) - 1));
        ck_assert(share_partition_expire(self, now + SIM_SEC(30)));
        share_partition_settle(self);
    }
    expect(self, "start 10"); /* archived at 150 s */
    ck_assert_int_eq(self->counts.archived, 10);
    ck_assert_int_eq(self->counts.spent, 10);
    ck_assert_int_eq(self->counts.redelivered, 40);
    share_partition_free(self);
}
END_TEST

START_TEST(who_lost_the_lock_cannot_acknowledge_any_more)
{
    SharePartition *self = share_partition_new(&options, 0);
    (void)fetch(self, "m1", 500, 10, 0);
    (void)share_partition_expire(self, SIM_SEC(30));
    ck_assert_int_eq(say(self, "m1", SHARE_ITEM_ACCEPT, 0, 9), KAFKA_INVALID_RECORD_STATE);
    (void)fetch(self, "m2", 500, 10, SIM_SEC(31));
    ck_assert_int_eq(say(self, "m1", SHARE_ITEM_ACCEPT, 0, 9), KAFKA_INVALID_RECORD_STATE);
    expect(self, "start 0, 0..9 Acquired by m2 x2");
    share_partition_free(self);
}
END_TEST

START_TEST(one_wrong_range_takes_all_of_a_request_back)
{
    SharePartition *self = share_partition_new(&options, 0);
    (void)fetch(self, "m1", 10, 20, 0);
    (void)fetch(self, "m2", 10, 20, 0);
    const ShareItem items[] = {{{0, 0}, SHARE_ITEM_ACCEPT, 0, 9},
                               {{0, 0}, SHARE_ITEM_ACCEPT, 10, 12}};
    ck_assert_int_eq(share_partition_acknowledge(self, "m1", items, 2), KAFKA_INVALID_RECORD_STATE);
    expect(self, "start 0, 0..9 Acquired by m1 x1, 10..19 Acquired by m2 x1");
    ck_assert_int_eq(say(self, "m1", SHARE_ITEM_ACCEPT, 0, 20), KAFKA_INVALID_REQUEST);
    share_partition_free(self);
}
END_TEST

START_TEST(the_end_of_a_session_does_not_count_as_a_delivery)
{
    SharePartition *self = share_partition_new(&options, 0);
    (void)fetch(self, "m1", 500, 10, 0);
    ck_assert(share_partition_release(self, "m1"));
    ck_assert(!share_partition_release(self, "m1"));
    expect(self, "start 0, 0..9 Available x0");
    share_partition_free(self);
}
END_TEST

START_TEST(a_stuck_record_at_the_head_blocks_when_the_locks_are_used_up)
{
    SharePartition *self = share_partition_new(&options, 0);
    (void)fetch(self, "m1", 1, 10, 0); /* and m1 hangs */
    int64_t end = 10;
    while (fetch(self, "m2", 10, end + 10, 0) > 0) {
        ck_assert_int_eq(say(self, "m2", SHARE_ITEM_ACCEPT, end, end + 9), KAFKA_NONE);
        end += 10;
    }
    ck_assert_int_eq(end, 200);
    ck_assert(!share_partition_can_acquire(self));
    (void)share_partition_expire(self, SIM_SEC(30));
    ck_assert_int_eq(fetch(self, "m2", 10, 210, SIM_SEC(30)), 10);
    ck_assert_int_eq(say(self, "m2", SHARE_ITEM_ACCEPT, 0, 9), KAFKA_NONE);
    expect(self, "start 200");
    share_partition_free(self);
}
END_TEST

START_TEST(deleted_records_are_archived_unless_somebody_has_them)
{
    SharePartition *self = share_partition_new(&options, 0);
    (void)fetch(self, "m1", 10, 10, 0);
    (void)fetch(self, "m2", 10, 20, 0);
    ck_assert(share_partition_release(self, "m1"));
    share_partition_on_log_start(self, 15);
    expect(self, "start 15, 10..14 Acquired by m2 x1, 15..19 Acquired by m2 x1");
    (void)share_partition_expire(self, SIM_SEC(30));
    share_partition_settle(self);
    expect(self, "start 15, 15..19 Available x1");
    share_partition_free(self);
}
END_TEST

START_TEST(aborted_records_are_archived_as_soon_as_they_are_acquired)
{
    SharePartition *self = share_partition_new(&options, 0);
    ck_assert_int_eq(fetch(self, "m1", 500, 30, 0), 30);
    share_partition_archive(self, 10, 19);
    expect(self, "start 0, 0..9 Acquired by m1 x1, 10..19 Archived x1, 20..29 Acquired by m1 x1");
    ck_assert_int_eq(say(self, "m1", SHARE_ITEM_ACCEPT, 0, 9), KAFKA_NONE);
    expect(self, "start 20, 20..29 Acquired by m1 x1");
    ck_assert_int_eq(say(self, "m1", SHARE_ITEM_ACCEPT, 10, 19), KAFKA_NONE); /* done with */
    share_partition_free(self);
}
END_TEST

START_TEST(another_leader_finds_acquired_records_available)
{
    SharePartition *self = share_partition_new(&options, 0);
    (void)fetch(self, "m1", 500, 20, 0);
    (void)say(self, "m1", SHARE_ITEM_ACCEPT, 5, 9);
    (void)say(self, "m1", SHARE_ITEM_RELEASE, 10, 19);
    SharePartition *next = share_partition_restore(&options, self);
    expect(next, "start 0, 0..4 Available x0, 5..9 Acknowledged x1, 10..19 Available x1");
    share_partition_free(self);
    share_partition_free(next);
}
END_TEST

/* ---- The assignor. Members by name; "a: 0 1; b: 2". */
static char *assign(const char *const *names, int32_t count, int32_t partitions)
{
    static const int32_t only[] = {0};
    const AssignorTopic topic = {.name = "t", .partitions = partitions, .id = {0x4000, 1}};
    AssignorMember members[16] = {0};
    for (int32_t m = 0; m < count; m++) {
        members[m] = (AssignorMember){
            .member_id = names[m], .topics = only, .topic_count = 1, .generation = 1};
    }
    const AssignorInput input = {
        .topics = &topic, .topic_count = 1, .members = members, .member_count = count};
    AssignorResult *result = assignor_run(&simple_assignor, &input);
    GString *text = g_string_new("");
    for (int32_t m = 0; m < count; m++) {
        g_string_append_printf(text, "%s:", names[m]);
        for (guint i = 0; i < result->partitions[m]->len; i++) {
            g_string_append_printf(text, " %d", g_array_index(result->partitions[m], int32_t, i));
        }
        g_string_append(text, m + 1 < count ? "; " : "");
    }
    assignor_result_free(result);
    return g_string_free(text, FALSE);
}

START_TEST(more_members_than_partitions_share_them_by_hash)
{
    static const char *const names[] = {"a", "b", "c", "d"}; /* hash 97, 98, 99, 100 */
    g_autofree char *text = assign(names, 4, 2);
    ck_assert_str_eq(text, "a: 1; b: 0; c: 1; d: 0");
}
END_TEST

START_TEST(partitions_that_the_hash_left_out_go_round)
{
    static const char *const names[] = {"a", "b"};
    g_autofree char *text = assign(names, 2, 6); /* 97 % 6 = 1, 98 % 6 = 2 */
    ck_assert_str_eq(text, "a: 0 1 4; b: 2 3 5");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("share partition");
    TCase *tcase = tcase_create("share partition");
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, acknowledged_records_move_the_start_offset);
    tcase_add_test(tcase, whole_batches_are_acquired_and_the_rest_is_for_the_next_member);
    tcase_add_test(tcase, released_records_are_delivered_again_first);
    tcase_add_test(tcase, what_is_available_and_no_more_in_the_log_is_archived);
    tcase_add_test(tcase, a_gap_before_the_first_record_is_not_acquired);
    tcase_add_test(tcase,
                   a_lock_that_times_out_makes_records_available_until_the_delivery_count_limit);
    tcase_add_test(tcase, who_lost_the_lock_cannot_acknowledge_any_more);
    tcase_add_test(tcase, one_wrong_range_takes_all_of_a_request_back);
    tcase_add_test(tcase, the_end_of_a_session_does_not_count_as_a_delivery);
    tcase_add_test(tcase, a_stuck_record_at_the_head_blocks_when_the_locks_are_used_up);
    tcase_add_test(tcase, deleted_records_are_archived_unless_somebody_has_them);
    tcase_add_test(tcase, another_leader_finds_acquired_records_available);
    tcase_add_test(tcase, aborted_records_are_archived_as_soon_as_they_are_acquired);
    tcase_add_test(tcase, more_members_than_partitions_share_them_by_hash);
    tcase_add_test(tcase, partitions_that_the_hash_left_out_go_round);
    return run_suite(suite);
}
