/* remote_log_manager.c - tiered storage: a leader copies closed segments away, expires them, and
 * old offsets are read from there (server.md 4.5, KIP-405).
 *
 *   each remote.log.manager.task.interval.ms, per led partition:
 *     copy every closed segment below the last stable offset, one after the other --> expire by
 *     retention.*
 *   fetch below the local log start: queue of remote.log.reader.threads --> answered, or empty
 *     after remote.fetch.max.wait.ms
 *
 * Copying costs disk reads and the remote store's latency and bandwidth (profile, assumed values);
 * at most remote.log.manager.thread.pool.size partitions copy at a time. Leaves out: the metadata
 * topic, quotas of copy and fetch, the index cache, what the uplink takes from the broker's NIC,
 * the time that a look for a timestamp takes, the producer state of a follower that begins behind
 * it. Mirrors: RemoteLogManager.RLMCopyTask, .RLMExpirationTask, .findOffsetByTimestamp,
 * RemoteLogReader, DelayedRemoteFetch.
 */
#include "models/storage/log_manager_state.h"

typedef struct RemoteRead {
    LogManager *manager;
    void *data;
    int64_t bytes;
    bool answered;
    Timer done;
    Timer timeout;
    StorageTask done_task;
    StorageTask timeout_task;
} RemoteRead;

bool log_manager_is_tiered(const StoredLog *stored)
{
    return stored->manager->host.remote != NULL && stored->log->options->remote_storage;
}

static int64_t start_of_segments(const RecordLog *log)
{
    int64_t base = log->segments.count > 0 ? log_segments_at(&log->segments, 0)->base_offset
                                           : log->log_end_offset;
    return MAX(base, log->log_start_offset);
}

int64_t log_manager_local_start(const StoredLog *stored)
{
    return log_manager_is_tiered(stored) ? start_of_segments(stored->log)
                                         : stored->log->log_start_offset;
}

bool log_manager_is_remote(const StoredLog *stored, int64_t offset)
{
    return offset >= stored->log->log_start_offset && offset < log_manager_local_start(stored);
}

int64_t
log_manager_read_remote(const StoredLog *stored, int64_t offset, int64_t limit, GArray *into)
{
    const RemoteLog *remote = remote_storage_find(stored->manager->host.remote, stored->partition);
    guint before = into != NULL ? into->len : 0;
    int64_t bytes = remote != NULL ? remote_log_read(remote, offset, limit, into) : 0;
    for (guint i = before; into != NULL && i < into->len; i++) {
        g_array_index(into, RecordBatch, i).partition = stored->partition; /* stand-ins lack it */
    }
    return bytes;
}

/* Where both have it, this disk is asked. */
int64_t log_manager_offset_for_time(const StoredLog *stored, SimTime time)
{
    const RecordLog *log = stored->log;
    const RemoteLog *remote =
        log_manager_is_tiered(stored)
            ? remote_storage_find(stored->manager->host.remote, stored->partition)
            : NULL;
    int64_t found =
        remote != NULL ? remote_log_offset_for_time(remote, time, log->log_start_offset) : -1;
    return found >= 0 && log_manager_is_remote(stored, found)
               ? found
               : record_log_offset_for_time(log, time);
}

void log_manager_start_after_remote(StoredLog *stored, int64_t local_start, int64_t log_start)
{
    const RemoteLog *remote = remote_storage_find(stored->manager->host.remote, stored->partition);
    RecordLog *log = stored->log;
    record_log_truncate_fully(log, local_start);
    log_manager_truncated(stored);
    log->log_start_offset = log_start;
    for (int32_t i = 0; remote != NULL && i < remote->epochs.count; i++) {
        const EpochEntry *entry = &remote->epochs.entries[i];
        if (entry->start_offset < local_start) {
            leader_epochs_assign(&log->epochs, entry->epoch, entry->start_offset);
        }
    }
    leader_epochs_truncate_from_start(&log->epochs, log_start);
}

static SimDuration transfer_time(LogManager *self, int64_t bytes)
{
    const HardwareProfile *profile = self->host.profile;
    return distribution_draw(&profile->remote_latency, &self->remote_stream) +
           bytes * SIM_SEC(1) / profile->remote_bandwidth;
}

/* ---- copying */

static void copy_next(LogManager *self, RemoteCopy *copy);

static bool is_in_charge(const StoredLog *stored, RemoteLog *remote)
{
    const LogManagerHost *host = &stored->manager->host;
    return !stored->offline && log_manager_is_tiered(stored) &&
           host->leads(host->owner, stored->replica) && remote_log_take_over(remote, stored->log);
}

/* What is open yet stays: the transaction indexes that go with a segment are complete. */
static int32_t next_to_copy(const StoredLog *stored, const RemoteLog *remote)
{
    const LogManagerHost *host = &stored->manager->host;
    int64_t committed = host->high_watermark(host->owner, stored->replica);
    return remote_log_next(
        remote, stored->log, record_log_last_stable_offset(stored->log, committed));
}

static void expire(StoredLog *stored, RemoteLog *remote)
{
    const LogManager *self = stored->manager;
    const LogOptions *options = stored->log->options;
    int64_t start = remote_log_expired(remote,
                                       stored->log,
                                       options->retention_bytes,
                                       options->cleanup_delete ? options->retention_ns : -1,
                                       log_manager_wall_clock(self));
    log_manager_advance_start(stored, start);
    remote_log_delete_before(remote, stored->log->log_start_offset);
}

/* The thread goes on with the next partition that waits. */
static void take_next(LogManager *self, RemoteCopy *copy)
{
    copy->log = NULL;
    if (self->copy_queue->len > 0) {
        copy->log = g_ptr_array_remove_index(self->copy_queue, 0);
        copy_next(self, copy);
    }
}

static void copy_next(LogManager *self, RemoteCopy *copy)
{
    StoredLog *stored = copy->log;
    RemoteLog *remote = remote_storage_log(self->host.remote, stored->partition);
    bool may = is_in_charge(stored, remote);
    int32_t i =
        may && !stored->log->options->remote_copy_disabled ? next_to_copy(stored, remote) : -1;
    if (i < 0) {
        stored->copying = false;
        if (may) {
            expire(stored, remote);
        }
        take_next(self, copy);
        return;
    }
    const LogSegment *segment = log_segments_at(&stored->log->segments, i);
    int64_t missed = page_cache_read(
        log_manager_cache(self), stored->file, segment->base_position, segment->bytes);
    disk_submit(log_manager_disk(self), DISK_READ, missed, NULL, NULL, 0);
    copy->base_offset = segment->base_offset;
    actor_arm(self->host.actor, &copy->timer, transfer_time(self, segment->bytes));
}

static void on_copied(void *data)
{
    RemoteCopy *copy = data;
    StoredLog *stored = copy->log;
    RemoteLog *remote = remote_storage_log(stored->manager->host.remote, stored->partition);
    int32_t i = is_in_charge(stored, remote) ? next_to_copy(stored, remote) : -1;
    if (i >= 0 && log_segments_at(&stored->log->segments, i)->base_offset == copy->base_offset) {
        remote_log_copied(remote, stored->log, i);
    }
    copy_next(stored->manager, copy);
}

static void on_task(void *data)
{
    LogManager *self = data;
    for (guint i = 0; i < self->written->len; i++) {
        StoredLog *stored = self->written->pdata[i];
        if (log_manager_is_tiered(stored) && !stored->copying && !stored->offline &&
            self->host.leads(self->host.owner, stored->replica)) {
            stored->copying = true;
            g_ptr_array_add(self->copy_queue, stored);
        }
    }
    for (int32_t i = 0; i < self->copy_threads; i++) {
        if (self->copies[i].log == NULL) {
            take_next(self, &self->copies[i]);
        }
    }
    actor_arm(self->host.actor, &self->remote_task_timer, self->remote_interval_ns);
}

/* ---- no longer */

/* remote.storage.enable went to false, with remote.log.delete.on.disable: the leader's log begins
 * with its own segments, and what is remote goes. A copy under way is given up. Mirrors:
 * TopicConfigHandler.maybeUpdateRemoteLogComponents, RemoteLogManager.stopPartitions. */
void remote_log_manager_disable(LogManager *self, int32_t topic)
{
    for (guint i = 0; i < self->written->len; i++) {
        StoredLog *stored = self->written->pdata[i];
        if (stored->topic == topic && !stored->offline &&
            self->host.leads(self->host.owner, stored->replica)) {
            log_manager_advance_start(stored, start_of_segments(stored->log));
            remote_log_delete(remote_storage_log(self->host.remote, stored->partition));
        }
    }
}

/* ---- reading */

static void start_read(LogManager *self, RemoteRead *read)
{
    actor_arm(self->host.actor, &read->done, transfer_time(self, read->bytes));
}

static void answer(RemoteRead *read, bool in_time)
{
    LogManager *self = read->manager;
    if (!read->answered) {
        read->answered = true;
        self->host.remote_read(self->host.owner, read->data, in_time);
    }
}

static void on_read_done(void *data)
{
    RemoteRead *read = data;
    LogManager *self = read->manager;
    actor_disarm(self->host.actor, &read->timeout);
    RemoteRead *next = server_leave(&self->remote_readers, sim_now(self->host.actor->sim));
    if (next != NULL) {
        start_read(self, next);
    }
    answer(read, true);
    g_ptr_array_remove_fast(self->remote_reads, read);
}

static void on_read_timeout(void *data)
{
    answer(data, false); /* its thread works on */
}

void log_manager_fetch_remote(LogManager *self, int64_t bytes, void *data)
{
    RemoteRead *read = g_new0(RemoteRead, 1);
    *read = (RemoteRead){.manager = self, .data = data, .bytes = bytes};
    read->done_task = (StorageTask){on_read_done, read};
    read->timeout_task = (StorageTask){on_read_timeout, read};
    timer_init(&read->done, self->host.timer_kind, &read->done_task);
    timer_init(&read->timeout, self->host.timer_kind, &read->timeout_task);
    switch (server_enter(&self->remote_readers, sim_now(self->host.actor->sim), read)) {
    case SERVER_STARTED:
        start_read(self, read);
        break;
    case SERVER_QUEUED:
        break;
    case SERVER_FULL: /* rejected: the partition comes back empty */
        answer(read, false);
        g_free(read);
        return;
    }
    g_ptr_array_add(self->remote_reads, read);
    actor_arm(self->host.actor, &read->timeout, self->remote_wait_ns);
}

/* ---- life */

void remote_log_manager_init(LogManager *self)
{
    const KafkaConfig *config = self->host.config;
    self->remote_interval_ns = kafka_config_ms(config, "remote.log.manager.task.interval.ms");
    self->remote_wait_ns = kafka_config_ms(config, "remote.fetch.max.wait.ms");
    self->copy_threads =
        (int32_t)kafka_config_integer(config, "remote.log.manager.thread.pool.size");
    self->copies = g_new0(RemoteCopy, (gsize)self->copy_threads);
    for (int32_t i = 0; i < self->copy_threads; i++) {
        self->copies[i].task = (StorageTask){on_copied, &self->copies[i]};
        timer_init(&self->copies[i].timer, self->host.timer_kind, &self->copies[i].task);
    }
    self->copy_queue = g_ptr_array_new();
    self->remote_reads = g_ptr_array_new_with_free_func(g_free);
    self->remote_task = (StorageTask){on_task, self};
    timer_init(&self->remote_task_timer, self->host.timer_kind, &self->remote_task);
    server_init(&self->remote_readers,
                (uint32_t)kafka_config_integer(config, "remote.log.reader.threads"),
                (uint32_t)kafka_config_integer(config, "remote.log.reader.max.pending.tasks"));
    actor_stream(self->host.actor, "remote storage", &self->remote_stream);
}

void remote_log_manager_start(LogManager *self)
{
    if (self->host.remote != NULL &&
        kafka_config_boolean(self->host.config, "remote.log.storage.system.enable")) {
        actor_arm(self->host.actor, &self->remote_task_timer, self->remote_interval_ns);
    }
}

void remote_log_manager_reset(LogManager *self)
{
    server_reset(&self->remote_readers, sim_now(self->host.actor->sim));
    g_ptr_array_set_size(self->remote_reads, 0);
    g_ptr_array_set_size(self->copy_queue, 0);
    for (int32_t i = 0; i < self->copy_threads; i++) {
        self->copies[i].log = NULL;
    }
}

void remote_log_manager_free(LogManager *self)
{
    server_clear(&self->remote_readers);
    g_ptr_array_free(self->remote_reads, TRUE);
    g_ptr_array_free(self->copy_queue, TRUE);
    g_free(self->copies);
}
