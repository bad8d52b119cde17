/* record_log_forget.c - what a log no longer keeps: merged batches, deleted segments, a higher log
 * start. See record_log.h. Mirrors: UnifiedLog.maybeIncrementLogStartOffset, .deleteSegments. */
#include "models/log/open_transactions.h"
#include "models/log/record_log.h"
#include <string.h>

#define BATCHES_MIN 16

/* Gives memory back once seven eighths of it are unused. */
static void shrink(RecordLog *self)
{
    if (self->capacity <= 4 * BATCHES_MIN || self->count > self->capacity / 8) {
        return;
    }
    memmove(self->batches, self->batches + self->first, sizeof(RecordBatch) * (size_t)self->count);
    self->first = 0;
    self->capacity = MAX(self->capacity / 2, BATCHES_MIN);
    self->batches = g_renew(RecordBatch, self->batches, (gsize)self->capacity);
}

/* Its fate is decided: nobody asks above the last stable offset. */
static bool is_aborted(const RecordLog *self, const RecordBatch *batch)
{
    const OpenTransactions *open = self->producers.transactions;
    if (batch->merged || !batch->transactional || open == NULL) {
        return batch->merged && batch->aborts;
    }
    return transaction_index_has(&open->aborted, batch->producer_id, batch->base_offset);
}

/* Where the transaction of a marker began that is merged next. */
static int64_t txn_first_offset(const RecordLog *self, const RecordBatch *marker)
{
    if (marker->merged) {
        return marker->txn_offsets > 0 ? marker->base_offset - marker->txn_offsets : NO_OFFSET;
    }
    const ProducerStateEntry *entry = producer_entries_find(&self->forgotten, marker->producer_id);
    return entry != NULL ? entry->txn_first_offset : NO_OFFSET;
}

static void note_mark(const RecordLog *self, const RecordBatch *batch, MergedMarks **into)
{
    if (!batch->control && !is_aborted(self, batch)) {
        return;
    }
    MergedMark mark = {
        .first = batch->base_offset,
        .end = record_batch_last_offset(batch) + 1,
        .kind = record_batch_records(batch) > 0 ? MARK_ABORTED : MARK_EMPTIED,
        .txn_first = NO_OFFSET,
        .delete_horizon = NO_DELETE_HORIZON,
    };
    if (batch->control) {
        bool has_horizon = batch->first_created != batch->last_created;
        mark.kind = MARK_MARKER;
        mark.aborts = batch->aborts;
        mark.producer_id = batch->producer_id;
        mark.delete_horizon = has_horizon ? batch->first_created : NO_DELETE_HORIZON;
        mark.txn_first = self->options->cleanup_compact ? txn_first_offset(self, batch) : NO_OFFSET;
    }
    merged_marks_add(into, &mark);
}

void record_log_collect_marks(const RecordLog *self, int64_t from, int64_t to, MergedMarks **into)
{
    merged_marks_copy(into, self->marks, from, to);
    for (int32_t i = record_log_find(self, from); i < self->count; i++) {
        const RecordBatch *batch = record_log_at(self, i);
        if (batch->base_offset >= to) {
            break;
        }
        note_mark(self, batch, into);
    }
}

void record_log_coalesce(RecordLog *self, int64_t floor)
{
    int32_t merged = 0;
    int32_t i = MAX(0, log_segments_find(&self->segments, record_log_fine_offset(self)));
    for (; merged < self->count; merged++) {
        const RecordBatch *batch = record_log_at(self, merged);
        if (record_batch_last_offset(batch) >= floor) {
            break;
        }
        while (log_segments_end_offset(&self->segments, i, INT64_MAX) <= batch->base_offset) {
            i++;
        }
        LogSegment *segment = log_segments_at(&self->segments, i);
        merged_marks_add_gap(&self->marks, segment->merged_to, batch->base_offset);
        log_segment_merge(segment, batch);
        note_mark(self, batch, &self->marks);
        producer_state_forget(&self->producers, &self->forgotten, batch);
    }
    self->first += merged;
    self->count -= merged;
    shrink(self);
}

void record_log_advance_start(RecordLog *self, int64_t offset)
{
    offset = MIN(offset, self->log_end_offset);
    if (offset <= self->log_start_offset) {
        return;
    }
    self->log_start_offset = offset;
    leader_epochs_truncate_from_start(&self->epochs, offset);
    producer_state_on_log_start(&self->producers, offset);
    merged_marks_drop_before(self->marks, offset);
    record_log_coalesce(self, offset);
}

int64_t record_log_delete_segments(RecordLog *self, int32_t count)
{
    if (count == 0) {
        return 0;
    }
    int64_t freed = 0;
    for (int32_t i = 0; i < count; i++) {
        freed += log_segments_at(&self->segments, i)->bytes;
    }
    int64_t start = log_segments_end_offset(&self->segments, count - 1, self->log_end_offset);
    record_log_coalesce(self, start);
    if (count == self->segments.count) {
        (void)record_log_roll(self);
    }
    log_segments_drop_first(&self->segments, count);
    self->bytes -= freed;
    self->recovery_point = MAX(self->recovery_point, start);
    record_log_advance_start(self, start);
    return freed;
}

int64_t record_log_delete_local(RecordLog *self, int32_t count)
{
    int64_t freed = 0;
    record_log_coalesce(self, log_segments_at(&self->segments, count)->base_offset);
    for (int32_t i = 0; i < count; i++) {
        freed += log_segments_at(&self->segments, i)->bytes;
    }
    log_segments_drop_first(&self->segments, count);
    self->bytes -= freed;
    return freed;
}

int64_t record_log_position(const RecordLog *self, int64_t offset)
{
    int32_t i = log_segments_find(&self->segments, offset);
    if (offset >= self->log_end_offset || i < 0) {
        return i < 0 && self->segments.count > 0
                   ? log_segments_at(&self->segments, 0)->base_position
                   : self->end_position;
    }
    const LogSegment *segment = log_segments_at(&self->segments, i);
    int64_t offsets =
        log_segments_end_offset(&self->segments, i, self->log_end_offset) - segment->base_offset;
    return segment->base_position +
           log_segment_share(segment->bytes, offset - segment->base_offset, offsets);
}

int64_t record_log_offset_for_time(const RecordLog *self, SimTime time)
{
    for (int32_t i = 0; i < self->segments.count; i++) {
        const LogSegment *segment = log_segments_at(&self->segments, i);
        if (segment->largest_timestamp < time) {
            continue;
        }
        LogCursor cursor = record_log_seek(self, MAX(segment->base_offset, self->log_start_offset));
        const RecordBatch *batch;
        while ((batch = log_cursor_next(&cursor)) != NULL) {
            if (batch->last_created >= time) {
                return MAX(record_batch_offset_at(batch, time), self->log_start_offset);
            }
        }
    }
    return -1;
}
