/* workers.c - applications that consume and produce: a member of a group and the producer that it
 * writes with are one process. */
#include "models/world/cluster_state.h"
#include <string.h>

static ConsumerProcess *member_named(Cluster *self, const char *name)
{
    for (guint i = 0; i < self->consumers->len; i++) {
        ConsumerProcess *process = &g_array_index(self->consumers, ConsumerProcess, i);
        const GroupSpec *group = self->spec->groups->pdata[process->group];
        const MemberSpec *member = group->members->pdata[process->member];
        if (strcmp(member->name, name) == 0) {
            return process;
        }
    }
    return NULL;
}

static void wake_worker(void *owner)
{
    consumer_wake(owner);
}

void workers_join(Cluster *self)
{
    for (guint i = 0; i < self->producers->len; i++) {
        ProducerProcess *process = self->producers->pdata[i];
        const ProducerSpec *spec = self->spec->producers->pdata[process->spec];
        if (spec->worker == NULL) {
            continue;
        }
        ConsumerProcess *member = member_named(self, spec->worker);
        SIM_ASSERT(self->sim, member != NULL && member->sink == NULL);
        member->sink = g_new(RecordSink, 1);
        *member->sink = producer_sink(process->producer);
        consumer_set_sink(member->consumer, member->sink);
        producer_set_worker(process->producer, wake_worker, member->consumer);
    }
}
