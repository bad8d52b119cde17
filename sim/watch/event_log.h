/* event_log.h - what happened and why: semantic events with ids and causes.
 *
 * Ids count up from 1. `cause` is the id of the event in whose handling this one came about, 0
 * for none. The log has a cap; past it events are counted as left out (those of the `keep`
 * kind, state changes, have room reserved). Names and words are interned; details live in one
 * growing arena. */
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
    const char *actor;  /* borrowed from the log */
    const char *what;
    const char *detail;
} LoggedEvent;

EventLog *event_log_new(Kernel *kernel, uint32_t events_max);
void event_log_free(EventLog *log);
/* Appends; cause is the kernel's present cause, which is then set to the new id. `actor` and
 * `what` must be constant or interned strings that outlive the log. Returns 0 when full. */
uint32_t event_log_add(EventLog *log, const char *actor, const char *what, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
uint32_t event_log_add_v(
    EventLog *log, const char *actor, const char *what, const char *format, va_list arguments)
    __attribute__((format(printf, 4, 0)));
/* How many are kept; ids are 1..count. */
uint32_t event_log_count(const EventLog *log);
uint64_t event_log_left_out(const EventLog *log);
bool event_log_get(const EventLog *log, uint32_t id, LoggedEvent *ret_event);
/* The last n events as readable lines "time actor what: detail", newest last. Caller frees. */
char *event_log_tail(const EventLog *log, uint32_t n);
/* The whole log, or that from event `from` on, as such lines: what trace tests compare. */
char *event_log_text(const EventLog *log, uint32_t from);

#endif
