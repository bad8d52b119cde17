/* timeline_panels.c - panels of boxes: leaders of partitions, members of groups.
 *
 * Colour is never the only sign: a leader's box carries the broker's number and no leader is a
 * low black box; each state of a member has its own height. Boxes thinner than a pixel are drawn
 * a pixel and a half wide, so that a short outage can be seen. */
#include "plots/figure/label.h"
#include "plots/panels.h"

#include <math.h>
#include <string.h>

#define PLOT_PX       (FIGURE_RIGHT - FIGURE_LEFT)
#define LETTER_PX     7.6
#define NAME_LIMIT    22
#define LEADER_ROWS   12
#define MEMBER_ROWS   16
#define LEADER_ROW_PX 22
#define MEMBER_ROW_PX 26
#define KEY_BROKERS   7

/* --- what leaders and members share --- */

static void append_time(GString *out, double ms)
{
    label_number(out, ms / 1000.0, 3);
}

/* set ytics ('orders-0' 0, ...), first row on top */
static void write_rows_axis(GString *out, char **names, guint rows)
{
    g_string_append_printf(
        out, "set yrange [%u.5:-0.5]\nunset grid\nset ytics nomirror (", rows - 1);
    for (guint i = 0; i < rows; i++) {
        char *name = label_clean_middle(names[i], NAME_LIMIT, 5);
        g_string_append(out, i == 0 ? "" : ", ");
        label_quote(out, name, NAME_LIMIT);
        g_free(name);
        g_string_append_printf(out, " %u", i);
    }
    g_string_append(out, ") noenhanced\n");
}

static char *rows_caption(const char *what, guint shown, guint all)
{
    if (shown == all) {
        return g_strdup(what);
    }
    return g_strdup_printf("%s (the %u of %u that changed most)", what, shown, all);
}

static void append_box(GString *out, const char *where, const char *height, const char *style)
{
    g_string_append_printf(out,
                           "using (mid($1,$2)):(%s):(left($1)):(right($1,$2)):($3-%s):($3+%s) "
                           "with boxxyerror %s",
                           where,
                           height,
                           height,
                           style);
}

/* --- leaders --- */

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
            if (leader != LEADER_NONE) {
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
    g_string_append(table, "# from s, to s, row, leader (-1 none), colour, colour of the number\n");
    for (guint i = 0; i < rows->len; i++) {
        const SpanRow *row = g_ptr_array_index(rows, i);
        for (guint k = 0; k < row->spans->len; k++) {
            const Span *span = &g_array_index(row->spans, Span, k);
            const guint colour = broker_colour(span->state);
            append_time(table, span->from_ms);
            g_string_append_c(table, '\t');
            append_time(table, span->to_ms);
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

static void
write_leader_key(GString *out, const GArray *brokers, gboolean outages, const LeaderWords *words)
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
    if (outages) {
        g_string_append_printf(out,
                               ", \\\n     keyentry with boxes fillstyle solid 1 fillcolor rgb "
                               "black title '%s'",
                               words->nobody);
    }
}

static gboolean has_state(const GPtrArray *rows, int state)
{
    for (guint i = 0; i < rows->len; i++) {
        const SpanRow *row = g_ptr_array_index(rows, i);
        for (guint k = 0; k < row->spans->len; k++) {
            if (g_array_index(row->spans, Span, k).state == state) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

static void
write_leader_plot(GString *out, const GArray *brokers, gboolean outages, const LeaderWords *words)
{
    char table[64];

    g_snprintf(table, sizeof(table), "'overview-%s.tsv' ", words->table);
    g_string_append_printf(out, "plot %s", table);
    append_box(out, "$4 < 0 ? NaN : $3", "0.40", "fillstyle solid 0.85 noborder ");
    g_string_truncate(out, out->len - strlen("with boxxyerror fillstyle solid 0.85 noborder "));
    g_string_append(out,
                    ":5 with boxxyerror fillstyle solid 0.85 noborder linecolor rgb variable "
                    "notitle, \\\n     ");
    g_string_append_printf(out,
                           "%susing ($1 > 0 ? $1/t : NaN):($3-0.4):(0):(0.8) with vectors nohead "
                           "linewidth 1 linecolor rgb '#FFFFFF' notitle, \\\n     %s",
                           table,
                           table);
    append_box(
        out, "$4 < 0 ? $3 : NaN", "0.28", "fillstyle solid 1 noborder linecolor rgb black notitle");
    g_string_append_printf(out,
                           ", \\\n     %susing ($4 >= 0 && $2-$1 > 20*pixel ? mid($1,$2) : "
                           "NaN):3:4:6 with labels font small_font textcolor rgb variable notitle",
                           table);
    write_leader_key(out, brokers, outages, words);
    g_string_append_c(out, '\n');
}

static void leader_panel(Figure *figure, const SpanRows *spans, const LeaderWords *words)
{
    GPtrArray *rows = span_rows_pick(spans, LEADER_ROWS);
    GArray *brokers = find_brokers(rows);
    const gboolean outages = has_state(rows, LEADER_NONE);
    char **names = g_new0(char *, rows->len);
    char *caption = rows_caption(words->caption, rows->len, span_rows_length(spans));
    FigurePanel *panel;

    for (guint i = 0; i < rows->len; i++) {
        names[i] = ((const SpanRow *)g_ptr_array_index(rows, i))->name;
    }
    panel = figure_add_panel(figure,
                             caption,
                             MAX((int)rows->len * LEADER_ROW_PX,
                                 19 * ((int)MIN(brokers->len, KEY_BROKERS + 1) + outages)));
    write_rows_axis(panel->commands, names, rows->len);
    write_leader_table(figure_add_table(figure, words->table), rows);
    write_leader_plot(panel->commands, brokers, outages, words);
    g_free(caption);
    g_free(names);
    g_array_unref(brokers);
    g_ptr_array_unref(rows);
}

/* A leader whose process is dead or frozen leads nobody, whatever the controller knows yet. */
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

/* --- members --- */

static const struct {
    MemberState state;
    const char *height, *colour;
} member_looks[] = {
    {MEMBER_CONSUMING, "0.40", "sky"},
    {MEMBER_IDLE, "0.40", "pale"},
    {MEMBER_RESTORING, "0.33", "green"},
    {MEMBER_REBALANCING, "0.26", "amber"},
    {MEMBER_JOINING, "0.14", "orange"},
    {MEMBER_FROZEN, "0.26", "pink"},
    {MEMBER_LEFT, "0.05", "grey"},
    {MEMBER_DEAD, "0.09", "black"},
    {MEMBER_OTHER, "0.20", "brown"},
};

/* How long the topic's name is in "orders-12". */
static gsize topic_length(const char *partition)
{
    const char *dash = strrchr(partition, '-');
    return dash != NULL ? (gsize)(dash - partition) : strlen(partition);
}

static gboolean same_topic(const char *left, const char *right)
{
    return topic_length(left) == topic_length(right) &&
           strncmp(left, right, topic_length(left)) == 0;
}

/* The number of "orders-12", or -1. */
static gint64 partition_number(const char *partition)
{
    const char *dash = strrchr(partition, '-');
    return dash != NULL && g_ascii_isdigit(dash[1]) ? g_ascii_strtoll(dash + 1, NULL, 10) : -1;
}

/* The last of the words that count up from this one. */
static char **end_of_run(char **word)
{
    while (word[1] != NULL && same_topic(word[0], word[1]) && partition_number(word[0]) >= 0 &&
           partition_number(word[1]) == partition_number(word[0]) + 1) {
        word++;
    }
    return word;
}

/* "0–4 7" when all are of one topic, else "orders 0–4, payments 0 1". */
static char *partition_numbers(const char *partitions)
{
    char **words = g_strsplit(partitions, " ", -1);
    GString *out = g_string_new(NULL);
    gboolean several = FALSE;

    for (char **word = words; word[0] != NULL && word[1] != NULL; word++) {
        several = several || !same_topic(word[0], word[1]);
    }
    for (char **word = words; *word != NULL; word++) {
        char **last = end_of_run(word);
        const gboolean new_topic = word == words || !same_topic(word[-1], word[0]);
        g_string_append(out, word == words ? "" : new_topic ? ", " : " ");
        if (several && new_topic) {
            g_string_append_len(out, *word, (gssize)topic_length(*word));
            g_string_append_c(out, ' ');
        }
        g_string_append(out, *word + MIN(topic_length(*word) + 1, strlen(*word)));
        if (last - word >= 2) {
            g_string_append_printf(out, "–%" G_GINT64_FORMAT, partition_number(*last));
            word = last;
        }
    }
    g_strfreev(words);
    return g_string_free(out, FALSE);
}

static guint count_words(const char *text)
{
    guint words = *text != '\0';

    for (; *text != '\0'; text++) {
        words += *text == ' ';
    }
    return words;
}

/* "ACTIVE: 0:[0]; STANDBY: 1:[3]", with less of it where there is less room. */
static char *tasks_text(const char *tasks, double room)
{
    const char *rest = strchr(tasks, ':') + 1;
    const char *text = label_width(tasks) > room ? rest : tasks;
    return g_strdup(label_width(text) <= room ? text : "");
}

/* What fits into the box: the partitions, else how many, else nothing. */
static char *box_text(const Span *span, double end_ms)
{
    const double room = (span->to_ms - span->from_ms) / end_ms * PLOT_PX / LETTER_PX - 1;
    const char *partitions = span->text != NULL ? span->text : "";
    char *text;

    if (strchr(partitions, ':') != NULL) { /* no topic has that in its name */
        return tasks_text(partitions, room);
    }
    if (span->state != MEMBER_CONSUMING && span->state != MEMBER_IDLE) {
        return g_strdup("");
    }
    text = *partitions == '\0' ? g_strdup("idle") : partition_numbers(partitions);
    if (label_width(text) > room) {
        g_free(text);
        text = g_strdup_printf("%u partitions", count_words(partitions));
    }
    if (label_width(text) > room) {
        g_clear_pointer(&text, g_free);
        text = g_strdup("");
    }
    return text;
}

static void write_member_table(GString *table, const GPtrArray *rows, double end_ms)
{
    g_string_append(table, "# from s, to s, row, state, partitions\n");
    for (guint i = 0; i < rows->len; i++) {
        const SpanRow *row = g_ptr_array_index(rows, i);
        for (guint k = 0; k < row->spans->len; k++) {
            const Span *span = &g_array_index(row->spans, Span, k);
            char *text = box_text(span, end_ms);
            append_time(table, span->from_ms);
            g_string_append_c(table, '\t');
            append_time(table, span->to_ms);
            g_string_append_printf(
                table, "\t%u\t%s\t", i, member_state_name((MemberState)span->state));
            label_field(table, *text != '\0' ? text : " ", 200);
            g_string_append_c(table, '\n');
            g_free(text);
        }
    }
}

static void write_member_plot(GString *out, const GPtrArray *rows)
{
    static const char table[] = "'overview-members.tsv' ";

    g_string_append(out, "plot ");
    for (guint i = 0; i < G_N_ELEMENTS(member_looks); i++) {
        const char *name = member_state_name(member_looks[i].state);
        char *where;
        char *style;
        if (!has_state(rows, (int)member_looks[i].state)) {
            continue;
        }
        where = g_strdup_printf("strcol(4) eq '%s' ? $3 : NaN", name);
        style =
            g_strdup_printf("fillstyle solid 0.9 noborder linecolor rgb %s title '%s', \\\n     ",
                            member_looks[i].colour,
                            name);
        g_string_append(out, table);
        append_box(out, where, member_looks[i].height, style);
        g_free(where);
        g_free(style);
    }
    g_string_append_printf(
        out,
        "%susing (mid($1,$2)):3:5 with labels noenhanced font small_font textcolor "
        "rgb black notitle\n",
        table);
}

/* "billing-0", or "billing/c0" where the name does not tell its group and there is room. */
static char **member_names(const GPtrArray *rows, gboolean several)
{
    char **names = g_new0(char *, rows->len + 1);

    for (guint i = 0; i < rows->len; i++) {
        const SpanRow *row = g_ptr_array_index(rows, i);
        names[i] = g_strconcat(row->owner, "/", row->name, NULL);
        if (!several || g_str_has_prefix(row->name, row->owner) ||
            label_width(names[i]) > NAME_LIMIT) {
            g_free(names[i]);
            names[i] = g_strdup(row->name);
        }
    }
    return names;
}

static char *members_caption(const SpanRows *members, const GPtrArray *rows, gboolean several)
{
    char *what;
    char *caption;

    if (several) {
        what = g_strdup("Members of the groups: what they do, and which partitions they have");
    } else {
        char *group = label_clean(span_rows_at(members, 0)->owner, 30);
        what = g_strdup_printf("Members of group %s, with their partitions", group);
        g_free(group);
    }
    caption = rows_caption(what, rows->len, span_rows_length(members));
    g_free(what);
    return caption;
}

static gboolean has_several_owners(const SpanRows *rows)
{
    for (guint i = 1; i < span_rows_length(rows); i++) {
        if (strcmp(span_rows_at(rows, i)->owner, span_rows_at(rows, 0)->owner) != 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static guint count_states(const GPtrArray *rows)
{
    guint states = 0;

    for (int state = 0; state < MEMBER_STATES; state++) {
        states += (guint)has_state(rows, state);
    }
    return states;
}

void panel_members(Figure *figure, const RunData *run)
{
    const gboolean several = has_several_owners(run->members);
    GPtrArray *rows = span_rows_pick(run->members, MEMBER_ROWS);
    FigurePanel *panel;
    char **names;
    char *caption;

    if (count_states(rows) == 0) {
        g_ptr_array_unref(rows);
        return;
    }
    names = member_names(rows, several);
    caption = members_caption(run->members, rows, several);
    panel = figure_add_panel(
        figure, caption, MAX((int)rows->len * MEMBER_ROW_PX, 19 * (int)count_states(rows)));
    write_rows_axis(panel->commands, names, rows->len);
    write_member_table(figure_add_table(figure, "members"), rows, run->end_ms);
    write_member_plot(panel->commands, rows);
    g_strfreev(names);
    g_free(caption);
    g_ptr_array_unref(rows);
}
