/* record_log.h - one replica's log: batches in offset order in segments, epochs and producer state
 * with it.
 *
 *       log start                 fine offset             log end
 *   segment | segment (merged)  |  segment: batch batch batch |
 *
 * What a process crash keeps (the page cache survives kill -9); what a power cut takes is decided
 * outside (models/storage) and done here by record_log_truncate_to_position.
 *
 * A log forgets: batches below the log start go with their segment, and old ones can be merged
 * into their segment (record_log_coalesce), which then knows them as a whole; readers get equal
 * stand-ins (log_segments.h). What is exact and what is estimated of them is said there. Producer
 * state of batches that are gone is kept aside, so that a truncation can rebuild the rest; each
 * producer's last batch among them stays apart, so that a follower that copies them knows it too.
 * (Of earlier markers of one producer a copy takes the epoch of the last.)
 *
 * Mirrors: UnifiedLog, LocalLog. Leaves out: log append time. */
#ifndef KAFKASIM_MODELS_LOG_RECORD_LOG_H
#define KAFKASIM_MODELS_LOG_RECORD_LOG_H
#include "models/log/log_segments.h"
#include "models/log/producer_state.h"

/* Embedded; arrays are owned. */
typedef struct RecordLog {
    RecordBatch *batches; /* batches[first .. first+count): those not merged */
    int32_t first;
    int32_t count;
    int32_t capacity;
    int64_t log_start_offset;
    int64_t log_end_offset;
    LeaderEpochs epochs;
    int64_t bytes;              /* of all segments here */
    int64_t end_position;       /* bytes of all that was ever appended and not truncated */
    int64_t recovery_point;     /* on disk for sure below it, as far as the broker knows */
    SimDuration roll_jitter_ns; /* of the active segment; its owner draws it after a roll */
    const LogOptions *options;  /* borrowed */
    LogSegments segments;
    MergedMarks *marks; /* markers, aborted records, gaps among merged batches; NULL none */
    ProducerState producers;
    ProducerEntries forgotten; /* as it stood where `batches` begins */
} RecordLog;

void record_log_init(RecordLog *self);
void record_log_clear(RecordLog *self);
/* A leader appends: stamps base offset and leader epoch into the batch. True when it went into a
 * new segment and an older one was closed. */
bool record_log_append_as_leader(RecordLog *self, RecordBatch *batch, int32_t leader_epoch);
/* A follower appends as given; the batch must start at the log end, or after a compacted gap. */
bool record_log_append_as_follower(RecordLog *self, const RecordBatch *batch);
/* Index (0..count) of the first batch (of those not merged) whose last offset is >= offset; count
 * when there is none. */
int32_t record_log_find(const RecordLog *self, int64_t offset);
const RecordBatch *record_log_at(const RecordLog *self, int32_t index);
/* Where the batches that are not merged begin. */
int64_t record_log_fine_offset(const RecordLog *self);

/* Reads batch by batch, merged or not, from the one that holds `offset`. The log must not change
 * meanwhile; a batch is good until the next one. */
typedef struct LogCursor {
    const RecordLog *log;
    int32_t index;   /* of the next batch; -1 while reading merged ones */
    int32_t segment; /* with merged ones */
    int64_t offset;  /* next merged offset */
    RecordBatch slice;
} LogCursor;
LogCursor record_log_seek(const RecordLog *self, int64_t offset);
const RecordBatch *log_cursor_next(LogCursor *self); /* NULL at the end */

/* Drops everything from `offset` on (whole batches: the one that holds offset goes too); the log
 * then ends at `offset`. Returns the records dropped. Epochs and producer state follow. */
int64_t record_log_truncate(RecordLog *self, int64_t offset);
/* A process opens the log: producers as a snapshot of the log's end tells. A clean stop wrote it,
 * or recovery does, from an older one and the batches after it. */
void record_log_reload(RecordLog *self, bool clean, SimTime now);
/* min(high watermark, first offset whose transaction is open). */
int64_t record_log_last_stable_offset(const RecordLog *self, int64_t high_watermark);
/* Drops everything and starts anew at `offset`. */
void record_log_truncate_fully(RecordLog *self, int64_t offset);
/* The same, but what the bytes from `position` on held goes: a batch that is torn goes whole. */
int64_t record_log_truncate_to_position(RecordLog *self, int64_t position);
/* End offset of a leader epoch, as LeaderEpochs says. */
bool record_log_end_offset_for_epoch(const RecordLog *self, int32_t epoch, EpochEntry *ret_end);

/* Where a follower cuts when a leader of whom it asked epoch says: my epoch E ends at O. Returns
 * the offset to truncate to. Mirrors: AbstractFetcherThread.getOffsetTruncationState. */
int64_t
record_log_truncation_offset(const RecordLog *self, int32_t leader_epoch, int64_t end_offset);

/* Bytes of the log that stand before `offset`: exact at segment ends, between them as if batches
 * were of equal density. */
int64_t record_log_position(const RecordLog *self, int64_t offset);
/* The first offset whose batch has a create time >= `time`; -1 when there is none. */
int64_t record_log_offset_for_time(const RecordLog *self, SimTime time);
/* Merges the batches that end at or below `floor` into their segments. */
void record_log_coalesce(RecordLog *self, int64_t floor);
/* Markers and aborted records within [from, to), below the last stable offset, go to `into`. */
void record_log_collect_marks(const RecordLog *self, int64_t from, int64_t to, MergedMarks **into);
/* The log now starts at `offset` (DeleteRecords, or the leader's log start): nothing below can be
 * read. Segments stay until retention finds them. */
void record_log_advance_start(RecordLog *self, int64_t offset);
/* The first `count` segments go; with all of them a new, empty active one is rolled. The log
 * start follows. Returns the bytes freed. */
int64_t record_log_delete_segments(RecordLog *self, int32_t count);
/* The same without moving the log start: they are in remote storage. Not all of them. */
int64_t record_log_delete_local(RecordLog *self, int32_t count);
/* Will an append write the first entry of the active segment's indexes? `bytes`: of the batches
 * that stand in it before its last one. */
bool record_log_begins_indexes(const RecordLog *self, int64_t bytes);
/* A new active segment, unless the active one is empty. */
bool record_log_roll(RecordLog *self);

#endif
