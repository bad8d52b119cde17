/* program.c - the consumer's side of a program, see program.h; without one, application.c. */
#include "models/consumer/program.h"
#include "models/consumer/consumer_state.h"

/* ---- what poll() calls */

bool program_polled(Consumer *self, int32_t records)
{
    const ConsumerProgram *program = self->context.program;
    if (program != NULL) {
        return program->polled(self->context.work_owner, records);
    }
    return records > 0 && application_begin(self);
}

bool program_run(Consumer *self)
{
    const ConsumerProgram *program = self->context.program;
    return program != NULL ? program->run(self->context.work_owner) : application_run(self);
}

void program_on_timer(Consumer *self)
{
    const ConsumerProgram *program = self->context.program;
    if (program != NULL) {
        (void)program->on_timer(self->context.work_owner);
    } else {
        application_on_timer(self);
    }
}

void program_hand(
    Consumer *self, int64_t topic_id, const RecordBatch *batch, int64_t first, int64_t last)
{
    const ConsumerProgram *program = self->context.program;
    if (program != NULL) {
        program->hand(self->context.work_owner, topic_id, batch, first, last);
    } else {
        application_hand(self, batch->partition, first, last);
        if (self->sink != NULL) {
            worker_hand(self, topic_id, batch);
        }
    }
}

void program_lost(Consumer *self)
{
    const ConsumerProgram *program = self->context.program;
    if (program != NULL && program->lost != NULL) {
        program->lost(self->context.work_owner);
    }
}

bool program_may_close(Consumer *self)
{
    const ConsumerProgram *program = self->context.program;
    return program == NULL || program->may_close == NULL ||
           program->may_close(self->context.work_owner);
}

SimTime program_next_action(const Consumer *self)
{
    const ConsumerProgram *program = self->context.program;
    const SimTime at =
        program == NULL ? SIM_TIME_MAX : program->next_action(self->context.work_owner);
    return at > consumer_now(self) ? at : SIM_TIME_MAX;
}

/* ---- the thread */

void consumer_begin_work(Consumer *self)
{
    self->phase = CONSUMER_PROCESSING;
    self->application.polled_at = consumer_now(self);
    self->application.poll_expired = false;
}

void consumer_watch_poll(Consumer *self, SimTime until)
{
    const SimTime deadline = self->application.polled_at + self->options.max_poll_interval_ns;
    if (until > deadline && consumer_now(self) <= deadline && !self->application.poll_expired &&
        !timer_is_armed(&self->poll_expiry)) {
        actor_arm_at(&self->actor, &self->poll_expiry, deadline);
    }
}

void consumer_work_for(Consumer *self, SimDuration duration)
{
    actor_arm(&self->actor, &self->processing_timer, duration);
    consumer_watch_poll(self, consumer_now(self) + duration);
}

void consumer_wait(Consumer *self)
{
    consumer_watch_poll(self, SIM_TIME_MAX);
}

void consumer_wake_at(Consumer *self, SimTime at)
{
    actor_arm_at(&self->actor, &self->wake, at);
}

void consumer_end_work(Consumer *self)
{
    if (self->phase == CONSUMER_PROCESSING) {
        self->phase = CONSUMER_POLLING;
    }
    actor_disarm(&self->actor, &self->poll_expiry);
}

SimTime consumer_polled_at(const Consumer *self)
{
    return self->application.polled_at;
}

SimDuration consumer_max_poll_interval(const Consumer *self)
{
    return self->options.max_poll_interval_ns;
}

/* ---- its membership and its partitions */

bool consumer_is_member(const Consumer *self)
{
    return self->state == MEMBER_STABLE;
}

void consumer_note_state(Consumer *self, const char *state)
{
    consumer_changed(self, state);
}

void consumer_subscribe_again(Consumer *self)
{
    char *owned = consumer_owned_text(self);
    actor_log(&self->actor, "revoked", "%s", owned);
    g_free(owned);
    subscription_clear(self);
    (void)membership_leave(self, "the consumer unsubscribed from all topics");
}

void consumer_give_up(Consumer *self, const char *why)
{
    consumer_fail(self, why);
}

bool consumer_knows_coordinator(const Consumer *self)
{
    return self->coordinator >= 0;
}

bool consumer_is_closing(const Consumer *self)
{
    return self->is_closing;
}

const RecordSink *consumer_sink(const Consumer *self)
{
    return self->sink;
}

const char *consumer_instance_id(const Consumer *self)
{
    return self->options.group_instance_id;
}

static bool is_among(int32_t partition, const int32_t *partitions, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        if (partitions[i] == partition) {
            return true;
        }
    }
    return false;
}

void consumer_take_partitions(Consumer *self, const int32_t *partitions, int32_t count)
{
    g_autoptr(GString) text = g_string_new("");
    char name[128];
    for (guint i = 0; i < self->owned->len; i++) {
        const int32_t partition = g_array_index(self->owned, int32_t, i);
        if (!is_among(partition, partitions, count)) {
            consumer_partition_name(self, partition, name, sizeof name);
            g_string_append_printf(text, "%s%s", text->len == 0 ? "" : " ", name);
        }
    }
    if (text->len > 0) {
        actor_log(&self->actor, "revoked", "%s", text->str);
        membership_request_rejoin(self, "need to revoke partitions and re-join");
    }
    subscription_change(self, partitions, count);
    consumer_changed(self, "consuming");
}

void consumer_add_partition(Consumer *self, int32_t partition, int64_t offset)
{
    if (subscription_find(self, partition) == NULL) {
        subscription_add(self, partition);
    }
    const TopicInfo *topic = metadata_topic_of(self->context.topics, partition);
    AssignedPartition *entry = subscription_find(self, partition);
    entry->position = offset;
    entry->state = offset < 0 ? POSITION_UNKNOWN : POSITION_VALID;
    client_metadata_add_topic(self->metadata, topic->index);
    consumer_wake(self);
}

void consumer_remove_partition(Consumer *self, int32_t partition)
{
    for (guint i = 0; i < self->assigned->len; i++) {
        if (g_array_index(self->owned, int32_t, i) == partition) {
            g_array_remove_index(self->assigned, i);
            g_array_remove_index(self->owned, i);
            return;
        }
    }
}

void consumer_pause(Consumer *self, int32_t partition, bool paused)
{
    AssignedPartition *entry = subscription_find(self, partition);
    if (entry != NULL) {
        entry->paused = paused;
    }
}

void consumer_rewind(Consumer *self, int32_t partition)
{
    AssignedPartition *entry = subscription_find(self, partition);
    if (entry != NULL) {
        entry->state = POSITION_UNKNOWN;
        entry->asked = false;
        entry->position = -1;
        entry->to_commit = -1;
    }
}

int32_t consumer_epoch_at(const Consumer *self, int32_t partition)
{
    const AssignedPartition *entry = subscription_find(self, partition);
    return entry == NULL ? -1 : entry->leader_epoch;
}

/* ---- commitSync() */

void consumer_mark(Consumer *self, int32_t partition, int64_t offset)
{
    AssignedPartition *entry = subscription_find(self, partition);
    if (entry != NULL) {
        commits_mark(self, entry, offset);
    }
}

void consumer_commit_begin(Consumer *self)
{
    self->waited_commit = COMMIT_NONE;
    self->waited_retry_at = 0;
    self->application.commit_until = consumer_now(self) + self->options.default_api_timeout_ns;
}

ConsumerCommit consumer_commit(Consumer *self)
{
    const CommitOutcome outcome = commits_sync(self);
    const SimTime now = consumer_now(self);
    const bool is_over = now >= self->application.commit_until;
    if (outcome == COMMIT_DONE || outcome == COMMIT_FAILED || is_over) {
        commits_forget(self);
        return outcome == COMMIT_DONE     ? COMMIT_SUCCEEDED
               : outcome == COMMIT_FAILED ? COMMIT_REFUSED
                                          : COMMIT_TIMED_OUT;
    }
    SimTime next = self->application.commit_until;
    if (outcome == COMMIT_RETRIABLE) {
        next = MIN(next, MAX(self->waited_retry_at, now + 1));
    }
    actor_arm_at(&self->actor, &self->wake, next);
    return COMMIT_WAITS;
}

void consumer_note_commit(Consumer *self, int32_t partition, int64_t offset)
{
    CONSUMER_WATCH(self, on_commit, partition, offset);
    CONSUMER_WATCH(self, on_commit_sent, partition, offset);
}
