/* check.h - properties watched while a run goes on (invariants) and at its end (validations).
 *
 * A check is a named predicate of its owner. The first violation of each is kept with time,
 * event number and the log id that stands as its cause; a run goes on or stops as told. */
#ifndef KAFKASIM_SIM_WATCH_CHECK_H
#define KAFKASIM_SIM_WATCH_CHECK_H
#include "sim/watch/event_log.h"

typedef struct Checks Checks;
typedef struct CheckFailure {
    const char *name;
    SimTime time;
    uint32_t cause;
    char *detail;
    uint64_t count; /* how often it was violated */
    uint64_t fired; /* the kernel's event number at the first violation */
} CheckFailure;

/* The first violation of a property is also logged, with actor "check" and the property's name;
 * log may be NULL. */
Checks *checks_new(Kernel *kernel, EventLog *log);
void checks_free(Checks *self);
/* Whether a violation ends the run after the present handler (kernel_stop). At first it does not.
 */
void checks_stop_at_violation(Checks *self, bool stops);
/* Reports a violation of the property `name` (a constant string). */
void checks_violated(Checks *self, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Properties that were violated, in the order of their first violation; NULL past the end. */
uint32_t checks_failures(const Checks *self);
const CheckFailure *checks_failure(const Checks *self, uint32_t index);

#endif
