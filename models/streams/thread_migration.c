/* thread_migration.c - a stream thread whose tasks may be somebody else's (TaskMigratedException).
 *
 *     a send() or a commit throws because the producer is fenced, or the group knows the thread
 *     no longer --> all tasks are closed dirty, a new producer takes the id (exactly_once_v2),
 *     the thread leaves the group and subscribes again as a new member
 *     partitions are lost (a heartbeat said so) --> the same, but it joins anyway
 *
 * initTransactions() waits for max.block.ms at most, and is called again after the next poll().
 *
 * The thread hears of an error when it next calls send() or commits: here before its next record.
 * What it has written is aborted first. The new producer asks for its id when the first task is
 * opened, and the thread waits for that.
 *
 * Mirrors: StreamThread.handleTaskMigrated, TaskManager.handleLostAll,
 * StreamsProducer.resetProducer, RecordCollectorImpl.recordSendError. Leaves out: close() of the
 * old producer takes no time. */
#include "models/streams/stream_thread_state.h"

static const RecordSink *sink_of(const StreamThread *self)
{
    return consumer_sink(self->consumer);
}

static bool is_exactly_once(const StreamThread *self)
{
    return self->app->group->streams->exactly_once && sink_of(self) != NULL;
}

bool thread_migration_is_due(const StreamThread *self)
{
    return is_exactly_once(self) && sink_of(self)->has_failed(sink_of(self)->owner);
}

bool thread_migration_is_meant(KafkaError error)
{
    switch ((int)error) {
    case KAFKA_PRODUCER_FENCED:
    case KAFKA_INVALID_PRODUCER_EPOCH:
    case KAFKA_INVALID_PRODUCER_ID_MAPPING:
    case KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER:
    case KAFKA_UNKNOWN_MEMBER_ID: /* CommitFailedException */
    case KAFKA_ILLEGAL_GENERATION:
        return true;
    default:
        return false;
    }
}

static void renew_producer(const StreamThread *self)
{
    sink_of(self)->kill(sink_of(self)->owner);
    sink_of(self)->start(sink_of(self)->owner);
}

static void lose_all(StreamThread *self)
{
    thread_tasks_close_all(self, false);
    self->fresh.is_there = false;
}

void thread_migration_handle(StreamThread *self, KafkaError error)
{
    actor_log(stream_thread_actor(self),
              "task migrated",
              "%s: closes all tasks and joins the group again",
              kafka_error_name(error));
    self->app->counts.migrated++;
    lose_all(self);
    if (is_exactly_once(self)) {
        renew_producer(self);
    }
    consumer_subscribe_again(self->consumer);
}

void thread_migration_lost(StreamThread *self)
{
    const bool renews = is_exactly_once(self) && self->active->len > 0;
    lose_all(self);
    if (renews) {
        sink_of(self)->abort(sink_of(self)->owner);
        self->stage = THREAD_LOSING;
        consumer_begin_work(self->consumer);
    }
}

bool thread_migration_go_on(StreamThread *self)
{
    if (sink_of(self)->outcome(sink_of(self)->owner) == SINK_PENDING) {
        return false;
    }
    renew_producer(self);
    self->stage = THREAD_NEXT;
    return true;
}

void thread_migration_await_producer(StreamThread *self)
{
    if (is_exactly_once(self) && self->active->len > 0 &&
        !sink_of(self)->is_ready(sink_of(self)->owner)) {
        self->awaits_producer = true;
    }
}

bool thread_migration_needs_producer(const StreamThread *self)
{
    return self->awaits_producer && self->active->len > 0;
}

/* initTransactions(). */
void thread_migration_initialize(StreamThread *self)
{
    sink_of(self)->initialize(sink_of(self)->owner);
    self->initialize_until = stream_thread_now(self) + self->app->max_block_ns;
    self->stage = THREAD_INITIALIZING;
}

/* Or it has timed out: the thread polls, and calls it again. */
bool thread_migration_is_initialized(StreamThread *self)
{
    if (sink_of(self)->is_ready(sink_of(self)->owner)) {
        self->awaits_producer = false;
        return true;
    }
    if (stream_thread_now(self) < self->initialize_until) {
        consumer_wake_at(self->consumer, self->initialize_until);
        return false;
    }
    for (guint i = 0; i < self->active->len; i++) {
        thread_failures_timed_out(self, g_array_index(self->active, int32_t, i));
    }
    self->polls_first = true;
    return true;
}
