/* range.c - the range assignor: each topic by itself, in consecutive blocks.
 *
 * With n partitions and m subscribers, sorted, the first n mod m of them get n div m + 1
 * consecutive partitions, the others n div m. The same first members get the extra partition of
 * every topic: ten topics of one partition and two members give 10 and 0.
 *
 * Mirrors: RangeAssignor (clients.md §4.1). Left out: racks (KIP-881). */
#include "models/group/assignors/assignor.h"

static void assign_topic(const AssignorInput *input,
                         int32_t topic,
                         const int32_t *order,
                         AssignorResult *result)
{
    const AssignorTopic *entry = &input->topics[topic];
    int32_t subscribers = 0;
    for (int32_t i = 0; i < input->member_count; i++) {
        subscribers += assignor_is_subscribed(&input->members[i], topic) ? 1 : 0;
    }
    if (subscribers == 0 || entry->partitions <= 0) {
        return;
    }
    const int32_t quota = entry->partitions / subscribers;
    int32_t extra = entry->partitions % subscribers;
    int32_t next = 0;
    for (int32_t i = 0; i < input->member_count; i++) {
        if (!assignor_is_subscribed(&input->members[order[i]], topic)) {
            continue;
        }
        const int32_t count = quota + (extra > 0 ? 1 : 0);
        extra -= extra > 0 ? 1 : 0;
        assignor_give(result, order[i], entry, next, count);
        next += count;
    }
}

void range_assign(const AssignorInput *input, AssignorResult *result)
{
    int32_t *order = g_new0(int32_t, (gsize)input->member_count + 1);
    assignor_sort_members(input, order);
    for (int32_t t = 0; t < input->topic_count; t++) {
        assign_topic(input, t, order, result);
    }
    g_free(order);
}
