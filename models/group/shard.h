/* shard.h - one partition of __consumer_offsets under a coordinator: state, writes, loading.
 *
 *     (none) --elected--> loading --loaded--> active --resigned--> (none)
 *
 * Writes gather in one open batch that lingers, go to the log together and are answered together
 * when the batch is committed. State changes only then, so that a failed write leaves no trace.
 *
 * Mirrors: CoordinatorRuntime.CoordinatorContext, PartitionWriter (KIP-848's event loop; its
 * threads are not modelled). */
#ifndef KAFKASIM_MODELS_GROUP_SHARD_H
#define KAFKASIM_MODELS_GROUP_SHARD_H
#include "models/group/classic_group.h"

typedef enum ShardState { SHARD_LOADING, SHARD_ACTIVE } ShardState;

typedef enum ShardWriteKind {
    WRITE_OFFSETS,     /* answered when committed */
    WRITE_ASSIGNMENT,  /* the leader's sync */
    WRITE_STATIC_JOIN, /* a static member came back under a new id */
    WRITE_EMPTY_GROUP, /* nobody waits for it */
    WRITE_TOMBSTONES,  /* nobody waits for it */
    WRITE_MODERN,      /* of a KIP-848 group; perhaps with an answer that waits */
} ShardWriteKind;

typedef struct ShardWrite {
    ShardWriteKind kind;
    ClassicGroup *group;
    OffsetCommitRequest *request;    /* WRITE_OFFSETS: parked; NULL when it was answered */
    RequestHeader *heartbeat;        /* WRITE_MODERN: parked, or NULL; */
    ResponseHeader *response;        /* its answer once committed */
    const CoordinatorRecord *record; /* WRITE_OFFSETS, WRITE_TOMBSTONES */
    bool ends_group;                 /* WRITE_TOMBSTONES */
    int32_t generation;              /* WRITE_ASSIGNMENT */
    char member_id[MEMBER_ID_BYTES]; /* WRITE_STATIC_JOIN */
} ShardWrite;

typedef struct CoordinatorAppend {
    uint64_t token;
    uint32_t payload;
    int32_t bytes;      /* of the records; the broker adds the batch's header */
    GArray *writes;     /* of ShardWrite */
    GroupTimer timeout; /* offsets.commit.timeout.ms */
    struct CoordinatorShard *shard;
} CoordinatorAppend;

typedef struct CoordinatorShard {
    GroupCoordinator *coordinator;
    int32_t partition; /* index of __consumer_offsets-i */
    ShardState state;
    CoordinatorAppend *open; /* lingers */
    GPtrArray *in_flight;    /* of CoordinatorAppend, in order */
    GroupTimer linger;
    GroupTimer expiry; /* offsets_expiry.c */
    SimTime loaded_at;
} CoordinatorShard;

CoordinatorShard *shard_new(GroupCoordinator *coordinator, int32_t partition);
/* Forgets everything without answering (the process died). */
void shard_free(CoordinatorShard *self);
/* Resigned: every write that waits is answered NOT_COORDINATOR. */
void shard_fail_all(CoordinatorShard *self, KafkaError error);

void shard_write_offsets(CoordinatorShard *self, ClassicGroup *group, OffsetCommitRequest *request);
/* Stores the group as it is (with_incoming: with the leader's new assignment). */
void shard_write_group(CoordinatorShard *self,
                       ClassicGroup *group,
                       ShardWriteKind kind,
                       const char *member_id);
/* Writes what the group has made, and answers when it is committed; without records, when what was
 * written before is. request and response may be NULL. */
void shard_write_modern(CoordinatorShard *self,
                        ClassicGroup *group,
                        RequestHeader *request,
                        ResponseHeader *response);
/* Offsets that go, and perhaps the group. */
void shard_write_tombstones(CoordinatorShard *self,
                            ClassicGroup *group,
                            const GArray *offsets,
                            bool ends_group);
/* Took one of its appends by token? */
bool shard_on_append(CoordinatorShard *self, uint64_t token, KafkaError error);
void shard_on_timer(CoordinatorShard *self, GroupTimer *timer);
void coordinator_append_free(CoordinatorAppend *self);
/* What a client is told when the log refused (appendGroupMetadataErrorToResponseError). */
KafkaError shard_error_for_client(KafkaError error);

#endif
