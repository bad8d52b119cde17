/* consumer.h - a consumer process: poll loop, fetcher, group membership, commits.
 *
 * Mirrors: ClassicKafkaConsumer, ConsumerCoordinator, AbstractCoordinator, Fetcher,
 * SubscriptionState (clients.md §2, §3). Classic protocol; `range` and the like from
 * models/group/assignors. Files: consumer (the actor), poll, application (what is done with the
 * records), fetcher, fetch_buffer, positions, seek, commits, close, membership/. */
#ifndef KAFKASIM_MODELS_CONSUMER_CONSUMER_H
#define KAFKASIM_MODELS_CONSUMER_CONSUMER_H
#include "models/client/client_metadata.h"
#include "models/client/record_sink.h"
#include "models/ledger/ledger.h"
#include "models/spec/spec.h"

typedef struct Consumer Consumer;

/* What an observer hears of a group's members; nobody decides by it. */
typedef struct GroupWatch {
    void *owner;
    /* Records first..last of a batch were handed to the application; leader_epoch -1: of several.
     */
    void (*on_handed)(void *owner,
                      int32_t group,
                      int32_t member,
                      TopicIdPartition partition,
                      int64_t first,
                      int64_t last,
                      int32_t leader_epoch);
    /* Offsets first..last hold no record for it: markers, aborted transactions. */
    void (*on_passed)(void *owner,
                      int32_t group,
                      int32_t member,
                      TopicIdPartition partition,
                      int64_t first,
                      int64_t last);
    /* The position is what the group committed. */
    void (*on_begin)(void *owner, int32_t group, int32_t member, int32_t partition, int64_t offset);
    /* The position was set by auto.offset.reset. */
    void (*on_reset)(void *owner, int32_t group, int32_t member, int32_t partition, int64_t offset);
    /* `offset` is what a commit will say, whenever it is sent; */
    void (*on_commit)(
        void *owner, int32_t group, int32_t member, int32_t partition, int64_t offset);
    /* now it is, for the first time or again. */
    void (*on_commit_sent)(
        void *owner, int32_t group, int32_t member, int32_t partition, int64_t offset);
    /* The connection ended before the answer to one came. */
    void (*on_commit_unanswered)(void *owner, int32_t group);
} GroupWatch;

/* A group in which something else than partitions is shared out, or partitions by other rules
 * (Kafka: another subclass of AbstractCoordinator, an assignor with user data). */
typedef struct MemberWork {
    const char *const *protocols; /* in order of preference, NULL-terminated */
    bool keeps_partitions; /* take() brings partitions, cooperatively; else its members only belong
                            * and read nothing */
    bool stays;            /* close() sends no LeaveGroup */
    /* Numbers that a JoinGroup says of the member. */
    const GArray *(*metadata)(void *owner);
    bool (*prepare)(void *owner); /* before it joins again; false: not yet. May be NULL */
    /* The leader: who gets what, by the members' numbers in the answer. NULL: it cannot say yet
     * and is asked again. */
    SyncGroupRequest *(*assign)(void *owner, const JoinGroupResponse *response);
    void (*take)(void *owner, const SyncGroupResponse *response, int32_t generation);
    void (*start)(void *owner); /* with the process; may be NULL */
    /* The process ends, of itself or not. May be called twice. */
    void (*end)(void *owner, bool crashed);
} MemberWork;

/* What the thread that polls does with its records, instead of application.c; see program.h. */
typedef struct ConsumerProgram {
    void (*before_poll)(void *owner);
    /* Records first..last of a batch are the application's now. */
    void (*hand)(
        void *owner, int64_t topic_id, const RecordBatch *batch, int64_t first, int64_t last);
    /* poll() found so many (0: and waits). True: poll() is called again. */
    bool (*polled)(void *owner, int32_t records);
    /* Between consumer_begin_work() and consumer_end_work(): something has happened; its time is
     * over. True: the work is done. */
    bool (*run)(void *owner);
    bool (*on_timer)(void *owner);
    bool (*may_close)(void *owner); /* false: it has begun work that comes before */
    void (*lost)(void *owner);      /* the membership, and with it all partitions */
    SimTime (*next_action)(void *owner);
} ConsumerProgram;

typedef struct ConsumerContext {
    Sim *sim;
    const AddressBook *brokers;
    const MetadataLog *topics;
    Ledger *ledger;
    const GroupSpec *spec;
    int32_t group_index;
    int32_t member_index;
    const int32_t *topic_indices; /* the group's topics in `topics` */
    int32_t topic_count;
    const HardwareProfile *profile;
    const Era *era; /* borrowed from the spec */
    /* A member's state changed, for assignments.csv: "joining", "consuming", "rebalancing",
     * "restoring", "left", "stopped", "dead", "frozen"; partitions: what it owns now. Its
     * application tries a record again: "retrying", and no more: "retried". */
    void (*on_change)(void *owner, const Consumer *member, const char *state);
    void *owner;
    const GroupWatch *watch;        /* NULL: nobody looks on */
    bool record_by_record;          /* each record is processed in an event of its own */
    const MemberWork *work;         /* NULL: a consumer */
    const ConsumerProgram *program; /* NULL: application.c */
    void *work_owner;               /* of both */
    bool trace_deliveries;          /* what each poll() hands out of a partition is an event */
} ConsumerContext;

Consumer *consumer_new(const ConsumerContext *context, const char *name, uint32_t host);
void consumer_free(Consumer *self);
Actor *consumer_actor(Consumer *self);
/* Its application writes there; set before it starts, borrowed. And: something happened there. */
void consumer_set_sink(Consumer *self, const RecordSink *sink);
void consumer_wake(Consumer *self);
/* close(): commits (if auto commit), leaves the group, ends. */
void consumer_close(Consumer *self);
/* close() is over. */
bool consumer_has_closed(const Consumer *self);

/* The member joins again then (SIM_TIME_MAX: not of itself). */
void consumer_rejoin_at(Consumer *self, SimTime at, const char *reason);

/* What the application is made to call between two polls. */
typedef enum ConsumerRequestKind {
    CONSUMER_SEEK_OFFSET,
    CONSUMER_SEEK_BEGINNING,
    CONSUMER_SEEK_END,
    CONSUMER_SEEK_TIME, /* to the first record not older than `value` */
    CONSUMER_PAUSE,
    CONSUMER_RESUME,
} ConsumerRequestKind;
typedef struct ConsumerRequest {
    ConsumerRequestKind kind;
    int32_t topic;     /* in `topics` */
    int32_t partition; /* index; -1: all of the topic that it owns */
    int64_t value;
} ConsumerRequest;
void consumer_request(Consumer *self, const ConsumerRequest *request);

/* The application spends so long on the first record of the next poll() that returns any: a call
 * that hangs. It does not poll meanwhile; its heartbeats go on. */
void consumer_stall(Consumer *self, SimDuration duration);

/* For reports. */
const ConsumerContext *consumer_context(const Consumer *self);
int32_t consumer_generation(const Consumer *self);
const char *consumer_instance_id(const Consumer *self); /* NULL: a dynamic member */
int32_t consumer_owned(const Consumer *self, const int32_t **ret_partitions); /* ascending */
const char *consumer_member_id(const Consumer *self);
int64_t consumer_position(const Consumer *self, int32_t partition);       /* -1 none */
SimTime consumer_assigned_since(const Consumer *self, int32_t partition); /* -1 not assigned */

#endif
