/* producers.c - the producers' processes: the spec's, and those that tasks of Connect sources get
 * besides, see connect_host.c. */
#include "models/world/cluster_state.h"

static ProducerProcess *
add_process(Cluster *self, int32_t index, int32_t instance, const char *name, bool is_spare)
{
    const ProducerSpec *spec = self->spec->producers->pdata[index];
    const ProducerContext context = {
        .sim = self->sim,
        .brokers = &self->book,
        .topics = self->metadata,
        .topic = spec->topic,
        .ledger = self->ledger,
        .spec = spec,
        .spec_index = index,
        .instance = instance,
        .profile = cluster_spec_profile(self->spec, spec->host),
        .era = &self->spec->era,
        .trace_batches = self->spec->trace_batches,
        .record_by_record = self->spec->record_by_record,
    };
    ProducerProcess *process = g_new0(ProducerProcess, 1);
    process->spec = index;
    process->instance = instance;
    process->is_spare = is_spare;
    process->producer = producer_new(&context, name, cluster_host_for(self, spec->host, name));
    g_ptr_array_add(self->producers, process);
    return process;
}

void producers_make(Cluster *self)
{
    self->producers = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < self->spec->producers->len; i++) {
        const ProducerSpec *spec = self->spec->producers->pdata[i];
        for (int32_t k = 0; k < spec->count; k++) {
            g_autofree char *name = producer_spec_client_id(spec, k);
            (void)add_process(self, (int32_t)i, k, name, false);
        }
    }
}

ProducerProcess *producers_find(const Cluster *self, const Actor *actor)
{
    for (guint i = 0; i < self->producers->len; i++) {
        ProducerProcess *process = self->producers->pdata[i];
        if (producer_actor(process->producer) == actor) {
            return process;
        }
    }
    return NULL;
}

/* NAME.2, NAME.3 ... */
ProducerProcess *producers_add_spare(Cluster *self, int32_t spec, int32_t instance)
{
    int number = 1;
    Producer *first = NULL;
    for (guint i = 0; i < self->producers->len; i++) {
        const ProducerProcess *process = self->producers->pdata[i];
        if (process->spec == spec && process->instance == instance) {
            first = first == NULL ? process->producer : first;
            number++;
        }
    }
    g_autofree char *name = g_strdup_printf("%s.%d", producer_actor(first)->name, number);
    ProducerProcess *process = add_process(self, spec, instance, name, true);
    timer_init(&process->start, WORLD_TIMER_PRODUCER, process);
    producer_share_source(process->producer, first);
    return process;
}
