/* timeline.c - see timeline.h. */
#include "plots/timeline.h"

#include "plots/figure/label.h"

#define NAME_MOST 32
#define LETTER_PX 9

void timeline_time(GString *out, double ms)
{
    label_number(out, ms / 1000.0, 3);
}

/* set ytics ('orders-0' 0, ...), first row on top */
void timeline_axis(Figure *figure, FigurePanel *panel, char **names, guint rows)
{
    GString *out = panel->commands;
    guint widest = TIMELINE_NAME_LIMIT;

    g_string_append_printf(
        out, "set yrange [%u.5:-0.5]\nunset grid\nset ytics nomirror (", rows - 1);
    for (guint i = 0; i < rows; i++) {
        char *name = label_clean_middle(names[i], NAME_MOST, 5);
        widest = MAX(widest, label_width(name));
        g_string_append(out, i == 0 ? "" : ", ");
        label_quote(out, name, NAME_MOST);
        g_free(name);
        g_string_append_printf(out, " %u", i);
    }
    g_string_append(out, ") noenhanced\n");
    figure->wider_px = MAX(figure->wider_px, (int)(widest - TIMELINE_NAME_LIMIT) * LETTER_PX);
}

static guint changed(const SpanRows *all)
{
    guint count = 0;
    for (guint i = 0; i < span_rows_length(all); i++) {
        count += span_rows_at(all, i)->changes > 0 ? 1 : 0;
    }
    return count;
}

gboolean timeline_changed(const SpanRows *all)
{
    return changed(all) > 0;
}

static gboolean changed_alike(const SpanRows *all)
{
    for (guint i = 1; i < span_rows_length(all); i++) {
        if (span_rows_at(all, i)->changes != span_rows_at(all, 0)->changes) {
            return FALSE;
        }
    }
    return TRUE;
}

char *timeline_caption(const char *what, guint shown, const SpanRows *all)
{
    const guint length = span_rows_length(all);

    if (shown == length) {
        return g_strdup(what);
    }
    if (!changed_alike(all) && changed(all) < shown) {
        return g_strdup_printf("%s (%u of %u, all that changed among them)", what, shown, length);
    }
    if (!changed_alike(all)) {
        return g_strdup_printf("%s (%u of %u: those that changed most often)", what, shown, length);
    }
    return g_strdup_printf(
        "%s (%u of %u%s)", what, shown, length, timeline_changed(all) ? "" : ", none changed");
}

void timeline_box(GString *out, const char *where, const char *height, const char *style)
{
    g_string_append_printf(out,
                           "using (mid($1,$2)):(%s):(left($1)):(right($1,$2)):($3-%s):($3+%s) "
                           "with boxxyerror %s",
                           where,
                           height,
                           height,
                           style);
}

gboolean timeline_has(const GPtrArray *rows, int state)
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
