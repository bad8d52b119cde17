/* test_socket_buffers.c - how much a kernel takes before its process has to wait. */
#include "tests/sim/resource/network_world.h"

/* SO_SNDBUF 500 and SO_RCVBUF 1000: Linux takes twice as much of both, 3000 bytes together. */
static void connect_with_buffers(void)
{
    connect_both();
    network_set_send_buffer(&client->actor, client->connection, 500);
    network_set_receive_buffer(&broker->actor, broker->connection, 1000);
}

static bool has_taken_all(void)
{
    return network_has_taken_all(&client->actor, client->connection);
}

START_TEST(what_has_room_in_both_buffers_is_taken_at_once)
{
    connect_with_buffers();
    probe_send(client, client->connection, 1, 2000);
    ck_assert(has_taken_all());
    probe_send(client, client->connection, 2, 1000);
    ck_assert(has_taken_all());
    probe_send(client, client->connection, 3, 1);
    ck_assert(!has_taken_all());
}
END_TEST

/* Two latencies: the message's, and that of the news that it was read. */
START_TEST(who_had_to_wait_hears_when_enough_is_read)
{
    connect_with_buffers();
    probe_send(client, client->connection, 1, 2000);
    probe_send(client, client->connection, 2, 2000);
    ck_assert(!has_taken_all());
    run_to(sim, SIM_MS(2));
    story_is(story, "1100us broker mail 1\n1100us broker mail 2\n1200us client writable 0\n");
    ck_assert(has_taken_all());
}
END_TEST

START_TEST(who_did_not_ask_hears_nothing)
{
    connect_with_buffers();
    probe_send(client, client->connection, 1, 5000);
    run_to(sim, SIM_MS(2));
    story_is(story, "1100us broker mail 1\n");
}
END_TEST

START_TEST(a_frozen_process_reads_at_the_thaw)
{
    connect_with_buffers();
    ck_assert(actor_freeze(&broker->actor));
    probe_send(client, client->connection, 1, 3000);
    run_to(sim, SIM_MS(2));
    ck_assert(has_taken_all());
    probe_send(client, client->connection, 2, 100);
    ck_assert(!has_taken_all());
    run_to(sim, SIM_MS(5));
    story_is(story, "");
    ck_assert(actor_thaw(&broker->actor));
    run_to(sim, SIM_MS(6));
    story_is(story, "5000us broker mail 1\n5000us broker mail 2\n5100us client writable 0\n");
}
END_TEST

START_TEST(what_is_left_in_the_buffer_takes_room_until_it_is_read)
{
    connect_with_buffers();
    probe_send(client, client->connection, 1, 3000);
    run_to(sim, SIM_MS(2));
    network_leave_unread(&broker->actor, broker->connection, 3000);
    probe_send(client, client->connection, 2, 10);
    ck_assert(!has_taken_all());
    run_to(sim, SIM_MS(3));
    story_is(story, "1100us broker mail 1\n2100us broker mail 2\n2200us client writable 0\n");
    probe_send(client, client->connection, 3, 20);
    network_leave_unread(&broker->actor, broker->connection, 10);
    ck_assert(!has_taken_all());
    network_read(&broker->actor, broker->connection, 20);
    run_to(sim, SIM_MS(4));
    story_is(story, "3100us broker mail 3\n3200us client writable 0\n");
}
END_TEST

/* 4 MiB of tcp_wmem and 128 KiB of tcp_rmem */
START_TEST(minus_one_leaves_the_size_to_the_system)
{
    connect_both();
    network_set_send_buffer(&client->actor, client->connection, -1);
    network_set_receive_buffer(&broker->actor, broker->connection, -1);
    probe_send(client, client->connection, 1, (4 << 20) + (128 << 10));
    ck_assert(has_taken_all());
    probe_send(client, client->connection, 2, 1);
    ck_assert(!has_taken_all());
}
END_TEST

START_TEST(without_sizes_a_socket_takes_all)
{
    connect_both();
    probe_send(client, client->connection, 1, UINT32_MAX / 2);
    ck_assert(has_taken_all());
}
END_TEST

/* What a cut holds up takes room as well; the first retransmission is 200 ms later. */
START_TEST(a_cut_link_fills_the_buffers)
{
    connect_with_buffers();
    network_set_fault(sim->network, CLIENT, BROKER, (LinkFault){.cut = true});
    probe_send(client, client->connection, 1, 3000);
    ck_assert(has_taken_all());
    probe_send(client, client->connection, 2, 1);
    ck_assert(!has_taken_all());
    run_to(sim, SIM_MS(100));
    network_clear_fault(sim->network, CLIENT, BROKER);
    run_to(sim, SIM_MS(300));
    story_is(story, "201200us broker mail 1\n201200us broker mail 2\n201300us client writable 0\n");
}
END_TEST

START_TEST(who_waits_for_a_dead_process_hears_of_its_death_only)
{
    connect_with_buffers();
    ck_assert(actor_freeze(&broker->actor));
    probe_send(client, client->connection, 1, 4000);
    ck_assert(!has_taken_all());
    run_to(sim, SIM_MS(2));
    ck_assert(actor_kill(&broker->actor));
    run_to(sim, SIM_MS(3));
    story_is(story, "2000us broker dies 1\n2100us client disconnected 0\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("socket buffers");
    TCase *tests = tcase_create("buffers");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_has_room_in_both_buffers_is_taken_at_once);
    tcase_add_test(tests, who_had_to_wait_hears_when_enough_is_read);
    tcase_add_test(tests, who_did_not_ask_hears_nothing);
    tcase_add_test(tests, a_frozen_process_reads_at_the_thaw);
    tcase_add_test(tests, what_is_left_in_the_buffer_takes_room_until_it_is_read);
    tcase_add_test(tests, minus_one_leaves_the_size_to_the_system);
    tcase_add_test(tests, without_sizes_a_socket_takes_all);
    tcase_add_test(tests, a_cut_link_fills_the_buffers);
    tcase_add_test(tests, who_waits_for_a_dead_process_hears_of_its_death_only);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
