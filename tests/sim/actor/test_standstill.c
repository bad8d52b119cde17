/* Who is at work when one instant does not end. */
#include "sim/actor/standstill.h"
#include "tests/run_suite.h"
#include <check.h>

typedef struct Restless {
    Actor actor;
    Timer timer;
    SimDuration pause;
} Restless;

static void on_start(Actor *self)
{
    Restless *restless = (Restless *)self;
    actor_arm(self, &restless->timer, 0);
}

static void on_timer(Actor *self, Timer *timer)
{
    actor_arm(self, timer, ((Restless *)self)->pause);
}

static const ActorClass RESTLESS = {.name = "restless", .on_start = on_start, .on_timer = on_timer};

static void add(Sim *sim, Restless *restless, const char *name, SimDuration pause)
{
    actor_init(&restless->actor, &RESTLESS, sim, name, 0);
    timer_init(&restless->timer, 1, NULL);
    restless->pause = pause;
    actor_start(&restless->actor);
}

static void words_are(Sim *sim, const char *expected)
{
    char *words = standstill_words(sim);
    ck_assert_str_eq(words, expected);
    g_free(words);
}

START_TEST(the_ones_that_never_wait_are_named_most_events_first)
{
    Sim *sim = sim_new(1, NULL);
    Restless calm, hasty, hastier;
    add(sim, &calm, "calm", SIM_MS(1));
    add(sim, &hasty, "hasty", 0);
    add(sim, &hastier, "hastier", 0);
    ck_assert_int_eq(kernel_step(sim->kernel, SIM_SEC(1), 1), KERNEL_STOPPED);
    words_are(sim, "hasty (512 of 1024 events), hastier (512 of 1024 events)");
    ck_assert_int_eq(sim_now(sim), 0);
    sim_free(sim);
}
END_TEST

START_TEST(an_instant_that_ends_has_nobody_left_to_name)
{
    Sim *sim = sim_new(1, NULL);
    Restless calm;
    add(sim, &calm, "calm", SIM_MS(1));
    words_are(sim, "calm (1 of 1 events)");
    words_are(sim, "");
    sim_free(sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("standstill");
    TCase *tests = tcase_create("standstill");
    tcase_add_test(tests, the_ones_that_never_wait_are_named_most_events_first);
    tcase_add_test(tests, an_instant_that_ends_has_nobody_left_to_name);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
