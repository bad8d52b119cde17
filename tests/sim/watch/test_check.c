/* Goal: the first violation of each property is kept with its circumstances, and watching changes
 * nothing. */
#include "sim/watch/check.h"
#include "tests/run_suite.h"
#include <check.h>

typedef struct World {
    Kernel *kernel;
    EventLog *log;
    Checks *checks;
    uint32_t cause_after;
} World;

static void world_on_event(Kernel *kernel, void *self, SimTime now, KernelEvent event)
{
    (void)now;
    World *world = self;
    event_log_add(world->log, "replica", "moved", "high watermark to %d", event.kind);
    checks_violated(world->checks, "high-watermark-monotonic", "moved to %d", event.kind);
    if (event.kind == 2) {
        checks_violated(world->checks, "one-leader", "leaders %d and %d", 1, 2);
    }
    world->cause_after = kernel_cause(kernel);
}

static void world_open(World *world)
{
    *world = (World){.kernel = kernel_new(NULL)};
    world->log = event_log_new(world->kernel, 100);
    world->checks = checks_new(world->kernel, world->log);
    const uint32_t target = kernel_add_target(world->kernel, world_on_event, world);
    for (uint16_t kind = 1; kind <= 3; kind++) {
        kernel_schedule(world->kernel, SIM_SEC(kind), target, kind, 0, NULL);
    }
}

static void world_close(World *world)
{
    checks_free(world->checks);
    event_log_free(world->log);
    kernel_free(world->kernel);
}

START_TEST(the_first_violation_is_kept_and_all_are_counted)
{
    World world;
    world_open(&world);
    ck_assert_int_eq(kernel_run(world.kernel, SIM_SEC(9)), KERNEL_DRAINED);
    ck_assert_uint_eq(checks_failures(world.checks), 2);
    const CheckFailure *failure = checks_failure(world.checks, 0);
    ck_assert_str_eq(failure->name, "high-watermark-monotonic");
    ck_assert_str_eq(failure->detail, "moved to 1");
    ck_assert_int_eq(failure->time, SIM_SEC(1));
    ck_assert_uint_eq(failure->cause, 1);
    ck_assert_uint_eq(failure->count, 3);
    ck_assert_uint_eq(failure->fired, 1);
    failure = checks_failure(world.checks, 1);
    ck_assert_str_eq(failure->name, "one-leader");
    ck_assert_str_eq(failure->detail, "leaders 1 and 2");
    ck_assert_uint_eq(failure->count, 1);
    ck_assert_uint_eq(failure->fired, 2);
    ck_assert_ptr_null(checks_failure(world.checks, 2));
    world_close(&world);
}
END_TEST

START_TEST(a_violation_is_logged_once_and_causes_nothing)
{
    World world;
    world_open(&world);
    kernel_run(world.kernel, SIM_SEC(9));
    char *text = event_log_text(world.log, 1);
    ck_assert_str_eq(text,
                     "1.000000000 replica moved: high watermark to 1\n"
                     "1.000000000 check high-watermark-monotonic: moved to 1\n"
                     "2.000000000 replica moved: high watermark to 2\n"
                     "2.000000000 check one-leader: leaders 1 and 2\n"
                     "3.000000000 replica moved: high watermark to 3\n");
    g_free(text);
    LoggedEvent event;
    event_log_get(world.log, 2, &event);
    ck_assert_uint_eq(event.cause, 1);
    ck_assert_uint_eq(world.cause_after, 5);
    world_close(&world);
}
END_TEST

START_TEST(a_run_stops_at_a_violation_when_told)
{
    World world;
    world_open(&world);
    checks_stop_at_violation(world.checks, true);
    ck_assert_int_eq(kernel_run(world.kernel, SIM_SEC(9)), KERNEL_STOPPED);
    ck_assert_int_eq(kernel_now(world.kernel), SIM_SEC(1));
    ck_assert_uint_eq(checks_failures(world.checks), 1);
    world_close(&world);
}
END_TEST

START_TEST(checks_need_no_log)
{
    Kernel *kernel = kernel_new(NULL);
    Checks *checks = checks_new(kernel, NULL);
    ck_assert_uint_eq(checks_failures(checks), 0);
    checks_violated(checks, "p", "%s", "detail");
    checks_violated(checks, "p", "%s", "other");
    ck_assert_uint_eq(checks_failures(checks), 1);
    ck_assert_str_eq(checks_failure(checks, 0)->detail, "detail");
    checks_free(checks);
    kernel_free(kernel);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("check");
    TCase *tests = tcase_create("check");
    tcase_add_test(tests, the_first_violation_is_kept_and_all_are_counted);
    tcase_add_test(tests, a_violation_is_logged_once_and_causes_nothing);
    tcase_add_test(tests, a_run_stops_at_a_violation_when_told);
    tcase_add_test(tests, checks_need_no_log);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
