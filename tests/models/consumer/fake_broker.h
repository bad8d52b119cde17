/* fake_broker.h - two scripted brokers for tests of the consumer: they keep batches in arrays,
 * commit at once, answer at once, and write down what they were asked. Broker 0 coordinates the
 * group with the real coordinator; partition p is led by broker p mod 2. The network takes 1 ms
 * each way. */
#ifndef KAFKASIM_TESTS_MODELS_CONSUMER_FAKE_BROKER_H
#define KAFKASIM_TESTS_MODELS_CONSUMER_FAKE_BROKER_H
#include "models/consumer/consumer.h"
#include "models/group/coordinator.h"
#include "sim/resource/host.h"
#include "sim/resource/network.h"
#include <check.h>
#include <string.h>

#define FAKE_PARTITIONS_MAX 8
#define FAKE_MEMBERS_MAX    4
#define FAKE_OFFSETS        100 /* partition index of __consumer_offsets-0 */

struct FakeCluster;
/* A fetch session: dies with its connection, here never. */
typedef struct FakeSession {
    ConnectionId connection;
    GArray *partitions; /* of FetchPartition */
    FetchRequest *held; /* a fetch that waits for data */
    Timer hold;
} FakeSession;

typedef struct FakeBroker {
    Actor actor;
    struct FakeCluster *cluster;
    int32_t id;
    GPtrArray *sessions; /* of FakeSession */
    GArray *busy;        /* of ConnectionId: those with a request that is not answered */
    GPtrArray *waiting;  /* of RequestHeader: behind one of those, in order */
} FakeBroker;

typedef struct FakeAppend {
    Timer timer;
    uint64_t token;
    uint32_t payload;
} FakeAppend;

typedef struct FakeCluster {
    Sim *sim;
    MetadataLog *topics;
    int32_t topic;
    int32_t partitions;
    FakeBroker brokers[2];
    Actor *actors[2];
    int32_t ids[2];
    AddressBook book;
    GroupCoordinator *coordinator;
    CoordinatorRecords *records;
    FakeAppend appends[64];
    int32_t append_count;
    GArray *logs[FAKE_PARTITIONS_MAX]; /* of RecordBatch */
    int64_t log_start[FAKE_PARTITIONS_MAX];
    KafkaError fetch_error[FAKE_PARTITIONS_MAX]; /* once */
    KafkaError commit_error;                     /* once */
    Ledger *ledger;
    ClusterSpec *cluster_spec;
    GroupSpec *spec; /* its only group */
    HardwareProfile profile;
    Consumer *members[FAKE_MEMBERS_MAX];
    int32_t member_count;
    GString *lines;
    uint32_t traced; /* 1 << api */
    bool record_by_record;
} FakeCluster;

static inline void fake_say(FakeCluster *self, uint16_t api, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static inline void fake_say(FakeCluster *self, uint16_t api, const char *format, ...)
{
    if ((self->traced & (UINT32_C(1) << api % 32)) == 0) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    g_string_append_printf(self->lines, "%ld ", (long)(sim_now(self->sim) / SIM_MS(1)));
    g_string_append_vprintf(self->lines, format, arguments);
    g_string_append_c(self->lines, '\n');
    va_end(arguments);
}

/* What happened since the last look. */
static inline void fake_expect(FakeCluster *self, const char *lines)
{
    ck_assert_str_eq(self->lines->str, lines);
    g_string_truncate(self->lines, 0);
}

static inline int64_t fake_end(const FakeCluster *self, int32_t partition)
{
    const GArray *log = self->logs[partition];
    if (log->len == 0) {
        return self->log_start[partition];
    }
    return record_batch_last_offset(&g_array_index(log, RecordBatch, log->len - 1)) + 1;
}

static inline void fake_dispatch(FakeBroker *self, RequestHeader *request);

static inline bool fake_is_busy(const FakeBroker *self, ConnectionId connection)
{
    for (guint i = 0; i < self->busy->len; i++) {
        if (g_array_index(self->busy, ConnectionId, i) == connection) {
            return true;
        }
    }
    return false;
}

/* A broker serves one request of a connection at a time. */
static inline void fake_serve(FakeBroker *self, RequestHeader *request)
{
    if (fake_is_busy(self, request->connection)) {
        g_ptr_array_add(self->waiting, request);
        return;
    }
    g_array_append_val(self->busy, request->connection);
    fake_dispatch(self, request);
}

static inline void fake_serve_next(FakeBroker *self, ConnectionId connection)
{
    for (guint i = 0; i < self->busy->len; i++) {
        if (g_array_index(self->busy, ConnectionId, i) == connection) {
            g_array_remove_index(self->busy, i);
            break;
        }
    }
    for (guint i = 0; i < self->waiting->len; i++) {
        RequestHeader *request = g_ptr_array_index(self->waiting, i);
        if (request->connection == connection) {
            g_ptr_array_remove_index(self->waiting, i);
            fake_serve(self, request);
            return;
        }
    }
}

static inline void fake_answer(FakeBroker *self, RequestHeader *request, void *answer)
{
    ResponseHeader *response = answer;
    const ConnectionId connection = request->connection;
    response->correlation_id = request->correlation_id;
    kafka_message_set_wire_bytes(&response->base);
    network_send(&self->actor, connection, &response->base);
    message_free(self->actor.sim, &request->base);
    fake_serve_next(self, connection);
}

static inline void fake_metadata(FakeBroker *self, RequestHeader *request)
{
    FakeCluster *cluster = self->cluster;
    fake_say(cluster, KAFKA_METADATA, "Metadata");
    const int32_t asked = ((const MetadataRequest *)request)->topic_count;
    const int32_t count = asked > 0 ? cluster->partitions : 0;
    MetadataResponse *response = metadata_response_new(self->actor.sim, count, 2);
    for (int32_t p = 0; p < count; p++) {
        response->partitions[p] =
            (MetadataPartition){.partition = p, .leader = p % 2, .leader_epoch = 0};
    }
    metadata_response_brokers(response)[0] = 0;
    metadata_response_brokers(response)[1] = 1;
    fake_answer(self, request, response);
}

static inline void fake_find_coordinator(FakeBroker *self, RequestHeader *request)
{
    FindCoordinatorResponse *response = message_new(
        self->actor.sim, sizeof(FindCoordinatorResponse), KAFKA_FIND_COORDINATOR | KAFKA_RESPONSE);
    fake_answer(self, request, response);
}

static inline void fake_list_offsets(FakeBroker *self, ListOffsetsRequest *request)
{
    ListOffsetsResponse *response =
        message_new(self->actor.sim,
                    KAFKA_MESSAGE_BYTES(ListOffsetsResponse, partitions, request->count),
                    KAFKA_LIST_OFFSETS | KAFKA_RESPONSE);
    response->count = request->count;
    for (int32_t i = 0; i < request->count; i++) {
        const int32_t partition = request->partitions[i].partition;
        response->partitions[i] = request->partitions[i];
        response->partitions[i].offset = request->partitions[i].timestamp == LIST_OFFSETS_EARLIEST
                                             ? self->cluster->log_start[partition]
                                             : fake_end(self->cluster, partition);
    }
    fake_answer(self, &request->header, response);
}

#include "tests/models/consumer/fake_epochs.h"

/* ---- Fetch */
static inline FakeSession *fake_session(FakeBroker *self, ConnectionId connection)
{
    for (guint i = 0; i < self->sessions->len; i++) {
        FakeSession *session = g_ptr_array_index(self->sessions, i);
        if (session->connection == connection) {
            return session;
        }
    }
    FakeSession *session = g_new0(FakeSession, 1);
    session->connection = connection;
    session->partitions = g_array_new(FALSE, FALSE, sizeof(FetchPartition));
    timer_init(&session->hold, 2, session);
    g_ptr_array_add(self->sessions, session);
    return session;
}

static inline void fake_session_free(gpointer data)
{
    FakeSession *session = data;
    g_array_free(session->partitions, TRUE);
    g_free(session);
}

static inline FetchPartition *
fake_session_find(FakeSession *session, int32_t partition, guint *ret_at)
{
    for (guint i = 0; i < session->partitions->len; i++) {
        FetchPartition *item = &g_array_index(session->partitions, FetchPartition, i);
        if (item->partition == partition) {
            *ret_at = i;
            return item;
        }
    }
    return NULL;
}

static inline void fake_merge_session(FakeSession *session, const FetchRequest *request)
{
    if (request->session_epoch == 0) {
        g_array_set_size(session->partitions, 0);
    }
    for (int32_t i = 0; i < request->partition_count; i++) {
        const FetchPartition *item = &request->partitions[i];
        guint at = 0;
        FetchPartition *known = fake_session_find(session, item->partition, &at);
        if (item->forget) {
            ck_assert_ptr_nonnull(known);
            g_array_remove_index(session->partitions, at);
        } else if (known != NULL) {
            *known = *item;
        } else {
            g_array_append_val(session->partitions, *item);
        }
    }
}

/* Batches of one partition from its position on, as many as fit. */
static inline void
fake_read(FakeBroker *self, const FetchPartition *item, GArray *batches, bool *ret_any)
{
    const GArray *log = self->cluster->logs[item->partition];
    int32_t bytes = 0;
    for (guint b = 0; b < log->len; b++) {
        const RecordBatch *batch = &g_array_index(log, RecordBatch, b);
        const bool is_wanted = record_batch_last_offset(batch) >= item->fetch_offset;
        if (is_wanted && (bytes == 0 || bytes + batch->bytes <= item->partition_max_bytes)) {
            g_array_append_val(batches, *batch);
            bytes += batch->bytes;
            *ret_any = true;
        }
    }
}

static inline KafkaError fake_fetch_error(FakeBroker *self, const FetchPartition *item)
{
    FakeCluster *cluster = self->cluster;
    const KafkaError error = cluster->fetch_error[item->partition];
    cluster->fetch_error[item->partition] = KAFKA_NONE;
    if (error == KAFKA_NONE && (item->fetch_offset > fake_end(cluster, item->partition) ||
                                item->fetch_offset < cluster->log_start[item->partition])) {
        return KAFKA_OFFSET_OUT_OF_RANGE;
    }
    return error;
}

/* The answer to a fetch; NULL when there is nothing and the request may wait. */
static inline FetchResponse *
fake_fetch_answer(FakeBroker *self, FakeSession *session, bool may_wait, int32_t min_bytes)
{
    GArray *batches = g_array_new(FALSE, FALSE, sizeof(RecordBatch));
    FetchPartitionResponse parts[FAKE_PARTITIONS_MAX];
    int32_t count = 0;
    int64_t bytes = 0;
    bool has_error = false;
    for (guint i = 0; i < session->partitions->len; i++) {
        const FetchPartition *item = &g_array_index(session->partitions, FetchPartition, i);
        FetchPartitionResponse part = {.partition = item->partition, .current_leader = NO_LEADER};
        part.error = fake_fetch_error(self, item);
        part.first_batch = (int32_t)batches->len;
        bool any = part.error != KAFKA_NONE;
        has_error = has_error || any;
        if (!any) {
            fake_read(self, item, batches, &any);
        }
        part.batch_count = (int32_t)batches->len - part.first_batch;
        if (any) {
            parts[count++] = part;
        }
    }
    for (guint b = 0; b < batches->len; b++) {
        bytes += g_array_index(batches, RecordBatch, b).bytes;
    }
    FetchResponse *response = NULL;
    if (!may_wait || has_error || bytes >= min_bytes) {
        response = fetch_response_new(self->actor.sim, count, (int32_t)batches->len);
        if (count > 0) {
            memcpy(response->partitions, parts, sizeof parts[0] * (size_t)count);
        }
        if (batches->len > 0) {
            memcpy(fetch_response_batches(response),
                   batches->data,
                   batches->len * sizeof(RecordBatch));
        }
    }
    g_array_free(batches, TRUE);
    return response;
}

static inline void fake_fetch(FakeBroker *self, FetchRequest *request)
{
    FakeSession *session = fake_session(self, request->header.connection);
    fake_merge_session(session, request);
    GString *names = g_string_new("");
    for (guint i = 0; i < session->partitions->len; i++) {
        const FetchPartition *item = &g_array_index(session->partitions, FetchPartition, i);
        g_string_append_printf(names, " %d@%ld", item->partition, (long)item->fetch_offset);
    }
    fake_say(self->cluster,
             KAFKA_FETCH,
             "Fetch %d%s%s (named %d)",
             self->id,
             request->session_epoch == 0 ? " new:" : ":",
             names->str,
             request->partition_count);
    g_string_free(names, TRUE);
    FetchResponse *response = fake_fetch_answer(self, session, true, MAX(request->min_bytes, 1));
    if (response != NULL) {
        fake_answer(self, &request->header, response);
        return;
    }
    session->held = request;
    actor_arm(&self->actor, &session->hold, request->max_wait_ns);
}

static inline void fake_release(FakeBroker *self, FakeSession *session, bool may_wait)
{
    if (session->held == NULL) {
        return;
    }
    FetchResponse *response =
        fake_fetch_answer(self, session, may_wait, MAX(session->held->min_bytes, 1));
    if (response != NULL) {
        FetchRequest *request = session->held;
        session->held = NULL;
        actor_disarm(&self->actor, &session->hold);
        fake_answer(self, &request->header, response);
    }
}

/* ---- Groups */
static inline void
fake_append(void *owner, int32_t partition, int32_t bytes, uint32_t payload, uint64_t token)
{
    FakeCluster *self = owner;
    (void)partition;
    (void)bytes;
    FakeAppend *append = &self->appends[self->append_count++ % 64];
    append->token = token;
    append->payload = payload;
    timer_init(&append->timer, 3, append);
    actor_arm(&self->brokers[0].actor, &append->timer, SIM_MS(1));
}

static inline void fake_respond(void *owner, RequestHeader *request, ResponseHeader *response)
{
    FakeCluster *self = owner;
    fake_answer(&self->brokers[0], request, response);
}

static inline int32_t fake_offsets_partition(void *owner, int32_t i)
{
    (void)owner;
    return FAKE_OFFSETS + i;
}

static inline int32_t fake_offsets_count(void *owner)
{
    (void)owner;
    return 1;
}

static inline void fake_say_commit(FakeCluster *self, const OffsetCommitRequest *request)
{
    GString *text = g_string_new("");
    for (int32_t i = 0; i < request->count; i++) {
        g_string_append_printf(
            text, " %d@%ld", request->offsets[i].partition, (long)request->offsets[i].offset);
    }
    fake_say(self, KAFKA_OFFSET_COMMIT, "%s commits%s", request->header.client_id, text->str);
    g_string_free(text, TRUE);
}

static inline bool fake_refuse_commit(FakeBroker *self, OffsetCommitRequest *request)
{
    const KafkaError error = self->cluster->commit_error;
    self->cluster->commit_error = KAFKA_NONE;
    if (error == KAFKA_NONE) {
        return false;
    }
    OffsetCommitResponse *response = message_new(
        self->actor.sim, sizeof(OffsetCommitResponse), KAFKA_OFFSET_COMMIT | KAFKA_RESPONSE);
    response->error = error;
    fake_answer(self, &request->header, response);
    return true;
}

#include "tests/models/consumer/fake_modern.h"

static inline void fake_group(FakeBroker *self, RequestHeader *request)
{
    FakeCluster *cluster = self->cluster;
    ck_assert_int_eq(self->id, 0);
    if (request->base.type == KAFKA_OFFSET_COMMIT) {
        fake_say_commit(cluster, (const OffsetCommitRequest *)request);
        if (fake_refuse_commit(self, (OffsetCommitRequest *)request)) {
            return;
        }
    } else if (request->base.type == KAFKA_CONSUMER_GROUP_HEARTBEAT) {
        fake_say_beat(cluster, (const ConsumerGroupHeartbeatRequest *)request);
    } else {
        fake_say(cluster,
                 request->base.type,
                 "%s %s",
                 request->client_id,
                 kafka_api_name(request->base.type));
    }
    group_coordinator_handle(cluster->coordinator, request);
}

static inline void fake_on_mail(Actor *actor, ConnectionId connection, Message *message)
{
    RequestHeader *request = (RequestHeader *)message;
    request->connection = connection;
    fake_serve((FakeBroker *)actor, request);
}

static inline void fake_dispatch(FakeBroker *self, RequestHeader *request)
{
    switch (request->base.type) {
    case KAFKA_API_VERSIONS:
        fake_answer(self,
                    request,
                    message_new(self->actor.sim,
                                sizeof(ApiVersionsResponse),
                                KAFKA_API_VERSIONS | KAFKA_RESPONSE));
        break;
    case KAFKA_METADATA:
        fake_metadata(self, request);
        break;
    case KAFKA_FIND_COORDINATOR:
        fake_find_coordinator(self, request);
        break;
    case KAFKA_LIST_OFFSETS:
        fake_list_offsets(self, (ListOffsetsRequest *)request);
        break;
    case KAFKA_OFFSETS_FOR_LEADER_EPOCH:
        fake_epoch_ends(self, (OffsetsForLeaderEpochRequest *)request);
        break;
    case KAFKA_FETCH:
        fake_fetch(self, (FetchRequest *)request);
        break;
    default:
        fake_group(self, request);
        break;
    }
}

static inline void fake_on_timer(Actor *actor, Timer *timer)
{
    FakeBroker *self = (FakeBroker *)actor;
    if (timer->kind == 1) {
        (void)group_coordinator_on_timer(self->cluster->coordinator, timer);
    } else if (timer->kind == 2) {
        fake_release(self, timer->owner, false);
    } else {
        const FakeAppend *append = timer->owner;
        group_coordinator_on_append(self->cluster->coordinator, append->token, KAFKA_NONE);
    }
}

static const ActorClass fake_broker_class = {
    .name = "fake broker", .on_mail = fake_on_mail, .on_timer = fake_on_timer};

#endif
