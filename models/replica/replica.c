/* replica.c - see the header. Mirrors: Replica.updateFetchStateOrThrow, .resetReplicaState. */
#include "models/replica/replica.h"
#include <glib.h>

RemoteReplica replica_new(int32_t broker)
{
    return (RemoteReplica){
        .broker = broker,
        .broker_epoch = REPLICA_NO_BROKER_EPOCH,
        .log_end_offset = REPLICA_UNKNOWN_OFFSET,
        .last_fetch_at = REPLICA_NEVER,
        .last_caught_up_at = REPLICA_NEVER,
    };
}

void replica_reset(
    RemoteReplica *self, SimTime now, int64_t leader_end_offset, bool is_new_leader, bool in_isr)
{
    self->last_caught_up_at = in_isr ? now : REPLICA_NEVER;
    self->session_at = NULL; /* it has to name the partition again, in the new epoch */
    if (is_new_leader) {
        self->broker_epoch = REPLICA_NO_BROKER_EPOCH;
        self->log_end_offset = REPLICA_UNKNOWN_OFFSET;
        self->last_fetch_leader_end_offset = REPLICA_UNKNOWN_OFFSET;
        self->last_fetch_at = REPLICA_NEVER;
    } else {
        self->last_fetch_leader_end_offset = leader_end_offset;
        self->last_fetch_at = in_isr ? now : REPLICA_NEVER;
    }
}

void replica_fetched(RemoteReplica *self,
                     SimTime now,
                     int64_t broker_epoch,
                     int64_t offset,
                     int64_t leader_end_offset)
{
    if (offset >= leader_end_offset) {
        self->last_caught_up_at = MAX(self->last_caught_up_at, now);
    } else if (offset >= self->last_fetch_leader_end_offset) {
        self->last_caught_up_at = MAX(self->last_caught_up_at, self->last_fetch_at);
    }
    self->last_fetch_leader_end_offset = MAX(leader_end_offset, self->last_fetch_leader_end_offset);
    self->last_fetch_at = now;
    self->log_end_offset = offset;
    self->broker_epoch = broker_epoch;
}

bool replica_is_caught_up(const RemoteReplica *self,
                          int64_t leader_end_offset,
                          SimTime now,
                          SimDuration lag_max_ns)
{
    return self->log_end_offset == leader_end_offset || now - self->last_caught_up_at <= lag_max_ns;
}

void replica_settle_idle_fetches(RemoteReplica *self, int64_t leader_end_offset)
{
    if (self->session_at == NULL || self->log_end_offset != leader_end_offset) {
        return;
    }
    self->last_fetch_at = MAX(self->last_fetch_at, *self->session_at);
    self->last_caught_up_at = MAX(self->last_caught_up_at, *self->session_at);
    self->last_fetch_leader_end_offset = MAX(self->last_fetch_leader_end_offset, leader_end_offset);
}
