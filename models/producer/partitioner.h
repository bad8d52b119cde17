/* partitioner.h - which partition a record goes to.
 *
 *     given explicitly > partitioner.class > hash of the key > sticky, chosen while appending
 *
 * Mirrors: BuiltInPartitioner (S1..S6; KIP-480, KIP-794), RoundRobinPartitioner as of 4.0 (one
 * call a record), KafkaProducer.partition. */
#ifndef KAFKASIM_MODELS_PRODUCER_PARTITIONER_H
#define KAFKASIM_MODELS_PRODUCER_PARTITIONER_H
#include "models/producer/accumulator.h"

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
    Zipf zipf;
    Stream chance;
} KeyChooser;

/* No partition yet, or it is time to choose one. */
#define NO_STICKY_PARTITION (-1)

typedef struct Partitioner {
    PartitionerKind kind;
    int32_t fixed;
    int64_t counter; /* round robin */
    KeyChooser keys;
    /* sticky */
    int32_t current;
    int64_t produced_bytes; /* to the current partition (S2) */
    int64_t batch_size;
    bool adaptive;
    SimDuration availability_timeout_ns;
    Stream chance;
    int32_t load_count; /* entries of the load table; 0 = uniform choice */
    int32_t *load_ids;
    int64_t *load_cumulative;
} Partitioner;

void partitioner_init(Partitioner *self,
                      const Actor *actor,
                      const ProducerSpec *spec,
                      int32_t partitions);
void partitioner_clear(Partitioner *self);
/* The process starts anew. */
void partitioner_reset(Partitioner *self);

/* The number of partitions changed: the sticky choice is void. */
void partitioner_reset_choice(Partitioner *self);

/* For record `number` of the producer; NO_STICKY_PARTITION when the choice is sticky. */
int32_t partitioner_choose(Partitioner *self, const Accumulator *accumulator, int64_t number);
/* Share of the records that each partition gets; sums to 1. Not for sticky. */
void partitioner_shares(Partitioner *self, double *shares, int32_t partitions);

/* The sticky partition, chosen now if there is none, or if a switch was put off until the
 * partition's last batch had no room (S3). */
int32_t partitioner_sticky(Partitioner *self, const Accumulator *accumulator);
/* Bytes were appended to it: switch, now or later? */
void partitioner_appended(Partitioner *self, const Accumulator *accumulator, int64_t bytes);
/* Records of `record_bytes` until the switch that comes whatever the batch (2 x batch.size). */
int64_t partitioner_until_switch(const Partitioner *self, int64_t record_bytes);
/* On each pass of the sender: weights from queue lengths (S5). */
void partitioner_update_load(Partitioner *self, Accumulator *accumulator);

#endif
