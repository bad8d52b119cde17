/* message_quorum.h - elections of the metadata quorum (KIP-595, KIP-996); a part of message.h,
 * which includes it. */
#ifndef KAFKASIM_MODELS_PROTOCOL_MESSAGE_QUORUM_H
#define KAFKASIM_MODELS_PROTOCOL_MESSAGE_QUORUM_H
#include "models/protocol/message.h"

#define QUORUM_VOTERS_MAX 9
typedef struct VoteRequest {
    RequestHeader header;
    int32_t replica_id;
    int64_t replica_directory;
    int32_t replica_epoch;
    int32_t last_epoch;
    int64_t last_epoch_end_offset;
    bool pre_vote;
} VoteRequest;
typedef struct QuorumEpochRequest { /* BeginQuorumEpoch, EndQuorumEpoch */
    RequestHeader header;
    int32_t leader;
    int32_t leader_epoch;
    int32_t successor_count; /* EndQuorumEpoch: who should stand, the best first */
    int32_t successors[QUORUM_VOTERS_MAX];
} QuorumEpochRequest;
typedef struct QuorumResponse { /* to Vote, BeginQuorumEpoch, EndQuorumEpoch */
    ResponseHeader header;
    KafkaError error;
    int32_t leader; /* -1 none */
    int32_t leader_epoch;
    bool vote_granted;
} QuorumResponse;

#endif
