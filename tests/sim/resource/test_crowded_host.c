/* A machine whose cores other programs use too: who waits, for how long, and who does not. */
#include "tests/sim/probe.h"

#define THREADS 8
#define CORES   2
#define SLICE   SIM_US(1500)
#define TURN    (SLICE * THREADS / CORES) /* the mean wait */
#define ROUNDS  20000

static Sim *sim;
static GString *story;
static Probe one;

static SimDuration pause_between; /* bursts of a tenth of it */

static void world_new(bool is_one_thread)
{
    static ActorClass thread_class;
    thread_class = probe_class;
    thread_class.is_one_thread = true;
    const HostProfile profile = {
        .name = "machine",
        .rack = "",
        .cores = CORES,
        .discipline = HOST_PROCESSOR_SHARING,
        .disk = {.write_bytes_per_sec = 1,
                 .read_bytes_per_sec = 1,
                 .fsync = distribution_constant(0),
                 .seek = distribution_constant(0)},
        .others = {.threads = THREADS,
                   .slice = SLICE,
                   .burst = pause_between / 10,
                   .pause = pause_between},
    };
    sim = sim_new(7, NULL);
    story = g_string_new("");
    probe_init(&one, sim, "one", host_new(sim, &profile), story);
    if (is_one_thread) {
        one.actor.class = &thread_class;
    }
    actor_start(&one.actor);
    g_string_truncate(story, 0);
}

static void teardown(void)
{
    sim_free(sim);
    g_string_free(story, TRUE);
}

/* Runs until something is written, and returns how long that took. */
static SimDuration next_line(void)
{
    const SimTime from = sim_now(sim);
    g_string_truncate(story, 0);
    while (story->len == 0) {
        ck_assert_int_eq(kernel_step(sim->kernel, SIM_TIME_MAX, 1), KERNEL_STOPPED);
    }
    return sim_now(sim) - from;
}

static void mean_is(SimDuration sum, SimDuration expected)
{
    ck_assert_int_ge(sum / ROUNDS, expected - expected / 30);
    ck_assert_int_le(sum / ROUNDS, expected + expected / 30);
}

START_TEST(a_thread_that_wakes_up_waits_its_turn)
{
    SimDuration sum = 0;
    world_new(false);
    for (int i = 0; i < ROUNDS; i++) {
        host_run(&one.actor, SIM_US(10), 1, NULL);
        sum += next_line();
    }
    mean_is(sum, TURN + SIM_US(10));
    teardown();
}
END_TEST

/* Half of them in a burst of a tenth: nobody's mean changes who asks at any time, but a wait in a
 * burst is 12 times one in the calm. */
START_TEST(bursts_of_other_programs_keep_their_mean_and_are_felt)
{
    SimDuration sum = 0;
    SimDuration calm = 0;
    SimDuration longest = 0;
    pause_between = SIM_SEC(1);
    world_new(false);
    pause_between = 0;
    const int rounds = ROUNDS / 4;
    for (int second = 0; second < rounds; second++) {
        run_to(sim, sim_now(sim) + SIM_SEC(1));
        host_run(&one.actor, SIM_US(10), 1, NULL);
        const SimDuration wait = next_line();
        sum += wait;
        longest = MAX(longest, wait);
        calm += wait < TURN ? 1 : 0;
    }
    ck_assert_int_ge(sum / rounds, TURN - TURN / 10);
    ck_assert_int_le(sum / rounds, TURN + TURN / 10);
    ck_assert_int_ge(calm, rounds * 8 / 10); /* of even waits 63 % are below their mean */
    ck_assert_int_ge(longest, 20 * TURN);
    teardown();
}
END_TEST

START_TEST(a_thread_that_goes_on_keeps_its_core)
{
    world_new(false);
    host_go_on(&one.actor, SIM_US(10), 1, NULL);
    ck_assert_int_eq(next_line(), SIM_US(10));
    teardown();
}
END_TEST

START_TEST(long_work_waits_again_after_each_slice)
{
    SimDuration sum = 0;
    world_new(false);
    for (int i = 0; i < ROUNDS; i++) {
        host_go_on(&one.actor, 5 * SLICE, 1, NULL);
        sum += next_line();
    }
    mean_is(sum, 5 * SLICE + 4 * TURN);
    teardown();
}
END_TEST

START_TEST(a_process_of_one_thread_handles_at_one_wake_up_all_that_came)
{
    world_new(true);
    actor_arm(&one.actor, &one.first, SIM_US(1));
    actor_arm(&one.actor, &one.second, SIM_US(2));
    run_to(sim, SIM_US(2));
    ck_assert(timer_is_armed(&one.first)); /* due, not handled */
    ck_assert_int_gt(next_line(), 0);
    const SimTime at = sim_now(sim);
    run_to(sim, at + SIM_SEC(1));
    g_autofree char *expected =
        g_strdup_printf("%" G_GINT64_FORMAT "us one timer 1\n%" G_GINT64_FORMAT "us one timer 2\n",
                        at / 1000,
                        at / 1000);
    story_is(story, expected);
    teardown();
}
END_TEST

START_TEST(a_timer_that_is_disarmed_while_the_thread_waits_does_not_fire)
{
    world_new(true);
    one.first_disarms_second = true;
    actor_arm(&one.actor, &one.first, SIM_US(1));
    actor_arm(&one.actor, &one.second, SIM_US(2));
    run_to(sim, SIM_SEC(1));
    ck_assert_ptr_null(strstr(story->str, "timer 2"));
    ck_assert_ptr_nonnull(strstr(story->str, "timer 1"));
    teardown();
}
END_TEST

/* Its first wait was for the event: its work begins at once. */
START_TEST(work_of_a_thread_that_is_awake_does_not_wait)
{
    world_new(true);
    host_run(&one.actor, SIM_US(10), 1, NULL);
    ck_assert_int_eq(next_line(), SIM_US(10));
    teardown();
}
END_TEST

START_TEST(who_dies_while_it_waits_handles_nothing)
{
    for (int threads = 0; threads < 2; threads++) {
        world_new(threads == 1);
        actor_arm(&one.actor, &one.first, SIM_US(1));
        host_run(&one.actor, 3 * SLICE, 1, NULL);
        run_to(sim, SIM_US(1));
        g_string_truncate(story, 0);
        actor_kill(&one.actor);
        actor_start(&one.actor);
        run_to(sim, SIM_SEC(5));
        story_is(story, "1us one dies 1\n1us one starts 2\n");
        teardown();
    }
}
END_TEST

START_TEST(what_waited_when_it_was_frozen_is_done_after_the_thaw)
{
    world_new(true);
    actor_arm(&one.actor, &one.first, SIM_US(1));
    host_run(&one.actor, 3 * SLICE, 1, NULL);
    run_to(sim, SIM_US(1));
    actor_freeze(&one.actor);
    run_to(sim, SIM_SEC(5));
    story_is(story, "");
    actor_thaw(&one.actor);
    run_to(sim, SIM_SEC(10));
    ck_assert_ptr_nonnull(strstr(story->str, "timer 1"));
    ck_assert_ptr_nonnull(strstr(story->str, "done 1"));
    teardown();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("crowded host");
    TCase *turns = tcase_create("turns");
    tcase_add_test(turns, a_thread_that_wakes_up_waits_its_turn);
    tcase_add_test(turns, bursts_of_other_programs_keep_their_mean_and_are_felt);
    tcase_add_test(turns, a_thread_that_goes_on_keeps_its_core);
    tcase_add_test(turns, long_work_waits_again_after_each_slice);
    tcase_add_test(turns, a_process_of_one_thread_handles_at_one_wake_up_all_that_came);
    tcase_add_test(turns, a_timer_that_is_disarmed_while_the_thread_waits_does_not_fire);
    tcase_add_test(turns, work_of_a_thread_that_is_awake_does_not_wait);
    tcase_add_test(turns, who_dies_while_it_waits_handles_nothing);
    tcase_add_test(turns, what_waited_when_it_was_frozen_is_done_after_the_thaw);
    suite_add_tcase(suite, turns);
    return run_suite(suite);
}
