/* modern_upgrade.h - a group changes its protocol while its members are upgraded one by one.
 *
 * The first member of the new protocol turns a classic group into one of KIP-848 (upgrade); when
 * the last of them goes, the classic ones are a classic group again (downgrade). Whether they may
 * is group.consumer.migration.policy.
 *
 * Mirrors: GroupMetadataManager.convertToConsumerGroup, convertToClassicGroup. */
#ifndef KAFKASIM_MODELS_GROUP_MODERN_UPGRADE_H
#define KAFKASIM_MODELS_GROUP_MODERN_UPGRADE_H
#include "models/group/modern_groups.h"

/* The group has members and group->modern is empty. */
void modern_upgrade(ClassicGroup *group);
/* If the operation just done has left classic members only. */
void modern_maybe_downgrade(ClassicGroup *group);

/* JoinGroup, SyncGroup, Heartbeat, LeaveGroup at a group of the new protocol. */
void modern_classic_handle(GroupCoordinator *self, ClassicGroup *group, RequestHeader *request);

#endif
