/* current_assignment.h - one step of a member from what it has towards what it shall have.
 *
 *     Stable --new target, nothing to revoke--> Stable, or UnreleasedPartitions
 *     Stable --new target takes partitions away--> UnrevokedPartitions
 *     UnrevokedPartitions --a heartbeat without them--> the next step, whatever it is by now
 *     UnreleasedPartitions --others have let go--> Stable
 *
 * Pure: reads the member's state, its target and who holds what; gives the new state. A revocation
 * is never cancelled by a newer target.
 *
 * Mirrors: CurrentAssignmentBuilder, MemberState, ConsumerGroupCurrentMemberAssignmentValue
 * (KIP-848; clients.md §5.1 H3). */
#ifndef KAFKASIM_MODELS_GROUP_MODERN_CURRENT_ASSIGNMENT_H
#define KAFKASIM_MODELS_GROUP_MODERN_CURRENT_ASSIGNMENT_H
#include "models/group/modern/partition_set.h"
#include "models/protocol/kafka_error.h"

typedef enum ModernMemberState {
    MODERN_MEMBER_STABLE,
    MODERN_MEMBER_UNREVOKED_PARTITIONS,
    MODERN_MEMBER_UNRELEASED_PARTITIONS,
    MODERN_MEMBER_UNKNOWN, /* written by a later version */
} ModernMemberState;
const char *modern_member_state_name(ModernMemberState state); /* "UNREVOKED_PARTITIONS" */

/* The two sets are never NULL. */
typedef struct CurrentAssignment {
    ModernMemberState state;
    int32_t epoch;
    int32_t previous_epoch;
    PartitionSet *assigned;
    PartitionSet *pending_revocation;
} CurrentAssignment;
void current_assignment_init(CurrentAssignment *self); /* Stable, epoch 0, nothing */
void current_assignment_copy(CurrentAssignment *self, const CurrentAssignment *from);
void current_assignment_clear(CurrentAssignment *self);
bool current_assignment_equal(const CurrentAssignment *a, const CurrentAssignment *b);
bool current_assignment_is_reconciled_to(const CurrentAssignment *self, int32_t target_epoch);

/* The epoch under which somebody of the group holds the partition, or is still to revoke it; -1
 * when it is free. */
typedef int32_t (*PartitionEpochOf)(const void *owner, int32_t partition);

typedef struct ReconciliationInput {
    const CurrentAssignment *current;
    int32_t target_epoch;
    const PartitionSet *target;
    const PartitionSet *owned; /* as this heartbeat says; NULL: it does not say */
    PartitionEpochOf partition_epoch;
    const void *owner;
} ReconciliationInput;

/* The next state into `ret_next` (initialised, to be cleared). FENCED_MEMBER_EPOCH: the member's
 * state is not known, it must join anew; `ret_next` is a copy then. */
KafkaError current_assignment_next(const ReconciliationInput *input, CurrentAssignment *ret_next);

#endif
