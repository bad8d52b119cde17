/* partition_index.h - which partitions a broker is in: found without a look at all of them.
 *
 * Sets of partition indices, a bit each, walked in ascending order; what a set holds may change
 * while it is walked. Mirrors: BrokersToIsrs, BrokersToElrs, imbalancedPartitions and
 * directoriesToPartitions of ReplicationControlManager (there in the order of Java hashes). */
#ifndef KAFKASIM_MODELS_CONTROLLER_PARTITION_INDEX_H
#define KAFKASIM_MODELS_CONTROLLER_PARTITION_INDEX_H
#include "models/protocol/metadata.h"

typedef enum PartitionMembership {
    PARTITIONS_IN_ISR,  /* of the broker */
    PARTITIONS_IN_ELR,  /* of the broker */
    PARTITIONS_OFFLINE, /* its log directory on that broker is */
    PARTITION_MEMBERSHIPS,
} PartitionMembership;

typedef struct PartitionIndex PartitionIndex;
PartitionIndex *partition_index_new(int32_t partitions);
void partition_index_free(PartitionIndex *self);
void partition_index_clear(PartitionIndex *self); /* as new; offline ones stay */
/* `was` NULL: created; `next` NULL: removed. */
void partition_index_update(PartitionIndex *self,
                            int32_t partition,
                            const PartitionRegistration *was,
                            const PartitionRegistration *next);
/* In this incarnation of the broker. What an earlier one had offline is forgotten. */
void partition_index_set_offline(PartitionIndex *self,
                                 int32_t broker,
                                 uint64_t incarnation_id,
                                 int32_t partition);
/* Only what went offline in this incarnation stays so. */
void partition_index_keep_offline(PartitionIndex *self, int32_t broker, uint64_t incarnation_id);

bool partition_index_has(const PartitionIndex *self,
                         int32_t broker,
                         PartitionMembership membership,
                         int32_t partition);
/* The first partition at or above `from`, -1 when there is none. */
int32_t partition_index_next(const PartitionIndex *self,
                             int32_t broker,
                             PartitionMembership membership,
                             int32_t from);
int32_t partition_index_next_leaderless(const PartitionIndex *self, int32_t from);
int32_t partition_index_next_imbalanced(const PartitionIndex *self, int32_t from);
int32_t partition_index_leaderships(const PartitionIndex *self, int32_t broker);

#endif
