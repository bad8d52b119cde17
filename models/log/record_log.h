/* record_log.h - one replica's log: batches in offset order, epochs and producer state with it.
 *
 * Mirrors: UnifiedLog. It is what a process crash keeps (the page cache survives kill -9).
 * Leaves out for now: segments, retention, compaction, what a power cut loses. */
#ifndef KAFKASIM_MODELS_LOG_RECORD_LOG_H
#define KAFKASIM_MODELS_LOG_RECORD_LOG_H
#include "models/log/leader_epochs.h"
#include "models/log/producer_state.h"

/* Embedded; arrays are owned. */
typedef struct RecordLog {
    RecordBatch *batches; /* batches[first .. first+count) */
    int32_t first;
    int32_t count;
    int32_t capacity;
    int64_t log_start_offset;
    int64_t log_end_offset;
    int64_t bytes;
    LeaderEpochs epochs;
    ProducerState producers;
} RecordLog;

void record_log_init(RecordLog *self);
void record_log_clear(RecordLog *self);
/* A leader appends: stamps base offset and leader epoch into the batch. */
void record_log_append_as_leader(RecordLog *self, RecordBatch *batch, int32_t leader_epoch);
/* A follower appends as given; the batch must start at the log end. */
void record_log_append_as_follower(RecordLog *self, const RecordBatch *batch);
/* Index (0..count) of the first batch whose last offset is >= offset; count when there is none. */
int32_t record_log_find(const RecordLog *self, int64_t offset);
const RecordBatch *record_log_at(const RecordLog *self, int32_t index);
/* Drops everything from `offset` on (whole batches: the one that holds offset goes too). Returns
 * the records dropped. Epochs and producer state follow. */
int64_t record_log_truncate(RecordLog *self, int64_t offset);
/* Drops everything and starts anew at `offset`. */
void record_log_truncate_fully(RecordLog *self, int64_t offset);
/* End offset of a leader epoch, as LeaderEpochs says. */
bool record_log_end_offset_for_epoch(const RecordLog *self, int32_t epoch, EpochEntry *ret_end);

/* Where a follower cuts when a leader of whom it asked epoch says: my epoch E ends at O. Returns
 * the offset to truncate to. Mirrors: AbstractFetcherThread.getOffsetTruncationState. */
int64_t
record_log_truncation_offset(const RecordLog *self, int32_t leader_epoch, int64_t end_offset);

#endif
