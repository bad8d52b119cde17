/* classic_group.h - a group of the classic protocol, as its coordinator runs it.
 *
 *     Empty --first join--> PreparingRebalance --all joined, or time-out--> CompletingRebalance
 *     PreparingRebalance --nobody left--> Empty
 *     CompletingRebalance --leader's assignment stored--> Stable
 *     Stable, CompletingRebalance --join, leave, expiry--> PreparingRebalance
 *     any --coordinator moved--> Dead
 *
 * Mirrors: ClassicGroup, GroupMetadataManager.classicGroup* (clients.md §3.2; the rules P1..P8 and
 * the rows of its table are cited). Files: classic_group (members, states, rebalance), classic_join
 * (JoinGroup), classic_sync (SyncGroup, Heartbeat, LeaveGroup), offsets (OffsetCommit,
 * OffsetFetch), shard (the log under them), modern_upgrade (to KIP-848 and back). */
#ifndef KAFKASIM_MODELS_GROUP_CLASSIC_GROUP_H
#define KAFKASIM_MODELS_GROUP_CLASSIC_GROUP_H
#include "models/group/classic_member.h"
#include "models/group/coordinator.h"
#include "models/group/records.h"
#include "sim/actor/state.h"

typedef enum ClassicGroupState {
    GROUP_EMPTY,
    GROUP_PREPARING_REBALANCE,
    GROUP_COMPLETING_REBALANCE,
    GROUP_STABLE,
    GROUP_DEAD,
} ClassicGroupState;

/* An id that was given out with MEMBER_ID_REQUIRED and has not come back yet. */
typedef struct PendingMember {
    char id[MEMBER_ID_BYTES];
    GroupTimer session;
} PendingMember;

struct CoordinatorShard;
typedef struct ClassicGroup {
    const char *id; /* borrowed from the clients' spec */
    GroupCoordinator *coordinator;
    struct CoordinatorShard *shard;
    StateMachine state;
    int32_t generation;
    int64_t rebalances; /* completed ones */
    const char *protocol;
    char leader[MEMBER_ID_BYTES]; /* "" = none */
    GPtrArray *members;           /* of ClassicMember, in order of arrival */
    int32_t members_peak;         /* most that there were: a HashMap does not shrink */
    GPtrArray *pending;           /* of PendingMember */
    GroupTimer join_timer;
    SimDuration initial_delay;     /* P1: the delay that is running */
    SimDuration initial_remaining; /* and what may follow it */
    bool is_initial;
    bool was_member_added;
    GroupTimer sync_timer;
    GArray *offsets;      /* of OffsetEntry by partition: the committed ones */
    ModernGroup *modern;  /* NULL, or the group is one of KIP-848: id, shard and offsets are here */
    int64_t topics_seen;  /* metadata offset at which it looked at its topics */
    GroupTimer regex;     /* a KIP-848 group's regular expressions are matched elsewhere */
    GroupTimer persister; /* a share group's partitions are initialized elsewhere */
    bool is_ending;       /* its tombstone is on the way to the log */
    bool is_unwritten;    /* a write of it failed: the next writes all of it */
} ClassicGroup;

ClassicGroup *
classic_group_new(GroupCoordinator *coordinator, struct CoordinatorShard *shard, const char *id);
/* Ends all its timers. Parked requests must have been answered, or their process is dead. */
void classic_group_free(ClassicGroup *self);
bool classic_group_is(const ClassicGroup *self, ClassicGroupState state);
ClassicMember *classic_group_member(const ClassicGroup *self, const char *id);
PendingMember *classic_group_pending(const ClassicGroup *self, const char *id);
ClassicMember *classic_group_static_member(const ClassicGroup *self, const char *instance_id);
bool classic_group_is_leader(const ClassicGroup *self, const char *id);
/* UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID or NONE. */
KafkaError
classic_group_validate(const ClassicGroup *self, const char *member_id, const char *instance_id);

/* How many partitions a member's assignment begins with: of a consumer's all of it; of a Streams
 * thread those before its user data (a number below 0); Connect's units are none. */
guint classic_group_partitions_of(const ClassicGroup *self, const ClassicMember *member);
/* The members in the order in which Java walks its map; caller frees. */
GPtrArray *classic_group_in_java_order(const ClassicGroup *self);
/* Adds a member that is joining now. */
void classic_group_add(ClassicGroup *self, ClassicMember *member);
void classic_group_remove(ClassicGroup *self, const char *member_id);
void classic_group_remove_pending(ClassicGroup *self, PendingMember *pending);
void classic_group_arm_session(ClassicGroup *self, ClassicMember *member, SimDuration timeout);
void classic_group_fail_sync(ClassicGroup *self, ClassicMember *member, KafkaError error);
/* The protocol that a vote would choose (P4), or NULL. */
const char *classic_group_select_protocol(const ClassicGroup *self);

/* Begins a rebalance if the state allows it, else completes the running one if all are there. */
void classic_group_rebalance_or_complete(ClassicGroup *self, const char *why, const char *member);
/* Only the second half: nobody new, but perhaps nobody is missing any more. */
void classic_group_maybe_complete(ClassicGroup *self);
void classic_group_prepare(ClassicGroup *self, const char *why, const char *member);
void classic_group_on_timer(ClassicGroup *self, GroupTimer *timer);

/* Requests. Join and sync are answered now or later, the others by the caller. */
void classic_group_join(ClassicGroup *self, JoinGroupRequest *request);
void classic_group_answer_join(ClassicGroup *self, ClassicMember *member, KafkaError error);
void classic_group_sync(ClassicGroup *self, SyncGroupRequest *request);
KafkaError classic_group_heartbeat(ClassicGroup *self, const HeartbeatRequest *request);
KafkaError classic_group_leave(ClassicGroup *self, const LeaveGroupRequest *request);
KafkaError classic_group_validate_commit(const ClassicGroup *self,
                                         const OffsetCommitRequest *request);

/* The leader's assignment of `generation` is in the log, or could not be written. */
void classic_group_on_assignment_stored(ClassicGroup *self, int32_t generation, KafkaError error);
/* The new id of a static member is in the log, or could not be written. */
void classic_group_on_static_stored(ClassicGroup *self, const char *member_id, KafkaError error);
/* Answers every parked sync with this error, or with its assignment. */
void classic_group_answer_syncs(ClassicGroup *self, KafkaError error);
/* The coordinator moves away: answers what is parked with NOT_COORDINATOR; Dead. */
void classic_group_unload(ClassicGroup *self);

/* The log's last word, and back. */
GroupSnapshot *classic_group_snapshot(const ClassicGroup *self, bool with_incoming);
void classic_group_restore(ClassicGroup *self, const GroupSnapshot *snapshot);
/* From the log: of what a member supports it knows the assignor that was chosen. */
void classic_group_replay(ClassicGroup *self, const GroupSnapshot *snapshot);
void classic_group_on_loaded(ClassicGroup *self);

#endif
