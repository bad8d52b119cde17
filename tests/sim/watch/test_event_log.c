/* Goal: every logged event knows what brought it about, and the log keeps to its cap. Method: a
 * kernel with one target that logs and schedules. */
#include "sim/watch/event_log.h"
#include "tests/run_suite.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

typedef struct World {
    Kernel *kernel;
    EventLog *log;
    uint32_t target;
} World;

enum { CRASH, FENCE, ELECT, SILENT };

/* A crash leads to a fencing, a fencing to an election after a step that logs nothing. */
static void world_on_event(Kernel *kernel, void *self, SimTime now, KernelEvent event)
{
    (void)now;
    World *world = self;
    const SimTime later = kernel_now(kernel) + SIM_MS(5);
    switch (event.kind) {
    case CRASH:
        event_log_add(world->log, "broker-1", "crashed", "%s", "");
        kernel_schedule(kernel, later, world->target, FENCE, 0, NULL);
        break;
    case FENCE:
        event_log_add(world->log, "controller", "fenced", "broker %d, epoch %d", 1, 9);
        kernel_schedule(kernel, later, world->target, SILENT, 0, NULL);
        break;
    case SILENT:
        kernel_schedule(kernel, later, world->target, ELECT, 0, NULL);
        break;
    default:
        event_log_add(world->log, "controller", "elected", "leader %d", 2);
        break;
    }
}

static void world_open(World *world, uint32_t events_max)
{
    world->kernel = kernel_new(NULL);
    world->log = event_log_new(world->kernel, events_max);
    world->target = kernel_add_target(world->kernel, world_on_event, world);
}

static void world_close(World *world)
{
    event_log_free(world->log);
    kernel_free(world->kernel);
}

static void world_run_crash(World *world)
{
    kernel_schedule(world->kernel, SIM_SEC(12), world->target, CRASH, 0, NULL);
    kernel_run(world->kernel, SIM_SEC(20));
}

START_TEST(causes_lead_back_to_the_first_event_through_silent_steps)
{
    World world;
    world_open(&world, 100);
    world_run_crash(&world);
    LoggedEvent event;
    ck_assert_uint_eq(event_log_count(world.log), 3);
    ck_assert(event_log_get(world.log, 3, &event));
    ck_assert_str_eq(event.what, "elected");
    ck_assert_uint_eq(event.cause, 2);
    ck_assert(event_log_get(world.log, event.cause, &event));
    ck_assert_str_eq(event.what, "fenced");
    ck_assert_str_eq(event.detail, "broker 1, epoch 9");
    ck_assert_uint_eq(event.cause, 1);
    ck_assert(event_log_get(world.log, event.cause, &event));
    ck_assert_str_eq(event.actor, "broker-1");
    ck_assert_uint_eq(event.cause, 0);
    ck_assert_uint_eq(event.id, 1);
    ck_assert_int_eq(event.time, SIM_SEC(12));
    ck_assert(!event_log_get(world.log, 0, &event) && !event_log_get(world.log, 4, &event));
    world_close(&world);
}
END_TEST

START_TEST(the_text_is_one_line_an_event)
{
    World world;
    world_open(&world, 100);
    world_run_crash(&world);
    char *all = event_log_text(world.log, 0);
    char *last_two = event_log_tail(world.log, 2);
    char *too_many = event_log_tail(world.log, 99);
    ck_assert_str_eq(all,
                     "12.000000000 broker-1 crashed\n"
                     "12.005000000 controller fenced: broker 1, epoch 9\n"
                     "12.015000000 controller elected: leader 2\n");
    ck_assert_str_eq(last_two,
                     "12.005000000 controller fenced: broker 1, epoch 9\n"
                     "12.015000000 controller elected: leader 2\n");
    ck_assert_str_eq(too_many, all);
    g_free(all);
    g_free(last_two);
    g_free(too_many);
    world_close(&world);
}
END_TEST

START_TEST(past_the_cap_events_are_counted_and_causes_stay_true)
{
    World world;
    world_open(&world, 2);
    world_run_crash(&world);
    ck_assert_uint_eq(event_log_count(world.log), 2);
    ck_assert_uint_eq(event_log_left_out(world.log), 1);
    ck_assert_uint_eq(kernel_cause(world.kernel), 2);
    ck_assert_uint_eq(event_log_add(world.log, "a", "b", "%d", 1), 0);
    ck_assert_uint_eq(event_log_left_out(world.log), 2);
    world_close(&world);
}
END_TEST

START_TEST(state_changes_have_a_quarter_of_the_cap_in_reserve)
{
    World world;
    world_open(&world, 8);
    for (int i = 0; i < 20; i++) {
        event_log_add(world.log, "a", "told", "%d", i);
    }
    ck_assert_uint_eq(event_log_count(world.log), 8);
    ck_assert_uint_eq(event_log_keep(world.log, "a", "moved", "%s", "to LEADER"), 9);
    ck_assert_uint_eq(event_log_keep(world.log, "a", "moved", "%s", "to FENCED"), 10);
    ck_assert_uint_eq(event_log_keep(world.log, "a", "moved", "%s", "to LEADER"), 0);
    ck_assert_uint_eq(event_log_left_out(world.log), 13);
    world_close(&world);
}
END_TEST

START_TEST(words_are_copied_and_shared)
{
    World world;
    world_open(&world, 1000);
    char actor[] = "broker-7";
    event_log_add(world.log, actor, "started", "%d", 1);
    actor[7] = '8';
    event_log_add(world.log, actor, "started", "%d", 2);
    actor[7] = '7';
    event_log_add(world.log, actor, "started", "%d", 3);
    LoggedEvent first;
    LoggedEvent second;
    LoggedEvent third;
    event_log_get(world.log, 1, &first);
    event_log_get(world.log, 2, &second);
    event_log_get(world.log, 3, &third);
    ck_assert_str_eq(first.actor, "broker-7");
    ck_assert_str_eq(second.actor, "broker-8");
    ck_assert_ptr_eq(first.actor, third.actor);
    ck_assert_ptr_eq(first.what, second.what);
    world_close(&world);
}
END_TEST

/* Several blocks of details, with some near the limit of one detail. */
START_TEST(details_stay_where_they_are_while_the_log_grows)
{
    World world;
    world_open(&world, 100000);
    event_log_add(world.log, "a", "b", "%s", "the first");
    LoggedEvent first;
    event_log_get(world.log, 1, &first);
    for (int i = 2; i <= 60000; i++) {
        event_log_add(world.log, "a", "b", "%0*d", i % 1000 == 0 ? 4095 : 30, i);
    }
    ck_assert_str_eq(first.detail, "the first");
    for (uint32_t id = 2; id <= 60000; id++) {
        LoggedEvent event;
        ck_assert(event_log_get(world.log, id, &event));
        ck_assert_uint_eq(strtoul(event.detail, NULL, 10), id);
    }
    world_close(&world);
}
END_TEST

START_TEST(an_overlong_detail_is_cut)
{
    World world;
    world_open(&world, 10);
    event_log_add(world.log, "a", "b", "%0*d", 10000, 7);
    event_log_add(world.log, "a", "b", "%s", "next");
    LoggedEvent event;
    event_log_get(world.log, 1, &event);
    ck_assert_uint_eq(strlen(event.detail), 4095);
    event_log_get(world.log, 2, &event);
    ck_assert_str_eq(event.detail, "next");
    world_close(&world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("event log");
    TCase *tests = tcase_create("event log");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, causes_lead_back_to_the_first_event_through_silent_steps);
    tcase_add_test(tests, the_text_is_one_line_an_event);
    tcase_add_test(tests, past_the_cap_events_are_counted_and_causes_stay_true);
    tcase_add_test(tests, state_changes_have_a_quarter_of_the_cap_in_reserve);
    tcase_add_test(tests, words_are_copied_and_shared);
    tcase_add_test(tests, details_stay_where_they_are_while_the_log_grows);
    tcase_add_test(tests, an_overlong_detail_is_cut);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
