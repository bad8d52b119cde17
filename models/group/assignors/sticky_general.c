/* sticky_general.c - the sticky assignors, members subscribing to different topics.
 *
 * Members keep what they own and still subscribe to. What is left goes, topics with few subscribers
 * first, to the subscriber with fewest partitions. Then partitions move from members with at least
 * two more to the one with fewest (sticky_balance.c), first only those that were just dealt out.
 *
 * Mirrors: AbstractStickyAssignor.GeneralAssignmentBuilder (clients.md §4.4; its steps G1..G6 are
 * cited). */
#include "models/group/assignors/sticky_balance.h"

/* Claims of older generations: who had a partition before its present owner. */
static void remember_previous(StickyBalance *self)
{
    const Sticky *sticky = self->sticky;
    for (int32_t i = 0; i < sticky->input->member_count; i++) {
        const int32_t m = sticky->java_order[i];
        const AssignorMember *member = &sticky->input->members[m];
        if (member->generation >= sticky->max_generation) {
            continue;
        }
        for (int32_t p = 0; p < member->owned_count; p++) {
            const int32_t k = sticky_slot_of(sticky, member->owned[p]);
            if (k != ASSIGNOR_NOBODY && (self->previous[k] == ASSIGNOR_NOBODY ||
                                         member->generation > self->previous_generation[k])) {
                self->previous[k] = m;
                self->previous_generation[k] = member->generation;
            }
        }
    }
}

/* G1. */
static void keep_owned(StickyBalance *self)
{
    Sticky *sticky = self->sticky;
    for (int32_t k = 0; k < sticky->total; k++) {
        StickySlot *slot = &sticky->slots[k];
        if (slot->owner == ASSIGNOR_NOBODY) {
            g_array_append_val(self->unassigned, k);
        } else if (!assignor_is_subscribed(&sticky->subscribers, slot->owner, slot->topic) ||
                   sticky_racks_mismatch(sticky, slot->owner, slot)) {
            slot->owner = ASSIGNOR_NOBODY;
            self->is_revocation_required = true;
            g_array_append_val(self->unassigned, k);
        } else {
            sticky->count[slot->owner]++;
        }
    }
}

static void assign_slot(StickyBalance *self, int32_t k, bool only_near)
{
    StickySlot *slot = &self->sticky->slots[k];
    const int32_t member = sticky_balance_least(self, slot->topic, only_near ? slot : NULL);
    if (member != ASSIGNOR_NOBODY) {
        slot->owner = member;
        self->sticky->count[member]++;
        self->version++;
    }
}

/* G2, G3. */
static void assign_unassigned(StickyBalance *self)
{
    for (guint i = 0; i < self->unassigned->len && self->sticky->uses_racks; i++) {
        assign_slot(self, g_array_index(self->unassigned, int32_t, i), true);
    }
    for (guint i = 0; i < self->unassigned->len; i++) {
        const int32_t k = g_array_index(self->unassigned, int32_t, i);
        if (self->sticky->slots[k].owner == ASSIGNOR_NOBODY) {
            assign_slot(self, k, false);
        }
    }
}

static bool has_several(const Sticky *sticky, int32_t topic)
{
    return assignor_subscriber_count(&sticky->subscribers, topic) >= 2;
}

/* G4: members that can neither gain nor give stand aside. */
static void find_participants(StickyBalance *self)
{
    const Sticky *sticky = self->sticky;
    for (int32_t m = 0; m < sticky->input->member_count; m++) {
        const AssignorMember *member = &sticky->input->members[m];
        int32_t most = 0;
        for (int32_t i = 0; i < member->topic_count; i++) {
            most += sticky->input->topics[member->topics[i]].partitions;
        }
        self->takes_part[m] = sticky->count[m] < most;
    }
    for (int32_t k = 0; k < sticky->total; k++) {
        if (has_several(sticky, sticky->slots[k].topic)) {
            self->takes_part[sticky->slots[k].owner] = true;
        }
    }
}

static void keep_movable(const Sticky *sticky, GArray *slots)
{
    guint left = 0;
    for (guint i = 0; i < slots->len; i++) {
        const int32_t k = g_array_index(slots, int32_t, i);
        if (has_several(sticky, sticky->slots[k].topic)) {
            g_array_index(slots, int32_t, left++) = k;
        }
    }
    g_array_set_size(slots, left);
}

/* The sum of differences between all pairs. */
static int64_t balance_score(const StickyBalance *self)
{
    int64_t score = 0;
    for (int32_t a = 0; a < self->sticky->input->member_count; a++) {
        for (int32_t b = 0; b < a && self->takes_part[a]; b++) {
            if (self->takes_part[b]) {
                score += ABS(self->sticky->count[a] - self->sticky->count[b]);
            }
        }
    }
    return score;
}

/* G5, and G6: undone when it did not help a group that was there before. */
static void balance(StickyBalance *self, bool is_initial)
{
    Sticky *sticky = self->sticky;
    const int64_t score = balance_score(self);
    StickySlot *slots = g_memdup2(sticky->slots, sizeof(StickySlot) * ((gsize)sticky->total + 1));
    if (!self->is_revocation_required) {
        (void)sticky_balance_run(self, self->unassigned);
    }
    const bool has_moved = sticky_balance_run(self, self->movable);
    if (!is_initial && has_moved && balance_score(self) >= score) {
        for (int32_t k = 0; k < sticky->total; k++) {
            sticky->slots[k].owner = slots[k].owner;
        }
    }
    g_free(slots);
}

/* Cooperative: what one gets and another has to give up. */
static void mark_withheld(StickyBalance *self)
{
    Sticky *sticky = self->sticky;
    const AssignorInput *input = sticky->input;
    bool *is_added = g_new0(bool, (gsize)sticky->total + 1);
    for (int32_t k = 0; k < sticky->total; k++) {
        is_added[k] = true;
    }
    for (int32_t m = 0; m < input->member_count; m++) {
        for (int32_t p = 0; p < input->members[m].owned_count; p++) {
            const int32_t k = sticky_slot_of(sticky, input->members[m].owned[p]);
            if (k != ASSIGNOR_NOBODY && sticky->slots[k].owner == m) {
                is_added[k] = false;
            } else if (k != ASSIGNOR_NOBODY) {
                sticky->slots[k].is_withheld = true;
            }
        }
    }
    for (int32_t k = 0; k < sticky->total; k++) {
        sticky->slots[k].is_withheld = sticky->slots[k].is_withheld && is_added[k];
    }
    g_free(is_added);
}

static bool owns_nothing(const Sticky *sticky)
{
    for (int32_t m = 0; m < sticky->input->member_count; m++) {
        if (sticky->count[m] > 0) {
            return false;
        }
    }
    return true;
}

void sticky_assign_general(Sticky *sticky)
{
    StickyBalance self;
    sticky_balance_init(&self, sticky);
    remember_previous(&self);
    keep_owned(&self);
    const bool is_initial = owns_nothing(sticky);
    assign_unassigned(&self);
    for (int32_t k = 0; k < sticky->total; k++) {
        g_array_append_val(self.movable, k);
    }
    keep_movable(sticky, self.movable);
    keep_movable(sticky, self.unassigned);
    find_participants(&self);
    balance(&self, is_initial);
    mark_withheld(&self);
    sticky_balance_clear(&self);
}
