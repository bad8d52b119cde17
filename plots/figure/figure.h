/* figure.h - a gnuplot script of panels stacked on one axis, and the tables it reads.
 *
 * Heights are in pixels and the canvas is as high as its panels need, so that no panel is squeezed
 * and the lowest axis is never cut off. A panel is a caption, its commands and its tables; the
 * frame (margins, titles, bands, the axis under the last panel) is the figure's. Curves are blocks
 * of one table, drawn by `index`. */
#ifndef KAFKASIM_PLOTS_FIGURE_H
#define KAFKASIM_PLOTS_FIGURE_H
#include "plots/results/folder.h"

#define FIGURE_WIDTH   1280
#define FIGURE_LEFT    200  /* room for row names */
#define FIGURE_RIGHT   1080 /* the key stands right of it */
#define FIGURE_FOOTER  80   /* below the lowest panel: its axis and the note */
#define FIGURE_COLOURS 8

typedef struct Figure {
    char *stem;
    char *title;
    char *subtitle;
    int right_px;        /* where the panels end; FIGURE_RIGHT leaves room for keys */
    int wider_px;        /* the canvas is wider by this, on the left, for long row names */
    char *note;          /* small print under the axis, or NULL */
    const char *opening; /* a comment for the reader of the script: our words only */
    GString *axis;       /* commands for the x axis of all panels, without numbers */
    GString *last_axis;  /* commands that give the last panel its numbers */
    char *axis_label;
    GString *bands;    /* objects and arrows drawn with the first panel, behind all */
    GArray *lines;     /* FigureLine */
    GPtrArray *panels; /* FigurePanel* */
    GPtrArray *tables; /* FigureTable* */
} Figure;

/* Down through all panels below the first, behind all; not through the words of a caption. */
typedef struct FigureLine {
    double seconds;
    double right_of_px; /* how far from the left end of the panels */
    const char *style;
} FigureLine;

typedef struct FigurePanel {
    char *caption;
    int height_px;
    int above_px; /* room for the caption */
    GString *commands;
} FigurePanel;

/* Okabe-Ito, readable with all common kinds of colour blindness, and one more: seven groups beside
 * what is acknowledged. */
extern const char *const figure_colours[FIGURE_COLOURS];

Figure *figure_new(const char *stem, const char *opening);
void figure_free(Figure *self);
FigurePanel *figure_add_panel(Figure *self, const char *caption, int height_px);
/* Another sentence of small print. */
void figure_note(Figure *self, const char *sentence);
/* A new table; the name is stem-NAME.tsv. The caller fills the text. */
GString *figure_add_table(Figure *self, const char *name);
/* Writes tables and script, then lets gnuplot draw. */
gboolean figure_draw(Figure *self, const char *dir, const PlotOptions *options, GError **error);

#endif
