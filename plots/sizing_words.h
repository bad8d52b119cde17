/* sizing_words.h - title, subtitle and note of the sizing picture. */
#ifndef KAFKASIM_PLOTS_SIZING_WORDS_H
#define KAFKASIM_PLOTS_SIZING_WORDS_H
#include "plots/figure/figure.h"
#include "plots/results/sweep_data.h"

/* `shown` of the sweep's measures have a panel. */
void sizing_set_words(Figure *figure, const SweepData *sweep, guint shown);
/* "15 s", "900 records/s", "5,000" */
void sizing_append_amount(GString *out, double value, const char *unit);

#endif
