/* told_events.c - events of the log as sentences: who does what, in Kafka's words, without the
 * names that only this program has. */
#include "scenarios/runner/results/told_events.h"
#include "scenarios/runner/text.h"
#include <string.h>

/* "broker-1" is called broker 1. */
static void append_actor(GString *out, const char *actor)
{
    const char *dash = strrchr(actor, '-');
    bool server = g_str_has_prefix(actor, "broker-") || g_str_has_prefix(actor, "controller-");
    if (server && dash != NULL) {
        text_visible(out, actor);
        out->str[(gsize)(dash - actor)] = ' ';
    } else {
        text_visible(out, actor);
    }
}

/* How an event is said: the actor, then the words, then its detail. */
typedef struct Phrase {
    const char *what;
    const char *words; /* NULL: the detail alone, without the actor */
} Phrase;

static const Phrase PHRASES[] = {
    {"fence", " fences "},
    {"unfence", " unfences "},
    {"broker failure", ": "},
    {"broker startup", ": "},
    {"never committed", " takes over without "},
    {"registration refused", " refuses to register "},
    {"topic deletion halted", " halts the deletion of "},
    {"topic deletion completed", " completes the deletion of "},
    {"truncate", " truncates "},
    {"exit", ": "},
    {"halt", " halts: "},
    {"fatal", " has a fatal "},
    {"send", " sends "},
    {"received", " receives "},
    {"active", " is "},
    {"no vote", " has no vote: "},
    {"voter again", " has its vote again: "},
    {"restoring", " restores "},
    {"running", " runs "},
    {"seek", " seeks in "},
    {"paused", " pauses "},
    {"resumed", " resumes "},
    {"exception", " throws at "},
    {"unprocessed", " ends with "},
    {"archived", " archives "},
    {"record locks timed out", ": record locks timed out on "},
    {"failed", " ends by an error: "},
    {"transaction fatal", " ends by an error: "},
    {"record refused", ": send() throws, "},
    {"task corrupted", " begins again with "},
    {"roll", NULL},
    {"start waits", NULL},
    {"start not needed", NULL},
    {"reassignment complete", NULL},
    {"reassignment cancelled", NULL},
};

/* Of the quorum only what ends or begins a reign; the votes are in events.jsonl. */
static bool tell_quorum(const LoggedEvent *event, GString *out)
{
    const char *resigned = "resigned in epoch ";
    const char *candidate = "candidate in epoch ";
    if (!g_str_has_prefix(event->actor, "controller-") ||
        strstr(event->detail, "the process starts") != NULL) {
        return false;
    }
    bool stands = g_str_has_prefix(event->detail, candidate);
    if (!stands && !g_str_has_prefix(event->detail, resigned)) {
        return false;
    }
    append_actor(out, event->actor);
    g_string_append(out, stands ? " stands for election in epoch " : " resigns in epoch ");
    text_visible(out, event->detail + strlen(stands ? candidate : resigned));
    return true;
}

/* "reassign orders-0 to 4,2: NONE" */
static void tell_admin(const LoggedEvent *event, GString *out)
{
    const char *none = ": NONE";
    g_string_append(out, "administrator: ");
    if (g_str_has_suffix(event->detail, none)) {
        g_autofree char *asked = g_strndup(event->detail, strlen(event->detail) - strlen(none));
        text_visible(out, asked);
        g_string_append(out, ": done");
    } else {
        text_visible(out, event->detail);
    }
}

/* That a member closed is told with the members; here, that its heartbeat thread gave it up: a
 * static one ("stopped") leaves no group. */
static bool tell_left(const LoggedEvent *event, GString *out)
{
    if (!g_str_has_prefix(event->detail, "no poll")) {
        return false;
    }
    append_actor(out, event->actor);
    g_string_append(out,
                    strcmp(event->what, "left") == 0 ? " leaves its group: "
                                                     : " stops, its group keeps its place: ");
    text_visible(out, event->detail);
    return true;
}

bool told_event_append(const LoggedEvent *event, GString *out)
{
    if (strcmp(event->what, "quorum") == 0) {
        return tell_quorum(event, out);
    }
    if (strcmp(event->what, "left") == 0 || strcmp(event->what, "stopped") == 0) {
        return tell_left(event, out);
    }
    if (strcmp(event->what, "admin") == 0) {
        tell_admin(event, out);
        return true;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(PHRASES); i++) {
        const Phrase *phrase = &PHRASES[i];
        if (strcmp(event->what, phrase->what) != 0) {
            continue;
        }
        if (strcmp(event->what, "seek") == 0 && strcmp(event->actor, "world") == 0) {
            return false; /* the timeline says so */
        }
        if (strcmp(event->what, "running") == 0 && strstr(event->detail, ": 0 records") != NULL) {
            return false; /* a Streams task that had nothing to restore */
        }
        if (phrase->words != NULL) {
            append_actor(out, event->actor);
            g_string_append(out, phrase->words);
        } else if (g_str_has_prefix(phrase->what, "reassignment")) {
            g_string_append_printf(out, "%s: ", phrase->what);
        }
        text_visible(out, event->detail);
        return true;
    }
    return false;
}

void told_reason_append(const char *why, GString *out)
{
    static const struct {
        const char *begin;
        const char *before;
        const char *after;
    } REASONS[] = {
        {"controlled shutdown ", "broker ", " shuts down"},
        {"fenced ", "broker ", " is fenced"},
        {"unfenced ", "broker ", " is unfenced"},
        {"broker failure ", "broker ", " has left ZooKeeper"},
        {"broker startup ", "broker ", " is in ZooKeeper"},
        {"fail-over without ", "fail-over, broker ", " is not in ZooKeeper"},
        {"alter partition by ", "AlterPartition of leader ", ""},
        {"log directory offline on ", "broker ", " lost a log directory"},
        {"registered", "a new process of the broker registered", ""},
        {"unregistered", "the broker is unregistered", ""},
        {"unclean", "unclean election", ""},
        {"preferred leader", "preferred election", ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(REASONS); i++) {
        if (g_str_has_prefix(why, REASONS[i].begin)) {
            g_string_append(out, REASONS[i].before);
            text_visible(out, why + strlen(REASONS[i].begin));
            g_string_append(out, REASONS[i].after);
            return;
        }
    }
    text_visible(out, why);
}
