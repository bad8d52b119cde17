/* snapshot_generator.c - when a snapshot of the metadata is due, and its work. See the header. */
#include "models/log/snapshot_generator.h"
#include "sim/resource/disk.h"
#include "sim/resource/host.h"

void snapshot_generator_init(SnapshotGenerator *self,
                             Actor *actor,
                             uint16_t done_kind,
                             const MetadataLog *metadata,
                             const KafkaConfig *config,
                             SimDuration record_work)
{
    *self = (SnapshotGenerator){
        .actor = actor,
        .metadata = metadata,
        .done_kind = done_kind,
        .bytes_max =
            kafka_config_integer(config, "metadata.log.max.record.bytes.between.snapshots"),
        .interval_ns = kafka_config_ms(config, "metadata.log.max.snapshot.interval.ms"),
        .record_work = record_work,
    };
}

void snapshot_generator_start(SnapshotGenerator *self)
{
    self->stage = SNAPSHOT_IDLE;
    self->bytes = 0;
    self->last = actor_now(self->actor);
}

static int64_t image_records(const SnapshotGenerator *self)
{
    const int32_t *ids;
    return (int64_t)metadata_partition_count(self->metadata) +
           metadata_topic_count(self->metadata) + metadata_broker_ids(self->metadata, &ids);
}

static void begin(SnapshotGenerator *self, int64_t offset, const char *why)
{
    const int64_t records = image_records(self);
    actor_log(
        self->actor, "snapshot", "of %" G_GINT64_FORMAT " records, as %s", (gint64)records, why);
    self->stage = SNAPSHOT_SERIALIZING;
    self->writing_offset = offset;
    self->bytes = 0;
    self->last = actor_now(self->actor);
    host_run(self->actor, self->record_work * records, self->done_kind, NULL);
}

void snapshot_generator_on_applied(SnapshotGenerator *self, int64_t from, int64_t to)
{
    from = MAX(from, self->end_offset);
    self->bytes += METADATA_RECORD_BYTES * MAX(0, to - from);
    if (self->stage != SNAPSHOT_IDLE) {
        return;
    }
    if (self->bytes >= self->bytes_max) {
        begin(self, to, "so many bytes are new");
    } else if (self->interval_ns > 0 && actor_now(self->actor) - self->last >= self->interval_ns) {
        begin(self, to, "the last is so long ago");
    }
}

void snapshot_generator_on_done(SnapshotGenerator *self)
{
    Actor *actor = self->actor;
    Disk *disk = host_disk(host_at(actor->sim, actor->host));
    switch (self->stage) {
    case SNAPSHOT_SERIALIZING:
        self->stage = SNAPSHOT_WRITING;
        disk_write(actor, disk, METADATA_RECORD_BYTES * image_records(self), self->done_kind, NULL);
        break;
    case SNAPSHOT_WRITING:
        self->stage = SNAPSHOT_FLUSHING;
        disk_fsync(actor, disk, self->done_kind, NULL);
        break;
    case SNAPSHOT_FLUSHING:
        self->stage = SNAPSHOT_IDLE;
        self->end_offset = self->writing_offset;
        break;
    case SNAPSHOT_IDLE:
        SIM_BUG(actor->sim, "work of no snapshot");
    }
}
