/* test_run.c - the verdict on a run, with a cluster made for the purpose: the real one is not
 * allowed to break an invariant or to meet a limit. */
#include "scenarios/runner/interrupt.h"
#include "scenarios/runner/results/results.h"
#include "scenarios/runner/run.h"
#include "tests/run_suite.h"
#include <check.h>
#include <signal.h>
#include <string.h>

/* What the made-up cluster does is read from the scenario's name. */
struct Cluster {
    const ClusterSpec *spec;
    Kernel *kernel;
    EventLog *log;
    Checks *checks;
    Series *series;
    SimTime now;
    int slices;
    uint64_t fired; /* in the instant that does not end */
    bool stands_still;
    ClusterReport report;
};

Cluster *cluster_new(const ClusterSpec *spec)
{
    Cluster *self = g_new0(Cluster, 1);
    self->spec = spec;
    self->kernel = kernel_new(NULL);
    self->log = event_log_new(self->kernel, 100);
    self->checks = checks_new(self->kernel, self->log);
    self->series = series_new(SIM_MS(100));
    return self;
}

void cluster_free(Cluster *self)
{
    checks_free(self->checks);
    event_log_free(self->log);
    series_free(self->series);
    kernel_free(self->kernel);
    g_free(self);
}

void cluster_on_bug(Cluster *self, const char *scenario_and_replay_command)
{
    ck_assert(self != NULL && scenario_and_replay_command != NULL);
}

static bool does(const Cluster *self, const char *what)
{
    return strcmp(self->spec->name, what) == 0;
}

KernelStop cluster_step(Cluster *self, SimTime until, uint64_t events)
{
    self->slices++;
    self->stands_still = self->slices >= 3 && (does(self, "loop") || does(self, "loop, Ctrl-C"));
    if (self->stands_still) {
        self->fired += events;
        if (does(self, "loop, Ctrl-C")) {
            raise(SIGINT);
        }
        return KERNEL_STOPPED;
    }
    ck_assert_int_gt(until, self->now);
    ck_assert_int_le(until, self->spec->duration);
    if (does(self, "limit") && self->slices == 3) {
        return KERNEL_REFUSED;
    }
    if (does(self, "drained") && self->slices == 3) {
        return KERNEL_DRAINED;
    }
    if (does(self, "interrupted") && self->slices == 3) {
        raise(SIGINT);
    }
    if (does(self, "broken") && self->slices == 3) {
        (void)event_log_add(self->log, "world", "crash", "broker 1");
        (void)event_log_add(self->log, "controller-101", "fence", "broker 1: session expired");
        checks_violated(self->checks, "one leader an epoch", "brokers 1 and 2, epoch 7");
    }
    if (does(self, "stopped") && self->slices == 3) {
        checks_violated(self->checks, "one leader an epoch", "brokers 1 and 2, epoch 7");
        return KERNEL_STOPPED;
    }
    self->now = until;
    return KERNEL_UNTIL;
}

char *cluster_standstill(Cluster *self)
{
    ck_assert(self->stands_still);
    return g_strdup("orders-0 (1024 of 1024 events)");
}

SimTime cluster_now(const Cluster *self)
{
    return self->now;
}

uint64_t cluster_events_fired(const Cluster *self)
{
    return self->fired + (uint64_t)self->now / 1000000;
}

uint64_t cluster_fingerprint(const Cluster *self)
{
    return (uint64_t)self->now;
}

KernelRefusal cluster_refusal(const Cluster *self)
{
    return does(self, "limit") ? KERNEL_REFUSAL_MEMORY : KERNEL_REFUSAL_NONE;
}

const EventLog *cluster_event_log(const Cluster *self)
{
    return self->log;
}

const Series *cluster_series(const Cluster *self)
{
    return self->series;
}

const Checks *cluster_checks(const Cluster *self)
{
    return self->checks;
}

const ClusterReport *cluster_report(Cluster *self)
{
    self->report.total.lost = does(self, "lossy") ? 3 : 0;
    return &self->report;
}

/* A scenario of 10 s whose one goal is that nothing is lost. */
static Scenario *scenario_of(const char *name)
{
    Scenario *scenario = g_new0(Scenario, 1);
    Goal *goal = g_new0(Goal, 1);
    scenario->spec = g_new0(ClusterSpec, 1);
    scenario->spec->name = g_strdup(name);
    scenario->spec->duration = SIM_SEC(10);
    scenario->spec->faults = g_ptr_array_new();
    scenario->goals = g_ptr_array_new_with_free_func(g_free);
    scenario->not_simulated = g_ptr_array_new();
    scenario->hash = g_strdup("0123456789abcdef");
    *goal = (Goal){.metric = "acked.records.lost",
                   .where_partition = SPEC_NONE,
                   .op = GOAL_EQUALS,
                   .text = (char *)(uintptr_t) "acked.records.lost = 0"};
    g_ptr_array_add(scenario->goals, goal);
    return scenario;
}

static void free_scenario(Scenario *scenario)
{
    g_ptr_array_free(scenario->goals, TRUE);
    g_ptr_array_free(scenario->not_simulated, TRUE);
    g_ptr_array_free(scenario->spec->faults, TRUE);
    g_free(scenario->spec->name);
    g_free(scenario->spec);
    g_free(scenario->hash);
    g_free(scenario);
}

typedef struct Verdict {
    ExitStatus status;
    bool complete;
    bool goals_met;
    char *text;
} Verdict;

static Verdict judge(const char *name)
{
    Scenario *scenario = scenario_of(name);
    Run *run = run_scenario(scenario, NULL);
    GString *text = g_string_new(NULL);
    SummaryStyle style = {.colour = false};
    results_summary_text(run, style, text);
    Verdict verdict = {
        run_status(run), run->complete, run_goals_met(run), g_string_free(text, FALSE)};
    run_free(run);
    free_scenario(scenario);
    return verdict;
}

START_TEST(a_finished_run_that_meets_its_goals_is_0)
{
    Verdict verdict = judge("fine");
    ck_assert_int_eq(verdict.status, 0);
    ck_assert(verdict.complete && verdict.goals_met);
    ck_assert_str_eq(verdict.text,
                     "fine\n"
                     "seed 0, scenario 0123456789abcdef, fingerprint 00000002540be400\n"
                     "simulated 10.000 s in 10,000 events\n"
                     "\nRECORDS\n"
                     "  0 offered, 0 acked, 0 failed, 0 unknown, 0 acked and lost, 0 duplicated\n"
                     "\nGOALS\n"
                     "  ✓ acked.records.lost = 0                    0\n");
    g_free(verdict.text);
}
END_TEST

START_TEST(a_missed_goal_is_1)
{
    Verdict verdict = judge("lossy");
    ck_assert_int_eq(verdict.status, 1);
    ck_assert(verdict.complete && !verdict.goals_met);
    ck_assert_ptr_nonnull(
        strstr(verdict.text, "  ✗ acked.records.lost = 0                    3\n"));
    g_free(verdict.text);
}
END_TEST

START_TEST(a_broken_invariant_is_3_and_says_when)
{
    Verdict verdict = judge("broken");
    ck_assert_int_eq(verdict.status, 3);
    ck_assert_ptr_nonnull(strstr(verdict.text, "BROKEN INVARIANTS\n  ✗ one leader an epoch at "));
    ck_assert(verdict.complete); /* it goes on */
    const char *chain =
        strstr(verdict.text, "brokers 1 and 2, epoch 7 (1 times)\n    because of\n");
    ck_assert_ptr_nonnull(chain);
    const char *last = strstr(chain, "controller-101: fence broker 1: session expired\n");
    ck_assert_ptr_nonnull(last);
    ck_assert_ptr_nonnull(strstr(last, "world: crash broker 1\n"));
    g_free(verdict.text);
}
END_TEST

START_TEST(a_check_that_stops_the_run_leaves_it_incomplete_and_is_3)
{
    Verdict verdict = judge("stopped");
    ck_assert_int_eq(verdict.status, 3);
    ck_assert(!verdict.complete);
    ck_assert_ptr_nonnull(strstr(verdict.text, "INCOMPLETE: an invariant broke"));
    g_free(verdict.text);
}
END_TEST

START_TEST(a_limit_of_the_engine_is_2_and_the_run_is_incomplete)
{
    Verdict verdict = judge("limit");
    ck_assert_int_eq(verdict.status, 2);
    ck_assert(!verdict.complete);
    ck_assert_ptr_nonnull(strstr(verdict.text, "INCOMPLETE: the run needed more memory"));
    g_free(verdict.text);
}
END_TEST

START_TEST(a_run_where_nothing_is_left_to_happen_is_complete)
{
    Verdict verdict = judge("drained");
    ck_assert_int_eq(verdict.status, 0);
    ck_assert(verdict.complete);
    g_free(verdict.text);
}
END_TEST

START_TEST(an_interrupted_run_is_130)
{
    interrupt_install();
    Verdict verdict = judge("interrupted");
    ck_assert_int_eq(verdict.status, 130);
    ck_assert(!verdict.complete);
    ck_assert_ptr_nonnull(strstr(verdict.text, "INCOMPLETE: interrupted"));
    g_free(verdict.text);
}
END_TEST

START_TEST(an_instant_that_does_not_end_is_3_and_says_who_is_at_work)
{
    Verdict verdict = judge("loop");
    ck_assert_int_eq(verdict.status, 3);
    ck_assert(!verdict.complete);
    ck_assert_ptr_nonnull(strstr(verdict.text,
                                 "INCOMPLETE: virtual time stands still at 3.0 ms after "
                                 "33,554,434 events in that instant; at work: orders-0 (1024 of "
                                 "1024 events)\n"));
    g_free(verdict.text);
}
END_TEST

START_TEST(one_interrupt_ends_an_instant_that_does_not_end)
{
    interrupt_install();
    Verdict verdict = judge("loop, Ctrl-C");
    ck_assert_int_eq(verdict.status, 130);
    ck_assert_ptr_nonnull(strstr(verdict.text, "INCOMPLETE: interrupted"));
    g_free(verdict.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("run");
    TCase *tests = tcase_create("run");
    tcase_add_test(tests, a_finished_run_that_meets_its_goals_is_0);
    tcase_add_test(tests, a_missed_goal_is_1);
    tcase_add_test(tests, a_broken_invariant_is_3_and_says_when);
    tcase_add_test(tests, a_check_that_stops_the_run_leaves_it_incomplete_and_is_3);
    tcase_add_test(tests, a_limit_of_the_engine_is_2_and_the_run_is_incomplete);
    tcase_add_test(tests, a_run_where_nothing_is_left_to_happen_is_complete);
    tcase_add_test(tests, an_instant_that_does_not_end_is_3_and_says_who_is_at_work);
    tcase_add_test(tests, an_interrupted_run_is_130);
    tcase_add_test(tests, one_interrupt_ends_an_instant_that_does_not_end);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
