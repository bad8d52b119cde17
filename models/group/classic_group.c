/* classic_group.c - members, states and the rebalance of a classic group. See classic_group.h. */
#include "models/group/assignors/java_hash.h"
#include "models/group/modern_groups.h"
#include <string.h>

static const StateRule rules[] = {
    [GROUP_EMPTY] = {"Empty", STATE_ALLOW(GROUP_PREPARING_REBALANCE) | STATE_ALLOW(GROUP_DEAD)},
    [GROUP_PREPARING_REBALANCE] = {"PreparingRebalance",
                                   STATE_ALLOW(GROUP_EMPTY) |
                                       STATE_ALLOW(GROUP_COMPLETING_REBALANCE) |
                                       STATE_ALLOW(GROUP_DEAD)},
    [GROUP_COMPLETING_REBALANCE] = {"CompletingRebalance",
                                    STATE_ALLOW(GROUP_STABLE) |
                                        STATE_ALLOW(GROUP_PREPARING_REBALANCE) |
                                        STATE_ALLOW(GROUP_DEAD)},
    [GROUP_STABLE] = {"Stable", STATE_ALLOW(GROUP_PREPARING_REBALANCE) | STATE_ALLOW(GROUP_DEAD)},
    [GROUP_DEAD] = {"Dead", 0},
};

static Actor *actor_of(const ClassicGroup *self)
{
    return self->coordinator->host.actor;
}

static void pending_free(gpointer data)
{
    g_free(data);
}

ClassicGroup *
classic_group_new(GroupCoordinator *coordinator, CoordinatorShard *shard, const char *id)
{
    ClassicGroup *self = g_new0(ClassicGroup, 1);
    self->id = id;
    self->coordinator = coordinator;
    self->shard = shard;
    state_init(&self->state, rules, NULL, GROUP_EMPTY);
    self->members = g_ptr_array_new_with_free_func((GDestroyNotify)classic_member_free);
    self->pending = g_ptr_array_new_with_free_func(pending_free);
    self->offsets = g_array_new(FALSE, FALSE, sizeof(OffsetEntry));
    const uint16_t kind = coordinator->options.timer_kind;
    group_timer_init(&self->join_timer, kind, GROUP_TIMER_JOIN, self, NULL);
    group_timer_init(&self->sync_timer, kind, GROUP_TIMER_SYNC, self, NULL);
    group_timer_init(&self->regex, kind, GROUP_TIMER_REGEX, self, NULL);
    group_timer_init(&self->persister, kind, GROUP_TIMER_PERSISTER, self, NULL);
    return self;
}

void classic_group_free(ClassicGroup *self)
{
    Actor *actor = actor_of(self);
    modern_groups_drop(self);
    actor_disarm(actor, &self->join_timer.timer);
    actor_disarm(actor, &self->sync_timer.timer);
    for (guint i = 0; i < self->members->len; i++) {
        ClassicMember *member = g_ptr_array_index(self->members, i);
        actor_disarm(actor, &member->session.timer);
    }
    for (guint i = 0; i < self->pending->len; i++) {
        PendingMember *pending = g_ptr_array_index(self->pending, i);
        actor_disarm(actor, &pending->session.timer);
    }
    g_ptr_array_free(self->members, TRUE);
    g_ptr_array_free(self->pending, TRUE);
    g_array_free(self->offsets, TRUE);
    g_free(self);
}

bool classic_group_is(const ClassicGroup *self, ClassicGroupState state)
{
    return self->state.now == (int)state;
}

static void move_to(ClassicGroup *self, ClassicGroupState state)
{
    state_move(&self->state, actor_of(self), (int)state);
}

ClassicMember *classic_group_member(const ClassicGroup *self, const char *id)
{
    for (guint i = 0; i < self->members->len; i++) {
        ClassicMember *member = g_ptr_array_index(self->members, i);
        if (strcmp(member->id, id) == 0) {
            return member;
        }
    }
    return NULL;
}

PendingMember *classic_group_pending(const ClassicGroup *self, const char *id)
{
    for (guint i = 0; i < self->pending->len; i++) {
        PendingMember *pending = g_ptr_array_index(self->pending, i);
        if (strcmp(pending->id, id) == 0) {
            return pending;
        }
    }
    return NULL;
}

ClassicMember *classic_group_static_member(const ClassicGroup *self, const char *instance_id)
{
    for (guint i = 0; i < self->members->len; i++) {
        ClassicMember *member = g_ptr_array_index(self->members, i);
        if (member->instance_id != NULL && strcmp(member->instance_id, instance_id) == 0) {
            return member;
        }
    }
    return NULL;
}

bool classic_group_is_leader(const ClassicGroup *self, const char *id)
{
    return strcmp(self->leader, id) == 0;
}

KafkaError
classic_group_validate(const ClassicGroup *self, const char *member_id, const char *instance_id)
{
    if (instance_id != NULL) {
        const ClassicMember *member = classic_group_static_member(self, instance_id);
        if (member == NULL) {
            return KAFKA_UNKNOWN_MEMBER_ID;
        }
        if (strcmp(member->id, member_id) != 0) {
            return KAFKA_FENCED_INSTANCE_ID;
        }
    }
    return classic_group_member(self, member_id) == NULL ? KAFKA_UNKNOWN_MEMBER_ID : KAFKA_NONE;
}

/* P8: the first joiner leads. */
void classic_group_add(ClassicGroup *self, ClassicMember *member)
{
    group_timer_init(
        &member->session, self->coordinator->options.timer_kind, GROUP_TIMER_SESSION, self, member);
    g_ptr_array_add(self->members, member);
    self->members_peak = MAX(self->members_peak, (int32_t)self->members->len);
    if (self->leader[0] == '\0') {
        g_strlcpy(self->leader, member->id, sizeof self->leader);
    }
}

GPtrArray *classic_group_in_java_order(const ClassicGroup *self)
{
    const guint count = self->members->len;
    GPtrArray *ordered = g_ptr_array_sized_new(count);
    uint32_t *hashes = g_new(uint32_t, count + 1);
    int32_t *order = g_new(int32_t, count + 1);
    for (guint i = 0; i < count; i++) {
        const ClassicMember *member = g_ptr_array_index(self->members, i);
        hashes[i] = (uint32_t)java_string_hash(member->id);
    }
    java_hash_order(hashes, (int32_t)count, java_hash_capacity(self->members_peak), order);
    for (guint i = 0; i < count; i++) {
        g_ptr_array_add(ordered, g_ptr_array_index(self->members, (guint)order[i]));
    }
    g_free(order);
    g_free(hashes);
    return ordered;
}

/* P8. `only_waiting`: of those that have joined. NULL when there is none. */
static ClassicMember *first_in_java_order(const ClassicGroup *self, bool only_waiting)
{
    g_autoptr(GPtrArray) members = classic_group_in_java_order(self);
    for (guint i = 0; i < members->len; i++) {
        ClassicMember *member = g_ptr_array_index(members, i);
        if (!only_waiting || member->awaiting_join != NULL) {
            return member;
        }
    }
    return NULL;
}

static void set_leader(ClassicGroup *self, const ClassicMember *member)
{
    g_strlcpy(self->leader, member == NULL ? "" : member->id, sizeof self->leader);
}

static void fail_parked(ClassicGroup *self, ClassicMember *member, KafkaError error)
{
    classic_group_answer_join(self, member, error);
    classic_group_fail_sync(self, member, error);
}

void classic_group_fail_sync(ClassicGroup *self, ClassicMember *member, KafkaError error)
{
    if (member->awaiting_sync != NULL) {
        RequestHeader *request = member->awaiting_sync;
        member->awaiting_sync = NULL;
        group_coordinator_fail(self->coordinator, request, error);
    }
}

/* A parked join is answered; a parked sync never is, as in Kafka: its client waits in vain. */
void classic_group_remove(ClassicGroup *self, const char *member_id)
{
    ClassicMember *member = classic_group_member(self, member_id);
    if (member == NULL) {
        return;
    }
    const bool was_leader = classic_group_is_leader(self, member->id);
    classic_group_answer_join(self, member, KAFKA_UNKNOWN_MEMBER_ID);
    actor_disarm(actor_of(self), &member->session.timer);
    g_ptr_array_remove(self->members, member);
    if (was_leader) {
        set_leader(self, first_in_java_order(self, false));
    }
}

void classic_group_remove_pending(ClassicGroup *self, PendingMember *pending)
{
    actor_disarm(actor_of(self), &pending->session.timer);
    g_ptr_array_remove(self->pending, pending);
}

void classic_group_arm_session(ClassicGroup *self, ClassicMember *member, SimDuration timeout)
{
    actor_arm_constant(actor_of(self), &member->session.timer, timeout);
}

static SimDuration rebalance_timeout(const ClassicGroup *self)
{
    SimDuration longest = 0;
    for (guint i = 0; i < self->members->len; i++) {
        const ClassicMember *member = g_ptr_array_index(self->members, i);
        longest = MAX(longest, member->rebalance_timeout_ns);
    }
    return longest;
}

static bool have_all_joined(const ClassicGroup *self)
{
    if (self->pending->len > 0) {
        return false;
    }
    for (guint i = 0; i < self->members->len; i++) {
        const ClassicMember *member = g_ptr_array_index(self->members, i);
        if (member->awaiting_join == NULL) {
            return false;
        }
    }
    return true;
}

/* P3: dynamic members that did not come back are out, static ones stay. */
static void remove_absent(ClassicGroup *self)
{
    for (guint i = self->members->len; i > 0; i--) {
        const ClassicMember *member = g_ptr_array_index(self->members, i - 1);
        if (member->awaiting_join == NULL && member->instance_id == NULL) {
            actor_log(
                actor_of(self), "member removed", "%s %s did not rejoin", self->id, member->id);
            classic_group_remove(self, member->id);
        }
    }
}

static bool elect_joined_leader(ClassicGroup *self)
{
    const ClassicMember *leader = classic_group_member(self, self->leader);
    if (leader != NULL && leader->awaiting_join == NULL) {
        leader = first_in_java_order(self, true);
        if (leader != NULL) {
            set_leader(self, leader);
        }
    }
    return leader != NULL;
}

static void arm_join(ClassicGroup *self, SimDuration delay)
{
    state_arm(&self->state, actor_of(self), &self->join_timer.timer, delay);
}

static void begin_sync_phase(ClassicGroup *self)
{
    g_autoptr(GPtrArray) members = classic_group_in_java_order(self);
    for (guint i = 0; i < members->len; i++) {
        ClassicMember *member = g_ptr_array_index(members, i);
        classic_group_answer_join(self, member, KAFKA_NONE);
        classic_group_arm_session(self, member, member->session_timeout_ns);
        member->is_new = false;
        member->is_sync_wanted = true;
    }
    actor_arm(actor_of(self), &self->sync_timer.timer, rebalance_timeout(self));
}

static void complete_join(ClassicGroup *self)
{
    remove_absent(self);
    if (!elect_joined_leader(self) && self->members->len > 0) {
        /* Only absent static members: wait for their sessions. */
        arm_join(self, rebalance_timeout(self));
        return;
    }
    self->generation++;
    if (self->members->len == 0) {
        self->protocol = NULL;
        move_to(self, GROUP_EMPTY);
        actor_log(actor_of(self), "group empty", "%s generation %d", self->id, self->generation);
        shard_write_group(self->shard, self, WRITE_EMPTY_GROUP, NULL);
        return;
    }
    self->protocol = classic_group_select_protocol(self);
    move_to(self, GROUP_COMPLETING_REBALANCE);
    actor_log(actor_of(self),
              "group joined",
              "%s generation %d, %u members, leader %s",
              self->id,
              self->generation,
              self->members->len,
              self->leader);
    begin_sync_phase(self);
}

void classic_group_maybe_complete(ClassicGroup *self)
{
    if (classic_group_is(self, GROUP_PREPARING_REBALANCE) && !self->is_initial &&
        have_all_joined(self)) {
        complete_join(self);
    }
}

/* P1 from Empty: the initial delay; P2 otherwise: until all are there, or the time-out. */
void classic_group_prepare(ClassicGroup *self, const char *why, const char *member)
{
    if (classic_group_is(self, GROUP_COMPLETING_REBALANCE)) {
        classic_group_answer_syncs(self, KAFKA_REBALANCE_IN_PROGRESS);
    }
    for (guint i = 0; i < self->members->len; i++) {
        ((ClassicMember *)g_ptr_array_index(self->members, i))->is_sync_wanted = false;
    }
    actor_disarm(actor_of(self), &self->sync_timer.timer);
    self->is_initial = classic_group_is(self, GROUP_EMPTY);
    move_to(self, GROUP_PREPARING_REBALANCE);
    actor_log(actor_of(self),
              "prepare rebalance",
              "%s generation %d: %s %s",
              self->id,
              self->generation,
              why,
              member);
    if (self->is_initial) {
        const SimDuration delay = self->coordinator->options.initial_rebalance_delay_ns;
        self->initial_delay = delay;
        self->initial_remaining = MAX(rebalance_timeout(self) - delay, 0);
        arm_join(self, delay);
    } else if (have_all_joined(self)) {
        complete_join(self);
    } else {
        arm_join(self, rebalance_timeout(self));
    }
}

void classic_group_rebalance_or_complete(ClassicGroup *self, const char *why, const char *member)
{
    if (classic_group_is(self, GROUP_PREPARING_REBALANCE)) {
        classic_group_maybe_complete(self);
    } else {
        classic_group_prepare(self, why, member);
    }
}

static void on_join_timer(ClassicGroup *self)
{
    if (self->is_initial && self->was_member_added && self->initial_remaining > 0) {
        const SimDuration configured = self->coordinator->options.initial_rebalance_delay_ns;
        const SimDuration delay = MIN(configured, self->initial_remaining);
        self->was_member_added = false;
        self->initial_remaining = MAX(self->initial_remaining - self->initial_delay, 0);
        self->initial_delay = delay;
        arm_join(self, delay);
        return;
    }
    complete_join(self);
}

/* P5: who has the answer to its join and never syncs is out, and the others begin again. */
static void on_sync_timer(ClassicGroup *self)
{
    bool removed = false;
    for (guint i = self->members->len; i > 0; i--) {
        const ClassicMember *member = g_ptr_array_index(self->members, i - 1);
        if (member->is_sync_wanted) {
            actor_log(actor_of(self), "member removed", "%s %s did not sync", self->id, member->id);
            classic_group_remove(self, member->id);
            removed = true;
        }
    }
    if (removed) {
        classic_group_prepare(self, "sync time-out", "");
    }
}

static void on_session_timer(ClassicGroup *self, ClassicMember *member)
{
    if (classic_member_has_satisfied_heartbeat(member)) {
        return; /* P7 */
    }
    char id[MEMBER_ID_BYTES];
    g_strlcpy(id, member->id, sizeof id);
    actor_log(actor_of(self), "member expired", "%s %s", self->id, id);
    classic_group_remove(self, id);
    if (classic_group_is(self, GROUP_PREPARING_REBALANCE)) {
        if (have_all_joined(self)) {
            complete_join(self);
        }
    } else {
        classic_group_prepare(self, "session expired of", id);
    }
}

static void on_pending_timer(ClassicGroup *self, PendingMember *pending)
{
    actor_log(actor_of(self), "member expired", "%s %s, pending", self->id, pending->id);
    classic_group_remove_pending(self, pending);
    if (classic_group_is(self, GROUP_PREPARING_REBALANCE) && have_all_joined(self)) {
        complete_join(self);
    }
}

void classic_group_on_timer(ClassicGroup *self, GroupTimer *timer)
{
    switch (timer->kind) {
    case GROUP_TIMER_JOIN:
        on_join_timer(self);
        break;
    case GROUP_TIMER_SYNC:
        on_sync_timer(self);
        break;
    case GROUP_TIMER_SESSION:
        on_session_timer(self, timer->subject);
        break;
    case GROUP_TIMER_PENDING:
        on_pending_timer(self, timer->subject);
        break;
    case GROUP_TIMER_MODERN:
    case GROUP_TIMER_REGEX:
    case GROUP_TIMER_PERSISTER:
    case GROUP_TIMER_EXPIRY:
    case GROUP_TIMER_LINGER:
    case GROUP_TIMER_WRITE:
        break;
    }
}

void classic_group_unload(ClassicGroup *self)
{
    for (guint i = 0; i < self->members->len; i++) {
        fail_parked(self, g_ptr_array_index(self->members, i), KAFKA_NOT_COORDINATOR);
    }
    move_to(self, GROUP_DEAD);
}
