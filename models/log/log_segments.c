/* log_segments.c - see the header. */
#include "models/log/log_segments.h"
#include <string.h>

#define OFFSET_INDEX_ENTRY_BYTES 8
#define TIME_INDEX_ENTRY_BYTES   12

const LogOptions log_options_default = {
    .segment_bytes = INT64_C(1) << 30,
    .segment_ns = SIM_SEC(604800),
    .compression = (int32_t)CODEC_OF_PRODUCER,
    .segment_index_bytes = INT64_C(10) << 20,
    .index_interval_bytes = 4096,
    .cleanup_delete = true,
    .retention_bytes = -1,
    .retention_ns = SIM_SEC(604800),
    .file_delete_delay_ns = SIM_SEC(60),
    .flush_messages = INT64_MAX,
    .flush_ns = SIM_TIME_MAX,
    .min_cleanable_dirty_ratio = 0.5,
    .max_compaction_lag_ns = SIM_TIME_MAX,
    .delete_retention_ns = SIM_SEC(86400),
    .timestamp_before_max_ns = SIM_TIME_MAX,
    .timestamp_after_max_ns = SIM_SEC(3600),
    .local_retention_bytes = -2,
    .local_retention_ns = -2,
};

void log_segments_clear(LogSegments *self)
{
    g_free(self->items);
    *self = (LogSegments){0};
}

LogSegment *log_segments_at(const LogSegments *self, int32_t i)
{
    return &self->items[self->first + i];
}

LogSegment *log_segments_active(const LogSegments *self)
{
    return self->count > 0 ? &self->items[self->first + self->count - 1] : NULL;
}

int64_t log_segments_end_offset(const LogSegments *self, int32_t i, int64_t log_end_offset)
{
    return i + 1 < self->count ? log_segments_at(self, i + 1)->base_offset : log_end_offset;
}

int32_t log_segments_find(const LogSegments *self, int64_t offset)
{
    int32_t low = 0;
    int32_t high = self->count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (log_segments_at(self, middle)->base_offset <= offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low - 1;
}

LogSegment *log_segments_roll(LogSegments *self, int64_t base_offset, int64_t base_position)
{
    if (self->first + self->count == self->capacity) {
        if (self->first > self->capacity / 2) {
            memmove(
                self->items, self->items + self->first, sizeof(LogSegment) * (size_t)self->count);
            self->first = 0;
        } else {
            self->capacity = self->capacity == 0 ? 1 : self->capacity * 2;
            self->items = g_renew(LogSegment, self->items, (gsize)self->capacity);
        }
    }
    LogSegment *segment = &self->items[self->first + self->count++];
    *segment = (LogSegment){
        .base_offset = base_offset,
        .base_position = base_position,
        .first_timestamp = NO_TIMESTAMP,
        .largest_timestamp = NO_TIMESTAMP,
        .merged_to = base_offset,
    };
    return segment;
}

void log_segments_drop_first(LogSegments *self, int32_t count)
{
    self->first += count;
    self->count -= count;
}

void log_segments_drop_last(LogSegments *self, int32_t count)
{
    self->count -= count;
}

/* Kafka counts a time index full one entry early. */
static bool is_index_full(const LogSegment *self, const LogOptions *options)
{
    return self->index_entries >= options->segment_index_bytes / OFFSET_INDEX_ENTRY_BYTES ||
           self->index_entries >= options->segment_index_bytes / TIME_INDEX_ENTRY_BYTES - 1;
}

bool log_segment_should_roll(const LogSegment *self,
                             const RecordBatch *batch,
                             const LogOptions *options,
                             SimDuration jitter_ns)
{
    bool too_old = self->bytes > 0 && self->first_timestamp != NO_TIMESTAMP &&
                   batch->last_created - self->first_timestamp > options->segment_ns - jitter_ns;
    return self->bytes > options->segment_bytes - batch->bytes || too_old ||
           is_index_full(self, options) ||
           record_batch_last_offset(batch) - self->base_offset > INT32_MAX;
}

void log_segment_append(LogSegment *self, const RecordBatch *batch, const LogOptions *options)
{
    const bool was_empty = self->first_timestamp == NO_TIMESTAMP;
    if (was_empty) {
        self->first_timestamp = batch->control ? batch->last_created : batch->first_created;
    }
    self->partition = batch->partition;
    self->largest_timestamp =
        was_empty ? batch->last_created : MAX(self->largest_timestamp, batch->last_created);
    if (self->bytes_since_indexed > options->index_interval_bytes) {
        self->index_entries++;
        self->bytes_since_indexed = 0;
    }
    self->bytes_since_indexed += batch->bytes;
    self->bytes += batch->bytes;
}

void log_segment_merge(LogSegment *self, const RecordBatch *batch)
{
    self->merged_to = record_batch_last_offset(batch) + 1;
    self->merged_bytes += batch->bytes;
    self->merged_batches++;
    self->merged_records += record_batch_records(batch);
    self->merged_markers += batch->control ? batch->count : 0;
    self->merged_last = batch->last_created;
    if (!batch->control) {
        self->merged_codec = (uint8_t)batch->codec;
        self->merged_left_of_256 = batch->left_of_256;
    }
}

int64_t log_segment_share(int64_t value, int64_t part, int64_t whole)
{
    return value / whole * part + value % whole * part / whole;
}

/* ---- stand-ins */

typedef struct Stretch {
    int64_t from;
    int64_t to;
} Stretch;

/* How many offsets of the merged head lie before `offset` at which something stands. */
static int64_t present(const LogSegment *self, const MergedMarks *marks, int64_t offset)
{
    int64_t offsets = offset - self->base_offset;
    return marks == NULL ? offsets
                         : offsets - merged_marks_offsets(marks, self->base_offset, offset).gaps;
}

/* From `offset` to where the equal part of the merged head ends that holds it, were there no gap
 * behind it. */
static Stretch part_from(const LogSegment *self, const MergedMarks *marks, int64_t offset)
{
    int64_t offsets = present(self, marks, self->merged_to);
    int64_t at = present(self, marks, offset);
    int64_t parts = self->merged_batches;
    int64_t k = offsets > 0 ? log_segment_share(parts, at, offsets) : 0;
    while (k + 1 < parts && log_segment_share(offsets, k + 1, parts) <= at) {
        k++;
    }
    int64_t end = k + 1 < parts ? log_segment_share(offsets, k + 1, parts) : offsets;
    return (Stretch){offset, MIN(self->merged_to, offset + MAX(1, end - at))};
}

static Stretch within_one_epoch(Stretch part, const LeaderEpochs *epochs)
{
    for (int32_t i = epochs->count; i-- > 0 && epochs->entries[i].start_offset > part.from;) {
        part.to = MIN(part.to, epochs->entries[i].start_offset);
    }
    return part;
}

/* How much of `total` lies before `offset`, were it spread evenly. */
static int64_t
before(const LogSegment *self, const MergedMarks *marks, int64_t total, int64_t offset)
{
    int64_t whole = present(self, marks, self->merged_to);
    return whole > 0 ? log_segment_share(total, present(self, marks, offset), whole) : 0;
}

static SimTime created_at(const LogSegment *self, int64_t offset)
{
    return self->first_timestamp +
           before(self, NULL, self->merged_last - self->first_timestamp, offset);
}

/* Records at offsets without a mark, before `offset`. Each aborted offset is a record; of the
 * others no mark is, unless the log cleaner was there. */
static int64_t plain_before(const LogSegment *self, const MergedMarks *marks, int64_t offset)
{
    int64_t base = self->base_offset;
    const MarkedOffsets all = merged_marks_offsets(marks, base, self->merged_to);
    const MarkedOffsets to = merged_marks_offsets(marks, base, offset);
    int64_t whole = self->merged_to - base - all.all;
    int64_t records = MAX(0, self->merged_records - all.aborted);
    return whole > 0 ? log_segment_share(records, offset - base - to.all, whole) : 0;
}

int64_t log_segment_plain_records(const LogSegment *self,
                                  const MergedMarks *marks,
                                  int64_t from,
                                  int64_t to)
{
    return plain_before(self, marks, to) - plain_before(self, marks, from);
}

bool log_segment_is_dense(const LogSegment *self)
{
    return self->merged_records + self->merged_markers == self->merged_to - self->base_offset;
}

static int64_t records_in(const LogSegment *self, const MergedMarks *marks, Stretch part)
{
    if (log_segment_is_dense(self)) {
        return part.to - part.from;
    }
    return merged_marks_offsets(marks, part.from, part.to).aborted +
           log_segment_plain_records(self, marks, part.from, part.to);
}

static RecordBatch
stand_in(const LogSegment *self, const LeaderEpochs *epochs, const MergedMarks *marks, Stretch part)
{
    int64_t bytes = before(self, marks, self->merged_bytes, part.to) -
                    before(self, marks, self->merged_bytes, part.from);
    return (RecordBatch){
        .base_offset = part.from,
        .producer_id = NO_PRODUCER_ID,
        .partition = self->partition,
        .first_created = created_at(self, part.from),
        .last_created = created_at(self, part.to),
        .count = (int32_t)(part.to - part.from),
        .bytes = (int32_t)MAX(1, bytes), /* a batch without records has its header yet */
        .leader_epoch = leader_epochs_for_offset(epochs, part.from),
        .merged = true,
        .codec = self->merged_codec & 7U,
        .left_of_256 = self->merged_left_of_256,
        .survivors = (int32_t)records_in(self, marks, part),
    };
}

static void mark(RecordBatch *slice, const MergedMark *mark)
{
    slice->control = mark->kind == MARK_MARKER;
    slice->aborts = !slice->control || mark->aborts;
    if (slice->control) {
        slice->producer_id = mark->producer_id;
        slice->txn_offsets =
            mark->txn_first >= 0 ? (int32_t)MIN(INT32_MAX, mark->first - mark->txn_first) : 0;
        slice->first_created =
            mark->delete_horizon != NO_DELETE_HORIZON ? mark->delete_horizon : slice->last_created;
    }
}

RecordBatch log_segment_slice(const LogSegment *self,
                              const LeaderEpochs *epochs,
                              const MergedMarks *marks,
                              int64_t offset,
                              int64_t limit)
{
    MergedMark next = {.first = INT64_MAX, .end = INT64_MAX};
    (void)merged_marks_find(marks, offset, &next);
    bool is_marked = next.first <= offset;
    Stretch part = within_one_epoch(part_from(self, marks, offset), epochs);
    limit = MIN(limit, is_marked ? next.end : next.first);
    RecordBatch slice = stand_in(self, epochs, marks, (Stretch){offset, MIN(part.to, limit)});
    if (is_marked) {
        mark(&slice, &next);
    }
    return slice;
}

RecordBatch log_segment_stand_in(const LogSegment *self,
                                 const LeaderEpochs *epochs,
                                 const MergedMarks *marks,
                                 int64_t from,
                                 int64_t to)
{
    return stand_in(self, epochs, marks, (Stretch){from, to});
}

void log_segment_cut_merged(LogSegment *self, const MergedMarks *marks, int64_t offset)
{
    int32_t markers = merged_marks_count(marks, MARK_MARKER, self->base_offset, offset);
    int64_t batches = before(self, marks, self->merged_batches, offset);
    int64_t bytes = before(self, marks, self->merged_bytes, offset);
    Stretch left = {self->base_offset, offset};
    int64_t records = log_segment_is_dense(self) ? offset - self->base_offset - markers
                                                 : records_in(self, marks, left);
    self->merged_last = created_at(self, offset);
    self->merged_to = offset;
    self->merged_bytes = bytes;
    self->merged_batches = offset > self->base_offset ? (int32_t)MAX(1, batches) : 0;
    self->merged_records = (int32_t)records;
    self->merged_markers = markers;
}
