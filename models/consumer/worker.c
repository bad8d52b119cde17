/* worker.c - an application that writes what it makes of each record (consume, process, produce).
 *
 * One record out for each record in, sent when it is processed, to the same partition number. With
 * a transactional producer all records of a poll and their offsets are one transaction; when that
 * is aborted the position goes back to what is committed, when the producer is fenced the
 * application ends. Else the application flushes before it commits itself; with auto commit it
 * does not even flush.
 *
 * Mirrors no class of Kafka: it is the loop of a user's program (KIP-98, KIP-447). */
#include "models/consumer/consumer_state.h"

static bool is_flushing(const Consumer *self)
{
    return self->sink->is_transactional ||
           self->context.spec->application.commit != COMMIT_BY_CLIENT;
}

void worker_on_joined(Consumer *self)
{
    self->group_metadata.generation = self->generation;
    g_strlcpy(self->group_metadata.member_id, self->member_id, MEMBER_ID_BYTES);
}

void worker_begin(Consumer *self)
{
    self->application.group_metadata = self->group_metadata;
}

/* Of each batch that poll() hands over. */
void worker_hand(Consumer *self, int64_t topic_id, const RecordBatch *batch)
{
    const RecordOrigin first = {
        .topic_id = topic_id,
        .partition = batch->partition,
        .leader_epoch = batch->merged ? -1 : batch->leader_epoch,
        .offset = batch->base_offset,
    };
    g_array_append_val(self->application.batches, first);
}

/* A partition's batches were handed over in their order. */
static RecordOrigin origin_of(const Consumer *self, int32_t partition, int64_t offset)
{
    const GArray *batches = self->application.batches;
    for (guint i = batches->len; i-- > 0;) {
        const RecordOrigin *first = &g_array_index(batches, RecordOrigin, i);
        if (first->partition == partition && first->offset <= offset) {
            return (RecordOrigin){first->topic_id, partition, first->leader_epoch, offset};
        }
    }
    SIM_BUG(self->actor.sim, "a record to process that no poll() handed over");
}

void worker_send(Consumer *self, int32_t partition, int64_t offset)
{
    const TopicInfo *topic = metadata_topic_of(self->context.topics, partition);
    const RecordOrigin origin = origin_of(self, partition, offset);
    self->sink->send(self->sink->owner, partition - topic->first_partition, &origin);
    self->application.is_unflushed = is_flushing(self);
}

static OffsetEntry *offset_of(GArray *offsets, int32_t partition)
{
    for (guint i = 0; i < offsets->len; i++) {
        OffsetEntry *entry = &g_array_index(offsets, OffsetEntry, i);
        if (entry->partition == partition) {
            return entry;
        }
    }
    const OffsetEntry fresh = {.partition = partition, .offset = -1, .leader_epoch = -1};
    g_array_append_val(offsets, fresh);
    return &g_array_index(offsets, OffsetEntry, offsets->len - 1);
}

/* What this poll() handed over, whether or not the partitions are still assigned: the group decides
 * whether that counts. */
static GArray *offsets_of_poll(Consumer *self)
{
    const GArray *handed = self->application.handed;
    GArray *offsets = g_array_new(FALSE, FALSE, sizeof(OffsetEntry));
    for (guint i = 0; i < handed->len; i++) {
        const HandedRange *range = &g_array_index(handed, HandedRange, i);
        offset_of(offsets, range->partition)->offset = range->last + 1;
    }
    for (guint i = 0; i < self->assigned->len; i++) {
        AssignedPartition *assigned = &g_array_index(self->assigned, AssignedPartition, i);
        assigned->to_commit = -1;
    }
    for (guint i = 0; i < offsets->len; i++) {
        OffsetEntry *entry = &g_array_index(offsets, OffsetEntry, i);
        const AssignedPartition *assigned = subscription_find(self, entry->partition);
        entry->leader_epoch = assigned != NULL ? assigned->leader_epoch : -1;
        CONSUMER_WATCH(self, on_commit, entry->partition, entry->offset);
        CONSUMER_WATCH(self, on_commit_sent, entry->partition, entry->offset);
    }
    return offsets;
}

static void begin_transaction_end(Consumer *self)
{
    GArray *offsets = offsets_of_poll(self);
    SinkOffsets commit = {
        .group_id = self->context.spec->name,
        .generation_id = self->application.group_metadata.generation,
        .group_instance_id = self->options.group_instance_id,
        .offsets = offsets,
    };
    g_strlcpy(
        commit.member_id, self->application.group_metadata.member_id, sizeof commit.member_id);
    self->sink->end(self->sink->owner, &commit);
    g_array_free(offsets, TRUE);
}

void worker_end(Consumer *self)
{
    self->application.stage = APPLICATION_ENDING;
    if (self->sink->is_transactional) {
        begin_transaction_end(self);
    } else {
        self->sink->end(self->sink->owner, NULL);
    }
}

/* Back to what is committed: the records come again. */
static void rewind_to_committed(Consumer *self)
{
    for (guint i = 0; i < self->assigned->len; i++) {
        AssignedPartition *entry = &g_array_index(self->assigned, AssignedPartition, i);
        entry->state = POSITION_UNKNOWN;
        entry->asked = false;
        entry->position = -1;
        entry->to_commit = -1;
    }
}

bool worker_is_ended(Consumer *self)
{
    const SinkOutcome outcome = self->sink->outcome(self->sink->owner);
    if (outcome == SINK_PENDING) {
        return false;
    }
    self->application.is_unflushed = false;
    self->application.stage = APPLICATION_NEXT;
    if (outcome == SINK_ABORTED) {
        actor_log(&self->actor, "aborted", "back to the committed offsets");
        rewind_to_committed(self);
    } else if (outcome == SINK_FATAL) {
        application_interrupt(self);
        self->phase = CONSUMER_POLLING;
        consumer_fail(self, "its producer is fenced");
    }
    return true;
}

void consumer_set_sink(Consumer *self, const RecordSink *sink)
{
    self->sink = sink;
}

void consumer_wake(Consumer *self)
{
    if (self->actor.life == ACTOR_ALIVE) {
        actor_arm_at(&self->actor, &self->wake, consumer_now(self));
    }
}
