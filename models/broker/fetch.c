/* fetch.c - followers and consumers read (server.md 2.4, 3.4).
 *
 * A fetch is answered at once when there is data (min_bytes), an error or a divergence; else it
 * parks until one of them comes or its wait is over. An answer is read before the follower's new
 * position counts: the high watermark it carries is one fetch late.
 * Mirrors: KafkaApis.handleFetchRequest, ReplicaManager.fetchMessages, DelayedFetch.
 * Leaves out for now: read_committed, fetching from followers. */
#include "models/broker/broker_state.h"

typedef struct Reading {
    FetchPartitionResponse answer;
    int64_t bound; /* may read below it */
    bool urgent;   /* an error or a divergence: answers at once */
} Reading;

static void fail(Reading *reading, KafkaError error)
{
    reading->answer.error = error;
    reading->urgent = true;
}

static void fill_leader(const Broker *broker, FetchPartitionResponse *answer)
{
    const PartitionRegistration *known =
        metadata_partition(broker->context.metadata, answer->partition, broker->applied_offset);
    if (known != NULL) {
        answer->current_leader = known->leader;
        answer->current_leader_epoch = known->leader_epoch;
    }
}

static PartitionRead read_state(const SessionPartition *self)
{
    const Partition *partition = self->hosted;
    if (partition != NULL && partition->stored->offline) {
        return (PartitionRead){.error = KAFKA_KAFKA_STORAGE_ERROR};
    }
    if (partition == NULL || partition->role == PARTITION_NONE) {
        return (PartitionRead){.error = KAFKA_NOT_LEADER_OR_FOLLOWER};
    }
    return partition_read(partition, self->session->replica_id, &self->wanted, true);
}

/* What this partition has to say to this reader now, without its data. */
static Reading look_at(const SessionPartition *self)
{
    Reading reading = {.answer = {.partition = self->wanted.partition,
                                  .diverging_epoch = -1,
                                  .current_leader = NO_LEADER}};
    bool follower = self->session->replica_id >= 0;
    PartitionRead read = read_state(self);
    if (read.error != KAFKA_NONE) {
        fail(&reading, read.error);
        fill_leader(self->session->broker, &reading.answer);
    }
    reading.answer.high_watermark = read.high_watermark;
    reading.answer.log_start_offset = read.log_start_offset;
    reading.answer.log_end_offset = read.log_end_offset;
    reading.bound = follower ? read.log_end_offset : read.high_watermark;
    if (read.diverges) {
        reading.answer.diverging_epoch = read.diverging.epoch;
        reading.answer.diverging_end_offset = read.diverging.start_offset;
        reading.urgent = true;
    }
    return reading;
}

static int64_t
read_batches(const SessionPartition *self, int64_t bound, int64_t limit, bool first, GArray *into)
{
    return partition_read_batches(
        self->hosted, self->wanted.fetch_offset, bound, limit, first, into);
}

/* Is there enough to answer now? */
static bool is_ready(const FetchSession *self, const FetchRequest *request)
{
    int64_t bytes = 0;
    for (const SessionPartition *at = self->first; at != NULL; at = at->next) {
        Reading reading = look_at(at);
        if (reading.urgent) {
            return true;
        }
        bytes += read_batches(at, reading.bound, at->wanted.partition_max_bytes, true, NULL);
        if (bytes > 0 && bytes >= request->min_bytes) {
            return true;
        }
    }
    return request->max_wait_ns <= 0 || self->partitions->len == 0;
}

static bool has_changed(const SessionPartition *self, const FetchPartitionResponse *answer)
{
    return answer->high_watermark != self->sent_high_watermark ||
           answer->log_start_offset != self->sent_log_start_offset;
}

/* Adds this partition to the answer being built; returns the bytes it took. */
static int64_t collect_one(SessionPartition *self, int64_t room, bool first)
{
    Broker *broker = self->session->broker;
    Reading reading = look_at(self);
    FetchPartitionResponse *answer = &reading.answer;
    int64_t bytes = 0;
    answer->first_batch = (int32_t)broker->scratch_batches->len;
    if (!reading.urgent) {
        int64_t limit = MIN(room, self->wanted.partition_max_bytes);
        bytes = read_batches(self, reading.bound, limit, first, broker->scratch_batches);
    }
    answer->batch_count = (int32_t)broker->scratch_batches->len - answer->first_batch;
    if (bytes > 0) {
        broker->scratch_disk_bytes += storage_read(self->hosted, self->wanted.fetch_offset, bytes);
    }
    if (self->session->replica_id < 0 && answer->batch_count > 0) {
        replica_watch_read(
            self->hosted,
            &g_array_index(broker->scratch_batches, RecordBatch, answer->first_batch),
            answer->batch_count);
    }
    if (answer->batch_count > 0 || reading.urgent || has_changed(self, answer)) {
        self->sent_high_watermark = answer->high_watermark;
        self->sent_log_start_offset = answer->log_start_offset;
        g_array_append_val(broker->scratch_partitions, *answer);
    }
    return bytes;
}

static bool has_unread(const SessionPartition *self)
{
    Reading reading = look_at(self);
    return !reading.urgent && read_batches(self, reading.bound, 1, true, NULL) > 0;
}

static void copy_array(void *to, GArray *from)
{
    if (from->len > 0) {
        memcpy(to, from->data, (size_t)from->len * g_array_get_element_size(from));
    }
}

static FetchResponse *collect(FetchSession *self, const FetchRequest *request)
{
    Broker *broker = self->broker;
    g_array_set_size(broker->scratch_partitions, 0);
    g_array_set_size(broker->scratch_batches, 0);
    broker->scratch_disk_bytes = 0;
    int64_t room = request->max_bytes;
    SessionPartition *last = self->last;
    bool more = self->first != NULL;
    while (more) {
        SessionPartition *partition = fetch_session_pop(self);
        more = partition != last;
        int64_t bytes = collect_one(partition, room, broker->scratch_batches->len == 0);
        room = MAX(0, room - bytes);
        if (bytes == 0 && has_unread(partition)) {
            fetch_session_queue(partition); /* there was no room left: its turn comes first next */
        }
    }
    FetchResponse *response = fetch_response_new(broker->context.sim,
                                                 (int32_t)broker->scratch_partitions->len,
                                                 (int32_t)broker->scratch_batches->len);
    response->disk_bytes = broker->scratch_disk_bytes;
    copy_array(response->partitions, broker->scratch_partitions);
    copy_array(fetch_response_batches(response), broker->scratch_batches);
    return response;
}

static void answer_parked(FetchSession *self)
{
    FetchRequest *request = self->parked;
    self->parked = NULL;
    actor_disarm(&self->broker->actor, &self->expiry);
    broker_respond(self->broker, &request->header, &collect(self, request)->header);
}

static void wake(FetchSession *self)
{
    if (self->parked != NULL && is_ready(self, self->parked)) {
        answer_parked(self);
    }
}

void fetch_on_expiry(FetchSession *self)
{
    if (self->parked != NULL) {
        answer_parked(self);
    }
}

/* A late request of an old connection may take a position over from the session that is in use:
 * that one's next fetch takes it back. */
static void take_position(FetchSession *self, RemoteReplica *remote)
{
    if (remote->session_at != NULL && remote->session_at != &self->last_request_at) {
        self->broker->isr_generation++;
    }
    remote->session_at = &self->last_request_at;
}

/* The positions that the request names count from now on; not those of a log that diverges. */
static void update_followers(FetchSession *self, const FetchRequest *request)
{
    for (int32_t i = 0; i < request->partition_count; i++) {
        const FetchPartition *wanted = &request->partitions[i];
        const SessionPartition *named = fetch_session_find(self, wanted->partition);
        if (wanted->forget || named == NULL || look_at(named).urgent) {
            continue;
        }
        RemoteReplica *remote = partition_remote(named->hosted, self->replica_id);
        if (remote != NULL) {
            take_position(self, remote);
        }
        if (remote != NULL) {
            (void)partition_update_follower(named->hosted,
                                            remote,
                                            self->replica_epoch,
                                            wanted->fetch_offset,
                                            actor_now(&self->broker->actor));
        }
    }
}

/* An idle follower's fetch names no partition, yet each of its fetches may let it join an ISR. All
 * are looked at when something happened that could have been in the way (isr_generation). */
static void recheck_isr(FetchSession *self)
{
    if (self->isr_generation == self->broker->isr_generation) {
        return;
    }
    self->isr_generation = self->broker->isr_generation;
    for (guint i = 0; i < self->partitions->len; i++) {
        const SessionPartition *at = self->partitions->pdata[i];
        if (at->hosted == NULL || at->hosted->role != PARTITION_LEADER) {
            continue;
        }
        RemoteReplica *remote = partition_remote(at->hosted, self->replica_id);
        if (remote != NULL && remote->session_at == &self->last_request_at) {
            partition_maybe_expand_isr(at->hosted, remote);
        } else if (remote != NULL && !look_at(at).urgent) {
            take_position(self, remote);
            (void)partition_update_follower(at->hosted,
                                            remote,
                                            self->replica_epoch,
                                            at->wanted.fetch_offset,
                                            actor_now(&self->broker->actor));
        }
    }
}

static void take_wishes(FetchSession *self, const FetchRequest *request)
{
    self->replica_id = request->replica_id;
    self->replica_epoch = request->replica_epoch;
    for (int32_t i = 0; i < request->partition_count; i++) {
        const FetchPartition *wanted = &request->partitions[i];
        if (wanted->forget) {
            fetch_session_forget(self, wanted->partition);
        } else {
            fetch_session_want(self, wanted);
        }
    }
}

static FetchSession *
session_for(Broker *self, BrokerConnection *connection, const FetchRequest *request)
{
    if (request->session_epoch == 0 || connection->session == NULL) {
        fetch_session_free(connection->session);
        connection->session = fetch_session_new(self, connection);
    }
    return connection->session;
}

void fetch_handle(Broker *self, FetchRequest *request)
{
    BrokerConnection *connection = request_path_connection(self, request->header.connection);
    if (connection == NULL) {
        message_free(self->context.sim, &request->header.base);
        return;
    }
    FetchSession *session = session_for(self, connection, request);
    take_wishes(session, request);
    FetchResponse *response = is_ready(session, request) ? collect(session, request) : NULL;
    if (response == NULL) {
        session->parked = request;
        actor_arm_constant(&self->actor, &session->expiry, request->max_wait_ns);
    }
    session->last_request_at = actor_now(&self->actor);
    if (session->replica_id >= 0) {
        update_followers(session, request);
        recheck_isr(session);
    }
    if (response != NULL) {
        broker_respond(self, &request->header, &response->header);
    }
}

void fetch_on_append(Partition *partition)
{
    for (guint i = 0; i < partition->watchers->len; i++) {
        SessionPartition *watcher = partition->watchers->pdata[i];
        if (watcher->session->replica_id >= 0) {
            fetch_session_queue(watcher);
            wake(watcher->session);
        }
    }
}

void fetch_on_high_watermark(Partition *partition)
{
    for (guint i = 0; i < partition->watchers->len; i++) {
        SessionPartition *watcher = partition->watchers->pdata[i];
        fetch_session_queue(watcher);
        if (watcher->session->replica_id < 0) {
            wake(watcher->session); /* a follower is not woken by a high watermark alone */
        }
    }
}

void fetch_on_role_change(Partition *partition)
{
    for (guint i = 0; i < partition->watchers->len; i++) {
        SessionPartition *watcher = partition->watchers->pdata[i];
        fetch_session_queue(watcher);
        wake(watcher->session);
    }
}
