/* sizing_words.c - see sizing_words.h. */
#include "plots/sizing_words.h"

#include "plots/figure/label.h"

#include <math.h>
#include <string.h>

void sizing_append_amount(GString *out, double value, const char *unit)
{
    if (strcmp(unit, "ms") == 0) {
        label_duration(out, value);
    } else if (value >= 1000) {
        label_count(out, value);
        g_string_append_printf(out, *unit != '\0' ? " %s" : "%s", unit);
    } else {
        label_number(out, value, 3);
        g_string_append_printf(out, *unit != '\0' ? " %s" : "%s", unit);
    }
}

static gboolean is_interrupted(const SweepData *sweep)
{
    return json_tree_is(json_tree_get(sweep->sweep, "complete"), JSON_FALSE);
}

static void set_title(Figure *figure, const SweepData *sweep)
{
    const SweepCell *answer = sweep_data_answer(sweep);
    char *scenario = label_clean(json_tree_text(json_tree_get(sweep->sweep, "name"), "sweep"), 40);
    char *name = label_clean(sweep_pointer_name(g_ptr_array_index(sweep->pointers, 0)), 30);
    char *value = answer != NULL ? label_clean(g_ptr_array_index(sweep->xs, answer->x), 20) : NULL;

    if (answer != NULL) {
        figure->title = g_strdup_printf(
            "%s: %s = %s is the fewest tested that meets every goal", scenario, name, value);
    } else if (json_tree_length(json_tree_get(sweep->sweep, "goals")) > 0) {
        figure->title = g_strdup_printf(is_interrupted(sweep)
                                            ? "%s: no value of %s tested so far meets every goal"
                                            : "%s: no tested value of %s meets every goal",
                                        scenario,
                                        name);
    } else {
        figure->title = g_strdup_printf("%s: what %s changes", scenario, name);
    }
    g_free(value);
    g_free(name);
    g_free(scenario);
}

/* "The same in every cell: acked.records.lost = 0" */
static void set_note(Figure *figure, const SweepData *sweep)
{
    GString *note = g_string_new(NULL);

    for (guint i = 0; i < sweep->cells->len; i++) {
        const SweepCell *cell = &g_array_index(sweep->cells, SweepCell, i);
        const char *name = g_ptr_array_index(sweep->measures, cell->measure);
        if (cell->cell != g_array_index(sweep->cells, SweepCell, 0).cell || isnan(cell->mean) ||
            sweep_data_interest(sweep, cell->measure) > 0) {
            continue;
        }
        g_string_append(note, note->len > 0 ? ", " : "The same in every cell: ");
        g_string_append_printf(note, "%s = ", name);
        sizing_append_amount(note, cell->mean, sweep_data_unit(sweep, name));
    }
    figure->note = g_string_free(note, note->len == 0);
}

void sizing_set_words(Figure *figure, const SweepData *sweep, guint shown)
{
    const guint seeds = json_tree_length(json_tree_get(sweep->sweep, "seeds"));
    GString *subtitle = g_string_new(NULL);

    set_title(figure, sweep);
    set_note(figure, sweep);
    if (is_interrupted(sweep)) {
        g_string_append(subtitle, "interrupted · ");
    }
    g_string_append_printf(subtitle,
                           seeds == 1 ? "%u seed"
                                      : "mean of %u seeds; band: 95 %% interval of the mean",
                           seeds);
    if (json_tree_length(json_tree_get(sweep->sweep, "goals")) > 0) {
        g_string_append(subtitle, " · dotted: goals");
    }
    if (shown < sweep->measures->len) {
        g_string_append_printf(subtitle, " · %u of %u measures", shown, sweep->measures->len);
    }
    if (sweep->lines->len > FIGURE_COLOURS) {
        g_string_append_printf(subtitle, " · %d of %u lines", FIGURE_COLOURS, sweep->lines->len);
    }
    g_string_append(subtitle, " · simulated time");
    figure->subtitle = g_string_free(subtitle, FALSE);
}
