/* raft_readers.c - what a leader remembers of those who fetch from it, voters and observers: for
 * kafka-metadata-quorum.sh describe alone, nothing here decides anything.
 *
 * Mirrors: LeaderState.ReplicaState.updateFollowerState. Leaves out: observers that have been
 * silent for 5 minutes are forgotten there (OBSERVER_SESSION_TIMEOUT_MS); here when they are told.
 */
#include "models/raft/raft_state.h"

#define OBSERVER_SESSION_TIMEOUT SIM_SEC(300)

static bool is_before(const RaftReader *reader, int32_t id, int32_t disk)
{
    return reader->id < id || (reader->id == id && reader->disk < disk);
}

static RaftReader *find_or_add(RaftReplica *self, int32_t id, int32_t disk)
{
    guint at = 0;
    while (at < self->readers->len &&
           is_before(&g_array_index(self->readers, RaftReader, at), id, disk)) {
        at++;
    }
    const RaftReader *found =
        at < self->readers->len ? &g_array_index(self->readers, RaftReader, at) : NULL;
    if (found == NULL || found->id != id || found->disk != disk) {
        const RaftReader reader = {.id = id,
                                   .disk = disk,
                                   .last_fetch = -1,
                                   .last_caught_up = -1,
                                   .leader_end_offset = -1};
        g_array_insert_val(self->readers, at, reader);
    }
    return &g_array_index(self->readers, RaftReader, at);
}

/* Caught up: it has all that the leader has now, or all that it had at its last fetch. */
void raft_note_reader(RaftReplica *self, const MetadataFetchRequest *request)
{
    RaftReader *reader = find_or_add(self, request->replica_id, request->replica_disk);
    SimTime now = raft_now(self);
    if (request->fetch_offset >= self->log.end_offset) {
        reader->last_caught_up = now;
    } else if (reader->leader_end_offset > 0 &&
               request->fetch_offset >= reader->leader_end_offset) {
        reader->last_caught_up = reader->last_fetch;
    }
    reader->end_offset = request->fetch_offset;
    reader->leader_end_offset = self->log.end_offset;
    reader->last_fetch = now;
    reader->is_observer = request->is_observer;
}

const RaftReader *raft_replica_reader(const RaftReplica *self, int32_t id, int32_t disk)
{
    for (guint i = 0; i < self->readers->len; i++) {
        const RaftReader *reader = &g_array_index(self->readers, RaftReader, i);
        if (reader->id == id && reader->disk == disk) {
            bool recent = raft_now(self) - reader->last_fetch <= OBSERVER_SESSION_TIMEOUT;
            return !reader->is_observer || recent ? reader : NULL;
        }
    }
    return NULL;
}

int64_t raft_replica_end_offset(const RaftReplica *self)
{
    return self->log.end_offset;
}

int32_t raft_replica_disk(const RaftReplica *self)
{
    return self->disk_number;
}

int32_t raft_replica_voting_disk(const RaftReplica *self)
{
    return self->voting_disk;
}
