/* compaction_marks.c - see the header. */
#include "models/log/compaction_marks.h"

const BatchMetadata *last_batch_of_active_in(const RecordLog *log, int64_t from, int64_t to)
{
    const ProducerEntries *active = &log->producers.entries;
    const BatchMetadata *first = NULL;
    for (int32_t i = 0; i < active->count; i++) {
        const BatchMetadata *last = producer_entry_last_batch(&active->items[i]);
        if (last != NULL && last->base_offset >= from && last->base_offset < to &&
            (first == NULL || last->base_offset < first->base_offset)) {
            first = last;
        }
    }
    return first;
}

/* ---- aborted records */

static void add_emptied(MergedMarks **into, int64_t first, int64_t end)
{
    const MergedMark mark = {.first = first,
                             .end = end,
                             .kind = MARK_EMPTIED,
                             .txn_first = NO_OFFSET,
                             .delete_horizon = NO_DELETE_HORIZON};
    merged_marks_add(into, &mark);
}

/* Batches go whole, but for last ones: of a producer, and of the pass (it keeps the offset at which
 * the pass ended; of its length nothing is known). */
static void discard(const MarksPass *self, const MergedMark *mark, MergedMarks **into)
{
    int64_t at = mark->first;
    const BatchMetadata *last;
    while ((last = last_batch_of_active_in(self->log, at, mark->end)) != NULL) {
        int64_t end = MIN(mark->end, batch_metadata_last_offset(last) + 1);
        merged_marks_add_gap(into, at, last->base_offset);
        add_emptied(into, last->base_offset, end);
        at = end;
    }
    int64_t rest = mark->end == self->end && at < mark->end ? mark->end - 1 : mark->end;
    merged_marks_add_gap(into, at, rest);
    if (rest < mark->end) {
        add_emptied(into, rest, mark->end);
    }
}

/* ---- markers */

static int64_t plain_records(const RecordLog *log, int64_t from, int64_t to)
{
    int64_t records = 0;
    for (int32_t i = MAX(0, log_segments_find(&log->segments, from)); i < log->segments.count;
         i++) {
        const LogSegment *segment = log_segments_at(&log->segments, i);
        if (segment->base_offset >= to) {
            break;
        }
        int64_t low = MAX(from, segment->base_offset);
        int64_t high = MIN(to, segment->merged_to);
        records += low < high ? log_segment_plain_records(segment, log->marks, low, high) : 0;
    }
    return records;
}

/* Does the pass read a batch of the transaction that this marker ends? */
static bool finds_batches(const MarksPass *self, const MergedMark *marker)
{
    if (marker->txn_first == NO_OFFSET) {
        return false;
    }
    const RecordLog *log = self->log;
    const ProducerStateEntry *entry =
        producer_entries_find(&log->producers.entries, marker->producer_id);
    const BatchMetadata *last = entry != NULL ? producer_entry_last_batch(entry) : NULL;
    if (last != NULL && last->base_offset >= marker->txn_first &&
        last->base_offset < marker->first) {
        return true; /* its header stays as long as the producer is active */
    }
    return marker->aborts
               ? merged_marks_offsets(log->marks, marker->txn_first, marker->first).aborted > 0
               : plain_records(log, marker->txn_first, marker->first) > 0;
}

/* A producer that wrote nothing but markers has its epoch from the last. */
static bool tells_an_epoch(const MarksPass *self, const MergedMark *marker)
{
    const ProducerStateEntry *entry =
        producer_entries_find(&self->log->producers.entries, marker->producer_id);
    return entry != NULL && producer_entry_last_batch(entry) == NULL;
}

static void clean_marker(const MarksPass *self, MergedMark *marker, MergedMarks **into)
{
    bool is_kept = tells_an_epoch(self, marker) || marker->end == self->end;
    bool is_empty = !finds_batches(self, marker);
    if (is_empty && marker->delete_horizon == NO_DELETE_HORIZON) {
        marker->delete_horizon = self->now + self->log->options->delete_retention_ns;
    } else if (is_empty && marker->delete_horizon <= self->now && !is_kept) {
        merged_marks_add_gap(into, marker->first, marker->end);
        return;
    }
    merged_marks_add(into, marker);
}

void marks_pass_clean(const MarksPass *self, int64_t from, int64_t to, MergedMarks **into)
{
    MergedMark mark;
    for (int64_t at = from; merged_marks_find(self->log->marks, at, &mark) && mark.first < to;
         at = mark.end) {
        mark.first = MAX(mark.first, from);
        mark.end = MIN(mark.end, to);
        switch (mark.kind) {
        case MARK_ABORTED:
        case MARK_EMPTIED:
            discard(self, &mark, into);
            break;
        case MARK_MARKER:
            clean_marker(self, &mark, into);
            break;
        case MARK_GAP:
            merged_marks_add_gap(into, mark.first, mark.end);
            break;
        }
    }
}
