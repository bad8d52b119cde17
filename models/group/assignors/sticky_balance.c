/* sticky_balance.c - see sticky_balance.h.
 *
 * Kafka asks before every partition whether the whole is in balance, which it answers by looking
 * at all of it. The answers here are the same; they are kept while nothing moves, and the topic
 * that was found out of balance is looked at first.
 *
 * Mirrors: GeneralAssignmentBuilder.performReassignments, isBalanced, reassignPartition. */
#include "models/group/assignors/sticky_balance.h"

void sticky_balance_init(StickyBalance *self, Sticky *sticky)
{
    const gsize members = (gsize)sticky->input->member_count + 1;
    const gsize topics = (gsize)sticky->input->topic_count + 1;
    *self = (StickyBalance){
        .sticky = sticky,
        .movements = sticky_movements_new(sticky),
        .rank = g_new0(int32_t, members),
        .previous = g_new(int32_t, (gsize)sticky->total + 1),
        .previous_generation = g_new0(int32_t, (gsize)sticky->total + 1),
        .takes_part = g_new0(bool, members),
        .unassigned = g_array_new(FALSE, FALSE, sizeof(int32_t)),
        .movable = g_array_new(FALSE, FALSE, sizeof(int32_t)),
        .version = 1,
        .least_version = g_new0(uint64_t, topics),
        .least = g_new0(int32_t, topics),
    };
    assignor_rank_by_id(sticky->input, self->rank);
    for (int32_t k = 0; k < sticky->total; k++) {
        self->previous[k] = ASSIGNOR_NOBODY;
    }
}

void sticky_balance_clear(StickyBalance *self)
{
    sticky_movements_free(self->movements);
    g_array_free(self->unassigned, TRUE);
    g_array_free(self->movable, TRUE);
    g_free(self->rank);
    g_free(self->previous);
    g_free(self->previous_generation);
    g_free(self->takes_part);
    g_free(self->least_version);
    g_free(self->least);
}

static int32_t find_least(const StickyBalance *self, int32_t topic, const StickySlot *near)
{
    const Sticky *sticky = self->sticky;
    const AssignorSubscribers *all = &sticky->subscribers;
    int32_t best = ASSIGNOR_NOBODY;
    for (int32_t i = all->first[topic]; i < all->first[topic + 1]; i++) {
        const int32_t m = all->members[i];
        if (near != NULL && sticky_racks_mismatch(sticky, m, near)) {
            continue;
        }
        if (best == ASSIGNOR_NOBODY || sticky->count[m] < sticky->count[best] ||
            (sticky->count[m] == sticky->count[best] && self->rank[m] < self->rank[best])) {
            best = m;
        }
    }
    return best;
}

int32_t sticky_balance_least(StickyBalance *self, int32_t topic, const StickySlot *near)
{
    if (near != NULL) {
        return find_least(self, topic, near);
    }
    if (self->least_version[topic] != self->version) {
        self->least[topic] = find_least(self, topic, NULL);
        self->least_version[topic] = self->version;
    }
    return self->least[topic];
}

/* Could the least loaded subscriber take a partition of this topic from one with two more? */
static bool is_topic_balanced(StickyBalance *self, int32_t topic)
{
    const Sticky *sticky = self->sticky;
    const int32_t least = sticky->count[sticky_balance_least(self, topic, NULL)];
    const StickySlot *slots = &sticky->slots[sticky->first_slot[topic]];
    for (int32_t p = 0; p < sticky->input->topics[topic].partitions; p++) {
        if (least + 1 < sticky->count[slots[p].owner]) {
            return false;
        }
    }
    return true;
}

static bool are_loads_even(const StickyBalance *self)
{
    int32_t least = INT32_MAX;
    int32_t most = 0;
    for (int32_t m = 0; m < self->sticky->input->member_count; m++) {
        if (self->takes_part[m]) {
            least = MIN(least, self->sticky->count[m]);
            most = MAX(most, self->sticky->count[m]);
        }
    }
    return least >= most - 1;
}

static bool look_at_all(StickyBalance *self)
{
    if (are_loads_even(self)) {
        return true;
    }
    for (int32_t i = 0; i < self->sticky->topic_count; i++) {
        const int32_t place = (self->witness + i) % self->sticky->topic_count;
        if (!is_topic_balanced(self, self->sticky->topics[place])) {
            self->witness = place;
            return false;
        }
    }
    return true;
}

static bool is_balanced(StickyBalance *self)
{
    if (self->balanced_version != self->version) {
        self->was_balanced = look_at_all(self);
        self->balanced_version = self->version;
    }
    return self->was_balanced;
}

static void move(StickyBalance *self, int32_t wanted, int32_t to)
{
    Sticky *sticky = self->sticky;
    const int32_t k =
        sticky_movements_actual(self->movements, wanted, sticky->slots[wanted].owner, to);
    const int32_t from = sticky->slots[k].owner;
    sticky_movements_add(self->movements, k, from, to);
    sticky->count[from]--;
    sticky->count[to]++;
    sticky->slots[k].owner = to;
    self->version++;
}

/* Back to who had it in an older generation, else to the least loaded. */
static bool improve(StickyBalance *self, int32_t k)
{
    const Sticky *sticky = self->sticky;
    const StickySlot *slot = &sticky->slots[k];
    const int32_t load = sticky->count[slot->owner];
    const int32_t before = self->previous[k];
    if (before != ASSIGNOR_NOBODY && self->takes_part[before] && load > sticky->count[before] + 1) {
        move(self, k, before);
        return true;
    }
    const int32_t least = sticky_balance_least(self, slot->topic, NULL);
    if (load > sticky->count[least] + 1) {
        move(self, k, least);
        return true;
    }
    return false;
}

bool sticky_balance_run(StickyBalance *self, const GArray *slots)
{
    bool has_moved = false;
    bool moved = true;
    while (moved) {
        moved = false;
        for (guint i = 0; i < slots->len && !is_balanced(self); i++) {
            moved = improve(self, g_array_index(slots, int32_t, i)) || moved;
        }
        has_moved = has_moved || moved;
    }
    return has_moved;
}
