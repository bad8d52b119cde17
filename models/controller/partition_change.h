/* partition_change.h - the next state of a partition, from what is wanted of it.
 *
 * Mirrors: PartitionChangeBuilder, PartitionRegistration.merge, PartitionReassignmentReplicas,
 * PartitionReassignmentRevert, KIP-966 (ELR); server.md 1.4, 1.8. Pure functions: the controller
 * fills in a PartitionChange, asks, and appends the answer. */
#ifndef KAFKASIM_MODELS_CONTROLLER_PARTITION_CHANGE_H
#define KAFKASIM_MODELS_CONTROLLER_PARTITION_CHANGE_H
#include "models/protocol/metadata.h"

typedef enum Election { ELECTION_PREFERRED, ELECTION_ONLINE, ELECTION_UNCLEAN } Election;

/* Feature levels at which the form of the records changed. */
typedef enum MetadataVersion {
    METADATA_VERSION_3_2_IV0 = 6,  /* leaders recover */
    METADATA_VERSION_3_6_IV0 = 12, /* an ISR shrink needs no new leader epoch */
    METADATA_VERSION_3_7_IV2 = 17, /* replicas have directories */
    METADATA_VERSION_4_0_IV1 = 23, /* ELR */
    METADATA_VERSION_4_1_IV1 = 27, /* the latest */
} MetadataVersion;

typedef struct PartitionChange {
    const PartitionRegistration *now;
    ReplicaList target_isr;
    ReplicaList target_replicas;
    ReplicaList target_removing;
    ReplicaList target_adding;
    ReplicaList unclean_shutdown_replicas; /* lost their unflushed tail: may not enter the ELR */
    LeaderRecoveryState target_recovery;
    Election election;
    bool elr_enabled;
    bool without_last_known_leader; /* useLastKnownLeaderInBalancedRecovery = false */
    bool keeps_reassignment;        /* it is completed by whoever began it */
    bool bumps_epoch_for_shrink;    /* whatever the metadata version */
    int32_t min_isr;                /* effective: min(min.insync.replicas, replicas) */
    int metadata_version;           /* feature level */
    /* Registered, not fenced, not in controlled shutdown, its log directory online. */
    bool (*is_acceptable_leader)(void *user, int32_t broker);
    void *user;
    /* One of each replica of `now`, in order; NULL: the controller does not know them. */
    const int32_t *directories;
    int32_t default_directory;
} PartitionChange;

/* What changes; a field that is not set stays. Mirrors: PartitionChangeRecord. */
typedef struct PartitionChangeRecord {
    bool has_isr, has_leader, has_replicas, has_removing, has_adding, has_recovery, has_elr,
        has_last_known_elr, has_directories;
    ReplicaList isr;
    int32_t leader;
    ReplicaList replicas;
    ReplicaList removing;
    ReplicaList adding;
    LeaderRecoveryState recovery;
    ReplicaList elr;
    ReplicaList last_known_elr;
    int32_t directory_count;
    int32_t directories[REPLICAS_MAX];
    int version;
} PartitionChangeRecord;

/* Nothing is wanted yet: every target is what is now; ONLINE, latest metadata version. */
PartitionChange partition_change_of(const PartitionRegistration *now);
/* False when nothing changes (no record). */
bool partition_change_record(const PartitionChange *change, PartitionChangeRecord *ret_record);
/* Both of the two: false when nothing changes. */
bool partition_change_build(const PartitionChange *change, PartitionRegistration *ret_next);
/* The partition epoch goes up, the leader epoch when the record names a leader. */
PartitionRegistration partition_change_merge(const PartitionRegistration *now,
                                             const PartitionChangeRecord *record);

bool partition_is_reassigning(const PartitionRegistration *partition);
/* From `now` to the replicas `target`: sets the targets of the change. */
void partition_change_reassign(PartitionChange *change, const ReplicaList *target);
/* Back to what was before: sets the targets; true when no old replica is in sync any more, so that
 * it takes an unclean election. */
bool partition_change_revert(PartitionChange *change);

#endif
