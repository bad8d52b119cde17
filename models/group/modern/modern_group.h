/* modern_group.h - a group of the new protocol, as its coordinator keeps it: a passive object.
 *
 *     Empty --member--> Assigning --target computed--> Reconciling --all members Stable at the
 *     target's epoch--> Stable;  Stable, Reconciling --group epoch raised--> Assigning
 *
 * It changes by replayed records only (modern_group_replay). The operations (modern_heartbeat.h)
 * read it, make records, replay them at once and leave them in `made` for whoever writes the log.
 * Time, timers and topics come from a ModernHost, so that vectors and brokers run the same code.
 *
 * Mirrors: ModernGroup, ConsumerGroup, ConsumerGroupMember, ShareGroup (KIP-848, KIP-932;
 * clients.md §5.1). Left out: what assignors could do with racks (Kafka's do nothing; that replicas
 * stand in other racks raises the group epoch all the same), and the periodic refresh of metadata
 * (a change of a topic asks for one at once, as in Kafka). */
#ifndef KAFKASIM_MODELS_GROUP_MODERN_MODERN_GROUP_H
#define KAFKASIM_MODELS_GROUP_MODERN_MODERN_GROUP_H
#include "models/group/assignors/assignor.h"
#include "models/group/modern/modern_records.h"

#define LEAVE_GROUP_MEMBER_EPOCH        (-1)
#define LEAVE_GROUP_STATIC_MEMBER_EPOCH (-2)

typedef struct ModernMember {
    char id[MEMBER_ID_BYTES];
    MemberSubscription subscription;
    CurrentAssignment current;
    PartitionSet *target; /* never NULL */
    PartitionSet *topics; /* subscribed by name or by regular expression; never NULL */
    bool is_join_awaited; /* of the classic protocol: was told to join again */
    void *timers;         /* the host's, see ModernHost.forget */
} ModernMember;

typedef enum ModernTimerKind {
    MODERN_TIMER_SESSION,   /* no heartbeat */
    MODERN_TIMER_REBALANCE, /* partitions not given up */
    MODERN_TIMER_JOIN,      /* a classic member that has not joined again */
    MODERN_TIMER_SYNC,      /* or has not asked for its assignment */
    MODERN_TIMER_KINDS,
} ModernTimerKind;

typedef struct ModernGroup ModernGroup;
typedef struct ModernHost {
    void *owner;
    /* The topic as this broker knows it now; 0 partitions: it does not exist. */
    AssignorTopic (*topic)(void *owner, int32_t topic);
    /* Says in which racks the replicas of its partitions stand; 0: in none. NULL: none does. */
    uint64_t (*topic_racks)(void *owner, int32_t topic);
    /* Timers are named by member id and kind: scheduling replaces. When one fires,
     * modern_group_on_timer is called with its `epoch`. */
    void (*schedule)(void *owner,
                     ModernGroup *group,
                     const char *member_id,
                     ModernTimerKind kind,
                     SimDuration delay,
                     int32_t epoch);
    void (*cancel)(void *owner, ModernGroup *group, const char *member_id, ModernTimerKind kind);
    /* For regular expressions (modern_regex.h) and share groups, else NULL: the time; topics are
     * numbered below this; the metadata as this broker knows it and the newest record in it that
     * created a topic; and modern_group_resolve is to be called soon. */
    SimTime (*now)(void *owner);
    int32_t (*topic_count)(void *owner);
    int64_t (*version)(void *owner);
    int64_t (*newest_topic)(void *owner);
    void (*resolve)(void *owner, ModernGroup *group);
    /* The member object goes; NULL when its timers need no object. */
    void (*forget)(void *owner, ModernMember *member);
    /* For the log: "group epoch raised", ...; may be NULL. */
    void (*say)(void *owner, const char *what, const char *text);
} ModernHost;

typedef struct ModernOptions {
    SimDuration session_timeout_ns;
    SimDuration heartbeat_interval_ns;
    int32_t max_size;
    SimDuration regex_refresh_interval_ns; /* group.consumer.regex.refresh.interval.ms */
    bool may_upgrade;                      /* group.consumer.migration.policy */
    bool may_downgrade;
    const char *const
        *assignors;           /* group.consumer.assignors: the first is the default; NULL ends */
    bool extra_goes_to_first; /* uniform before KAFKA-18688 */
    const Assignor *assignor; /* of share groups, instead of all these */
} ModernOptions;

typedef struct SubscribedRegex {
    const char *regex;
    int32_t subscribers;
    PartitionSet *topics; /* that it stands for; NULL: not resolved yet */
    int64_t version;      /* metadata offset of the topics that it was matched with */
    SimTime time;         /* and when */
    bool is_asked;        /* it is being resolved */
} SubscribedRegex;

/* How many members subscribe to a topic. */
typedef struct SubscribedTopic {
    int32_t topic;
    int32_t subscribers;
} SubscribedTopic;

struct ModernGroup {
    const char *id; /* borrowed from the clients' spec */
    ModernGroupType type;
    const ModernHost *host;
    const ModernOptions *options;
    int32_t epoch;
    int32_t target_epoch;
    uint64_t metadata_hash;      /* of the subscribed topics, when the epoch was raised last */
    int64_t rebalances;          /* times the group epoch was raised: for reports */
    GPtrArray *members;          /* of ModernMember, in order of arrival */
    GHashTable *members_by_id;   /* look-up only */
    GHashTable *static_members;  /* instance id -> ModernMember; look-up only */
    GHashTable *partition_epoch; /* partition -> epoch + 1; look-up only */
    GArray *subscribed;          /* of SubscribedTopic by topic */
    GArray *regexes;             /* of SubscribedRegex */
    bool is_resolving;           /* its regular expressions */
    int64_t loaded_version;      /* metadata offset at which this coordinator took the group over */
    bool is_all_classic;         /* the last member of the new protocol has just gone, and it may
                                    be a classic group again */
    PartitionSet *initialized;   /* share groups: partitions that the persister knows, */
    PartitionSet *initializing;  /* and those of which it is told */
    SimTime initializing_since;
    bool is_asking;        /* it will be, when that is written */
    bool metadata_refresh; /* topics may have changed since they were looked at */
    GPtrArray *made;       /* of ModernRecord: written since modern_group_take */
    GPtrArray *owed;       /* tombstones whose write failed */
};

ModernGroup *modern_group_new(const char *id,
                              ModernGroupType type,
                              const ModernHost *host,
                              const ModernOptions *options);
void modern_group_free(ModernGroup *self);

/* Changes the group as the record says. Takes no reference. */
void modern_group_replay(ModernGroup *self, const ModernRecord *record);
/* Replays, and keeps the record in `made`. Takes the caller's reference. */
void modern_group_write(ModernGroup *self, ModernRecord *record);

ModernMember *modern_group_member(const ModernGroup *self, const char *member_id);
ModernMember *modern_group_static_member(const ModernGroup *self, const char *instance_id);
int32_t modern_group_partition_epoch(const ModernGroup *self, int32_t partition); /* -1 free */
/* "Empty", "Assigning", "Reconciling", "Stable"; a share group is "Empty" or "Stable". */
const char *modern_group_state(const ModernGroup *self);
SubscribedRegex *modern_group_regex(const ModernGroup *self, const char *regex); /* or NULL */
bool modern_group_is_subscribed(const ModernGroup *self, int32_t topic);
/* Members that speak the classic protocol. */
int32_t modern_group_classic_members(const ModernGroup *self);

/* Of the subscribed topics that exist and their partitions: another one when a topic came, went or
 * grew (KIP-1101). */
uint64_t modern_group_hash_topics(const ModernGroup *self);
/* target_assignment.c: new targets for all members, and the target epoch = the group's. */
void modern_group_compute_targets(ModernGroup *self);
/* Fills `made` with the whole group instead of the latest changes. */
void modern_group_snapshot(ModernGroup *self);
/* The server-side assignor that most members ask for. */
const char *modern_group_assignor(const ModernGroup *self);

#endif
