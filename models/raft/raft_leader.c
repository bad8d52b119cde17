/* raft_leader.c - a leader appends what its controller decides, and answers fetches.
 *
 * Records linger, are written and flushed; a majority that has them commits them. A fetch is
 * answered when there are records or a high watermark that the replica does not know (KIP-1166),
 * else it parks. Mirrors: BatchAccumulator, pollLeader, handleFetchRequest, LeaderState. */
#include "models/raft/raft_state.h"

static bool sees_high_watermark_at_once(const RaftReplica *self)
{
    return self->context.era == NULL || self->context.era->on[ERA_KIP_1166];
}

static void on_high_watermark(RaftReplica *self)
{
    const RaftContext *context = &self->context;
    int64_t high_watermark = self->quorum.high_watermark;
    if (!self->announced) {
        self->announced = true;
        context->on_leader(context->owner, self->quorum.election.epoch);
    }
    context->on_committed(context->owner, high_watermark);
    raft_complete_fetches(self);
}

/* The leader's own log counts once it is on disk when it is alone; else at once: the others must
 * flush and fetch again before it matters, and their fetches wait for this disk. */
static void count_own_log(RaftReplica *self)
{
    bool moved = false;
    QuorumAnswer answer = quorum_state_update_local(&self->quorum, self->log.end_offset, &moved);
    SIM_ASSERT(self->context.actor->sim, answer == QUORUM_OK);
    if (moved) {
        on_high_watermark(self);
    }
}

static void say_truncation(RaftReplica *self)
{
    RaftContent *content = self->context.content;
    raft_content_note(content);
    int64_t common = raft_log_common_end(&content->log, &self->log);
    if (common < content->log.end_offset) {
        self->context.on_truncate(self->context.owner, common);
    }
}

/* (Q9) The first record of the epoch, LeaderChange, goes out without a linger: only when it is
 * committed is everything before it. */
void raft_lead(RaftReplica *self)
{
    RaftContent *content = self->context.content;
    say_truncation(self);
    int64_t start = raft_content_take_over(content, &self->log, self->quorum.election.epoch);
    QuorumAnswer answer = quorum_state_to_leader(&self->quorum, raft_now(self), start);
    SIM_ASSERT(self->context.actor->sim, answer == QUORUM_OK);
    self->announced = false;
    g_array_set_size(self->readers, 0);
    self->begin_epoch_at = raft_now(self);
    self->flushed_end = MIN(self->flushed_end, start);
    metadata_append_no_op(content->metadata); /* stands for LeaderChange */
    raft_log_move(self, NULL);
}

void raft_lose_leadership(RaftReplica *self)
{
    self->announced = false;
    actor_disarm(self->context.actor, &self->linger);
    raft_complete_fetches(self);
    self->context.on_resigned(self->context.owner);
}

void raft_replica_records_appended(RaftReplica *self)
{
    Actor *actor = self->context.actor;
    if (raft_replica_holds_pen(self) && !timer_is_armed(&self->linger) &&
        actor->life == ACTOR_ALIVE) {
        actor_arm_constant(actor, &self->linger, self->linger_ns);
    }
}

/* Parked fetches go out before the flush: what is not committed yet is shipped already. */
void raft_append_accumulated(RaftReplica *self)
{
    RaftContent *content = self->context.content;
    if (!raft_replica_holds_pen(self) || timer_is_armed(&self->linger) ||
        metadata_end_offset(content->metadata) <= self->log.end_offset || raft_disk_fails(self)) {
        return;
    }
    raft_content_note(content);
    raft_log_append(&self->log, self->quorum.election.epoch, content->log.end_offset);
    self->needs_flush = true;
    if (self->context.voter_count > 1) {
        count_own_log(self);
        raft_complete_fetches(self);
    }
}

void raft_on_log_flushed(RaftReplica *self)
{
    if (self->quorum.now == QUORUM_LEADER && self->context.voter_count == 1) {
        count_own_log(self);
    }
}

/* (Q12) */
SimTime raft_poll_leader(RaftReplica *self)
{
    const QuorumState *quorum = &self->quorum;
    if (self->stopping) {
        raft_to_resigned(self, "the process stops");
        return raft_now(self);
    }
    if (quorum_state_remaining(quorum, raft_now(self)) == 0) {
        g_autofree char *why =
            g_strdup_printf("no majority has fetched for %d ms",
                            (int)(quorum->config.fetch_timeout_ns * 3 / 2 / SIM_MS(1)));
        raft_to_resigned(self, why);
        return raft_now(self);
    }
    raft_append_accumulated(self);
    if (quorum->writes != self->stored_writes) {
        return raft_now(self);
    }
    return MIN(raft_send_begin_epoch(self), quorum->deadline);
}

KafkaError raft_leader_only(const RaftReplica *self, int32_t epoch)
{
    int32_t own = self->quorum.election.epoch;
    if (epoch < own) {
        return KAFKA_FENCED_LEADER_EPOCH;
    }
    if (epoch > own) {
        return KAFKA_UNKNOWN_LEADER_EPOCH;
    }
    return self->quorum.now == QUORUM_LEADER ? KAFKA_NONE : KAFKA_NOT_LEADER_OR_FOLLOWER;
}

/* Records of one epoch at a time. */
static void fill_records(const RaftReplica *self,
                         const MetadataFetchRequest *request,
                         MetadataFetchResponse *response)
{
    RaftEpoch diverging;
    if (!raft_log_validate(
            &self->log, request->fetch_offset, request->last_fetched_epoch, &diverging)) {
        response->diverging_epoch = diverging.epoch;
        response->diverging_end_offset = diverging.start_offset;
        return;
    }
    int64_t end;
    response->records_epoch = raft_log_epoch_at(&self->log, request->fetch_offset, &end);
    response->end_offset = MAX(end, request->fetch_offset);
}

static void answer(RaftReplica *self, const RaftParkedFetch *fetch)
{
    Actor *actor = self->context.actor;
    const MetadataFetchRequest *request = fetch->request;
    MetadataFetchResponse *response = message_new(
        actor->sim, sizeof(MetadataFetchResponse), KAFKA_METADATA_FETCH | KAFKA_RESPONSE);
    response->header.correlation_id = request->header.correlation_id;
    response->error = raft_leader_only(self, request->current_leader_epoch);
    response->leader = self->quorum.election.leader;
    response->leader_epoch = self->quorum.election.epoch;
    response->diverging_epoch = -1;
    response->end_offset = request->fetch_offset;
    response->high_watermark = -1;
    if (response->error == KAFKA_NONE) {
        fill_records(self, request, response);
        response->high_watermark = self->quorum.high_watermark;
    }
    int64_t records = response->end_offset - request->fetch_offset;
    response->header.base.wire_bytes = (uint32_t)(60 + METADATA_RECORD_BYTES * MAX(0, records));
    network_send(actor, fetch->connection, &response->header.base);
    message_free(actor->sim, &fetch->request->header.base);
}

static bool has_news(const RaftReplica *self, const MetadataFetchRequest *request)
{
    RaftEpoch diverging;
    if (raft_leader_only(self, request->current_leader_epoch) != KAFKA_NONE) {
        return true;
    }
    return request->fetch_offset < self->log.end_offset ||
           !raft_log_validate(
               &self->log, request->fetch_offset, request->last_fetched_epoch, &diverging) ||
           (sees_high_watermark_at_once(self) &&
            request->high_watermark < self->quorum.high_watermark);
}

/* A fetch says what the replica has; a voter's may commit. */
static void count_fetch(RaftReplica *self, const MetadataFetchRequest *request)
{
    RaftEpoch diverging;
    bool moved = false;
    if (raft_leader_only(self, request->current_leader_epoch) != KAFKA_NONE ||
        !raft_log_validate(
            &self->log, request->fetch_offset, request->last_fetched_epoch, &diverging)) {
        return;
    }
    raft_note_reader(self, request);
    if (request->is_observer) {
        return;
    }
    (void)quorum_state_update_replica(
        &self->quorum, raft_now(self), request->replica_id, request->fetch_offset, &moved);
    if (moved) {
        on_high_watermark(self);
    }
}

void raft_on_fetch(RaftReplica *self, ConnectionId connection, MetadataFetchRequest *request)
{
    const RaftParkedFetch fetch = {connection, request, raft_now(self) + request->max_wait_ns};
    count_fetch(self, request);
    if (has_news(self, request)) {
        answer(self, &fetch);
        return;
    }
    g_array_append_val(self->parked, fetch);
    if (!timer_is_armed(&self->fetch_expiry) || self->fetch_expiry.deadline > fetch.deadline) {
        actor_arm_at(self->context.actor, &self->fetch_expiry, fetch.deadline);
    }
}

/* Answers the parked fetches that have news or whose wait is over; arms for the next. */
void raft_complete_fetches(RaftReplica *self)
{
    SimTime next = SIM_TIME_MAX;
    guint kept = 0;
    for (guint i = 0; i < self->parked->len; i++) {
        RaftParkedFetch fetch = g_array_index(self->parked, RaftParkedFetch, i);
        if (has_news(self, fetch.request) || fetch.deadline <= raft_now(self)) {
            answer(self, &fetch);
        } else {
            next = MIN(next, fetch.deadline);
            g_array_index(self->parked, RaftParkedFetch, kept++) = fetch;
        }
    }
    g_array_set_size(self->parked, kept);
    if (kept > 0) {
        actor_arm_at(self->context.actor, &self->fetch_expiry, next);
    } else {
        actor_disarm(self->context.actor, &self->fetch_expiry);
    }
}

void raft_drop_parked(RaftReplica *self, ConnectionId connection)
{
    guint kept = 0;
    for (guint i = 0; i < self->parked->len; i++) {
        RaftParkedFetch fetch = g_array_index(self->parked, RaftParkedFetch, i);
        if (fetch.connection == connection) {
            message_free(self->context.actor->sim, &fetch.request->header.base);
        } else {
            g_array_index(self->parked, RaftParkedFetch, kept++) = fetch;
        }
    }
    g_array_set_size(self->parked, kept);
}
