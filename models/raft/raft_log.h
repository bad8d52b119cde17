/* raft_log.h - which epoch wrote which offsets of the metadata log.
 *
 * The records of __cluster_metadata are kept once (MetadataLog); what a replica has of them is a
 * list of (epoch, start offset) and an end. That is enough for votes, divergence and truncation.
 *
 * RaftContent ties both together: it holds the records of the branch that the leader of the
 * highest epoch writes. A new leader takes the pen over: what its own log does not hold was never
 * committed and goes. A deposed leader that does not know it yet has no pen: what it decides is
 * neither committed nor seen by anyone. Left out: a tail that a later leader still had in its log
 * and would have committed, uncommitted records of a deposed leader, counts as lost instead.
 *
 * Mirrors: LeaderEpochFileCache and ReplicatedLog (validateOffsetAndEpoch, truncateToEndOffset). */
#ifndef KAFKASIM_MODELS_RAFT_RAFT_LOG_H
#define KAFKASIM_MODELS_RAFT_RAFT_LOG_H
#include "models/protocol/metadata.h"

typedef struct RaftEpoch {
    int32_t epoch;
    int64_t start_offset;
} RaftEpoch;

typedef struct RaftLog {
    GArray *epochs; /* RaftEpoch, ascending */
    int64_t end_offset;
} RaftLog;

typedef struct RaftContent {
    MetadataLog *metadata;
    RaftLog log;          /* of what metadata holds; its end is metadata_end_offset */
    int32_t writer_epoch; /* who holds the pen */
} RaftContent;

void raft_log_init(RaftLog *self);
void raft_log_clear(RaftLog *self);
int32_t raft_log_last_epoch(const RaftLog *self); /* 0 when empty */
/* Offsets from the end up to `end_offset` are of this epoch. */
void raft_log_append(RaftLog *self, int32_t epoch, int64_t end_offset);
void raft_log_truncate(RaftLog *self, int64_t offset);
/* The largest epoch <= `epoch` and where it ends. */
RaftEpoch raft_log_end_of_epoch(const RaftLog *self, int32_t epoch);
/* The epoch of the record at `offset`, and where that epoch ends. */
int32_t raft_log_epoch_at(const RaftLog *self, int64_t offset, int64_t *ret_end);
/* A follower that fetched up to (offset, epoch) has what this log has; else where it diverges. */
bool raft_log_validate(const RaftLog *self,
                       int64_t offset,
                       int32_t epoch,
                       RaftEpoch *ret_diverging);
/* Truncates to what a leader said about divergence; the new end. */
int64_t raft_log_truncate_to(RaftLog *self, RaftEpoch diverging);
/* Up to where two logs are the same. */
int64_t raft_log_common_end(const RaftLog *a, const RaftLog *b);

RaftContent *raft_content_new(MetadataLog *metadata);
void raft_content_free(RaftContent *self);
/* Records appended since the last call are the writer's. */
void raft_content_note(RaftContent *self);
/* The leader of `epoch` writes from now on, behind what `log` holds. Returns where. */
int64_t raft_content_take_over(RaftContent *self, RaftLog *log, int32_t epoch);

#endif
