/* spec.h - a checked scenario as the models take it: plain data, no JSON.
 *
 * The runner builds a ClusterSpec, models/world/cluster.c reads it. Strings and arrays are owned
 * by the spec; indices refer to its arrays. Times are ns since the start. */
#ifndef KAFKASIM_MODELS_SPEC_SPEC_H
#define KAFKASIM_MODELS_SPEC_SPEC_H
#include "models/protocol/era.h"
#include "models/protocol/kafka_config.h"
#include "models/protocol/metadata.h"
#include "models/spec/application.h"
#include "models/spec/load.h"
#include "models/spec/profile.h"
#include <glib.h>

#define SPEC_NONE (-1)

typedef struct HostSpec {
    char *name; /* "host-1"; made up where the scenario names none */
    char *rack; /* "" = none */
    int64_t cores;
    HardwareProfile profile; /* the cluster's, with this host's own overrides */
} HostSpec;

typedef struct BrokerSpec {
    int32_t id;
    int32_t host;        /* index into hosts */
    char *rack;          /* broker.rack; "" = none */
    bool started;        /* false: not registered until a timeline "start" brings it up */
    bool fresh;          /* its process began shortly before the run */
    int32_t log_dirs;    /* log directories, each on a disk of its own; >= 1 */
    KafkaConfig *config; /* over the cluster's */
} BrokerSpec;

typedef struct ControllerSpec {
    int32_t id;
    int32_t host;
    KafkaConfig *config;
} ControllerSpec;

typedef struct TopicSpec {
    char *name;
    int32_t partitions;
    int32_t partitions_max; /* it may grow to on the timeline; >= partitions */
    bool created_later;     /* does not exist at the start; the timeline creates it, or Streams */
    int64_t keys;           /* of a changelog: different keys, equally likely; 0: not known */
    int32_t replication_factor;
    GPtrArray *assignment; /* of GArray of int32_t broker ids, one a partition; NULL = placed */
    KafkaConfig *config;   /* topic scope */
} TopicSpec;

typedef enum ArrivalKind {
    ARRIVAL_CONSTANT,
    ARRIVAL_POISSON,
    ARRIVAL_TRACE,  /* as `trace` says; the rate counts for nothing */
    ARRIVAL_CLOSED, /* whenever fewer than `outstanding` are unanswered */
} ArrivalKind;
typedef enum KeyKind {
    KEY_NONE,
    KEY_UNIFORM,  /* key-0 .. key-(n-1) with equal chance */
    KEY_ZIPF,     /* rank r of 1..n with weight r^-s */
    KEY_SEQUENCE, /* key-0, key-1, ... key-(n-1), key-0, ... */
    KEY_HOT,      /* key-0 with chance `key_skew`, else one of the others alike */
    KEY_CONSTANT, /* always `key_text` */
} KeyKind;
typedef enum PartitionChoice {
    PARTITION_BY_CLIENT, /* as Kafka's producer chooses: key hash, partitioner.class, sticky */
    PARTITION_CYCLE,     /* given explicitly: record number mod partitions */
    PARTITION_FIXED,     /* given explicitly: always `partition` */
} PartitionChoice;

typedef struct ProducerSpec {
    char *name;
    char *user; /* NULL: ANONYMOUS */
    int32_t topic;
    int32_t count; /* identical instances: name, or name-0, name-1 ... when count > 1 */
    int32_t host;  /* SPEC_NONE: a host of its own (each instance) */
    /* Records per 1000 s of ALL instances together (20000/s = 20,000,000). */
    int64_t rate_milli;
    ArrivalKind arrival;
    LoadShape load;           /* how the rate changes with time */
    LoadTrace trace;          /* dealt to the instances in turn */
    int64_t outstanding;      /* of each instance; 1 = a sync send */
    int64_t records;          /* total of all instances; 0 = no limit */
    SimTime start;            /* SIM_TIME_MAX: a Connect worker starts it */
    SimTime stop;             /* no new records from here on; SIM_TIME_MAX = never */
    Distribution value_bytes; /* record value */
    double compression_ratio; /* of compressed to plain bytes; 0: what is usual for the codec */
    int64_t key_bytes;        /* when keys are none: 0; for generated keys: their length */
    KeyKind keys;
    int64_t key_count;
    double key_skew; /* Zipf: exponent; hot: the share of the hot key */
    char *key_text;
    PartitionChoice choice;
    int32_t partition;
    char *worker;        /* member whose application sends these records; NULL: by arrivals */
    GArray *more_topics; /* of int32_t: a worker's further topics; NULL */
    GPtrArray *labels;   /* of char*: names of single records for lessons; NULL = none */
    /* With transactional.id: a transaction ends after so many records or so long (0: no such
     * bound; without both, with every look at what has come), each n-th of them by abort. */
    int64_t transaction_records;
    SimDuration transaction_ns;
    int64_t transaction_abort_every; /* n; 0 none */
    /* A Connect source's tasks: offset.flush.interval.ms (0: it is none), offset.flush.timeout.ms.
     */
    SimDuration source_flush;
    SimDuration source_flush_timeout;
    bool source_is_exactly_once; /* exactly.once.source.support=enabled */
    KafkaConfig *config;         /* producer scope */
} ProducerSpec;

/* connect.protocol; the best that all workers of a cluster support is the group's. */
typedef enum ConnectProtocol {
    CONNECT_OF_CLUSTER,
    CONNECT_EAGER,
    CONNECT_COMPATIBLE,
    CONNECT_SESSIONED,
} ConnectProtocol;

typedef struct MemberSpec {
    char *name;          /* client.id; "billing-0" */
    int32_t host;        /* SPEC_NONE: of its own */
    SimTime start;       /* SIM_TIME_MAX: only a timeline event starts it */
    KafkaConfig *config; /* consumer scope, over the group's */
    GArray *partitions;  /* of int32_t, of each topic, for assign(); NULL = all */
    /* How long its application works, owned; NULL: as long as those of its group. */
    Distribution *process_record;
    Distribution *process_poll;
    int32_t process; /* of a Streams thread: the member that is its instance's first thread */
    ConnectProtocol connect_protocol; /* of a Connect worker */
} MemberSpec;

/* How its members come to their partitions. */
typedef enum GroupKind {
    GROUP_SUBSCRIBES,    /* subscribe(): the group's protocol assigns them */
    GROUP_ASSIGNS,       /* assign(): each takes what it is given; offsets under the group's id */
    GROUP_SHARES,        /* KafkaShareConsumer: a share group (KIP-932) */
    GROUP_ASSIGNS_ALONE, /* the same without group.id: no offsets are kept */
} GroupKind;

/* Of a Connect cluster. Its tasks are the members of a group (sink) or the instances of a
 * producer (source): the workers start and stop them. */
typedef struct ConnectorSpec {
    char *name;
    int32_t group;    /* SPEC_NONE, or */
    int32_t producer; /* SPEC_NONE */
    int32_t tasks;
} ConnectorSpec;

typedef struct GroupSpec {
    char *name;
    char *user; /* of its members; NULL: ANONYMOUS */
    GroupKind kind;
    bool share_explicit;     /* GROUP_SHARES: acknowledges record by record */
    GArray *topics;          /* of int32_t; with a pattern: all that match, now or later */
    char *pattern;           /* subscribe(Pattern); NULL: the topics by name */
    bool is_pattern_clients; /* matched by the client under the consumer protocol too */
    GPtrArray *members;      /* of MemberSpec*; includes those that the timeline brings up later */
    Distribution process_record; /* ns per record */
    Distribution process_poll;   /* ns per non-empty poll, in addition */
    SimDuration poll_timeout;    /* poll(timeout), default 100 ms */
    ApplicationSpec application;
    /* Of ConnectorSpec* by name: its members are the workers of a Connect cluster; or NULL. */
    GPtrArray *connectors;
    SimDuration scheduled_rebalance_max_delay;
    SimDuration offset_flush_interval;
    SimDuration offset_flush_timeout;
    SimDuration task_shutdown_timeout; /* task.shutdown.graceful.timeout.ms */
    ConnectProtocol connect_protocol;  /* of workers that name none of their own */
    bool exactly_once_sources;         /* exactly.once.source.support=enabled (KIP-618) */
    struct StreamsSpec *streams; /* its members are threads of Kafka Streams (streams.h); or NULL */
    KafkaConfig *config;         /* consumer scope */
    KafkaConfig *dynamic; /* the group's own options at its coordinator, group scope; NULL none */
} GroupSpec;

typedef enum FaultVerb {
    FAULT_CRASH,     /* kill -9 of a process */
    FAULT_STOP,      /* SIGTERM: controlled shutdown, close() */
    FAULT_START,     /* start a process */
    FAULT_PAUSE,     /* SIGSTOP, long GC pause ("pause" with "for", or until "resume") */
    FAULT_RESUME,    /* SIGCONT */
    FAULT_POWER_CUT, /* of a host or rack */
    FAULT_PARTITION, /* cut the network between two sets of brokers */
    FAULT_ISOLATE,   /* cut one broker (or host) off from everybody */
    FAULT_SLOW_NETWORK,
    FAULT_DROP, /* packet loss */
    FAULT_SLOW_DISK,
    FAULT_SLOW_HOST,
    FAULT_CLOCK_SKEW,
    FAULT_SCALE,           /* group to `count` members */
    FAULT_JOIN,            /* one member of a group starts */
    FAULT_LEAVE,           /* one member closes */
    FAULT_RATE,            /* producer's rate changes */
    FAULT_REASSIGN,        /* moves */
    FAULT_ELECT_PREFERRED, /* of topic, partition; SPEC_NONE = all */
    FAULT_ELECT,           /* the same, `unclean` */
    FAULT_SET_CONFIG,      /* of topic, or of a broker, or of all brokers */
    FAULT_CREATE_TOPIC,    /* number: partitions */
    FAULT_DELETE_TOPIC,
    FAULT_ADD_PARTITIONS,  /* number: the new total */
    FAULT_UNREGISTER,      /* a broker is struck off the metadata */
    FAULT_REMOVE_BROKER,   /* SIGTERM; struck off when its process has ended */
    FAULT_DISK_FULL,       /* of `log_dir` */
    FAULT_FAIL_DISK,       /* of `log_dir`: an input/output error */
    FAULT_ROLLING_RESTART, /* see RollSpec */
    FAULT_SEEK,            /* of the consumers of a group, or one; see SeekSpec */
    FAULT_PAUSE_PARTITIONS,
    FAULT_RESUME_PARTITIONS,
    FAULT_STALL, /* of the consumers of a group, or one: until `until` in one record */
    FAULT_NOTE,  /* says something, does nothing */
    FAULT_VERB_COUNT,
} FaultVerb;
const char *fault_verb_name(FaultVerb verb); /* "slow.disk" */
/* What this version simulates; the rest is accepted and listed in the results. */
bool fault_verb_is_simulated(FaultVerb verb);

typedef enum TargetKind {
    TARGET_NONE,
    TARGET_BROKER,
    TARGET_CONTROLLER,
    TARGET_ACTIVE_CONTROLLER,
    TARGET_LEADER, /* the leader of `topic`, `partition` at that moment */
    TARGET_HOST,
    TARGET_RACK,
    TARGET_PRODUCER,
    TARGET_GROUP,
    TARGET_MEMBER,
} TargetKind;

/* One partition's new replicas; none = what is under way is taken back. */
typedef struct MoveSpec {
    int32_t topic;
    int32_t partition; /* SPEC_NONE: every one of the topic (to cancel only) */
    ReplicaList replicas;
} MoveSpec;

/* Brokers one after the other: stop, wait `down`, start, wait until the gate opens, wait `pace`. */
typedef struct RollSpec {
    GArray *order;    /* of int32_t broker indices */
    SimDuration down; /* between the end of a process and the start of the next */
    SimDuration pace; /* from the open gate to the next broker */
    bool gate;        /* until the broker serves and no partition is under-replicated */
    bool crash;       /* kill -9 instead of SIGTERM */
} RollSpec;

typedef enum SeekKind { SEEK_OFFSET, SEEK_BEGINNING, SEEK_END, SEEK_TIME } SeekKind;

/* One thing that happens. "restart.after" and "for" become events of their own in the reader
 * (FAULT_START, FAULT_RESUME, the same verb with `ends` true), so that the models know only
 * instants; `until` is kept for the pictures. */
typedef struct FaultSpec FaultSpec;
struct FaultSpec {
    SimTime at;
    SimTime until;           /* end of the band in pictures; == at for an instant */
    bool ends;               /* this entry takes an earlier fault away (a heal) */
    const FaultSpec *undoes; /* which one it takes away, or after which it starts again; or NULL */
    bool random;             /* drawn, not written */
    FaultVerb verb;
    TargetKind target;
    int32_t index;  /* broker, controller, host, producer or group index in the spec */
    int32_t member; /* index in the group's members */
    int32_t topic;  /* TARGET_LEADER, topic verbs */
    int32_t partition;
    char *rack;
    GArray *left; /* FAULT_PARTITION: of int32_t, broker indices; ~index of a controller */
    GArray *right;
    bool one_way;
    int64_t number;      /* scale: members; rate: records per 1000 s; partitions ... */
    int64_t ppm;         /* loss; slowness factor (2000000 = half speed) */
    SimDuration delay;   /* slow.network: added latency; clock.skew: how far ahead; leave: from the
                          * end of close() to the next start, 0 none */
    char *text;          /* say / note, shown in summary and pictures */
    KafkaConfig *config; /* set.config, create.topic; or NULL */
    GPtrArray *assignment; /* create.topic, add.partitions: of GArray of int32_t; or NULL */
    GArray *moves;         /* of MoveSpec, reassign; `number`: bytes a second, 0 = no throttle */
    int32_t replication_factor;
    bool unclean;
    int32_t log_dir; /* disk.full, fail.disk: from 0 */
    RollSpec *roll;
    SeekKind seek; /* to `number` */
    char *pointer; /* JSON pointer in the scenario, for messages */
};

/* Limits of a user, a client id or both, over the brokers' defaults: producer_byte_rate,
 * consumer_byte_rate, request_percentage. NULL: not named; "<default>": of whoever has none. */
typedef struct ClientQuotaSpec {
    char *user;
    char *client_id;
    KafkaConfig *config; /* broker scope */
} ClientQuotaSpec;

/* As whom a client's connections are authenticated. */
typedef struct ClientUser {
    char *client_id;
    char *user;
} ClientUser;

typedef struct ClusterSpec {
    char *name;
    char *description;
    uint64_t seed;
    SimTime duration;
    SimTime warmup; /* latency and rates are counted from here on */
    SimDuration sample_interval;
    uint32_t events_max;
    bool invariants;       /* watched while the run goes on */
    bool trace_batches;    /* every batch's answer is an event */
    bool record_by_record; /* "fidelity": "record" */
    HardwareProfile profile;
    Era era;
    KafkaConfig *config;      /* cluster-wide node options */
    GPtrArray *hosts;         /* HostSpec* */
    GPtrArray *brokers;       /* BrokerSpec* */
    GPtrArray *controllers;   /* ControllerSpec* */
    GPtrArray *topics;        /* TopicSpec* */
    GPtrArray *client_quotas; /* ClientQuotaSpec* */
    GPtrArray *producers;     /* ProducerSpec* */
    GPtrArray *groups;        /* GroupSpec* */
    GPtrArray *faults;        /* FaultSpec*, sorted by (at, order in the file) */
} ClusterSpec;

/* Empty, with defaults: seed 1, duration 60 s, sampled each 100 ms. */
ClusterSpec *cluster_spec_new(void);
void cluster_spec_free(ClusterSpec *spec);
HostSpec *host_spec_new(const char *name, const ClusterSpec *spec);
BrokerSpec *broker_spec_new(int32_t id, int32_t host, const ClusterSpec *spec);
ControllerSpec *controller_spec_new(int32_t id, int32_t host, const ClusterSpec *spec);
TopicSpec *topic_spec_new(const char *name, int32_t partitions, int32_t replication_factor);
void topic_spec_free(void *topic); /* TopicSpec* */
ProducerSpec *producer_spec_new(const char *name, int32_t topic);
/* Of an instance: the name, or name-0, name-1 ... Caller frees. */
char *producer_spec_client_id(const ProducerSpec *producer, int32_t instance);
GroupSpec *group_spec_new(const char *name);
void group_spec_free(void *group); /* GroupSpec* */
/* connect.c: of a Connect cluster, with the defaults of DistributedConfig. */
GroupSpec *connect_spec_new(const char *name);
/* What Connect sets for the producers of its sources, where the scenario does not. */
void connect_spec_source_config(KafkaConfig *config);
/* Its tasks start with no one but the workers, and their clients get Connect's own defaults; the
 * cluster's options are set before. Either may be SPEC_NONE. */
void connect_spec_add(
    GroupSpec *connect, const ClusterSpec *spec, const char *name, int32_t group, int32_t producer);
MemberSpec *member_spec_new(const char *name, const GroupSpec *group);
/* Partitions that a topic may have some day: by the timeline, or when brokers create it. */
int32_t cluster_spec_most_partitions(const ClusterSpec *spec, int32_t topic);
/* Of the host that a process is put on, else (SPEC_NONE) the cluster's. */
const HardwareProfile *cluster_spec_profile(const ClusterSpec *spec, int32_t host);
ClientQuotaSpec *client_quota_spec_new(const char *user, const char *client_id);
/* ClientUser* of all clients that have a user, those included that start later; caller frees. */
GPtrArray *cluster_spec_client_users(const ClusterSpec *spec);
FaultSpec *fault_spec_new(FaultVerb verb, SimTime at);
/* Sorts the faults by time; of one time, in the order in which they stand. */
void cluster_spec_sort_faults(ClusterSpec *spec);

/* Has a producer a transactional.id? */
bool cluster_spec_has_transactions(const ClusterSpec *self);

#endif
