/* sticky_balance.h - the balancing half of the general sticky algorithm. */
#ifndef KAFKASIM_MODELS_GROUP_ASSIGNORS_STICKY_BALANCE_H
#define KAFKASIM_MODELS_GROUP_ASSIGNORS_STICKY_BALANCE_H
#include "models/group/assignors/sticky_movements.h"

typedef struct StickyBalance {
    Sticky *sticky;
    StickyMovements *movements;
    int32_t *rank;                /* of members, by id */
    int32_t *previous;            /* of each slot: its owner in an older generation */
    int32_t *previous_generation; /* which one */
    bool *takes_part;             /* of each member */
    bool is_revocation_required;
    GArray *unassigned; /* of int32_t: slots without an owner at first */
    GArray *movable;    /* of int32_t: slots of topics with several subscribers */
    uint64_t version;   /* counts changes of loads */
    uint64_t *least_version;
    int32_t *least; /* of each topic: the least loaded subscriber at least_version */
    uint64_t balanced_version;
    bool was_balanced;
    int32_t witness; /* place of a topic that was out of balance */
} StickyBalance;

void sticky_balance_init(StickyBalance *self, Sticky *sticky);
void sticky_balance_clear(StickyBalance *self);
/* The subscriber with fewest partitions, by id among equals; with `near`, in that slot's racks. */
int32_t sticky_balance_least(StickyBalance *self, int32_t topic, const StickySlot *near);
/* Moves slots of this list until nothing improves; true when anything moved. */
bool sticky_balance_run(StickyBalance *self, const GArray *slots);

#endif
