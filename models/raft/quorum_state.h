/* quorum_state.h - what one replica of the metadata quorum knows of the election: a passive object.
 *
 *   unattached --election time-out--> prospective --majority of pre-votes--> candidate
 *   candidate --majority of votes--> leader --no majority fetched, or a stop--> resigned
 *   any --a leader is named--> follower --fetch time-out--> prospective
 *   any --a higher epoch is seen--> unattached;  resigned --election time-out--> unattached
 *
 * It is asked to change its state and says whether it may; it neither sends nor waits: raft_replica
 * does, by the deadlines given here. The election (epoch, leader, vote) is stored before it is
 * acted on: `writes` counts that. Times in ns; time-outs are drawn in whole milliseconds.
 *
 * Mirrors: QuorumState, UnattachedState, ProspectiveState (KIP-996), CandidateState, LeaderState,
 * FollowerState, ResignedState, EpochElection, FileQuorumStateStore of Kafka 4.1.0. With pre_vote
 * off (before 4.0) there is no prospective state, and a lost election is tried again after a
 * back-off. Leaves out: changes of the voter set (KIP-853), endpoints, snapshots. */
#ifndef KAFKASIM_MODELS_RAFT_QUORUM_STATE_H
#define KAFKASIM_MODELS_RAFT_QUORUM_STATE_H
#include "models/protocol/message.h"

#define QUORUM_NOBODY (-1)
#define QUORUM_NEVER  SIM_TIME_MAX

typedef enum QuorumStateName {
    QUORUM_UNATTACHED,
    QUORUM_PROSPECTIVE,
    QUORUM_CANDIDATE,
    QUORUM_LEADER,
    QUORUM_FOLLOWER,
    QUORUM_RESIGNED,
} QuorumStateName;

/* A replica is a node with its disk: a node whose disk was replaced has no vote (KIP-853). */
typedef struct ReplicaKey {
    int32_t id; /* QUORUM_NOBODY = none */
    int64_t directory;
} ReplicaKey;

/* What the quorum-state file holds. */
typedef struct ElectionState {
    int32_t epoch;
    int32_t leader;
    ReplicaKey voted;
} ElectionState;

typedef enum Vote { VOTE_UNRECORDED, VOTE_GRANTED, VOTE_REJECTED } Vote;

/* Java's IllegalStateException and IllegalArgumentException: nothing has changed. */
typedef enum QuorumAnswer { QUORUM_OK, QUORUM_ILLEGAL_STATE, QUORUM_ILLEGAL_ARGUMENT } QuorumAnswer;

typedef struct QuorumConfig {
    int32_t voter_count;
    ReplicaKey voters[QUORUM_VOTERS_MAX]; /* ascending ids */
    ReplicaKey local;
    SimDuration election_timeout_ns;
    SimDuration fetch_timeout_ns;
    bool pre_vote;
    int64_t (*draw)(void *owner, int64_t bound); /* uniform in [0, bound) */
    void *owner;
} QuorumConfig;

typedef struct QuorumState {
    QuorumConfig config;
    bool has_stored;
    ElectionState stored; /* on disk */
    uint32_t writes;      /* of the file so far */

    QuorumStateName now;
    ElectionState election;
    SimTime deadline;       /* election, fetch or check-quorum time-out */
    int64_t high_watermark; /* -1 unknown */
    bool has_fetched;       /* follower: from this leader, with success */
    Vote votes[QUORUM_VOTERS_MAX];
    int32_t retries; /* of lost elections, before pre-vote */

    /* leader; by voter */
    int64_t epoch_start_offset;
    int64_t end_offsets[QUORUM_VOTERS_MAX]; /* -1 unknown */
    bool fetched[QUORUM_VOTERS_MAX];        /* since the check-quorum timer began */
} QuorumState;

const char *quorum_state_name(QuorumStateName name); /* "Follower" */
void quorum_state_init(QuorumState *self, const QuorumConfig *config);
/* A process starts: the state follows from the file and from the last epoch in the log. */
void quorum_state_start(QuorumState *self, SimTime now, int32_t log_epoch);

bool quorum_state_is_voter(const QuorumState *self);
int32_t quorum_state_voter_index(const QuorumState *self, int32_t id); /* -1 */
SimDuration quorum_state_remaining(const QuorumState *self, SimTime now);

QuorumAnswer
quorum_state_to_unattached(QuorumState *self, SimTime now, int32_t epoch, int32_t leader);
QuorumAnswer quorum_state_to_prospective(QuorumState *self, SimTime now);
QuorumAnswer quorum_state_to_candidate(QuorumState *self, SimTime now);
QuorumAnswer quorum_state_to_leader(QuorumState *self, SimTime now, int64_t epoch_start_offset);
QuorumAnswer
quorum_state_to_follower(QuorumState *self, SimTime now, int32_t epoch, int32_t leader);
QuorumAnswer quorum_state_to_resigned(QuorumState *self, SimTime now);

bool quorum_state_can_grant_vote(const QuorumState *self,
                                 ReplicaKey candidate,
                                 bool log_is_up_to_date,
                                 bool pre_vote);
/* The vote given is written down, and the time-out drawn anew. */
QuorumAnswer
quorum_state_add_vote_unattached(QuorumState *self, SimTime now, int32_t epoch, ReplicaKey voted);
QuorumAnswer
quorum_state_add_vote_prospective(QuorumState *self, SimTime now, int32_t epoch, ReplicaKey voted);

/* Answers to a prospective or candidate. ret_new: this voter had not answered before. */
QuorumAnswer
quorum_state_record_vote(QuorumState *self, int32_t voter, bool granted, bool *ret_new);
bool quorum_state_is_granted(const QuorumState *self);
bool quorum_state_is_rejected(const QuorumState *self);

/* Leader: its log has grown; a replica has fetched from offset. ret_moved: the high watermark
 * has. A voter's fetch counts for check quorum. */
QuorumAnswer quorum_state_update_local(QuorumState *self, int64_t end_offset, bool *ret_moved);
QuorumAnswer quorum_state_update_replica(
    QuorumState *self, SimTime now, int32_t replica, int64_t fetch_offset, bool *ret_moved);
/* Check quorum alone: this voter has fetched. */
void quorum_state_count_fetch(QuorumState *self, SimTime now, int32_t voter);
/* The other voters, by descending fetched offset: who should succeed. Returns how many. */
int32_t quorum_state_successors(const QuorumState *self, int32_t ids[QUORUM_VOTERS_MAX]);

/* Follower: a successful fetch; the leader has ended its epoch and asks to wait so long. */
void quorum_state_fetched(QuorumState *self, SimTime now);
void quorum_state_override_timeout(QuorumState *self, SimTime now, SimDuration timeout_ns);

#endif
