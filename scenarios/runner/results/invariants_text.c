/* invariants_text.c - broken invariants: when, what, and the chain of events that led there. */
#include "scenarios/runner/results/results.h"
#include "scenarios/runner/text.h"

#define CHAIN_MAX 12

static void append_event(GString *out, const LoggedEvent *event)
{
    g_string_append(out, "      ");
    text_duration(out, event->time);
    g_string_append_printf(out, "  %s: %s ", event->actor, event->what);
    text_visible(out, event->detail);
    g_string_append_c(out, '\n');
}

/* From the last cause back to the first one that is known. */
static void append_chain(const EventLog *log, uint32_t cause, GString *out)
{
    LoggedEvent event;
    int shown = 0;
    while (cause != 0 && shown < CHAIN_MAX && event_log_get(log, cause, &event)) {
        g_string_append(out, shown == 0 ? "    because of\n" : "");
        append_event(out, &event);
        cause = event.cause;
        shown++;
    }
    if (shown == CHAIN_MAX && cause != 0) {
        g_string_append(out, "      ... (the rest of the chain is in events.jsonl)\n");
    }
}

void results_invariants_text(const Run *run, GString *out)
{
    const Checks *checks = cluster_checks(run->cluster);
    if (checks_failures(checks) == 0) {
        return;
    }
    g_string_append(out, "\nBROKEN INVARIANTS\n");
    for (uint32_t i = 0; i < checks_failures(checks); i++) {
        const CheckFailure *failure = checks_failure(checks, i);
        g_string_append(out, "  ✗ ");
        text_visible(out, failure->name);
        g_string_append(out, " at ");
        text_duration(out, failure->time);
        g_string_append(out, ": ");
        text_visible(out, failure->detail);
        g_string_append_printf(out, " (%" G_GUINT64_FORMAT " times)\n", (guint64)failure->count);
        append_chain(cluster_event_log(run->cluster), failure->cause, out);
    }
}
