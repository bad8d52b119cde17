/* terminal.c - one run as plain text, for a terminal or a log; gnuplot is not needed.
 *
 *   title, setting | faults, losses | acknowledged, consumed, p99, lag | leaders | members | time
 *
 * Left out of the text, and drawn in the overview: p50 and p99.9, ISR sizes, under-replication. */
#include "plots/figure/label.h"
#include "plots/finding.h"
#include "plots/marks/marks.h"
#include "plots/terminal_chart.h"
#include "plots/timeline.h"

#include <math.h>
#include <string.h>

#define LEAST_COLUMNS 40
#define LEAST_ROWS    12
#define FAULT_LIMIT   5
#define LOSS_LIMIT    3

/* --- leaders --- */

static gboolean has_long_ids(const GPtrArray *rows)
{
    for (guint i = 0; i < rows->len; i++) {
        const SpanRow *row = g_ptr_array_index(rows, i);
        for (guint k = 0; k < row->spans->len; k++) {
            if (g_array_index(row->spans, Span, k).state > 9) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* The id itself; from 10 on letters: a = 10 ... z = 35, then + */
static const char *leader_letter(int state, gconstpointer user)
{
    static const char letters[36][2] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b",
                                        "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n",
                                        "o", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z"};
    (void)user;
    return state == LEADER_NONE     ? "×"
           : state == LEADER_FROZEN ? "≈"
           : state < 36             ? letters[state]
                                    : "+";
}

static void draw_leaders(const TerminalChart *chart, const RunData *run, guint limit)
{
    GPtrArray *rows = span_rows_pick(run->leaders, limit);
    char *caption = timeline_caption("leaders", rows->len, run->leaders);
    GString *heading = g_string_new(caption);

    g_string_append(heading, ": number = broker");
    if (timeline_has(rows, LEADER_NONE)) {
        g_string_append(heading, ", × = none that lives");
    }
    if (timeline_has(rows, LEADER_FROZEN)) {
        g_string_append(heading, ", ≈ = frozen");
    }
    if (rows->len > 0) {
        if (has_long_ids(rows)) {
            g_string_append(heading, ", a = 10, b = 11 …");
        }
        terminal_chart_heading(chart, heading->str);
    }
    for (guint i = 0; i < rows->len; i++) {
        const SpanRow *row = g_ptr_array_index(rows, i);
        terminal_chart_spans(chart, row->name, row, leader_letter, NULL, leader_is_worse);
    }
    g_string_free(heading, TRUE);
    g_free(caption);
    g_ptr_array_unref(rows);
}

/* --- members --- */

static const char *member_letter(int state, gconstpointer user)
{
    static const char *const letters[MEMBER_STATES] = {
        [MEMBER_CONSUMING] = "━",
        [MEMBER_RUNNING] = "━",
        [MEMBER_KEEPING] = "┅",
        [MEMBER_IDLE] = "─",
        [MEMBER_OTHER] = "?",
        [MEMBER_RETRYING] = "e",
        [MEMBER_LEFT] = "·",
        [MEMBER_STOPPED] = "s",
        [MEMBER_RESTORING] = "+",
        [MEMBER_JOINING] = "j",
        [MEMBER_REBALANCING] = "r",
        [MEMBER_FROZEN] = "z",
        [MEMBER_DEAD] = "x",
    };
    (void)user;
    return letters[state];
}

static void draw_members(const TerminalChart *chart, const RunData *run, guint limit)
{
    GPtrArray *rows = span_rows_pick(run->members, limit);
    char *caption = timeline_caption("members", rows->len, run->members);
    GString *heading = g_string_new(caption);
    gboolean any = FALSE;

    g_string_append_c(heading, ':');
    for (int state = 0; state < MEMBER_STATES; state++) {
        if (timeline_has(rows, state)) {
            g_string_append_printf(heading,
                                   "%s%s %s",
                                   any ? "; " : " ",
                                   member_letter(state, NULL),
                                   member_state_name((MemberState)state));
            any = TRUE;
        }
    }
    if (rows->len > 0) {
        terminal_chart_heading(chart, heading->str);
    }
    for (guint i = 0; i < rows->len; i++) {
        const SpanRow *row = g_ptr_array_index(rows, i);
        terminal_chart_spans(chart, row->name, row, member_letter, NULL, member_is_worse);
    }
    g_string_free(heading, TRUE);
    g_free(caption);
    g_ptr_array_unref(rows);
}

/* --- curves --- */

static void
draw_rate(const TerminalChart *chart, const RunData *run, RunMetric metric, const char *name)
{
    Samples *sum = run_data_sum(run, metric);
    Curve *curve;

    if (sum == NULL) {
        return;
    }
    curve = curve_rate(sum);
    terminal_chart_curve(chart, name, "records/s", curve, TERMINAL_CUT);
    curve_free(curve);
    samples_free(sum);
}

static void draw_level(const TerminalChart *chart,
                       Samples *samples,
                       const char *name,
                       const char *unit,
                       TerminalScale scale)
{
    Curve *curve;

    if (samples == NULL) {
        return;
    }
    curve = curve_level(samples, CURVE_GREATEST);
    terminal_chart_curve(chart, name, unit, curve, scale);
    curve_free(curve);
    samples_free(samples);
}

static guint count_curves(const RunData *run)
{
    static const RunMetric metrics[] = {
        RUN_ACKED_RECORDS, RUN_CONSUMED_RECORDS, RUN_LATENCY_P99, RUN_LAG};
    guint count = 0;

    for (guint i = 0; i < G_N_ELEMENTS(metrics); i++) {
        count += run_data_count(run, metrics[i]) > 0;
    }
    return count;
}

static void draw_curves(const TerminalChart *chart, const RunData *run)
{
    draw_rate(chart, run, RUN_ACKED_RECORDS, "acknowledged");
    draw_rate(chart, run, RUN_CONSUMED_RECORDS, "consumed");
    draw_level(chart, run_data_worst(run, RUN_LATENCY_P99), "produce p99", "ms, log", TERMINAL_LOG);
    draw_level(chart, run_data_sum(run, RUN_LAG), "consumer lag", "records", TERMINAL_FROM_ZERO);
}

/* --- the page --- */

/* The last of these before the edge; NULL in the first half of the line. */
static char *last_of(char *text, const char *edge, const char *what)
{
    char *found = g_strrstr_len(text, edge - text, what);

    return found != NULL && found - text > (edge - text) / 2 ? found : NULL;
}

/* Breaks between the parts of a line; where none ends near the edge, at the last space. */
static void write_wrapped(GString *out, const char *parting, char *text, guint columns)
{
    while (label_width(text) > columns) {
        char *edge = g_utf8_offset_to_pointer(text, (glong)columns);
        char *part = last_of(text, edge, parting);
        char *space = g_strrstr_len(text, edge - text, " ");
        char *end = part != NULL ? part : space != NULL && space > text ? space : edge;
        char *next = part != NULL ? part + strlen(parting) : end < edge ? end + 1 : edge;
        const gboolean punctuation = part != NULL && g_ascii_ispunct(*part);
        g_string_append_len(out, text, end + punctuation - text);
        g_string_append_c(out, '\n');
        text = next;
    }
    g_string_append_printf(out, "%s\n", text);
}

static void draw_words(const RunData *run, GString *out, guint columns)
{
    char *title = finding_title(run);
    char *setting = finding_setting(run);
    char *verdict = finding_verdict(run);
    char *both = verdict != NULL ? g_strconcat(setting, " · ", verdict, NULL) : g_strdup(setting);

    write_wrapped(out, strstr(title, ": ") != NULL ? ": " : ", ", title, columns);
    write_wrapped(out, " · ", both, columns);
    g_string_append_c(out, '\n');
    g_free(both);
    g_free(verdict);
    g_free(setting);
    g_free(title);
}

static guint count_marks(const GArray *marks, MarkKind kind)
{
    guint count = 0;

    for (guint i = 0; i < marks->len; i++) {
        count += g_array_index(marks, Mark, i).kind == kind;
    }
    return count;
}

/* Faults and losses, each kind cut to its first few. */
static void draw_marks(const TerminalChart *chart, const GArray *marks)
{
    static const struct {
        MarkKind kind;
        guint limit;
        const char *what;
    } kinds[] = {{MARK_FAULT, FAULT_LIMIT, "entries of the timeline"},
                 {MARK_LOSS, LOSS_LIMIT, "losses"}};
    guint shown[G_N_ELEMENTS(kinds)] = {0};

    for (guint i = 0; i < marks->len; i++) {
        const Mark *mark = &g_array_index(marks, Mark, i);
        for (guint k = 0; k < G_N_ELEMENTS(kinds); k++) {
            if (mark->kind == kinds[k].kind && shown[k]++ < kinds[k].limit) {
                terminal_chart_bar(chart, mark->from_ms, mark->to_ms, mark->label);
            }
        }
    }
    for (guint k = 0; k < G_N_ELEMENTS(kinds); k++) {
        if (shown[k] > kinds[k].limit) {
            char *more =
                g_strdup_printf("… and %u more %s", shown[k] - kinds[k].limit, kinds[k].what);
            terminal_chart_heading(chart, more);
            g_free(more);
        }
    }
}

/* Their lines: as many as are drawn, and one for those that are not. */
static guint mark_lines(const GArray *marks)
{
    return MIN(count_marks(marks, MARK_FAULT), FAULT_LIMIT + 1) +
           MIN(count_marks(marks, MARK_LOSS), LOSS_LIMIT + 1);
}

/* What is left for the curves when all else has its lines. */
static guint curve_height(const RunData *run, guint marks, guint rows, guint leaders, guint members)
{
    const guint curves = count_curves(run);
    const guint others = 7 + marks + MIN(leaders, span_rows_length(run->leaders)) +
                         MIN(members, span_rows_length(run->members));

    return curves > 0 && rows > others ? CLAMP((rows - others) / curves, 3, 8) : 3;
}

gboolean plot_terminal(const char *results_dir, int columns, int rows, GString *out, GError **error)
{
    const guint wide = columns == 0 ? 80 : (guint)CLAMP(columns, LEAST_COLUMNS, 400);
    const guint high = rows == 0 ? 40 : (guint)CLAMP(rows, LEAST_ROWS, 400);
    const guint leaders = CLAMP(high / 4, 2, 12);
    const guint members = CLAMP(high / 6, 2, 8);
    RunData *run = run_data_load(results_dir, error);
    TerminalChart chart;
    GArray *marks;

    if (run == NULL) {
        return FALSE;
    }
    marks = marks_new(run);
    chart = (TerminalChart){
        .out = out,
        .width = wide - TERMINAL_GUTTER - 2,
        .height = curve_height(run, mark_lines(marks), high, leaders, members),
        .end_ms = run->end_ms,
    };
    draw_words(run, out, wide);
    draw_marks(&chart, marks);
    draw_curves(&chart, run);
    draw_leaders(&chart, run, leaders);
    draw_members(&chart, run, members);
    terminal_chart_axis(&chart);
    g_array_unref(marks);
    run_data_free(run);
    return TRUE;
}
