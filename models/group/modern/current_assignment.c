/* current_assignment.c - see current_assignment.h. */
#include "models/group/modern/current_assignment.h"

const char *modern_member_state_name(ModernMemberState state)
{
    switch (state) {
    case MODERN_MEMBER_STABLE:
        return "STABLE";
    case MODERN_MEMBER_UNREVOKED_PARTITIONS:
        return "UNREVOKED_PARTITIONS";
    case MODERN_MEMBER_UNRELEASED_PARTITIONS:
        return "UNRELEASED_PARTITIONS";
    case MODERN_MEMBER_UNKNOWN:
        break;
    }
    return "UNKNOWN";
}

void current_assignment_init(CurrentAssignment *self)
{
    *self = (CurrentAssignment){
        .state = MODERN_MEMBER_STABLE,
        .assigned = partition_set_empty(),
        .pending_revocation = partition_set_empty(),
    };
}

void current_assignment_copy(CurrentAssignment *self, const CurrentAssignment *from)
{
    *self = *from;
    self->assigned = partition_set_ref(from->assigned);
    self->pending_revocation = partition_set_ref(from->pending_revocation);
}

void current_assignment_clear(CurrentAssignment *self)
{
    partition_set_unref(self->assigned);
    partition_set_unref(self->pending_revocation);
    self->assigned = NULL;
    self->pending_revocation = NULL;
}

bool current_assignment_equal(const CurrentAssignment *a, const CurrentAssignment *b)
{
    return a->state == b->state && a->epoch == b->epoch && a->previous_epoch == b->previous_epoch &&
           partition_set_equal(a->assigned, b->assigned) &&
           partition_set_equal(a->pending_revocation, b->pending_revocation);
}

bool current_assignment_is_reconciled_to(const CurrentAssignment *self, int32_t target_epoch)
{
    return self->state == MODERN_MEMBER_STABLE && self->epoch == target_epoch;
}

/* A heartbeat that does not say what the member owns shows nothing: it may hold them all. */
static bool owns_any(const ReconciliationInput *input, const PartitionSet *revoked)
{
    return input->owned == NULL || partition_set_intersects(input->owned, revoked);
}

/* Of what the target adds, the part that nobody holds any more. */
static PartitionSet *released_part(const ReconciliationInput *input, const PartitionSet *added)
{
    g_autofree int32_t *items = g_new(int32_t, (gsize)added->count + 1);
    int32_t count = 0;
    for (int32_t i = 0; i < added->count; i++) {
        if (input->partition_epoch(input->owner, added->items[i]) == -1) {
            items[count++] = added->items[i];
        }
    }
    return partition_set_new(items, count);
}

/* The member gives up `revoked` before anything else happens to it. */
static void await_revocation(CurrentAssignment *next,
                             int32_t epoch,
                             const PartitionSet *kept,
                             const PartitionSet *revoked)
{
    next->state = MODERN_MEMBER_UNREVOKED_PARTITIONS;
    next->previous_epoch = next->epoch;
    next->epoch = epoch;
    partition_set_assign(&next->assigned, kept);
    partition_set_assign(&next->pending_revocation, revoked);
}

/* The member is moved to the target's epoch, with what it keeps and what is free. */
static void
advance(const ReconciliationInput *input, CurrentAssignment *next, const PartitionSet *kept)
{
    g_autoptr(PartitionSet) added = partition_set_difference(input->target, kept);
    g_autoptr(PartitionSet) released = released_part(input, added);
    g_autoptr(PartitionSet) assigned = partition_set_union(kept, released);
    g_autoptr(PartitionSet) none = partition_set_empty();
    next->state =
        released->count < added->count ? MODERN_MEMBER_UNRELEASED_PARTITIONS : MODERN_MEMBER_STABLE;
    next->previous_epoch = next->epoch;
    next->epoch = input->target_epoch;
    partition_set_assign(&next->assigned, assigned);
    partition_set_assign(&next->pending_revocation, none);
}

static void compute_next(const ReconciliationInput *input, int32_t epoch, CurrentAssignment *next)
{
    const PartitionSet *assigned = input->current->assigned;
    g_autoptr(PartitionSet) kept = partition_set_intersection(assigned, input->target);
    g_autoptr(PartitionSet) revoked = partition_set_difference(assigned, kept);
    if (revoked->count > 0 && owns_any(input, revoked)) {
        await_revocation(next, epoch, kept, revoked);
    } else {
        advance(input, next, kept);
    }
}

KafkaError current_assignment_next(const ReconciliationInput *input, CurrentAssignment *ret_next)
{
    const CurrentAssignment *current = input->current;
    current_assignment_copy(ret_next, current);
    switch (current->state) {
    case MODERN_MEMBER_STABLE:
        if (current->epoch != input->target_epoch) {
            compute_next(input, current->epoch, ret_next);
        }
        break;
    case MODERN_MEMBER_UNREVOKED_PARTITIONS:
        if (!owns_any(input, current->pending_revocation)) {
            compute_next(input, current->epoch + 1, ret_next);
        }
        break;
    case MODERN_MEMBER_UNRELEASED_PARTITIONS:
        compute_next(input, current->epoch, ret_next);
        break;
    case MODERN_MEMBER_UNKNOWN:
        if (input->owned == NULL || input->owned->count > 0) {
            return KAFKA_FENCED_MEMBER_EPOCH;
        }
        compute_next(input, input->target_epoch, ret_next);
        break;
    }
    return KAFKA_NONE;
}
