/* record_log.c - appending, finding and truncating; see the header. Mirrors: UnifiedLog,
 * AbstractFetcherThread's truncation. What it forgets is in record_log_forget.c. */
#include "models/log/record_log.h"
#include <string.h>

void record_log_init(RecordLog *self)
{
    *self = (RecordLog){.options = &log_options_default};
    leader_epochs_init(&self->epochs);
    producer_state_init(&self->producers);
}

void record_log_clear(RecordLog *self)
{
    g_free(self->batches);
    log_segments_clear(&self->segments);
    merged_marks_free(self->marks);
    leader_epochs_clear(&self->epochs);
    producer_state_clear(&self->producers);
    producer_entries_clear(&self->forgotten);
    *self = (RecordLog){0};
}

static RecordBatch *add_slot(RecordLog *self)
{
    if (self->first + self->count == self->capacity) {
        if (self->first > self->capacity / 3) {
            memmove(self->batches,
                    self->batches + self->first,
                    sizeof(RecordBatch) * (size_t)self->count);
            self->first = 0;
        } else {
            self->capacity = self->capacity == 0 ? 16 : self->capacity * 2;
            self->batches = g_renew(RecordBatch, self->batches, (gsize)self->capacity);
        }
    }
    return &self->batches[self->first + self->count++];
}

static bool roll_at(RecordLog *self, int64_t base_offset)
{
    const LogSegment *active = log_segments_active(&self->segments);
    if (active != NULL && active->bytes == 0) {
        return false;
    }
    log_segments_roll(&self->segments, base_offset, self->end_position);
    self->roll_jitter_ns = 0;
    producer_state_snapshot(&self->producers, base_offset, self->log_start_offset);
    return active != NULL;
}

bool record_log_roll(RecordLog *self)
{
    return roll_at(self, self->log_end_offset);
}

bool record_log_begins_indexes(const RecordLog *self, int64_t bytes)
{
    const LogSegment *active = log_segments_active(&self->segments);
    const int64_t before = active != NULL ? active->bytes_since_indexed : 0;
    return (active == NULL || active->index_entries == 0) &&
           before + bytes > self->options->index_interval_bytes;
}

/* The segment that takes this batch; true when it is a new one and another was closed. It begins
 * with the batch, after a gap too (UnifiedLog.maybeRoll); the first one where the log does. */
static bool make_room(RecordLog *self, const RecordBatch *batch)
{
    const LogSegment *active = log_segments_active(&self->segments);
    if (active == NULL) {
        return record_log_roll(self);
    }
    return log_segment_should_roll(active, batch, self->options, self->roll_jitter_ns) &&
           roll_at(self, batch->base_offset);
}

static bool push(RecordLog *self, const RecordBatch *batch)
{
    bool rolled = make_room(self, batch);
    RecordBatch *slot = add_slot(self);
    *slot = *batch;
    log_segment_append(log_segments_active(&self->segments), slot, self->options);
    self->log_end_offset = record_batch_last_offset(slot) + 1;
    self->bytes += slot->bytes;
    self->end_position += slot->bytes;
    leader_epochs_assign(&self->epochs, slot->leader_epoch, slot->base_offset);
    producer_state_update(&self->producers, slot, self->log_start_offset);
    return rolled;
}

bool record_log_append_as_leader(RecordLog *self, RecordBatch *batch, int32_t leader_epoch)
{
    batch->base_offset = self->log_end_offset;
    batch->leader_epoch = leader_epoch;
    return push(self, batch);
}

bool record_log_append_as_follower(RecordLog *self, const RecordBatch *batch)
{
    return push(self, batch);
}

const RecordBatch *record_log_at(const RecordLog *self, int32_t index)
{
    return &self->batches[self->first + index];
}

int64_t record_log_fine_offset(const RecordLog *self)
{
    return self->count > 0 ? record_log_at(self, 0)->base_offset : self->log_end_offset;
}

int32_t record_log_find(const RecordLog *self, int64_t offset)
{
    if (offset >= self->log_end_offset) {
        return self->count;
    }
    int32_t lo = 0;
    int32_t hi = self->count;
    while (lo < hi) {
        int32_t middle = lo + (hi - lo) / 2;
        if (record_batch_last_offset(record_log_at(self, middle)) < offset) {
            lo = middle + 1;
        } else {
            hi = middle;
        }
    }
    return lo;
}

LogCursor record_log_seek(const RecordLog *self, int64_t offset)
{
    LogCursor cursor;
    cursor.log = self;
    if (offset >= record_log_fine_offset(self)) {
        cursor.index = record_log_find(self, offset);
        return cursor;
    }
    cursor.index = -1;
    cursor.segment = MAX(0, log_segments_find(&self->segments, offset));
    cursor.offset = offset;
    return cursor;
}

/* Of a producer's last marker its entry knows the epochs. */
static void mark_epochs(const ProducerEntries *producers, RecordBatch *marker)
{
    const ProducerStateEntry *entry = producer_entries_find(producers, marker->producer_id);
    const BatchMetadata *last = entry != NULL ? producer_entry_last_batch(entry) : NULL;
    marker->producer_epoch = NO_PRODUCER_EPOCH;
    if (entry != NULL && (last == NULL || last->base_offset < marker->base_offset)) {
        marker->producer_epoch = entry->epoch;
        marker->coordinator_epoch = entry->coordinator_epoch;
        bool has_horizon = marker->first_created != marker->last_created;
        marker->last_created = entry->last_timestamp;
        marker->first_created = has_horizon ? marker->first_created : marker->last_created;
    }
}

/* The last batch of a producer is told apart from its neighbours: whoever copies the log is to know
 * the producer. Mirrors: Cleaner.cleanInto, isBatchLastRecordOfProducer. */
static RecordBatch
last_batch_of(const RecordLog *self, const LogSegment *segment, const ProducerStateEntry *entry)
{
    const BatchMetadata *last = producer_entry_last_batch(entry);
    RecordBatch batch = log_segment_stand_in(segment,
                                             &self->epochs,
                                             self->marks,
                                             last->base_offset,
                                             batch_metadata_last_offset(last) + 1);
    batch.producer_id = entry->producer_id;
    batch.producer_epoch = entry->epoch;
    batch.kept_sequence = last->first_sequence;
    batch.last_created = entry->last_timestamp;
    batch.first_created = MIN(batch.first_created, batch.last_created);
    return batch;
}

/* Never into a producer's last batch. */
static RecordBatch slice_at(const RecordLog *self, const LogSegment *segment, int64_t offset)
{
    int64_t limit = INT64_MAX;
    const ProducerStateEntry *entry = producer_entries_next_last_batch(&self->forgotten, offset);
    const BatchMetadata *last = entry != NULL ? producer_entry_last_batch(entry) : NULL;
    if (last != NULL && last->base_offset == offset &&
        batch_metadata_last_offset(last) < segment->merged_to) {
        RecordBatch batch = last_batch_of(self, segment, entry);
        MergedMark mark;
        batch.aborts = merged_marks_find(self->marks, offset, &mark) && mark.first <= offset;
        return batch;
    }
    if (last != NULL && last->base_offset > offset) {
        limit = last->base_offset;
    }
    RecordBatch slice = log_segment_slice(segment, &self->epochs, self->marks, offset, limit);
    if (slice.control) {
        mark_epochs(&self->forgotten, &slice);
    }
    return slice;
}

static const RecordBatch *next_merged(LogCursor *self)
{
    const LogSegments *segments = &self->log->segments;
    for (; self->segment < segments->count; self->segment++) {
        const LogSegment *segment = log_segments_at(segments, self->segment);
        self->offset = MAX(self->offset, segment->base_offset);
        self->offset = merged_marks_skip_gap(self->log->marks, self->offset);
        if (self->offset < segment->merged_to) {
            self->slice = slice_at(self->log, segment, self->offset);
            self->offset = record_batch_last_offset(&self->slice) + 1;
            return &self->slice;
        }
    }
    return NULL;
}

const RecordBatch *log_cursor_next(LogCursor *self)
{
    if (self->index < 0) {
        const RecordBatch *slice = next_merged(self);
        if (slice != NULL) {
            return slice;
        }
        self->index = 0;
    }
    return self->index < self->log->count ? record_log_at(self->log, self->index++) : NULL;
}

/* ---- truncation */

/* Mirrors: UnifiedLog.rebuildProducerState. */
static void replay_producers(RecordLog *self, bool replays)
{
    int64_t from = producer_state_rewind(
        &self->producers, &self->forgotten, record_log_fine_offset(self), self->log_end_offset);
    for (int32_t i = replays ? record_log_find(self, from) : self->count; i < self->count; i++) {
        producer_state_replay(&self->producers, record_log_at(self, i));
    }
    producer_state_snapshot(&self->producers, self->log_end_offset, self->log_start_offset);
}

void record_log_reload(RecordLog *self, bool clean, SimTime now)
{
    if (self->producers.entries.capacity == 0 && self->producers.transactions == NULL) {
        return; /* none ever wrote */
    }
    if (clean) {
        producer_state_snapshot(&self->producers, self->log_end_offset, self->log_start_offset);
    }
    producer_state_drop_verifications(&self->producers);
    producer_state_expire_lazily(&self->producers, now);
    replay_producers(self, true);
    if (!clean) {
        /* LogLoader.recoverSegment has written a snapshot of the log's end, and it is read back. */
        replay_producers(self, true);
    }
    producer_state_on_high_watermark(&self->producers, 0, self->log_start_offset);
}

int64_t record_log_last_stable_offset(const RecordLog *self, int64_t high_watermark)
{
    int64_t unstable = producer_state_first_unstable(&self->producers);
    return unstable == NO_OFFSET ? high_watermark : MIN(unstable, high_watermark);
}

/* The active segment lost its end: when was what is left of it written? */
static void look_at_active_again(RecordLog *self)
{
    LogSegment *active = log_segments_active(&self->segments);
    if (active == NULL) {
        return;
    }
    const RecordBatch *last = self->count > 0 ? record_log_at(self, self->count - 1) : NULL;
    if (active->bytes == 0) {
        active->first_timestamp = NO_TIMESTAMP;
        active->largest_timestamp = NO_TIMESTAMP;
    } else if (last != NULL && last->base_offset >= active->base_offset) {
        active->largest_timestamp = last->last_created;
    } else {
        active->largest_timestamp = active->merged_last;
    }
}

/* Batches from `keep` on go, all of them not merged. */
static void cut_batches(RecordLog *self, int32_t keep)
{
    for (int32_t i = self->count; i-- > keep;) {
        const RecordBatch *batch = record_log_at(self, i);
        LogSegment *active = log_segments_active(&self->segments);
        while (active->base_offset > batch->base_offset) {
            log_segments_drop_last(&self->segments, 1);
            active = log_segments_active(&self->segments);
        }
        active->bytes -= batch->bytes;
        self->bytes -= batch->bytes;
        self->end_position -= batch->bytes;
        self->log_end_offset = batch->base_offset;
    }
    self->count = keep;
}

/* No batch is left that is not merged, and the cut is among those that are. */
static void cut_merged(RecordLog *self, int64_t offset)
{
    LogSegment *last;
    while ((last = log_segments_active(&self->segments)) != NULL && last->base_offset > offset) {
        self->bytes -= last->bytes;
        self->end_position = last->base_position;
        self->log_end_offset = last->base_offset;
        log_segments_drop_last(&self->segments, 1);
    }
    if (last != NULL && offset < last->merged_to) {
        int64_t held = last->merged_bytes;
        log_segment_cut_merged(last, self->marks, offset);
        self->log_end_offset = offset;
        int64_t cut = held - last->merged_bytes;
        last->bytes -= cut;
        self->bytes -= cut;
        self->end_position -= cut;
    }
}

/* Where the last batch of the active segment ends, or the segment begins when it has none. Mirrors:
 * LogSegment.readNextOffset. */
static int64_t read_next_offset(const RecordLog *self)
{
    const LogSegment *active = log_segments_active(&self->segments);
    const RecordBatch *last = self->count > 0 ? record_log_at(self, self->count - 1) : NULL;
    return last != NULL && last->base_offset >= active->base_offset
               ? record_batch_last_offset(last) + 1
               : active->merged_to;
}

/* `exact`: the log ends at `offset` afterwards, even where the batch that held it began before and
 * went whole, or nothing stood (LocalLog.truncateTo leaves such a gap). Else it ends with the last
 * whole batch: what was cleaned away between that and a torn one is no more (LogLoader.recoverLog).
 */
static int64_t truncate_to(RecordLog *self, int64_t offset, bool exact)
{
    if (offset >= self->log_end_offset) {
        /* Nothing to drop, but an epoch in which this replica led and wrote nothing may contradict
         * the leader's (UnifiedLog.truncateTo). */
        leader_epochs_truncate_from_end(&self->epochs, offset);
        return 0;
    }
    int64_t end = self->log_end_offset;
    bool had_producers = !producer_state_is_empty(&self->producers);
    bool among_merged = offset < record_log_fine_offset(self);
    /* An empty log's only segment begins at its end (UnifiedLog.truncateTo). */
    int64_t base =
        self->segments.count > 0 ? log_segments_at(&self->segments, 0)->base_offset : end;
    if (offset < base) {
        int64_t dropped = end - MAX(offset, self->log_start_offset);
        record_log_truncate_fully(self, offset);
        return dropped;
    }
    cut_batches(self, record_log_find(self, offset));
    if (among_merged) {
        cut_merged(self, offset);
    }
    look_at_active_again(self);
    int64_t dropped = end - self->log_end_offset;
    self->log_end_offset = exact ? offset : read_next_offset(self);
    if (among_merged) {
        merged_marks_truncate(self->marks, self->log_end_offset);
        producer_entries_truncate(&self->forgotten, self->log_end_offset);
    }
    self->log_start_offset = MIN(self->log_start_offset, self->log_end_offset);
    self->recovery_point = MIN(self->recovery_point, self->log_end_offset);
    leader_epochs_truncate_from_end(&self->epochs, self->log_end_offset);
    replay_producers(self, had_producers);
    return dropped;
}

int64_t record_log_truncate(RecordLog *self, int64_t offset)
{
    return truncate_to(self, offset, true);
}

void record_log_truncate_fully(RecordLog *self, int64_t offset)
{
    self->first = 0;
    self->count = 0;
    self->bytes = 0;
    self->segments.first = 0;
    self->segments.count = 0;
    self->end_position = 0;
    self->log_start_offset = offset;
    self->log_end_offset = offset;
    self->recovery_point = offset;
    self->epochs.count = 0;
    merged_marks_truncate(self->marks, 0);
    producer_state_reset(&self->producers);
    self->forgotten.count = 0;
}

int64_t record_log_truncate_to_position(RecordLog *self, int64_t position)
{
    int64_t at = self->end_position;
    for (int32_t i = self->count; i-- > 0 && at > position;) {
        at -= record_log_at(self, i)->bytes;
        if (at <= position) {
            return truncate_to(self, record_log_at(self, i)->base_offset, false);
        }
    }
    if (at <= position) {
        return 0;
    }
    int32_t i = self->segments.count - 1;
    if (i < 0) {
        return 0;
    }
    while (i > 0 && log_segments_at(&self->segments, i)->base_position > position) {
        i--;
    }
    const LogSegment *segment = log_segments_at(&self->segments, i);
    int64_t into = CLAMP(position - segment->base_position, 0, segment->merged_bytes);
    int64_t offsets = segment->merged_to - segment->base_offset;
    int64_t kept =
        segment->merged_bytes > 0 ? log_segment_share(offsets, into, segment->merged_bytes) : 0;
    return truncate_to(self, segment->base_offset + kept, false);
}

bool record_log_end_offset_for_epoch(const RecordLog *self, int32_t epoch, EpochEntry *ret_end)
{
    return leader_epochs_end_offset(&self->epochs, epoch, self->log_end_offset, ret_end);
}

int64_t
record_log_truncation_offset(const RecordLog *self, int32_t leader_epoch, int64_t end_offset)
{
    EpochEntry own;
    if (!record_log_end_offset_for_epoch(self, leader_epoch, &own)) {
        return MIN(end_offset, self->log_end_offset);
    }
    int64_t cut = own.epoch == leader_epoch ? MIN(end_offset, own.start_offset) : own.start_offset;
    return MIN(cut, self->log_end_offset);
}
