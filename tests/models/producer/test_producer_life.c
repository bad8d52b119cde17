/* test_producer_life.c - crashes, close, memory, labels and rates of a producer against scripted
 * brokers; see test_producer.c. */
#include "tests/models/producer/fixture.h"
#include "tests/run_suite.h"

static Fixture *one_partition(int64_t rate)
{
    Fixture *fixture = fixture_new(1);
    fixture->spec->rate_milli = rate * 1000;
    fixture_option(fixture, "linger.ms", "0");
    return fixture;
}

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
    const int64_t before = account->acked;
    ck_assert_int_gt(before, 18);
    ck_assert_int_eq(before, account->offered);
    uint64_t fired = kernel_fired(fixture->sim->kernel);
    fixture_run(fixture, SIM_SEC(60));
    ck_assert_uint_le(kernel_fired(fixture->sim->kernel) - fired, 3);
    ck_assert_int_eq(producer_actor(fixture->producer)->life, ACTOR_DEAD);
    ck_assert(actor_start(producer_actor(fixture->producer))); /* it may come again */
    fixture_run(fixture, SIM_SEC(75));
    ck_assert_int_gt(account->acked, before);
    fixture_free(fixture);
}
END_TEST

START_TEST(close_waits_for_the_answer_to_a_batch_that_has_expired_meanwhile)
{
    Fixture *fixture = one_partition(1);
    FakeBroker *broker = &fixture->brokers[0];
    fixture->spec->records = 1;
    fixture_option(fixture, "request.timeout.ms", "1000");
    fixture_option(fixture, "delivery.timeout.ms", "1500");
    fixture_start(fixture);
    broker->holds = true;
    fixture_run(fixture, SIM_MS(900)); /* sent at 5 ms, held since */
    const KafkaError error = KAFKA_NOT_ENOUGH_REPLICAS;
    g_array_append_val(broker->script, error);
    fake_broker_release(broker);
    broker->holds = true; /* the retry comes 0.1 s later */
    fixture_run(fixture, SIM_MS(1200));
    producer_close(fixture->producer);
    fixture_run(fixture, SIM_MS(1700));
    ck_assert_int_eq(fixture_ledger(fixture)->failed, 1);
    ck_assert_int_eq(producer_actor(fixture->producer)->life, ACTOR_ALIVE);
    fake_broker_release(broker);
    fixture_run(fixture, SIM_MS(1710));
    ck_assert_int_eq(producer_actor(fixture->producer)->life, ACTOR_DEAD);
    fixture_free(fixture);
}
END_TEST

/* Nothing is on its way when it is frozen; what falls due then is sent after the thaw. */
START_TEST(a_frozen_application_s_records_are_as_old_as_their_send)
{
    Fixture *fixture = one_partition(100);
    fixture_option(fixture, "request.timeout.ms", "200");
    fixture_option(fixture, "delivery.timeout.ms", "200");
    fixture_start(fixture);
    fixture_run(fixture, SIM_MS(1005));
    ck_assert(actor_freeze(producer_actor(fixture->producer)));
    fixture_run(fixture, SIM_SEC(2));
    ck_assert(actor_thaw(producer_actor(fixture->producer)));
    fixture_run(fixture, SIM_MS(3005));
    ck_assert_int_eq(fixture_ledger(fixture)->failed, 0);
    ck_assert_int_ge(fixture_ledger(fixture)->acked, 299);
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

/* The topic comes again with one partition: the stream whose record send() held is gone. */
START_TEST(an_application_that_memory_held_up_goes_on_when_partitions_are_gone)
{
    Fixture *fixture = fixture_new(3);
    fixture->spec->choice = PARTITION_CYCLE;
    fixture_option(fixture, "buffer.memory", "131072");
    fixture_option(fixture, "metadata.max.age.ms", "1000");
    fixture_start(fixture);
    fixture->brokers[2].holds = true;
    fixture_run(fixture, SIM_SEC(2));
    ck_assert(fixture->producer->workload.blocked);
    fake_broker_release(&fixture->brokers[2]);
    fixture->partitions = 1;
    fixture_run(fixture, SIM_SEC(4));
    ck_assert_int_eq(fixture->producer->accumulator.chosen, 1);
    ck_assert_int_ge(fixture_ledger(fixture)->acked, 3900);
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

START_TEST(a_rate_that_grows_from_nothing_counts_in_bulk_and_keeps_its_limit)
{
    Fixture *fixture = fixture_new(3);
    fixture->spec->rate_milli = 0;
    fixture->spec->records = 30000;
    fixture->spec->choice = PARTITION_CYCLE;
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(1));
    ck_assert_int_eq(fixture_ledger(fixture)->offered, 0);
    producer_set_rate(fixture->producer, 10000); /* 10 a second */
    fixture_run(fixture, SIM_SEC(2));
    producer_set_rate(fixture->producer, 10000000);
    ck_assert_int_eq((int)fixture->producer->workload.mode, WORKLOAD_SPLIT);
    fixture_run(fixture, SIM_SEC(6));
    ck_assert_int_eq(fixture_ledger(fixture)->offered, 30000);
    ck_assert_int_eq(fixture_ledger(fixture)->acked, 30000);
    fixture_free(fixture);
}
END_TEST

START_TEST(when_all_brokers_were_dead_nothing_is_lost_and_all_is_sent)
{
    Fixture *fixture = fixture_new(3);
    fixture->check_sequences = true;
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(1));
    for (int32_t i = 0; i < FIXTURE_BROKERS; i++) {
        ck_assert(actor_kill(&fixture->brokers[i].actor));
    }
    fixture_run(fixture, SIM_SEC(20));
    for (int32_t i = 0; i < FIXTURE_BROKERS; i++) {
        ck_assert(actor_start(&fixture->brokers[i].actor));
    }
    fixture_run(fixture, SIM_SEC(25));
    producer_close(fixture->producer);
    fixture_run(fixture, SIM_SEC(30));
    fixture_settle(fixture);
    const LedgerProducer *account = fixture_ledger(fixture);
    ck_assert_int_ge(account->offered, 25000);
    ck_assert_int_eq(account->acked, account->offered);
    ck_assert_int_eq(account->lost + account->duplicated + account->reordered, 0);
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

/* Sender.runOnce does not come to expiry before there is a producer id. */
START_TEST(no_batch_expires_while_a_producer_id_is_asked_for)
{
    Fixture *fixture = fixture_new(1);
    fixture_option(fixture, "request.timeout.ms", "500");
    fixture_option(fixture, "delivery.timeout.ms", "700");
    fixture->spec->records = 4;
    for (int i = 0; i < FIXTURE_BROKERS; i++) {
        fixture->brokers[i].ids = KAFKA_COORDINATOR_LOAD_IN_PROGRESS;
    }
    fixture_start(fixture);
    fixture_run(fixture, SIM_SEC(5));
    ck_assert_int_eq(fixture_ledger(fixture)->failed, 0);
    for (int i = 0; i < FIXTURE_BROKERS; i++) {
        fixture->brokers[i].ids = KAFKA_NONE;
    }
    fixture_run(fixture, SIM_SEC(10));
    ck_assert_int_eq(fixture_ledger(fixture)->failed, 4);
    ck_assert_int_eq(fixture->producer->accumulator.incomplete, 0);
    fixture_free(fixture);
}
END_TEST

static TCase *life_tests(void)
{
    TCase *tests = tcase_create("life");
    tcase_add_test(tests, no_batch_expires_while_a_producer_id_is_asked_for);
    tcase_add_test(tests, acks_0_acknowledges_what_a_dead_socket_swallows);
    tcase_add_test(tests, reconnects_to_a_dead_leader_double_their_wait_up_to_a_second);
    tcase_add_test(tests, no_metadata_goes_through_a_full_connection);
    tcase_add_test(tests, a_crashed_producer_loses_what_it_had_not_sent);
    tcase_add_test(tests, close_sends_what_lingers_and_then_rests);
    tcase_add_test(tests, close_waits_for_the_answer_to_a_batch_that_has_expired_meanwhile);
    tcase_add_test(tests, a_frozen_application_s_records_are_as_old_as_their_send);
    tcase_add_test(tests, exhausted_memory_blocks_the_application_and_refuses_after_max_block_ms);
    tcase_add_test(tests, an_application_that_memory_held_up_goes_on_when_partitions_are_gone);
    tcase_add_test(tests, a_record_above_max_request_size_is_refused_at_once);
    tcase_add_test(tests, labelled_records_are_sent_one_by_one_and_named);
    tcase_add_test(tests, exactly_as_many_records_are_offered_as_asked_for);
    tcase_add_test(tests, a_changed_rate_holds_from_then_on);
    tcase_add_test(tests, a_rate_that_grows_from_nothing_counts_in_bulk_and_keeps_its_limit);
    tcase_add_test(tests, when_all_brokers_were_dead_nothing_is_lost_and_all_is_sent);
    tcase_add_test(tests, runs_of_one_seed_are_equal);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("producer_life");
    suite_add_tcase(suite, life_tests());
    return run_suite(suite);
}
