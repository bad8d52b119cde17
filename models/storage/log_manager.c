/* log_manager.c - the logs of a broker: their place, writing, reading. See the header. */
#include "models/storage/log_manager_state.h"
#include <string.h>

/* Linux' vm.dirty_ratio: writers wait when more than a fifth of the page cache is dirty. */
#define DIRTY_SHARE 5
/* Batches that a log keeps one by one below its high watermark, before and after merging. */
#define BATCHES_MAX  4096
#define BATCHES_KEPT 2048

PageCache *log_manager_cache(const LogManager *self)
{
    return host_page_cache(host_at(self->host.actor->sim, self->host.actor->host));
}

Disk *log_manager_disk(const LogManager *self)
{
    return host_disk(host_at(self->host.actor->sim, self->host.actor->host));
}

/* ---- life */

/* log.dirs is a list; without it there is one. The metadata log lies in the first of them, unless
 * metadata.log.dir names another, or a place of its own. */
static void init_dirs(LogManager *self)
{
    const char *list = kafka_config_text(self->host.config, "log.dirs");
    const char *metadata_dir = kafka_config_text(self->host.config, "metadata.log.dir");
    self->dirs = g_array_new(FALSE, TRUE, sizeof(LogDir));
    g_auto(GStrv) names = g_strsplit(list != NULL ? list : "", ",", -1);
    g_array_set_size(self->dirs, MAX(1, g_strv_length(names)));
    self->metadata_dir = metadata_dir != NULL ? -1 : 0;
    for (guint i = 0; metadata_dir != NULL && names[i] != NULL; i++) {
        if (strcmp(g_strstrip(names[i]), metadata_dir) == 0) {
            self->metadata_dir = (int32_t)i;
        }
    }
    if (self->host.log_dirs > 0 && list == NULL) {
        g_array_set_size(self->dirs, (guint)self->host.log_dirs);
    }
    log_manager_remove_clean_shutdown(self);
}

LogManager *log_manager_new(const LogManagerHost *host)
{
    LogManager *self = g_new0(LogManager, 1);
    self->host = *host;
    self->logs = g_ptr_array_new_with_free_func(g_free);
    self->written = g_ptr_array_new();
    self->options = g_ptr_array_new_with_free_func(g_free);
    self->doomed = g_array_new(FALSE, FALSE, sizeof(Doomed));
    self->recovery_threads =
        kafka_config_integer(host->config, "num.recovery.threads.per.data.dir");
    actor_stream(host->actor, "segment jitter", &self->stream);
    init_dirs(self);
    log_flush_init(self);
    log_retention_init(self);
    remote_log_manager_init(self);
    self->cleaner = log_cleaner_new(self);
    return self;
}

void log_manager_free(LogManager *self)
{
    if (self == NULL) {
        return;
    }
    log_cleaner_free(self->cleaner);
    remote_log_manager_free(self);
    g_ptr_array_free(self->logs, TRUE);
    g_ptr_array_free(self->written, TRUE);
    g_ptr_array_free(self->options, TRUE);
    g_array_free(self->dirs, TRUE);
    g_array_free(self->doomed, TRUE);
    g_free(self);
}

void log_manager_start(LogManager *self)
{
    self->running = true;
    g_array_set_size(self->doomed, 0); /* what was renamed goes at the start */
    self->doomed_bytes = 0;
    actor_arm(self->host.actor, &self->retention, self->initial_delay_ns);
    remote_log_manager_start(self);
    if (self->flush_check_ns < SIM_TIME_MAX) {
        actor_arm(self->host.actor, &self->flusher, self->initial_delay_ns);
    }
}

void log_manager_reset(LogManager *self)
{
    self->running = false;
    for (guint i = 0; i < self->logs->len; i++) {
        StoredLog *stored = self->logs->pdata[i];
        stored->flushing_to = -1;
        stored->flush_again = false;
        stored->copying = false;
        stored->offline = g_array_index(self->dirs, LogDir, stored->dir).broken;
    }
    for (guint i = 0; i < self->dirs->len; i++) {
        LogDir *dir = &g_array_index(self->dirs, LogDir, i);
        dir->offline = dir->broken;
    }
    log_dirs_note_offline(self);
    log_cleaner_reset(self->cleaner);
    remote_log_manager_reset(self);
}

void log_manager_run(StorageTask *task)
{
    task->run(task->data);
}

/* ---- options */

static void note_options(LogManager *self, const LogOptions *options)
{
    self->tiers = self->tiers || options->remote_storage;
    self->flushes = self->flushes || options->flush_messages < INT64_MAX;
    self->recompresses = self->recompresses || options->compression != (int32_t)CODEC_OF_PRODUCER;
}

static const LogOptions *options_of(LogManager *self, const TopicInfo *topic, int64_t offset)
{
    if (self->options->len <= (guint)topic->index) {
        g_ptr_array_set_size(self->options, topic->index + 1);
    }
    LogOptions *options = self->options->pdata[topic->index];
    if (options == NULL) {
        options = g_new0(LogOptions, 1);
        *options =
            topic_log_options(self->host.config,
                              metadata_topic_config(self->host.metadata, topic->index, offset),
                              topic->internal);
        note_options(self, options);
        self->options->pdata[topic->index] = options;
    }
    return options;
}

void log_manager_on_topic_config(LogManager *self, int32_t topic, int64_t offset)
{
    LogOptions *options = (guint)topic < self->options->len ? self->options->pdata[topic] : NULL;
    if (options != NULL) { /* else nothing of that topic is here */
        const bool was_remote = options->remote_storage;
        *options = topic_log_options(self->host.config,
                                     metadata_topic_config(self->host.metadata, topic, offset),
                                     metadata_topic(self->host.metadata, topic)->internal);
        note_options(self, options);
        if (was_remote && !options->remote_storage && options->remote_delete_on_disable &&
            self->host.remote != NULL) {
            remote_log_manager_disable(self, topic);
        }
    }
}

/* ---- replicas come and go */

/* The directory with the fewest logs, of those that work. */
static int32_t choose_dir(const LogManager *self)
{
    int32_t best = 0;
    for (guint i = 1; i < self->dirs->len; i++) {
        const LogDir *dir = &g_array_index(self->dirs, LogDir, i);
        const LogDir *chosen = &g_array_index(self->dirs, LogDir, best);
        if (!dir->offline && (chosen->offline || dir->logs < chosen->logs)) {
            best = (int32_t)i;
        }
    }
    return best;
}

StoredLog *
log_manager_add(LogManager *self, RecordLog *log, int32_t partition, void *replica, int64_t offset)
{
    const TopicInfo *topic = metadata_topic_of(self->host.metadata, partition);
    StoredLog *stored = g_new0(StoredLog, 1);
    *stored = (StoredLog){
        .manager = self,
        .log = log,
        .replica = replica,
        .partition = partition,
        .topic = topic->index,
        .dir = choose_dir(self),
        .keeps_all = topic->internal,
        .flushing_to = -1,
        .cleaned_to = -1,
    };
    g_array_index(self->dirs, LogDir, stored->dir).logs++;
    log->options = options_of(self, topic, offset);
    g_ptr_array_add(self->logs, stored);
    return stored;
}

void log_manager_remove(LogManager *self, StoredLog *stored)
{
    if (stored->file != 0) {
        page_cache_delete(log_manager_cache(self), stored->file);
        log_manager_doom(self, stored->log->options, stored->log->bytes);
        g_ptr_array_remove(self->written, stored);
    }
    self->log_bytes -= stored->counted_bytes;
    g_array_index(self->dirs, LogDir, stored->dir).logs--;
    g_ptr_array_remove(self->logs, stored);
}

/* ---- writing */

bool log_manager_is_throttled(const LogManager *self)
{
    const PageCache *cache = log_manager_cache(self);
    int64_t capacity = page_cache_capacity_bytes(cache);
    return capacity > 0 && page_cache_dirty_bytes(cache) > capacity / DIRTY_SHARE;
}

static void begin_file(StoredLog *stored)
{
    LogManager *self = stored->manager;
    stored->file = page_cache_create(log_manager_cache(self));
    stored->file_start = 0;
    stored->active_base = log_segments_active(&stored->log->segments)->base_offset;
    stored->flushed_at = sim_now(self->host.actor->sim);
    g_ptr_array_add(self->written, stored);
}

static void drop_file(StoredLog *stored)
{
    page_cache_delete(log_manager_cache(stored->manager), stored->file);
    g_ptr_array_remove(stored->manager->written, stored);
    stored->file = 0;
    stored->flush_again = false;
}

/* The file ends at this position: the log may have been truncated since the last append. */
static void cut_file(StoredLog *stored, int64_t position)
{
    PageCache *cache = log_manager_cache(stored->manager);
    if (stored->file == 0 || page_cache_length(cache, stored->file) <= position) {
        return;
    }
    stored->cleaned_to = MIN(stored->cleaned_to, stored->log->log_end_offset);
    if (position <= stored->file_start) {
        drop_file(stored);
    } else {
        page_cache_truncate(cache, stored->file, position);
        stored->active_base = log_segments_active(&stored->log->segments)->base_offset;
    }
}

/* The append closed a segment. */
static void on_roll(StoredLog *stored, const LogSegment *active)
{
    LogManager *self = stored->manager;
    RecordLog *log = stored->log;
    stored->active_base = active->base_offset;
    if (log->options->segment_jitter_ns > 0) {
        log->roll_jitter_ns = stream_between(&self->stream, 0, log->options->segment_jitter_ns - 1);
    }
    log_manager_flush(stored, active->base_offset);
}

/* The oldest batches that every in-sync replica has are merged. */
static void forget_old_batches(StoredLog *stored)
{
    LogManager *self = stored->manager;
    RecordLog *log = stored->log;
    int64_t floor = record_log_at(log, log->count - BATCHES_KEPT)->base_offset;
    int64_t committed = self->host.high_watermark(self->host.owner, stored->replica);
    floor = MIN(floor, record_log_last_stable_offset(log, committed));
    if (stored->keeps_all && (self->host.settle == NULL || floor <= record_log_fine_offset(log) ||
                              !self->host.settle(self->host.owner, stored->replica, floor))) {
        return;
    }
    if (floor > record_log_fine_offset(log)) {
        self->host.before_forgetting(self->host.owner, stored->replica, floor);
        record_log_coalesce(log, floor);
    }
}

void log_manager_count_bytes(StoredLog *stored)
{
    stored->manager->log_bytes += stored->log->bytes - stored->counted_bytes;
    stored->counted_bytes = stored->log->bytes;
}

static bool is_full(const LogManager *self, int32_t dir)
{
    int64_t capacity = disk_capacity_bytes(log_manager_disk(self));
    return g_array_index(self->dirs, LogDir, dir).full ||
           (capacity > 0 && log_manager_bytes(self) >= capacity);
}

KafkaError log_manager_check(StoredLog *stored)
{
    if (!stored->offline && is_full(stored->manager, stored->dir)) {
        log_manager_fail_dir(stored->manager, stored->dir);
    }
    return stored->offline ? KAFKA_KAFKA_STORAGE_ERROR : KAFKA_NONE;
}

void log_manager_check_metadata(LogManager *self)
{
    const int32_t dir = self->host.no_metadata_log ? -1 : self->metadata_dir;
    if (dir >= 0 && is_full(self, dir)) {
        log_manager_fail_dir(self, dir);
    }
}

void log_manager_appended(StoredLog *stored, int64_t bytes)
{
    LogManager *self = stored->manager;
    RecordLog *log = stored->log;
    const LogSegment *active = log_segments_active(&log->segments);
    cut_file(stored, log->end_position - bytes);
    if (stored->file == 0) {
        begin_file(stored);
    }
    page_cache_append(log_manager_cache(self), stored->file, bytes);
    log_manager_count_bytes(stored);
    if (active->base_offset != stored->active_base) {
        on_roll(stored, active);
    }
    if (log->count > BATCHES_MAX && log->count % (BATCHES_KEPT / 16) == 0) {
        forget_old_batches(stored);
    }
    if (log->options->cleanup_compact) {
        log_cleaner_on_append(self->cleaner);
    }
}

int64_t log_manager_read(StoredLog *stored, int64_t offset, int64_t bytes)
{
    if (stored->file == 0) {
        return 0;
    }
    int64_t position = record_log_position(stored->log, offset);
    return page_cache_read(log_manager_cache(stored->manager), stored->file, position, bytes);
}

int64_t log_manager_bytes(const LogManager *self)
{
    return self->log_bytes + self->doomed_bytes;
}

void log_manager_truncated(StoredLog *stored)
{
    LogManager *self = stored->manager;
    if (stored->log->segments.count == 0 && stored->counted_bytes > 0 && self->running) {
        log_manager_doom(self, stored->log->options, stored->counted_bytes);
    }
    log_manager_count_bytes(stored);
    cut_file(stored, stored->log->end_position);
}

void log_manager_set_clock(LogManager *self, SimDuration skew_ns)
{
    self->clock_skew_ns = skew_ns;
}
