/* record_size.h - how many bytes records take in a batch, and how many fit.
 *
 * A v2 record is: its length, attributes, timestamp delta, offset delta, key, value, headers; the
 * numbers are zigzag varints, so a record's size depends on its place in the batch (A3).
 * Mirrors: DefaultRecord.sizeInBytes, MemoryRecordsBuilder.hasRoomFor.
 *
 * Leaves out: headers, and compression (every batch counts as uncompressed; not simulated).
 *
 * A RecordSizes is the stream of sizes of one stream of records. Values of random size are drawn
 * ahead, because the time at which a batch fills depends on them; what was drawn and not yet
 * appended is used for the next batch. */
#ifndef KAFKASIM_MODELS_PRODUCER_RECORD_SIZE_H
#define KAFKASIM_MODELS_PRODUCER_RECORD_SIZE_H
#include "sim/chance/distribution.h"
#include "sim/kernel/kernel.h"
#include <glib.h>

/* Bytes of one record. key_bytes < 0: null key. */
int64_t
record_size(int64_t key_bytes, int64_t value_bytes, int64_t offset_delta, int64_t timestamp_delta);
/* Upper bound with its batch header, as the size checks of send() take it (A2). */
int64_t record_size_upper_bound(int64_t key_bytes, int64_t value_bytes);

typedef struct RecordSizes {
    int64_t key_bytes; /* < 0: null */
    Distribution value_bytes;
    bool constant;
    /* Mean time between records of the stream: record i of a batch is taken to be i gaps younger
     * than the first. 0: timestamps are known one by one (exact arrivals). */
    SimDuration gap_ns;
    Stream chance;
    GArray *drawn; /* of int64_t; random values only */
    guint head;
} RecordSizes;

void record_sizes_init(RecordSizes *self,
                       int64_t key_bytes,
                       const Distribution *value_bytes,
                       const Stream *chance);
void record_sizes_clear(RecordSizes *self);

/* How full a batch is. */
typedef struct BatchFill {
    int64_t count; /* records */
    int64_t bytes; /* header included */
    int64_t limit; /* write limit */
} BatchFill;

/* Adds up to `records` records while they fit (the first always does); returns how many did.
 * `since_first` is the age of the first of them against the first of the batch, for exact
 * arrivals. */
int64_t
record_sizes_fill(RecordSizes *self, BatchFill *fill, int64_t records, SimDuration since_first);
/* Which record from now on finds the batch full: the one that fills it to its limit, or the
 * first that does not fit (it is that append that closes the batch). Consumes nothing. */
int64_t record_sizes_until_full(RecordSizes *self, const BatchFill *fill);
/* Upper bound (with batch header) of the next record. */
int64_t record_sizes_next_upper_bound(RecordSizes *self);
/* The next record is not appended at all (refused). */
void record_sizes_skip(RecordSizes *self);

#endif
