/* zookeeper_era.h - ZooKeeper mode: the controller is a part of a broker, elected in ZooKeeper.
 *
 *     registered --creates /controller--> reads all partitions --> active --session lost--> not
 *
 * Each broker has one. It holds the broker's session, registers it, and watches /controller; one of
 * them is the controller: one thread, one event at a time, each of which pays ZooKeeper for every
 * partition whose state it writes (or reads, at a fail-over), and waits for its answer. Then it
 * pushes what is new to every living broker, one request at a time each, again and again until it
 * is taken.
 *
 * What becomes of brokers that come and go, of their replicas, of partitions without a leader, of
 * reassignments and of topics that are deleted is decided in this folder, as KafkaController has
 * it. Shared with KRaft, with the rules of then (no ELR, no KIP-903), is Control's part: who may
 * lead, AlterPartition, elections that are asked for, where new partitions go, options.
 *
 * The metadata log stands for what ZooKeeper holds and the controller has pushed: a push brings a
 * broker up to an offset, so that brokers disagree for a while, but a lost push is made good by the
 * next one, of whatever partition. A lost StopReplica is not.
 *
 * Mirrors: KafkaController, ZkReplicaStateMachine, ZkPartitionStateMachine,
 * ControllerChannelManager, KafkaZkClient, ReplicaManager's IsrChangePropagation (server.md 1.10).
 * Leaves out: asynchronous pipelined writes (Kafka 1.1 and later, KAFKA-5642): the time of one
 * write is the profile's. */
#ifndef KAFKASIM_MODELS_ZOOKEEPER_ZOOKEEPER_ERA_H
#define KAFKASIM_MODELS_ZOOKEEPER_ZOOKEEPER_ERA_H
#include "models/controller/controller.h"
#include "models/zookeeper/zookeeper.h"

/* What makes a Controller one of this era (ControllerContext.mode). Its context must name the
 * broker's process, ZooKeeper and how brokers are found; `voters` are all brokers. */
extern const ControllerMode zookeeper_era;

/* Is it this session of the controller's own broker that a push is meant for (KIP-380)? */
bool zookeeper_era_takes(const Controller *controller, uint64_t session);
/* The controller's own broker stops in good order: it leaves ZooKeeper. */
void zookeeper_era_close(Controller *controller);

#endif
