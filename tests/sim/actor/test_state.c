/* Tables of states: what may follow what, and timers that end with their state. */
#include "sim/actor/state.h"
#include "tests/sim/probe.h"
#include <signal.h>
#include <string.h>

enum { IDLE, FETCHING, BACKOFF };

static const StateRule rules[] = {
    [IDLE] = {"idle", STATE_ALLOW(FETCHING)},
    [FETCHING] = {"fetching", STATE_ALLOW(FETCHING) | STATE_ALLOW(BACKOFF) | STATE_ALLOW(IDLE)},
    [BACKOFF] = {"backoff", STATE_ALLOW(FETCHING) | STATE_ALLOW(IDLE)},
};

static Sim *sim;
static GString *story;
static Probe broker;
static StateMachine machine;

static void setup(void)
{
    sim = sim_new(1, NULL);
    story = g_string_new("");
    probe_init(&broker, sim, "broker-1", 0, story);
    actor_start(&broker.actor);
    g_string_truncate(story, 0);
    state_init(&machine, rules, "fetcher", IDLE);
}

static void teardown(void)
{
    sim_free(sim);
    g_string_free(story, TRUE);
}

START_TEST(leaving_a_state_disarms_its_timers)
{
    state_move(&machine, &broker.actor, FETCHING);
    state_arm(&machine, &broker.actor, &broker.first, SIM_US(10));
    actor_arm(&broker.actor, &broker.second, SIM_US(20));
    state_move(&machine, &broker.actor, BACKOFF);
    ck_assert(!timer_is_armed(&broker.first));
    run_to(sim, SIM_US(100));
    story_is(story, "20us broker-1 timer 2\n");
}
END_TEST

START_TEST(moving_to_the_same_state_also_ends_its_timers)
{
    state_move(&machine, &broker.actor, FETCHING);
    state_arm(&machine, &broker.actor, &broker.first, SIM_US(10));
    state_move(&machine, &broker.actor, FETCHING);
    state_arm(&machine, &broker.actor, &broker.first, SIM_US(30));
    run_to(sim, SIM_US(100));
    story_is(story, "30us broker-1 timer 1\n");
}
END_TEST

START_TEST(a_timer_may_be_armed_twice_and_fire_in_its_state)
{
    state_move(&machine, &broker.actor, FETCHING);
    state_arm(&machine, &broker.actor, &broker.second, SIM_US(5));
    state_arm(&machine, &broker.actor, &broker.first, SIM_US(10));
    state_arm(&machine, &broker.actor, &broker.second, SIM_US(20));
    state_arm(&machine, &broker.actor, &broker.first, SIM_US(15));
    run_to(sim, SIM_US(100));
    story_is(story, "15us broker-1 timer 1\n20us broker-1 timer 2\n");
    state_arm(&machine, &broker.actor, &broker.first, SIM_US(1));
    state_move(&machine, &broker.actor, IDLE);
    run_to(sim, SIM_US(200));
    story_is(story, "");
}
END_TEST

START_TEST(moves_are_counted_and_logged_with_their_names)
{
    run_to(sim, SIM_MS(3));
    const uint32_t before = event_log_count(sim->log);
    state_move(&machine, &broker.actor, FETCHING);
    state_move(&machine, &broker.actor, IDLE);
    ck_assert_uint_eq(machine.moves, 2);
    ck_assert_int_eq(machine.since, SIM_MS(3));
    ck_assert_str_eq(state_name(&machine), "idle");
    LoggedEvent event;
    ck_assert(event_log_get(sim->log, before + 1, &event));
    ck_assert_str_eq(event.actor, "broker-1");
    ck_assert_str_eq(event.what, "fetcher");
    ck_assert_str_eq(event.detail, "idle -> fetching");
}
END_TEST

START_TEST(a_move_outside_the_table_is_our_bug)
{
    state_move(&machine, &broker.actor, BACKOFF);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("state");
    TCase *moves = tcase_create("moves");
    tcase_add_checked_fixture(moves, setup, teardown);
    tcase_add_test(moves, leaving_a_state_disarms_its_timers);
    tcase_add_test(moves, moving_to_the_same_state_also_ends_its_timers);
    tcase_add_test(moves, a_timer_may_be_armed_twice_and_fire_in_its_state);
    tcase_add_test(moves, moves_are_counted_and_logged_with_their_names);
    const char *fork_mode = g_getenv("CK_FORK");
    if (fork_mode == NULL || strcmp(fork_mode, "no") != 0) {
        tcase_add_test_raise_signal(moves, a_move_outside_the_table_is_our_bug, SIGABRT);
    }
    suite_add_tcase(suite, moves);
    return run_suite(suite);
}
