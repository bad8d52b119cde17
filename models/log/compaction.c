/* compaction.c - see the header. */
#include "models/log/compaction.h"
#include "models/log/compaction_marks.h"
#include <string.h>

static int64_t first_uncleanable(const RecordLog *log,
                                 int64_t first_dirty,
                                 int64_t last_stable_offset,
                                 SimTime now)
{
    const LogSegments *segments = &log->segments;
    int64_t end = MIN(last_stable_offset, log_segments_active(segments)->base_offset);
    SimDuration lag = log->options->min_compaction_lag_ns;
    for (int32_t i = MAX(0, log_segments_find(segments, first_dirty));
         lag > 0 && i + 1 < segments->count;
         i++) {
        if (log_segments_at(segments, i)->largest_timestamp > now - lag) {
            return MIN(end, log_segments_at(segments, i)->base_offset);
        }
    }
    return end;
}

/* Has a dirty closed segment waited longer than max.compaction.lag.ms? */
static bool is_overdue(const RecordLog *log, int64_t first_dirty, SimTime now)
{
    const LogSegments *segments = &log->segments;
    SimDuration lag = log->options->max_compaction_lag_ns;
    int32_t i = MAX(0, log_segments_find(segments, first_dirty));
    return lag < SIM_TIME_MAX && i + 1 < segments->count &&
           log_segments_at(segments, i)->first_timestamp < now - lag;
}

Cleanable compaction_cleanable(const RecordLog *log,
                               int64_t cleaned_to,
                               int64_t last_stable_offset,
                               SimTime now)
{
    const LogSegments *segments = &log->segments;
    Cleanable self = {.first_dirty = MAX(cleaned_to, log->log_start_offset)};
    self.end = self.first_dirty;
    if (segments->count < 2) {
        return self;
    }
    int64_t end = first_uncleanable(log, self.first_dirty, last_stable_offset, now);
    for (int32_t i = 0; i + 1 < segments->count; i++) {
        const LogSegment *segment = log_segments_at(segments, i);
        int64_t next = log_segments_at(segments, i + 1)->base_offset;
        if (next <= self.first_dirty) {
            self.clean_bytes += segment->bytes;
        } else if (next <= end) {
            self.dirty_bytes += segment->bytes;
            self.end = next;
        }
    }
    self.overdue = is_overdue(log, self.first_dirty, now);
    return self;
}

double compaction_dirty_ratio(const Cleanable *self)
{
    int64_t total = self->clean_bytes + self->dirty_bytes;
    return total > 0 ? (double)self->dirty_bytes / (double)total : 0;
}

bool compaction_is_due(const Cleanable *self, const LogOptions *options)
{
    return self->dirty_bytes > 0 &&
           (self->overdue || compaction_dirty_ratio(self) > options->min_cleanable_dirty_ratio);
}

/* ---- cleaning */

typedef struct CleaningPass {
    RecordLog *log;
    const KeyModel *keys;
    int64_t keys_end;  /* up to which keys were read */
    int64_t end;       /* of the last segment that is cleaned */
    MergedMarks *left; /* of the marks below `end` */
} CleaningPass;

/* What stands in a segment, and what stays of it. */
typedef struct SegmentPass {
    int64_t aborted; /* records */
    int64_t plain;   /* those that are not */
    int32_t emptied_before;
    int32_t records;
    int32_t kept; /* batches that stay whatever becomes of their records (RETAIN_EMPTY) */
    int32_t emptied;
    int32_t markers;
} SegmentPass;

/* Last batches of producers among the plain ones, and the last of the pass. */
static int32_t count_kept(const CleaningPass *self, const LogSegment *segment)
{
    const MergedMarks *marks = self->log->marks;
    int32_t kept = 0;
    const BatchMetadata *last;
    for (int64_t at = segment->base_offset;
         (last = last_batch_of_active_in(self->log, at, segment->merged_to)) != NULL;
         at = last->base_offset + 1) {
        kept += merged_marks_offsets(marks, last->base_offset, last->base_offset + 1).all == 0;
    }
    bool ends_the_pass = segment->merged_to == self->end &&
                         merged_marks_offsets(marks, self->end - 1, self->end).all == 0;
    return ends_the_pass ? MAX(1, kept) : kept;
}

/* Keys were drawn where there was a record, and not aborted: those do not count for the offset map
 * (Cleaner.buildOffsetMapForSegment). */
static int64_t draws(const CleaningPass *self, int64_t from)
{
    return self->keys_end - from - merged_marks_offsets(self->log->marks, from, self->keys_end).all;
}

static SegmentPass look_at(const CleaningPass *self, int32_t i)
{
    const LogSegment *segment = log_segments_at(&self->log->segments, i);
    const MergedMarks *marks = self->log->marks;
    int64_t from = segment->base_offset;
    int64_t to = segment->merged_to;
    int64_t next = log_segments_at(&self->log->segments, i + 1)->base_offset;
    SegmentPass pass = {
        .aborted = MIN(merged_marks_offsets(marks, from, to).aborted, segment->merged_records),
        .emptied_before = merged_marks_count(marks, MARK_EMPTIED, from, to),
        .kept = count_kept(self, segment),
        .emptied = merged_marks_count(self->left, MARK_EMPTIED, from, to),
        .markers = merged_marks_count(self->left, MARK_MARKER, from, to),
    };
    pass.plain = segment->merged_records - pass.aborted;
    int64_t survivors = (int64_t)key_model_distinct(self->keys, draws(self, from)) -
                        (int64_t)key_model_distinct(self->keys, draws(self, next));
    pass.records = (int32_t)CLAMP(survivors, 0, pass.plain);
    return pass;
}

static int64_t bytes_of(int32_t batches, int32_t markers)
{
    return (int64_t)(batches - markers) * RECORD_BATCH_OVERHEAD_BYTES +
           (int64_t)markers * TXN_MARKER_BYTES;
}

static void set_left(LogSegment *segment, const SegmentPass *pass)
{
    int64_t body =
        segment->merged_bytes - bytes_of(segment->merged_batches, segment->merged_markers);
    int64_t each = segment->merged_records > 0 ? MAX(0, body) / segment->merged_records : 0;
    int64_t data = segment->merged_batches - segment->merged_markers - pass->emptied_before;
    int64_t aborted =
        pass->aborted > 0 ? log_segment_share(data, pass->aborted, segment->merged_records) : 0;
    int64_t plain = MAX(data - aborted, pass->plain > 0 ? 1 : 0);
    segment->merged_records = pass->records;
    segment->merged_markers = pass->markers;
    segment->merged_batches =
        (int32_t)MIN(plain, MAX(pass->records, pass->kept)) + pass->emptied + pass->markers;
    segment->merged_bytes =
        bytes_of(segment->merged_batches, segment->merged_markers) + each * pass->records;
    if (segment->merged_batches == 0) {
        segment->merged_to = segment->base_offset; /* nothing but a gap */
    }
    segment->bytes = segment->merged_bytes;
}

/* Returns the bytes that went. */
static int64_t clean_segment(const CleaningPass *self, int32_t i)
{
    LogSegment *segment = log_segments_at(&self->log->segments, i);
    int64_t held = segment->bytes;
    SegmentPass pass = look_at(self, i);
    if (pass.records < segment->merged_records || pass.markers < segment->merged_markers ||
        pass.emptied < pass.emptied_before) {
        set_left(segment, &pass);
    }
    return held - segment->bytes;
}

/* What is left of the marks, and the gaps that segments have at their end once they are joined. */
static void keep_marks(CleaningPass *self, int32_t cleaned)
{
    RecordLog *log = self->log;
    MergedMarks *kept = NULL;
    int64_t end = log_segments_at(&log->segments, 0)->base_offset;
    for (int32_t i = 0; i < cleaned; i++) {
        const LogSegment *segment = log_segments_at(&log->segments, i);
        end = log_segments_at(&log->segments, i + 1)->base_offset;
        merged_marks_copy(&kept, self->left, segment->base_offset, segment->merged_to);
        merged_marks_add_gap(&kept, segment->merged_to, end);
    }
    merged_marks_copy(&kept, log->marks, end, INT64_MAX);
    merged_marks_free(self->left);
    merged_marks_free(log->marks);
    log->marks = kept;
}

/* The second goes into the first. */
static void join(LogSegment *self, const LogSegment *next)
{
    bool has_data = next->merged_to > next->base_offset;
    self->merged_to = has_data ? next->merged_to : self->merged_to;
    self->merged_last = has_data ? next->merged_last : self->merged_last;
    self->merged_bytes += next->merged_bytes;
    self->merged_batches += next->merged_batches;
    self->merged_markers += next->merged_markers;
    self->merged_records += next->merged_records;
    self->bytes += next->bytes;
    self->largest_timestamp = MAX(self->largest_timestamp, next->largest_timestamp);
    if (self->first_timestamp == NO_TIMESTAMP) {
        self->first_timestamp = next->first_timestamp;
    }
}

static void remove_segment(LogSegments *segments, int32_t i)
{
    LogSegment *at = log_segments_at(segments, i);
    memmove(at, at + 1, sizeof(LogSegment) * (size_t)(segments->count - i - 1));
    segments->count--;
}

/* Neighbours that together were no larger than a segment before they were cleaned are written as
 * one. */
static void group_segments(RecordLog *log, const int64_t *sizes, int32_t cleaned)
{
    LogSegments *segments = &log->segments;
    int64_t group = sizes[0];
    int32_t at = 0;
    for (int32_t k = 1; k < cleaned; k++) {
        const LogSegment *next = log_segments_at(segments, at + 1);
        int64_t span = log_segments_end_offset(segments, at + 1, log->log_end_offset) -
                       log_segments_at(segments, at)->base_offset;
        if (group + sizes[k] <= log->options->segment_bytes && span <= INT32_MAX) {
            group += sizes[k];
            join(log_segments_at(segments, at), next);
            remove_segment(segments, at + 1);
        } else {
            group = sizes[k];
            at++;
        }
    }
}

int64_t compaction_clean(RecordLog *log, const KeyModel *keys, int64_t end, SimTime now)
{
    record_log_coalesce(log, end);
    producer_entries_keep(&log->forgotten, &log->producers.entries);
    LogSegments *segments = &log->segments;
    int32_t cleaned = 0;
    int64_t freed = 0;
    while (cleaned + 1 < segments->count &&
           log_segments_at(segments, cleaned + 1)->base_offset <= end) {
        cleaned++;
    }
    if (cleaned == 0) {
        return 0;
    }
    const int64_t to = log_segments_at(segments, cleaned)->base_offset;
    const MarksPass marks = {.log = log, .end = to, .now = now};
    CleaningPass pass = {.log = log, .keys = keys, .keys_end = end, .end = to};
    marks_pass_clean(&marks, log_segments_at(segments, 0)->base_offset, to, &pass.left);
    g_autofree int64_t *sizes = g_new(int64_t, (gsize)cleaned);
    for (int32_t i = 0; i < cleaned; i++) {
        sizes[i] = log_segments_at(segments, i)->bytes;
        freed += clean_segment(&pass, i);
    }
    keep_marks(&pass, cleaned);
    group_segments(log, sizes, cleaned);
    log->bytes -= freed;
    return freed;
}

int64_t compaction_drop_batches(RecordLog *log, const bool *dead, int32_t count)
{
    int64_t freed = 0;
    int32_t kept = 0;
    for (int32_t i = 0; i < log->count; i++) {
        const RecordBatch *batch = record_log_at(log, i);
        if (i < count && dead[i]) {
            LogSegment *segment = log_segments_at(
                &log->segments, log_segments_find(&log->segments, batch->base_offset));
            segment->bytes -= batch->bytes;
            freed += batch->bytes;
        } else {
            log->batches[log->first + kept++] = *batch;
        }
    }
    log->count = kept;
    log->bytes -= freed;
    return freed;
}
