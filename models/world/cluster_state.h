/* cluster_state.h - the world's insides, shared by the files of this folder only. */
#ifndef KAFKASIM_MODELS_WORLD_CLUSTER_STATE_H
#define KAFKASIM_MODELS_WORLD_CLUSTER_STATE_H
#include "models/broker/broker.h"
#include "models/connect/connect_herder.h"
#include "models/consumer/consumer.h"
#include "models/controller/controller.h"
#include "models/invariants/invariants.h"
#include "models/ledger/ledger.h"
#include "models/producer/producer.h"
#include "models/streams/stream_thread.h"
#include "models/world/cluster.h"
#include "models/zookeeper/zookeeper_era.h"
#include "sim/resource/network.h"

/* All processes of a kind, in spec order; instances and members one after the other. A task of a
 * Connect source may get more of them while the simulation runs, behind all others. */
typedef struct ProducerProcess {
    int32_t spec;
    int32_t instance;
    bool is_spare; /* such a one */
    Producer *producer;
    Timer start;
} ProducerProcess;

typedef struct ConsumerProcess {
    RecordSink *sink;     /* of a worker, owned; NULL */
    StreamThread *thread; /* of Kafka Streams; NULL */
    int32_t group;
    int32_t member;
    Consumer *consumer;
    ActorLife seen; /* at the last look */
    Timer start;
    SimDuration back_after; /* its close() has returned; 0: it stays away */
} ConsumerProcess;

/* Killed, but its sockets are still open. */
typedef struct DyingProcess {
    Actor *actor;
    Timer timer;
} DyingProcess;

/* It got a SIGTERM in this life. */
typedef struct StoppingProcess {
    const Actor *actor;
    uint16_t incarnation;
} StoppingProcess;

/* The history of one partition, for leaders.csv and the offline time. */
typedef struct PartitionHistory {
    SimTime offline_since; /* -1: it has a living leader */
    SimDuration offline;
    bool created;         /* ever */
    int32_t shown_leader; /* in the last row */
    int32_t leader_epoch; /* there too */
    int32_t leader;       /* as the controller has it, dead or not */
    bool deleted;         /* once, with its topic */
} PartitionHistory;

/* Of the active controller; it counts since `at` when it is committed. */
typedef struct Decision {
    int64_t offset;
    SimTime at;
    int32_t partition;
    const char *why;
} Decision;

/* A fault that goes on, and whom it hit. Arrays are owned; NULL where they mean nothing. */
typedef struct Trouble {
    const FaultSpec *fault;
    GPtrArray *actors; /* of Actor* */
    GArray *hosts;     /* of uint32_t; NULL on a link fault: everybody's */
    GArray *others;    /* the other side of a partition */
} Trouble;

typedef struct Roll Roll; /* a rolling restart under way */

/* Over all partitions, as the newest metadata have them. */
typedef struct PartitionTotals {
    bool valid; /* until a partition changes */
    int32_t offline;
    int32_t smallest_isr; /* of the user's topics; -1: there are none */
} PartitionTotals;

/* min.insync.replicas of the user's topics, as the controller has it. */
typedef struct MinIsrSeen {
    int64_t offset; /* of the metadata it was read from */
    int32_t common; /* 0: the topics differ */
} MinIsrSeen;

/* Where a group stands in one of its partitions, as far as the sampler has seen. */
typedef struct GroupPosition {
    int32_t group;
    int32_t partition;
    int64_t position; /* -1 not yet */
    SimTime since;    /* whose position it is got the partition */
} GroupPosition;

/* Where the rows of a group stand in `consumers` and `positions`. */
typedef struct GroupRows {
    guint consumers, consumers_end;
    guint positions, positions_end;
} GroupRows;

struct Cluster {
    Actor actor; /* the timeline and the sampler */
    const ClusterSpec *spec;
    Sim *sim;
    MetadataLog *metadata;
    KafkaConfig *transactions_config; /* of __transaction_state; NULL without it */
    Ledger *ledger;
    CoordinatorRecords *records;
    ShareStateStore *share_states;
    bool *read_committed;    /* by group, for the invariants */
    const char **committers; /* ids of groups whose offsets are kept, for them too */
    bool *assigned_by_hand;
    TxnRecords *txn_records; /* NULL: no producer has a transactional.id */
    RemoteStorage *remote;   /* tiered storage */
    int64_t producer_ids;
    uint32_t *hosts;        /* host index of each spec host */
    GPtrArray *controllers; /* Controller*, spec order */
    RaftContent *content;
    ZooKeeper *zookeeper;    /* NULL with a metadata quorum */
    Era zookeeper_era;       /* of its servers */
    int32_t *voter_ids;      /* ascending */
    Actor **voters;          /* beside them */
    GPtrArray *brokers;      /* Broker*, spec order */
    GPtrArray *client_users; /* ClientUser*, owned */
    ActorLife *broker_lives;
    AddressBook book;
    int32_t *book_ids;
    Actor **book_actors;
    Broker **book_brokers;
    GPtrArray *producers;      /* ProducerProcess*, owned */
    GArray *consumers;         /* ConsumerProcess */
    GPtrArray *connect_hosts;  /* ConnectHost */
    GPtrArray *streams_apps;   /* StreamsApp, by group; NULL where it is none */
    GPtrArray *stream_threads; /* StreamThread */
    GArray *topics_to_create;  /* int32_t: internal topics of theirs, when their event is over */
    GArray *task_orders;       /* TaskOrder, of connect_host.c */
    Timer task_timer;          /* what applications ask for, when their event is over */
    GPtrArray *group_topics;   /* GArray of int32_t, topic indices of each group */
    bool *groups_begun;        /* a member of it has been started */
    Timer fault_timer;
    guint next_fault;
    Timer sample_timer;
    GPtrArray *troubles; /* Trouble*, owned */
    GPtrArray *rolls;    /* Roll*, owned */
    GQueue asked;        /* of the active controller and not yet answered; owned */
    Timer admin_timer;
    uint32_t admin_ids;
    GPtrArray *throttled_moves; /* ThrottledMoves */
    GPtrArray *starting;        /* Actor*: start as soon as the old process is gone */
    GArray *stopping;           /* StoppingProcess */
    GPtrArray *dying;           /* DyingProcess*, owned */
    Stream exits;
    Timer look_timer; /* lives changed in this instant */
    Series *series;
    GPtrArray *probes; /* owned, Probe */
    Checks *checks;
    Invariants *invariants; /* NULL: not watched */
    GroupWatch group_watch;
    GStringChunk *strings;
    PartitionHistory *histories;
    PartitionTotals totals;
    MinIsrSeen min_isr;
    struct SettledLog *settled; /* by partition; housekeeping.c */
    GArray *settled_formers;    /* FormerLog: of topics that were deleted and created again */
    bool *some_day_unclean;     /* by topic: any replica may come to lead */
    SimTime housekept_at;
    int64_t metadata_applied; /* the highest offset that a broker had applied */
    int64_t committed_end;    /* of the metadata: all of it until the cluster is up, by ZooKeeper */
    GArray *decisions;        /* Decision, ascending: not committed yet */
    GArray *leader_changes;
    GArray *assignment_changes;
    GArray *controller_changes;
    GArray *restarts;      /* RestartWindow */
    GArray *hits;          /* FaultHit */
    GArray *positions;     /* GroupPosition, by group, by its topics, by partition */
    GroupRows *group_rows; /* by group */
    GPtrArray *not_simulated;
    int32_t elections;
    struct ReportStore *report;
};

enum {
    WORLD_TIMER_FAULT = 1,
    WORLD_TIMER_SAMPLE,
    WORLD_TIMER_LOOK,
    WORLD_TIMER_ADMIN,
    WORLD_TIMER_ROLL,     /* owner: Roll */
    WORLD_TIMER_EXIT,     /* owner: DyingProcess */
    WORLD_TIMER_PRODUCER, /* owner: ProducerProcess */
    WORLD_TIMER_CONSUMER, /* owner: ConsumerProcess */
    WORLD_TIMER_CONNECT,
    WORLD_TIMER_VERIFY, /* owner: ThrottledMoves */

};

/* assembly.c */
void cluster_assemble(Cluster *self);
/* The spec's host, or one of the process's own. */
uint32_t cluster_host_for(Cluster *self, int32_t host, const char *process);
Broker *cluster_broker(const Cluster *self, int32_t id);
Broker *cluster_broker_at(const Cluster *self, int32_t index); /* in the spec */
bool cluster_has_zookeeper(const Cluster *self); /* each broker has a controller, one is it */
bool cluster_takes_push(void *owner, int32_t broker, uint64_t session); /* BrokerContext's */
void cluster_close_session(void *owner, int32_t broker);
/* By its id: in ZooKeeper mode the one that is a part of this broker. Or NULL. */
Controller *cluster_controller(const Cluster *self, int32_t id);
/* The one that leads the metadata quorum, NULL while there is none. */
Controller *cluster_active_controller(const Cluster *self);
/* That a fault names: by its index or as the active one; NULL when there is none. */
Controller *cluster_named_controller(const Cluster *self, const FaultSpec *fault);
/* min.insync.replicas of a topic with that config (or NULL): its own, else the brokers', as changed
 * at run time (of the first broker), else as they started with. */
int32_t cluster_min_isr_option(const Cluster *self, const KafkaConfig *topic, int64_t offset);
/* A partition as it was committed last; NULL before it is created. */
const PartitionRegistration *cluster_newest(const Cluster *self, int32_t partition);
/* Of the topic that has this name by then; brokers may still have a replica of a former one. */
TopicIdPartition cluster_present(const Cluster *self, int32_t partition);

/* timeline.c */
void timeline_start(Cluster *self);
void timeline_on_timer(Cluster *self);
/* Processes whose start waited for the end of their predecessor. */
void timeline_start_waiting(Cluster *self);
void timeline_on_death(void *owner); /* a process died; owner: Cluster */
void timeline_on_exit(Cluster *self, DyingProcess *dying);
/* Stopped by SIGSTOP; a process that dies is silent for a moment, too. */
bool cluster_is_frozen(const Cluster *self, const Actor *process);

/* What the timeline does; each file's first lines say more. */
void faults_crash(Cluster *self, const FaultSpec *fault); /* process_faults.c */
void faults_stop(Cluster *self, const FaultSpec *fault);
void faults_start(Cluster *self, const FaultSpec *fault);
void faults_pause(Cluster *self, const FaultSpec *fault);
void faults_resume(Cluster *self, const FaultSpec *fault);
void faults_power(Cluster *self, const FaultSpec *fault);
void faults_start_process(Cluster *self, Actor *actor);
void faults_stop_process(Cluster *self, Actor *actor);
/* It is no longer wanted when its old process has ended. */
void faults_forget_start(Cluster *self, Actor *actor);
void faults_end_pauses(Cluster *self, Actor *actor); /* it is none that they froze any more */
/* Its process ends of itself, and with it the controller that is a part of it. owner: Cluster */
void faults_on_broker_exit(void *owner, int32_t broker);
void faults_kill_broker(Cluster *self, Broker *broker);
GArray *faults_hosts(Cluster *self, const FaultSpec *fault);     /* that it names; caller frees */
void faults_change_links(Cluster *self, const FaultSpec *fault); /* path_faults.c */
void faults_slow_down(Cluster *self, const FaultSpec *fault);
void faults_skew_clock(Cluster *self, const FaultSpec *fault);
void faults_change_disks(Cluster *self, const FaultSpec *fault);
ConsumerProcess *cluster_member(Cluster *self, int32_t group, int32_t member); /* or NULL */

/* applications/producers.c */
void producers_make(Cluster *self);
ProducerProcess *producers_find(const Cluster *self, const Actor *actor); /* or NULL */
/* One more process of a task that has some already. */
ProducerProcess *producers_add_spare(Cluster *self, int32_t spec, int32_t instance);
/* applications/connect_host.c: the tasks of Connect workers, as processes. */
void connect_init(Cluster *self);
void connect_free(Cluster *self);
Consumer *
connect_make_worker(Cluster *self, const ConsumerContext *context, const char *name, uint32_t host);
void connect_carry_out(Cluster *self);
/* Adds the tasks of those among the processes that are workers: they freeze together. */
void connect_add_tasks(const Cluster *self, GPtrArray *actors);
/* A task's process has started: it stands still if its worker does. */
void connect_task_started(const Cluster *self, Actor *actor);
/* Processes have ended: is one that a worker waits for among them? */
bool connect_has_workers(const Cluster *self);
void connect_look(const Cluster *self);

/* applications/streams_host.c: Kafka Streams; and whatever runs beside a group's consumers. */
void applications_init(Cluster *self);
StreamsApp *applications_add(Cluster *self, const GroupSpec *spec); /* NULL: no application */
Consumer *applications_make_member(Cluster *self,
                                   StreamsApp *app,
                                   const ConsumerContext *context,
                                   const char *name,
                                   uint32_t host,
                                   StreamThread **ret_thread);
void streams_carry_out(Cluster *self);
void faults_scale(Cluster *self, const FaultSpec *fault); /* client_faults.c */
void faults_join(Cluster *self, const FaultSpec *fault);
void faults_leave(Cluster *self, const FaultSpec *fault);
void faults_set_rate(Cluster *self, const FaultSpec *fault);
void faults_stall(Cluster *self, const FaultSpec *fault);
void faults_request(Cluster *self, const FaultSpec *fault); /* of consumers: seek, pause, resume */
void faults_admin(Cluster *self, const FaultSpec *fault);   /* admin.c */
void admin_unregister(Cluster *self, int32_t broker);
void admin_pursue(Cluster *self);
/* As its spec says; is that under way? */
void admin_create_topic(Cluster *self, int32_t topic);
bool admin_is_creating(const Cluster *self, int32_t topic);
/* A broker was asked for a topic that is not there (auto.create.topics.enable). */
void admin_auto_create(void *cluster, int32_t topic, int32_t partitions, int32_t factor);
void admin_on_answer(void *owner, uint32_t id, KafkaError error);
void admin_free(void *asked);
/* Options of a topic, or of a broker; borrowed to the end of the run. */
void admin_alter_config(Cluster *self, int32_t topic, int32_t broker, const KafkaConfig *options);
bool admin_has_open_requests(const Cluster *self);

/* admin/throttled_moves.c: before the moves of a "reassign" with a throttle are asked for. */
typedef struct ThrottledMoves ThrottledMoves;
void throttled_moves_begin(Cluster *cluster, const FaultSpec *fault);
void throttled_moves_verify(Cluster *cluster, ThrottledMoves *self);
void throttled_moves_free(void *moves);
void faults_roll(Cluster *self, const FaultSpec *fault); /* rolling_restart.c */
void rolling_restart_on_timer(Cluster *self, Roll *roll);
void rolling_restart_note_waiting(Cluster *self); /* what has not come by now */

/* trouble.c: the faults that go on. */
Trouble *trouble_begin(Cluster *self, const FaultSpec *fault);
Trouble *trouble_of(const Cluster *self, const FaultSpec *begun); /* or NULL */
Trouble *trouble_take(Cluster *self, const FaultSpec *end);       /* or NULL; caller frees */
void trouble_end(Cluster *self, const FaultSpec *end);
void trouble_free(void *trouble);
/* Whom it hits by its role now; the end of a fault hits whom that hit. NULL: it names no role. To
 * the next call. */
const FaultHit *trouble_note_hit(Cluster *self, const FaultSpec *fault);
const FaultHit *trouble_hit_of(const Cluster *self, const FaultSpec *fault); /* or NULL: none yet */

/* history.c */
void history_begin(Cluster *self); /* the cluster stands */
void history_on_partition(void *owner,
                          int32_t partition,
                          const PartitionRegistration *registration,
                          const char *why);
void history_on_member(void *owner, const Consumer *member, const char *state);
void history_on_broker_exit(void *owner, int32_t broker);
/* A broker begins to lead, in this epoch. */
void history_on_leading(void *owner, const LeadingReplica *replica);
void history_on_controllers(void *owner); /* one of them took office, or left it */
void history_on_committed(void *owner, int64_t high_watermark);
void history_on_truncated(void *owner, int64_t offset);
/* Who lives and who does not: offline times, rows for the dead and the frozen. */
void history_look(Cluster *self);
/* The broker that leads a partition and lives, or NULL. */
Broker *history_living_leader(const Cluster *self, int32_t partition);

/* sampler.c */
void sampler_start(Cluster *self);
void sampler_sample(Cluster *self);
int64_t sampler_group_lag(Cluster *self, int32_t group);
int64_t cluster_high_watermark(const Cluster *self, int32_t partition);
int64_t cluster_latest_offset(const Cluster *self, int32_t partition); /* -1: no leader tells */
int64_t cluster_log_start_offset(const Cluster *self, int32_t partition);
int64_t cluster_last_stable_offset(const Cluster *self, int32_t partition);

/* watching.c: the invariants' ears. */
void watching_start(Cluster *self);        /* before brokers and clients are made */
void watching_bootstrapped(Cluster *self); /* the cluster stands */
void watching_disk_lost(Cluster *self, const Broker *broker, LossReason how); /* after it has */
const ReplicaWatch *watching_replicas(const Cluster *self); /* NULL: not watched */
const GroupWatch *watching_groups(const Cluster *self);
void watching_member(Cluster *self, const ConsumerProcess *process);

/* validation.c */
void validation_run(Cluster *self);
/* The log that counts at the end: the leader's, else the longest there is. */
const RecordLog *validation_final_log(const Cluster *self, int32_t partition);
/* In-sync replicas that hold other batches than their leader below its high watermark. */
int32_t validation_diverged(const Cluster *self, int32_t partition);

/* watching.c; owner: Cluster */
void watching_produced(void *owner, const ProducedBatch *batch);
/* To each group's account: at which offsets of this log, below `end`, there are no records; */
void watching_tell_gaps(Cluster *self,
                        TopicIdPartition partition,
                        const RecordLog *log,
                        int64_t end);
/* and that all below it is deleted; */
void watching_tell_deleted(Cluster *self, TopicIdPartition partition, int64_t end);
/* or the whole of it, with its topic. */
void watching_tell_gone(Cluster *self, TopicIdPartition partition, const RecordLog *log);

/* housekeeping.c */
void housekeeping_begin(Cluster *self); /* topics are declared */
void housekeeping_end(Cluster *self);
void housekeeping_run(Cluster *self);
/* The run is over, and this is the log that counts. */
void housekeeping_on_end(Cluster *self, int32_t partition, const RecordLog *final);
/* Its topic is deleted; `leader` was its last. */
void housekeeping_on_deletion(Cluster *self, int32_t partition, int32_t leader);
void housekeeping_on_creation(Cluster *self, TopicIdPartition partition);
/* A leader begins: what groups are handed of earlier epochs above its log's end is gone. */
void housekeeping_on_leading(Cluster *self, const LeadingReplica *replica);
/* A replica's log is about to drop or merge what is below new_start. owner: Cluster. */
void housekeeping_before_deletion(void *owner,
                                  TopicIdPartition partition,
                                  const RecordLog *log,
                                  int64_t new_start);

/* The run is over: what leaders that have not heard of a deletion took goes with its topic. */
void housekeeping_settle_formers(Cluster *self);
/* Of the topic that has the name now. */
int64_t housekeeping_settled_end(const Cluster *self, int32_t partition);

/* How the first producer with keys draws those of a topic, for the log cleaner. */
bool housekeeping_key_model(void *owner, int32_t topic, KeyModel *ret_keys);

void workers_join(Cluster *self);
/* report.c */
void report_free(Cluster *self);

/* Something of the scenario that the results must say is not simulated, or did not come about. */
void cluster_make_share_states(Cluster *self);
void cluster_note(Cluster *self, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define CLUSTER_TRANSACTIONS_TOPIC "__transaction_state"
/* If a producer has a transactional.id. */
void cluster_declare_transactions(Cluster *self);
/* The bootstrap of a topic that Kafka makes for itself, if it is declared. */
void cluster_place_internal(Cluster *self,
                            const char *name,
                            const char *factor_option,
                            const char *consequence);

#endif
