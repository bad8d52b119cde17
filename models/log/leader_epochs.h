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
/* A batch of `epoch` stands at start_offset: remembered when it is newer than the latest; entries
 * that contradict it are dropped. */
void leader_epochs_assign(LeaderEpochs *self, int32_t epoch, int64_t start_offset);
/* NO_EPOCH when empty. */
int32_t leader_epochs_latest(const LeaderEpochs *self);
/* The largest known epoch <= asked, and where it ends (log_end_offset for the latest). False when
 * undefined: nothing known, or asked is newer than the latest. An epoch older than all answers
 * itself and the first start. */
bool leader_epochs_end_offset(const LeaderEpochs *self,
                              int32_t epoch,
                              int64_t log_end_offset,
                              EpochEntry *ret_end);
/* Drops entries that start at or after `offset`. */
void leader_epochs_truncate_from_end(LeaderEpochs *self, int64_t offset);
/* The log now starts at `offset`: older entries go, the one that covers it starts there. */
void leader_epochs_truncate_from_start(LeaderEpochs *self, int64_t offset);

#endif
