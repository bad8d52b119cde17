/* offset_set.h - offsets of one partition as ranges: ascending, apart from each other. Records come
 * in order, so a set is mostly one range that grows at its end. */
#ifndef KAFKASIM_MODELS_LEDGER_OFFSET_SET_H
#define KAFKASIM_MODELS_LEDGER_OFFSET_SET_H
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct OffsetRange {
    int64_t first, end; /* end not included */
} OffsetRange;

typedef struct OffsetSet {
    GArray *ranges; /* of OffsetRange; NULL while empty */
    int64_t count;
} OffsetSet;

void offset_set_clear(OffsetSet *self);
/* Adds first..end-1; what was there already is added to `again`, if given. How many were new. */
int64_t offset_set_add(OffsetSet *self, int64_t first, int64_t end, OffsetSet *again);
/* Takes first..end-1 out; how many of them were in. */
int64_t offset_set_remove(OffsetSet *self, int64_t first, int64_t end);
/* Takes out what is in `others` and below `end`. */
void offset_set_subtract(OffsetSet *self, const OffsetSet *others, int64_t end);
/* Adds what is in `others`; how many were new. */
int64_t offset_set_unite(OffsetSet *self, const OffsetSet *others);
bool offset_set_has(const OffsetSet *self, int64_t offset);
/* How many lie below `end`. */
int64_t offset_set_below(const OffsetSet *self, int64_t end);

#endif
