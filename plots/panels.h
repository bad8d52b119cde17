/* panels.h - the panels of the overview. Each adds itself to the figure when the run has data for
 * it, and nothing otherwise. */
#ifndef KAFKASIM_PLOTS_PANELS_H
#define KAFKASIM_PLOTS_PANELS_H
#include "plots/figure/figure.h"
#include "plots/results/run_data.h"

#define PANEL_GROUPS 7 /* with a curve each, in every panel */

/* line_panels.c */
void panel_throughput(Figure *figure, const RunData *run);
void panel_latency(Figure *figure, const RunData *run);

/* lag_panel.c */
void panel_lag(Figure *figure, const RunData *run);

/* replica_panels.c */
void panel_isr(Figure *figure, const RunData *run);
void panel_under_replicated(Figure *figure, const RunData *run);

/* fault_panel.c: the strip on top with every fault's name, and its band through all panels */
void panel_faults(Figure *figure, const RunData *run);

/* leader_panels.c */
void panel_controller(Figure *figure, const RunData *run);
void panel_leaders(Figure *figure, const RunData *run);

/* member_panel.c */
void panel_members(Figure *figure, const RunData *run);

#endif
