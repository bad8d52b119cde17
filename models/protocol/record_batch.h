/* record_batch.h - the unit of data: a record batch as a descriptor.
 *
 * Mirrors: org.apache.kafka.common.record.DefaultRecordBatch (v2), without the bytes. */
#ifndef KAFKASIM_MODELS_PROTOCOL_RECORD_BATCH_H
#define KAFKASIM_MODELS_PROTOCOL_RECORD_BATCH_H
#include "sim/kernel/kernel.h"

#define RECORD_BATCH_OVERHEAD_BYTES 61 /* header of a v2 batch */
#define TXN_MARKER_BYTES            78 /* a batch with one control record */
#define NO_PRODUCER_ID              INT64_C(-1)

/* CompressionType; as in the attributes of a batch. */
typedef enum CompressionCodec {
    CODEC_NONE,
    CODEC_GZIP,
    CODEC_SNAPPY,
    CODEC_LZ4,
    CODEC_ZSTD,
    CODECS,
    CODEC_OF_PRODUCER = CODECS, /* compression.type=producer: as it comes */
} CompressionCodec;

/* What is left of 256 bytes of records in a compressed batch: its ratio, as batches keep it. */
#define COMPRESSION_PARTS 256

/* The record that another was made of. At one offset several may have stood, one after the other,
 * where a log was truncated: then their leader epochs differ (-1: its batch was merged of several,
 * and says nothing of that); and topics of one name have different ids. Partition below 0: it comes
 * from outside (a Connect source). */
typedef struct RecordOrigin {
    int64_t topic_id;
    int32_t partition;
    int32_t leader_epoch;
    int64_t offset;
} RecordOrigin;

typedef struct RecordBatch {
    union {
        int64_t base_offset; /* set by the leader */
        int64_t topic_id;    /* in a Produce request */
    };
    int64_t producer_id;   /* NO_PRODUCER_ID without idempotence */
    SimTime first_created; /* create time of the first record; the others lie evenly up to */
    SimTime last_created;  /* the last. Of a marker with a delete horizon, first is that, as in the
                              base timestamp of Kafka's header: else they are the same */
    int32_t partition;     /* index of the topic partition, metadata.h */
    int32_t count;         /* records */
    int32_t bytes;         /* size in log and on the wire, header included */
    int32_t leader_epoch;  /* set by the leader */
    union {
        int32_t base_sequence;
        int32_t survivors; /* of a merged one: the records that the log cleaner left of `count` */
        int32_t coordinator_epoch; /* of a transaction marker */
    };
    int16_t producer_epoch;
    bool transactional : 1;
    bool control : 1;       /* a transaction marker: one offset, no record for anybody */
    bool aborts : 1;        /* of a marker: ABORT, else COMMIT; of a merged one: it was aborted */
    bool merged : 1;        /* stands in for batches that the log no longer tells apart */
    bool keyless : 1;       /* some record of it has no key */
    unsigned int codec : 3; /* CompressionCodec */
    uint8_t left_of_256;    /* of its records' bytes; of a compressed one */
    uint32_t ledger;        /* id of this batch in the ledger, 0 = not accounted (coordinators') */
    union {
        uint32_t payload;      /* id of coordinator records kept beside the log, 0 none */
        int32_t kept_sequence; /* of a merged one with a producer: its base sequence */
        int32_t txn_offsets; /* of a merged marker: so far before it its transaction began, or 0 */
    };
} RecordBatch;

/* One record of a coordinator's state, of `bytes`, written at `now` to its internal topic. */
static inline RecordBatch
record_batch_of_coordinator(int32_t partition, int32_t bytes, uint32_t payload, SimTime now)
{
    return (RecordBatch){
        .partition = partition,
        .count = 1,
        .bytes = bytes + RECORD_BATCH_OVERHEAD_BYTES,
        .producer_id = NO_PRODUCER_ID,
        .first_created = now,
        .last_created = now,
        .payload = payload,
    };
}

static inline int64_t record_batch_last_offset(const RecordBatch *batch)
{
    return batch->base_offset + batch->count - 1;
}

/* How many records are in it: as many as offsets, unless the log cleaner was there (they count as
 * the last of its offsets) or it is a marker. */
static inline int32_t record_batch_records(const RecordBatch *batch)
{
    if (batch->control) {
        return 0;
    }
    return batch->merged ? batch->survivors : batch->count;
}

/* The offset of its first record; behind its last offset when there is none in it. */
static inline int64_t record_batch_first_record(const RecordBatch *batch)
{
    return record_batch_last_offset(batch) + 1 - record_batch_records(batch);
}

/* Bytes of its records before they were compressed. */
static inline int64_t record_batch_plain_bytes(const RecordBatch *batch)
{
    const int64_t bytes = batch->bytes - RECORD_BATCH_OVERHEAD_BYTES;
    return batch->codec == CODEC_NONE || batch->left_of_256 == 0
               ? bytes
               : bytes * COMPRESSION_PARTS / batch->left_of_256;
}

/* Its records lie evenly between the create times of the first and the last. */
static inline SimTime record_batch_created_at(const RecordBatch *batch, int64_t index)
{
    if (batch->count <= 1) {
        return batch->first_created;
    }
    const SimDuration span = batch->last_created - batch->first_created;
    const int64_t gaps = batch->count - 1;
    return batch->first_created + span / gaps * index + span % gaps * index / gaps;
}

/* The offset of its first record that is not before `time`, as its last one is not. */
static inline int64_t record_batch_offset_at(const RecordBatch *batch, SimTime time)
{
    int64_t low = 0;
    int64_t high = batch->count - 1;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (record_batch_created_at(batch, middle) < time) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return batch->base_offset + low;
}

/* Its create times as a clock has them that is so far ahead of the true time. */
static inline void record_batch_shift_times(RecordBatch *batch, SimDuration skew)
{
    batch->first_created += skew;
    batch->last_created += skew;
}

/* Sequences wrap from 2^31-1 to 0. */
static inline int32_t record_batch_increment_sequence(int32_t sequence, int32_t increment)
{
    return (int32_t)(((uint32_t)sequence + (uint32_t)increment) & UINT32_C(0x7fffffff));
}

static inline int32_t record_batch_decrement_sequence(int32_t sequence, int32_t decrement)
{
    return (int32_t)(((uint32_t)sequence - (uint32_t)decrement) & UINT32_C(0x7fffffff));
}

#endif
