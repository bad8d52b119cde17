/* replica_selector.c - which replica a consumer had better read from (KIP-392, server.md 3.6).
 *
 * Of the leader and the in-sync replicas that hold the offset: one in the consumer's rack, the
 * leader if it is there, else the most caught up. Mirrors: ReplicaManager.findPreferredReadReplica,
 * RackAwareReplicaSelector, ReplicaView.comparator. */
#include "models/replica/partition.h"
#include <string.h>

static bool is_in_rack(const Partition *self, int32_t broker, const char *rack)
{
    const BrokerRegistration *known = self->host->find_broker(self->host->owner, broker);
    return known != NULL && known->rack != NULL && strcmp(known->rack, rack) == 0;
}

static bool is_better(const RemoteReplica *a, const RemoteReplica *b)
{
    if (a->log_end_offset != b->log_end_offset) {
        return a->log_end_offset > b->log_end_offset;
    }
    if (a->last_caught_up_at != b->last_caught_up_at) {
        return a->last_caught_up_at > b->last_caught_up_at;
    }
    return a->broker > b->broker;
}

int32_t partition_preferred_read_replica(const Partition *self, const char *rack, int64_t offset)
{
    if (self->role != PARTITION_LEADER || rack == NULL || *rack == '\0' ||
        is_in_rack(self, self->host->broker_id, rack)) {
        return NO_LEADER;
    }
    const RemoteReplica *best = NULL;
    for (int32_t i = 0; i < self->remote_count; i++) {
        const RemoteReplica *remote = &self->remotes[i];
        if (remote->log_end_offset >= offset && offset >= self->log.log_start_offset &&
            replica_list_has(&self->isr, remote->broker) &&
            is_in_rack(self, remote->broker, rack) && (best == NULL || is_better(remote, best))) {
            best = remote;
        }
    }
    return best != NULL ? best->broker : NO_LEADER;
}
