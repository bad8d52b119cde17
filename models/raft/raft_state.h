/* raft_state.h - a replica's insides, shared by the files of this folder only. */
#ifndef KAFKASIM_MODELS_RAFT_RAFT_STATE_H
#define KAFKASIM_MODELS_RAFT_RAFT_STATE_H
#include "models/raft/raft_replica.h"

/* KafkaRaftClient.MAX_FETCH_WAIT_MS */
#define RAFT_FETCH_WAIT SIM_MS(500)

typedef enum RaftWriting {
    RAFT_IDLE,
    RAFT_FIRST_RUN, /* of code, before the election is stored */
    RAFT_STORING_ELECTION,
    RAFT_FLUSHING_LOG,
    RAFT_FAULT, /* for ever */
} RaftWriting;

typedef struct RaftParkedFetch {
    ConnectionId connection;
    MetadataFetchRequest *request;
    SimTime deadline;
} RaftParkedFetch;

/* A request or response that waits for the thread. */
typedef struct RaftMail {
    ConnectionId connection;
    Message *message;
} RaftMail;

struct RaftReplica {
    RaftContext context;
    QuorumState quorum;
    RaftLog log; /* written; survives a crash as far as flushed */
    RaftDisk disk;
    bool replaced;        /* the next life has a new, empty disk */
    int32_t disk_number;  /* its directory id; 0 the first */
    int32_t voting_disk;  /* the one that the quorum knows its voter by */
    int64_t caught_up_at; /* without a vote: where its new disk had all; -1 not yet */
    RaftChannel channel;
    Stream stream;
    bool bootstrapped;
    int32_t bootstrap_leader;

    /* the thread */
    RaftWriting writing;
    uint32_t stored_writes; /* elections on disk */
    uint32_t paths_taken;   /* QuorumStateNames that this process has been in */
    bool needs_flush;
    int64_t flushed_end;
    GArray *inbox; /* RaftMail */
    GArray *held;  /* RaftMail: answers that wait for the disk */
    Timer poll;
    bool again; /* the state changed: look at it once more */

    /* leader */
    SimDuration linger_ns;
    Timer linger;
    bool announced; /* on_leader was called */
    SimTime begin_epoch_at;
    GArray *parked;  /* RaftParkedFetch, in order of arrival */
    GArray *readers; /* RaftReader, ascending ids */
    Timer fetch_expiry;

    /* resigned */
    bool acknowledged[QUORUM_VOTERS_MAX];
    int32_t successors[QUORUM_VOTERS_MAX];
    int32_t successor_count;

    SimTime probe_at;    /* follower: not before, of a voter that is not the leader */
    SimTime backing_off; /* candidate before pre-vote: until; QUORUM_NEVER = not */
    SimDuration backoff_max_ns;
    bool stopping;
    SimTime stop_at;
};

static inline SimTime raft_now(const RaftReplica *self)
{
    return actor_now(self->context.actor);
}

static inline bool raft_has_vote(const RaftReplica *self)
{
    return self->voting_disk == self->disk_number;
}

/* raft_replica.c */
bool raft_has_pre_vote(const RaftReplica *self);
/* A write now ends in an error: the process is at its end. */
bool raft_disk_fails(RaftReplica *self);
void raft_use_new_disk(RaftReplica *self); /* as the process starts */
/* A good fetch from the leader whose high watermark this is. */
void raft_regain_vote(RaftReplica *self, int64_t leaders_high_watermark);
void raft_log_move(RaftReplica *self, const char *why); /* says the new state */
/* An answer; goes out when what it promises is on disk. */
void raft_respond(RaftReplica *self, ConnectionId connection, ResponseHeader *response);

/* raft_election.c: transitions with what belongs to them, votes. */
void raft_to_unattached(RaftReplica *self, int32_t epoch, int32_t leader);
void raft_to_follower(RaftReplica *self, int32_t epoch, int32_t leader);
void raft_to_nominee(RaftReplica *self, const char *why); /* prospective, or candidate before 4.0 */
void raft_to_resigned(RaftReplica *self, const char *why);
/* Any message that names an epoch: adopts a newer one, or learns of its leader. */
void raft_maybe_transition(RaftReplica *self, int32_t leader, int32_t epoch);
/* True when the response said all it had to say. */
bool raft_handle_common(RaftReplica *self, KafkaError error, int32_t leader, int32_t epoch);
void raft_on_vote_request(RaftReplica *self, ConnectionId connection, const VoteRequest *request);
void raft_on_epoch_request(RaftReplica *self,
                           ConnectionId connection,
                           const QuorumEpochRequest *request);
void raft_on_quorum_response(RaftReplica *self, RaftPeer *peer, const QuorumResponse *response);
SimTime raft_poll_nominee(RaftReplica *self);
SimTime raft_poll_resigned(RaftReplica *self);
SimTime raft_send_begin_epoch(RaftReplica *self);

/* raft_follower.c */
SimTime raft_poll_follower(RaftReplica *self);
SimTime raft_poll_unattached(RaftReplica *self);
void raft_on_fetch_response(RaftReplica *self, const MetadataFetchResponse *response);

/* raft_leader.c */
void raft_lead(RaftReplica *self);
SimTime raft_poll_leader(RaftReplica *self);
void raft_lose_leadership(RaftReplica *self);
void raft_append_accumulated(RaftReplica *self); /* the linger is over */
void raft_on_log_flushed(RaftReplica *self);
void raft_on_fetch(RaftReplica *self, ConnectionId connection, MetadataFetchRequest *request);
void raft_complete_fetches(RaftReplica *self);
void raft_drop_parked(RaftReplica *self, ConnectionId connection); /* 0 = all */
void raft_note_reader(RaftReplica *self, const MetadataFetchRequest *request);
KafkaError raft_leader_only(const RaftReplica *self, int32_t epoch);

#endif
