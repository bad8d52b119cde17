/* lag_panel.c - how far each group is behind. */
#include "plots/line_panel.h"
#include "plots/panels.h"

#include <string.h>

static gboolean is_shown(const GPtrArray *columns, const char *group)
{
    for (guint i = 0; i < columns->len; i++) {
        if (strcmp(((const RunColumn *)g_ptr_array_index(columns, i))->where, group) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static guint count_share_groups(const RunData *run, const GPtrArray *shown)
{
    const JsonTree *groups = json_tree_get(run->summary, "groups");
    guint count = 0;

    for (guint i = 0; i < json_tree_length(groups); i++) {
        const JsonTree *group = json_tree_at(groups, i);
        count += json_tree_get(group, "share") != NULL &&
                 is_shown(shown, json_tree_text(json_tree_get(group, "name"), ""));
    }
    return count;
}

/* A share group reads at no position: what lies before its start offset is done. */
static char *lag_caption(const RunData *run, const GPtrArray *shown)
{
    const guint shares = count_share_groups(run, shown);
    const char *from = shares == 0 ? "the position read"
                       : shares == shown->len
                           ? "the start offset"
                           : "the position read (of share groups: the start offset)";
    char *what = g_strconcat("Consumer lag, from ", from, NULL);
    const guint all = run_data_count(run, RUN_LAG);
    char *caption = shown->len < all ? g_strdup_printf("%s, %u of %u groups", what, shown->len, all)
                                     : g_strdup(what);

    g_free(what);
    return caption;
}

void panel_lag(Figure *figure, const RunData *run)
{
    GPtrArray *groups = run_data_columns(run, RUN_LAG, PANEL_GROUPS);
    GPtrArray *curves = g_ptr_array_new_with_free_func((GDestroyNotify)curve_free);
    double greatest = 0;

    for (guint i = 0; i < groups->len; i++) {
        const RunColumn *group = g_ptr_array_index(groups, i);
        Curve *curve = curve_level(group->samples, CURVE_GREATEST);
        greatest = line_panel_highest(greatest, curve);
        g_ptr_array_add(curves, curve);
    }
    if (greatest > 0) { /* a panel of zeros would say nothing */
        LinePanel panel = line_panel_begin(figure, "lag");
        char *what = lag_caption(run, groups);
        line_panel_axis(&panel, what, "records", greatest);
        for (guint i = 0; i < groups->len; i++) {
            const RunColumn *group = g_ptr_array_index(groups, i);
            const Curve *curve = g_ptr_array_index(curves, i);
            char *style =
                groups->len > 1
                    ? line_panel_style(run_data_place(run, group) + 1, curve->points->len)
                    : g_strdup("with filledcurves y1=0 fillcolor rgb sky fillstyle solid 0.45 "
                               "noborder");
            line_panel_curve(&panel, curve, group->where, style);
            if (groups->len == 1) {
                line_panel_edge(&panel);
            }
            g_free(style);
        }
        line_panel_end(&panel);
        g_free(what);
    }
    g_ptr_array_unref(curves);
    g_ptr_array_unref(groups);
}
