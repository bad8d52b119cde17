/* check_accumulator.c - RecordAccumulator with BufferPool and BuiltInPartitioner, as sequences of
 * calls: the application appends, the sender asks what is ready, drains, completes, expires. */
#include "models/producer/accumulator.h"
#include "tests/vectors/clients/partitioner_vectors.h"
#include <stdlib.h>
#include <string.h>

typedef struct Bench {
    Sim *sim;
    Actor actor;
    MetadataLog *topics;
    KafkaConfig *config;
    Idempotence idempotence;
    Accumulator accumulator;
    ReadyCheck check;
    GPtrArray *drained; /* of one node, in one drain */
    GQueue in_flight;   /* in the order of all drains */
    GivenDraws draws;
    SimTime now;
} Bench;

static const ActorClass idle_class = {.name = "idle"};

static AccumulatorOptions options_of(const cJSON *vector, Bench *bench)
{
    return (AccumulatorOptions){
        .batch_size = vector_integer(vector, "batchSize", 0),
        .buffer_memory = vector_integer(vector, "bufferMemory", 0),
        .linger_ns = SIM_MS(1) * vector_integer(vector, "lingerMs", 0),
        .delivery_timeout_ns = SIM_MS(1) * vector_integer(vector, "deliveryTimeoutMs", 0),
        .availability_timeout_ns = SIM_MS(1) * vector_integer(vector, "availabilityTimeoutMs", 0),
        .adaptive = vector_boolean(vector, "adaptive"),
        .random = give_partition_draw,
        .random_owner = &bench->draws,
    };
}

static void bench_init(Bench *bench, const cJSON *vector)
{
    *bench = (Bench){.sim = sim_new(1, NULL)};
    actor_init(&bench->actor, &idle_class, bench->sim, "producer", 0);
    bench->topics = metadata_log_new();
    bench->config = kafka_config_new(1U << KAFKA_SCOPE_TOPIC, NULL);
    int32_t partitions = (int32_t)vector_integer(vector, "partitions", 1);
    (void)metadata_add_topic(bench->topics, "t", partitions, false, bench->config);
    AccumulatorOptions options = options_of(vector, bench);
    accumulator_init(&bench->accumulator,
                     &bench->actor,
                     &options,
                     metadata_topic(bench->topics, 0),
                     0,
                     &bench->idempotence);
    int32_t nodes = (int32_t)vector_integer(vector, "nodes", 1);
    const cJSON *leaderless = cJSON_GetObjectItemCaseSensitive(vector, "noLeader");
    for (int32_t i = 0; i < partitions; i++) {
        bool has_leader = !vector_list_has(leaderless, i);
        accumulator_set_leader(&bench->accumulator, i, has_leader ? i % nodes : NO_LEADER, 1);
    }
    bench->check.nodes = g_array_new(FALSE, FALSE, sizeof(int32_t));
    bench->drained = g_ptr_array_new();
    g_queue_init(&bench->in_flight);
}

static void bench_clear(Bench *bench)
{
    accumulator_clear(&bench->accumulator);
    g_array_free(bench->check.nodes, TRUE);
    g_ptr_array_free(bench->drained, TRUE);
    g_queue_clear(&bench->in_flight);
    actor_clear(&bench->actor);
    sim_free(bench->sim);
    metadata_log_free(bench->topics);
    kafka_config_free(bench->config);
}

/* ---- append */

static const char *exception_of(AppendOutcome outcome)
{
    static const char *const names[] = {
        [APPEND_OK] = NULL,
        [APPEND_EXHAUSTED] = "BufferExhaustedException",
        [APPEND_ILLEGAL] = "IllegalArgumentException",
    };
    return names[outcome];
}

static bool same_append(const cJSON *op, const AppendResult *result, GString *why)
{
    return vector_same_integer(
               why, "newBatch", vector_boolean(op, "newBatch"), result->new_batch) &&
           vector_same_integer(
               why, "batchIsFull", vector_boolean(op, "batchIsFull"), result->batch_is_full) &&
           vector_same_integer(why,
                               "appendedBytes",
                               vector_integer(op, "appendedBytes", -1),
                               result->appended_bytes);
}

static bool run_append(Bench *bench, const cJSON *op, GString *why)
{
    const cJSON *draws = cJSON_GetObjectItemCaseSensitive(op, "draws");
    bench->draws = (GivenDraws){.next = draws->child};
    Stream chance;
    stream_init(&chance, 1, "none");
    RecordSizes sizes;
    Distribution value = distribution_constant(vector_integer(op, "valueSize", -1));
    record_sizes_init(&sizes, vector_integer(op, "keySize", -1), &value, &chance);
    SimTime timestamp = SIM_MS(1) * vector_integer(op, "timestamp", 0);
    ArrivedRecords records = {1, timestamp, timestamp};
    AppendResult result;
    AppendOutcome outcome = accumulator_append(&bench->accumulator,
                                               (int32_t)vector_integer(op, "partition", -1),
                                               &sizes,
                                               &records,
                                               bench->now,
                                               &result);
    const char *exception = vector_text(op, "exception");
    return vector_same_text(why, "exception", exception, exception_of(outcome)) &&
           vector_same_integer(why,
                               "effectivePartition",
                               vector_integer(op, "effectivePartition", -1),
                               result.partition) &&
           vector_same_integer(why, "draws", cJSON_GetArraySize(draws), bench->draws.given) &&
           (exception != NULL || same_append(op, &result, why));
}

/* ---- ready and drain */

static int compare_nodes(const void *a, const void *b)
{
    return *(const int32_t *)a - *(const int32_t *)b;
}

static bool same_load(Bench *bench, const cJSON *op, GString *why)
{
    const cJSON *load = cJSON_GetObjectItemCaseSensitive(op, "loadStats");
    return load == NULL || vector_same_load(why, load, &bench->accumulator.partitioner.load);
}

static bool run_ready(Bench *bench, const cJSON *op, GString *why)
{
    ReadyCheck *check = &bench->check;
    accumulator_ready(&bench->accumulator, bench->now, check);
    g_array_sort(check->nodes, compare_nodes);
    const cJSON *nodes = cJSON_GetObjectItemCaseSensitive(op, "readyNodes");
    bool same =
        vector_same_integer(why, "ready nodes", cJSON_GetArraySize(nodes), check->nodes->len);
    for (int i = 0; same && i < cJSON_GetArraySize(nodes); i++) {
        same = vector_same_integer(why,
                                   "ready node",
                                   (int64_t)cJSON_GetArrayItem(nodes, i)->valuedouble,
                                   g_array_index(check->nodes, int32_t, i));
    }
    int64_t delay = check->delay_ms == SENDER_SLEEPS_FOREVER ? -1 : check->delay_ms;
    return same &&
           vector_same_integer(why,
                               "nextReadyCheckDelayMs",
                               vector_integer(op, "nextReadyCheckDelayMs", -1),
                               delay) &&
           vector_same_integer(
               why, "unknownLeader", vector_boolean(op, "unknownLeader"), check->unknown_leader) &&
           same_load(bench, op, why);
}

static bool
same_batch(Bench *bench, const cJSON *expected, const ProducerBatch *batch, GString *why)
{
    return vector_same_integer(why,
                               "partition",
                               vector_integer(expected, "partition", -1),
                               batch->wire.partition - bench->accumulator.partitions[0].index) &&
           vector_same_integer(
               why, "records", vector_integer(expected, "records", -1), batch->wire.count) &&
           vector_same_integer(why,
                               "createdMs",
                               vector_integer(expected, "createdMs", -1),
                               batch->opened_at / SIM_MS(1)) &&
           (!vector_is_set(expected, "bytes") ||
            vector_same_integer(
                why, "bytes", vector_integer(expected, "bytes", -1), batch->wire.bytes));
}

static bool
same_batches(Bench *bench, const cJSON *expected, const GPtrArray *batches, GString *why)
{
    bool same = vector_same_integer(why, "batches", cJSON_GetArraySize(expected), batches->len);
    for (guint i = 0; same && i < batches->len; i++) {
        same = same_batch(bench, cJSON_GetArrayItem(expected, (int)i), batches->pdata[i], why);
    }
    return same;
}

static bool run_drain(Bench *bench, const cJSON *op, GString *why)
{
    accumulator_ready(&bench->accumulator, bench->now, &bench->check);
    bench->accumulator.options.max_request_size = vector_integer(op, "maxSize", 0);
    const cJSON *node;
    cJSON_ArrayForEach(node, cJSON_GetObjectItemCaseSensitive(op, "drained"))
    {
        g_ptr_array_set_size(bench->drained, 0);
        accumulator_drain(&bench->accumulator,
                          (int32_t)strtol(node->string, NULL, 10),
                          bench->now,
                          bench->drained);
        for (guint i = 0; i < bench->drained->len; i++) {
            g_queue_push_tail(&bench->in_flight, bench->drained->pdata[i]);
        }
        if (!same_batches(bench, node, bench->drained, why)) {
            return false;
        }
    }
    return same_load(bench, op, why);
}

/* ---- the end of batches */

static bool run_complete(Bench *bench, const cJSON *op, GString *why)
{
    ProducerBatch *batch = g_queue_pop_head(&bench->in_flight);
    if (batch == NULL) {
        g_string_append(why, "complete: nothing was drained");
        return false;
    }
    ProducerPartition *partition = accumulator_partition(&bench->accumulator, batch);
    batch_list_remove(&partition->flight, batch);
    accumulator_release(&bench->accumulator, batch);
    return vector_same_integer(
               why, "partition", vector_integer(op, "partition", -1), partition->number) &&
           vector_same_integer(
               why, "records", vector_integer(op, "records", -1), batch->wire.count);
}

static bool run_expired(Bench *bench, const cJSON *op, GString *why)
{
    g_ptr_array_set_size(bench->drained, 0);
    accumulator_take_expired(&bench->accumulator, bench->now, bench->drained);
    for (guint i = 0; i < bench->drained->len; i++) {
        accumulator_release(&bench->accumulator, bench->drained->pdata[i]);
    }
    return same_batches(
        bench, cJSON_GetObjectItemCaseSensitive(op, "batches"), bench->drained, why);
}

static bool run_op(Bench *bench, const cJSON *op, GString *why)
{
    const char *name = vector_text(op, "op");
    bench->now = SIM_MS(1) * vector_integer(op, "t", bench->now / SIM_MS(1));
    if (strcmp(name, "append") == 0) {
        return run_append(bench, op, why);
    }
    if (strcmp(name, "ready") == 0) {
        return run_ready(bench, op, why);
    }
    if (strcmp(name, "drain") == 0) {
        return run_drain(bench, op, why);
    }
    if (strcmp(name, "complete") == 0) {
        return run_complete(bench, op, why);
    }
    if (strcmp(name, "expired") == 0) {
        return run_expired(bench, op, why);
    }
    if (strcmp(name, "nodeLatency") == 0) {
        accumulator_update_node_latency(&bench->accumulator,
                                        (int32_t)vector_integer(op, "node", -1),
                                        bench->now,
                                        vector_boolean(op, "canDrain"));
        return true;
    }
    int32_t partition = (int32_t)vector_integer(op, "partition", 0);
    bench->accumulator.partitions[partition].muted = strcmp(name, "mute") == 0;
    return true;
}

bool check_accumulator(const cJSON *vector, GString *why)
{
    Bench bench;
    bench_init(&bench, vector);
    bool same = true;
    int index = 0;
    const cJSON *op;
    cJSON_ArrayForEach(op, cJSON_GetObjectItemCaseSensitive(vector, "ops"))
    {
        same = same && run_op(&bench, op, why);
        if (!same) {
            g_string_append_printf(why, " (op %d, %s)", index, vector_text(op, "op"));
            break;
        }
        index++;
    }
    bench_clear(&bench);
    return same;
}
