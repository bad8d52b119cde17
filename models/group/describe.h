/* describe.h - a group as its coordinator would describe it to a tool: DescribeGroups,
 * ConsumerGroupDescribe, OffsetFetch of all partitions. */
#ifndef KAFKASIM_MODELS_GROUP_DESCRIBE_H
#define KAFKASIM_MODELS_GROUP_DESCRIBE_H
#include "models/group/coordinator.h"

typedef struct DescribedMember {
    const char *id;
    const char *instance_id; /* NULL dynamic */
    const int32_t *partitions;
    int32_t count;
} DescribedMember;

typedef struct GroupDescription {
    const char *state;
    const char *assignor; /* "" while it rebalances */
    int32_t epoch;        /* or generation */
    GArray *members;      /* of DescribedMember */
    GArray *offsets;      /* of OffsetEntry: the committed ones */
} GroupDescription;

/* False: this coordinator does not have the group. Borrows from the group; clear it before the
 * cluster runs on. */
bool group_coordinator_describe(const GroupCoordinator *self,
                                const char *group_id,
                                GroupDescription *ret_description);
void group_description_clear(GroupDescription *self);

#endif
