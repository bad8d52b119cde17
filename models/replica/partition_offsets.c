/* partition_offsets.c - where a log begins, ends, and where its epochs end: answers to ListOffsets
 * and OffsetsForLeaderEpoch.
 *
 * Mirrors: Partition.fetchOffsetForTimestamp, ReplicaManager.fetchOffset,
 * ReplicaManager.lastOffsetForLeaderEpoch; LeaderEpochFileCache.endOffsetFor before KIP-279. */
#include "models/replica/partition.h"

/* A new leader does not know yet how much of its log was committed: until its high watermark has
 * reached its own epoch, consumers are not told an end that might go back. */
static bool is_end_known(const Partition *self)
{
    return self->high_watermark >= self->leader_epoch_start_offset;
}

static int64_t last_fetchable(const Partition *self, FetchIsolation isolation)
{
    switch (isolation) {
    case FETCH_LOG_END:
        return self->log.log_end_offset;
    case FETCH_HIGH_WATERMARK:
        break;
    case FETCH_TXN_COMMITTED:
        return partition_last_stable_offset(self);
    }
    return self->high_watermark;
}

static KafkaError latest(const Partition *self, FetchIsolation isolation, int64_t *ret_offset)
{
    if (isolation != FETCH_LOG_END && !is_end_known(self)) {
        return KAFKA_OFFSET_NOT_AVAILABLE;
    }
    *ret_offset = last_fetchable(self, isolation);
    return KAFKA_NONE;
}

/* What is not to be read yet is not found either. */
static KafkaError
at_time(const Partition *self, SimTime time, FetchIsolation isolation, int64_t *ret_offset)
{
    int64_t found = record_log_offset_for_time(&self->log, time);
    if (found >= 0 && found < last_fetchable(self, isolation)) {
        *ret_offset = found;
        return KAFKA_NONE;
    }
    return isolation == FETCH_LOG_END || is_end_known(self) ? KAFKA_NONE
                                                            : KAFKA_OFFSET_NOT_AVAILABLE;
}

KafkaError partition_list_offset(const Partition *self,
                                 const ListOffsetsPartition *wanted,
                                 FetchIsolation isolation,
                                 int64_t *ret_offset)
{
    *ret_offset = -1;
    KafkaError error = partition_check_leader_epoch(self, wanted->current_leader_epoch, true);
    if (error != KAFKA_NONE) {
        return error;
    }
    if (wanted->timestamp == LIST_OFFSETS_LATEST) {
        return latest(self, isolation, ret_offset);
    }
    if (wanted->timestamp == LIST_OFFSETS_EARLIEST) {
        *ret_offset = self->log.log_start_offset;
        return KAFKA_NONE;
    }
    return at_time(self, wanted->timestamp, isolation, ret_offset);
}

/* KIP-101: the start of the next larger epoch, without saying of which epoch that is the end. */
static bool end_before_kip_279(const Partition *self, int32_t epoch, EpochEntry *ret_end)
{
    const LeaderEpochs *epochs = &self->log.epochs;
    if (epochs->count == 0 || epoch < epochs->entries[0].epoch ||
        epoch > leader_epochs_latest(epochs)) {
        return false;
    }
    (void)record_log_end_offset_for_epoch(&self->log, epoch, ret_end);
    ret_end->epoch = NO_EPOCH;
    return true;
}

KafkaError partition_epoch_end(const Partition *self,
                               int32_t current_leader_epoch,
                               int32_t epoch,
                               EpochEntry *ret_end)
{
    KafkaError error = partition_check_leader_epoch(self, current_leader_epoch, true);
    bool known =
        error == KAFKA_NONE && (partition_host_has(self->host, ERA_KIP_279)
                                    ? record_log_end_offset_for_epoch(&self->log, epoch, ret_end)
                                    : end_before_kip_279(self, epoch, ret_end));
    if (!known) {
        *ret_end = (EpochEntry){NO_EPOCH, -1};
    }
    return error;
}
