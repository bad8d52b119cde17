/* fetch_read.c - see the header. */
#include "models/broker/fetch/fetch_read.h"
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
    bool names_leader = partition_host_has(&broker->partition_host, ERA_KIP_951) &&
                        (answer->error == KAFKA_NOT_LEADER_OR_FOLLOWER ||
                         answer->error == KAFKA_FENCED_LEADER_EPOCH);
    const PartitionRegistration *known =
        metadata_partition(broker->context.metadata, answer->partition, broker->applied_offset);
    if (names_leader && known != NULL) {
        answer->current_leader = known->leader;
        answer->current_leader_epoch = known->leader_epoch;
    }
}

static bool is_remote(const SessionPartition *self)
{
    return !log_manager_is_plain(self->session->broker->logs) &&
           log_manager_is_remote(self->hosted->stored, self->wanted.fetch_offset);
}

/* Of the topic that is asked for, or why the metadata do not say where. */
static KafkaError find(const SessionPartition *self)
{
    if (partition_is_of(self->hosted, self->wanted.topic_id)) {
        return KAFKA_NONE;
    }
    return metadata_cache_find(self->session->broker,
                               (TopicIdPartition){self->wanted.topic_id, self->wanted.partition},
                               self->is_named);
}

static PartitionRead read_state(const SessionPartition *self)
{
    const Partition *partition = self->hosted;
    const KafkaError unknown = find(self);
    if (unknown != KAFKA_NONE) {
        return (PartitionRead){.error = unknown};
    }
    if (partition != NULL && !log_manager_is_plain(self->session->broker->logs) &&
        partition->stored->offline) {
        return (PartitionRead){.error = KAFKA_KAFKA_STORAGE_ERROR};
    }
    if (partition == NULL || partition->role == PARTITION_NONE) {
        return (PartitionRead){.error = KAFKA_NOT_LEADER_OR_FOLLOWER};
    }
    if (!partition_is_of(partition, self->wanted.topic_id)) {
        /* The metadata know the new topic, its partition is still the former one's; or the other
         * way round, and the session knows the name. Before the epoch is compared, which says
         * nothing here (ReplicaManager.readFromLog). */
        return (PartitionRead){.error = KAFKA_INCONSISTENT_TOPIC_ID};
    }
    if (self->session->is_stale) {
        return (PartitionRead){.error = KAFKA_NOT_LEADER_OR_FOLLOWER};
    }
    int32_t replica_id = self->session->replica_id;
    bool leader_only = replica_id >= 0 || !partition_host_has(partition->host, ERA_KIP_392);
    PartitionRead read = partition_read(partition, replica_id, &self->wanted, leader_only);
    if (replica_id >= 0 && read.error == KAFKA_NONE && !read.diverges && is_remote(self)) {
        read.error = KAFKA_OFFSET_MOVED_TO_TIERED_STORAGE;
    }
    return read;
}

/* A consumer in another rack is sent to a replica in its own. */
static void look_for_preferred(const SessionPartition *self, Reading *reading)
{
    const FetchSession *session = self->session;
    if (session->replica_id >= 0 || !session->broker->selects_by_rack ||
        !partition_host_has(self->hosted->host, ERA_KIP_392)) {
        return;
    }
    int32_t preferred =
        partition_preferred_read_replica(self->hosted, session->rack, self->wanted.fetch_offset);
    if (preferred != NO_LEADER) {
        reading->answer.is_elsewhere = true;
        reading->answer.preferred_read_replica = preferred;
        reading->urgent = true;
    }
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
        if (read.error == KAFKA_OFFSET_MOVED_TO_TIERED_STORAGE) {
            reading.answer.log_start_offset = read.log_start_offset;
            reading.answer.local_log_start_offset = log_manager_local_start(self->hosted->stored);
        }
        return reading;
    }
    reading.answer.high_watermark = read.high_watermark;
    reading.answer.log_start_offset = read.log_start_offset;
    reading.answer.log_end_offset = read.log_end_offset;
    reading.answer.last_stable_offset = partition_last_stable_offset(self->hosted);
    reading.bound = follower                        ? read.log_end_offset
                    : self->session->read_committed ? reading.answer.last_stable_offset
                                                    : read.high_watermark;
    look_for_preferred(self, &reading);
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
    if (is_remote(self)) {
        return first || limit > 0
                   ? log_manager_read_remote(
                         self->hosted->stored, self->wanted.fetch_offset, limit, into)
                   : 0;
    }
    return partition_read_batches(
        self->hosted, self->wanted.fetch_offset, bound, limit, first, into);
}

/* KIP-73: replication of this partition waits. */
static bool is_throttled(const SessionPartition *self)
{
    const FetchSession *session = self->session;
    return session->replica_id >= 0 && session->broker->leader_quota.any &&
           quotas_leader_throttles(session->broker, self->hosted, session->replica_id);
}

bool fetch_read_is_ready(const FetchSession *self, const FetchRequest *request)
{
    int64_t bytes = 0;
    for (const SessionPartition *at = self->first; at != NULL; at = at->next) {
        Reading reading = look_at(at);
        if (reading.urgent) {
            return true;
        }
        if (!is_throttled(at)) {
            bytes += read_batches(at, reading.bound, at->wanted.partition_max_bytes, true, NULL);
        }
        if (bytes > 0 && bytes >= request->min_bytes) {
            return true;
        }
    }
    return request->max_wait_ns <= 0 || request->min_bytes <= 0 || self->is_empty;
}

static bool has_changed(const SessionPartition *self, const FetchPartitionResponse *answer)
{
    return answer->high_watermark != self->sent_high_watermark ||
           answer->log_start_offset != self->sent_log_start_offset;
}

static bool has_unread(const SessionPartition *self, const Reading *reading)
{
    return !reading->urgent && read_batches(self, reading->bound, 1, true, NULL) > 0;
}

/* One partition of an answer may be read from remote storage; others wait for the next fetch. */
static int64_t take_remote(Broker *broker, FetchPartitionResponse *answer, int64_t bytes)
{
    if (broker->scratch_remote != 0) {
        g_array_set_size(broker->scratch_batches, (guint)answer->first_batch);
        answer->batch_count = 0;
        return 0;
    }
    broker->scratch_remote = (int32_t)broker->scratch_partitions->len + 1;
    broker->scratch_remote_bytes = bytes;
    return bytes;
}

/* The aborted transactions that touch what was read. Merged batches, as all from remote storage
 * are, say themselves that they were aborted, and the markers among them end nothing. */
static void collect_aborted(const SessionPartition *self, FetchPartitionResponse *answer)
{
    Broker *broker = self->session->broker;
    answer->first_aborted = (int32_t)broker->scratch_aborted->len;
    if (!self->session->read_committed || answer->batch_count == 0) {
        return;
    }
    const TransactionIndex *index = producer_state_aborted(&self->hosted->log.producers);
    if (index == NULL) {
        return;
    }
    const RecordBatch *last =
        &g_array_index(broker->scratch_batches, RecordBatch, broker->scratch_batches->len - 1);
    int64_t end = record_batch_last_offset(last) + 1;
    int64_t fine = record_log_fine_offset(&self->hosted->log);
    int64_t from = MAX(self->wanted.fetch_offset, fine);
    int32_t count = transaction_index_collect(index, from, end, NULL);
    g_autofree AbortedTxn *aborted = g_new(AbortedTxn, (gsize)count + 1);
    transaction_index_collect(index, from, end, aborted);
    for (int32_t i = 0; i < count; i++) {
        const AbortedTransaction row = {aborted[i].producer_id, aborted[i].first_offset};
        g_array_append_val(broker->scratch_aborted, row);
    }
    answer->aborted_count = count;
}

/* Adds this partition to the answer being built; returns the bytes it took. What had data or an
 * error is looked at again by the next fetch, whether that names it or not; what had data stands
 * behind all others then, which the caller sees to. */
static int64_t collect_one(SessionPartition *self, int64_t room, bool first)
{
    Broker *broker = self->session->broker;
    Reading reading = look_at(self);
    FetchPartitionResponse *answer = &reading.answer;
    int64_t bytes = 0;
    answer->first_batch = (int32_t)broker->scratch_batches->len;
    if (!reading.urgent && !is_throttled(self)) {
        int64_t limit = MIN(room, self->wanted.partition_max_bytes);
        bytes = read_batches(self, reading.bound, limit, first, broker->scratch_batches);
    }
    answer->batch_count = (int32_t)broker->scratch_batches->len - answer->first_batch;
    collect_aborted(self, answer);
    if (bytes > 0 && self->session->replica_id >= 0) {
        quotas_leader_sent(broker, self->wanted.partition, bytes);
    }
    if (bytes > 0 && is_remote(self)) {
        bytes = take_remote(broker, answer, bytes);
    } else if (bytes > 0) {
        broker->scratch_disk_bytes += storage_read(self->hosted, self->wanted.fetch_offset, bytes);
    }
    if (self->session->replica_id < 0 && answer->batch_count > 0) {
        replica_watch_read(
            self->hosted,
            &g_array_index(broker->scratch_batches, RecordBatch, answer->first_batch),
            answer->batch_count);
    }
    self->told_high_watermark = self->sent_high_watermark;
    self->told_log_start_offset = self->sent_log_start_offset;
    if (answer->batch_count > 0 || reading.urgent || has_changed(self, answer)) {
        self->sent_high_watermark = reading.urgent ? -1 : answer->high_watermark;
        self->sent_log_start_offset = answer->log_start_offset;
        g_array_append_val(broker->scratch_partitions, *answer);
    }
    if (bytes == 0 && (reading.urgent || has_unread(self, &reading))) {
        fetch_session_queue(self);
    }
    return bytes;
}

static void copy_array(void *to, GArray *from)
{
    if (from->len > 0) {
        memcpy(to, from->data, (size_t)from->len * g_array_get_element_size(from));
    }
}

/* So many partitions before one is collected, it is asked for; then what it reads, and so on. */
#define COLLECTED_AHEAD 4

/* ahead[0] is the furthest; all of them stand behind the one that is next to be collected. */
static void fetch_ahead(const SessionPartition *ahead[COLLECTED_AHEAD])
{
    memmove(&ahead[1], &ahead[0], (COLLECTED_AHEAD - 1) * sizeof(ahead[0]));
    ahead[0] = ahead[1] != NULL ? ahead[1]->next : NULL;
    BITS_PREFETCH(ahead[0]);
    partition_fetch(ahead[1] != NULL ? ahead[1]->hosted : NULL);
    partition_fetch_around(ahead[3] != NULL ? ahead[3]->hosted : NULL);
}

/* Reads what there is room for. Partitions with data move to the end of the session, behind those
 * for which there was no room (FetchSession: fairness). */
static void collect_all(FetchSession *self, int64_t room)
{
    SessionPartition *served = NULL;
    SessionPartition **served_end = &served;
    SessionPartition *last = self->last;
    const SessionPartition *ahead[COLLECTED_AHEAD] = {self->first};
    for (int i = 1; i < COLLECTED_AHEAD; i++) {
        fetch_ahead(ahead);
    }
    bool more = self->first != NULL;
    while (more) {
        fetch_ahead(ahead);
        SessionPartition *partition = fetch_session_pop(self);
        more = partition != last;
        int64_t bytes = collect_one(partition, room, self->broker->scratch_batches->len == 0);
        room = MAX(0, room - bytes);
        self->broker->scratch_record_bytes += bytes;
        if (bytes > 0) {
            *served_end = partition;
            served_end = &partition->next;
        }
    }
    while (served != NULL) {
        SessionPartition *partition = served;
        served = partition->next;
        fetch_session_queue(partition);
    }
}

static FetchResponse *collect(FetchSession *self, const FetchRequest *request)
{
    Broker *broker = self->broker;
    if (self->first == NULL) {
        broker->scratch_record_bytes = 0;
        return fetch_response_new(broker->context.sim, 0, 0);
    }
    g_array_set_size(broker->scratch_partitions, 0);
    g_array_set_size(broker->scratch_batches, 0);
    g_array_set_size(broker->scratch_aborted, 0);
    broker->scratch_disk_bytes = 0;
    broker->scratch_remote = 0;
    broker->scratch_remote_bytes = 0;
    broker->scratch_record_bytes = 0;
    collect_all(self, request->max_bytes);
    FetchResponse *response = fetch_response_new_committed(broker->context.sim,
                                                           (int32_t)broker->scratch_partitions->len,
                                                           (int32_t)broker->scratch_batches->len,
                                                           (int32_t)broker->scratch_aborted->len);
    response->disk_bytes = broker->scratch_disk_bytes;
    response->remote_partition = broker->scratch_remote;
    response->remote_bytes = broker->scratch_remote_bytes;
    copy_array(response->partitions, broker->scratch_partitions);
    copy_array(fetch_response_batches(response), broker->scratch_batches);
    copy_array(fetch_response_aborted(response), broker->scratch_aborted);
    return response;
}

bool fetch_read_is_urgent(const SessionPartition *self)
{
    return look_at(self).urgent;
}

/* The client is throttled: it gets nothing, and the session stands as before. */
static FetchResponse *take_back(FetchSession *self, FetchResponse *response)
{
    for (int32_t i = 0; i < response->partition_count; i++) {
        SessionPartition *partition = fetch_session_find(self, response->partitions[i].partition);
        partition->sent_high_watermark = partition->told_high_watermark;
        partition->sent_log_start_offset = partition->told_log_start_offset;
        fetch_session_queue(partition);
    }
    Sim *sim = self->broker->context.sim;
    message_free(sim, &response->header.base);
    return fetch_response_new(sim, 0, 0);
}

/* Mirrors: BrokerTopicStats.updateBytesOut: what is read, of records. */
static void count_bytes_out(Broker *broker, const FetchSession *session)
{
    BrokerCounters *counters = &broker->counters;
    *(session->replica_id < 0 ? &counters->bytes_out : &counters->replication_bytes_out) +=
        broker->scratch_record_bytes;
}

FetchResponse *fetch_read_answer(FetchSession *self, FetchRequest *request)
{
    FetchResponse *response = collect(self, request);
    if (!quotas_charges(self->broker, &request->header)) {
        count_bytes_out(self->broker, self);
        return response;
    }
    kafka_message_set_wire_bytes(&response->header.base);
    SimDuration throttle_ns =
        quotas_charge_fetch(self->broker, request, response->header.base.wire_bytes);
    if (throttle_ns > 0) {
        response = take_back(self, response);
        response->header.throttle_ns = throttle_ns;
    } else {
        count_bytes_out(self->broker, self);
    }
    return response;
}
