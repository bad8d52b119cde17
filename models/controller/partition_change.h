/* partition_change.h - the next state of a partition, from what changed.
 *
 * Mirrors: PartitionChangeBuilder, KIP-966 (ELR); server.md 1.4. A pure function: the controller
 * fills in a PartitionChange, asks, and appends the answer. */
#ifndef KAFKASIM_MODELS_CONTROLLER_PARTITION_CHANGE_H
#define KAFKASIM_MODELS_CONTROLLER_PARTITION_CHANGE_H
#include "models/protocol/metadata.h"

typedef enum Election { ELECTION_PREFERRED, ELECTION_ONLINE, ELECTION_UNCLEAN } Election;

typedef struct PartitionChange {
    const PartitionRegistration *now;
    ReplicaList target_isr;
    ReplicaList unclean_shutdown_replicas; /* lost their unflushed tail: may not enter the ELR */
    Election election;
    bool elr_enabled;
    int32_t min_isr; /* effective: min(min.insync.replicas, replicas) */
    /* Registered, not fenced, not in controlled shutdown, its log directory online. */
    bool (*is_acceptable_leader)(void *user, int32_t broker);
    void *user;
    bool set_recovered; /* an AlterPartition says that recovery is over */
} PartitionChange;

/* Writes the next state; true when it differs (a record is due). */
bool partition_change_build(const PartitionChange *change, PartitionRegistration *ret_next);

#endif
