/* test_network_client.c - connections, requests in flight, back-off, time-outs, least loaded. */
#include "tests/models/client/fixture.h"
#include "tests/run_suite.h"

/* The brokers of a metadata answer, without asking for one. */
static Fixture *with_nodes(void)
{
    Fixture *fixture = fixture_new();
    network_client_set_nodes(fixture->client, fixture->ids, BROKERS);
    return fixture;
}

START_TEST(a_node_is_ready_after_connect_and_api_versions)
{
    Fixture *fixture = with_nodes();
    ck_assert(!network_client_ready(fixture->client, 1));
    run(fixture, SIM_MS(3));
    ck_assert(!network_client_can_send(fixture->client, 1));
    run(fixture, SIM_MS(5));
    ck_assert(network_client_ready(fixture->client, 1));
    expect(fixture, "4.0 ready 1\n");
    fixture_free(fixture);
}
END_TEST

START_TEST(coordinator_and_bootstrap_have_connections_of_their_own)
{
    Fixture *fixture = with_nodes();
    (void)network_client_ready(fixture->client, 2);
    (void)network_client_ready(fixture->client, COORDINATOR_NODE(2));
    (void)network_client_ready(fixture->client, BOOTSTRAP_NODE(2));
    run(fixture, SIM_MS(5));
    ck_assert(network_client_can_send(fixture->client, 2));
    ck_assert(network_client_can_send(fixture->client, COORDINATOR_NODE(2)));
    ck_assert(network_client_can_send(fixture->client, BOOTSTRAP_NODE(2)));
    ck_assert(!network_client_can_send(fixture->client, 1));
    ck_assert(!network_client_can_send(fixture->client, 99));
    fixture_free(fixture);
}
END_TEST

START_TEST(the_sixth_request_must_wait_for_an_answer)
{
    Fixture *fixture = with_nodes();
    (void)network_client_ready(fixture->client, 1);
    run(fixture, SIM_MS(5));
    for (int i = 0; i < 5; i++) {
        ck_assert(network_client_can_send(fixture->client, 1));
        send_to(fixture, 1, true);
    }
    ck_assert(!network_client_can_send(fixture->client, 1));
    ck_assert_int_eq(network_client_in_flight(fixture->client, 1), 5);
    run(fixture, SIM_MS(7));
    answer_oldest(fixture, 1);
    run(fixture, SIM_MS(9));
    ck_assert(network_client_can_send(fixture->client, 1));
    expect(fixture, "4.0 ready 1\n8.0 answer 1\n");
    fixture_free(fixture);
}
END_TEST

START_TEST(a_request_without_answer_is_done_when_sent)
{
    Fixture *fixture = with_nodes();
    (void)network_client_ready(fixture->client, 1);
    run(fixture, SIM_MS(5));
    send_to(fixture, 1, false);
    ck_assert_int_eq(network_client_in_flight(fixture->client, 1), 0);
    expect(fixture, "4.0 ready 1\n5.0 sent 1\n");
    fixture_free(fixture);
}
END_TEST

START_TEST(a_reset_fails_what_is_in_flight_in_order)
{
    Fixture *fixture = with_nodes();
    (void)network_client_ready(fixture->client, 1);
    run(fixture, SIM_MS(5));
    send_to(fixture, 1, true);
    send_to(fixture, 1, true);
    run(fixture, SIM_MS(10));
    ck_assert(actor_kill(&broker(fixture, 1)->actor));
    run(fixture, SIM_MS(12));
    expect(fixture, "4.0 ready 1\n11.0 disconnected 1\n11.0 lost 1\n11.0 lost 1\n");
    fixture_free(fixture);
}
END_TEST

START_TEST(reconnects_wait_50_ms_doubling_to_a_second)
{
    Fixture *fixture = with_nodes();
    ck_assert(actor_kill(&broker(fixture, 1)->actor));
    SimDuration expected = SIM_MS(50);
    for (int attempt = 0; attempt < 8; attempt++) {
        (void)network_client_ready(fixture->client, 1);
        run(fixture, sim_now(fixture->sim) + SIM_MS(3)); /* refused after a round trip */
        ck_assert(!network_client_ready(fixture->client, 1));
        SimTime next = network_client_next_attempt(fixture->client, 1);
        SimDuration wait = next - sim_now(fixture->sim);
        ck_assert_int_ge(wait, expected * 8 / 10 - SIM_MS(1));
        ck_assert_int_le(wait, expected * 12 / 10);
        ck_assert_int_le(wait, SIM_MS(1000));
        run(fixture, next - 1);
        ck_assert_int_eq(network_client_next_attempt(fixture->client, 1), next);
        run(fixture, next);
        expected = expected * 2 < SIM_MS(1000) ? expected * 2 : SIM_MS(1000);
    }
    fixture_free(fixture);
}
END_TEST

START_TEST(a_dead_host_is_given_up_after_the_setup_timeout)
{
    Fixture *fixture = with_nodes();
    host_fail(fixture->sim, broker(fixture, 1)->actor.host);
    (void)network_client_ready(fixture->client, 1);
    run(fixture, SIM_MS(7900));
    expect(fixture, "");
    run(fixture, SIM_MS(12100));
    ck_assert_ptr_nonnull(strstr(fixture->lines->str, "disconnected 1"));
    fixture_free(fixture);
}
END_TEST

START_TEST(a_request_times_out_after_request_timeout_and_takes_the_connection_along)
{
    Fixture *fixture = with_nodes();
    (void)network_client_ready(fixture->client, 1);
    run(fixture, SIM_MS(5));
    send_to(fixture, 1, true);
    run(fixture, SIM_MS(20000));
    send_to(fixture, 1, true);
    run(fixture, SIM_MS(30004));
    expect(fixture, "4.0 ready 1\n");
    run(fixture, SIM_MS(30006));
    expect(fixture, "30005.0 disconnected 1\n30005.0 timed out 1\n30005.0 timed out 1\n");
    fixture_free(fixture);
}
END_TEST

START_TEST(least_loaded_prefers_idle_then_fewest_in_flight_then_connecting)
{
    Fixture *fixture = with_nodes();
    (void)network_client_ready(fixture->client, 1);
    (void)network_client_ready(fixture->client, 2);
    run(fixture, SIM_MS(5));
    send_to(fixture, 1, true);
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(network_client_least_loaded(fixture->client), 2);
    }
    send_to(fixture, 2, true);
    send_to(fixture, 2, true);
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(network_client_least_loaded(fixture->client), 1);
    }
    (void)network_client_ready(fixture->client, 3);
    for (int i = 0; i < 4; i++) {
        send_to(fixture, 1, true);
    }
    for (int i = 0; i < 3; i++) {
        send_to(fixture, 2, true);
    }
    ck_assert_int_eq(network_client_least_loaded(fixture->client), 3); /* both are full */
    fixture_free(fixture);
}
END_TEST

START_TEST(least_loaded_takes_the_longest_untried_node_and_none_while_all_back_off)
{
    Fixture *fixture = with_nodes();
    for (int32_t id = 1; id <= 3; id++) {
        ck_assert(actor_kill(&broker(fixture, id)->actor));
    }
    for (int32_t id = 1; id <= 3; id++) {
        (void)network_client_ready(fixture->client, id);
        run(fixture, SIM_MS(4 * id));
    }
    ck_assert_int_eq(network_client_least_loaded(fixture->client), NO_NODE);
    run(fixture, SIM_MS(200));
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(network_client_least_loaded(fixture->client), 1);
    }
    fixture_free(fixture);
}
END_TEST

/* KIP-219: the broker has answered, and the client keeps quiet by itself. */
START_TEST(after_a_throttled_answer_nothing_is_sent_until_the_time_is_over)
{
    Fixture *fixture = with_nodes();
    (void)network_client_ready(fixture->client, 1);
    (void)network_client_ready(fixture->client, 2);
    run(fixture, SIM_MS(5));
    send_to(fixture, 1, true);
    run(fixture, SIM_MS(7));
    answer_throttled(fixture, 1, SIM_MS(500)); /* here at 8 ms */
    run(fixture, SIM_MS(507));
    ck_assert_int_eq(network_client_in_flight(fixture->client, 1), 0);
    ck_assert(!network_client_can_send(fixture->client, 1));
    ck_assert(network_client_can_send(fixture->client, 2));
    ck_assert_int_eq(network_client_next_attempt(fixture->client, 1), SIM_MS(508));
    run(fixture, SIM_MS(508));
    ck_assert(network_client_can_send(fixture->client, 1));
    fixture_free(fixture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("network_client");
    TCase *tests = tcase_create("connections");
    tcase_add_test(tests, a_node_is_ready_after_connect_and_api_versions);
    tcase_add_test(tests, coordinator_and_bootstrap_have_connections_of_their_own);
    tcase_add_test(tests, the_sixth_request_must_wait_for_an_answer);
    tcase_add_test(tests, a_request_without_answer_is_done_when_sent);
    tcase_add_test(tests, a_reset_fails_what_is_in_flight_in_order);
    tcase_add_test(tests, reconnects_wait_50_ms_doubling_to_a_second);
    tcase_add_test(tests, a_dead_host_is_given_up_after_the_setup_timeout);
    tcase_add_test(tests, a_request_times_out_after_request_timeout_and_takes_the_connection_along);
    tcase_add_test(tests, least_loaded_prefers_idle_then_fewest_in_flight_then_connecting);
    tcase_add_test(tests, least_loaded_takes_the_longest_untried_node_and_none_while_all_back_off);
    tcase_add_test(tests, after_a_throttled_answer_nothing_is_sent_until_the_time_is_over);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
