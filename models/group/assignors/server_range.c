/* server_range.c - the coordinator's range assignor (KIP-848).
 *
 * The arithmetic of the client's: each topic by itself, consecutive blocks, subscribers sorted.
 * Never sticky, no racks. Members are walked once, and each takes its block of every topic.
 *
 * Mirrors: org.apache.kafka.coordinator.group.assignor.RangeAssignor (clients.md §4.7). */
#include "models/group/assignors/assignor.h"

void server_range_assign(const AssignorInput *input, AssignorResult *result)
{
    int32_t *order = g_new0(int32_t, (gsize)input->member_count + 1);
    int32_t *next = g_new0(int32_t, (gsize)input->topic_count + 1);
    int32_t *extra = g_new0(int32_t, (gsize)input->topic_count + 1);
    AssignorSubscribers subscribers;
    assignor_sort_members(input, order);
    assignor_subscribers_init(&subscribers, input, NULL);
    for (int32_t t = 0; t < input->topic_count; t++) {
        const int32_t count = assignor_subscriber_count(&subscribers, t);
        extra[t] = count > 0 ? input->topics[t].partitions % count : 0;
    }
    for (int32_t i = 0; i < input->member_count; i++) {
        const AssignorMember *member = &input->members[order[i]];
        for (int32_t k = 0; k < member->topic_count; k++) {
            const int32_t t = member->topics[k];
            const int32_t quota =
                input->topics[t].partitions / assignor_subscriber_count(&subscribers, t);
            const int32_t count = quota + (extra[t] > 0 ? 1 : 0);
            extra[t] -= extra[t] > 0 ? 1 : 0;
            assignor_give(result, order[i], &input->topics[t], next[t], count);
            next[t] += count;
        }
    }
    assignor_subscribers_clear(&subscribers);
    g_free(extra);
    g_free(next);
    g_free(order);
}
