/* check_leader_isr_hw.c - a leader's high watermark and ISR, operation by operation.
 *
 * The partition is the broker's own (models/replica/partition.h); its host is a metadata cache of
 * five brokers and a controller whose answers the vector gives. */
#include "models/replica/partition.h"
#include "tests/vectors/vectors.h"
#include <string.h>

#define BROKERS_MAX  64
#define LEADER_EPOCH 3 /* of the records that were there before */

typedef struct Leader {
    PartitionHost host;
    Partition *partition;
    BrokerRegistration brokers[BROKERS_MAX];
    ReplicaList replicas;
    SimTime now;
    /* during the operation */
    GPtrArray *submitted; /* AlterPartitionEntry*, copies */
    GString *why;
} Leader;

static const BrokerRegistration *find_broker(void *owner, int32_t broker)
{
    Leader *self = owner;
    return broker >= 0 && broker < BROKERS_MAX ? &self->brokers[broker] : NULL;
}

static int64_t broker_epoch(void *owner)
{
    (void)owner;
    return 100;
}

static void submit(void *owner, Partition *partition)
{
    Leader *self = owner;
    g_ptr_array_add(self->submitted,
                    g_memdup2(partition->submission, sizeof(*partition->submission)));
}

static void high_watermark_moved(void *owner, Partition *partition)
{
    (void)owner;
    (void)partition;
}

static ReplicaList read_list(const cJSON *array)
{
    ReplicaList list = {0};
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        replica_list_add(&list, item->valueint);
    }
    return list;
}

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* The high watermark before the first operation is an input (drawn, the vectors' own text says),
 * written down only as what that operation left. A leader that is the whole ISR moves it to the
 * log's end, from wherever: then it is computed. Else becoming leader must leave it alone. */
static int64_t first_high_watermark(const Leader *self, const cJSON *first)
{
    bool alone = cJSON_GetArraySize(member(first, "isr")) == 1;
    return alone && self->partition->min_isr == 1 ? 0
                                                  : vector_integer(member(first, "after"), "hw", 0);
}

static void begin(Leader *self, const cJSON *vector, GString *why)
{
    const cJSON *ops = member(vector, "ops");
    *self = (Leader){.why = why, .submitted = g_ptr_array_new_with_free_func(g_free)};
    self->host = (PartitionHost){
        .owner = self,
        .replica_lag_ns = SIM_SEC(30),
        .find_broker = find_broker,
        .broker_epoch = broker_epoch,
        .submit = submit,
        .high_watermark_moved = high_watermark_moved,
    };
    self->replicas = read_list(member(vector, "replicas"));
    const cJSON *epoch;
    cJSON_ArrayForEach(epoch, member(vector, "brokerEpochs"))
    {
        int32_t id = (int32_t)g_ascii_strtoll(epoch->string, NULL, 10);
        self->brokers[id] = (BrokerRegistration){.id = id, .epoch = (int64_t)epoch->valuedouble};
    }
    self->partition = partition_new(&self->host, 0);
    self->partition->min_isr = (int32_t)vector_integer(vector, "minIsr", 1);
    for (int64_t i = 0; i < vector_integer(vector, "oldRecords", 0); i++) {
        RecordBatch batch = {.count = 1, .bytes = 70, .producer_id = NO_PRODUCER_ID};
        record_log_append_as_leader(&self->partition->log, &batch, LEADER_EPOCH);
    }
    self->partition->high_watermark = first_high_watermark(self, cJSON_GetArrayItem(ops, 0));
}

static void end(Leader *self)
{
    partition_free(self->partition);
    g_ptr_array_free(self->submitted, TRUE);
}

static bool make_leader(Leader *self, const cJSON *op)
{
    PartitionRegistration registration = {
        .replicas = self->replicas,
        .isr = read_list(member(op, "isr")),
        .leader = 0,
        .leader_epoch = (int32_t)vector_integer(op, "leaderEpoch", 0),
        .partition_epoch = (int32_t)vector_integer(op, "partitionEpoch", 0),
    };
    partition_drop_submission(self->partition); /* its answer never comes */
    PartitionChangeSeen seen = partition_make_leader(self->partition, &registration, self->now);
    return vector_same_integer(
        self->why, "isNewLeader", vector_boolean(op, "isNewLeader"), seen == PARTITION_NEW_ROLE);
}

static const char *exception_of(KafkaError error)
{
    switch ((int)error) {
    case KAFKA_NONE:
        return NULL;
    case KAFKA_NOT_ENOUGH_REPLICAS:
        return "NotEnoughReplicasException";
    case KAFKA_NOT_LEADER_OR_FOLLOWER:
        return "NotLeaderOrFollowerException";
    case KAFKA_FENCED_LEADER_EPOCH:
        return "FencedLeaderEpochException";
    case KAFKA_UNKNOWN_LEADER_EPOCH:
        return "UnknownLeaderEpochException";
    case KAFKA_OFFSET_OUT_OF_RANGE:
        return "OffsetOutOfRangeException";
    default:
        return kafka_error_name(error);
    }
}

static bool append(Leader *self, const cJSON *op)
{
    RecordBatch batch = {.count = (int32_t)vector_integer(op, "count", 1),
                         .bytes = 70,
                         .producer_id = NO_PRODUCER_ID};
    int64_t before = self->partition->high_watermark;
    int64_t base = -1;
    bool appended;
    KafkaError error = partition_append(self->partition,
                                        &batch,
                                        (int16_t)vector_integer(op, "acks", 1),
                                        self->now,
                                        &base,
                                        &appended);
    if (!vector_same_text(self->why, "append", vector_text(op, "exception"), exception_of(error))) {
        return false;
    }
    if (error != KAFKA_NONE) {
        return true;
    }
    const char *change = self->partition->high_watermark > before ? "INCREASED" : "SAME";
    return vector_same_text(self->why, "hwChange", vector_text(op, "hwChange"), change) &&
           vector_same_integer(self->why,
                               "lastOffset",
                               vector_integer(op, "lastOffset", -1),
                               base + batch.count - 1);
}

static bool fetch(Leader *self, const cJSON *op)
{
    int32_t id = (int32_t)vector_integer(op, "replica", -1);
    FetchPartition wanted = {
        .current_leader_epoch = (int32_t)vector_integer(op, "leaderEpoch", -1),
        .fetch_offset = vector_integer(op, "fetchOffset", 0),
        .last_fetched_epoch = -1,
    };
    PartitionRead read = partition_read(self->partition, id, &wanted, true);
    if (read.error == KAFKA_NONE) {
        read.error = partition_update_follower(self->partition,
                                               partition_remote(self->partition, id),
                                               vector_integer(op, "brokerEpoch", -1),
                                               wanted.fetch_offset,
                                               self->now);
    }
    if (!vector_same_text(
            self->why, "fetch", vector_text(op, "exception"), exception_of(read.error))) {
        return false;
    }
    return read.error != KAFKA_NONE || (vector_same_integer(self->why,
                                                            "hwInResponse",
                                                            vector_integer(op, "hwInResponse", -1),
                                                            read.high_watermark) &&
                                        vector_same_integer(self->why,
                                                            "leoInResponse",
                                                            vector_integer(op, "leoInResponse", -1),
                                                            read.log_end_offset));
}

static KafkaError error_named(const char *name)
{
    for (int code = -1; code < 200; code++) {
        if (g_strcmp0(kafka_error_name((KafkaError)code), name) == 0) {
            return (KafkaError)code;
        }
    }
    return KAFKA_UNKNOWN_SERVER_ERROR;
}

static bool alter_answer(Leader *self, const cJSON *op)
{
    AlterPartitionEntry answer = {.leader_epoch = self->partition->leader_epoch};
    const char *error = vector_text(op, "error");
    if (error != NULL) {
        answer.error = error_named(error);
    } else {
        ReplicaList isr = read_list(member(op, "isr"));
        answer.partition_epoch = (int32_t)vector_integer(op, "partitionEpoch", 0);
        answer.isr_count = isr.count;
        for (int32_t i = 0; i < isr.count; i++) {
            answer.isr[i].broker = isr.ids[i];
        }
    }
    (void)partition_on_alter_answer(self->partition, &answer, self->now);
    return true;
}

static bool check_acks_all(Leader *self, const cJSON *op)
{
    KafkaError error;
    bool done = partition_reached(self->partition, vector_integer(op, "requiredOffset", 0), &error);
    return vector_same_integer(self->why, "done", vector_boolean(op, "done"), done) &&
           vector_same_text(self->why, "error", vector_text(op, "error"), kafka_error_name(error));
}

static void set_broker(Leader *self, const cJSON *op)
{
    BrokerRegistration *broker = &self->brokers[vector_integer(op, "broker", 0)];
    broker->fenced = vector_boolean(op, "fenced");
    broker->in_controlled_shutdown = vector_boolean(op, "shuttingDown");
    broker->epoch = vector_integer(op, "brokerEpoch", 0);
}

static bool run_operation(Leader *self, const cJSON *op)
{
    const char *name = vector_text(op, "op");
    if (strcmp(name, "makeLeader") == 0) {
        return make_leader(self, op);
    }
    if (strcmp(name, "append") == 0) {
        return append(self, op);
    }
    if (strcmp(name, "fetch") == 0) {
        return fetch(self, op);
    }
    if (strcmp(name, "checkAcksAll") == 0) {
        return check_acks_all(self, op);
    }
    if (strcmp(name, "maybeShrinkIsr") == 0) {
        partition_maybe_shrink_isr(self->partition, self->now);
        return true;
    }
    if (strcmp(name, "metadataCache") == 0) {
        set_broker(self, op);
        return true;
    }
    return alter_answer(self, op);
}

static int compare_ids(const void *a, const void *b)
{
    return *(const int32_t *)a - *(const int32_t *)b;
}

static char *sorted_text(ReplicaList list, char *text, size_t bytes)
{
    g_qsort_with_data(
        list.ids, list.count, sizeof(int32_t), (GCompareDataFunc)(void (*)(void))compare_ids, NULL);
    return replica_list_text(&list, ',', text, bytes);
}

static bool same_list(GString *why, const char *what, ReplicaList expected, ReplicaList got)
{
    char a[256];
    char b[256];
    return vector_same_text(
        why, what, sorted_text(expected, a, sizeof(a)), sorted_text(got, b, sizeof(b)));
}

static bool same_submission(Leader *self, const cJSON *expected, const AlterPartitionEntry *got)
{
    ReplicaList isr = {0};
    const cJSON *ids = member(expected, "isr");
    for (int32_t i = 0; i < got->isr_count; i++) {
        replica_list_add(&isr, got->isr[i].broker);
    }
    if (!same_list(self->why, "submitted isr", read_list(ids), isr)) {
        return false;
    }
    for (int i = 0; i < cJSON_GetArraySize(ids); i++) {
        const cJSON *epoch = cJSON_GetArrayItem(member(expected, "brokerEpochs"), i);
        int32_t id = cJSON_GetArrayItem(ids, i)->valueint;
        for (int32_t k = 0; k < got->isr_count; k++) {
            if (got->isr[k].broker == id && !vector_same_integer(self->why,
                                                                 "submitted broker epoch",
                                                                 (int64_t)epoch->valuedouble,
                                                                 got->isr[k].broker_epoch)) {
                return false;
            }
        }
    }
    return vector_same_integer(self->why,
                               "submitted leaderEpoch",
                               vector_integer(expected, "leaderEpoch", -1),
                               got->leader_epoch) &&
           vector_same_integer(self->why,
                               "submitted partitionEpoch",
                               vector_integer(expected, "partitionEpoch", -1),
                               got->partition_epoch);
}

static bool same_submissions(Leader *self, const cJSON *op)
{
    const cJSON *expected = member(op, "submitted");
    int count = cJSON_GetArraySize(expected);
    if (!vector_same_integer(self->why, "submissions", count, self->submitted->len)) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (!same_submission(self, cJSON_GetArrayItem(expected, i), self->submitted->pdata[i])) {
            return false;
        }
    }
    return true;
}

static int64_t as_ms(SimTime time)
{
    return time == REPLICA_NEVER ? 0 : time / SIM_MS(1);
}

static bool same_replica(Leader *self, const cJSON *expected)
{
    int32_t id = (int32_t)g_ascii_strtoll(expected->string, NULL, 10);
    const RemoteReplica *remote = partition_remote(self->partition, id);
    if (remote == NULL) {
        g_string_append_printf(self->why, "replica %d is not there", id);
        return false;
    }
    const int64_t got[] = {remote->log_end_offset,
                           as_ms(remote->last_caught_up_at),
                           remote->last_fetch_leader_end_offset,
                           as_ms(remote->last_fetch_at),
                           remote->broker_epoch};
    static const char *const names[] = {
        "logEndOffset", "lastCaughtUp", "lastFetchLeaderLeo", "lastFetch", "brokerEpoch"};
    for (int i = 0; i < 5; i++) {
        g_autofree char *what = g_strdup_printf("replica %d %s", id, names[i]);
        int64_t wanted = (int64_t)cJSON_GetArrayItem(expected, i)->valuedouble;
        if (!vector_same_integer(self->why, what, wanted, got[i])) {
            return false;
        }
    }
    return true;
}

static ReplicaList maximal_isr(const Partition *partition)
{
    return partition->pending == ISR_EXPANDING ? partition->pending_isr : partition->isr;
}

static bool same_state(Leader *self, const cJSON *after)
{
    const Partition *p = self->partition;
    GString *why = self->why;
    bool same =
        vector_same_integer(why, "hw", vector_integer(after, "hw", -1), p->high_watermark) &&
        vector_same_integer(why, "leo", vector_integer(after, "leo", -1), p->log.log_end_offset) &&
        same_list(why, "isr", read_list(member(after, "isr")), p->isr) &&
        same_list(why, "maximalIsr", read_list(member(after, "maximalIsr")), maximal_isr(p)) &&
        vector_same_integer(
            why, "inflight", vector_boolean(after, "inflight"), p->pending != ISR_COMMITTED) &&
        vector_same_integer(why,
                            "partitionEpoch",
                            vector_integer(after, "partitionEpoch", -1),
                            p->partition_epoch) &&
        vector_same_integer(why,
                            "underMinIsr",
                            vector_boolean(after, "underMinIsr"),
                            partition_is_under_min_isr(p));
    const cJSON *replica;
    cJSON_ArrayForEach(replica, member(after, "replicas"))
    {
        same = same && same_replica(self, replica);
    }
    return same;
}

bool check_leader_isr_hw(const cJSON *vector, GString *why)
{
    Leader leader;
    begin(&leader, vector, why);
    bool same = true;
    int number = 0;
    const cJSON *op;
    cJSON_ArrayForEach(op, member(vector, "ops"))
    {
        if (!same) {
            break;
        }
        g_ptr_array_set_size(leader.submitted, 0);
        leader.now = SIM_MS(1) * vector_integer(op, "t", 0);
        g_string_printf(why, "operation %d %s: ", number++, vector_text(op, "op"));
        same = run_operation(&leader, op) && same_submissions(&leader, op) &&
               same_state(&leader, member(op, "after"));
    }
    end(&leader);
    return same;
}
