/* controller.h - a controller of a KRaft cluster, active or standing by.
 *
 * Mirrors: QuorumController, ReplicationControlManager, ClusterControlManager,
 * BrokerHeartbeatManager (server.md 1.2-1.6). One event queue, one thread: a request becomes
 * records, the records are appended, and the answer goes out when they are committed.
 * Each controller is a voter of the metadata quorum (models/raft): the one that leads it is the
 * active one, the others answer NOT_CONTROLLER. Brokers fetch the log as observers (KIP-1166). */
#ifndef KAFKASIM_MODELS_CONTROLLER_CONTROLLER_H
#define KAFKASIM_MODELS_CONTROLLER_CONTROLLER_H
#include "models/raft/raft_replica.h"
#include "models/spec/spec.h"
#include "sim/resource/host.h"

typedef struct Controller Controller;
typedef struct AdminRequest AdminRequest;

/* What the controller tells the world's records: the last record that it appended changes a
 * partition. Nobody else sees that before it is committed. */
typedef void (*ControllerOnPartition)(void *owner,
                                      int32_t partition,
                                      const PartitionRegistration *registration,
                                      const char *why);

/* Another way than a metadata quorum to become the active controller: ZooKeeper's
 * (models/zookeeper). `mode` is what make gave. */
typedef struct ControllerMode {
    void *(*make)(Controller *controller);
    void (*free)(void *mode);
    void (*start)(void *mode);
    void (*kill)(void *mode);
    /* False: the request is for the event queue; else it is taken. */
    bool (*on_request)(void *mode, ConnectionId connection, RequestHeader *request);
    void (*on_response)(void *mode, ConnectionId connection, ResponseHeader *response);
    void (*on_connected)(void *mode, ConnectionId connection);
    void (*on_disconnected)(void *mode, ConnectionId connection);
    void (*on_timer)(void *mode, Timer *timer);
    bool (*can_decide)(const void *mode);
    void (*decided)(void *mode);                                  /* records were appended */
    KafkaError (*admin)(void *mode, const AdminRequest *request); /* decides it */
    /* Takes an administrator's request into its own queue; false: it is for the event queue. */
    bool (*on_admin)(void *mode, RequestHeader *request);
} ControllerMode;
struct ZooKeeper;

typedef struct ControllerContext {
    Sim *sim;
    MetadataLog *metadata;
    const KafkaConfig *config;
    const HardwareProfile *profile;
    const Era *era; /* borrowed from the spec */
    /* The quorum: none given, and the controller is alone in it. */
    RaftContent *content;
    int32_t voter_count;
    const int32_t *voters; /* ids, ascending */
    Actor *(*find_voter)(void *owner, int32_t id);
    /* ZooKeeper mode: `voters` are the brokers, each has a controller. */
    const ControllerMode *mode; /* NULL: a metadata quorum */
    struct ZooKeeper *zookeeper;
    Actor *(*find_broker)(void *owner, int32_t broker);
    int32_t first_leader; /* of a cluster that is up before the run; 0 = this one */
    /* The process is about to end of its own will. */
    void (*on_exit)(void *owner, int32_t controller);
    ControllerOnPartition on_partition;
    void (*on_committed)(void *owner, int64_t high_watermark); /* records below it; may be NULL */
    void (*on_truncated)(void *owner, int64_t offset); /* what stands from it on goes; NULL too */
    void (*on_office)(void *owner); /* became active, or ceased to be; may be NULL */
    /* An administrator's request has its answer: committed, or refused. */
    void (*on_admin)(void *owner, uint32_t id, KafkaError error);
    void *owner;
} ControllerContext;

/* What an administrator asks for (kafka-topics, kafka-reassign-partitions, kafka-leader-election,
 * kafka-configs). Topics are indices of TopicInfo, declared before the run with room for every
 * partition that they may ever get. */
typedef enum AdminVerb {
    ADMIN_CREATE_TOPIC, /* number: partitions; replication_factor or assignment */
    ADMIN_DELETE_TOPIC,
    ADMIN_CREATE_PARTITIONS,   /* number: the new total; assignment of the new ones or NULL */
    ADMIN_REASSIGN,            /* partition, replicas; none = cancel */
    ADMIN_ELECT_LEADERS,       /* partition, or -1 = every one of the topic; or topic -1 = all */
    ADMIN_ALTER_TOPIC_CONFIG,  /* options: over what the topic has */
    ADMIN_ALTER_BROKER_CONFIG, /* broker; or -1 = every broker's default */
    ADMIN_UNREGISTER_BROKER,
} AdminVerb;

struct AdminRequest {
    uint32_t id; /* given back in on_admin */
    AdminVerb verb;
    int32_t topic;
    int32_t partition; /* within the topic */
    int32_t broker;
    int32_t number;
    int32_t replication_factor;
    bool unclean;                /* ADMIN_ELECT_LEADERS */
    ReplicaList replicas;        /* ADMIN_REASSIGN */
    const GPtrArray *assignment; /* of GArray of int32_t; borrowed from the spec */
    const KafkaConfig *options;  /* borrowed from the spec; of a topic to be created: all it has */
};

/* Enters the event queue of this controller as a client's request does. NOT_CONTROLLER when it is
 * not the active one, nothing at all when its process is dead: the caller tries again. */
void controller_admin(Controller *self, const AdminRequest *request);

Controller *controller_new(const ControllerContext *context, int32_t id, uint32_t host);
void controller_free(Controller *self);
Actor *controller_actor(Controller *self);
int32_t controller_id(const Controller *self);
bool controller_is_leading(const Controller *self); /* the active one, and not deposed */
int32_t controller_epoch(const Controller *self);   /* in which it took office last; 0 never */
const RaftReplica *controller_raft(const Controller *self);
/* SIGTERM: a leader ends its epoch first (EndQuorumEpoch). */
void controller_stop(Controller *self);

/* The disk of metadata.log.dir, of a KRaft controller: from its next write on. */
void controller_set_disk(Controller *self, RaftDisk disk);
/* A new, empty one, for its next life. */
void controller_replace_disk(Controller *self);

/* Before the run: a cluster that is already up. Brokers are registered, unfenced if `alive`;
 * topics placed (or as `assignment` says). Committed at once. */
void controller_bootstrap_broker(Controller *self, int32_t broker, const char *rack, bool alive);
bool controller_bootstrap_topic(Controller *self,
                                int32_t topic,
                                int32_t partitions,
                                int32_t replication_factor,
                                const GPtrArray *assignment);

#endif
