/* check_member_reconciliation.c - CurrentAssignmentBuilder: one call, and chains of a whole group
 * until it has converged (ConsumerGroup.updateMember, stateAsString). */
#include "tests/vectors/clients/modern_vectors.h"
#include <string.h>

static int32_t epoch_in_vector(const void *owner, int32_t partition)
{
    const cJSON *epochs = owner;
    g_autofree char *topic = g_strdup_printf("t%d", partition / PARTITIONS_PER_TOPIC);
    g_autofree char *number = g_strdup_printf("%d", partition % PARTITIONS_PER_TOPIC);
    const cJSON *of_topic = cJSON_GetObjectItemCaseSensitive(epochs, topic);
    return (int32_t)vector_integer(of_topic, number, -1);
}

static void read_member(const cJSON *from, CurrentAssignment *ret_member)
{
    static const ModernMemberState states[] = {
        MODERN_MEMBER_STABLE,
        MODERN_MEMBER_UNREVOKED_PARTITIONS,
        MODERN_MEMBER_UNRELEASED_PARTITIONS,
        MODERN_MEMBER_UNKNOWN,
    };
    *ret_member = (CurrentAssignment){
        .epoch = (int32_t)vector_integer(from, "epoch", -1),
        .previous_epoch = (int32_t)vector_integer(from, "previousEpoch", -1),
        .assigned = modern_vector_set(cJSON_GetObjectItemCaseSensitive(from, "assigned")),
        .pending_revocation =
            modern_vector_set(cJSON_GetObjectItemCaseSensitive(from, "pendingRevocation")),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
        if (g_strcmp0(vector_text(from, "state"), modern_member_state_name(states[i])) == 0) {
            ret_member->state = states[i];
        }
    }
}

/* The empty exception of the vectors is NULL. */
static bool
same_outcome(const cJSON *out, KafkaError error, const CurrentAssignment *next, GString *why)
{
    const char *exception = vector_text(out, "exception");
    if (exception != NULL || error != KAFKA_NONE) {
        const char *got = error == KAFKA_FENCED_MEMBER_EPOCH ? "FencedMemberEpochException" : NULL;
        return vector_same_text(why, "exception", exception, got);
    }
    return modern_vector_same_member(out, next, why);
}

bool check_member_reconciliation(const cJSON *vector, GString *why)
{
    CurrentAssignment before;
    CurrentAssignment after;
    read_member(cJSON_GetObjectItemCaseSensitive(vector, "member"), &before);
    g_autoptr(PartitionSet) target =
        modern_vector_set(cJSON_GetObjectItemCaseSensitive(vector, "target"));
    g_autoptr(PartitionSet) owned =
        vector_is_set(vector, "owned")
            ? modern_vector_set(cJSON_GetObjectItemCaseSensitive(vector, "owned"))
            : NULL;
    const ReconciliationInput input = {
        .current = &before,
        .target_epoch = (int32_t)vector_integer(vector, "targetEpoch", -1),
        .target = target,
        .owned = owned,
        .partition_epoch = epoch_in_vector,
        .owner = cJSON_GetObjectItemCaseSensitive(vector, "partitionEpochs"),
    };
    const KafkaError error = current_assignment_next(&input, &after);
    const cJSON *out = cJSON_GetObjectItemCaseSensitive(vector, "out");
    bool same;
    if (vector_boolean(out, "unchanged")) {
        same = error == KAFKA_NONE && current_assignment_equal(&before, &after);
        if (!same) {
            g_string_append(why, "expected no change");
        }
    } else {
        same = same_outcome(out, error, &after, why);
    }
    current_assignment_clear(&before);
    current_assignment_clear(&after);
    return same;
}
