/* merged_marks.c - see the header. A range is packed: offset, length - 1 and kind. */
#include "models/log/merged_marks.h"
#include <glib.h>

#define LENGTH_BITS 20
#define LENGTH_MAX  (INT64_C(1) << LENGTH_BITS)

typedef struct PackedMark {
    uint64_t range;
    uint64_t producer; /* of a marker: producer id, and whether it aborts */
} PackedMark;

struct MergedMarks {
    GArray *packed; /* of PackedMark, ascending */
};

static void push(MergedMarks *self, const MergedMark *mark, int64_t first, int64_t length)
{
    const PackedMark item = {
        .range = (uint64_t)first << (LENGTH_BITS + 1) | (uint64_t)(length - 1) << 1 |
                 (mark->is_marker ? 1U : 0U),
        .producer = (uint64_t)mark->producer_id << 1 | (mark->aborts ? 1U : 0U),
    };
    g_array_append_val(self->packed, item);
}

static MergedMark at(const MergedMarks *self, guint i)
{
    const PackedMark *item = &g_array_index(self->packed, PackedMark, i);
    int64_t first = (int64_t)(item->range >> (LENGTH_BITS + 1));
    int64_t length = (int64_t)(item->range >> 1 & (LENGTH_MAX - 1)) + 1;
    return (MergedMark){
        .first = first,
        .end = first + length,
        .is_marker = (item->range & 1) != 0,
        .aborts = (item->producer & 1) != 0,
        .producer_id = (int64_t)(item->producer >> 1),
    };
}

void merged_marks_free(MergedMarks *self)
{
    if (self != NULL) {
        g_array_free(self->packed, TRUE);
        g_free(self);
    }
}

void merged_marks_add(MergedMarks **self, const MergedMark *mark)
{
    if (*self == NULL) {
        *self = g_new0(MergedMarks, 1);
        (*self)->packed = g_array_new(FALSE, FALSE, sizeof(PackedMark));
    }
    GArray *packed = (*self)->packed;
    int64_t first = mark->first;
    if (packed->len > 0) {
        MergedMark last = at(*self, packed->len - 1);
        bool joins = last.end == first && !last.is_marker && !mark->is_marker &&
                     mark->end - last.first <= LENGTH_MAX;
        if (joins) {
            first = last.first;
            g_array_set_size(packed, packed->len - 1);
        }
    }
    for (; first < mark->end; first += LENGTH_MAX) {
        push(*self, mark, first, MIN(LENGTH_MAX, mark->end - first));
    }
}

/* The first that ends above `offset`. */
static guint place_of(const MergedMarks *self, int64_t offset)
{
    guint low = 0;
    guint high = self->packed->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (at(self, middle).end <= offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool merged_marks_find(const MergedMarks *self, int64_t offset, MergedMark *ret_mark)
{
    guint i = self == NULL ? 0 : place_of(self, offset);
    if (self == NULL || i == self->packed->len) {
        return false;
    }
    *ret_mark = at(self, i);
    return true;
}

int32_t merged_marks_count(const MergedMarks *self, int64_t from, int64_t to)
{
    int64_t count = 0;
    for (guint i = self == NULL ? 0 : place_of(self, from); self != NULL && i < self->packed->len;
         i++) {
        MergedMark mark = at(self, i);
        if (mark.first >= to) {
            break;
        }
        count += mark.is_marker ? MIN(mark.end, to) - MAX(mark.first, from) : 0;
    }
    return (int32_t)count;
}

void merged_marks_copy(MergedMarks **self, const MergedMarks *other, int64_t from, int64_t to)
{
    for (guint i = other == NULL ? 0 : place_of(other, from);
         other != NULL && i < other->packed->len;
         i++) {
        MergedMark mark = at(other, i);
        if (mark.first >= to) {
            break;
        }
        mark.first = MAX(mark.first, from);
        mark.end = MIN(mark.end, to);
        merged_marks_add(self, &mark);
    }
}

void merged_marks_truncate(MergedMarks *self, int64_t end)
{
    if (self == NULL) {
        return;
    }
    guint keep = place_of(self, end);
    if (keep < self->packed->len) {
        MergedMark cut = at(self, keep);
        g_array_set_size(self->packed, keep);
        if (cut.first < end) {
            push(self, &cut, cut.first, end - cut.first);
        }
    }
}

void merged_marks_drop_before(MergedMarks *self, int64_t start)
{
    if (self != NULL) {
        guint gone = place_of(self, start);
        if (gone > 0) {
            g_array_remove_range(self->packed, 0, gone);
        }
    }
}
