/* compaction.c - see the header. */
#include "models/log/compaction.h"
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

/* Batches that stay whatever becomes of their records. */
typedef struct Retained {
    int32_t emptied; /* the last of each producer (BatchRetention.RETAIN_EMPTY) */
    int32_t markers;
} Retained;

static void set_left(LogSegment *segment, int32_t records, Retained retained)
{
    int64_t body =
        segment->merged_bytes - (int64_t)segment->merged_batches * RECORD_BATCH_OVERHEAD_BYTES;
    int64_t each = segment->merged_records > 0 ? MAX(0, body) / segment->merged_records : 0;
    segment->merged_records = records;
    segment->merged_batches =
        MIN(segment->merged_batches, MAX(records, retained.emptied) + retained.markers);
    segment->merged_bytes =
        (int64_t)segment->merged_batches * RECORD_BATCH_OVERHEAD_BYTES + each * records;
    if (segment->merged_batches == 0) {
        segment->merged_to = segment->base_offset; /* nothing but a gap */
    }
    segment->bytes = segment->merged_bytes;
}

/* Producers whose last batch is in [from, to). */
static int32_t last_batches_in(const RecordLog *log, int64_t from, int64_t to)
{
    int32_t count = 0;
    for (int32_t i = 0; i < log->forgotten.count; i++) {
        const BatchMetadata *last = producer_entry_last_batch(&log->forgotten.items[i]);
        count += last != NULL && last->base_offset >= from && last->base_offset < to;
    }
    return count;
}

static bool has_marks(const RecordLog *log, const LogSegment *segment)
{
    MergedMark mark;
    return merged_marks_find(log->marks, segment->base_offset, &mark) &&
           mark.first < segment->merged_to;
}

static bool is_past_horizon(const LogSegment *segment, SimTime now)
{
    return segment->delete_horizon != NO_TIMESTAMP && now >= segment->delete_horizon;
}

/* At least one batch stays where there is a mark: a copy spreads what it gets over the gaps in it,
 * and has to know which of those offsets are no records. */
static Retained retained_in(const RecordLog *log, const LogSegment *segment, SimTime now)
{
    Retained retained = {
        .emptied = last_batches_in(log, segment->base_offset, segment->merged_to),
        .markers = is_past_horizon(segment, now) ? 0 : segment->merged_markers,
    };
    if (retained.emptied == 0 && retained.markers == 0 && has_marks(log, segment)) {
        retained.emptied = 1;
    }
    return retained;
}

static int64_t
clean_segment(RecordLog *log, int32_t i, const KeyModel *keys, int64_t end, SimTime now)
{
    LogSegment *segment = log_segments_at(&log->segments, i);
    int64_t to = log_segments_at(&log->segments, i + 1)->base_offset;
    int64_t held = segment->bytes;
    int64_t survivors = (int64_t)key_model_distinct(keys, end - segment->base_offset) -
                        (int64_t)key_model_distinct(keys, end - to);
    bool markers_go = segment->merged_markers > 0 && is_past_horizon(segment, now);
    if (survivors < segment->merged_records || markers_go) {
        int64_t left = CLAMP(survivors, 0, segment->merged_records);
        set_left(segment, (int32_t)left, retained_in(log, segment, now));
    }
    if (segment->delete_horizon == NO_TIMESTAMP) {
        segment->delete_horizon = now + log->options->delete_retention_ns;
    }
    return held - segment->bytes;
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
    self->delete_horizon = MAX(self->delete_horizon, next->delete_horizon);
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
    g_autofree int64_t *sizes = g_new(int64_t, (gsize)cleaned);
    for (int32_t i = 0; i < cleaned; i++) {
        sizes[i] = log_segments_at(segments, i)->bytes;
        freed += clean_segment(log, i, keys, end, now);
    }
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
