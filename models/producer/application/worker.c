/* worker.c - the producer as the application of a consumer uses it; see record_sink.h.
 *
 * What is given to it is handed to send() in its next pass, in order. From an error on send()
 * throws: what comes is dropped until the application has heard of the abort, when its poll ends.
 * Mirrors: KafkaProducer.send, .flush, .sendOffsetsToTransaction, .commitTransaction. */
#include "models/producer/producer_internal.h"
#include "models/producer/transactions/transaction_manager.h"

void producer_set_worker(Producer *self, void (*notify)(void *owner), void *owner)
{
    self->worker.notify = notify;
    self->worker.owner = owner;
}

void worker_reset(Producer *self)
{
    self->worker.outcome = SINK_PENDING;
    self->worker.is_flushing = false;
    self->worker.was_ready = false;
    self->worker.was_blocked = false;
    self->worker.given_up = 0;
}

static void wake(Producer *self)
{
    if (self->actor.life == ACTOR_ALIVE && !self->busy) {
        actor_arm_at(&self->actor, &self->wake, actor_now(&self->actor));
    }
}

void worker_notify(Producer *self, SinkOutcome outcome)
{
    self->worker.outcome = outcome;
    if (self->worker.notify != NULL) {
        self->worker.notify(self->worker.owner);
    }
}

static bool sink_is_ready(void *owner)
{
    const Producer *self = owner;
    return self->state.now == PRODUCER_RUNNING &&
           (self->transactions == NULL || transaction_manager_is_open(self->transactions));
}

static void sink_initialize(void *owner)
{
    Producer *self = owner;
    if (self->transactions != NULL) {
        self->transactions->is_asked = true;
        wake(self);
    }
}

static void sink_abort(void *owner)
{
    Producer *self = owner;
    self->worker.outcome = SINK_PENDING;
    transaction_manager_abort(self->transactions);
    wake(self);
}

static bool sink_has_failed(void *owner)
{
    const Producer *self = owner;
    return self->transactions != NULL && transaction_manager_has_failed(self->transactions);
}

static KafkaError sink_cause(void *owner)
{
    const Producer *self = owner;
    return self->transactions == NULL ? KAFKA_NONE : self->transactions->error;
}

static void sink_send(void *owner, int32_t number, const RecordOrigin *origin)
{
    Producer *self = owner;
    if (self->transactions != NULL) {
        transaction_manager_begin(self->transactions);
    }
    if (self->transactions == NULL || !transaction_manager_is_spoiled(self->transactions)) {
        if (!client_metadata_has_topic(self->metadata, self->context.topic)) {
            producer_want_topics(self);
        }
        workload_give(&self->workload, number, origin, actor_now(&self->actor));
        wake(self);
    }
}

static bool sink_is_blocked(void *owner)
{
    const Workload *workload = &((const Producer *)owner)->workload;
    return workload->blocked && workload_has_given(workload);
}

static void sink_end(void *owner, const SinkOffsets *offsets)
{
    Producer *self = owner;
    self->worker.outcome = SINK_PENDING;
    if (offsets == NULL) {
        self->worker.is_flushing = true;
    } else {
        transaction_manager_end(self->transactions, offsets);
    }
    wake(self);
}

static SinkOutcome sink_outcome(void *owner)
{
    return ((const Producer *)owner)->worker.outcome;
}

static int64_t sink_acked_end(void *owner, int32_t number)
{
    return ((const Producer *)owner)->accumulator.partitions[number].acked_end;
}

static int64_t sink_given_up(void *owner)
{
    const Producer *self = owner;
    return self->worker.given_up + self->workload.refused_given;
}

static KafkaError sink_take_error(void *owner, int32_t number)
{
    const KafkaError thrown = workload_take_refused(&((Producer *)owner)->workload, number);
    if (thrown != KAFKA_NONE) {
        return thrown;
    }
    ProducerPartition *partition = &((Producer *)owner)->accumulator.partitions[number];
    const KafkaError error = partition->given_up_with;
    partition->given_up_with = KAFKA_NONE;
    return error;
}

/* At the end of a pass: does send() return, or flush()? */
void worker_look(Producer *self)
{
    const bool was_blocked = self->worker.was_blocked;
    self->worker.was_blocked = sink_is_blocked(self);
    if (was_blocked && !self->worker.was_blocked && self->worker.notify != NULL) {
        self->worker.notify(self->worker.owner);
    }
    if (self->worker.is_flushing && self->accumulator.incomplete == 0 &&
        !workload_has_given(&self->workload)) {
        self->worker.is_flushing = false;
        worker_notify(self, SINK_DONE);
    }
    if (!self->worker.was_ready && sink_is_ready(self) && self->worker.notify != NULL) {
        self->worker.was_ready = true;
        self->worker.notify(self->worker.owner);
    }
}

static void sink_start(void *owner)
{
    (void)actor_start(&((Producer *)owner)->actor);
}

static void sink_kill(void *owner)
{
    (void)actor_kill(&((Producer *)owner)->actor);
}

static void sink_close(void *owner)
{
    producer_close(owner);
}

RecordSink producer_sink(Producer *self)
{
    return (RecordSink){
        .owner = self,
        .is_transactional = self->transactions != NULL,
        .start = sink_start,
        .kill = sink_kill,
        .close = sink_close,
        .initialize = sink_initialize,
        .is_ready = sink_is_ready,
        .send = sink_send,
        .is_blocked = sink_is_blocked,
        .end = sink_end,
        .outcome = sink_outcome,
        .abort = sink_abort,
        .has_failed = sink_has_failed,
        .cause = sink_cause,
        .acked_end = sink_acked_end,
        .given_up = sink_given_up,
        .take_error = sink_take_error,
    };
}
