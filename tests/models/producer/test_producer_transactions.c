/* test_producer_transactions.c - what a producer's requests to the transaction coordinator hold
 * back. Transactions v1, whose partitions the producer adds itself. The network takes 1 ms each
 * way. initTransactions() takes 112 ms: connections, and 100 after the look-up. */
#include "models/producer/transactions/transaction_manager.h"
#include "tests/models/producer/fixture.h"
#include "tests/run_suite.h"

/* A record each 200 ms, to two partitions in turn; the first when the producer id is there. */
static Fixture *transactional_of(int32_t partitions, bool is_v2)
{
    static Era old;
    old = era_default();
    old.on[ERA_KIP_890] = is_v2;
    Fixture *fixture = fixture_new(partitions);
    fixture_option(fixture, "linger.ms", "0");
    fixture_option(fixture, "transactional.id", "tx");
    fixture->era = &old;
    fixture->spec->choice = PARTITION_CYCLE;
    fixture->spec->rate_milli = 5000;
    fixture->spec->transaction_records = 1000;
    return fixture;
}

static Fixture *transactional(int32_t partitions)
{
    return transactional_of(partitions, false);
}

static int count_of(const Fixture *fixture, const char *what)
{
    int count = 0;
    for (const char *at = fixture->lines->str; (at = strstr(at, what)) != NULL; at++) {
        count++;
    }
    return count;
}

START_TEST(a_batch_waits_until_its_partition_is_added)
{
    Fixture *fixture = transactional(2);
    fixture->brokers[2].holds_adds = true;
    fixture_start(fixture);
    fixture_run(fixture, SIM_MS(145));
    fixture_expect(fixture, "113.0 b2: adds p0\n");
    fake_broker_release(&fixture->brokers[2]);
    fixture_run(fixture, SIM_MS(160));
    ck_assert_int_eq(count_of(fixture, "b0: p0 x1\n"), 1);
    fixture_free(fixture);
}
END_TEST

/* maybeSendAndPollTransactionalRequest: the thread waits for the answer. */
START_TEST(nothing_leaves_while_another_partition_is_being_added)
{
    Fixture *fixture = transactional(2);
    fixture_start(fixture);
    fixture_run(fixture, SIM_MS(145));
    ck_assert_int_eq(count_of(fixture, "b0: p0 x1"), 1);
    fixture->brokers[2].holds_adds = true;
    g_string_truncate(fixture->lines, 0);
    fixture_run(fixture, SIM_MS(1210)); /* of each partition three records come */
    ck_assert_int_eq(count_of(fixture, "adds p1\n"), 1);
    ck_assert_int_eq(count_of(fixture, "x"), 0);
    fake_broker_release(&fixture->brokers[2]);
    fixture_run(fixture, SIM_MS(1240));
    ck_assert_int_eq(count_of(fixture, "b0: p0 x3"), 1);
    ck_assert_int_eq(count_of(fixture, "b1: p1 x3"), 1);
    ck_assert_int_eq(count_of(fixture, "adds"), 1); /* each once in a transaction */
    fixture_free(fixture);
}
END_TEST

START_TEST(partitions_that_came_meanwhile_are_added_by_one_request)
{
    Fixture *fixture = transactional(3);
    fixture->leader[2] = 0;
    fixture->brokers[2].holds_adds = true;
    fixture_start(fixture);
    fixture_run(fixture, SIM_MS(440));
    ck_assert_int_eq(count_of(fixture, "adds"), 1);
    fake_broker_release(&fixture->brokers[2]);
    fixture_run(fixture, SIM_MS(449));
    ck_assert_int_eq(count_of(fixture, "adds p1 p2\n"), 1);
    fixture_free(fixture);
}
END_TEST

START_TEST(while_the_last_transaction_is_completed_the_first_add_is_tried_every_20_ms)
{
    Fixture *fixture = transactional(2);
    fixture->brokers[2].all = KAFKA_CONCURRENT_TRANSACTIONS;
    fixture_start(fixture);
    fixture_run(fixture, SIM_MS(180));
    const int adds = count_of(fixture, "adds");
    ck_assert_int_ge(adds, 3);
    ck_assert_int_le(adds, 4);
    ck_assert_int_eq(fixture->requests, 0);
    fixture->brokers[2].all = KAFKA_NONE;
    fixture_run(fixture, SIM_MS(300));
    ck_assert_int_gt(fixture->requests, 0);
    fixture_free(fixture);
}
END_TEST

/* Sender.runOnce: after a fatal error nothing is sent, so nothing more is answered. */
/* More is due than transactions of one record allow: a record is 200 ms old when its send() comes,
 * and delivery.timeout.ms counts from there. */
START_TEST(records_do_not_expire_that_wait_for_a_commit_before_their_send)
{
    Fixture *fixture = transactional(1);
    fixture_option(fixture, "request.timeout.ms", "200");
    fixture_option(fixture, "delivery.timeout.ms", "200");
    fixture->spec->transaction_records = 1;
    fixture->spec->rate_milli = 1000000;
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(2));
    const LedgerProducer *ledger = fixture_ledger(fixture);
    ck_assert_int_lt(ledger->offered, 1000);
    ck_assert_int_gt(ledger->acked, 50);
    ck_assert_int_eq(ledger->failed, 0);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_fatal_error_ends_every_batch_at_once)
{
    Fixture *fixture = transactional(2);
    fixture->brokers[1].holds = true;
    fixture_start(fixture);
    fixture_run(fixture, SIM_MS(700));
    const KafkaError fatal = KAFKA_INVALID_PRODUCER_ID_MAPPING;
    g_array_append_val(fixture->brokers[0].script, fatal);
    fixture_run(fixture, SIM_MS(1200));
    const LedgerProducer *ledger = fixture_ledger(fixture);
    ck_assert_int_gt(fixture->brokers[1].held->len, 0);
    ck_assert_int_gt(ledger->acked, 0);
    ck_assert_int_eq(ledger->failed, ledger->offered - ledger->acked);
    ck_assert_int_eq(fixture->producer->accumulator.incomplete, 0);
    fixture_free(fixture);
}
END_TEST

/* UNKNOWN_SERVER_ERROR: the application aborts and begins the next transaction. */
START_TEST(an_unforeseen_error_of_the_coordinator_is_abortable)
{
    Fixture *fixture = transactional(1);
    fixture->brokers[2].all = KAFKA_UNKNOWN_SERVER_ERROR;
    fixture_start(fixture);
    fixture_run(fixture, SIM_MS(300));
    ck_assert_int_ge(count_of(fixture, "b2: adds p0"), 1);
    fixture->brokers[2].all = KAFKA_NONE;
    fixture_run(fixture, SIM_MS(900));
    ck_assert_int_ge(fixture_ledger(fixture)->acked, 1);
    fixture_free(fixture);
}
END_TEST

/* Every second transaction, of `records` that come 10 ms one after the other, is aborted. */
static Fixture *aborting(bool is_v2, int64_t records)
{
    Fixture *fixture = transactional_of(1, is_v2);
    fixture_option(fixture, "linger.ms", "5000");
    fixture->spec->rate_milli = 100000;
    fixture->spec->transaction_records = records;
    fixture->spec->transaction_abort_every = 2;
    fixture->spec->records = 4 * records;
    return fixture;
}

/* abortTransaction(): what lingers is failed (TransactionAbortedException), not sent. v2: the
 * transaction has begun with send(); v1: its partition was added when the batch was opened. */
START_TEST(abort_fails_what_was_not_sent_yet)
{
    Fixture *fixture = aborting(_i == 1, 20);
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(10));
    const LedgerProducer *ledger = fixture_ledger(fixture);
    ck_assert_int_eq(ledger->acked, 40);
    ck_assert_int_eq(ledger->failed, 40);
    ck_assert_int_eq(fixture->logs[0].end, 40);
    ck_assert_int_eq(count_of(fixture, "commits"), 2);
    ck_assert_int_eq(count_of(fixture, "aborts"), 2);
    ck_assert_int_eq(fixture->producer->transactions->aborted, 2);
    fixture_free(fixture);
}
END_TEST

/* v1, aborted before the sender has added its partition: the coordinator hears nothing. */
START_TEST(an_abort_with_no_partition_added_sends_nothing)
{
    const bool is_v2 = _i == 1;
    Fixture *fixture = aborting(is_v2, 1);
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(10));
    const LedgerProducer *ledger = fixture_ledger(fixture);
    ck_assert_int_eq(ledger->acked, 2);
    ck_assert_int_eq(ledger->failed, 2);
    ck_assert_int_eq(count_of(fixture, "adds"), is_v2 ? 0 : 2);
    ck_assert_int_eq(count_of(fixture, "commits"), 2);
    ck_assert_int_eq(count_of(fixture, "aborts"), is_v2 ? 2 : 0);
    fixture_free(fixture);
}
END_TEST

/* A connection breaks under AddPartitionsToTxn: it may have been seen, so it is sent again, though
 * its records are gone, and the transaction ended. */
START_TEST(an_add_that_nobody_answered_is_repeated_before_the_abort)
{
    Fixture *fixture = aborting(false, 20);
    fixture->spec->transaction_abort_every = 1;
    fixture->spec->records = 20;
    fixture_option(fixture, "request.timeout.ms", "1000");
    fixture->brokers[2].holds_adds = true;
    fixture_start(fixture);
    fixture_run(fixture, SIM_MS(900));
    ck_assert_int_eq(count_of(fixture, "adds p0"), 1);
    fixture_run(fixture, SIM_MS(1500));
    fake_broker_release(&fixture->brokers[2]);
    fixture_run(fixture, SIM_SEC(5));
    ck_assert_int_ge(count_of(fixture, "adds p0"), 2);
    ck_assert_int_eq(count_of(fixture, "aborts"), 1);
    ck_assert_int_eq(fixture->requests, 0);
    ck_assert_int_eq(fixture_ledger(fixture)->failed, 20);
    fixture_free(fixture);
}
END_TEST

/* Sender.runOnce comes to expiry only when no transactional request is under way or due. */
START_TEST(no_batch_expires_while_its_partition_is_being_added)
{
    Fixture *fixture = transactional(1);
    fixture_option(fixture, "request.timeout.ms", "500");
    fixture_option(fixture, "delivery.timeout.ms", "500");
    fixture->brokers[2].holds_adds = true;
    fixture->spec->records = 4;
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(5));
    ck_assert_int_eq(fixture_ledger(fixture)->failed, 0);
    ck_assert_int_eq(fixture->requests, 0);
    fake_broker_release(&fixture->brokers[2]);
    fixture_run(fixture, SIM_SEC(10));
    ck_assert_int_gt(fixture->requests, 0); /* drained first; then what is too old expires */
    ck_assert_int_eq(fixture_ledger(fixture)->failed, 4);
    ck_assert_int_eq(fixture->producer->accumulator.incomplete, 0);
    fixture_free(fixture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("producer transactions");
    TCase *tests = tcase_create("all");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, an_unforeseen_error_of_the_coordinator_is_abortable);
    tcase_add_test(tests, a_batch_waits_until_its_partition_is_added);
    tcase_add_test(tests, nothing_leaves_while_another_partition_is_being_added);
    tcase_add_test(tests, partitions_that_came_meanwhile_are_added_by_one_request);
    tcase_add_test(tests,
                   while_the_last_transaction_is_completed_the_first_add_is_tried_every_20_ms);
    tcase_add_test(tests, records_do_not_expire_that_wait_for_a_commit_before_their_send);
    tcase_add_test(tests, a_fatal_error_ends_every_batch_at_once);
    tcase_add_loop_test(tests, abort_fails_what_was_not_sent_yet, 0, 2);
    tcase_add_loop_test(tests, an_abort_with_no_partition_added_sends_nothing, 0, 2);
    tcase_add_test(tests, no_batch_expires_while_its_partition_is_being_added);
    tcase_add_test(tests, an_add_that_nobody_answered_is_repeated_before_the_abort);
    return run_suite(suite);
}
