/* thread_records.c - records on their way through a stream thread; see stream_thread.h.
 *
 * A record that a repartition topic brought carries of which source record it was made, so that the
 * ledger can tell what the whole application did with each. New keys are spread over the partitions
 * of a repartition topic by a hash of that record: processed again, it goes to the same one.
 *
 * Mirrors: PartitionGroup, RecordQueue, RecordCollectorImpl. */
#include "models/streams/stream_thread_state.h"

static QueuedRange *head_of(const SourceQueue *queue)
{
    return queue->head < queue->ranges->len
               ? &g_array_index(queue->ranges, QueuedRange, queue->head)
               : NULL;
}

/* Above buffered.records.per.partition its partition is not fetched. */
static void hold(StreamThread *self, int32_t source)
{
    SourceQueue *queue = &self->sources[source];
    const TopologySource *of = topology_source(self->app->topology, source);
    const bool full = queue->waiting > self->app->max_buffered;
    if (full != queue->paused && self->tasks[of->task].state == TASK_RUNNING) {
        queue->paused = full;
        consumer_pause(self->consumer, of->partition, full);
    }
}

void thread_records_queue(
    StreamThread *self, int64_t topic_id, const RecordBatch *batch, int64_t first, int64_t last)
{
    const int32_t source = topology_find(self->app->topology, batch->partition);
    SIM_ASSERT(stream_thread_actor(self)->sim, source >= 0);
    SourceQueue *queue = &self->sources[source];
    const QueuedRange range = {
        .topic_id = topic_id,
        .next = first,
        .last = last,
        .base_offset = batch->base_offset,
        .ledger = batch->ledger,
        .leader_epoch = batch->merged ? -1 : batch->leader_epoch,
        .first_created = record_batch_created_at(batch, first - batch->base_offset),
        .last_created = record_batch_created_at(batch, last - batch->base_offset),
    };
    g_array_append_val(queue->ranges, range);
    queue->waiting += last - first + 1;
    hold(self, source);
}

void thread_records_drop(StreamThread *self, int32_t source)
{
    SourceQueue *queue = &self->sources[source];
    g_array_set_size(queue->ranges, 0);
    queue->head = 0;
    queue->waiting = 0;
    self->uncommitted -= queue->processed >= 0;
    queue->processed = -1;
    queue->paused = false;
}

void thread_records_interrupt(StreamThread *self)
{
    const ConsumerContext *context = consumer_context(self->consumer);
    for (guint s = 0; s < self->app->topology->sources->len; s++) {
        SourceQueue *queue = &self->sources[s];
        for (guint i = queue->head; i < queue->ranges->len; i++) {
            const QueuedRange *range = &g_array_index(queue->ranges, QueuedRange, i);
            ledger_interrupted(context->ledger,
                               context->group_index,
                               topology_source(self->app->topology, (int32_t)s)->partition,
                               range->next,
                               range->last);
        }
    }
}

/* ---- what is next */

/* The source of the task whose first record is the oldest; -1: nothing waits. */
static int32_t oldest_source(const StreamThread *self, int32_t task)
{
    const TopologyTask *of = topology_task(self->app->topology, task);
    int32_t best = -1;
    for (int32_t s = of->first_source; s < of->first_source + of->source_count; s++) {
        const QueuedRange *head = head_of(&self->sources[s]);
        if (head != NULL &&
            (best < 0 || head->first_created < head_of(&self->sources[best])->first_created)) {
            best = s;
        }
    }
    return best;
}

bool thread_records_choose(StreamThread *self)
{
    for (guint i = 0; i < self->active->len; i++) {
        self->turn = self->turn + 1 < self->active->len ? self->turn + 1 : 0;
        const int32_t task = g_array_index(self->active, int32_t, self->turn);
        if (self->tasks[task].state == TASK_RUNNING) {
            self->at = oldest_source(self, task);
            if (self->at >= 0) {
                return true;
            }
        }
    }
    return false;
}

bool thread_records_wait(const StreamThread *self)
{
    for (guint i = 0; i < self->active->len; i++) {
        const int32_t task = g_array_index(self->active, int32_t, i);
        if (self->tasks[task].state == TASK_RUNNING && oldest_source(self, task) >= 0) {
            return true;
        }
    }
    return false;
}

/* ---- what comes of it */

/* splitmix64's last step: a hash whose bits are all of use. */
static uint64_t mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

static int32_t sink_partition(const StreamThread *self,
                              const SubtopologySpec *sub,
                              const TopologyTask *task,
                              const RecordOrigin *origin)
{
    const TopicInfo *topic = metadata_topic(self->app->topology->topics, sub->sink);
    if (!sub->rekeys) {
        return task->partition % topic->partitions;
    }
    const uint64_t record = (uint64_t)origin->partition << 44 ^ (uint64_t)origin->offset;
    return (int32_t)(mix(record) % (uint64_t)topic->partitions);
}

static void
send_on(StreamThread *self, int32_t topic, int32_t partition, const RecordOrigin *origin)
{
    const RecordSink *sink = consumer_sink(self->consumer);
    sink->send(sink->owner, topology_output(self->app->topology, topic, partition), origin);
}

static RecordOrigin origin_of(const StreamThread *self, int32_t partition, const QueuedRange *range)
{
    RecordOrigin origin = {range->topic_id, partition, range->leader_epoch, range->next};
    const Ledger *ledger = consumer_context(self->consumer)->ledger;
    if (range->ledger != 0) {
        (void)ledger_origin(ledger, range->ledger, range->next - range->base_offset, &origin);
    } else {
        const TopicIdPartition at = {range->topic_id, partition};
        (void)ledger_origin_at(ledger, at, range->next, &origin);
    }
    return origin;
}

static void advance(StreamThread *self, SourceQueue *queue, QueuedRange *range)
{
    const int64_t left = range->last - range->next;
    if (left > 0) {
        range->first_created += (range->last_created - range->first_created) / left;
    }
    self->uncommitted += queue->processed < 0;
    queue->processed = ++range->next;
    queue->waiting--;
    if (range->next > range->last && ++queue->head == queue->ranges->len) {
        g_array_set_size(queue->ranges, 0);
        queue->head = 0;
    }
}

void thread_records_process(StreamThread *self)
{
    const TopologySource *source = topology_source(self->app->topology, self->at);
    const TopologyTask *task = topology_task(self->app->topology, source->task);
    const SubtopologySpec *sub = topology_of(self->app->topology, source->task);
    SourceQueue *queue = &self->sources[self->at];
    QueuedRange *range = head_of(queue);
    const RecordOrigin origin = origin_of(self, source->partition, range);
    if (sub->changelog != SPEC_NONE) {
        send_on(self, sub->changelog, task->partition, &origin);
    }
    if (sub->sink != SPEC_NONE) {
        send_on(self, sub->sink, sink_partition(self, sub, task, &origin), &origin);
    }
    self->tasks[source->task].timeout_at = 0;
    advance(self, queue, range);
    hold(self, self->at);
}
