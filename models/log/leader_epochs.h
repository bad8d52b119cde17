/* leader_epochs.h - which leader epoch began at which offset of a log.
 *
 * Mirrors: LeaderEpochFileCache (KIP-101, KIP-279; server.md 2.6). Entries ascend in epoch and
 * in start offset. */
#ifndef KAFKASIM_MODELS_LOG_LEADER_EPOCHS_H
#define KAFKASIM_MODELS_LOG_LEADER_EPOCHS_H
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define NO_EPOCH (-1)

typedef struct EpochEntry {
    int32_t epoch;
    int64_t start_offset;
} EpochEntry;

/* Embedded; entries are owned. */
typedef struct LeaderEpochs {
    EpochEntry *entries;
    int32_t count;
    int32_t capacity;
} LeaderEpochs;

void leader_epochs_init(LeaderEpochs *self);
void leader_epochs_clear(LeaderEpochs *self);
/* A batch of `epoch` stands at start_offset: remembered when its epoch is not the latest's, or
 * begins earlier than was known; entries at the end that contradict it are dropped. False, and
 * nothing happens, when either is negative (Kafka throws). */
bool leader_epochs_assign(LeaderEpochs *self, int32_t epoch, int64_t start_offset);
/* NO_EPOCH when empty. */
int32_t leader_epochs_latest(const LeaderEpochs *self);
/* The nearest known epoch below, or above, this one; NO_EPOCH when there is none. */
int32_t leader_epochs_previous(const LeaderEpochs *self, int32_t epoch);
int32_t leader_epochs_next(const LeaderEpochs *self, int32_t epoch);
/* In which epoch the record at `offset` was written; NO_EPOCH when that is not known. */
int32_t leader_epochs_for_offset(const LeaderEpochs *self, int64_t offset);
/* The largest known epoch <= asked, and where it ends (log_end_offset for the latest). False when
 * undefined: nothing known, or asked is newer than the latest. An epoch older than all answers
 * itself and the first start. */
bool leader_epochs_end_offset(const LeaderEpochs *self,
                              int32_t epoch,
                              int64_t log_end_offset,
                              EpochEntry *ret_end);
/* Drops entries that start at or after `offset` (a negative one drops nothing). */
void leader_epochs_truncate_from_end(LeaderEpochs *self, int64_t offset);
/* The log now starts at `offset`: older entries go, the one that covers it starts there. */
void leader_epochs_truncate_from_start(LeaderEpochs *self, int64_t offset);

#endif
