/* target_assignment.c - new targets for all members of a modern group.
 *
 * The assignor sees every member with its subscription and its previous target (not with what it
 * holds by now); only targets that differ are written.
 *
 * Mirrors: TargetAssignmentBuilder, ConsumerGroup.computePreferredServerAssignor (clients.md §5.1
 * H2). */
#include "models/group/assignors/java_hash.h"
#include "models/group/modern/modern_share.h"
#include <string.h>

static int32_t votes_for(const ModernGroup *self, const char *assignor)
{
    int32_t votes = 0;
    for (guint i = 0; i < self->members->len; i++) {
        const ModernMember *member = g_ptr_array_index(self->members, i);
        votes += g_strcmp0(member->subscription.server_assignor, assignor) == 0;
    }
    return votes;
}

/* A tie goes to the first in the order of Kafka's HashMap. */
const char *modern_group_assignor(const ModernGroup *self)
{
    const char *const *names = self->options->assignors;
    const char *best = names[0];
    int32_t best_votes = 0;
    int32_t candidates = 0;
    for (int32_t i = 0; names[i] != NULL; i++) {
        candidates += votes_for(self, names[i]) > 0;
    }
    for (int32_t i = 0; names[i] != NULL; i++) {
        const int32_t votes = votes_for(self, names[i]);
        const bool precedes =
            java_hash_bucket(names[i], candidates) < java_hash_bucket(best, candidates);
        if (votes > best_votes || (votes > 0 && votes == best_votes && precedes)) {
            best = names[i];
            best_votes = votes;
        }
    }
    return best;
}

typedef struct TargetInput {
    AssignorInput input;
    GArray *topics;    /* of AssignorTopic, by topic */
    GArray *members;   /* of AssignorMember */
    GArray *positions; /* of int32_t: all members' subscriptions */
    GArray *owned;     /* of int32_t: all members' targets, as Java walks them */
} TargetInput;

static int32_t position_of(const ModernGroup *self, int32_t topic)
{
    guint low = 0;
    guint high = self->subscribed->len;
    while (low < high) {
        const guint middle = low + (high - low) / 2;
        if (g_array_index(self->subscribed, SubscribedTopic, middle).topic < topic) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return (int32_t)low;
}

static void add_topics(const ModernGroup *self, TargetInput *into)
{
    for (guint i = 0; i < self->subscribed->len; i++) {
        const SubscribedTopic *entry = &g_array_index(self->subscribed, SubscribedTopic, i);
        AssignorTopic topic = self->host->topic(self->host->owner, entry->topic);
        if (self->type == MODERN_GROUP_SHARE) {
            topic.partitions = modern_share_assignable(self, &topic);
        }
        g_array_append_val(into->topics, topic);
    }
}

/* Pointers into the arrays are set once they have stopped growing. */
static void add_member(const ModernGroup *self, TargetInput *into, const ModernMember *member)
{
    AssignorMember spec = {
        .member_id = member->id,
        .group_instance_id = member->subscription.group_instance_id,
        .topic_count = member->topics->count,
        .owned_count = member->target->count,
        .generation = self->target_epoch,
    };
    for (int32_t i = 0; i < member->topics->count; i++) {
        const int32_t position = position_of(self, member->topics->items[i]);
        g_array_append_val(into->positions, position);
    }
    if (member->target->count > 0) {
        g_array_append_vals(into->owned, member->target->items, (guint)member->target->count);
    }
    g_array_append_val(into->members, spec);
}

static void gather(const ModernGroup *self, TargetInput *into)
{
    into->topics = g_array_new(FALSE, FALSE, sizeof(AssignorTopic));
    into->members = g_array_new(FALSE, FALSE, sizeof(AssignorMember));
    into->positions = g_array_new(FALSE, FALSE, sizeof(int32_t));
    into->owned = g_array_new(FALSE, FALSE, sizeof(int32_t));
    add_topics(self, into);
    for (guint i = 0; i < self->members->len; i++) {
        add_member(self, into, g_ptr_array_index(self->members, i));
    }
    into->input = (AssignorInput){
        .topics = (const AssignorTopic *)(const void *)into->topics->data,
        .topic_count = (int32_t)into->topics->len,
        .members = (const AssignorMember *)(const void *)into->members->data,
        .member_count = (int32_t)into->members->len,
        .extra_goes_to_first = self->options->extra_goes_to_first,
    };
    guint position = 0;
    guint owned = 0;
    for (guint i = 0; i < into->members->len; i++) {
        AssignorMember *member = &g_array_index(into->members, AssignorMember, i);
        int32_t *kept = &g_array_index(into->owned, int32_t, owned);
        member->topics = &g_array_index(into->positions, int32_t, position);
        member->owned = kept;
        assignor_sort_owned(&into->input, kept, member->owned_count);
        position += (guint)member->topic_count;
        owned += (guint)member->owned_count;
    }
}

static void target_input_clear(TargetInput *self)
{
    g_array_free(self->topics, TRUE);
    g_array_free(self->members, TRUE);
    g_array_free(self->positions, TRUE);
    g_array_free(self->owned, TRUE);
}

void modern_group_compute_targets(ModernGroup *self)
{
    TargetInput gathered;
    gather(self, &gathered);
    const Assignor *assignor = self->options->assignor != NULL
                                   ? self->options->assignor
                                   : server_assignor_find(modern_group_assignor(self));
    AssignorResult *result = assignor_run(assignor, &gathered.input);
    for (guint i = 0; i < self->members->len; i++) {
        const ModernMember *member = g_ptr_array_index(self->members, i);
        const GArray *given = result->partitions[i];
        g_autoptr(PartitionSet) target =
            partition_set_new((const int32_t *)(const void *)given->data, (int32_t)given->len);
        if (!partition_set_equal(member->target, target)) {
            modern_group_write(self, modern_record_target(self->type, member->id, target));
        }
    }
    assignor_result_free(result);
    target_input_clear(&gathered);
    modern_group_write(self,
                       modern_record_epoch(self->type, MODERN_RECORD_TARGET_EPOCH, self->epoch));
    if (self->host->say != NULL) {
        g_autofree char *text =
            g_strdup_printf("%s: epoch %d, %s", self->id, self->epoch, assignor->name);
        self->host->say(self->host->owner, "target assignment", text);
    }
}
