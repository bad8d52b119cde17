/* check_placement.c - StripedReplicaPlacer.place: the replicas, and every draw on the way. */
#include "models/controller/replica_placement.h"
#include "tests/vectors/replica_vectors.h"
#include <string.h>

typedef struct Draws {
    const cJSON *next;
    int index;
    int wrong_at; /* the first draw with another bound; -1 none */
} Draws;

static int32_t give_draw(void *user, int32_t bound)
{
    Draws *draws = user;
    int32_t value = 0;
    bool expected =
        draws->next != NULL && bound == (int32_t)cJSON_GetArrayItem(draws->next, 0)->valuedouble;
    if (expected) {
        value = (int32_t)cJSON_GetArrayItem(draws->next, 1)->valuedouble;
        draws->next = draws->next->next;
    } else if (draws->wrong_at < 0) {
        draws->wrong_at = draws->index;
    }
    draws->index++;
    return value;
}

static bool same_fault(GString *why, const char *message, PlacementFault fault)
{
    static const char *const parts[] = {
        [PLACEMENT_POSSIBLE] = "\n",
        [PLACEMENT_NOT_POSITIVE] = "must be positive",
        [PLACEMENT_ALL_FENCED] = "All brokers are currently fenced",
        [PLACEMENT_TOO_FEW_BROKERS] = "cannot be reached because only",
    };
    if (strstr(message, parts[fault]) != NULL) {
        return true;
    }
    g_string_append_printf(why, "expected \"%s\", got fault %d", message, (int)fault);
    return false;
}

static bool same_placement(const cJSON *vector, ReplicaPlacer *placer, int32_t factor, GString *why)
{
    const cJSON *expected;
    cJSON_ArrayForEach(expected, cJSON_GetObjectItemCaseSensitive(vector, "replicas"))
    {
        ReplicaList replicas;
        if (!replica_placer_place(placer, factor, &replicas)) {
            g_string_append(why, "placed nothing");
            return false;
        }
        if (!vector_same_replicas(why, "replicas", expected, &replicas)) {
            return false;
        }
    }
    return true;
}

bool check_placement(const cJSON *vector, GString *why)
{
    const cJSON *listed = cJSON_GetObjectItemCaseSensitive(vector, "brokers");
    g_autofree UsableBroker *brokers = g_new0(UsableBroker, (gsize)cJSON_GetArraySize(listed) + 1);
    int32_t count = 0;
    const cJSON *broker;
    cJSON_ArrayForEach(broker, listed)
    {
        const char *rack = vector_text(broker, "rack");
        brokers[count].id = (int32_t)vector_integer(broker, "id", -1);
        brokers[count].rack = rack != NULL ? rack : "";
        brokers[count++].fenced = vector_boolean(broker, "fenced");
    }
    const cJSON *drawn = cJSON_GetObjectItemCaseSensitive(vector, "draws");
    Draws draws = {drawn != NULL ? drawn->child : NULL, 0, -1};
    int32_t factor = (int32_t)vector_integer(vector, "replicationFactor", 0);
    const char *message = vector_text(vector, "message");
    ReplicaPlacer *placer = replica_placer_new(brokers, count, give_draw, &draws);
    PlacementFault fault = replica_placer_check(placer, factor);
    bool same = message != NULL ? same_fault(why, message, fault)
                                : same_placement(vector, placer, factor, why);
    replica_placer_free(placer);
    return same && vector_same_integer(why, "a wrong draw", -1, draws.wrong_at) &&
           vector_same_integer(why, "draws", cJSON_GetArraySize(drawn), draws.index);
}
