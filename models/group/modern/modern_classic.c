/* modern_classic.c - see modern_classic.h. */
#include "models/group/modern/modern_classic.h"
#include "models/group/modern/modern_leave.h"
#include <string.h>

static bool supports(const MemberSubscription *subscription, const char *protocol)
{
    for (int32_t i = 0; subscription->protocols[i] != NULL; i++) {
        if (strcmp(subscription->protocols[i], protocol) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_supported_by_all(const ModernGroup *self, const char *protocol)
{
    for (guint i = 0; i < self->members->len; i++) {
        const ModernMember *member = g_ptr_array_index(self->members, i);
        if (member->subscription.protocols != NULL && !supports(&member->subscription, protocol)) {
            return false;
        }
    }
    return true;
}

KafkaError modern_classic_validate(const ModernGroup *self, const ClassicJoin *join)
{
    if ((int32_t)self->members->len >= self->options->max_size &&
        modern_group_member(self, join->member_id) == NULL) {
        return KAFKA_GROUP_MAX_SIZE_REACHED;
    }
    for (int32_t i = 0; join->protocols[i] != NULL; i++) {
        if (is_supported_by_all(self, join->protocols[i])) {
            return KAFKA_NONE;
        }
    }
    return KAFKA_INCONSISTENT_GROUP_PROTOCOL;
}

/* The member that sends this, or why not. */
static KafkaError find_classic(const ModernGroup *self,
                               const char *member_id,
                               const char *instance_id,
                               ModernMember **ret_member)
{
    *ret_member = instance_id == NULL ? modern_group_member(self, member_id)
                                      : modern_group_static_member(self, instance_id);
    if (*ret_member == NULL) {
        return KAFKA_UNKNOWN_MEMBER_ID;
    }
    if (strcmp((*ret_member)->id, member_id) != 0) {
        return KAFKA_FENCED_INSTANCE_ID;
    }
    return (*ret_member)->subscription.protocols == NULL ? KAFKA_UNKNOWN_MEMBER_ID : KAFKA_NONE;
}

/* As above, and it speaks of the epoch that it is in. */
static KafkaError find_current(const ModernGroup *self,
                               const char *member_id,
                               const char *instance_id,
                               int32_t generation,
                               ModernMember **ret_member)
{
    const KafkaError error = find_classic(self, member_id, instance_id, ret_member);
    if (error != KAFKA_NONE) {
        return error;
    }
    return generation == (*ret_member)->current.epoch ? KAFKA_NONE : KAFKA_ILLEGAL_GENERATION;
}

static bool update(ModernGroup *self, const ClassicJoin *join)
{
    const ModernMember *member = modern_group_member(self, join->member_id);
    MemberSubscription next;
    if (member == NULL) {
        member_subscription_init(&next);
    } else {
        member_subscription_copy(&next, &member->subscription);
    }
    const bool changed = !partition_set_equal(next.topics, join->topics);
    next.group_instance_id = join->group_instance_id;
    next.rebalance_timeout_ns = join->rebalance_timeout_ns;
    next.protocols = join->protocols;
    next.session_timeout_ns = join->session_timeout_ns;
    partition_set_assign(&next.topics, join->topics);
    if (member == NULL || !member_subscription_equal(&next, &member->subscription)) {
        modern_group_write(self, modern_record_member(self->type, join->member_id, &next));
    }
    member_subscription_clear(&next);
    return changed;
}

KafkaError modern_classic_join(ModernGroup *self, const ClassicJoin *join)
{
    ModernMember *known = modern_group_static_member(self, join->group_instance_id);
    if (join->group_instance_id != NULL && !join->is_new) {
        if (known == NULL) {
            return KAFKA_UNKNOWN_MEMBER_ID;
        }
        if (strcmp(known->id, join->member_id) != 0) {
            return KAFKA_FENCED_INSTANCE_ID;
        }
    } else if (known != NULL) {
        modern_group_replace_member(self, join->member_id, known);
    }
    modern_group_update(self, update(self, join));
    const KafkaError error = modern_group_reconcile(self, join->member_id, join->owned);
    if (error != KAFKA_NONE) {
        return error;
    }
    const ModernHost *host = self->host;
    modern_group_member(self, join->member_id)->is_join_awaited = false;
    host->cancel(host->owner, self, join->member_id, MODERN_TIMER_JOIN);
    host->schedule(
        host->owner, self, join->member_id, MODERN_TIMER_SESSION, join->session_timeout_ns, 0);
    host->schedule(
        host->owner, self, join->member_id, MODERN_TIMER_SYNC, join->rebalance_timeout_ns, 0);
    return KAFKA_NONE;
}

/* From the first REBALANCE_IN_PROGRESS on it has the rebalance time-out to join. */
static KafkaError ask_to_join(ModernGroup *self, ModernMember *member)
{
    if (!member->is_join_awaited) {
        member->is_join_awaited = true;
        self->host->schedule(self->host->owner,
                             self,
                             member->id,
                             MODERN_TIMER_JOIN,
                             member->subscription.rebalance_timeout_ns,
                             0);
    }
    return KAFKA_REBALANCE_IN_PROGRESS;
}

static void rearm_session(ModernGroup *self, const ModernMember *member)
{
    self->host->schedule(self->host->owner,
                         self,
                         member->id,
                         MODERN_TIMER_SESSION,
                         member->subscription.session_timeout_ns,
                         0);
}

/* Does somebody still hold what it waits for? */
static bool waits_for_others(const ModernGroup *self, const ModernMember *member)
{
    for (int32_t i = 0; i < member->target->count; i++) {
        const int32_t partition = member->target->items[i];
        if (!partition_set_has(member->current.assigned, partition) &&
            modern_group_partition_epoch(self, partition) != -1) {
            return true;
        }
    }
    return false;
}

KafkaError modern_classic_heartbeat(ModernGroup *self,
                                    const char *member_id,
                                    const char *instance_id,
                                    int32_t generation)
{
    ModernMember *member;
    const KafkaError error = find_current(self, member_id, instance_id, generation, &member);
    if (error != KAFKA_NONE) {
        return error;
    }
    rearm_session(self, member);
    const ModernMemberState state = member->current.state;
    const bool is_behind = member->current.epoch < self->epoch;
    const bool may_have_more =
        state == MODERN_MEMBER_UNRELEASED_PARTITIONS && !waits_for_others(self, member);
    return is_behind || state == MODERN_MEMBER_UNREVOKED_PARTITIONS || may_have_more
               ? ask_to_join(self, member)
               : KAFKA_NONE;
}

KafkaError modern_classic_sync(ModernGroup *self,
                               const char *member_id,
                               const char *instance_id,
                               int32_t generation)
{
    ModernMember *member;
    const KafkaError error = find_current(self, member_id, instance_id, generation, &member);
    if (error != KAFKA_NONE) {
        return error;
    }
    if (self->epoch > member->current.epoch &&
        member->current.state != MODERN_MEMBER_UNREVOKED_PARTITIONS) {
        return ask_to_join(self, member);
    }
    self->host->cancel(self->host->owner, self, member_id, MODERN_TIMER_SYNC);
    rearm_session(self, member);
    return KAFKA_NONE;
}

KafkaError modern_classic_leave(ModernGroup *self, const char *member_id, const char *instance_id)
{
    ModernMember *member;
    const KafkaError error = find_classic(self, member_id, instance_id, &member);
    if (error == KAFKA_NONE) {
        modern_group_fence(self, member, "left");
    }
    return error;
}
