/* ledger_batches.h - the batches whose fate is still open, by id; this folder's own.
 *
 * Ids are given in order of sending and most batches settle in about that order, so they live in
 * chunks that are recycled when the last of them has gone. What stays behind in an old chunk moves
 * to a short sorted list: memory follows the open batches, not the length of the run. */
#ifndef KAFKASIM_MODELS_LEDGER_LEDGER_BATCHES_H
#define KAFKASIM_MODELS_LEDGER_LEDGER_BATCHES_H
#include "models/ledger/ledger_losses.h"
#include <glib.h>

typedef enum BatchFate { FATE_UNKNOWN, FATE_ACKED, FATE_FAILED, FATE_FORGOTTEN } BatchFate;

typedef struct LedgerBatch {
    SimTime first_created;
    SimTime last_created;
    int32_t producer;
    int32_t partition;
    int32_t count;
    int32_t bytes;
    uint32_t sender;
    uint16_t seen; /* times in the log so far */
    uint8_t fate;
    bool retried;   /* a second copy may come late */
    bool abandoned; /* its sender died: nobody waits for the answer */
    bool deleted;   /* with its topic: that log is no more */
    bool settled;   /* its place in the log is below what no fault takes away */
    bool received;  /* by a broker: */
    BatchArrival arrival;
    SimTime acked_at;
} LedgerBatch;

typedef struct LedgerBatches {
    GPtrArray *chunks;   /* BatchChunk*, by (id - 1) / size; NULL = gone */
    GPtrArray *spare;    /* BatchChunk* */
    GArray *left_behind; /* LeftBehind, ascending ids */
    uint32_t count;      /* ids given so far */
    int64_t open;        /* not forgotten */
} LedgerBatches;

void ledger_batches_init(LedgerBatches *self);
void ledger_batches_clear(LedgerBatches *self);
uint32_t ledger_batches_add(LedgerBatches *self, const LedgerBatch *batch);
/* NULL: never given, or forgotten. Valid until the next add or forget. */
LedgerBatch *ledger_batches_find(const LedgerBatches *self, uint32_t id);
void ledger_batches_forget(LedgerBatches *self, uint32_t id);
/* Calls visit for each open batch. */
void ledger_batches_each(const LedgerBatches *self,
                         void (*visit)(void *user, uint32_t id, LedgerBatch *batch),
                         void *user);

#endif
