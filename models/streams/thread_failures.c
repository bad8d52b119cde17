/* thread_failures.c - what a stream thread does about errors that it cannot wait out.
 *
 *     a batch given up, error retriable --> its tasks are corrupted: closed dirty and revived from
 *                                           what is committed; the others go on
 *     a batch given up, other errors    --> the thread ends, and its instance with it
 *     a source topic is missing         --> all threads are told so by the leader and end
 *     commitSync(), initTransactions() time out --> tried again; a task that has processed nothing
 *                                           and committed nothing for task.timeout.ms since the
 *                                           first time-out: the thread ends
 *
 * An instance that shuts down sends no LeaveGroup: its members' sessions expire. Under
 * exactly_once_v2 a batch that is given up aborts the transaction, see thread_commit.c.
 *
 * Mirrors: RecordCollectorImpl.recordSendError, .checkForException,
 * DefaultProductionExceptionHandler, TaskManager.handleCorruption, AbstractTask
 * .maybeInitTaskTimeoutOrThrow (KIP-572; restoration has none here), StreamsRebalanceListener,
 * KafkaStreams.handleStreamsUncaughtException (SHUTDOWN_CLIENT). Left out: whose record a batch of
 * a repartition topic holds: all tasks that wrote there since the last commit are revived; a fenced
 * idempotent producer (TaskMigratedException), which counts as an error of the other kind; other
 * exception handlers. */
#include "models/streams/stream_thread_state.h"
#include <stdio.h>

static const RecordSink *sink_of(const StreamThread *self)
{
    return consumer_sink(self->consumer);
}

bool thread_failures_have_come(const StreamThread *self)
{
    const RecordSink *sink = sink_of(self);
    return sink != NULL && !sink->is_transactional && sink->given_up(sink->owner) != self->given_up;
}

/* ---- the instance ends */

void thread_failures_end_instance(StreamThread *self, const char *why)
{
    bool *failed = &self->app->failed[self->process];
    self->app->counts.shut_down += !*failed;
    *failed = true;
    consumer_give_up(self->consumer, why);
}

void thread_failures_look(StreamThread *self)
{
    if (self->app->failed[self->process] && !consumer_is_closing(self->consumer)) {
        consumer_give_up(self->consumer, "another thread of the instance ended by an error");
    }
}

/* ---- task.timeout.ms (KIP-572) */

void thread_failures_timed_out(StreamThread *self, int32_t task)
{
    SimTime *timeout_at = &self->tasks[task].timeout_at;
    const SimTime now = stream_thread_now(self);
    if (*timeout_at == 0) {
        *timeout_at = MIN(self->app->task_timeout_ns, SIM_TIME_MAX - now) + now;
    } else if (now > *timeout_at && !self->app->failed[self->process]) {
        char name[32];
        char why[120];
        topology_task_name(self->app->topology, task, name, sizeof name);
        (void)snprintf(why,
                       sizeof why,
                       "task %s did not make progress within %" G_GINT64_FORMAT " ms",
                       name,
                       (now - *timeout_at + self->app->task_timeout_ns) / SIM_MS(1));
        thread_failures_end_instance(self, why);
    }
}

/* ---- whose records were given up */

/* By output number. */
static KafkaError *take_errors(const StreamThread *self)
{
    const Topology *topology = self->app->topology;
    int32_t count = 0;
    for (guint i = 0; i < topology->outputs->len; i++) {
        count += metadata_topic(topology->topics, g_array_index(topology->outputs, int32_t, i))
                     ->partitions;
    }
    KafkaError *errors = g_new0(KafkaError, (gsize)MAX(1, count));
    for (int32_t n = 0; n < count; n++) {
        errors[n] = sink_of(self)->take_error(sink_of(self)->owner, n);
    }
    return errors;
}

/* Of the partitions of its sink that the task may have written to. */
static KafkaError error_at_sink(const StreamThread *self,
                                const KafkaError *errors,
                                const SubtopologySpec *sub,
                                int32_t partition)
{
    const int32_t partitions = metadata_topic(self->app->topology->topics, sub->sink)->partitions;
    const int32_t first = topology_output(self->app->topology, sub->sink, 0);
    if (!sub->rekeys) {
        return errors[first + partition % partitions];
    }
    for (int32_t p = 0; p < partitions; p++) {
        if (errors[first + p] != KAFKA_NONE) {
            return errors[first + p];
        }
    }
    return KAFKA_NONE;
}

static KafkaError error_of(const StreamThread *self, const KafkaError *errors, int32_t task)
{
    const Topology *topology = self->app->topology;
    const SubtopologySpec *sub = topology_of(topology, task);
    const int32_t partition = topology_task(topology, task)->partition;
    KafkaError error = KAFKA_NONE;
    if (sub->changelog != SPEC_NONE) {
        error = errors[topology_output(topology, sub->changelog, partition)];
    }
    if (error == KAFKA_NONE && sub->sink != SPEC_NONE) {
        error = error_at_sink(self, errors, sub, partition);
    }
    return error;
}

void thread_failures_revive(StreamThread *self, int32_t task, KafkaError error)
{
    char name[32];
    topology_task_name(self->app->topology, task, name, sizeof name);
    actor_log(stream_thread_actor(self),
              "task corrupted",
              "%s: %s: back to what is committed",
              name,
              kafka_error_name(error));
    self->app->counts.revived++;
    thread_tasks_revive_one(self, task);
}

bool thread_failures_handle(StreamThread *self)
{
    g_autofree KafkaError *errors = take_errors(self);
    self->given_up = sink_of(self)->given_up(sink_of(self)->owner);
    for (guint i = 0; i < self->active->len; i++) {
        const int32_t task = g_array_index(self->active, int32_t, i);
        const bool runs = self->tasks[task].state == TASK_RUNNING;
        const KafkaError error =
            runs && thread_tasks_is_dirty(self, task) ? error_of(self, errors, task) : KAFKA_NONE;
        if (error != KAFKA_NONE && !kafka_error_is_retriable(error)) {
            thread_tasks_close_all(self, false);
            thread_failures_end_instance(self, kafka_error_name(error));
            return false;
        }
        if (error != KAFKA_NONE) {
            thread_failures_revive(self, task, error);
        }
    }
    thread_tasks_look(self);
    return true;
}
