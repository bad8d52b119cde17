/* modern_heartbeat.c - ConsumerGroupHeartbeat: when it is sent, what it says, what its answer does.
 *
 * At once when joining, acknowledging or leaving, else every group.consumer.heartbeat.interval.ms
 * (the coordinator's word) after the last was sent. A field that has not changed since it was said
 * is left out; after an error everything is said again.
 *
 * Mirrors: AbstractHeartbeatRequestManager, ConsumerHeartbeatRequestManager.HeartbeatState. */
#include "models/consumer/consumer_state.h"
#include <string.h>

static bool is_in_group(const Consumer *self)
{
    const int state = self->modern.state.now;
    return state == MODERN_JOINING || state == MODERN_RECONCILING ||
           state == MODERN_ACKNOWLEDGING || state == MODERN_STABLE;
}

/* What it owns as far as the group is concerned: a member that joins has nothing. */
static bool says_owned(const Consumer *self)
{
    const ModernMembership *modern = &self->modern;
    const bool same =
        modern->said->len == self->owned->len &&
        (modern->said->len == 0 ||
         memcmp(modern->said->data, self->owned->data, self->owned->len * sizeof(int32_t)) == 0);
    return modern->is_full || !same;
}

static int32_t epoch_to_say(const Consumer *self)
{
    const bool leaves = self->modern.state.now == MODERN_LEAVING;
    const bool is_static = self->options.group_instance_id != NULL;
    return !leaves ? self->generation : is_static ? -2 : -1;
}

static void say_everything(Consumer *self, ConsumerGroupHeartbeatRequest *request)
{
    if (!self->share.is_on) {
        request->rebalance_timeout_ns = self->options.max_poll_interval_ns;
        request->server_assignor = self->modern.remote_assignor;
    }
    if (pattern_is_coordinators(self)) {
        request->subscribed_regex = self->context.spec->pattern;
    }
}

static void say_topics(Consumer *self, ConsumerGroupHeartbeatRequest *request)
{
    const GArray *topics = self->subscribed;
    request->topic_count = (int32_t)topics->len;
    g_array_set_size(self->modern.said_topics, 0);
    if (topics->len > 0) {
        memcpy(request->items, topics->data, topics->len * sizeof(int32_t));
        g_array_append_vals(self->modern.said_topics, topics->data, topics->len);
    }
}

static void say_owned(Consumer *self, ConsumerGroupHeartbeatRequest *request)
{
    const int32_t topics = MAX(0, request->topic_count);
    request->owned_count = (int32_t)self->owned->len;
    g_array_set_size(self->modern.said, 0);
    if (self->owned->len > 0) {
        memcpy(&request->items[topics], self->owned->data, self->owned->len * sizeof(int32_t));
        g_array_append_vals(self->modern.said, self->owned->data, self->owned->len);
    }
}

void modern_send_heartbeat(Consumer *self)
{
    ModernMembership *modern = &self->modern;
    const bool leaves = modern->state.now == MODERN_LEAVING;
    const guint room = self->subscribed->len + self->owned->len;
    ConsumerGroupHeartbeatRequest *request = membership_request(
        self,
        KAFKA_MESSAGE_BYTES(ConsumerGroupHeartbeatRequest, items, room),
        self->share.is_on ? KAFKA_SHARE_GROUP_HEARTBEAT : KAFKA_CONSUMER_GROUP_HEARTBEAT);
    request->group_id = self->context.spec->name;
    g_strlcpy(request->member_id, self->member_id, sizeof request->member_id);
    request->member_epoch = epoch_to_say(self);
    request->group_instance_id = self->options.group_instance_id;
    request->rebalance_timeout_ns = -1;
    request->topic_count = -1;
    request->owned_count = -1;
    if (!leaves && modern->is_full) {
        say_everything(self, request);
    }
    if (!leaves &&
        (modern->is_full || !consumer_same_numbers(modern->said_topics, self->subscribed))) {
        say_topics(self, request);
    }
    if (!leaves && !self->share.is_on && says_owned(self)) {
        say_owned(self, request);
    }
    modern->is_full = false;
    modern->is_in_flight = !leaves;
    modern->sent_at = consumer_now(self);
    membership_send(self, request, 0);
    if (modern->state.now == MODERN_ACKNOWLEDGING) {
        const bool done =
            modern->target->len == modern->taken->len &&
            (modern->target->len == 0 || memcmp(modern->target->data,
                                                modern->taken->data,
                                                modern->target->len * sizeof(int32_t)) == 0);
        state_move(&modern->state, &self->actor, done ? MODERN_STABLE : MODERN_RECONCILING);
    }
}

/* When the next one is to be sent. */
static SimTime due_at(const Consumer *self)
{
    const ModernMembership *modern = &self->modern;
    const bool at_once =
        modern->state.now == MODERN_JOINING || modern->state.now == MODERN_ACKNOWLEDGING;
    const SimTime now = consumer_now(self);
    if (modern->retry_at > now) {
        return modern->retry_at;
    }
    return at_once || modern->is_full ? now : MAX(now, modern->sent_at + modern->interval_ns);
}

void modern_run(Consumer *self)
{
    ModernMembership *modern = &self->modern;
    modern_background(self);
    if (!is_in_group(self) || modern->is_in_flight) {
        actor_disarm(&self->actor, &self->heartbeat);
        return;
    }
    const SimTime now = consumer_now(self);
    SimTime next = due_at(self);
    if (self->coordinator < 0) {
        membership_lookup(self);
        next = self->lookup_retry_at > now ? self->lookup_retry_at : SIM_TIME_MAX;
    } else if (next <= now) {
        if (membership_can_send(self)) {
            modern_send_heartbeat(self);
            next = SIM_TIME_MAX; /* until it is answered */
        } else {
            const SimTime at =
                network_client_next_attempt(self->network, COORDINATOR_NODE(self->coordinator));
            next = at > now ? at : SIM_TIME_MAX; /* becoming ready is an event */
        }
    }
    if (next == SIM_TIME_MAX) {
        actor_disarm(&self->actor, &self->heartbeat);
    } else {
        actor_arm_at(&self->actor, &self->heartbeat, next);
    }
}

static void on_success(Consumer *self, const ConsumerGroupHeartbeatResponse *response)
{
    self->modern.interval_ns = response->heartbeat_interval_ns;
    self->modern.retry_at = 0;
    self->modern.attempts = 0;
    self->generation = response->member_epoch;
    self->state = MEMBER_STABLE;
    if (self->generation > 0) {
        worker_on_joined(self);
    }
    modern_take_assignment(self, response);
}

static void retry(Consumer *self, SimDuration delay)
{
    self->modern.is_full = true;
    self->modern.retry_at = consumer_now(self) + delay;
}

static void fence(Consumer *self, KafkaError error)
{
    state_move(&self->modern.state, &self->actor, MODERN_FENCED);
    modern_lose(self, kafka_error_name(error), "rebalancing");
    modern_join(self);
    consumer_changed(self, "joining");
}

void modern_on_response(Consumer *self,
                        uint32_t sent,
                        const ConsumerGroupHeartbeatResponse *response)
{
    if (sent != self->membership || !is_in_group(self)) {
        return; /* it has left, or joins anew */
    }
    self->modern.is_in_flight = false;
    const KafkaError error = response == NULL ? KAFKA_NETWORK_EXCEPTION : response->error;
    switch ((int)error) {
    case KAFKA_NONE:
        on_success(self, response);
        break;
    case KAFKA_NETWORK_EXCEPTION:
        membership_coordinator_unknown(self, true);
        retry(self, consumer_backoff(self, &self->modern.attempts));
        break;
    case KAFKA_COORDINATOR_NOT_AVAILABLE:
    case KAFKA_NOT_COORDINATOR:
        membership_coordinator_unknown(self, false);
        self->modern.attempts = 0;
        retry(self, 0);
        break;
    case KAFKA_COORDINATOR_LOAD_IN_PROGRESS:
        retry(self, consumer_backoff(self, &self->modern.attempts));
        break;
    case KAFKA_FENCED_MEMBER_EPOCH:
    case KAFKA_UNKNOWN_MEMBER_ID:
        fence(self, error);
        break;
    default:
        state_move(&self->modern.state, &self->actor, MODERN_FATAL);
        consumer_fail(self, kafka_error_name(error));
        break;
    }
}
