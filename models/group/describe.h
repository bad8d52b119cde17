/* describe.h - a group as its coordinator would describe it to a tool: DescribeGroups,
 * ConsumerGroupDescribe, OffsetFetch of all partitions. */
#ifndef KAFKASIM_MODELS_GROUP_DESCRIBE_H
#define KAFKASIM_MODELS_GROUP_DESCRIBE_H
#include "models/group/coordinator.h"

typedef struct DescribedMember {
    const char *id;
    const char *client_id;   /* NULL: of the classic protocol, whose ids begin with it */
    const char *instance_id; /* NULL dynamic */
    const int32_t *partitions;
    int32_t count;
    const int32_t *target; /* KIP-848 only: what it shall own, */
    int32_t target_count;
    int32_t epoch;   /* its epoch, -1 in a classic group, */
    bool is_classic; /* and whether it speaks the classic protocol there */
} DescribedMember;

typedef struct GroupDescription {
    const char *state;
    const char *assignor; /* "" while it rebalances */
    int32_t epoch;        /* or generation */
    int32_t target_epoch; /* -1: a classic group */
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
