/* simple_assignor.c - see simple_assignor.h. */
#include "models/group/share/simple_assignor.h"
#include <stdlib.h>

typedef struct Simple {
    const AssignorInput *input;
    AssignorResult *result;
    int32_t *order; /* members as Java walks them */
    GArray *taken;  /* of int32_t: partitions that somebody has by now */
    GArray *hashed; /* of int32_t: those given by hash or in a round, in what comes before */
} Simple;

static bool has(const GArray *set, int32_t partition)
{
    for (guint i = 0; i < set->len; i++) {
        if (g_array_index(set, int32_t, i) == partition) {
            return true;
        }
    }
    return false;
}

static void add(GArray *set, int32_t partition)
{
    if (!has(set, partition)) {
        g_array_append_val(set, partition);
    }
}

static void give(Simple *self, int32_t member, int32_t partition)
{
    add(self->result->partitions[member], partition);
    add(self->taken, partition);
}

/* The partitions of a member's topics, in their order. */
static GArray *targets_of(const AssignorInput *input, const AssignorMember *member)
{
    GArray *targets = g_array_new(FALSE, FALSE, sizeof(int32_t));
    for (int32_t t = 0; t < member->topic_count; t++) {
        const AssignorTopic *topic = &input->topics[member->topics[t]];
        for (int32_t p = 0; p < topic->partitions; p++) {
            const int32_t partition = topic->first_partition + p;
            g_array_append_val(targets, partition);
        }
    }
    return targets;
}

static void hash_member(Simple *self, int32_t member, const GArray *targets)
{
    if (targets->len > 0) {
        const int64_t hash = java_string_hash(self->input->members[member].member_id);
        const int64_t index = hash % (int64_t)targets->len;
        const int32_t partition =
            g_array_index(targets, int32_t, (guint)(index < 0 ? -index : index));
        give(self, member, partition);
        add(self->hashed, partition);
    }
}

/* What it had, unless the hash has given that away; at most so many partitions in all. */
static void keep(Simple *self, int32_t member, const GArray *targets, guint limit)
{
    const AssignorMember *spec = &self->input->members[member];
    for (int32_t i = 0; i < spec->owned_count; i++) {
        const int32_t partition = spec->owned[i];
        if (has(targets, partition) && self->result->partitions[member]->len < limit &&
            !has(self->hashed, partition)) {
            give(self, member, partition);
        }
    }
}

/* roundRobinAssignmentWithCount: who has more than `count` drops out of the round. */
static void go_round(Simple *self, const GArray *targets, guint count)
{
    const int32_t members = self->input->member_count;
    int32_t at = 0;
    for (guint i = 0; i < targets->len; i++) {
        const int32_t partition = g_array_index(targets, int32_t, i);
        if (has(self->taken, partition)) {
            continue;
        }
        while (self->result->partitions[self->order[at % members]]->len > count) {
            at++;
        }
        give(self, self->order[at % members], partition);
        at++;
    }
}

static void assign_alike(Simple *self)
{
    const AssignorInput *input = self->input;
    GArray *targets = targets_of(input, &input->members[0]);
    const guint members = (guint)input->member_count;
    const guint desired = (targets->len + members - 1) / members;
    for (int32_t m = 0; m < input->member_count; m++) {
        hash_member(self, self->order[m], targets);
    }
    for (int32_t m = 0; m < input->member_count; m++) {
        keep(self, self->order[m], targets, desired);
    }
    go_round(self, targets, desired);
    g_array_free(targets, TRUE);
}

static bool is_subscribed(const AssignorMember *member, int32_t topic)
{
    for (int32_t t = 0; t < member->topic_count; t++) {
        if (member->topics[t] == topic) {
            return true;
        }
    }
    return false;
}

static bool is_owned(const AssignorInput *input, int32_t partition)
{
    for (int32_t m = 0; m < input->member_count; m++) {
        for (int32_t i = 0; i < input->members[m].owned_count; i++) {
            if (input->members[m].owned[i] == partition) {
                return true;
            }
        }
    }
    return false;
}

/* Partitions of a topic that nobody has or had, among its subscribers. */
static void go_round_topic(Simple *self, int32_t topic)
{
    const AssignorTopic *spec = &self->input->topics[topic];
    const int32_t members = self->input->member_count;
    int32_t at = 0;
    for (int32_t p = 0; p < spec->partitions; p++) {
        const int32_t partition = spec->first_partition + p;
        if (has(self->hashed, partition) || is_owned(self->input, partition)) {
            continue;
        }
        for (int32_t tries = 0; tries < members; tries++) {
            const int32_t member = self->order[at++ % members];
            if (is_subscribed(&self->input->members[member], topic)) {
                give(self, member, partition);
                add(self->hashed, partition);
                break;
            }
        }
    }
}

static void assign_different(Simple *self)
{
    const AssignorInput *input = self->input;
    for (int32_t m = 0; m < input->member_count; m++) {
        GArray *targets = targets_of(input, &input->members[self->order[m]]);
        hash_member(self, self->order[m], targets);
        g_array_free(targets, TRUE);
    }
    for (int32_t t = 0; t < input->topic_count; t++) {
        go_round_topic(self, t);
    }
    for (int32_t m = 0; m < input->member_count; m++) {
        GArray *targets = targets_of(input, &input->members[self->order[m]]);
        keep(self, self->order[m], targets, G_MAXUINT);
        g_array_free(targets, TRUE);
    }
}

static void simple_assign(const AssignorInput *input, AssignorResult *result)
{
    Simple self = {
        .input = input,
        .result = result,
        .order = g_new0(int32_t, (gsize)input->member_count),
        .taken = g_array_new(FALSE, FALSE, sizeof(int32_t)),
        .hashed = g_array_new(FALSE, FALSE, sizeof(int32_t)),
    };
    assignor_sort_as_java(input, self.order);
    if (assignor_is_homogeneous(input, self.order)) {
        assign_alike(&self);
    } else {
        assign_different(&self);
    }
    g_free(self.order);
    g_array_free(self.taken, TRUE);
    g_array_free(self.hashed, TRUE);
}

const Assignor simple_assignor = {"simple", "SimpleAssignor", true, simple_assign};
