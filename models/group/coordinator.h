/* coordinator.h - the group coordinator inside a broker.
 *
 * Mirrors: GroupCoordinatorService, GroupMetadataManager, OffsetMetadataManager, ClassicGroup
 * (clients.md §3, §6). One per broker; it acts for the groups whose __consumer_offsets partition
 * this broker leads: partition = abs(javaStringHash(group.id)) mod partitions of that topic.
 *
 * State is the replay of that log: every change is appended to it (acks=all) before it is
 * answered, and a new leader loads the log first (COORDINATOR_LOAD_IN_PROGRESS). Coordinator
 * records are kept beside the log in a CoordinatorRecords store; a batch names its record.
 *
 * Knows the broker only through CoordinatorHost. Never sees replicas. */
#ifndef KAFKASIM_MODELS_GROUP_COORDINATOR_H
#define KAFKASIM_MODELS_GROUP_COORDINATOR_H
#include "models/group/modern/modern_heartbeat.h"
#include "models/log/record_log.h"
#include "models/protocol/message.h"

typedef struct GroupCoordinator GroupCoordinator;

/* What coordinators wrote, by payload id (1..); shared by all brokers of a cluster because the
 * content of a log is. Reading payload p is only right for who holds a batch that names it. */
typedef struct CoordinatorRecords CoordinatorRecords;
CoordinatorRecords *coordinator_records_new(void);
void coordinator_records_free(CoordinatorRecords *self);
/* The log cleaner at an offsets partition: batches below `end` go when later ones below `end` hold
 * all of their keys. Returns the bytes that went. */
int64_t coordinator_records_compact(const CoordinatorRecords *self, RecordLog *log, int64_t end);
/* Batches of this partition below `end` are committed and will be merged by `log`, or have been by
 * another replica's: what later ones among them supersede is forgotten. What is merged is not
 * looked at by the log cleaner any more. */
void coordinator_records_settle(CoordinatorRecords *self,
                                int32_t partition,
                                const RecordLog *log,
                                int64_t end);
/* A leader came up whose log ends at `end`, for all that was settled: the rest is lost, and what it
 * had superseded is not known any more. */
void coordinator_records_unsettle(CoordinatorRecords *self, int32_t partition, int64_t end);

/* What the broker does for its coordinator. `owner` is passed back. */
typedef struct CoordinatorHost {
    void *owner;
    Actor *actor; /* for time, timers, log */
    /* Appends one coordinator batch with this payload and `bytes` of records (header not counted)
     * to partition (acks=all). When it is committed, or has failed, group_coordinator_on_append is
     * called with `token`. */
    void (*append)(void *owner, int32_t partition, int32_t bytes, uint32_t payload, uint64_t token);
    /* The same for offsets of a transaction. */
    void (*append_transactional)(
        void *owner, const RecordBatch *batch, int32_t bytes, uint32_t guard, uint64_t token);
    /* What one batch may hold (max.message.bytes); NULL: anything. */
    int32_t (*append_bytes_max)(void *owner, int32_t partition);
    /* Answers a request; takes the response, frees the request. */
    void (*respond)(void *owner, RequestHeader *request, ResponseHeader *response);
    /* Partition index of __consumer_offsets-i, and how many there are (0 = topic not there). */
    int32_t (*offsets_partition)(void *owner, int32_t i);
    int32_t (*offsets_partition_count)(void *owner);
    /* A topic as this broker knows it now (0 partitions: it does not exist), and how far it has
     * applied the metadata: KIP-848 assigns on the broker. */
    AssignorTopic (*topic)(void *owner, int32_t topic);
    uint64_t (*topic_racks)(void *owner, int32_t topic); /* see ModernHost; may be NULL */
    int64_t (*metadata_offset)(void *owner);
    /* Does this broker know of this partition? NULL: always. */
    bool (*has_partition)(void *owner, int32_t partition);
    /* How many topics there may be, and the newest record there that created one. */
    int32_t (*topic_count)(void *owner);
    int64_t (*newest_topic)(void *owner);
    /* What a group has of its own (kafka-configs --entity-type groups); NULL: nothing. May be NULL.
     */
    const ModernOptions *(*group_options)(void *owner, const char *group_id, ModernGroupType type);
} CoordinatorHost;

typedef struct CoordinatorOptions {
    SimDuration initial_rebalance_delay_ns;
    SimDuration session_timeout_ns_min;
    SimDuration session_timeout_ns_max;
    int32_t group_max_size;
    bool joins_without_id;        /* before KIP-394 */
    bool without_consumer_groups; /* group.coordinator.rebalance.protocols does not name them, */
    bool without_share_groups;    /* or ZooKeeper keeps the metadata */
    SimDuration append_linger_ns;
    SimDuration offset_commit_timeout_ns;
    SimDuration retention_ns;        /* offsets.retention.minutes */
    SimDuration retention_check_ns;  /* 0: nothing expires */
    ModernOptions consumer;          /* group.consumer.* */
    ModernOptions share;             /* group.share.* */
    bool share_state_missing;        /* the persister has no topic: it never knows them */
    SimDuration share_initialize_ns; /* the persister takes it to know a share group's partitions */
    uint16_t timer_kind;             /* all its timers carry this kind; Timer.owner tells which */
} CoordinatorOptions;

GroupCoordinator *group_coordinator_new(const CoordinatorHost *host,
                                        const CoordinatorOptions *options,
                                        CoordinatorRecords *records);
void group_coordinator_free(GroupCoordinator *self);
/* The broker process died or starts: forget everything. */
void group_coordinator_reset(GroupCoordinator *self);

/* FindCoordinator: the offsets partition index (not broker) for this group, or -1. */
int32_t group_coordinator_partition_for(const GroupCoordinator *self, const char *group_id);
/* This broker began (loaded: batches follow by on_load, merged ones as well, then on_loaded) or
 * ceased to lead it. */
void group_coordinator_on_elected(GroupCoordinator *self, int32_t partition);
void group_coordinator_on_load(GroupCoordinator *self, const RecordBatch *batch);
void group_coordinator_on_loaded(GroupCoordinator *self, int32_t partition);
void group_coordinator_on_resigned(GroupCoordinator *self, int32_t partition);

/* A topic was deleted, which had (some of) these partitions: offsets of it are forgotten. */
void group_coordinator_on_partitions_deleted(GroupCoordinator *self, int32_t first, int32_t count);

/* JoinGroup, SyncGroup, Heartbeat, LeaveGroup, OffsetCommit, OffsetFetch. Takes the request; it
 * is answered now or later through the host. */
void group_coordinator_handle(GroupCoordinator *self, RequestHeader *request);
void group_coordinator_on_append(GroupCoordinator *self, uint64_t token, KafkaError error);
bool group_coordinator_on_timer(GroupCoordinator *self, Timer *timer);

/* Offsets of a transaction (txn_offsets.c): nobody sees them until its marker is in the log. */
void txn_offsets_commit(GroupCoordinator *self, TxnOffsetCommitRequest *request, uint32_t guard);
void txn_offsets_fail(GroupCoordinator *self, TxnOffsetCommitRequest *request, KafkaError error);
/* Offsets of partitions that the broker does not know are refused. False: all; that is answered. */
bool txn_offsets_refuse_unknown(GroupCoordinator *self, TxnOffsetCommitRequest *request);
void txn_offsets_on_marker(GroupCoordinator *self,
                           int32_t partition,
                           int64_t producer_id,
                           bool committed);

/* For reports: what this coordinator knows of a group (NULL state when it is not its). */
typedef struct GroupView {
    const char *state;
    int32_t generation;
    int32_t members;
    int64_t rebalances;
} GroupView;
bool group_coordinator_view(const GroupCoordinator *self,
                            const char *group_id,
                            GroupView *ret_view);
int64_t
group_coordinator_committed(const GroupCoordinator *self, const char *group_id, int32_t partition);
/* The member that owns a partition in the present generation, or NULL. Borrowed. */
const char *
group_coordinator_owner(const GroupCoordinator *self, const char *group_id, int32_t partition);

#endif
