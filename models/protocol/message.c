/* message.c - sizes and names of messages.
 *
 * Wire sizes follow the flexible-version schemas of Kafka 4.1 with typical name lengths: close
 * enough for links and NICs, not byte-exact. */
#include "models/protocol/message.h"

/* size(4) + api key, version, correlation id, client id, tags */
#define REQUEST_HEADER_BYTES  35
#define RESPONSE_HEADER_BYTES 9

FetchResponse *fetch_response_new(Sim *sim, int32_t partitions, int32_t batches)
{
    return fetch_response_new_committed(sim, partitions, batches, 0);
}

FetchResponse *
fetch_response_new_committed(Sim *sim, int32_t partitions, int32_t batches, int32_t aborted)
{
    size_t head = KAFKA_MESSAGE_BYTES(FetchResponse, partitions, partitions);
    FetchResponse *self = message_new(sim,
                                      head + sizeof(RecordBatch) * (size_t)batches +
                                          sizeof(AbortedTransaction) * (size_t)aborted,
                                      KAFKA_FETCH | KAFKA_RESPONSE);
    self->partition_count = partitions;
    self->batch_count = batches;
    return self;
}

RecordBatch *fetch_response_batches(FetchResponse *response)
{
    return (RecordBatch *)(void *)&response->partitions[response->partition_count];
}

AbortedTransaction *fetch_response_aborted(FetchResponse *response)
{
    return (AbortedTransaction *)(void *)(fetch_response_batches(response) + response->batch_count);
}

MetadataResponse *metadata_response_new(Sim *sim, int32_t partitions, int32_t brokers)
{
    size_t head = KAFKA_MESSAGE_BYTES(MetadataResponse, partitions, partitions);
    MetadataResponse *self =
        message_new(sim, head + sizeof(int32_t) * (size_t)brokers, KAFKA_METADATA | KAFKA_RESPONSE);
    self->partition_count = partitions;
    self->broker_count = brokers;
    return self;
}

int32_t *metadata_response_brokers(MetadataResponse *response)
{
    return (int32_t *)(void *)&response->partitions[response->partition_count];
}

JoinGroupResponse *join_group_response_new(Sim *sim, int32_t members, int32_t items)
{
    size_t head = KAFKA_MESSAGE_BYTES(JoinGroupResponse, members, members);
    JoinGroupResponse *self =
        message_new(sim, head + sizeof(int32_t) * (size_t)items, KAFKA_JOIN_GROUP | KAFKA_RESPONSE);
    self->member_count = members;
    self->item_count = items;
    return self;
}

int32_t *join_group_response_items(JoinGroupResponse *response)
{
    return (int32_t *)(void *)&response->members[response->member_count];
}

SyncGroupRequest *sync_group_request_new(Sim *sim, int32_t assignments, int32_t items)
{
    size_t head = KAFKA_MESSAGE_BYTES(SyncGroupRequest, assignments, assignments);
    SyncGroupRequest *self =
        message_new(sim, head + sizeof(int32_t) * (size_t)items, KAFKA_SYNC_GROUP);
    self->assignment_count = assignments;
    self->item_count = items;
    return self;
}

int32_t *sync_group_request_items(SyncGroupRequest *request)
{
    return (int32_t *)(void *)&request->assignments[request->assignment_count];
}

SyncGroupRequest *sync_group_request_of(Sim *sim, const GArray *assignments, const GArray *items)
{
    SyncGroupRequest *self =
        sync_group_request_new(sim, (int32_t)assignments->len, (int32_t)items->len);
    for (guint m = 0; m < assignments->len; m++) {
        self->assignments[m] = g_array_index(assignments, SyncAssignment, m);
    }
    for (guint i = 0; i < items->len; i++) {
        sync_group_request_items(self)[i] = g_array_index(items, int32_t, i);
    }
    return self;
}

static uint32_t batches_bytes(const RecordBatch *batches, int32_t count)
{
    uint32_t bytes = 0;
    for (int32_t i = 0; i < count; i++) {
        bytes += (uint32_t)batches[i].bytes;
    }
    return bytes;
}

/* A batch is sent once, whatever part of it was acquired. */
static uint32_t share_results_bytes(const ShareFetchResponse *response)
{
    uint32_t bytes = 30;
    for (int32_t i = 0; i < response->count; i++) {
        const ShareResult *result = &response->results[i];
        const bool again = i > 0 && result[-1].kind == SHARE_RESULT_RECORDS &&
                           topic_id_partition_equal(result[-1].partition, result->partition) &&
                           result[-1].batch.base_offset == result->batch.base_offset;
        const bool is_sent = result->kind == SHARE_RESULT_RECORDS && !again;
        bytes += result->kind == SHARE_RESULT_GAP ? 0 : 40;
        bytes += is_sent ? (uint32_t)result->batch.bytes : 0;
    }
    return bytes;
}

static uint32_t request_body_bytes(const Message *message)
{
    switch (message->type) {
    case KAFKA_PRODUCE: {
        const ProduceRequest *request = (const ProduceRequest *)message;
        return 24 + 12 * (uint32_t)request->batch_count +
               batches_bytes(request->batches, request->batch_count);
    }
    case KAFKA_FETCH:
        return 45 + 34 * (uint32_t)((const FetchRequest *)message)->partition_count;
    case KAFKA_METADATA:
        return 8 + 20 * (uint32_t)((const MetadataRequest *)message)->topic_count;
    case KAFKA_LIST_OFFSETS:
        return 20 + 16 * (uint32_t)((const ListOffsetsRequest *)message)->count;
    case KAFKA_OFFSETS_FOR_LEADER_EPOCH:
        return 20 + 16 * (uint32_t)((const OffsetsForLeaderEpochRequest *)message)->count;
    case KAFKA_ADD_PARTITIONS_TO_TXN:
        return 60 + 8 * (uint32_t)((const AddPartitionsToTxnRequest *)message)->count;
    case KAFKA_WRITE_TXN_MARKERS:
        return 20 + 24 * (uint32_t)((const WriteTxnMarkersRequest *)message)->count;
    case KAFKA_TXN_OFFSET_COMMIT:
        return 110 + 18 * (uint32_t)((const TxnOffsetCommitRequest *)message)->count;
    case KAFKA_OFFSET_COMMIT:
        return 90 + 18 * (uint32_t)((const OffsetCommitRequest *)message)->count;
    case KAFKA_OFFSET_FETCH:
        return 60 + 4 * (uint32_t)((const OffsetFetchRequest *)message)->count;
    case KAFKA_SYNC_GROUP: {
        const SyncGroupRequest *request = (const SyncGroupRequest *)message;
        return 120 + 70 * (uint32_t)request->assignment_count + 4 * (uint32_t)request->item_count;
    }
    case KAFKA_SHARE_FETCH:
    case KAFKA_SHARE_ACKNOWLEDGE:
        return 75 + 34 * (uint32_t)((const ShareFetchRequest *)message)->count;
    case KAFKA_SHARE_GROUP_HEARTBEAT:
    case KAFKA_CONSUMER_GROUP_HEARTBEAT: {
        const ConsumerGroupHeartbeatRequest *request =
            (const ConsumerGroupHeartbeatRequest *)message;
        return 80 + 24 * (uint32_t)MAX(0, request->topic_count) +
               8 * (uint32_t)MAX(0, request->owned_count);
    }
    case KAFKA_STOP_REPLICA:
        return 24 + 9 * (uint32_t)((const StopReplicaRequest *)message)->count;
    case KAFKA_ALTER_PARTITION:
        return 24 + 60 * (uint32_t)((const AlterPartitionRequest *)message)->count;
    default:
        return 80;
    }
}

static uint32_t response_body_bytes(Message *message)
{
    switch (message->type & ~KAFKA_RESPONSE) {
    case KAFKA_PRODUCE:
        return 16 + 40 * (uint32_t)((const ProduceResponse *)message)->count;
    case KAFKA_FETCH: {
        FetchResponse *response = (FetchResponse *)message;
        return 20 + 50 * (uint32_t)response->partition_count +
               batches_bytes(fetch_response_batches(response), response->batch_count);
    }
    case KAFKA_METADATA:
        return 80 + 45 * (uint32_t)((const MetadataResponse *)message)->partition_count;
    case KAFKA_JOIN_GROUP:
        return 110 + 90 * (uint32_t)((const JoinGroupResponse *)message)->member_count;
    case KAFKA_SYNC_GROUP:
        return 40 + 4 * (uint32_t)((const SyncGroupResponse *)message)->count;
    case KAFKA_STOP_REPLICA:
        return 4 + 20 * (uint32_t)((const StopReplicaResponse *)message)->count;
    case KAFKA_SHARE_FETCH:
    case KAFKA_SHARE_ACKNOWLEDGE:
        return share_results_bytes((const ShareFetchResponse *)message);
    case KAFKA_SHARE_GROUP_HEARTBEAT:
    case KAFKA_CONSUMER_GROUP_HEARTBEAT:
        return 50 + 8 * (uint32_t)MAX(
                            0, ((const ConsumerGroupHeartbeatResponse *)message)->assigned_count);
    default:
        return 30;
    }
}

void kafka_message_set_wire_bytes(Message *message)
{
    message->wire_bytes = (message->type & KAFKA_RESPONSE) != 0
                              ? RESPONSE_HEADER_BYTES + response_body_bytes(message)
                              : REQUEST_HEADER_BYTES + request_body_bytes(message);
}

const char *kafka_api_name(uint16_t type)
{
    static const char *const names[KAFKA_API_COUNT] = {
        [KAFKA_PRODUCE] = "Produce",
        [KAFKA_FETCH] = "Fetch",
        [KAFKA_LIST_OFFSETS] = "ListOffsets",
        [KAFKA_METADATA] = "Metadata",
        [KAFKA_ADD_PARTITIONS_TO_TXN] = "AddPartitionsToTxn",
        [KAFKA_ADD_OFFSETS_TO_TXN] = "AddOffsetsToTxn",
        [KAFKA_END_TXN] = "EndTxn",
        [KAFKA_WRITE_TXN_MARKERS] = "WriteTxnMarkers",
        [KAFKA_TXN_OFFSET_COMMIT] = "TxnOffsetCommit",
        [KAFKA_OFFSET_COMMIT] = "OffsetCommit",
        [KAFKA_OFFSET_FETCH] = "OffsetFetch",
        [KAFKA_FIND_COORDINATOR] = "FindCoordinator",
        [KAFKA_JOIN_GROUP] = "JoinGroup",
        [KAFKA_HEARTBEAT] = "Heartbeat",
        [KAFKA_LEAVE_GROUP] = "LeaveGroup",
        [KAFKA_SYNC_GROUP] = "SyncGroup",
        [KAFKA_API_VERSIONS] = "ApiVersions",
        [KAFKA_INIT_PRODUCER_ID] = "InitProducerId",
        [KAFKA_OFFSETS_FOR_LEADER_EPOCH] = "OffsetsForLeaderEpoch",
        [KAFKA_STOP_REPLICA] = "StopReplica",
        [KAFKA_UPDATE_METADATA] = "UpdateMetadata",
        [KAFKA_ZOOKEEPER] = "ZooKeeper",
        [KAFKA_ZOOKEEPER_WATCH] = "ZooKeeperWatch",
        [KAFKA_VOTE] = "Vote",
        [KAFKA_BEGIN_QUORUM_EPOCH] = "BeginQuorumEpoch",
        [KAFKA_END_QUORUM_EPOCH] = "EndQuorumEpoch",
        [KAFKA_ALTER_PARTITION] = "AlterPartition",
        [KAFKA_BROKER_REGISTRATION] = "BrokerRegistration",
        [KAFKA_BROKER_HEARTBEAT] = "BrokerHeartbeat",
        [KAFKA_CONSUMER_GROUP_HEARTBEAT] = "ConsumerGroupHeartbeat",
        [KAFKA_SHARE_GROUP_HEARTBEAT] = "ShareGroupHeartbeat",
        [KAFKA_SHARE_FETCH] = "ShareFetch",
        [KAFKA_SHARE_ACKNOWLEDGE] = "ShareAcknowledge",
        [KAFKA_METADATA_FETCH] = "FetchMetadata",
    };
    uint16_t api = (uint16_t)(type & ~KAFKA_RESPONSE);
    return api < KAFKA_API_COUNT && names[api] != NULL ? names[api] : "Unknown";
}
