/* sweep_data.h - what the sizing picture needs from a sweep directory: cells.csv and sweep.json.
 *
 * The first varied pointer is the x axis; all others together name a line. Which goals a cell met
 * and which cell is the answer is read from sweep.json and not judged again here. */
#ifndef KAFKASIM_PLOTS_RESULTS_SWEEP_DATA_H
#define KAFKASIM_PLOTS_RESULTS_SWEEP_DATA_H
#include "plots/results/json_tree.h"

typedef struct SweepCell {
    guint cell;                 /* its number in the sweep */
    guint x;                    /* index into xs */
    guint line;                 /* index into lines */
    guint measure;              /* index into measures */
    double mean, low95, high95; /* NAN: no value */
} SweepCell;

typedef struct SweepData {
    JsonTree *sweep;
    GPtrArray *pointers; /* char*, in the order of "vary" */
    GPtrArray *xs;       /* char*: tested values of the first pointer, in order of appearance */
    GPtrArray *lines;    /* char*: "acks=all", "" when one pointer varies */
    GPtrArray *measures; /* char* */
    GArray *cells;       /* SweepCell */
} SweepData;

SweepData *sweep_data_load(const char *dir, GError **error);
void sweep_data_free(SweepData *self);
/* A cell of the recommended parameters, NULL when sweep.json names none. */
const SweepCell *sweep_data_answer(const SweepData *self);
gboolean sweep_data_goal_is_on(const SweepData *self, const JsonTree *goal, const char *measure);
/* 2: has a goal and changes, 1: changes, 0: the same in every cell. */
guint sweep_data_interest(const SweepData *self, guint measure);
const char *sweep_data_unit(const SweepData *self, const char *measure);
/* "partitions" of "/topics/0/partitions" */
const char *sweep_pointer_name(const char *pointer);

#endif
