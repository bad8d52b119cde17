/* progress.c - one line on stderr that says how far a long run is. */
#include "scenarios/runner/progress.h"
#include "scenarios/runner/text.h"
#include <stdio.h>
#include <unistd.h>

#define QUIET_US    1000000
#define INTERVAL_US 200000

void progress_init(Progress *self, bool quiet)
{
    *self = (Progress){.allowed = !quiet && isatty(STDERR_FILENO) == 1,
                       .started_us = g_get_monotonic_time()};
}

static bool is_due(Progress *self, int64_t now_us)
{
    return self->allowed && now_us - self->started_us >= QUIET_US &&
           now_us - self->printed_us >= INTERVAL_US;
}

static void show(Progress *self, int64_t now_us, GString *line, int64_t done, int64_t total)
{
    int64_t elapsed_us = now_us - self->started_us;
    if (done > 0) {
        int64_t left_us = text_ratio(elapsed_us, total - done, done);
        g_string_append_printf(line, ", about %" G_GINT64_FORMAT " s left", left_us / 1000000 + 1);
    }
    fprintf(stderr, "\r%s\033[K", line->str);
    fflush(stderr);
    self->shown = true;
    self->printed_us = now_us;
}

void progress_time(Progress *self, int64_t now_ns, int64_t until_ns)
{
    int64_t now_us = g_get_monotonic_time();
    if (!is_due(self, now_us)) {
        return;
    }
    g_autoptr(GString) line = g_string_new(NULL);
    text_fixed(line, now_ns / 100000000, 1);
    g_string_append(line, " s of ");
    text_fixed(line, until_ns / 100000000, 1);
    g_string_append(line, " s simulated, ");
    text_fixed(line, text_ratio(now_ns, 1, (now_us - self->started_us) * 100), 1);
    g_string_append(line, " x real time");
    show(self, now_us, line, now_ns, until_ns);
}

void progress_runs(Progress *self, int64_t done, int64_t total)
{
    int64_t now_us = g_get_monotonic_time();
    if (!is_due(self, now_us)) {
        return;
    }
    g_autoptr(GString) line = g_string_new(NULL);
    g_string_append_printf(
        line, "run %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " finished", done, total);
    show(self, now_us, line, done, total);
}

void progress_end(Progress *self)
{
    if (self->shown) {
        fprintf(stderr, "\r\033[K");
        fflush(stderr);
        self->shown = false;
    }
}
