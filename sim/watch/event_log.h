/* event_log.h - what happened and why: semantic events with ids and causes.
 *
 * Ids count up from 1. `cause` is the id of the event in whose handling this one came about, 0
 * for none. The log has a cap; past it events are counted as left out (those added by
 * event_log_keep, such as state changes, have a quarter of the cap on top). Names and words are
 * copied once and numbered; details live in one growing arena. */
#ifndef KAFKASIM_SIM_WATCH_EVENT_LOG_H
#define KAFKASIM_SIM_WATCH_EVENT_LOG_H
#include "sim/kernel/kernel.h"
#include <glib.h>
#include <stdarg.h>

typedef struct EventLog EventLog;

typedef struct LoggedEvent {
    uint32_t id;
    uint32_t cause;
    SimTime time;
    const char *actor; /* borrowed from the log */
    const char *what;
    const char *detail;
} LoggedEvent;

EventLog *event_log_new(Kernel *kernel, uint32_t events_max);
void event_log_free(EventLog *log);
/* Appends; cause is the kernel's present cause, which is then set to the new id. `actor` and
 * `what` are copied when first met and should come from a small set. Returns 0 when full, and
 * leaves the kernel's cause alone: what follows is then put down to the last event that was kept.
 */
uint32_t event_log_add(EventLog *log, const char *actor, const char *what, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
uint32_t event_log_add_v(EventLog *log,
                         const char *actor,
                         const char *what,
                         const char *format,
                         va_list arguments) __attribute__((format(printf, 4, 0)));
/* The same for events that must not be missing: may use the reserve above the cap. */
uint32_t event_log_keep(EventLog *log, const char *actor, const char *what, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* How many are kept; ids are 1..count. */
uint32_t event_log_count(const EventLog *log);
uint64_t event_log_left_out(const EventLog *log);
bool event_log_get(const EventLog *log, uint32_t id, LoggedEvent *ret_event);
/* The last n events as readable lines "12.000500000 actor what: detail", newest last; the time is
 * in seconds, and without a detail the line ends after `what`. Caller frees. */
char *event_log_tail(const EventLog *log, uint32_t n);
/* The whole log, or that from event `from` on, as such lines: what trace tests compare. */
char *event_log_text(const EventLog *log, uint32_t from);

#endif
