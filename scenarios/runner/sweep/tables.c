/* tables.c - what a sweep leaves on disk. */
#include "scenarios/runner/sweep/tables.h"
#include "scenarios/runner/json_writer.h"
#include "scenarios/runner/results/result_dir.h"
#include "scenarios/runner/results/results.h"
#include "scenarios/runner/sweep/statistics.h"
#include "scenarios/runner/text.h"
#include "scenarios/runner/version.h"

/* A JSON value as a CSV field: strings without their quotes. */
static void append_value(const SweepPlan *plan, size_t cell, size_t axis, GString *out)
{
    const SweepAxis *row = sweep_plan_axis(plan, axis);
    size_t index = sweep_plan_value(plan, cell, axis);
    const cJSON *value = row->values->pdata[index];
    text_csv(out, cJSON_IsString(value) ? value->valuestring : row->texts->pdata[index]);
}

static void append_values(const SweepPlan *plan, size_t cell, GString *out)
{
    for (size_t axis = 0; axis < sweep_plan_axes(plan); axis++) {
        append_value(plan, cell, axis, out);
        g_string_append_c(out, ',');
    }
}

static void append_names(const SweepPlan *plan, GString *out)
{
    for (size_t axis = 0; axis < sweep_plan_axes(plan); axis++) {
        g_autofree char *name = sweep_plan_axis_name(plan, axis);
        text_csv(out, name);
        g_string_append_c(out, ',');
    }
}

static void append_run(const SweepResults *results, size_t run, GString *out)
{
    const SweepPlan *plan = results->plan;
    const SweepRow *row = &results->rows[run];
    g_string_append_printf(out,
                           "%zu,%zu,%" G_GUINT64_FORMAT ",",
                           run,
                           run / plan->seeds->len,
                           g_array_index(plan->seeds, guint64, run % plan->seeds->len));
    append_values(plan, run / plan->seeds->len, out);
    for (guint i = 0; i < plan->measures->len; i++) {
        const SweepMeasure *column = plan->measures->pdata[i];
        if (row->values[i].known) {
            text_measure_number(out, column->what.unit, row->values[i].value);
        }
        g_string_append_c(out, ',');
    }
    g_string_append(out, row->goals_met ? "1\n" : "0\n");
}

void sweep_runs_csv(const SweepResults *results, GString *out)
{
    const SweepPlan *plan = results->plan;
    g_string_append(out, "run,cell,seed,");
    append_names(plan, out);
    for (guint i = 0; i < plan->measures->len; i++) {
        text_csv(out, ((const SweepMeasure *)plan->measures->pdata[i])->name);
        g_string_append_c(out, ',');
    }
    g_string_append(out, "goals.met\n");
    for (size_t run = 0; run < plan->runs; run++) {
        if (results->rows[run].complete) {
            append_run(results, run, out);
        }
    }
}

static void append_interval(const Interval *interval, GString *out)
{
    g_string_append_printf(out, "%zu,", interval->n);
    text_double(out, interval->mean);
    g_string_append_c(out, ',');
    text_double(out, interval->low95);
    g_string_append_c(out, ',');
    text_double(out, interval->high95);
    g_string_append_c(out, ',');
    text_double(out, interval->median);
    g_string_append_c(out, '\n');
}

static void append_cell(const SweepResults *results, size_t cell, size_t index, GString *out)
{
    const SweepPlan *plan = results->plan;
    g_autofree double *values = sweep_results_cell(results, cell, index);
    Interval interval = interval_of(values, plan->seeds->len);
    g_string_append_printf(out, "%zu,", cell);
    append_values(plan, cell, out);
    text_csv(out, ((const SweepMeasure *)plan->measures->pdata[index])->name);
    g_string_append_c(out, ',');
    append_interval(&interval, out);
}

void sweep_cells_csv(const SweepResults *results, GString *out)
{
    g_string_append(out, "cell,");
    append_names(results->plan, out);
    g_string_append(out, "measure,n,mean,low95,high95,median\n");
    for (size_t cell = 0; cell < results->plan->cells; cell++) {
        for (size_t i = 0; i < results->plan->measures->len; i++) {
            append_cell(results, cell, i, out);
        }
    }
}

static void write_vary(JsonWriter *json, const SweepPlan *plan)
{
    json_begin_object(json, "vary");
    for (size_t axis = 0; axis < sweep_plan_axes(plan); axis++) {
        const SweepAxis *row = sweep_plan_axis(plan, axis);
        json_begin_array(json, row->pointer);
        for (guint i = 0; i < row->texts->len; i++) {
            json_raw(json, NULL, row->texts->pdata[i]);
        }
        json_end_array(json);
    }
    json_end_object(json);
    json_begin_array(json, "columns"); /* of the tables, in the order of "vary" */
    for (size_t axis = 0; axis < sweep_plan_axes(plan); axis++) {
        g_autofree char *name = sweep_plan_axis_name(plan, axis);
        json_string(json, NULL, name);
    }
    json_end_array(json);
}

static void write_seeds(JsonWriter *json, const SweepPlan *plan)
{
    json_begin_array(json, "seeds");
    for (guint i = 0; i < plan->seeds->len; i++) {
        g_autofree char *seed =
            g_strdup_printf("%" G_GUINT64_FORMAT, g_array_index(plan->seeds, guint64, i));
        json_string(json, NULL, seed);
    }
    json_end_array(json);
}

static void write_measures(JsonWriter *json, const SweepPlan *plan)
{
    json_begin_array(json, "measures");
    for (guint i = 0; i < plan->measures->len; i++) {
        const SweepMeasure *column = plan->measures->pdata[i];
        json_begin_object(json, NULL);
        json_string(json, "name", column->name);
        json_string(json, "unit", text_unit_name(column->what.unit));
        json_end_object(json);
    }
    json_end_array(json);
}

/* Whether a cell that an interruption cut short would have met its goals nobody knows: null. */
static void write_cells(JsonWriter *json, const SweepResults *results)
{
    json_begin_array(json, "goals_met");
    for (size_t cell = 0; cell < results->plan->cells; cell++) {
        bool met = sweep_results_cell_met(results, cell);
        if (met || sweep_results_cell_missed(results, cell)) {
            json_boolean(json, NULL, met);
        } else {
            json_string(json, NULL, NULL);
        }
    }
    json_end_array(json);
    size_t answer = sweep_answer(results);
    if (answer != SWEEP_NO_CELL) {
        json_integer(json, "answer_cell", (int64_t)answer);
    }
}

void sweep_json(const SweepResults *results, GString *out)
{
    const SweepPlan *plan = results->plan;
    JsonWriter json;
    json_writer_init(&json, out);
    json_begin_object(&json, NULL);
    json_integer(&json, "format", RESULTS_FORMAT);
    json_string(&json, "kafkasim", version_number());
    json_string(&json, "kafka", KAFKASIM_KAFKA_VERSION);
    json_string(&json, "name", plan->base->spec->name);
    json_string(&json, "hash", plan->base->hash);
    json_boolean(&json, "complete", !results->interrupted);
    write_vary(&json, plan);
    write_seeds(&json, plan);
    write_measures(&json, plan);
    json_begin_array(&json, "goals");
    for (guint i = 0; i < plan->base->goals->len; i++) {
        results_write_goal(&json, plan->base->goals->pdata[i], NULL);
    }
    json_end_array(&json);
    write_cells(&json, results);
    json_end_object(&json);
}

bool sweep_write(const SweepResults *results, const char *path, GError **error)
{
    static const struct {
        const char *name;
        void (*append)(const SweepResults *results, GString *out);
    } FILES[] = {
        {"runs.csv", sweep_runs_csv}, {"cells.csv", sweep_cells_csv}, {"sweep.json", sweep_json}};
    ResultDir *dir = result_dir_begin(path, error);
    if (dir == NULL) {
        return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(FILES); i++) {
        g_autoptr(GString) bytes = g_string_new(NULL);
        FILES[i].append(results, bytes);
        result_dir_append(dir, FILES[i].name, bytes);
    }
    return result_dir_commit(dir, error);
}
