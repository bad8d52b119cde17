/* stop_replicas.h - replicas that a broker gives up.
 *
 * With a metadata quorum a broker sees for itself that a replica is not its any more; of the
 * ZooKeeper era the controller says so, once: who does not hear of it keeps the log.
 *
 * Mirrors: ReplicaManager.stopReplicas, .stopPartitions. Leaves out: the leader epoch of a
 * StopReplica (KIP-570): requests come in order on one connection, and the session of the broker is
 * looked at. */
#ifndef KAFKASIM_MODELS_BROKER_METADATA_STOP_REPLICAS_H
#define KAFKASIM_MODELS_BROKER_METADATA_STOP_REPLICAS_H
#include "models/broker/broker_state.h"

/* The topic is gone, or the replica was moved away: the log is deleted. The object stays, as good
 * as new. */
void stop_replicas_delete(Broker *self, Partition *partition, bool is_deleted);
/* ZooKeeper mode. Takes the request. */
void stop_replicas_handle(Broker *self, StopReplicaRequest *request);

#endif
