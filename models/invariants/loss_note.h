/* loss_note.h - committed records that are gone, and why: what the invariants hand to the report.
 *
 * Only documented losses: any other is a broken invariant. */
#ifndef KAFKASIM_MODELS_INVARIANTS_LOSS_NOTE_H
#define KAFKASIM_MODELS_INVARIANTS_LOSS_NOTE_H
#include "sim/kernel/kernel.h"
#include <stdbool.h>
#include <stdint.h>

typedef enum LossReason {
    LOSS_OTHER,
    LOSS_UNCLEAN_ELECTION,
    LOSS_NEW_DISK,  /* a replica came back with an empty log directory */
    LOSS_POWER_CUT, /* with what had been written to the disk by then */
    LOSS_CUT,       /* a replica cut its log at its own high watermark: before KIP-101 */
    LOSS_HISTORY,   /* replicas mixed two histories: before KIP-279, 320, KAFKA-15583 */
} LossReason;

typedef struct LossNote {
    SimTime at;
    int32_t partition;
    int32_t leader; /* that leads without them; -1: seen at the end only */
    int32_t leader_epoch;
    int64_t from; /* offsets from..to-1 */
    int64_t to;
    LossReason reason;
    bool last_known; /* the leader was elected as the last one known, of an empty ISR and ELR */
    int32_t broker;  /* whose log lost them, -1 */
    SimTime since;   /* when it did */
    uint32_t cause;  /* the event in whose handling it was seen */
} LossNote;

#endif
