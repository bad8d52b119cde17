/* given.c - records that a worker made of what it consumed, until send() takes them; see
 * workload.h, worker.c. */
#include "models/producer/application/workload.h"

static WorkloadStream *only_stream(const Workload *self)
{
    return &g_array_index(self->streams, WorkloadStream, 0);
}

void workload_give(Workload *self, int32_t number, const RecordOrigin *origin, SimTime now)
{
    const GivenRecord record = {number, *origin};
    g_array_append_val(self->given, record);
    arrivals_grant(&only_stream(self)->arrivals, 1, now);
    self->next_at[0] = workload_stream_next(only_stream(self));
}

bool workload_has_given(const Workload *self)
{
    return self->given_at < self->given->len;
}

KafkaError workload_take_refused(Workload *self, int32_t number)
{
    KafkaError error = KAFKA_NONE;
    guint kept = 0;
    for (guint i = 0; i < self->refused_records->len; i++) {
        const RefusedRecord refused = g_array_index(self->refused_records, RefusedRecord, i);
        if (refused.number != number) {
            g_array_index(self->refused_records, RefusedRecord, kept++) = refused;
        } else {
            error = refused.error;
        }
    }
    g_array_set_size(self->refused_records, kept);
    return error;
}

void workload_drop_given(Workload *self, SimTime now)
{
    if (!workload_has_given(self)) {
        return;
    }
    WorkloadStream *stream = only_stream(self);
    g_array_set_size(self->given, 0);
    self->given_at = 0;
    while (arrivals_next(&stream->arrivals) <= now) {
        (void)arrivals_take(&stream->arrivals, now);
    }
    stream->pending = (ArrivedRecords){0};
    stream->chosen = UNKNOWN_PARTITION;
    self->next_at[0] = workload_stream_next(stream);
}
