/* leader_panels.c - who leads each partition, and which controller is active. */
#include "plots/figure/label.h"
#include "plots/panels.h"
#include "plots/timeline.h"

#include <string.h>

#define LEADER_ROWS   12
#define STILL_ROWS    6 /* where none ever changed */
#define LEADER_ROW_PX 22
#define KEY_BROKERS   7

static gint compare_ids(gconstpointer left, gconstpointer right)
{
    const int a = *(const int *)left;
    const int b = *(const int *)right;
    return (a > b) - (a < b);
}

/* Ids of all brokers that led one of the rows, ascending, each once. */
static GArray *find_brokers(const GPtrArray *rows)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(int));
    GArray *once = g_array_new(FALSE, FALSE, sizeof(int));

    for (guint i = 0; i < rows->len; i++) {
        const SpanRow *row = g_ptr_array_index(rows, i);
        for (guint k = 0; k < row->spans->len; k++) {
            const int leader = g_array_index(row->spans, Span, k).state;
            if (leader >= 0) {
                g_array_append_val(all, leader);
            }
        }
    }
    g_array_sort(all, compare_ids);
    for (guint i = 0; i < all->len; i++) {
        const int id = g_array_index(all, int, i);
        if (once->len == 0 || g_array_index(once, int, once->len - 1) != id) {
            g_array_append_val(once, id);
        }
    }
    g_array_unref(all);
    return once;
}

/* The same broker has the same colour in every picture: 1 is blue, as Kafka's examples count. */
static guint broker_colour(int id)
{
    const int colour = (id - 1) % FIGURE_COLOURS;
    return (guint)(colour < 0 ? colour + FIGURE_COLOURS : colour);
}

static guint64 colour_value(guint colour)
{
    return g_ascii_strtoull(figure_colours[colour] + 1, NULL, 16);
}

/* White on the dark colours, black on amber, sky and pink. */
static guint64 text_value(guint colour)
{
    return colour >= 3 && colour <= 5 ? 0x222222 : 0xFFFFFF;
}

static void write_leader_table(GString *table, const GPtrArray *rows)
{
    g_string_append(
        table, "# from s, to s, row, leader (-1 none, -2 frozen), colour, colour of the number\n");
    for (guint i = 0; i < rows->len; i++) {
        const SpanRow *row = g_ptr_array_index(rows, i);
        for (guint k = 0; k < row->spans->len; k++) {
            const Span *span = &g_array_index(row->spans, Span, k);
            const guint colour = broker_colour(span->state);
            timeline_time(table, span->from_ms);
            g_string_append_c(table, '\t');
            timeline_time(table, span->to_ms);
            g_string_append_printf(table,
                                   "\t%u\t%d\t%" G_GUINT64_FORMAT "\t%" G_GUINT64_FORMAT "\n",
                                   i,
                                   span->state,
                                   colour_value(colour),
                                   text_value(colour));
        }
    }
}

/* What differs between leaders of partitions and the active controller. */
typedef struct LeaderWords {
    const char *table; /* overview-TABLE.tsv */
    const char *caption;
    const char *who; /* the key: "broker 1" */
    const char *nobody;
} LeaderWords;

/* Which of the boxes without a number there are. */
typedef struct Outages {
    gboolean none;
    gboolean frozen;
} Outages;

static void
write_leader_key(GString *out, const GArray *brokers, Outages outages, const LeaderWords *words)
{
    for (guint i = 0; i < MIN(brokers->len, KEY_BROKERS); i++) {
        g_string_append_printf(out,
                               ", \\\n     keyentry with boxes fillcolor rgb '%s' title '%s %d'",
                               figure_colours[broker_colour(g_array_index(brokers, int, i))],
                               words->who,
                               g_array_index(brokers, int, i));
    }
    if (brokers->len > KEY_BROKERS) {
        g_string_append_printf(
            out,
            ", \\\n     keyentry with points pointtype 0 title '+%u, see numbers'",
            brokers->len - KEY_BROKERS);
    }
    if (outages.frozen) {
        g_string_append(out,
                        ", \\\n     keyentry with boxes fillstyle solid 0.9 fillcolor rgb pink "
                        "title 'frozen'");
    }
    if (outages.none) {
        g_string_append_printf(out,
                               ", \\\n     keyentry with boxes fillstyle solid 1 fillcolor rgb "
                               "black title '%s'",
                               words->nobody);
    }
}

static void
write_leader_plot(GString *out, const GArray *brokers, Outages outages, const LeaderWords *words)
{
    char table[64];

    g_snprintf(table, sizeof(table), "'overview-%s.tsv' ", words->table);
    g_string_append_printf(out, "plot %s", table);
    timeline_box(out, "$4 < 0 ? NaN : $3", "0.40", "fillstyle solid 0.85 noborder ");
    g_string_truncate(out, out->len - strlen("with boxxyerror fillstyle solid 0.85 noborder "));
    g_string_append(out,
                    ":5 with boxxyerror fillstyle solid 0.85 noborder linecolor rgb variable "
                    "notitle, \\\n     ");
    g_string_append_printf(out,
                           "%susing ($1 > 0 ? $1/t : NaN):($3-0.4):(0):(0.8) with vectors nohead "
                           "linewidth 1 linecolor rgb '#FFFFFF' notitle, \\\n     %s",
                           table,
                           table);
    timeline_box(out,
                 "$4 == -1 ? $3 : NaN",
                 "0.28",
                 "fillstyle solid 1 noborder linecolor rgb black notitle");
    if (outages.frozen) {
        g_string_append_printf(out, ", \\\n     %s", table);
        timeline_box(out,
                     "$4 == -2 ? $3 : NaN",
                     "0.28",
                     "fillstyle solid 0.9 noborder linecolor rgb pink notitle");
    }
    g_string_append_printf(out,
                           ", \\\n     %susing ($4 >= 0 && $2-$1 > 20*pixel ? mid($1,$2) : "
                           "NaN):3:4:6 with labels font small_font textcolor rgb variable notitle",
                           table);
    write_leader_key(out, brokers, outages, words);
    g_string_append_c(out, '\n');
}

static void leader_panel(Figure *figure, const SpanRows *spans, const LeaderWords *words)
{
    GPtrArray *rows = timeline_changed(spans) ? span_rows_pick(spans, LEADER_ROWS)
                                              : span_rows_pick_still(spans, STILL_ROWS);
    GArray *brokers = find_brokers(rows);
    const Outages outages = {timeline_has(rows, LEADER_NONE), timeline_has(rows, LEADER_FROZEN)};
    char **names = g_new0(char *, rows->len);
    char *caption = timeline_caption(words->caption, rows->len, spans);
    FigurePanel *panel;

    for (guint i = 0; i < rows->len; i++) {
        names[i] = ((const SpanRow *)g_ptr_array_index(rows, i))->name;
    }
    panel = figure_add_panel(
        figure,
        caption,
        MAX((int)rows->len * LEADER_ROW_PX,
            19 * ((int)MIN(brokers->len, KEY_BROKERS + 1) + outages.none + outages.frozen)));
    timeline_axis(figure, panel, names, rows->len);
    write_leader_table(figure_add_table(figure, words->table), rows);
    write_leader_plot(panel->commands, brokers, outages, words);
    g_free(caption);
    g_free(names);
    g_array_unref(brokers);
    g_ptr_array_unref(rows);
}

/* A leader whose process is dead or frozen serves nobody, whatever the controller knows yet. */
void panel_leaders(Figure *figure, const RunData *run)
{
    static const LeaderWords words = {
        "leaders", "Leader of each partition", "broker", "none that lives"};

    if (span_rows_length(run->leaders) > 0) {
        leader_panel(figure, run->leaders, &words);
    }
}

/* Drawn only when it changed. */
void panel_controller(Figure *figure, const RunData *run)
{
    static const LeaderWords words = {"controllers", "Active controller", "controller", "none"};

    if (span_rows_length(run->controllers) > 0 && span_rows_at(run->controllers, 0)->changes > 0) {
        leader_panel(figure, run->controllers, &words);
    }
}
