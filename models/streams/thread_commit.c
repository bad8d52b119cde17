/* thread_commit.c - commits of a stream thread: all its tasks together, each commit.interval.ms and
 * before tasks are given up or the thread ends.
 *
 * at_least_once: the producer is flushed, then the offsets are committed. exactly_once_v2: the
 * offsets go into the transaction, which is committed. While the group rebalances nothing can be
 * committed. A commit that times out is tried again at the next interval, and counts as no progress
 * of its tasks (task.timeout.ms); one that the group refuses, for it has put the thread out, sends
 * the thread back into the group. A transaction that is aborted throws the tasks back to what is
 * committed, and their stores away, unless they are somebody else's by now (thread_migration.c).
 *
 * Mirrors: TaskExecutor.commitTasksAndMaybeUpdateCommittableOffsets, TaskManager.handleRevocation,
 * .handleCorruption. */
#include "models/streams/stream_thread_state.h"

bool thread_commit_is_needed(const StreamThread *self)
{
    return self->uncommitted > 0;
}

/* The clock goes on whether there is something to commit or not. */
static SimTime due_at(const StreamThread *self)
{
    const SimDuration interval = MAX(self->app->commit_interval_ns, 1);
    const SimDuration since = stream_thread_now(self) - self->committed_at;
    const bool needed = thread_commit_is_needed(self);
    return self->committed_at + (needed ? interval : (since / interval + 1) * interval);
}

bool thread_commit_is_due(const StreamThread *self)
{
    return consumer_is_member(self->consumer) && thread_commit_is_needed(self) &&
           due_at(self) <= stream_thread_now(self);
}

SimTime thread_commit_next(const StreamThread *self)
{
    return thread_commit_is_needed(self) && consumer_is_member(self->consumer) ? due_at(self)
                                                                               : SIM_TIME_MAX;
}

static void gather_offsets(StreamThread *self)
{
    g_array_set_size(self->offsets, 0);
    for (guint s = 0; s < self->app->topology->sources->len; s++) {
        const SourceQueue *queue = &self->sources[s];
        if (queue->processed >= 0) {
            const int32_t partition = topology_source(self->app->topology, (int32_t)s)->partition;
            const OffsetEntry entry = {
                .partition = partition,
                .offset = queue->processed,
                .leader_epoch = consumer_epoch_at(self->consumer, partition),
            };
            g_array_append_val(self->offsets, entry);
        }
    }
}

static const RecordSink *sink_of(const StreamThread *self)
{
    return consumer_sink(self->consumer);
}

static void begin_transaction_end(StreamThread *self)
{
    SinkOffsets commit = {
        .group_id = self->app->group->name,
        .generation_id = self->generation,
        .group_instance_id = consumer_instance_id(self->consumer),
        .offsets = self->offsets,
    };
    g_strlcpy(commit.member_id, self->member_id, sizeof commit.member_id);
    for (guint i = 0; i < self->offsets->len; i++) {
        const OffsetEntry *entry = &g_array_index(self->offsets, OffsetEntry, i);
        consumer_note_commit(self->consumer, entry->partition, entry->offset);
    }
    self->stage = THREAD_ENDING;
    sink_of(self)->end(sink_of(self)->owner, &commit);
}

static void begin_offset_commit(StreamThread *self)
{
    for (guint i = 0; i < self->offsets->len; i++) {
        const OffsetEntry *entry = &g_array_index(self->offsets, OffsetEntry, i);
        consumer_mark(self->consumer, entry->partition, entry->offset);
    }
    consumer_commit_begin(self->consumer);
    self->stage = THREAD_COMMITTING;
}

void thread_commit_begin(StreamThread *self)
{
    gather_offsets(self);
    if (self->app->group->streams->exactly_once && sink_of(self) != NULL) {
        begin_transaction_end(self);
    } else if (sink_of(self) != NULL) {
        self->stage = THREAD_FLUSHING;
        sink_of(self)->end(sink_of(self)->owner, NULL);
    } else {
        begin_offset_commit(self);
    }
}

/* Stores are as far as what the brokers have acknowledged of their changelogs. */
static void checkpoint(StreamThread *self)
{
    for (guint i = 0; i < self->active->len; i++) {
        const int32_t task = g_array_index(self->active, int32_t, i);
        const SubtopologySpec *sub = topology_of(self->app->topology, task);
        if (sub->changelog == SPEC_NONE || self->tasks[task].state != TASK_RUNNING) {
            continue;
        }
        const int32_t number = topology_output(self->app->topology,
                                               sub->changelog,
                                               topology_task(self->app->topology, task)->partition);
        TaskStore *store = stream_thread_store(self, task);
        const int64_t end = sink_of(self)->acked_end(sink_of(self)->owner, number);
        store->position = MAX(store->position, end);
        if (!self->app->group->streams->exactly_once) {
            task_store_checkpoint(store);
        }
    }
}

static int32_t task_of(const StreamThread *self, guint source)
{
    return topology_source(self->app->topology, (int32_t)source)->task;
}

/* What was processed since the offsets were gathered (nothing: the thread waits) stays. */
static void committed(StreamThread *self)
{
    for (guint s = 0; s < self->app->topology->sources->len; s++) {
        if (self->sources[s].processed >= 0) {
            self->tasks[task_of(self, s)].timeout_at = 0;
        }
        self->sources[s].processed = -1;
    }
    self->uncommitted = 0;
    self->app->counts.commits++;
    checkpoint(self);
}

static void over(StreamThread *self)
{
    self->committed_at = stream_thread_now(self);
    self->fresh.was_committed = true;
    self->stage = THREAD_NEXT;
}

static bool go_on_ending(StreamThread *self)
{
    const SinkOutcome outcome = sink_of(self)->outcome(sink_of(self)->owner);
    switch (outcome) {
    case SINK_PENDING:
        return false;
    case SINK_DONE:
        committed(self);
        over(self);
        return true;
    case SINK_ABORTED:
    case SINK_FATAL:
        break;
    }
    const KafkaError cause = sink_of(self)->cause(sink_of(self)->owner);
    self->app->counts.aborts++;
    over(self);
    if (outcome == SINK_FATAL || thread_migration_is_meant(cause)) {
        thread_migration_handle(self, cause);
    } else {
        actor_log(
            stream_thread_actor(self), "aborted", "the transaction: back to what is committed");
        thread_tasks_revive(self);
    }
    return true;
}

/* What was processed stays to be committed; when it was to be given up it is thrown away. */
static void timed_out(StreamThread *self)
{
    actor_log(stream_thread_actor(self), "commit timeout", "commitSync: tries again later");
    for (guint s = 0; s < self->app->topology->sources->len; s++) {
        if (self->sources[s].processed >= 0 && self->fresh.is_there) {
            thread_failures_revive(self, task_of(self, s), KAFKA_REQUEST_TIMED_OUT);
        } else if (self->sources[s].processed >= 0 && !consumer_is_closing(self->consumer)) {
            thread_failures_timed_out(self, task_of(self, s));
        }
    }
}

static bool go_on_committing(StreamThread *self)
{
    const ConsumerCommit outcome = consumer_commit(self->consumer);
    if (outcome == COMMIT_WAITS) {
        return false;
    }
    if (outcome == COMMIT_TIMED_OUT) {
        timed_out(self);
    }
    if (outcome == COMMIT_SUCCEEDED) {
        committed(self);
    }
    over(self);
    if (outcome == COMMIT_REFUSED && !consumer_is_closing(self->consumer)) {
        thread_migration_handle(self, KAFKA_UNKNOWN_MEMBER_ID);
    }
    return true;
}

bool thread_commit_go_on(StreamThread *self)
{
    if (self->stage == THREAD_ENDING) {
        return go_on_ending(self);
    }
    if (self->stage == THREAD_COMMITTING) {
        return go_on_committing(self);
    }
    if (sink_of(self)->outcome(sink_of(self)->owner) == SINK_PENDING) {
        return false;
    }
    if (!thread_failures_have_come(self)) {
        begin_offset_commit(self);
    } else if (thread_failures_handle(self)) {
        gather_offsets(self); /* of the others */
        begin_offset_commit(self);
    } else {
        over(self);
    }
    return true;
}
