/* plot.h - a results directory becomes pictures.
 *
 * Reads only files (format version 1 of the results directory or of the sweep directory), never the
 * simulator, so that everything can be drawn tomorrow or from another machine's run.
 *
 *   results dir --read--> tables --write--> plots/NAME.gp + NAME-*.tsv --gnuplot--> NAME.svg,
 * NAME.png
 *
 * The scripts and tables are made without gnuplot and stay when it is missing; a user can restyle
 * them and run `cd plots && gnuplot overview.gp` alone. Files appear under their final name only
 * when they are complete. Names in the data are text for labels, never paths and never commands.
 * Left out: the HTML report and the exporters. */
#ifndef KAFKASIM_PLOTS_PLOT_H
#define KAFKASIM_PLOTS_PLOT_H
#include <glib.h>

#define PLOT_ERROR (plot_error_quark())
typedef enum PlotError {
    PLOT_ERROR_NO_GNUPLOT, /* scripts and tables are written; there is no program to draw them */
    PLOT_ERROR_GNUPLOT,    /* gnuplot ran and failed; the message has its first words */
    PLOT_ERROR_READ,       /* a file of the directory is missing or cannot be read */
    PLOT_ERROR_DATA,       /* a file is there but is not what the format says */
    PLOT_ERROR_WRITE,      /* plots/ cannot be written */
} PlotError;
GQuark plot_error_quark(void);

typedef struct PlotOptions {
    const char *gnuplot;   /* the program; NULL: "gnuplot", looked up in PATH */
    gboolean scripts_only; /* write .gp and .tsv, do not run gnuplot */
} PlotOptions;

/* One run: plots/overview.{gp,svg,png}. NULL options mean all defaults. */
gboolean plot_overview(const char *results_dir, const PlotOptions *options, GError **error);

/* One sweep: plots/sizing.{gp,svg,png}. */
gboolean plot_sizing(const char *sweep_dir, const PlotOptions *options, GError **error);

/* Appends a picture of one run in plain text (UTF-8, no escape sequences, no gnuplot), at most
 * `columns` wide and aiming at `rows` lines; values below 40 x 12 count as 40 x 12, 0 as 80 x 40.
 */
gboolean
plot_terminal(const char *results_dir, int columns, int rows, GString *out, GError **error);

#endif
