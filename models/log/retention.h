/* retention.h - which segments of a log may go (server.md 4.2).
 *
 * Pure rules over a RecordLog: how many of its oldest segments each rule gives up, stopping at the
 * first that stays. A segment may only go when all of it lies below the high watermark. The active
 * segment goes by time (or by log start) only; whoever deletes it rolls a new one first.
 *
 * Mirrors: UnifiedLog.deletableSegments, .deleteRetentionSizeBreachedSegments,
 * .deleteRetentionMsBreachedSegments, .deleteLogStartOffsetBreachedSegments. */
#ifndef KAFKASIM_MODELS_LOG_RETENTION_H
#define KAFKASIM_MODELS_LOG_RETENTION_H
#include "models/log/record_log.h"

/* The log start passed their end (DeleteRecords). */
int32_t retention_below_log_start(const RecordLog *log, int64_t high_watermark);
/* More than `limit_bytes` would be left without them (-1: unlimited). */
int32_t retention_by_size(const RecordLog *log, int64_t limit_bytes, int64_t high_watermark);
/* Their largest timestamp is more than `limit_ns` ago (-1: unlimited). */
int32_t
retention_by_time(const RecordLog *log, SimDuration limit_ns, int64_t high_watermark, SimTime now);

#endif
