/* spans.c - see spans.h. */
#include "plots/results/spans.h"

#include <string.h>

struct SpanRows {
    GPtrArray *rows;     /* SpanRow* in order of appearance */
    GHashTable *by_name; /* owner \n name -> SpanRow*, for look-up only */
    gboolean (*worse)(int left, int right);
    double thin_ms;
};

static void clear_span(gpointer span)
{
    g_free(((Span *)span)->text);
}

static void row_free(gpointer data)
{
    SpanRow *row = data;
    g_free(row->owner);
    g_free(row->name);
    g_array_unref(row->spans);
    g_free(row);
}

SpanRows *span_rows_new(gboolean (*worse)(int left, int right), double thin_ms)
{
    SpanRows *self = g_new0(SpanRows, 1);
    self->rows = g_ptr_array_new_with_free_func(row_free);
    self->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->worse = worse;
    self->thin_ms = thin_ms;
    return self;
}

void span_rows_free(SpanRows *self)
{
    g_hash_table_unref(self->by_name);
    g_ptr_array_unref(self->rows);
    g_free(self);
}

static SpanRow *find_row(SpanRows *self, const char *owner, const char *name)
{
    char *key = g_strconcat(owner, "\n", name, NULL);
    SpanRow *row = g_hash_table_lookup(self->by_name, key);

    if (row != NULL) {
        g_free(key);
        return row;
    }
    row = g_new0(SpanRow, 1);
    row->owner = g_strdup(owner);
    row->name = g_strdup(name);
    row->spans = g_array_new(FALSE, FALSE, sizeof(Span));
    g_array_set_clear_func(row->spans, clear_span);
    g_ptr_array_add(self->rows, row);
    g_hash_table_insert(self->by_name, key, row);
    return row;
}

/* The span that goes on. */
static Span *last_span(const SpanRow *row)
{
    return row->spans->len > 0 && !row->ended
               ? &g_array_index(row->spans, Span, row->spans->len - 1)
               : NULL;
}

/* Closes the open span; a thin one is joined with a thin one before it. */
static void close_span(const SpanRows *self, SpanRow *row, double time_ms)
{
    Span *open = last_span(row);
    Span *before;

    if (open == NULL) {
        return;
    }
    open->to_ms = MAX(time_ms, open->from_ms);
    if (open->to_ms <= open->from_ms) {
        g_array_set_size(row->spans, row->spans->len - 1);
        return;
    }
    if (row->spans->len < 2 || open->to_ms - open->from_ms >= self->thin_ms) {
        return;
    }
    before = open - 1;
    if (before->to_ms - before->from_ms >= self->thin_ms) {
        return;
    }
    before->to_ms = open->to_ms;
    if (self->worse(open->state, before->state)) {
        before->state = open->state;
        g_free(before->text);
        before->text = g_steal_pointer(&open->text);
    }
    g_array_set_size(row->spans, row->spans->len - 1);
}

void span_rows_change(SpanRows *self,
                      const char *owner,
                      const char *name,
                      double time_ms,
                      int state,
                      const char *text)
{
    SpanRow *row = find_row(self, owner, name);
    const Span *open = last_span(row);
    const Span span = {time_ms, time_ms, state, g_strdup(text)};

    if (open != NULL && open->state == state && g_strcmp0(open->text, text) == 0) {
        g_free(span.text);
        return;
    }
    row->changes += open != NULL;
    close_span(self, row, time_ms);
    row->ended = FALSE;
    g_array_append_val(row->spans, span);
}

void span_rows_end(SpanRows *self, const char *owner, const char *name, double time_ms)
{
    SpanRow *row = find_row(self, owner, name);

    row->changes += last_span(row) != NULL;
    close_span(self, row, time_ms);
    row->ended = TRUE;
}

void span_rows_finish(SpanRows *self, double end_ms)
{
    for (guint i = 0; i < self->rows->len; i++) {
        close_span(self, g_ptr_array_index(self->rows, i), end_ms);
    }
}

guint span_rows_length(const SpanRows *self)
{
    return self->rows->len;
}

const SpanRow *span_rows_at(const SpanRows *self, guint index)
{
    return g_ptr_array_index(self->rows, index);
}

static gint compare_descending(gconstpointer left, gconstpointer right)
{
    const guint a = *(const guint *)left;
    const guint b = *(const guint *)right;
    return (a < b) - (a > b);
}

/* The changes of the row that takes the last place. */
static guint threshold(const SpanRows *self, guint limit)
{
    GArray *changes = g_array_new(FALSE, FALSE, sizeof(guint));
    guint least = 0;

    for (guint i = 0; i < self->rows->len; i++) {
        g_array_append_val(changes, span_rows_at(self, i)->changes);
    }
    g_array_sort(changes, compare_descending);
    if (changes->len > limit && limit > 0) {
        least = g_array_index(changes, guint, limit - 1);
    }
    g_array_unref(changes);
    return least;
}

GPtrArray *span_rows_pick(const SpanRows *self, guint limit)
{
    GPtrArray *picked = g_ptr_array_new();
    const guint least = threshold(self, limit);
    guint room = limit;

    for (guint i = 0; i < self->rows->len; i++) {
        room -= span_rows_at(self, i)->changes > least;
    }
    for (guint i = 0; i < self->rows->len; i++) {
        SpanRow *row = g_ptr_array_index(self->rows, i);
        if (row->changes > least) {
            g_ptr_array_add(picked, row);
        } else if (row->changes == least && room > 0) {
            g_ptr_array_add(picked, row);
            room--;
        }
    }
    return picked;
}

GPtrArray *span_rows_pick_still(const SpanRows *self, guint limit)
{
    GPtrArray *picked = g_ptr_array_new();
    GHashTable *states = g_hash_table_new(NULL, NULL);
    gboolean *wanted = g_new0(gboolean, self->rows->len + 1);
    guint room = limit;

    for (guint i = 0; i < self->rows->len && room > 0; i++) {
        const GArray *spans = span_rows_at(self, i)->spans;
        const int first = spans->len > 0 ? g_array_index(spans, Span, 0).state : G_MININT;
        wanted[i] = g_hash_table_add(states, GINT_TO_POINTER(first));
        room -= wanted[i] ? 1 : 0;
    }
    for (guint i = 0; i < self->rows->len; i++) {
        if (!wanted[i] && room > 0) {
            wanted[i] = TRUE;
            room--;
        }
        if (wanted[i]) {
            g_ptr_array_add(picked, g_ptr_array_index(self->rows, i));
        }
    }
    g_free(wanted);
    g_hash_table_unref(states);
    return picked;
}

gboolean leader_is_worse(int left, int right)
{
    return left < 0 && (right >= 0 || left > right); /* frozen before none, which is worst */
}

gboolean member_is_worse(int left, int right)
{
    return left > right;
}

static const struct {
    const char *word;
    MemberState state;
} member_words[] = {
    {"consuming", MEMBER_CONSUMING},
    {"idle", MEMBER_IDLE},
    {"stable", MEMBER_CONSUMING},
    {"running", MEMBER_RUNNING},
    {"joining", MEMBER_JOINING},
    {"starting", MEMBER_JOINING},
    {"rebalancing", MEMBER_REBALANCING},
    {"syncing", MEMBER_REBALANCING},
    {"restoring", MEMBER_RESTORING},
    {"retrying", MEMBER_RETRYING},
    {"left", MEMBER_LEFT},
    {"leaving", MEMBER_LEFT},
    {"stopped", MEMBER_STOPPED},
    {"frozen", MEMBER_FROZEN},
    {"paused", MEMBER_FROZEN},
    {"dead", MEMBER_DEAD},
    {"crashed", MEMBER_DEAD},
};

MemberState member_state_parse(const char *word, gboolean has)
{
    for (guint i = 0; i < G_N_ELEMENTS(member_words); i++) {
        if (g_ascii_strcasecmp(word, member_words[i].word) == 0) {
            const gboolean keeps = has && member_words[i].state == MEMBER_REBALANCING;
            return keeps ? MEMBER_KEEPING : member_words[i].state;
        }
    }
    return MEMBER_OTHER;
}

const char *member_state_name(MemberState state)
{
    static const char *const names[MEMBER_STATES] = {
        [MEMBER_CONSUMING] = "consuming",
        [MEMBER_RUNNING] = "running tasks",
        [MEMBER_KEEPING] = "rebalancing, goes on",
        [MEMBER_IDLE] = "idle",
        [MEMBER_OTHER] = "other",
        [MEMBER_RETRYING] = "retrying a record",
        [MEMBER_LEFT] = "left",
        [MEMBER_STOPPED] = "stopped, not left",
        [MEMBER_RESTORING] = "restoring",
        [MEMBER_JOINING] = "joining",
        [MEMBER_REBALANCING] = "rebalancing",
        [MEMBER_FROZEN] = "frozen",
        [MEMBER_DEAD] = "dead",
    };
    return names[state];
}
