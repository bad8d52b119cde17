/* check.c - the first violation of each property, and how many there were.
 *
 * A violation is also an event of the log (once a property), so that its chain of causes can be
 * printed; the kernel's present cause is left as it was, since a check changes nothing. */
#include "sim/watch/check.h"
#include <string.h>

struct Checks {
    Kernel *kernel;
    EventLog *log;       /* may be NULL */
    GPtrArray *failures; /* CheckFailure, in the order of their first violation */
    bool stops;
};

static void failure_free(void *data)
{
    CheckFailure *failure = data;
    g_free(failure->detail);
    g_free(failure);
}

Checks *checks_new(Kernel *kernel, EventLog *log)
{
    Checks *self = g_new0(Checks, 1);
    self->kernel = kernel;
    self->log = log;
    self->failures = g_ptr_array_new_with_free_func(failure_free);
    return self;
}

void checks_free(Checks *self)
{
    if (self == NULL) {
        return;
    }
    g_ptr_array_unref(self->failures);
    g_free(self);
}

void checks_stop_at_violation(Checks *self, bool stops)
{
    self->stops = stops;
}

static CheckFailure *find_failure(const Checks *self, const char *name)
{
    for (uint32_t i = 0; i < self->failures->len; i++) {
        CheckFailure *failure = g_ptr_array_index(self->failures, i);
        if (strcmp(failure->name, name) == 0) {
            return failure;
        }
    }
    return NULL;
}

static void log_violation(const Checks *self, const CheckFailure *failure)
{
    if (self->log == NULL) {
        return;
    }
    event_log_keep(self->log, "check", failure->name, "%s", failure->detail);
    kernel_set_cause(self->kernel, failure->cause);
}

void checks_violated(Checks *self, const char *name, const char *format, ...)
{
    CheckFailure *failure = find_failure(self, name);
    if (failure == NULL) {
        failure = g_new0(CheckFailure, 1);
        failure->name = name;
        failure->time = kernel_now(self->kernel);
        failure->cause = kernel_cause(self->kernel);
        failure->fired = kernel_fired(self->kernel);
        va_list arguments;
        va_start(arguments, format);
        failure->detail = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        g_ptr_array_add(self->failures, failure);
        log_violation(self, failure);
    }
    failure->count++;
    if (self->stops) {
        kernel_stop(self->kernel);
    }
}

uint32_t checks_failures(const Checks *self)
{
    return self->failures->len;
}

const CheckFailure *checks_failure(const Checks *self, uint32_t index)
{
    return index < self->failures->len ? g_ptr_array_index(self->failures, index) : NULL;
}
