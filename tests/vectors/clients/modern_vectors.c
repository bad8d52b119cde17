/* modern_vectors.c - see modern_vectors.h. */
#include "tests/vectors/clients/modern_vectors.h"
#include <stdlib.h>

PartitionSet *modern_vector_set(const cJSON *by_topic)
{
    g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(int32_t));
    const cJSON *topic;
    const cJSON *number;
    cJSON_ArrayForEach(topic, by_topic)
    {
        const int32_t first = (int32_t)atoi(topic->string + 1) * PARTITIONS_PER_TOPIC;
        cJSON_ArrayForEach(number, topic)
        {
            const int32_t partition = first + (int32_t)number->valuedouble;
            g_array_append_val(items, partition);
        }
    }
    return partition_set_new((const int32_t *)(const void *)items->data, (int32_t)items->len);
}

char *modern_vector_text(const PartitionSet *set)
{
    GString *text = g_string_new(NULL);
    for (int32_t i = 0; i < set->count; i++) {
        g_string_append_printf(text,
                               "%st%d-%d",
                               i > 0 ? " " : "",
                               set->items[i] / PARTITIONS_PER_TOPIC,
                               set->items[i] % PARTITIONS_PER_TOPIC);
    }
    return g_string_free(text, FALSE);
}

bool modern_vector_same_set(GString *why,
                            const char *what,
                            const cJSON *expected,
                            const PartitionSet *got)
{
    g_autoptr(PartitionSet) wanted = modern_vector_set(expected);
    g_autofree char *wanted_text = modern_vector_text(wanted);
    g_autofree char *got_text = modern_vector_text(got);
    return vector_same_text(why, what, wanted_text, got_text);
}

bool modern_vector_same_member(const cJSON *expected, const CurrentAssignment *got, GString *why)
{
    return vector_same_text(why,
                            "state",
                            vector_text(expected, "state"),
                            modern_member_state_name(got->state)) &&
           vector_same_integer(why, "epoch", vector_integer(expected, "epoch", -9), got->epoch) &&
           vector_same_integer(why,
                               "previous epoch",
                               vector_integer(expected, "previousEpoch", -9),
                               got->previous_epoch) &&
           modern_vector_same_set(why,
                                  "assigned",
                                  cJSON_GetObjectItemCaseSensitive(expected, "assigned"),
                                  got->assigned) &&
           modern_vector_same_set(why,
                                  "pending revocation",
                                  cJSON_GetObjectItemCaseSensitive(expected, "pendingRevocation"),
                                  got->pending_revocation);
}
