/* merged_marks.h - what of a log's merged batches (record_log.h) is no record for everybody: the
 * offsets of transaction markers, and the records of aborted transactions. Exact, in 16 bytes
 * a range; a log without transactions has none. Mirrors no class of Kafka. */
#ifndef KAFKASIM_MODELS_LOG_MERGED_MARKS_H
#define KAFKASIM_MODELS_LOG_MERGED_MARKS_H
#include <stdbool.h>
#include <stdint.h>

typedef struct MergedMarks MergedMarks;

typedef struct MergedMark {
    int64_t first;
    int64_t end;    /* not included */
    bool is_marker; /* else records that were aborted */
    bool aborts;    /* of a marker; it is always alone */
    int64_t producer_id;
} MergedMark;

void merged_marks_free(MergedMarks *self); /* may be NULL */
/* Behind all others. `*self` is made when it is NULL. */
void merged_marks_add(MergedMarks **self, const MergedMark *mark);
/* Those of `other` within [from, to), behind all others. */
void merged_marks_copy(MergedMarks **self, const MergedMarks *other, int64_t from, int64_t to);
/* The first that ends above `offset`; false when there is none. `self` may be NULL, here and below.
 */
bool merged_marks_find(const MergedMarks *self, int64_t offset, MergedMark *ret_mark);
/* How many offsets of markers lie in [from, to). */
int32_t merged_marks_count(const MergedMarks *self, int64_t from, int64_t to);
void merged_marks_truncate(MergedMarks *self, int64_t end);
void merged_marks_drop_before(MergedMarks *self, int64_t start);

#endif
