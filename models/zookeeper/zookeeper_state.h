/* zookeeper_state.h - the insides of a ZooKeeper-era controller, shared by this folder only. */
#ifndef KAFKASIM_MODELS_ZOOKEEPER_ZOOKEEPER_STATE_H
#define KAFKASIM_MODELS_ZOOKEEPER_ZOOKEEPER_STATE_H
#include "models/controller/control_state.h"
#include "models/controller/controller_state.h"
#include "models/zookeeper/controller_channels.h"
#include "models/zookeeper/zookeeper_era.h"

typedef enum ZooKeeperEventKind {
    ZOOKEEPER_FAILOVER,
    ZOOKEEPER_START_REPLICAS,   /* then, with all states read */
    ZOOKEEPER_START_PARTITIONS, /* and then */
    ZOOKEEPER_BROKER_CHANGE,
    ZOOKEEPER_SHUTDOWN,
    ZOOKEEPER_SHUTDOWN_REST, /* after its leaders have moved */
    ZOOKEEPER_ALTER,         /* asked by RPC, of the controller */
    ZOOKEEPER_LOCAL_ALTER,   /* the leader writes ZooKeeper itself, before KIP-497 */
    ZOOKEEPER_ISR_REFRESH,
    ZOOKEEPER_DIR_FAILED,   /* a broker says that a directory failed: which replicas? */
    ZOOKEEPER_DIR_REPLICAS, /* it has said which */
    ZOOKEEPER_BALANCE,
    ZOOKEEPER_ADMIN,
    ZOOKEEPER_ELECT_UNCLEAN, /* it has been allowed: of a topic, or by default */
    ZOOKEEPER_STOP_REPLICAS, /* of topics that go, whose states have been written */
    ZOOKEEPER_STOPPED,       /* a broker has deleted replicas of such topics */
} ZooKeeperEventKind;

typedef struct ZooKeeperEvent {
    ZooKeeperEventKind kind;
    int32_t broker;
    GArray *nodes;          /* of FAILOVER, BROKER_CHANGE: ZooKeeperNode, owned */
    RequestHeader *request; /* owned, or NULL */
    GArray *offline;        /* ZOOKEEPER_DIR_REPLICAS: int32_t, owned */
    GArray *stopped;        /* ZOOKEEPER_STOPPED: StopReplicaPartition, owned */
} ZooKeeperEvent;

typedef struct ZooKeeperEra {
    Controller *controller;
    ControllerContext *context;
    Actor *process; /* the broker that this is a part of */
    uint16_t incarnation;

    /* the session */
    uint64_t session;
    uint32_t sessions;
    bool registered;
    RequestHeader *ready; /* a heartbeat that waits for the registration */
    ConnectionId connection;
    bool connected;
    GPtrArray *unsent; /* ZooKeeperRequest, until there is a connection */
    Timer ping;
    SimDuration ping_ns;
    SimTime heard_at; /* ZooKeeper last */

    /* the controller */
    bool elected;
    int32_t epoch;
    GArray *events; /* ZooKeeperEvent; the first is being paid for */
    Timer work;
    bool unwritten;       /* ZooKeeper has not answered what the first event writes */
    bool paid;            /* it waits for that only */
    uint32_t first_write; /* its number */
    uint32_t last_write;  /* that of the last question */
    bool performing;      /* what the first event makes of it is enqueued behind it */
    SimTime busy_until;   /* with what an event leaves to be written */
    Timer balance;
    ControllerChannels *channels;
    uint64_t *nodes; /* sessions of the brokers that are there, by broker; 0: not there */

    int32_t dirs_told; /* offline partitions of this process, as far as noted; -1: of none yet */

    /* ISR changes that this broker wrote itself, not yet told of */
    bool isr_changed;
    SimTime isr_changed_at;
    SimTime isr_told_at;
    Timer isr_check;
} ZooKeeperEra;

/* zookeeper_client.c: the session */
bool zookeeper_is_running(const ZooKeeperEra *self); /* its broker is */
void zookeeper_operate(ZooKeeperEra *self, ZooKeeperOp op, int32_t broker);
void zookeeper_answer_heartbeat(
    ZooKeeperEra *self, RequestHeader *request, KafkaError error, bool fenced, bool stop);

/* zookeeper_notes.c: what brokers leave in ZooKeeper for the controller */
void zookeeper_begin_notes(ZooKeeperEra *self); /* another process */
void zookeeper_on_isr_check(ZooKeeperEra *self);
void zookeeper_note_dirs(ZooKeeperEra *self, const BrokerHeartbeatRequest *heartbeat);
void zookeeper_on_dir_events(ZooKeeperEra *self, const ZooKeeperResponse *response);
void zookeeper_on_offline(void *owner, int32_t broker, const UpdateMetadataResponse *response);
SimDuration zookeeper_offline_cost(const ZooKeeperEra *self, const ZooKeeperEvent *event);
void zookeeper_ask_replicas(ZooKeeperEra *self, int32_t broker);
void zookeeper_take_offline(ZooKeeperEra *self, const ZooKeeperEvent *event);
void zookeeper_forget_offline(ZooKeeperEra *self);

/* zookeeper_admin.c: what administrators ask */
KafkaError zookeeper_admin(void *mode, const AdminRequest *request);
bool zookeeper_on_admin(void *mode, RequestHeader *request);
int32_t zookeeper_count_admin_writes(const ZooKeeperEra *self, const AdminRequest *request);
void zookeeper_elect_unclean(ZooKeeperEra *self);

/* state_machines.c */
bool zookeeper_is_queued_for_deletion(const ZooKeeperEra *self, int32_t partition);
/* Partitions of no such topic of whose replicas in sync the broker has one, from `from` on; -1
 * none. */
int32_t zookeeper_next_member(const ZooKeeperEra *self, int32_t broker, int32_t from);
bool zookeeper_elect(ZooKeeperEra *self, int32_t partition, bool unclean, const char *why);
/* triggerOnlinePartitionStateChange */
void zookeeper_trigger_online(ZooKeeperEra *self, const char *why);
/* Of that, with these nodes in ZooKeeper; NULL: with the brokers that are live now. */
SimDuration zookeeper_online_cost(const ZooKeeperEra *self, const GArray *nodes);
void zookeeper_begin_epoch(PartitionRegistration *next);
void zookeeper_leave_isr(PartitionRegistration *next, int32_t broker); /* if it is in there */
void zookeeper_take_replica_offline(ZooKeeperEra *self,
                                    int32_t partition,
                                    int32_t broker,
                                    const char *why);
/* addStopReplicaRequestForBrokers: behind all that is decided by now. */
void zookeeper_stop_replica(ZooKeeperEra *self, int32_t broker, int32_t partition, bool deletes);

/* reassignments.c */
/* To the replicas `target`; an empty list takes back what is under way. */
KafkaError zookeeper_reassign(ZooKeeperEra *self, int32_t partition, const ReplicaList *target);
/* Its ISR has changed: is it there? */
void zookeeper_check_reassignment(ZooKeeperEra *self, int32_t partition);
void zookeeper_check_reassignments(ZooKeeperEra *self); /* of all partitions */
/* Those with one of these brokers among their targets; NULL: all. */
void zookeeper_resume_reassignments(ZooKeeperEra *self, const GArray *brokers);

/* broker_changes.c */
/* The session of the broker's node as the controller knows it, 0 none. */
uint64_t zookeeper_node(const ZooKeeperEra *self, int32_t broker);
void zookeeper_init_brokers(ZooKeeperEra *self, const GArray *nodes);
SimDuration zookeeper_replicas_startup_cost(const ZooKeeperEra *self);
void zookeeper_start_replicas(ZooKeeperEra *self);
SimDuration zookeeper_broker_change_cost(const ZooKeeperEra *self, const GArray *nodes);
void zookeeper_broker_change(ZooKeeperEra *self, const GArray *nodes);
SimDuration zookeeper_shutdown_cost(const ZooKeeperEra *self, int32_t broker, bool led);
void zookeeper_shut_down(ZooKeeperEra *self, int32_t broker);
/* Takes the request. */
void zookeeper_finish_shutdown(ZooKeeperEra *self, int32_t broker, RequestHeader *request);

/* topic_deletion.c */
void topic_deletion_enqueue(ZooKeeperEra *self, int32_t topic);
void topic_deletion_take_over(ZooKeeperEra *self); /* another controller, who knows its brokers */
/* These brokers have started; NULL: a reassignment is complete. */
void topic_deletion_allow(ZooKeeperEra *self, const GArray *brokers);
/* The broker is gone, or (`dirs`) directories of it. */
void topic_deletion_on_offline(ZooKeeperEra *self, int32_t broker, bool dirs);
/* After each event. True: ZOOKEEPER_STOP_REPLICAS is to come before the next one. */
bool topic_deletion_resume(ZooKeeperEra *self);
int32_t topic_deletion_writes(const ZooKeeperEra *self); /* before that */
void topic_deletion_stop_replicas(ZooKeeperEra *self);
void topic_deletion_on_stopped(void *owner, int32_t broker, const StopReplicaResponse *response);
void topic_deletion_on_answer(ZooKeeperEra *self, const ZooKeeperEvent *event);

/* zookeeper_era.c: the office */
void zookeeper_elected(ZooKeeperEra *self, int32_t epoch);
void zookeeper_resign(ZooKeeperEra *self);
void zookeeper_enqueue(ZooKeeperEra *self,
                       ZooKeeperEventKind kind,
                       int32_t broker,
                       RequestHeader *request);
void zookeeper_enqueue_event(ZooKeeperEra *self, const ZooKeeperEvent *event);
void zookeeper_on_children(ZooKeeperEra *self, const ZooKeeperResponse *response);
/* ZooKeeper has answered; or it (_again) may not have heard. */
void zookeeper_on_written(ZooKeeperEra *self, const ZooKeeperResponse *response);
void zookeeper_write_again(ZooKeeperEra *self);
bool zookeeper_on_office_timer(ZooKeeperEra *self, Timer *timer); /* false: not one of these */
void zookeeper_drop_events(ZooKeeperEra *self, bool answer);
StopReplicaRequest *zookeeper_build_stop(void *owner, int32_t broker, int32_t count);
UpdateMetadataRequest *zookeeper_build_push(void *owner, int32_t broker, int64_t *ret_end_offset);
void zookeeper_push(ZooKeeperEra *self); /* something was decided */

#endif
