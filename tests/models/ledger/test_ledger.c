/* test_ledger.c - the fate of records. */
#include "models/ledger/ledger.h"
#include "tests/run_suite.h"
#include <check.h>

static RecordBatch batch(int32_t partition, int32_t count, SimTime created)
{
    return (RecordBatch){.partition = partition,
                         .count = count,
                         .bytes = 61 + 100 * count,
                         .first_created = created,
                         .last_created = created};
}

static uint32_t add(Ledger *ledger, int32_t partition, int32_t count, SimTime created)
{
    RecordBatch sent = batch(partition, count, created);
    ledger_offered(ledger, 0, count);
    return ledger_add_batch(ledger, 0, 9, &sent);
}

static void see(Ledger *ledger, int32_t partition, int32_t count, uint32_t id)
{
    RecordBatch in_log = batch(partition, count, 0);
    in_log.ledger = id;
    ledger_saw_in_log(ledger, &in_log);
}

START_TEST(acked_but_not_in_the_log_is_lost_and_twice_in_the_log_is_duplicated)
{
    Ledger *ledger = ledger_new(1, 0, 0);
    uint32_t lost = add(ledger, 0, 10, 0);
    uint32_t twice = add(ledger, 0, 5, 0);
    uint32_t once = add(ledger, 0, 3, 0);
    ledger_batch_acked(ledger, lost, 1);
    ledger_batch_acked(ledger, twice, 1);
    ledger_batch_acked(ledger, once, 1);
    see(ledger, 0, 5, twice);
    see(ledger, 0, 3, once);
    see(ledger, 0, 5, twice);
    ledger_settle(ledger);
    const LedgerProducer *account = ledger_producer(ledger, 0);
    ck_assert_int_eq(account->offered, 18);
    ck_assert_int_eq(account->acked, 18);
    ck_assert_int_eq(account->lost, 10);
    ck_assert_int_eq(account->duplicated, 5);
    ck_assert_int_eq(account->reordered, 0); /* the copy stands behind, the first was in order */
    ledger_free(ledger);
}
END_TEST

START_TEST(failed_or_unanswered_records_may_be_in_the_log)
{
    Ledger *ledger = ledger_new(1, 0, 0);
    uint32_t failed = add(ledger, 0, 10, 0);
    uint32_t unknown = add(ledger, 0, 7, 0);
    (void)add(ledger, 0, 100, 0); /* unknown, and not in the log */
    ledger_batch_failed(ledger, failed, KAFKA_REQUEST_TIMED_OUT, 1);
    see(ledger, 0, 10, failed);
    see(ledger, 0, 7, unknown);
    ledger_settle(ledger);
    ck_assert_int_eq(ledger_producer(ledger, 0)->failed, 10);
    ck_assert_int_eq(ledger_producer(ledger, 0)->failed_in_log, 17);
    ck_assert_int_eq(ledger_producer(ledger, 0)->lost, 0);
    ledger_free(ledger);
}
END_TEST

static void delete_with_topic(Ledger *ledger, int32_t count, uint32_t id, bool settled)
{
    RecordBatch in_log = batch(0, count, 0);
    in_log.ledger = id;
    ledger_settle_deleted(ledger, &in_log, settled);
}

START_TEST(what_went_with_its_topic_is_in_no_log_and_not_lost)
{
    Ledger *ledger = ledger_new(1, 0, 0);
    uint32_t acked = add(ledger, 0, 5, 0);
    uint32_t fails = add(ledger, 0, 10, 0);
    uint32_t settled = add(ledger, 0, 7, 0);
    uint32_t again = add(ledger, 0, 3, 0);
    ledger_batch_acked(ledger, acked, 1);
    see(ledger, 0, 7, settled);
    delete_with_topic(ledger, 5, acked, false);
    delete_with_topic(ledger, 10, fails, false);
    delete_with_topic(ledger, 7, settled, true);
    delete_with_topic(ledger, 3, again, false);
    ledger_batch_failed(ledger, fails, KAFKA_REQUEST_TIMED_OUT, 1);
    see(ledger, 0, 3, again); /* the topic came back, and so did the batch */
    ledger_settle(ledger);
    ck_assert_int_eq(ledger_producer(ledger, 0)->failed_in_log, 3);
    ck_assert_int_eq(ledger_producer(ledger, 0)->lost, 0);
    ledger_free(ledger);
}
END_TEST

START_TEST(order_is_judged_within_sender_and_partition)
{
    Ledger *ledger = ledger_new(1, 0, 0);
    uint32_t first = add(ledger, 0, 1, 0);
    uint32_t elsewhere = add(ledger, 1, 1, 0);
    uint32_t second = add(ledger, 0, 4, 0);
    RecordBatch of_another = batch(0, 8, 0);
    uint32_t other = ledger_add_batch(ledger, 0, 10, &of_another);
    see(ledger, 0, 8, other);
    see(ledger, 0, 4, second);
    see(ledger, 0, 1, first);
    see(ledger, 1, 1, elsewhere);
    ledger_settle(ledger);
    ck_assert_int_eq(ledger_producer(ledger, 0)->reordered, 1);
    ledger_free(ledger);
}
END_TEST

START_TEST(an_answer_counts_once_and_a_split_batch_not_at_all)
{
    Ledger *ledger = ledger_new(1, 0, 0);
    uint32_t id = add(ledger, 0, 10, 0);
    ledger_batch_failed(ledger, id, KAFKA_REQUEST_TIMED_OUT, 1);
    ledger_batch_acked(ledger, id, 2);
    ck_assert_int_eq(ledger_producer(ledger, 0)->acked, 0);
    ck_assert_int_eq(ledger_producer(ledger, 0)->failed, 10);
    uint32_t split = add(ledger, 0, 20, 0);
    ledger_batch_split(ledger, split);
    ledger_batch_acked(ledger, split, 3);
    ck_assert_int_eq(ledger_producer(ledger, 0)->acked, 0);
    ledger_free(ledger);
}
END_TEST

START_TEST(who_is_dead_does_not_wait)
{
    Ledger *ledger = ledger_new(1, 0, 0);
    RecordBatch sent = batch(2, 1, SIM_SEC(5));
    (void)ledger_add_batch(ledger, 0, 7, &sent);
    ledger_sender_died(ledger, 8, SIM_SEC(6)); /* another */
    ledger_sender_died(ledger, 7, SIM_SEC(8));
    ledger_close_gaps(ledger, SIM_SEC(60));
    ck_assert_int_eq(ledger_longest_ack_gap(ledger, 2, NULL), SIM_SEC(3));
    ck_assert_int_eq(ledger_producer_gap(ledger, 0), SIM_SEC(3));
    ledger_free(ledger);
}
END_TEST

START_TEST(latency_is_counted_from_warm_up_on_over_the_span_of_the_batch)
{
    Ledger *ledger = ledger_new(1, 0, SIM_SEC(10));
    uint32_t early = add(ledger, 0, 10, SIM_SEC(9));
    ledger_batch_acked(ledger, early, SIM_SEC(10) - 1);
    RecordBatch spread = batch(0, 101, SIM_SEC(11));
    spread.last_created = SIM_SEC(12);
    uint32_t late = ledger_add_batch(ledger, 0, 9, &spread);
    ledger_batch_acked(ledger, late, SIM_SEC(13));
    const LedgerProducer *account = ledger_producer(ledger, 0);
    ck_assert_int_eq(account->acked, 111);
    ck_assert_int_eq(account->measured_acked, 101);
    ck_assert_uint_eq(histogram_count(account->latency), 101);
    ck_assert_int_eq(histogram_minimum(account->latency), SIM_SEC(1));
    ck_assert_int_eq(histogram_maximum(account->latency), SIM_SEC(2));
    ledger_free(ledger);
}
END_TEST

START_TEST(a_gap_is_time_in_which_a_record_waits_and_no_ack_comes)
{
    Ledger *ledger = ledger_new(2, 0, SIM_SEC(10));
    ledger_batch_acked(ledger, add(ledger, 2, 1, 0), SIM_SEC(12)); /* counts from the warm-up */
    SimTime from = 0;
    ck_assert_int_eq(ledger_longest_ack_gap(ledger, 2, &from), SIM_SEC(2));
    ck_assert_int_eq(from, SIM_SEC(10));
    ledger_batch_acked(ledger, add(ledger, 2, 1, SIM_SEC(40)), SIM_SEC(41)); /* nobody waited */
    ck_assert_int_eq(ledger_longest_ack_gap(ledger, 2, NULL), SIM_SEC(2));
    ledger_batch_acked(ledger, add(ledger, 2, 1, SIM_SEC(42)), SIM_SEC(47));
    ck_assert_int_eq(ledger_longest_ack_gap(ledger, 2, &from), SIM_SEC(5));
    ck_assert_int_eq(from, SIM_SEC(42));
    add(ledger, 2, 1, SIM_SEC(48)); /* never answered */
    ledger_close_gaps(ledger, SIM_SEC(60));
    ck_assert_int_eq(ledger_longest_ack_gap(ledger, 2, &from), SIM_SEC(12));
    ck_assert_int_eq(from, SIM_SEC(48));
    ck_assert_int_eq(ledger_longest_ack_gap(ledger, 0, NULL), 0);
    ck_assert_int_eq(ledger_producer_gap(ledger, 0), SIM_SEC(12));
    ck_assert_int_eq(ledger_producer_gap(ledger, 1), 0);
    ledger_free(ledger);
}
END_TEST

static const TopicIdPartition partition_0 = {5, 0};

static void hand(Ledger *ledger, int32_t partition, int32_t epoch, int64_t first, int64_t last)
{
    const HandOut records = {{5, partition}, epoch, first, last, 0, 0};
    ledger_consumed(ledger, 0, &records, 1);
}

/* Offsets 0 to 99 of epoch 0 were, before this leader began with its log. */
static Ledger *handed_100(int32_t leader_epoch, int64_t log_end)
{
    Ledger *ledger = ledger_new(1, 1, 0);
    hand(ledger, 0, 0, 0, 99);
    ledger_leads(ledger, partition_0, leader_epoch, log_end);
    return ledger;
}

START_TEST(records_handed_out_again_count_twice)
{
    Ledger *ledger = ledger_new(1, 1, 0);
    hand(ledger, 0, 0, 0, 99);
    hand(ledger, 0, 0, 90, 109);  /* 10 again */
    hand(ledger, 0, 0, 100, 104); /* 5 again */
    hand(ledger, 0, 0, 100, 101); /* 2 for the third time */
    hand(ledger, 1, 0, 0, 9);
    const LedgerGroup *group = ledger_group(ledger, 0);
    ck_assert_int_eq(group->consumed, 137);
    ck_assert_int_eq(group->consumed_twice, 17);
    ck_assert_int_eq(group->records, 120);
    ck_assert_int_eq(group->records_twice, 15);
    ck_assert_int_eq(group->out_of_order, 0);
    ledger_free(ledger);
}
END_TEST

START_TEST(what_a_position_jumps_over_is_skipped_until_somebody_goes_back)
{
    Ledger *ledger = ledger_new(1, 1, 0);
    const LedgerGroup *group = ledger_group(ledger, 0);
    ledger_group_begins(ledger, 0, 0, 1000);
    ledger_position_moved(ledger, 0, 0, 1040); /* latest, 40 records after the start */
    ck_assert_int_eq(group->skipped, 40);
    hand(ledger, 0, 0, 1040, 1049);
    ledger_position_moved(ledger, 0, 0, 1100);
    ck_assert_int_eq(group->skipped, 90);
    ledger_position_moved(ledger, 0, 0, 1000); /* replay */
    hand(ledger, 0, 0, 1000, 1019);
    ck_assert_int_eq(group->skipped, 70);
    ck_assert_int_eq(group->out_of_order, 20);
    ck_assert_int_eq(group->consumed_twice, 0);
    ledger_free(ledger);
}
END_TEST

START_TEST(a_group_that_begins_at_the_start_of_the_log_skips_nothing)
{
    Ledger *ledger = ledger_new(1, 1, 0);
    ledger_group_begins(ledger, 0, 0, 1000);
    ledger_position_moved(ledger, 0, 0, 0);
    hand(ledger, 0, 0, 0, 999);
    ck_assert_int_eq(ledger_group(ledger, 0)->skipped, 0);
    ck_assert_int_eq(ledger_group(ledger, 0)->out_of_order, 0);
    ledger_free(ledger);
}
END_TEST

START_TEST(records_of_a_dead_member_below_a_commit_are_never_processed)
{
    Ledger *ledger = ledger_new(1, 1, 0);
    hand(ledger, 0, 0, 0, 499);
    ledger_interrupted(ledger, 0, 0, 100, 499);
    ck_assert_int_eq(ledger_never_processed(ledger, 0, 0, 100), 0); /* read again from there */
    ck_assert_int_eq(ledger_never_processed(ledger, 0, 0, 500), 400);
    hand(ledger, 0, 0, 300, 499);
    ck_assert_int_eq(ledger_never_processed(ledger, 0, 0, 500), 200);
    ck_assert_int_eq(ledger_group(ledger, 0)->interrupted, 200);
    ledger_free(ledger);
}
END_TEST

/* A new leader's log ends below what was handed out: its own records stand at those offsets. */
START_TEST(records_that_stand_where_lost_ones_stood_are_others)
{
    Ledger *ledger = handed_100(1, 40);
    const LedgerGroup *group = ledger_group(ledger, 0);
    hand(ledger, 0, 1, 40, 79);
    ck_assert_int_eq(group->records, 140);
    ck_assert_int_eq(group->consumed_twice, 0);
    ck_assert_int_eq(group->out_of_order, 0);
    hand(ledger, 0, 0, 95, 104); /* one that had fetched them before: 5 again, 5 as the only one */
    hand(ledger, 0, 1, 80, 109);
    hand(ledger, 0, 0, 30, 39); /* again */
    ck_assert_int_eq(group->records, 175);
    ck_assert_int_eq(group->records_twice, 15);
    ck_assert_int_eq(group->consumed_twice, 15);
    ck_assert_int_eq(group->out_of_order, 0);
    ledger_free(ledger);
}
END_TEST

/* The first replica leads again after another had, with all that the other lacked. */
START_TEST(records_that_come_back_are_the_same)
{
    Ledger *ledger = handed_100(1, 40);
    const LedgerGroup *group = ledger_group(ledger, 0);
    hand(ledger, 0, 1, 40, 59);
    ledger_leads(ledger, partition_0, 2, 100);
    hand(ledger, 0, 0, 60, 99);
    hand(ledger, 0, 2, 100, 109);
    ck_assert_int_eq(group->records, 130);
    ck_assert_int_eq(group->consumed_twice, 40);
    ledger_free(ledger);
}
END_TEST

/* The leader lost its log's end and came back before anybody had missed it. */
START_TEST(a_leader_that_lost_its_own_records_has_others_there)
{
    Ledger *ledger = handed_100(0, 40);
    const LedgerGroup *group = ledger_group(ledger, 0);
    hand(ledger, 0, 0, 40, 99);
    hand(ledger, 0, 0, 0, 9);
    ck_assert_int_eq(group->records, 160);
    ck_assert_int_eq(group->consumed_twice, 10);
    ck_assert_int_eq(group->out_of_order, 0);
    ledger_free(ledger);
}
END_TEST

/* It begins at the end of the log that is left: what came after the loss it is never handed. */
START_TEST(what_is_skipped_after_a_loss_is_skipped)
{
    Ledger *ledger = handed_100(1, 40);
    ledger_position_moved(ledger, 0, 0, 60);
    ck_assert_int_eq(ledger_group(ledger, 0)->skipped, 20);
    ledger_free(ledger);
}
END_TEST

/* It froze, its partition went to another, and only then it died. */
START_TEST(records_that_another_member_has_by_now_are_its_own)
{
    Ledger *ledger = ledger_new(1, 1, 0);
    hand(ledger, 0, 0, 0, 499);
    hand(ledger, 0, 0, 100, 399);
    ledger_interrupted(ledger, 0, 0, 50, 449);
    ck_assert_int_eq(ledger_never_processed(ledger, 0, 0, 500), 100);
    ledger_free(ledger);
}
END_TEST

START_TEST(records_of_two_epochs_that_another_member_has_are_its_own)
{
    Ledger *ledger = handed_100(1, 100);
    hand(ledger, 0, 1, 100, 199);
    hand(ledger, 0, 1, 100, 189);
    ledger_interrupted(ledger, 0, 0, 90, 199);
    ck_assert_int_eq(ledger_never_processed(ledger, 0, 0, 200), 20);
    ledger_free(ledger);
}
END_TEST

START_TEST(labels_stay_with_their_batch)
{
    Ledger *ledger = ledger_new(1, 0, 0);
    uint32_t id = add(ledger, 0, 3, 0);
    ledger_set_label(ledger, id, 2, "M3");
    ck_assert_str_eq(ledger_label(ledger, id, 2), "M3");
    ck_assert_ptr_null(ledger_label(ledger, id, 0));
    ck_assert_ptr_null(ledger_label(ledger, id + 1, 0));
    ledger_free(ledger);
}
END_TEST

static RecordBatch in_log(int32_t count, uint32_t id)
{
    RecordBatch found = batch(0, count, 0);
    found.ledger = id;
    return found;
}

START_TEST(settling_while_running_gives_what_settling_at_the_end_gives)
{
    enum { BATCHES = 5000 };
    Ledger *late = ledger_new(1, 0, 0);
    Ledger *early = ledger_new(1, 0, 0);
    Ledger *both[] = {late, early};
    for (int k = 0; k < 2; k++) {
        for (uint32_t i = 1; i <= BATCHES; i++) {
            uint32_t id = add(both[k], 0, 2, i);
            if (i % 7 == 0) {
                ledger_batch_retried(both[k], id);
            }
            if (i % 11 == 0) {
                ledger_batch_failed(both[k], id, KAFKA_REQUEST_TIMED_OUT, i);
            } else if (i != BATCHES) {
                ledger_batch_acked(both[k], id, i);
            }
        }
        for (uint32_t i = 1; i <= BATCHES; i++) {
            if (i % 13 == 0) {
                continue; /* never reached the log */
            }
            const RecordBatch found = in_log(2, i % 17 == 0 ? i - 1 : i);
            if (both[k] == early && i < BATCHES) {
                ledger_settle_batch(early, &found);
            } else {
                ledger_saw_in_log(both[k], &found);
            }
        }
        if (both[k] == early) {
            ledger_settle_old(early, BATCHES / 2);
        }
        ledger_settle(both[k]);
    }
    const LedgerProducer *a = ledger_producer(late, 0);
    const LedgerProducer *b = ledger_producer(early, 0);
    ck_assert_int_gt(a->lost, 0);
    ck_assert_int_gt(a->failed_in_log, 0);
    ck_assert_int_eq(a->lost, b->lost);
    ck_assert_int_eq(a->failed_in_log, b->failed_in_log);
    ck_assert_int_eq(a->reordered, b->reordered);
    ledger_free(late);
    ledger_free(early);
}
END_TEST

START_TEST(a_batch_without_an_answer_stays_in_the_account)
{
    Ledger *ledger = ledger_new(1, 0, 0);
    uint32_t id = add(ledger, 0, 4, 0);
    uint32_t never = add(ledger, 0, 9, 0);
    const RecordBatch found = in_log(4, id);
    const RecordBatch unanswered = in_log(9, never);
    ledger_settle_batch(ledger, &found);
    ledger_settle_batch(ledger, &unanswered);
    ck_assert_int_eq(ledger_open_batches(ledger), 2);
    ledger_batch_acked(ledger, id, 5);
    ledger_settle_old(ledger, 0);
    ck_assert_int_eq(ledger_open_batches(ledger), 1);
    ledger_lost_settled(ledger, &(LedgerSettledEnd){.from = 1, .to = 4});
    ledger_settle(ledger);
    ck_assert_int_eq(ledger_producer(ledger, 0)->lost, 3);
    ck_assert_int_eq(ledger_producer(ledger, 0)->failed_in_log, 9);
    ledger_free(ledger);
}
END_TEST

START_TEST(a_second_copy_of_a_retried_batch_counts_after_the_first_has_settled)
{
    Ledger *ledger = ledger_new(1, 0, 0);
    uint32_t id = add(ledger, 0, 4, 0);
    ledger_batch_retried(ledger, id);
    ledger_batch_acked(ledger, id, 5);
    const RecordBatch found = in_log(4, id);
    ledger_settle_batch(ledger, &found);
    ledger_settle_batch(ledger, &found);
    ledger_settle_old(ledger, 1);
    ledger_settle(ledger);
    ck_assert_int_eq(ledger_producer(ledger, 0)->duplicated, 4);
    ledger_free(ledger);
}
END_TEST

START_TEST(a_gap_begins_with_the_record_that_waited_first_whoever_is_acked_first)
{
    Ledger *ledger = ledger_new(1, 0, 0);
    RecordBatch batch = {.count = 1, .first_created = SIM_MS(0), .last_created = SIM_MS(0)};
    uint32_t first = ledger_add_batch(ledger, 0, 1, &batch);
    ledger_batch_acked(ledger, first, SIM_MS(5));
    batch.first_created = batch.last_created = SIM_MS(10);
    uint32_t early = ledger_add_batch(ledger, 0, 1, &batch);
    batch.first_created = batch.last_created = SIM_MS(3000);
    uint32_t late = ledger_add_batch(ledger, 0, 1, &batch);
    ledger_batch_acked(ledger, late, SIM_MS(8000));
    ledger_batch_acked(ledger, early, SIM_MS(8001));
    SimTime from;
    ck_assert_int_eq(ledger_longest_ack_gap(ledger, 0, &from), SIM_MS(7990));
    ck_assert_int_eq(from, SIM_MS(10));
    ledger_free(ledger);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger");
    TCase *tests = tcase_create("fates");
    tcase_add_test(tests, acked_but_not_in_the_log_is_lost_and_twice_in_the_log_is_duplicated);
    tcase_add_test(tests, failed_or_unanswered_records_may_be_in_the_log);
    tcase_add_test(tests, what_went_with_its_topic_is_in_no_log_and_not_lost);
    tcase_add_test(tests, order_is_judged_within_sender_and_partition);
    tcase_add_test(tests, an_answer_counts_once_and_a_split_batch_not_at_all);
    tcase_add_test(tests, latency_is_counted_from_warm_up_on_over_the_span_of_the_batch);
    tcase_add_test(tests, a_gap_is_time_in_which_a_record_waits_and_no_ack_comes);
    tcase_add_test(tests, who_is_dead_does_not_wait);
    tcase_add_test(tests, records_handed_out_again_count_twice);
    tcase_add_test(tests, what_a_position_jumps_over_is_skipped_until_somebody_goes_back);
    tcase_add_test(tests, a_group_that_begins_at_the_start_of_the_log_skips_nothing);
    tcase_add_test(tests, records_of_a_dead_member_below_a_commit_are_never_processed);
    tcase_add_test(tests, records_that_another_member_has_by_now_are_its_own);
    tcase_add_test(tests, records_of_two_epochs_that_another_member_has_are_its_own);
    tcase_add_test(tests, records_that_stand_where_lost_ones_stood_are_others);
    tcase_add_test(tests, records_that_come_back_are_the_same);
    tcase_add_test(tests, a_leader_that_lost_its_own_records_has_others_there);
    tcase_add_test(tests, what_is_skipped_after_a_loss_is_skipped);
    tcase_add_test(tests, settling_while_running_gives_what_settling_at_the_end_gives);
    tcase_add_test(tests, a_batch_without_an_answer_stays_in_the_account);
    tcase_add_test(tests, a_second_copy_of_a_retried_batch_counts_after_the_first_has_settled);
    tcase_add_test(tests, labels_stay_with_their_batch);
    tcase_add_test(tests, a_gap_begins_with_the_record_that_waited_first_whoever_is_acked_first);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
