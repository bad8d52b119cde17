/* modern_heartbeat.h - what a modern group does with a heartbeat, a leave, a time-out, a commit.
 *
 * ConsumerGroupHeartbeat is the only request of KIP-848: join (epoch 0), go on, leave (-1), leave
 * for a while as a static member (-2). Each is answered at once; only the caller is reconciled.
 * Records are left in group->made.
 *
 * Mirrors: GroupMetadataManager.consumerGroupHeartbeat, consumerGroupLeave,
 * consumerGroupFenceMember, shareGroupHeartbeat; ConsumerGroup.validateOffsetCommit and
 * validateOffsetFetch (clients.md §5.1 H1..H9). */
#ifndef KAFKASIM_MODELS_GROUP_MODERN_MODERN_HEARTBEAT_H
#define KAFKASIM_MODELS_GROUP_MODERN_MODERN_HEARTBEAT_H
#include "models/group/modern/modern_group.h"

typedef struct ModernHeartbeat {
    const char *member_id; /* made by the client (KIP-1082) */
    int32_t member_epoch;
    const char *client_id;
    const char *group_instance_id;    /* NULL dynamic */
    SimDuration rebalance_timeout_ns; /* -1: not said */
    const char *server_assignor;      /* NULL: not said */
    const PartitionSet *topics;       /* subscribed by name; NULL: not said */
    const char *regex;                /* NULL: not said; "" none */
    const PartitionSet *owned;        /* NULL: not said */
} ModernHeartbeat;

typedef struct ModernHeartbeatAnswer {
    int32_t member_epoch;
    const PartitionSet *assignment; /* NULL: unchanged, not sent. Borrowed from the member */
} ModernHeartbeatAnswer;

/* What is wrong with the request itself; the group need not exist. */
KafkaError modern_heartbeat_validate(ModernGroupType type,
                                     const ModernOptions *options,
                                     const ModernHeartbeat *request);
/* Of a valid request. An error leaves the group as it was. */
KafkaError modern_group_heartbeat(ModernGroup *self,
                                  const ModernHeartbeat *request,
                                  ModernHeartbeatAnswer *ret_answer);
/* Removes the member and raises the group epoch. */
void modern_group_fence(ModernGroup *self, ModernMember *member, const char *why);
void modern_group_on_timer(ModernGroup *self,
                           const char *member_id,
                           ModernTimerKind kind,
                           int32_t epoch);
/* The log has been replayed: sessions begin anew, and so do revocations. */
void modern_group_on_loaded(ModernGroup *self);

/* member_epoch < 0: from outside of the group (an administrator, or assign()). */
KafkaError
modern_group_validate_commit(const ModernGroup *self, const char *member_id, int32_t member_epoch);
KafkaError modern_group_validate_offset_fetch(const ModernGroup *self,
                                              const char *member_id,
                                              int32_t member_epoch);

#endif
