/* fetch_state.h - how one follower copies its leader's log: where it reads, where it cuts.
 *
 *     begin --log has epochs--> fetching --data--> fetching ...
 *       |                          |  ^--diverging epoch: truncate, fetch again with the new end
 *       |                          v
 *       |            out of range: ask latest --leader is shorter--> truncate --> fetching
 *       |                            |--else--> ask earliest --> keep or start anew --> fetching
 *       v (log without epochs, or the rules of an earlier era)
 *     truncating --own high watermark, or the leader's answer to OffsetsForLeaderEpoch--> fetching
 *     any --fenced in its own epoch--> failed (until new metadata)
 *
 * Eras (server.md 2.6): without KIP-101 a follower begins by cutting at its own high watermark.
 * Without KIP-279 or KIP-320 it asks OffsetsForLeaderEpoch once when it begins; without KIP-279 the
 * answer names no epoch and is taken as it is, without KIP-320 no request says which leader epoch
 * its sender believes in. With all of them a fetch carries the last fetched epoch and the answer
 * says where the logs part (KIP-595).
 *
 * A passive object: the broker's fetcher thread sends what it asks and tells it the answers.
 * Mirrors: PartitionFetchState, AbstractFetcherThread.getOffsetTruncationState,
 * .processFetchRequest, .truncateToHighWatermark, .fetchOffsetAndTruncate,
 * ReplicaFetcherThread.processPartitionData. */
#ifndef KAFKASIM_MODELS_REPLICA_FETCH_STATE_H
#define KAFKASIM_MODELS_REPLICA_FETCH_STATE_H
#include "models/replica/partition.h"

typedef enum FetchPhase {
    FETCH_TRUNCATING,    /* before the first fetch */
    FETCH_FETCHING,      /* may be fetched */
    FETCH_ASKS_LATEST,   /* ListOffsets to its leader is due */
    FETCH_ASKS_EARLIEST, /* the second one */
    FETCH_FAILED,        /* waits for new metadata */
} FetchPhase;

typedef struct PartitionFetchState {
    FetchPhase phase;
    int32_t current_leader_epoch;
    int64_t fetch_offset;
    int32_t last_fetched_epoch; /* NO_EPOCH: the log has none, or the era does not send it */
    int64_t lag;                /* behind the leader's high watermark; -1 unknown */
} PartitionFetchState;

typedef enum FetchOutcomeKind {
    FETCH_DID_NOTHING, /* the answer is not of the present state */
    FETCH_APPENDED,    /* perhaps no data: then only the high watermark */
    FETCH_TRUNCATED,
    FETCH_STARTED_ANEW, /* everything went; the log starts at `offset` */
    FETCH_KEPT,         /* out of range, but nothing is to be cut */
    FETCH_MUST_ASK,     /* ListOffsets: see the phase */
    FETCH_DELAYED,      /* an error that may pass: try again later */
    FETCH_GAVE_UP,
} FetchOutcomeKind;

typedef struct FetchOutcome {
    FetchOutcomeKind kind;
    int64_t offset;   /* truncated to, or started at */
    int64_t dropped;  /* records */
    bool completed;   /* false: another round follows */
    int64_t appended; /* bytes */
} FetchOutcome;

/* Begins with the follower as it stands. */
PartitionFetchState fetch_state_begin(const Partition *follower);
/* The same state would result from this metadata: nothing to restart. */
bool fetch_state_is_ready(const PartitionFetchState *self);
/* In phase FETCH_TRUNCATING: has the leader to be asked first? Else fetch_state_truncate. */
bool fetch_state_asks_epoch(const PartitionFetchState *self, const Partition *follower);
/* Cuts at the high watermark with which it began. */
FetchOutcome fetch_state_truncate(PartitionFetchState *self, Partition *follower);
/* The answer to OffsetsForLeaderEpoch: epoch NO_EPOCH when it names none, end_offset -1 when the
 * leader does not know. */
FetchOutcome fetch_state_on_epoch_end(PartitionFetchState *self,
                                      Partition *follower,
                                      KafkaError error,
                                      EpochEntry end);
/* What the next fetch says of this partition. */
FetchPartition fetch_state_wish(const PartitionFetchState *self,
                                const Partition *follower,
                                int32_t partition_max_bytes);
/* The answer to a fetch that asked as `asked`. `batches`: those of this answer. */
FetchOutcome fetch_state_on_answer(PartitionFetchState *self,
                                   Partition *follower,
                                   const FetchPartition *asked,
                                   const FetchPartitionResponse *answer,
                                   const RecordBatch *batches);
/* The answers to ListOffsets. */
FetchOutcome fetch_state_on_latest(PartitionFetchState *self,
                                   Partition *follower,
                                   KafkaError error,
                                   int64_t leader_end_offset);
FetchOutcome fetch_state_on_earliest(PartitionFetchState *self,
                                     Partition *follower,
                                     KafkaError error,
                                     int64_t leader_start_offset);

#endif
