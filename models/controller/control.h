/* control.h - the active controller's decisions: requests and times in, records and answers out.
 *
 * A passive object that knows no network and no actor. It appends records to the metadata log, and
 * what it appends is in force at once for the next decision; that answers wait for the commit is
 * the caller's business. Offsets in requests are those of a last record, as in Kafka.
 *
 * Files: cluster_control.c (ClusterControlManager: registration, heartbeats, fencing),
 * replication_control.c (ReplicationControlManager: elections, ISR changes), topic_control.c (its
 * topics, partitions, reassignments; options), control.c (records and indices). */
#ifndef KAFKASIM_MODELS_CONTROLLER_CONTROL_H
#define KAFKASIM_MODELS_CONTROLLER_CONTROL_H
#include "models/controller/controller.h"
#include "models/controller/partition_change.h"

/* A record that is appended: who is told sees it before and after. */
typedef struct ControlNews {
    MetadataRecordKind kind;
    int32_t subject;
    const PartitionRegistration *partition_was; /* NULL: it is created */
    const PartitionRegistration *partition;     /* NULL: its topic is removed */
    const PartitionChangeRecord *change;        /* of a partition that was there */
    const BrokerRegistration *broker_was;
    const BrokerRegistration *broker;
    const char *why;
} ControlNews;

typedef struct ControlContext {
    MetadataLog *metadata;
    const KafkaConfig *config; /* the controller process's own */
    const Era *era;            /* NULL: as in 4.1 */
    int32_t controller_id;
    Stream *placement;
    /* What is about to be done: "fence", "broker 1: session expired, ..." */
    void (*on_step)(void *owner, const char *what, const char *detail);
    void (*before)(void *owner, const ControlNews *news);
    void (*after)(void *owner, const ControlNews *news);
    void *owner;
} ControlContext;

typedef struct Control Control;
Control *control_new(const ControlContext *context);
void control_free(Control *self);
/* Becomes the active one: takes over what the log says; every unfenced broker counts as just heard
 * (server.md 1.2). To be called again when the log lost records that were not committed. */
void control_activate(Control *self, SimTime now);
/* Before the run, and at its start: a registered broker, brokers that have all that is there. */
void control_bootstrap_broker(Control *self, const BrokerRegistration *registration);
void control_assume_caught_up(Control *self);

/* ---- brokers */
typedef struct ControlRegistration {
    int32_t broker;
    uint64_t incarnation_id;
    int64_t previous_broker_epoch; /* -1: an unclean stop */
    const char *rack;              /* "" none; borrowed for good */
} ControlRegistration;
/* B1-B3. */
KafkaError control_register_broker(Control *self,
                                   const ControlRegistration *request,
                                   SimTime now,
                                   int64_t *ret_epoch);

typedef struct ControlHeartbeat {
    int32_t broker;
    int64_t broker_epoch;
    int64_t metadata_offset; /* of the last record that it has applied */
    bool want_fence;
    bool want_shut_down;
    int32_t offline_count; /* partitions whose log directory is offline there */
    const int32_t *offline_partitions;
} ControlHeartbeat;
typedef struct ControlHeartbeatReply {
    bool is_caught_up;
    bool is_fenced;
    bool in_controlled_shutdown;
    bool should_shut_down;
} ControlHeartbeatReply;
/* When it arrives, before it is handled: the sender is alive. */
void control_on_contact(Control *self, int32_t broker, int64_t broker_epoch, SimTime now);
/* B4-B12. */
KafkaError
control_heartbeat(Control *self, const ControlHeartbeat *request, ControlHeartbeatReply *ret_reply);
/* B13: true when a session was over, and another may be. */
bool control_fence_one_stale(Control *self, SimTime now);
KafkaError control_unregister_broker(Control *self, int32_t broker);
const BrokerRegistration *control_broker(const Control *self, int32_t broker);
bool control_is_active(const Control *self, int32_t broker);
bool control_has_valid_session(const Control *self, int32_t broker, int64_t epoch, SimTime now);

/* ---- partitions */
const PartitionRegistration *control_partition(const Control *self, int32_t partition);
/* Validates and applies one partition of an AlterPartition request; the entry becomes the answer.
 * The sender's broker epoch is the caller's to check. */
void control_alter_partition(Control *self, int32_t broker, AlterPartitionEntry *entry);
/* ELECTION_PREFERRED or ELECTION_UNCLEAN, asked for by an administrator. */
KafkaError control_elect_leader(Control *self, int32_t partition, Election election);
/* Preferred leaders, at most 1000 a call: true when there may be more. */
bool control_balance_leaders(Control *self);
/* Leaderless partitions whose topic allows an unclean election: true when there may be more. */
bool control_elect_unclean(Control *self);
/* To the replicas `target`; NULL cancels. */
KafkaError control_reassign(Control *self, int32_t partition, const ReplicaList *target);
int32_t control_min_isr(Control *self, int32_t partition); /* effective */

/* ---- administrators */
/* `assignment`: replicas of each partition, or NULL; then count and factor, -1 = the default. */
KafkaError control_create_topic(Control *self,
                                int32_t topic,
                                int32_t count,
                                int32_t replication_factor,
                                const GPtrArray *assignment);
/* All of the above by an AdminRequest. */
KafkaError control_admin(Control *self, const AdminRequest *request);

#endif
