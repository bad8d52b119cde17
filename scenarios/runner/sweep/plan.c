/* plan.c - which runs a sweep has. */
#include "scenarios/runner/sweep/plan.h"
#include "scenarios/runner/sweep/seeds.h"
#include <string.h>

static void free_measure(void *data)
{
    SweepMeasure *measure = data;
    g_free(measure->name);
    g_free(measure);
}

static bool has_name(const GPtrArray *measures, const char *name)
{
    for (guint i = 0; i < measures->len; i++) {
        if (strcmp(((const SweepMeasure *)measures->pdata[i])->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void add_measure(GPtrArray *measures, const char *name, const Goal *what)
{
    SweepMeasure *measure = g_new0(SweepMeasure, 1);
    measure->name = g_strdup(name);
    measure->what = *what;
    g_ptr_array_add(measures, measure);
}

static void add_metric(GPtrArray *measures, const char *metric)
{
    const ScenarioMetric *row = scenario_metric_find(metric);
    if (row != NULL && !has_name(measures, metric)) {
        Goal what = {.metric = row->name, .unit = row->unit, .where_partition = SPEC_NONE};
        add_measure(measures, metric, &what);
    }
}

static bool same_text(const char *a, const char *b)
{
    return g_strcmp0(a, b) == 0;
}

static bool selects_same(const Goal *a, const Goal *b)
{
    return same_text(a->metric, b->metric) && same_text(a->where_producer, b->where_producer) &&
           same_text(a->where_group, b->where_group) && same_text(a->where_topic, b->where_topic) &&
           a->where_partition == b->where_partition && a->has_during == b->has_during &&
           (!a->has_during || (a->from == b->from && a->to == b->to));
}

/* Two goals over one metric with different "where" or "during" need two columns. */
static void add_goal(GPtrArray *measures, const Goal *goal)
{
    for (guint i = 0; i < measures->len; i++) {
        if (selects_same(&((SweepMeasure *)measures->pdata[i])->what, goal)) {
            return;
        }
    }
    g_autofree char *name = has_name(measures, goal->metric)
                                ? g_strdup_printf("%s (%s)", goal->metric, goal->text)
                                : g_strdup(goal->metric);
    add_measure(measures, name, goal);
}

GPtrArray *sweep_measures_compared(const Scenario *scenario, const char *wanted)
{
    static const char *const COMPARED[] = {"produce.rate",
                                           "produce.latency.p50",
                                           "produce.latency.p99",
                                           "produce.gap.max",
                                           "acked.records.lost",
                                           "records.duplicated",
                                           "records.failed",
                                           "consume.rate",
                                           "end.to.end.latency.p99",
                                           "lag.end"};
    GPtrArray *measures = g_ptr_array_new_with_free_func(free_measure);
    for (size_t i = 0; i < G_N_ELEMENTS(COMPARED); i++) {
        add_metric(measures, COMPARED[i]);
    }
    for (guint i = 0; i < scenario->goals->len; i++) {
        add_metric(measures, ((const Goal *)scenario->goals->pdata[i])->metric);
    }
    if (wanted != NULL) {
        add_metric(measures, wanted);
    }
    return measures;
}

GPtrArray *sweep_measures(const Scenario *scenario)
{
    static const char *const COMMON[] = {
        "produce.rate", "produce.latency.p99", "consume.rate", "lag.end", "acked.records.lost"};
    const Sweep *sweep = scenario->sweep;
    if (sweep == NULL) { /* only seeds: what two scenarios are compared by */
        return sweep_measures_compared(scenario, NULL);
    }
    GPtrArray *measures = g_ptr_array_new_with_free_func(free_measure);
    bool chosen = sweep->measures->len > 0;
    for (guint i = 0; chosen && i < sweep->measures->len; i++) {
        add_metric(measures, sweep->measures->pdata[i]);
    }
    for (guint g = 0; !chosen && g < scenario->goals->len; g++) {
        add_goal(measures, scenario->goals->pdata[g]);
    }
    for (size_t c = 0; !chosen && scenario->goals->len == 0 && c < G_N_ELEMENTS(COMMON); c++) {
        add_metric(measures, COMMON[c]);
    }
    return measures;
}

size_t sweep_plan_axes(const SweepPlan *self)
{
    return self->base->sweep != NULL && !self->single ? self->base->sweep->vary->len : 0;
}

const SweepAxis *sweep_plan_axis(const SweepPlan *self, size_t axis)
{
    return self->base->sweep->vary->pdata[axis];
}

void sweep_plan_set_seeds(SweepPlan *self, GArray *seeds)
{
    if (self->seeds != NULL) {
        g_array_free(self->seeds, TRUE);
    }
    self->seeds = seeds;
    self->runs = self->cells * seeds->len;
}

static GArray *own_seeds(const Scenario *base)
{
    GArray *seeds = g_array_new(FALSE, FALSE, sizeof(guint64));
    if (base->sweep != NULL && base->sweep->seeds->len > 0) {
        for (guint i = 0; i < base->sweep->seeds->len; i++) {
            guint64 seed = g_array_index(base->sweep->seeds, uint64_t, i);
            g_array_append_val(seeds, seed);
        }
    } else {
        guint64 seed = base->spec->seed;
        g_array_append_val(seeds, seed);
    }
    return seeds;
}

static SweepPlan *read_text(SweepPlan *self)
{
    if (!g_file_get_contents(self->path, &self->text, &self->length, NULL)) {
        sweep_plan_free(self);
        return NULL;
    }
    return self;
}

SweepPlan *sweep_plan_new(const Scenario *base, const char *path, const Options *options)
{
    SweepPlan *self = g_new0(SweepPlan, 1);
    *self = (SweepPlan){.base = base, .path = g_strdup(path), .options = options, .cells = 1};
    self->measures = sweep_measures(base);
    for (size_t axis = 0; axis < sweep_plan_axes(self); axis++) {
        self->cells *= sweep_plan_axis(self, axis)->values->len;
    }
    sweep_plan_set_seeds(self, own_seeds(base));
    return read_text(self);
}

SweepPlan *sweep_plan_new_single(const Scenario *base,
                                 const char *path,
                                 const Options *options,
                                 GPtrArray *measures,
                                 GArray *seeds)
{
    SweepPlan *self = g_new0(SweepPlan, 1);
    *self = (SweepPlan){.base = base, .path = g_strdup(path), .options = options, .cells = 1};
    self->single = true;
    self->measures = measures;
    sweep_plan_set_seeds(self, seeds);
    return read_text(self);
}

void sweep_plan_free(SweepPlan *self)
{
    if (self == NULL) {
        return;
    }
    g_array_free(self->seeds, TRUE);
    g_ptr_array_free(self->measures, TRUE);
    g_free(self->path);
    g_free(self->text);
    g_free(self);
}

size_t sweep_plan_value(const SweepPlan *self, size_t cell, size_t axis)
{
    for (size_t later = sweep_plan_axes(self); later > axis + 1; later--) {
        cell /= sweep_plan_axis(self, later - 1)->values->len;
    }
    return cell % sweep_plan_axis(self, axis)->values->len;
}

/* The user's --set first, then the cell's values. */
static GPtrArray *settings_of(const SweepPlan *self, size_t cell)
{
    GPtrArray *set = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < self->options->set->len; i++) {
        g_ptr_array_add(set, g_strdup(self->options->set->pdata[i]));
    }
    if (self->options->no_invariants) {
        g_ptr_array_add(set, g_strdup(OPTIONS_NO_INVARIANTS));
    }
    for (size_t axis = 0; axis < sweep_plan_axes(self); axis++) {
        const SweepAxis *row = sweep_plan_axis(self, axis);
        const char *text = row->texts->pdata[sweep_plan_value(self, cell, axis)];
        g_ptr_array_add(set, g_strdup_printf("%s=%s", row->pointer, text));
    }
    g_ptr_array_add(set, NULL);
    return set;
}

Scenario *sweep_plan_scenario(const SweepPlan *self, size_t run, Problems *problems)
{
    guint64 seed = g_array_index(self->seeds, guint64, run % self->seeds->len);
    g_autofree char *seed_text = g_strdup_printf("%" G_GUINT64_FORMAT, seed);
    g_autofree char *folder = g_path_get_dirname(self->path);
    g_autoptr(GPtrArray) set = settings_of(self, run / self->seeds->len);
    ScenarioOverrides overrides = {
        .set = (char **)set->pdata, .seed = seed_text, .until = self->options->until};
    return scenario_read_text(self->path, folder, self->text, self->length, &overrides, problems);
}
