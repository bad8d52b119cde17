/* modern_leave.h - what the files of this folder share with each other only. */
#ifndef KAFKASIM_MODELS_GROUP_MODERN_MODERN_LEAVE_H
#define KAFKASIM_MODELS_GROUP_MODERN_MODERN_LEAVE_H
#include "models/group/modern/modern_heartbeat.h"

/* Epoch -1 or -2. */
KafkaError modern_group_leave(ModernGroup *self, const ModernHeartbeat *request);
/* The three tombstones of a member, in Kafka's order. */
void modern_group_remove(ModernGroup *self, const char *member_id);
/* The new process takes over place, target and partitions of a static member (H8). */
void modern_group_replace_member(ModernGroup *self, const char *member_id, ModernMember *replaced);
void modern_group_raise_epoch(ModernGroup *self);
/* Looks at topics if need be, raises the epoch if something changed, computes new targets. */
void modern_group_update(ModernGroup *self, bool is_subscription_changed);
/* One step of this member towards its target. */
KafkaError
modern_group_reconcile(ModernGroup *self, const char *member_id, const PartitionSet *owned);

#endif
