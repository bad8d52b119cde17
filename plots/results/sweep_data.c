/* sweep_data.c - see sweep_data.h. */
#include "plots/results/sweep_data.h"

#include "plots/results/csv_reader.h"

#include <math.h>
#include <string.h>

#define NAME_LIMIT 4096

/* Places of the columns of cells.csv. */
enum { CELL, MEASURE, MEAN, LOW95, HIGH95, POINTERS };

const char *sweep_pointer_name(const char *pointer)
{
    const char *slash = strrchr(pointer, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : pointer;
}

/* The index of the text in a list that grows; the last one when the list is full. */
static guint intern(GPtrArray *list, const char *text)
{
    guint index;

    if (g_ptr_array_find_with_equal_func(list, text, g_str_equal, &index)) {
        return index;
    }
    if (list->len < NAME_LIMIT) {
        g_ptr_array_add(list, g_strdup(text));
    }
    return list->len - 1;
}

/* How the column of a pointer is called; results of earlier versions have the pointer itself. */
static const char *column_name(const SweepData *self, guint axis)
{
    const JsonTree *names = json_tree_get(self->sweep, "columns");
    const char *name =
        axis < json_tree_length(names) ? json_tree_text(json_tree_at(names, axis), NULL) : NULL;
    return name != NULL ? name : g_ptr_array_index(self->pointers, axis);
}

static gboolean load_json(SweepData *self, const char *dir, GError **error)
{
    const JsonTree *vary;

    self->sweep = json_tree_load(dir, "sweep.json", error);
    if (self->sweep == NULL) {
        return FALSE;
    }
    vary = json_tree_get(self->sweep, "vary");
    for (guint i = 0; i < json_tree_length(vary) && vary->kind == JSON_OBJECT; i++) {
        g_ptr_array_add(self->pointers, g_strdup(json_tree_at(vary, i)->key));
    }
    if (json_tree_number(json_tree_get(self->sweep, "format")) == 1.0 && self->pointers->len > 0) {
        return TRUE;
    }
    g_set_error(error,
                PLOT_ERROR,
                PLOT_ERROR_DATA,
                "%s/sweep.json: expected \"format\": 1 and at least one pointer in \"vary\"",
                dir);
    return FALSE;
}

/* "acks=all, linger.ms=5" of a row. */
static char *line_name(const SweepData *self, const CsvReader *reader)
{
    GString *out = g_string_new(NULL);

    for (guint i = 1; i < self->pointers->len; i++) {
        g_string_append_printf(out,
                               "%s%s=%s",
                               i > 1 ? ", " : "",
                               sweep_pointer_name(column_name(self, i)),
                               csv_reader_text(reader, POINTERS + i));
    }
    return g_string_free(out, FALSE);
}

static void add_row(SweepData *self, const CsvReader *reader)
{
    const double number = csv_reader_number(reader, CELL);
    char *line = line_name(self, reader);
    SweepCell cell = {
        .cell = number >= 0 && number < G_MAXINT ? (guint)number : G_MAXUINT,
        .x = intern(self->xs, csv_reader_text(reader, POINTERS)),
        .line = intern(self->lines, line),
        .measure = intern(self->measures, csv_reader_text(reader, MEASURE)),
        .mean = csv_reader_number(reader, MEAN),
        .low95 = csv_reader_number(reader, LOW95),
        .high95 = csv_reader_number(reader, HIGH95),
    };

    if (isnan(cell.low95) || isnan(cell.high95)) {
        cell.low95 = cell.high95 = cell.mean; /* one seed: no interval */
    }
    g_array_append_val(self->cells, cell);
    g_free(line);
}

static gboolean load_cells(SweepData *self, const char *dir, GError **error)
{
    GPtrArray *columns = g_ptr_array_new();
    static char cell[] = "cell", measure[] = "measure", mean[] = "mean", low[] = "low95",
                high[] = "high95";
    GError *problem = NULL;
    CsvReader *reader;

    g_ptr_array_add(columns, cell);
    g_ptr_array_add(columns, measure);
    g_ptr_array_add(columns, mean);
    g_ptr_array_add(columns, low);
    g_ptr_array_add(columns, high);
    for (guint i = 0; i < self->pointers->len; i++) {
        g_ptr_array_add(columns, (char *)(guintptr)column_name(self, i));
    }
    g_ptr_array_add(columns, NULL);
    reader = csv_reader_open(dir, "cells.csv", (const char *const *)columns->pdata, error);
    g_ptr_array_unref(columns);
    if (reader == NULL) {
        return FALSE;
    }
    while (csv_reader_next(reader, &problem)) {
        add_row(self, reader);
    }
    csv_reader_free(reader);
    if (problem == NULL && self->cells->len == 0) {
        g_set_error(&problem, PLOT_ERROR, PLOT_ERROR_DATA, "%s/cells.csv: no rows", dir);
    }
    if (problem != NULL) {
        g_propagate_error(error, problem);
        return FALSE;
    }
    return TRUE;
}

SweepData *sweep_data_load(const char *dir, GError **error)
{
    SweepData *self = g_new0(SweepData, 1);

    self->pointers = g_ptr_array_new_with_free_func(g_free);
    self->xs = g_ptr_array_new_with_free_func(g_free);
    self->lines = g_ptr_array_new_with_free_func(g_free);
    self->measures = g_ptr_array_new_with_free_func(g_free);
    self->cells = g_array_new(FALSE, FALSE, sizeof(SweepCell));
    if (load_json(self, dir, error) && load_cells(self, dir, error)) {
        return self;
    }
    sweep_data_free(self);
    return NULL;
}

void sweep_data_free(SweepData *self)
{
    json_tree_free(self->sweep);
    g_ptr_array_unref(self->pointers);
    g_ptr_array_unref(self->xs);
    g_ptr_array_unref(self->lines);
    g_ptr_array_unref(self->measures);
    g_array_unref(self->cells);
    g_free(self);
}

const SweepCell *sweep_data_answer(const SweepData *sweep)
{
    const double answer = json_tree_number(json_tree_get(sweep->sweep, "answer_cell"));

    for (guint i = 0; i < sweep->cells->len; i++) {
        const SweepCell *cell = &g_array_index(sweep->cells, SweepCell, i);
        if ((double)cell->cell == answer) {
            return cell;
        }
    }
    return NULL;
}

/* The column of a goal is named by its metric, or "metric (text)" where two goals share one. */
gboolean sweep_data_goal_is_on(const SweepData *sweep, const JsonTree *goal, const char *measure)
{
    const char *metric = json_tree_text(json_tree_get(goal, "metric"), "");
    const char *text = json_tree_text(json_tree_get(goal, "text"), "");
    char *own = g_strdup_printf("%s (%s)", metric, text);
    const gboolean has_own =
        g_ptr_array_find_with_equal_func(sweep->measures, own, g_str_equal, NULL);
    const gboolean on = strcmp(measure, has_own ? own : metric) == 0;

    g_free(own);
    return on;
}

static gboolean has_goal(const SweepData *sweep, const char *measure)
{
    const JsonTree *goals = json_tree_get(sweep->sweep, "goals");

    for (guint i = 0; i < json_tree_length(goals); i++) {
        if (sweep_data_goal_is_on(sweep, json_tree_at(goals, i), measure)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean varies(const SweepData *sweep, guint measure)
{
    double least = (double)NAN;
    double most = (double)NAN;

    for (guint i = 0; i < sweep->cells->len; i++) {
        const SweepCell *cell = &g_array_index(sweep->cells, SweepCell, i);
        if (cell->measure == measure) {
            least = fmin(least, cell->mean);
            most = fmax(most, cell->mean);
        }
    }
    return most > least;
}

guint sweep_data_interest(const SweepData *sweep, guint measure)
{
    if (!varies(sweep, measure)) {
        return 0;
    }
    return has_goal(sweep, g_ptr_array_index(sweep->measures, measure)) ? 2 : 1;
}

const char *sweep_data_unit(const SweepData *sweep, const char *name)
{
    const JsonTree *measures = json_tree_get(sweep->sweep, "measures");

    for (guint i = 0; i < json_tree_length(measures); i++) {
        const JsonTree *measure = json_tree_at(measures, i);
        if (strcmp(json_tree_text(json_tree_get(measure, "name"), ""), name) == 0) {
            return json_tree_text(json_tree_get(measure, "unit"), "");
        }
    }
    return "";
}
