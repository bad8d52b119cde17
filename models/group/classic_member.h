/* classic_member.h - one member of a classic group, as the coordinator keeps it.
 *
 * Mirrors: ClassicGroupMember. */
#ifndef KAFKASIM_MODELS_GROUP_CLASSIC_MEMBER_H
#define KAFKASIM_MODELS_GROUP_CLASSIC_MEMBER_H
#include "models/protocol/message.h"

/* What a timer of the coordinator is for. All carry CoordinatorOptions.timer_kind; Timer.owner is
 * the GroupTimer itself. */
typedef enum GroupTimerKind {
    GROUP_TIMER_SESSION,   /* of a member; subject: ClassicMember */
    GROUP_TIMER_PENDING,   /* of an id given out and not yet used; subject: PendingMember */
    GROUP_TIMER_JOIN,      /* of a group: initial delay, or rebalance time-out */
    GROUP_TIMER_SYNC,      /* of a group: members that never sync */
    GROUP_TIMER_MODERN,    /* of a member of a KIP-848 group; subject: its own */
    GROUP_TIMER_REGEX,     /* of a KIP-848 group: its regular expressions are matched */
    GROUP_TIMER_PERSISTER, /* of a share group: its partitions are known to the persister */
    GROUP_TIMER_LINGER,    /* subject: CoordinatorShard */
    GROUP_TIMER_WRITE,     /* subject: CoordinatorAppend */
    GROUP_TIMER_EXPIRY,    /* subject: CoordinatorShard */
} GroupTimerKind;

struct ClassicGroup;
typedef struct GroupTimer {
    Timer timer;
    GroupTimerKind kind;
    struct ClassicGroup *group; /* NULL for linger and write */
    void *subject;
} GroupTimer;
void group_timer_init(GroupTimer *self,
                      uint16_t actor_kind,
                      GroupTimerKind kind,
                      struct ClassicGroup *group,
                      void *subject);

typedef struct ClassicMember {
    char id[MEMBER_ID_BYTES];
    char replaced_id[MEMBER_ID_BYTES]; /* of a static member: the one before */
    const char *instance_id;           /* NULL = dynamic; borrowed from the client's spec */
    SimDuration session_timeout_ns;
    SimDuration rebalance_timeout_ns;
    const char *const *protocols; /* borrowed from the client */
    int32_t topic_count;
    GArray *items;      /* of int32_t: subscribed topics, then owned partitions */
    int32_t generation; /* in which it got the owned ones, as it says */
    int32_t subscription_generation;
    const char *rack;   /* of its subscription; borrowed */
    GArray *assignment; /* of int32_t: partitions of the present generation */
    GArray *incoming;   /* of int32_t: the leader's word, until it is stored */
    RequestHeader *awaiting_join;
    RequestHeader *awaiting_sync;
    bool is_new;         /* its first join is not answered yet */
    bool is_sync_wanted; /* has the join's answer, has not sent its sync */
    GroupTimer session;
} ClassicMember;

/* From its JoinGroup; timers not initialised. */
ClassicMember *classic_member_new(const char *id, const JoinGroupRequest *request);
void classic_member_update(ClassicMember *self, const JoinGroupRequest *request);
/* Of what is stored in the log: no parked requests, no timers. */
ClassicMember *classic_member_copy(const ClassicMember *self);
void classic_member_free(ClassicMember *self);
/* Does the request carry the metadata that is already known? */
bool classic_member_matches(const ClassicMember *self, const JoinGroupRequest *request);
bool classic_member_supports(const ClassicMember *self, const char *protocol);
/* Exempt from session expiry: parked, and not for the first time (P7). */
bool classic_member_has_satisfied_heartbeat(const ClassicMember *self);

#endif
