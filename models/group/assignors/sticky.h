/* sticky.h - what the halves of the sticky assignors share.
 *
 * All partitions of all subscribed topics stand in one row of slots: topics in the order of the
 * half that works (constrained: by name; general: fewest subscribers first), then numbers. */
#ifndef KAFKASIM_MODELS_GROUP_ASSIGNORS_STICKY_H
#define KAFKASIM_MODELS_GROUP_ASSIGNORS_STICKY_H
#include "models/group/assignors/assignor.h"

typedef struct StickySlot {
    int32_t topic;
    int32_t number;
    int32_t owner;      /* who had it by a claim that stands; later: who gets it */
    int32_t claimed_by; /* who claimed it last in S0 */
    uint64_t racks;
    bool is_doubly_claimed;
    bool is_withheld; /* cooperative: first its owner must give it up */
} StickySlot;

typedef struct Sticky {
    const AssignorInput *input;
    AssignorSubscribers subscribers;
    int32_t *java_order; /* of members */
    int32_t *topics;     /* those with partitions and subscribers, in order */
    int32_t topic_count;
    int32_t *first_slot; /* of each topic of the input */
    StickySlot *slots;
    int32_t total;
    int32_t *count; /* of each member: slots that it has by now */
    int32_t max_generation;
    bool uses_racks;
} Sticky;

/* Where a partition stands, or ASSIGNOR_NOBODY. */
int32_t sticky_slot_of(const Sticky *self, int32_t partition);
/* Is there rack-aware assignment, and does the member stand elsewhere? */
bool sticky_racks_mismatch(const Sticky *self, int32_t member, const StickySlot *slot);

/* sticky_constrained.c: all subscribe to the same. */
void sticky_assign_constrained(Sticky *self);
/* sticky_general.c: not all do. */
void sticky_assign_general(Sticky *self);

#endif
