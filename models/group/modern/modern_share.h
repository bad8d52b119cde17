/* modern_share.h - which partitions of a share group the persister has been told of: only those are
 * assigned.
 *
 *     unknown --a heartbeat finds it subscribed to--> initializing --the persister has answered-->
 *     initialized --its topic is deleted--> unknown
 *
 * What is initializing and what is initialized stands in one record of the group. A coordinator
 * that dies between the two leaves the former: the next one asks the persister again when that has
 * stood for twice offsets.commit.timeout.ms since it was read. What is initialized and not assigned
 * raises the group epoch at the next heartbeat.
 *
 * Mirrors: GroupMetadataManager.subscribedTopicsChangeMap, addInitializingTopicsRecords,
 * initializeShareGroupState, initializedAssignmentPending, maybeCleanupShareGroupState (4.1). Left
 * out: a persister that refuses; that a topic which was deleted and created again, both while no
 * coordinator had the group, is another one. */
#ifndef KAFKASIM_MODELS_GROUP_MODERN_MODERN_SHARE_H
#define KAFKASIM_MODELS_GROUP_MODERN_MODERN_SHARE_H
#include "models/group/modern/modern_group.h"

/* Is something initialized that no member shall have (or no more the other way round)? */
bool modern_share_is_assignment_pending(const ModernGroup *self);
/* How many of its partitions, from the first on, may be assigned. */
int32_t modern_share_assignable(const ModernGroup *self, const AssignorTopic *topic);
/* Writes that subscribed partitions which are not known, or have been initializing for `retry`, are
 * initializing; sets `is_asking` when there are any. */
void modern_share_plan(ModernGroup *self, SimDuration retry);
/* The persister has answered. */
void modern_share_complete(ModernGroup *self);
/* These are deleted. */
void modern_share_forget(ModernGroup *self, int32_t first, int32_t count);

#endif
