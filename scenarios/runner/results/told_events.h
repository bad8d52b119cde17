/* told_events.h - what a reader of a summary is told of the log of events. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_RESULTS_TOLD_EVENTS_H
#define KAFKASIM_SCENARIOS_RUNNER_RESULTS_TOLD_EVENTS_H
#include "sim/watch/event_log.h"
#include <glib.h>

/* The event as a sentence; false, and nothing appended, when it is not for reading one by one. */
bool told_event_append(const LoggedEvent *event, GString *out);
/* Why a leader or an ISR changed, as leaders.csv has it, in words. */
void told_reason_append(const char *why, GString *out);

#endif
