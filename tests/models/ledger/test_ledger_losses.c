/* test_ledger_losses.c - each lost batch belongs to one loss, whoever noted it. */
#include "models/ledger/ledger_losses.h"
#include "tests/run_suite.h"
#include <check.h>

/* Ten records, taken by broker 1 in `epoch` at `offset`, and acknowledged in that moment. */
static void take(Ledger *ledger, int32_t epoch, int64_t offset, SimTime at)
{
    const RecordBatch sent = {.partition = 0, .count = 10, .bytes = 1000};
    const BatchArrival arrival = {
        .at = at, .base_offset = offset, .broker = 1, .leader_epoch = epoch};
    const uint32_t id = ledger_add_batch(ledger, 0, 9, &sent);
    ledger_batch_arrived(ledger, id, &arrival);
    ledger_batch_acked(ledger, id, at);
}

static void lead(Ledger *ledger, int32_t broker, int32_t epoch, int64_t end, SimTime at)
{
    const LeaderStart start = {
        .at = at,
        .log_end = end,
        .broker = broker,
        .leader_epoch = epoch,
        .last_epoch = epoch - 1,
        .unclean = true,
    };
    ledger_leader_starts(ledger, &start);
}

static const LossNote *list(Ledger *ledger, const LossNote *committed, int32_t wanted)
{
    int32_t count;
    ledger_settle(ledger);
    const LossNote *notes =
        ledger_list_losses(ledger, committed, committed != NULL ? 1 : 0, SIM_SEC(99), &count);
    ck_assert_int_eq(count, wanted);
    return notes;
}

/* What was committed is in the note of the invariants; what came behind it is told beside it. */
START_TEST(committed_records_are_told_of_by_their_note)
{
    Ledger *ledger = ledger_new(1, 0, 0);
    ledger_set_acks(ledger, 0, 1);
    lead(ledger, 1, 0, 0, 1);
    take(ledger, 0, 0, 2);
    take(ledger, 0, 10, 3);
    lead(ledger, 2, 1, 0, 4);
    take(ledger, 0, 20, 5); /* broker 1 does not know yet */
    const LossNote committed = {.at = 4,
                                .until = 4,
                                .leader = 2,
                                .leader_epoch = 1,
                                .from = 0,
                                .to = 10,
                                .committed = true,
                                .broker = -1,
                                .reason = LOSS_UNCLEAN_ELECTION};
    const LossNote *notes = list(ledger, &committed, 3);
    ck_assert(notes[0].committed);
    ck_assert_int_eq(notes[0].records, 10);
    ck_assert_int_eq(notes[1].from, 10);
    ck_assert_int_eq(notes[1].to, 20);
    ck_assert_int_eq(notes[1].at, 4);
    ck_assert_int_eq(notes[1].reason, LOSS_UNREPLICATED);
    ck_assert_int_eq(notes[1].broker, 1);
    ck_assert(!notes[1].late);
    ck_assert_int_eq(notes[2].from, 20);
    ck_assert_int_eq(notes[2].at, 5);
    ck_assert(notes[2].late);
    ledger_free(ledger);
}
END_TEST

/* An offset that is lost twice belongs to the loss of its epoch. */
START_TEST(an_offset_may_be_lost_twice)
{
    Ledger *ledger = ledger_new(1, 0, 0);
    lead(ledger, 1, 0, 0, 1);
    take(ledger, 0, 0, 2);
    lead(ledger, 2, 1, 0, 3);
    take(ledger, 1, 0, 4);
    lead(ledger, 3, 2, 0, 5);
    const LossNote *notes = list(ledger, NULL, 2);
    ck_assert_int_eq(notes[0].leader, 2);
    ck_assert_int_eq(notes[0].records, 10);
    ck_assert_int_eq(notes[1].leader, 3);
    ck_assert_int_eq(notes[1].records, 10);
    ck_assert_int_eq(notes[1].reason, LOSS_UNCLEAN_ELECTION);
    ledger_free(ledger);
}
END_TEST

/* Epochs and offsets begin anew with a topic of the same name. */
START_TEST(a_topic_that_was_deleted_takes_its_losses_along)
{
    Ledger *ledger = ledger_new(1, 0, 0);
    lead(ledger, 1, 5, 0, 1);
    take(ledger, 5, 0, 2);
    lead(ledger, -1, -1, 0, 3);
    lead(ledger, 2, 0, 0, 4);
    take(ledger, 0, 0, 5);
    lead(ledger, 3, 1, 0, 6);
    const LossNote *notes = list(ledger, NULL, 2);
    ck_assert_int_eq(notes[0].reason, LOSS_DELETED);
    ck_assert_int_eq(notes[0].at, 3);
    ck_assert_int_eq(notes[1].reason, LOSS_UNCLEAN_ELECTION);
    ck_assert_int_eq(notes[1].leader, 3);
    ledger_free(ledger);
}
END_TEST

/* An old leader that had not heard of the next one took others at these offsets, and leads again.
 */
START_TEST(a_leader_with_another_history_is_without_them)
{
    Ledger *ledger = ledger_new(1, 0, 0);
    lead(ledger, 2, 1, 0, 1);
    take(ledger, 1, 0, 2);
    const LeaderStart old = {
        .at = 3, .log_end = 50, .broker = 3, .leader_epoch = 2, .last_epoch = 0, .unclean = true};
    ledger_leader_starts(ledger, &old);
    const LossNote *notes = list(ledger, NULL, 1);
    ck_assert_int_eq(notes[0].reason, LOSS_UNCLEAN_ELECTION);
    ck_assert_int_eq(notes[0].leader, 3);
    ledger_free(ledger);
}
END_TEST

/* Its own disk comes before how it came to lead; records without an answer are not lost. */
START_TEST(a_disk_of_the_same_broker_explains)
{
    Ledger *ledger = ledger_new(1, 0, 0);
    const RecordBatch sent = {.partition = 0, .count = 7, .bytes = 700};
    lead(ledger, 1, 0, 0, 1);
    take(ledger, 0, 0, 2);
    (void)ledger_add_batch(ledger, 0, 9, &sent);
    ledger_disk_lost(ledger, 1, LOSS_POWER_CUT, 3);
    lead(ledger, 1, 1, 0, 4);
    const LossNote *notes = list(ledger, NULL, 1);
    ck_assert_int_eq(notes[0].reason, LOSS_POWER_CUT);
    ck_assert_int_eq(notes[0].records, 10);
    ck_assert_int_eq(notes[0].since, 3);
    ck_assert_int_eq(notes[0].at, 4);
    ledger_free(ledger);
}
END_TEST

/* Settled records that were never acknowledged are not lost when their log is. */
START_TEST(only_acknowledged_records_that_had_settled_are_lost)
{
    Ledger *ledger = ledger_new(1, 0, 0);
    RecordBatch batch = {.partition = 0, .count = 10, .bytes = 1000};
    const uint32_t failed = ledger_add_batch(ledger, 0, 9, &batch);
    const uint32_t acked = ledger_add_batch(ledger, 0, 9, &batch);
    ledger_batch_failed(ledger, failed, KAFKA_REQUEST_TIMED_OUT, 1);
    ledger_batch_acked(ledger, acked, 1);
    batch.ledger = failed;
    ledger_settle_batch(ledger, &batch);
    batch.ledger = acked;
    ledger_settle_batch(ledger, &batch);
    const LedgerSettledEnd end = {.at = 5, .from = 0, .to = 20, .leader = 2, .leader_epoch = 1};
    ledger_disk_lost(ledger, 2, LOSS_NEW_DISK, 4);
    ledger_lost_settled(ledger, &end);
    const LossNote *notes = list(ledger, NULL, 1);
    ck_assert_int_eq(ledger_producer(ledger, 0)->lost, 10);
    ck_assert_int_eq(notes[0].records, 10);
    ck_assert_int_eq(notes[0].reason, LOSS_NEW_DISK);
    ledger_free(ledger);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger losses");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, committed_records_are_told_of_by_their_note);
    tcase_add_test(tests, an_offset_may_be_lost_twice);
    tcase_add_test(tests, a_topic_that_was_deleted_takes_its_losses_along);
    tcase_add_test(tests, a_leader_with_another_history_is_without_them);
    tcase_add_test(tests, a_disk_of_the_same_broker_explains);
    tcase_add_test(tests, only_acknowledged_records_that_had_settled_are_lost);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
