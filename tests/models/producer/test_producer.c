/* test_producer.c - the sender against scripted brokers: traces of what leaves when, and the
 * account at the end. Partition p is led by broker p mod 3; one way takes 1 ms; lines show when a
 * request arrives. */
#include "tests/models/producer/fixture.h"

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

/* ---- acks, crashes */

START_TEST(acks_0_acknowledges_what_a_dead_socket_swallows)
{
    Fixture *fixture = one_partition(1000);
    fixture_option(fixture, "acks", "0");
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(1));
    ck_assert(actor_kill(&fixture->brokers[0].actor));
    fixture_run(fixture, SIM_SEC(2));
    fixture_settle(fixture);
    const LedgerProducer *account = fixture_ledger(fixture);
    ck_assert_int_gt(account->lost, 0);
    ck_assert_int_lt(account->lost, 10); /* only until the reset is seen */
    ck_assert_int_eq(account->failed, 0);
    fixture_free(fixture);
}
END_TEST

START_TEST(reconnects_to_a_dead_leader_double_their_wait_up_to_a_second)
{
    Fixture *fixture = one_partition(100);
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(1));
    ck_assert(actor_kill(&fixture->brokers[0].actor));
    SimTime killed = sim_now(fixture->sim);
    SimTime seen[64];
    int count = 0;
    SimTime last = -1;
    for (SimTime at = killed; at < killed + SIM_SEC(6); at += SIM_MS(1)) {
        fixture_run(fixture, at);
        SimTime next = network_client_next_attempt(fixture->producer->client, 0);
        if (next > at && next != last && count < 64) {
            seen[count++] = next - killed;
            last = next;
        }
    }
    /* about 0.05, 0.15, 0.35, 0.75, 1.55, 2.5, 3.5 ... s, each wait within 20 % and refusals */
    ck_assert_int_ge(count, 7);
    ck_assert_int_le(count, 12);
    ck_assert_int_ge(seen[0], SIM_MS(40));
    ck_assert_int_le(seen[0], SIM_MS(65));
    SimDuration expected = SIM_MS(50);
    for (int i = 1; i < count; i++) {
        expected = expected * 2 > SIM_SEC(1) ? SIM_SEC(1) : expected * 2;
        ck_assert_int_ge(seen[i] - seen[i - 1], expected * 8 / 10 - SIM_MS(1));
        ck_assert_int_le(seen[i] - seen[i - 1], expected * 12 / 10 + SIM_MS(60));
    }
    fixture_free(fixture);
}
END_TEST

START_TEST(no_metadata_goes_through_a_full_connection)
{
    Fixture *fixture = one_partition(100);
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(1));
    fixture->brokers[0].holds = true;
    fixture_run(fixture, SIM_SEC(2));
    /* five in flight: the connection to broker 0 is full, so metadata goes elsewhere */
    int32_t asked = fixture->brokers[0].metadata;
    client_metadata_request_update(fixture->producer->metadata);
    fixture_run(fixture, SIM_SEC(4));
    ck_assert_int_eq(fixture->brokers[0].metadata, asked);
    ck_assert_int_gt(fixture->brokers[1].metadata + fixture->brokers[2].metadata, 0);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_crashed_producer_loses_what_it_had_not_sent)
{
    Fixture *fixture = one_partition(1000);
    fixture_option(fixture, "linger.ms", "500");
    fixture_option(fixture, "batch.size", "1000000");
    fixture_start(fixture);
    fixture_run(fixture, SIM_MS(1400));
    ck_assert(actor_kill(producer_actor(fixture->producer)));
    fixture_run(fixture, SIM_SEC(2));
    const LedgerProducer *account = fixture_ledger(fixture);
    ck_assert_int_gt(account->offered, account->acked);
    ck_assert(actor_start(producer_actor(fixture->producer)));
    int64_t acked = account->acked;
    fixture_run(fixture, SIM_SEC(4));
    ck_assert_int_gt(account->acked, acked + 1000);
    ck_assert_int_eq(account->failed, 0);
    fixture_free(fixture);
}
END_TEST

START_TEST(close_sends_what_lingers_and_then_rests)
{
    Fixture *fixture = one_partition(10);
    fixture_option(fixture, "linger.ms", "10000");
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(2));
    ck_assert_int_eq(fixture_ledger(fixture)->acked, 0);
    producer_close(fixture->producer);
    fixture_run(fixture, SIM_SEC(3));
    const LedgerProducer *account = fixture_ledger(fixture);
    ck_assert_int_gt(account->acked, 18);
    ck_assert_int_eq(account->acked, account->offered);
    uint64_t fired = kernel_fired(fixture->sim->kernel);
    fixture_run(fixture, SIM_SEC(60));
    ck_assert_uint_le(kernel_fired(fixture->sim->kernel) - fired, 3);
    fixture_free(fixture);
}
END_TEST

/* ---- memory */

START_TEST(exhausted_memory_blocks_the_application_and_refuses_after_max_block_ms)
{
    Fixture *fixture = one_partition(1000);
    fixture_option(fixture, "buffer.memory", "65536"); /* four batches */
    fixture_option(fixture, "max.block.ms", "1000");
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(1));
    int64_t before = fixture_ledger(fixture)->offered;
    fixture->brokers[0].holds = true;
    fixture_run(fixture, SIM_MS(1500));
    int64_t blocked = fixture_ledger(fixture)->offered;
    ck_assert_int_gt(blocked, before);
    ck_assert_int_lt(blocked, before + 4 * 150); /* four full batches at most */
    fixture_run(fixture, SIM_MS(5000));
    ck_assert_int_ge(fixture_ledger(fixture)->failed, 3);
    ck_assert_int_le(fixture_ledger(fixture)->failed, 4);
    fake_broker_release(&fixture->brokers[0]);
    fixture_run(fixture, SIM_SEC(7));
    /* Late, but offered: the application catches up. */
    ck_assert_int_ge(fixture_ledger(fixture)->offered, 6900);
    ck_assert_int_ge(fixture_ledger(fixture)->acked, 6850);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_record_above_max_request_size_is_refused_at_once)
{
    Fixture *fixture = one_partition(10);
    fixture->spec->value_bytes = distribution_constant(2000000);
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(1));
    ck_assert_int_eq(fixture_ledger(fixture)->failed, fixture_ledger(fixture)->offered);
    ck_assert_int_ge(fixture_ledger(fixture)->failed, 9);
    fixture_free(fixture);
}
END_TEST

/* ---- labels and rates */

START_TEST(labelled_records_are_sent_one_by_one_and_named)
{
    Fixture *fixture = fixture_new(3);
    fixture->spec->labels = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(fixture->spec->labels, g_strdup("M1"));
    g_ptr_array_add(fixture->spec->labels, g_strdup("M2"));
    fixture->spec->records = 2;
    fixture->spec->choice = PARTITION_CYCLE;
    fixture->spec->rate_milli = 10000;
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(2));
    char *log = event_log_text(fixture->sim->log, 1);
    ck_assert_ptr_nonnull(strstr(log, "M1 -> t-0"));
    ck_assert_ptr_nonnull(strstr(log, "M2 -> t-1"));
    g_free(log);
    ck_assert_int_eq(fixture_ledger(fixture)->acked, 2);
    ck_assert_str_eq(ledger_label(fixture->ledger, 1, 0), "M1");
    fixture_free(fixture);
}
END_TEST

START_TEST(exactly_as_many_records_are_offered_as_asked_for)
{
    const PartitionChoice choices[] = {PARTITION_BY_CLIENT, PARTITION_CYCLE, PARTITION_FIXED};
    for (int arrival = 0; arrival < 2; arrival++) {
        for (size_t i = 0; i < 3; i++) {
            Fixture *fixture = fixture_new(5);
            fixture->spec->arrival = arrival == 0 ? ARRIVAL_CONSTANT : ARRIVAL_POISSON;
            fixture->spec->choice = choices[i];
            fixture->spec->records = 12345;
            fixture->spec->rate_milli = 6000000;
            fixture_start(fixture);
            fixture_run(fixture, SIM_SEC(5));
            ck_assert_int_eq(fixture_ledger(fixture)->offered, 12345);
            ck_assert_int_eq(fixture_ledger(fixture)->acked, 12345);
            fixture_free(fixture);
        }
    }
}
END_TEST

START_TEST(a_changed_rate_holds_from_then_on)
{
    Fixture *fixture = one_partition(1000);
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(1));
    int64_t before = fixture_ledger(fixture)->offered;
    producer_set_rate(fixture->producer, 200000);
    fixture_run(fixture, SIM_SEC(11));
    int64_t offered = fixture_ledger(fixture)->offered - before;
    ck_assert_int_ge(offered, 1990);
    ck_assert_int_le(offered, 2010);
    fixture_free(fixture);
}
END_TEST

START_TEST(runs_of_one_seed_are_equal)
{
    uint64_t fingerprints[2];
    for (int run = 0; run < 2; run++) {
        Fixture *fixture = fixture_new(6);
        fixture->spec->arrival = ARRIVAL_POISSON;
        fixture->spec->rate_milli = 3000000;
        fixture->spec->value_bytes = distribution_exponential(300);
        fixture_start(fixture);
        fixture_run(fixture, SIM_SEC(2));
        ck_assert(actor_kill(&fixture->brokers[1].actor));
        fixture_run(fixture, SIM_SEC(5));
        fingerprints[run] = kernel_fingerprint(fixture->sim->kernel);
        fixture_free(fixture);
    }
    ck_assert_uint_eq(fingerprints[0], fingerprints[1]);
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

static TCase *life_tests(void)
{
    TCase *tests = tcase_create("life");
    tcase_add_test(tests, acks_0_acknowledges_what_a_dead_socket_swallows);
    tcase_add_test(tests, reconnects_to_a_dead_leader_double_their_wait_up_to_a_second);
    tcase_add_test(tests, no_metadata_goes_through_a_full_connection);
    tcase_add_test(tests, a_crashed_producer_loses_what_it_had_not_sent);
    tcase_add_test(tests, close_sends_what_lingers_and_then_rests);
    tcase_add_test(tests, exhausted_memory_blocks_the_application_and_refuses_after_max_block_ms);
    tcase_add_test(tests, a_record_above_max_request_size_is_refused_at_once);
    tcase_add_test(tests, labelled_records_are_sent_one_by_one_and_named);
    tcase_add_test(tests, exactly_as_many_records_are_offered_as_asked_for);
    tcase_add_test(tests, a_changed_rate_holds_from_then_on);
    tcase_add_test(tests, runs_of_one_seed_are_equal);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("producer");
    suite_add_tcase(suite, sender_tests());
    suite_add_tcase(suite, life_tests());
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
