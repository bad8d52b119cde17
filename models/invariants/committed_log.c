/* committed_log.c - see the header. */
#include "models/invariants/committed_log.h"

#define RING_CAPACITY_FIRST 16u
#define RING_CAPACITY_MAX   16384u /* batches of a partition; older ones are not checked any more */

void committed_log_init(CommittedLog *self)
{
    *self = (CommittedLog){0};
}

void committed_log_clear(CommittedLog *self)
{
    g_free(self->ring);
    *self = (CommittedLog){0};
}

static CommittedBatch *at(const CommittedLog *self, uint32_t index)
{
    return &self->ring[(self->first + index) & (self->capacity - 1)];
}

static int64_t next_offset(const CommittedBatch *batch)
{
    return batch->base_offset + batch->count;
}

uint64_t committed_identity(const RecordBatch *batch)
{
    uint64_t mixed = (uint64_t)batch->payload << 32 | batch->ledger;
    mixed = (mixed ^ (uint64_t)batch->first_created) * UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ (uint64_t)batch->producer_id) * UINT64_C(0xd1342543de82ef95);
    return mixed ^ (uint64_t)(uint32_t)batch->base_sequence;
}

static void grow(CommittedLog *self)
{
    uint32_t capacity = self->capacity == 0 ? RING_CAPACITY_FIRST : self->capacity * 2;
    CommittedBatch *ring = g_new(CommittedBatch, capacity);
    for (uint32_t i = 0; i < self->count; i++) {
        ring[i] = *at(self, i);
    }
    g_free(self->ring);
    self->ring = ring;
    self->capacity = capacity;
    self->first = 0;
}

static void drop_first(CommittedLog *self)
{
    self->start_offset = next_offset(at(self, 0));
    self->first++;
    self->count--;
}

/* Where `offset` is, or where it would come. What is asked for is mostly among the last. */
static int32_t find_in_log(const RecordLog *log, int64_t offset)
{
    int32_t index = log->count;
    for (int32_t steps = 0; steps < 8 && index > 0; steps++) {
        if (record_batch_last_offset(record_log_at(log, index - 1)) < offset) {
            return index;
        }
        index--;
    }
    return index == 0 ? 0 : record_log_find(log, offset);
}

void committed_log_append(CommittedLog *self, const RecordBatch *batch)
{
    if (self->count == RING_CAPACITY_MAX) {
        drop_first(self);
    } else if (self->count == self->capacity) {
        grow(self);
    }
    if (self->count == 0) {
        self->start_offset = batch->base_offset;
    }
    self->count++;
    *at(self, self->count - 1) = (CommittedBatch){
        .base_offset = batch->base_offset,
        .identity = committed_identity(batch),
        .leader_epoch = batch->leader_epoch,
        .count = batch->count,
    };
    self->end_offset = record_batch_last_offset(batch) + 1;
}

void committed_log_extend(CommittedLog *self, const RecordLog *log, int64_t to)
{
    for (int32_t i = find_in_log(log, self->end_offset); i < log->count; i++) {
        const RecordBatch *batch = record_log_at(log, i);
        if (record_batch_last_offset(batch) >= to) {
            break;
        }
        committed_log_append(self, batch);
    }
    self->end_offset = MAX(self->end_offset, to);
}

/* Index of the first batch that ends after `offset`. */
static uint32_t find(const CommittedLog *self, int64_t offset)
{
    uint32_t low = 0;
    uint32_t high = self->count;
    if (high > 0 && offset >= at(self, high - 1)->base_offset) { /* mostly the last one */
        low = high - 1;
    }
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (next_offset(at(self, middle)) <= offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_same(const CommittedBatch *committed, const RecordBatch *batch)
{
    return committed->base_offset == batch->base_offset &&
           committed->leader_epoch == batch->leader_epoch && committed->count == batch->count &&
           committed->identity == committed_identity(batch);
}

/* With gaps: what is there must stand where it was committed, in its epoch. */
static bool fits(const CommittedBatch *committed, const RecordBatch *batch)
{
    return committed->leader_epoch == batch->leader_epoch &&
           committed->base_offset <= batch->base_offset &&
           next_offset(committed) > record_batch_last_offset(batch);
}

static int64_t
compare_with_gaps(const CommittedLog *self, const RecordLog *log, int64_t from, int64_t to)
{
    for (int32_t i = record_log_find(log, from); i < log->count; i++) {
        const RecordBatch *batch = record_log_at(log, i);
        if (batch->base_offset >= to) {
            return to;
        }
        uint32_t k = find(self, batch->base_offset);
        if (batch->base_offset >= self->start_offset && !batch->merged &&
            (k == self->count || !fits(at(self, k), batch))) {
            return batch->base_offset;
        }
    }
    return MIN(to, log->log_end_offset);
}

static int64_t
compare_whole(const CommittedLog *self, const RecordLog *log, int64_t start, int64_t to)
{
    int32_t i = find_in_log(log, start);
    for (uint32_t k = find(self, start); k < self->count; k++) {
        const CommittedBatch *committed = at(self, k);
        if (committed->base_offset >= to) {
            return to;
        }
        while (i < log->count && record_log_at(log, i)->merged &&
               record_batch_last_offset(record_log_at(log, i)) < committed->base_offset) {
            i++;
        }
        if (i >= log->count) {
            return MAX(start, committed->base_offset);
        }
        if (record_log_at(log, i)->merged) {
            continue; /* it stands in for this one and its neighbours */
        }
        if (!is_same(committed, record_log_at(log, i))) {
            return MAX(start, committed->base_offset);
        }
        i++;
    }
    return MIN(to, MAX(log->log_end_offset, start));
}

static int64_t compare(
    const CommittedLog *self, const RecordLog *log, int64_t from, int64_t to, int64_t cleaned_to)
{
    int64_t start = MAX(from, MAX(self->start_offset, log->log_start_offset));
    start = MAX(start, record_log_fine_offset(log)); /* what it has merged was compared before */
    const int64_t until = MIN(to, cleaned_to);
    if (start < until) {
        int64_t agrees = compare_with_gaps(self, log, start, until);
        if (agrees < until) {
            return agrees;
        }
        start = until;
    }
    return start < to ? compare_whole(self, log, start, to) : to;
}

/* What is not remembered any more is not compared, but must be there. */
int64_t committed_log_compare(
    const CommittedLog *self, const RecordLog *log, int64_t from, int64_t to, int64_t cleaned_to)
{
    return MIN(log->log_end_offset, compare(self, log, from, to, cleaned_to));
}

bool committed_log_is_gap(const RecordLog *log, int64_t from, int64_t to)
{
    LogCursor cursor = record_log_seek(log, from);
    const RecordBatch *next = log_cursor_next(&cursor);
    return next != NULL ? next->base_offset >= to : log->log_end_offset >= to;
}

int64_t committed_log_gaps_to(const RecordLog *log, int64_t cleaned_to)
{
    const int32_t i = log_segments_find(&log->segments, cleaned_to - 1);
    const LogSegment *last = i >= 0 ? log_segments_at(&log->segments, i) : NULL;
    return last == NULL || log_segment_is_dense(last) ? cleaned_to
                                                      : MAX(cleaned_to, last->merged_to);
}

int64_t committed_log_compare_epochs(
    const CommittedLog *self, const RecordLog *log, int64_t from, int64_t to, int64_t cleaned_to)
{
    int64_t start = MAX(from, MAX(self->start_offset, log->log_start_offset));
    for (uint32_t k = find(self, start); k < self->count; k++) {
        const CommittedBatch *committed = at(self, k);
        if (committed->base_offset >= MIN(to, log->log_end_offset)) {
            break;
        }
        int32_t epoch = leader_epochs_for_offset(&log->epochs, committed->base_offset);
        if (epoch != committed->leader_epoch &&
            !(next_offset(committed) <= cleaned_to &&
              committed_log_is_gap(log, committed->base_offset, next_offset(committed)))) {
            return MAX(start, committed->base_offset);
        }
    }
    return to;
}

bool committed_log_agrees(const CommittedLog *self, const RecordBatch *batch, int64_t cleaned_to)
{
    if (batch->base_offset < self->start_offset || batch->merged) {
        return true; /* what is merged has no identity of its own */
    }
    uint32_t k = find(self, batch->base_offset);
    const bool cleaned = batch->base_offset < cleaned_to;
    return k < self->count && (cleaned ? fits(at(self, k), batch) : is_same(at(self, k), batch));
}

int32_t committed_log_epoch_at(const CommittedLog *self, int64_t offset)
{
    uint32_t k = find(self, offset);
    return k < self->count && at(self, k)->base_offset <= offset ? at(self, k)->leader_epoch : -1;
}

void committed_log_truncate(CommittedLog *self, int64_t offset)
{
    while (self->count > 0 && next_offset(at(self, self->count - 1)) > offset) {
        self->count--;
    }
    self->end_offset = MIN(self->end_offset, offset);
    self->start_offset = MIN(self->start_offset, offset);
}

void committed_log_forget(CommittedLog *self, int64_t offset)
{
    while (self->count > 0 && next_offset(at(self, 0)) <= offset) {
        drop_first(self);
    }
}
