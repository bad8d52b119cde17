/* cluster_view.h - a cluster at one moment, as its active controller has committed it: what
 * Kafka's own tools would be answered then (kafka-topics --describe, kafka-metadata-quorum
 * describe). Without an active controller: as the last one left it. */
#ifndef KAFKASIM_MODELS_WORLD_CLUSTER_VIEW_H
#define KAFKASIM_MODELS_WORLD_CLUSTER_VIEW_H
#include "models/world/cluster.h"

#define UUID_TEXT_BYTES 23 /* 22 characters, as Kafka writes 16 bytes in base64 */

typedef struct BrokerView {
    int32_t id;
    const char *host;
    const char *rack;    /* "" none */
    const char *state;   /* "unfenced", "fenced", "controlled shutdown" */
    const char *process; /* "RUNNING", "RECOVERY" ...; "dead", "frozen" */
    int64_t epoch;
    bool fenced;
} BrokerView;

typedef struct PartitionView {
    int32_t partition; /* within its topic */
    const PartitionRegistration *registration;
} PartitionView;

typedef struct TopicView {
    const char *name;
    char id[UUID_TEXT_BYTES];
    bool internal;
    const KafkaConfig *config; /* in force; or NULL */
    int32_t min_insync_replicas;
    const PartitionView *partitions;
    int32_t partition_count;
} TopicView;

typedef struct QuorumMemberView {
    int32_t id;
    char directory[UUID_TEXT_BYTES]; /* of its metadata.log.dir: voters are known by it */
    const char *host;
    bool voter;
    int64_t log_end_offset;
    SimTime last_fetch;     /* -1 none */
    SimTime last_caught_up; /* -1 none */
    const char *state; /* without a leader: "Candidate", as the voter says of itself; else NULL */
} QuorumMemberView;

typedef struct ClusterView {
    SimTime at;
    char cluster_id[UUID_TEXT_BYTES];
    bool knows_elr; /* KIP-966 */
    const BrokerView *brokers;
    int32_t broker_count; /* registered ones, ascending ids */
    const TopicView *topics;
    int32_t topic_count;         /* existing ones, by name, internal ones last */
    KafkaConfig *offsets_config; /* that __consumer_offsets is created with; owned, or NULL */
    int32_t leader;              /* of the metadata quorum; -1 none */
    int32_t leader_epoch;
    int64_t high_watermark;
    const QuorumMemberView *members; /* the leader, the other voters, the observers */
    int32_t member_count;
} ClusterView;

typedef struct OwnedPartitionView {
    const char *topic;
    int32_t partition; /* within it */
} OwnedPartitionView;

/* A consumer group, as kafka-consumer-groups --describe is told. */
typedef struct GroupMemberView {
    const char *id;
    const char *instance_id; /* NULL dynamic */
    const char *client_id;
    const char *host;
    const int32_t *partitions; /* indices, ascending */
    int32_t count;
    guint first; /* the first of them in `owned` */
    const char
        *tasks;    /* of a thread of Kafka Streams: "ACTIVE: 0:[0,1]; STANDBY: 1:[3]"; or NULL */
    int32_t epoch; /* KIP-848: the member's; -1 in a classic group */
    guint first_target; /* what it shall own, in `owned` as well */
    int32_t target_count;
    bool is_classic; /* it speaks the classic protocol in a group of the new one */
} GroupMemberView;

typedef struct GroupOffsetView {
    const char *topic;
    int32_t partition;
    int64_t committed;      /* -1 none */
    int64_t log_end_offset; /* the high watermark; -1: no leader tells */
    int32_t member;         /* in members, -1: nobody's */
    int32_t leader_epoch;   /* of what is committed; -1 none */
} GroupOffsetView;

typedef struct GroupStateView {
    const char *name;
    bool is_shares; /* `committed` of its offsets is where its records begin (SPSO) */
    bool exists;    /* its coordinator knows it */
    bool has_coordinator;
    int32_t coordinator; /* broker id */
    const char *coordinator_host;
    const char *state;
    const char *assignor;
    int32_t epoch, target_epoch; /* KIP-848; -1 in a classic group */
    GArray *members;             /* of GroupMemberView */
    GArray *owned;               /* of OwnedPartitionView, member by member */
    GArray *offsets;             /* of GroupOffsetView, in the order of Kafka's tool */
} GroupStateView;

/* Of a group of the scenario, by its index. Valid as long as a ClusterView. */
GroupStateView *group_state_view_new(Cluster *cluster, int32_t group);
void group_state_view_free(GroupStateView *self);

/* Valid until the cluster runs on or is freed; cluster_view_free frees it. */
ClusterView *cluster_view_new(Cluster *cluster);
void cluster_view_free(ClusterView *self);

#endif
