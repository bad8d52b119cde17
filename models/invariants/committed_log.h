/* committed_log.h - what one partition has committed: batch after batch, as first seen below the
 * high watermark of a leader.
 *
 * No replica's log: the yardstick that every replica is held against. Old batches are forgotten
 * from the start, so that memory stays flat. */
#ifndef KAFKASIM_MODELS_INVARIANTS_COMMITTED_LOG_H
#define KAFKASIM_MODELS_INVARIANTS_COMMITTED_LOG_H
#include "models/log/record_log.h"

typedef struct CommittedBatch {
    int64_t base_offset;
    uint64_t identity; /* whose records these are: offset and epoch do not count */
    int32_t leader_epoch;
    int32_t count;
} CommittedBatch;

/* Embedded; the ring is owned. */
typedef struct CommittedLog {
    CommittedBatch *ring;
    uint32_t capacity; /* a power of two, or 0 */
    uint32_t first;
    uint32_t count;
    int64_t start_offset; /* older ones are forgotten */
    int64_t end_offset;   /* committed below it */
} CommittedLog;

void committed_log_init(CommittedLog *self);
void committed_log_clear(CommittedLog *self);
uint64_t committed_identity(const RecordBatch *batch);
void committed_log_append(CommittedLog *self, const RecordBatch *batch);
/* Takes over what `log` holds from the end offset up to `to`. */
void committed_log_extend(CommittedLog *self, const RecordLog *log, int64_t to);
/* Compares `log` with it from `from` to `to`. Returns the offset where they differ or one of them
 * ends; `to` or more when they agree. What is forgotten, or what the log has deleted from its
 * start, agrees. Below `cleaned_to` batches may be missing in the log (compaction). */
int64_t committed_log_compare(
    const CommittedLog *self, const RecordLog *log, int64_t from, int64_t to, int64_t cleaned_to);
/* The same by epochs alone, where batches are merged: the first offset in [from, to) that `log` has
 * in another epoch; `to`: none. A copy of which all of an epoch was cleaned away does not know it.
 */
int64_t committed_log_compare_epochs(
    const CommittedLog *self, const RecordLog *log, int64_t from, int64_t to, int64_t cleaned_to);
/* Does the log go on behind `to`, with nothing from `from` to `to`? */
bool committed_log_is_gap(const RecordLog *log, int64_t from, int64_t to);
/* Up to where what this log hands out may begin behind a gap. A copy of a cleaned log goes on in
 * the same segment; once that is merged nothing tells where in it the records stand
 * (log_segments.h).
 */
int64_t committed_log_gaps_to(const RecordLog *log, int64_t cleaned_to);
/* A batch that was read: false when another one is known to be committed there, or none is. */
bool committed_log_agrees(const CommittedLog *self, const RecordBatch *batch, int64_t cleaned_to);
/* Of the batch that holds it; -1: none does, or it is forgotten. */
int32_t committed_log_epoch_at(const CommittedLog *self, int64_t offset);
/* Everything from `offset` on is no longer held to be committed. */
void committed_log_truncate(CommittedLog *self, int64_t offset);
void committed_log_forget(CommittedLog *self, int64_t offset);

#endif
