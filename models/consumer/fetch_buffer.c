/* fetch_buffer.c - fetched batches on their way to the application.
 *
 * A response becomes one completed fetch a partition, in a queue (F4). poll() takes up to
 * max.poll.records from the front, one partition to its end before the next, and the position
 * moves when records are handed out. What no longer fits the position is dropped (F7).
 *
 * Mirrors: FetchBuffer, FetchCollector, CompletedFetch. Left out: deserialisation errors, CRC
 * checks. */
#include "models/consumer/consumer_state.h"

static CompletedFetch *take_spare(Consumer *self)
{
    if (self->spare->len > 0) {
        return g_ptr_array_steal_index_fast(self->spare, self->spare->len - 1);
    }
    CompletedFetch *fetch = g_new0(CompletedFetch, 1);
    fetch->batches = g_array_new(FALSE, FALSE, sizeof(RecordBatch));
    return fetch;
}

void fetch_buffer_add(Consumer *self,
                      const FetchPartitionResponse *partition,
                      const FetchPartition *asked,
                      const RecordBatch *batches)
{
    CompletedFetch *fetch = take_spare(self);
    fetch->partition = (TopicIdPartition){asked->topic_id, asked->partition};
    fetch->error = partition->error;
    fetch->next_offset = asked->fetch_offset;
    fetch->next_batch = 0;
    g_array_set_size(fetch->batches, 0);
    if (partition->batch_count > 0) {
        g_array_append_vals(fetch->batches, batches, (guint)partition->batch_count);
    }
    g_ptr_array_add(self->completed, fetch);
    AssignedPartition *entry = subscription_find(self, partition->partition);
    if (entry != NULL) {
        entry->buffered = true;
    }
}

static void drop(Consumer *self, guint at)
{
    CompletedFetch *fetch = g_ptr_array_steal_index(self->completed, at);
    AssignedPartition *entry = subscription_find(self, fetch->partition.index);
    if (entry != NULL) {
        entry->buffered = false;
    }
    g_ptr_array_add(self->spare, fetch);
}

void fetch_buffer_clear(Consumer *self)
{
    while (self->completed->len > 0) {
        drop(self, 0);
    }
}

/* What was fetched of paused partitions goes behind the rest. */
static void move_behind(Consumer *self, guint count)
{
    for (guint i = 0; i < count && count < self->completed->len; i++) {
        g_ptr_array_add(self->completed, g_ptr_array_steal_index(self->completed, 0));
    }
}

static void log_labels(Consumer *self, const RecordBatch *batch, int64_t first, int64_t last)
{
    char name[128];
    for (int64_t offset = first; offset <= last; offset++) {
        const char *label = ledger_label(
            self->context.ledger, batch->ledger, (int32_t)(offset - batch->base_offset));
        if (label == NULL) {
            return; /* only the first records of a producer have names */
        }
        actor_log(&self->actor,
                  "received",
                  "%s from %s@%ld",
                  label,
                  consumer_partition_name(self, batch->partition, name, sizeof name),
                  (long)offset);
    }
}

/* In one piece, or each by itself. */
static void account(Consumer *self,
                    TopicIdPartition partition,
                    const RecordBatch *batch,
                    int64_t from,
                    int64_t last)
{
    int64_t step = self->options.record_by_record ? 1 : last - from + 1;
    if (self->context.group_index < 0) {
        return;
    }
    for (int64_t first = from; first <= last; first += step) {
        SimTime exact = step > 1 || batch->ledger == 0
                            ? -1
                            : ledger_created_at(
                                  self->context.ledger, batch->ledger, first - batch->base_offset);
        const int64_t end = first + step - 1;
        const HandOut records = {
            .partition = partition,
            .leader_epoch = batch->leader_epoch,
            .first = first,
            .last = end,
            .created_first =
                exact >= 0 ? exact : record_batch_created_at(batch, first - batch->base_offset),
            .created_last =
                exact >= 0 ? exact : record_batch_created_at(batch, end - batch->base_offset),
        };
        ledger_consumed(
            self->context.ledger, self->context.group_index, &records, consumer_now(self));
    }
}

/* A batch is a stream: each record is decompressed when it is read. */
static void unpack(Consumer *self, const RecordBatch *batch, int32_t count)
{
    if (batch->codec != CODEC_NONE) {
        const int64_t bytes =
            record_batch_plain_bytes(batch) * count / MAX(1, record_batch_records(batch));
        self->application.unpack_ns +=
            profile_decompress_ns(self->context.profile, batch->codec, bytes);
    }
}

int32_t fetch_buffer_hand_out(
    Consumer *self, int64_t topic_id, const RecordBatch *batch, int64_t from, int32_t room)
{
    const TopicIdPartition partition = {topic_id, batch->partition};
    const int64_t end = record_batch_last_offset(batch);
    const int64_t last = MIN(end, from + room - 1);
    account(self, partition, batch, from, last);
    program_hand(self, topic_id, batch, from, last);
    unpack(self, batch, (int32_t)(last - from + 1));
    CONSUMER_WATCH(
        self, on_handed, partition, from, last, batch->merged ? -1 : batch->leader_epoch);
    if (batch->merged && self->context.group_index >= 0) {
        ledger_consumed_at(self->context.ledger, self->context.group_index, partition, from, last);
    } else if (batch->ledger != 0 && self->context.group_index >= 0) {
        ledger_consumed_of(self->context.ledger,
                           self->context.group_index,
                           batch->ledger,
                           from - batch->base_offset,
                           last - batch->base_offset);
        log_labels(self, batch, from, last);
    }
    return (int32_t)(last - from + 1);
}

/* A marker, or records of an aborted transaction. */
static void pass(Consumer *self, const CompletedFetch *fetch, const RecordBatch *batch)
{
    const int64_t from = fetch->next_offset;
    const int64_t last = record_batch_last_offset(batch);
    if (batch->control && last >= from && self->context.group_index >= 0) {
        ledger_passed(self->context.ledger, self->context.group_index, fetch->partition, last);
        CONSUMER_WATCH(self, on_passed, fetch->partition, MAX(from, batch->base_offset), last);
    }
}

void fetch_buffer_trace(Consumer *self, int32_t partition, int32_t handed, int64_t last)
{
    char name[160];
    (void)actor_log(&self->actor,
                    "delivered",
                    "%s %d records up to %" G_GINT64_FORMAT,
                    consumer_partition_name(self, partition, name, sizeof name),
                    handed,
                    last);
}

static int32_t
hand_out(Consumer *self, CompletedFetch *fetch, AssignedPartition *entry, int32_t room)
{
    int32_t handed = 0;
    if (self->context.group_index >= 0) {
        ledger_read_from(
            self->context.ledger, self->context.group_index, fetch->partition, fetch->next_offset);
    }
    while (handed < room && fetch->next_batch < fetch->batches->len) {
        const RecordBatch *batch = &g_array_index(fetch->batches, RecordBatch, fetch->next_batch);
        const int64_t end = record_batch_last_offset(batch);
        if (end >= fetch->next_offset && !batch->control && record_batch_records(batch) > 0) {
            /* A batch may begin below the position, or above it when offsets were compacted. */
            const int64_t from = MAX(fetch->next_offset, record_batch_first_record(batch));
            const int32_t count =
                fetch_buffer_hand_out(self, fetch->partition.topic_id, batch, from, room - handed);
            handed += count;
            fetch->next_offset = from + count;
        } else {
            pass(self, fetch, batch);
            fetch->next_offset = MAX(fetch->next_offset, end + 1);
        }
        entry->leader_epoch = batch->leader_epoch;
        if (fetch->next_offset > end) {
            fetch->next_batch++;
        }
    }
    entry->position = fetch->next_offset;
    if (handed > 0 && self->context.trace_deliveries) {
        fetch_buffer_trace(self, fetch->partition.index, handed, fetch->next_offset - 1);
    }
    return handed;
}

/* F8. */
static void handle_error(Consumer *self, const CompletedFetch *fetch, AssignedPartition *entry)
{
    bool preferred = entry->prefers;
    entry->prefers = preferred && fetch->error == KAFKA_UNKNOWN_LEADER_EPOCH;
    if (fetch->error == KAFKA_OFFSET_OUT_OF_RANGE && preferred) {
        self->poll_again = true; /* a follower may not have it yet: the leader is asked */
    } else if (fetch->error == KAFKA_OFFSET_OUT_OF_RANGE) {
        if (entry->position == fetch->next_offset) {
            positions_request_reset(self, entry);
            self->poll_again = true; /* the reset is asked for before poll() waits */
        }
    } else if (fetch->error != KAFKA_UNKNOWN_LEADER_EPOCH) {
        client_metadata_request_update(self->metadata);
    }
}

int32_t fetch_buffer_collect(Consumer *self)
{
    int32_t handed = 0;
    g_array_set_size(self->application.handed, 0);
    g_array_set_size(self->application.batches, 0);
    guint at = 0; /* before it: paused ones */
    while (at < self->completed->len && handed < self->options.max_poll_records) {
        CompletedFetch *fetch = g_ptr_array_index(self->completed, at);
        AssignedPartition *entry = subscription_find(self, fetch->partition.index);
        if (entry != NULL && entry->paused) {
            at++;
            continue;
        }
        const bool usable =
            entry != NULL && entry->state == POSITION_VALID && !entry->pending_revocation;
        if (usable && fetch->error != KAFKA_NONE) {
            handle_error(self, fetch, entry);
        } else if (usable && entry->position == fetch->next_offset) {
            handed += hand_out(self, fetch, entry, self->options.max_poll_records - handed);
            if (fetch->next_batch < fetch->batches->len) {
                break;
            }
        }
        drop(self, at);
    }
    move_behind(self, at);
    return handed;
}
