/* controller.h - the active controller of a KRaft cluster.
 *
 * Mirrors: QuorumController, ReplicationControlManager, ClusterControlManager,
 * BrokerHeartbeatManager (server.md 1.2-1.6). One event queue, one thread: a request becomes
 * records, the records are appended, and the answer goes out when they are committed.
 * Commitment: records linger (controller.quorum.append.linger.ms), are flushed, and with a single
 * voter are then committed; brokers fetch them as observers (KIP-1166).
 *
 * Not simulated yet: elections of the quorum itself; further controllers stand by idle. */
#ifndef KAFKASIM_MODELS_CONTROLLER_CONTROLLER_H
#define KAFKASIM_MODELS_CONTROLLER_CONTROLLER_H
#include "models/protocol/message.h"
#include "models/spec/spec.h"
#include "sim/resource/host.h"

typedef struct Controller Controller;

/* What the controller tells the world's records: a partition changed. */
typedef void (*ControllerOnPartition)(void *owner,
                                      int32_t partition,
                                      const PartitionRegistration *registration,
                                      const char *why);

typedef struct ControllerContext {
    Sim *sim;
    MetadataLog *metadata;
    const KafkaConfig *config;
    const HardwareProfile *profile;
    ControllerOnPartition on_partition;
    void *owner;
} ControllerContext;

Controller *controller_new(const ControllerContext *context, int32_t id, uint32_t host);
void controller_free(Controller *self);
Actor *controller_actor(Controller *self);

/* Before the run: a cluster that is already up. Brokers are registered, unfenced if `alive`;
 * topics placed (or as `assignment` says). Committed at once. */
void controller_bootstrap_broker(Controller *self, int32_t broker, const char *rack, bool alive);
bool controller_bootstrap_topic(Controller *self,
                                int32_t topic,
                                int32_t replication_factor,
                                const GPtrArray *assignment);

#endif
