/* records.h - what coordinators wrote to __consumer_offsets: the content behind payload ids.
 *
 * A payload is what one batch holds: offset commits and group metadata, in order. Kept in growing
 * arrays, so that a commit costs no allocation of its own.
 *
 * Mirrors: GroupCoordinatorRecordHelpers, GroupMetadataValue, OffsetCommitValue. Left out:
 * tombstones and compaction (an offset commit simply overwrites, a group is its last snapshot). */
#ifndef KAFKASIM_MODELS_GROUP_RECORDS_H
#define KAFKASIM_MODELS_GROUP_RECORDS_H
#include "models/group/classic_member.h"
#include "models/group/coordinator.h"

typedef struct GroupSnapshot {
    int32_t generation;
    int64_t rebalances; /* completed so far: for reports, not in Kafka's record */
    const char *protocol;
    char leader[MEMBER_ID_BYTES];
    GPtrArray *members; /* of ClassicMember, with `assignment` */
} GroupSnapshot;
GroupSnapshot *group_snapshot_new(void);

typedef struct CoordinatorRecord {
    const char *group_id;    /* borrowed from the clients' spec */
    GroupSnapshot *snapshot; /* NULL: an offset commit, or */
    ModernRecord *modern;    /* a record of a KIP-848 group */
    uint32_t first_offset;   /* place in the store's offsets */
    int32_t offset_count;
    uint32_t next; /* next record of the same payload; 0 = last */
} CoordinatorRecord;

/* A new, empty payload; its id. */
uint32_t coordinator_records_begin(CoordinatorRecords *self);
/* Both return the record's number (1..). The snapshot becomes the store's. */
uint32_t coordinator_records_add_offsets(CoordinatorRecords *self,
                                         uint32_t payload,
                                         const char *group_id,
                                         const OffsetEntry *offsets,
                                         int32_t count);
uint32_t coordinator_records_add_group(CoordinatorRecords *self,
                                       uint32_t payload,
                                       const char *group_id,
                                       GroupSnapshot *snapshot);
/* The store takes the reference. */
uint32_t coordinator_records_add_modern(CoordinatorRecords *self,
                                        uint32_t payload,
                                        const char *group_id,
                                        ModernRecord *modern);
/* First record of a payload, 0 when it is empty. */
uint32_t coordinator_records_first(const CoordinatorRecords *self, uint32_t payload);
const CoordinatorRecord *coordinator_record(const CoordinatorRecords *self, uint32_t number);
const OffsetEntry *coordinator_record_offsets(const CoordinatorRecords *self,
                                              const CoordinatorRecord *record);

#endif
