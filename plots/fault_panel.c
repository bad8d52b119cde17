/* fault_panel.c - what was done to the cluster and what it cost: a strip of names above the panels,
 * and a shaded band through all of them from a fault's begin to its end (a thin dashed line for an
 * instant, a red one where committed records were lost).
 *
 * Names share a row where they do not overlap, and stand where no fault's dotted line runs through
 * them while there are rows for that: a line begins at its own name's row. Those that find no room
 * are counted, not drawn; their bands are. */
#include "plots/figure/label.h"
#include "plots/marks/marks.h"
#include "plots/panels.h"

#define PLOT_PX     (FIGURE_RIGHT - FIGURE_LEFT)
#define LETTER_PX   7.4
#define LABEL_LIMIT 72  /* letters, where a name stands left of its begin */
#define LABEL_MOST  110 /* right of it, as far as there is room */
#define ROW_PX      19
#define ROWS        7
#define LOSS_ROWS   9 /* a loss finds room where faults find none */
#define NO_ROW      G_MAXUINT
#define FEW_ROWS    2 /* not worth another order than time's */
#define BANDS       60

typedef struct Placement {
    guint row;               /* NO_ROW: no room */
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

static const struct {
    int colour; /* of the name */
    const char *line;
} looks[] = {
    [MARK_FAULT] = {0x9A4A12, "linewidth 1 linecolor rgb '#9A4A12' dashtype 3"},
    [MARK_LOSS] = {0xB00020, "linewidth 1.8 linecolor rgb '#B00020'"},
    [MARK_TRUNCATION] = {0x444444, "linewidth 1 linecolor rgb '#444444' dashtype 3"},
    [MARK_MEMBER] = {0x1F5A82, "linewidth 1 linecolor rgb '#1F5A82' dashtype 3"},
};

static guint name_limit(const Mark *mark, double end_ms)
{
    const double room = (PLOT_PX + 150 - mark->from_ms / end_ms * PLOT_PX - 14) / LETTER_PX;
    return (guint)CLAMP(room, LABEL_LIMIT, LABEL_MOST);
}

static Placement place(const Mark *mark, double end_ms)
{
    char *clean = label_clean(mark->label, name_limit(mark, end_ms));
    const double width = label_width(clean) * LETTER_PX + 14;
    const double begin = mark->from_ms / end_ms * PLOT_PX;
    Placement place = {.begin_px = begin,
                       .name_px = begin,
                       .past_px = begin + width,
                       .end_px = mark->to_ms / end_ms * PLOT_PX};

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
 * name; NO_ROW when there is none. */
static guint find_row(const GArray *placed, const Placement *wanted, guint rows)
{
    guint best = NO_ROW;

    for (guint row = 0; row < rows; row++) {
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
        best = free_row && best == NO_ROW ? row : best;
    }
    return best;
}

static void write_row(GString *table, const Mark *mark, const Placement *placement, guint limit)
{
    label_number(table, mark->from_ms / 1000.0, 3);
    g_string_append_c(table, '\t');
    label_number(table, mark->to_ms / 1000.0, 3);
    g_string_append_printf(table, "\t%u\t%s\t", placement->row, placement->leftward ? "<" : ">");
    label_field(table, mark->label, limit);
    g_string_append_printf(table, "\t%d\n", looks[mark->kind].colour);
}

static void place_mark(GArray *named, const Mark *mark, Placement *placement)
{
    placement->row = find_row(named, placement, mark->kind == MARK_LOSS ? LOSS_ROWS : ROWS);
    if (placement->row != NO_ROW) {
        g_array_append_val(named, *placement);
    }
}

static gboolean comes_last(const Mark *mark, gboolean ends_last)
{
    return mark->kind == MARK_MEMBER || (ends_last && mark->ends_another);
}

/* A place for each mark, in the order of time; members after all else, and the ends of faults if
 * `ends_last`. */
static GArray *place_all(const GArray *marks, double end_ms, gboolean ends_last)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(Placement));
    GArray *named = g_array_new(FALSE, FALSE, sizeof(Placement));

    for (guint i = 0; i < marks->len; i++) {
        const Mark *mark = &g_array_index(marks, Mark, i);
        Placement placement = place(mark, end_ms);
        if (!comes_last(mark, ends_last)) {
            place_mark(named, mark, &placement);
        }
        g_array_append_val(all, placement);
    }
    for (guint i = 0; i < marks->len; i++) {
        const Mark *mark = &g_array_index(marks, Mark, i);
        if (comes_last(mark, ends_last)) {
            place_mark(named, mark, &g_array_index(all, Placement, i));
        }
    }
    g_array_unref(named);
    return all;
}

/* Names without room count most, then rows. */
static guint cost_of(const GArray *marks, const GArray *placed)
{
    guint rows = 0;
    guint left_out = 0;

    for (guint i = 0; i < marks->len; i++) {
        const guint row = g_array_index(placed, Placement, i).row;
        if (row == NO_ROW) {
            left_out += comes_last(&g_array_index(marks, Mark, i), TRUE) ? 0 : 1;
        } else {
            rows = MAX(rows, row);
        }
    }
    return left_out * (LOSS_ROWS + 1) + rows;
}

static GArray *place_best(const GArray *marks, double end_ms)
{
    GArray *by_time = place_all(marks, end_ms, FALSE);
    GArray *ends_last = place_all(marks, end_ms, TRUE);
    const gboolean better = cost_of(marks, ends_last) + FEW_ROWS < cost_of(marks, by_time);

    g_array_unref(better ? by_time : ends_last);
    return better ? ends_last : by_time;
}

static Strip write_table(GString *table, const GArray *marks, const GArray *placed, double end_ms)
{
    Strip strip = {.rows = 1};

    g_string_append(table, "# from s, to s, line, side of the name, name, its colour\n");
    for (guint i = 0; i < marks->len; i++) {
        const Mark *mark = &g_array_index(marks, Mark, i);
        const Placement *placement = &g_array_index(placed, Placement, i);
        if (placement->row == NO_ROW) {
            strip.left_out += mark->kind == MARK_FAULT ? 1 : 0;
            continue;
        }
        strip.rows = MAX(strip.rows, placement->row + 1);
        strip.leftward += placement->leftward ? 1 : 0;
        strip.rightward += placement->leftward ? 0 : 1;
        write_row(table, mark, placement, name_limit(mark, end_ms));
    }
    return strip;
}

/* Five members killed by one line of a story are no darker than one. */
static gboolean is_drawn_already(const GArray *marks, guint index)
{
    const Mark *mark = &g_array_index(marks, Mark, index);

    for (guint i = 0; i < index; i++) {
        const Mark *other = &g_array_index(marks, Mark, i);
        if (other->kind == mark->kind && other->from_ms == mark->from_ms &&
            other->to_ms == mark->to_ms) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Bands are transparent, so that two faults at once are darker than one; the begin is a line from
 * the name's row down. */
static void
write_band(Figure *figure, const Mark *mark, const Placement *placement, guint row, guint tag)
{
    const FigureLine line = {mark->from_ms / 1000.0, placement->begin_px, looks[mark->kind].line};
    GString *out = figure->bands;
    GString *from = g_string_new(NULL);

    label_number(from, mark->from_ms / 1000.0, 3);
    if (mark->to_ms > mark->from_ms) {
        g_string_append_printf(
            out, "set object %u rectangle from %s/t, graph 1 to ", tag, from->str);
        label_number(out, mark->to_ms / 1000.0, 3);
        g_string_append_printf(out,
                               "/t, screen %d./height behind fillcolor rgb orange "
                               "fillstyle transparent solid 0.11 noborder\n",
                               FIGURE_FOOTER);
    }
    g_string_append_printf(out, "set arrow %u nohead from %s/t, ", tag, from->str);
    label_number(out, row - 0.5, 1);
    g_string_append_printf(out, " to %s/t, graph 0 back %s\n", from->str, line.style);
    g_array_append_val(figure->lines, line);
    g_string_free(from, TRUE);
}

/* Names right of the fault's begin (>) or left of it (<). */
static void write_names(GString *out, char side, const char *align, const char *after)
{
    g_string_append_printf(out,
                           "'overview-faults.tsv' using (strcol(4) eq '%c' ? $1/t : NaN):3:5:6 "
                           "with labels %s offset character %s0.5,0 noenhanced font small_font "
                           "textcolor rgb variable notitle%s",
                           side,
                           align,
                           side == '<' ? "-" : "",
                           after);
}

/* A line whose name found no room would say nothing where it is not a fault's. */
static gboolean has_band(const GArray *marks, guint index, const Placement *placement)
{
    return !is_drawn_already(marks, index) &&
           (placement->row != NO_ROW || g_array_index(marks, Mark, index).kind == MARK_FAULT);
}

void panel_faults(Figure *figure, const RunData *run)
{
    GArray *marks = marks_new(run);
    FigurePanel *panel;
    GArray *placed;
    Strip strip;

    if (marks->len == 0) {
        g_array_unref(marks);
        return;
    }
    placed = place_best(marks, run->end_ms);
    strip = write_table(figure_add_table(figure, "faults"), marks, placed, run->end_ms);
    panel = figure_add_panel(figure, NULL, (int)strip.rows * ROW_PX);
    for (guint i = 0; i < MIN(marks->len, BANDS); i++) {
        const Placement *placement = &g_array_index(placed, Placement, i);
        if (has_band(marks, i, placement)) {
            write_band(figure,
                       &g_array_index(marks, Mark, i),
                       placement,
                       MIN(placement->row, strip.rows),
                       i + 1);
        }
    }
    g_array_unref(placed);
    g_array_unref(marks);
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
        char *sentence = g_strdup_printf("%u more event%s in faults.csv.",
                                         strip.left_out,
                                         strip.left_out == 1 ? " is" : "s are");
        figure_note(figure, sentence);
        g_free(sentence);
    }
    g_string_append(
        panel->commands,
        "\nset border 3\nset tics scale 0.5\nset ytics nomirror\nset xtics nomirror format ''\n");
}
