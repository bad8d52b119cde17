/* sticky.c - the sticky assignors: balance first, then whatever each member had.
 *
 * Ownership comes first (S0): of two claims to a partition that of the higher generation stands,
 * of two equal ones neither. Then one of two algorithms: sticky_constrained.c when all members
 * subscribe to the same topics, else sticky_general.c. cooperative-sticky withholds, for one
 * round, what another member must give up first: the receiver gets it in the rebalance that
 * follows the revocation (KIP-429).
 *
 * Mirrors: AbstractStickyAssignor, StickyAssignor, CooperativeStickyAssignor (clients.md §4.3). */
#include "models/group/assignors/sticky.h"

int32_t sticky_slot_of(const Sticky *self, int32_t partition)
{
    const int32_t topic = assignor_topic_of(self->input, partition);
    if (topic == ASSIGNOR_NOBODY || self->first_slot[topic] == ASSIGNOR_NOBODY) {
        return ASSIGNOR_NOBODY;
    }
    return self->first_slot[topic] + partition - self->input->topics[topic].first_partition;
}

bool sticky_racks_mismatch(const Sticky *self, int32_t member, const StickySlot *slot)
{
    const uint64_t rack = self->input->members[member].rack;
    return self->uses_racks && rack != 0 && (slot->racks & rack) == 0;
}

static gint compare_subscribers(gconstpointer a, gconstpointer b, gpointer data)
{
    const Sticky *self = data;
    return assignor_subscriber_count(&self->subscribers, *(const int32_t *)a) -
           assignor_subscriber_count(&self->subscribers, *(const int32_t *)b);
}

/* By name, or by number of subscribers and then name. */
static void order_topics(Sticky *self, bool fewest_first)
{
    const AssignorInput *input = self->input;
    int32_t *by_name = g_new0(int32_t, (gsize)input->topic_count + 1);
    assignor_sort_topics(input, by_name);
    GArray *order = g_array_new(FALSE, FALSE, sizeof(int32_t));
    for (int32_t t = 0; t < input->topic_count; t++) {
        if (input->topics[by_name[t]].partitions > 0 &&
            assignor_subscriber_count(&self->subscribers, by_name[t]) > 0) {
            g_array_append_val(order, by_name[t]);
        }
    }
    if (fewest_first) {
        g_array_sort_with_data(order, compare_subscribers, self);
    }
    self->topic_count = (int32_t)order->len;
    self->topics = (int32_t *)(void *)g_array_free(order, FALSE);
    g_free(by_name);
}

static void list_slots(Sticky *self)
{
    const AssignorInput *input = self->input;
    self->first_slot = g_new(int32_t, (gsize)input->topic_count + 1);
    for (int32_t t = 0; t < input->topic_count; t++) {
        self->first_slot[t] = ASSIGNOR_NOBODY;
    }
    for (int32_t i = 0; i < self->topic_count; i++) {
        self->first_slot[self->topics[i]] = self->total;
        self->total += input->topics[self->topics[i]].partitions;
    }
    self->slots = g_new0(StickySlot, (gsize)self->total + 1);
    StickySlot *slot = self->slots;
    for (int32_t i = 0; i < self->topic_count; i++) {
        const int32_t topic = self->topics[i];
        for (int32_t p = 0; p < input->topics[topic].partitions; p++) {
            *slot++ = (StickySlot){
                .topic = topic,
                .number = p,
                .owner = ASSIGNOR_NOBODY,
                .claimed_by = ASSIGNOR_NOBODY,
                .racks = assignor_racks_of(input, topic, p),
            };
        }
    }
}

/* Only when some member's rack is some replica's, and not every partition is in every rack. */
static void decide_racks(Sticky *self)
{
    uint64_t wanted = 0;
    uint64_t all = 0;
    for (int32_t m = 0; m < self->input->member_count; m++) {
        wanted |= self->input->members[m].rack;
    }
    for (int32_t k = 0; k < self->total; k++) {
        all |= self->slots[k].racks;
    }
    for (int32_t k = 0; k < self->total && (wanted & all) != 0; k++) {
        self->uses_racks = self->uses_racks || self->slots[k].racks != all;
    }
}

/* S0: the higher generation wins; of two equal ones nobody keeps it. Kafka compares what one
 * claims by with what the other's subscription says. */
static void claim(Sticky *self, StickySlot *slot, int32_t member)
{
    const AssignorMember *members = self->input->members;
    if (slot->claimed_by == ASSIGNOR_NOBODY) {
        slot->claimed_by = member;
        slot->owner = member;
        return;
    }
    const int32_t mine = members[member].generation;
    const int32_t other = members[slot->claimed_by].claimed_generation;
    if (mine == other) {
        slot->is_doubly_claimed = true;
        slot->owner = ASSIGNOR_NOBODY;
        slot->claimed_by = member;
    } else if (mine > other) {
        slot->owner = member;
        slot->claimed_by = member;
    }
}

static void claim_all(Sticky *self)
{
    self->max_generation = -1;
    for (int32_t i = 0; i < self->input->member_count; i++) {
        const int32_t m = self->java_order[i];
        const AssignorMember *member = &self->input->members[m];
        self->max_generation = MAX(self->max_generation, member->generation);
        for (int32_t p = 0; p < member->owned_count; p++) {
            const int32_t slot = sticky_slot_of(self, member->owned[p]);
            if (slot != ASSIGNOR_NOBODY) {
                claim(self, &self->slots[slot], m);
            }
        }
    }
}

static void give_result(const Sticky *self, AssignorResult *result)
{
    for (int32_t k = 0; k < self->total; k++) {
        const StickySlot *slot = &self->slots[k];
        if (slot->owner != ASSIGNOR_NOBODY && !slot->is_withheld) {
            assignor_give(result, slot->owner, &self->input->topics[slot->topic], slot->number, 1);
        }
    }
}

static void assign(const AssignorInput *input, AssignorResult *result, bool withholds)
{
    Sticky self = {.input = input};
    self.java_order = g_new0(int32_t, (gsize)input->member_count + 1);
    self.count = g_new0(int32_t, (gsize)input->member_count + 1);
    assignor_sort_as_java(input, self.java_order);
    assignor_subscribers_init(&self.subscribers, input, self.java_order);
    const bool is_constrained = assignor_is_homogeneous(input, self.java_order);
    order_topics(&self, !is_constrained);
    list_slots(&self);
    decide_racks(&self);
    claim_all(&self);
    if (is_constrained) {
        sticky_assign_constrained(&self);
    } else {
        sticky_assign_general(&self);
    }
    for (int32_t k = 0; k < self.total && !withholds; k++) {
        self.slots[k].is_withheld = false;
    }
    give_result(&self, result);
    assignor_subscribers_clear(&self.subscribers);
    g_free(self.slots);
    g_free(self.first_slot);
    g_free(self.topics);
    g_free(self.count);
    g_free(self.java_order);
}

void sticky_assign(const AssignorInput *input, AssignorResult *result)
{
    assign(input, result, false);
}

void cooperative_sticky_assign(const AssignorInput *input, AssignorResult *result)
{
    assign(input, result, true);
}
