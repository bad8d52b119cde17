/* Cores shared by processes, and what happens to work in freezes, deaths and power cuts. */
#include "tests/sim/probe.h"

static Sim *sim;
static GString *story;
static Probe one;
static Probe two;

static void world_new(uint32_t cores, HostDiscipline discipline)
{
    sim = sim_new(5, NULL);
    story = g_string_new("");
    const uint32_t host = plain_host(sim, "machine", "", cores, discipline);
    probe_init(&one, sim, "one", host, story);
    probe_init(&two, sim, "two", host, story);
    actor_start(&one.actor);
    actor_start(&two.actor);
    g_string_truncate(story, 0);
}

static void teardown(void)
{
    sim_free(sim);
    g_string_free(story, TRUE);
}

static void run(Probe *probe, int64_t work_us, uint16_t kind)
{
    host_run(&probe->actor, SIM_US(work_us), kind, NULL);
}

START_TEST(work_on_an_idle_core_takes_its_time)
{
    world_new(1, HOST_PROCESSOR_SHARING);
    run(&one, 10, 1);
    run_to(sim, SIM_US(50));
    run(&one, 0, 2);
    run_to(sim, SIM_US(100));
    story_is(story, "10us one done 1\n50us one done 2\n");
    ck_assert_int_eq(host_busy_ns(host_at(sim, 0)), SIM_US(10));
    teardown();
}
END_TEST

START_TEST(sharers_of_a_core_slow_each_other_down)
{
    world_new(1, HOST_PROCESSOR_SHARING);
    run(&one, 30, 1); /* alone to 10, one of two to 30, one of three to 60, one of two after */
    run_to(sim, SIM_US(10));
    run(&two, 20, 2);
    run_to(sim, SIM_US(30));
    run(&two, 15, 3);
    run_to(sim, SIM_MS(1));
    story_is(story, "60us one done 1\n60us two done 2\n65us two done 3\n");
    ck_assert_int_eq(host_busy_ns(host_at(sim, 0)), SIM_US(65));
    teardown();
}
END_TEST

START_TEST(as_many_jobs_as_cores_do_not_share)
{
    world_new(2, HOST_PROCESSOR_SHARING);
    run(&one, 10, 1);
    run(&two, 10, 2);
    run_to(sim, SIM_US(5));
    run(&one, 10, 3); /* three on two cores: 2/3 each, until the first two are done at 12.5 */
    run_to(sim, SIM_US(6));
    ck_assert_uint_eq(host_running(host_at(sim, 0)), 3);
    run_to(sim, SIM_US(100));
    story_is(story, "12us one done 1\n12us two done 2\n17us one done 3\n");
    ck_assert_int_eq(host_busy_ns(host_at(sim, 0)), SIM_US(30));
    teardown();
}
END_TEST

START_TEST(first_come_first_served_keeps_the_line)
{
    world_new(1, HOST_FIRST_COME);
    run(&one, 10, 1);
    run(&two, 1, 2);
    run(&one, 5, 3);
    run_to(sim, SIM_US(100));
    story_is(story, "10us one done 1\n11us two done 2\n16us one done 3\n");
    teardown();
}
END_TEST

START_TEST(a_slow_host_takes_longer_and_a_standing_one_for_ever)
{
    world_new(1, HOST_PROCESSOR_SHARING);
    host_set_speed(sim, 0, 500000);
    run(&one, 10, 1);
    run_to(sim, SIM_US(10));
    host_set_speed(sim, 0, 0);
    run_to(sim, SIM_US(1000));
    host_set_speed(sim, 0, 1000000);
    run_to(sim, SIM_US(2000));
    story_is(story, "1005us one done 1\n");
    teardown();
}
END_TEST

START_TEST(the_work_of_a_frozen_process_stands_and_yields_the_core)
{
    for (HostDiscipline d = HOST_PROCESSOR_SHARING; d <= HOST_FIRST_COME; d++) {
        world_new(1, d);
        run(&one, 10, 1);
        run_to(sim, SIM_US(4));
        actor_freeze(&one.actor);
        run(&two, 10, 2);
        run_to(sim, SIM_US(100));
        actor_thaw(&one.actor);
        run_to(sim, SIM_US(200));
        story_is(story, "14us two done 2\n106us one done 1\n");
        teardown();
    }
}
END_TEST

START_TEST(the_work_of_a_dead_process_is_abandoned)
{
    for (HostDiscipline d = HOST_PROCESSOR_SHARING; d <= HOST_FIRST_COME; d++) {
        world_new(1, d);
        run(&one, 10, 1);
        run(&one, 10, 1);
        run(&two, 10, 2);
        actor_kill(&one.actor);
        actor_start(&one.actor);
        g_string_truncate(story, 0);
        run_to(sim, SIM_US(100));
        story_is(story, "10us two done 2\n");
        ck_assert_uint_eq(host_running(host_at(sim, 0)), 0);
        teardown();
    }
}
END_TEST

START_TEST(a_power_cut_kills_all_of_the_host_and_nothing_starts_without_power)
{
    world_new(1, HOST_PROCESSOR_SHARING);
    run(&one, 10, 1);
    disk_fsync(&two.actor, host_disk(host_at(sim, 0)), 2, NULL);
    run_to(sim, SIM_US(5));
    host_fail(sim, 0);
    ck_assert(!actor_start(&one.actor));
    ck_assert(!host_has_power(host_at(sim, 0)));
    host_restore(sim, 0);
    ck_assert(actor_start(&one.actor));
    run_to(sim, SIM_SEC(1));
    story_is(story, "5us one dies 1\n5us two dies 1\n5us one starts 2\n");
    teardown();
}
END_TEST

/* Many jobs, many speeds, freezes: no CPU time is lost or made beyond rounding. */
START_TEST(the_cores_do_exactly_the_work_that_was_asked_for)
{
    Stream dice;
    SimDuration asked = 0;
    world_new(3, _i % 2 == 0 ? HOST_PROCESSOR_SHARING : HOST_FIRST_COME);
    one.story = NULL;
    two.story = NULL;
    stream_init(&dice, (uint64_t)_i, "dice");
    for (int i = 0; i < 3000; i++) {
        const int64_t work = (int64_t)stream_below(&dice, 100000);
        asked += work;
        host_run(stream_chance(&dice, 500000) ? &one.actor : &two.actor, work, 1, NULL);
        if (stream_chance(&dice, 100000)) {
            (void)(actor_freeze(&one.actor) || actor_thaw(&one.actor));
        }
        run_to(sim, sim_now(sim) + (int64_t)stream_below(&dice, 30000));
    }
    actor_thaw(&one.actor);
    run_to(sim, sim_now(sim) + SIM_SEC(1));
    ck_assert_uint_eq(host_running(host_at(sim, 0)), 0);
    /* an end is found up to 1 ns late, while up to 3 cores are counted as busy */
    ck_assert_int_ge(host_busy_ns(host_at(sim, 0)), asked - 3000);
    ck_assert_int_le(host_busy_ns(host_at(sim, 0)), asked + 3 * 4000);
    teardown();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("host");
    TCase *cores = tcase_create("cores");
    tcase_add_test(cores, work_on_an_idle_core_takes_its_time);
    tcase_add_test(cores, sharers_of_a_core_slow_each_other_down);
    tcase_add_test(cores, as_many_jobs_as_cores_do_not_share);
    tcase_add_test(cores, first_come_first_served_keeps_the_line);
    tcase_add_test(cores, a_slow_host_takes_longer_and_a_standing_one_for_ever);
    tcase_add_test(cores, the_work_of_a_frozen_process_stands_and_yields_the_core);
    tcase_add_test(cores, the_work_of_a_dead_process_is_abandoned);
    tcase_add_test(cores, a_power_cut_kills_all_of_the_host_and_nothing_starts_without_power);
    tcase_add_loop_test(cores, the_cores_do_exactly_the_work_that_was_asked_for, 0, 10);
    suite_add_tcase(suite, cores);
    return run_suite(suite);
}
