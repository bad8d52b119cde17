/* log_cleaner.c - the threads that compact (server.md 4.3).
 *
 *   asleep --log.cleaner.backoff.ms--> choosing --nothing is due--> asleep
 *                                        ^  |--the dirtiest log--> reading keys --> rewriting --|
 *                                        |______________________________________________________|
 *
 * It reads the dirty part once for its map of keys, then the whole log up to there, and writes what
 * survives (compaction.h), 8 MiB at a time so that others get the disk in between: disk time for
 * what is not in the page cache and for what is written, CPU time by bytes read. Logs of
 * coordinators are cleaned by what their records say, all others by how their producers draw keys;
 * a log whose keys nobody knows is left alone. Of log.cleaner.threads each works on a log of its
 * own, with its share of the memory: a map holds log.cleaner.dedupe.buffer.size / threads * load
 * factor / 24 B keys; a pass ends where it is full. Leaves out: the I/O throttle. Mirrors:
 * LogCleaner, Cleaner, SkimpyOffsetMap. */
#include "models/log/compaction.h"
#include "models/storage/log_manager_state.h"

#define PIECE_BYTES     (INT64_C(8) << 20)
#define MAP_ENTRY_BYTES 24
#define THREADS_MAX     1000

typedef enum CleanerPass { CLEANER_READS_KEYS, CLEANER_REWRITES } CleanerPass;

typedef struct CleanerThread {
    LogCleaner *cleaner;
    LogManager *manager;
    SimDuration backoff_ns;
    int64_t map_keys;
    Timer timer;
    StorageTask wake_task;
    StorageTask read_task;
    StorageTask work_task;
    StoredLog *log; /* being cleaned; NULL none */
    Cleanable range;
    CleanerPass pass;
    int64_t position; /* in the log's file */
    int64_t piece;
} CleanerThread;

struct LogCleaner {
    bool enabled;
    int32_t count;
    CleanerThread *threads;
};

/* ---- choosing */

/* Fewer segments when their keys would not fit into the map. */
static int64_t map_end(const CleanerThread *self,
                       const StoredLog *stored,
                       const Cleanable *range,
                       const KeyModel *keys)
{
    const LogSegments *segments = &stored->log->segments;
    int64_t end = range->first_dirty;
    for (int32_t i = 0; i + 1 < segments->count; i++) {
        int64_t next = log_segments_at(segments, i + 1)->base_offset;
        bool fits = end == range->first_dirty ||
                    key_model_distinct(keys, next - range->first_dirty) <= (double)self->map_keys;
        if (next > end && next <= range->end && fits) {
            end = next;
        }
    }
    return end;
}

static bool knows_keys(const LogManager *manager, const StoredLog *stored, KeyModel *ret_keys)
{
    const LogManagerHost *host = &manager->host;
    return host->key_model != NULL && host->key_model(host->owner, stored->topic, ret_keys);
}

static bool is_cleanable(const LogManager *manager, const StoredLog *stored)
{
    KeyModel keys;
    return !stored->offline && stored->log->options->cleanup_compact &&
           (stored->keeps_all ? manager->host.drop_superseded != NULL
                              : knows_keys(manager, stored, &keys));
}

static bool is_taken(const LogCleaner *cleaner, const StoredLog *stored)
{
    for (int32_t i = 0; i < cleaner->count; i++) {
        if (cleaner->threads[i].log == stored) {
            return true;
        }
    }
    return false;
}

static StoredLog *choose_log(CleanerThread *self)
{
    const LogManager *manager = self->manager;
    SimTime now = log_manager_wall_clock(manager);
    StoredLog *best = NULL;
    for (guint i = 0; i < manager->written->len; i++) {
        StoredLog *stored = manager->written->pdata[i];
        if (!is_cleanable(manager, stored) || is_taken(self->cleaner, stored)) {
            continue;
        }
        int64_t committed = manager->host.high_watermark(manager->host.owner, stored->replica);
        int64_t stable = record_log_last_stable_offset(stored->log, committed);
        Cleanable range = compaction_cleanable(stored->log, stored->cleaned_to, stable, now);
        if (compaction_is_due(&range, stored->log->options) &&
            (best == NULL ||
             compaction_dirty_ratio(&range) > compaction_dirty_ratio(&self->range))) {
            best = stored;
            self->range = range;
        }
    }
    return best;
}

/* ---- cleaning */

static void begin_pass(CleanerThread *self, CleanerPass pass)
{
    int64_t from = pass == CLEANER_READS_KEYS ? self->range.first_dirty : 0;
    self->pass = pass;
    self->position = record_log_position(self->log->log, from);
}

static void finish(CleanerThread *self);

static void next_piece(CleanerThread *self)
{
    StoredLog *stored = self->log;
    PageCache *cache = log_manager_cache(self->manager);
    int64_t end = record_log_position(stored->log, self->range.end);
    if (self->position >= end && self->pass == CLEANER_READS_KEYS) {
        begin_pass(self, CLEANER_REWRITES);
    }
    self->piece = MIN(PIECE_BYTES, end - self->position);
    if (self->piece <= 0) {
        finish(self);
        return;
    }
    int64_t missed = page_cache_read(cache, stored->file, self->position, self->piece);
    if (missed > 0) {
        disk_read(self->manager->host.actor,
                  log_manager_disk(self->manager),
                  missed,
                  self->manager->host.done_kind,
                  &self->read_task);
    } else {
        log_manager_run(&self->read_task);
    }
}

static void on_read(void *data)
{
    CleanerThread *self = data;
    int64_t rate = self->manager->host.profile->cpu_cleaner_bytes_per_sec;
    host_run(self->manager->host.actor,
             self->piece * SIM_SEC(1) / rate,
             self->manager->host.done_kind,
             &self->work_task);
}

static bool is_still_there(const CleanerThread *self)
{
    return !self->log->offline && self->log->file != 0 &&
           self->log->log->log_end_offset >= self->range.end;
}

static void on_worked(void *data)
{
    CleanerThread *self = data;
    self->position += self->piece;
    if (is_still_there(self)) {
        next_piece(self);
        return;
    }
    self->log = NULL; /* truncated, deleted or gone offline meanwhile: aborted */
    actor_arm(self->manager->host.actor, &self->timer, self->backoff_ns);
}

static int64_t clean(CleanerThread *self, StoredLog *stored)
{
    const LogManagerHost *host = &self->manager->host;
    KeyModel keys;
    if (stored->keeps_all) {
        return host->drop_superseded(host->owner, stored->replica, self->range.end);
    }
    if (!knows_keys(self->manager, stored, &keys)) {
        return 0;
    }
    self->range.end = map_end(self, stored, &self->range, &keys);
    host->before_forgetting(host->owner, stored->replica, self->range.end);
    return compaction_clean(
        stored->log, &keys, self->range.end, log_manager_wall_clock(self->manager));
}

static void log_pass(const CleanerThread *self, const StoredLog *stored, int64_t freed)
{
    char name[128];
    metadata_partition_name(self->manager->host.metadata, stored->partition, name, sizeof(name));
    actor_log(self->manager->host.actor,
              "cleaned",
              "%s up to offset %" G_GINT64_FORMAT ": %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
              " bytes go",
              name,
              self->range.end,
              freed,
              self->range.clean_bytes + self->range.dirty_bytes);
}

/* The cleaned segments take the place of the old ones, whose files go later. */
static void finish(CleanerThread *self)
{
    StoredLog *stored = self->log;
    self->log = NULL;
    int64_t freed = clean(self, stored);
    int64_t read = self->range.clean_bytes + self->range.dirty_bytes;
    disk_submit(log_manager_disk(self->manager), DISK_WRITE, MAX(0, read - freed), NULL, NULL, 0);
    log_manager_doom(self->manager, stored->log->options, freed);
    log_manager_count_bytes(stored);
    stored->cleaned_to = self->range.end;
    stored->active_base = log_segments_active(&stored->log->segments)->base_offset;
    if (self->manager->host.cleaned != NULL) {
        self->manager->host.cleaned(self->manager->host.owner, stored->replica, self->range.end);
    }
    log_pass(self, stored, freed);
    actor_arm(self->manager->host.actor, &self->timer, 0); /* perhaps another one is due */
}

/* ---- life */

static bool delete_old_segments(CleanerThread *self)
{
    bool any = false;
    SimTime now = log_manager_wall_clock(self->manager);
    for (guint i = 0; i < self->manager->written->len; i++) {
        StoredLog *stored = self->manager->written->pdata[i];
        if (stored->log->options->cleanup_compact && !stored->offline) {
            any = true;
            if (!is_taken(self->cleaner, stored)) {
                log_retention_check(stored, now);
            }
        }
    }
    return any;
}

static void on_wake(void *data)
{
    CleanerThread *self = data;
    bool any = delete_old_segments(self);
    self->log = choose_log(self);
    if (self->log != NULL) {
        begin_pass(self, CLEANER_READS_KEYS);
        next_piece(self);
    } else if (any) {
        actor_arm(self->manager->host.actor, &self->timer, self->backoff_ns);
    }
}

void log_cleaner_on_append(LogCleaner *self)
{
    for (int32_t i = 0; i < self->count && self->enabled; i++) {
        CleanerThread *thread = &self->threads[i];
        if (thread->log == NULL && !timer_is_armed(&thread->timer)) {
            actor_arm(thread->manager->host.actor, &thread->timer, thread->backoff_ns);
        }
    }
}

static void init_thread(CleanerThread *self, LogCleaner *cleaner, LogManager *manager)
{
    const KafkaConfig *config = manager->host.config;
    const int64_t memory =
        kafka_config_integer(config, "log.cleaner.dedupe.buffer.size") / cleaner->count;
    self->cleaner = cleaner;
    self->manager = manager;
    self->backoff_ns = kafka_config_ms(config, "log.cleaner.backoff.ms");
    self->map_keys = (int64_t)((double)memory *
                               kafka_config_double(config, "log.cleaner.io.buffer.load.factor")) /
                     MAP_ENTRY_BYTES;
    self->wake_task = (StorageTask){on_wake, self};
    self->read_task = (StorageTask){on_read, self};
    self->work_task = (StorageTask){on_worked, self};
    timer_init(&self->timer, manager->host.timer_kind, &self->wake_task);
}

LogCleaner *log_cleaner_new(LogManager *manager)
{
    LogCleaner *self = g_new0(LogCleaner, 1);
    const KafkaConfig *config = manager->host.config;
    self->count = (int32_t)MIN(THREADS_MAX, kafka_config_integer(config, "log.cleaner.threads"));
    self->enabled = self->count > 0 && kafka_config_boolean(config, "log.cleaner.enable");
    self->threads = g_new0(CleanerThread, (gsize)MAX(1, self->count));
    for (int32_t i = 0; i < self->count; i++) {
        init_thread(&self->threads[i], self, manager);
    }
    return self;
}

void log_cleaner_free(LogCleaner *self)
{
    g_free(self->threads);
    g_free(self);
}

void log_cleaner_reset(LogCleaner *self)
{
    for (int32_t i = 0; i < self->count; i++) {
        self->threads[i].log = NULL;
    }
}
