/* test_record_log.c - offsets, epochs, truncation (server.md 2.6) and idempotence (clients.md 1.6).
 */
#include "models/log/record_log.h"
#include "tests/run_suite.h"
#include <check.h>

static RecordBatch batch_of(int32_t count)
{
    return (RecordBatch){.count = count, .bytes = 100 * count, .producer_id = NO_PRODUCER_ID};
}

/* A log whose epochs begin at these offsets and that ends at `end`, one record a batch. */
static void fill(RecordLog *log, const EpochEntry *epochs, int count, int64_t end)
{
    record_log_init(log);
    for (int i = 0; i < count; i++) {
        int64_t until = i + 1 < count ? epochs[i + 1].start_offset : end;
        while (log->log_end_offset < until) {
            RecordBatch batch = batch_of(1);
            record_log_append_as_leader(log, &batch, epochs[i].epoch);
        }
    }
}

/* What a leader answers to a fetch from `offset` with last epoch `epoch`: where it diverges. */
static bool diverges(const RecordLog *leader, int64_t offset, int32_t epoch, EpochEntry *ret_end)
{
    ck_assert(record_log_end_offset_for_epoch(leader, epoch, ret_end));
    return ret_end->epoch < epoch || ret_end->start_offset < offset;
}

START_TEST(a_follower_of_an_unknown_epoch_cuts_to_the_end_of_the_last_common_one)
{
    RecordLog follower;
    RecordLog leader;
    fill(&follower, (EpochEntry[]){{0, 0}, {1, 10}}, 2, 16);
    fill(&leader, (EpochEntry[]){{0, 0}, {2, 10}}, 2, 20);
    EpochEntry end;
    ck_assert(diverges(&leader, 16, 1, &end));
    ck_assert_int_eq(end.epoch, 0);
    ck_assert_int_eq(end.start_offset, 10);
    ck_assert_int_eq(record_log_truncation_offset(&follower, end.epoch, end.start_offset), 10);
    ck_assert_int_eq(record_log_truncate(&follower, 10), 6);
    ck_assert_int_eq(follower.log_end_offset, 10);
    ck_assert_int_eq(leader_epochs_latest(&follower.epochs), 0);
    record_log_clear(&follower);
    record_log_clear(&leader);
}
END_TEST

START_TEST(divergence_is_found_epoch_by_epoch)
{
    RecordLog follower;
    RecordLog leader;
    fill(&follower, (EpochEntry[]){{0, 0}, {1, 5}, {3, 12}}, 3, 14);
    fill(&leader, (EpochEntry[]){{0, 0}, {2, 8}, {4, 15}}, 3, 20);
    const int64_t cuts[] = {12, 5};
    for (int i = 0; i < 2; i++) {
        EpochEntry end;
        int32_t last = leader_epochs_latest(&follower.epochs);
        ck_assert(diverges(&leader, follower.log_end_offset, last, &end));
        int64_t cut = record_log_truncation_offset(&follower, end.epoch, end.start_offset);
        ck_assert_int_eq(cut, cuts[i]);
        record_log_truncate(&follower, cut);
    }
    EpochEntry end;
    ck_assert(!diverges(&leader, 5, 0, &end));
    record_log_clear(&follower);
    record_log_clear(&leader);
}
END_TEST

START_TEST(an_epoch_without_records_goes_even_when_no_record_does)
{
    RecordLog log;
    fill(&log, (EpochEntry[]){{0, 0}}, 1, 5);
    leader_epochs_assign(&log.epochs, 3, 5); /* led, wrote nothing */
    ck_assert_int_eq(record_log_truncate(&log, 5), 0);
    ck_assert_int_eq(leader_epochs_latest(&log.epochs), 0);
    ck_assert_int_eq(log.log_end_offset, 5);
    record_log_clear(&log);
}
END_TEST

START_TEST(an_empty_log_goes_back_to_a_leader_that_lost_everything)
{
    RecordLog log;
    fill(&log, (EpochEntry[]){{0, 0}}, 1, 5);
    record_log_truncate_fully(&log, 83); /* what retention leaves of a follower */
    ck_assert_int_eq(record_log_truncate(&log, 0), 0);
    ck_assert_int_eq(log.log_start_offset, 0);
    ck_assert_int_eq(log.log_end_offset, 0);
    record_log_clear(&log);
}
END_TEST

static ProducerVerdict check(const ProducerState *state,
                             const RecordBatch *batch,
                             int64_t *ret_offset,
                             KafkaError *ret_error)
{
    return producer_state_check(state, batch, APPEND_CLIENT, NO_GUARD, ret_offset, ret_error);
}

START_TEST(a_truncated_log_forgets_the_sequences_it_lost)
{
    RecordLog log;
    record_log_init(&log);
    for (int i = 0; i < 3; i++) {
        RecordBatch batch = batch_of(10);
        batch.producer_id = 7;
        batch.base_sequence = 10 * i;
        record_log_append_as_leader(&log, &batch, 0);
    }
    record_log_truncate(&log, 20);
    RecordBatch again = batch_of(10);
    again.producer_id = 7;
    again.base_sequence = 20;
    int64_t offset;
    KafkaError error;
    ck_assert_int_eq(check(&log.producers, &again, &offset, &error), PRODUCER_APPEND);
    again.base_sequence = 10;
    ck_assert_int_eq(check(&log.producers, &again, &offset, &error), PRODUCER_DUPLICATE);
    ck_assert_int_eq(offset, 10);
    record_log_clear(&log);
}
END_TEST

static void append_seven_batches(RecordLog *log)
{
    for (int i = 0; i < 7; i++) {
        RecordBatch batch = batch_of(1);
        batch.producer_id = 7;
        batch.base_sequence = i;
        record_log_append_as_leader(log, &batch, 0);
    }
}

static void check_that_it_knows_from(const RecordLog *log, int first)
{
    for (int i = 0; i < 7; i++) {
        RecordBatch again = batch_of(1);
        again.producer_id = 7;
        again.base_sequence = i;
        int64_t offset = -1;
        KafkaError error = KAFKA_NONE;
        ProducerVerdict verdict = check(&log->producers, &again, &offset, &error);
        ck_assert_int_eq(verdict, i < first ? PRODUCER_REFUSED : PRODUCER_DUPLICATE);
        ck_assert_int_eq(error, i < first ? KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER : KAFKA_NONE);
    }
}

START_TEST(only_the_last_five_batches_are_known_as_duplicates)
{
    RecordLog log;
    record_log_init(&log);
    append_seven_batches(&log);
    check_that_it_knows_from(&log, 2);
    record_log_clear(&log);
}
END_TEST

/* After a clean stop as after a recovery: a snapshot holds no more. */
START_TEST(a_process_that_came_back_knows_the_last_batch_alone)
{
    RecordLog log;
    record_log_init(&log);
    append_seven_batches(&log);
    record_log_reload(&log, _i == 1, SIM_SEC(1));
    check_that_it_knows_from(&log, 6);
    record_log_clear(&log);
}
END_TEST

START_TEST(sequences_wrap_and_new_epochs_begin_at_zero)
{
    ProducerState state;
    producer_state_init(&state);
    RecordBatch last = batch_of(6);
    last.producer_id = 7;
    last.base_sequence = INT32_MAX - 5;
    producer_state_update(&state, &last, 0);
    RecordBatch next = batch_of(1);
    next.producer_id = 7;
    int64_t offset;
    KafkaError error;
    ck_assert_int_eq(check(&state, &next, &offset, &error), PRODUCER_APPEND);
    next.producer_epoch = 1;
    ck_assert_int_eq(check(&state, &next, &offset, &error), PRODUCER_APPEND);
    next.base_sequence = 3;
    ck_assert_int_eq(check(&state, &next, &offset, &error), PRODUCER_REFUSED);
    next.producer_epoch = -1;
    ck_assert_int_eq(check(&state, &next, &offset, &error), PRODUCER_REFUSED);
    ck_assert_int_eq(error, KAFKA_INVALID_PRODUCER_EPOCH);
    producer_state_clear(&state);
}
END_TEST

START_TEST(a_producer_of_an_older_epoch_is_not_even_verified)
{
    ProducerState state;
    producer_state_init(&state);
    RecordBatch newer = batch_of(1);
    newer.producer_id = 7;
    newer.producer_epoch = 3;
    producer_state_update(&state, &newer, 0);
    KafkaError error;
    ck_assert(producer_state_start_verification(&state, 7, 0, 2, true, 0, &error) == NO_GUARD);
    ck_assert_int_eq(error, KAFKA_INVALID_PRODUCER_EPOCH);
    ck_assert(producer_state_start_verification(&state, 7, 1, 3, true, 0, &error) != NO_GUARD);
    ck_assert_int_eq(error, KAFKA_NONE);
    producer_state_clear(&state);
}
END_TEST

/* KAFKA-18575: a marker of transactions v2 bears the next epoch. */
START_TEST(only_a_marker_of_the_very_epoch_leaves_a_verification_alone)
{
    static const struct {
        int16_t epoch;
        bool guarded;
    } markers[] = {{2, false}, {3, true}, {4, false}};
    for (int i = 0; i < 3; i++) {
        ProducerState state;
        producer_state_init(&state);
        KafkaError error;
        uint32_t guard = producer_state_start_verification(&state, 7, 0, 3, true, 0, &error);
        RecordBatch marker = batch_of(1);
        marker.producer_id = 7;
        marker.producer_epoch = markers[i].epoch;
        marker.transactional = true;
        marker.control = true;
        producer_state_update(&state, &marker, 0);
        RecordBatch next = marker;
        next.control = false;
        next.producer_epoch = 4;
        int64_t offset;
        ProducerVerdict verdict =
            producer_state_check(&state, &next, APPEND_CLIENT, guard, &offset, &error);
        ck_assert_int_eq(verdict, markers[i].guarded ? PRODUCER_APPEND : PRODUCER_REFUSED);
        producer_state_clear(&state);
    }
}
END_TEST

START_TEST(batches_are_found_by_any_offset_inside_them)
{
    RecordLog log;
    record_log_init(&log);
    for (int i = 1; i <= 40; i++) {
        RecordBatch batch = batch_of(i % 3 + 1);
        record_log_append_as_leader(&log, &batch, 0);
    }
    for (int64_t offset = 0; offset < log.log_end_offset; offset++) {
        const RecordBatch *found = record_log_at(&log, record_log_find(&log, offset));
        ck_assert(found->base_offset <= offset && record_batch_last_offset(found) >= offset);
    }
    ck_assert_int_eq(record_log_find(&log, log.log_end_offset), log.count);
    record_log_clear(&log);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("record log");
    TCase *tcase = tcase_create("log");
    tcase_add_test(tcase, a_follower_of_an_unknown_epoch_cuts_to_the_end_of_the_last_common_one);
    tcase_add_test(tcase, divergence_is_found_epoch_by_epoch);
    tcase_add_test(tcase, an_epoch_without_records_goes_even_when_no_record_does);
    tcase_add_test(tcase, an_empty_log_goes_back_to_a_leader_that_lost_everything);
    tcase_add_test(tcase, a_truncated_log_forgets_the_sequences_it_lost);
    tcase_add_test(tcase, only_the_last_five_batches_are_known_as_duplicates);
    tcase_add_loop_test(tcase, a_process_that_came_back_knows_the_last_batch_alone, 0, 2);
    tcase_add_test(tcase, sequences_wrap_and_new_epochs_begin_at_zero);
    tcase_add_test(tcase, a_producer_of_an_older_epoch_is_not_even_verified);
    tcase_add_test(tcase, only_a_marker_of_the_very_epoch_leaves_a_verification_alone);
    tcase_add_test(tcase, batches_are_found_by_any_offset_inside_them);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
