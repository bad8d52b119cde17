/* source_task.c - the offsets of a task of a Connect source.
 *
 * The task reads records from outside, where they wait and can be read again: a record's number is
 * its offset there. Each offset.flush.interval.ms the worker writes down up to where all records
 * are acknowledged, and once more when the task is stopped, after at most offset.flush.timeout.ms.
 * A task that starts reads on behind that: what a killed one had sent since is sent again, under
 * new sequence numbers, and what came meanwhile waits for it.
 *
 * A task may have two processes, when its worker was given up by the group and goes on (a zombie,
 * see connect_host.c): both read the same world outside, and the offset that is written last
 * counts, be it the older one. Exactly once, initTransactions() of the new one fences the other:
 * what that one sends is refused, and it fails.
 *
 * With exactly.once.source.support=enabled (KIP-618) the task's producer is transactional, and its
 * offset is part of the transaction: one transaction each poll() (transaction.boundary=poll),
 * each transaction.boundary.interval.ms, or after so many records (connector). A task that starts
 * calls initTransactions(), which ends what a killed one left open, and begins behind the last
 * transaction that was committed. One whose transaction fails has failed.
 *
 * Mirrors: WorkerSourceTask, SubmittedRecords (of one source partition), SourceTaskOffsetCommitter,
 * ExactlyOnceWorkerSourceTask. Left out: offset.storage.topic (the write takes no time and does not
 * fail; of transactions the coordinator keeps it, see EndTxnRequest), new configurations, and with
 * them the round of fencing before their tasks start (of one and the same configuration Connect
 * fences by initTransactions() alone), transactions that a
 * connector aborts, the time that reading
 * outside takes; a record that cannot be sent is passed over, as with errors.tolerance=all, but of
 * exactly once: there it fails the task. Keys and sizes drawn at random are drawn anew for a record
 * that is sent again; of random arrivals two processes may see a few more or less. */
#include "models/producer/producer_internal.h"

static Arrivals *arrivals_of(Workload *self)
{
    return &g_array_index(self->streams, WorkloadStream, 0).arrivals;
}

/* What is behind `offset` comes again, and what waited comes now. */
static void go_back_to(Workload *self, int64_t offset, SimTime now)
{
    Arrivals *arrivals = arrivals_of(self);
    const int64_t again = self->number - offset;
    self->number = offset;
    if (self->spec->arrival == ARRIVAL_CLOSED) { /* it is asked for as it can be sent */
        arrivals->left += arrivals->left == INT64_MAX ? 0 : again;
        if (arrivals->granted == 0) { /* it had begun with nothing left */
            arrivals_grant(arrivals, self->spec->outstanding, now);
        }
        return;
    }
    WorkloadStream *stream = &g_array_index(self->streams, WorkloadStream, 0);
    const int64_t waited = arrivals_take(arrivals, now).count;
    const int64_t there = again + stream->pending.count + waited;
    arrivals_give_back(arrivals, MAX(there, 0), now); /* a zombie may have drawn more of them */
    stream->pending.count = 0;
}

/* Exactly once, what is committed is known when initTransactions() returns: until then all that
 * was sent counts. */
void workload_resume_source(Workload *self, SimTime now)
{
    const bool begins = self->source->stored < 0;
    self->source->stored = MAX(self->source->stored, 0);
    self->flushed = self->source->stored;
    if (!begins) {
        go_back_to(self, self->spec->source_is_exactly_once ? self->number : self->flushed, now);
    }
}

/* What comes there, and when, is the same for whoever reads it. */
void workload_take_source_over(Workload *self)
{
    const Workload *last = self->source->last;
    if (last != NULL && last != self) {
        const WorkloadStream *from = &g_array_index(last->streams, WorkloadStream, 0);
        WorkloadStream *stream = &g_array_index(self->streams, WorkloadStream, 0);
        stream->arrivals = from->arrivals;
        stream->pending = from->pending;
        self->number = last->number;
        self->base_rate_milli = last->base_rate_milli;
        self->load = last->load;
    }
    self->source->last = self;
}

void workload_read_source_from(Workload *self, int64_t offset, SimTime now)
{
    go_back_to(self, offset, now);
    self->flushed = offset;
    self->source->stored = offset;
}

/* Where it came from, for the groups that read it: sources count down from -1. Instances of all
 * producers get numbers of their own (Cantor's pairs). */
void workload_note_source(Workload *self, ProducerPartition *partition)
{
    ProducerBatch *tail = partition->queue.last;
    if (tail->origins == NULL) {
        tail->origins = g_array_new(FALSE, FALSE, sizeof(RecordOrigin));
        tail->first_number = self->number;
    }
    const int32_t diagonal = self->spec_index + self->instance;
    const RecordOrigin origin = {
        .partition = -1 - (diagonal * (diagonal + 1) / 2 + self->instance),
        .offset = self->number,
    };
    g_array_append_val(tail->origins, origin);
}

static int64_t least_of(const BatchList *list, int64_t least)
{
    for (const ProducerBatch *batch = list->first; batch != NULL; batch = batch->next[list->link]) {
        least = MIN(least, batch->first_number);
    }
    return least;
}

void workload_flush_source(Workload *self)
{
    int64_t least = self->number;
    for (int32_t p = 0; p < self->accumulator->capacity; p++) {
        const ProducerPartition *partition = &self->accumulator->partitions[p];
        least = least_of(&partition->queue, least_of(&partition->flight, least));
    }
    /* Nothing new is not written; what a zombie writes may be less than the other one wrote. */
    const int64_t stored = least > self->flushed ? least : self->source->stored;
    const int64_t records = stored - self->source->stored;
    actor_log(self->actor,
              records < 0 ? "offsets set back" : "offsets committed",
              "%ld acknowledged record%s",
              (long)(records < 0 ? -records : records),
              records == 1 || records == -1 ? "" : "s");
    self->source->stored = stored;
    self->flushed = least;
}

/* ---- the worker's committer */

static bool flushes(const Producer *self)
{
    return workload_is_source(&self->workload) && !self->context.spec->source_is_exactly_once;
}

void source_task_start(Producer *self)
{
    if (flushes(self)) {
        actor_arm(&self->actor, &self->flush, self->context.spec->source_flush);
    }
}

void source_task_stop(Producer *self)
{
    if (flushes(self)) {
        actor_arm(&self->actor, &self->flush, self->context.spec->source_flush_timeout);
    }
}

/* Everything is answered: the last commit, if its time is not over. */
void source_task_end(Producer *self)
{
    if (timer_is_armed(&self->flush)) {
        workload_flush_source(&self->workload);
        actor_disarm(&self->actor, &self->flush);
    }
}

/* Producer.close(0): what is not answered by now fails, and the task ends as if all were. */
void producer_cancel(Producer *self)
{
    if (self->actor.life != ACTOR_DEAD && self->state.now == PRODUCER_CLOSING) {
        source_task_end(self);
    }
    actor_kill(&self->actor);
}

void source_task_on_timer(Producer *self)
{
    workload_advance(&self->workload, actor_now(&self->actor));
    workload_flush_source(&self->workload);
    if (self->state.now == PRODUCER_RUNNING) {
        source_task_start(self);
    }
}

/* ---- exactly once */

static void log_committed(Producer *self, int64_t offset, const char *how)
{
    const int64_t records = offset - self->workload.source->stored;
    if (self->context.trace_batches && records > 0) {
        (void)actor_log(&self->actor,
                        "offsets committed",
                        "%ld record%s with %s",
                        (long)records,
                        records == 1 ? "" : "s",
                        how);
    }
}

void source_task_begin_at(Producer *self, int64_t offset)
{
    if (workload_is_source(&self->workload)) {
        log_committed(self, offset, "a transaction whose end was not heard of");
        workload_read_source_from(&self->workload, offset, actor_now(&self->actor));
        workload_recompute(&self->workload);
    }
}

void source_task_committed(Producer *self, int64_t offset)
{
    if (workload_is_source(&self->workload)) {
        SourceTask *task = self->workload.source;
        log_committed(self, offset, "their transaction");
        task->stored = MAX(task->stored, offset); /* a zombie hears of an old one */
    }
}

void producer_share_source(Producer *self, Producer *first)
{
    self->workload.source = &first->workload.task;
}
