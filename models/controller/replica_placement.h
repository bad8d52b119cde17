/* replica_placement.h - where new partitions go.
 *
 * Mirrors: StripedReplicaPlacer (server.md 1.7): round robin over racks and brokers, load is not
 * looked at. One placer per createTopics call. */
#ifndef KAFKASIM_MODELS_CONTROLLER_REPLICA_PLACEMENT_H
#define KAFKASIM_MODELS_CONTROLLER_REPLICA_PLACEMENT_H
#include "models/protocol/metadata.h"
#include "sim/chance/stream.h"

typedef struct UsableBroker {
    int32_t id;
    const char *rack; /* "" = none */
    bool fenced;
} UsableBroker;

typedef struct ReplicaPlacer ReplicaPlacer;
/* Draws its random offsets from `stream` (borrowed while it lives). */
ReplicaPlacer *replica_placer_new(const UsableBroker *brokers, int32_t count, Stream *stream);
void replica_placer_free(ReplicaPlacer *self);
/* The next partition's replicas; false when there are too few brokers, or none unfenced. */
bool replica_placer_place(ReplicaPlacer *self,
                          int32_t replication_factor,
                          ReplicaList *ret_replicas);

#endif
