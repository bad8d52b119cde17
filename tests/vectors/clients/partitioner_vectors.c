/* partitioner_vectors.c - see partitioner_vectors.h. */
#include "tests/vectors/clients/partitioner_vectors.h"

uint32_t give_partition_draw(void *owner)
{
    GivenDraws *draws = owner;
    draws->given++;
    if (draws->next == NULL) {
        draws->missed = true;
        return 0;
    }
    uint32_t value = (uint32_t)draws->next->valuedouble;
    draws->next = draws->next->next;
    return value;
}

bool vector_list_has(const cJSON *list, int64_t value)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if ((int64_t)item->valuedouble == value) {
            return true;
        }
    }
    return false;
}

static bool same_list(GString *why, const char *what, const cJSON *expected, int at, int64_t got)
{
    const cJSON *item = cJSON_GetArrayItem(expected, at);
    return item != NULL && vector_same_integer(why, what, (int64_t)item->valuedouble, got);
}

bool vector_same_load(GString *why, const cJSON *expected, const PartitionLoadStats *load)
{
    if (cJSON_IsNull(expected)) {
        return vector_same_integer(why, "loadStats length", 0, load->length);
    }
    const cJSON *table = cJSON_GetObjectItemCaseSensitive(expected, "table");
    const cJSON *ids = cJSON_GetObjectItemCaseSensitive(expected, "partitions");
    bool same = vector_same_integer(
        why, "loadStats length", vector_integer(expected, "length", -1), load->length);
    for (int i = 0; same && i < load->length; i++) {
        same = same_list(why, "loadStats table", table, i, load->cumulative[i]) &&
               same_list(why, "loadStats partitions", ids, i, load->partition_ids[i]);
    }
    return same;
}
