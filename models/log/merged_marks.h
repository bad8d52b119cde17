/* merged_marks.h - what of a log's merged batches (record_log.h) is no record for everybody: the
 * offsets of transaction markers, the records of aborted transactions, and offsets at which nothing
 * stands because the log cleaner took it away. Exact, in 16 bytes a range; a log without
 * transactions and gaps has none. Where the log is cleaned (compaction.h) each range takes 40 bytes
 * more: how much lies before it, and what decides when a marker goes. Mirrors no class of Kafka;
 * delete_horizon: DefaultRecordBatch.deleteHorizonMs. */
#ifndef KAFKASIM_MODELS_LOG_MERGED_MARKS_H
#define KAFKASIM_MODELS_LOG_MERGED_MARKS_H
#include <stdbool.h>
#include <stdint.h>

#define NO_DELETE_HORIZON (-1)

typedef struct MergedMarks MergedMarks;

typedef enum MarkKind {
    MARK_ABORTED, /* records that were aborted */
    MARK_MARKER,  /* always alone */
    MARK_EMPTIED, /* an aborted batch of which the header is left */
    MARK_GAP,     /* nothing stands here */
} MarkKind;

typedef struct MergedMark {
    int64_t first;
    int64_t end; /* not included */
    MarkKind kind;
    bool aborts; /* of a marker, like all below */
    int64_t producer_id;
    int64_t txn_first;      /* where its transaction began; -1: it wrote nothing here */
    int64_t delete_horizon; /* it stays until then; NO_DELETE_HORIZON: not decided */
} MergedMark;

/* Offsets of a stretch. */
typedef struct MarkedOffsets {
    int64_t aborted; /* MARK_ABORTED */
    int64_t gaps;
    int64_t all; /* of any kind */
} MarkedOffsets;

void merged_marks_free(MergedMarks *self); /* may be NULL */
/* Behind all others. `*self` is made when it is NULL. */
void merged_marks_add(MergedMarks **self, const MergedMark *mark);
void merged_marks_add_gap(MergedMarks **self, int64_t first, int64_t end);
/* Those of `other` within [from, to), behind all others. */
void merged_marks_copy(MergedMarks **self, const MergedMarks *other, int64_t from, int64_t to);
/* The first that ends above `offset`; false when there is none. `self` may be NULL, here and below.
 */
bool merged_marks_find(const MergedMarks *self, int64_t offset, MergedMark *ret_mark);
/* `offset`, or where the gap ends in which it lies. */
int64_t merged_marks_skip_gap(const MergedMarks *self, int64_t offset);
/* How many markers (or emptied batches) lie in [from, to). */
int32_t merged_marks_count(const MergedMarks *self, MarkKind kind, int64_t from, int64_t to);
MarkedOffsets merged_marks_offsets(const MergedMarks *self, int64_t from, int64_t to);
void merged_marks_truncate(MergedMarks *self, int64_t end);
void merged_marks_drop_before(MergedMarks *self, int64_t start);

#endif
