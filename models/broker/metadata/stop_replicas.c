/* stop_replicas.c - see the header. */
#include "models/broker/metadata/stop_replicas.h"

void stop_replicas_delete(Broker *self, Partition *partition, bool is_deleted)
{
    char name[128];
    if (partition->role == PARTITION_NONE && partition->log.log_end_offset == 0) {
        return;
    }
    metadata_partition_name(self->context.metadata, partition->index, name, sizeof(name));
    actor_log(&self->actor,
              "stops",
              "%s: %s",
              name,
              is_deleted ? "the topic is deleted" : "the replica was moved away");
    if (is_deleted && partition->role == PARTITION_LEADER &&
        self->context.before_forgetting != NULL) {
        self->context.before_forgetting(
            self->context.owner, partition_identity(partition), &partition->log, INT64_MAX);
    }
    replica_manager_drop(self,
                         partition,
                         is_deleted ? KAFKA_UNKNOWN_TOPIC_OR_PARTITION
                                    : KAFKA_NOT_LEADER_OR_FOLLOWER);
    record_log_truncate_fully(&partition->log, 0);
    log_manager_truncated(partition->stored);
    partition->leader = NO_LEADER;
    partition->leader_epoch = -1;
    partition->partition_epoch = -1;
    partition->isr.count = 0;
    partition->remote_count = 0;
    partition->high_watermark = 0;
    partition->checkpointed_high_watermark = 0;
}

/* ---- StopReplica */

static KafkaError stop(Broker *self, const StopReplicaPartition *wanted)
{
    Partition *partition = broker_partition(self, wanted->partition);
    if (partition == NULL) {
        return KAFKA_NONE;
    }
    if (partition->stored->offline) {
        return KAFKA_KAFKA_STORAGE_ERROR;
    }
    if (wanted->deletes) {
        bool is_deleted =
            metadata_partition(self->context.metadata, wanted->partition, self->applied_offset) ==
            NULL;
        stop_replicas_delete(self, partition, is_deleted);
    } else {
        replica_fetcher_remove(self, partition);
    }
    return KAFKA_NONE;
}

void stop_replicas_handle(Broker *self, StopReplicaRequest *request)
{
    const KafkaError error =
        request->controller_epoch < self->quorum_epoch ? KAFKA_STALE_CONTROLLER_EPOCH
        : !self->context.takes_push(self->context.owner, self->id, request->session)
            ? KAFKA_STALE_BROKER_EPOCH
            : KAFKA_NONE;
    const int32_t count = error == KAFKA_NONE ? request->count : 0;
    StopReplicaResponse *response =
        message_new(self->context.sim,
                    KAFKA_MESSAGE_BYTES(StopReplicaResponse, partitions, count),
                    KAFKA_STOP_REPLICA | KAFKA_RESPONSE);
    response->error = error;
    response->count = count;
    for (int32_t i = 0; i < count; i++) {
        response->partitions[i] = request->partitions[i];
        response->partitions[i].error = stop(self, &request->partitions[i]);
    }
    replica_fetcher_shut_down_idle(self);
    broker_respond(self, &request->header, &response->header);
}
