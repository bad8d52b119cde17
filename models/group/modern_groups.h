/* modern_groups.h - groups of the new protocol (models/group/modern) under a coordinator: arms
 * their timers, writes their records, answers their members.
 *
 * A change is replayed at once and answered when its records are committed; an answer without
 * records waits for the writes before it. When a write fails, Kafka takes the change back; here it
 * stays, and the whole group is written again with the next one.
 *
 * A share group's partitions are assigned when the persister has been told of them
 * (modern_share.h); that takes a while and shows at a member's next heartbeat.
 *
 * Mirrors: GroupCoordinatorService.consumerGroupHeartbeat, shareGroupHeartbeat, CoordinatorRuntime
 * (events, deferred answers), GroupMetadataManager's timers. */
#ifndef KAFKASIM_MODELS_GROUP_MODERN_GROUPS_H
#define KAFKASIM_MODELS_GROUP_MODERN_GROUPS_H
#include "models/group/coordinator_internal.h"

void modern_groups_init(GroupCoordinator *self);
/* Answers now or later. */
void modern_groups_heartbeat(GroupCoordinator *self,
                             CoordinatorShard *shard,
                             ConsumerGroupHeartbeatRequest *request);
void modern_groups_fail(GroupCoordinator *self, RequestHeader *request, KafkaError error);
/* One record of the log, while it is loaded. */
void modern_groups_replay(GroupCoordinator *self, ClassicGroup *group, const ModernRecord *record);
void modern_groups_on_loaded(ClassicGroup *group);
void modern_groups_on_timer(GroupCoordinator *self, GroupTimer *timer);
/* A share group's partitions of a deleted topic are to be told to the persister again. */
void modern_groups_on_partitions_deleted(ClassicGroup *group, int32_t first, int32_t count);
/* The group stops being one of the new protocol. */
void modern_groups_drop(ClassicGroup *group);
/* The same, and the log is told (a classic member comes to an empty group). */
void modern_groups_bury(ClassicGroup *group);
/* The records of a heartbeat are committed, or could not be. */
void modern_groups_on_written(ClassicGroup *group, uint32_t payload, KafkaError error);

#endif
