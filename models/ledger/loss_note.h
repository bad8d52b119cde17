/* loss_note.h - records that are gone, and why: one moment of one partition.
 *
 * Committed records are noted by the invariants: only documented losses, any other one is a broken
 * invariant. The ledger (ledger_losses.h) adds what was acknowledged and never committed, and what
 * was sent with acks=0. */
#ifndef KAFKASIM_MODELS_LEDGER_LOSS_NOTE_H
#define KAFKASIM_MODELS_LEDGER_LOSS_NOTE_H
#include "sim/kernel/kernel.h"
#include <stdbool.h>
#include <stdint.h>

typedef enum LossReason {
    LOSS_OTHER,
    LOSS_UNCLEAN_ELECTION,
    LOSS_NEW_DISK,     /* a replica came back with an empty log directory */
    LOSS_POWER_CUT,    /* with what had been written to the disk by then */
    LOSS_CUT,          /* a replica cut its log at its own high watermark: before KIP-101 */
    LOSS_HISTORY,      /* replicas mixed two histories: before KIP-279, 320, KAFKA-15583 */
    LOSS_CANCELLED,    /* ZooKeeper: a cancelled reassignment deleted the last replica in sync */
    LOSS_UNREPLICATED, /* acks=1 or 0: who led took them, and no follower had them by then */
    LOSS_DELETED,      /* taken by who had not heard yet that their topic is deleted */
    LOSS_UNRECEIVED,   /* acks=0: no broker has handled them */
    LOSS_REFUSED,      /* acks=0: one did, and said no */
} LossReason;

typedef struct LossNote {
    SimTime at;    /* when they are gone: by then who leads without them does so, and they are
                      acknowledged */
    SimTime until; /* the last of them */
    int32_t partition;
    int32_t leader; /* that leads without them; -1: nobody does */
    int32_t leader_epoch;
    int64_t from; /* offsets from..to-1; both -1: they never had any */
    int64_t to;
    /* Those that were acknowledged, or sent with acks=0 when they are `unheard`. Not more than the
     * offsets: markers, records whose answer did not come, internal topics. */
    int64_t records;
    bool unheard;
    bool committed;
    bool late; /* taken by a leader that did not know yet that it led no longer */
    LossReason reason;
    bool last_known; /* the leader was elected as the last one known, of an empty ISR and ELR */
    int32_t broker;  /* whose log lost them, or alone had them; -1 */
    SimTime since;   /* when a disk or a cut did it; 0 */
    uint32_t cause;  /* the event in whose handling it was seen */
} LossNote;

#endif
