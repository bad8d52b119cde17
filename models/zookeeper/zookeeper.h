/* zookeeper.h - ZooKeeper as Kafka used it before KRaft: sessions, ephemeral nodes, watches.
 *
 * One reliable process stands for the ensemble. A client's session ends when it was not heard of
 * for zookeeper.session.timeout.ms, looked for every tick (2 s); then its ephemeral nodes go:
 * /brokers/ids/N, and /controller if it had that. Until then a process that starts again finds the
 * node of its former session there, and dies of it. Whoever watches is told: every broker watches
 * /controller, the controller watches /brokers/ids, /isr_change_notification and
 * /log_dir_event_notification. An operation takes
 * the profile's time of one write or read; the states of partitions are the controller's business
 * (see its zookeeper_era), which pays for them by the partition.
 *
 * Mirrors: ZooKeeper's SessionTrackerImpl and DataTree, KafkaZkClient. Leaves out: the ensemble's
 * own failures, one-shot watches and their races. */
#ifndef KAFKASIM_MODELS_ZOOKEEPER_ZOOKEEPER_H
#define KAFKASIM_MODELS_ZOOKEEPER_ZOOKEEPER_H
#include "models/protocol/message.h"
#include "models/spec/spec.h"

typedef struct ZooKeeper ZooKeeper;

/* `brokers`: their ids, ascending, borrowed. */
ZooKeeper *zookeeper_new(Sim *sim,
                         const HardwareProfile *profile,
                         uint32_t host,
                         SimDuration session_timeout_ns,
                         int32_t count,
                         const int32_t *brokers);
void zookeeper_free(ZooKeeper *self);
Actor *zookeeper_actor(ZooKeeper *self);

/* Before the run: the broker is registered with this session; perhaps it is the controller. */
void zookeeper_bootstrap(ZooKeeper *self, int32_t broker, uint64_t session, bool controller);
/* Does this session of the broker own /controller? A write of any other controller fails:
 * /controller_epoch is checked with it (since Kafka 2.0). */
bool zookeeper_is_controller(const ZooKeeper *self, int32_t broker, uint64_t session);

/* A replica of a topic that goes, as the controller of today knows. */
typedef enum ReplicaDeletionState {
    REPLICA_DELETION_WAITS, /* Offline, or Ineligible: it could not be deleted */
    REPLICA_DELETION_STARTED,
    REPLICA_DELETION_SUCCESSFUL,
} ReplicaDeletionState;
typedef struct ReplicaDeletion {
    int32_t partition;
    int32_t broker;
    ReplicaDeletionState state;
} ReplicaDeletion;

/* /admin/delete_topics and, until all is done, /brokers/topics: topics that are being deleted. */
typedef struct TopicDeletion {
    int32_t topic;
    bool begun;       /* its partitions are gone for clients */
    GArray *replicas; /* ReplicaDeletion, when it is */
    bool ineligible;  /* for the controller of today */
    int32_t writes;   /* states to be written before replicas are stopped; -1: none are to be */
} TopicDeletion;
GArray *zookeeper_deletions(ZooKeeper *self);
const TopicDeletion *zookeeper_find_deletion(const ZooKeeper *self, int32_t topic);

#endif
