/* test_producer_loads.c - applications that do not send at an even rate: bursts, ramps, traces, and
 * closed loops that wait for answers. The network takes 1 ms each way. */
#include "tests/models/producer/fixture.h"
#include "tests/run_suite.h"

static Fixture *quick(int32_t partitions)
{
    Fixture *fixture = fixture_new(partitions);
    fixture_option(fixture, "linger.ms", "0");
    return fixture;
}

START_TEST(bursts_offer_exactly_what_their_on_times_hold)
{
    Fixture *fixture = quick(1);
    fixture->spec->rate_milli = 1000000;
    fixture->spec->load.repeats = true;
    load_shape_add(&fixture->spec->load, LOAD_FACTOR_ONE, SIM_SEC(1));
    load_shape_add(&fixture->spec->load, 0, SIM_SEC(4));
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(3));
    ck_assert_int_eq(fixture_ledger(fixture)->offered, 1000);
    fixture_run(fixture, SIM_SEC(24));
    ck_assert_int_eq(fixture_ledger(fixture)->offered, 5000);
    ck_assert_int_eq(fixture_ledger(fixture)->acked, 5000);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_ramp_offers_the_area_below_it)
{
    Fixture *fixture = quick(3);
    fixture->spec->rate_milli = 1000000;
    load_shape_add_curve(&fixture->spec->load, (const double[]){1, 3}, 2, SIM_SEC(10));
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(15));
    int64_t offered = fixture_ledger(fixture)->offered; /* 10 s x 2,000 + 5 s x 3,000 */
    ck_assert_int_ge(offered, 34980);
    ck_assert_int_le(offered, 35020);
    fixture_free(fixture);
}
END_TEST

/* The long-run mean of a rate that is 0 or 2 x 500/s for 100 ms each: 500/s. Over 200 s the time
 * that it is on has a standard deviation of sqrt(200 x 0.05) x 0.1... about 2.2 s. */
START_TEST(a_markov_modulated_rate_has_its_mean_in_the_long_run)
{
    Fixture *fixture = quick(1);
    fixture->spec->rate_milli = 500000;
    fixture->spec->arrival = ARRIVAL_POISSON;
    fixture->spec->load.repeats = true;
    fixture->spec->load.is_random = true;
    load_shape_add(&fixture->spec->load, 0, SIM_MS(100));
    load_shape_add(&fixture->spec->load, 2 * LOAD_FACTOR_ONE, SIM_MS(100));
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(200));
    ck_assert_int_ge(fixture_ledger(fixture)->offered, 100000 - 4 * 2300);
    ck_assert_int_le(fixture_ledger(fixture)->offered, 100000 + 4 * 2300);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_sync_send_waits_for_each_answer)
{
    Fixture *fixture = quick(1);
    fixture->spec->arrival = ARRIVAL_CLOSED;
    fixture->spec->outstanding = 1;
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(10));
    const LedgerProducer *ledger = fixture_ledger(fixture);
    ck_assert_int_eq(ledger->requests, ledger->offered); /* one record a request */
    ck_assert_int_le(ledger->offered - ledger->acked, 1);
    ck_assert_int_ge(ledger->acked, 4900); /* a round trip of 2 ms each */
    ck_assert_int_le(ledger->acked, 5000);
    fixture_free(fixture);
}
END_TEST

START_TEST(linger_is_paid_in_full_by_every_sync_send)
{
    Fixture *fixture = fixture_new(1);
    fixture_option(fixture, "linger.ms", "5");
    fixture->spec->arrival = ARRIVAL_CLOSED;
    fixture->spec->outstanding = 1;
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(7));
    ck_assert_int_ge(fixture_ledger(fixture)->acked, 980); /* 7 ms each */
    ck_assert_int_le(fixture_ledger(fixture)->acked, 1000);
    fixture_free(fixture);
}
END_TEST

START_TEST(callbacks_keep_as_many_records_unanswered_as_allowed)
{
    Fixture *fixture = quick(1);
    fixture->spec->arrival = ARRIVAL_CLOSED;
    fixture->spec->outstanding = 40;
    fixture_start(fixture);
    for (int ms = 10; ms < 1000; ms += 7) {
        fixture_run(fixture, SIM_MS(ms));
        const LedgerProducer *ledger = fixture_ledger(fixture);
        ck_assert_int_eq(ledger->offered - ledger->acked, 40);
    }
    fixture_free(fixture);
}
END_TEST

START_TEST(a_closed_loop_goes_on_after_failures_too)
{
    Fixture *fixture = quick(1);
    fixture_option(fixture, "retries", "0");
    fixture->spec->arrival = ARRIVAL_CLOSED;
    fixture->spec->outstanding = 2;
    for (int i = 0; i < FIXTURE_BROKERS; i++) {
        fixture->brokers[i].all = KAFKA_INVALID_REQUEST;
    }
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(1));
    ck_assert_int_ge(fixture_ledger(fixture)->failed, 400);
    ck_assert_int_eq(fixture_ledger(fixture)->acked, 0);
    fixture_free(fixture);
}
END_TEST

/* Two of three records are too large: their futures fail, and the application goes on. */
START_TEST(a_closed_loop_goes_on_after_a_record_that_is_too_large)
{
    Fixture *fixture = quick(1);
    fixture_option(fixture, "max.request.size", "1000");
    fixture->spec->arrival = ARRIVAL_CLOSED;
    fixture->spec->outstanding = 1;
    fixture->spec->value_bytes = distribution_uniform(0, 3000);
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(2));
    ck_assert_int_gt(fixture_ledger(fixture)->acked, 900); /* 2 ms each */
    ck_assert_int_gt(fixture_ledger(fixture)->failed, fixture_ledger(fixture)->acked);
    fixture_free(fixture);
}
END_TEST

/* A record is created when its send() is called, not when an earlier one was: Little's law. */
START_TEST(a_closed_loop_that_memory_holds_up_has_little_s_latency)
{
    Fixture *fixture = quick(1);
    fixture_option(fixture, "buffer.memory", "2000");
    fixture_option(fixture, "batch.size", "1000");
    fixture->spec->arrival = ARRIVAL_CLOSED;
    fixture->spec->outstanding = 40;
    fixture->spec->value_bytes = distribution_constant(900);
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(10));
    const LedgerProducer *ledger = fixture_ledger(fixture);
    ck_assert_int_gt(ledger->acked, 1000);
    ck_assert_int_lt(histogram_quantile(ledger->latency, 500000), SIM_MS(10));
    fixture_free(fixture);
}
END_TEST

/* Every call has max.block.ms of its own: 1,000/s where 500/s get through, none waits for long. */
START_TEST(max_block_ms_is_of_one_call_of_send)
{
    Fixture *fixture = quick(1);
    fixture_option(fixture, "buffer.memory", "2000");
    fixture_option(fixture, "batch.size", "1000");
    fixture_option(fixture, "max.block.ms", "500");
    fixture->spec->rate_milli = 2000 * 1000;
    fixture->spec->value_bytes = distribution_constant(900);
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(10));
    const LedgerProducer *ledger = fixture_ledger(fixture);
    ck_assert_int_lt(ledger->acked, 15000);
    ck_assert_int_eq(ledger->failed, 0);
    fixture_free(fixture);
}
END_TEST

static void add_to_trace(Fixture *fixture, SimTime at, int64_t bytes, const char *key)
{
    if (fixture->spec->trace.records == NULL) {
        fixture->spec->trace.records = g_array_new(FALSE, FALSE, sizeof(TraceRecord));
    }
    TraceRecord record = {at, bytes, g_strdup(key)};
    g_array_append_val(fixture->spec->trace.records, record);
}

START_TEST(a_trace_is_replayed_record_by_record_to_the_partitions_of_its_keys)
{
    Fixture *fixture = quick(3);
    fixture->spec->arrival = ARRIVAL_TRACE;
    add_to_trace(fixture, SIM_MS(100), 50, "key-0");  /* p1 */
    add_to_trace(fixture, SIM_MS(200), 500, "key-1"); /* p0 */
    add_to_trace(fixture, SIM_MS(200), 500, "key-1");
    add_to_trace(fixture, SIM_MS(300), -1, "key-2"); /* p2 */
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(1));
    const LedgerProducer *ledger = fixture_ledger(fixture);
    ck_assert_int_eq(ledger->offered, 4);
    ck_assert_int_eq(ledger->acked, 4);
    ck_assert_int_eq(fixture->logs[0].end, 2);
    ck_assert_int_eq(fixture->logs[1].end, 1);
    ck_assert_int_eq(fixture->logs[2].end, 1);
    const RecordBatch *small = &g_array_index(fixture->logs[1].batches, RecordBatch, 0);
    ck_assert_int_eq(small->bytes, 61 + 7 + 5 + 50);
    ck_assert_int_eq(small->first_created, SIM_MS(100));
    fixture_free(fixture);
}
END_TEST

/* One a millisecond. */
START_TEST(records_that_come_while_the_thread_wakes_up_or_works_go_together)
{
    Fixture *fixture = quick(1);
    fixture->spec->rate_milli = 1000000;
    fixture->profile.cpu_client_wake = SIM_US(500);
    fixture->profile.cpu_client_request = SIM_US(2200);
    fixture_start(fixture);
    fixture_run(fixture, SIM_MS(500));
    const LedgerProducer *ledger = fixture_ledger(fixture);
    /* Each request is built and its answer read in 4.4 ms: the thread never sleeps. */
    ck_assert_int_ge(ledger->requests, 500 * 10 / 44 - 3);
    ck_assert_int_le(ledger->requests, 500 * 10 / 44 + 3);
    ck_assert_int_ge(ledger->acked, 4 * ledger->requests);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_sleeping_thread_wakes_up_before_it_drains)
{
    Fixture *fixture = quick(1);
    fixture->spec->rate_milli = 100000;
    fixture->profile.cpu_client_wake = SIM_US(700);
    fixture->measured_from = SIM_MS(50);
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(2));
    ck_assert_int_eq(fixture->batches, fixture->records);
    ck_assert_int_eq(fixture->queue_time, fixture->batches * SIM_US(700));
    fixture_free(fixture);
}
END_TEST

/* Requests to the other broker in 35 ms after broker 1 has refused one. */
static int64_t sent_after_a_refusal(Fixture *fixture)
{
    const KafkaError refused = KAFKA_NOT_ENOUGH_REPLICAS;
    g_array_append_val(fixture->brokers[0].script, refused);
    fixture_run(fixture, sim_now(fixture->sim) + SIM_MS(15));
    ck_assert_int_eq(fixture->brokers[0].script->len, 0);
    const int64_t before = fixture->requests;
    fixture_run(fixture, sim_now(fixture->sim) + SIM_MS(35));
    return fixture->requests - before;
}

START_TEST(the_first_refusal_in_a_process_holds_up_every_partition)
{
    Fixture *fixture = quick(2);
    fixture->spec->rate_milli = 400000;
    fixture->spec->choice = PARTITION_CYCLE;
    fixture->profile.cpu_first_run = distribution_constant(SIM_MS(60));
    fixture_start(fixture);
    fixture_run(fixture, SIM_MS(500));
    ck_assert_int_eq(sent_after_a_refusal(fixture), 0);
    fixture_run(fixture, SIM_MS(1500));
    ck_assert_int_ge(sent_after_a_refusal(fixture), 5);
    fixture_free(fixture);
}
END_TEST

/* One a millisecond; the application wakes up 2.5 ms late, 0.5 ms later the sender drains. */
static Fixture *late_caller(void)
{
    Fixture *fixture = quick(1);
    fixture->spec->rate_milli = 1000000;
    fixture->profile.cpu_client_wake = SIM_US(500);
    fixture->profile.cpu_client_send = SIM_US(100);
    fixture->profile.client_late = distribution_constant(SIM_US(2500));
    return fixture;
}

START_TEST(a_late_caller_sends_all_that_fell_due_meanwhile)
{
    Fixture *fixture = late_caller();
    fixture->measured_from = SIM_MS(50);
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(3));
    ck_assert_int_eq(fixture->batches, fixture->requests);
    ck_assert_int_eq(fixture->records, 3 * fixture->batches); /* due at 0, 1 and 2 ms */
    /* Its first was due 2.5 ms earlier, took 0.1 ms to send, and 0.5 ms in the queue. */
    ck_assert_int_eq(fixture->queue_time, fixture->batches * SIM_US(3100));
    fixture_free(fixture);
}
END_TEST

START_TEST(time_in_the_queue_begins_with_send_and_latency_when_it_was_due)
{
    Fixture *fixture = late_caller();
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(1));
    const LedgerProducer *ledger = fixture_ledger(fixture);
    const SentTotals before = ledger->sent; /* the first had to wait for the connection */
    fixture_run(fixture, SIM_SEC(3));
    const int64_t batches = ledger->sent.batches - before.batches;
    ck_assert_int_eq(ledger->sent.queued - before.queued, batches * SIM_US(500));
    ck_assert_int_ge(histogram_quantile(ledger->latency, 10000), SIM_US(2000 + 500 + 500));
    fixture_free(fixture);
}
END_TEST

START_TEST(the_callers_thread_takes_time_on_the_cores_for_every_record)
{
    Fixture *fixture = late_caller();
    fixture->profile.cpu_client_wake = 0;
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(3));
    const SimDuration busy =
        host_busy_ns(host_at(fixture->sim, producer_actor(fixture->producer)->host));
    const int64_t records = fixture_ledger(fixture)->offered;
    ck_assert_int_ge(records, 2990);
    ck_assert_int_ge(busy, (records - 20) * SIM_US(100)); /* the first ones hung in send() */
    ck_assert_int_le(busy, (records + 3) * SIM_US(100));
    fixture_free(fixture);
}
END_TEST

/* Two batches of one record fit: 2 in 2 ms and what it takes to wake up. */
START_TEST(a_caller_that_memory_holds_up_goes_on)
{
    Fixture *fixture = late_caller();
    fixture_option(fixture, "buffer.memory", "2000");
    fixture_option(fixture, "batch.size", "1000");
    fixture->spec->value_bytes = distribution_constant(900);
    fixture->spec->rate_milli = 600000;
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(10));
    const LedgerProducer *ledger = fixture_ledger(fixture);
    ck_assert_int_ge(ledger->acked, 5980);
    ck_assert_int_eq(ledger->failed, 0);
    fixture_free(fixture);
}
END_TEST

/* Nothing is due between two bursts, and after one a second: the thread hears of the next burst. */
START_TEST(a_caller_that_sleeps_is_woken_by_a_change_of_the_load)
{
    const int64_t between[] = {0, LOAD_FACTOR_ONE / 1000};
    Fixture *fixture = late_caller();
    fixture->spec->load.repeats = true;
    load_shape_add(&fixture->spec->load, LOAD_FACTOR_ONE, SIM_SEC(1));
    load_shape_add(&fixture->spec->load, between[_i], SIM_MS(4500));
    fixture_start(fixture);
    fixture_run(fixture, SIM_MS(21900));
    ck_assert_int_ge(fixture_ledger(fixture)->acked, 4 * 998);
    ck_assert_int_le(fixture_ledger(fixture)->acked, 4 * 1006);
    fixture_free(fixture);
}
END_TEST

START_TEST(with_a_linger_nobody_waits_for_the_caller)
{
    Fixture *fixture = late_caller();
    fixture_option(fixture, "linger.ms", "10");
    fixture->profile.cpu_client_wake = 0;
    fixture->measured_from = SIM_MS(50);
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(3));
    ck_assert_int_eq(fixture->queue_time, fixture->batches * SIM_MS(10));
    fixture_free(fixture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("producer loads");
    TCase *tests = tcase_create("loads");
    tcase_add_test(tests, bursts_offer_exactly_what_their_on_times_hold);
    tcase_add_test(tests, a_ramp_offers_the_area_below_it);
    tcase_add_test(tests, a_markov_modulated_rate_has_its_mean_in_the_long_run);
    tcase_add_test(tests, a_sync_send_waits_for_each_answer);
    tcase_add_test(tests, linger_is_paid_in_full_by_every_sync_send);
    tcase_add_test(tests, callbacks_keep_as_many_records_unanswered_as_allowed);
    tcase_add_test(tests, a_closed_loop_goes_on_after_failures_too);
    tcase_add_test(tests, a_closed_loop_goes_on_after_a_record_that_is_too_large);
    tcase_add_test(tests, a_closed_loop_that_memory_holds_up_has_little_s_latency);
    tcase_add_test(tests, max_block_ms_is_of_one_call_of_send);
    tcase_add_test(tests, a_trace_is_replayed_record_by_record_to_the_partitions_of_its_keys);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, records_that_come_while_the_thread_wakes_up_or_works_go_together);
    tcase_add_test(tests, a_sleeping_thread_wakes_up_before_it_drains);
    tcase_add_test(tests, the_first_refusal_in_a_process_holds_up_every_partition);
    tcase_add_test(tests, a_late_caller_sends_all_that_fell_due_meanwhile);
    tcase_add_test(tests, time_in_the_queue_begins_with_send_and_latency_when_it_was_due);
    tcase_add_test(tests, the_callers_thread_takes_time_on_the_cores_for_every_record);
    tcase_add_test(tests, a_caller_that_memory_holds_up_goes_on);
    tcase_add_loop_test(tests, a_caller_that_sleeps_is_woken_by_a_change_of_the_load, 0, 2);
    tcase_add_test(tests, with_a_linger_nobody_waits_for_the_caller);
    return run_suite(suite);
}
