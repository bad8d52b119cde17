/* quorum_state.c - the states of an election and the moves between them. See the header. */
#include "models/raft/quorum_state.h"
#include <string.h>

static const ReplicaKey nobody = {QUORUM_NOBODY, 0};

const char *quorum_state_name(QuorumStateName name)
{
    static const char *const names[] = {
        [QUORUM_UNATTACHED] = "Unattached",
        [QUORUM_PROSPECTIVE] = "Prospective",
        [QUORUM_CANDIDATE] = "Candidate",
        [QUORUM_LEADER] = "Leader",
        [QUORUM_FOLLOWER] = "Follower",
        [QUORUM_RESIGNED] = "Resigned",
    };
    return names[name];
}

void quorum_state_init(QuorumState *self, const QuorumConfig *config)
{
    *self = (QuorumState){
        .config = *config,
        .high_watermark = -1,
        .election = {0, QUORUM_NOBODY, nobody},
        .stored = {0, QUORUM_NOBODY, nobody},
        .deadline = QUORUM_NEVER,
    };
}

int32_t quorum_state_voter_index(const QuorumState *self, int32_t id)
{
    for (int32_t i = 0; i < self->config.voter_count; i++) {
        if (self->config.voters[i].id == id) {
            return i;
        }
    }
    return -1;
}

static int32_t local_index(const QuorumState *self)
{
    return quorum_state_voter_index(self, self->config.local.id);
}

bool quorum_state_is_voter(const QuorumState *self)
{
    int32_t index = local_index(self);
    return index >= 0 && self->config.voters[index].directory == self->config.local.directory;
}

SimDuration quorum_state_remaining(const QuorumState *self, SimTime now)
{
    if (self->deadline == QUORUM_NEVER) {
        return QUORUM_NEVER;
    }
    return self->deadline > now ? self->deadline - now : 0;
}

static SimTime random_election_deadline(QuorumState *self, SimTime now)
{
    int64_t timeout_ms = self->config.election_timeout_ns / SIM_MS(1);
    if (timeout_ms == 0) {
        return now;
    }
    return now + SIM_MS(timeout_ms + self->config.draw(self->config.owner, timeout_ms));
}

static void move(QuorumState *self, QuorumStateName to, ElectionState election, SimTime deadline)
{
    self->now = to;
    self->election = election;
    self->deadline = deadline;
    self->has_fetched = false;
    memset(self->votes, 0, sizeof(self->votes));
}

/* What must never be said twice differently goes to disk first. */
static void
move_durably(QuorumState *self, QuorumStateName to, ElectionState election, SimTime deadline)
{
    move(self, to, election, deadline);
    self->stored = election;
    self->has_stored = true;
    self->writes++;
}

static void vote_for_oneself(QuorumState *self)
{
    int32_t index = local_index(self);
    if (index >= 0) {
        self->votes[index] = VOTE_GRANTED;
    }
}

void quorum_state_start(QuorumState *self, SimTime now, int32_t log_epoch)
{
    ElectionState stored = self->stored;
    const ReplicaKey local = self->config.local;
    self->high_watermark = -1;
    self->retries = 1;
    if (stored.epoch < log_epoch) {
        stored = (ElectionState){log_epoch, QUORUM_NOBODY, nobody};
        move_durably(self, QUORUM_UNATTACHED, stored, random_election_deadline(self, now));
    } else if (stored.leader == local.id) {
        /* So that it cannot vote for another in the epoch that it led. */
        stored.voted = nobody;
        move_durably(self, QUORUM_RESIGNED, stored, random_election_deadline(self, now));
    } else if (stored.voted.id == local.id && stored.voted.directory == local.directory) {
        stored.leader = QUORUM_NOBODY;
        move_durably(self, QUORUM_CANDIDATE, stored, random_election_deadline(self, now));
        vote_for_oneself(self);
    } else if (stored.leader != QUORUM_NOBODY &&
               quorum_state_voter_index(self, stored.leader) >= 0) {
        move_durably(self, QUORUM_FOLLOWER, stored, now + self->config.fetch_timeout_ns);
    } else {
        move_durably(self, QUORUM_UNATTACHED, stored, random_election_deadline(self, now));
    }
}

/* The remaining time goes on where the replica was already waiting for an election. */
static SimTime unattached_deadline(QuorumState *self, SimTime now)
{
    bool waiting = self->now == QUORUM_CANDIDATE || self->now == QUORUM_UNATTACHED ||
                   self->now == QUORUM_RESIGNED ||
                   (self->now == QUORUM_PROSPECTIVE && !quorum_state_is_rejected(self));
    if (!quorum_state_is_voter(self)) {
        return QUORUM_NEVER;
    }
    if (waiting && (self->config.pre_vote || self->now != QUORUM_RESIGNED)) {
        return self->deadline > now ? self->deadline : now;
    }
    return random_election_deadline(self, now);
}

QuorumAnswer
quorum_state_to_unattached(QuorumState *self, SimTime now, int32_t epoch, int32_t leader)
{
    int32_t current = self->election.epoch;
    if (epoch < current || (epoch == current && self->now != QUORUM_PROSPECTIVE)) {
        return QUORUM_ILLEGAL_STATE;
    }
    /* In the same epoch it may not vote again. */
    ReplicaKey voted = epoch == current ? self->election.voted : nobody;
    ElectionState election = {epoch, leader, voted};
    move_durably(self, QUORUM_UNATTACHED, election, unattached_deadline(self, now));
    return QUORUM_OK;
}

QuorumAnswer quorum_state_to_prospective(QuorumState *self, SimTime now)
{
    if (!quorum_state_is_voter(self) || self->now == QUORUM_LEADER ||
        self->now == QUORUM_PROSPECTIVE) {
        return QUORUM_ILLEGAL_STATE;
    }
    /* The epoch is the old one: there is nothing to store. */
    move(self, QUORUM_PROSPECTIVE, self->election, random_election_deadline(self, now));
    vote_for_oneself(self);
    return QUORUM_OK;
}

QuorumAnswer quorum_state_to_candidate(QuorumState *self, SimTime now)
{
    bool may = self->config.pre_vote ? self->now == QUORUM_PROSPECTIVE : self->now != QUORUM_LEADER;
    if (!quorum_state_is_voter(self) || !may) {
        return QUORUM_ILLEGAL_STATE;
    }
    self->retries = self->now == QUORUM_CANDIDATE ? self->retries + 1 : 1;
    ElectionState election = {self->election.epoch + 1, QUORUM_NOBODY, self->config.local};
    move_durably(self, QUORUM_CANDIDATE, election, random_election_deadline(self, now));
    vote_for_oneself(self);
    return QUORUM_OK;
}

static SimTime check_quorum_deadline(const QuorumState *self, SimTime now)
{
    if (self->config.voter_count == 1) {
        return QUORUM_NEVER;
    }
    return now + self->config.fetch_timeout_ns * 3 / 2;
}

QuorumAnswer quorum_state_to_leader(QuorumState *self, SimTime now, int64_t epoch_start_offset)
{
    if (!quorum_state_is_voter(self) || self->now != QUORUM_CANDIDATE ||
        !quorum_state_is_granted(self)) {
        return QUORUM_ILLEGAL_STATE;
    }
    ElectionState election = {self->election.epoch, self->config.local.id, nobody};
    move_durably(self, QUORUM_LEADER, election, check_quorum_deadline(self, now));
    self->epoch_start_offset = epoch_start_offset;
    self->high_watermark = -1; /* until a record of this epoch is committed */
    for (int32_t i = 0; i < self->config.voter_count; i++) {
        self->end_offsets[i] = -1;
        self->fetched[i] = false;
    }
    return QUORUM_OK;
}

QuorumAnswer quorum_state_to_follower(QuorumState *self, SimTime now, int32_t epoch, int32_t leader)
{
    int32_t current = self->election.epoch;
    if (quorum_state_voter_index(self, leader) < 0) {
        return QUORUM_ILLEGAL_ARGUMENT; /* nobody knows where it is */
    }
    bool settled = self->now == QUORUM_FOLLOWER || self->now == QUORUM_LEADER;
    if (leader == self->config.local.id || epoch < current || (epoch == current && settled)) {
        return QUORUM_ILLEGAL_STATE;
    }
    ReplicaKey voted = epoch == current ? self->election.voted : nobody;
    ElectionState election = {epoch, leader, voted};
    move_durably(self, QUORUM_FOLLOWER, election, now + self->config.fetch_timeout_ns);
    return QUORUM_OK;
}

QuorumAnswer quorum_state_to_resigned(QuorumState *self, SimTime now)
{
    if (self->now != QUORUM_LEADER) {
        return QUORUM_ILLEGAL_STATE;
    }
    /* Soft: a leader that starts again is resigned anyway. */
    move(self, QUORUM_RESIGNED, self->election, random_election_deadline(self, now));
    return QUORUM_OK;
}

void quorum_state_fetched(QuorumState *self, SimTime now)
{
    self->has_fetched = true;
    self->deadline = now + self->config.fetch_timeout_ns;
}

void quorum_state_override_timeout(QuorumState *self, SimTime now, SimDuration timeout_ns)
{
    self->deadline = now + timeout_ns;
}
