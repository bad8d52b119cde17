/* heartbeat.c - the heartbeat thread: it goes on while the application processes records.
 *
 * Enabled while the member has joined (completing or stable). A beat every heartbeat.interval.ms;
 * none answered for session.timeout.ms makes the coordinator unknown; no poll() for
 * max.poll.interval.ms makes a dynamic member leave, and a static one stop: it beats no more, and
 * its place is kept until its session ends.
 *
 * The thread looks every retry.backoff.ms (100 ms) whether a beat is due, and each wait ends a
 * little late, so beats come some 3001.5 ms apart. The session at the coordinator is exact: when
 * one member of a group that beats in phase dies, the others' beats come just after its session's
 * end, not just before.
 *
 * With each look it also polls the network. The answer to SyncGroup that comes while the
 * application is busy makes the member stable there, so that its commits count; what it is assigned
 * it takes at its next poll(). The answer to JoinGroup waits for that: before it the thread is
 * disabled.
 *
 * Mirrors: AbstractCoordinator.HeartbeatThread, Heartbeat (clients.md §2.4). Left out: the other
 * checks of the thread (session, poll time-out) are punctual. */
#include "models/consumer/consumer_state.h"

/* By so much the kernel may be late in waking a thread: prctl(2), PR_SET_TIMERSLACK, its default.
 */
#define TIMER_SLACK SIM_US(50)

static bool has_joined(const Consumer *self)
{
    return self->state == MEMBER_COMPLETING_REBALANCE || self->state == MEMBER_STABLE;
}

void heartbeat_session_seen(Consumer *self)
{
    self->session_deadline = consumer_now(self) + self->options.session_timeout_ns;
}

static SimDuration in_looks(const Consumer *self, SimDuration duration)
{
    const SimDuration look = self->options.retry_backoff_ns + TIMER_SLACK;
    return (duration + look - 1) / look * look;
}

static SimDuration time_between_beats(const Consumer *self)
{
    return in_looks(self, self->options.heartbeat_interval_ns);
}

SimTime heartbeat_next_look(const Consumer *self)
{
    return self->heartbeat_since + in_looks(self, consumer_now(self) - self->heartbeat_since);
}

void heartbeat_take_sync(Consumer *self)
{
    const ResponseHeader *response = self->deferred;
    bool is_sync = response != NULL && response->base.type == (KAFKA_SYNC_GROUP | KAFKA_RESPONSE) &&
                   ((const SyncGroupResponse *)response)->error == KAFKA_NONE;
    if (is_sync && self->is_heartbeat_enabled && consumer_now(self) >= self->sync_seen_at &&
        self->generation >= 0 && self->state == MEMBER_COMPLETING_REBALANCE) {
        self->state = MEMBER_STABLE;
        self->rejoin_needed = false;
    }
}

/* Each rebalance starts the interval anew: members of a group then beat in phase. */
void heartbeat_enable(Consumer *self)
{
    self->is_heartbeat_enabled = true;
    self->heartbeat_since = consumer_now(self);
    heartbeat_session_seen(self);
    actor_arm_constant(&self->actor, &self->heartbeat, time_between_beats(self));
}

void heartbeat_disable(Consumer *self)
{
    self->is_heartbeat_enabled = false;
    actor_disarm(&self->actor, &self->heartbeat);
}

const char *heartbeat_log_poll_expired(Consumer *self)
{
    const bool stays =
        self->options.group_instance_id != NULL || (!self->options.leaves && !self->modern.is_on);
    const char *how = stays ? "stopped" : "left";
    actor_log(&self->actor, how, "no poll for max.poll.interval.ms");
    return how;
}

static void send_heartbeat(Consumer *self)
{
    HeartbeatRequest *request = membership_request(self, sizeof(HeartbeatRequest), KAFKA_HEARTBEAT);
    request->group_id = self->context.spec->name;
    request->generation_id = self->generation;
    request->group_instance_id = self->options.group_instance_id;
    g_strlcpy(request->member_id, self->member_id, sizeof request->member_id);
    membership_send(self, request, 0);
}

void heartbeat_on_timer(Consumer *self)
{
    if (!has_joined(self)) {
        self->is_heartbeat_enabled = false;
        return;
    }
    SimDuration again = self->options.retry_backoff_ns;
    if (self->coordinator < 0) {
        membership_lookup(self);
    } else if (consumer_now(self) >= self->session_deadline) {
        membership_coordinator_unknown(self, false);
    } else if (membership_can_send(self)) {
        send_heartbeat(self);
        again = time_between_beats(self);
    }
    actor_arm_constant(&self->actor, &self->heartbeat, again);
}

static void fail(Consumer *self)
{
    if (self->is_heartbeat_enabled) {
        actor_arm(&self->actor, &self->heartbeat, consumer_backoff(self, NULL));
    }
}

static void lose_membership(Consumer *self, uint32_t sent, KafkaError error)
{
    if (sent != self->membership) {
        return; /* of an older generation */
    }
    if (error == KAFKA_FENCED_INSTANCE_ID) {
        consumer_fail(self, "fenced by another member with its group.instance.id");
        return;
    }
    membership_reset_generation(self, error != KAFKA_ILLEGAL_GENERATION, kafka_error_name(error));
}

void heartbeat_on_response(Consumer *self, uint32_t sent, const HeartbeatResponse *response)
{
    const KafkaError error = response == NULL ? KAFKA_NETWORK_EXCEPTION : response->error;
    heartbeat_take_sync(self);
    switch ((int)error) {
    case KAFKA_NONE:
        heartbeat_session_seen(self);
        break;
    case KAFKA_REBALANCE_IN_PROGRESS:
        heartbeat_session_seen(self);
        if (self->state == MEMBER_STABLE) {
            membership_request_rejoin(self, "group is already rebalancing");
        }
        break;
    case KAFKA_COORDINATOR_NOT_AVAILABLE:
    case KAFKA_NOT_COORDINATOR:
        membership_coordinator_unknown(self, false);
        fail(self);
        break;
    case KAFKA_ILLEGAL_GENERATION:
    case KAFKA_UNKNOWN_MEMBER_ID:
    case KAFKA_FENCED_INSTANCE_ID:
        lose_membership(self, sent, error);
        break;
    default:
        fail(self);
        break;
    }
}
