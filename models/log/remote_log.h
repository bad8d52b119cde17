/* remote_log.h - the part of a partition's log that was copied to remote storage (KIP-405).
 *
 *   remote:  [log start ........ remote end)
 *   local:            [local log start ............ log end)
 *
 * One for all replicas, as the object store and its metadata topic are: whoever leads knows it, and
 * what it never had itself is no part of it any more (remote_log_take_over).
 * Segments are kept as wholes, readers get stand-ins (log_segments.h). Which segments may be
 * copied, kept locally and expired are rules over this and a replica's RecordLog.
 *
 * Mirrors: RemoteLogManager's tasks, RemoteLogSegmentMetadata. Leaves out: the metadata topic's own
 * delay, copies that two leaders make of the same offsets, the index cache. */
#ifndef KAFKASIM_MODELS_LOG_REMOTE_LOG_H
#define KAFKASIM_MODELS_LOG_REMOTE_LOG_H
#include "models/log/record_log.h"

typedef struct RemoteLog {
    LogSegments segments;
    LeaderEpochs epochs;
    MergedMarks *marks; /* of its transactions (the segments' indexes); NULL none */
    int64_t end_offset; /* copied below it; -1: nothing yet */
    int64_t bytes;
} RemoteLog;

/* By partition, made as needed. */
typedef struct RemoteStorage RemoteStorage;
RemoteStorage *remote_storage_new(void);
void remote_storage_free(RemoteStorage *self);
/* NULL when nothing of the partition is there. */
RemoteLog *remote_storage_find(const RemoteStorage *self, int32_t partition);
RemoteLog *remote_storage_log(RemoteStorage *self, int32_t partition);

/* Up to where a replica has the same history; -1: they share nothing. Mirrors:
 * RemoteLogManager.findHighestRemoteOffset. */
int64_t remote_log_common_end(const RemoteLog *self, const RecordLog *local);
/* This leader's history counts: what is remote of another one goes (Kafka keeps such segments, and
 * never finds them by the leader's epochs). False: it was deposed, and has no say. */
bool remote_log_take_over(RemoteLog *self, const RecordLog *local);
/* Index of the leader's next segment to copy: closed, all of it below the last stable offset and
 * not there yet; -1 none. */
int32_t remote_log_next(const RemoteLog *self, const RecordLog *local, int64_t last_stable_offset);
/* That segment is there now, with the leader's epochs. */
void remote_log_copied(RemoteLog *self, const RecordLog *local, int32_t segment);
/* Of a replica's oldest segments, those that its local limits give up (-1: unlimited) and that are
 * there. */
int32_t remote_log_local_deletable(const RemoteLog *self,
                                   const RecordLog *local,
                                   int64_t limit_bytes,
                                   SimDuration limit_ns,
                                   SimTime now);
/* Where the log should start by its total limits: remote segments are expired up to there. */
int64_t remote_log_expired(const RemoteLog *self,
                           const RecordLog *local,
                           int64_t limit_bytes,
                           SimDuration limit_ns,
                           SimTime now);
void remote_log_delete_before(RemoteLog *self, int64_t offset);
void remote_log_delete(RemoteLog *self); /* all of it: as if nothing had been copied yet */
/* Batches from `offset` on, of one segment, up to `limit` bytes but at least one. Returns their
 * bytes; 0 when there is nothing. */
int64_t remote_log_read(const RemoteLog *self, int64_t offset, int64_t limit, GArray *into);
/* The first offset from `start` on that was created at or after `time`; -1: none is there. */
int64_t remote_log_offset_for_time(const RemoteLog *self, SimTime time, int64_t start);

#endif
