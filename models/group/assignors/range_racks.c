/* range_racks.c - the range assignor's first pass by racks (KIP-881).
 *
 * Only when some member's client.rack is some replica's rack and not every partition has replicas
 * in all racks. Quotas are those of plain range. Topics with the same subscribers and as many
 * partitions are dealt together: partition i of all of them to the first member, in order, whose
 * rack holds a replica of each. What is left goes by plain range.
 *
 * Mirrors: RangeAssignor.assignWithRackMatching, TopicAssignmentState. */
#include "models/group/assignors/range_topic.h"
#include <string.h>

static uint64_t member_racks(const RangeTopic *topic)
{
    uint64_t racks = 0;
    for (int32_t i = 0; i < topic->count; i++) {
        racks |= topic->input->members[topic->members[i]].rack;
    }
    return racks;
}

static bool needs_racks(const RangeTopic *topic)
{
    const uint64_t wanted = member_racks(topic);
    uint64_t all = 0;
    for (int32_t p = 0; p < topic->partitions; p++) {
        all |= assignor_racks_of(topic->input, topic->topic, p);
    }
    bool is_everywhere = true;
    for (int32_t p = 0; p < topic->partitions; p++) {
        is_everywhere = is_everywhere && assignor_racks_of(topic->input, topic->topic, p) == all;
    }
    return (wanted & all) != 0 && !is_everywhere;
}

static bool are_together(const RangeTopic *a, const RangeTopic *b)
{
    return a->count == b->count && a->count > 0 && member_racks(a) != 0 &&
           a->partitions == b->partitions && a->partitions > 0 &&
           memcmp(a->members, b->members, sizeof(int32_t) * (size_t)a->count) == 0;
}

/* Topics that are dealt together, as positions. */
typedef struct RangeSet {
    RangeTopic *topics;
    GArray *set; /* of int32_t */
} RangeSet;

static RangeTopic *topic_at(const RangeSet *self, guint i)
{
    return &self->topics[g_array_index(self->set, int32_t, i)];
}

static bool may_take(const RangeSet *self, int32_t place, int32_t number)
{
    for (guint i = 0; i < self->set->len; i++) {
        const RangeTopic *topic = topic_at(self, i);
        if (range_topic_room(topic, place) == 0 || !range_topic_racks_match(topic, place, number)) {
            return false;
        }
    }
    return true;
}

static bool is_full(const RangeSet *self, int32_t place)
{
    for (guint i = 0; i < self->set->len; i++) {
        if (range_topic_room(topic_at(self, i), place) > 0) {
            return false;
        }
    }
    return true;
}

/* False when nobody has room any more. */
static bool
give_number(const RangeSet *self, GArray *remaining, int32_t number, AssignorResult *result)
{
    for (guint r = 0; r < remaining->len; r++) {
        const int32_t place = g_array_index(remaining, int32_t, r);
        if (!may_take(self, place, number)) {
            continue;
        }
        for (guint i = 0; i < self->set->len; i++) {
            range_topic_give(topic_at(self, i), place, number, result);
            range_topic_end(topic_at(self, i), place);
        }
        if (is_full(self, place)) {
            g_array_remove_index(remaining, r);
        }
        break;
    }
    return remaining->len > 0;
}

static void assign_together(const RangeSet *self, AssignorResult *result)
{
    const RangeTopic *first = topic_at(self, 0);
    GArray *remaining = g_array_new(FALSE, FALSE, sizeof(int32_t));
    for (int32_t place = 0; place < first->count; place++) {
        g_array_append_val(remaining, place);
    }
    for (int32_t p = 0; p < first->partitions; p++) {
        if (!give_number(self, remaining, p, result)) {
            break;
        }
    }
    g_array_free(remaining, TRUE);
}

static void gather_set(RangeSet *self, int32_t from, int32_t count, bool *is_done)
{
    g_array_set_size(self->set, 0);
    for (int32_t t = from; t < count; t++) {
        if (!is_done[t] && (t == from || are_together(&self->topics[from], &self->topics[t]))) {
            g_array_append_val(self->set, t);
            is_done[t] = true;
        }
    }
}

void range_racks_assign(RangeTopic *topics, int32_t count, AssignorResult *result)
{
    bool *is_done = g_new0(bool, (gsize)count + 1);
    bool is_any = false;
    for (int32_t t = 0; t < count; t++) {
        is_any = is_any || needs_racks(&topics[t]);
    }
    RangeSet self = {.topics = topics, .set = g_array_new(FALSE, FALSE, sizeof(int32_t))};
    for (int32_t t = 0; t < count && is_any; t++) {
        if (is_done[t]) {
            continue;
        }
        gather_set(&self, t, count, is_done);
        if (self.set->len > 1) {
            assign_together(&self, result);
        } else if (needs_racks(&topics[t])) {
            range_topic_deal(&topics[t], true, result);
        }
    }
    g_array_free(self.set, TRUE);
    g_free(is_done);
}
