/* partition.h - one replica of a partition on a broker, and the leader's view of the others.
 *
 * Mirrors: Partition, Replica (server.md 2.1-2.5).
 *
 *     none --metadata--> leader <--metadata--> follower
 *
 * What a process crash keeps: the log, and the high watermark as last checkpointed. */
#ifndef KAFKASIM_MODELS_BROKER_PARTITION_H
#define KAFKASIM_MODELS_BROKER_PARTITION_H
#include "models/broker/broker.h"

typedef enum PartitionRole { PARTITION_NONE, PARTITION_LEADER, PARTITION_FOLLOWER } PartitionRole;

/* The leader's memory of one follower. */
typedef struct RemoteReplica {
    int32_t broker;
    int64_t broker_epoch;
    int64_t log_end_offset; /* -1 unknown */
    SimTime last_fetch_at;
    int64_t last_fetch_leader_end_offset;
    SimTime last_caught_up_at;
    const SimTime *session_at; /* when its fetch session last asked; NULL without a session */
} RemoteReplica;

typedef enum PendingIsr { ISR_COMMITTED, ISR_EXPANDING, ISR_SHRINKING } PendingIsr;

struct ProduceWait;
typedef struct Partition {
    int32_t index;
    Broker *broker;
    /* kept over a crash */
    RecordLog log;
    int64_t checkpointed_high_watermark;
    /* lost in a crash */
    PartitionRole role;
    int32_t leader;
    int32_t leader_epoch;
    int32_t partition_epoch;
    int64_t high_watermark;
    bool high_watermark_dirty; /* since the last checkpoint */
    int64_t leader_epoch_start_offset;
    ReplicaList isr; /* committed; empty on followers */
    PendingIsr pending;
    PendingIsr submitted;    /* what was last asked of the controller */
    ReplicaList pending_isr; /* sent to the controller */
    bool pending_in_flight;
    int32_t remote_count;
    RemoteReplica remotes[REPLICAS_MAX];
    int32_t max_message_bytes;
    int32_t min_isr;             /* min.insync.replicas of the topic */
    struct ProduceWait *waiting; /* acks=all writes, by required offset */
    GPtrArray *watchers;         /* SessionPartition*: fetch sessions that read here */
} Partition;

Partition *partition_new(Broker *broker, int32_t index);
void partition_free(Partition *self);
/* The process died: volatile state goes. */
void partition_forget(Partition *self);

/* New metadata: this broker leads, or follows (leader NO_LEADER: nobody to follow). Return
 * whether the leader epoch is new to this replica. */
bool partition_make_leader(Partition *self, const PartitionRegistration *registration);
bool partition_make_follower(Partition *self, const PartitionRegistration *registration);

int32_t partition_effective_min_isr(const Partition *self);
/* Committed ISR plus a member being added. */
int32_t partition_maximal_isr_count(const Partition *self);
bool partition_in_maximal_isr(const Partition *self, int32_t broker);

/* A leader appends a client's batch (stamped in place). KAFKA_NONE, or why not. A duplicate of an
 * idempotent producer succeeds with its old offset. Wakes readers and advances the high watermark.
 */
KafkaError
partition_append(Partition *self, RecordBatch *batch, int16_t acks, int64_t *ret_base_offset);
/* A follower fetched from `offset`. */
void partition_update_follower(Partition *self,
                               int32_t broker,
                               int64_t broker_epoch,
                               int64_t offset);
RemoteReplica *partition_remote(Partition *self, int32_t broker);
bool partition_is_caught_up(const Partition *self, const RemoteReplica *remote);
/* Tries the rule of server.md 2.3; completes what waited. */
void partition_advance_high_watermark(Partition *self);
void partition_set_high_watermark(Partition *self, int64_t offset);

/* isr.c: the ISR as the leader changes it. */
void partition_maybe_expand_isr(Partition *self, const RemoteReplica *remote);
void partition_maybe_shrink_isr(Partition *self);
void partition_apply_alter_answer(Partition *self, const AlterPartitionEntry *answer);

#endif
