/* range.c - the range assignor: each topic by itself, in consecutive blocks.
 *
 * With n partitions and m subscribers, sorted, the first n mod m of them get n div m + 1
 * consecutive partitions, the others n div m. The same first members get the extra partition of
 * every topic: ten topics of one partition and two members give 10 and 0.
 *
 * Mirrors: RangeAssignor (clients.md §4.1); racks in range_racks.c. */
#include "models/group/assignors/range_topic.h"

void range_topic_init(RangeTopic *self,
                      const AssignorInput *input,
                      const AssignorSubscribers *sorted,
                      int32_t topic)
{
    const int32_t partitions = input->topics[topic].partitions;
    const int32_t count = assignor_subscriber_count(sorted, topic);
    *self = (RangeTopic){
        .input = input,
        .topic = topic,
        .partitions = partitions,
        .members = &sorted->members[sorted->first[topic]],
        .count = count,
        .assigned = g_new0(int32_t, (gsize)count + 1),
        .taken = g_new0(bool, (gsize)partitions + 1),
        .quota = count > 0 ? partitions / count : 0,
        .extra = count > 0 ? partitions % count : 0,
    };
}

void range_topic_clear(RangeTopic *self)
{
    g_free(self->assigned);
    g_free(self->taken);
}

int32_t range_topic_room(const RangeTopic *self, int32_t place)
{
    const int32_t most = self->quota + (self->extra > 0 ? 1 : 0);
    return MAX(0, most - self->assigned[place]);
}

/* A member without a rack is near to everything. */
bool range_topic_racks_match(const RangeTopic *self, int32_t place, int32_t number)
{
    const uint64_t rack = self->input->members[self->members[place]].rack;
    return rack == 0 || (assignor_racks_of(self->input, self->topic, number) & rack) != 0;
}

void range_topic_give(RangeTopic *self, int32_t place, int32_t number, AssignorResult *result)
{
    assignor_give(result, self->members[place], &self->input->topics[self->topic], number, 1);
    self->taken[number] = true;
    self->assigned[place]++;
    while (self->next_free < self->partitions && self->taken[self->next_free]) {
        self->next_free++;
    }
}

void range_topic_end(RangeTopic *self, int32_t place)
{
    if (self->assigned[place] > self->quota) {
        self->extra--;
    }
}

void range_topic_deal(RangeTopic *self, bool only_near, AssignorResult *result)
{
    for (int32_t place = 0; place < self->count && self->next_free < self->partitions; place++) {
        const int32_t room = range_topic_room(self, place);
        int32_t given = 0;
        for (int32_t p = self->next_free; p < self->partitions && given < room; p++) {
            if (!self->taken[p] && (!only_near || range_topic_racks_match(self, place, p))) {
                range_topic_give(self, place, p, result);
                given++;
            }
        }
        if (given > 0) {
            range_topic_end(self, place);
        }
    }
}

static bool anybody_has_rack(const AssignorInput *input)
{
    for (int32_t m = 0; m < input->member_count && input->racks_of != NULL; m++) {
        if (input->members[m].rack != 0) {
            return true;
        }
    }
    return false;
}

static void assign_by_rack(const AssignorInput *input,
                           const AssignorSubscribers *sorted,
                           AssignorResult *result)
{
    RangeTopic *topics = g_new0(RangeTopic, (gsize)input->topic_count + 1);
    for (int32_t t = 0; t < input->topic_count; t++) {
        range_topic_init(&topics[t], input, sorted, t);
    }
    range_racks_assign(topics, input->topic_count, result);
    for (int32_t t = 0; t < input->topic_count; t++) {
        range_topic_deal(&topics[t], false, result);
        range_topic_clear(&topics[t]);
    }
    g_free(topics);
}

static void
assign(const AssignorInput *input, const AssignorSubscribers *sorted, AssignorResult *result)
{
    for (int32_t t = 0; t < input->topic_count; t++) {
        RangeTopic topic;
        range_topic_init(&topic, input, sorted, t);
        range_topic_deal(&topic, false, result);
        range_topic_clear(&topic);
    }
}

void range_assign(const AssignorInput *input, AssignorResult *result)
{
    int32_t *order = g_new0(int32_t, (gsize)input->member_count + 1);
    AssignorSubscribers sorted;
    assignor_sort_members(input, order);
    assignor_subscribers_init(&sorted, input, order);
    if (anybody_has_rack(input)) {
        assign_by_rack(input, &sorted, result);
    } else {
        assign(input, &sorted, result);
    }
    assignor_subscribers_clear(&sorted);
    g_free(order);
}
