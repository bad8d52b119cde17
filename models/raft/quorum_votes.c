/* quorum_votes.c - votes given and got, and what a leader counts: high watermark, check quorum.
 *
 * Mirrors: EpochElection, canGrantVote of each state, LeaderState. */
#include "models/raft/quorum_state.h"

static int32_t majority(const QuorumState *self)
{
    return self->config.voter_count / 2 + 1;
}

static int32_t count_votes(const QuorumState *self, Vote vote)
{
    int32_t count = 0;
    for (int32_t i = 0; i < self->config.voter_count; i++) {
        count += self->votes[i] == vote ? 1 : 0;
    }
    return count;
}

bool quorum_state_is_granted(const QuorumState *self)
{
    return count_votes(self, VOTE_GRANTED) >= majority(self);
}

bool quorum_state_is_rejected(const QuorumState *self)
{
    int32_t rejected = count_votes(self, VOTE_REJECTED);
    return self->config.voter_count - rejected < majority(self);
}

QuorumAnswer quorum_state_record_vote(QuorumState *self, int32_t voter, bool granted, bool *ret_new)
{
    int32_t index = quorum_state_voter_index(self, voter);
    if (self->now != QUORUM_CANDIDATE && self->now != QUORUM_PROSPECTIVE) {
        return QUORUM_ILLEGAL_STATE;
    }
    if (index < 0) {
        return QUORUM_ILLEGAL_ARGUMENT;
    }
    Vote vote = granted ? VOTE_GRANTED : VOTE_REJECTED;
    bool changes_mind = self->votes[index] != VOTE_UNRECORDED && self->votes[index] != vote;
    bool rejects_itself = !granted && voter == self->config.local.id;
    if (self->now == QUORUM_CANDIDATE ? changes_mind : rejects_itself) {
        return QUORUM_ILLEGAL_ARGUMENT;
    }
    *ret_new = self->votes[index] == VOTE_UNRECORDED;
    self->votes[index] = vote;
    return QUORUM_OK;
}

static bool without_leader_can_grant(const QuorumState *self,
                                     ReplicaKey candidate,
                                     bool log_is_up_to_date,
                                     bool pre_vote)
{
    const ElectionState *election = &self->election;
    if (pre_vote) {
        return log_is_up_to_date;
    }
    if (election->voted.id != QUORUM_NOBODY) {
        return election->voted.id == candidate.id &&
               election->voted.directory == candidate.directory;
    }
    return election->leader == QUORUM_NOBODY && log_is_up_to_date;
}

bool quorum_state_can_grant_vote(const QuorumState *self,
                                 ReplicaKey candidate,
                                 bool log_is_up_to_date,
                                 bool pre_vote)
{
    switch (self->now) {
    case QUORUM_UNATTACHED:
    case QUORUM_PROSPECTIVE:
        return without_leader_can_grant(self, candidate, log_is_up_to_date, pre_vote);
    case QUORUM_CANDIDATE:
    case QUORUM_RESIGNED:
        return pre_vote && log_is_up_to_date;
    case QUORUM_FOLLOWER:
        return pre_vote && log_is_up_to_date && !self->has_fetched;
    case QUORUM_LEADER:
        break;
    }
    return false;
}

static QuorumAnswer
add_vote(QuorumState *self, SimTime now, int32_t epoch, ReplicaKey voted, QuorumStateName state)
{
    if (voted.id == self->config.local.id || epoch != self->election.epoch || self->now != state ||
        self->election.voted.id != QUORUM_NOBODY) {
        return QUORUM_ILLEGAL_STATE;
    }
    int64_t timeout_ms = self->config.election_timeout_ns / SIM_MS(1);
    int64_t drawn = timeout_ms == 0 ? 0 : self->config.draw(self->config.owner, timeout_ms);
    self->election.voted = voted;
    self->deadline = now + SIM_MS(timeout_ms + drawn);
    self->stored = self->election;
    self->has_stored = true;
    self->writes++;
    return QUORUM_OK;
}

QuorumAnswer
quorum_state_add_vote_unattached(QuorumState *self, SimTime now, int32_t epoch, ReplicaKey voted)
{
    return add_vote(self, now, epoch, voted, QUORUM_UNATTACHED);
}

QuorumAnswer
quorum_state_add_vote_prospective(QuorumState *self, SimTime now, int32_t epoch, ReplicaKey voted)
{
    QuorumAnswer answer = add_vote(self, now, epoch, voted, QUORUM_PROSPECTIVE);
    for (int32_t i = 0; answer == QUORUM_OK && i < self->config.voter_count; i++) {
        bool own = self->config.voters[i].id == self->config.local.id;
        self->votes[i] = own ? VOTE_GRANTED : VOTE_UNRECORDED; /* its election begins again */
    }
    return answer;
}

/* Voters by descending end offset; equal ones by id, unknown ones last. */
static void rank_voters(const QuorumState *self, int32_t order[QUORUM_VOTERS_MAX])
{
    for (int32_t i = 0; i < self->config.voter_count; i++) {
        int32_t at = i;
        while (at > 0 && self->end_offsets[order[at - 1]] < self->end_offsets[i]) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
    }
}

/* (Q15) The offset that a majority has, once it is past the start of this epoch. */
static bool advance_high_watermark(QuorumState *self)
{
    int32_t order[QUORUM_VOTERS_MAX] = {0};
    rank_voters(self, order);
    int64_t offset = self->end_offsets[order[self->config.voter_count / 2]];
    if (offset <= self->epoch_start_offset || offset <= self->high_watermark) {
        return false;
    }
    self->high_watermark = offset;
    return true;
}

QuorumAnswer quorum_state_update_local(QuorumState *self, int64_t end_offset, bool *ret_moved)
{
    int32_t index = quorum_state_voter_index(self, self->config.local.id);
    if (self->now != QUORUM_LEADER || self->end_offsets[index] > end_offset) {
        return QUORUM_ILLEGAL_STATE;
    }
    self->end_offsets[index] = end_offset;
    *ret_moved = advance_high_watermark(self);
    return QUORUM_OK;
}

/* (Q12) The timer begins anew each time that a majority has fetched, the leader counted in. */
void quorum_state_count_fetch(QuorumState *self, SimTime now, int32_t voter)
{
    int32_t fetched = 0;
    self->fetched[quorum_state_voter_index(self, voter)] = true;
    for (int32_t i = 0; i < self->config.voter_count; i++) {
        fetched += self->fetched[i] ? 1 : 0;
    }
    if (fetched < majority(self) - 1) {
        return;
    }
    for (int32_t i = 0; i < self->config.voter_count; i++) {
        self->fetched[i] = false;
    }
    if (self->config.voter_count > 1) {
        self->deadline = now + self->config.fetch_timeout_ns * 3 / 2;
    }
}

QuorumAnswer quorum_state_update_replica(
    QuorumState *self, SimTime now, int32_t replica, int64_t fetch_offset, bool *ret_moved)
{
    *ret_moved = false;
    if (self->now != QUORUM_LEADER || replica == self->config.local.id) {
        return QUORUM_ILLEGAL_STATE;
    }
    int32_t index = quorum_state_voter_index(self, replica);
    if (index < 0) {
        return QUORUM_OK; /* an observer */
    }
    self->end_offsets[index] = fetch_offset;
    quorum_state_count_fetch(self, now, replica);
    *ret_moved = advance_high_watermark(self);
    return QUORUM_OK;
}

int32_t quorum_state_successors(const QuorumState *self, int32_t ids[QUORUM_VOTERS_MAX])
{
    int32_t order[QUORUM_VOTERS_MAX] = {0};
    int32_t count = 0;
    rank_voters(self, order);
    for (int32_t i = 0; i < self->config.voter_count; i++) {
        int32_t id = self->config.voters[order[i]].id;
        if (id != self->config.local.id) {
            ids[count++] = id;
        }
    }
    return count;
}
