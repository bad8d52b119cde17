/* fault_panel.c - what was done to the cluster: a strip of names above the panels, and a shaded
 * band through all of them from a fault's begin to its end (a thin dashed line for an instant).
 *
 * Names share a row where they do not overlap, and stand where no fault's dotted line runs through
 * them while there are rows for that: a line begins at its own name's row. Those that find no room
 * are counted, not drawn; their bands are. */
#include "plots/figure/label.h"
#include "plots/panels.h"

#define PLOT_PX     (FIGURE_RIGHT - FIGURE_LEFT)
#define LETTER_PX   7.4
#define LABEL_LIMIT 72  /* letters, where a name stands left of its begin */
#define LABEL_MOST  110 /* right of it, as far as there is room */
#define ROW_PX      19
#define ROWS        7
#define BANDS       60

typedef struct Placement {
    guint row;               /* ROWS: no room */
    gboolean leftward;       /* the name ends at the fault's begin instead of starting there */
    double begin_px;         /* the dotted line */
    double name_px, past_px; /* the name */
    double end_px;           /* the band */
} Placement;

typedef struct Strip {
    guint rows;
    guint leftward, rightward; /* names on either side */
    guint left_out;            /* names without room */
} Strip;

static guint name_limit(const RunFault *fault, double end_ms)
{
    const double room = (PLOT_PX + 150 - fault->from_ms / end_ms * PLOT_PX - 14) / LETTER_PX;
    return (guint)CLAMP(room, LABEL_LIMIT, LABEL_MOST);
}

static Placement place(const RunFault *fault, double end_ms)
{
    char *clean = label_clean(fault->label, name_limit(fault, end_ms));
    const double width = label_width(clean) * LETTER_PX + 14;
    const double begin = fault->from_ms / end_ms * PLOT_PX;
    Placement place = {.begin_px = begin,
                       .name_px = begin,
                       .past_px = begin + width,
                       .end_px = fault->to_ms / end_ms * PLOT_PX};

    if (begin + width > PLOT_PX + 150 && begin - width > 0) {
        place.leftward = TRUE;
        place.name_px = begin - width;
        place.past_px = begin;
    }
    g_free(clean);
    return place;
}

/* Does it overlap a name, or the band of one that is still open? */
static gboolean is_in_the_way(const Placement *other, const Placement *wanted, guint row)
{
    return other->row == row && MAX(other->past_px, other->end_px) > wanted->name_px &&
           other->name_px < MAX(wanted->past_px, wanted->end_px);
}

static gboolean runs_through(const Placement *line, const Placement *name, guint from, guint row)
{
    return from < row && line->begin_px > name->name_px + 1 && line->begin_px < name->past_px - 1;
}

/* The first row where nothing stands in the way, at best one where also no line runs through a
 * name; ROWS when there is none. */
static guint find_row(const GArray *placed, const Placement *wanted)
{
    guint best = ROWS;

    for (guint row = 0; row < ROWS; row++) {
        gboolean free_row = TRUE;
        gboolean crossed = FALSE;
        for (guint i = 0; i < placed->len; i++) {
            const Placement *other = &g_array_index(placed, Placement, i);
            free_row = free_row && !is_in_the_way(other, wanted, row);
            crossed = crossed || runs_through(other, wanted, other->row, row) ||
                      runs_through(wanted, other, row, other->row);
        }
        if (free_row && !crossed) {
            return row;
        }
        best = free_row && best == ROWS ? row : best;
    }
    return best;
}

static void
write_row(GString *table, const RunFault *fault, const Placement *placement, guint limit)
{
    label_number(table, fault->from_ms / 1000.0, 3);
    g_string_append_c(table, '\t');
    label_number(table, fault->to_ms / 1000.0, 3);
    g_string_append_printf(table, "\t%u\t%s\t", placement->row, placement->leftward ? "<" : ">");
    label_field(table, fault->label, limit);
    g_string_append_c(table, '\n');
}

/* A place for each fault, in their order. */
static GArray *place_all(const RunData *run)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(Placement));
    GArray *named = g_array_new(FALSE, FALSE, sizeof(Placement));

    for (guint i = 0; i < run->faults->len; i++) {
        const RunFault *fault = &g_array_index(run->faults, RunFault, i);
        Placement placement = place(fault, run->end_ms);
        placement.row = find_row(named, &placement);
        if (placement.row < ROWS) {
            g_array_append_val(named, placement);
        }
        g_array_append_val(all, placement);
    }
    g_array_unref(named);
    return all;
}

static Strip write_table(GString *table, const RunData *run, const GArray *placed)
{
    Strip strip = {.rows = 1};

    g_string_append(table, "# from s, to s, line, side of the name, name\n");
    for (guint i = 0; i < run->faults->len; i++) {
        const RunFault *fault = &g_array_index(run->faults, RunFault, i);
        const Placement *placement = &g_array_index(placed, Placement, i);
        if (placement->row == ROWS) {
            strip.left_out += run_data_ends_another(run, i) ? 0 : 1; /* the band says that */
            continue;
        }
        strip.rows = MAX(strip.rows, placement->row + 1);
        strip.leftward += placement->leftward ? 1 : 0;
        strip.rightward += placement->leftward ? 0 : 1;
        write_row(table, fault, placement, name_limit(fault, run->end_ms));
    }
    return strip;
}

/* Five members killed by one line of a story are no darker than one. */
static gboolean is_drawn_already(const RunData *run, guint index)
{
    const RunFault *fault = &g_array_index(run->faults, RunFault, index);

    for (guint i = 0; i < index; i++) {
        const RunFault *other = &g_array_index(run->faults, RunFault, i);
        if (other->from_ms == fault->from_ms && other->to_ms == fault->to_ms) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Bands are transparent, so that two faults at once are darker than one; the begin is a line from
 * the name's row down. */
static void write_band(GString *out, const RunFault *fault, guint row, guint tag)
{
    GString *from = g_string_new(NULL);

    label_number(from, fault->from_ms / 1000.0, 3);
    if (fault->to_ms > fault->from_ms) {
        g_string_append_printf(
            out, "set object %u rectangle from %s/t, graph 1 to ", tag, from->str);
        label_number(out, fault->to_ms / 1000.0, 3);
        g_string_append_printf(out,
                               "/t, screen %d./height behind fillcolor rgb orange "
                               "fillstyle transparent solid 0.11 noborder\n",
                               FIGURE_FOOTER);
    }
    g_string_append_printf(out, "set arrow %u nohead from %s/t, ", tag, from->str);
    label_number(out, row - 0.5, 1);
    g_string_append_printf(out,
                           " to %s/t, screen %d./height back linewidth 1 linecolor rgb rust "
                           "dashtype 3\n",
                           from->str,
                           FIGURE_FOOTER);
    g_string_free(from, TRUE);
}

/* Names right of the fault's begin (>) or left of it (<). */
static void write_names(GString *out, char side, const char *align, const char *after)
{
    g_string_append_printf(out,
                           "'overview-faults.tsv' using (strcol(4) eq '%c' ? $1/t : NaN):3:5 "
                           "with labels %s offset character %s0.5,0 noenhanced font small_font "
                           "textcolor rgb rust notitle%s",
                           side,
                           align,
                           side == '<' ? "-" : "",
                           after);
}

void panel_faults(Figure *figure, const RunData *run)
{
    FigurePanel *panel;
    GArray *placed;
    Strip strip;

    if (run->faults->len == 0) {
        return;
    }
    placed = place_all(run);
    strip = write_table(figure_add_table(figure, "faults"), run, placed);
    panel = figure_add_panel(figure, NULL, (int)strip.rows * ROW_PX);
    for (guint i = 0; i < MIN(run->faults->len, BANDS); i++) {
        if (!is_drawn_already(run, i)) {
            write_band(figure->bands,
                       &g_array_index(run->faults, RunFault, i),
                       MIN(g_array_index(placed, Placement, i).row, strip.rows),
                       i + 1);
        }
    }
    g_array_unref(placed);
    g_string_append_printf(panel->commands,
                           "set border 0\nset tics scale 0\nunset ytics\n"
                           "set yrange [%u.5:-0.5]\nplot ",
                           strip.rows - 1);
    if (strip.rightward > 0) {
        write_names(panel->commands, '>', "left", strip.leftward > 0 ? ", \\\n     " : "");
    }
    if (strip.leftward > 0) {
        write_names(panel->commands, '<', "right", "");
    }
    if (strip.left_out > 0) {
        g_string_append_printf(
            panel->commands,
            ", \\\n     keyentry with points pointtype 0 title '%u more in faults.csv'",
            strip.left_out);
    }
    g_string_append(
        panel->commands,
        "\nset border 3\nset tics scale 0.5\nset ytics nomirror\nset xtics nomirror format ''\n");
}
