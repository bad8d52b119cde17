/* fetch_state.c - see the header. */
#include "models/replica/fetch_state.h"

static bool truncates_on_fetch(const PartitionHost *host)
{
    return partition_host_has(host, ERA_KIP_101) && partition_host_has(host, ERA_KIP_279) &&
           partition_host_has(host, ERA_KIP_320);
}

static int32_t epoch_to_send(const Partition *follower)
{
    return truncates_on_fetch(follower->host) ? leader_epochs_latest(&follower->log.epochs)
                                              : NO_EPOCH;
}

PartitionFetchState fetch_state_begin(const Partition *follower)
{
    int32_t latest = leader_epochs_latest(&follower->log.epochs);
    bool fetches = truncates_on_fetch(follower->host) && latest != NO_EPOCH;
    return (PartitionFetchState){
        .phase = fetches ? FETCH_FETCHING : FETCH_TRUNCATING,
        .current_leader_epoch = follower->leader_epoch,
        .fetch_offset = fetches ? follower->log.log_end_offset : follower->high_watermark,
        .last_fetched_epoch = fetches ? latest : NO_EPOCH,
        .lag = -1,
    };
}

bool fetch_state_is_ready(const PartitionFetchState *self)
{
    return self->phase == FETCH_FETCHING;
}

bool fetch_state_asks_epoch(const PartitionFetchState *self, const Partition *follower)
{
    return self->phase == FETCH_TRUNCATING && partition_host_has(follower->host, ERA_KIP_101) &&
           !truncates_on_fetch(follower->host) &&
           leader_epochs_latest(&follower->log.epochs) != NO_EPOCH;
}

FetchPartition fetch_state_wish(const PartitionFetchState *self,
                                const Partition *follower,
                                int32_t partition_max_bytes)
{
    bool says_epoch = partition_host_has(follower->host, ERA_KIP_320);
    return (FetchPartition){
        .topic_id = follower->topic_id,
        .partition = follower->index,
        .current_leader_epoch = says_epoch ? self->current_leader_epoch : -1,
        .fetch_offset = self->fetch_offset,
        .last_fetched_epoch = self->last_fetched_epoch,
        .log_start_offset = follower->log.log_start_offset,
        .partition_max_bytes = (uint32_t)partition_max_bytes & INT32_MAX,
    };
}

/* Everything from here on is read again from the log's end. */
static void fetch_from_end(PartitionFetchState *self, const Partition *follower)
{
    self->phase = FETCH_FETCHING;
    self->fetch_offset = follower->log.log_end_offset;
    self->last_fetched_epoch = epoch_to_send(follower);
}

static FetchOutcome
truncate(PartitionFetchState *self, Partition *follower, int64_t offset, bool completed)
{
    FetchOutcome outcome = {.kind = FETCH_TRUNCATED, .offset = offset, .completed = completed};
    outcome.dropped = partition_truncate(follower, offset);
    fetch_from_end(self, follower);
    if (!completed && !truncates_on_fetch(follower->host)) {
        self->phase = FETCH_TRUNCATING; /* asks again, with its new last epoch */
    }
    return outcome;
}

FetchOutcome fetch_state_truncate(PartitionFetchState *self, Partition *follower)
{
    return truncate(self, follower, MIN(self->fetch_offset, follower->log.log_end_offset), true);
}

/* The leader's log of epoch end.epoch ends at end.start_offset. */
static FetchOutcome
truncate_to_epoch_end(PartitionFetchState *self, Partition *follower, EpochEntry end)
{
    int64_t log_end = follower->log.log_end_offset;
    EpochEntry own;
    if (end.start_offset < 0) {
        return fetch_state_truncate(self, follower); /* the leader does not know */
    }
    if (end.epoch == NO_EPOCH ||
        !record_log_end_offset_for_epoch(&follower->log, end.epoch, &own)) {
        return truncate(self, follower, MIN(end.start_offset, log_end), true);
    }
    if (own.epoch != end.epoch) {
        /* This log has nothing of that epoch: all that is newer than its own last one before it
         * cannot be the leader's. What remains is compared in another round. */
        return truncate(self, follower, MIN(own.start_offset, log_end), false);
    }
    return truncate(self, follower, MIN(MIN(own.start_offset, end.start_offset), log_end), true);
}

/* Fenced in the epoch that it still believes in: only metadata can help. */
static FetchOutcome refused(PartitionFetchState *self, KafkaError error, int32_t asked_epoch)
{
    if (error == KAFKA_FENCED_LEADER_EPOCH && asked_epoch == self->current_leader_epoch) {
        self->phase = FETCH_FAILED;
        return (FetchOutcome){.kind = FETCH_GAVE_UP};
    }
    return (FetchOutcome){.kind = FETCH_DELAYED};
}

FetchOutcome fetch_state_on_epoch_end(PartitionFetchState *self,
                                      Partition *follower,
                                      KafkaError error,
                                      EpochEntry end)
{
    if (self->phase != FETCH_TRUNCATING) {
        return (FetchOutcome){.kind = FETCH_DID_NOTHING};
    }
    return error == KAFKA_NONE ? truncate_to_epoch_end(self, follower, end)
                               : refused(self, error, self->current_leader_epoch);
}

static FetchOutcome append(PartitionFetchState *self,
                           Partition *follower,
                           const FetchPartitionResponse *answer,
                           const RecordBatch *batches)
{
    FetchOutcome outcome = {.kind = FETCH_APPENDED, .completed = true};
    for (int32_t i = 0; i < answer->batch_count; i++) {
        if (record_batch_last_offset(&batches[i]) >= follower->log.log_end_offset) {
            record_log_append_as_follower(&follower->log, &batches[i]);
            outcome.appended += batches[i].bytes;
        }
    }
    partition_follow_high_watermark(follower, answer->high_watermark);
    partition_follow_log_start(follower, answer->log_start_offset);
    if (outcome.appended > 0 || self->lag < 0) {
        self->lag = MAX(0, answer->high_watermark - follower->log.log_end_offset);
    }
    if (outcome.appended > 0) {
        fetch_from_end(self, follower);
    }
    return outcome;
}

FetchOutcome fetch_state_on_answer(PartitionFetchState *self,
                                   Partition *follower,
                                   const FetchPartition *asked,
                                   const FetchPartitionResponse *answer,
                                   const RecordBatch *batches)
{
    if (self->phase != FETCH_FETCHING || asked->fetch_offset != self->fetch_offset) {
        return (FetchOutcome){.kind = FETCH_DID_NOTHING};
    }
    if (answer->error == KAFKA_OFFSET_OUT_OF_RANGE) {
        self->phase = FETCH_ASKS_LATEST;
        return (FetchOutcome){.kind = FETCH_MUST_ASK};
    }
    if (answer->error != KAFKA_NONE) {
        return refused(self, answer->error, asked->current_leader_epoch);
    }
    if (answer->diverging_epoch >= 0) {
        EpochEntry end = {answer->diverging_epoch, answer->diverging_end_offset};
        return truncate_to_epoch_end(self, follower, end);
    }
    return append(self, follower, answer, batches);
}

FetchOutcome fetch_state_on_latest(PartitionFetchState *self,
                                   Partition *follower,
                                   KafkaError error,
                                   int64_t leader_end_offset)
{
    if (self->phase != FETCH_ASKS_LATEST) {
        return (FetchOutcome){.kind = FETCH_DID_NOTHING};
    }
    self->phase = FETCH_FETCHING;
    if (error != KAFKA_NONE) {
        return refused(self, error, self->current_leader_epoch);
    }
    if (leader_end_offset < follower->log.log_end_offset) {
        self->lag = 0;
        return truncate(self, follower, leader_end_offset, true);
    }
    self->lag = leader_end_offset;
    self->phase = FETCH_ASKS_EARLIEST;
    return (FetchOutcome){.kind = FETCH_MUST_ASK};
}

FetchOutcome fetch_state_on_earliest(PartitionFetchState *self,
                                     Partition *follower,
                                     KafkaError error,
                                     int64_t leader_start_offset)
{
    if (self->phase != FETCH_ASKS_EARLIEST) {
        return (FetchOutcome){.kind = FETCH_DID_NOTHING};
    }
    self->phase = FETCH_FETCHING;
    if (error != KAFKA_NONE) {
        return refused(self, error, self->current_leader_epoch);
    }
    FetchOutcome outcome = {.kind = FETCH_KEPT, .completed = true};
    if (leader_start_offset > follower->log.log_end_offset) {
        outcome.kind = FETCH_STARTED_ANEW;
        outcome.offset = leader_start_offset;
        outcome.dropped = partition_start_anew(follower, leader_start_offset);
    }
    int64_t leader_end_offset = self->lag;
    fetch_from_end(self, follower);
    self->lag = leader_end_offset - self->fetch_offset;
    return outcome;
}
