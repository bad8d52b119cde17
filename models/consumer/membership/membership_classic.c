/* membership_classic.c - finding the coordinator, joining, rejoining, leaving.
 *
 * All of it happens inside poll(); what arrives while the application processes records waits for
 * the next poll() (clients.md §2.1, §9 rule 13). Before a join the consumer commits; then, eager,
 * it gives up its partitions, or, cooperative (KIP-429), it goes on reading them, gives up only
 * what the new assignment takes from it, and joins once more so that others may get it.
 *
 * A member of a group in which something else is shared out (MemberWork) joins in the same way.
 *
 * Mirrors: AbstractCoordinator, ConsumerCoordinator. Left out: user callbacks
 * that fail; a leader that asks for topics which it does not know but a member has named. */
#include "models/consumer/consumer_state.h"
#include <string.h>

/* AbstractCoordinator.JOIN_GROUP_TIMEOUT_LAPSE */
#define JOIN_TIMEOUT_LAPSE SIM_SEC(5)

static void clear_deferred(Consumer *self)
{
    g_free(self->deferred);
    self->deferred = NULL;
    g_free(self->unassigned);
    self->unassigned = NULL;
    self->assign_retry_at = 0;
}

void membership_reset(Consumer *self)
{
    clear_deferred(self);
    self->state = MEMBER_UNJOINED;
    self->generation = -1;
    self->member_id[0] = '\0';
    self->group_metadata = (GroupMetadata){.generation = -1};
    self->membership++;
    self->coordinator = -1;
    self->is_looking_up = false;
    self->lookup_retry_at = 0;
    self->lookup_attempts = 0;
    self->rejoin_needed = true;
    self->needs_join_prepare = true;
    self->is_join_in_flight = false;
    self->join_retry_at = 0;
    self->join_prepare_until = 0;
    self->rejoin_reason = "first join";
    self->rejoin_at = SIM_TIME_MAX;
    self->is_leader = false;
    self->is_heartbeat_enabled = false;
    self->is_leaving = false;
    g_array_set_size(self->watched, 0);
    g_array_set_size(self->joined, 0);
    self->pattern_version = 0;
    self->pattern_awaited = 0;
    self->is_pattern_asked = false;
    g_array_set_size(self->last_assignment, 0);
    self->last_generation = -1;
    modern_reset(self);
}

void membership_request_rejoin(Consumer *self, const char *reason)
{
    self->rejoin_reason = reason;
    self->rejoin_needed = true;
}

void membership_reset_generation(Consumer *self, bool with_member_id, const char *reason)
{
    self->state = MEMBER_UNJOINED;
    self->generation = -1;
    self->membership++;
    if (with_member_id) {
        self->member_id[0] = '\0';
    }
    membership_request_rejoin(self, reason);
    self->needs_join_prepare = true;
}

void *membership_request(Consumer *self, size_t bytes, uint16_t api)
{
    RequestHeader *request = message_new(self->actor.sim, bytes, api);
    request->client_id = self->client_id;
    return request;
}

void membership_send(Consumer *self, void *request, SimDuration timeout)
{
    kafka_message_set_wire_bytes(request);
    network_client_send(self->network,
                        COORDINATOR_NODE(self->coordinator),
                        request,
                        GUINT_TO_POINTER(self->membership),
                        true,
                        timeout);
}

void membership_join_failed(Consumer *self, bool at_once, const char *reason)
{
    self->is_join_in_flight = false;
    membership_request_rejoin(self, reason);
    if (!at_once) {
        self->join_retry_at = consumer_now(self) + self->options.retry_backoff_ns;
    }
}

/* ---- Before a join: commit, then give up what is owned. */
static void give_up_partitions(Consumer *self)
{
    const bool lost = self->generation < 0 || self->member_id[0] == '\0';
    if (self->assigned->len > 0 && (lost || !self->is_cooperative)) {
        char *owned = consumer_owned_text(self);
        actor_log(&self->actor, "revoked", "%s%s", lost ? "lost " : "", owned);
        g_free(owned);
        program_lost(self);
        subscription_clear(self);
    }
    self->is_leader = false;
    g_array_set_size(self->watched, 0);
    consumer_changed(self, self->generation < 0 ? "joining" : "rebalancing");
}

/* Eager partitions are neither fetched nor handed out while the commit is on its way, so that no
 * position runs ahead of what is committed. */
static void mark_pending_revocation(Consumer *self)
{
    for (guint i = 0; i < self->assigned->len; i++) {
        g_array_index(self->assigned, AssignedPartition, i).pending_revocation = true;
    }
}

/* False while the commit is not answered; tried again until the rebalance time-out is over. */
static bool join_prepare(Consumer *self)
{
    const SimTime now = consumer_now(self);
    if (self->join_prepare_until == 0) {
        self->join_prepare_until = now + self->options.max_poll_interval_ns;
        if (!self->is_cooperative) {
            mark_pending_revocation(self);
        }
    }
    const CommitOutcome outcome = commits_wait(self);
    if ((outcome == COMMIT_IN_FLIGHT || outcome == COMMIT_RETRIABLE) &&
        now < self->join_prepare_until) {
        return false;
    }
    self->waited_commit = COMMIT_NONE;
    self->join_prepare_until = 0;
    if (self->context.work != NULL && self->context.work->prepare != NULL &&
        !self->context.work->prepare(self->context.work_owner)) {
        return false;
    }
    give_up_partitions(self);
    return true;
}

/* ---- Join and Sync. */
static void send_join(Consumer *self)
{
    const guint topics = self->subscribed->len;
    const MemberWork *work = self->context.work;
    const GArray *owned = work != NULL       ? work->metadata(self->context.work_owner)
                          : self->sends_last ? self->last_assignment
                                             : self->owned;
    JoinGroupRequest *request = membership_request(
        self, KAFKA_MESSAGE_BYTES(JoinGroupRequest, items, topics + owned->len), KAFKA_JOIN_GROUP);
    request->group_id = self->context.spec->name;
    g_strlcpy(request->member_id, self->member_id, sizeof request->member_id);
    request->group_instance_id = self->options.group_instance_id;
    request->session_timeout_ns = self->options.session_timeout_ns;
    request->rebalance_timeout_ns = self->options.max_poll_interval_ns;
    request->protocols = (const char *const *)self->protocols->pdata;
    request->topic_count = (int32_t)topics;
    request->owned_count = (int32_t)owned->len;
    request->generation = self->sends_last ? self->last_generation : self->generation;
    request->subscription_generation = self->generation;
    request->rack = self->options.rack;
    g_array_set_size(self->joined, 0);
    if (topics > 0) {
        memcpy(request->items, self->subscribed->data, topics * sizeof(int32_t));
        g_array_append_vals(self->joined, self->subscribed->data, topics);
    }
    if (owned->len > 0) {
        memcpy(&request->items[topics], owned->data, owned->len * sizeof(int32_t));
    }
    actor_log(&self->actor, "join", "%s: %s", self->context.spec->name, self->rejoin_reason);
    self->state = MEMBER_PREPARING_REBALANCE;
    self->is_join_in_flight = true;
    self->is_pattern_asked = false;
    const SimDuration timeout = self->options.max_poll_interval_ns + JOIN_TIMEOUT_LAPSE;
    membership_send(self, request, MAX(timeout, self->options.request_timeout_ns));
}

void membership_send_sync(Consumer *self, SyncGroupRequest *request)
{
    request->header.client_id = self->client_id;
    request->group_id = self->context.spec->name;
    request->generation_id = self->generation;
    request->group_instance_id = self->options.group_instance_id;
    g_strlcpy(request->member_id, self->member_id, sizeof request->member_id);
    membership_send(self, request, 0);
}

static void on_joined(Consumer *self, JoinGroupResponse *response)
{
    if (self->state != MEMBER_PREPARING_REBALANCE) {
        membership_join_failed(self, false, "left the group in between");
        return;
    }
    self->state = MEMBER_COMPLETING_REBALANCE;
    self->generation = response->generation_id;
    self->membership++;
    g_strlcpy(self->member_id, response->member_id, sizeof self->member_id);
    heartbeat_enable(self);
    if (!membership_can_send(self)) {
        membership_join_failed(self, false, "coordinator unavailable");
    } else if (strcmp(response->leader, response->member_id) == 0 && response->member_count > 0) {
        leader_assign(self, response);
    } else {
        membership_send_sync(self, sync_group_request_new(self->actor.sim, 0, 0));
    }
}

static void on_join_response(Consumer *self, JoinGroupResponse *response)
{
    switch ((int)response->error) {
    case KAFKA_NONE:
        on_joined(self, response);
        break;
    case KAFKA_MEMBER_ID_REQUIRED:
        g_strlcpy(self->member_id, response->member_id, sizeof self->member_id);
        self->membership++;
        membership_join_failed(self, true, "need to re-join with the given member id");
        break;
    case KAFKA_UNKNOWN_MEMBER_ID:
        membership_reset_generation(self, true, "unknown member id");
        membership_join_failed(self, true, "unknown member id");
        break;
    case KAFKA_REBALANCE_IN_PROGRESS:
    case KAFKA_ILLEGAL_GENERATION:
        membership_join_failed(self, true, kafka_error_name(response->error));
        break;
    case KAFKA_COORDINATOR_NOT_AVAILABLE:
    case KAFKA_NOT_COORDINATOR:
        membership_join_failed(self, false, kafka_error_name(response->error));
        membership_coordinator_unknown(self, false);
        break;
    case KAFKA_COORDINATOR_LOAD_IN_PROGRESS:
        membership_join_failed(self, false, kafka_error_name(response->error));
        break;
    default:
        consumer_fail(self, kafka_error_name(response->error));
        break;
    }
}

static void remember_assignment(Consumer *self)
{
    g_array_set_size(self->last_assignment, 0);
    g_array_append_vals(self->last_assignment, self->owned->data, self->owned->len);
    self->last_generation = self->generation;
}

/* Cooperative: what the assignment takes away is revoked now; the join that follows lets the
 * leader hand it to somebody else. */
static void take_cooperatively(Consumer *self, const SyncGroupResponse *response)
{
    GString *text = g_string_new("");
    char name[128];
    for (guint i = 0; i < self->owned->len; i++) {
        const int32_t partition = g_array_index(self->owned, int32_t, i);
        bool stays = false;
        for (int32_t k = 0; k < response->count; k++) {
            stays = stays || response->partitions[k] == partition;
        }
        if (!stays) {
            g_string_append_printf(text,
                                   "%s%s",
                                   text->len == 0 ? "" : " ",
                                   consumer_partition_name(self, partition, name, sizeof name));
        }
    }
    if (text->len > 0) {
        actor_log(&self->actor, "revoked", "%s", text->str);
        membership_request_rejoin(self, "need to revoke partitions and re-join");
    }
    g_string_free(text, TRUE);
    subscription_change(self, response->partitions, response->count);
}

static void on_synced(Consumer *self, const SyncGroupResponse *response)
{
    bool is_taken = self->state == MEMBER_STABLE; /* heartbeat_take_sync(); may have to rejoin */
    if (self->generation < 0 || (!is_taken && self->state != MEMBER_COMPLETING_REBALANCE)) {
        membership_reset_generation(self, true, "generation lost before the assignment came");
        membership_join_failed(self, true, self->rejoin_reason);
        return;
    }
    self->state = MEMBER_STABLE;
    worker_on_joined(self);
    self->is_join_in_flight = false;
    self->rejoin_needed = is_taken && self->rejoin_needed;
    self->needs_join_prepare = true;
    self->next_auto_commit = consumer_now(self) + self->options.auto_commit_interval_ns;
    if (self->context.work != NULL) {
        self->context.work->take(self->context.work_owner, response, self->generation);
        if (!self->context.work->keeps_partitions) {
            consumer_changed(self, "consuming");
        }
        return;
    }
    if (self->is_cooperative) {
        take_cooperatively(self, response);
    } else {
        subscription_assign(self, response->partitions, response->count);
    }
    remember_assignment(self);
    char *owned = consumer_owned_text(self);
    actor_log(&self->actor, "assigned", "generation %d: %s", self->generation, owned);
    g_free(owned);
    consumer_changed(self, "consuming");
}

static void on_sync_response(Consumer *self, const SyncGroupResponse *response)
{
    switch ((int)response->error) {
    case KAFKA_NONE:
        on_synced(self, response);
        break;
    case KAFKA_REBALANCE_IN_PROGRESS:
        membership_join_failed(self, true, "rebalance began anew during the sync");
        break;
    case KAFKA_UNKNOWN_MEMBER_ID:
    case KAFKA_ILLEGAL_GENERATION:
        membership_reset_generation(
            self, response->error == KAFKA_UNKNOWN_MEMBER_ID, kafka_error_name(response->error));
        membership_join_failed(self, true, kafka_error_name(response->error));
        break;
    case KAFKA_COORDINATOR_NOT_AVAILABLE:
    case KAFKA_NOT_COORDINATOR:
        membership_join_failed(self, false, kafka_error_name(response->error));
        membership_coordinator_unknown(self, false);
        break;
    default:
        consumer_fail(self, kafka_error_name(response->error));
        break;
    }
}

static void take_join_or_sync(Consumer *self, ResponseHeader *response)
{
    if (response->base.type == (KAFKA_JOIN_GROUP | KAFKA_RESPONSE)) {
        on_join_response(self, (JoinGroupResponse *)response);
    } else {
        on_sync_response(self, (const SyncGroupResponse *)response);
    }
}

/* Kept for the next poll() when the application is busy with records. */
static void join_or_sync_came(Consumer *self, ResponseHeader *response)
{
    if (!self->is_join_in_flight || self->phase == CONSUMER_CLOSING) {
        return;
    }
    if (response == NULL) {
        membership_join_failed(self, false, "connection lost");
        membership_coordinator_unknown(self, true);
    } else if (self->phase == CONSUMER_PROCESSING) {
        clear_deferred(self);
        self->deferred = g_memdup2(response, response->base.allocated_bytes);
        self->sync_seen_at = heartbeat_next_look(self);
    } else {
        take_join_or_sync(self, response);
    }
}

void membership_on_response(Consumer *self, uint16_t api, uint32_t sent, ResponseHeader *response)
{
    switch (api) {
    case KAFKA_FIND_COORDINATOR:
        coordinator_found(self, (const FindCoordinatorResponse *)response);
        break;
    case KAFKA_JOIN_GROUP:
    case KAFKA_SYNC_GROUP:
        join_or_sync_came(self, response);
        break;
    case KAFKA_HEARTBEAT:
        heartbeat_on_response(self, sent, (const HeartbeatResponse *)response);
        break;
    default:
        break;
    }
}

/* True when nothing of the join is left to wait for. */
static bool join_if_needed(Consumer *self)
{
    if (self->state == MEMBER_STABLE && !self->rejoin_needed && leader_has_metadata_changed(self)) {
        membership_request_rejoin(self, "cached metadata has changed");
    }
    if (self->state == MEMBER_STABLE && consumer_now(self) >= self->rejoin_at) {
        self->rejoin_at = SIM_TIME_MAX;
        membership_request_rejoin(self, self->rejoin_at_reason);
    }
    if (self->state == MEMBER_STABLE && !self->rejoin_needed &&
        !consumer_same_numbers(self->joined, self->subscribed)) {
        membership_request_rejoin(self, "the subscription has changed");
    }
    if (!self->rejoin_needed && !self->is_join_in_flight) {
        return true;
    }
    if (self->is_join_in_flight || consumer_now(self) < self->join_retry_at) {
        return false;
    }
    if (!pattern_is_fresh(self)) {
        return false;
    }
    pattern_update(self);
    if (self->needs_join_prepare) {
        if (!join_prepare(self)) {
            return false;
        }
        self->needs_join_prepare = false;
    }
    if (membership_can_send(self)) {
        send_join(self);
    }
    return false;
}

void consumer_rejoin_at(Consumer *self, SimTime at, const char *reason)
{
    self->rejoin_at = at;
    self->rejoin_at_reason = reason;
}

bool membership_poll(Consumer *self)
{
    pattern_update(self);
    if (self->modern.is_on) {
        modern_poll(self);
        return true;
    }
    if (self->deferred != NULL) {
        ResponseHeader *response = self->deferred;
        self->deferred = NULL;
        take_join_or_sync(self, response);
        g_free(response);
    }
    if (self->phase == CONSUMER_PROCESSING) { /* it has begun to do what it was told */
        return false;
    }
    if (self->coordinator < 0) {
        membership_lookup(self);
        return false;
    }
    leader_assign_again(self);
    return join_if_needed(self);
}

SimTime membership_next_action(const Consumer *self)
{
    const SimTime now = consumer_now(self);
    SimTime next = SIM_TIME_MAX;
    if (self->modern.is_on) {
        return modern_next_action(self);
    }
    if (self->coordinator < 0 && !self->is_looking_up && self->lookup_retry_at > now) {
        next = self->lookup_retry_at;
    }
    if (self->state == MEMBER_STABLE && self->rejoin_at > now) {
        next = MIN(next, self->rejoin_at);
    }
    if (self->unassigned != NULL && self->coordinator >= 0) {
        next = MIN(next, MAX(self->assign_retry_at, now + 1));
    }
    if (self->rejoin_needed && !self->is_join_in_flight && self->join_retry_at > now) {
        next = MIN(next, self->join_retry_at);
    }
    return next;
}

bool membership_leave(Consumer *self, const char *reason)
{
    if (self->modern.is_on) {
        return modern_leave(self);
    }
    const bool is_member = self->options.leaves && self->options.group_instance_id == NULL &&
                           self->state != MEMBER_UNJOINED && self->member_id[0] != '\0';
    bool sent = false;
    if (is_member && membership_can_send(self)) {
        LeaveGroupRequest *request =
            membership_request(self, sizeof(LeaveGroupRequest), KAFKA_LEAVE_GROUP);
        request->group_id = self->context.spec->name;
        g_strlcpy(request->member_id, self->member_id, sizeof request->member_id);
        membership_send(self, request, 0);
        sent = true;
    }
    membership_reset_generation(self, true, reason);
    return sent;
}
