/* leader_epochs.c - see the header. Mirrors: LeaderEpochFileCache. */
#include "models/log/leader_epochs.h"

void leader_epochs_init(LeaderEpochs *self)
{
    *self = (LeaderEpochs){0};
}

void leader_epochs_clear(LeaderEpochs *self)
{
    g_free(self->entries);
    *self = (LeaderEpochs){0};
}

int32_t leader_epochs_latest(const LeaderEpochs *self)
{
    return self->count > 0 ? self->entries[self->count - 1].epoch : NO_EPOCH;
}

static void append_entry(LeaderEpochs *self, int32_t epoch, int64_t start_offset)
{
    if (self->count == self->capacity) {
        self->capacity = self->capacity == 0 ? 4 : self->capacity * 2;
        self->entries = g_renew(EpochEntry, self->entries, (gsize)self->capacity);
    }
    self->entries[self->count++] = (EpochEntry){epoch, start_offset};
}

void leader_epochs_assign(LeaderEpochs *self, int32_t epoch, int64_t start_offset)
{
    if (epoch < 0 || (self->count > 0 && leader_epochs_latest(self) == epoch &&
                      self->entries[self->count - 1].start_offset <= start_offset)) {
        return;
    }
    while (self->count > 0 && (self->entries[self->count - 1].epoch >= epoch ||
                               self->entries[self->count - 1].start_offset >= start_offset)) {
        self->count--;
    }
    append_entry(self, epoch, start_offset);
}

bool leader_epochs_end_offset(const LeaderEpochs *self,
                              int32_t epoch,
                              int64_t log_end_offset,
                              EpochEntry *ret_end)
{
    int32_t latest = leader_epochs_latest(self);
    if (epoch == NO_EPOCH || latest == NO_EPOCH || epoch > latest) {
        return false;
    }
    if (epoch == latest) {
        *ret_end = (EpochEntry){latest, log_end_offset};
        return true;
    }
    int32_t higher = 0; /* the first entry with a larger epoch; there is one */
    while (self->entries[higher].epoch <= epoch) {
        higher++;
    }
    int32_t found = higher == 0 ? epoch : self->entries[higher - 1].epoch;
    *ret_end = (EpochEntry){found, self->entries[higher].start_offset};
    return true;
}

void leader_epochs_truncate_from_end(LeaderEpochs *self, int64_t offset)
{
    while (self->count > 0 && self->entries[self->count - 1].start_offset >= offset) {
        self->count--;
    }
}

void leader_epochs_truncate_from_start(LeaderEpochs *self, int64_t offset)
{
    int32_t covers = -1;
    for (int32_t i = 0; i < self->count && self->entries[i].start_offset <= offset; i++) {
        covers = i;
    }
    if (covers < 0) {
        return;
    }
    for (int32_t i = covers; i < self->count; i++) {
        self->entries[i - covers] = self->entries[i];
    }
    self->count -= covers;
    self->entries[0].start_offset = MAX(self->entries[0].start_offset, offset);
}
