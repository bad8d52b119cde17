/* log_flush.c - what reaches the disk, and when; what a power cut leaves.
 *
 * The kernel writes pages back on its own (page_cache.h). Kafka adds an fsync when a segment is
 * closed, at a clean shutdown, and where flush.messages or flush.ms ask for it. An fsync covers
 * the whole file of a log here, also its active segment. Mirrors: UnifiedLog.flush,
 * LogManager.flushDirtyLogs, .shutdown, LogLoader. */
#include "models/storage/log_manager_state.h"

static void start_fsync(StoredLog *stored, int64_t up_to)
{
    LogManager *self = stored->manager;
    stored->flushing_to = up_to;
    stored->flushed_at = sim_now(self->host.actor->sim);
    page_cache_fsync(self->host.actor,
                     log_manager_cache(self),
                     stored->file,
                     self->host.done_kind,
                     &stored->flush_task);
}

static void on_fsync_done(void *data)
{
    StoredLog *stored = data;
    RecordLog *log = stored->log;
    log->recovery_point = MAX(log->recovery_point, MIN(stored->flushing_to, log->log_end_offset));
    stored->flushing_to = -1;
    if (stored->flush_again && stored->file != 0) {
        stored->flush_again = false;
        start_fsync(stored, stored->active_base);
    }
}

void log_manager_flush(StoredLog *stored, int64_t up_to)
{
    if (stored->flushing_to >= 0) {
        stored->flush_again = true;
        return;
    }
    stored->flush_task = (StorageTask){on_fsync_done, stored};
    start_fsync(stored, up_to);
}

/* ---- flush.ms: looked at each log.flush.scheduler.interval.ms, which by default never comes */

static void on_flush_check(void *data)
{
    LogManager *self = data;
    SimTime now = sim_now(self->host.actor->sim);
    for (guint i = 0; i < self->written->len; i++) {
        StoredLog *stored = self->written->pdata[i];
        if (stored->log->recovery_point < stored->log->log_end_offset &&
            now - stored->flushed_at >= stored->log->options->flush_ns) {
            log_manager_flush(stored, stored->log->log_end_offset);
        }
    }
    actor_arm(self->host.actor, &self->flusher, self->flush_check_ns);
}

void log_flush_init(LogManager *self)
{
    self->flush_check_ns = kafka_config_ms(self->host.config, "log.flush.scheduler.interval.ms");
    self->flusher_task = (StorageTask){on_flush_check, self};
    timer_init(&self->flusher, self->host.timer_kind, &self->flusher_task);
}

/* ---- flush.messages: the append waits for it */

bool log_manager_recompresses(const LogManager *self)
{
    return self->recompresses;
}

bool log_manager_flushes(const LogManager *self)
{
    return self->flushes;
}

int64_t log_manager_flush_due(const StoredLog *stored, int64_t records, int64_t bytes)
{
    const RecordLog *log = stored->log;
    if (log->log_end_offset + records - log->recovery_point < log->options->flush_messages) {
        return 0;
    }
    int64_t dirty = stored->file == 0
                        ? 0
                        : log->end_position - page_cache_durable_bytes(
                                                  log_manager_cache(stored->manager), stored->file);
    return bytes + dirty;
}

void log_manager_flushed(StoredLog *stored)
{
    page_cache_settle(log_manager_cache(stored->manager), stored->file);
    stored->log->recovery_point = stored->log->log_end_offset;
    stored->flushed_at = sim_now(stored->manager->host.actor->sim);
}

/* ---- clean shutdown: one log after the other, the disk is the bottleneck */

static void close_next(LogManager *self)
{
    while (self->closing_at < self->written->len) {
        StoredLog *stored = self->written->pdata[self->closing_at++];
        if (!stored->offline && stored->log->recovery_point < stored->log->log_end_offset) {
            page_cache_fsync(self->host.actor,
                             log_manager_cache(self),
                             stored->file,
                             self->host.done_kind,
                             &self->close_task);
            return;
        }
    }
    self->closed.run(self->closed.data);
}

static void on_closed_one(void *data)
{
    LogManager *self = data;
    StoredLog *stored = self->written->pdata[self->closing_at - 1];
    stored->log->recovery_point = stored->log->log_end_offset;
    close_next(self);
}

void log_manager_close(LogManager *self, StorageTask done)
{
    actor_disarm(self->host.actor, &self->retention);
    actor_disarm(self->host.actor, &self->flusher);
    self->running = false;
    self->closing_at = 0;
    self->closed = done;
    self->close_task = (StorageTask){on_closed_one, self};
    close_next(self);
}

/* ---- unclean starts */

/* What LogLoader.recoverLog reads again: the segment that holds the recovery point, which is at
 * least the active one even of a log that was flushed to its end, and all after it. */
typedef struct Unflushed {
    int64_t segments;
    int64_t bytes;
} Unflushed;

static void count_unflushed(const StoredLog *stored, Unflushed *total)
{
    const LogSegments *segments = &stored->log->segments;
    int32_t from = MAX(0, log_segments_find(segments, stored->log->recovery_point));
    for (int32_t k = from; k < segments->count; k++) {
        total->segments++;
        total->bytes += log_segments_at(segments, k)->bytes;
    }
}

static Unflushed unflushed_of_dir(const LogManager *self, int32_t dir)
{
    Unflushed total = {0};
    for (guint i = 0; i < self->written->len; i++) {
        const StoredLog *stored = self->written->pdata[i];
        if (!stored->offline && stored->dir == dir && !log_manager_was_closed(stored)) {
            count_unflushed(stored, &total);
        }
    }
    return total;
}

int64_t log_manager_bytes_to_recover(const LogManager *self)
{
    int64_t bytes = 0;
    for (guint d = 0; d < self->dirs->len; d++) {
        bytes += unflushed_of_dir(self, (int32_t)d).bytes;
    }
    return bytes;
}

/* Each directory has its threads, all directories share the disk. */
SimDuration log_manager_recovery_time(const LogManager *self)
{
    const HardwareProfile *profile = self->host.profile;
    int64_t rate = profile->disk_read * self->recovery_threads;
    int64_t bytes = 0;
    int64_t rounds = 0;
    for (guint d = 0; d < self->dirs->len; d++) {
        Unflushed unflushed = unflushed_of_dir(self, (int32_t)d);
        bytes += unflushed.bytes;
        rounds =
            MAX(rounds, (unflushed.segments + self->recovery_threads - 1) / self->recovery_threads);
    }
    return rounds * profile->broker_recovery + bytes / rate * SIM_SEC(1) +
           bytes % rate * SIM_SEC(1) / rate;
}

/* ---- power */

static int64_t lose_end(StoredLog *stored)
{
    LogManager *self = stored->manager;
    int64_t durable = page_cache_durable_bytes(log_manager_cache(self), stored->file);
    int64_t lost = record_log_truncate_to_position(stored->log, durable);
    if (lost > 0) {
        log_manager_truncated(stored);
    }
    return lost;
}

int64_t log_manager_lose_power(LogManager *self)
{
    int64_t lost = 0;
    for (guint i = self->written->len; i-- > 0;) { /* a log that lost all leaves the list */
        lost += lose_end(self->written->pdata[i]);
    }
    return lost;
}
