/* admin_utils.h - where new partitions went before KRaft.
 *
 *   first replicas: round robin from a random broker; the others: behind it, by a shift that grows
 *   with every round; with racks: over a list of brokers of alternating racks, to each rack first
 *
 * Mirrors: AdminUtils.assignReplicasToBrokers. */
#ifndef KAFKASIM_MODELS_CONTROLLER_ADMIN_UTILS_H
#define KAFKASIM_MODELS_CONTROLLER_ADMIN_UTILS_H
#include "models/controller/replica_placement.h"
#include "models/protocol/kafka_error.h"

typedef struct AssignmentWish {
    int32_t partitions;
    int32_t replication_factor;
    int32_t fixed_start; /* where the round begins; -1: drawn */
    int32_t first;       /* partition: how many the topic has already */
} AssignmentWish;

/* Appends a ReplicaList for each partition. `brokers`: those that live, ascending ids. */
KafkaError admin_utils_assign(const UsableBroker *brokers,
                              int32_t count,
                              const AssignmentWish *wish,
                              PlacementDraw draw,
                              void *user,
                              GArray *ret_replicas);

#endif
