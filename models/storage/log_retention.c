/* log_retention.c - which segments go, and when their files do (server.md 4.2).
 *
 * One pass over all logs with data each log.retention.check.interval.ms. Deleted files keep their
 * bytes for file.delete.delay.ms. Every replica does it on its own; followers also take their
 * leader's log start. Compacted logs are looked at by the cleaner, each time it wakes; unless they
 * are to be deleted as well they only drop what lies below the log start.
 * Mirrors: LogManager.cleanupLogs, UnifiedLog.deleteOldSegments. */
#include "models/log/retention.h"
#include "models/storage/log_manager_state.h"

/* ---- files */

static void remove_files(void *data)
{
    LogManager *self = data;
    SimTime now = sim_now(self->host.actor->sim);
    guint due = 0;
    while (due < self->doomed->len && g_array_index(self->doomed, Doomed, due).due <= now) {
        self->doomed_bytes -= g_array_index(self->doomed, Doomed, due++).bytes;
    }
    g_array_remove_range(self->doomed, 0, due);
    if (self->doomed->len > 0) {
        actor_arm_at(self->host.actor, &self->deletion, g_array_index(self->doomed, Doomed, 0).due);
    }
}

void log_manager_doom(LogManager *self, const LogOptions *options, int64_t bytes)
{
    Doomed doomed = {sim_now(self->host.actor->sim) + options->file_delete_delay_ns, bytes};
    guint at = self->doomed->len;
    while (at > 0 && g_array_index(self->doomed, Doomed, at - 1).due > doomed.due) {
        at--;
    }
    g_array_insert_val(self->doomed, at, doomed);
    self->doomed_bytes += bytes;
    if (at == 0) {
        actor_arm_at(self->host.actor, &self->deletion, doomed.due);
    }
}

/* ---- segments */

static void log_deletion(StoredLog *stored, int32_t count, const char *why)
{
    LogManager *self = stored->manager;
    char name[128];
    metadata_partition_name(self->host.metadata, stored->partition, name, sizeof(name));
    actor_log(self->host.actor,
              "segments deleted",
              "%s: %d by %s, log start %" G_GINT64_FORMAT,
              name,
              count,
              why,
              stored->log->log_start_offset);
}

/* The file now begins where the first segment does. */
static void settle_deletion(StoredLog *stored)
{
    const RecordLog *log = stored->log;
    stored->active_base = log_segments_active(&log->segments)->base_offset;
    log_manager_count_bytes(stored);
    stored->file_start = log_segments_at(&log->segments, 0)->base_position;
    page_cache_forget_before(log_manager_cache(stored->manager), stored->file, stored->file_start);
}

void log_manager_delete_segments(StoredLog *stored, int32_t count, const char *why)
{
    if (count == 0) {
        return;
    }
    LogManager *self = stored->manager;
    RecordLog *log = stored->log;
    int64_t start = log_segments_end_offset(&log->segments, count - 1, log->log_end_offset);
    self->host.before_forgetting(self->host.owner, stored->replica, start);
    log_manager_doom(self, log->options, record_log_delete_segments(log, count));
    settle_deletion(stored);
    log_deletion(stored, count, why);
    self->host.log_start_moved(self->host.owner, stored->replica);
}

/* local.retention.*: -2 is the total limit. Only what is copied may go. */
static void delete_local_segments(StoredLog *stored, SimTime now)
{
    LogManager *self = stored->manager;
    RecordLog *log = stored->log;
    const LogOptions *options = log->options;
    const RemoteLog *remote = remote_storage_find(self->host.remote, stored->partition);
    int64_t bytes = options->local_retention_bytes;
    SimDuration age = options->local_retention_ns;
    int32_t count = remote == NULL
                        ? 0
                        : remote_log_local_deletable(remote,
                                                     log,
                                                     bytes == -2 ? options->retention_bytes : bytes,
                                                     age == -2 ? options->retention_ns : age,
                                                     now);
    if (count > 0) { /* readers and leaders go on from remote storage: nothing is lost */
        int64_t start = log_segments_end_offset(&log->segments, count - 1, log->log_end_offset);
        self->host.before_forgetting(self->host.owner, stored->replica, start);
        log_manager_doom(self, options, record_log_delete_local(log, count));
        settle_deletion(stored);
        log_deletion(stored, count, "local retention");
    }
}

void log_retention_check(StoredLog *stored, SimTime now)
{
    const LogManager *self = stored->manager;
    const RecordLog *log = stored->log;
    const LogOptions *options = log->options;
    int64_t committed = self->host.high_watermark(self->host.owner, stored->replica);
    log_manager_delete_segments(stored, retention_below_log_start(log, committed), "log start");
    if (!options->cleanup_delete) {
        return;
    }
    if (log_manager_is_tiered(stored)) {
        delete_local_segments(stored, now); /* the rest is the leader's task */
        return;
    }
    log_manager_delete_segments(
        stored, retention_by_size(log, options->retention_bytes, committed), "size");
    log_manager_delete_segments(
        stored, retention_by_time(log, options->retention_ns, committed, now), "time");
}

static void on_check(void *data)
{
    LogManager *self = data;
    SimTime now = log_manager_wall_clock(self);
    for (guint i = 0; i < self->written->len; i++) {
        StoredLog *stored = self->written->pdata[i];
        if (!stored->offline && !stored->log->options->cleanup_compact) {
            log_retention_check(stored, now);
        }
    }
    actor_arm(self->host.actor, &self->retention, self->check_interval_ns);
}

void log_manager_advance_start(StoredLog *stored, int64_t offset)
{
    LogManager *self = stored->manager;
    if (offset <= stored->log->log_start_offset) {
        return;
    }
    self->host.before_forgetting(self->host.owner, stored->replica, offset);
    record_log_advance_start(stored->log, offset);
    self->host.log_start_moved(self->host.owner, stored->replica);
}

void log_retention_init(LogManager *self)
{
    const KafkaConfig *config = self->host.config;
    self->check_interval_ns = kafka_config_ms(config, "log.retention.check.interval.ms");
    self->initial_delay_ns = kafka_config_ms(config, "log.initial.task.delay.ms");
    self->retention_task = (StorageTask){on_check, self};
    self->deletion_task = (StorageTask){remove_files, self};
    timer_init(&self->retention, self->host.timer_kind, &self->retention_task);
    timer_init(&self->deletion, self->host.timer_kind, &self->deletion_task);
}
