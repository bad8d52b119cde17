/* modern_heartbeat.c - ConsumerGroupHeartbeat and ShareGroupHeartbeat. See modern_heartbeat.h. */
#include "models/group/modern/modern_heartbeat.h"
#include "models/group/modern/modern_leave.h"
#include "models/group/modern/modern_regex.h"
#include "models/group/modern/modern_share.h"
#include <string.h>

static bool is_assignor_known(const ModernOptions *options, const char *name)
{
    for (int32_t i = 0; options->assignors[i] != NULL; i++) {
        if (strcmp(options->assignors[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static KafkaError validate_join(ModernGroupType type, const ModernHeartbeat *request)
{
    if (type == MODERN_GROUP_SHARE) {
        return request->topics == NULL ? KAFKA_INVALID_REQUEST : KAFKA_NONE;
    }
    const bool owns_nothing = request->owned != NULL && request->owned->count == 0;
    const bool subscribes = request->topics != NULL || request->regex != NULL;
    return request->rebalance_timeout_ns == -1 || !owns_nothing || !subscribes
               ? KAFKA_INVALID_REQUEST
               : KAFKA_NONE;
}

/* throwIfConsumerGroupHeartbeatRequestIsInvalid, in its order. */
KafkaError modern_heartbeat_validate(ModernGroupType type,
                                     const ModernOptions *options,
                                     const ModernHeartbeat *request)
{
    const int32_t lowest =
        type == MODERN_GROUP_SHARE ? LEAVE_GROUP_MEMBER_EPOCH : LEAVE_GROUP_STATIC_MEMBER_EPOCH;
    KafkaError error = KAFKA_NONE;
    if (request->member_id[0] == '\0' ||
        (request->group_instance_id != NULL && request->group_instance_id[0] == '\0')) {
        error = KAFKA_INVALID_REQUEST;
    } else if (request->member_epoch == 0) {
        error = validate_join(type, request);
    } else if (request->member_epoch == LEAVE_GROUP_STATIC_MEMBER_EPOCH &&
               request->group_instance_id == NULL) {
        error = KAFKA_INVALID_REQUEST;
    } else if (request->member_epoch < lowest) {
        error = KAFKA_INVALID_REQUEST;
    }
    if (error == KAFKA_NONE && request->server_assignor != NULL &&
        !is_assignor_known(options, request->server_assignor)) {
        error = KAFKA_UNSUPPORTED_ASSIGNOR;
    }
    return error;
}

/* H7: the answer with the newer epoch may have been lost; then the member still has the previous
 * one, and nothing that it should not have. */
static KafkaError
validate_epoch(const ModernGroup *self, const ModernMember *member, const ModernHeartbeat *request)
{
    const CurrentAssignment *current = &member->current;
    if (request->member_epoch == current->epoch) {
        return KAFKA_NONE;
    }
    const bool is_previous =
        request->member_epoch < current->epoch && request->member_epoch == current->previous_epoch;
    const bool is_harmless =
        self->type == MODERN_GROUP_SHARE ||
        (request->owned != NULL && partition_set_is_subset(request->owned, current->assigned));
    return is_previous && is_harmless ? KAFKA_NONE : KAFKA_FENCED_MEMBER_EPOCH;
}

/* May the member go on, or join? `*ret_member` is NULL for a new one; `*ret_replaced` is the static
 * member whose place it takes. */
static KafkaError find_member(const ModernGroup *self,
                              const ModernHeartbeat *request,
                              ModernMember **ret_member,
                              ModernMember **ret_replaced)
{
    ModernMember *by_id = modern_group_member(self, request->member_id);
    ModernMember *by_instance = modern_group_static_member(self, request->group_instance_id);
    const bool joins = request->member_epoch == 0;
    *ret_member = NULL;
    *ret_replaced = NULL;
    if (request->group_instance_id == NULL) {
        *ret_member = by_id;
        if (by_id == NULL) {
            return joins ? KAFKA_NONE : KAFKA_UNKNOWN_MEMBER_ID;
        }
        return validate_epoch(self, by_id, request);
    }
    if (by_instance == NULL) {
        *ret_member = by_id;
        return joins ? KAFKA_NONE : KAFKA_UNKNOWN_MEMBER_ID;
    }
    if (joins) {
        *ret_replaced = by_instance;
        const bool is_free = by_instance->current.epoch == LEAVE_GROUP_STATIC_MEMBER_EPOCH ||
                             by_instance->subscription.protocols != NULL;
        return is_free ? KAFKA_NONE : KAFKA_UNRELEASED_INSTANCE_ID;
    }
    *ret_member = by_instance;
    return by_instance != by_id ? KAFKA_FENCED_INSTANCE_ID
                                : validate_epoch(self, by_instance, request);
}

/* Timers of the old member run out without effect. */
void modern_group_replace_member(ModernGroup *self, const char *member_id, ModernMember *replaced)
{
    MemberSubscription subscription;
    CurrentAssignment current;
    member_subscription_copy(&subscription, &replaced->subscription);
    current_assignment_copy(&current, &replaced->current);
    current.epoch = 0;
    current.previous_epoch = 0;
    g_autoptr(PartitionSet) target = partition_set_ref(replaced->target);
    modern_group_remove(self, replaced->id);
    modern_group_write(self, modern_record_member(self->type, member_id, &subscription));
    modern_group_write(self, modern_record_target(self->type, member_id, target));
    modern_group_write(self, modern_record_current(self->type, member_id, &current));
    member_subscription_clear(&subscription);
    current_assignment_clear(&current);
}

/* The regular expression that the member subscribes to from now on; NULL none. */
static const char *next_regex(const ModernHeartbeat *request, const ModernMember *member)
{
    if (request->regex != NULL) {
        return request->regex[0] == '\0' ? NULL : request->regex;
    }
    return member != NULL ? member->subscription.regex : NULL;
}

/* Writes what the member says of itself; true when the group has got its first member, or this
 * one subscribes to other topics by name. */
static bool update_subscription(ModernGroup *self, const ModernHeartbeat *request)
{
    const ModernMember *member = modern_group_member(self, request->member_id);
    MemberSubscription next;
    if (member == NULL) {
        member_subscription_init(&next);
    } else {
        member_subscription_copy(&next, &member->subscription);
    }
    next.protocols = NULL;
    next.session_timeout_ns = 0;
    next.client_id = request->client_id;
    if (request->group_instance_id != NULL) {
        next.group_instance_id = request->group_instance_id;
    }
    if (request->rebalance_timeout_ns != -1) {
        next.rebalance_timeout_ns = request->rebalance_timeout_ns;
    }
    if (request->server_assignor != NULL) {
        next.server_assignor = request->server_assignor;
    }
    if (request->topics != NULL) {
        partition_set_assign(&next.topics, request->topics);
    }
    next.regex = next_regex(request, member);
    const bool is_changed =
        self->epoch == 0 ||
        (member == NULL ? next.topics->count > 0
                        : !partition_set_equal(next.topics, member->subscription.topics));
    if (member == NULL || !member_subscription_equal(&next, &member->subscription)) {
        modern_group_write(self, modern_record_member(self->type, request->member_id, &next));
    }
    member_subscription_clear(&next);
    return is_changed;
}

/* A share group's member takes its target at once: nothing is exclusive. */
static void adopt_target(ModernGroup *self, const ModernMember *member)
{
    CurrentAssignment next;
    current_assignment_copy(&next, &member->current);
    next.state = MODERN_MEMBER_STABLE;
    next.previous_epoch = next.epoch;
    next.epoch = self->target_epoch;
    partition_set_assign(&next.assigned, member->target);
    modern_group_write(self, modern_record_current(self->type, member->id, &next));
    current_assignment_clear(&next);
}

static int32_t partition_epoch(const void *owner, int32_t partition)
{
    return modern_group_partition_epoch(owner, partition);
}

static void arm_rebalance_timer(ModernGroup *self, const ModernMember *member)
{
    const ModernHost *host = self->host;
    if (member->subscription.protocols != NULL) {
        return; /* a classic member has join and sync timers instead */
    }
    if (member->current.state == MODERN_MEMBER_UNREVOKED_PARTITIONS) {
        host->schedule(host->owner,
                       self,
                       member->id,
                       MODERN_TIMER_REBALANCE,
                       member->subscription.rebalance_timeout_ns,
                       member->current.epoch);
    } else {
        host->cancel(host->owner, self, member->id, MODERN_TIMER_REBALANCE);
    }
}

KafkaError
modern_group_reconcile(ModernGroup *self, const char *member_id, const PartitionSet *owned)
{
    const ModernMember *member = modern_group_member(self, member_id);
    if (current_assignment_is_reconciled_to(&member->current, self->target_epoch)) {
        return KAFKA_NONE;
    }
    if (self->type == MODERN_GROUP_SHARE) {
        adopt_target(self, member);
        return KAFKA_NONE;
    }
    CurrentAssignment next;
    const ReconciliationInput input = {
        .current = &member->current,
        .target_epoch = self->target_epoch,
        .target = member->target,
        .owned = owned,
        .partition_epoch = partition_epoch,
        .owner = self,
    };
    const KafkaError error = current_assignment_next(&input, &next);
    if (error == KAFKA_NONE && !current_assignment_equal(&next, &member->current)) {
        modern_group_write(self, modern_record_current(self->type, member_id, &next));
        arm_rebalance_timer(self, member);
    }
    current_assignment_clear(&next);
    return error;
}

void modern_group_raise_epoch(ModernGroup *self)
{
    ModernRecord *record =
        modern_record_epoch(self->type, MODERN_RECORD_GROUP_EPOCH, self->epoch + 1);
    record->metadata_hash = modern_group_hash_topics(self);
    modern_group_write(self, record);
}

void modern_group_update(ModernGroup *self, bool is_subscription_changed)
{
    const bool is_due = self->metadata_refresh;
    const bool is_pending = modern_share_is_assignment_pending(self);
    self->metadata_refresh = false;
    if (is_subscription_changed || is_pending ||
        (is_due && modern_group_hash_topics(self) != self->metadata_hash)) {
        modern_group_raise_epoch(self);
    }
    if (self->epoch > self->target_epoch) {
        modern_group_compute_targets(self);
    }
}

static bool is_full(const ModernGroup *self, const char *member_id)
{
    return (int32_t)self->members->len >= self->options->max_size &&
           modern_group_member(self, member_id) == NULL;
}

/* A full request names all that it can: the member joins, or does not know how its last one
 * ended. */
static bool is_full_request(const ModernGroup *self, const ModernHeartbeat *request)
{
    if (self->type == MODERN_GROUP_SHARE) {
        return request->member_epoch == 0 || request->topics != NULL;
    }
    return request->member_epoch == 0 ||
           (request->rebalance_timeout_ns != -1 &&
            (request->topics != NULL || request->regex != NULL) && request->owned != NULL);
}

KafkaError modern_group_heartbeat(ModernGroup *self,
                                  const ModernHeartbeat *request,
                                  ModernHeartbeatAnswer *ret_answer)
{
    ModernMember *member;
    ModernMember *replaced;
    if (request->member_epoch < 0) {
        ret_answer->member_epoch = request->member_epoch;
        ret_answer->assignment = NULL;
        return modern_group_leave(self, request);
    }
    if (is_full(self, request->member_id)) {
        return KAFKA_GROUP_MAX_SIZE_REACHED;
    }
    KafkaError error = find_member(self, request, &member, &replaced);
    if (error != KAFKA_NONE) {
        return error;
    }
    const ModernMember *known = replaced != NULL ? replaced : member;
    const RegexChange regex = modern_regex_plan(
        self, known == NULL ? NULL : known->subscription.regex, next_regex(request, known));
    if (regex.is_invalid) {
        return KAFKA_INVALID_REGULAR_EXPRESSION;
    }
    if (replaced != NULL) {
        modern_group_replace_member(self, request->member_id, replaced);
        member = modern_group_member(self, request->member_id);
    }
    g_autoptr(PartitionSet) before =
        member == NULL ? partition_set_empty() : partition_set_ref(member->current.assigned);
    const bool is_changed = update_subscription(self, request);
    modern_regex_carry_out(self, &regex);
    modern_group_update(self, is_changed || regex.raises_epoch);
    error = modern_group_reconcile(self, request->member_id, request->owned);
    if (error != KAFKA_NONE) {
        return error;
    }
    self->host->schedule(self->host->owner,
                         self,
                         request->member_id,
                         MODERN_TIMER_SESSION,
                         self->options->session_timeout_ns,
                         0);
    member = modern_group_member(self, request->member_id);
    const bool is_other = !partition_set_equal(before, member->current.assigned);
    ret_answer->member_epoch = member->current.epoch;
    ret_answer->assignment =
        is_other || is_full_request(self, request) ? member->current.assigned : NULL;
    return KAFKA_NONE;
}
