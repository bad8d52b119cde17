/* check_assignors.c - who gets what: the client's assignors and the coordinator's.
 *
 * assignor-vectors are older than KAFKA-18688 (uniform then favoured the first members); all
 * others are of Kafka 4.1. */
#include "tests/vectors/clients/assignor_vectors.h"
#include <string.h>

static const Assignor *named(const char *name)
{
    if (strcmp(name, "server-range") == 0) {
        return server_assignor_find("range");
    }
    return strcmp(name, "uniform") == 0 ? server_assignor_find(name)
                                        : assignor_find(name, strlen(name));
}

bool check_assignor(const cJSON *vector, GString *why)
{
    AssignorCase group;
    assignor_case_read(&group, vector, "owned", "generation");
    group.input.extra_goes_to_first = true;
    const bool same =
        assignor_case_check_order(&group, vector, why) &&
        assignor_case_check(&group, named(vector_text(vector, "assignor")), vector, why);
    assignor_case_clear(&group);
    return same;
}

/* In the subscription the sticky assignor's members say nothing of what they own: it lies in its
 * user data, and the subscription names no generation. */
static bool check_step(const cJSON *step, bool cooperative, GString *why)
{
    AssignorCase group;
    if (cooperative) {
        assignor_case_read(&group, step, "owned", "generation");
    } else {
        assignor_case_read(&group, step, "userDataPartitions", "userDataGeneration");
        for (int32_t m = 0; m < group.input.member_count; m++) {
            group.members[m].claimed_generation = -1;
        }
    }
    const char *name = cooperative ? "cooperative-sticky" : "sticky";
    const bool same = assignor_case_check_order(&group, step, why) &&
                      assignor_case_check(&group, assignor_find(name, strlen(name)), step, why);
    assignor_case_clear(&group);
    return same;
}

static bool check_chain(const cJSON *vector, bool cooperative, GString *why)
{
    const cJSON *step;
    int at = 0;
    cJSON_ArrayForEach(step, cJSON_GetObjectItemCaseSensitive(vector, "steps"))
    {
        if (!check_step(step, cooperative, why)) {
            g_string_prepend(why, ": ");
            g_string_prepend(why, vector_text(step, "event"));
            return false;
        }
        at++;
    }
    return at > 0;
}

bool check_sticky_chain(const cJSON *vector, GString *why)
{
    return check_chain(vector, false, why);
}

bool check_cooperative_chain(const cJSON *vector, GString *why)
{
    return check_chain(vector, true, why);
}

bool check_server_assignor(const cJSON *vector, GString *why)
{
    AssignorCase group;
    assignor_case_read(&group, vector, "owned", "generation");
    const bool same =
        assignor_case_check_order(&group, vector, why) &&
        assignor_case_check(
            &group, server_assignor_find(vector_text(vector, "assignor")), vector, why);
    assignor_case_clear(&group);
    return same;
}
