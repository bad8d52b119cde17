/* modern_classic.h - members of the classic protocol in a group of the new one, while an
 * application is upgraded member by member.
 *
 * Their JoinGroup, SyncGroup, Heartbeat and LeaveGroup are translated: a join is a heartbeat that
 * names what the member owns, the member epoch is its generation, a revocation makes its heartbeats
 * say REBALANCE_IN_PROGRESS until it has joined again.
 *
 * Mirrors: GroupMetadataManager.classicGroupJoinToConsumerGroup, classicGroupSyncToConsumerGroup,
 * classicGroupHeartbeatToConsumerGroup, classicGroupLeaveToConsumerGroup. Left out: a downgrade by
 * a classic static member that replaces the last one of the new protocol. */
#ifndef KAFKASIM_MODELS_GROUP_MODERN_MODERN_CLASSIC_H
#define KAFKASIM_MODELS_GROUP_MODERN_MODERN_CLASSIC_H
#include "models/group/modern/modern_heartbeat.h"

typedef struct ClassicJoin {
    const char *member_id; /* given out before */
    const char *group_instance_id;
    SimDuration session_timeout_ns;
    SimDuration rebalance_timeout_ns;
    const char *const *protocols;
    const PartitionSet *topics;
    const PartitionSet *owned;
    bool is_new; /* a static member that came without an id */
} ClassicJoin;

/* May a member with these assignors be in the group? */
KafkaError modern_classic_validate(const ModernGroup *self, const ClassicJoin *join);
KafkaError modern_classic_join(ModernGroup *self, const ClassicJoin *join);
KafkaError modern_classic_heartbeat(ModernGroup *self,
                                    const char *member_id,
                                    const char *instance_id,
                                    int32_t generation);
KafkaError modern_classic_sync(ModernGroup *self,
                               const char *member_id,
                               const char *instance_id,
                               int32_t generation);
KafkaError modern_classic_leave(ModernGroup *self, const char *member_id, const char *instance_id);

#endif
