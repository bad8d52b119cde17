/* topic_order.h - the orders in which a client's hash tables give a topic's partitions back.
 *
 * They decide which partition a uniform draw means, in which order a node's partitions are drained
 * and looked at, and where round robin goes next: not by number, but by hash.
 * Mirrors: MetadataSnapshot.computeClusterView over a HashMap of TopicPartition, and
 * CopyOnWriteMap, which copies its HashMap of Integer at each new key. */
#ifndef KAFKASIM_MODELS_PRODUCER_TOPIC_ORDER_H
#define KAFKASIM_MODELS_PRODUCER_TOPIC_ORDER_H
#include <stdint.h>

/* Partitions 0 .. count-1 as Cluster.partitionsForTopic lists them. */
void topic_order_of_metadata(const char *topic, int32_t count, int32_t *ret_order);
/* Partitions in the order of their first record, as TopicInfo.batches is walked. */
void topic_order_of_deques(const int32_t *created, int32_t count, int32_t *ret_order);

#endif
