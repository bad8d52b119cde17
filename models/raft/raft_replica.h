/* raft_replica.h - one voter of the metadata quorum: elections and the replication of its log.
 *
 * It lives in a controller's process and drives it: on_leader once everything before its epoch is
 * committed, on_resigned when it leads no more, on_committed as the high watermark moves. Its one
 * thread does a thing at a time; while it waits for the disk (the election it stores, records it
 * has fetched or appended) whatever arrives waits too, and longer when the thread gets into a state
 * of an election for the first time in its process's life. Rules Q1-Q15 of KRaft:
 *
 *   voters fetch from the leader and flush before they fetch again; what a majority has is
 *   committed. A follower without a good fetch for controller.quorum.fetch.timeout.ms asks whether
 *   the others would vote for it (pre-vote), then stands. A leader that no majority has fetched
 *   from for 1.5 times that resigns, as does one that is stopped (EndQuorumEpoch).
 *
 * The quorum is a dynamic one (kraft.version 1, KIP-853): a voter is a node with its disk, and one
 * that comes with a new disk has no vote at first (raft_disk.c).
 *
 * A write to its log or to the quorum-state file that fails ends the process, whatever else it
 * does.
 *
 * Mirrors: KafkaRaftClient of Kafka 4.1.0 (poll, pollLeader ...), KafkaRaftClientDriver, KIP-595,
 * 996, 1166. Leaves out: fetching a snapshot (a log is kept whole; to read it costs nothing),
 * other changes of the voter set, a static quorum (controller.quorum.voters), batch and fetch sizes
 * (8 MiB). While its leader backs off a follower asks another voter once per back-off, not without
 * pause. */
#ifndef KAFKASIM_MODELS_RAFT_RAFT_REPLICA_H
#define KAFKASIM_MODELS_RAFT_RAFT_REPLICA_H
#include "models/protocol/era.h"
#include "models/raft/raft_channel.h"
#include "models/raft/raft_log.h"
#include "models/spec/first_run.h"

typedef struct RaftReplica RaftReplica;

typedef struct RaftContext {
    Actor *actor;
    RaftContent *content; /* shared by all voters */
    const KafkaConfig *config;
    const HardwareProfile *profile; /* NULL: no path of its code costs more the first time */
    const Era *era;                 /* NULL: as in 4.1 */
    int32_t id;
    int32_t voter_count;
    const int32_t *voters; /* ids, ascending */
    Actor *(*find_voter)(void *owner, int32_t id);
    uint16_t timer_kind; /* of every timer of the replica */
    uint16_t done_kind;  /* of its disk work */
    void (*on_leader)(void *owner, int32_t epoch);
    void (*on_resigned)(void *owner);
    void (*on_committed)(void *owner, int64_t high_watermark);
    /* Records from `offset` on are about to vanish: they never were committed. */
    void (*on_truncate)(void *owner, int64_t offset);
    /* The replica has said good-bye: the process may end. */
    void (*on_stopped)(void *owner);
    /* Its disk has failed it (fatalFaultHandler): nothing goes on, the process is to be killed. */
    void (*on_fault)(void *owner, const char *why);
    void *owner;
} RaftContext;

RaftReplica *raft_replica_new(const RaftContext *context);
void raft_replica_free(RaftReplica *self);

/* Before the run: a quorum that is up, led by `leader` in epoch 1; all records are committed. */
void raft_replica_bootstrap(RaftReplica *self, int32_t leader);
void raft_replica_start(RaftReplica *self);
void raft_replica_kill(RaftReplica *self);
void raft_replica_stop(RaftReplica *self); /* SIGTERM */

/* What every write ends with from now on (metadata.log.dir). */
typedef enum RaftDisk { RAFT_DISK_WELL, RAFT_DISK_FULL, RAFT_DISK_BROKEN } RaftDisk;
void raft_replica_set_disk(RaftReplica *self, RaftDisk disk);
/* A new, empty disk, for the process that starts next: log and vote are gone. */
void raft_replica_replace_disk(RaftReplica *self);

/* The records in the metadata log from here on are this leader's: starts the linger. */
void raft_replica_records_appended(RaftReplica *self);
/* It leads, and no newer leader has taken over unknown to it. */
bool raft_replica_holds_pen(const RaftReplica *self);
int32_t raft_replica_epoch(const RaftReplica *self);
int32_t raft_replica_leader(const RaftReplica *self);         /* as it knows; QUORUM_NOBODY */
int64_t raft_replica_high_watermark(const RaftReplica *self); /* -1 unknown */
const QuorumState *raft_replica_quorum(const RaftReplica *self);
int64_t raft_replica_end_offset(const RaftReplica *self); /* of its log, flushed or not */

/* One that fetches from this leader; times -1: never. */
typedef struct RaftReader {
    int32_t id;
    int32_t disk; /* which of its disks has it */
    bool is_observer;
    int64_t end_offset;
    SimTime last_fetch;
    SimTime last_caught_up;
    int64_t leader_end_offset; /* at its last fetch */
} RaftReader;
/* NULL when it has not fetched since this leader took over. */
const RaftReader *raft_replica_reader(const RaftReplica *self, int32_t id, int32_t disk);
/* Which disk it has (0: its first one), and with which one it is a voter: apart, it has no vote. */
int32_t raft_replica_disk(const RaftReplica *self);
int32_t raft_replica_voting_disk(const RaftReplica *self);

/* What the actor passes on. The bools: it was the replica's. */
bool raft_replica_on_request(RaftReplica *self, ConnectionId connection, RequestHeader *request);
void raft_replica_on_response(RaftReplica *self, ConnectionId connection, ResponseHeader *response);
bool raft_replica_on_connected(RaftReplica *self, ConnectionId connection);
bool raft_replica_on_disconnected(RaftReplica *self, ConnectionId connection);
void raft_replica_on_timer(RaftReplica *self, Timer *timer);
void raft_replica_on_written(RaftReplica *self);

#endif
