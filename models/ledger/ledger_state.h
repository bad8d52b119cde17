/* ledger_state.h - the ledger's insides, shared by its own files. */
#ifndef KAFKASIM_MODELS_LEDGER_LEDGER_STATE_H
#define KAFKASIM_MODELS_LEDGER_LEDGER_STATE_H
#include "models/ledger/group_account.h"
#include "models/ledger/ledger_batches.h"

typedef struct AckGap {
    SimTime last_ack;   /* -1: never */
    SimTime from;       /* of the longest */
    SimTime ack_before; /* the last before it */
    SimDuration longest;
} AckGap;

struct Ledger {
    SimTime warmup;
    LedgerBatches batches;
    int32_t producer_count;
    int32_t group_count;
    LedgerProducer *producers;
    LedgerGroup *groups;
    GArray *gaps;      /* AckGap by partition */
    GArray **own_gaps; /* by producer: AckGap by partition */
    GArray **accounts; /* by group: GroupAccount by partition */
    GArray **settled;  /* by producer: int64_t records by partition, accounted for while running */
    GHashTable *highest;   /* (sender, partition) -> highest id seen in the log; look-up only */
    GHashTable *created;   /* batch id -> GArray of SimTime; look-up only */
    GHashTable *origins;   /* batch id -> GArray of RecordOrigin; look-up only */
    GArray *placed;        /* PlacedBatches by partition */
    GArray **sources;      /* by group: SourceAccount by partition */
    GHashTable *labels;    /* batch id -> GPtrArray of labels; look-up only */
    struct LossBook *book; /* ledger_losses.c */
};

static inline bool ledger_is_lost(const LedgerBatch *batch)
{
    return batch->fate == FATE_ACKED && batch->seen == 0;
}

/* ledger_origins.c */
void ledger_origins_init(Ledger *self);
void ledger_origins_free(Ledger *self);
/* ledger_losses.c */
void ledger_losses_init(Ledger *self);
void ledger_losses_free(Ledger *self);
/* Of a producer's array in `settled`. */
int64_t *ledger_settled_of(GArray *settled, int32_t partition);

#endif
