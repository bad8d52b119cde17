/* consumer_state.h - what the files of this folder share: the memory of a consumer process.
 *
 * The application thread (poll.c):
 *     starting --client start--> polling --records--> processing --done--> polling
 *     polling --close()--> closing --left the group--> closed
 *
 * The membership (membership/membership_classic.c; AbstractCoordinator.MemberState):
 *     unjoined --Join--> preparing --answer--> completing --Sync's answer--> stable
 *     stable --rejoin--> preparing;  any --generation lost, left--> unjoined */
#ifndef KAFKASIM_MODELS_CONSUMER_CONSUMER_STATE_H
#define KAFKASIM_MODELS_CONSUMER_CONSUMER_STATE_H
#include "models/consumer/consumer.h"
#include "models/consumer/fetch_state.h"
#include "models/consumer/membership/modern_membership.h"
#include "models/consumer/share/share_consumer.h"
#include "models/group/assignors/assignor.h"
#include "sim/actor/state.h"

enum {
    CONSUMER_TIMER_NETWORK = 1,
    CONSUMER_TIMER_METADATA,
    CONSUMER_TIMER_START,
    CONSUMER_TIMER_WAKE,        /* poll() has something to do by itself */
    CONSUMER_TIMER_PROCESSING,  /* the application is done with its records */
    CONSUMER_TIMER_HEARTBEAT,   /* the heartbeat thread */
    CONSUMER_TIMER_POLL_EXPIRY, /* max.poll.interval.ms */
    CONSUMER_TIMER_CLOSE,       /* close() gives up */
    CONSUMER_TIMER_END,         /* the process ends */
};

/* Work of the client's thread. */
enum { CONSUMER_DONE_START, CONSUMER_DONE_UNPACK };

typedef enum ConsumerPhase {
    CONSUMER_STARTING,
    CONSUMER_POLLING,
    CONSUMER_PROCESSING,
    CONSUMER_CLOSING,
    CONSUMER_CLOSED,
} ConsumerPhase;

typedef enum MemberState {
    MEMBER_UNJOINED,
    MEMBER_PREPARING_REBALANCE,
    MEMBER_COMPLETING_REBALANCE,
    MEMBER_STABLE,
} MemberState;

typedef enum ResetPolicy {
    RESET_LATEST,
    RESET_EARLIEST,
    RESET_NONE,
    RESET_BY_DURATION
} ResetPolicy;

typedef struct ConsumerOptions {
    SimDuration session_timeout_ns;
    SimDuration heartbeat_interval_ns;
    SimDuration max_poll_interval_ns;
    SimDuration request_timeout_ns;
    SimDuration retry_backoff_ns;
    SimDuration retry_backoff_max_ns;
    SimDuration poll_timeout_ns;
    SimDuration fetch_max_wait_ns;
    int32_t fetch_min_bytes;
    int32_t fetch_max_bytes;
    const char *rack;    /* client.rack; "" none */
    bool read_committed; /* isolation.level */
    SimDuration metadata_max_age_ns;
    int32_t max_partition_fetch_bytes;
    int32_t max_poll_records;
    bool auto_commit, leaves; /* leaves: internal.leave.group.on.close, classic groups only */
    SimDuration auto_commit_interval_ns;
    ResetPolicy reset;
    SimDuration reset_duration_ns;
    const char *group_instance_id; /* NULL = dynamic */
    SimDuration default_api_timeout_ns;
    bool assigns;          /* assign(): no membership */
    bool has_group;        /* group.id is set: offsets are kept */
    bool record_by_record; /* each record is an event of its own */
} ConsumerOptions;

/* Where a partition's position stands (SubscriptionState.FetchStates). */
typedef enum PositionState {
    POSITION_UNKNOWN,    /* the committed offset is to be asked for */
    POSITION_RESETTING,  /* ListOffsets is to be asked */
    POSITION_VALIDATING, /* OffsetsForLeaderEpoch is to be asked (KIP-320) */
    POSITION_VALID,
} PositionState;

typedef struct AssignedPartition {
    int32_t partition;
    PositionState state;
    bool asked;              /* its ListOffsets or OffsetsForLeaderEpoch is on the way */
    bool pending_revocation; /* neither fetched nor handed out any more */
    bool buffered;           /* a completed fetch of it waits */
    int32_t leader_epoch;    /* of the last batch handed out; -1 none */
    int32_t valid_under;     /* leader epoch under which the position was last found valid */
    int64_t position;        /* next offset to hand out; -1 none */
    int64_t to_commit;       /* by the application's next commit; -1 nothing */
    int64_t reset_to;        /* ListOffsets' timestamp when it is reset by a seek */
    bool seeks;              /* it is, not by auto.offset.reset */
    bool has_news;           /* handed out since the last commit (sink_task.c) */
    bool paused;             /* pause(): neither fetched nor handed out */
    bool sought;             /* seek(): no broker has said that there is such an offset */
    bool prefers;            /* KIP-392: fetched from a follower in its own rack, */
    int32_t preferred;       /* this broker, */
    SimTime preferred_until; /* until then */
    SimTime since;           /* it was assigned, for reports */
} AssignedPartition;

/* The commit that a rebalance or close() waits for. */
typedef enum CommitOutcome {
    COMMIT_NONE,
    COMMIT_IN_FLIGHT,
    COMMIT_DONE,
    COMMIT_RETRIABLE,
    COMMIT_FAILED,
} CommitOutcome;

/* Records of one partition that poll() returned, in their order. */
typedef struct HandedRange {
    int32_t partition;
    int64_t first;
    int64_t next; /* first that is not processed */
    int64_t last;
} HandedRange;

typedef enum ApplicationStage {
    APPLICATION_IDLE,
    APPLICATION_UNPACKING, /* what poll() returns is decompressed */
    APPLICATION_NEXT,
    APPLICATION_WORKING,
    APPLICATION_BACKING_OFF,
    APPLICATION_COMMITTING,
    APPLICATION_SENDING, /* to the dead-letter topic */
    APPLICATION_ENDING,  /* what it wrote is flushed, or its transaction committed */
} ApplicationStage;

/* groupMetadata(): as whom the member last joined, or its newest epoch. Who loses its membership is
 * still called so (ConsumerCoordinator.onJoinComplete, AsyncKafkaConsumer.updateGroupMetadata). */
typedef struct GroupMetadata {
    int32_t generation;
    char member_id[MEMBER_ID_BYTES];
} GroupMetadata;

/* Where the application stands in what the last poll() returned (application.c). */
typedef struct Application {
    ApplicationStage stage;
    GArray *handed;        /* of HandedRange */
    GArray *batches;       /* of RecordOrigin, of the first of each batch; of a worker */
    guint at;              /* the range in work */
    SimDuration unpack_ns; /* CPU to decompress what this poll() hands out */
    SimTime polled_at;
    bool poll_expired; /* max.poll.interval.ms has passed since */
    bool is_first;     /* nothing of this poll() is processed yet */
    int64_t chunk;     /* records in work; */
    int64_t chunk_slow;
    bool is_poison; /* it is one record, which fails */
    SimTime chunk_since;
    SimDuration chunk_time;
    int64_t attempts;
    SimDuration stall;   /* what its next work takes besides; see consumer_stall() */
    int64_t uncommitted; /* records processed since the last commit */
    int64_t ahead;       /* records still to process that are committed already */
    bool is_poll_committed;
    SimTime committed_at;
    SimTime commit_until; /* commitSync() gives up */
    SimTime retry_at;     /* the dead letter is sent again */
    int32_t letter;       /* its partition */
    bool is_letter_in_flight, is_letter_done;
    bool is_unflushed;            /* worker.c */
    GroupMetadata group_metadata; /* as of the poll() in work */
} Application;

/* CONSUMER_WATCH(consumer, on_reset, partition, offset): tells the observer, if there is one. */
#define CONSUMER_WATCH(consumer, hook, ...)                                                        \
    do {                                                                                           \
        const ConsumerContext *of_ = &(consumer)->context;                                         \
        if (of_->watch != NULL) {                                                                  \
            of_->watch->hook(of_->watch->owner, of_->group_index, of_->member_index, __VA_ARGS__); \
        }                                                                                          \
    } while (0)

struct Consumer {
    Actor actor; /* first */
    ConsumerContext context;
    ConsumerOptions options;
    const char *client_id;
    const RecordSink *sink; /* NULL: the application writes nothing */
    GPtrArray *protocols;   /* of const char*, NULL-terminated */
    bool is_cooperative;    /* every assignor of the list is (KIP-429) */
    bool sends_last;        /* the sticky assignor wants the last assignment, though revoked */
    NetworkClient *network;
    ClientMetadata *metadata;
    Stream processing;
    Stream backoff;

    /* poll.c */
    ConsumerPhase phase;
    int32_t depth;        /* events being handled: poll() looks when all are */
    bool is_running_poll; /* no entering from within */
    bool poll_again;
    bool has_sought; /* some entry may be `sought` */
    bool is_closing;
    bool is_in_poll; /* poll_started_at is this poll()'s */
    SimTime poll_started_at;
    Timer start_timer;
    Timer wake;
    Timer processing_timer;
    Timer close_timer;
    Timer end_timer;

    /* membership/ */
    MemberState state;
    int32_t generation;
    char member_id[MEMBER_ID_BYTES];
    uint32_t membership; /* counts changes of generation and member id */
    GroupMetadata group_metadata;
    int32_t coordinator; /* broker id, or -1 */
    bool is_looking_up;  /* FindCoordinator is on the way */
    SimTime lookup_retry_at;
    uint32_t lookup_attempts; /* of the new threading; those of a poll() begin anew */
    bool rejoin_needed;
    bool needs_join_prepare;
    bool is_join_in_flight;   /* Join or Sync */
    ResponseHeader *deferred; /* their answer, come while the application was processing */
    SimTime sync_seen_at;     /* by the heartbeat thread, when that is the sync's */
    SimTime join_retry_at;
    SimTime join_prepare_until; /* 0: not begun */
    const char *rejoin_reason;
    SimTime rejoin_at; /* of itself, for a reason; SIM_TIME_MAX: not */
    const char *rejoin_at_reason;
    GArray *last_assignment; /* of int32_t, and its generation: for the sticky assignor */
    int32_t last_generation;
    bool is_leader;
    GArray *watched; /* of int32_t: partitions of each joined topic at the leader's assignment */
    uint64_t watched_racks;   /* group_racks_digest then; */
    uint32_t watched_version; /* and which answer of the metadata was looked at last */
    GArray *subscribed;       /* of int32_t: topics; */
    GArray *joined;           /* those that the last JoinGroup named */
    /* pattern_subscription.c: versions of the metadata that were matched, that a join waits for */
    uint32_t pattern_version;
    uint32_t pattern_awaited;
    bool is_pattern_asked;         /* this join's refresh was asked for */
    JoinGroupResponse *unassigned; /* the leader cannot say yet who gets what (MemberWork) */
    SimTime assign_retry_at;
    bool is_heartbeat_enabled;
    SimTime heartbeat_since; /* when it was enabled */
    SimTime session_deadline;
    Timer heartbeat;
    Timer poll_expiry;
    bool is_leaving;
    bool has_left; /* its leave is answered, or there was none to send */

    /* application.c, seek.c */
    Application application;
    GArray *requests; /* of ConsumerRequest, made while it could not hear */

    ModernMembership modern; /* membership/membership_consumer.c: group.protocol=consumer */

    ShareConsumer share; /* share/: KafkaShareConsumer */

    /* commits.c */
    SimTime next_auto_commit;
    CommitOutcome waited_commit;
    SimTime waited_retry_at;
    uint32_t waited_attempts; /* that failed, and are to be repeated */
    int32_t async_in_flight;  /* commits that nobody waits for, but close() */
    bool is_async_waiting;    /* commitAsync() was called; sent when the coordinator is known */
    SimTime next_sink_commit; /* sink_task.c; SIM_TIME_MAX: no sink task */

    /* positions.c */
    GArray *assigned; /* of AssignedPartition by partition */
    GArray *owned;    /* of int32_t: the same, for reports */
    bool is_offset_fetch_in_flight;
    SimTime positions_retry_at;

    /* fetcher.c */
    GPtrArray *fetch_nodes; /* of FetchNode by first use */
    GPtrArray *completed;   /* of CompletedFetch, FIFO */
    GPtrArray *spare;       /* of CompletedFetch */
    GArray *fetchable;      /* of FetchPartition: scratch */
    GArray *request;        /* of FetchPartition: scratch */
};

static inline SimTime consumer_now(const Consumer *self)
{
    return actor_now(&self->actor);
}
/* "orders-3". */
char *consumer_partition_name(const Consumer *self, int32_t partition, char *text, size_t bytes);
/* "orders-0 orders-1"; caller frees. */
char *consumer_owned_text(const Consumer *self);
void consumer_changed(Consumer *self, const char *state);
const MemberSpec *consumer_member_spec(const ConsumerContext *context);
/* The application gives up: an exception left poll(). */
void consumer_fail(Consumer *self, const char *why);
SimDuration consumer_backoff(Consumer *self, uint32_t *attempts);

/* subscription.c */
AssignedPartition *subscription_find(const Consumer *self, int32_t partition);
void subscription_assign(Consumer *self, const int32_t *partitions, int32_t count);
/* Cooperative: keeps what stays, with its position. */
void subscription_change(Consumer *self, const int32_t *partitions, int32_t count);
void subscription_clear(Consumer *self);
bool consumer_same_numbers(const GArray *a, const GArray *b); /* of int32_t */

/* poll.c: something happened that a waiting poll() would see. */
void poll_wake(Consumer *self);
void poll_start_up(Consumer *self);
void poll_on_work_done(Actor *actor, uint16_t kind, void *data);
void poll_on_timer(Consumer *self, Timer *timer);
/* close() was called, or goes on: a commit or the LeaveGroup was answered. */
void close_begin(Consumer *self);
void close_go_on(Consumer *self);
void close_left(Consumer *self);
void close_on_timer(Consumer *self, Timer *timer);

/* membership/membership_classic.c */
void membership_reset(Consumer *self);
/* One call of ConsumerCoordinator.poll(): false when there is no coordinator, or a join runs. */
bool membership_poll(Consumer *self);
SimTime membership_next_action(const Consumer *self);
void membership_on_response(Consumer *self, uint16_t api, uint32_t sent, ResponseHeader *response);
void membership_request_rejoin(Consumer *self, const char *reason);
void membership_reset_generation(Consumer *self, bool with_member_id, const char *reason);
/* LeaveGroup, if there is anything to leave; false when nothing was sent. */
bool membership_leave(Consumer *self, const char *reason);
void *membership_request(Consumer *self, size_t bytes, uint16_t api);
void membership_send(Consumer *self, void *request, SimDuration timeout);
void membership_send_sync(Consumer *self, SyncGroupRequest *request);
/* The join or sync did not succeed; it is tried again, at once or after retry.backoff.ms. */
void membership_join_failed(Consumer *self, bool at_once, const char *reason);

/* membership/pattern_subscription.c: subscribe() by names or by a pattern; */
void pattern_subscribe(Consumer *self);
bool pattern_is_clients(const Consumer *self);
bool pattern_is_coordinators(const Consumer *self);
/* takes over what newer metadata says; */
void pattern_update(Consumer *self);
/* before a join: the metadata is as new as may be. */
bool pattern_is_fresh(Consumer *self);

/* membership/coordinator_lookup.c */
void membership_lookup(Consumer *self);
void coordinator_found(Consumer *self, const FindCoordinatorResponse *response);
/* Whatever was asked of it counts as failed. */
void membership_coordinator_unknown(Consumer *self, bool is_disconnected);
/* Is there a coordinator, and can it take a request? Connects to it if need be. */
bool membership_can_send(Consumer *self);

/* membership/group_leader.c */
void leader_assign(Consumer *self, JoinGroupResponse *response);
void leader_assign_again(Consumer *self);
bool leader_has_metadata_changed(Consumer *self);

/* membership/group_racks.c */
typedef struct GroupRacks {
    const Consumer *consumer;
    GPtrArray *names; /* of const char: a bit each */
} GroupRacks;
void group_racks_init(GroupRacks *self, const Consumer *consumer);
void group_racks_clear(GroupRacks *self);
/* The bit of a rack; 0 for none. */
uint64_t group_racks_bit(GroupRacks *self, const char *rack);
/* AssignorInput.racks_of; owner: a GroupRacks. */
uint64_t group_racks_of(const void *owner, int32_t partition);
/* Of the racks of all partitions of the joined topics; 0 when this client names no rack itself. */
uint64_t group_racks_digest(const Consumer *self);

/* membership/heartbeat.c */
void heartbeat_enable(Consumer *self);
void heartbeat_disable(Consumer *self);
const char *heartbeat_log_poll_expired(Consumer *self); /* the member's state from then on */
void heartbeat_on_timer(Consumer *self);
void heartbeat_on_response(Consumer *self, uint32_t sent, const HeartbeatResponse *response);
void heartbeat_session_seen(Consumer *self);
/* When the thread looks for the next time, now or later. */
SimTime heartbeat_next_look(const Consumer *self);
/* It may have taken the answer to SyncGroup: then the member is stable before its next poll(). */
void heartbeat_take_sync(Consumer *self);

/* commits.c */
void commits_maybe_auto_commit(Consumer *self);
/* The commit before a join and at close: starts it, or says how it went. */
CommitOutcome commits_wait(Consumer *self);
/* When the one that is waited for is tried again, if it is. */
void commits_retry_later(Consumer *self);
void commits_on_response(Consumer *self,
                         uint32_t sent,
                         bool is_waited_for,
                         const OffsetCommitResponse *response);
SimTime commits_next_action(const Consumer *self);
/* What the application commits: its marks, or all positions. */
void commits_mark(const Consumer *self, AssignedPartition *entry, int64_t offset);
void commits_mark_positions(Consumer *self);
bool commits_async(Consumer *self);        /* false: it failed at once */
bool commits_send_waiting(Consumer *self); /* now that there is a coordinator: is none left? */
void commits_lookup_failed(Consumer *self);
/* Starts commitSync(), or goes on with it. */
CommitOutcome commits_sync(Consumer *self);
void commits_forget(Consumer *self);

/* program.c, or application.c: poll() returned so many; something happened; its time is over. */
bool program_polled(Consumer *self, int32_t records);
bool program_run(Consumer *self);
void program_on_timer(Consumer *self);
/* The heartbeat thread notices when what lasts until then is longer than max.poll.interval.ms. How
 * long work takes is known, so the timer is only armed when it will fire. */
void consumer_watch_poll(Consumer *self, SimTime until);
void program_hand(
    Consumer *self, int64_t topic_id, const RecordBatch *batch, int64_t first, int64_t last);
void program_lost(Consumer *self);
bool program_may_close(Consumer *self);
SimTime program_next_action(const Consumer *self);
void subscription_add(Consumer *self, int32_t partition);

/* application.c: poll() returned records first..last of a partition (hand), all of them (begin).
 * begin and run: true when everything is done and poll() may be called again. */
void application_hand(Consumer *self, int32_t partition, int64_t first, int64_t last);
bool application_begin(Consumer *self);
bool application_run(Consumer *self);
void application_on_unpacked(Consumer *self);
void application_on_timer(Consumer *self);
void application_interrupt(Consumer *self); /* the process ends: the rest goes into the ledger */

/* sink_task.c: before each poll(); what was put is not committed after all; */
void sink_task_start(Consumer *self);
void sink_task_iterate(Consumer *self);
void sink_task_handed(Consumer *self, int32_t partition);
void sink_task_commit_failed(Consumer *self);
void sink_task_undo(Consumer *self); /* it fails over the last poll() */
bool sink_task_has_nothing_new(const Consumer *self);

/* seek.c: the requests that wait. */
void seek_apply(Consumer *self);

/* dead_letter.c */
void dead_letter_begin(Consumer *self, int32_t partition);
bool dead_letter_is_sent(Consumer *self);
void dead_letter_on_response(Consumer *self, const ProduceResponse *response);

/* positions.c */
void positions_update(Consumer *self);
SimTime positions_next_action(const Consumer *self);
void positions_tell_move(const Consumer *self, AssignedPartition *entry, int64_t offset);
void positions_request_reset(Consumer *self, AssignedPartition *entry);
void positions_on_committed(Consumer *self, const OffsetFetchResponse *response);
void positions_on_listed(Consumer *self, const ListOffsetsResponse *response);
void positions_on_epoch_ends(Consumer *self, const OffsetsForLeaderEpochResponse *response);

/* fetcher.c */
void fetcher_send(Consumer *self);
SimTime fetcher_next_action(Consumer *self);
void fetcher_on_response(Consumer *self, FetchNode *node, FetchResponse *response);
void fetcher_reset(Consumer *self);
void fetcher_free(Consumer *self);

/* worker.c: groupMetadata() says so from now on. */
void worker_on_joined(Consumer *self);
/* poll() gave records, and of which batches; one is processed; all are; has that come to an end? */
void worker_begin(Consumer *self);
void worker_hand(Consumer *self, int64_t topic_id, const RecordBatch *batch);
void worker_send(Consumer *self, int32_t partition, int64_t offset);
void worker_end(Consumer *self);
bool worker_is_ended(Consumer *self);

/* aborted.c: batches of aborted transactions become like control batches: offsets, no records. */
void fetch_buffer_skip_aborted(RecordBatch *batches,
                               int32_t count,
                               const AbortedTransaction *aborted,
                               int32_t aborted_count);
/* fetch_buffer.c: hands out up to max.poll.records; how many. */
void fetch_buffer_add(Consumer *self,
                      const FetchPartitionResponse *partition,
                      const FetchPartition *asked,
                      const RecordBatch *batches);
int32_t fetch_buffer_collect(Consumer *self);
/* Up to `room` records of one batch of that topic from `from` on, to the application; how many. */
int32_t fetch_buffer_hand_out(
    Consumer *self, int64_t topic_id, const RecordBatch *batch, int64_t from, int32_t room);
/* An event for what was handed out, with output.events=all. */
void fetch_buffer_trace(Consumer *self, int32_t partition, int32_t handed, int64_t last);
void fetch_buffer_clear(Consumer *self);

/* The leader epoch that this client's requests name: before KIP-320 none (-1). */
int32_t consumer_leader_epoch(const Consumer *self, int32_t partition);

#endif
