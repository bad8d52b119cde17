/* sink_task.c - when a task of a Connect sink commits.
 *
 * The task is a loop: commit if offset.flush.interval.ms is over, poll() until then, put() what
 * came. The commit is asynchronous and nobody repeats one that failed: the next is an interval
 * later. Partitions that are revoked, or all when the task stops, are committed with commitSync()
 * first (commits_wait). What was put is committed; a poll() over which the task failed is not.
 * Nothing is sent when nothing was put since the last commit.
 *
 * Mirrors: WorkerSinkTask (iteration, commitOffsets, closePartitions). Left out: preCommit() that
 * returns other offsets, offset.flush.timeout.ms (of use only against commits that overlap),
 * errors.tolerance, and with a cooperative assignor that only what is revoked is committed. */
#include "models/consumer/consumer_state.h"

static bool is_sink(const Consumer *self)
{
    return self->context.spec->application.sink_flush > 0;
}

void sink_task_start(Consumer *self)
{
    self->next_sink_commit = is_sink(self)
                                 ? consumer_now(self) + self->context.spec->application.sink_flush
                                 : SIM_TIME_MAX;
}

void sink_task_handed(Consumer *self, int32_t partition)
{
    AssignedPartition *entry = is_sink(self) ? subscription_find(self, partition) : NULL;
    if (entry != NULL) {
        entry->has_news = true;
    }
}

static void set_news(Consumer *self, bool has_news)
{
    for (guint i = 0; i < self->assigned->len; i++) {
        AssignedPartition *entry = &g_array_index(self->assigned, AssignedPartition, i);
        entry->has_news = has_news && entry->position >= 0;
    }
}

bool sink_task_has_nothing_new(const Consumer *self)
{
    for (guint i = 0; i < self->assigned->len; i++) {
        if (g_array_index(self->assigned, AssignedPartition, i).has_news) {
            return false;
        }
    }
    return is_sink(self);
}

void sink_task_iterate(Consumer *self)
{
    if (consumer_now(self) < self->next_sink_commit) {
        return;
    }
    self->next_sink_commit = consumer_now(self) + self->context.spec->application.sink_flush;
    if (!sink_task_has_nothing_new(self)) {
        commits_mark_positions(self);
        if (commits_async(self)) { /* it may have to wait for the coordinator */
            set_news(self, false);
        }
    }
}

void sink_task_commit_failed(Consumer *self)
{
    set_news(self, true);
}

void sink_task_undo(Consumer *self)
{
    const GArray *handed = self->application.handed;
    for (guint i = handed->len; is_sink(self) && i > 0; i--) {
        const HandedRange *range = &g_array_index(handed, HandedRange, i - 1);
        AssignedPartition *entry = subscription_find(self, range->partition);
        if (entry != NULL) {
            entry->position = range->first;
        }
    }
}
