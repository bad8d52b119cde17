/* compaction_marks.h - what a pass of the log cleaner leaves of transactions (compaction.h).
 *
 *   aborted records  --first pass-->   gap, but for the last batch of a producer: its header stays
 *   marker           --a pass that finds nothing of its transaction any more-->  delete horizon:
 *                      delete.retention.ms from then  --a pass after it-->       gap
 *
 * Whether a pass finds something is asked of the log as it was before the pass: what goes in it was
 * read in it. Exact for aborted transactions, but for others that lie among them and were cleaned
 * in another pass. Of a committed one the model knows where it began, but not which batches
 * between there and its marker are another producer's: while a record is left of any, the marker
 * stays. A marker of which it does not know where its transaction began (merged before the topic
 * was compacted, or copied after its records were merged) counts as one whose transaction is gone.
 *
 * Mirrors: CleanedTransactionMetadata, Cleaner.shouldDiscardBatch, .cleanInto
 * (isBatchLastRecordOfProducer), MemoryRecords.filterTo (delete horizon). */
#ifndef KAFKASIM_MODELS_LOG_COMPACTION_MARKS_H
#define KAFKASIM_MODELS_LOG_COMPACTION_MARKS_H
#include "models/log/record_log.h"

typedef struct MarksPass {
    const RecordLog *log; /* as it stands before the pass */
    int64_t end;          /* of the pass */
    SimTime now;
} MarksPass;

/* What is left of the marks in [from, to) goes to `into`, behind all others. */
void marks_pass_clean(const MarksPass *self, int64_t from, int64_t to, MergedMarks **into);
/* The last batch of an active producer, if it begins in [from, to): the first such one. */
const BatchMetadata *last_batch_of_active_in(const RecordLog *log, int64_t from, int64_t to);

#endif
