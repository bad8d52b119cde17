/* raft_election.c - how a leader is found: transitions, votes, the begin and end of its epoch.
 *
 * Mirrors: KafkaRaftClient.transitionTo*, handleVoteRequest, handleBeginQuorumEpochRequest,
 * handleEndQuorumEpochRequest, pollProspective, pollCandidate, pollResigned. */
#include "models/raft/raft_state.h"
#include <string.h>

/* KafkaRaftClient.RETRY_BACKOFF_BASE_MS, of lost elections before pre-vote */
#define ELECTION_BACKOFF SIM_MS(100)

static void must(RaftReplica *self, QuorumAnswer answer)
{
    SIM_ASSERT(self->context.actor->sim, answer == QUORUM_OK);
}

/* A new state: nothing that was asked before counts any more. */
static void moved(RaftReplica *self, bool was_leader, const char *why)
{
    raft_channel_forget(&self->channel);
    self->backing_off = QUORUM_NEVER;
    self->again = true;
    raft_log_move(self, why);
    if (was_leader) {
        raft_lose_leadership(self);
    }
}

void raft_to_unattached(RaftReplica *self, int32_t epoch, int32_t leader)
{
    bool was_leader = self->quorum.now == QUORUM_LEADER || self->announced;
    must(self, quorum_state_to_unattached(&self->quorum, raft_now(self), epoch, leader));
    moved(self, was_leader, NULL);
}

void raft_to_follower(RaftReplica *self, int32_t epoch, int32_t leader)
{
    bool was_leader = self->quorum.now == QUORUM_LEADER || self->announced;
    must(self, quorum_state_to_follower(&self->quorum, raft_now(self), epoch, leader));
    moved(self, was_leader, NULL);
}

void raft_to_resigned(RaftReplica *self, const char *why)
{
    self->successor_count = quorum_state_successors(&self->quorum, self->successors);
    memset(self->acknowledged, 0, sizeof(self->acknowledged));
    must(self, quorum_state_to_resigned(&self->quorum, raft_now(self)));
    moved(self, true, why);
}

static void to_leader_if_granted(RaftReplica *self)
{
    if (quorum_state_is_granted(&self->quorum)) {
        raft_lead(self);
        raft_channel_forget(&self->channel);
        self->again = true;
    }
}

static void to_candidate(RaftReplica *self, const char *why)
{
    must(self, quorum_state_to_candidate(&self->quorum, raft_now(self)));
    moved(self, false, why);
    to_leader_if_granted(self);
}

static void to_prospective(RaftReplica *self, const char *why)
{
    must(self, quorum_state_to_prospective(&self->quorum, raft_now(self)));
    moved(self, false, why);
    if (quorum_state_is_granted(&self->quorum)) {
        to_candidate(self, NULL);
    }
}

void raft_to_nominee(RaftReplica *self, const char *why)
{
    if (raft_has_pre_vote(self)) {
        to_prospective(self, why);
    } else {
        to_candidate(self, why);
    }
}

void raft_maybe_transition(RaftReplica *self, int32_t leader, int32_t epoch)
{
    const ElectionState *election = &self->quorum.election;
    bool usable = leader != QUORUM_NOBODY && leader != self->context.id;
    if (epoch > election->epoch) {
        if (usable) {
            raft_to_follower(self, epoch, leader);
        } else {
            raft_to_unattached(self, epoch, QUORUM_NOBODY);
        }
    } else if (epoch == election->epoch && usable && election->leader == QUORUM_NOBODY) {
        raft_to_follower(self, epoch, leader);
    }
}

bool raft_handle_common(RaftReplica *self, KafkaError error, int32_t leader, int32_t epoch)
{
    const ElectionState *election = &self->quorum.election;
    if (epoch < election->epoch || error == KAFKA_UNKNOWN_LEADER_EPOCH) {
        return true;
    }
    if (epoch > election->epoch || error == KAFKA_FENCED_LEADER_EPOCH ||
        error == KAFKA_NOT_LEADER_OR_FOLLOWER) {
        raft_maybe_transition(self, leader, epoch);
        return true;
    }
    if (leader != QUORUM_NOBODY && election->leader == QUORUM_NOBODY) {
        raft_maybe_transition(self, leader, epoch);
        return error != KAFKA_NONE || self->quorum.now != QUORUM_FOLLOWER;
    }
    return error != KAFKA_NONE;
}

static void respond(RaftReplica *self,
                    ConnectionId connection,
                    const RequestHeader *to,
                    KafkaError error,
                    bool granted)
{
    QuorumResponse *response = message_new(
        self->context.actor->sim, sizeof(QuorumResponse), to->base.type | KAFKA_RESPONSE);
    response->header.correlation_id = to->correlation_id;
    response->error = error;
    response->leader = self->quorum.election.leader;
    response->leader_epoch = self->quorum.election.epoch;
    response->vote_granted = granted;
    kafka_message_set_wire_bytes(&response->header.base);
    raft_respond(self, connection, &response->header);
}

static bool is_up_to_date(const RaftReplica *self, const VoteRequest *request)
{
    int32_t own = raft_log_last_epoch(&self->log);
    return request->last_epoch > own ||
           (request->last_epoch == own && request->last_epoch_end_offset >= self->log.end_offset);
}

static void log_vote(RaftReplica *self, const VoteRequest *request, bool granted)
{
    actor_log(self->context.actor,
              "vote",
              "%s %s of %d in epoch %d",
              granted ? "grants" : "rejects",
              request->pre_vote ? "the pre-vote" : "the vote",
              request->replica_id,
              request->replica_epoch);
}

/* Q5-Q8 */
void raft_on_vote_request(RaftReplica *self, ConnectionId connection, const VoteRequest *request)
{
    QuorumState *quorum = &self->quorum;
    const ReplicaKey candidate = {request->replica_id, request->replica_directory};
    if (request->replica_epoch < quorum->election.epoch) {
        respond(self, connection, &request->header, KAFKA_FENCED_LEADER_EPOCH, false);
        return;
    }
    if (request->replica_epoch > quorum->election.epoch) {
        raft_to_unattached(self, request->replica_epoch, QUORUM_NOBODY);
    }
    bool granted = raft_has_vote(self) &&
                   quorum_state_can_grant_vote(
                       quorum, candidate, is_up_to_date(self, request), request->pre_vote);
    if (granted && !request->pre_vote && quorum->election.voted.id == QUORUM_NOBODY) {
        SimTime now = raft_now(self);
        int32_t epoch = request->replica_epoch;
        if (quorum->now == QUORUM_UNATTACHED) {
            must(self, quorum_state_add_vote_unattached(quorum, now, epoch, candidate));
        } else if (quorum->now == QUORUM_PROSPECTIVE) {
            must(self, quorum_state_add_vote_prospective(quorum, now, epoch, candidate));
        }
    }
    log_vote(self, request, granted);
    respond(self, connection, &request->header, KAFKA_NONE, granted);
}

/* (Q14) Where this voter stands among those who should succeed: when it may stand itself. */
static SimDuration end_epoch_backoff(const RaftReplica *self, const QuorumEpochRequest *request)
{
    int32_t position = 0;
    int32_t count = request->successor_count;
    while (position < count && request->successors[position] != self->context.id) {
        position++;
    }
    if (position == 0) {
        return 0;
    }
    if (position >= count) {
        return self->backoff_max_ns;
    }
    int64_t unit_ms = (self->backoff_max_ns / SIM_MS(1)) >> (count - 1);
    return MIN(self->backoff_max_ns, SIM_MS(unit_ms << (position - 1)));
}

void raft_on_epoch_request(RaftReplica *self,
                           ConnectionId connection,
                           const QuorumEpochRequest *request)
{
    if (request->leader_epoch < self->quorum.election.epoch) {
        respond(self, connection, &request->header, KAFKA_FENCED_LEADER_EPOCH, false);
        return;
    }
    raft_maybe_transition(self, request->leader, request->leader_epoch);
    if (request->header.base.type == KAFKA_END_QUORUM_EPOCH &&
        self->quorum.now == QUORUM_FOLLOWER && self->quorum.election.leader == request->leader) {
        SimDuration wait = end_epoch_backoff(self, request);
        quorum_state_override_timeout(&self->quorum, raft_now(self), wait);
    }
    respond(self, connection, &request->header, KAFKA_NONE, false);
}

/* Q10: min(100 ms * random[0, 2^retries), the maximum). */
static void begin_backing_off(RaftReplica *self)
{
    int32_t exponent = MIN(20, self->quorum.retries - 1);
    int64_t steps = stream_between(&self->stream, 0, (INT64_C(2) << exponent) - 1);
    SimDuration wait = MIN(ELECTION_BACKOFF * steps, self->backoff_max_ns);
    self->backing_off = raft_now(self) + wait;
}

/* A prospective falls back to what it was; a candidate waits, so that the votes can part. */
static void lose_election(RaftReplica *self)
{
    const ElectionState *election = &self->quorum.election;
    if (self->quorum.now == QUORUM_CANDIDATE) {
        if (!raft_has_pre_vote(self) && self->backing_off == QUORUM_NEVER) {
            begin_backing_off(self);
        }
    } else if (election->leader != QUORUM_NOBODY && election->leader != self->context.id) {
        raft_to_follower(self, election->epoch, election->leader);
    } else {
        raft_to_unattached(self, election->epoch, election->leader);
    }
}

static void on_vote(RaftReplica *self, const RaftPeer *peer, bool granted)
{
    QuorumState *quorum = &self->quorum;
    bool is_new = false;
    if (quorum->now != QUORUM_PROSPECTIVE && quorum->now != QUORUM_CANDIDATE) {
        return;
    }
    must(self, quorum_state_record_vote(quorum, peer->id, granted, &is_new));
    if (quorum_state_is_rejected(quorum)) {
        lose_election(self);
    } else if (quorum->now == QUORUM_CANDIDATE) {
        to_leader_if_granted(self);
    } else if (quorum_state_is_granted(quorum)) {
        to_candidate(self, NULL);
    }
}

void raft_on_quorum_response(RaftReplica *self, RaftPeer *peer, const QuorumResponse *response)
{
    uint16_t api = (uint16_t)(response->header.base.type & ~KAFKA_RESPONSE);
    if (raft_handle_common(self, response->error, response->leader, response->leader_epoch)) {
        return;
    }
    if (api == KAFKA_VOTE) {
        on_vote(self, peer, response->vote_granted);
    } else if (api == KAFKA_END_QUORUM_EPOCH && self->quorum.now == QUORUM_RESIGNED) {
        self->acknowledged[quorum_state_voter_index(&self->quorum, peer->id)] = true;
    }
}

static void send_vote(RaftReplica *self, RaftPeer *peer)
{
    VoteRequest *request = message_new(self->context.actor->sim, sizeof(VoteRequest), KAFKA_VOTE);
    request->replica_id = self->context.id;
    request->replica_directory = self->quorum.config.local.directory;
    request->replica_epoch = self->quorum.election.epoch;
    request->last_epoch = raft_log_last_epoch(&self->log);
    request->last_epoch_end_offset = self->log.end_offset;
    request->pre_vote = self->quorum.now == QUORUM_PROSPECTIVE;
    raft_channel_send(&self->channel, peer, &request->header);
}

/* Asks whoever has not answered; the time when to ask again. */
static SimTime ask_for_votes(RaftReplica *self)
{
    SimTime next = QUORUM_NEVER;
    for (int32_t i = 0; i < self->channel.count; i++) {
        RaftPeer *peer = &self->channel.peers[i];
        if (self->quorum.votes[quorum_state_voter_index(&self->quorum, peer->id)] !=
            VOTE_UNRECORDED) {
            continue;
        }
        if (raft_channel_is_ready(&self->channel, peer)) {
            send_vote(self, peer);
        }
        next = MIN(next, raft_channel_next(&self->channel, peer));
    }
    return next;
}

static SimTime poll_old_candidate(RaftReplica *self)
{
    if (self->backing_off == QUORUM_NEVER &&
        quorum_state_remaining(&self->quorum, raft_now(self)) == 0) {
        begin_backing_off(self);
    }
    if (self->backing_off != QUORUM_NEVER) {
        if (raft_now(self) < self->backing_off) {
            return self->backing_off;
        }
        to_candidate(self, "backed off");
    }
    return QUORUM_NEVER;
}

SimTime raft_poll_nominee(RaftReplica *self)
{
    const QuorumState *quorum = &self->quorum;
    if (self->stopping) {
        return ask_for_votes(self);
    }
    if (!raft_has_pre_vote(self)) {
        SimTime backed_off = poll_old_candidate(self);
        if (backed_off != QUORUM_NEVER || self->again) {
            return backed_off;
        }
    } else if (quorum_state_remaining(quorum, raft_now(self)) == 0) {
        if (quorum->now == QUORUM_CANDIDATE) {
            to_prospective(self, "the election was not granted in time");
        } else {
            lose_election(self);
        }
        return raft_now(self);
    }
    SimTime next = quorum_state_is_rejected(quorum) ? QUORUM_NEVER : ask_for_votes(self);
    return MIN(next, quorum->deadline);
}

static void send_epoch(RaftReplica *self, RaftPeer *peer, uint16_t type)
{
    QuorumEpochRequest *request =
        message_new(self->context.actor->sim, sizeof(QuorumEpochRequest), type);
    request->leader = self->context.id;
    request->leader_epoch = self->quorum.election.epoch;
    if (type == KAFKA_END_QUORUM_EPOCH) {
        request->successor_count = self->successor_count;
        memcpy(request->successors, self->successors, sizeof(self->successors));
    }
    raft_channel_send(&self->channel, peer, &request->header);
}

SimTime raft_send_begin_epoch(RaftReplica *self)
{
    if (self->channel.count == 0) {
        return QUORUM_NEVER;
    }
    if (raft_now(self) >= self->begin_epoch_at) {
        for (int32_t i = 0; i < self->channel.count; i++) {
            if (raft_channel_is_ready(&self->channel, &self->channel.peers[i])) {
                send_epoch(self, &self->channel.peers[i], KAFKA_BEGIN_QUORUM_EPOCH);
            }
        }
        self->begin_epoch_at = raft_now(self) + self->quorum.config.fetch_timeout_ns / 2;
    }
    return self->begin_epoch_at;
}

SimTime raft_poll_resigned(RaftReplica *self)
{
    const QuorumState *quorum = &self->quorum;
    SimTime next = self->stopping ? QUORUM_NEVER : quorum->deadline;
    if (!self->stopping && quorum_state_remaining(quorum, raft_now(self)) == 0) {
        if (raft_has_pre_vote(self)) {
            raft_to_unattached(self, quorum->election.epoch + 1, QUORUM_NOBODY);
        } else {
            to_candidate(self, "its term as resigned is over");
        }
        return raft_now(self);
    }
    for (int32_t i = 0; i < self->channel.count; i++) {
        RaftPeer *peer = &self->channel.peers[i];
        if (self->acknowledged[quorum_state_voter_index(quorum, peer->id)]) {
            continue;
        }
        if (raft_channel_is_ready(&self->channel, peer)) {
            send_epoch(self, peer, KAFKA_END_QUORUM_EPOCH);
        }
        next = MIN(next, raft_channel_next(&self->channel, peer));
    }
    return next;
}
