/* marks.h - what the strip above the panels names: faults, what they cost the logs,
 * members that come and go. */
#ifndef KAFKASIM_PLOTS_MARKS_MARKS_H
#define KAFKASIM_PLOTS_MARKS_MARKS_H
#include "plots/results/run_data.h"

typedef enum MarkKind {
    MARK_FAULT,
    MARK_LOSS,
    MARK_TRUNCATION,
    MARK_MEMBER,
} MarkKind;

typedef struct Mark {
    MarkKind kind;
    double from_ms, to_ms; /* equal for an instant */
    char *label;
    gboolean ends_another; /* "broker 2 starts": a band's end says it too */
} Mark;

/* By time; a fault before what it cost in the same instant. */
GArray *marks_new(const RunData *run);

#endif
