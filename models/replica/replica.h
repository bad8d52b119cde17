/* replica.h - what a leader remembers of one follower.
 *
 * Mirrors: Replica, ReplicaState (server.md 2.5). A follower is caught up when it stands at the
 * leader's end, or stood there at most replica.lag.time.max.ms ago; being behind by many records
 * does not matter. */
#ifndef KAFKASIM_MODELS_REPLICA_REPLICA_H
#define KAFKASIM_MODELS_REPLICA_REPLICA_H
#include "sim/kernel/kernel.h"
#include <stdbool.h>
#include <stdint.h>

#define REPLICA_NEVER           (INT64_MIN / 2) /* Kafka's time 0: long before any lag allowed */
#define REPLICA_UNKNOWN_OFFSET  INT64_C(-1)
#define REPLICA_NO_BROKER_EPOCH INT64_C(-2) /* it has not fetched from this leader yet */
#define REPLICA_ANY_EPOCH       INT64_C(-1) /* a request that does not say; never refused */

typedef struct RemoteReplica {
    int32_t broker;
    int64_t broker_epoch;
    int64_t log_end_offset;
    SimTime last_fetch_at;
    int64_t last_fetch_leader_end_offset;
    SimTime last_caught_up_at;
    const SimTime *session_at; /* when its fetch session last asked; NULL without a session */
} RemoteReplica;

/* A replica that has just been assigned. */
RemoteReplica replica_new(int32_t broker);
/* The leader's epoch is new; is_new_leader: it did not lead before either. */
void replica_reset(
    RemoteReplica *self, SimTime now, int64_t leader_end_offset, bool is_new_leader, bool in_isr);
/* It fetched from `offset` at `now`, when the leader's log ended at leader_end_offset. */
void replica_fetched(RemoteReplica *self,
                     SimTime now,
                     int64_t broker_epoch,
                     int64_t offset,
                     int64_t leader_end_offset);
bool replica_is_caught_up(const RemoteReplica *self,
                          int64_t leader_end_offset,
                          SimTime now,
                          SimDuration lag_max_ns);
/* A follower at the leader's end fetches without naming its partition (a fetch session leaves out
 * what did not change): what those fetches meant, reckoned before the leader's log grows. */
void replica_settle_idle_fetches(RemoteReplica *self, int64_t leader_end_offset);

#endif
