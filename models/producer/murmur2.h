/* murmur2.h - the hash by which Kafka's producer maps a key to a partition.
 *
 * Mirrors: Utils.murmur2, Utils.toPositive, BuiltInPartitioner.partitionForKey. */
#ifndef KAFKASIM_MODELS_PRODUCER_MURMUR2_H
#define KAFKASIM_MODELS_PRODUCER_MURMUR2_H
#include <stddef.h>
#include <stdint.h>

uint32_t murmur2(const void *key, size_t bytes);
/* The sign bit is masked away; abs() would give other partitions. All partitions count, those
 * without a leader too. */
int32_t murmur2_partition(const void *key, size_t bytes, int32_t partitions);

#endif
