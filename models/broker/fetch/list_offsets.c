/* list_offsets.c - ListOffsets and OffsetsForLeaderEpoch, for consumers and followers.
 *
 * Mirrors: KafkaApis.handleListOffsetRequest, .handleOffsetForLeaderEpochRequest; the rules stand
 * in models/replica/partition_offsets.c. */
#include "models/broker/broker_state.h"

static const Partition *serving(const Broker *self, int32_t index)
{
    const Partition *partition = broker_partition(self, index);
    return partition != NULL && partition->role != PARTITION_NONE ? partition : NULL;
}

/* What the rules leave to storage: a time may be one of a record that is no longer on this disk. */
static KafkaError
look_up(const Partition *partition, FetchIsolation isolation, ListOffsetsPartition *answer)
{
    KafkaError error = partition_list_offset(partition, answer, isolation, &answer->offset);
    if (error == KAFKA_NONE && answer->timestamp >= 0) {
        int64_t found = log_manager_offset_for_time(partition->stored, answer->timestamp);
        answer->offset = log_manager_is_remote(partition->stored, found) ? found : answer->offset;
    }
    return error;
}

void list_offsets_handle(Broker *self, ListOffsetsRequest *request)
{
    ListOffsetsResponse *response =
        message_new(self->context.sim,
                    KAFKA_MESSAGE_BYTES(ListOffsetsResponse, partitions, request->count),
                    KAFKA_LIST_OFFSETS | KAFKA_RESPONSE);
    response->count = request->count;
    const FetchIsolation isolation = request->from_replica     ? FETCH_LOG_END
                                     : request->read_committed ? FETCH_TXN_COMMITTED
                                                               : FETCH_HIGH_WATERMARK;
    for (int32_t i = 0; i < request->count; i++) {
        ListOffsetsPartition *answer = &response->partitions[i];
        *answer = request->partitions[i];
        const Partition *partition = serving(self, answer->partition);
        answer->offset = -1;
        answer->error = partition == NULL ? KAFKA_NOT_LEADER_OR_FOLLOWER
                                          : look_up(partition, isolation, answer);
    }
    broker_respond(self, &request->header, &response->header);
}

void list_offsets_handle_epochs(Broker *self, OffsetsForLeaderEpochRequest *request)
{
    OffsetsForLeaderEpochResponse *response =
        message_new(self->context.sim,
                    KAFKA_MESSAGE_BYTES(OffsetsForLeaderEpochResponse, partitions, request->count),
                    KAFKA_OFFSETS_FOR_LEADER_EPOCH | KAFKA_RESPONSE);
    response->count = request->count;
    for (int32_t i = 0; i < request->count; i++) {
        const EpochEndPartition *asked = &request->partitions[i];
        const Partition *partition = serving(self, asked->partition);
        EpochEntry end = {NO_EPOCH, -1};
        KafkaError error =
            partition == NULL
                ? KAFKA_NOT_LEADER_OR_FOLLOWER
                : partition_epoch_end(
                      partition, asked->current_leader_epoch, asked->leader_epoch, &end);
        response->partitions[i] = (EpochEndPartition){
            .partition = asked->partition,
            .error = error,
            .leader_epoch = end.epoch,
            .end_offset = end.start_offset,
        };
    }
    broker_respond(self, &request->header, &response->header);
}
