/* compaction.h - what the log cleaner may clean of a log, and what it leaves (server.md 4.3).
 *
 *   cleaned (one record a key) | dirty: since the last pass | not cleanable: active segment, above
 *                              |                            | last stable offset, too young
 *
 * Exact: which segments are cleanable, the dirty ratio, the order of logs, offsets (they never
 * change), the ends of segments and how they are grouped; that records of aborted transactions go
 * whole in the first pass over them and count for no key; when a transaction marker goes, as far as
 * compaction_marks.h says. Estimated: how many records and bytes of each segment survive, from the
 * producer's keys (key_model.h): a record survives when its key does not come again up to the end
 * of the cleaned range, so a segment keeps D(from its base) - D(from its end) of them, where D is
 * the expected number of distinct keys among the records up to that end. Records of a segment are
 * taken as equally large; a batch that keeps a record keeps its header, and so do the last batch
 * of each active producer, which is its state for whoever copies the log, and the last of a pass.
 *
 * Not resolved: which records of a segment survive. They stand evenly among those offsets of it
 * that are no marker, not aborted and no gap, where Kafka's crowd towards its end; so a batch
 * keeps some by its place alone, and a segment that the pass leaves a record in keeps its length,
 * where in Kafka it ends with the last batch that kept one. What went of batches one by one is no
 * gap. Nobody writes tombstones here (a value is never null).
 *
 * Mirrors: LogCleanerManager.cleanableOffsets, .calculateCleanableBytes, Cleaner.cleanSegments,
 * .shouldDiscardBatch, .groupSegmentsBySize. */
#ifndef KAFKASIM_MODELS_LOG_COMPACTION_H
#define KAFKASIM_MODELS_LOG_COMPACTION_H
#include "models/log/key_model.h"
#include "models/log/record_log.h"

typedef struct Cleanable {
    int64_t first_dirty; /* offset */
    int64_t end;         /* of the last cleanable segment; == first_dirty: nothing */
    int64_t clean_bytes;
    int64_t dirty_bytes; /* cleanable */
    bool overdue;        /* older than max.compaction.lag.ms: cleaned whatever the ratio */
} Cleanable;

/* cleaned_to: the last pass's end; -1 never. */
Cleanable compaction_cleanable(const RecordLog *log,
                               int64_t cleaned_to,
                               int64_t last_stable_offset,
                               SimTime now);
double compaction_dirty_ratio(const Cleanable *self);
/* May it be cleaned now? */
bool compaction_is_due(const Cleanable *self, const LogOptions *options);
/* Segments up to `end` are cleaned: what does not survive goes. Returns the bytes that went. */
int64_t compaction_clean(RecordLog *log, const KeyModel *keys, int64_t end, SimTime now);
/* The same where it is known which batches survive: dead[i] is batch i of the log. */
int64_t compaction_drop_batches(RecordLog *log, const bool *dead, int32_t count);

#endif
