/* figure.c - see figure.h. */
#include "plots/figure/figure.h"

#include "plots/figure/label.h"

#include <string.h>

#define HEADER_PX         84
#define LINE_PX           24 /* what a further line of the title adds */
#define TITLE_LINES       3
#define TITLE_LIMIT       104
#define CAPTION_LETTER_PX 8.5
#define CAPTION_PX        25 /* from the top of its letters to the panel */
#define SUBTITLE_LIMIT    140
#define NOTE_LIMIT        176 /* in the small font */

typedef struct FigureTable {
    char *name;
    GString *text;
} FigureTable;

const char *const figure_colours[FIGURE_COLOURS] = {
    "#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7", "#8C6D31", "#5D3A9B"};

static void panel_free(gpointer data)
{
    FigurePanel *panel = data;
    g_string_free(panel->commands, TRUE);
    g_free(panel->caption);
    g_free(panel);
}

static void table_free(gpointer data)
{
    FigureTable *table = data;
    g_string_free(table->text, TRUE);
    g_free(table->name);
    g_free(table);
}

Figure *figure_new(const char *stem, const char *opening)
{
    Figure *self = g_new0(Figure, 1);
    self->stem = g_strdup(stem);
    self->opening = opening;
    self->right_px = FIGURE_RIGHT;
    self->axis = g_string_new(NULL);
    self->last_axis = g_string_new(NULL);
    self->bands = g_string_new(NULL);
    self->lines = g_array_new(FALSE, FALSE, sizeof(FigureLine));
    self->panels = g_ptr_array_new_with_free_func(panel_free);
    self->tables = g_ptr_array_new_with_free_func(table_free);
    return self;
}

void figure_free(Figure *self)
{
    g_free(self->stem);
    g_free(self->title);
    g_free(self->subtitle);
    g_free(self->note);
    g_free(self->axis_label);
    g_string_free(self->axis, TRUE);
    g_string_free(self->last_axis, TRUE);
    g_string_free(self->bands, TRUE);
    g_array_unref(self->lines);
    g_ptr_array_unref(self->panels);
    g_ptr_array_unref(self->tables);
    g_free(self);
}

FigurePanel *figure_add_panel(Figure *self, const char *caption, int height_px)
{
    FigurePanel *panel = g_new0(FigurePanel, 1);
    panel->caption = g_strdup(caption);
    panel->height_px = height_px;
    panel->above_px = caption != NULL ? 44 : 8;
    panel->commands = g_string_new(NULL);
    g_ptr_array_add(self->panels, panel);
    return panel;
}

void figure_note(Figure *self, const char *sentence)
{
    char *before = self->note;

    self->note = before != NULL ? g_strjoin("  ", before, sentence, NULL) : g_strdup(sentence);
    g_free(before);
}

GString *figure_add_table(Figure *self, const char *name)
{
    FigureTable *table = g_new0(FigureTable, 1);
    table->name = g_strdup_printf("%s-%s.tsv", self->stem, name);
    table->text = g_string_new(NULL);
    g_ptr_array_add(self->tables, table);
    return table->text;
}

/* Those that read best come first. */
static const char *const title_breaks[] = {": ", ", ", " "};

/* Where a line that is too wide is broken: behind the last that fits of these, from `first` on. */
static char *last_break(char *line, guint first)
{
    const char *limit = g_utf8_offset_to_pointer(line, TITLE_LIMIT);

    for (guint i = first; i < G_N_ELEMENTS(title_breaks); i++) {
        char *at = g_strrstr_len(line, limit - line, title_breaks[i]);
        if (at != NULL) {
            return at + strlen(title_breaks[i]) - 1;
        }
    }
    return NULL;
}

/* The title in as many lines as it needs, up to TITLE_LINES. */
static GPtrArray *break_title(const Figure *self, guint first)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    char *clean = label_clean(self->title, TITLE_LINES * TITLE_LIMIT);
    char *rest = clean;

    while (lines->len + 1 < TITLE_LINES && label_width(rest) > TITLE_LIMIT) {
        char *at = last_break(rest, first);
        if (at == NULL) {
            break;
        }
        *at = '\0';
        g_ptr_array_add(lines, g_strdup(rest));
        rest = at + 1;
    }
    g_ptr_array_add(lines, g_strdup(rest));
    g_free(clean);
    return lines;
}

/* A short "broker 1 crashes:" has a line of its own where the rest still fits into the others. */
static GPtrArray *title_lines(const Figure *self)
{
    GPtrArray *lines = break_title(self, 0);

    for (guint first = 1; first < G_N_ELEMENTS(title_breaks) &&
                          label_width(g_ptr_array_index(lines, lines->len - 1)) > TITLE_LIMIT;
         first++) {
        g_ptr_array_free(lines, TRUE);
        lines = break_title(self, first);
    }
    return lines;
}

/* What its further lines add. */
static int title_extra_px(const Figure *self)
{
    GPtrArray *lines = title_lines(self);
    const int extra = ((int)lines->len - 1) * LINE_PX;

    g_ptr_array_free(lines, TRUE);
    return extra;
}

static int header_height(const Figure *self)
{
    return HEADER_PX + title_extra_px(self);
}

static int canvas_height(const Figure *self)
{
    int height = header_height(self) + FIGURE_FOOTER;

    for (guint i = 0; i < self->panels->len; i++) {
        const FigurePanel *panel = g_ptr_array_index(self->panels, i);
        height += panel->above_px + panel->height_px;
    }
    return height;
}

static void write_opening(const Figure *self, GString *out)
{
    g_string_append_printf(
        out,
        "# %s\n"
        "#\n"
        "#   cd plots && gnuplot %s.gp     draws %s.svg and %s.png again\n"
        "#\n"
        "# Made by kafkasim from the results directory around this one; yours to restyle. Data "
        "are\n"
        "# in %s-*.tsv. Names from the scenario stand in single quotes or in the tables only, and\n"
        "# enhanced text is off, so that no name can act as a command or as markup.\n\n",
        self->opening,
        self->stem,
        self->stem,
        self->stem,
        self->stem);
}

static void write_settings(const Figure *self, GString *out)
{
    static const char *const names[FIGURE_COLOURS] = {
        "blue", "orange", "green", "amber", "sky", "pink", "brown", "purple"};

    g_string_append_printf(
        out, "width = %d\nheight = %d\n\n", FIGURE_WIDTH + self->wider_px, canvas_height(self));
    g_string_append(
        out,
        "if (!exists('picture')) { picture = 'svg' }     # the first pass; the second is png\n"
        "if (picture eq 'svg') {     # a bold face would be a family that browsers do not know\n"
        "    set terminal svg noenhanced size width,height dynamic \\\n"
        "        font 'DejaVu Sans,14' background '#ffffff'\n"
        "    title_font = 'DejaVu Sans,18'\n"
        "    caption_font = 'DejaVu Sans,14'\n"
        "    small_font = 'DejaVu Sans,12'\n"
        "} else {\n"
        "    set terminal pngcairo noenhanced size width,height \\\n"
        "        font 'DejaVu Sans,11' background '#ffffff'\n"
        "    title_font = 'DejaVu Sans:Bold,13'\n"
        "    caption_font = 'DejaVu Sans:Bold,11'\n"
        "    small_font = 'DejaVu Sans,9'\n"
        "}\n");
    g_string_append_printf(out, "set output '%s.'.picture\n\n", self->stem);
    for (guint i = 0; i < FIGURE_COLOURS; i++) {
        g_string_append_printf(out, "%s = '%s'\n", names[i], figure_colours[i]);
    }
    g_string_append(out,
                    "black = '#222222'\ngrey = '#888888'\nrust = '#9A4A12'\npale = '#D6E6F2'\n"
                    "teal = '#7FCDBB'\nsalmon = '#F08A70'\n\n"
                    "set encoding utf8\n"
                    "set datafile separator \"\\t\"\n"
                    "set style textbox opaque noborder fillcolor rgb '#FFFFFF' margins 0.2,0.2\n"

                    "set border 3 linecolor rgb '#666666'\n"
                    "set grid ytics linetype 1 linecolor rgb '#EEEEEE'\n"
                    "set tics nomirror out scale 0.5 textcolor rgb '#333333'\n"
                    "set style fill solid 0.85 noborder\n");
    g_string_append_printf(
        out,
        "set lmargin at screen %d./width\nset rmargin at screen %d./width\n"
        "set key at screen %d./width, graph 1 left top Left reverse noenhanced font small_font "
        "samplen 1.6 spacing 1.1 width 0\n",
        FIGURE_LEFT + self->wider_px,
        self->right_px + self->wider_px,
        self->right_px + self->wider_px + 14);
}

static void write_text(const Figure *self,
                       GString *out,
                       int tag,
                       const char *text,
                       guint limit,
                       int y_px,
                       const char *font)
{
    g_string_append_printf(out, "set label %d ", tag);
    label_quote(out, text, limit);
    g_string_append_printf(out,
                           " at screen %d./width, screen 1-%d./height left noenhanced front %s\n",
                           FIGURE_LEFT + self->wider_px,
                           y_px,
                           font);
}

static void write_titles(const Figure *self, GString *out)
{
    static const int TAGS[TITLE_LINES] = {1, 5, 7};
    GPtrArray *lines = title_lines(self);

    for (guint i = 0; i < lines->len; i++) {
        const int y_px = 26 + (int)i * LINE_PX;
        write_text(self, out, TAGS[i], lines->pdata[i], TITLE_LIMIT, y_px, "font title_font");
    }
    write_text(self,
               out,
               2,
               self->subtitle,
               SUBTITLE_LIMIT,
               54 + title_extra_px(self),
               "textcolor rgb '#666666'");
    if (self->note != NULL) {
        write_text(self,
                   out,
                   3,
                   self->note,
                   NOTE_LIMIT,
                   canvas_height(self) - 14,
                   "font small_font textcolor rgb '#777777'");
    }
    g_ptr_array_free(lines, TRUE);
}

static void
write_segment(GString *out, const FigureLine *line, int from_px, const char *to, int to_px)
{
    g_string_append(out, "set arrow nohead from ");
    label_number(out, line->seconds, 3);
    g_string_append_printf(out, "/t, screen 1-%d./height to ", from_px);
    label_number(out, line->seconds, 3);
    g_string_append_printf(out, "/t, screen %s%d./height back %s\n", to, to_px, line->style);
}

/* A line that would cross a caption's words has a gap there. */
static void write_line(const Figure *self, const FigureLine *line, GString *out)
{
    const FigurePanel *first = g_ptr_array_index(self->panels, 0);
    int top_px = header_height(self) + first->above_px + first->height_px;
    int from_px = top_px;

    for (guint i = 1; i < self->panels->len; i++) {
        const FigurePanel *panel = g_ptr_array_index(self->panels, i);
        const double words_px =
            panel->caption != NULL ? label_width(panel->caption) * CAPTION_LETTER_PX : -1;
        top_px += panel->above_px;
        if (line->right_of_px <= words_px) {
            write_segment(out, line, from_px, "1-", top_px - CAPTION_PX);
            from_px = top_px - CAPTION_PX / 5;
        }
        top_px += panel->height_px;
    }
    write_segment(out, line, from_px, "", FIGURE_FOOTER);
}

/* The first panel carries what is drawn once; gnuplot repeats labels and objects in each panel. */
static void write_panel(const Figure *self, guint index, int top_px, GString *out)
{
    const FigurePanel *panel = g_ptr_array_index(self->panels, index);
    const gboolean last = index + 1 == self->panels->len;

    g_string_append_printf(out,
                           "\n# ---- panel %u of %u\nset tmargin at screen 1-%d./height\n"
                           "set bmargin at screen 1-%d./height\n",
                           index + 1,
                           self->panels->len,
                           top_px,
                           top_px + panel->height_px);
    if (panel->caption != NULL) {
        g_string_append(out, "set label 4 ");
        label_quote(out, panel->caption, 120);
        g_string_append(out,
                        " at graph 0, graph 1 offset 0,0.9 left noenhanced font caption_font "
                        "textcolor rgb '#333333'\n");
    }
    if (last) {
        g_string_append(out, self->last_axis->str);
        g_string_append(out, "set xlabel ");
        label_quote(out, self->axis_label, 60);
        g_string_append(out, " noenhanced\n");
    }
    g_string_append(out, panel->commands->str);
    if (index == 0) {
        g_string_append(out, "unset label\nunset object; unset arrow\n");
    }
    g_string_append(out, "unset label 4\n");
}

static GString *write_script(const Figure *self)
{
    GString *out = g_string_new(NULL);
    int top_px = header_height(self);

    write_opening(self, out);
    write_settings(self, out);
    g_string_append(out, "\n# ---- the axis all panels share\n");
    g_string_append(out, self->axis->str);
    g_string_append(out, "set ytics nomirror\nunset mytics\n\nset multiplot\n");
    write_titles(self, out);
    g_string_append(out, self->bands->str);
    for (guint i = 0; i < self->lines->len; i++) {
        write_line(self, &g_array_index(self->lines, FigureLine, i), out);
    }
    for (guint i = 0; i < self->panels->len; i++) {
        const FigurePanel *panel = g_ptr_array_index(self->panels, i);
        top_px += panel->above_px;
        write_panel(self, i, top_px, out);
        top_px += panel->height_px;
    }
    g_string_append_printf(
        out,
        "\nunset multiplot\nunset output\n"
        "if (picture eq 'svg') {\n    picture = 'png'\n    reset\n    load '%s.gp'\n}\n",
        self->stem);
    return out;
}

static gboolean write_files(Figure *self, PlotStage *stage, GError **error)
{
    char *name = g_strconcat(self->stem, ".gp", NULL);
    GString *script = write_script(self);
    gboolean written = plot_stage_write(stage, name, script, error);

    for (guint i = 0; i < self->tables->len && written; i++) {
        const FigureTable *table = g_ptr_array_index(self->tables, i);
        written = plot_stage_write(stage, table->name, table->text, error);
    }
    g_string_free(script, TRUE);
    g_free(name);
    return written;
}

gboolean figure_draw(Figure *self, const char *dir, const PlotOptions *options, GError **error)
{
    PlotStage *stage = plot_stage_new(dir, error);
    gboolean drawn;

    if (stage == NULL) {
        return FALSE;
    }
    if (!write_files(self, stage, error)) {
        plot_stage_free(stage);
        return FALSE;
    }
    drawn = (options != NULL && options->scripts_only) ||
            plot_stage_draw(stage, self->stem, options, error);
    /* Script and tables are kept even when nothing could draw them. */
    drawn = plot_stage_publish(stage, self->stem, drawn ? error : NULL) && drawn;
    plot_stage_free(stage);
    return drawn;
}
