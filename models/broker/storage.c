/* storage.c - a broker and its disk: appends that wait for it, reads that come from it, directories
 * that fail, power that goes. The logs as files are models/storage's; this tells them what the
 * broker does and the broker what becomes of its files.
 *
 * An append goes to the page cache and is done, unless flush.messages wants an fsync or more than
 * a fifth of the page cache is dirty: then whoever appends waits, a handler or a fetcher thread.
 * A segment's indexes are mapped files of segment.index.bytes, empty but for their entries: who
 * writes the first entry waits until the kernel has read ahead, and filled that memory with zeros.
 * Mirrors: ReplicaManager.handleLogDirFailure, BrokerLifecycleManager.propagateDirectoryFailure,
 * LogSegment.append, AbstractIndex. Leaves out: the indexes of a segment opened again. */
#include "models/broker/broker_state.h"
#include <string.h>

/* How often writers that wait for the disk look again (Linux' balance_dirty_pages pauses). */
#define THROTTLE_PAUSE SIM_MS(10)

static int64_t high_watermark(void *owner, const void *replica)
{
    (void)owner;
    return ((const Partition *)replica)->high_watermark;
}

static void before_forgetting(void *owner, void *replica, int64_t new_start)
{
    const Broker *self = owner;
    const Partition *partition = replica;
    if (self->context.before_forgetting != NULL) {
        self->context.before_forgetting(
            self->context.owner, partition_identity(partition), &partition->log, new_start);
    }
}

/* Readers hear of a new log start with their next answer. */
static void log_start_moved(void *owner, void *replica)
{
    (void)owner;
    fetch_on_high_watermark(replica);
}

static bool leads(void *owner, const void *replica)
{
    (void)owner;
    return ((const Partition *)replica)->role == PARTITION_LEADER;
}

/* Too late: the partition is answered without data. */
static void on_remote_read(void *owner, void *data, bool in_time)
{
    RequestHeader *request = data;
    FetchResponse *response = (FetchResponse *)request->response;
    if (!in_time) {
        response->partitions[response->remote_partition - 1].batch_count = 0;
    }
    request_path_send_answer(owner, request);
}

static bool key_model(void *owner, int32_t topic, KeyModel *ret_keys)
{
    const Broker *self = owner;
    return self->context.key_model != NULL &&
           self->context.key_model(self->context.owner, topic, ret_keys);
}

static int64_t drop_superseded(void *owner, void *replica, int64_t end)
{
    const Broker *self = owner;
    Partition *partition = replica;
    if (broker_transactions_owns(self, partition->index)) {
        return txn_records_compact(self->context.txn_records, &partition->log, end);
    }
    return coordinator_records_compact(self->context.records, &partition->log, end);
}

/* Other coordinators' logs are kept as they are. */
static bool settle(void *owner, void *replica, int64_t end)
{
    const Broker *self = owner;
    const Partition *partition = replica;
    const TopicInfo *topic = metadata_topic_of(self->context.metadata, partition->index);
    if (strcmp(topic->name, "__consumer_offsets") != 0) {
        return false;
    }
    coordinator_records_settle(self->context.records, partition->index, &partition->log, end);
    return true;
}

static void cleaned(void *owner, void *replica, int64_t end)
{
    (void)owner;
    replica_watch_cleaned(replica, end);
}

static void draw_memory(Broker *self)
{
    Stream chance;
    actor_stream(&self->actor, "memory", &chance);
    self->fill_mebibyte = distribution_draw(&self->context.profile->host_memory_fill, &chance);
}

void storage_init(Broker *self)
{
    draw_memory(self);
    const LogManagerHost host = {
        .owner = self,
        .actor = &self->actor,
        .config = self->context.config,
        .profile = self->context.profile,
        .metadata = self->context.metadata,
        .log_dirs = self->context.log_dirs,
        .no_metadata_log = broker_has_zookeeper(self),
        .timer_kind = BROKER_TIMER_STORAGE,
        .done_kind = BROKER_DONE_STORAGE,
        .high_watermark = high_watermark,
        .before_forgetting = before_forgetting,
        .log_start_moved = log_start_moved,
        .leads = leads,
        .remote = self->context.remote,
        .remote_read = on_remote_read,
        .key_model = key_model,
        .drop_superseded = drop_superseded,
        .settle = settle,
        .cleaned = cleaned,
        .dir_failed = log_dirs_on_failure,
        .halt = log_dirs_halt,
    };
    self->logs = log_manager_new(&host);
    g_queue_init(&self->blocked_fetchers);
    timer_init(&self->throttle, BROKER_TIMER_THROTTLE, NULL);
    log_dirs_init(self);
}

void storage_add(Partition *partition)
{
    Broker *self = partition->broker;
    partition->stored = log_manager_add(
        self->logs, &partition->log, partition->index, partition, self->applied_offset);
}

void storage_reset(Broker *self)
{
    g_queue_clear(&self->blocked_fetchers);
    log_manager_reset(self->logs);
}

/* ---- writing */

static bool storage_can_append(const Broker *self)
{
    return !log_manager_is_throttled(self->logs);
}

static void wait_for_the_disk(Broker *self)
{
    if (!timer_is_armed(&self->throttle)) {
        actor_arm_constant(&self->actor, &self->throttle, THROTTLE_PAUSE);
    }
}

/* How much an fsync before these appends would write (flush.messages); 0: none is due. */
static int64_t flush_due(const Broker *self, const ProduceRequest *request)
{
    int64_t bytes = 0;
    if (!log_manager_flushes(self->logs)) {
        return 0;
    }
    for (int32_t i = 0; i < request->batch_count; i++) {
        const RecordBatch *batch = &request->batches[i];
        const Partition *partition = broker_partition(self, batch->partition);
        if (partition != NULL && partition->role == PARTITION_LEADER) {
            bytes += log_manager_flush_due(partition->stored, batch->count, batch->bytes);
        }
    }
    return bytes;
}

/* Writes and flushes so many bytes, then comes back with `kind`; false when there is nothing to
 * do. */
static bool flush_first(Broker *self, int64_t bytes, uint16_t kind, void *data)
{
    if (bytes > 0) {
        Disk *disk = host_disk(host_at(self->context.sim, self->actor.host));
        disk_submit(disk, DISK_WRITE, bytes, NULL, NULL, 0);
        disk_fsync(&self->actor, disk, kind, data);
    }
    return bytes > 0;
}

bool storage_blocks_handler(Broker *self, RequestHeader *request)
{
    if (request->base.type != KAFKA_PRODUCE) {
        return false;
    }
    if (!storage_can_append(self)) {
        g_queue_push_tail(&self->blocked_appends, request);
        wait_for_the_disk(self);
        return true;
    }
    return flush_first(
        self, flush_due(self, (const ProduceRequest *)request), BROKER_DONE_FLUSHED, request);
}

/* Each is written anew, synced and renamed, then its directory is synced; they queue. Mirrors:
 * CheckpointFile.write, Utils.atomicMoveWithFallback. */
void storage_write_checkpoints(Broker *self, int32_t count, uint16_t kind, void *data)
{
    Disk *disk = host_disk(host_at(self->context.sim, self->actor.host));
    for (int32_t i = 1; i < 2 * count; i++) {
        disk_submit(disk, DISK_FSYNC, 0, NULL, NULL, 0);
    }
    disk_fsync(&self->actor, disk, kind, data);
}

/* Batches of an epoch that is new to the follower: its checkpoint is written before them. */
static int32_t new_epochs(const Broker *self, FetchResponse *response)
{
    int32_t count = 0;
    const RecordBatch *batches = fetch_response_batches(response);
    for (int32_t i = 0; i < response->partition_count; i++) {
        const FetchPartitionResponse *answer = &response->partitions[i];
        const Partition *partition = broker_partition(self, answer->partition);
        if (answer->batch_count > 0 && partition != NULL) {
            const RecordBatch *last = &batches[answer->first_batch + answer->batch_count - 1];
            count += last->leader_epoch > leader_epochs_latest(&partition->log.epochs);
        }
    }
    return count;
}

static int64_t fetched_flush_due(const Broker *self, FetchResponse *response)
{
    int64_t bytes = 0;
    const RecordBatch *batches = fetch_response_batches(response);
    for (int32_t i = 0; i < response->partition_count; i++) {
        const FetchPartitionResponse *answer = &response->partitions[i];
        const Partition *partition = broker_partition(self, answer->partition);
        int64_t records = 0;
        int64_t fetched = 0;
        for (int32_t k = 0; k < answer->batch_count; k++) {
            records += batches[answer->first_batch + k].count;
            fetched += batches[answer->first_batch + k].bytes;
        }
        if (records > 0 && partition != NULL) {
            bytes += log_manager_flush_due(partition->stored, records, fetched);
        }
    }
    return bytes;
}

bool storage_blocks_fetcher(Broker *self, struct FetcherThread *thread, FetchResponse *response)
{
    if (self->has_waited) {
        self->has_waited = false;
        return false;
    }
    if (!storage_can_append(self)) {
        g_queue_push_tail(&self->blocked_fetchers, thread);
        wait_for_the_disk(self);
        return true;
    }
    int32_t checkpoints = new_epochs(self, response);
    int64_t bytes = log_manager_flushes(self->logs) ? fetched_flush_due(self, response) : 0;
    if (checkpoints == 0) {
        return flush_first(self, bytes, BROKER_DONE_FETCHED_FLUSHED, thread);
    }
    if (bytes > 0) {
        Disk *disk = host_disk(host_at(self->context.sim, self->actor.host));
        disk_submit(disk, DISK_WRITE, bytes, NULL, NULL, 0);
    }
    storage_write_checkpoints(self, checkpoints, BROKER_DONE_FETCHED_FLUSHED, thread);
    return true;
}

void storage_on_fetched_flushed(Broker *self, struct FetcherThread *thread)
{
    self->has_waited = true;
    replica_fetcher_on_work_done(thread);
    self->has_waited = false;
}

void storage_on_throttle(Broker *self)
{
    while (storage_can_append(self) && !g_queue_is_empty(&self->blocked_appends)) {
        request_path_on_handle_done(self, g_queue_pop_head(&self->blocked_appends));
    }
    while (storage_can_append(self) && !g_queue_is_empty(&self->blocked_fetchers)) {
        replica_fetcher_on_work_done(g_queue_pop_head(&self->blocked_fetchers));
    }
    if (!g_queue_is_empty(&self->blocked_appends) || !g_queue_is_empty(&self->blocked_fetchers)) {
        wait_for_the_disk(self);
    }
}

/* ---- indexes */

#define INDEXES_OF_A_SEGMENT 2 /* by offset, by time */

static SimDuration begin_indexes(const Broker *self, int32_t partition, int64_t bytes)
{
    const Partition *found = broker_partition(self, partition);
    if (found == NULL || !record_log_begins_indexes(&found->log, bytes)) {
        return 0;
    }
    const int64_t filled =
        MIN(found->log.options->segment_index_bytes, self->context.profile->disk_read_ahead);
    return INDEXES_OF_A_SEGMENT * (self->fill_mebibyte * (filled / 1024) / 1024);
}

SimDuration storage_index_work(const Broker *self, const ProduceRequest *request)
{
    SimDuration work = 0;
    for (int32_t i = 0; i < request->batch_count; i++) {
        work += begin_indexes(self, request->batches[i].partition, 0);
    }
    return work;
}

SimDuration storage_fetched_index_work(const Broker *self, FetchResponse *response)
{
    SimDuration work = 0;
    const RecordBatch *batches = fetch_response_batches(response);
    for (int32_t i = 0; i < response->partition_count; i++) {
        const FetchPartitionResponse *answer = &response->partitions[i];
        int64_t bytes = 0;
        for (int32_t k = 0; k + 1 < answer->batch_count; k++) {
            bytes += batches[answer->first_batch + k].bytes;
        }
        work += answer->batch_count > 0 ? begin_indexes(self, answer->partition, bytes) : 0;
    }
    return work;
}

KafkaError storage_check(const Partition *partition)
{
    return log_manager_check(partition->stored);
}

void storage_appended(Partition *partition, int64_t bytes)
{
    log_manager_appended(partition->stored, bytes);
    if (log_manager_flush_due(partition->stored, 0, 1) > 0) {
        log_manager_flushed(partition->stored); /* who appends has waited for it */
    }
}

/* ---- reading */

int64_t storage_read(const Partition *partition, int64_t offset, int64_t bytes)
{
    return log_manager_read(partition->stored, offset, bytes);
}

bool storage_waits_for_remote(Broker *self, RequestHeader *request)
{
    if (request->response->base.type != (KAFKA_FETCH | KAFKA_RESPONSE)) {
        return false;
    }
    const FetchResponse *response = (const FetchResponse *)request->response;
    if (response->remote_partition == 0) {
        return false;
    }
    log_manager_fetch_remote(self->logs, response->remote_bytes, request);
    return true;
}

/* ---- power */

/* No high watermark, and no checkpoint of one, outlives the records below it. */
void storage_bound_high_watermarks(Broker *self)
{
    for (guint i = 0; i < self->hosted->len; i++) {
        Partition *partition = self->hosted->pdata[i];
        int64_t end = partition->log.log_end_offset;
        partition->high_watermark = MIN(partition->high_watermark, end);
        partition->checkpointed_high_watermark = MIN(partition->checkpointed_high_watermark, end);
    }
}

void broker_lose_power(Broker *self)
{
    self->counters.lost_in_power_cuts += log_manager_lose_power(self->logs);
    storage_bound_high_watermarks(self);
}
