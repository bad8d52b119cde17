/* partition.h - one replica of a partition on a broker, and the leader's view of the others.
 *
 * Mirrors: Partition (server.md 2.1-2.5).
 *
 *     none --metadata--> leader <--metadata--> follower
 *
 * A passive object: it neither sends nor arms; what it wants done it tells its PartitionHost. What
 * a process crash keeps: the log, and the high watermark as last checkpointed.
 * Files: replica (a follower as its leader remembers it), partition (roles, append, high
 * watermark), partition_isr (the ISR and its changes), partition_read (what a fetch is answered),
 * fetch_state (how a follower copies and truncates). */
#ifndef KAFKASIM_MODELS_REPLICA_PARTITION_H
#define KAFKASIM_MODELS_REPLICA_PARTITION_H
#include "models/log/record_log.h"
#include "models/protocol/era.h"
#include "models/protocol/message.h"
#include "models/replica/replica.h"
#include "sim/kernel/bits.h"

struct Broker;
struct ProduceWait;
struct FetchedPartition;
typedef struct Partition Partition;

/* What partitions need of their broker; one for all of them, borrowed. */
typedef struct PartitionHost {
    void *owner;
    int32_t broker_id;
    SimDuration replica_lag_ns; /* replica.lag.time.max.ms */
    SimDuration clock_skew_ns;  /* of its wall clock */
    const Era *era;             /* NULL: all of 4.1 */
    /* Another broker as this one's metadata have it; NULL when they do not. */
    const BrokerRegistration *(*find_broker)(void *owner, int32_t broker);
    int64_t (*broker_epoch)(void *owner); /* its own */
    /* partition->submission is to be sent to the controller. */
    void (*submit)(void *owner, Partition *partition);
    void (*high_watermark_moved)(void *owner, Partition *partition);
} PartitionHost;
bool partition_host_has(const PartitionHost *host, EraSwitch fix);

typedef enum PartitionRole { PARTITION_NONE, PARTITION_LEADER, PARTITION_FOLLOWER } PartitionRole;
typedef enum PendingIsr { ISR_COMMITTED, ISR_EXPANDING, ISR_SHRINKING } PendingIsr;

/* What each fetch of it touches stands in front, up to `isr`. */
struct Partition {
    int32_t index;
    PartitionRole role;
    const PartitionHost *host;
    int32_t leader_epoch;
    int32_t remote_count;
    RemoteReplica *remotes; /* the other assigned replicas, when this one leads */
    int64_t high_watermark;
    int64_t topic_id; /* of partition.metadata: whose log this is; NO_TOPIC_ID nobody's yet */
    struct StoredLog *stored;         /* its log as files; the broker's */
    struct FetchedPartition *fetched; /* in a fetcher thread; the broker's */
    RecordLog log;                    /* kept over a crash, as are the two below */
    /* Fetch sessions that read here, in the order in which they came; the broker's. */
    struct SessionPartition *watchers;
    struct SessionPartition *last_watcher;
    int64_t leader_epoch_start_offset;
    PendingIsr pending;
    int32_t min_isr;         /* min.insync.replicas of the topic */
    ReplicaList isr;         /* committed; empty on followers */
    ReplicaList pending_isr; /* what the controller was asked for */
    struct Broker *broker;   /* whose it is; opaque here, NULL in tests */
    int64_t checkpointed_high_watermark;
    int32_t leader;
    int32_t partition_epoch;
    /* The change that the broker is to send, or has sent and has no answer to; NULL: none. */
    AlterPartitionEntry *submission;
    bool submission_is_stale;  /* newer metadata came: its answer will not count */
    bool high_watermark_dirty; /* since the last checkpoint */
    int32_t remote_capacity;
    int32_t max_message_bytes;
    struct ProduceWait *waiting; /* acks=all writes, by required offset; the broker's */
};

Partition *partition_new(const PartitionHost *host, int32_t index);
static inline TopicIdPartition partition_identity(const Partition *self)
{
    return (TopicIdPartition){self->topic_id, self->index};
}
void partition_free(Partition *self);
/* NULL and what was stopped are no replica of any topic. */
static inline bool partition_is_of(const Partition *self, int64_t topic_id)
{
    return self != NULL && self->role != PARTITION_NONE && self->topic_id == topic_id;
}
/* Fetches ahead of its use what a fetch touches, into the processor's caches: the partition, and
 * once that is there, what it names. NULL is nothing. */
#define PARTITION_LINE_BYTES ((size_t)64)
static inline void partition_fetch(const Partition *self)
{
    if (self != NULL) {
        BITS_PREFETCH(self);
        BITS_PREFETCH(&self->log);
        BITS_PREFETCH(&self->log.producers);
        BITS_PREFETCH(&self->isr);
    }
}
static inline void partition_fetch_around(const Partition *self)
{
    if (self != NULL) {
        BITS_PREFETCH(self->remotes);
        BITS_PREFETCH((const char *)self->remotes + PARTITION_LINE_BYTES);
        BITS_PREFETCH(self->last_watcher);
        BITS_PREFETCH(self->log.epochs.entries);
    }
}
/* The process died: volatile state goes. */
void partition_forget(Partition *self);

typedef enum PartitionChangeSeen {
    PARTITION_STALE,      /* older than what it knows: ignored */
    PARTITION_SAME_EPOCH, /* the leader epoch is the same; the ISR or the replicas may have changed
                           */
    PARTITION_NEW_EPOCH,
    PARTITION_NEW_ROLE, /* a new epoch, and it had another role before */
} PartitionChangeSeen;
/* New metadata: this broker leads, or follows (leader NO_LEADER: nobody to follow). */
PartitionChangeSeen
partition_make_leader(Partition *self, const PartitionRegistration *registration, SimTime now);
PartitionChangeSeen partition_make_follower(Partition *self,
                                            const PartitionRegistration *registration);

/* A leader appends a client's batch (stamped in place) and advances the high watermark.
 * KAFKA_NONE, or why not. A duplicate of an idempotent producer succeeds with its old offset;
 * ret_appended is then false. */
KafkaError partition_append(Partition *self,
                            RecordBatch *batch,
                            int16_t acks,
                            SimTime now,
                            int64_t *ret_base_offset,
                            bool *ret_appended);
/* The same for a batch of a coordinator, or of a transaction that was verified: `guard` is that of
 * producer_state_start_verification. */
KafkaError partition_append_as(Partition *self,
                               RecordBatch *batch,
                               AppendOrigin origin,
                               uint32_t guard,
                               int16_t acks,
                               SimTime now,
                               int64_t *ret_base_offset,
                               bool *ret_appended);
/* Readers of committed data read below it. */
int64_t partition_last_stable_offset(const Partition *self);
/* Did the broker restart since it sent a request with this epoch? */
bool partition_host_refuses(const PartitionHost *host, int32_t broker, int64_t broker_epoch);
RemoteReplica *partition_remote(const Partition *self, int32_t broker);
/* A follower fetched from `offset`. NOT_LEADER_OR_FOLLOWER when the broker has restarted since it
 * sent that (KIP-903). */
KafkaError partition_update_follower(
    Partition *self, RemoteReplica *remote, int64_t broker_epoch, int64_t offset, SimTime now);
/* Tries the rule of server.md 2.3. */
void partition_advance_high_watermark(Partition *self, SimTime now);
/* A follower takes its leader's high watermark, as far as its own log reaches. It may go down: a
 * new leader does not know yet what was committed. */
void partition_follow_high_watermark(Partition *self, int64_t leader_high_watermark);
void partition_follow_log_start(Partition *self, int64_t leader_log_start_offset);
/* Drop the log's end from `offset` on, or everything. Return the records that went. */
int64_t partition_truncate(Partition *self, int64_t offset);
int64_t partition_start_anew(Partition *self, int64_t offset);
/* May an acks=all write up to `required` be answered, and how? */
bool partition_reached(const Partition *self, int64_t required, KafkaError *ret_error);

/* partition_isr.c */
int32_t partition_effective_min_isr(const Partition *self);
bool partition_is_under_min_isr(const Partition *self);
/* Committed ISR plus a member being added. */
int32_t partition_maximal_isr_count(const Partition *self);
bool partition_in_maximal_isr(const Partition *self, int32_t broker);
bool partition_is_caught_up(const Partition *self, const RemoteReplica *remote, SimTime now);
/* May it join the ISR at all, as far as this broker knows? */
bool partition_is_isr_eligible(const Partition *self, const RemoteReplica *remote);
void partition_maybe_expand_isr(Partition *self, const RemoteReplica *remote);
void partition_maybe_shrink_isr(Partition *self, SimTime now);
typedef enum IsrAnswer {
    ISR_ANSWER_IGNORED,   /* newer metadata have overtaken it */
    ISR_ANSWER_COMMITTED, /* the ISR is as asked for */
    ISR_ANSWER_REVERTED,  /* back to the committed ISR; a later fetch may ask again */
    ISR_ANSWER_WAITS,     /* stays pending until metadata come */
    ISR_ANSWER_RETRIED,   /* submitted again at once */
} IsrAnswer;
/* The controller answered the submission, which is over with this. */
IsrAnswer
partition_on_alter_answer(Partition *self, const AlterPartitionEntry *answer, SimTime now);
/* It will not be answered any more (metadata came first, or the process died). */
void partition_drop_submission(Partition *self);

/* partition_read.c: what a fetch is answered, apart from the data. */
typedef struct PartitionRead {
    KafkaError error;
    bool diverges; /* the reader's log parts from this one at `diverging` */
    EpochEntry diverging;
    int64_t high_watermark;
    int64_t log_start_offset;
    int64_t log_end_offset;
} PartitionRead;
/* FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, NOT_LEADER_OR_FOLLOWER or none. epoch -1: not
 * checked. */
KafkaError
partition_check_leader_epoch(const Partition *self, int32_t leader_epoch, bool leader_only);
/* replica_id -1: a consumer. */
PartitionRead partition_read(const Partition *self,
                             int32_t replica_id,
                             const FetchPartition *wanted,
                             bool leader_only);
/* Bytes that may be read from `offset`: whole batches that end below `bound`, up to `limit` but at
 * least one when `at_least_one`. Appends the batches (RecordBatch) to `into` unless that is NULL.
 */
int64_t partition_read_batches(const Partition *self,
                               int64_t offset,
                               int64_t bound,
                               int64_t limit,
                               bool at_least_one,
                               GArray *into);

/* replica_selector.c: NO_LEADER: read from this leader. */
int32_t partition_preferred_read_replica(const Partition *self, const char *rack, int64_t offset);

/* How far a reader sees (Kafka's FetchIsolation). */
typedef enum FetchIsolation {
    FETCH_LOG_END, /* a replica */
    FETCH_HIGH_WATERMARK,
    FETCH_TXN_COMMITTED,
} FetchIsolation;

/* partition_offsets.c. ListOffsets: offset -1 when there is none. OffsetsForLeaderEpoch: epoch
 * NO_EPOCH and offset -1 when it is not known; without KIP-279 the epoch is never named. */
KafkaError partition_list_offset(const Partition *self,
                                 const ListOffsetsPartition *wanted,
                                 FetchIsolation isolation,
                                 int64_t *ret_offset);
KafkaError partition_epoch_end(const Partition *self,
                               int32_t current_leader_epoch,
                               int32_t epoch,
                               EpochEntry *ret_end);

#endif
