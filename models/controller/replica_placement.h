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

/* In [0, bound). Mirrors: java.util.Random.nextInt. */
typedef int32_t (*PlacementDraw)(void *user, int32_t bound);
/* Draws from a Stream, given as `user`. */
int32_t placement_draw_from_stream(void *user, int32_t bound);

/* INVALID_REPLICATION_FACTOR, and why. */
typedef enum PlacementFault {
    PLACEMENT_POSSIBLE,
    PLACEMENT_NOT_POSITIVE,    /* "the replication factor must be positive" */
    PLACEMENT_ALL_FENCED,      /* "all brokers are currently fenced" */
    PLACEMENT_TOO_FEW_BROKERS, /* "only n broker(s) are registered" */
} PlacementFault;

typedef struct ReplicaPlacer ReplicaPlacer;
/* `brokers` in the order in which the heartbeat manager names them: it decides nothing but the
 * order of the racks' draws. */
ReplicaPlacer *
replica_placer_new(const UsableBroker *brokers, int32_t count, PlacementDraw draw, void *user);
void replica_placer_free(ReplicaPlacer *self);
PlacementFault replica_placer_check(const ReplicaPlacer *self, int32_t replication_factor);
/* The next partition's replicas; false when replica_placer_check finds a fault. */
bool replica_placer_place(ReplicaPlacer *self,
                          int32_t replication_factor,
                          ReplicaList *ret_replicas);

#endif
