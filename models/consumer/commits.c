/* commits.c - committing positions: every auto.commit.interval.ms inside poll(), before a join,
 * and in close().
 *
 * What is committed is what poll() handed out before; with processing in the same thread that is
 * what was processed. A failed asynchronous commit is not repeated at once: the next one carries
 * newer offsets. Who assigned itself its partitions does the same, as nobody's member. A
 * commitAsync() without a coordinator waits until it is found (one that follows carries its offsets
 * too); close() waits for the answers of all, at most 30 s.
 *
 * Mirrors: ConsumerCoordinator (maybeAutoCommitOffsetsAsync, sendOffsetCommitRequest,
 * commitOffsetsAsync), CommitRequestManager. */
#include "models/consumer/consumer_state.h"

static int64_t position_of(const AssignedPartition *entry)
{
    return entry->state == POSITION_VALID ? entry->position : -1;
}

static void trace_commit(Consumer *self, const OffsetCommitRequest *request)
{
    GString *text = g_string_new(NULL);
    char name[160];
    for (int32_t i = 0; i < request->count; i++) {
        const OffsetEntry *entry = &request->offsets[i];
        g_string_append_printf(text,
                               "%s%s=%" G_GINT64_FORMAT,
                               i == 0 ? "" : " ",
                               consumer_partition_name(self, entry->partition, name, sizeof name),
                               entry->offset);
    }
    (void)actor_log(&self->actor, "commit", "%s", text->str);
    g_string_free(text, TRUE);
}

/* Of the application's marks, or of all positions. The commit that somebody waits for is told from
 * the others by its context's lowest bit. */
static bool send_commit(Consumer *self, bool marked, bool is_waited_for)
{
    OffsetCommitRequest *request =
        membership_request(self,
                           KAFKA_MESSAGE_BYTES(OffsetCommitRequest, offsets, self->assigned->len),
                           KAFKA_OFFSET_COMMIT);
    request->group_id = self->context.spec->name;
    request->generation_id = self->generation;
    request->group_instance_id = self->options.group_instance_id;
    g_strlcpy(request->member_id, self->member_id, sizeof request->member_id);
    for (guint i = 0; i < self->assigned->len; i++) {
        const AssignedPartition *entry = &g_array_index(self->assigned, AssignedPartition, i);
        const int64_t offset = marked ? entry->to_commit : position_of(entry);
        if (offset >= 0) {
            if (!marked) {
                CONSUMER_WATCH(self, on_commit, entry->partition, offset);
            }
            CONSUMER_WATCH(self, on_commit_sent, entry->partition, offset);
            request->offsets[request->count++] = (OffsetEntry){
                .partition = entry->partition,
                .offset = offset,
                .leader_epoch = entry->leader_epoch,
            };
        }
    }
    if (request->count == 0) {
        message_free(self->actor.sim, &request->header.base);
        return false;
    }
    if (self->context.trace_deliveries) {
        trace_commit(self, request);
    }
    self->async_in_flight += is_waited_for ? 0 : 1;
    kafka_message_set_wire_bytes(&request->header.base);
    network_client_send(self->network,
                        COORDINATOR_NODE(self->coordinator),
                        &request->header,
                        GUINT_TO_POINTER(self->membership << 1 | (is_waited_for ? 1U : 0U)),
                        true,
                        0);
    return true;
}

/* A member; or who assigned itself, without any generation. */
static bool commits_by_itself(const Consumer *self)
{
    return self->options.assigns || self->state == MEMBER_STABLE;
}

void commits_maybe_auto_commit(Consumer *self)
{
    const SimTime now = consumer_now(self);
    if (!self->options.auto_commit || now < self->next_auto_commit) {
        return;
    }
    self->next_auto_commit = now + self->options.auto_commit_interval_ns;
    if (self->assigned->len == 0 || !commits_by_itself(self)) {
        return;
    }
    if (self->options.assigns && self->coordinator < 0) {
        membership_lookup(self); /* nobody else does */
    }
    if (!membership_can_send(self)) {
        self->next_auto_commit = now + self->options.retry_backoff_ns;
        return;
    }
    (void)send_commit(self, false, false);
}

/* Without a valid generation the commit fails in the client, and nobody retries it. */
static bool has_generation(Consumer *self)
{
    heartbeat_take_sync(self);
    return commits_by_itself(self);
}

static CommitOutcome start_waited(Consumer *self, bool marked)
{
    if (self->assigned->len == 0 || !has_generation(self)) {
        return COMMIT_DONE;
    }
    if (consumer_now(self) < self->waited_retry_at) {
        return COMMIT_RETRIABLE;
    }
    if (!membership_can_send(self)) {
        self->waited_retry_at = consumer_now(self) + self->options.retry_backoff_ns;
        return COMMIT_RETRIABLE;
    }
    return send_commit(self, marked, true) ? COMMIT_IN_FLIGHT : COMMIT_DONE;
}

void commits_retry_later(Consumer *self)
{
    const bool again = self->waited_commit == COMMIT_RETRIABLE;
    self->waited_attempts = again ? self->waited_attempts : 0;
    self->waited_retry_at =
        again ? consumer_now(self) + consumer_backoff(self, &self->waited_attempts) : 0;
}

CommitOutcome commits_wait(Consumer *self)
{
    if (!self->options.auto_commit && !self->context.spec->application.commit_on_revoke) {
        return COMMIT_DONE;
    }
    if (self->waited_commit == COMMIT_NONE && sink_task_has_nothing_new(self)) {
        return COMMIT_DONE;
    }
    if (self->waited_commit == COMMIT_NONE || self->waited_commit == COMMIT_RETRIABLE) {
        self->waited_commit = start_waited(self, false);
    }
    const CommitOutcome outcome = self->waited_commit;
    if (outcome == COMMIT_DONE || outcome == COMMIT_FAILED) {
        self->waited_commit = COMMIT_NONE;
    }
    return outcome;
}

/* ---- What the application calls. */
void commits_mark(const Consumer *self, AssignedPartition *entry, int64_t offset)
{
    entry->to_commit = offset;
    if (offset >= 0) {
        CONSUMER_WATCH(self, on_commit, entry->partition, offset);
    }
}

void commits_mark_positions(Consumer *self)
{
    for (guint i = 0; i < self->assigned->len; i++) {
        AssignedPartition *entry = &g_array_index(self->assigned, AssignedPartition, i);
        commits_mark(self, entry, position_of(entry));
    }
}

static void clear_marks(Consumer *self)
{
    for (guint i = 0; i < self->assigned->len; i++) {
        g_array_index(self->assigned, AssignedPartition, i).to_commit = -1;
    }
}

static bool send_async(Consumer *self)
{
    const bool is_sent = send_commit(self, true, false);
    self->is_async_waiting = false;
    clear_marks(self);
    return is_sent;
}

bool commits_async(Consumer *self)
{
    if (self->coordinator < 0) {
        membership_lookup(self);
    }
    if (!self->options.has_group || !has_generation(self)) {
        clear_marks(self); /* the callback is told that it failed */
        return false;
    }
    if (membership_can_send(self)) {
        return send_async(self);
    }
    self->is_async_waiting = true;
    return true;
}

bool commits_send_waiting(Consumer *self)
{
    if (self->is_async_waiting && !has_generation(self)) {
        self->is_async_waiting = false;
        clear_marks(self);
    } else if (self->is_async_waiting && membership_can_send(self)) {
        (void)send_async(self);
    }
    return !self->is_async_waiting;
}

/* The new threading tries again until it is found. */
void commits_lookup_failed(Consumer *self)
{
    if (self->is_async_waiting && !self->modern.is_on) {
        actor_log(&self->actor, "commit failed", "commitAsync: no coordinator");
        self->is_async_waiting = false;
        sink_task_commit_failed(self);
        clear_marks(self);
    }
}

/* Without a valid generation: CommitFailedException, or RebalanceInProgressException. */
CommitOutcome commits_sync(Consumer *self)
{
    if (!self->options.has_group) {
        return COMMIT_DONE;
    }
    if (self->waited_commit == COMMIT_NONE || self->waited_commit == COMMIT_RETRIABLE) {
        if (!has_generation(self)) {
            actor_log(&self->actor, "commit failed", "commitSync: not in the group any more");
            return COMMIT_FAILED;
        }
        if (self->coordinator < 0) {
            membership_lookup(self);
        }
        self->waited_commit = start_waited(self, true);
    }
    return self->waited_commit;
}

void commits_forget(Consumer *self)
{
    self->waited_commit = COMMIT_NONE;
    self->waited_attempts = 0;
    self->waited_retry_at = 0;
    clear_marks(self);
}

SimTime commits_next_action(const Consumer *self)
{
    SimTime next = SIM_TIME_MAX;
    if (self->options.auto_commit && commits_by_itself(self) && self->assigned->len > 0) {
        next = self->next_auto_commit;
    }
    if (self->waited_commit == COMMIT_RETRIABLE) {
        next = MIN(next, self->waited_retry_at);
    }
    return next;
}

static KafkaError error_of(const OffsetCommitResponse *response)
{
    if (response->error != KAFKA_NONE) {
        return response->error;
    }
    for (int32_t i = 0; i < response->count; i++) {
        if (response->offsets[i].error != KAFKA_NONE) {
            return response->offsets[i].error;
        }
    }
    return KAFKA_NONE;
}

/* What an error does to the membership; true when the commit may be tried again. */
static bool handle_error(Consumer *self, uint32_t sent, bool is_waited_for, KafkaError error)
{
    if (self->modern.is_on &&
        (error == KAFKA_UNKNOWN_MEMBER_ID || error == KAFKA_STALE_MEMBER_EPOCH)) {
        /* A heartbeat brings the newer epoch: the auto commit before a revocation waits for it,
         * commitSync() throws CommitFailedException. */
        return error == KAFKA_STALE_MEMBER_EPOCH && is_waited_for && self->options.auto_commit &&
               self->modern.is_reconciling;
    }
    if (error == KAFKA_UNKNOWN_TOPIC_OR_PARTITION && self->modern.is_reconciling) {
        return false; /* no deleted topic holds up what is revoked (CommitRequestManager) */
    }
    const bool unchanged = !self->options.assigns && sent == (self->membership & 0x7fffffffU);
    switch ((int)error) {
    case KAFKA_COORDINATOR_NOT_AVAILABLE:
    case KAFKA_NOT_COORDINATOR:
    case KAFKA_REQUEST_TIMED_OUT:
        membership_coordinator_unknown(self, false);
        return true;
    case KAFKA_COORDINATOR_LOAD_IN_PROGRESS:
    case KAFKA_UNKNOWN_TOPIC_OR_PARTITION:
        return true;
    case KAFKA_REBALANCE_IN_PROGRESS:
        if (unchanged) {
            membership_request_rejoin(self, "commit during a rebalance");
        }
        return false;
    case KAFKA_FENCED_INSTANCE_ID:
        if (unchanged) {
            consumer_fail(self, "fenced by another member with its group.instance.id");
        }
        return false;
    case KAFKA_UNKNOWN_MEMBER_ID:
    case KAFKA_ILLEGAL_GENERATION:
        if (unchanged) {
            membership_reset_generation(
                self, error == KAFKA_UNKNOWN_MEMBER_ID, kafka_error_name(error));
        }
        return false;
    default:
        return false;
    }
}

void commits_on_response(Consumer *self,
                         uint32_t sent,
                         bool is_waited_for,
                         const OffsetCommitResponse *response)
{
    const KafkaError error = response == NULL ? KAFKA_NETWORK_EXCEPTION : error_of(response);
    bool retriable = error == KAFKA_NETWORK_EXCEPTION;
    self->async_in_flight -= is_waited_for ? 0 : 1;
    if (response == NULL && self->context.watch != NULL) {
        const GroupWatch *watch = self->context.watch;
        watch->on_commit_unanswered(watch->owner, self->context.group_index);
    }
    if (error == KAFKA_NONE && self->context.trace_deliveries) {
        actor_log(&self->actor, "committed", "%d partitions", response->count);
    }
    if (error != KAFKA_NONE) {
        actor_log(&self->actor, "commit failed", "%s", kafka_error_name(error));
        retriable = handle_error(self, sent, is_waited_for, error) || retriable;
    }
    const SimTime retry_at = consumer_now(self) + self->options.retry_backoff_ns;
    if (is_waited_for && self->waited_commit == COMMIT_IN_FLIGHT) {
        self->waited_commit = error == KAFKA_NONE ? COMMIT_DONE
                              : retriable         ? COMMIT_RETRIABLE
                                                  : COMMIT_FAILED;
        commits_retry_later(self);
    } else if (!is_waited_for && error != KAFKA_NONE) {
        sink_task_commit_failed(self);
    }
    if (!is_waited_for && error != KAFKA_NONE && retriable) {
        self->next_auto_commit = retry_at;
    }
}
