/* log_segments.h - the segments of a log: where each begins, how large it is, how old.
 *
 *     active --roll, only while appending--> closed --retention--> deleted
 *
 * A segment also stands in for the batches at its head that are no longer kept one by one (they
 * are merged): it knows how many batches and records they were, and `log_segment_slice` makes
 * equal stand-ins of them for whoever reads there all the same. Exact of a merged stretch: its
 * offsets, bytes, batches, records, its first and last create time, and the leader epoch of each
 * offset. Estimated: that its batches were of equal size and evenly spaced in time; where the log
 * cleaner was, that what it left stands evenly at the offsets that no mark tells anything of
 * (merged_marks.h).
 *
 * Indexes are counted, not kept: an offset index entry (8 B) and a time index entry (12 B) each
 * index.interval.bytes; a full one rolls the segment (server.md 4.1).
 *
 * Mirrors: LogSegment, LogSegments, LogSegment.shouldRoll, OffsetIndex, TimeIndex. */
#ifndef KAFKASIM_MODELS_LOG_LOG_SEGMENTS_H
#define KAFKASIM_MODELS_LOG_LOG_SEGMENTS_H
#include "models/log/leader_epochs.h"
#include "models/log/log_options.h"
#include "models/log/merged_marks.h"
#include "models/protocol/record_batch.h"

#define NO_TIMESTAMP (-1)

typedef struct LogSegment {
    int64_t base_offset;
    int64_t base_position; /* bytes of the log that stood before it when it was begun */
    int64_t bytes;
    SimTime first_timestamp;   /* of its first record; NO_TIMESTAMP when empty */
    SimTime largest_timestamp; /* NO_TIMESTAMP when empty */
    int64_t merged_to;         /* [base_offset, merged_to) is merged */
    int64_t merged_bytes;
    int32_t merged_batches;
    int32_t merged_markers;      /* offsets of it that are transaction markers: no records */
    int32_t partition;           /* index of the topic partition, of its batches */
    int32_t merged_records;      /* fewer than offsets once compaction took some away */
    SimTime merged_last;         /* create time of the last merged record */
    uint8_t merged_codec;        /* CompressionCodec of the last merged batch, */
    uint8_t merged_left_of_256;  /* and its ratio */
    int64_t index_entries;       /* of its offset index */
    int64_t bytes_since_indexed; /* since the last of them */
} LogSegment;

/* Embedded; `items` is owned. A log without records has none: an idle partition costs nothing. */
typedef struct LogSegments {
    LogSegment *items; /* items[first .. first+count), the last is active */
    int32_t first;
    int32_t count;
    int32_t capacity;
} LogSegments;

void log_segments_clear(LogSegments *self);
LogSegment *log_segments_at(const LogSegments *self, int32_t i);
LogSegment *log_segments_active(const LogSegments *self); /* NULL when there is none */
/* The offset at which segment i ends: the next one's base, or the log's end. */
int64_t log_segments_end_offset(const LogSegments *self, int32_t i, int64_t log_end_offset);
/* The segment that holds `offset`: the last whose base is <= it; -1 when there is none. */
int32_t log_segments_find(const LogSegments *self, int64_t offset);
/* A new active segment. */
LogSegment *log_segments_roll(LogSegments *self, int64_t base_offset, int64_t base_position);
void log_segments_drop_first(LogSegments *self, int32_t count);
void log_segments_drop_last(LogSegments *self, int32_t count);

/* Must the active segment be rolled before this batch (its base offset set) goes in? */
bool log_segment_should_roll(const LogSegment *self,
                             const RecordBatch *batch,
                             const LogOptions *options,
                             SimDuration jitter_ns);
/* The batch stands at the end of the active segment now. */
void log_segment_append(LogSegment *self, const RecordBatch *batch, const LogOptions *options);
/* A batch that stands at merged_to, or after a gap there, joins the merged head. */
void log_segment_merge(LogSegment *self, const RecordBatch *batch);
/* The stand-in of the merged batch that holds `offset` (base_offset <= offset < merged_to), from
 * that offset on, at most up to `limit`. It never spans two leader epochs, nor the border of a
 * mark: what that says holds for all of it. */
RecordBatch log_segment_slice(const LogSegment *self,
                              const LeaderEpochs *epochs,
                              const MergedMarks *marks,
                              int64_t offset,
                              int64_t limit);
/* The same of a batch whose borders [from, to) are known. */
RecordBatch log_segment_stand_in(const LogSegment *self,
                                 const LeaderEpochs *epochs,
                                 const MergedMarks *marks,
                                 int64_t from,
                                 int64_t to);
/* The merged head ends at `offset` now (within it). `marks`: of the log, not cut yet. */
void log_segment_cut_merged(LogSegment *self, const MergedMarks *marks, int64_t offset);
/* Is each offset of its merged head a record or a marker? Not where the log cleaner was. */
bool log_segment_is_dense(const LogSegment *self);
/* How many records of its merged head at offsets without a mark lie in [from, to). */
int64_t log_segment_plain_records(const LogSegment *self,
                                  const MergedMarks *marks,
                                  int64_t from,
                                  int64_t to);

/* value * part / whole without overflow for 0 <= part <= whole < 2^31; rounds down. */
int64_t log_segment_share(int64_t value, int64_t part, int64_t whole);

#endif
