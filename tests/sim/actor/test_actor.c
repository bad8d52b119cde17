/* Lives, incarnations, freezes and timers of actors, told as stories. */
#include "sim/actor/dispatch.h"
#include "sim/actor/state.h"
#include "tests/sim/probe.h"
#include <signal.h>
#include <string.h>

typedef struct World {
    Sim *sim;
    GString *story;
    Probe broker;
    Probe other;
} World;

static World world;

static void world_setup(void)
{
    world.sim = sim_new(7, NULL);
    world.story = g_string_new("");
    probe_init(&world.broker, world.sim, "broker", 0, world.story);
}

static void world_teardown(void)
{
    sim_free(world.sim);
    g_string_free(world.story, TRUE);
}

static void run_until_us(int64_t until)
{
    run_to(world.sim, SIM_US(until));
}

static void thaw_on_event(Kernel *kernel, void *actor, SimTime now, KernelEvent event)
{
    (void)now;
    (void)kernel;
    (void)event;
    actor_thaw(actor);
}

START_TEST(a_life_goes_only_along_its_arrows)
{
    Actor *broker = &world.broker.actor;
    ck_assert(!actor_kill(broker) && !actor_freeze(broker) && !actor_thaw(broker));
    ck_assert(actor_start(broker));
    ck_assert(!actor_start(broker) && !actor_thaw(broker));
    ck_assert(actor_freeze(broker));
    ck_assert(!actor_freeze(broker) && !actor_start(broker));
    ck_assert(actor_thaw(broker));
    ck_assert(actor_freeze(broker) && actor_kill(broker));
    ck_assert(!actor_thaw(broker) && !actor_kill(broker));
    ck_assert(actor_start(broker));
    story_is(world.story, "0us broker starts 1\n0us broker dies 1\n0us broker starts 2\n");
}
END_TEST

START_TEST(timers_of_a_dead_incarnation_never_fire)
{
    Actor *broker = &world.broker.actor;
    actor_start(broker);
    actor_arm(broker, &world.broker.first, SIM_US(10));
    actor_arm_constant(broker, &world.broker.second, SIM_US(20));
    run_until_us(5);
    actor_kill(broker);
    ck_assert(!timer_is_armed(&world.broker.first));
    actor_start(broker);
    ck_assert(!timer_is_armed(&world.broker.first));
    run_until_us(100);
    story_is(world.story, "0us broker starts 1\n5us broker dies 1\n5us broker starts 2\n");
    ck_assert_uint_eq(world.sim->dropped_events, 2);
}
END_TEST

START_TEST(a_timer_struct_works_again_while_its_old_event_is_still_pending)
{
    Actor *broker = &world.broker.actor;
    actor_start(broker);
    actor_arm(broker, &world.broker.first, SIM_US(50));
    actor_kill(broker);
    actor_start(broker);
    actor_arm(broker, &world.broker.first, SIM_US(80)); /* no timer_init in between */
    g_string_truncate(world.story, 0);
    run_until_us(60);
    ck_assert(timer_is_armed(&world.broker.first)); /* the old event at 50 touched nothing */
    run_until_us(100);
    story_is(world.story, "80us broker timer 1\n");
    ck_assert(!timer_is_armed(&world.broker.first));
}
END_TEST

/* A handle has 8 bits of generation: 256 uses of its slot later a stale one names a stranger's
 * event. Brought about by hand here. */
START_TEST(arming_after_a_restart_never_cancels_a_strangers_event)
{
    Probe *other = &world.other;
    probe_init(other, world.sim, "other", 0, world.story);
    actor_start(&world.broker.actor);
    actor_start(&other->actor);
    actor_arm(&world.broker.actor, &world.broker.first, SIM_US(1));
    actor_kill(&world.broker.actor);
    run_until_us(2);
    actor_arm(&other->actor, &other->first, SIM_US(100));
    world.broker.first.handle = other->first.handle;
    actor_disarm(&world.broker.actor, &world.broker.first); /* dead */
    world.broker.first.handle = other->first.handle;
    actor_start(&world.broker.actor);
    actor_arm(&world.broker.actor, &world.broker.first, SIM_US(300));
    ck_assert(kernel_is_pending(world.sim->kernel, other->first.handle));
}
END_TEST

START_TEST(arming_an_armed_timer_moves_it)
{
    Actor *broker = &world.broker.actor;
    actor_start(broker);
    actor_arm(broker, &world.broker.first, SIM_US(10));
    actor_arm(broker, &world.broker.first, SIM_US(30));
    ck_assert_int_eq(world.broker.first.deadline, SIM_US(30));
    actor_arm_constant(broker, &world.broker.second, SIM_US(10));
    actor_arm_constant(broker, &world.broker.second, SIM_US(40));
    g_string_truncate(world.story, 0);
    run_until_us(100);
    story_is(world.story, "30us broker timer 1\n40us broker timer 2\n");
}
END_TEST

START_TEST(a_frozen_process_handles_its_events_at_the_thaw_in_order)
{
    Actor *broker = &world.broker.actor;
    actor_start(broker);
    actor_arm(broker, &world.broker.second, SIM_US(10));
    actor_arm(broker, &world.broker.first, SIM_US(20));
    actor_freeze(broker);
    g_string_truncate(world.story, 0);
    run_until_us(99);
    story_is(world.story, "");
    ck_assert(timer_is_armed(&world.broker.first));
    actor_thaw(broker);
    run_until_us(99);
    story_is(world.story, "99us broker timer 2\n99us broker timer 1\n");
}
END_TEST

/* Both are due at 50, and so is the thaw, which is scheduled first of all: when the second timer
 * fires, the first waits still. */
START_TEST(what_is_due_in_the_instant_of_the_thaw_comes_behind_what_waited)
{
    Actor *broker = &world.broker.actor;
    const uint32_t thaw = kernel_add_target(world.sim->kernel, thaw_on_event, broker);
    actor_start(broker);
    actor_freeze(broker);
    actor_arm_at(broker, &world.broker.first, SIM_US(10));
    (void)kernel_schedule(world.sim->kernel, SIM_US(50), thaw, 1, 0, NULL);
    actor_arm_at(broker, &world.broker.second, SIM_US(50));
    g_string_truncate(world.story, 0);
    run_until_us(50);
    story_is(world.story, "50us broker timer 1\n50us broker timer 2\n");
}
END_TEST

START_TEST(a_second_freeze_in_the_middle_of_a_thaw_keeps_the_rest)
{
    Actor *broker = &world.broker.actor;
    actor_start(broker);
    actor_arm(broker, &world.broker.first, SIM_US(10));
    actor_arm(broker, &world.broker.second, SIM_US(20));
    actor_freeze(broker);
    run_until_us(30);
    g_string_truncate(world.story, 0);
    actor_thaw(broker);
    (void)kernel_step(world.sim->kernel, SIM_US(30), 1);
    story_is(world.story, "30us broker timer 1\n");
    actor_freeze(broker);
    run_until_us(40);
    story_is(world.story, "");
    actor_thaw(broker);
    run_until_us(41);
    story_is(world.story, "40us broker timer 2\n");
}
END_TEST

START_TEST(a_timer_that_waits_for_the_thaw_can_still_be_disarmed)
{
    Actor *broker = &world.broker.actor;
    world.broker.first_disarms_second = true;
    actor_start(broker);
    actor_arm(broker, &world.broker.first, SIM_US(10));
    actor_arm(broker, &world.broker.second, SIM_US(20));
    actor_freeze(broker);
    run_until_us(30);
    g_string_truncate(world.story, 0);
    actor_thaw(broker);
    run_until_us(100);
    story_is(world.story, "30us broker timer 1\n");
}
END_TEST

START_TEST(killing_a_frozen_process_drops_what_waited)
{
    Actor *broker = &world.broker.actor;
    actor_start(broker);
    actor_freeze(broker);
    actor_deliver(broker, ACTOR_EVENT_MAIL, message_new(world.sim, sizeof(Note), 1));
    actor_arm(broker, &world.broker.first, SIM_US(1));
    run_until_us(2);
    actor_kill(broker);
    actor_start(broker);
    run_until_us(100);
    story_is(world.story, "0us broker starts 1\n2us broker dies 1\n2us broker starts 2\n");
    ck_assert_uint_eq(world.sim->dropped_mail, 1);
    ck_assert_uint_eq(world.sim->dropped_events, 1);
}
END_TEST

START_TEST(the_log_tells_causes_through_a_freeze)
{
    Actor *broker = &world.broker.actor;
    actor_start(broker);
    const uint32_t cause = actor_log(broker, "reason", "of the timer");
    actor_arm(broker, &world.broker.first, SIM_US(5));
    actor_freeze(broker);
    run_until_us(10);
    actor_thaw(broker);
    ck_assert_uint_ne(kernel_cause(world.sim->kernel), cause);
    (void)kernel_step(world.sim->kernel, SIM_US(10), 1);
    ck_assert_uint_eq(kernel_cause(world.sim->kernel), cause);
}
END_TEST

START_TEST(streams_are_named_by_actor_and_purpose)
{
    Stream one;
    Stream again;
    Stream other;
    actor_stream(&world.broker.actor, "jitter", &one);
    stream_init(&again, 7, "broker/jitter");
    actor_stream(&world.broker.actor, "backoff", &other);
    const uint64_t draw = stream_u64(&one);
    ck_assert_uint_eq(draw, stream_u64(&again));
    ck_assert_uint_ne(draw, stream_u64(&other));
}
END_TEST

START_TEST(a_dead_process_that_arms_a_timer_is_our_bug)
{
    actor_arm(&world.broker.actor, &world.broker.first, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("actor");
    TCase *lives = tcase_create("lives");
    tcase_add_checked_fixture(lives, world_setup, world_teardown);
    tcase_add_test(lives, a_life_goes_only_along_its_arrows);
    tcase_add_test(lives, timers_of_a_dead_incarnation_never_fire);
    tcase_add_test(lives, a_timer_struct_works_again_while_its_old_event_is_still_pending);
    tcase_add_test(lives, arming_after_a_restart_never_cancels_a_strangers_event);
    tcase_add_test(lives, arming_an_armed_timer_moves_it);
    tcase_add_test(lives, a_frozen_process_handles_its_events_at_the_thaw_in_order);
    tcase_add_test(lives, what_is_due_in_the_instant_of_the_thaw_comes_behind_what_waited);
    tcase_add_test(lives, a_second_freeze_in_the_middle_of_a_thaw_keeps_the_rest);
    tcase_add_test(lives, a_timer_that_waits_for_the_thaw_can_still_be_disarmed);
    tcase_add_test(lives, killing_a_frozen_process_drops_what_waited);
    tcase_add_test(lives, the_log_tells_causes_through_a_freeze);
    tcase_add_test(lives, streams_are_named_by_actor_and_purpose);
    const char *fork_mode = g_getenv("CK_FORK");
    if (fork_mode == NULL || strcmp(fork_mode, "no") != 0) {
        tcase_add_test_raise_signal(lives, a_dead_process_that_arms_a_timer_is_our_bug, SIGABRT);
    }
    suite_add_tcase(suite, lives);
    return run_suite(suite);
}
