/* merged_marks.c - see the header. A range is packed: offset, length - 1 and kind. */
#include "models/log/merged_marks.h"
#include <glib.h>

#define KIND_BITS   2
#define LENGTH_BITS 20
#define LENGTH_MAX  (INT64_C(1) << LENGTH_BITS)

typedef struct PackedMark {
    uint64_t range;
    uint64_t producer; /* of a marker: producer id, and whether it aborts */
} PackedMark;

/* Of a range in a log that is cleaned. */
typedef struct MarkDetail {
    MarkedOffsets before; /* in all ranges before this one, gone ones too */
    int64_t txn_first;
    int64_t delete_horizon;
} MarkDetail;

struct MergedMarks {
    GArray *packed;  /* of PackedMark, ascending */
    GArray *details; /* of MarkDetail, one for each; NULL none */
};

static MergedMark at(const MergedMarks *self, guint i)
{
    const PackedMark *item = &g_array_index(self->packed, PackedMark, i);
    const MarkDetail *detail =
        self->details != NULL ? &g_array_index(self->details, MarkDetail, i) : NULL;
    int64_t first = (int64_t)(item->range >> (LENGTH_BITS + KIND_BITS));
    int64_t length = (int64_t)(item->range >> KIND_BITS & (LENGTH_MAX - 1)) + 1;
    return (MergedMark){
        .first = first,
        .end = first + length,
        .kind = (MarkKind)(item->range & ((1U << KIND_BITS) - 1)),
        .aborts = (item->producer & 1) != 0,
        .producer_id = (int64_t)(item->producer >> 1),
        .txn_first = detail != NULL ? detail->txn_first : -1,
        .delete_horizon = detail != NULL ? detail->delete_horizon : NO_DELETE_HORIZON,
    };
}

static void count(MarkedOffsets *total, MarkKind kind, int64_t offsets)
{
    total->all += offsets;
    total->aborted += kind == MARK_ABORTED ? offsets : 0;
    total->gaps += kind == MARK_GAP ? offsets : 0;
}

/* What lies in the first i ranges and in those that went before them. */
static MarkedOffsets before(const MergedMarks *self, guint i)
{
    MarkedOffsets total = {0};
    if (i > 0) {
        MergedMark last = at(self, i - 1);
        total = g_array_index(self->details, MarkDetail, i - 1).before;
        count(&total, last.kind, last.end - last.first);
    }
    return total;
}

static void add_detail(MergedMarks *self, guint i, int64_t txn_first, int64_t delete_horizon)
{
    const MarkDetail detail = {
        .before = before(self, i), .txn_first = txn_first, .delete_horizon = delete_horizon};
    g_array_append_val(self->details, detail);
}

static void push(MergedMarks *self, const MergedMark *mark, int64_t first, int64_t length)
{
    const PackedMark item = {
        .range = (uint64_t)first << (LENGTH_BITS + KIND_BITS) |
                 (uint64_t)(length - 1) << KIND_BITS | (uint64_t)mark->kind,
        .producer = (uint64_t)mark->producer_id << 1 | (mark->aborts ? 1U : 0U),
    };
    g_array_append_val(self->packed, item);
    if (self->details != NULL) {
        add_detail(self, self->packed->len - 1, mark->txn_first, mark->delete_horizon);
    }
}

static void cut_off(MergedMarks *self, guint kept)
{
    g_array_set_size(self->packed, kept);
    if (self->details != NULL) {
        g_array_set_size(self->details, kept);
    }
}

static void begin_details(MergedMarks *self)
{
    self->details = g_array_new(FALSE, FALSE, sizeof(MarkDetail));
    for (guint i = 0; i < self->packed->len; i++) {
        add_detail(self, i, -1, NO_DELETE_HORIZON);
    }
}

void merged_marks_free(MergedMarks *self)
{
    if (self != NULL) {
        g_array_free(self->packed, TRUE);
        if (self->details != NULL) {
            g_array_free(self->details, TRUE);
        }
        g_free(self);
    }
}

static bool may_join(const MergedMark *last, const MergedMark *mark)
{
    return last->end == mark->first && last->kind == mark->kind &&
           (mark->kind == MARK_ABORTED || mark->kind == MARK_GAP) &&
           mark->end - last->first <= LENGTH_MAX;
}

void merged_marks_add(MergedMarks **self, const MergedMark *mark)
{
    if (*self == NULL) {
        *self = g_new0(MergedMarks, 1);
        (*self)->packed = g_array_new(FALSE, FALSE, sizeof(PackedMark));
    }
    bool is_of_cleaned = mark->kind == MARK_GAP || mark->kind == MARK_EMPTIED ||
                         mark->txn_first >= 0 || mark->delete_horizon != NO_DELETE_HORIZON;
    if (is_of_cleaned && (*self)->details == NULL) {
        begin_details(*self);
    }
    guint len = (*self)->packed->len;
    int64_t first = mark->first;
    if (len > 0) {
        MergedMark last = at(*self, len - 1);
        if (may_join(&last, mark)) {
            first = last.first;
            cut_off(*self, len - 1);
        }
    }
    for (; first < mark->end; first += LENGTH_MAX) {
        push(*self, mark, first, MIN(LENGTH_MAX, mark->end - first));
    }
}

void merged_marks_add_gap(MergedMarks **self, int64_t first, int64_t end)
{
    if (first < end) {
        const MergedMark gap = {.first = first,
                                .end = end,
                                .kind = MARK_GAP,
                                .txn_first = -1,
                                .delete_horizon = NO_DELETE_HORIZON};
        merged_marks_add(self, &gap);
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

int64_t merged_marks_skip_gap(const MergedMarks *self, int64_t offset)
{
    MergedMark mark;
    while (self != NULL && self->details != NULL && merged_marks_find(self, offset, &mark) &&
           mark.kind == MARK_GAP && mark.first <= offset) {
        offset = mark.end;
    }
    return offset;
}

int32_t merged_marks_count(const MergedMarks *self, MarkKind kind, int64_t from, int64_t to)
{
    int32_t found = 0;
    for (guint i = self == NULL ? 0 : place_of(self, from); self != NULL && i < self->packed->len;
         i++) {
        MergedMark mark = at(self, i);
        if (mark.first >= to) {
            break;
        }
        found += mark.kind == kind;
    }
    return found;
}

/* Below `offset`, with what went. */
static MarkedOffsets before_offset(const MergedMarks *self, int64_t offset)
{
    guint i = place_of(self, offset);
    if (i == self->packed->len) {
        return before(self, i);
    }
    MergedMark mark = at(self, i);
    MarkedOffsets total = g_array_index(self->details, MarkDetail, i).before;
    count(&total, mark.kind, MAX(0, offset - mark.first));
    return total;
}

MarkedOffsets merged_marks_offsets(const MergedMarks *self, int64_t from, int64_t to)
{
    MarkedOffsets total = {0};
    if (self != NULL && self->details != NULL) {
        const MarkedOffsets low = before_offset(self, from);
        total = before_offset(self, to);
        return (MarkedOffsets){
            total.aborted - low.aborted, total.gaps - low.gaps, total.all - low.all};
    }
    for (guint i = self == NULL ? 0 : place_of(self, from); self != NULL && i < self->packed->len;
         i++) {
        MergedMark mark = at(self, i);
        if (mark.first >= to) {
            break;
        }
        count(&total, mark.kind, MIN(mark.end, to) - MAX(mark.first, from));
    }
    return total;
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
        cut_off(self, keep);
        if (cut.first < end) {
            push(self, &cut, cut.first, end - cut.first);
        }
    }
}

void merged_marks_drop_before(MergedMarks *self, int64_t start)
{
    guint gone = self != NULL ? place_of(self, start) : 0;
    if (gone > 0) {
        g_array_remove_range(self->packed, 0, gone);
        if (self->details != NULL) {
            g_array_remove_range(self->details, 0, gone);
        }
    }
}
