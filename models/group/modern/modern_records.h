/* modern_records.h - the records of KIP-848 and share groups in __consumer_offsets.
 *
 * A group changes only by replaying such records; what is written is what is replayed. A record is
 * shared by reference: by the log's content and by who has just made it.
 *
 * Mirrors: GroupCoordinatorRecordHelpers; ConsumerGroupMemberMetadata, ConsumerGroupMetadata,
 * ConsumerGroupTargetAssignmentMember and -Metadata, ConsumerGroupCurrentMemberAssignment,
 * ConsumerGroupRegularExpression (keys and values), and the ShareGroup ones, with
 * ShareGroupStatePartitionMetadata. */
#ifndef KAFKASIM_MODELS_GROUP_MODERN_MODERN_RECORDS_H
#define KAFKASIM_MODELS_GROUP_MODERN_MODERN_RECORDS_H
#include "models/group/modern/current_assignment.h"
#include "models/protocol/message.h"

typedef enum ModernGroupType { MODERN_GROUP_CONSUMER, MODERN_GROUP_SHARE } ModernGroupType;

typedef enum ModernRecordKind {
    MODERN_RECORD_MEMBER,             /* who it is and what it subscribes to */
    MODERN_RECORD_GROUP_EPOCH,        /* a tombstone removes the group */
    MODERN_RECORD_REGEX,              /* the topics that a regular expression stands for */
    MODERN_RECORD_TARGET,             /* what one member shall have */
    MODERN_RECORD_TARGET_EPOCH,       /* the targets are those of this group epoch */
    MODERN_RECORD_CURRENT_ASSIGNMENT, /* what one member has */
    MODERN_RECORD_SHARE_STATE,        /* of which partitions the persister knows */
} ModernRecordKind;

/* What a member says of itself. Texts are borrowed from the clients' specs. */
typedef struct MemberSubscription {
    const char *client_id;         /* NULL: it came with the classic protocol */
    const char *group_instance_id; /* NULL = dynamic */
    SimDuration rebalance_timeout_ns;
    const char *server_assignor;    /* NULL: the group's default */
    PartitionSet *topics;           /* topic indices; never NULL */
    const char *regex;              /* NULL none */
    const char *const *protocols;   /* NULL: speaks KIP-848; else its classic assignors */
    SimDuration session_timeout_ns; /* of a classic member */
} MemberSubscription;
void member_subscription_init(MemberSubscription *self);
void member_subscription_copy(MemberSubscription *self, const MemberSubscription *from);
void member_subscription_clear(MemberSubscription *self);
bool member_subscription_equal(const MemberSubscription *a, const MemberSubscription *b);

typedef struct ModernRecord {
    int32_t references;
    ModernGroupType type;
    ModernRecordKind kind;
    bool is_tombstone;
    char member_id[MEMBER_ID_BYTES]; /* of a member's record */
    const char *regex;               /* MODERN_RECORD_REGEX; */
    int64_t regex_version;           /* metadata offset of the topics that it was matched with */
    SimTime regex_time;              /* and when */
    int32_t epoch;                   /* of the group, or of the targets */
    uint64_t metadata_hash;          /* MODERN_RECORD_GROUP_EPOCH */
    MemberSubscription subscription; /* MODERN_RECORD_MEMBER */
    PartitionSet *set;               /* a member's target; a regular expression's topics; those
                                        initialized */
    PartitionSet *initializing;      /* MODERN_RECORD_SHARE_STATE */
    CurrentAssignment current;       /* MODERN_RECORD_CURRENT_ASSIGNMENT */
} ModernRecord;

ModernRecord *modern_record_epoch(ModernGroupType type, ModernRecordKind kind, int32_t epoch);
ModernRecord *modern_record_member(ModernGroupType type,
                                   const char *member_id,
                                   const MemberSubscription *subscription);
ModernRecord *
modern_record_target(ModernGroupType type, const char *member_id, const PartitionSet *target);
ModernRecord *modern_record_current(ModernGroupType type,
                                    const char *member_id,
                                    const CurrentAssignment *current);
ModernRecord *
modern_record_regex(const char *regex, const PartitionSet *topics, int64_t version, SimTime time);
ModernRecord *modern_record_share_state(const PartitionSet *initialized,
                                        const PartitionSet *initializing);
/* member_id: NULL for the group's; a REGEX tombstone needs its regex set. */
ModernRecord *
modern_record_tombstone(ModernGroupType type, ModernRecordKind kind, const char *member_id);
ModernRecord *modern_record_ref(ModernRecord *self);
void modern_record_unref(ModernRecord *self);
/* About what Kafka's serialized record takes. */
int32_t modern_record_bytes(const ModernRecord *self);

#endif
