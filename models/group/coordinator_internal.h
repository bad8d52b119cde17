/* coordinator_internal.h - what the files of this folder share. */
#ifndef KAFKASIM_MODELS_GROUP_COORDINATOR_INTERNAL_H
#define KAFKASIM_MODELS_GROUP_COORDINATOR_INTERNAL_H
#include "models/group/classic_group.h"
#include "models/group/shard.h"

struct GroupCoordinator {
    CoordinatorHost host;
    CoordinatorOptions options;
    CoordinatorRecords *records;
    GPtrArray *shards;        /* of CoordinatorShard, in order of election */
    GPtrArray *groups;        /* of ClassicGroup, in order of creation */
    GHashTable *groups_by_id; /* look-up only */
    GPtrArray *spare_appends; /* of CoordinatorAppend, to be used again */
    Stream member_ids;
    GPtrArray *txn_pending; /* of PendingOffsets, in order of writing */
    GPtrArray *txn_writes;  /* of TxnWrite: in the log, not yet committed */
    uint64_t last_token;
    ModernHost modern_host; /* for groups of the new protocol */
};

/* The group, if this coordinator has it. */
ClassicGroup *group_coordinator_group(const GroupCoordinator *self, const char *group_id);
ClassicGroup *
group_coordinator_add_group(GroupCoordinator *self, CoordinatorShard *shard, const char *group_id);
/* Nothing of it is left, and nothing refers to it. */
void group_coordinator_drop_group(GroupCoordinator *self, ClassicGroup *group);
/* client.id (or group.instance.id) + "-" + 36 characters like a UUID. */
void group_coordinator_new_member_id(GroupCoordinator *self,
                                     const char *prefix,
                                     char id[MEMBER_ID_BYTES]);
void *
group_coordinator_response(GroupCoordinator *self, const RequestHeader *request, size_t bytes);
void group_coordinator_respond(GroupCoordinator *self, RequestHeader *request, void *response);
/* Answers any kind of request with nothing but an error. */
void group_coordinator_fail(GroupCoordinator *self, RequestHeader *request, KafkaError error);

/* offsets.c */
void offsets_commit(GroupCoordinator *self, CoordinatorShard *shard, OffsetCommitRequest *request);
void offsets_fetch(GroupCoordinator *self, OffsetFetchRequest *request);
void offsets_apply(ClassicGroup *group, const OffsetEntry *entries, int32_t count);
const OffsetEntry *offsets_find(const ClassicGroup *group, int32_t partition);
/* Those of partitions that this broker does not know go behind the others (KafkaApis); returns how
 * many are left. */
int32_t offsets_refuse_unknown(const GroupCoordinator *self, OffsetEntry *offsets, int32_t count);
void offsets_answer_commit(GroupCoordinator *self, OffsetCommitRequest *request, KafkaError error);

/* offsets_expiry.c: looks at the shard's groups; sees to it that it will be done again. */
void offsets_expire(CoordinatorShard *shard);
void offsets_expiry_arm(CoordinatorShard *shard);

KafkaError offsets_validate_txn(GroupCoordinator *self,
                                CoordinatorShard *shard,
                                const TxnOffsetCommitRequest *request);
/* This coordinator's partition for the group, and whether it can be asked. */
CoordinatorShard *
group_coordinator_shard(const GroupCoordinator *self, const char *group_id, KafkaError *ret_error);

/* txn_offsets.c */
void txn_offsets_init(GroupCoordinator *self);
void txn_offsets_reset(GroupCoordinator *self);
void txn_offsets_free(GroupCoordinator *self);
void txn_offsets_load(GroupCoordinator *self, const RecordBatch *batch);
/* The shard is no longer this coordinator's. */
void txn_offsets_resign(GroupCoordinator *self, int32_t partition);
bool txn_offsets_on_append(GroupCoordinator *self, uint64_t token, KafkaError error);
/* Is there an offset of an open transaction? */
bool txn_offsets_is_pending(const GroupCoordinator *self, const char *group_id, int32_t partition);

#endif
