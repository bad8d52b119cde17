/* classic_vote.c - which assignor a classic group uses (P4 of clients.md §3.2).
 *
 * Mirrors: ClassicGroup.selectProtocol, candidateProtocols, ClassicGroupMember.vote. */
#include "models/group/assignors/java_hash.h"
#include "models/group/classic_group.h"
#include <string.h>

static bool is_supported_by_all(const ClassicGroup *self, const char *protocol)
{
    for (guint i = 0; i < self->members->len; i++) {
        if (!classic_member_supports(g_ptr_array_index(self->members, i), protocol)) {
            return false;
        }
    }
    return true;
}

static const char *vote_of(const ClassicGroup *self, const ClassicMember *member)
{
    for (const char *const *p = member->protocols; *p != NULL; p++) {
        if (is_supported_by_all(self, *p)) {
            return *p;
        }
    }
    return NULL;
}

typedef struct Ballot {
    const char *protocol;
    guint votes;
} Ballot;

static void count_vote(GArray *ballots, const char *vote)
{
    for (guint i = 0; i < ballots->len; i++) {
        Ballot *ballot = &g_array_index(ballots, Ballot, i);
        if (strcmp(ballot->protocol, vote) == 0) {
            ballot->votes++;
            return;
        }
    }
    const Ballot first = {vote, 1};
    g_array_append_val(ballots, first);
}

/* P4: each member votes for the first of its own that all support; ties go to the first in the
 * order of Java's map of votes. */
const char *classic_group_select_protocol(const ClassicGroup *self)
{
    g_autoptr(GArray) ballots = g_array_new(FALSE, FALSE, sizeof(Ballot));
    for (guint i = 0; i < self->members->len; i++) {
        const char *vote = vote_of(self, g_ptr_array_index(self->members, i));
        if (vote != NULL) {
            count_vote(ballots, vote);
        }
    }
    const Ballot *best = NULL;
    for (guint i = 0; i < ballots->len; i++) {
        const Ballot *ballot = &g_array_index(ballots, Ballot, i);
        const int32_t count = (int32_t)ballots->len;
        if (best == NULL || ballot->votes > best->votes ||
            (ballot->votes == best->votes &&
             java_hash_bucket(ballot->protocol, count) < java_hash_bucket(best->protocol, count))) {
            best = ballot;
        }
    }
    return best == NULL ? NULL : best->protocol;
}

guint classic_group_partitions_of(const ClassicGroup *self, const ClassicMember *member)
{
    const char *protocol = self->protocol == NULL ? "" : self->protocol;
    const bool is_known =
        assignor_find(protocol, strlen(protocol)) != NULL || strcmp(protocol, "stream") == 0;
    guint count = 0;
    while (is_known && count < member->assignment->len &&
           g_array_index(member->assignment, int32_t, count) >= 0) {
        count++;
    }
    return count;
}
