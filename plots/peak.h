/* peak.h - the words beside a line that leaves a cut panel: a cut axis is never silent. */
#ifndef KAFKASIM_PLOTS_PEAK_H
#define KAFKASIM_PLOTS_PEAK_H
#include "plots/line_panel.h"

/* "▲ billing 212,000" beside the highest point of all curves (Curve*); of one curve without its
 * name. */
void peak_write(
    LinePanel *panel, const GPtrArray *curves, const char *name, double ceiling, double end_ms);

/* A triangle where each line leaves the panel; one for those that stand close together. To be added
 * after the curves. */
void peak_mark_all(LinePanel *panel, const GPtrArray *curves, double end_ms);

#endif
