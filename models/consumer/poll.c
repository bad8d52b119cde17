/* poll.c - the application thread: poll, process, poll again.
 *
 * One poll(): membership and commits, positions, then the buffered records, then the next fetches
 * (clients.md §2.1). With records it returns at once and the application spends its time on them;
 * without, it waits, and whatever arrives or falls due goes through the same steps again. An
 * empty poll() that returns after its time-out and is called again changes nothing, so it costs
 * nothing here; only while the coordinator is unknown does the time-out matter: poll() then waits
 * for the coordinator before it looks at its records.
 *
 * Mirrors: ClassicKafkaConsumer.poll, pollForFetches. Left out: CPU time of the client itself
 * (the application's is spec->process_record and process_poll). */
#include "models/consumer/consumer_state.h"

/* poll() first waits for the coordinator, up to its time-out. */
static SimTime blocked_until(const Consumer *self)
{
    return self->coordinator < 0 ? self->poll_started_at + self->options.poll_timeout_ns : 0;
}

static SimDuration draw_processing(Consumer *self, int32_t records)
{
    const GroupSpec *spec = self->context.spec;
    return distribution_draw_sum(&spec->process_record, &self->processing, (uint64_t)records) +
           distribution_draw(&spec->process_poll, &self->processing);
}

/* The heartbeat thread notices when the application takes longer than max.poll.interval.ms. How
 * long it will take is known now, so the timer is only armed when it will fire. */
static void begin_processing(Consumer *self, SimDuration duration)
{
    self->phase = CONSUMER_PROCESSING;
    actor_arm(&self->actor, &self->processing_timer, duration);
    if (duration > self->options.max_poll_interval_ns) {
        actor_arm(&self->actor, &self->poll_expiry, self->options.max_poll_interval_ns);
    }
}

/* True when poll() returned and is called again at once. */
static bool poll_once(Consumer *self)
{
    const SimTime now = consumer_now(self);
    if (!self->is_in_poll) {
        self->is_in_poll = true;
        self->poll_started_at = now;
    }
    if (membership_poll(self)) {
        commits_maybe_auto_commit(self);
        positions_update(self);
    }
    if (self->phase != CONSUMER_POLLING || now < blocked_until(self)) {
        return false;
    }
    const int32_t records = fetch_buffer_collect(self);
    if (self->phase != CONSUMER_POLLING) {
        return false;
    }
    fetcher_send(self);
    if (self->coordinator < 0 || records > 0) {
        self->is_in_poll = false; /* poll() returns */
    }
    const SimDuration duration = records > 0 ? draw_processing(self, records) : 0;
    if (duration > 0) {
        begin_processing(self, duration);
    }
    return records > 0 && duration == 0;
}

static SimTime next_action(Consumer *self)
{
    SimTime next = membership_next_action(self);
    next = MIN(next, positions_next_action(self));
    next = MIN(next, fetcher_next_action(self));
    const SimTime now = consumer_now(self);
    const SimTime commit = commits_next_action(self);
    if (commit > now) {
        next = MIN(next, commit);
    }
    const SimTime blocked = blocked_until(self);
    if (blocked > now) {
        next = MIN(next, blocked);
    }
    return next;
}

static void arm_wake(Consumer *self)
{
    const SimTime next = next_action(self);
    if (next == SIM_TIME_MAX) {
        actor_disarm(&self->actor, &self->wake);
    } else if (!timer_is_armed(&self->wake) || self->wake.deadline != next) {
        actor_arm_at(&self->actor, &self->wake, next);
    }
}

static void run_polls(Consumer *self)
{
    self->is_running_poll = true;
    bool again = true;
    while (again && self->phase == CONSUMER_POLLING) {
        self->poll_again = false;
        if (self->is_closing) {
            close_begin(self);
            break;
        }
        again = poll_once(self) || self->poll_again;
    }
    self->is_running_poll = false;
    client_metadata_maybe_send(self->metadata);
    if (self->phase == CONSUMER_POLLING) {
        if (!self->is_in_poll) { /* it returned empty and was called again */
            self->is_in_poll = true;
            self->poll_started_at = consumer_now(self);
        }
        arm_wake(self);
    }
}

void poll_wake(Consumer *self)
{
    if (self->is_running_poll || self->depth > 0) {
        self->poll_again = true; /* who called will look */
    } else if (self->phase == CONSUMER_POLLING) {
        run_polls(self);
    } else if (self->phase == CONSUMER_CLOSING) {
        close_go_on(self);
    }
}

static void start(Consumer *self)
{
    self->phase = CONSUMER_POLLING;
    for (int32_t t = 0; t < self->context.topic_count; t++) {
        client_metadata_add_topic(self->metadata, self->context.topic_indices[t]);
    }
    consumer_changed(self, "joining");
    client_metadata_maybe_send(self->metadata);
    poll_wake(self);
}

static void expire_poll(Consumer *self)
{
    if (self->state != MEMBER_COMPLETING_REBALANCE && self->state != MEMBER_STABLE) {
        return;
    }
    actor_log(&self->actor, "left", "no poll for max.poll.interval.ms");
    (void)membership_leave(self, "consumer poll timeout has expired");
    heartbeat_disable(self);
}

void poll_on_timer(Consumer *self, Timer *timer)
{
    switch (timer->kind) {
    case CONSUMER_TIMER_START:
        start(self);
        break;
    case CONSUMER_TIMER_PROCESSING:
        self->phase = CONSUMER_POLLING;
        actor_disarm(&self->actor, &self->poll_expiry);
        poll_wake(self);
        break;
    case CONSUMER_TIMER_POLL_EXPIRY:
    case CONSUMER_TIMER_HEARTBEAT:
        self->depth++;
        if (timer == &self->heartbeat) {
            heartbeat_on_timer(self);
        } else {
            expire_poll(self);
        }
        self->depth--;
        poll_wake(self);
        break;
    case CONSUMER_TIMER_CLOSE:
    case CONSUMER_TIMER_END:
        close_on_timer(self, timer);
        break;
    default:
        poll_wake(self);
        break;
    }
}
