/* replica_watch.h - what an observer hears of replicas while a run goes on.
 *
 * The invariants listen here (models/invariants). Nobody decides by it: with or without a watch a
 * run is the same. Without one (NULL) a call costs a comparison. */
#ifndef KAFKASIM_MODELS_BROKER_REPLICA_WATCH_H
#define KAFKASIM_MODELS_BROKER_REPLICA_WATCH_H
#include "models/log/record_log.h"
#include "models/protocol/metadata.h"

/* A replica as it stands now. */
typedef struct ReplicaView {
    int32_t broker;
    int32_t partition;
    int64_t topic_id;
    bool leads;
    int32_t leader_epoch;
    int64_t high_watermark;
    const RecordLog *log;
    const ReplicaList *isr; /* as this leader knows it */
    int32_t min_isr;        /* effective */
} ReplicaView;

typedef struct ReplicaWatch {
    void *owner;
    /* A broker applied the committed metadata below `offset`. */
    void (*on_metadata)(void *owner, int64_t offset);
    /* It took up the leadership of a new epoch. */
    void (*on_leads)(void *owner, const ReplicaView *replica);
    /* Its high watermark moved. */
    void (*on_high_watermark)(void *owner, const ReplicaView *replica);
    /* It dropped its log's end: a follower that follows a new leader. */
    void (*on_truncated)(void *owner, const ReplicaView *replica);
    /* The log cleaner was there: below `end` it may have taken anything. */
    void (*on_cleaned)(void *owner, const ReplicaView *replica, int64_t end);
    /* A write with acks=all that needs everything below `required` is answered with success. */
    void (*on_acked)(void *owner, const ReplicaView *replica, int64_t required);
    /* Batches that go to a consumer. */
    void (*on_read)(void *owner,
                    const ReplicaView *replica,
                    const RecordBatch *batches,
                    int32_t count);
} ReplicaWatch;

struct Partition;
/* Tell the watch of the replica's broker, if it has one. */
void replica_watch_leads(const struct Partition *replica);
void replica_watch_high_watermark(const struct Partition *replica);
void replica_watch_truncated(const struct Partition *replica);
void replica_watch_cleaned(const struct Partition *replica, int64_t end);
void replica_watch_acked(const struct Partition *replica, int64_t required);
void replica_watch_read(const struct Partition *replica, const RecordBatch *batches, int32_t count);

#endif
