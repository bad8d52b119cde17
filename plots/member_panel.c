/* member_panel.c - what the members of the groups do, and which partitions they have. */
#include "plots/figure/label.h"
#include "plots/panels.h"
#include "plots/timeline.h"

#include <string.h>

#define PLOT_PX       (FIGURE_RIGHT - FIGURE_LEFT)
#define LETTER_PX     7.6
#define MEMBER_ROWS   16
#define MEMBER_ROW_PX 26

#define COUNT_SIGN "×"

#define PLAIN   "noborder"
#define FRAME   "border linecolor rgb amber linewidth 3"
#define OUTLINE "border linecolor rgb grey linewidth 2"

/* Who goes on while the group rebalances looks like who reads, in a frame. */
static const struct {
    MemberState state;
    const char *height, *colour, *border;
} member_looks[] = {
    {MEMBER_CONSUMING, "0.40", "sky", PLAIN},
    {MEMBER_RUNNING, "0.40", "teal", PLAIN},
    {MEMBER_KEEPING, "0.36", "sky", FRAME},
    {MEMBER_IDLE, "0.40", "pale", PLAIN},
    {MEMBER_RESTORING, "0.33", "green", PLAIN},
    {MEMBER_RETRYING, "0.26", "salmon", PLAIN},
    {MEMBER_REBALANCING, "0.26", "amber", PLAIN},
    {MEMBER_JOINING, "0.14", "orange", PLAIN},
    {MEMBER_FROZEN, "0.26", "pink", PLAIN},
    {MEMBER_LEFT, "0.05", "grey", PLAIN},
    {MEMBER_STOPPED, "0.14", "pale", OUTLINE},
    {MEMBER_DEAD, "0.09", "black", PLAIN},
    {MEMBER_OTHER, "0.20", "brown", PLAIN},
};

/* How long the topic's name is in "orders-12", the first word. */
static gsize topic_length(const char *partition)
{
    const gsize length = strcspn(partition, " ");
    const char *dash = g_strrstr_len(partition, (gssize)length, "-");
    return dash != NULL ? (gsize)(dash - partition) : length;
}

static gboolean same_topic(const char *left, const char *right)
{
    return topic_length(left) == topic_length(right) &&
           strncmp(left, right, topic_length(left)) == 0;
}

/* "orders-0 payments-1" */
static gboolean has_several_topics(const char *partitions)
{
    for (const char *next = strchr(partitions, ' '); next != NULL; next = strchr(next + 1, ' ')) {
        if (!same_topic(partitions, next + 1)) {
            return TRUE;
        }
    }
    return FALSE;
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

/* "0–4 7", or with the topics "orders 0–4, payments 0 1". */
static char *partition_numbers(const char *partitions, gboolean topics)
{
    char **words = g_strsplit(partitions, " ", -1);
    GString *out = g_string_new(NULL);

    for (char **word = words; *word != NULL; word++) {
        char **last = end_of_run(word);
        const gboolean new_topic = word == words || !same_topic(word[-1], word[0]);
        g_string_append(out, word == words ? "" : new_topic ? ", " : " ");
        if (topics && new_topic) {
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

/* In a box of that many pixels: a space takes half of a letter. */
static gboolean fits(const char *text, double room_px)
{
    double wanted_px = 6;

    for (const char *at = text; *at != '\0'; at++) {
        if (((unsigned char)*at & 0xC0U) != 0x80U) { /* a letter of UTF-8 begins */
            wanted_px += *at == ' ' ? LETTER_PX / 2 : LETTER_PX;
        }
    }
    return wanted_px <= room_px;
}

/* "4 tasks", or "×4", or nothing. */
static char *count_text(guint count, const char *what, double room_px)
{
    char *text = g_strdup_printf("%u %s", count, what);

    if (!fits(text, room_px)) {
        g_free(text);
        text = g_strdup_printf(COUNT_SIGN "%u", count);
    }
    if (!fits(text, room_px)) {
        g_free(text);
        text = g_strdup("");
    }
    return text;
}

/* "ACTIVE: 0:[0]; STANDBY: 1:[3]", with less of it where there is less room. Connect's tasks
 * "search-0, search-3", or how many: the key says that they are tasks. */
static char *tasks_text(const char *tasks, double room_px)
{
    const char *rest = strchr(tasks, ':') + 1;
    char *text;

    if (g_str_has_prefix(tasks, "TASKS: ")) {
        char **names = g_strsplit(rest + 1, " ", -1);
        text = g_strjoinv(", ", names);
        g_strfreev(names);
        if (fits(text, room_px)) {
            return text;
        }
        g_free(text);
        return count_text(count_words(rest + 1), "tasks", room_px);
    }
    return g_strdup(fits(tasks, room_px) ? tasks : fits(rest, room_px) ? rest : "");
}

/* What fits into the box: the partitions, else how many, else nothing. `topics`: a number alone
 * does not tell of which topic it is. */
static char *box_text(const Span *span, double end_ms, gboolean topics)
{
    const double room_px = (span->to_ms - span->from_ms) / end_ms * PLOT_PX;
    const char *partitions = span->text != NULL ? span->text : "";
    char *text;

    if (strchr(partitions, ':') != NULL) { /* no topic has that in its name */
        return tasks_text(partitions, room_px);
    }
    if (span->state != MEMBER_CONSUMING && span->state != MEMBER_IDLE &&
        span->state != MEMBER_KEEPING && span->state != MEMBER_RETRYING) {
        return g_strdup("");
    }
    if (*partitions == '\0') {
        return g_strdup(fits("idle", room_px) ? "idle" : "");
    }
    text = partition_numbers(partitions, topics);
    if (!fits(text, room_px) && !has_several_topics(partitions)) {
        g_free(text);
        text = partition_numbers(partitions, FALSE);
    }
    if (!fits(text, room_px)) {
        g_free(text);
        text = count_text(count_words(partitions), "partitions", room_px);
    }
    return text;
}

/* Do the rows' boxes hold partitions of more than one topic? */
static gboolean rows_have_several_topics(const GPtrArray *rows)
{
    const char *first = NULL;

    for (guint i = 0; i < rows->len; i++) {
        const SpanRow *row = g_ptr_array_index(rows, i);
        for (guint k = 0; k < row->spans->len; k++) {
            const char *text = g_array_index(row->spans, Span, k).text;
            if (text == NULL || *text == '\0' || strchr(text, ':') != NULL) {
                continue;
            }
            first = first == NULL ? text : first;
            if (has_several_topics(text) || !same_topic(first, text)) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* Is a number of partitions or tasks said without the word? */
static gboolean write_member_table(GString *table, const GPtrArray *rows, double end_ms)
{
    const gboolean topics = rows_have_several_topics(rows);
    gboolean counted = FALSE;

    g_string_append(table, "# from s, to s, row, state, partitions\n");
    for (guint i = 0; i < rows->len; i++) {
        const SpanRow *row = g_ptr_array_index(rows, i);
        for (guint k = 0; k < row->spans->len; k++) {
            const Span *span = &g_array_index(row->spans, Span, k);
            char *text = box_text(span, end_ms, topics);
            timeline_time(table, span->from_ms);
            g_string_append_c(table, '\t');
            timeline_time(table, span->to_ms);
            g_string_append_printf(
                table, "\t%u\t%s\t", i, member_state_name((MemberState)span->state));
            label_field(table, *text != '\0' ? text : " ", 200);
            g_string_append_c(table, '\n');
            counted = counted || g_str_has_prefix(text, COUNT_SIGN);
            g_free(text);
        }
    }
    return counted;
}

static void write_member_plot(GString *out, const GPtrArray *rows)
{
    static const char table[] = "'overview-members.tsv' ";

    g_string_append(out, "plot ");
    for (guint i = 0; i < G_N_ELEMENTS(member_looks); i++) {
        const char *name = member_state_name(member_looks[i].state);
        char *where;
        char *style;
        if (!timeline_has(rows, (int)member_looks[i].state)) {
            continue;
        }
        where = g_strdup_printf("strcol(4) eq '%s' ? $3 : NaN", name);
        style = g_strdup_printf("fillcolor rgb %s fillstyle solid 0.9 %s title '%s', \\\n     ",
                                member_looks[i].colour,
                                member_looks[i].border,
                                name);
        g_string_append(out, table);
        timeline_box(out, where, member_looks[i].height, style);
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
            label_width(names[i]) > TIMELINE_NAME_LIMIT) {
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
    caption = timeline_caption(what, rows->len, members);
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

/* Where the scenario lists it, counted over all of its lists; those it does not name come first. */
static guint place_in(const JsonTree *groups, const char *list, const char *name)
{
    guint place = 0;

    for (guint i = 0; i < json_tree_length(groups); i++) {
        const JsonTree *members = json_tree_get(json_tree_at(groups, i), list);
        for (guint k = 0; k < json_tree_length(members); k++) {
            const JsonTree *own = json_tree_get(json_tree_at(members, k), "name");
            place++;
            if (strcmp(json_tree_text(own, ""), name) == 0) {
                return place;
            }
        }
    }
    return 0;
}

static guint place_of(const RunData *run, const SpanRow *row)
{
    return place_in(json_tree_get(run->scenario, "groups"), "members", row->name) +
           place_in(json_tree_get(run->scenario, "connect"), "workers", row->name);
}

static guint first_of(const SpanRows *all, const char *owner)
{
    guint place = 0;

    while (strcmp(span_rows_at(all, place)->owner, owner) != 0) {
        place++;
    }
    return place;
}

static gint compare_rows(gconstpointer left, gconstpointer right, gpointer user)
{
    const RunData *run = *(const RunData **)user;
    const SpanRow *a = *(const SpanRow *const *)left;
    const SpanRow *b = *(const SpanRow *const *)right;
    const guint of_a[] = {first_of(run->members, a->owner), place_of(run, a)};
    const guint of_b[] = {first_of(run->members, b->owner), place_of(run, b)};
    const guint by = of_a[0] != of_b[0] ? 0 : 1;
    return (of_a[by] > of_b[by]) - (of_a[by] < of_b[by]);
}

/* Those of one group together, as the scenario lists them: not as they happened to join. */
static GPtrArray *pick_rows(const RunData *run)
{
    GPtrArray *rows = span_rows_pick(run->members, MEMBER_ROWS);

    g_ptr_array_sort_with_data(rows, compare_rows, &run); /* stable */
    return rows;
}

static guint count_states(const GPtrArray *rows)
{
    guint states = 0;

    for (int state = 0; state < MEMBER_STATES; state++) {
        states += (guint)timeline_has(rows, state);
    }
    return states;
}

void panel_members(Figure *figure, const RunData *run)
{
    const gboolean several = has_several_owners(run->members);
    GPtrArray *rows = pick_rows(run);
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
    timeline_axis(figure, panel, names, rows->len);
    if (write_member_table(figure_add_table(figure, "members"), rows, run->end_ms)) {
        figure_note(figure, "Members: " COUNT_SIGN "2 are two partitions or tasks.");
    }
    write_member_plot(panel->commands, rows);
    g_strfreev(names);
    g_free(caption);
    g_ptr_array_unref(rows);
}
