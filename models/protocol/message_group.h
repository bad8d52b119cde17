/* message_group.h - requests and responses of consumer groups; a part of message.h. */
#ifndef KAFKASIM_MODELS_PROTOCOL_MESSAGE_GROUP_H
#define KAFKASIM_MODELS_PROTOCOL_MESSAGE_GROUP_H
#include "models/protocol/message.h"

/* ---- Groups, classic protocol. */
#define MEMBER_ID_BYTES 96
typedef struct FindCoordinatorRequest {
    RequestHeader header;
    const char *group_id; /* borrowed from the spec */
    bool is_transaction;  /* group_id is a transactional id */
} FindCoordinatorRequest;
typedef struct FindCoordinatorResponse {
    ResponseHeader header;
    KafkaError error;
    int32_t broker;
} FindCoordinatorResponse;

typedef struct JoinGroupRequest {
    RequestHeader header;
    const char *group_id;
    char member_id[MEMBER_ID_BYTES]; /* "" at first */
    const char *group_instance_id;   /* NULL = dynamic */
    SimDuration session_timeout_ns;
    SimDuration rebalance_timeout_ns;
    const char *const
        *protocols;      /* assignor names in order of preference, NULL-terminated, borrowed */
    int32_t owned_count; /* partition indices it owns now, for sticky assignors */
    int32_t generation;  /* in which it got them; -1 none */
    int32_t subscription_generation; /* what the subscription itself says, beside user data */
    const char *rack;                /* client.rack, "" or NULL none; borrowed (KIP-881) */
    int32_t topic_count;             /* subscribed topic indices */
    int32_t items[];                 /* topics first, then owned partitions */
} JoinGroupRequest;
typedef struct JoinGroupMember {
    char member_id[MEMBER_ID_BYTES];
    const char *group_instance_id;
    int32_t first_item; /* in items: its topics, then its owned partitions */
    int32_t topic_count;
    int32_t owned_count;
    int32_t generation; /* in which it got what it owns */
    int32_t subscription_generation;
    const char *rack;
} JoinGroupMember;
/* The member list is filled for the leader only. items follow the members in memory. */
typedef struct JoinGroupResponse {
    ResponseHeader header;
    KafkaError error;
    int32_t generation_id;
    const char *protocol; /* the assignor chosen */
    char member_id[MEMBER_ID_BYTES];
    char leader[MEMBER_ID_BYTES];
    int32_t member_count;
    int32_t item_count;
    JoinGroupMember members[];
} JoinGroupResponse;
JoinGroupResponse *join_group_response_new(Sim *sim, int32_t members, int32_t items);
int32_t *join_group_response_items(JoinGroupResponse *response);

typedef struct SyncAssignment {
    char member_id[MEMBER_ID_BYTES];
    int32_t first_item;
    int32_t count;
} SyncAssignment;
typedef struct SyncGroupRequest {
    RequestHeader header;
    const char *group_id;
    int32_t generation_id;
    char member_id[MEMBER_ID_BYTES];
    const char *group_instance_id;
    int32_t assignment_count; /* leader only */
    int32_t item_count;
    SyncAssignment assignments[];
} SyncGroupRequest;
SyncGroupRequest *sync_group_request_new(Sim *sim, int32_t assignments, int32_t items);
/* Of what a leader wrote down: SyncAssignment each, and their items, one after the other. */
SyncGroupRequest *sync_group_request_of(Sim *sim, const GArray *assignments, const GArray *items);
int32_t *sync_group_request_items(SyncGroupRequest *request);
typedef struct SyncGroupResponse {
    ResponseHeader header;
    KafkaError error;
    const char *protocol;
    int32_t count;
    int32_t partitions[]; /* partition indices */
} SyncGroupResponse;

typedef struct HeartbeatRequest {
    RequestHeader header;
    const char *group_id;
    int32_t generation_id;
    char member_id[MEMBER_ID_BYTES];
    const char *group_instance_id;
} HeartbeatRequest;
typedef struct HeartbeatResponse {
    ResponseHeader header;
    KafkaError error;
} HeartbeatResponse;
typedef struct LeaveGroupRequest {
    RequestHeader header;
    const char *group_id;
    char member_id[MEMBER_ID_BYTES];
    const char *group_instance_id;
} LeaveGroupRequest;
typedef struct LeaveGroupResponse {
    ResponseHeader header;
    KafkaError error;
} LeaveGroupResponse;

typedef struct OffsetEntry {
    int32_t partition;
    int64_t offset; /* -1 = none (OffsetFetch) */
    int32_t leader_epoch;
    KafkaError error;    /* in answers */
    SimTime commit_time; /* in the log */
} OffsetEntry;
typedef struct OffsetCommitRequest {
    RequestHeader header;
    const char *group_id;
    int32_t generation_id; /* -1 = outside of any generation */
    char member_id[MEMBER_ID_BYTES];
    const char *group_instance_id;
    int32_t refused; /* the broker's own: offsets behind `count`, of topics that it does not know */
    int32_t count;
    OffsetEntry offsets[];
} OffsetCommitRequest;
typedef struct OffsetCommitResponse {
    ResponseHeader header;
    KafkaError error;
    int32_t count;
    OffsetEntry offsets[];
} OffsetCommitResponse;
typedef struct OffsetFetchRequest {
    RequestHeader header;
    const char *group_id;
    char member_id[MEMBER_ID_BYTES];
    int32_t generation_id;
    bool require_stable; /* of a reader of committed records: no offset that may yet change */
    int32_t count;
    int32_t partitions[];
} OffsetFetchRequest;
typedef struct OffsetFetchResponse {
    ResponseHeader header;
    KafkaError error;
    int32_t count;
    OffsetEntry offsets[];
} OffsetFetchResponse;

#endif
