/* close.c - close(): commit, give the partitions up, leave the group, end the process.
 *
 * Mirrors: ClassicKafkaConsumer.close, AbstractCoordinator.close. The application closes when its
 * present records are processed. Static members do not leave, nor who
 * is told not to by internal.leave.group.on.close, of which KIP-848 knows nothing. */
#include "models/consumer/consumer_state.h"

/* ConsumerUtils.DEFAULT_CLOSE_TIMEOUT_MS */
#define CLOSE_TIMEOUT SIM_SEC(30)

bool consumer_has_closed(const Consumer *self)
{
    return self->phase == CONSUMER_CLOSED;
}

/* Its place is kept until its session ends; or it assigns by hand, and has none to leave. */
static bool leaves_no_group(const Consumer *self)
{
    return self->options.group_instance_id != NULL ||
           (!self->options.leaves && !self->modern.is_on) ||
           (self->context.work != NULL && self->context.work->stays) ||
           (self->options.assigns && self->context.program == NULL);
}

static void end(Consumer *self)
{
    if (self->phase == CONSUMER_CLOSED) {
        return;
    }
    self->phase = CONSUMER_CLOSED;
    if (self->sink != NULL) {
        self->sink->close(self->sink->owner);
    }
    const char *how = leaves_no_group(self) ? "stopped" : "left";
    actor_log(&self->actor, how, "%s", self->context.spec->name);
    consumer_changed(self, how);
    actor_disarm(&self->actor, &self->close_timer);
    actor_disarm(&self->actor, &self->wake);
    actor_arm(&self->actor, &self->end_timer, 0);
}

/* When the leave and all commits are answered. */
static void end_if_answered(Consumer *self)
{
    if (self->has_left && self->async_in_flight == 0) {
        end(self);
    }
}

/* True while a commitAsync() waits for a coordinator. */
static bool waits_for_coordinator(Consumer *self)
{
    if (commits_send_waiting(self)) {
        return false;
    }
    if (self->coordinator < 0) {
        membership_lookup(self);
    }
    actor_arm(&self->actor, &self->wake, self->options.retry_backoff_ns);
    return true;
}

void close_go_on(Consumer *self)
{
    if (self->is_leaving) {
        end_if_answered(self); /* else when the time is up */
        return;
    }
    if (waits_for_coordinator(self)) {
        return;
    }
    const CommitOutcome outcome = commits_wait(self);
    if (outcome == COMMIT_IN_FLIGHT) {
        return;
    }
    if (outcome == COMMIT_RETRIABLE) {
        if (self->coordinator < 0) {
            membership_lookup(self);
        }
        actor_arm(&self->actor, &self->wake, self->options.retry_backoff_ns);
        return;
    }
    if (self->assigned->len > 0) {
        char *owned = consumer_owned_text(self);
        actor_log(&self->actor, "revoked", "%s", owned);
        g_free(owned);
        subscription_clear(self);
    }
    if (self->share.is_on) {
        share_close(self);
    }
    if (self->context.work != NULL) {
        self->context.work->end(self->context.work_owner, false);
    }
    const bool stays = self->context.work != NULL && self->context.work->stays;
    self->has_left = stays || !membership_leave(self, "the consumer is being closed");
    self->is_leaving = true;
    end_if_answered(self);
}

/* LeaveGroup was answered, or its connection is gone. */
void close_left(Consumer *self)
{
    if (self->is_leaving) {
        self->has_left = true;
        end_if_answered(self);
    }
}

void close_begin(Consumer *self)
{
    self->phase = CONSUMER_CLOSING;
    heartbeat_disable(self);
    actor_disarm(&self->actor, &self->wake);
    actor_arm(&self->actor, &self->close_timer, CLOSE_TIMEOUT);
    close_go_on(self);
}

void close_on_timer(Consumer *self, Timer *timer)
{
    if (timer == &self->end_timer) {
        actor_kill(&self->actor);
    } else {
        end(self);
    }
}

void consumer_close(Consumer *self)
{
    if (self->actor.life == ACTOR_DEAD || self->is_closing) {
        return;
    }
    self->is_closing = true;
    if (self->phase == CONSUMER_STARTING) {
        actor_disarm(&self->actor, &self->start_timer);
        end(self);
    } else {
        poll_wake(self);
    }
}

void consumer_fail(Consumer *self, const char *why)
{
    if (self->is_closing) {
        return; /* one exception names all partitions */
    }
    actor_log(&self->actor, "failed", "%s", why);
    self->is_closing = true;
    self->rejoin_needed = false;
    self->is_join_in_flight = false;
    poll_wake(self);
}
