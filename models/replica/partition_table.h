/* partition_table.h - the replicas of one broker by partition index.
 *
 * A broker hosts few of all partitions of a wide cluster: an open-addressing hash table, at most
 * half full, in which nothing is ever removed. */
#ifndef KAFKASIM_MODELS_REPLICA_PARTITION_TABLE_H
#define KAFKASIM_MODELS_REPLICA_PARTITION_TABLE_H
#include "models/replica/partition.h"

typedef struct PartitionSlot {
    int32_t index;
    Partition *partition; /* NULL: free */
} PartitionSlot;

/* Embedded; zeroes are an empty one. */
typedef struct PartitionTable {
    PartitionSlot *slots; /* 2^bits of them */
    uint32_t bits;
    uint32_t count;
} PartitionTable;

void partition_table_clear(PartitionTable *self);
void partition_table_add(PartitionTable *self, Partition *partition);

static inline uint32_t partition_table_first(const PartitionTable *self, int32_t index)
{
    return (uint32_t)index * 0x9E3779B1u >> (32 - self->bits); /* Fibonacci hashing */
}

/* Fetches ahead of its use what finding it touches. */
static inline void partition_table_fetch(const PartitionTable *self, int32_t index)
{
    if (self->count > 0) {
        BITS_PREFETCH(&self->slots[partition_table_first(self, index)]);
    }
}

/* Where it is, or would be put. */
static inline uint32_t partition_table_slot(const PartitionTable *self, int32_t index)
{
    const uint32_t mask = (1u << self->bits) - 1;
    uint32_t at = partition_table_first(self, index);
    while (self->slots[at].partition != NULL && self->slots[at].index != index) {
        at = (at + 1) & mask;
    }
    return at;
}

/* NULL: no replica of it here. */
static inline Partition *partition_table_find(const PartitionTable *self, int32_t index)
{
    return self->count == 0 ? NULL : self->slots[partition_table_slot(self, index)].partition;
}

#endif
