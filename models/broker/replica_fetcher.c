/* replica_fetcher.c - how a follower copies its leaders' logs (server.md 2.4, 2.6, 2.7).
 *
 * One thread per source broker and fetcher id; each keeps one fetch in flight for all of its
 * partitions. A partition in trouble is left out for replica.fetch.backoff.ms.
 *
 *   idle --partition added--> connecting --> fetching --answer--> appending --> fetching ...
 *   any --reset, refusal, time-out--> backing off --> connecting
 *
 * Mirrors: ReplicaFetcherManager, AbstractFetcherThread, ReplicaFetcherThread. */
#include "models/broker/broker_state.h"

/* replica.socket.timeout.ms */
#define FETCH_TIMEOUT SIM_SEC(30)

typedef struct FetchedPartition {
    Partition *partition;
    SimTime delayed_until;
    bool in_session; /* the leader has an entry for it */
    bool told;       /* with its present position */
    bool removed;    /* forget it in the session, then free */
    bool failed;     /* fenced: waits for new metadata */
} FetchedPartition;

typedef struct FetcherThread {
    Broker *broker;
    int32_t source;
    int32_t id;
    ConnectionId connection;
    bool connected;
    bool in_flight;
    int32_t session_epoch;
    uint32_t correlation_id;
    FetchResponse *response; /* being appended */
    GPtrArray *partitions;   /* FetchedPartition*, owned */
    Timer backoff;
    Timer timeout;
} FetcherThread;

static int32_t fetcher_id(const Broker *self, int32_t index)
{
    const TopicInfo *topic = metadata_topic_of(self->context.metadata, index);
    uint32_t hash = 0;
    for (const char *c = topic->name; *c != '\0'; c++) {
        hash = 31 * hash + (uint32_t)(unsigned char)*c;
    }
    hash = 31 * hash + (uint32_t)(index - topic->first_partition);
    return (int32_t)((hash & 0x7fffffff) % (uint32_t)self->fetcher_count_per_source);
}

static FetcherThread *thread_for(Broker *self, int32_t source, int32_t id)
{
    for (guint i = 0; i < self->fetchers->len; i++) {
        FetcherThread *thread = self->fetchers->pdata[i];
        if (thread->source == source && thread->id == id) {
            return thread;
        }
    }
    FetcherThread *thread = g_new0(FetcherThread, 1);
    thread->broker = self;
    thread->source = source;
    thread->id = id;
    thread->partitions = g_ptr_array_new_with_free_func(g_free);
    timer_init(&thread->backoff, BROKER_TIMER_FETCHER_BACKOFF, thread);
    timer_init(&thread->timeout, BROKER_TIMER_FETCHER_TIMEOUT, thread);
    g_ptr_array_add(self->fetchers, thread);
    return thread;
}

static bool is_fetchable(const FetchedPartition *fetched, SimTime now)
{
    return !fetched->removed && !fetched->failed && fetched->delayed_until <= now;
}

static FetchPartition wish(const FetchedPartition *fetched)
{
    const Partition *partition = fetched->partition;
    return (FetchPartition){
        .partition = partition->index,
        .current_leader_epoch = partition->leader_epoch,
        .fetch_offset = partition->log.log_end_offset,
        .last_fetched_epoch = leader_epochs_latest(&partition->log.epochs),
        .log_start_offset = partition->log.log_start_offset,
        .partition_max_bytes = partition->broker->fetch_bytes_max,
    };
}

/* What the session must hear of this partition; false: nothing. */
static bool change_for(FetchedPartition *fetched, SimTime now, FetchPartition *ret_change)
{
    bool fetchable = is_fetchable(fetched, now);
    if (fetchable ? fetched->in_session && fetched->told : !fetched->in_session) {
        return false;
    }
    *ret_change = wish(fetched);
    ret_change->forget = !fetchable;
    fetched->in_session = fetchable;
    fetched->told = fetchable;
    return true;
}

static FetchRequest *build_request(FetcherThread *self)
{
    Broker *broker = self->broker;
    SimTime now = actor_now(&broker->actor);
    FetchRequest *request =
        message_new(broker->context.sim,
                    KAFKA_MESSAGE_BYTES(FetchRequest, partitions, self->partitions->len),
                    KAFKA_FETCH);
    for (guint i = 0; i < self->partitions->len; i++) {
        FetchPartition *change = &request->partitions[request->partition_count];
        if (change_for(self->partitions->pdata[i], now, change)) {
            request->partition_count++;
        }
    }
    for (guint i = self->partitions->len; i-- > 0;) {
        if (((FetchedPartition *)self->partitions->pdata[i])->removed) {
            g_ptr_array_remove_index(self->partitions, i);
        }
    }
    request->replica_id = broker->id;
    request->replica_epoch = broker->broker_epoch;
    request->max_wait_ns = broker->fetch_wait_ns;
    request->min_bytes = broker->fetch_min_bytes;
    request->max_bytes = broker->fetch_response_bytes_max;
    request->session_epoch = self->session_epoch;
    request->header.client_id = broker->actor.name;
    request->header.correlation_id = ++self->correlation_id;
    kafka_message_set_wire_bytes(&request->header.base);
    return request;
}

/* When the first delayed partition may be fetched again; SIM_TIME_MAX when none is delayed. */
static SimTime first_delayed(const FetcherThread *self)
{
    SimTime first = SIM_TIME_MAX;
    for (guint i = 0; i < self->partitions->len; i++) {
        const FetchedPartition *fetched = self->partitions->pdata[i];
        if (!fetched->removed && !fetched->failed) {
            first = MIN(first, fetched->delayed_until);
        }
    }
    return first;
}

static void connect_source(FetcherThread *self)
{
    Broker *broker = self->broker;
    Actor *peer = broker->context.find_peer(broker->context.owner, self->source);
    SIM_ASSERT(broker->context.sim, peer != NULL);
    self->connection = network_connect(&broker->actor, peer);
    actor_arm_constant(&broker->actor, &self->timeout, FETCH_TIMEOUT);
}

/* The thread's loop: fetch if anything may be fetched, else wait for the first that may. */
static void run(FetcherThread *self)
{
    Broker *broker = self->broker;
    SimTime first = first_delayed(self);
    if (self->in_flight || self->response != NULL || first == SIM_TIME_MAX) {
        return;
    }
    if (first > actor_now(&broker->actor)) {
        actor_arm_at(&broker->actor, &self->backoff, first);
    } else if (self->connection == 0) {
        connect_source(self);
    } else if (self->connected) {
        FetchRequest *request = build_request(self);
        self->session_epoch = 1;
        self->in_flight = true;
        actor_arm_constant(&broker->actor, &self->timeout, FETCH_TIMEOUT);
        network_send(&broker->actor, self->connection, &request->header.base);
    }
}

static void delay(FetchedPartition *fetched)
{
    Broker *broker = fetched->partition->broker;
    fetched->delayed_until = actor_now(&broker->actor) + broker->fetch_backoff_ns;
}

/* The request failed as a whole: every partition waits, the session is gone. */
static void lose_connection(FetcherThread *self)
{
    self->connection = 0;
    self->connected = false;
    self->in_flight = false;
    self->session_epoch = 0;
    actor_disarm(&self->broker->actor, &self->timeout);
    for (guint i = self->partitions->len; i-- > 0;) {
        FetchedPartition *fetched = self->partitions->pdata[i];
        fetched->in_session = false;
        if (fetched->removed) {
            g_ptr_array_remove_index(self->partitions, i);
        } else {
            delay(fetched);
        }
    }
    run(self);
}

void replica_fetcher_add(Broker *self, Partition *partition)
{
    FetcherThread *thread = thread_for(self, partition->leader, fetcher_id(self, partition->index));
    FetchedPartition *fetched = g_new0(FetchedPartition, 1);
    fetched->partition = partition;
    g_ptr_array_add(thread->partitions, fetched);
    run(thread);
}

void replica_fetcher_remove(Broker *self, Partition *partition)
{
    for (guint i = 0; i < self->fetchers->len; i++) {
        FetcherThread *thread = self->fetchers->pdata[i];
        for (guint k = 0; k < thread->partitions->len; k++) {
            FetchedPartition *fetched = thread->partitions->pdata[k];
            if (fetched->partition != partition) {
                continue;
            }
            if (fetched->in_session) {
                fetched->removed = true; /* the next request tells the leader */
            } else {
                g_ptr_array_remove_index(thread->partitions, k--);
            }
        }
    }
}

static FetchedPartition *find(const FetcherThread *self, int32_t index)
{
    for (guint i = 0; i < self->partitions->len; i++) {
        FetchedPartition *fetched = self->partitions->pdata[i];
        if (fetched->partition->index == index && !fetched->removed) {
            return fetched;
        }
    }
    return NULL;
}

static void truncate(Partition *partition, int64_t offset, const char *why)
{
    Broker *broker = partition->broker;
    int64_t dropped = record_log_truncate(&partition->log, offset);
    if (dropped == 0) {
        return;
    }
    char name[128];
    metadata_partition_name(broker->context.metadata, partition->index, name, sizeof(name));
    broker->counters.truncated_records += dropped;
    partition->high_watermark = MIN(partition->high_watermark, partition->log.log_end_offset);
    replica_watch_truncated(partition);
    actor_log(&broker->actor,
              "truncate",
              "%s to %" G_GINT64_FORMAT ": %" G_GINT64_FORMAT " records go, %s",
              name,
              partition->log.log_end_offset,
              dropped,
              why);
}

/* server.md 2.7 */
static void out_of_range(FetchedPartition *fetched, const FetchPartitionResponse *answer)
{
    Partition *partition = fetched->partition;
    if (answer->log_end_offset < partition->log.log_end_offset) {
        truncate(partition, answer->log_end_offset, "the leader's log is shorter");
    } else if (answer->log_start_offset > partition->log.log_end_offset) {
        record_log_truncate_fully(&partition->log, answer->log_start_offset);
    }
}

static void handle_error(FetchedPartition *fetched, const FetchPartitionResponse *answer)
{
    if (answer->error == KAFKA_OFFSET_OUT_OF_RANGE) {
        out_of_range(fetched, answer);
    } else if (answer->error == KAFKA_FENCED_LEADER_EPOCH) {
        fetched->failed = true;
    } else {
        char name[128];
        Broker *broker = fetched->partition->broker;
        metadata_partition_name(broker->context.metadata, answer->partition, name, sizeof(name));
        actor_log(&broker->actor,
                  "fetch error",
                  "%s: %s, again in %" G_GINT64_FORMAT " ms",
                  name,
                  kafka_error_name(answer->error),
                  broker->fetch_backoff_ns / SIM_MS(1));
        delay(fetched);
    }
}

static void append(Partition *partition, const RecordBatch *batches, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        if (batches[i].base_offset == partition->log.log_end_offset) {
            record_log_append_as_follower(&partition->log, &batches[i]);
            storage_appended(partition, batches[i].bytes);
        }
    }
}

static void
handle_answer(FetcherThread *self, const FetchPartitionResponse *answer, const RecordBatch *batches)
{
    FetchedPartition *fetched = find(self, answer->partition);
    if (fetched == NULL || !fetched->in_session) {
        return; /* left this thread while the answer was under way */
    }
    Partition *partition = fetched->partition;
    int64_t before = partition->log.log_end_offset;
    bool diverges = answer->diverging_epoch >= 0;
    if (answer->error != KAFKA_NONE) {
        handle_error(fetched, answer);
    } else if (diverges) {
        int64_t cut = record_log_truncation_offset(
            &partition->log, answer->diverging_epoch, answer->diverging_end_offset);
        truncate(partition, cut, "the leader's epoch ends there");
    } else {
        append(partition, batches + answer->first_batch, answer->batch_count);
        partition_follow_high_watermark(partition,
                                     MIN(answer->high_watermark, partition->log.log_end_offset));
    }
    if (partition->log.log_end_offset != before || answer->error != KAFKA_NONE || diverges) {
        fetched->told = false; /* its new position goes with the next request */
    }
}

void replica_fetcher_on_work_done(FetcherThread *self)
{
    FetchResponse *response = self->response;
    const RecordBatch *batches = fetch_response_batches(response);
    for (int32_t i = 0; i < response->partition_count; i++) {
        handle_answer(self, &response->partitions[i], batches);
    }
    self->response = NULL;
    message_free(self->broker->context.sim, &response->header.base);
    run(self);
}

static FetcherThread *by_connection(Broker *self, ConnectionId connection)
{
    for (guint i = 0; i < self->fetchers->len; i++) {
        FetcherThread *thread = self->fetchers->pdata[i];
        if (thread->connection == connection) {
            return thread;
        }
    }
    return NULL;
}

bool replica_fetcher_on_response(Broker *self, ConnectionId connection, FetchResponse *response)
{
    FetcherThread *thread = by_connection(self, connection);
    if (thread == NULL || !thread->in_flight ||
        response->header.correlation_id != thread->correlation_id) {
        return false;
    }
    thread->in_flight = false;
    thread->response = response;
    actor_disarm(&self->actor, &thread->timeout);
    SimDuration work = self->context.profile->cpu_replica_append * response->batch_count;
    if (work > 0) {
        host_run(&self->actor, work, BROKER_DONE_FETCHER, thread);
    } else {
        replica_fetcher_on_work_done(thread);
    }
    return true;
}

bool replica_fetcher_on_connected(Broker *self, ConnectionId connection)
{
    FetcherThread *thread = by_connection(self, connection);
    if (thread == NULL) {
        return false;
    }
    thread->connected = true;
    actor_disarm(&self->actor, &thread->timeout);
    run(thread);
    return true;
}

bool replica_fetcher_on_disconnected(Broker *self, ConnectionId connection)
{
    FetcherThread *thread = by_connection(self, connection);
    if (thread != NULL) {
        lose_connection(thread);
    }
    return thread != NULL;
}

void replica_fetcher_on_backoff(FetcherThread *self)
{
    run(self);
}

void replica_fetcher_on_timeout(FetcherThread *self)
{
    network_close(&self->broker->actor, self->connection);
    lose_connection(self);
}

void replica_fetcher_reset(Broker *self)
{
    for (guint i = 0; i < self->fetchers->len; i++) {
        FetcherThread *thread = self->fetchers->pdata[i];
        if (thread->response != NULL) {
            message_free(self->context.sim, &thread->response->header.base);
        }
        thread->response = NULL;
        thread->connection = 0;
        thread->connected = false;
        thread->in_flight = false;
        thread->session_epoch = 0;
        g_ptr_array_set_size(thread->partitions, 0);
    }
}

void replica_fetcher_free_all(Broker *self)
{
    for (guint i = 0; i < self->fetchers->len; i++) {
        FetcherThread *thread = self->fetchers->pdata[i];
        g_ptr_array_free(thread->partitions, TRUE);
        g_free(thread);
    }
    g_ptr_array_free(self->fetchers, TRUE);
}
