/* offset_set.c - see offset_set.h. */
#include "models/ledger/offset_set.h"

static OffsetRange *range_at(const OffsetSet *self, guint i)
{
    return &g_array_index(self->ranges, OffsetRange, i);
}

void offset_set_clear(OffsetSet *self)
{
    if (self->ranges != NULL) {
        g_array_free(self->ranges, TRUE);
    }
    *self = (OffsetSet){0};
}

/* The first range that ends at or above `offset`. */
static guint find_place(const OffsetSet *self, int64_t offset)
{
    guint low = 0;
    guint high = self->ranges->len;
    if (high > 0 && range_at(self, high - 1)->end < offset) {
        return high;
    }
    while (low < high) {
        const guint middle = low + (high - low) / 2;
        if (range_at(self, middle)->end < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

int64_t offset_set_add(OffsetSet *self, int64_t first, int64_t end, OffsetSet *again)
{
    if (self->ranges == NULL) {
        self->ranges = g_array_new(FALSE, FALSE, sizeof(OffsetRange));
    }
    const guint at = find_place(self, first);
    OffsetRange merged = {first, end};
    int64_t known = 0;
    guint to = at;
    for (; to < self->ranges->len && range_at(self, to)->first <= end; to++) {
        const OffsetRange old = *range_at(self, to);
        const int64_t both_first = MAX(old.first, first);
        const int64_t both_end = MIN(old.end, end);
        if (both_first < both_end) {
            known += both_end - both_first;
            if (again != NULL) {
                (void)offset_set_add(again, both_first, both_end, NULL);
            }
        }
        merged = (OffsetRange){MIN(merged.first, old.first), MAX(merged.end, old.end)};
    }
    if (to == at) {
        g_array_insert_val(self->ranges, at, merged);
    } else {
        *range_at(self, at) = merged;
        g_array_remove_range(self->ranges, at + 1, to - at - 1);
    }
    self->count += end - first - known;
    return end - first - known;
}

int64_t offset_set_remove(OffsetSet *self, int64_t first, int64_t end)
{
    int64_t removed = 0;
    guint i = self->ranges == NULL ? 0 : find_place(self, first);
    while (self->ranges != NULL && i < self->ranges->len && range_at(self, i)->first < end) {
        const OffsetRange old = *range_at(self, i);
        const OffsetRange before = {old.first, MIN(old.end, first)};
        const OffsetRange after = {MAX(old.first, end), old.end};
        removed += old.end - old.first;
        g_array_remove_index(self->ranges, i);
        if (before.first < before.end) {
            removed -= before.end - before.first;
            g_array_insert_val(self->ranges, i, before);
            i++;
        }
        if (after.first < after.end) {
            removed -= after.end - after.first;
            g_array_insert_val(self->ranges, i, after);
            i++;
        }
    }
    self->count -= removed;
    return removed;
}

void offset_set_subtract(OffsetSet *self, const OffsetSet *others, int64_t end)
{
    for (guint i = 0; others->ranges != NULL && i < others->ranges->len; i++) {
        const OffsetRange range = *range_at(others, i);
        (void)offset_set_remove(self, range.first, MIN(range.end, end));
    }
}

int64_t offset_set_unite(OffsetSet *self, const OffsetSet *others)
{
    int64_t added = 0;
    for (guint i = 0; others->ranges != NULL && i < others->ranges->len; i++) {
        const OffsetRange range = *range_at(others, i);
        added += offset_set_add(self, range.first, range.end, NULL);
    }
    return added;
}

bool offset_set_has(const OffsetSet *self, int64_t offset)
{
    const guint i = self->ranges == NULL ? 0 : find_place(self, offset + 1);
    return self->ranges != NULL && i < self->ranges->len && range_at(self, i)->first <= offset;
}

int64_t offset_set_below(const OffsetSet *self, int64_t end)
{
    int64_t count = 0;
    for (guint i = 0; self->ranges != NULL && i < self->ranges->len; i++) {
        const OffsetRange range = *range_at(self, i);
        count += range.first < end ? MIN(range.end, end) - range.first : 0;
    }
    return count;
}
