/* run_news.c - what of a run is worth a name or a curve; see run_data.h. */
#include "plots/results/run_data.h"

gboolean run_data_ends_another(const RunData *self, guint fault)
{
    const RunFault *wanted = &g_array_index(self->faults, RunFault, fault);

    for (guint i = 0; i < fault && wanted->to_ms <= wanted->from_ms; i++) {
        const RunFault *other = &g_array_index(self->faults, RunFault, i);
        if (other->from_ms < wanted->from_ms && other->to_ms == wanted->from_ms) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean is_of_group(const RunColumn *column)
{
    return column->metric == RUN_CONSUMED_RECORDS || column->metric == RUN_LAG;
}

/* NULL: of any group. */
static gboolean says_something(const RunData *self, const char *group)
{
    for (guint i = 0; i < self->columns->len; i++) {
        const RunColumn *column = g_ptr_array_index(self->columns, i);
        if (is_of_group(column) && (group == NULL || g_str_equal(column->where, group)) &&
            run_column_peak(column) > 0) {
            return TRUE;
        }
    }
    return FALSE;
}

void run_data_drop_silent_groups(RunData *self)
{
    GPtrArray *silent = g_ptr_array_new();

    for (guint i = 0; i < self->columns->len && says_something(self, NULL); i++) {
        RunColumn *column = g_ptr_array_index(self->columns, i);
        if (is_of_group(column) && !says_something(self, column->where)) {
            g_ptr_array_add(silent, column);
        }
    }
    for (guint i = 0; i < silent->len; i++) {
        g_ptr_array_remove(self->columns, silent->pdata[i]);
    }
    g_ptr_array_unref(silent);
}

gboolean run_data_all_by_chance(const RunData *self)
{
    for (guint i = 0; i < self->faults->len; i++) {
        if (!g_array_index(self->faults, RunFault, i).by_chance) {
            return FALSE;
        }
    }
    return self->faults->len > 0;
}
