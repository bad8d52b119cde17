/* describe.c - see describe.h.
 *
 * Mirrors: GroupMetadataManager.describeGroups, consumerGroupDescribe: a classic group names its
 * assignor only while it is stable, its members' last assignment always (describeNoMetadata: the
 * coordinator written in Scala hid it). Connect workers have none. */
#include "models/group/describe.h"
#include "models/group/coordinator_internal.h"
#include "models/group/modern/modern_group.h"

static void add_classic(const ClassicGroup *group, GroupDescription *into)
{
    const bool is_stable = classic_group_is(group, GROUP_STABLE);
    g_autoptr(GPtrArray) members = classic_group_in_java_order(group);
    into->assignor = is_stable && group->protocol != NULL ? group->protocol : "";
    into->epoch = group->generation;
    into->target_epoch = -1;
    for (guint i = 0; i < members->len; i++) {
        const ClassicMember *member = g_ptr_array_index(members, i);
        const DescribedMember row = {
            .id = member->id,
            .instance_id = member->instance_id,
            .partitions = (const int32_t *)(const void *)member->assignment->data,
            .count = (int32_t)classic_group_partitions_of(group, member),
            .epoch = -1,
        };
        g_array_append_val(into->members, row);
    }
}

static void add_modern(const ModernGroup *group, GroupDescription *into)
{
    into->assignor = modern_group_assignor(group);
    into->epoch = group->epoch;
    into->target_epoch = group->target_epoch;
    for (guint i = 0; i < group->members->len; i++) {
        const ModernMember *member = g_ptr_array_index(group->members, i);
        const DescribedMember row = {
            .id = member->id,
            .client_id = member->subscription.client_id,
            .instance_id = member->subscription.group_instance_id,
            .partitions = member->current.assigned->items,
            .count = member->current.assigned->count,
            .target = member->target->items,
            .target_count = member->target->count,
            .epoch = member->current.epoch,
            .is_classic = member->subscription.protocols != NULL,
        };
        g_array_append_val(into->members, row);
    }
}

bool group_coordinator_describe(const GroupCoordinator *self,
                                const char *group_id,
                                GroupDescription *ret_description)
{
    GroupView view;
    const ClassicGroup *group = group_coordinator_group(self, group_id);
    if (group == NULL || !group_coordinator_view(self, group_id, &view)) {
        return false;
    }
    *ret_description = (GroupDescription){
        .state = view.state,
        .members = g_array_new(FALSE, FALSE, sizeof(DescribedMember)),
        .offsets = g_array_ref(group->offsets),
    };
    if (group->modern != NULL) {
        add_modern(group->modern, ret_description);
    } else {
        add_classic(group, ret_description);
    }
    return true;
}

void group_description_clear(GroupDescription *self)
{
    g_array_unref(self->members);
    g_array_unref(self->offsets);
}
