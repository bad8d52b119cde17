/* partition_set.c - see partition_set.h. */
#include "models/group/modern/partition_set.h"
#include <string.h>

static PartitionSet *allocate(int32_t room)
{
    PartitionSet *self =
        g_malloc(sizeof(PartitionSet) + sizeof(int32_t) * (size_t)(room > 0 ? room : 1));
    self->references = 1;
    self->count = 0;
    return self;
}

static int compare_items(gconstpointer a, gconstpointer b, gpointer unused)
{
    (void)unused;
    const int32_t x = *(const int32_t *)a;
    const int32_t y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static bool is_ascending(const int32_t *items, int32_t count)
{
    for (int32_t i = 1; i < count; i++) {
        if (items[i - 1] >= items[i]) {
            return false;
        }
    }
    return true;
}

PartitionSet *partition_set_new(const int32_t *items, int32_t count)
{
    PartitionSet *self = allocate(count);
    if (count <= 0) {
        return self;
    }
    memcpy(self->items, items, sizeof(int32_t) * (size_t)count);
    self->count = count;
    if (is_ascending(items, count)) {
        return self;
    }
    g_qsort_with_data(self->items, count, sizeof(int32_t), compare_items, NULL);
    int32_t kept = 1;
    for (int32_t i = 1; i < count; i++) {
        if (self->items[i] != self->items[kept - 1]) {
            self->items[kept++] = self->items[i];
        }
    }
    self->count = kept;
    return self;
}

PartitionSet *partition_set_empty(void)
{
    return allocate(0);
}

PartitionSet *partition_set_ref(const PartitionSet *self)
{
    PartitionSet *shared = (PartitionSet *)(guintptr)self;
    shared->references++;
    return shared;
}

void partition_set_unref(PartitionSet *self)
{
    if (self != NULL && --self->references == 0) {
        g_free(self);
    }
}

void partition_set_assign(PartitionSet **place, const PartitionSet *value)
{
    PartitionSet *held = value == NULL ? NULL : partition_set_ref(value);
    partition_set_unref(*place);
    *place = held;
}

/* Walks both; keeps what is in a only, in both, in b only, as asked. */
static PartitionSet *
merge(const PartitionSet *a, const PartitionSet *b, bool only_a, bool both, bool only_b)
{
    PartitionSet *self = allocate(a->count + b->count);
    int32_t i = 0;
    int32_t k = 0;
    while (i < a->count || k < b->count) {
        const bool from_a = k == b->count || (i < a->count && a->items[i] <= b->items[k]);
        const bool from_b = i == a->count || (k < b->count && b->items[k] <= a->items[i]);
        const bool wanted = from_a && from_b ? both : from_a ? only_a : only_b;
        if (wanted) {
            self->items[self->count++] = from_a ? a->items[i] : b->items[k];
        }
        i += from_a;
        k += from_b;
    }
    return self;
}

PartitionSet *partition_set_intersection(const PartitionSet *a, const PartitionSet *b)
{
    return merge(a, b, false, true, false);
}

PartitionSet *partition_set_difference(const PartitionSet *a, const PartitionSet *b)
{
    return merge(a, b, true, false, false);
}

PartitionSet *partition_set_union(const PartitionSet *a, const PartitionSet *b)
{
    return merge(a, b, true, true, true);
}

bool partition_set_equal(const PartitionSet *a, const PartitionSet *b)
{
    return a == b || (a->count == b->count &&
                      memcmp(a->items, b->items, sizeof(int32_t) * (size_t)a->count) == 0);
}

bool partition_set_has(const PartitionSet *self, int32_t item)
{
    int32_t low = 0;
    int32_t high = self->count;
    while (low < high) {
        const int32_t middle = low + (high - low) / 2;
        if (self->items[middle] < item) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < self->count && self->items[low] == item;
}

bool partition_set_intersects(const PartitionSet *a, const PartitionSet *b)
{
    for (int32_t i = 0; i < a->count; i++) {
        if (partition_set_has(b, a->items[i])) {
            return true;
        }
    }
    return false;
}

bool partition_set_is_subset(const PartitionSet *self, const PartitionSet *of)
{
    for (int32_t i = 0; i < self->count; i++) {
        if (!partition_set_has(of, self->items[i])) {
            return false;
        }
    }
    return true;
}
