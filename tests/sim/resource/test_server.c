/* Tokens, servers and a line in front of them. */
#include "sim/resource/server.h"
#include "tests/sim/probe.h"

static int tokens[200];

START_TEST(tokens_start_queue_or_are_refused)
{
    Server server;
    server_init(&server, 2, 3);
    ck_assert_int_eq(server_enter(&server, 0, &tokens[0]), SERVER_STARTED);
    ck_assert_int_eq(server_enter(&server, 0, &tokens[1]), SERVER_STARTED);
    for (int i = 2; i < 5; i++) {
        ck_assert_int_eq(server_enter(&server, 10, &tokens[i]), SERVER_QUEUED);
    }
    ck_assert_int_eq(server_enter(&server, 10, &tokens[5]), SERVER_FULL);
    ck_assert_ptr_eq(server_leave(&server, 20), &tokens[2]);
    ck_assert_int_eq(server_enter(&server, 20, &tokens[5]), SERVER_QUEUED);
    ck_assert_ptr_eq(server_leave(&server, 30), &tokens[3]);
    ck_assert_ptr_eq(server_leave(&server, 30), &tokens[4]);
    ck_assert_ptr_eq(server_leave(&server, 30), &tokens[5]);
    ck_assert_uint_eq(server.busy, 2);
    ck_assert_ptr_null(server_leave(&server, 40));
    ck_assert_ptr_null(server_leave(&server, 40));
    ck_assert_uint_eq(server.busy, 0);
    ck_assert_int_eq(server.waited_ns, 10 + 20 + 20 + 10);
    ck_assert_uint_eq(server.started, 6);
    server_clear(&server);
}
END_TEST

START_TEST(the_line_keeps_its_order_while_it_grows_and_wraps)
{
    Server server;
    int in = 0;
    int out = 0;
    server_init(&server, 1, 0);
    ck_assert_int_eq(server_enter(&server, 0, NULL), SERVER_STARTED);
    for (int round = 0; round < 40; round++) {
        for (int i = 0; i < 5; i++) {
            ck_assert_int_eq(server_enter(&server, round, &tokens[in++ % 200]), SERVER_QUEUED);
        }
        for (int i = 0; i < 2; i++) {
            ck_assert_ptr_eq(server_leave(&server, round), &tokens[out++ % 200]);
        }
    }
    while (out < in) {
        ck_assert_ptr_eq(server_leave(&server, 50), &tokens[out++ % 200]);
    }
    ck_assert_ptr_null(server_leave(&server, 50));
    server_clear(&server);
}
END_TEST

START_TEST(a_reset_empties_servers_and_line)
{
    Server server;
    server_init(&server, 1, 0);
    (void)server_enter(&server, 0, &tokens[0]);
    (void)server_enter(&server, 0, &tokens[1]);
    server_reset(&server, 100);
    ck_assert_int_eq(server_enter(&server, 200, &tokens[2]), SERVER_STARTED);
    ck_assert_ptr_null(server_leave(&server, 200));
    ck_assert_double_eq_tol(time_weighted_mean(&server.queue_length, 200), 0.5, 1e-12);
    ck_assert_double_eq_tol(time_weighted_mean(&server.busy_servers, 200), 0.5, 1e-12);
    server_clear(&server);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("server");
    TCase *line = tcase_create("line");
    tcase_add_test(line, tokens_start_queue_or_are_refused);
    tcase_add_test(line, the_line_keeps_its_order_while_it_grows_and_wraps);
    tcase_add_test(line, a_reset_empties_servers_and_line);
    suite_add_tcase(suite, line);
    return run_suite(suite);
}
