/* message_share.h - requests of share groups (KIP-932); a part of message.h.
 *
 * ShareGroupHeartbeat has the fields of ConsumerGroupHeartbeat (without owned partitions): its
 * structs are the same. ShareFetch and ShareAcknowledge have one struct: the latter fetches
 * nothing. */
#ifndef KAFKASIM_MODELS_PROTOCOL_MESSAGE_SHARE_H
#define KAFKASIM_MODELS_PROTOCOL_MESSAGE_SHARE_H
#include "models/protocol/message.h"

typedef enum ShareItemKind {
    SHARE_ITEM_FETCH,   /* the partition comes into the session, */
    SHARE_ITEM_FORGET,  /* and leaves it */
    SHARE_ITEM_ACCEPT,  /* records first..last were processed, */
    SHARE_ITEM_RELEASE, /* are to be delivered again, */
    SHARE_ITEM_REJECT,  /* cannot be processed, */
    SHARE_ITEM_GAP,     /* are offsets without a record */
} ShareItemKind;
typedef struct ShareItem {
    TopicIdPartition partition;
    ShareItemKind kind;
    int64_t first, last;
} ShareItem;
#define SHARE_SESSION_OPENS  0
#define SHARE_SESSION_CLOSES (-1)
typedef struct ShareFetchRequest {
    RequestHeader header;
    const char *group_id;
    char member_id[MEMBER_ID_BYTES];
    int32_t session_epoch; /* 0 opens a session, -1 closes it */
    SimDuration max_wait_ns;
    int32_t min_bytes;
    int32_t max_bytes;
    int32_t max_records;
    int32_t count;
    ShareItem items[]; /* acknowledgements of one partition stand together */
} ShareFetchRequest;

typedef enum ShareResultKind {
    SHARE_RESULT_RECORDS,      /* first..last are acquired; they lie in `batch`, */
    SHARE_RESULT_GAP,          /* or in none that was read: in Kafka the member sees that itself */
    SHARE_RESULT_FETCH,        /* the partition could not be fetched */
    SHARE_RESULT_ACKNOWLEDGED, /* of all acknowledgements of the partition */
} ShareResultKind;
typedef struct ShareResult {
    TopicIdPartition partition;
    ShareResultKind kind;
    KafkaError error;
    int32_t current_leader; /* with NOT_LEADER_OR_FOLLOWER; NO_LEADER: not known */
    int32_t current_leader_epoch;
    int32_t delivery_count;
    int64_t first, last;
    RecordBatch batch;
} ShareResult;
typedef struct ShareFetchResponse {
    ResponseHeader header;
    KafkaError error;
    int32_t count;
    ShareResult results[];
} ShareFetchResponse;

#endif
