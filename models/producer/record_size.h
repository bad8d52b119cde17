/* record_size.h - how many bytes records take in a batch, and how many fit.
 *
 * A v2 record is: its length, attributes, timestamp delta, offset delta, key, value, headers; the
 * numbers are zigzag varints, so a record's size depends on its place in the batch (A3).
 * Mirrors: DefaultRecord.sizeInBytes, MemoryRecordsBuilder.hasRoomFor.
 *
 * A compressed batch is as long as its records x the estimated ratio x 1.05; the record that is
 * about to be added counts in full. Leaves out: what headers a scenario's records have (none).
 *
 * A RecordSizes is the stream of sizes of one stream of records. Values of random size are drawn
 * ahead, because the time at which a batch fills depends on them; what was drawn and not yet
 * appended is used for the next batch. */
#ifndef KAFKASIM_MODELS_PRODUCER_RECORD_SIZE_H
#define KAFKASIM_MODELS_PRODUCER_RECORD_SIZE_H
#include "models/protocol/record_batch.h"
#include "sim/chance/distribution.h"
#include "sim/kernel/kernel.h"
#include <glib.h>

/* Key and value below 0 are null. */
typedef struct RecordShape {
    int64_t key_bytes;
    int64_t value_bytes;
    int64_t headers_bytes; /* of all headers with their number, as record_headers_bytes gives */
} RecordShape;

#define NO_HEADERS_BYTES 1
int64_t record_header_bytes(int64_t key_bytes, int64_t value_bytes); /* of one header */
int64_t record_headers_bytes(int64_t count, int64_t all_of_them);

/* Without the length in front; with it; and an upper bound with a batch header, as the size checks
 * of send() take it (A2). */
int64_t record_body_bytes(const RecordShape *shape, int64_t offset_delta, int64_t timestamp_delta);
int64_t record_bytes(const RecordShape *shape, int64_t offset_delta, int64_t timestamp_delta);
int64_t record_upper_bound(const RecordShape *shape);

typedef struct RecordSizes {
    int64_t key_bytes; /* < 0: null */
    int64_t headers_bytes;
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
    int64_t count;         /* records */
    int64_t bytes;         /* estimated when compressed; header included */
    int64_t limit;         /* write limit */
    int64_t records_bytes; /* of the records alone, not compressed */
    float ratio;           /* estimated compression ratio; 0: not compressed */
} BatchFill;

BatchFill batch_fill_new(int64_t limit, float ratio);

/* The shape of the next record; do all have it? */
RecordShape record_sizes_shape(RecordSizes *self, bool *ret_same);
/* Adds up to `records` records while they fit (the first always does), ending with the one that
 * makes the batch `enough_bytes` long; returns how many were added. `since_first` is the age of
 * the first of them against the first of the batch, for exact arrivals. */
int64_t record_sizes_fill(RecordSizes *self,
                          BatchFill *fill,
                          int64_t records,
                          SimDuration since_first,
                          int64_t enough_bytes);
/* Which record from now on finds the batch full: the one that fills it to its limit, or the
 * first that does not fit (it is that append that closes the batch). Consumes nothing. */
int64_t record_sizes_until_full(RecordSizes *self, const BatchFill *fill);
/* Upper bound (with batch header) of the next record. */
int64_t record_sizes_next_upper_bound(RecordSizes *self);
/* The next record has a value of so many bytes, whatever the distribution says; < 0: as it says.
 * Only after record_sizes_take_given(). */
void record_sizes_give(RecordSizes *self, int64_t value_bytes);
void record_sizes_take_given(RecordSizes *self);
/* The next record is not appended at all (refused). */
void record_sizes_skip(RecordSizes *self);

#endif
