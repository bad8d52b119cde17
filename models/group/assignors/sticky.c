/* sticky.c - the sticky assignors: balance first, then whatever each member had.
 *
 * With T partitions and m members each gets T div m, the first T mod m that qualify one more.
 * Members keep what they own, lowest partition numbers first, up to that; the rest is dealt out to
 * who has too little. cooperative-sticky withholds, for one round, what another member must give
 * up first: the receiver gets it in the rebalance that follows the revocation (KIP-429).
 *
 * Mirrors: AbstractStickyAssignor.ConstrainedAssignmentBuilder, CooperativeStickyAssignor
 * (clients.md §4.3; its steps S0..S5 are cited). Left out: racks, and groups whose members
 * subscribe to different topics (§4.4): those are dealt as round robin. */
#include "models/group/assignors/assignor.h"
#include "models/group/assignors/java_hash.h"
#include <string.h>

#define NOBODY (-1)

/* A partition, in order of topic name and number. */
typedef struct StickyPartition {
    const AssignorTopic *topic;
    int32_t number;
    int32_t claimed_by; /* who last claimed it in S0 */
    int32_t owner;      /* whose claim stands */
    int32_t revoked_from;
    bool doubly_claimed;
    bool kept;
} StickyPartition;

typedef struct Sticky {
    const AssignorInput *input;
    AssignorResult *result;
    bool withholds;
    StickyPartition *partitions;
    int32_t total;
    int32_t *count; /* of each member, withheld ones included */
    int32_t minimum;
    int32_t maximum;
    int32_t over_expected; /* members that may have the maximum */
    int32_t over_now;
    GArray *under; /* of member: fewer than the minimum */
    GArray *exact; /* of member: the minimum, and may get one more */
} Sticky;

static bool is_subscribed_by_all(const AssignorInput *input)
{
    const AssignorMember *first = &input->members[0];
    for (int32_t m = 1; m < input->member_count; m++) {
        if (input->members[m].topic_count != first->topic_count) {
            return false;
        }
        for (int32_t t = 0; t < first->topic_count; t++) {
            if (!assignor_is_subscribed(&input->members[m], first->topics[t])) {
                return false;
            }
        }
    }
    return true;
}

static void list_partitions(Sticky *self)
{
    const AssignorInput *input = self->input;
    int32_t *order = g_new0(int32_t, (gsize)input->topic_count + 1);
    assignor_sort_topics(input, order);
    int32_t total = 0;
    for (int32_t t = 0; t < input->topic_count; t++) {
        total += input->topics[t].partitions;
    }
    self->partitions = g_new0(StickyPartition, (gsize)total + 1);
    for (int32_t t = 0; t < input->topic_count; t++) {
        const AssignorTopic *topic = &input->topics[order[t]];
        for (int32_t p = 0; p < topic->partitions; p++) {
            if (assignor_is_subscribed(&input->members[0], order[t])) {
                self->partitions[self->total++] =
                    (StickyPartition){topic, p, NOBODY, NOBODY, NOBODY, false, false};
            }
        }
    }
    g_free(order);
}

static StickyPartition *find_partition(const Sticky *self, int32_t index)
{
    for (int32_t k = 0; k < self->total; k++) {
        StickyPartition *partition = &self->partitions[k];
        const int32_t first = partition->topic->first_partition;
        if (index >= first && index < first + partition->topic->partitions) {
            return &self->partitions[k + index - first]; /* k is its topic's first */
        }
    }
    return NULL;
}

/* Members as a java.util.HashMap gives them. */
static void sort_as_java(const AssignorInput *input, int32_t *ret_order)
{
    for (int32_t i = 0; i < input->member_count; i++) {
        const uint32_t bucket = java_hash_bucket(input->members[i].member_id, input->member_count);
        int32_t at = i;
        while (at > 0 && bucket < java_hash_bucket(input->members[ret_order[at - 1]].member_id,
                                                   input->member_count)) {
            ret_order[at] = ret_order[at - 1];
            at--;
        }
        ret_order[at] = i;
    }
}

/* S0: the higher generation wins; of two equal ones nobody keeps it. */
static void claim(Sticky *self, StickyPartition *partition, int32_t member)
{
    const AssignorMember *members = self->input->members;
    if (partition->claimed_by == NOBODY) {
        partition->claimed_by = member;
        partition->owner = member;
        return;
    }
    const int32_t mine = members[member].generation;
    const int32_t other = members[partition->claimed_by].generation;
    if (mine == other) {
        partition->doubly_claimed = true;
        partition->owner = NOBODY;
        partition->claimed_by = member;
    } else if (mine > other) {
        partition->owner = member;
        partition->claimed_by = member;
    }
}

static void claim_all(Sticky *self, const int32_t *order)
{
    for (int32_t i = 0; i < self->input->member_count; i++) {
        const AssignorMember *member = &self->input->members[order[i]];
        for (int32_t p = 0; p < member->owned_count; p++) {
            StickyPartition *partition = find_partition(self, member->owned[p]);
            if (partition != NULL) {
                claim(self, partition, order[i]);
            }
        }
    }
    for (int32_t k = 0; k < self->total; k++) {
        if (self->partitions[k].doubly_claimed) {
            self->partitions[k].owner = NOBODY;
        }
    }
}

static void give(Sticky *self, const StickyPartition *partition, int32_t member)
{
    self->count[member]++;
    assignor_give(self->result, member, partition->topic, partition->number, 1);
}

/* Keeps the member's own, lowest numbers first and then by topic, up to `limit`. */
static void keep(Sticky *self, int32_t member, int32_t limit)
{
    for (int32_t number = 0; self->count[member] < limit; number++) {
        bool any_higher = false;
        for (int32_t k = 0; k < self->total && self->count[member] < limit; k++) {
            StickyPartition *partition = &self->partitions[k];
            if (partition->owner != member || partition->number < number) {
                continue;
            }
            any_higher = true;
            if (partition->number == number) {
                partition->kept = true;
                give(self, partition, member);
            }
        }
        if (!any_higher) {
            return;
        }
    }
}

static void mark_revoked(Sticky *self, int32_t member)
{
    for (int32_t k = 0; k < self->total; k++) {
        StickyPartition *partition = &self->partitions[k];
        if (partition->owner == member && !partition->kept) {
            partition->revoked_from = member;
        }
    }
}

/* S2 for one member. */
static void keep_own(Sticky *self, int32_t member)
{
    int32_t own = 0;
    for (int32_t k = 0; k < self->total; k++) {
        own += self->partitions[k].owner == member ? 1 : 0;
    }
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
    mark_revoked(self, member);
}

static void sort_by_id(const Sticky *self, GArray *members)
{
    for (guint i = 1; i < members->len; i++) {
        const int32_t member = g_array_index(members, int32_t, i);
        const char *id = self->input->members[member].member_id;
        guint at = i;
        while (at > 0) {
            const int32_t before = g_array_index(members, int32_t, at - 1);
            if (strcmp(id, self->input->members[before].member_id) >= 0) {
                break;
            }
            g_array_index(members, int32_t, at) = before;
            at--;
        }
        g_array_index(members, int32_t, at) = member;
    }
}

/* S4: the next member in turn; `at` goes around the list of those with too little. */
static int32_t next_member(Sticky *self, guint *at)
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
    if (self->count[member] + 1 == self->minimum) {
        g_array_remove_index(self->under, *at);
        g_array_append_val(self->exact, member);
    } else {
        (*at)++;
    }
    return member;
}

/* S3 to S5. */
static void deal_rest(Sticky *self)
{
    guint at = 0;
    sort_by_id(self, self->under);
    sort_by_id(self, self->exact);
    for (int32_t k = 0; k < self->total; k++) {
        const StickyPartition *partition = &self->partitions[k];
        if (partition->kept) {
            continue;
        }
        const int32_t member = next_member(self, &at);
        const bool moves = partition->doubly_claimed ||
                           (partition->revoked_from != NOBODY && partition->revoked_from != member);
        if (self->withholds && moves) {
            self->count[member]++;
        } else {
            give(self, partition, member);
        }
    }
}

static void assign(const AssignorInput *input, AssignorResult *result, bool withholds)
{
    if (input->member_count == 0 || !is_subscribed_by_all(input)) {
        roundrobin_assign(input, result);
        return;
    }
    Sticky self = {.input = input, .result = result, .withholds = withholds};
    list_partitions(&self);
    self.count = g_new0(int32_t, (gsize)input->member_count);
    self.minimum = self.total / input->member_count;
    self.over_expected = self.total % input->member_count;
    self.maximum = self.minimum + (self.over_expected > 0 ? 1 : 0);
    self.under = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self.exact = g_array_new(FALSE, FALSE, sizeof(int32_t));
    int32_t *order = g_new0(int32_t, (gsize)input->member_count);
    sort_as_java(input, order);
    claim_all(&self, order);
    for (int32_t i = 0; i < input->member_count; i++) {
        keep_own(&self, order[i]);
    }
    deal_rest(&self);
    g_free(order);
    g_array_free(self.under, TRUE);
    g_array_free(self.exact, TRUE);
    g_free(self.count);
    g_free(self.partitions);
}

void sticky_assign(const AssignorInput *input, AssignorResult *result)
{
    assign(input, result, false);
}

void cooperative_sticky_assign(const AssignorInput *input, AssignorResult *result)
{
    assign(input, result, true);
}
