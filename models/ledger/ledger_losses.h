/* ledger_losses.h - which loss each record belongs to that was acknowledged and is gone.
 *
 * A batch is where a broker put it: its offset, in that leader's epoch. It is lost when somebody
 * begins to lead, in a later epoch, with a log that ends before it, or that goes on in an older
 * epoch where it would be; what was committed is in a note of the invariants for that leader
 * already. So the records of all notes add up to the records that
 * ledger_settle counts as lost. */
#ifndef KAFKASIM_MODELS_LEDGER_LEDGER_LOSSES_H
#define KAFKASIM_MODELS_LEDGER_LEDGER_LOSSES_H
#include "models/ledger/ledger.h"
#include "models/ledger/loss_note.h"

/* acks of a producer's entry of the spec; without it all (-1). */
void ledger_set_acks(Ledger *self, int32_t producer, int32_t acks);

/* What a broker did with a batch: took it, or had it already, or refused it. */
typedef struct BatchArrival {
    SimTime at;
    int64_t base_offset;
    int32_t broker;
    int32_t leader_epoch;
    KafkaError error;
} BatchArrival;
void ledger_batch_arrived(Ledger *self, uint32_t batch, const BatchArrival *arrival);

/* A replica begins to lead, with a log that ends at `log_end` with a record of `last_epoch`. */
typedef struct LeaderStart {
    SimTime at;
    int64_t log_end;
    int32_t partition;
    int32_t broker; /* -1: the topic is deleted */
    int32_t leader_epoch;
    int32_t last_epoch;
    bool unclean;   /* or the last known leader */
    uint32_t cause; /* the event that did it */
} LeaderStart;
void ledger_leader_starts(Ledger *self, const LeaderStart *start);
/* A broker's disk, or the cache above it, lost records: LOSS_NEW_DISK, LOSS_POWER_CUT. */
void ledger_disk_lost(Ledger *self, int32_t broker, LossReason how, SimTime at);

/* After ledger_settle: all losses in the order of their moments. `committed`: those that the
 * invariants have noted. Owned by the ledger. */
const LossNote *ledger_list_losses(
    Ledger *self, const LossNote *committed, int32_t count, SimTime now, int32_t *ret_count);

#endif
