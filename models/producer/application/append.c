/* append.c - the call of send(): a record, or many of one batch, into the accumulator; see
 * append.h. */
#include "models/producer/application/append.h"

/* A call of send() that fails at once takes its time too, else a loop would never end. */
#define FAILED_SEND SIM_US(10)

const char *workload_label(const Workload *self, int64_t number)
{
    const GPtrArray *labels = self->spec->labels;
    int64_t of_all = number * self->spec->count + self->instance;
    return labels == NULL || of_all >= labels->len ? NULL : labels->pdata[of_all];
}

static void note_labelled(Workload *self, ProducerPartition *partition)
{
    ProducerBatch *tail = partition->queue.last;
    if (tail->records == NULL) {
        tail->records = g_array_new(FALSE, FALSE, sizeof(int64_t));
    }
    g_array_append_val(tail->records, self->number);
    const char *label = workload_label(self, self->number);
    if (label != NULL) {
        (void)actor_log(
            self->actor, "send", "%s -> %s-%d", label, self->topic->name, partition->number);
    }
}

/* One record, and when it was handed to send(). */
static void note_created(ProducerPartition *partition, SimTime at)
{
    ProducerBatch *tail = partition->queue.last;
    if (tail->created == NULL) {
        tail->created = g_array_new(FALSE, FALSE, sizeof(SimTime));
    }
    g_array_append_val(tail->created, at);
}

/* ---- records that are given, see given.c */

static void pass_given(Workload *self)
{
    self->given_at++;
    if (!workload_has_given(self)) {
        g_array_set_size(self->given, 0);
        self->given_at = 0;
    }
}

static const GivenRecord *given_next(const Workload *self)
{
    return &g_array_index(self->given, GivenRecord, self->given_at);
}

static void note_given(Workload *self, ProducerPartition *partition)
{
    ProducerBatch *tail = partition->queue.last;
    if (tail->origins == NULL) {
        tail->origins = g_array_new(FALSE, FALSE, sizeof(RecordOrigin));
    }
    g_array_append_val(tail->origins, given_next(self)->origin);
    pass_given(self);
}

static void handed_over(Workload *self, ProducerPartition *partition, int64_t records, SimTime at)
{
    if (self->accumulator->options.record_by_record) {
        note_created(partition, at);
    }
    ledger_offered(self->ledger, self->spec_index, records);
    if (self->accumulator->options.labelled) {
        note_labelled(self, partition);
    }
    if (workload_has_given(self)) {
        note_given(self, partition);
    }
    if (workload_is_source(self)) {
        workload_note_source(self, partition);
    }
    self->number += records;
    self->room -= records;
}

void workload_refuse(Workload *self, WorkloadStream *stream, KafkaError error, const char *why)
{
    (void)actor_log(self->actor, "record refused", "%s", why);
    record_sizes_skip(&stream->sizes);
    (void)arrived_records_take(&stream->pending, 1);
    stream->chosen = UNKNOWN_PARTITION;
    ledger_offered(self->ledger, self->spec_index, 1);
    ledger_refused(self->ledger, self->spec_index, 1);
    self->number++;
    self->refused++;
    self->refused_with = error;
    if (workload_has_given(self)) {
        const RefusedRecord refused = {given_next(self)->number, error};
        g_array_append_val(self->refused_records, refused);
        self->refused_given++;
        pass_given(self);
    }
    workload_on_completed(self, 1, actor_now(self->actor) + FAILED_SEND);
}

/* UNKNOWN_PARTITION: the accumulator is to choose. */
static int32_t target(Workload *self, WorkloadStream *stream)
{
    if (stream->partition != UNKNOWN_PARTITION || self->mode != WORKLOAD_ONE_BY_ONE) {
        return stream->partition;
    }
    if (stream->chosen == UNKNOWN_PARTITION && workload_has_given(self)) {
        stream->chosen = given_next(self)->number % self->accumulator->chosen;
    }
    if (stream->chosen == UNKNOWN_PARTITION) {
        int64_t of_all = self->number * self->spec->count + self->instance;
        stream->chosen = partitioner_choose(self->partitioner, self->accumulator, of_all);
    }
    return stream->chosen;
}

static AppendOutcome append_once(Workload *self, WorkloadStream *stream, AppendResult *result)
{
    Accumulator *to = self->accumulator;
    to->aborts_for_new_batch = self->partitioner->asks_again && !stream->is_chosen_again;
    return accumulator_append(
        to, target(self, stream), &stream->sizes, &stream->pending, self->resumed, result);
}

bool workload_append(Workload *self, WorkloadStream *stream)
{
    if (record_sizes_next_upper_bound(&stream->sizes) > self->max_request_size) {
        workload_refuse(
            self, stream, KAFKA_MESSAGE_TOO_LARGE, "the record is larger than max.request.size");
        return true;
    }
    int64_t pending = stream->pending.count;
    const SimTime at = stream->pending.first;
    AppendResult result;
    AppendOutcome outcome = append_once(self, stream, &result);
    if (outcome == APPEND_ELSEWHERE) {
        stream->chosen = UNKNOWN_PARTITION;
        stream->is_chosen_again = true;
        return true;
    }
    if (outcome == APPEND_ILLEGAL) {
        workload_refuse(self,
                        stream,
                        KAFKA_MESSAGE_TOO_LARGE,
                        "a batch for the record is larger than buffer.memory");
        return true;
    }
    if (outcome != APPEND_OK) {
        return false;
    }
    ProducerPartition *partition = &self->accumulator->partitions[result.partition];
    handed_over(self, partition, pending - stream->pending.count, at);
    stream->chosen = UNKNOWN_PARTITION;
    stream->is_chosen_again = false;
    return true;
}
