/* marks.c - see marks.h. Losses for one reason within a second are one mark, as the summary tells
 * them, and so are truncations. */
#include "plots/marks/marks.h"

#include "plots/figure/label.h"
#include "plots/marks/member_marks.h"

#include <math.h>
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

/* "✖ 1,500 acknowledged records lost: unclean election", or "lost until 18.6 s" where they went one
 * after the other. */
static GString *loss_label(double records, double until_ms, const RunCost *loss)
{
    GString *out = g_string_new("✖ ");

    append_records(out, records, loss->what);
    g_string_append(out, " lost");
    if (until_ms - loss->time_ms >= MOMENT_MS) {
        g_string_append(out, " until ");
        label_duration(out, until_ms);
    }
    if (strcmp(loss->by, "other") != 0) {
        g_string_append_printf(out, ": %s", loss->by);
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
           (cost->kind == RUN_TRUNCATION ||
            (strcmp(cost->by, first->by) == 0 && strcmp(cost->what, first->what) == 0));
}

/* Those of its moment, which are told with it. */
static guint
gather(const RunData *run, guint at, gboolean *told, double *ret_records, double *ret_until_ms)
{
    const RunCost *first = &g_array_index(run->costs, RunCost, at);
    guint parts = 0;

    for (guint i = at; i < run->costs->len; i++) {
        const RunCost *cost = &g_array_index(run->costs, RunCost, i);
        if (cost->kind != first->kind || cost->time_ms - first->time_ms >= MOMENT_MS) {
            break;
        }
        if (!told[i] && is_one_moment(first, cost)) {
            told[i] = TRUE;
            *ret_records += cost->records;
            *ret_until_ms = fmax(*ret_until_ms, cost->until_ms); /* passes over NAN */
            parts++;
        }
    }
    return parts;
}

static void add_costs(GArray *marks, const RunData *run, RunCostKind kind)
{
    gboolean *told = g_new0(gboolean, run->costs->len + 1);

    for (guint i = 0; i < run->costs->len; i++) {
        const RunCost *first = &g_array_index(run->costs, RunCost, i);
        double records = 0;
        double until_ms = first->time_ms;
        const guint parts =
            told[i] || first->kind != kind ? 0 : gather(run, i, told, &records, &until_ms);
        if (parts > 0 && kind == RUN_LOSS) {
            add_mark(marks, MARK_LOSS, first->time_ms, loss_label(records, until_ms, first));
        } else if (parts > 0) {
            add_mark(marks,
                     MARK_TRUNCATION,
                     first->time_ms,
                     truncation_label(records, parts, first->by));
        }
    }
    g_free(told);
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

    const gboolean told_below = run_data_all_by_chance(run); /* for all at once */

    g_array_set_clear_func(marks, clear_mark);
    for (guint i = 0; i < run->faults->len; i++) {
        const RunFault *fault = &g_array_index(run->faults, RunFault, i);
        const Mark mark = {
            .kind = MARK_FAULT,
            .from_ms = fault->from_ms,
            .to_ms = fault->to_ms,
            .label = g_strconcat(fault->label, fault->by_chance && !told_below ? " *" : "", NULL),
            .ends_another = run_data_ends_another(run, i)};
        g_array_append_val(marks, mark);
    }
    add_costs(marks, run, RUN_LOSS);
    add_costs(marks, run, RUN_TRUNCATION);
    member_marks_add(marks, run);
    g_array_sort(marks, compare_marks); /* stable */
    return marks;
}
