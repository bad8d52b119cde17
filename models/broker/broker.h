/* broker.h - a broker process.
 *
 * Mirrors: BrokerServer with its SocketServer, KafkaApis, ReplicaManager, BrokerLifecycleManager.
 * Files: broker (the actor), request_path (stations of a request), produce, purgatory, fetch,
 * fetch_session, partition, isr, replica_fetcher, fetcher_thread, metadata_cache, lifecycle,
 * controller_channel, storage. */
#ifndef KAFKASIM_MODELS_BROKER_BROKER_H
#define KAFKASIM_MODELS_BROKER_BROKER_H
#include "models/broker/replica_watch.h"
#include "models/group/coordinator.h"
#include "models/log/key_model.h"
#include "models/log/record_log.h"
#include "models/log/remote_log.h"
#include "models/spec/spec.h"
#include "models/transaction/transaction_coordinator.h"

typedef struct Broker Broker;

/* What share groups' states are, as the persister keeps them for all brokers of a cluster. */
typedef struct ShareStateStore ShareStateStore;
/* Without its topic no state is ever known: no share partition can be read. */
ShareStateStore *share_state_store_new(bool has_topic);
void share_state_store_free(ShareStateStore *self);
/* What was counted for a group by leaders that are none any more; by this broker. */
struct ShareCounts;
void share_state_store_add_counts(const ShareStateStore *self,
                                  const char *group_id,
                                  struct ShareCounts *into);
void broker_add_share_counts(const Broker *self, const char *group_id, struct ShareCounts *into);
/* Of a share partition (SPSO); -1: not known. */
int64_t share_state_store_start_offset(const ShareStateStore *self,
                                       const char *group_id,
                                       int32_t partition);

/* What came of a client's batch. */
typedef struct ProducedBatch {
    uint32_t ledger;
    int32_t broker;
    int32_t leader_epoch;
    int64_t base_offset; /* -1: refused */
    KafkaError error;
} ProducedBatch;

/* A replica begins to lead. */
typedef struct LeadingReplica {
    TopicIdPartition partition;
    int32_t broker;
    int32_t leader_epoch;
    int64_t log_end;
    int32_t last_epoch; /* of the last record before it */
    bool unclean;       /* chosen outside of the ISR: LeaderRecoveryState RECOVERING */
} LeadingReplica;

typedef struct BrokerContext {
    Sim *sim;
    const MetadataLog *metadata;
    const char *rack; /* broker.rack, borrowed; NULL none */
    const KafkaConfig *config;
    const HardwareProfile *profile;
    const Era *era; /* borrowed from the spec */
    /* The voters of the metadata quorum, ascending ids, and who leads it before the run. */
    int32_t controller_count;
    const int32_t *controller_ids;
    Actor *const *controllers;
    int32_t first_leader;
    /* Another broker's process by id; NULL when there is none. */
    Actor *(*find_peer)(void *owner, int32_t broker);
    /* The process is about to end of its own will. */
    void (*on_exit)(void *owner, int32_t broker);
    /* ZooKeeper mode: is a push to this session for the broker as it is now? */
    bool (*takes_push)(void *owner, int32_t broker, uint64_t session);
    /* ZooKeeper mode: the broker has closed its logs, and ends its session. */
    void (*close_session)(void *owner, int32_t broker);
    /* AutoTopicCreationManager: a topic that clients ask for is to be created so; NULL: is not. */
    void (*create_topic)(void *owner, int32_t topic, int32_t partitions, int32_t factor);
    void (*on_produced)(void *owner, const ProducedBatch *batch);   /* may be NULL */
    void (*on_leading)(void *owner, const LeadingReplica *replica); /* may be NULL */
    void *owner;
    /* A replica's log is about to lose or merge its batches below new_start (INT64_MAX: all that
     * its topic had, which is deleted); may be NULL. */
    void (*before_forgetting)(void *owner,
                              TopicIdPartition partition,
                              const RecordLog *log,
                              int64_t new_start);
    RemoteStorage *remote; /* tiered storage of the cluster; NULL: none */
    /* How producers draw the keys of a topic (log cleaner); false: not known. May be NULL. */
    bool (*key_model)(void *owner, int32_t topic, KeyModel *ret_keys);
    int32_t log_dirs;               /* log directories, each a disk; 0: as many as log.dirs names */
    const GPtrArray *client_quotas; /* of ClientQuotaSpec*, borrowed; NULL none */
    const GPtrArray *client_users;  /* of ClientUser*, borrowed; NULL none */
    CoordinatorRecords *records;
    struct TxnRecords *txn_records; /* NULL: no producer has a transactional id */
    const GPtrArray *groups;        /* of GroupSpec*: their own options; borrowed; NULL none */
    ShareStateStore *share_states;  /* NULL: what a leader knew is lost with it */
    bool trace_batches;             /* every transaction marker is an event */
    int64_t *producer_ids;          /* the next free one, counted for the whole cluster */
    const ReplicaWatch *watch;      /* NULL: nobody looks on */
} BrokerContext;

Broker *broker_new(const BrokerContext *context, int32_t id, uint32_t host);
void broker_free(Broker *self);
Actor *broker_actor(Broker *self);
int32_t broker_id(const Broker *self);

/* The next start finds a cluster that is up: registered and unfenced in the metadata as it
 * stands, nothing to recover. */
void broker_set_bootstrapped(Broker *self, bool fresh);
/* The power of its host goes: what the disk has not yet is lost. Before host_fail. */
void broker_lose_power(Broker *self);
/* A disk of it dies: one of its log directories (log.dirs), 0 holds the metadata log as well. It
 * stays dead over restarts, until broker_replace_log_dir puts an empty one in its place. */
int32_t broker_log_dir_count(const Broker *self);
void broker_fail_log_dir(Broker *self, int32_t dir);
void broker_replace_log_dir(Broker *self, int32_t dir);
/* Its host's wall clock is so far ahead (negative: behind): retention and compaction by age see it.
 */
void broker_set_clock(Broker *self, SimDuration skew_ns);
/* Every append is an I/O error while the directory's disk is full. */
void broker_set_disk_full(Broker *self, int32_t dir, bool full);
/* SIGTERM: controlled shutdown, then the process ends. */
void broker_stop(Broker *self);

/* What the world reads. */
typedef struct BrokerCounters {
    int64_t messages_in, bytes_in;            /* of records, appended as the leader */
    int64_t bytes_out, replication_bytes_out; /* of records, to consumers and to followers */
    int64_t requests[KAFKA_API_COUNT];
    int64_t isr_shrinks, isr_expands;
    int64_t truncated_records;
    int64_t lost_in_power_cuts; /* records that were not on the disk yet */
} BrokerCounters;
const BrokerCounters *broker_counters(const Broker *self);
const char *broker_state(const Broker *self); /* "RUNNING" */
/* Metadata records below it are applied. */
int64_t broker_metadata_offset(const Broker *self);
int32_t broker_led_partitions(const Broker *self);
int32_t broker_under_replicated(Broker *self);
int32_t broker_under_min_isr(Broker *self);
uint32_t broker_request_queue(const Broker *self);
int64_t broker_handler_idle_ppm(const Broker *self, SimTime now); /* mean since the start */
/* This broker's replica of a topic's partition; NULL where it has none, or still has that of a
 * former topic of that name. */
const RecordLog *broker_log(const Broker *self, TopicIdPartition partition);
/* Is it in a directory that failed under this process? */
bool broker_log_is_offline(const Broker *self, TopicIdPartition partition);
int64_t broker_high_watermark(const Broker *self, TopicIdPartition partition); /* -1 none */
/* What ListOffsets(latest) of an admin client is answered by the leader; -1: an error. */
int64_t broker_latest_offset(const Broker *self, TopicIdPartition partition);
int64_t broker_last_stable_offset(const Broker *self, TopicIdPartition partition); /* -1 none */
/* False when this broker has none. */
bool broker_replica(const Broker *self, TopicIdPartition partition, ReplicaView *ret_view);
/* Its ports are open: past the recovery of its logs. */
bool broker_is_serving(const Broker *self);
bool broker_leads(const Broker *self, TopicIdPartition partition);
const GroupCoordinator *broker_coordinator(const Broker *self);
/* NULL: no producer has a transactional id. */
const TransactionCoordinator *broker_transaction_coordinator(const Broker *self);

#endif
