/* replica_list.c - broker ids in order: replicas, ISR, ELR. */
#include "models/protocol/metadata.h"
#include <stdio.h>
#include <string.h>

bool replica_list_has(const ReplicaList *list, int32_t id)
{
    for (int32_t i = 0; i < list->count; i++) {
        if (list->ids[i] == id) {
            return true;
        }
    }
    return false;
}

void replica_list_add(ReplicaList *list, int32_t id)
{
    if (list->count < REPLICAS_MAX && !replica_list_has(list, id)) {
        list->ids[list->count++] = id;
    }
}

void replica_list_remove(ReplicaList *list, int32_t id)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < list->count; i++) {
        if (list->ids[i] != id) {
            list->ids[kept++] = list->ids[i];
        }
    }
    list->count = kept;
}

bool replica_list_equal(const ReplicaList *a, const ReplicaList *b)
{
    return a->count == b->count &&
           memcmp(a->ids, b->ids, sizeof(a->ids[0]) * (size_t)a->count) == 0;
}

char *replica_list_text(const ReplicaList *list, char separator, char *text, size_t bytes)
{
    size_t used = 0;
    text[0] = '\0';
    for (int32_t i = 0; i < list->count && used + 13 < bytes; i++) {
        if (i > 0) {
            text[used++] = separator;
        }
        used += (size_t)snprintf(text + used, bytes - used, "%d", list->ids[i]);
    }
    return text;
}
