/* replica_vectors.c - see the header. */
#include "tests/vectors/replica_vectors.h"

ReplicaList vector_replica_array(const cJSON *array)
{
    ReplicaList list = {0};
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        if (list.count < REPLICAS_MAX) {
            list.ids[list.count++] = (int32_t)item->valuedouble;
        }
    }
    return list;
}

ReplicaList vector_replicas(const cJSON *object, const char *name)
{
    return vector_replica_array(cJSON_GetObjectItemCaseSensitive(object, name));
}

bool vector_same_replicas(GString *why,
                          const char *what,
                          const cJSON *expected,
                          const ReplicaList *got)
{
    char wanted_text[256];
    char got_text[256];
    const ReplicaList wanted = vector_replica_array(expected);
    return vector_same_text(why,
                            what,
                            replica_list_text(&wanted, ',', wanted_text, sizeof(wanted_text)),
                            replica_list_text(got, ',', got_text, sizeof(got_text)));
}
