/* raft_disk.c - a voter's disk that is full, fails, or is replaced.
 *
 * Log and quorum-state file lie in metadata.log.dir. The next write there that ends in an error is
 * an exception of the raft thread, and that is fatal: the process halts, leader or not. A disk that
 * has failed cannot even be read, so that the process does not come back either; one that was full
 * and has room again holds all that was flushed.
 *
 * A new disk is empty, and has another directory id, and the voters of a dynamic quorum are known
 * by it (kraft.version 1; in a static one, kraft.version 0, the node would vote on with an empty
 * log, and a majority of such could forget what is committed). The node is no voter but an
 * observer: it fetches, neither votes nor stands, and what it has fetched commits nothing, until an
 * administrator has taken the old voter out and added the new one (kafka-metadata-quorum
 * remove-controller, add-controller). Here that is done as soon as it has caught up, if it can be
 * done at all: those changes are records, which a majority must commit that does not yet count this
 * node. So it votes again when something is committed that was written after it had caught up; with
 * the disks of a majority gone that is never. Left out: the two records, and that between them a
 * majority is one of the voters that are left.
 *
 * Mirrors: KafkaRaftClientDriver.doWork (fatalFaultHandler), KafkaMetadataLog,
 * FileQuorumStateStore, KIP-853. */
#include "models/raft/raft_state.h"

/* KafkaRaftClientDriver: an exception of the raft thread is fatal to the process. */
bool raft_disk_fails(RaftReplica *self)
{
    if (self->disk == RAFT_DISK_WELL) {
        return false;
    }
    if (self->writing != RAFT_FAULT) {
        self->writing = RAFT_FAULT;
        self->context.on_fault(self->context.owner,
                               self->disk == RAFT_DISK_FULL ? "no space left on metadata.log.dir"
                                                            : "metadata.log.dir has failed");
    }
    return true;
}

void raft_replica_set_disk(RaftReplica *self, RaftDisk disk)
{
    self->disk = disk;
}

void raft_replica_replace_disk(RaftReplica *self)
{
    self->disk = RAFT_DISK_BROKEN; /* whoever runs now, runs without it */
    self->replaced = true;
}

void raft_use_new_disk(RaftReplica *self)
{
    if (!self->replaced) {
        return;
    }
    self->replaced = false;
    self->disk = RAFT_DISK_WELL;
    self->disk_number++;
    self->caught_up_at = -1;
    actor_log(self->context.actor,
              "no vote",
              "its disk is new, the voter that the quorum knows had the old one");
    raft_log_truncate(&self->log, 0);
    self->flushed_end = 0;
    self->quorum.has_stored = false;
    self->quorum.stored = (ElectionState){0, QUORUM_NOBODY, {QUORUM_NOBODY, 0}};
}

void raft_regain_vote(RaftReplica *self, int64_t leaders_high_watermark)
{
    if (raft_has_vote(self) || leaders_high_watermark < 0) {
        return;
    }
    if (self->caught_up_at < 0 && self->log.end_offset >= leaders_high_watermark) {
        self->caught_up_at = self->log.end_offset;
    }
    if (self->caught_up_at >= 0 && leaders_high_watermark > self->caught_up_at &&
        self->log.end_offset >= leaders_high_watermark) {
        self->voting_disk = self->disk_number;
        actor_log(self->context.actor, "voter again", "its new disk holds what is committed");
    }
}
