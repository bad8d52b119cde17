/* broker_state.h - a broker's insides, shared by the files of this folder only. */
#ifndef KAFKASIM_MODELS_BROKER_BROKER_STATE_H
#define KAFKASIM_MODELS_BROKER_BROKER_STATE_H
#include "models/broker/controller_channel.h"
#include "models/broker/fetch/fetch_session.h"
#include "models/log/snapshot_generator.h"
#include "models/quota/client_quota.h"
#include "models/quota/replication_quota.h"
#include "models/replica/partition_table.h"
#include "models/storage/log_manager.h"
#include "sim/actor/state.h"
#include "sim/resource/host.h"
#include "sim/resource/network.h"
#include "sim/resource/server.h"

/* A client's (or follower's) connection, as the socket server sees it: one request at a time. */
typedef struct BrokerConnection {
    ConnectionId id;
    bool muted;     /* a request of it is being served, or it is throttled */
    bool is_closed; /* by the client; what came before that is still read */
    Broker *broker;
    RequestHeader *first;
    RequestHeader *last;
    FetchSession *session;
    Timer unmute;
} BrokerConnection;

typedef enum BrokerLifecycle {
    BROKER_NOT_RUNNING,
    BROKER_STARTING,
    BROKER_RECOVERY,
    BROKER_RUNNING,
    BROKER_PENDING_CONTROLLED_SHUTDOWN,
    BROKER_SHUTTING_DOWN,
} BrokerLifecycle;

struct FetcherThread;

/* Over the partitions that it leads. */
typedef struct LedTotals {
    bool valid; /* until a role, an ISR or an option changes */
    int32_t under_replicated;
    int32_t under_min_isr;
} LedTotals;

typedef enum PublicationStage {
    PUBLICATION_IDLE,
    PUBLICATION_DECIDING,
    PUBLICATION_LEADING,
    PUBLICATION_FOLLOWING,
} PublicationStage;

/* Code that a process seldom runs (first_run.h). */
typedef enum BrokerPath { BROKER_PATH_LEADS, BROKER_PATH_RESIGNS } BrokerPath;

/* What its threads do for a request. */
typedef enum RequestStep { STEP_READ, STEP_HANDLE, STEP_WRITE, STEP_COUNT } RequestStep;

/* GroupMetadataManager.topicHashCache: until a record changes the topic or one of its partitions.
 * That a broker registered from another rack is not noticed before. */
typedef struct TopicHash {
    int64_t as_of; /* by the records below it; 0: never */
    uint64_t racks;
} TopicHash;

/* What each request touches stands in front. */
struct Broker {
    Actor actor;
    int32_t id;
    bool bootstrapped;
    bool fresh;              /* if bootstrapped: its process began shortly before */
    uint32_t isr_generation; /* counts what may let a follower join that could not before */
    int32_t fetch_min_bytes; /* replica.fetch.min.bytes and the like */
    int32_t fetch_bytes_max;
    int32_t receive_buffer_bytes; /* socket.receive.buffer.bytes */
    int32_t fetch_response_bytes_max;
    SimDuration fetch_wait_ns;
    SimDuration fetch_timeout_ns;
    int64_t broker_epoch;
    int64_t applied_offset;
    struct BrokerTransactions *transactions; /* NULL: no producer has a transactional id */
    GQueue blocked_reads; /* requests whose network thread waits for the request queue */
    Server network_threads;
    Server handlers;
    SimTime step_began[STEP_COUNT]; /* last; see profile_warm_ns */
    BrokerContext context;
    GPtrArray *connections;      /* BrokerConnection* */
    uint32_t closed_connections; /* of them, those that are closed */
    GQueue blocked_appends;      /* requests whose handler waits for the disk */
    SimTime idle_since;          /* of the handler idle probe */
    double idle_busy_area;

    /* replicas */
    PartitionTable partitions; /* by partition index */
    GPtrArray *hosted;         /* Partition*, in order of creation */
    GPtrArray *led;            /* Partition*, those this broker leads, ascending index */
    LedTotals led_totals;
    GArray *hw_dirty; /* Partition*, high watermark changed since the checkpoint */
    SimDuration hw_checkpoint_interval_ns;
    Timer hw_checkpoint;
    Timer isr_check;
    PartitionHost partition_host;
    ProducerStateOptions producer_options;
    SimDuration replica_lag_ns;
    GPtrArray *fetchers; /* FetcherThread*, one a source broker and fetcher id */
    int32_t fetcher_count_per_source;
    SimDuration fetch_backoff_ns;
    int32_t fetch_max_bytes;    /* of any answer */
    bool selects_by_rack;       /* replica.selector.class is the rack aware one */
    GPtrArray *purgatory;       /* DelayedProduce* */
    GArray *scratch_partitions; /* FetchPartitionResponse */
    GArray *scratch_batches;    /* RecordBatch */
    GArray *scratch_aborted;    /* AbortedTransaction */
    int64_t scratch_disk_bytes; /* of them, to be read from the disk */
    int32_t scratch_remote;     /* + 1: the partition whose batches come from remote storage */
    int64_t scratch_remote_bytes;
    int64_t scratch_record_bytes;

    /* quotas */
    ClientQuotas client_quotas;
    ReplicationQuota leader_quota;
    ReplicationQuota follower_quota;
    GArray *throttles_read; /* gboolean by topic: its lists are in them */

    /* isr changes on their way to the controller */
    GPtrArray *alter_waiting; /* Partition* whose change has yet to be sent */
    ControllerChannel alter_channel;
    Timer alter_retry;

    /* storage */
    LogManager *logs;
    GQueue blocked_fetchers; /* FetcherThread*: wait for the disk with an answer to append */
    Timer throttle;
    bool has_waited;      /* the fetcher thread that comes back has waited for its fsync */
    bool dir_failed;      /* to be dealt with as soon as who met it is done */
    bool dirs_unreported; /* the controller has not heard of it */
    bool dirs_reporting;  /* the heartbeat on its way tells it */
    GArray *offline;      /* int32_t: partitions in failed directories */
    Timer halt;
    Timer dir_failure;
    SimDuration dir_failure_timeout_ns;

    /* lifecycle */
    StateMachine state;
    ControllerChannel heartbeat_channel;
    Timer start;
    Timer heartbeat;
    Timer recovery;
    Timer stop;
    SimDuration heartbeat_interval_ns;
    SimDuration session_timeout_ns;
    SimDuration registration_timeout_ns;
    uint64_t incarnation_id;
    bool registered;
    bool caught_up;
    bool ready_to_unfence;
    bool published; /* metadata reach the replicas; before, logs are not even loaded */
    bool shutdown_retried;
    int32_t shutdown_attempts; /* ZooKeeper mode: failed ones */
    SimTime loaded_at;         /* the logs are recovered */
    bool started;              /* the rest of the start is done */

    /* metadata */
    SnapshotGenerator snapshots;
    ControllerChannel metadata_channel;
    int64_t fetched_offset; /* records below it are in the local copy (survives a crash) */
    int32_t fetched_epoch;  /* of the last of them */
    int32_t quorum_leader;  /* as this observer knows it, -1 = nobody; survives a crash */
    int32_t quorum_epoch;
    UpdateMetadataRequest *push; /* ZooKeeper mode: is being applied; or NULL */
    int32_t fetch_voter;         /* asked last: index in the context's list */
    int32_t failed_voter;        /* did not answer the last fetch, -1 = none */
    int64_t committed_offset;
    bool applying; /* records, or their publication */
    PublicationStage publishing;
    guint publish_at; /* in `touched`: leads next */
    uint32_t publish_cause;
    uint32_t paths_taken; /* by BrokerPath */
    int64_t applying_to;
    GArray *touched;        /* int32_t, scratch */
    GArray *deleted_topics; /* int32_t: the coordinators do not know yet */

    struct ShareManager *shares;
    GroupCoordinator *coordinator;
    CoordinatorHost coordinator_host;
    GArray *group_options; /* of GroupOptions; group_host.c */
    GArray *topic_hashes;  /* of TopicHash, by topic; there too */
    BrokerCounters counters;
    SimDuration fill_mebibyte; /* of file pages; drawn once, see profile.h */
    Stream stream;
};

enum {
    BROKER_TIMER_FETCH_EXPIRY = 1, /* owner: FetchSession */
    BROKER_TIMER_PRODUCE_EXPIRY,   /* owner: DelayedProduce */
    BROKER_TIMER_HW_CHECKPOINT,
    BROKER_TIMER_ISR_CHECK,
    BROKER_TIMER_FETCHER_BACKOFF, /* owner: FetcherThread */
    BROKER_TIMER_FETCHER_TIMEOUT, /* owner: FetcherThread */
    BROKER_TIMER_STORAGE,         /* owner: StorageTask */
    BROKER_TIMER_THROTTLE,
    BROKER_TIMER_HALT,
    BROKER_TIMER_DIR_FAILURE,
    BROKER_TIMER_START,
    BROKER_TIMER_HEARTBEAT,
    BROKER_TIMER_RECOVERY,
    BROKER_TIMER_STOP,
    BROKER_TIMER_CHANNEL, /* owner: ControllerChannel */
    BROKER_TIMER_ALTER_RETRY,
    BROKER_TIMER_UNMUTE,          /* owner: BrokerConnection */
    BROKER_TIMER_SHARE_PARTITION, /* owner: BrokerShare */
    BROKER_TIMER_SHARE_FETCH,     /* owner: ShareWait */
    BROKER_TIMER_COORDINATOR,
    BROKER_TIMER_TRANSACTION,  /* the coordinator's */
    BROKER_TIMER_PEER,         /* owner: a Peer of transactions/peers.c */
    BROKER_TIMER_VERIFICATION, /* owner: a produce request that waits */
};
enum {
    BROKER_DONE_NETWORK = 1,     /* data: RequestHeader; read, or written when handled */
    BROKER_DONE_HANDLE,          /* data: RequestHeader */
    BROKER_DONE_STORAGE,         /* data: StorageTask */
    BROKER_DONE_DISK_READ,       /* data: RequestHeader, its answer waits to be sent */
    BROKER_DONE_FLUSHED,         /* data: RequestHeader, its batches wait to be appended */
    BROKER_DONE_FETCHED_FLUSHED, /* data: FetcherThread, likewise */
    BROKER_DONE_FETCHER,         /* data: FetcherThread */
    BROKER_DONE_APPLY,
    BROKER_DONE_PUBLISH,
    BROKER_DONE_SNAPSHOT,
    BROKER_DONE_START,
};

/* request_path.c */
void request_path_accept(Broker *self, ConnectionId connection);
void request_path_drop(Broker *self, ConnectionId connection);
void request_path_on_disconnected(Broker *self, ConnectionId connection);
void request_path_receive(Broker *self, ConnectionId connection, RequestHeader *request);
void request_path_on_network_done(Broker *self, RequestHeader *request);
void request_path_on_handle_done(Broker *self, RequestHeader *request);
/* CPU time of a network and a handler thread for it and its answer. */
SimDuration request_path_thread_time(Broker *self, const RequestHeader *request);
void request_path_on_unmute(BrokerConnection *connection);
void request_path_resume_append(Broker *self, RequestHeader *request);
void request_path_on_read(Broker *self, RequestHeader *request);
BrokerConnection *request_path_connection(const Broker *self, ConnectionId connection);
/* Sends the answer through a network thread and lets the connection's next request in. Takes
 * both. response NULL: no answer is due (acks=0). */
void broker_respond(Broker *self, RequestHeader *request, ResponseHeader *response);
/* The answer is complete: it goes to a network thread. */
void request_path_send_answer(Broker *self, RequestHeader *request);
/* The process died: everything on the way is lost. */
void request_path_reset(Broker *self);
/* No requests from here on: every connection is closed, new ones are refused. */
void request_path_stop(Broker *self);
/* broker.c: what a handler thread does once its CPU time is spent. Takes the request. */
void broker_handle(Broker *self, RequestHeader *request);

/* fetch/list_offsets.c */
void list_offsets_handle(Broker *self, ListOffsetsRequest *request);
void list_offsets_handle_epochs(Broker *self, OffsetsForLeaderEpochRequest *request);

/* group_host.c: where an option of this group is set: its own, or the broker's config. */
const KafkaConfig *broker_group_config(const Broker *self, const char *group_id, const char *name);
void group_host_init(Broker *self);
void group_host_free(Broker *self);
void group_host_reset(Broker *self); /* the process starts */

/* share/: share groups (share_manager.h).
 * share.coordinator.append.linger.ms (5), a hop to the share coordinator and back, and the
 * replication of its append (assumed: as of a coordinator in the recordings). */
#define SHARE_PERSISTER_WRITE SIM_MS(9)
typedef struct ShareManager ShareManager;
ShareManager *share_manager_new(Broker *self);
void share_manager_free(ShareManager *self);
void share_manager_reset(ShareManager *self);
void share_manager_on_high_watermark(ShareManager *self, const Partition *partition);
void share_manager_on_role_change(ShareManager *self, const Partition *partition);
/* What the persister keeps of a deleted topic is forgotten. */
void share_manager_on_partitions_deleted(const ShareManager *self, int32_t first, int32_t count);
void share_manager_on_disconnected(ShareManager *self, ConnectionId connection);
bool share_manager_on_timer(Timer *timer);
void share_manager_add_counts(const ShareManager *self,
                              const char *group_id,
                              struct ShareCounts *into);
void share_fetch_handle(Broker *self, ShareFetchRequest *request);

/* quotas.c */
void quotas_init(Broker *self);
void quotas_clear(Broker *self);
void quotas_reset(Broker *self);
void quotas_read_topic(Broker *self, int32_t index); /* its throttled replicas */
void quotas_read_partition(Broker *self, int32_t index);
void quotas_forget_topics(Broker *self); /* they are read again with their partitions */
void quotas_on_broker_config(Broker *self);
/* An answer is about to leave: how long its client is throttled; its connection will be muted. */
SimDuration quotas_charge(Broker *self, RequestHeader *request);
bool quotas_charges(const Broker *self, const RequestHeader *request);
/* The same for a fetch that is charged; when it is throttled the answer must be empty. */
SimDuration quotas_charge_fetch(Broker *self, FetchRequest *request, int64_t response_bytes);
/* A fetch has come: its bounds are cut to what the broker allows, a client's also to what a quota
 * window holds: more would be throttled for ever. Mirrors: KafkaApis.handleFetchRequest. */
void quotas_bound_fetch(Broker *self, FetchRequest *request);
/* A replica that is not in sync gets nothing of this partition now. */
bool quotas_leader_throttles(Broker *self, const Partition *partition, int32_t replica);
void quotas_leader_sent(Broker *self, int32_t partition, int64_t bytes);
/* This partition is left out of fetches now; lag 0: in sync. */
bool quotas_follower_throttles(Broker *self, int32_t partition, int64_t lag);
void quotas_follower_took(Broker *self, int32_t partition, int64_t bytes);

/* produce.c, purgatory.c */
typedef struct ProduceWait {
    struct DelayedProduce *operation;
    Partition *partition;
    int64_t required_offset;
    int32_t index; /* in the response */
    struct ProduceWait *next;
} ProduceWait;
void produce_handle(Broker *self, ProduceRequest *request);
/* Its transaction was asked about: one answer for each batch, borrowed. */
struct BatchVerification;
void produce_verified(Broker *self,
                      ProduceRequest *request,
                      const struct BatchVerification *verified);
/* CPU to check and, where the topic wants another codec, to compress its batches anew. */
SimDuration produce_compression_work(Broker *self, const ProduceRequest *request);
/* Of a partition that is not here. */
KafkaError produce_absent_error(const Broker *self, TopicIdPartition partition);
void produce_fill_leader(const Broker *self, ProducePartitionResponse *answer);
struct DelayedProduce *
purgatory_add(Broker *self, RequestHeader *request, ProduceResponse *response);
struct DelayedProduce *purgatory_add_append(Broker *self, uint64_t token, SimDuration timeout_ns);
void purgatory_wait(struct DelayedProduce *self,
                    Partition *partition,
                    int64_t required,
                    int32_t index);
void purgatory_start(struct DelayedProduce *self);
void purgatory_on_timeout(struct DelayedProduce *self);
void purgatory_on_high_watermark(Partition *partition);
void purgatory_fail_all(Partition *partition, KafkaError error);
void purgatory_reset(Broker *self);

/* transactions/ */
void broker_transactions_init(Broker *self);
void broker_transactions_reset(Broker *self);
void broker_transactions_free(Broker *self);
bool broker_transactions_handle(Broker *self, RequestHeader *request);
/* Keeps a produce request until its coordinator has answered; false: it may go on. */
bool broker_transactions_verifies(Broker *self, ProduceRequest *request);
void broker_transactions_on_append(Broker *self, uint64_t token, KafkaError error);
bool broker_transactions_on_connected(Broker *self, ConnectionId connection);
bool broker_transactions_on_disconnected(Broker *self, ConnectionId connection);
bool broker_transactions_on_response(Broker *self,
                                     ConnectionId connection,
                                     const ResponseHeader *response);
bool broker_transactions_on_timer(Broker *self, Timer *timer);
/* The partition of __transaction_state for this id, or -1. */
int32_t broker_transactions_partition_for(const Broker *self, const char *transactional_id);
bool broker_transactions_owns(const Broker *self, int32_t partition);
void broker_transactions_load(Broker *self, const Partition *partition);
void broker_transactions_resigned(Broker *self, int32_t partition);

/* replica_manager.c */
Partition *broker_partition(const Broker *self, int32_t index);
const Partition *broker_replica_of(const Broker *self, TopicIdPartition partition);
void replica_manager_init(Broker *self);
/* A leader appends a client's or coordinator's batch: see partition_append. Wakes who waits. */
KafkaError replica_manager_append_as(Partition *partition,
                                     RecordBatch *batch,
                                     AppendOrigin origin,
                                     uint32_t guard,
                                     int16_t acks,
                                     int64_t *ret_base_offset);
/* Of partitions that metadata touch: those that are not its any more go, and from the list. */
void replica_manager_keep_own(Broker *self, GArray *touched);
/* What its metadata say of a partition: it leads it in a new epoch; it follows; it did lead; or
 * it follows another. */
bool replica_manager_takes_over(const Broker *self, int32_t index);
bool replica_manager_follows(const Broker *self, int32_t index);
bool replica_manager_gives_up(const Broker *self, int32_t index);
bool replica_manager_changes_leader(const Broker *self, int32_t index);
void replica_manager_apply_leader(Broker *self, int32_t index);
/* First the partitions that it leads, then those that it follows. */
void replica_manager_apply_leaders(Broker *self, const GArray *touched);
void replica_manager_apply_followers(Broker *self, const GArray *touched);
void replica_manager_on_checkpoint(Broker *self);
void replica_manager_on_isr_check(Broker *self);
void replica_manager_reset(Broker *self);
/* The process opens its logs. */
void replica_manager_load_logs(Broker *self);
/* Its directory failed: it neither leads nor follows until the next start. */
void replica_manager_drop(Broker *self, Partition *partition, KafkaError error);
void replica_manager_start(Broker *self);

/* metadata/dynamic_config.c */
void dynamic_config_read_partition(Broker *self, Partition *partition); /* of a replica new here */
void dynamic_config_read_image(Broker *self);
void dynamic_config_apply(Broker *self, int64_t from, int64_t to); /* records, just applied */

/* isr.c */
void isr_submit(void *broker, Partition *partition);
void isr_on_answer(Broker *self, AlterPartitionResponse *response);
void isr_on_retry(Broker *self);
RequestHeader *isr_build_request(Broker *self);

/* replica_fetcher.c */
void replica_fetcher_add(Broker *self, Partition *partition);
void replica_fetcher_remove(Broker *self, Partition *partition);
void replica_fetcher_shut_down_idle(Broker *self);
bool replica_fetcher_on_connected(Broker *self, ConnectionId connection);
bool replica_fetcher_on_disconnected(Broker *self, ConnectionId connection);
/* Takes the response when it is one of a fetcher thread. */
bool replica_fetcher_on_response(Broker *self, ConnectionId connection, ResponseHeader *response);
void replica_fetcher_on_work_done(struct FetcherThread *thread);
void replica_fetcher_on_backoff(struct FetcherThread *thread);
void replica_fetcher_on_timeout(struct FetcherThread *thread);
void replica_fetcher_reset(Broker *self);
void replica_fetcher_free_all(Broker *self);

/* storage.c: the page cache takes appends; the disk follows. */
void storage_bound_high_watermarks(Broker *self); /* by the ends of the logs */
void storage_init(Broker *self);
void storage_reset(Broker *self);
void storage_add(Partition *partition);
/* CPU of the first entries that these appends write into segments' indexes. */
SimDuration storage_index_work(const Broker *self, const ProduceRequest *request);
SimDuration storage_fetched_index_work(const Broker *self, FetchResponse *response);
/* A produce request waits until the disk has caught up or flushed; it comes back by itself. */
bool storage_blocks_handler(Broker *self, RequestHeader *request);
/* So many checkpoint files are written and synced; then on_done(kind, data). */
void storage_write_checkpoints(Broker *self, int32_t count, uint16_t kind, void *data);
/* A fetcher thread with an answer to append waits, too; it goes on with
 * replica_fetcher_on_work_done. */
bool storage_blocks_fetcher(Broker *self, struct FetcherThread *thread, FetchResponse *response);
void storage_on_fetched_flushed(Broker *self, struct FetcherThread *thread);
void storage_on_throttle(Broker *self);
/* KAFKA_STORAGE_ERROR when the replica's directory is offline (or its disk is full, just now). */
KafkaError storage_check(const Partition *partition);
/* So many bytes of batches were appended to its log; it may have been truncated before. */
void storage_appended(Partition *partition, int64_t bytes);
/* Bytes of this read that must come from the disk. */
int64_t storage_read(const Partition *partition, int64_t offset, int64_t bytes);
/* The answer waits for remote storage; it comes back through broker_send_response. False: it need
 * not. */
bool storage_waits_for_remote(Broker *self, RequestHeader *request);

/* log_dirs.c */
void log_dirs_init(Broker *self);
void log_dirs_on_failure(void *owner, int32_t dir);
void log_dirs_halt(void *owner, const char *why);
void log_dirs_on_halt_timer(Broker *self);
void log_dirs_on_timeout(Broker *self);
/* A heartbeat names what is offline; the controller took it. */
void log_dirs_report(Broker *self, BrokerHeartbeatRequest *request);
void log_dirs_on_reported(Broker *self);
/* What was offline when the process began is so still. */
void log_dirs_start(Broker *self);
void log_dirs_free(Broker *self);
/* Coordinators' records and markers bear what this broker's wall clock says, right or wrong. */
void log_dirs_stamp(const Broker *self, RecordBatch *batch);

/* lifecycle.c */
void lifecycle_start(Broker *self);
void lifecycle_on_start_timer(Broker *self);
void lifecycle_on_heartbeat_timer(Broker *self);
void lifecycle_on_recovered(Broker *self);
void lifecycle_on_start_done(Broker *self);
void lifecycle_on_registration(Broker *self, const BrokerRegistrationResponse *response);
void lifecycle_on_heartbeat(Broker *self, const BrokerHeartbeatResponse *response);
void lifecycle_on_stop(Broker *self);
void lifecycle_on_channel_lost(Broker *self);
/* The process ends at once, uncleanly. */
void lifecycle_halt(Broker *self);
/* It serves nobody any more and closes its logs. */
bool lifecycle_is_closing(const Broker *self);
RequestHeader *lifecycle_build_request(Broker *self);

/* metadata_cache.c */
void metadata_cache_start(Broker *self);
void metadata_cache_apply_at_once(Broker *self);
void metadata_cache_publish(Broker *self);
void metadata_cache_on_fetched(Broker *self, const MetadataFetchResponse *response);
void metadata_cache_on_applied(Broker *self);
void metadata_cache_on_published(Broker *self);
void metadata_cache_handle(Broker *self, MetadataRequest *request);
/* KafkaApis looks what a request names up in the metadata before anything else: KAFKA_NONE, or why
 * it is not there. By topic id; by name where the request knows none, or a fetch session has found
 * the name before (is_named). */
KafkaError metadata_cache_find(const Broker *self, TopicIdPartition wanted, bool is_named);
RequestHeader *metadata_cache_build_fetch(Broker *self);
Actor *metadata_cache_fetch_target(Broker *self);
Actor *metadata_cache_controller(Broker *self); /* NULL: nobody is known */
Actor *metadata_cache_registrar(Broker *self);  /* who keeps this broker's session */
Actor *metadata_cache_isr_keeper(Broker *self); /* who takes ISR changes */
void metadata_cache_on_push(Broker *self, UpdateMetadataRequest *request);
void metadata_cache_reset(Broker *self);
bool broker_has_zookeeper(const Broker *self);
void metadata_cache_on_unreachable(Broker *self);

#endif
