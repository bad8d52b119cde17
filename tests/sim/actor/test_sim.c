/* What a run prints when our own code is wrong, and that it can be thrown away at any moment. */
#include "tests/sim/probe.h"
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static Probe probe;

/* The child's standard error, and how it ended. */
static char *report_of_a_bug(const char *note, int *ret_status)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        Sim *sim = sim_new(4711, NULL);
        probe_init(&probe, sim, "broker-1", 0, NULL);
        (void)dup2(ends[1], STDERR_FILENO);
        actor_start(&probe.actor);
        for (int i = 1; i <= 30; i++) {
            (void)actor_log(&probe.actor, "step", "number %d.", i);
        }
        sim_on_bug(sim, note);
        run_to(sim, SIM_MS(12));
        SIM_ASSERT(sim, 1 + 1 == 3);
    }
    (void)close(ends[1]);
    GString *text = g_string_new("");
    char block[512];
    for (ssize_t n = 1; n > 0;) {
        n = read(ends[0], block, sizeof block);
        g_string_append_len(text, block, n > 0 ? n : 0);
    }
    (void)close(ends[0]);
    ck_assert_int_eq(waitpid(child, ret_status, 0), child);
    return g_string_free(text, FALSE);
}

START_TEST(a_bug_report_says_what_is_needed_to_repeat_it)
{
    int status = 0;
    char *report = report_of_a_bug("repeat with: kafkasim run x.json --seed 4711", &status);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    ck_assert_ptr_nonnull(strstr(report, "1 + 1 == 3"));
    ck_assert_ptr_nonnull(strstr(report, "seed 4711"));
    ck_assert_ptr_nonnull(strstr(report, "virtual time 12000000 ns"));
    ck_assert_ptr_nonnull(strstr(report, "event number 1"));
    ck_assert_ptr_nonnull(strstr(report, "number 30."));
    ck_assert_ptr_nonnull(strstr(report, "number 11."));
    ck_assert_ptr_null(strstr(report, "number 10.")); /* twenty lines */
    ck_assert_ptr_nonnull(strstr(report, "kafkasim run x.json --seed 4711"));
    g_free(report);
}
END_TEST

START_TEST(a_sim_is_freed_in_the_middle_of_everything)
{
    const NetworkProfile profile = {.latency = distribution_constant(SIM_US(100))};
    Sim *sim = sim_new(1, NULL);
    static Probe peer;
    network_new(sim, &profile);
    probe_init(&probe, sim, "one", plain_host(sim, "a", "", 1, HOST_PROCESSOR_SHARING), NULL);
    probe_init(&peer, sim, "two", plain_host(sim, "b", "", 1, HOST_FIRST_COME), NULL);
    actor_start(&probe.actor);
    actor_start(&peer.actor);
    (void)network_connect(&probe.actor, &peer.actor);
    run_to(sim, SIM_MS(1));
    network_set_fault(sim->network, 0, 1, (LinkFault){.cut = true});
    probe_send(&probe, probe.connection, 1, 100);
    probe_send(&peer, peer.connection, 2, 100000);
    host_run(&probe.actor, SIM_MS(1), 1, NULL);
    disk_fsync(&probe.actor, host_disk(host_at(sim, 0)), 1, NULL);
    page_cache_append(
        host_page_cache(host_at(sim, 0)), page_cache_create(host_page_cache(host_at(sim, 0))), 99);
    actor_freeze(&probe.actor);
    run_to(sim, SIM_MS(2));
    actor_clear(&peer.actor); /* before the Sim; the other one is left to it */
    sim_free(sim);            /* the leak checker of a sanitized build is the judge */
    ck_assert_ptr_null(probe.actor.sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim");
    TCase *whole = tcase_create("whole");
    const char *fork_mode = g_getenv("CK_FORK");
    if (fork_mode == NULL || strcmp(fork_mode, "no") != 0) {
        tcase_add_test(whole, a_bug_report_says_what_is_needed_to_repeat_it);
    }
    tcase_add_test(whole, a_sim_is_freed_in_the_middle_of_everything);
    suite_add_tcase(suite, whole);
    return run_suite(suite);
}
