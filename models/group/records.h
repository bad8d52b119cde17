/* records.h - what coordinators wrote to __consumer_offsets: the content behind payload ids.
 *
 * A payload is what one batch holds: offset commits and group metadata, in order. It is kept until
 * later ones hold all of its keys and every replica has those (coordinator_records_settle).
 *
 * Mirrors: GroupCoordinatorRecordHelpers, GroupMetadataValue, OffsetCommitValue. An offset of -1 is
 * a tombstone; the log cleaner keeps tombstones for good. */
#ifndef KAFKASIM_MODELS_GROUP_RECORDS_H
#define KAFKASIM_MODELS_GROUP_RECORDS_H
#include "models/group/classic_member.h"
#include "models/group/coordinator.h"

typedef struct GroupSnapshot {
    int32_t generation;
    SimTime since;      /* currentStateTimestamp */
    int64_t rebalances; /* completed so far: for reports, not in Kafka's record */
    const char *protocol;
    char leader[MEMBER_ID_BYTES];
    GPtrArray *members; /* of ClassicMember, with `assignment` */
} GroupSnapshot;
GroupSnapshot *group_snapshot_new(void);
void group_snapshot_free(GroupSnapshot *self);

typedef struct CoordinatorRecord {
    const char *group_id;           /* borrowed from the clients' spec */
    GroupSnapshot *snapshot;        /* NULL: an offset commit, or */
    ModernRecord *modern;           /* a record of a KIP-848 group */
    bool is_tombstone;              /* of the whole group */
    struct CoordinatorRecord *next; /* of the same payload; NULL = last */
    int32_t offset_count;
    OffsetEntry offsets[];
} CoordinatorRecord;

/* A new, empty payload; its id. */
uint32_t coordinator_records_begin(CoordinatorRecords *self);
/* All return the record, which stays until its payload is forgotten. The snapshot becomes the
 * store's. */
const CoordinatorRecord *coordinator_records_add_offsets(CoordinatorRecords *self,
                                                         uint32_t payload,
                                                         const char *group_id,
                                                         const OffsetEntry *offsets,
                                                         int32_t count);
const CoordinatorRecord *coordinator_records_add_group(CoordinatorRecords *self,
                                                       uint32_t payload,
                                                       const char *group_id,
                                                       GroupSnapshot *snapshot);
const CoordinatorRecord *
coordinator_records_add_tombstone(CoordinatorRecords *self, uint32_t payload, const char *group_id);
/* The store takes the reference. */
const CoordinatorRecord *coordinator_records_add_modern(CoordinatorRecords *self,
                                                        uint32_t payload,
                                                        const char *group_id,
                                                        ModernRecord *modern);
/* First record of a payload, NULL when it is empty or forgotten. */
const CoordinatorRecord *coordinator_records_first(const CoordinatorRecords *self,
                                                   uint32_t payload);
/* A list of this assignor alone, which lives as long as the store. */
const char *const *coordinator_records_only(CoordinatorRecords *self, const char *protocol);
/* What the rebalance that completes next makes of the count of a group whose coordinator knows of
 * `known`: it outlives a group whose log is lost. For reports only. */
int64_t coordinator_records_next_rebalance(const CoordinatorRecords *self,
                                           const char *group_id,
                                           int64_t known);
void coordinator_records_note_rebalances(CoordinatorRecords *self,
                                         const char *group_id,
                                         int64_t rebalances);
/* Nobody will ask for it any more. */
void coordinator_records_forget(CoordinatorRecords *self, uint32_t payload);

/* The part of an offsets partition that is committed and old: of its batches only those are known
 * that hold the last value of some key. Whoever has those offsets in its log, merged, reads them
 * here. */
typedef struct SettledBatch {
    int64_t offset;
    uint32_t payload;
} SettledBatch;
typedef struct SettledPartition {
    int32_t partition;
    int64_t end;
    GArray *batches; /* of SettledBatch, in the order of offsets */
} SettledPartition;
void settled_partition_free(gpointer data);
GPtrArray *coordinator_records_settled(const CoordinatorRecords *self);
/* NULL: nothing of it is settled. */
const SettledPartition *coordinator_records_find_settled(const CoordinatorRecords *self,
                                                         int32_t partition);

#endif
