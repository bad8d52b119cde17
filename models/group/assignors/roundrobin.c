/* roundrobin.c - the round robin assignor: all partitions of all topics, dealt like cards.
 *
 * Partitions are walked topic by topic in order of the names; each goes to the next member, in
 * order and around the circle, that subscribes to its topic. The pointer stays behind the member
 * that was served last.
 *
 * Mirrors: RoundRobinAssignor (clients.md §4.2). */
#include "models/group/assignors/assignor.h"

static bool anybody_subscribes(const AssignorInput *input, int32_t topic)
{
    for (int32_t m = 0; m < input->member_count; m++) {
        if (assignor_is_subscribed(&input->members[m], topic)) {
            return true;
        }
    }
    return false;
}

static void deal_topic(const AssignorInput *input,
                       int32_t topic,
                       const int32_t *order,
                       int32_t *next,
                       AssignorResult *result)
{
    for (int32_t p = 0; p < input->topics[topic].partitions; p++) {
        while (!assignor_is_subscribed(&input->members[order[*next]], topic)) {
            *next = (*next + 1) % input->member_count;
        }
        assignor_give(result, order[*next], &input->topics[topic], p, 1);
        *next = (*next + 1) % input->member_count;
    }
}

void roundrobin_assign(const AssignorInput *input, AssignorResult *result)
{
    int32_t *order = g_new0(int32_t, (gsize)input->member_count + 1);
    int32_t *topics = g_new0(int32_t, (gsize)input->topic_count + 1);
    assignor_sort_members(input, order);
    assignor_sort_topics(input, topics);
    int32_t next = 0;
    for (int32_t t = 0; t < input->topic_count; t++) {
        if (anybody_subscribes(input, topics[t])) {
            deal_topic(input, topics[t], order, &next, result);
        }
    }
    g_free(topics);
    g_free(order);
}
