/* sticky_constrained.c - the sticky assignors, all members subscribing to the same topics.
 *
 * With T partitions and m members each gets T div m, and T mod m of them one more. Members keep
 * what they own, lowest partition numbers first, up to that; the rest is dealt out, one by one and
 * around the circle, to those that have too little. With racks (KIP-881) only what lies in a
 * member's own rack is kept, and the rest goes to members in its rack first.
 *
 * Mirrors: AbstractStickyAssignor.ConstrainedAssignmentBuilder (clients.md §4.3; its steps S1..S5
 * are cited). */
#include "models/group/assignors/sticky.h"

typedef struct Constrained {
    Sticky *sticky;
    int32_t minimum;
    int32_t maximum;
    int32_t over_expected; /* members that may have the maximum */
    int32_t over_now;
    int32_t *rank;         /* of members, by id */
    int32_t *revoked_from; /* of each slot: who may have to give it up */
    int32_t *own_first;    /* of each member, in own */
    int32_t *own;          /* slots that each member may keep, in order */
    GArray *rest;          /* of int32_t: slots to deal out */
    GArray *under;         /* of member: fewer than the minimum */
    GArray *exact;         /* of member: the minimum, and may get one more */
} Constrained;

static gint compare_numbers(gconstpointer a, gconstpointer b, gpointer data)
{
    const Sticky *sticky = data;
    const int32_t left = *(const int32_t *)a;
    const int32_t right = *(const int32_t *)b;
    const int32_t left_number = sticky->slots[left].number;
    const int32_t right_number = sticky->slots[right].number;
    if (left_number != right_number) {
        return left_number < right_number ? -1 : 1;
    }
    return (left > right) - (left < right); /* slots stand in the order of topic names */
}

/* A claim that cannot stand is dropped; what is in the wrong rack counts as revoked. */
static void drop_claims(Constrained *self)
{
    Sticky *sticky = self->sticky;
    for (int32_t k = 0; k < sticky->total; k++) {
        StickySlot *slot = &sticky->slots[k];
        self->revoked_from[k] = ASSIGNOR_NOBODY;
        if (slot->owner == ASSIGNOR_NOBODY) {
            continue;
        }
        if (sticky_racks_mismatch(sticky, slot->owner, slot)) {
            self->revoked_from[k] = slot->owner;
            slot->owner = ASSIGNOR_NOBODY;
        } else if (slot->is_doubly_claimed) {
            slot->owner = ASSIGNOR_NOBODY;
        }
    }
}

/* Each member's own, by partition number and then topic. */
static void list_own(Constrained *self)
{
    const Sticky *sticky = self->sticky;
    const int32_t members = sticky->input->member_count;
    GArray *slots = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->own_first = g_new0(int32_t, (gsize)members + 2);
    for (int32_t k = 0; k < sticky->total; k++) {
        if (sticky->slots[k].owner != ASSIGNOR_NOBODY) {
            g_array_append_val(slots, k);
            self->own_first[sticky->slots[k].owner + 1]++;
        }
    }
    for (int32_t m = 0; m < members; m++) {
        self->own_first[m + 1] += self->own_first[m];
    }
    g_array_sort_with_data(slots, compare_numbers, self->sticky);
    int32_t *next = g_memdup2(self->own_first, sizeof(int32_t) * ((gsize)members + 1));
    self->own = g_new0(int32_t, slots->len + 1);
    for (guint i = 0; i < slots->len; i++) {
        const int32_t slot = g_array_index(slots, int32_t, i);
        self->own[next[sticky->slots[slot].owner]++] = slot;
    }
    g_free(next);
    g_array_free(slots, TRUE);
}

static void keep(Constrained *self, int32_t member, int32_t limit)
{
    const int32_t end = self->own_first[member + 1];
    int32_t at = self->own_first[member];
    for (int32_t kept = 0; at < end && kept < limit; kept++) {
        self->sticky->count[member]++;
        at++;
    }
    for (; at < end; at++) {
        const int32_t slot = self->own[at];
        self->revoked_from[slot] = member;
        self->sticky->slots[slot].owner = ASSIGNOR_NOBODY;
    }
}

/* S2 for one member. */
static void keep_own(Constrained *self, int32_t member)
{
    const int32_t own = self->own_first[member + 1] - self->own_first[member];
    if (own < self->minimum) {
        keep(self, member, own);
        g_array_append_val(self->under, member);
    } else if (own >= self->maximum && self->over_now < self->over_expected) {
        self->over_now++;
        if (self->over_now == self->over_expected) {
            g_array_set_size(self->exact, 0);
        }
        keep(self, member, self->maximum);
    } else {
        keep(self, member, self->minimum);
        if (self->over_now < self->over_expected) {
            g_array_append_val(self->exact, member);
        }
    }
}

static gint compare_ranks(gconstpointer a, gconstpointer b, gpointer data)
{
    const int32_t *rank = data;
    return rank[*(const int32_t *)a] - rank[*(const int32_t *)b];
}

static int32_t members_near(const Sticky *sticky, const StickySlot *slot)
{
    int32_t near = 0;
    for (int32_t m = 0; m < sticky->input->member_count; m++) {
        near += (sticky->input->members[m].rack & slot->racks) != 0 ? 1 : 0;
    }
    return near;
}

static gint compare_near(gconstpointer a, gconstpointer b, gpointer data)
{
    const int32_t *near = data;
    return near[*(const int32_t *)a] - near[*(const int32_t *)b];
}

/* S3: what is left, by topic and number; with racks, what few can have near comes first. */
static void list_rest(Constrained *self)
{
    const Sticky *sticky = self->sticky;
    for (int32_t k = 0; k < sticky->total; k++) {
        if (sticky->slots[k].owner == ASSIGNOR_NOBODY) {
            g_array_append_val(self->rest, k);
        }
    }
    if (sticky->uses_racks) {
        int32_t *near = g_new0(int32_t, (gsize)sticky->total + 1);
        for (int32_t k = 0; k < sticky->total; k++) {
            near[k] = members_near(sticky, &sticky->slots[k]);
        }
        g_array_sort_with_data(self->rest, compare_near, near);
        g_free(near);
    }
}

/* S5: does another member have to give it up first? */
static void give(Constrained *self, int32_t k, int32_t member)
{
    StickySlot *slot = &self->sticky->slots[k];
    const int32_t from = self->revoked_from[k];
    slot->owner = member;
    slot->is_withheld = slot->is_doubly_claimed || (from != ASSIGNOR_NOBODY && from != member);
    self->sticky->count[member]++;
}

static int32_t next_near(const Constrained *self, const GArray *list, int32_t from, uint64_t racks)
{
    for (guint i = 0; i < list->len; i++) {
        const guint at = ((guint)from + i) % list->len;
        const int32_t member = g_array_index(list, int32_t, at);
        if ((self->sticky->input->members[member].rack & racks) != 0) {
            return (int32_t)at;
        }
    }
    return ASSIGNOR_NOBODY;
}

/* To a member in the partition's rack that has fewer than the minimum; `next` goes around. */
static int32_t take_under(Constrained *self, int32_t at, int32_t *next)
{
    const int32_t member = g_array_index(self->under, int32_t, (guint)at);
    const int32_t count = self->sticky->count[member] + 1;
    if (count >= self->minimum) {
        g_array_remove_index(self->under, (guint)at);
        if (count < self->maximum && self->over_now < self->over_expected) {
            g_array_append_val(self->exact, member);
        }
    } else {
        at++;
    }
    *next = self->under->len == 0 ? 0 : at % (int32_t)self->under->len;
    return member;
}

static int32_t take_exact(Constrained *self, int32_t at)
{
    const int32_t member = g_array_index(self->exact, int32_t, (guint)at);
    if (self->sticky->count[member] + 1 == self->maximum) {
        g_array_remove_index(self->exact, (guint)at);
        self->over_now++;
        if (self->over_now == self->over_expected) {
            g_array_set_size(self->exact, 0);
        }
    }
    return member;
}

static void deal_near(Constrained *self)
{
    int32_t next = 0;
    guint left = 0;
    for (guint i = 0; i < self->rest->len; i++) {
        const int32_t k = g_array_index(self->rest, int32_t, i);
        const uint64_t racks = self->sticky->slots[k].racks;
        int32_t member = ASSIGNOR_NOBODY;
        int32_t at = next_near(self, self->under, next, racks);
        if (at != ASSIGNOR_NOBODY) {
            member = take_under(self, at, &next);
        } else {
            at = next_near(self, self->exact, 0, racks);
            member = at == ASSIGNOR_NOBODY ? at : take_exact(self, at);
        }
        if (member != ASSIGNOR_NOBODY) {
            give(self, k, member);
        } else {
            g_array_index(self->rest, int32_t, left++) = k;
        }
    }
    g_array_set_size(self->rest, left);
}

/* S4: the next member in turn; `at` goes around the list of those with too little. */
static int32_t next_member(Constrained *self, guint *at)
{
    if (self->under->len == 0) {
        const int32_t member = g_array_index(self->exact, int32_t, 0);
        g_array_remove_index(self->exact, 0);
        return member;
    }
    if (*at >= self->under->len) {
        *at = 0;
    }
    const int32_t member = g_array_index(self->under, int32_t, *at);
    if (self->sticky->count[member] + 1 == self->minimum) {
        g_array_remove_index(self->under, *at);
        g_array_append_val(self->exact, member);
    } else {
        (*at)++;
    }
    return member;
}

static void deal_rest(Constrained *self)
{
    g_array_sort_with_data(self->under, compare_ranks, self->rank);
    g_array_sort_with_data(self->exact, compare_ranks, self->rank);
    list_rest(self);
    if (self->sticky->uses_racks) {
        deal_near(self);
    }
    guint at = 0;
    for (guint i = 0; i < self->rest->len; i++) {
        give(self, g_array_index(self->rest, int32_t, i), next_member(self, &at));
    }
}

void sticky_assign_constrained(Sticky *sticky)
{
    const int32_t members = sticky->input->member_count;
    Constrained self = {
        .sticky = sticky,
        .minimum = sticky->total / members,
        .maximum = sticky->total / members + (sticky->total % members > 0 ? 1 : 0),
        .over_expected = sticky->total % members,
        .rank = g_new0(int32_t, (gsize)members + 1),
        .revoked_from = g_new0(int32_t, (gsize)sticky->total + 1),
        .rest = g_array_new(FALSE, FALSE, sizeof(int32_t)),
        .under = g_array_new(FALSE, FALSE, sizeof(int32_t)),
        .exact = g_array_new(FALSE, FALSE, sizeof(int32_t)),
    };
    assignor_rank_by_id(sticky->input, self.rank);
    drop_claims(&self);
    list_own(&self);
    for (int32_t i = 0; i < members; i++) {
        keep_own(&self, sticky->java_order[i]);
    }
    deal_rest(&self);
    g_array_free(self.exact, TRUE);
    g_array_free(self.under, TRUE);
    g_array_free(self.rest, TRUE);
    g_free(self.own);
    g_free(self.own_first);
    g_free(self.revoked_from);
    g_free(self.rank);
}
