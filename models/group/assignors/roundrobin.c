/* roundrobin.c - the round robin assignor: all partitions of all topics, dealt like cards.
 *
 * Partitions are walked topic by topic in order of the names; each goes to the next member, in
 * order and around the circle, that subscribes to its topic. The pointer stays behind the member
 * that was served last.
 *
 * Mirrors: RoundRobinAssignor (clients.md §4.2). */
#include "models/group/assignors/assignor.h"

typedef struct RoundRobin {
    const AssignorInput *input;
    AssignorSubscribers subscribers;
    int32_t *order;
    int32_t next;
} RoundRobin;

static void deal_topic(RoundRobin *self, int32_t topic, AssignorResult *result)
{
    for (int32_t p = 0; p < self->input->topics[topic].partitions; p++) {
        while (!assignor_is_subscribed(&self->subscribers, self->order[self->next], topic)) {
            self->next = (self->next + 1) % self->input->member_count;
        }
        assignor_give(result, self->order[self->next], &self->input->topics[topic], p, 1);
        self->next = (self->next + 1) % self->input->member_count;
    }
}

void roundrobin_assign(const AssignorInput *input, AssignorResult *result)
{
    RoundRobin self = {.input = input};
    self.order = g_new0(int32_t, (gsize)input->member_count + 1);
    int32_t *topics = g_new0(int32_t, (gsize)input->topic_count + 1);
    assignor_sort_members(input, self.order);
    assignor_sort_topics(input, topics);
    assignor_subscribers_init(&self.subscribers, input, NULL);
    for (int32_t t = 0; t < input->topic_count; t++) {
        if (assignor_subscriber_count(&self.subscribers, topics[t]) > 0) {
            deal_topic(&self, topics[t], result);
        }
    }
    assignor_subscribers_clear(&self.subscribers);
    g_free(topics);
    g_free(self.order);
}
