/* test_producer_split.c - batches that the broker finds too large (max.message.bytes): split, as
 * KafkaProducer 4.1 does it, and when that has an end. */
#include "tests/models/producer/fixture.h"
#include "tests/run_suite.h"

static Fixture *with_limit(int64_t max_message_bytes, const char *batch_size)
{
    Fixture *fixture = fixture_new(1);
    fixture->spec->rate_milli = 1000000;
    fixture->spec->stop = SIM_SEC(1);
    fixture->spec->value_bytes = distribution_constant(1000);
    fixture_option(fixture, "linger.ms", "20");
    fixture_option(fixture, "batch.size", batch_size);
    fixture_option(fixture, "delivery.timeout.ms", "4000");
    fixture_option(fixture, "request.timeout.ms", "2000");
    fixture->check_sequences = true;
    fixture->brokers[0].max_message_bytes = max_message_bytes;
    return fixture;
}

/* A record alone is too large: there is nothing to split, and RecordTooLargeException at once. */
START_TEST(a_batch_of_one_record_that_is_too_large_fails_at_once)
{
    Fixture *fixture = with_limit(900, "1");
    fixture_start(fixture);
    fixture_run(fixture, SIM_MS(1500));
    const LedgerProducer *account = fixture_ledger(fixture);
    ck_assert_int_eq(account->offered, 1000);
    ck_assert_int_eq(account->failed, 1000);
    ck_assert_int_eq(account->retries, 0);
    ck_assert_int_eq(account->errors[0].error, KAFKA_MESSAGE_TOO_LARGE);
    ck_assert_int_eq(account->errors[0].batches, 1000);
    fixture_free(fixture);
}
END_TEST

/* Parts are as large as batch.size, so a batch above max.message.bytes that is no larger than
 * batch.size is split into itself, again and again without any wait, until its first record is
 * delivery.timeout.ms old (KAFKA-8350, not mended in 4.1). */
START_TEST(a_batch_no_larger_than_batch_size_is_split_into_itself_until_its_delivery_timeout)
{
    Fixture *fixture = with_limit(8000, "16384");
    fixture_start(fixture);
    fixture_run(fixture, SIM_MS(3900));
    const LedgerProducer *account = fixture_ledger(fixture);
    ck_assert_int_eq(account->failed, 0);
    ck_assert_int_gt(account->errors[0].batches, 1000); /* one a round trip of 2 ms */
    fixture_run(fixture, SIM_SEC(6));
    ck_assert_int_eq(account->offered, 1000);
    ck_assert_int_eq(account->failed + account->acked, 1000);
    ck_assert_int_gt(account->failed, 900);
    const int64_t refused = account->errors[0].batches;
    fixture_run(fixture, SIM_SEC(20));
    ck_assert_int_eq(account->errors[0].batches, refused); /* and no further */
    fixture_free(fixture);
}
END_TEST

/* Compressed to the half, six records fit into batch.size; parts are filled as if nothing were
 * compressed, so they are half as large. */
START_TEST(parts_of_batch_size_that_fit_are_taken_in_order)
{
    Fixture *fixture = with_limit(3000, "4096");
    fixture_option(fixture, "compression.type", "lz4");
    fixture->spec->compression_ratio = 0.5;
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(2));
    producer_close(fixture->producer);
    fixture_run(fixture, SIM_SEC(9));
    fixture_settle(fixture);
    const LedgerProducer *account = fixture_ledger(fixture);
    ck_assert_int_eq(account->acked, 1000);
    ck_assert_int_gt(account->errors[0].batches, 0); /* some were split */
    ck_assert_int_eq(account->reordered, 0);
    ck_assert_int_eq(account->duplicated, 0);
    fixture_free(fixture);
}
END_TEST

/* Its first attempt is in the log, unanswered; then the limit is lowered, and raised again. What
 * was split into itself is the batch that stands there: the broker says that it has it. */
START_TEST(a_batch_that_stands_in_the_log_is_not_lost_when_it_is_split_into_itself)
{
    Fixture *fixture = with_limit(8000, "16384");
    const KafkaError unanswered = KAFKA_REQUEST_TIMED_OUT;
    g_array_append_val(fixture->brokers[0].script, unanswered);
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(2));
    const LedgerProducer *account = fixture_ledger(fixture);
    ck_assert_int_gt(account->errors[0].batches, 0);
    fixture->brokers[0].max_message_bytes = 0;
    fixture_run(fixture, SIM_SEC(9));
    fixture_settle(fixture);
    ck_assert_int_eq(account->acked, 1000);
    ck_assert_int_eq(account->lost, 0);
    ck_assert_int_eq(account->duplicated, 0);
    fixture_free(fixture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("batches that are too large");
    TCase *tests = tcase_create("split");
    tcase_add_test(tests, a_batch_of_one_record_that_is_too_large_fails_at_once);
    tcase_add_test(
        tests, a_batch_no_larger_than_batch_size_is_split_into_itself_until_its_delivery_timeout);
    tcase_add_test(tests, parts_of_batch_size_that_fit_are_taken_in_order);
    tcase_add_test(tests, a_batch_that_stands_in_the_log_is_not_lost_when_it_is_split_into_itself);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
