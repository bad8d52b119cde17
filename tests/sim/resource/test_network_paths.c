/* Where time goes between two hosts: bandwidth, distance, chance; and that order survives it all.
 */
#include "tests/sim/resource/network_world.h"

START_TEST(a_message_costs_one_transmission_and_the_latency)
{
    teardown();
    NetworkProfile profile = plain_profile();
    profile.bandwidth_bytes_per_sec = 1000000; /* 1 us a byte */
    world_new(3, profile);
    connect_both();
    probe_send(client, client->connection, 1, 1000);
    probe_send(client, client->connection, 2, 500);
    run_to(sim, SIM_MS(10));
    story_is(story, "2100us broker mail 1\n2600us broker mail 2\n");
    ck_assert_int_eq(network_sent_bytes(sim->network, CLIENT), 1500);
    ck_assert_int_eq(network_received_bytes(sim->network, BROKER), 1500);
}
END_TEST

START_TEST(two_senders_share_the_receivers_nic)
{
    teardown();
    NetworkProfile profile = plain_profile();
    profile.bandwidth_bytes_per_sec = 1000000;
    world_new(3, profile);
    connect_both();
    (void)network_connect(&third->actor, &broker->actor);
    run_to(sim, SIM_MS(2));
    g_string_truncate(story, 0);
    probe_send(client, client->connection, 1, 1000);
    probe_send(third, third->connection, 2, 1000);
    network_close(&third->actor, third->connection); /* nothing overtakes, however small */
    run_to(sim, SIM_MS(10));
    story_is(story, "3100us broker mail 1\n4100us broker mail 2\n4100us broker disconnected 1\n");
}
END_TEST

/* The second of the third host's messages is empty and reaches the NIC in the very instant in which
 * the first, held up by the client's, is in; its event stands before that one. */
START_TEST(an_empty_message_does_not_slip_past_one_that_waits_for_the_nic)
{
    teardown();
    NetworkProfile profile = plain_profile();
    profile.bandwidth_bytes_per_sec = 1000000;
    world_new(3, profile);
    connect_both();
    (void)network_connect(&third->actor, &broker->actor);
    run_to(sim, SIM_MS(2));
    g_string_truncate(story, 0);
    probe_send(client, client->connection, 1, 1000);
    probe_send(third, third->connection, 2, 1000);
    network_set_fault(sim->network, THIRD, BROKER, (LinkFault){.extra_latency = SIM_MS(1)});
    probe_send(third, third->connection, 3, 0);
    run_to(sim, SIM_MS(10));
    story_is(story, "3100us broker mail 1\n4100us broker mail 2\n4100us broker mail 3\n");
}
END_TEST

/* The second was on its way already when the first was found missing; nobody can send that again.
 */
START_TEST(nothing_gets_past_what_a_dead_sender_lost)
{
    connect_both();
    network_set_fault(
        sim->network, CLIENT, BROKER, (LinkFault){.cut = _i == 0, .loss_ppm = 1000000});
    probe_send(client, client->connection, 1, 10);
    network_clear_fault(sim->network, CLIENT, BROKER);
    probe_send(client, client->connection, 2, 10);
    run_to(sim, sim_now(sim) + (_i < 2 ? SIM_US(50) : SIM_US(100)));
    probe_send(client, client->connection, 3, 10);
    actor_kill(&client->actor);
    run_to(sim, SIM_SEC(1));
    ck_assert_ptr_null(strstr(story->str, "broker mail"));
    ck_assert_ptr_nonnull(strstr(story->str, "broker disconnected"));
}
END_TEST

START_TEST(racks_are_farther_apart_and_the_loopback_is_near)
{
    teardown();
    NetworkProfile profile = plain_profile();
    profile.cross_rack_extra = SIM_US(400);
    profile.bandwidth_bytes_per_sec = 1; /* not for the loopback */
    world_new(3, profile);
    Probe neighbour;
    probe_init(&neighbour, sim, "neighbour", BROKER, story);
    actor_start(&neighbour.actor);
    (void)network_connect(&third->actor, &broker->actor);
    run_to(sim, SIM_MS(2));
    g_string_truncate(story, 0);
    (void)network_connect(&neighbour.actor, &broker->actor);
    run_to(sim, SIM_MS(3));
    probe_send(&neighbour, neighbour.connection, 1, 1000000);
    probe_send(third, third->connection, 2, 0);
    run_to(sim, SIM_MS(5));
    story_is(story,
             "2010us broker connected 1\n2020us neighbour connected 0\n"
             "3010us broker mail 1\n3500us broker mail 2\n");
    actor_clear(&neighbour.actor);
}
END_TEST

/* Random latency, loss, bandwidth, freezes and cuts: each message comes once, and in order. */

static uint32_t next_number[2];

static void in_order_on_mail(Actor *actor, ConnectionId connection, Message *message)
{
    (void)connection;
    uint32_t *next = &next_number[actor == &broker->actor];
    ck_assert_uint_eq(((Note *)message)->number, *next);
    (*next)++;
    message_free(actor->sim, message);
}

static void disturb(Stream *dice, uint64_t what)
{
    const LinkFault lossy = {.cut = stream_chance(dice, 100000),
                             .loss_ppm = 100000,
                             .extra_latency = (int64_t)stream_below(dice, SIM_MS(2))};
    if (what == 0) {
        network_set_fault(sim->network, CLIENT, BROKER, lossy);
    } else if (what == 1) {
        network_set_fault(sim->network, BROKER, CLIENT, lossy);
    } else if (what == 2) {
        (void)(actor_freeze(&broker->actor) || actor_thaw(&broker->actor));
    } else if (what == 3) {
        network_clear_fault(sim->network, CLIENT, BROKER);
        network_clear_fault(sim->network, BROKER, CLIENT);
    }
}

START_TEST(no_message_is_lost_doubled_or_overtaken)
{
    ActorClass ordered = probe_class;
    NetworkProfile profile = plain_profile();
    Stream dice;
    ordered.on_mail = in_order_on_mail;
    profile.latency = distribution_exponential(SIM_US(500));
    profile.bandwidth_bytes_per_sec = 10000000;
    world_new((uint64_t)_i, profile);
    stream_init(&dice, (uint64_t)_i, "dice");
    connect_both();
    client->actor.class = &ordered;
    broker->actor.class = &ordered;
    next_number[0] = 0;
    next_number[1] = 0;
    for (uint32_t i = 0; i < 2000; i++) {
        probe_send(client, client->connection, i, (uint32_t)stream_below(&dice, 3000));
        probe_send(broker, broker->connection, i, (uint32_t)stream_below(&dice, 3000));
        disturb(&dice, stream_below(&dice, 40));
        run_to(sim, sim_now(sim) + (int64_t)stream_below(&dice, SIM_MS(1)));
    }
    disturb(&dice, 3);
    actor_thaw(&broker->actor);
    run_to(sim, sim_now(sim) + SIM_SEC(500));
    ck_assert_uint_eq(next_number[0], 2000);
    ck_assert_uint_eq(next_number[1], 2000);
    ck_assert_uint_gt(network_retransmissions(sim->network), 0);
    teardown();
}
END_TEST

START_TEST(connections_of_one_pair_may_overtake_each_other)
{
    teardown();
    NetworkProfile profile = plain_profile();
    profile.latency = distribution_exponential(SIM_US(500));
    world_new(5, profile);
    connect_both();
    const ConnectionId first = client->connection;
    (void)network_connect(&client->actor, &broker->actor);
    run_to(sim, SIM_MS(30));
    g_string_truncate(story, 0);
    bool overtaken = false;
    for (uint32_t i = 0; i < 20 && !overtaken; i++) {
        probe_send(client, first, 1, 10);
        probe_send(client, client->connection, 2, 10);
        run_to(sim, sim_now(sim) + SIM_MS(30));
        overtaken = strstr(story->str, "mail 2") < strstr(story->str, "mail 1");
        g_string_truncate(story, 0);
    }
    ck_assert(overtaken);
}
END_TEST

static SimTime echo_time(bool with_a_third)
{
    NetworkProfile profile = plain_profile();
    profile.latency = distribution_exponential(SIM_US(500));
    world_new(11, profile);
    if (with_a_third) {
        (void)network_connect(&third->actor, &broker->actor);
        (void)network_connect(&client->actor, &third->actor);
    }
    connect_both();
    run_to(sim, SIM_MS(30));
    g_string_truncate(story, 0);
    probe_send(client, client->connection, 1, 10);
    (void)kernel_run(sim->kernel, SIM_SEC(1));
    const SimTime when = g_ascii_strtoll(story->str, NULL, 10);
    teardown();
    return when;
}

START_TEST(another_pair_of_hosts_does_not_shift_the_draws)
{
    ck_assert_int_eq(echo_time(false), echo_time(true));
}
END_TEST

static TCase *path_case(void)
{
    TCase *tcase = tcase_create("paths");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_message_costs_one_transmission_and_the_latency);
    tcase_add_test(tcase, two_senders_share_the_receivers_nic);
    tcase_add_test(tcase, an_empty_message_does_not_slip_past_one_that_waits_for_the_nic);
    tcase_add_loop_test(tcase, nothing_gets_past_what_a_dead_sender_lost, 0, 3);
    tcase_add_test(tcase, racks_are_farther_apart_and_the_loopback_is_near);
    tcase_add_test(tcase, connections_of_one_pair_may_overtake_each_other);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("network paths");
    TCase *seeds = tcase_create("seeds");
    suite_add_tcase(suite, path_case());
    tcase_add_test(seeds, another_pair_of_hosts_does_not_shift_the_draws);
    tcase_add_loop_test(seeds, no_message_is_lost_doubled_or_overtaken, 0, 40);
    tcase_set_timeout(seeds, 120);
    suite_add_tcase(suite, seeds);
    return run_suite(suite);
}
