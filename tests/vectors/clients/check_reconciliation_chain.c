/* check_reconciliation_chain.c - a whole ConsumerGroup whose members reconcile one by one until
 * they have converged, under targets given by the vector. */
#include "models/group/modern/modern_group.h"
#include "tests/vectors/clients/modern_vectors.h"
#include <string.h>

static AssignorTopic topic_of(void *owner, int32_t topic)
{
    (void)owner;
    return (AssignorTopic){
        .name = "t", .first_partition = topic * PARTITIONS_PER_TOPIC, .partitions = 1};
}

static void write(ModernGroup *group, ModernRecord *record)
{
    modern_group_write(group, record);
}

static void join(ModernGroup *group, const char *member_id)
{
    MemberSubscription subscription;
    CurrentAssignment current;
    member_subscription_init(&subscription);
    current_assignment_init(&current);
    write(group, modern_record_member(MODERN_GROUP_CONSUMER, member_id, &subscription));
    write(group, modern_record_current(MODERN_GROUP_CONSUMER, member_id, &current));
    member_subscription_clear(&subscription);
    current_assignment_clear(&current);
}

/* Members that are in the group, but not in the list, leave; those that are only in the list
 * join. */
static void change_members(ModernGroup *group, const cJSON *members)
{
    const cJSON *name;
    cJSON_ArrayForEach(name, members)
    {
        if (modern_group_member(group, name->valuestring) == NULL) {
            join(group, name->valuestring);
        }
    }
    for (guint i = group->members->len; i > 0; i--) {
        const ModernMember *member = g_ptr_array_index(group->members, i - 1);
        bool stays = false;
        cJSON_ArrayForEach(name, members)
        {
            stays = stays || strcmp(name->valuestring, member->id) == 0;
        }
        if (!stays) {
            write(group,
                  modern_record_tombstone(MODERN_GROUP_CONSUMER, MODERN_RECORD_MEMBER, member->id));
        }
    }
}

static void do_event(ModernGroup *group, const cJSON *step)
{
    const int32_t epoch = (int32_t)vector_integer(step, "targetEpoch", -1);
    const cJSON *target;
    change_members(group, cJSON_GetObjectItemCaseSensitive(step, "members"));
    write(group, modern_record_epoch(MODERN_GROUP_CONSUMER, MODERN_RECORD_GROUP_EPOCH, epoch));
    cJSON_ArrayForEach(target, cJSON_GetObjectItemCaseSensitive(step, "target"))
    {
        g_autoptr(PartitionSet) set = modern_vector_set(target);
        write(group, modern_record_target(MODERN_GROUP_CONSUMER, target->string, set));
    }
    write(group, modern_record_epoch(MODERN_GROUP_CONSUMER, MODERN_RECORD_TARGET_EPOCH, epoch));
}

static int32_t epoch_of(const void *owner, int32_t partition)
{
    return modern_group_partition_epoch(owner, partition);
}

static bool do_heartbeat(ModernGroup *group, const cJSON *step, GString *why)
{
    const ModernMember *member = modern_group_member(group, vector_text(step, "hb"));
    g_autoptr(PartitionSet) owned = NULL;
    if (vector_is_set(step, "owned")) {
        owned = modern_vector_set(cJSON_GetObjectItemCaseSensitive(step, "owned"));
    }
    const ReconciliationInput input = {
        .current = &member->current,
        .target_epoch = group->target_epoch,
        .target = member->target,
        .owned = owned,
        .partition_epoch = epoch_of,
        .owner = group,
    };
    CurrentAssignment next;
    current_assignment_next(&input, &next);
    const bool changed = !current_assignment_equal(&next, &member->current);
    bool same = vector_same_integer(why, "changed", vector_boolean(step, "changed"), changed);
    if (same && changed) {
        same =
            modern_vector_same_member(cJSON_GetObjectItemCaseSensitive(step, "after"), &next, why);
        write(group, modern_record_current(MODERN_GROUP_CONSUMER, member->id, &next));
    }
    current_assignment_clear(&next);
    return same;
}

bool check_reconciliation_chain(const cJSON *vector, GString *why)
{
    static const ModernHost host = {.topic = topic_of};
    static const ModernOptions options = {0};
    ModernGroup *group = modern_group_new("g", MODERN_GROUP_CONSUMER, &host, &options);
    bool same = true;
    int index = 0;
    const cJSON *step;
    cJSON_ArrayForEach(step, cJSON_GetObjectItemCaseSensitive(vector, "steps"))
    {
        if (vector_text(step, "event") != NULL) {
            do_event(group, step);
        } else {
            same = do_heartbeat(group, step, why);
        }
        same = same &&
               vector_same_text(
                   why, "group state", vector_text(step, "groupState"), modern_group_state(group));
        if (!same) {
            g_string_append_printf(why, " (step %d)", index);
            break;
        }
        index++;
    }
    modern_group_free(group);
    return same;
}
