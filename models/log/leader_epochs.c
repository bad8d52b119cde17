/* leader_epochs.c - see the header. Mirrors: LeaderEpochFileCache. */
#include "models/log/leader_epochs.h"
#include <string.h>

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

bool leader_epochs_assign(LeaderEpochs *self, int32_t epoch, int64_t start_offset)
{
    if (epoch < 0 || start_offset < 0) {
        return false;
    }
    if (self->count > 0 && leader_epochs_latest(self) == epoch &&
        self->entries[self->count - 1].start_offset <= start_offset) {
        return true;
    }
    while (self->count > 0 && (self->entries[self->count - 1].epoch >= epoch ||
                               self->entries[self->count - 1].start_offset >= start_offset)) {
        self->count--;
    }
    append_entry(self, epoch, start_offset);
    return true;
}

/* How many entries have an epoch <= this one. Few entries, and the asked one is mostly new. */
static int32_t count_up_to(const LeaderEpochs *self, int32_t epoch)
{
    int32_t count = self->count;
    while (count > 0 && self->entries[count - 1].epoch > epoch) {
        count--;
    }
    return count;
}

int32_t leader_epochs_previous(const LeaderEpochs *self, int32_t epoch)
{
    int32_t count = count_up_to(self, epoch);
    if (count > 0 && self->entries[count - 1].epoch == epoch) {
        count--;
    }
    return count > 0 ? self->entries[count - 1].epoch : NO_EPOCH;
}

int32_t leader_epochs_next(const LeaderEpochs *self, int32_t epoch)
{
    int32_t count = count_up_to(self, epoch);
    return count < self->count ? self->entries[count].epoch : NO_EPOCH;
}

int32_t leader_epochs_for_offset(const LeaderEpochs *self, int64_t offset)
{
    int32_t count = self->count;
    while (count > 0 && self->entries[count - 1].start_offset > offset) {
        count--;
    }
    return count > 0 ? self->entries[count - 1].epoch : NO_EPOCH;
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
    int32_t higher = count_up_to(self, epoch); /* there is one */
    int32_t found = higher == 0 ? epoch : self->entries[higher - 1].epoch;
    *ret_end = (EpochEntry){found, self->entries[higher].start_offset};
    return true;
}

void leader_epochs_truncate_from_end(LeaderEpochs *self, int64_t offset)
{
    while (offset >= 0 && self->count > 0 &&
           self->entries[self->count - 1].start_offset >= offset) {
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
    self->count -= covers;
    memmove(self->entries, self->entries + covers, sizeof(EpochEntry) * (size_t)self->count);
    self->entries[0].start_offset = offset;
}
