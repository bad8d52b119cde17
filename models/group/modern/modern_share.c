/* modern_share.c - see modern_share.h. */
#include "models/group/modern/modern_share.h"

static void
write(ModernGroup *self, const PartitionSet *initialized, const PartitionSet *initializing)
{
    modern_group_write(self, modern_record_share_state(initialized, initializing));
}

bool modern_share_is_assignment_pending(const ModernGroup *self)
{
    if (self->initialized->count + self->initializing->count == 0 || self->members->len == 0) {
        return false;
    }
    g_autoptr(GArray) assigned = g_array_new(FALSE, FALSE, sizeof(int32_t));
    for (guint i = 0; i < self->members->len; i++) {
        const PartitionSet *target = ((const ModernMember *)self->members->pdata[i])->target;
        if (target->count > 0) {
            g_array_append_vals(assigned, target->items, (guint)target->count);
        }
    }
    g_autoptr(PartitionSet) all =
        partition_set_new((const int32_t *)(const void *)assigned->data, (int32_t)assigned->len);
    return !partition_set_equal(self->initialized, all);
}

int32_t modern_share_assignable(const ModernGroup *self, const AssignorTopic *topic)
{
    int32_t count = 0;
    while (count < topic->partitions &&
           partition_set_has(self->initialized, topic->first_partition + count)) {
        count++;
    }
    return count;
}

void modern_share_plan(ModernGroup *self, SimDuration retry)
{
    const ModernHost *host = self->host;
    const bool is_asked = host->now(host->owner) - self->initializing_since < retry;
    g_autoptr(GArray) fresh = g_array_new(FALSE, FALSE, sizeof(int32_t));
    for (guint i = 0; i < self->subscribed->len; i++) {
        const SubscribedTopic *entry = &g_array_index(self->subscribed, SubscribedTopic, i);
        const AssignorTopic topic = host->topic(host->owner, entry->topic);
        const int32_t partitions = entry->subscribers > 0 ? topic.partitions : 0;
        for (int32_t p = 0; p < partitions; p++) {
            const int32_t partition = topic.first_partition + p;
            if (!partition_set_has(self->initialized, partition) &&
                !(is_asked && partition_set_has(self->initializing, partition))) {
                g_array_append_val(fresh, partition);
            }
        }
    }
    if (fresh->len > 0) {
        g_autoptr(PartitionSet) more =
            partition_set_new((const int32_t *)(const void *)fresh->data, (int32_t)fresh->len);
        g_autoptr(PartitionSet) all = partition_set_union(self->initializing, more);
        write(self, self->initialized, all);
        self->is_asking = true;
    }
}

void modern_share_complete(ModernGroup *self)
{
    g_autoptr(PartitionSet) all = partition_set_union(self->initialized, self->initializing);
    g_autoptr(PartitionSet) none = partition_set_empty();
    write(self, all, none);
}

void modern_share_forget(ModernGroup *self, int32_t first, int32_t count)
{
    g_autofree int32_t *items = g_new(int32_t, (gsize)count);
    for (int32_t i = 0; i < count; i++) {
        items[i] = first + i;
    }
    g_autoptr(PartitionSet) gone = partition_set_new(items, count);
    if (partition_set_intersects(gone, self->initialized) ||
        partition_set_intersects(gone, self->initializing)) {
        g_autoptr(PartitionSet) initialized = partition_set_difference(self->initialized, gone);
        g_autoptr(PartitionSet) initializing = partition_set_difference(self->initializing, gone);
        write(self, initialized, initializing);
    }
}
