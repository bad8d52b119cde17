/* timeline_lines.h - the lines of "what happened" while they are collected. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_RESULTS_TIMELINE_LINES_H
#define KAFKASIM_SCENARIOS_RUNNER_RESULTS_TIMELINE_LINES_H
#include "models/world/cluster.h"
#include <glib.h>

/* Changes for one reason within this time of the first make one line. */
#define TIMELINE_TOGETHER SIM_MS(100)

typedef struct TimelineLine {
    SimTime at;
    int order; /* among lines of one instant: faults, events, leaders, members */
    guint index;
    const char *member; /* borrowed: what the timeline does to one member; or NULL */
    char *text;
    char *said; /* the author's words, or NULL */
} TimelineLine;

/* Takes `text`. */
TimelineLine *timeline_add(GPtrArray *lines, SimTime at, int order, GString *text);
/* What the timeline did to the member at that moment; NULL: nothing. */
TimelineLine *timeline_find(const GPtrArray *lines, SimTime at, const char *member);
void timeline_add_members(GPtrArray *lines,
                          const GPtrArray *of_members,
                          const ClusterReport *report);

#endif
