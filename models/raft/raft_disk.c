/* raft_disk.c - a voter's disk that is full, fails, or is replaced.
 *
 * Log and quorum-state file lie in metadata.log.dir. The next write there that ends in an error is
 * an exception of the raft thread, and that is fatal: the process halts, leader or not. A disk that
 * has failed cannot even be read, so that the process does not come back either; one that was full
 * and has room again holds all that was flushed.
 *
 * A new disk is empty, and has another directory id: the node is no voter but an observer, which
 * fetches, neither votes nor stands, until an administrator has taken the old voter out and added
 * the new one, here as soon as it has caught up (kafka-metadata-quorum remove-controller,
 * add-controller). Left out: that meanwhile a majority is counted of one voter less.
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
    self->has_no_vote = true;
    raft_log_truncate(&self->log, 0);
    self->flushed_end = 0;
    self->quorum.has_stored = false;
    self->quorum.stored = (ElectionState){0, QUORUM_NOBODY, {QUORUM_NOBODY, 0}};
}

void raft_regain_vote(RaftReplica *self, int64_t leaders_high_watermark)
{
    if (self->has_no_vote && leaders_high_watermark >= 0 &&
        self->log.end_offset >= leaders_high_watermark) {
        self->has_no_vote = false;
        actor_log(self->context.actor, "voter again", "its new disk holds what is committed");
    }
}
