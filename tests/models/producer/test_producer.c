/* test_producer.c - the sender against scripted brokers: traces of what leaves when, and the
 * account at the end. Partition p is led by broker p mod 3; one way takes 1 ms; lines show when a
 * request arrives. */
#include "tests/models/producer/fixture.h"
#include "tests/run_suite.h"

/* Before the first record: connect, ApiVersions, Metadata, InitProducerId. */
#define READY SIM_MS(100)

/* ---- start */

START_TEST(the_first_send_waits_for_connection_and_metadata)
{
    Fixture *fixture = fixture_new(3);
    fixture->spec->rate_milli = 1000; /* one a second, the first at once */
    fixture->spec->choice = PARTITION_FIXED;
    fixture_start(fixture);
    fixture_run(fixture, SIM_MS(500));
    /* bootstrap connection 2 ms, ApiVersions 2, Metadata 2; then the id over a connection to a
     * node that is known by now: 2 + 2 + 2; then data, where the leader may need one more. The
     * linger of 5 ms began when the record was let in. */
    ck_assert_int_eq(fixture_ledger(fixture)->acked, 1);
    ck_assert_int_ge(sim_now(fixture->sim), SIM_MS(12));
    ck_assert_int_gt(histogram_minimum(fixture_ledger(fixture)->latency), SIM_MS(11));
    ck_assert_int_lt(histogram_maximum(fixture_ledger(fixture)->latency), SIM_MS(130));
    fixture_free(fixture);
}
END_TEST

START_TEST(a_record_is_refused_after_max_block_ms_without_metadata)
{
    Fixture *fixture = fixture_new(3);
    fixture->no_metadata = true;
    fixture->spec->rate_milli = 1000;
    fixture_option(fixture, "max.block.ms", "2000");
    fixture_start(fixture);
    fixture_run(fixture, SIM_MS(1999));
    ck_assert_int_eq(fixture_ledger(fixture)->failed, 0);
    fixture_run(fixture, SIM_MS(4001));
    ck_assert_int_eq(fixture_ledger(fixture)->failed, 2);
    fixture_free(fixture);
}
END_TEST

/* ---- in flight */

static Fixture *one_partition(int64_t rate)
{
    Fixture *fixture = fixture_new(1);
    fixture->spec->rate_milli = rate * 1000;
    fixture_option(fixture, "linger.ms", "0");
    return fixture;
}

START_TEST(at_most_five_requests_are_in_flight_on_a_connection)
{
    Fixture *fixture = one_partition(1000);
    fixture_start(fixture);
    fixture_run(fixture, READY);
    fixture->brokers[0].holds = true;
    fixture_run(fixture, READY + SIM_SEC(1));
    int32_t requests = 0;
    for (guint i = 0; i < fixture->brokers[0].held->len; i++) {
        const RequestHeader *request = fixture->brokers[0].held->pdata[i];
        requests += request->base.type == KAFKA_PRODUCE ? 1 : 0;
    }
    ck_assert_int_eq(requests, 5);
    fake_broker_release(&fixture->brokers[0]);
    fixture_run(fixture, READY + SIM_SEC(2));
    ck_assert_int_ge(fixture_ledger(fixture)->acked, 2050);
    fixture_free(fixture);
}
END_TEST

START_TEST(one_in_flight_means_one_batch_a_partition)
{
    Fixture *fixture = one_partition(1000);
    fixture_option(fixture, "max.in.flight.requests.per.connection", "1");
    fixture_start(fixture);
    fixture_run(fixture, READY);
    fixture->brokers[0].holds = true;
    fixture_run(fixture, READY + SIM_MS(500));
    ck_assert_uint_le(fixture->brokers[0].held->len, 1);
    fixture_free(fixture);
}
END_TEST

/* ---- errors and retries */

static void script(Fixture *fixture, int32_t broker, KafkaError error)
{
    g_array_append_val(fixture->brokers[broker].script, error);
}

START_TEST(a_retry_waits_its_back_off_and_then_succeeds)
{
    Fixture *fixture = one_partition(1);
    fixture->spec->records = 1;
    fixture->spec->start = 0;
    script(fixture, 0, KAFKA_NOT_ENOUGH_REPLICAS);
    script(fixture, 0, KAFKA_NOT_ENOUGH_REPLICAS);
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(2));
    ck_assert_int_eq(fixture->requests, 3);
    ck_assert_int_eq(fixture_ledger(fixture)->retries, 2);
    ck_assert_int_eq(fixture_ledger(fixture)->acked, 1);
    /* 80..120 ms, then 160..240 ms, each with a round trip; and the start */
    int64_t latency = histogram_maximum(fixture_ledger(fixture)->latency);
    ck_assert_int_ge(latency, SIM_MS(240));
    ck_assert_int_le(latency, SIM_MS(360 + 140));
    fixture_free(fixture);
}
END_TEST

static void expect_order_in_log(const Fixture *fixture, int32_t partition)
{
    const GArray *batches = fixture->logs[partition].batches;
    for (guint i = 1; i < batches->len; i++) {
        const RecordBatch *before = &g_array_index(batches, RecordBatch, i - 1);
        const RecordBatch *after = &g_array_index(batches, RecordBatch, i);
        ck_assert_int_ge(after->first_created, before->first_created);
    }
}

START_TEST(idempotent_retries_keep_the_order_with_five_in_flight)
{
    Fixture *fixture = one_partition(1000);
    fixture->check_sequences = true;
    fixture_start(fixture);
    fixture_run(fixture, READY);
    script(fixture, 0, KAFKA_NOT_ENOUGH_REPLICAS); /* the ones behind it are then out of order */
    fixture_run(fixture, SIM_SEC(3));
    producer_close(fixture->producer);
    fixture_run(fixture, SIM_SEC(4));
    fixture_settle(fixture);
    const LedgerProducer *account = fixture_ledger(fixture);
    ck_assert_int_gt(account->retries, 1);
    ck_assert_int_eq(account->acked, account->offered);
    ck_assert_int_eq(account->reordered, 0);
    ck_assert_int_eq(account->duplicated, 0);
    ck_assert_int_eq(account->lost, 0);
    expect_order_in_log(fixture, 0);
    fixture_free(fixture);
}
END_TEST

START_TEST(without_idempotence_a_retry_is_overtaken)
{
    Fixture *fixture = one_partition(1000);
    fixture_option(fixture, "enable.idempotence", "false");
    fixture_start(fixture);
    fixture_run(fixture, READY);
    script(fixture, 0, KAFKA_NOT_ENOUGH_REPLICAS);
    fixture_run(fixture, SIM_SEC(1));
    fixture_settle(fixture);
    ck_assert_int_gt(fixture_ledger(fixture)->reordered, 0);
    ck_assert_int_eq(fixture_ledger(fixture)->lost, 0);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_retried_batch_that_was_appended_is_a_duplicate_only_without_idempotence)
{
    for (int idempotent = 0; idempotent < 2; idempotent++) {
        Fixture *fixture = one_partition(100);
        fixture->check_sequences = idempotent != 0;
        fixture_option(fixture, "enable.idempotence", idempotent != 0 ? "true" : "false");
        fixture_start(fixture);
        fixture_run(fixture, READY);
        script(fixture, 0, KAFKA_NOT_ENOUGH_REPLICAS_AFTER_APPEND);
        fixture_run(fixture, SIM_SEC(2));
        fixture_settle(fixture);
        if (idempotent != 0) {
            ck_assert_int_eq(fixture_ledger(fixture)->duplicated, 0);
        } else {
            ck_assert_int_gt(fixture_ledger(fixture)->duplicated, 0);
        }
        fixture_free(fixture);
    }
}
END_TEST

START_TEST(not_leader_with_the_new_leader_needs_no_metadata_and_no_back_off)
{
    Fixture *fixture = one_partition(100);
    fixture->names_leader = true;
    fixture_start(fixture);
    fixture_run(fixture, SIM_MS(500));
    fixture->leader[0] = 1;
    fixture->leader_epoch[0] = 1;
    fixture_run(fixture, SIM_SEC(2));
    ck_assert_int_eq(client_metadata_leader(fixture->producer->metadata, 0), 1);
    /* a round trip for the refusal, a connection to the new leader, a round trip */
    ck_assert_int_lt(histogram_quantile(fixture_ledger(fixture)->latency, 999999), SIM_MS(25));
    fixture_free(fixture);
}
END_TEST

START_TEST(not_leader_without_a_hint_asks_for_metadata)
{
    Fixture *fixture = one_partition(100);
    fixture_start(fixture);
    fixture_run(fixture, SIM_MS(500));
    int32_t asked =
        fixture->brokers[0].metadata + fixture->brokers[1].metadata + fixture->brokers[2].metadata;
    fixture->leader[0] = 2;
    fixture->leader_epoch[0] = 1;
    fixture_run(fixture, SIM_SEC(2));
    ck_assert_int_gt(fixture->brokers[0].metadata + fixture->brokers[1].metadata +
                         fixture->brokers[2].metadata,
                     asked);
    ck_assert_int_eq(client_metadata_leader(fixture->producer->metadata, 0), 2);
    ck_assert_int_gt(fixture->logs[0].end, 150);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_fatal_error_fails_the_batch_and_bumps_the_epoch)
{
    Fixture *fixture = one_partition(100);
    fixture->check_sequences = true;
    fixture_start(fixture);
    fixture_run(fixture, SIM_MS(500));
    script(fixture, 0, KAFKA_INVALID_REQUEST);
    fixture_run(fixture, SIM_SEC(2));
    ck_assert_int_eq(fixture_ledger(fixture)->failed, 1);
    ck_assert_int_eq(fixture->logs[0].epoch, 1);
    ck_assert_int_gt(fixture_ledger(fixture)->acked, 150);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_batch_too_large_is_split_and_all_of_it_arrives)
{
    Fixture *fixture = one_partition(1000);
    fixture_option(fixture, "linger.ms", "50");
    fixture->check_sequences = true;
    fixture_start(fixture);
    fixture_run(fixture, SIM_MS(500));
    script(fixture, 0, KAFKA_MESSAGE_TOO_LARGE);
    fixture_run(fixture, SIM_SEC(2));
    producer_close(fixture->producer);
    fixture_run(fixture, SIM_SEC(3));
    fixture_settle(fixture);
    const LedgerProducer *account = fixture_ledger(fixture);
    ck_assert_int_eq(account->acked, account->offered);
    ck_assert_int_eq(account->lost, 0);
    ck_assert_int_eq(account->reordered, 0);
    ck_assert_int_eq(fixture->logs[0].end, account->offered);
    fixture_free(fixture);
}
END_TEST

/* ---- time-outs */

START_TEST(delivery_timeout_fails_what_is_in_flight_and_what_waits)
{
    Fixture *fixture = one_partition(100);
    fixture_option(fixture, "delivery.timeout.ms", "3000");
    fixture_option(fixture, "request.timeout.ms", "2000");
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(1));
    fixture->brokers[0].holds = true;
    fixture_run(fixture, SIM_MS(3900));
    ck_assert_int_eq(fixture_ledger(fixture)->failed, 0);
    fixture_run(fixture, SIM_SEC(6));
    /* Held from second 1 on. A batch expires as a whole, 3 s after it was opened: those opened
     * up to second 3 are gone at 6, the last of them with the 148 records that filled it. */
    ck_assert_int_ge(fixture_ledger(fixture)->failed, 200);
    ck_assert_int_le(fixture_ledger(fixture)->failed, 200 + 148);
    fixture_free(fixture);
}
END_TEST

START_TEST(an_expired_batch_may_be_in_the_log_all_the_same)
{
    Fixture *fixture = one_partition(10);
    fixture_option(fixture, "delivery.timeout.ms", "3000");
    fixture_option(fixture, "request.timeout.ms", "2500");
    fixture->check_sequences = true;
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(1));
    fixture->brokers[0].all = KAFKA_REQUEST_TIMED_OUT; /* appended, never acknowledged */
    fixture_run(fixture, SIM_SEC(5));
    fixture->brokers[0].all = KAFKA_NONE;
    fixture_run(fixture, SIM_SEC(9));
    fixture_settle(fixture);
    const LedgerProducer *account = fixture_ledger(fixture);
    ck_assert_int_gt(account->failed, 0);
    ck_assert_int_gt(account->failed_in_log, 0);
    ck_assert_int_eq(account->lost, 0);
    ck_assert_int_eq(account->reordered, 0);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_silent_broker_is_left_after_request_timeout_ms)
{
    Fixture *fixture = one_partition(1);
    fixture->spec->records = 1;
    fixture_option(fixture, "request.timeout.ms", "2000");
    fixture->brokers[0].holds = true;
    fixture_start(fixture);
    fixture_run(fixture, SIM_MS(1900));
    ck_assert_uint_eq(fixture->brokers[0].held->len, 1);
    fake_broker_on_kill(&fixture->brokers[0].actor); /* what it held is never answered */
    fixture->brokers[0].holds = false;
    fixture_run(fixture, SIM_SEC(4));
    ck_assert_int_eq(fixture_ledger(fixture)->acked, 1);
    ck_assert_int_ge(histogram_maximum(fixture_ledger(fixture)->latency), SIM_MS(2000));
    fixture_free(fixture);
}
END_TEST

static TCase *sender_tests(void)
{
    TCase *tests = tcase_create("sender");
    tcase_add_test(tests, the_first_send_waits_for_connection_and_metadata);
    tcase_add_test(tests, a_record_is_refused_after_max_block_ms_without_metadata);
    tcase_add_test(tests, at_most_five_requests_are_in_flight_on_a_connection);
    tcase_add_test(tests, one_in_flight_means_one_batch_a_partition);
    tcase_add_test(tests, a_retry_waits_its_back_off_and_then_succeeds);
    tcase_add_test(tests, idempotent_retries_keep_the_order_with_five_in_flight);
    tcase_add_test(tests, without_idempotence_a_retry_is_overtaken);
    tcase_add_test(tests,
                   a_retried_batch_that_was_appended_is_a_duplicate_only_without_idempotence);
    tcase_add_test(tests, not_leader_with_the_new_leader_needs_no_metadata_and_no_back_off);
    tcase_add_test(tests, not_leader_without_a_hint_asks_for_metadata);
    tcase_add_test(tests, a_fatal_error_fails_the_batch_and_bumps_the_epoch);
    tcase_add_test(tests, a_batch_too_large_is_split_and_all_of_it_arrives);
    tcase_add_test(tests, delivery_timeout_fails_what_is_in_flight_and_what_waits);
    tcase_add_test(tests, an_expired_batch_may_be_in_the_log_all_the_same);
    tcase_add_test(tests, a_silent_broker_is_left_after_request_timeout_ms);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("producer");
    suite_add_tcase(suite, sender_tests());
    return run_suite(suite);
}
