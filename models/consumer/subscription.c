/* subscription.c - the assigned partitions and where each stands.
 *
 * Mirrors: SubscriptionState. */
#include "models/consumer/consumer_state.h"
#include <string.h>

static guint find_place(const Consumer *self, int32_t partition)
{
    guint low = 0;
    guint high = self->assigned->len;
    while (low < high) {
        const guint middle = low + (high - low) / 2;
        if (g_array_index(self->assigned, AssignedPartition, middle).partition < partition) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

AssignedPartition *subscription_find(const Consumer *self, int32_t partition)
{
    const guint at = find_place(self, partition);
    if (at == self->assigned->len) {
        return NULL;
    }
    AssignedPartition *entry = &g_array_index(self->assigned, AssignedPartition, at);
    return entry->partition == partition ? entry : NULL;
}

void subscription_add(Consumer *self, int32_t partition)
{
    const AssignedPartition fresh = {
        .partition = partition,
        .state = POSITION_UNKNOWN,
        .leader_epoch = -1,
        .position = -1,
        .to_commit = -1,
        .since = consumer_now(self),
    };
    const guint at = find_place(self, partition);
    g_array_insert_val(self->assigned, at, fresh);
    g_array_insert_val(self->owned, at, partition);
}

/* Eager: what was assigned before was revoked before. */
void subscription_assign(Consumer *self, const int32_t *partitions, int32_t count)
{
    subscription_clear(self);
    for (int32_t i = 0; i < count; i++) {
        if (subscription_find(self, partitions[i]) == NULL) {
            subscription_add(self, partitions[i]);
        }
    }
}

static bool is_in(int32_t partition, const int32_t *partitions, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        if (partitions[i] == partition) {
            return true;
        }
    }
    return false;
}

void subscription_change(Consumer *self, const int32_t *partitions, int32_t count)
{
    for (guint i = self->assigned->len; i > 0; i--) {
        if (!is_in(g_array_index(self->owned, int32_t, i - 1), partitions, count)) {
            g_array_remove_index(self->assigned, i - 1);
            g_array_remove_index(self->owned, i - 1);
        }
    }
    for (int32_t i = 0; i < count; i++) {
        if (subscription_find(self, partitions[i]) == NULL) {
            subscription_add(self, partitions[i]);
        }
    }
}

void subscription_clear(Consumer *self)
{
    g_array_set_size(self->assigned, 0);
    g_array_set_size(self->owned, 0);
    fetch_buffer_clear(self);
}

int64_t consumer_position(const Consumer *self, int32_t partition)
{
    const AssignedPartition *entry = subscription_find(self, partition);
    return entry == NULL ? -1 : entry->position;
}

SimTime consumer_assigned_since(const Consumer *self, int32_t partition)
{
    const AssignedPartition *entry = subscription_find(self, partition);
    return entry == NULL ? -1 : entry->since;
}

bool consumer_same_numbers(const GArray *a, const GArray *b)
{
    return a->len == b->len &&
           (a->len == 0 || memcmp(a->data, b->data, a->len * sizeof(int32_t)) == 0);
}
