/* check_builtin_partitioner.c - load tables and sticky switches of the built-in partitioner. */
#include "models/producer/topic_order.h"
#include "tests/vectors/clients/partitioner_vectors.h"

static int32_t *integers(const cJSON *list)
{
    int32_t *values = g_new0(int32_t, (gsize)cJSON_GetArraySize(list) + 1);
    for (int i = 0; i < cJSON_GetArraySize(list); i++) {
        values[i] = (int32_t)cJSON_GetArrayItem(list, i)->valuedouble;
    }
    return values;
}

static void update_load(BuiltInPartitioner *partitioner, const cJSON *vector)
{
    const cJSON *queues = cJSON_GetObjectItemCaseSensitive(vector, "queueSizes");
    g_autofree int32_t *sizes = integers(queues);
    g_autofree int32_t *ids = integers(cJSON_GetObjectItemCaseSensitive(vector, "partitionIds"));
    builtin_partitioner_update_load(partitioner,
                                    sizes,
                                    ids,
                                    (int32_t)vector_integer(vector, "length", 0),
                                    cJSON_GetArraySize(queues));
}

/* Topic "t", as the client's metadata list it. */
static TopicPartitions topic_of(const cJSON *vector, int32_t *all, int32_t *available)
{
    const cJSON *leaderless = cJSON_GetObjectItemCaseSensitive(vector, "noLeader");
    TopicPartitions topic = {.available = available,
                             .count = (int32_t)vector_integer(vector, "clusterPartitions", 0)};
    topic_order_of_metadata("t", topic.count, all);
    for (int32_t i = 0; i < topic.count; i++) {
        if (!vector_list_has(leaderless, all[i])) {
            available[topic.available_count++] = all[i];
        }
    }
    return topic;
}

static bool same_step(BuiltInPartitioner *partitioner,
                      const TopicPartitions *topic,
                      const cJSON *step,
                      GString *why)
{
    const cJSON *draw = cJSON_GetObjectItemCaseSensitive(step, "draw");
    const cJSON only = {.valuedouble = draw->valuedouble};
    GivenDraws draws = {.next = cJSON_IsNull(draw) ? NULL : &only};
    partitioner->owner = &draws;
    bool switched = false;
    if (vector_is_set(step, "appendedBytes")) {
        switched = builtin_partitioner_update(partitioner,
                                              topic,
                                              vector_integer(step, "appendedBytes", 0),
                                              vector_boolean(step, "enableSwitch"));
    }
    int32_t partition = builtin_partitioner_peek(partitioner, topic);
    return vector_same_integer(why, "switched", vector_boolean(step, "switched"), switched) &&
           vector_same_integer(why, "draws", cJSON_IsNull(draw) ? 0 : 1, draws.given) &&
           vector_same_integer(why, "partition", vector_integer(step, "partition", -1), partition);
}

bool check_builtin_partitioner(const cJSON *vector, GString *why)
{
    int32_t capacity = (int32_t)vector_integer(vector, "clusterPartitions", 0);
    g_autofree int32_t *available = g_new0(int32_t, (gsize)capacity);
    g_autofree int32_t *all = g_new0(int32_t, (gsize)capacity);
    TopicPartitions topic = topic_of(vector, all, available);
    BuiltInPartitioner partitioner;
    builtin_partitioner_init(&partitioner,
                             vector_integer(vector, "stickyBatchSize", 0),
                             capacity,
                             give_partition_draw,
                             NULL);
    update_load(&partitioner, vector);
    bool same = vector_same_load(
        why, cJSON_GetObjectItemCaseSensitive(vector, "loadStats"), &partitioner.load);
    const cJSON *step;
    cJSON_ArrayForEach(step, cJSON_GetObjectItemCaseSensitive(vector, "sequence"))
    {
        same = same && same_step(&partitioner, &topic, step, why);
    }
    builtin_partitioner_clear(&partitioner);
    return same;
}
