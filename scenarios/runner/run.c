/* run.c - one scenario simulated and judged. */
#include "scenarios/runner/run.h"
#include "scenarios/runner/advance.h"
#include "scenarios/runner/interrupt.h"

/* A slice aims at this much real time. */
#define SLICE_US 20000

static SimDuration next_slice(SimDuration slice, int64_t took_us)
{
    if (took_us < SLICE_US / 2 && slice < SIM_SEC(3600)) {
        return slice * 2;
    }
    if (took_us > SLICE_US * 2 && slice > SIM_US(10)) {
        return slice / 2;
    }
    return slice;
}

static const char *refusal_text(KernelRefusal refusal)
{
    switch (refusal) {
    case KERNEL_REFUSAL_TIME:
        return "an event was asked for past the end of time";
    case KERNEL_REFUSAL_PENDING:
        return "more events were pending than the engine allows";
    case KERNEL_REFUSAL_MEMORY:
        return "the run needed more memory than the engine allows";
    case KERNEL_REFUSAL_NONE:
        break;
    }
    return "the engine stopped the run";
}

/* True while there is more to do. */
static bool run_on(Run *self, KernelStop stop, SimTime duration)
{
    if (stop == KERNEL_REFUSED) {
        self->refused = true;
        self->why = refusal_text(cluster_refusal(self->cluster));
        return false;
    }
    if (stop == KERNEL_DRAINED ||
        (stop == KERNEL_UNTIL && cluster_now(self->cluster) >= duration)) {
        self->complete = true;
        return false;
    }
    if (stop == KERNEL_STOPPED && checks_failures(cluster_checks(self->cluster)) > 0) {
        self->why = "an invariant broke";
        return false;
    }
    if (interrupt_was_asked()) {
        self->why = "interrupted";
        return false;
    }
    self->why = self->standstill;
    return self->standstill == NULL;
}

static void simulate(Run *self, Progress *progress)
{
    SimTime duration = self->scenario->spec->duration;
    SimDuration slice = SIM_MS(1);
    Advance way = {0};
    bool more = true;
    while (more) {
        int64_t before_us = g_get_monotonic_time();
        SimTime now = cluster_now(self->cluster);
        SimTime until = duration - now > slice ? now + slice : duration;
        KernelStop stop = advance(&way, self->cluster, until);
        self->standstill = advance_standstill(&way, self->cluster);
        more = run_on(self, stop, duration);
        slice = next_slice(slice, g_get_monotonic_time() - before_us);
        if (progress != NULL) {
            progress_time(progress, cluster_now(self->cluster), duration);
        }
    }
}

static bool is_met(const Goal *goal, Measured measured)
{
    if (!measured.known) {
        return false;
    }
    switch (goal->op) {
    case GOAL_MAX:
        return measured.value <= goal->limit;
    case GOAL_MIN:
        return measured.value >= goal->limit;
    case GOAL_EQUALS:
        return measured.value == goal->limit;
    }
    return false;
}

static void judge(Run *self)
{
    MeasureSource source = run_source(self);
    for (guint i = 0; i < self->scenario->goals->len; i++) {
        const Goal *goal = self->scenario->goals->pdata[i];
        GoalResult result = {.goal = goal, .measured = measure(&source, goal)};
        result.met = is_met(goal, result.measured);
        g_array_append_val(self->goals, result);
    }
}

Run *run_scenario(const Scenario *scenario, Progress *progress)
{
    Run *self = g_new0(Run, 1);
    self->scenario = scenario;
    self->goals = g_array_new(FALSE, FALSE, sizeof(GoalResult));
    self->cluster = cluster_new(scenario->spec);
    g_autofree char *repeat = g_strdup_printf(
        "scenario \"%s\", seed %" G_GUINT64_FORMAT, scenario->spec->name, scenario->spec->seed);
    cluster_on_bug(self->cluster, repeat);
    simulate(self, progress);
    if (progress != NULL) {
        progress_end(progress);
    }
    self->report = cluster_report(self->cluster);
    judge(self);
    return self;
}

void run_free(Run *self)
{
    if (self == NULL) {
        return;
    }
    g_array_free(self->goals, TRUE);
    g_free(self->standstill);
    cluster_free(self->cluster);
    g_free(self);
}

MeasureSource run_source(const Run *self)
{
    return (MeasureSource){.spec = self->scenario->spec,
                           .report = self->report,
                           .series = cluster_series(self->cluster),
                           .now = cluster_now(self->cluster)};
}

bool run_goals_met(const Run *self)
{
    for (guint i = 0; i < self->goals->len; i++) {
        if (!g_array_index(self->goals, GoalResult, i).met) {
            return false;
        }
    }
    return true;
}

bool run_is_broken(const Run *self)
{
    return self->standstill != NULL || checks_failures(cluster_checks(self->cluster)) > 0;
}

ExitStatus run_status(const Run *self)
{
    if (run_is_broken(self)) {
        return EXIT_STATUS_INVARIANT;
    }
    if (!self->complete) {
        return self->refused ? EXIT_STATUS_USAGE : EXIT_STATUS_INTERRUPTED;
    }
    return run_goals_met(self) ? EXIT_STATUS_OK : EXIT_STATUS_GOALS;
}
