/* advance.c - see advance.h. */
#include "scenarios/runner/advance.h"
#include "scenarios/runner/text.h"

KernelStop advance(Advance *self, Cluster *cluster, SimTime until)
{
    const uint64_t before = cluster_events_fired(cluster);
    KernelStop stop = cluster_step(cluster, until, ADVANCE_EVENTS);
    if (cluster_now(cluster) != self->instant) {
        self->instant = cluster_now(cluster);
        self->fired = before;
    }
    return stop;
}

char *advance_standstill(const Advance *self, Cluster *cluster)
{
    const uint64_t events = cluster_events_fired(cluster) - self->fired;
    if (cluster_now(cluster) != self->instant || events <= ADVANCE_INSTANT_EVENTS_MAX) {
        return NULL;
    }
    g_autofree char *who = cluster_standstill(cluster);
    GString *words = g_string_new("virtual time stands still at ");
    text_duration(words, self->instant);
    g_string_append(words, " after ");
    text_thousands(words, (int64_t)events);
    g_string_append_printf(words, " events in that instant; at work: %s", who);
    return g_string_free(words, FALSE);
}
