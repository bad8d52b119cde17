/* membership_consumer.c - joining, reconciling and leaving with group.protocol=consumer. See
 * modern_membership.h.
 *
 * The background thread sends heartbeats and takes assignments at any time. Revoking and adding
 * partitions happens inside poll() where auto commits or callbacks belong to it, so that a slow
 * application delays its acknowledgement (clients.md §5.2); where not, in the background: then the
 * application may still work on records of a partition that another member reads already.
 * Fetches are sent by poll() only (CreateFetchRequestsEvent), commits by time too (PollEvent).
 * Partitions that stay are read throughout; those to
 * be given up are first committed (retried until the rebalance time-out), and not read meanwhile.
 *
 * Left out: callbacks that take time or fail; the few microseconds that events spend between the
 * two threads. Partitions of topics that metadata does not know yet hold the others up until it
 * does; Kafka takes the known ones first. */
#include "models/consumer/consumer_state.h"

#define LEAVES (STATE_ALLOW(MODERN_PREPARE_LEAVING) | STATE_ALLOW(MODERN_LEAVING))
#define FAILS  (STATE_ALLOW(MODERN_FENCED) | STATE_ALLOW(MODERN_FATAL))

static const StateRule rules[] = {
    [MODERN_UNSUBSCRIBED] = {"unsubscribed", STATE_ALLOW(MODERN_JOINING) | LEAVES},
    [MODERN_JOINING] = {"joining",
                        STATE_ALLOW(MODERN_RECONCILING) | STATE_ALLOW(MODERN_STABLE) | LEAVES |
                            FAILS},
    [MODERN_RECONCILING] = {"reconciling",
                            STATE_ALLOW(MODERN_ACKNOWLEDGING) | STATE_ALLOW(MODERN_STABLE) |
                                LEAVES | FAILS},
    [MODERN_ACKNOWLEDGING] = {"acknowledging",
                              STATE_ALLOW(MODERN_STABLE) | STATE_ALLOW(MODERN_RECONCILING) |
                                  LEAVES | FAILS},
    [MODERN_STABLE] = {"stable", STATE_ALLOW(MODERN_RECONCILING) | LEAVES | FAILS},
    [MODERN_FENCED] = {"fenced", STATE_ALLOW(MODERN_JOINING) | LEAVES},
    [MODERN_PREPARE_LEAVING] = {"prepare leaving", STATE_ALLOW(MODERN_LEAVING)},
    [MODERN_LEAVING] = {"leaving", STATE_ALLOW(MODERN_UNSUBSCRIBED) | STATE_ALLOW(MODERN_STALE)},
    [MODERN_STALE] = {"stale", STATE_ALLOW(MODERN_JOINING) | LEAVES},
    [MODERN_FATAL] = {"fatal", LEAVES},
};

static void move_to(Consumer *self, ModernState state)
{
    if (self->modern.state.now != (int)state) {
        state_move(&self->modern.state, &self->actor, (int)state);
    }
}

void modern_init(Consumer *self)
{
    ModernMembership *modern = &self->modern;
    modern->target = g_array_new(FALSE, FALSE, sizeof(int32_t));
    modern->taken = g_array_new(FALSE, FALSE, sizeof(int32_t));
    modern->said = g_array_new(FALSE, FALSE, sizeof(int32_t));
    modern->said_topics = g_array_new(FALSE, FALSE, sizeof(int32_t));
    actor_stream(&self->actor, "member.id", &modern->ids);
    state_init(&modern->state, rules, NULL, MODERN_UNSUBSCRIBED);
}

void modern_clear(Consumer *self)
{
    g_array_free(self->modern.target, TRUE);
    g_array_free(self->modern.taken, TRUE);
    g_array_free(self->modern.said, TRUE);
    g_array_free(self->modern.said_topics, TRUE);
}

void modern_reset(Consumer *self)
{
    ModernMembership *modern = &self->modern;
    state_init(&modern->state, rules, "membership", MODERN_UNSUBSCRIBED);
    g_array_set_size(modern->target, 0);
    g_array_set_size(modern->taken, 0);
    modern->is_reconciling = false;
    modern->interval_ns = 0;
    modern->retry_at = 0;
    modern->attempts = 0;
    modern->is_in_flight = false;
    modern->is_full = true;
}

/* A Uuid in base 64 (KIP-1082): members sort by chance, not by client.id. */
static void new_member_id(Consumer *self)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    for (int i = 0; i < 22; i++) {
        const uint64_t range = i == 0 ? 62 : 64;
        self->member_id[i] = digits[stream_u64(&self->modern.ids) % range];
    }
    self->member_id[22] = '\0';
}

void modern_join(Consumer *self)
{
    move_to(self, MODERN_JOINING);
    self->generation = 0;
    self->state = MEMBER_UNJOINED;
    self->membership++;
    self->modern.is_full = true;
    self->modern.is_in_flight = false;
    self->modern.is_reconciling = false;
    self->modern.retry_at = 0;
    self->modern.attempts = 0;
    g_array_set_size(self->modern.target, 0);
}

void modern_lose(Consumer *self, const char *why, const char *state)
{
    self->modern.is_reconciling = false;
    self->waited_commit = COMMIT_NONE;
    self->state = MEMBER_UNJOINED;
    self->membership++;
    if (self->assigned->len > 0) {
        char *owned = consumer_owned_text(self);
        actor_log(&self->actor, "revoked", "lost %s: %s", owned, why);
        g_free(owned);
        subscription_clear(self);
    }
    self->generation = -1;
    consumer_changed(self, state);
}

void modern_take_assignment(Consumer *self, const ConsumerGroupHeartbeatResponse *response)
{
    ModernMembership *modern = &self->modern;
    if (response->assigned_count >= 0) {
        g_array_set_size(modern->target, 0);
        if (response->assigned_count > 0) {
            g_array_append_vals(
                modern->target, response->partitions, (guint)response->assigned_count);
        }
    }
    const bool joined = modern->state.now == MODERN_JOINING;
    if (response->assigned_count >= 0 && !consumer_same_numbers(modern->target, self->owned)) {
        move_to(self, MODERN_RECONCILING);
    } else if (joined) {
        move_to(self, MODERN_STABLE);
    }
    if (joined && modern->state.now == MODERN_STABLE) {
        consumer_changed(self, "consuming");
    }
}

/* ---- Reconciliation, inside poll(). */
static bool is_taken(const ModernMembership *modern, int32_t partition)
{
    for (guint i = 0; i < modern->taken->len; i++) {
        if (g_array_index(modern->taken, int32_t, i) == partition) {
            return true;
        }
    }
    return false;
}

static void begin(Consumer *self)
{
    ModernMembership *modern = &self->modern;
    modern->is_reconciling = true;
    g_array_set_size(modern->taken, 0);
    if (modern->target->len > 0) {
        g_array_append_vals(modern->taken, modern->target->data, modern->target->len);
    }
    self->join_prepare_until = consumer_now(self) + self->options.max_poll_interval_ns;
    self->next_auto_commit = consumer_now(self) + self->options.auto_commit_interval_ns;
    for (guint i = 0; i < self->assigned->len; i++) {
        AssignedPartition *entry = &g_array_index(self->assigned, AssignedPartition, i);
        entry->pending_revocation = !is_taken(modern, entry->partition);
    }
}

static void log_revoked(Consumer *self)
{
    GString *text = g_string_new("");
    char name[128];
    for (guint i = 0; i < self->owned->len; i++) {
        const int32_t partition = g_array_index(self->owned, int32_t, i);
        if (!is_taken(&self->modern, partition)) {
            g_string_append_printf(text,
                                   "%s%s",
                                   text->len == 0 ? "" : " ",
                                   consumer_partition_name(self, partition, name, sizeof name));
        }
    }
    if (text->len > 0) {
        actor_log(&self->actor, "revoked", "%s", text->str);
    }
    g_string_free(text, TRUE);
}

static void finish(Consumer *self)
{
    ModernMembership *modern = &self->modern;
    modern->is_reconciling = false;
    self->join_prepare_until = 0;
    log_revoked(self);
    subscription_change(
        self, (const int32_t *)(const void *)modern->taken->data, (int32_t)modern->taken->len);
    char *owned = consumer_owned_text(self);
    actor_log(&self->actor, "assigned", "epoch %d: %s", self->generation, owned);
    g_free(owned);
    move_to(self, MODERN_ACKNOWLEDGING);
    consumer_changed(self, "consuming");
}

static void reconcile(Consumer *self)
{
    if (!self->modern.is_reconciling) {
        begin(self);
    }
    const CommitOutcome outcome = commits_wait(self);
    if ((outcome == COMMIT_IN_FLIGHT || outcome == COMMIT_RETRIABLE) &&
        consumer_now(self) < self->join_prepare_until) {
        return;
    }
    self->waited_commit = COMMIT_NONE;
    finish(self);
}

/* The coordinator names topics by id: what they are called, and who leads them, the client must ask
 * for before it can take their partitions. */
static bool knows_target(Consumer *self)
{
    bool knows = true;
    for (guint i = 0; pattern_is_coordinators(self) && i < self->modern.target->len; i++) {
        const int32_t partition = g_array_index(self->modern.target, int32_t, i);
        const int32_t topic = metadata_topic_of(self->context.topics, partition)->index;
        client_metadata_add_topic(self->metadata, topic);
        knows = knows && client_metadata_has_topic(self->metadata, topic);
    }
    return knows || self->modern.is_reconciling;
}

/* maybeReconcile(canCommit = false). Streams and Connect have a listener. */
static bool reconciles_in_background(const Consumer *self)
{
    return !self->options.auto_commit && !self->context.spec->application.commit_on_revoke &&
           self->context.work == NULL;
}

void modern_background(Consumer *self)
{
    if (self->modern.state.now == MODERN_RECONCILING && self->phase == CONSUMER_PROCESSING &&
        reconciles_in_background(self) && knows_target(self)) {
        begin(self);
        finish(self);
    }
}

void modern_poll(Consumer *self)
{
    const int state = self->modern.state.now;
    if (state == MODERN_UNSUBSCRIBED || state == MODERN_STALE || state == MODERN_FENCED) {
        if (self->member_id[0] == '\0') {
            new_member_id(self);
        }
        modern_join(self);
    }
    if (self->modern.state.now == MODERN_RECONCILING && knows_target(self)) {
        reconcile(self);
    }
    modern_run(self);
}

SimTime modern_next_action(const Consumer *self)
{
    return self->modern.is_reconciling ? self->join_prepare_until : SIM_TIME_MAX;
}

/* ---- Leaving. */
void modern_poll_expired(Consumer *self)
{
    if (self->state != MEMBER_STABLE) {
        return;
    }
    const char *how = heartbeat_log_poll_expired(self);
    move_to(self, MODERN_LEAVING);
    if (membership_can_send(self)) {
        modern_send_heartbeat(self);
    }
    modern_lose(self, "no poll for max.poll.interval.ms", how);
    move_to(self, MODERN_STALE);
}

bool modern_leave(Consumer *self)
{
    const int state = self->modern.state.now;
    const bool is_member = state != MODERN_UNSUBSCRIBED && state != MODERN_STALE &&
                           state != MODERN_FENCED && state != MODERN_FATAL;
    bool sent = false;
    move_to(self, MODERN_PREPARE_LEAVING);
    move_to(self, MODERN_LEAVING);
    if (is_member && membership_can_send(self)) {
        self->membership++;
        modern_send_heartbeat(self);
        sent = true;
    }
    move_to(self, MODERN_UNSUBSCRIBED);
    self->state = MEMBER_UNJOINED;
    self->generation = -1;
    return sent;
}
