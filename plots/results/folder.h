/* folder.h - the only door to the disk: reads files of one directory, writes its plots/.
 *
 * A results directory may come from a stranger. Only plain files directly inside it are opened:
 * no symbolic link, no pipe or device, and no name that the data contain is ever used as a path.
 * New files are made in a temporary directory beside the old ones and renamed when complete. */
#ifndef KAFKASIM_PLOTS_RESULTS_FOLDER_H
#define KAFKASIM_PLOTS_RESULTS_FOLDER_H
#include "plots/plot.h"

/* A descriptor of the plain file `name` in `dir`, or -1. */
int plot_folder_open(const char *dir, const char *name, GError **error);
/* The whole file as text with a final zero, refused when longer than the limit. */
char *plot_folder_load(const char *dir, const char *name, gsize limit_bytes, GError **error);

typedef struct PlotStage PlotStage;
/* Makes dir/plots and, in it, the temporary directory. */
PlotStage *plot_stage_new(const char *dir, GError **error);
/* Removes what was not published. */
void plot_stage_free(PlotStage *self);
gboolean plot_stage_write(PlotStage *self, const char *name, const GString *text, GError **error);
/* Runs gnuplot on stem.gp in the temporary directory; it makes stem.svg and stem.png there. */
gboolean
plot_stage_draw(PlotStage *self, const char *stem, const PlotOptions *options, GError **error);
/* Gives everything made so far its final name; older stem-*.tsv that are no longer made go. */
gboolean plot_stage_publish(PlotStage *self, const char *stem, GError **error);

#endif
