/* raft_follower.c - a voter that fetches the metadata log from its leader, or looks for one.
 *
 * Mirrors: pollFollowerAsVoter, maybeSendFetchToBestNode, pollUnattached, handleFetchResponse. */
#include "models/raft/raft_state.h"

static void send_fetch(RaftReplica *self, RaftPeer *peer)
{
    MetadataFetchRequest *request =
        message_new(self->context.actor->sim, sizeof(MetadataFetchRequest), KAFKA_METADATA_FETCH);
    request->replica_id = self->context.id;
    request->replica_disk = self->disk_number;
    request->is_observer = !raft_has_vote(self);
    request->current_leader_epoch = self->quorum.election.epoch;
    request->last_fetched_epoch = raft_log_last_epoch(&self->log);
    request->fetch_offset = self->log.end_offset;
    request->high_watermark = self->quorum.high_watermark;
    request->max_wait_ns = RAFT_FETCH_WAIT;
    raft_channel_send(&self->channel, peer, &request->header);
}

/* Any voter but the leader may know who leads: one is asked, at random, once per back-off. */
static SimTime probe(RaftReplica *self, const RaftPeer *except)
{
    RaftChannel *channel = &self->channel;
    if (raft_channel_any_in_flight(channel)) {
        SimTime next = QUORUM_NEVER;
        for (int32_t i = 0; i < channel->count; i++) {
            next = MIN(next, raft_channel_next(channel, &channel->peers[i]));
        }
        return next;
    }
    if (raft_now(self) < self->probe_at) {
        return self->probe_at;
    }
    self->probe_at = raft_now(self) + channel->retry_backoff_ns;
    int32_t first = (int32_t)stream_between(&self->stream, 0, channel->count - 1);
    for (int32_t i = 0; i < channel->count; i++) {
        RaftPeer *peer = &channel->peers[(first + i) % channel->count];
        if (peer != except && raft_channel_is_ready(channel, peer)) {
            send_fetch(self, peer);
            break;
        }
    }
    return self->probe_at;
}

/* The leader; another voter while the leader cannot be reached. */
static SimTime fetch_from_best(RaftReplica *self)
{
    RaftChannel *channel = &self->channel;
    RaftPeer *leader = raft_channel_peer(channel, self->quorum.election.leader);
    if (raft_channel_has_timed_out(channel, leader)) {
        (void)raft_channel_is_ready(channel, leader);
        return probe(self, leader);
    }
    if (raft_channel_is_backing_off(channel, leader)) {
        return MIN(probe(self, leader), raft_channel_next(channel, leader));
    }
    if (!raft_channel_any_in_flight(channel)) {
        send_fetch(self, leader);
    }
    SimTime next = QUORUM_NEVER;
    for (int32_t i = 0; i < channel->count; i++) {
        next = MIN(next, raft_channel_next(channel, &channel->peers[i]));
    }
    return next;
}

/* (Q4) */
SimTime raft_poll_follower(RaftReplica *self)
{
    if (self->stopping) {
        return QUORUM_NEVER;
    }
    if (!raft_has_vote(self)) {
        return fetch_from_best(self);
    }
    if (quorum_state_remaining(&self->quorum, raft_now(self)) == 0) {
        raft_to_nominee(self, "the fetch time-out is over");
        return raft_now(self);
    }
    return MIN(fetch_from_best(self), self->quorum.deadline);
}

/* (Q3) */
SimTime raft_poll_unattached(RaftReplica *self)
{
    if (self->stopping) {
        return QUORUM_NEVER;
    }
    if (!raft_has_vote(self)) {
        return probe(self, NULL);
    }
    if (quorum_state_remaining(&self->quorum, raft_now(self)) == 0) {
        raft_to_nominee(self, "the election time-out is over");
        return raft_now(self);
    }
    return MIN(probe(self, NULL), self->quorum.deadline);
}

static void truncate_to(RaftReplica *self, const MetadataFetchResponse *response)
{
    const RaftEpoch diverging = {response->diverging_epoch, response->diverging_end_offset};
    int64_t end = raft_log_truncate_to(&self->log, diverging);
    SIM_ASSERT(self->context.actor->sim, end >= self->quorum.high_watermark);
    self->flushed_end = MIN(self->flushed_end, end);
    actor_log(self->context.actor,
              "quorum",
              "truncated to offset %" G_GINT64_FORMAT ", as leader %d says",
              (gint64)end,
              response->leader);
}

static void update_high_watermark(RaftReplica *self, int64_t leaders)
{
    int64_t high_watermark = MIN(leaders, self->log.end_offset);
    if (high_watermark > self->quorum.high_watermark) {
        self->quorum.high_watermark = high_watermark;
        self->context.on_committed(self->context.owner, high_watermark);
    }
    raft_regain_vote(self, leaders);
}

void raft_on_fetch_response(RaftReplica *self, const MetadataFetchResponse *response)
{
    if (raft_handle_common(self, response->error, response->leader, response->leader_epoch) ||
        self->quorum.now != QUORUM_FOLLOWER) {
        return;
    }
    if (response->diverging_epoch >= 0) {
        truncate_to(self, response);
    } else {
        if (response->end_offset > self->log.end_offset && raft_disk_fails(self)) {
            return;
        }
        if (response->end_offset > self->log.end_offset) {
            raft_log_append(&self->log, response->records_epoch, response->end_offset);
            self->needs_flush = true; /* before it may be counted on: the next fetch says so */
        }
        update_high_watermark(self, response->high_watermark);
    }
    quorum_state_fetched(&self->quorum, raft_now(self));
}
