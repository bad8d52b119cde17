/* uniform_homogeneous.c - the coordinator's uniform assignor, all subscribing to the same.
 *
 * Each member keeps what it had as its target, up to its quota: N div m, and one more for N mod m
 * of them. Any member that has that one more may keep it, as long as there are such places; the
 * places left over go to the last members that still lack something. Before KAFKA-18688 they went
 * to the first members in Java's hash order, whatever anybody had: partitions moved needlessly.
 *
 * Mirrors: UniformAssignor, UniformHomogeneousAssignmentBuilder (clients.md §4.5; U1..U3). */
#include "models/group/assignors/uniform.h"

typedef struct Unfilled {
    int32_t member;
    int32_t quota; /* so many more */
} Unfilled;

typedef struct Homogeneous {
    const AssignorInput *input;
    AssignorResult *result;
    bool *is_subscribed; /* by topic */
    GArray *unassigned;  /* of int32_t, partition indices */
    GArray *unfilled;    /* of Unfilled */
    int32_t minimum;
    int32_t extra; /* members that may get one more */
} Homogeneous;

/* The topics as a HashSet<Uuid> made from a member's subscription is walked. */
static int32_t *topics_as_java(const AssignorInput *input, const AssignorMember *member)
{
    uint32_t *hashes = g_new0(uint32_t, (gsize)member->topic_count + 1);
    int32_t *order = g_new0(int32_t, (gsize)member->topic_count + 1);
    for (int32_t k = 0; k < member->topic_count; k++) {
        hashes[k] = java_uuid_hash(input->topics[member->topics[k]].id);
    }
    java_hash_order(
        hashes, member->topic_count, java_hash_capacity_of_copy(member->topic_count), order);
    for (int32_t k = 0; k < member->topic_count; k++) {
        order[k] = member->topics[order[k]];
    }
    g_free(hashes);
    return order;
}

static gint compare_partitions(gconstpointer a, gconstpointer b)
{
    const int32_t left = *(const int32_t *)a;
    const int32_t right = *(const int32_t *)b;
    return (left > right) - (left < right);
}

/* All that anybody owns, sorted. */
static GArray *owned_by_anybody(const AssignorInput *input)
{
    GArray *owned = g_array_new(FALSE, FALSE, sizeof(int32_t));
    for (int32_t m = 0; m < input->member_count; m++) {
        g_array_append_vals(owned, input->members[m].owned, (guint)input->members[m].owned_count);
    }
    g_array_sort(owned, compare_partitions);
    return owned;
}

/* U1. */
static void gather_unassigned(Homogeneous *self, const AssignorMember *any)
{
    const AssignorInput *input = self->input;
    GArray *owned = owned_by_anybody(input);
    int32_t *topics = topics_as_java(input, any);
    int32_t total = 0;
    for (int32_t k = 0; k < any->topic_count; k++) {
        const AssignorTopic *topic = &input->topics[topics[k]];
        self->is_subscribed[topics[k]] = true;
        total += topic->partitions;
        for (int32_t p = 0; p < topic->partitions; p++) {
            const int32_t index = topic->first_partition + p;
            if (!g_array_binary_search(owned, &index, compare_partitions, NULL)) {
                g_array_append_val(self->unassigned, index);
            }
        }
    }
    self->minimum = total / input->member_count;
    self->extra = total % input->member_count;
    g_free(topics);
    g_array_free(owned, TRUE);
}

/* One topic of a member: all of it if it fits, else the first ones. */
static void
keep_topic(Homogeneous *self, int32_t member, const int32_t *owned, int32_t count, int32_t *quota)
{
    for (int32_t i = 0; i < count; i++) {
        if (*quota > 0) {
            (*quota)--;
            g_array_append_val(self->result->partitions[member], owned[i]);
        } else {
            g_array_append_val(self->unassigned, owned[i]);
        }
    }
}

static int32_t keep_owned(Homogeneous *self, int32_t member, int32_t quota)
{
    const AssignorMember *spec = &self->input->members[member];
    int32_t at = 0;
    while (at < spec->owned_count) {
        const int32_t topic = assignor_topic_of(self->input, spec->owned[at]);
        int32_t end = at + 1;
        while (end < spec->owned_count &&
               assignor_topic_of(self->input, spec->owned[end]) == topic) {
            end++;
        }
        if (topic != ASSIGNOR_NOBODY && self->is_subscribed[topic]) {
            keep_topic(self, member, &spec->owned[at], end - at, &quota);
        }
        at = end;
    }
    return quota;
}

static void keep_or_revoke(Homogeneous *self, int32_t member)
{
    bool has_extra = self->extra > 0;
    int32_t quota = keep_owned(self, member, self->minimum + (has_extra ? 1 : 0));
    bool is_unfilled = quota > 0;
    if (self->input->extra_goes_to_first) {
        self->extra -= has_extra ? 1 : 0;
    } else {
        if (quota > 0 && has_extra) {
            quota--; /* somebody else may claim it */
            has_extra = false;
        }
        self->extra -= quota == 0 && has_extra ? 1 : 0;
        is_unfilled = quota > 0 || (self->extra > 0 && !has_extra);
    }
    if (is_unfilled) {
        const Unfilled entry = {member, quota};
        g_array_append_val(self->unfilled, entry);
    }
}

/* The last of those that lack something must take what was left of the extra places. */
static void give_extra_places(Homogeneous *self)
{
    for (guint i = self->unfilled->len; i > 0 && self->extra > 0; i--) {
        g_array_index(self->unfilled, Unfilled, i - 1).quota++;
        self->extra--;
    }
}

/* U3. */
static void assign_rest(Homogeneous *self)
{
    guint next = 0;
    for (guint i = 0; i < self->unfilled->len; i++) {
        const Unfilled *entry = &g_array_index(self->unfilled, Unfilled, i);
        for (int32_t k = 0; k < entry->quota && next < self->unassigned->len; k++) {
            g_array_append_val(self->result->partitions[entry->member],
                               g_array_index(self->unassigned, int32_t, next));
            next++;
        }
    }
}

void uniform_assign_homogeneous(const AssignorInput *input,
                                const int32_t *order,
                                AssignorResult *result)
{
    Homogeneous self = {
        .input = input,
        .result = result,
        .is_subscribed = g_new0(bool, (gsize)input->topic_count + 1),
        .unassigned = g_array_new(FALSE, FALSE, sizeof(int32_t)),
        .unfilled = g_array_new(FALSE, FALSE, sizeof(Unfilled)),
    };
    gather_unassigned(&self, &input->members[order[0]]);
    for (int32_t i = 0; i < input->member_count; i++) {
        keep_or_revoke(&self, order[i]);
    }
    give_extra_places(&self);
    assign_rest(&self);
    g_array_free(self.unfilled, TRUE);
    g_array_free(self.unassigned, TRUE);
    g_free(self.is_subscribed);
}

void uniform_assign(const AssignorInput *input, AssignorResult *result)
{
    int32_t *order = g_new0(int32_t, (gsize)input->member_count + 1);
    assignor_sort_as_java(input, order);
    const bool has_topics = input->members[order[0]].topic_count > 0;
    if (has_topics && assignor_is_homogeneous(input, order)) {
        uniform_assign_homogeneous(input, order, result);
    } else {
        uniform_assign_heterogeneous(input, order, result);
    }
    g_free(order);
}
