/* record_log.c - see the header. Mirrors: UnifiedLog, AbstractFetcherThread's truncation. */
#include "models/log/record_log.h"
#include <string.h>

void record_log_init(RecordLog *self)
{
    *self = (RecordLog){0};
    leader_epochs_init(&self->epochs);
    producer_state_init(&self->producers);
}

void record_log_clear(RecordLog *self)
{
    g_free(self->batches);
    leader_epochs_clear(&self->epochs);
    producer_state_clear(&self->producers);
    *self = (RecordLog){0};
}

static RecordBatch *push(RecordLog *self, const RecordBatch *batch)
{
    if (self->first + self->count == self->capacity) {
        if (self->first > self->capacity / 2) {
            memmove(self->batches,
                    self->batches + self->first,
                    sizeof(RecordBatch) * (size_t)self->count);
            self->first = 0;
        } else {
            self->capacity = self->capacity == 0 ? 16 : self->capacity * 2;
            self->batches = g_renew(RecordBatch, self->batches, (gsize)self->capacity);
        }
    }
    RecordBatch *slot = &self->batches[self->first + self->count++];
    *slot = *batch;
    self->log_end_offset = record_batch_last_offset(slot) + 1;
    self->bytes += slot->bytes;
    leader_epochs_assign(&self->epochs, slot->leader_epoch, slot->base_offset);
    producer_state_update(&self->producers, slot);
    return slot;
}

void record_log_append_as_leader(RecordLog *self, RecordBatch *batch, int32_t leader_epoch)
{
    batch->base_offset = self->log_end_offset;
    batch->leader_epoch = leader_epoch;
    push(self, batch);
}

void record_log_append_as_follower(RecordLog *self, const RecordBatch *batch)
{
    push(self, batch);
}

const RecordBatch *record_log_at(const RecordLog *self, int32_t index)
{
    return &self->batches[self->first + index];
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

static void rebuild_producers(RecordLog *self)
{
    producer_state_reset(&self->producers);
    for (int32_t i = 0; i < self->count; i++) {
        producer_state_update(&self->producers, record_log_at(self, i));
    }
}

int64_t record_log_truncate(RecordLog *self, int64_t offset)
{
    if (offset >= self->log_end_offset) {
        /* Nothing to drop, but an epoch in which this replica led and wrote nothing may contradict
         * the leader's (UnifiedLog.truncateTo). */
        leader_epochs_truncate_from_end(&self->epochs, offset);
        return 0;
    }
    int32_t keep = record_log_find(self, offset);
    int64_t end = keep < self->count ? record_log_at(self, keep)->base_offset : offset;
    int64_t dropped = self->log_end_offset - end;
    for (int32_t i = keep; i < self->count; i++) {
        self->bytes -= record_log_at(self, i)->bytes;
    }
    self->count = keep;
    self->log_end_offset = end;
    leader_epochs_truncate_from_end(&self->epochs, end);
    rebuild_producers(self);
    return dropped;
}

void record_log_truncate_fully(RecordLog *self, int64_t offset)
{
    self->first = 0;
    self->count = 0;
    self->bytes = 0;
    self->log_start_offset = offset;
    self->log_end_offset = offset;
    self->epochs.count = 0;
    producer_state_reset(&self->producers);
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
