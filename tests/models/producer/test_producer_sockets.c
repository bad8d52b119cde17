/* test_producer_sockets.c - nobody answers an acks=0 producer, but its sockets hold it back.
 *
 * Values of 1,000 bytes, 5,000 a second, to broker 0 alone, behind a link of 1 MB/s or frozen. The
 * fixture's brokers name no receive buffer, so that send.buffer.bytes (128 kB, doubled by Linux)
 * is all the room there is. */
#include "tests/models/producer/fixture.h"
#include "tests/run_suite.h"

#define LINK_BYTES_PER_SEC 1000000
#define SOCKET_BYTES       262144
#define RECORD_BYTES       1000

static Fixture *fixture_of_one_broker(const char *acks)
{
    Fixture *fixture = fixture_new(3);
    for (int32_t i = 0; i < FIXTURE_PARTITIONS; i++) {
        fixture->leader[i] = 0;
    }
    fixture->traced = false;
    fixture->spec->rate_milli = 5000 * 1000;
    fixture->spec->value_bytes = distribution_constant(RECORD_BYTES);
    fixture->spec->choice = PARTITION_CYCLE;
    fixture_option(fixture, "acks", acks);
    fixture_option(fixture, "buffer.memory", "1000000");
    fixture_option(fixture, "max.block.ms", "500");
    fixture_start(fixture);
    return fixture;
}

static Fixture *behind_a_slow_link(const char *acks)
{
    Fixture *fixture = fixture_of_one_broker(acks);
    network_set_fault(fixture->sim->network,
                      producer_actor(fixture->producer)->host,
                      fixture->brokers[0].actor.host,
                      (LinkFault){.bandwidth_bytes_per_sec = LINK_BYTES_PER_SEC});
    return fixture;
}

static int64_t in_logs(const Fixture *fixture)
{
    int64_t records = 0;
    for (int32_t p = 0; p < fixture->partitions; p++) {
        records += fixture->logs[p].end;
    }
    return records;
}

START_TEST(acks_0_is_no_faster_than_the_link)
{
    Fixture *fixture = behind_a_slow_link("0");
    fixture_run(fixture, SIM_SEC(20));
    const int64_t acked = fixture_ledger(fixture)->acked;
    const int64_t at_most = (20 * LINK_BYTES_PER_SEC + SOCKET_BYTES) / RECORD_BYTES;
    ck_assert_int_le(acked, at_most);
    ck_assert_int_ge(acked, at_most * 9 / 10);
    fixture_free(fixture);
}
END_TEST

/* What was acknowledged and has not come in is never more than a socket holds and the request that
 * is being read. */
START_TEST(what_is_acked_lies_in_the_socket_or_in_the_log)
{
    Fixture *fixture = behind_a_slow_link("0");
    for (int i = 1; i <= 100; i++) {
        fixture_run(fixture, SIM_MS(100) * i);
        const int64_t acked = fixture_ledger(fixture)->acked;
        ck_assert_int_le((acked - in_logs(fixture)) * RECORD_BYTES, SOCKET_BYTES);
    }
    fixture_free(fixture);
}
END_TEST

START_TEST(a_full_socket_fills_the_memory_and_send_fails_after_max_block)
{
    Fixture *fixture = fixture_of_one_broker("0");
    fixture_run(fixture, SIM_MS(200));
    ck_assert(actor_freeze(&fixture->brokers[0].actor));
    const int64_t acked_before = fixture_ledger(fixture)->acked;
    fixture_run(fixture, SIM_MS(700));
    const int64_t taken = fixture_ledger(fixture)->acked - acked_before;
    ck_assert_int_le(taken * RECORD_BYTES, SOCKET_BYTES);
    ck_assert_int_ge(taken * RECORD_BYTES, SOCKET_BYTES * 8 / 10);
    ck_assert(fixture->producer->workload.blocked);
    ck_assert_int_eq(fixture_ledger(fixture)->failed, 0);
    fixture_run(fixture, SIM_SEC(5));
    ck_assert_int_eq(fixture_ledger(fixture)->acked, acked_before + taken);
    ck_assert_int_ge(fixture_ledger(fixture)->failed, 5);
    fixture_free(fixture);
}
END_TEST

/* request.timeout.ms counts for the request that stands in the socket: the connection is closed,
 * what its buffers held is gone without a word, that one request is sent again. */
START_TEST(what_a_dead_socket_held_is_lost_and_the_rest_is_sent_again)
{
    Fixture *fixture = fixture_of_one_broker("0");
    fixture_run(fixture, SIM_MS(200));
    ck_assert(actor_freeze(&fixture->brokers[0].actor));
    fixture_run(fixture, SIM_SEC(2));
    const int64_t acked = fixture_ledger(fixture)->acked;
    const int64_t in_socket = acked - in_logs(fixture);
    ck_assert(actor_kill(&fixture->brokers[0].actor));
    ck_assert(actor_start(&fixture->brokers[0].actor));
    fixture_run(fixture, SIM_SEC(10));
    ck_assert_int_gt(fixture_ledger(fixture)->retries, 0);
    producer_close(fixture->producer);
    fixture_run(fixture, SIM_SEC(12));
    ck_assert_int_eq(fixture_ledger(fixture)->acked - in_logs(fixture), in_socket);
    fixture_settle(fixture);
    ck_assert_int_eq(fixture_ledger(fixture)->lost, in_socket);
    ck_assert_int_le(in_socket * RECORD_BYTES, SOCKET_BYTES);
    ck_assert_int_gt(in_socket, 0);
    fixture_free(fixture);
}
END_TEST

START_TEST(the_request_in_a_frozen_brokers_socket_times_out)
{
    Fixture *fixture = fixture_of_one_broker("0");
    fixture_option(fixture, "request.timeout.ms", "3000");
    fixture_run(fixture, SIM_MS(200));
    ck_assert(actor_freeze(&fixture->brokers[0].actor));
    fixture_run(fixture, SIM_SEC(40));
    ck_assert_int_gt(fixture_ledger(fixture)->retries, 0);
    fixture_free(fixture);
}
END_TEST

/* With acks=1 the limit of requests in flight holds it back as well; the socket lets no second
 * request in before the first is on its way. */
START_TEST(a_socket_holds_one_request_at_a_time)
{
    Fixture *fixture = behind_a_slow_link("1");
    fixture_option(fixture, "max.request.size", "1000000");
    int32_t most = 0;
    for (int i = 1; i <= 500; i++) {
        fixture_run(fixture, SIM_MS(10) * i);
        most = MAX(most, network_client_in_flight(fixture->producer->client, 0));
    }
    ck_assert_int_ge(most, 5);
    const int64_t in_pipe = fixture_ledger(fixture)->sent.records - in_logs(fixture);
    ck_assert_int_le(in_pipe * RECORD_BYTES, SOCKET_BYTES + 3 * 16384);
    fixture_free(fixture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("producer sockets");
    TCase *tests = tcase_create("acks=0");
    tcase_add_test(tests, acks_0_is_no_faster_than_the_link);
    tcase_add_test(tests, what_is_acked_lies_in_the_socket_or_in_the_log);
    tcase_add_test(tests, a_full_socket_fills_the_memory_and_send_fails_after_max_block);
    tcase_add_test(tests, what_a_dead_socket_held_is_lost_and_the_rest_is_sent_again);
    tcase_add_test(tests, the_request_in_a_frozen_brokers_socket_times_out);
    tcase_add_test(tests, a_socket_holds_one_request_at_a_time);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
