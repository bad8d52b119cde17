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
 * (the application's is in application.c). */
#include "models/consumer/consumer_state.h"
#include "sim/resource/host.h"

/* poll() first waits for the coordinator, up to its time-out. */
static SimTime blocked_until(const Consumer *self)
{
    return self->coordinator < 0 && !self->options.assigns && !self->modern.is_on
               ? self->poll_started_at + self->options.poll_timeout_ns
               : 0;
}

/* True when poll() returned and is called again at once. */
static bool poll_once(Consumer *self)
{
    const SimTime now = consumer_now(self);
    if (!self->is_in_poll) {
        self->is_in_poll = true;
        self->poll_started_at = now;
    }
    if (self->context.program != NULL) {
        self->context.program->before_poll(self->context.work_owner);
    }
    if (self->requests->len > 0) {
        seek_apply(self);
    }
    sink_task_iterate(self);
    if (self->share.is_on) {
        (void)membership_poll(self);
    } else if (self->options.assigns || membership_poll(self)) {
        (void)commits_send_waiting(self);
        commits_maybe_auto_commit(self);
        positions_update(self);
    }
    if (self->phase != CONSUMER_POLLING || now < blocked_until(self)) {
        return false;
    }
    const int32_t records = self->share.is_on ? share_poll(self) : fetch_buffer_collect(self);
    if (self->phase != CONSUMER_POLLING) {
        return false;
    }
    if (!self->share.is_on) {
        fetcher_send(self);
    }
    if ((self->coordinator < 0 && !self->options.assigns && !self->modern.is_on) || records > 0) {
        self->is_in_poll = false; /* poll() returns */
    }
    return program_polled(self, records);
}

static SimTime next_action(Consumer *self)
{
    SimTime next = membership_next_action(self);
    next = MIN(next, positions_next_action(self));
    next = MIN(next, self->share.is_on ? share_next_action(self) : fetcher_next_action(self));
    const SimTime now = consumer_now(self);
    const SimTime commit = commits_next_action(self);
    if (commit > now) {
        next = MIN(next, commit);
    }
    const SimTime blocked = blocked_until(self);
    if (blocked > now) {
        next = MIN(next, blocked);
    }
    next = MIN(next, self->next_sink_commit);
    return MIN(next, program_next_action(self));
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
            if (program_may_close(self)) {
                close_begin(self);
            }
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
    } else if (self->phase == CONSUMER_PROCESSING && program_run(self)) {
        run_polls(self);
    }
}

/* assign(): a group of itself. */
static void assign_by_hand(Consumer *self)
{
    GArray *partitions = g_array_new(FALSE, FALSE, sizeof(int32_t));
    const MemberSpec *member = consumer_member_spec(&self->context);
    for (int32_t t = 0; t < self->context.topic_count; t++) {
        const TopicInfo *topic =
            metadata_topic(self->context.topics, self->context.topic_indices[t]);
        const int32_t count = metadata_topic_partitions(self->context.topics,
                                                        self->context.topic_indices[t],
                                                        metadata_end_offset(self->context.topics));
        for (int32_t p = 0; p < count; p++) {
            bool is_mine = member->partitions == NULL;
            for (guint i = 0; !is_mine && i < member->partitions->len; i++) {
                is_mine = g_array_index(member->partitions, int32_t, i) == p;
            }
            if (is_mine) {
                const int32_t partition = topic->first_partition + p;
                g_array_append_val(partitions, partition);
            }
        }
    }
    self->rejoin_needed = false;
    self->next_auto_commit = consumer_now(self) + self->options.auto_commit_interval_ns;
    subscription_assign(
        self, (const int32_t *)(const void *)partitions->data, (int32_t)partitions->len);
    g_array_free(partitions, TRUE);
    consumer_changed(self, "consuming");
}

/* initTransactions() comes before the first poll(); a stream thread calls it for its first task. */
static bool awaits_sink(const Consumer *self)
{
    const RecordSink *sink = self->sink;
    if (sink == NULL || (sink->is_transactional && self->context.program != NULL) ||
        sink->is_ready(sink->owner)) {
        return false;
    }
    sink->initialize(sink->owner);
    return true;
}

static void start(Consumer *self)
{
    if (awaits_sink(self)) {
        return;
    }
    self->phase = CONSUMER_POLLING;
    sink_task_start(self);
    pattern_subscribe(self);
    consumer_changed(self, "joining");
    if (self->options.assigns && self->context.program == NULL) {
        assign_by_hand(self);
    }
    client_metadata_maybe_send(self->metadata);
    poll_wake(self);
}

static void expire_poll(Consumer *self)
{
    self->application.poll_expired = true;
    if (self->modern.is_on) {
        modern_poll_expired(self);
        return;
    }
    if (self->state != MEMBER_COMPLETING_REBALANCE && self->state != MEMBER_STABLE) {
        return;
    }
    const char *how = heartbeat_log_poll_expired(self);
    (void)membership_leave(self, "consumer poll timeout has expired");
    heartbeat_disable(self);
    consumer_changed(self, how); /* until it polls again */
}

void poll_start_up(Consumer *self)
{
    const SimDuration work = self->context.profile->client_start;
    if (work > 0) {
        host_run(&self->actor, work, CONSUMER_DONE_START, NULL);
    } else {
        actor_arm(&self->actor, &self->start_timer, 0);
    }
}

void poll_on_work_done(Actor *actor, uint16_t kind, void *data)
{
    Consumer *self = (Consumer *)actor;
    (void)data;
    if (kind == CONSUMER_DONE_UNPACK) {
        application_on_unpacked(self);
        poll_wake(self);
    } else if (self->phase == CONSUMER_STARTING) { /* else it was closed meanwhile */
        start(self);
    }
}

void poll_on_timer(Consumer *self, Timer *timer)
{
    switch (timer->kind) {
    case CONSUMER_TIMER_START:
        start(self);
        break;
    case CONSUMER_TIMER_PROCESSING:
        program_on_timer(self);
        poll_wake(self);
        break;
    case CONSUMER_TIMER_POLL_EXPIRY:
    case CONSUMER_TIMER_HEARTBEAT:
        self->depth++;
        if (timer == &self->heartbeat && self->modern.is_on) {
            modern_run(self);
        } else if (timer == &self->heartbeat) {
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
        if (self->phase == CONSUMER_STARTING) {
            start(self);
        } else {
            poll_wake(self);
        }
        break;
    }
}
