/* snapshot_generator.h - each process of a cluster writes down its metadata now and then.
 *
 *   idle --bytes or time since the last--> serializing --> writing --> flushing --> idle
 *
 * A broker or controller that has applied metadata.log.max.record.bytes.between.snapshots since its
 * last snapshot, or applies anything metadata.log.max.snapshot.interval.ms after it, writes one: a
 * thread of its own turns every record of the image into bytes, one core long, then a file is
 * written and flushed, through the same disk as the logs. One at a time.
 *
 * Mirrors: SnapshotGenerator, SnapshotEmitter, RecordsSnapshotWriter.freeze. A process that starts
 * has its last snapshot already loaded, at no cost; what it reads of the log after that counts.
 * Leaves out: that a log ahead of a snapshot is deleted (metadata.max.retention.*). */
#ifndef KAFKASIM_MODELS_LOG_SNAPSHOT_GENERATOR_H
#define KAFKASIM_MODELS_LOG_SNAPSHOT_GENERATOR_H
#include "models/protocol/kafka_config.h"
#include "models/protocol/metadata.h"
#include "sim/actor/actor.h"

typedef enum SnapshotStage {
    SNAPSHOT_IDLE,
    SNAPSHOT_SERIALIZING,
    SNAPSHOT_WRITING,
    SNAPSHOT_FLUSHING,
} SnapshotStage;

typedef struct SnapshotGenerator {
    Actor *actor;
    const MetadataLog *metadata;
    uint16_t done_kind; /* of its work, for the actor to pass on */
    int64_t bytes_max;
    SimDuration interval_ns; /* 0 = by bytes only */
    SimDuration record_work;

    SnapshotStage stage;
    int64_t bytes; /* applied since the last */
    SimTime last;
    int64_t end_offset;     /* of the last that was finished: survives the process */
    int64_t writing_offset; /* of the one under way */
} SnapshotGenerator;

void snapshot_generator_init(SnapshotGenerator *self,
                             Actor *actor,
                             uint16_t done_kind,
                             const MetadataLog *metadata,
                             const KafkaConfig *config,
                             SimDuration record_work);
void snapshot_generator_start(SnapshotGenerator *self); /* a process begins */
void snapshot_generator_on_applied(SnapshotGenerator *self, int64_t from, int64_t to);
void snapshot_generator_on_done(SnapshotGenerator *self);

#endif
