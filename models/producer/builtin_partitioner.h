/* builtin_partitioner.h - where records without a key go, one object a topic.
 *
 *     none --first record--> sticky --1 x batch.size and its batch is full--> another
 *                               '-----2 x batch.size in any case-----------> another
 *
 * The next partition is drawn uniformly among those with a leader, or, while queues differ, with
 * weights that favour the shorter ones (clients.md S1..S6). Before KIP-794 (`by_batch`) it was
 * another one at each new batch, drawn uniformly, without regard to bytes or queues. A passive
 * object: whoever owns it says how random numbers are drawn, which partitions have a leader, and
 * how long the queues are. Mirrors: BuiltInPartitioner (KIP-480, KIP-794), StickyPartitionCache. */
#ifndef KAFKASIM_MODELS_PRODUCER_BUILTIN_PARTITIONER_H
#define KAFKASIM_MODELS_PRODUCER_BUILTIN_PARTITIONER_H
#include <stdbool.h>
#include <stdint.h>

/* RecordMetadata.UNKNOWN_PARTITION: to be chosen while appending. */
#define UNKNOWN_PARTITION (-1)

/* What the choice needs of Cluster: the partitions that have a leader, in its order. */
typedef struct TopicPartitions {
    const int32_t *available;
    int32_t available_count;
    int32_t count; /* with a leader or without */
} TopicPartitions;

/* PartitionLoadStats: partitions by number, and the weights summed up to each. */
typedef struct PartitionLoadStats {
    int32_t length; /* 0: none, the choice is uniform */
    int32_t *partition_ids;
    int64_t *cumulative;
} PartitionLoadStats;

typedef uint32_t (*PartitionerRandom)(void *owner);

typedef struct BuiltInPartitioner {
    int64_t sticky_batch_size;
    bool by_batch;
    PartitionerRandom random; /* non-negative as an int32_t */
    void *owner;              /* of `random` */
    int32_t current;          /* UNKNOWN_PARTITION before the first record */
    int64_t produced_bytes;   /* to the current one, since it was chosen */
    PartitionLoadStats load;
} BuiltInPartitioner;

void builtin_partitioner_init(BuiltInPartitioner *self,
                              int64_t sticky_batch_size,
                              int32_t capacity, /* most partitions ever */
                              PartitionerRandom random,
                              void *owner);
void builtin_partitioner_clear(BuiltInPartitioner *self);
/* Nothing is chosen and nothing known of queues. */
void builtin_partitioner_reset(BuiltInPartitioner *self);

/* The sticky partition, drawn now if there is none. */
int32_t builtin_partitioner_peek(BuiltInPartitioner *self, const TopicPartitions *topic);
/* So many bytes were appended to the sticky partition; `enable_switch`: its last batch takes no
 * more. True when another partition was drawn (it may be the same again). */
bool builtin_partitioner_update(BuiltInPartitioner *self,
                                const TopicPartitions *topic,
                                int64_t appended_bytes,
                                bool enable_switch);
/* Before KIP-794: a new batch is to be opened, so go on with another partition. */
void builtin_partitioner_on_new_batch(BuiltInPartitioner *self, const TopicPartitions *topic);
/* Bytes until the switch that comes in any case; at least 1. */
int64_t builtin_partitioner_bytes_left(const BuiltInPartitioner *self);

/* From the lengths of the queues of the first `length` of `of` partitions. `sizes` NULL: unknown.
 */
void builtin_partitioner_update_load(BuiltInPartitioner *self,
                                     const int32_t *sizes,
                                     const int32_t *partition_ids,
                                     int32_t length,
                                     int32_t of);

#endif
