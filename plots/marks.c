/* marks.c - see marks.h. Losses for one reason within a second are one mark, as the summary tells
 * them, and so are truncations. */
#include "plots/marks.h"

#include "plots/figure/label.h"

#include <string.h>

#define MOMENT_MS 1000.0

static void clear_mark(gpointer mark)
{
    g_free(((Mark *)mark)->label);
}

static void add_mark(GArray *marks, MarkKind kind, double time_ms, GString *label)
{
    const Mark mark = {
        .kind = kind, .from_ms = time_ms, .to_ms = time_ms, .label = g_string_free(label, FALSE)};
    g_array_append_val(marks, mark);
}

static void append_records(GString *out, double count, const char *what)
{
    label_count(out, count);
    g_string_append_printf(out, " %s%s", what, count == 1.0 ? "" : "s");
}

/* "✖ 1,500 committed records lost: unclean election" */
static GString *loss_label(double records, const char *reason)
{
    GString *out = g_string_new("✖ ");

    append_records(out, records, "committed record");
    g_string_append(out, " lost");
    if (strcmp(reason, "other") != 0) {
        g_string_append_printf(out, ": %s", reason);
    }
    return out;
}

/* "✂ broker 1 truncates 1,500 records" */
static GString *truncation_label(double records, guint logs, const char *actor)
{
    const gboolean broker = g_str_has_prefix(actor, "broker-");
    GString *out = g_string_new("✂ ");

    if (logs > 1) {
        g_string_append_printf(out, "%u logs are truncated by ", logs);
    } else {
        g_string_append_printf(out,
                               "%s%s truncates ",
                               broker ? "broker " : "",
                               broker ? actor + strlen("broker-") : actor);
    }
    append_records(out, records, "record");
    return out;
}

static gboolean is_one_moment(const RunCost *first, const RunCost *cost)
{
    return cost->kind == first->kind && cost->time_ms - first->time_ms < MOMENT_MS &&
           (cost->kind == RUN_TRUNCATION || strcmp(cost->by, first->by) == 0);
}

static void add_costs(GArray *marks, const RunData *run, RunCostKind kind)
{
    guint end;

    for (guint i = 0; i < run->costs->len; i = end) {
        const RunCost *first = &g_array_index(run->costs, RunCost, i);
        double records = 0;
        for (end = i; end < run->costs->len; end++) {
            const RunCost *cost = &g_array_index(run->costs, RunCost, end);
            if (!is_one_moment(first, cost)) {
                break;
            }
            records += cost->records;
        }
        if (first->kind == kind && kind == RUN_LOSS) {
            add_mark(marks, MARK_LOSS, first->time_ms, loss_label(records, first->by));
        } else if (first->kind == kind) {
            add_mark(marks,
                     MARK_TRUNCATION,
                     first->time_ms,
                     truncation_label(records, end - i, first->by));
        }
    }
}

static gint compare_marks(gconstpointer left, gconstpointer right)
{
    const Mark *a = left;
    const Mark *b = right;
    return (a->from_ms > b->from_ms) - (a->from_ms < b->from_ms);
}

GArray *marks_new(const RunData *run)
{
    GArray *marks = g_array_new(FALSE, FALSE, sizeof(Mark));

    g_array_set_clear_func(marks, clear_mark);
    for (guint i = 0; i < run->faults->len; i++) {
        const RunFault *fault = &g_array_index(run->faults, RunFault, i);
        const Mark mark = {.kind = MARK_FAULT,
                           .from_ms = fault->from_ms,
                           .to_ms = fault->to_ms,
                           .label = g_strconcat(fault->label, fault->by_chance ? " *" : "", NULL),
                           .ends_another = run_data_ends_another(run, i)};
        g_array_append_val(marks, mark);
    }
    add_costs(marks, run, RUN_LOSS);
    add_costs(marks, run, RUN_TRUNCATION);
    g_array_sort(marks, compare_marks); /* stable */
    return marks;
}
