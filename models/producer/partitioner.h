/* partitioner.h - which partition a record goes to.
 *
 *     given explicitly > partitioner.class > hash of the key > sticky, chosen while appending
 *
 * Before KIP-480 records without a key went round robin. From then to 3.9 a partitioner.class was
 * asked again when its record needed a new batch: with small batches RoundRobinPartitioner skips
 * every second partition (KAFKA-9965). Mirrors: KafkaProducer.partition and onNewBatch,
 * RoundRobinPartitioner. The sticky choice is builtin_partitioner.h's. */
#ifndef KAFKASIM_MODELS_PRODUCER_PARTITIONER_H
#define KAFKASIM_MODELS_PRODUCER_PARTITIONER_H
#include "models/producer/accumulator.h"
#include "models/protocol/era.h"

typedef enum PartitionerKind {
    PARTITIONER_FIXED,
    PARTITIONER_CYCLE,       /* explicit: record number mod partitions */
    PARTITIONER_ROUND_ROBIN, /* over the partitions that have a leader */
    PARTITIONER_KEYED,
    PARTITIONER_STICKY,
} PartitionerKind;

/* Keys by number; key i is "key-i". */
typedef struct KeyChooser {
    KeyKind kind;
    int64_t count;
    const char *text; /* KEY_CONSTANT */
    double share;     /* KEY_HOT */
    Zipf zipf;
    Stream chance;
} KeyChooser;

typedef struct Partitioner {
    PartitionerKind kind;
    int32_t fixed;
    int64_t counter; /* round robin */
    bool asks_again; /* onNewBatch: before KAFKA-9965 was gone */
    KeyChooser keys;
    const char *given_key; /* of the next record of a trace; NULL: none */
} Partitioner;

void partitioner_init(Partitioner *self,
                      const Actor *actor,
                      const ProducerSpec *spec,
                      const Era *era);
/* The process starts anew. */
void partitioner_reset(Partitioner *self);

/* For record `number` of the producer; UNKNOWN_PARTITION: the accumulator is to choose. */
int32_t partitioner_choose(Partitioner *self, Accumulator *accumulator, int64_t number);
/* Share of the records that each partition gets; sums to 1. Not for sticky. A fixed one need not be
 * there yet: `shares` has room for all that the topic can ever have. */
void partitioner_shares(Partitioner *self, double *shares, int32_t partitions);

#endif
