/* message.h - requests and responses, flat structs that travel on connections.
 *
 * Mirrors: the message schemas of Kafka 4.1 (clients/src/main/resources/common/message), reduced
 * to what decides behaviour. Names, fields and errors are Kafka's. Sizes on the wire are set by
 * message_*_wire_bytes or by the sender. Every request starts with RequestHeader, every response
 * with ResponseHeader; type of a response = type of its request | KAFKA_RESPONSE.
 * Arrays are flexible members: allocate with message_new(sim, KAFKA_MESSAGE_BYTES(...), type). */
#ifndef KAFKASIM_MODELS_PROTOCOL_MESSAGE_H
#define KAFKASIM_MODELS_PROTOCOL_MESSAGE_H
#include "models/protocol/kafka_error.h"
#include "models/protocol/metadata.h"
#include "models/protocol/record_batch.h"
#include "sim/actor/actor.h"

enum {
    KAFKA_PRODUCE = 0,
    KAFKA_FETCH = 1,
    KAFKA_LIST_OFFSETS = 2,
    KAFKA_METADATA = 3,
    KAFKA_STOP_REPLICA = 5,
    KAFKA_UPDATE_METADATA = 6,
    KAFKA_OFFSET_COMMIT = 8,
    KAFKA_OFFSET_FETCH = 9,
    KAFKA_FIND_COORDINATOR = 10,
    KAFKA_JOIN_GROUP = 11,
    KAFKA_HEARTBEAT = 12,
    KAFKA_LEAVE_GROUP = 13,
    KAFKA_SYNC_GROUP = 14,
    KAFKA_API_VERSIONS = 18,
    KAFKA_INIT_PRODUCER_ID = 22,
    KAFKA_OFFSETS_FOR_LEADER_EPOCH = 23,
    KAFKA_ADD_PARTITIONS_TO_TXN = 24,
    KAFKA_ADD_OFFSETS_TO_TXN = 25,
    KAFKA_END_TXN = 26,
    KAFKA_WRITE_TXN_MARKERS = 27,
    KAFKA_TXN_OFFSET_COMMIT = 28,
    KAFKA_VOTE = 52,
    KAFKA_BEGIN_QUORUM_EPOCH = 53,
    KAFKA_END_QUORUM_EPOCH = 54,
    KAFKA_ALTER_PARTITION = 56,
    KAFKA_BROKER_REGISTRATION = 62,
    KAFKA_BROKER_HEARTBEAT = 63,
    KAFKA_CONSUMER_GROUP_HEARTBEAT = 68,
    KAFKA_SHARE_GROUP_HEARTBEAT = 76,
    KAFKA_SHARE_FETCH = 78,
    KAFKA_SHARE_ACKNOWLEDGE = 79,
    KAFKA_ZOOKEEPER = 98, /* a client's operation on ZooKeeper */
    KAFKA_ZOOKEEPER_WATCH = 99,
    KAFKA_METADATA_FETCH = 100, /* Fetch of __cluster_metadata at a controller */
    KAFKA_API_COUNT = 101,
    KAFKA_RESPONSE = 0x4000, /* flag in the type of a response */
};
/* Sets message->wire_bytes from the counts inside: headers, then what the schema spends on each
 * element. Data bytes of batches are included. */
void kafka_message_set_wire_bytes(Message *message);
const char *kafka_api_name(uint16_t type); /* "Produce"; the flag is ignored */

/* Bytes of a message struct with n elements of its flexible array. */
#define KAFKA_MESSAGE_BYTES(type, array, n)                                                        \
    (offsetof(type, array) + sizeof(((type *)0)->array[0]) * (size_t)(n))

struct ResponseHeader;
typedef struct RequestHeader {
    Message base;
    uint32_t correlation_id;
    ConnectionId connection; /* of the receiver; so is what follows client_id: see request_path.c */
    const char *client_id;   /* borrowed from the sender's spec */
    SimTime received_at;
    struct RequestHeader *next;      /* in its connection's queue */
    struct ResponseHeader *response; /* waits for a network thread */
    SimTime throttled_until;         /* its connection stays muted until then (quotas) */
    bool handled;                    /* past the handler: its next network thread writes */
    bool is_unread;                  /* its bytes lie in the socket's buffer */
} RequestHeader;

typedef struct ResponseHeader {
    Message base;
    uint32_t correlation_id;
    SimDuration throttle_ns;
} ResponseHeader;

/* ---- requests with nothing inside */
typedef struct ApiVersionsRequest {
    RequestHeader header;
} ApiVersionsRequest;
typedef struct ApiVersionsResponse {
    ResponseHeader header;
} ApiVersionsResponse;

/* ---- Produce. Batches in one request: at most one a partition, each with its topic_id. */
typedef struct ProduceRequest {
    RequestHeader header;
    int16_t acks; /* 0, 1, -1 */
    SimDuration timeout_ns;
    const char *transactional_id; /* borrowed; NULL: no transaction */
    bool adds_partitions;         /* transactions v2: the leader adds them to the transaction */
    int32_t batch_count;
    RecordBatch batches[];
} ProduceRequest;
typedef struct ProducePartitionResponse {
    int32_t partition;
    KafkaError error;
    int64_t base_offset;    /* -1 on error */
    int32_t current_leader; /* KIP-951: with NOT_LEADER_OR_FOLLOWER; NO_LEADER = not given */
    int32_t current_leader_epoch;
} ProducePartitionResponse;
typedef struct ProduceResponse {
    ResponseHeader header;
    int32_t count;
    ProducePartitionResponse partitions[];
} ProduceResponse;

/* ---- Fetch, by followers (replica_id >= 0) and consumers (-1). Incremental sessions (KIP-227):
 * a request with session_epoch 0 names every partition and opens a session on its connection; a
 * later one (session_epoch 1) names only partitions that are new or whose position changed, and
 * those to forget (forget true). The response holds only partitions that have data, an error, a
 * new high watermark or log start, or a diverging epoch. A session dies with its connection. */
typedef struct FetchPartition {
    int64_t topic_id;
    int64_t fetch_offset;
    int64_t log_start_offset;
    int32_t partition;
    int32_t current_leader_epoch; /* -1 = do not check */
    int32_t last_fetched_epoch;   /* followers; -1 = none */
    uint32_t partition_max_bytes : 31;
    bool forget : 1;
} FetchPartition;
/* A follower's first fetch has one for each partition of its leader: a hole would cost memory. */
G_STATIC_ASSERT(sizeof(FetchPartition) == 40);
typedef struct FetchRequest {
    RequestHeader header;
    int64_t replica_epoch; /* broker epoch of the follower */
    SimDuration max_wait_ns;
    const char *rack_id; /* of a consumer (client.rack), borrowed; NULL none */
    int32_t replica_id;
    int32_t min_bytes;
    int32_t max_bytes;
    int32_t session_epoch;
    int32_t partition_count;
    bool read_committed; /* isolation.level */
    FetchPartition partitions[];
} FetchRequest;
typedef struct FetchPartitionResponse {
    int32_t partition;
    KafkaError error;
    int64_t high_watermark;
    int64_t log_start_offset;
    int64_t local_log_start_offset; /* with OFFSET_MOVED_TO_TIERED_STORAGE */
    int64_t log_end_offset;         /* the leader's, for measuring only */
    int32_t diverging_epoch;        /* -1 none */
    int64_t diverging_end_offset;
    int32_t current_leader; /* KIP-951 */
    int32_t current_leader_epoch;
    bool is_elsewhere;              /* KIP-392: no data here, read from */
    int32_t preferred_read_replica; /* this one */
    int32_t first_batch;            /* its batches are batches[first_batch .. +batch_count) */
    int32_t batch_count;
    int64_t last_stable_offset;
    int32_t first_aborted; /* read_committed: aborted[first_aborted .. +aborted_count), which */
    int32_t aborted_count; /* touch these batches, by first offset */
} FetchPartitionResponse;
typedef struct AbortedTransaction {
    int64_t producer_id;
    int64_t first_offset;
} AbortedTransaction;
/* Three arrays: partitions, batches, aborted; use fetch_response_new, _batches and _aborted. */
typedef struct FetchResponse {
    ResponseHeader header;
    KafkaError error; /* of the whole request */
    int32_t partition_count;
    int32_t batch_count;
    int64_t disk_bytes; /* not in the page cache: read from the disk before it is sent */
    /* Of one partition, remote_partition - 1 in the list (0: none), bytes that come from remote
     * storage: the answer waits for them. */
    int32_t remote_partition;
    int64_t remote_bytes;
    FetchPartitionResponse partitions[];
} FetchResponse;
FetchResponse *fetch_response_new(Sim *sim, int32_t partitions, int32_t batches);
FetchResponse *
fetch_response_new_committed(Sim *sim, int32_t partitions, int32_t batches, int32_t aborted);
AbortedTransaction *fetch_response_aborted(FetchResponse *response);
RecordBatch *fetch_response_batches(FetchResponse *response);

/* ---- ListOffsets: where a consumer starts without a committed offset. */
typedef struct ListOffsetsPartition {
    int32_t partition;
    int32_t current_leader_epoch;
    int64_t timestamp; /* LIST_OFFSETS_LATEST, LIST_OFFSETS_EARLIEST, or an instant in ns */
    KafkaError error;  /* in the answer */
    int64_t offset;
} ListOffsetsPartition;
#define LIST_OFFSETS_LATEST   INT64_C(-1)
#define LIST_OFFSETS_EARLIEST INT64_C(-2)
typedef struct ListOffsetsRequest {
    RequestHeader header;
    bool from_replica;   /* a follower: latest is the log end, uncommitted or not */
    bool read_committed; /* latest is the last stable offset */
    int32_t count;
    ListOffsetsPartition partitions[];
} ListOffsetsRequest;
typedef struct ListOffsetsResponse {
    ResponseHeader header;
    int32_t count;
    ListOffsetsPartition partitions[];
} ListOffsetsResponse;

/* ---- OffsetsForLeaderEpoch (KIP-101, KIP-279, KIP-320): where an epoch ends in the leader's log.
 */
typedef struct EpochEndPartition {
    int32_t partition;
    int32_t current_leader_epoch; /* -1 = do not check */
    int32_t leader_epoch;         /* asked for; in the answer: the largest known <= it, or -1 */
    KafkaError error;             /* in the answer */
    int64_t end_offset;           /* -1 = the leader does not know */
} EpochEndPartition;
typedef struct OffsetsForLeaderEpochRequest {
    RequestHeader header;
    int32_t count;
    EpochEndPartition partitions[];
} OffsetsForLeaderEpochRequest;
typedef struct OffsetsForLeaderEpochResponse {
    ResponseHeader header;
    int32_t count;
    EpochEndPartition partitions[];
} OffsetsForLeaderEpochResponse;

/* ---- Metadata: leaders of the partitions of some topics, as this broker knows them. */
typedef struct MetadataRequest {
    RequestHeader header;
    bool all_topics;
    bool allows_creation; /* allowAutoTopicCreation: of those it names */
    int32_t topic_count;  /* topic indices; none = only the brokers */
    int32_t topics[];
} MetadataRequest;
typedef struct MetadataPartition {
    int64_t topic_id;
    int32_t partition; /* partition index */
    KafkaError error;  /* LEADER_NOT_AVAILABLE when there is none */
    int32_t leader;
    int32_t leader_epoch;
} MetadataPartition;
typedef struct MetadataResponse {
    ResponseHeader header;
    int32_t controller;
    int32_t partition_count;
    int32_t broker_count;           /* live (unfenced) brokers */
    int64_t as_of;                  /* metadata records below it are known to who answers */
    MetadataPartition partitions[]; /* the broker ids follow in memory */
} MetadataResponse;
MetadataResponse *metadata_response_new(Sim *sim, int32_t partitions, int32_t brokers);
int32_t *metadata_response_brokers(MetadataResponse *response);

/* ---- Brokers and the controller. */
typedef struct BrokerRegistrationRequest {
    RequestHeader header;
    int32_t broker;
    uint64_t incarnation_id;
    int64_t previous_broker_epoch; /* from the clean-shutdown file; -1 after an unclean stop */
    const char *rack;              /* broker.rack, borrowed from the spec; "" or NULL none */
} BrokerRegistrationRequest;
typedef struct BrokerRegistrationResponse {
    ResponseHeader header;
    KafkaError error;
    int64_t broker_epoch;
} BrokerRegistrationResponse;
typedef struct BrokerHeartbeatRequest {
    RequestHeader header;
    int32_t broker;
    int64_t broker_epoch;
    int64_t metadata_offset; /* applied so far */
    bool want_fence;
    bool want_shut_down;
    int32_t offline_count;
    int32_t offline_partitions[]; /* all whose log directory is offline there now */
} BrokerHeartbeatRequest;
typedef struct BrokerHeartbeatResponse {
    ResponseHeader header;
    KafkaError error;
    bool is_caught_up;
    bool is_fenced;
    bool should_shut_down;
} BrokerHeartbeatResponse;
typedef struct IsrMember {
    int32_t broker;
    int64_t broker_epoch; /* -1 = not checked */
} IsrMember;
typedef struct AlterPartitionEntry {
    int32_t partition;
    int32_t leader_epoch;
    int32_t partition_epoch;
    int32_t isr_count;
    IsrMember isr[REPLICAS_MAX];
    bool recovering;
    KafkaError error; /* in answers, with the new state: */
    int32_t leader;
} AlterPartitionEntry;
typedef struct AlterPartitionRequest {
    RequestHeader header;
    int32_t broker;
    int64_t broker_epoch;
    int32_t count;
    AlterPartitionEntry entries[];
} AlterPartitionRequest;
typedef struct AlterPartitionResponse {
    ResponseHeader header;
    KafkaError error;
    int32_t count;
    AlterPartitionEntry entries[];
} AlterPartitionResponse;
typedef struct MetadataFetchRequest {
    RequestHeader header;
    int32_t replica_id;
    int32_t replica_disk;         /* which of its disks: its directory id, 0 the first */
    bool is_observer;             /* a broker, or a controller whose disk has no vote */
    int32_t current_leader_epoch; /* of the quorum, as the replica knows it */
    int32_t last_fetched_epoch;
    int64_t fetch_offset;
    int64_t high_watermark; /* the replica's own, KIP-1166 */
    SimDuration max_wait_ns;
} MetadataFetchRequest;
typedef struct MetadataFetchResponse {
    ResponseHeader header;
    KafkaError error;
    int32_t leader; /* of the quorum, as this controller knows it; -1 none */
    int32_t leader_epoch;
    int64_t end_offset;      /* records below it are carried: */
    int32_t records_epoch;   /* of this epoch */
    int64_t high_watermark;  /* committed up to here; -1 unknown */
    int32_t diverging_epoch; /* -1 none */
    int64_t diverging_end_offset;
} MetadataFetchResponse;

/* ---- ZooKeeper mode: the controller pushes LeaderAndIsr and UpdateMetadata, here as one request:
 * everything that it has decided up to an offset. */
typedef struct UpdateMetadataRequest {
    RequestHeader header;
    int32_t controller; /* a broker */
    int32_t controller_epoch;
    int64_t broker_epoch; /* as the controller has registered the receiver; -1 = not known */
    uint64_t session;     /* which made its /brokers/ids/N that the controller has seen, KIP-380 */
    int64_t end_offset;
    bool names_all; /* all its replicas are named: which of them are offline? */
} UpdateMetadataRequest;
typedef struct UpdateMetadataResponse {
    ResponseHeader header;
    KafkaError error;
    int32_t offline_count; /* partitions answered with KAFKA_STORAGE_ERROR */
    int32_t offline_partitions[];
} UpdateMetadataResponse;

/* Its replicas of these partitions fetch no more, or are deleted. */
typedef struct StopReplicaPartition {
    int32_t partition;
    bool deletes;
    KafkaError error; /* in the answer */
} StopReplicaPartition;
typedef struct StopReplicaRequest {
    RequestHeader header;
    int32_t controller_epoch;
    uint64_t session; /* as of UpdateMetadata */
    int32_t count;
    StopReplicaPartition partitions[];
} StopReplicaRequest;
typedef struct StopReplicaResponse {
    ResponseHeader header;
    KafkaError error; /* then there are no partitions */
    int32_t count;
    StopReplicaPartition partitions[];
} StopReplicaResponse;

typedef enum ZooKeeperOp {
    ZOOKEEPER_PING,        /* the session lives */
    ZOOKEEPER_REGISTER,    /* creates /brokers/ids/N, ephemeral */
    ZOOKEEPER_ELECT,       /* creates /controller, ephemeral, if there is none */
    ZOOKEEPER_CHILDREN,    /* of /brokers/ids */
    ZOOKEEPER_CLOSE,       /* the session of `broker` ends: it stops */
    ZOOKEEPER_WRITE,       /* states of partitions; the writer pays for each of them */
    ZOOKEEPER_NOTIFY_ISR,  /* creates /isr_change_notification/isr_change_ */
    ZOOKEEPER_NOTIFY_DIR,  /* creates /log_dir_event_notification/log_dir_event_ */
    ZOOKEEPER_TAKE_DIRS,   /* reads those, and deletes them */
    ZOOKEEPER_CONTROLLER,  /* watch: /controller has changed */
    ZOOKEEPER_BROKER_IDS,  /* watch: /brokers/ids has changed */
    ZOOKEEPER_ISR_CHANGES, /* watch: /isr_change_notification has */
    ZOOKEEPER_DIR_EVENTS,  /* watch: /log_dir_event_notification has */
} ZooKeeperOp;
typedef struct ZooKeeperRequest {
    RequestHeader header;
    ZooKeeperOp op;
    int32_t broker;
    uint64_t session; /* the client's; a new one of the same broker is another client */
} ZooKeeperRequest;
typedef struct ZooKeeperNode { /* /brokers/ids/N */
    int32_t broker;
    uint64_t session; /* that made it: another one is another node (its czxid, KIP-380) */
} ZooKeeperNode;
typedef struct ZooKeeperResponse { /* also what a watch says */
    ResponseHeader header;
    ZooKeeperOp op;
    uint64_t session; /* this is said to */
    bool session_expired;
    bool node_exists;   /* ZOOKEEPER_REGISTER: of another session */
    int32_t controller; /* -1 none */
    int32_t controller_epoch;
    int32_t count;
    ZooKeeperNode nodes[]; /* ZOOKEEPER_CHILDREN, ZOOKEEPER_TAKE_DIRS: ascending ids */
} ZooKeeperResponse;

#include "models/protocol/message_quorum.h"

#include "models/protocol/message_group.h"

#include "models/protocol/message_modern.h"

#include "models/protocol/message_share.h"
#include "models/protocol/message_transaction.h"

#endif
