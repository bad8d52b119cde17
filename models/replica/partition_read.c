/* partition_read.c - what a fetch is answered (server.md 2.6, 3.4).
 *
 * First whether reader and replica mean the same leader epoch, then whether the reader's log is a
 * prefix of this one, then whether its offset is in range; then whole batches within the limits.
 * Mirrors: Partition.fetchRecords, .localLogWithEpochOrThrow, .readRecords,
 * .lastOffsetForLeaderEpoch. */
#include "models/replica/partition.h"

KafkaError
partition_check_leader_epoch(const Partition *self, int32_t leader_epoch, bool leader_only)
{
    if (leader_epoch >= 0 && leader_epoch < self->leader_epoch) {
        return KAFKA_FENCED_LEADER_EPOCH;
    }
    if (leader_epoch > self->leader_epoch) {
        return KAFKA_UNKNOWN_LEADER_EPOCH;
    }
    bool serves =
        self->role == PARTITION_LEADER || (self->role == PARTITION_FOLLOWER && !leader_only);
    return serves ? KAFKA_NONE : KAFKA_NOT_LEADER_OR_FOLLOWER;
}

/* In KRaft a broker may fetch before the leader has heard that it is a replica. */
static KafkaError
check_replica(const Partition *self, int32_t replica_id, const FetchPartition *wanted)
{
    if (replica_id < 0 || partition_remote(self, replica_id) != NULL) {
        return KAFKA_NONE;
    }
    return wanted->current_leader_epoch >= 0 ? KAFKA_UNKNOWN_LEADER_EPOCH
                                             : KAFKA_NOT_LEADER_OR_FOLLOWER;
}

static void
check_divergence(const Partition *self, const FetchPartition *wanted, PartitionRead *read)
{
    EpochEntry end;
    if (wanted->last_fetched_epoch < 0) {
        return;
    }
    if (!record_log_end_offset_for_epoch(&self->log, wanted->last_fetched_epoch, &end) ||
        wanted->fetch_offset < self->log.log_start_offset) {
        read->error = KAFKA_OFFSET_OUT_OF_RANGE;
    } else if (end.epoch < wanted->last_fetched_epoch || end.start_offset < wanted->fetch_offset) {
        read->diverges = true;
        read->diverging = end;
    }
}

PartitionRead partition_read(const Partition *self,
                             int32_t replica_id,
                             const FetchPartition *wanted,
                             bool leader_only)
{
    PartitionRead read = {
        .error = partition_check_leader_epoch(self, wanted->current_leader_epoch, leader_only)};
    if (read.error == KAFKA_NONE) {
        read.error = check_replica(self, replica_id, wanted);
    }
    if (read.error != KAFKA_NONE) {
        return read;
    }
    read.high_watermark = self->high_watermark;
    read.log_start_offset = self->log.log_start_offset;
    read.log_end_offset = self->log.log_end_offset;
    check_divergence(self, wanted, &read);
    if (read.error == KAFKA_NONE && !read.diverges &&
        (wanted->fetch_offset > self->log.log_end_offset ||
         wanted->fetch_offset < self->log.log_start_offset)) {
        read.error = KAFKA_OFFSET_OUT_OF_RANGE;
    }
    return read;
}

int64_t partition_read_batches(const Partition *self,
                               int64_t offset,
                               int64_t bound,
                               int64_t limit,
                               bool at_least_one,
                               GArray *into)
{
    if (offset >= bound) {
        return 0;
    }
    int64_t bytes = 0;
    LogCursor cursor = record_log_seek(&self->log, offset);
    for (const RecordBatch *batch; (batch = log_cursor_next(&cursor)) != NULL;) {
        bool fits = bytes + batch->bytes <= limit || (at_least_one && bytes == 0);
        if (record_batch_last_offset(batch) >= bound || !fits) {
            break;
        }
        bytes += batch->bytes;
        if (into != NULL) {
            RecordBatch read = *batch;
            read.partition = self->index; /* a stand-in of merged batches does not know it */
            g_array_append_val(into, read);
        }
    }
    return bytes;
}
