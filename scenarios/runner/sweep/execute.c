/* execute.c - runs all runs of a plan on a few threads. */
#include "scenarios/runner/sweep/execute.h"
#include "scenarios/runner/interrupt.h"
#include "scenarios/runner/run.h"
#include "scenarios/runner/text.h"
#include <math.h>

typedef struct Work {
    SweepResults *results;
    GMutex mutex; /* the reader (cJSON keeps one global), `problems`, `done` */
    GCond changed;
    size_t finished;
} Work;

static Scenario *read_scenario(Work *work, size_t run)
{
    Problems *problems = problems_new();
    g_mutex_lock(&work->mutex);
    Scenario *scenario = sweep_plan_scenario(work->results->plan, run, problems);
    if (scenario == NULL && work->results->problems == NULL) {
        GString *text = g_string_new(NULL);
        problems_print(problems, PROBLEM_ERROR, false, text);
        work->results->problems = g_string_free(text, FALSE);
    }
    g_mutex_unlock(&work->mutex);
    problems_free(problems);
    return scenario;
}

static void fill_row(const SweepPlan *plan, const Run *run, SweepRow *row)
{
    MeasureSource source = run_source(run);
    for (guint i = 0; i < plan->measures->len; i++) {
        const SweepMeasure *column = plan->measures->pdata[i];
        row->values[i] = measure(&source, &column->what);
    }
    row->done = true;
    row->complete = run->complete;
    row->goals_met = run->complete && run_goals_met(run);
    row->invariant_broken = run_is_broken(run);
}

static void do_run(void *data, void *user)
{
    Work *work = user;
    size_t index = GPOINTER_TO_SIZE(data) - 1;
    Scenario *scenario = interrupt_was_asked() ? NULL : read_scenario(work, index);
    if (scenario != NULL) {
        Run *run = run_scenario(scenario, NULL);
        fill_row(work->results->plan, run, &work->results->rows[index]);
        run_free(run);
        g_mutex_lock(&work->mutex);
        scenario_free(scenario);
        g_mutex_unlock(&work->mutex);
    }
    g_mutex_lock(&work->mutex);
    work->finished++;
    g_cond_signal(&work->changed);
    g_mutex_unlock(&work->mutex);
}

static void wait_for_all(Work *work, size_t runs, Progress *progress)
{
    g_mutex_lock(&work->mutex);
    while (work->finished < runs) {
        gint64 until = g_get_monotonic_time() + 100000;
        g_cond_wait_until(&work->changed, &work->mutex, until);
        if (progress != NULL) {
            progress_runs(progress, (int64_t)work->finished, (int64_t)runs);
        }
    }
    g_mutex_unlock(&work->mutex);
    if (progress != NULL) {
        progress_end(progress);
    }
}

static SweepResults *results_new(const SweepPlan *plan)
{
    SweepResults *self = g_new0(SweepResults, 1);
    self->plan = plan;
    self->rows = g_new0(SweepRow, plan->runs);
    for (size_t i = 0; i < plan->runs; i++) {
        self->rows[i].values = g_new0(Measured, plan->measures->len);
    }
    return self;
}

SweepResults *sweep_execute(const SweepPlan *plan, int jobs, Progress *progress)
{
    SweepResults *self = results_new(plan);
    Work work = {.results = self};
    interrupt_take_hangups();
    g_mutex_init(&work.mutex);
    g_cond_init(&work.changed);
    GThreadPool *pool = g_thread_pool_new(do_run, &work, jobs, FALSE, NULL);
    for (size_t i = 0; i < plan->runs; i++) {
        g_thread_pool_push(pool, GSIZE_TO_POINTER(i + 1), NULL);
    }
    wait_for_all(&work, plan->runs, progress);
    g_thread_pool_free(pool, FALSE, TRUE);
    g_cond_clear(&work.changed);
    g_mutex_clear(&work.mutex);
    self->interrupted = interrupt_was_asked();
    return self;
}

void sweep_results_free(SweepResults *self)
{
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; i < self->plan->runs; i++) {
        g_free(self->rows[i].values);
    }
    g_free(self->rows);
    g_free(self->problems);
    g_free(self);
}

double *sweep_results_cell(const SweepResults *self, size_t cell, size_t measure_index)
{
    size_t seeds = self->plan->seeds->len;
    const SweepMeasure *column = self->plan->measures->pdata[measure_index];
    double *values = g_new(double, seeds);
    for (size_t i = 0; i < seeds; i++) {
        const SweepRow *row = &self->rows[cell * seeds + i];
        bool known = row->complete && row->values[measure_index].known;
        values[i] = known ? text_measure_double(column->what.unit, row->values[measure_index].value)
                          : (double)NAN;
    }
    return values;
}

bool sweep_results_cell_met(const SweepResults *self, size_t cell)
{
    size_t seeds = self->plan->seeds->len;
    for (size_t i = 0; i < seeds; i++) {
        if (!self->rows[cell * seeds + i].goals_met) {
            return false;
        }
    }
    return true;
}

bool sweep_results_cell_missed(const SweepResults *self, size_t cell)
{
    size_t seeds = self->plan->seeds->len;
    for (size_t i = 0; i < seeds; i++) {
        const SweepRow *row = &self->rows[cell * seeds + i];
        if (!row->goals_met && (row->complete || !self->interrupted)) {
            return true;
        }
    }
    return false;
}
