/* Connections as processes see them, told as stories. Latency is 100 us each way unless said. */
#include "tests/sim/resource/network_world.h"

static void cut(bool is_cut)
{
    const LinkFault fault = {.cut = is_cut};
    network_set_fault(sim->network, CLIENT, BROKER, fault);
    network_set_fault(sim->network, BROKER, CLIENT, fault);
}

START_TEST(connecting_takes_one_round_trip)
{
    const ConnectionId id = network_connect(&client->actor, &broker->actor);
    ck_assert(!network_is_open(sim->network, id));
    run_to(sim, SIM_MS(1));
    story_is(story, "100us broker connected 1\n200us client connected 0\n");
    ck_assert(network_is_open(sim->network, id));
    ck_assert_ptr_eq(network_peer(sim->network, id, &client->actor), &broker->actor);
    ck_assert_ptr_eq(network_peer(sim->network, id, &broker->actor), &client->actor);
}
END_TEST

START_TEST(a_dead_process_refuses_after_a_round_trip)
{
    actor_kill(&broker->actor);
    g_string_truncate(story, 0);
    const ConnectionId id = network_connect(&client->actor, &broker->actor);
    run_to(sim, SIM_MS(1));
    story_is(story, "200us client disconnected 0\n");
    ck_assert(!network_is_open(sim->network, id));
    ck_assert_uint_eq(network_connections(sim->network), 0);
}
END_TEST

START_TEST(each_side_keeps_its_own_pointer)
{
    connect_both();
    ck_assert_ptr_null(network_data(&client->actor, client->connection));
    network_set_data(&client->actor, client->connection, client);
    network_set_data(&broker->actor, broker->connection, broker);
    ck_assert_ptr_eq(network_data(&client->actor, client->connection), client);
    ck_assert_ptr_eq(network_data(&broker->actor, broker->connection), broker);
    ck_assert_ptr_eq(network_data(&broker->actor, client->connection), broker);
}
END_TEST

START_TEST(a_close_comes_behind_what_was_sent)
{
    connect_both();
    probe_send(client, client->connection, 7, 100);
    network_close(&client->actor, client->connection);
    probe_send(client, client->connection, 8, 100); /* freed */
    ck_assert(!network_is_open(sim->network, client->connection));
    ck_assert(network_is_open(sim->network, broker->connection)); /* not seen yet */
    run_to(sim, SIM_MS(2));
    story_is(story, "1100us broker mail 7\n1100us broker disconnected 1\n");
    ck_assert_uint_eq(network_connections(sim->network), 0);
}
END_TEST

START_TEST(a_killed_process_resets_its_peers_one_latency_later)
{
    connect_both();
    probe_send(broker, broker->connection, 5, 100);
    actor_kill(&broker->actor);
    probe_send(client, client->connection, 6, 100);
    run_to(sim, SIM_MS(2));
    story_is(story, "1000us broker dies 1\n1100us client mail 5\n1100us client disconnected 0\n");
    ck_assert_uint_eq(sim->dropped_mail, 1);
    ck_assert_uint_eq(network_connections(sim->network), 0);
}
END_TEST

START_TEST(mail_never_reaches_the_next_incarnation)
{
    connect_both();
    probe_send(client, client->connection, 6, 100);
    actor_kill(&broker->actor);
    actor_start(&broker->actor);
    run_to(sim, SIM_MS(2));
    story_is(story, "1000us broker dies 1\n1000us broker starts 2\n1100us client disconnected 0\n");
    ck_assert_uint_eq(sim->dropped_mail, 1);
}
END_TEST

START_TEST(a_power_cut_is_silent_and_the_restored_host_resets)
{
    connect_both();
    host_fail(sim, BROKER);
    ck_assert(!actor_start(&broker->actor));
    probe_send(client, client->connection, 6, 100);
    run_to(sim, SIM_SEC(1));
    story_is(story, "1000us broker dies 1\n");
    ck_assert(network_is_open(sim->network, client->connection));
    host_restore(sim, BROKER);
    ck_assert(actor_start(&broker->actor));
    run_to(sim, SIM_SEC(3)); /* the time-outs end at 0.2, 0.6, 1.4 s after 1.1 ms */
    story_is(story, "1000000us broker starts 2\n1401300us client disconnected 0\n");
}
END_TEST

/* Sent into a cut and closed; the cut heals at 100 ms, the next transmission is due at 201.1. */
static void close_behind_a_message(bool power_fails)
{
    connect_both();
    cut(true);
    probe_send(client, client->connection, 1, 100);
    network_close(&client->actor, client->connection); /* the kernel goes on trying */
    run_to(sim, SIM_MS(50));
    if (power_fails) {
        host_fail(sim, CLIENT);
        host_restore(sim, CLIENT);
    } else {
        actor_kill(&client->actor);
    }
    g_string_truncate(story, 0);
    run_to(sim, SIM_MS(100));
    cut(false);
    run_to(sim, SIM_SEC(2));
}

START_TEST(what_was_sent_before_a_close_outlives_its_process)
{
    close_behind_a_message(false);
    story_is(story, "201200us broker mail 1\n201200us broker disconnected 1\n");
}
END_TEST

START_TEST(what_was_sent_before_a_close_goes_with_its_hosts_power)
{
    close_behind_a_message(true);
    story_is(story, "");
}
END_TEST

START_TEST(connecting_to_a_host_without_power_ends_after_127_s)
{
    host_fail(sim, BROKER);
    (void)network_connect(&client->actor, &broker->actor);
    g_string_truncate(story, 0);
    run_to(sim, SIM_SEC(200));
    story_is(story, "127000100us client disconnected 0\n");
    ck_assert_uint_eq(network_connections(sim->network), 0);
}
END_TEST

START_TEST(a_sender_whose_peer_is_silent_gives_up_after_924_s)
{
    connect_both();
    cut(true);
    probe_send(client, client->connection, 1, 100);
    run_to(sim, SIM_SEC(2000));
    story_is(story, "924601100us client disconnected 0\n");
    ck_assert(network_is_open(sim->network, broker->connection)); /* half open */
}
END_TEST

START_TEST(a_cut_delays_until_the_first_retransmission_after_the_heal)
{
    connect_both();
    probe_send(client, client->connection, 1, 100); /* on the wire when the link is cut */
    cut(true);
    run_to(sim, SIM_MS(50));
    probe_send(client, client->connection, 2, 100);
    run_to(sim, SIM_MS(700)); /* tried in vain at 201.1 and 601.1 ms */
    cut(false);
    probe_send(client, client->connection, 3, 100); /* still waits behind them */
    run_to(sim, SIM_SEC(3));
    story_is(story, "1401200us broker mail 1\n1401200us broker mail 2\n1401200us broker mail 3\n");
    ck_assert_uint_eq(network_retransmissions(sim->network), 3);
    probe_send(client, client->connection, 4, 100);
    run_to(sim, SIM_SEC(4));
    story_is(story, "3000100us broker mail 4\n");
}
END_TEST

START_TEST(a_cut_of_one_direction_leaves_the_other)
{
    connect_both();
    network_set_fault(sim->network, CLIENT, BROKER, (LinkFault){.cut = true});
    probe_send(client, client->connection, 1, 100);
    probe_send(broker, broker->connection, 2, 100);
    run_to(sim, SIM_MS(100));
    story_is(story, "1100us client mail 2\n");
    network_clear_fault(sim->network, CLIENT, BROKER);
    run_to(sim, SIM_SEC(1));
    story_is(story, "201200us broker mail 1\n");
}
END_TEST

START_TEST(a_reset_that_is_lost_in_a_cut_is_made_good_when_the_peer_speaks)
{
    connect_both();
    cut(true);
    actor_kill(&broker->actor);
    run_to(sim, SIM_SEC(1));
    cut(false);
    run_to(sim, SIM_SEC(2));
    story_is(story, "1000us broker dies 1\n");
    probe_send(client, client->connection, 1, 100);
    run_to(sim, SIM_SEC(3));
    story_is(story, "2000200us client disconnected 0\n");
}
END_TEST

START_TEST(a_frozen_process_reads_its_mail_at_the_thaw)
{
    connect_both();
    actor_freeze(&broker->actor);
    probe_send(client, client->connection, 1, 100);
    probe_send(client, client->connection, 2, 100);
    network_close(&client->actor, client->connection);
    (void)network_connect(&third->actor, &broker->actor);
    run_to(sim, SIM_MS(5));
    story_is(story, "1200us third connected 0\n"); /* its host accepts */
    actor_thaw(&broker->actor);
    run_to(sim, SIM_MS(6));
    story_is(story,
             "5000us broker mail 1\n5000us broker mail 2\n5000us broker disconnected 1\n"
             "5000us broker connected 1\n");
    ck_assert_uint_eq(network_connections(sim->network), 1);
}
END_TEST

START_TEST(what_waited_on_a_connection_that_the_thaw_closes_is_not_read)
{
    connect_both();
    broker->hangs_up = true;
    actor_freeze(&broker->actor);
    probe_send(client, client->connection, 1, 100);
    probe_send(client, client->connection, 2, 100);
    run_to(sim, SIM_MS(5));
    actor_thaw(&broker->actor);
    run_to(sim, SIM_MS(6));
    story_is(story, "5000us broker mail 1\n5100us client disconnected 0\n");
    ck_assert_uint_eq(network_connections(sim->network), 0);
}
END_TEST

START_TEST(killing_a_frozen_process_forgets_its_connections)
{
    connect_both();
    actor_freeze(&broker->actor);
    probe_send(client, client->connection, 1, 100);
    network_close(&client->actor, client->connection);
    run_to(sim, SIM_MS(5));
    actor_kill(&broker->actor);
    run_to(sim, SIM_MS(6));
    story_is(story, "5000us broker dies 1\n");
    ck_assert_uint_eq(network_connections(sim->network), 0);
    ck_assert_uint_eq(sim->dropped_mail, 1);
}
END_TEST

START_TEST(an_opener_that_leaves_early_is_never_heard_of)
{
    const ConnectionId id = network_connect(&client->actor, &broker->actor);
    network_close(&client->actor, id);
    (void)network_connect(&client->actor, &broker->actor);
    run_to(sim, SIM_US(150)); /* the broker has accepted, the answer is on its way */
    actor_kill(&client->actor);
    run_to(sim, SIM_MS(2));
    story_is(story, "100us broker connected 1\n150us client dies 1\n300us broker disconnected 1\n");
    ck_assert_uint_eq(network_connections(sim->network), 0);
}
END_TEST

START_TEST(slots_of_closed_connections_are_used_again_and_stale_ids_known)
{
    connect_both();
    const ConnectionId first = client->connection;
    network_close(&client->actor, first);
    run_to(sim, SIM_MS(2));
    broker->story = NULL;
    client->story = NULL;
    for (int i = 0; i < 900; i++) {
        (void)network_connect(&client->actor, &broker->actor);
        run_to(sim, sim_now(sim) + SIM_MS(1));
        ck_assert_uint_ne(client->connection, first);
        probe_send(client, first, 9, 100); /* freed */
        ck_assert(!network_is_open(sim->network, first));
        ck_assert_ptr_null(network_data(&client->actor, first));
        network_close(i % 2 == 0 ? &client->actor : &broker->actor, client->connection);
        run_to(sim, sim_now(sim) + SIM_MS(1));
    }
    ck_assert_uint_eq(network_connections(sim->network), 0);
    ck_assert_uint_eq(network_connection_slots(sim->network), 1);
}
END_TEST

START_TEST(a_fault_can_slow_a_link_down)
{
    connect_both();
    const LinkFault slow = {.extra_latency = SIM_US(50), .bandwidth_bytes_per_sec = 1000000};
    network_set_fault(sim->network, CLIENT, BROKER, slow);
    probe_send(client, client->connection, 1, 1000);
    probe_send(client, client->connection, 2, 1000);
    run_to(sim, SIM_MS(10));
    story_is(story, "2150us broker mail 1\n3150us broker mail 2\n");
}
END_TEST

START_TEST(no_memory_is_taken_after_the_warm_up)
{
    connect_both();
    client->story = NULL;
    broker->story = NULL;
    client->echoes = true;
    broker->echoes = true;
    for (uint32_t i = 0; i < 50; i++) {
        probe_send(client, client->connection, i, 100);
    }
    (void)kernel_run(sim->kernel, SIM_MS(100));
    const size_t before = pool_memory_bytes(sim->pool) + kernel_memory_bytes(sim->kernel);
    (void)kernel_run(sim->kernel, SIM_SEC(3));
    ck_assert_uint_eq(pool_memory_bytes(sim->pool) + kernel_memory_bytes(sim->kernel), before);
    ck_assert_uint_gt(kernel_fired(sim->kernel), 1000000);
}
END_TEST

static TCase *connection_case(void)
{
    TCase *tcase = tcase_create("connections");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_was_sent_before_a_close_outlives_its_process);
    tcase_add_test(tcase, what_was_sent_before_a_close_goes_with_its_hosts_power);
    tcase_add_test(tcase, connecting_takes_one_round_trip);
    tcase_add_test(tcase, a_dead_process_refuses_after_a_round_trip);
    tcase_add_test(tcase, each_side_keeps_its_own_pointer);
    tcase_add_test(tcase, a_close_comes_behind_what_was_sent);
    tcase_add_test(tcase, a_killed_process_resets_its_peers_one_latency_later);
    tcase_add_test(tcase, mail_never_reaches_the_next_incarnation);
    tcase_add_test(tcase, a_frozen_process_reads_its_mail_at_the_thaw);
    tcase_add_test(tcase, what_waited_on_a_connection_that_the_thaw_closes_is_not_read);
    tcase_add_test(tcase, killing_a_frozen_process_forgets_its_connections);
    tcase_add_test(tcase, an_opener_that_leaves_early_is_never_heard_of);
    tcase_add_test(tcase, slots_of_closed_connections_are_used_again_and_stale_ids_known);
    tcase_add_test(tcase, no_memory_is_taken_after_the_warm_up);
    return tcase;
}

static TCase *fault_case(void)
{
    TCase *tcase = tcase_create("faults");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_power_cut_is_silent_and_the_restored_host_resets);
    tcase_add_test(tcase, connecting_to_a_host_without_power_ends_after_127_s);
    tcase_add_test(tcase, a_sender_whose_peer_is_silent_gives_up_after_924_s);
    tcase_add_test(tcase, a_cut_delays_until_the_first_retransmission_after_the_heal);
    tcase_add_test(tcase, a_cut_of_one_direction_leaves_the_other);
    tcase_add_test(tcase, a_reset_that_is_lost_in_a_cut_is_made_good_when_the_peer_speaks);
    tcase_add_test(tcase, a_fault_can_slow_a_link_down);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("network");
    suite_add_tcase(suite, connection_case());
    suite_add_tcase(suite, fault_case());
    return run_suite(suite);
}
