/* message_modern.h - requests of KIP-848 consumer groups; a part of message.h. */
#ifndef KAFKASIM_MODELS_PROTOCOL_MESSAGE_MODERN_H
#define KAFKASIM_MODELS_PROTOCOL_MESSAGE_MODERN_H
#include "models/protocol/message.h"

/* What is -1 or NULL is not said: the coordinator keeps what it knows. */
typedef struct ConsumerGroupHeartbeatRequest {
    RequestHeader header;
    const char *group_id;
    char member_id[MEMBER_ID_BYTES]; /* made by the client (KIP-1082) */
    int32_t member_epoch;            /* 0 joins, -1 leaves, -2 leaves for a while (static) */
    const char *group_instance_id;
    SimDuration rebalance_timeout_ns;
    const char *server_assignor;
    const char *subscribed_regex; /* "" none any more */
    int32_t topic_count;          /* subscribed topic indices, or -1 */
    int32_t owned_count;          /* partition indices, or -1 */
    int32_t items[];              /* topics first, then owned partitions */
} ConsumerGroupHeartbeatRequest;
typedef struct ConsumerGroupHeartbeatResponse {
    ResponseHeader header;
    KafkaError error;
    int32_t member_epoch;
    SimDuration heartbeat_interval_ns;
    int32_t assigned_count; /* -1: the assignment has not changed */
    int32_t partitions[];
} ConsumerGroupHeartbeatResponse;

#endif
