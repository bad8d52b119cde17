/* record_sink.h - where a consuming application writes what it makes of its records: a producer in
 * the same process (consume, process, produce). The consumer knows no more of it than this.
 *
 * Mirrors: KafkaProducer.send, .flush, .sendOffsetsToTransaction, .commitTransaction as such a loop
 * calls them. */
#ifndef KAFKASIM_MODELS_CLIENT_RECORD_SINK_H
#define KAFKASIM_MODELS_CLIENT_RECORD_SINK_H
#include "models/protocol/message.h"
#include "models/protocol/record_batch.h"
#include <glib.h>

typedef enum SinkOutcome {
    SINK_PENDING,
    SINK_DONE,
    SINK_ABORTED, /* the transaction: back to the committed offsets */
    SINK_FATAL,   /* fenced, or worse: the application ends */
} SinkOutcome;

/* sendOffsetsToTransaction(offsets, groupMetadata). */
typedef struct SinkOffsets {
    const char *group_id;
    int32_t generation_id;
    char member_id[MEMBER_ID_BYTES];
    const char *group_instance_id;
    GArray *offsets; /* of OffsetEntry; borrowed for the call */
} SinkOffsets;

typedef struct RecordSink {
    void *owner;
    bool is_transactional;
    /* The process lives and dies with the consumer's. */
    void (*start)(void *owner);
    void (*kill)(void *owner);
    void (*close)(void *owner);
    /* initTransactions(), until is_ready: it has returned. */
    void (*initialize)(void *owner);
    bool (*is_ready)(void *owner);
    /* A record made of another, to partition number `number`: of all partitions of the topics that
     * it writes to, one topic after the other. */
    void (*send)(void *owner, int32_t number, const RecordOrigin *origin);
    bool (*is_blocked)(void *owner); /* does a send() wait for memory, or for metadata? */
    /* flush(); with offsets: those too, and commitTransaction(). */
    void (*end)(void *owner, const SinkOffsets *offsets);
    SinkOutcome (*outcome)(void *owner); /* of end(), abort() */
    /* Of a transactional one: abortTransaction(); would send() throw; why the last transaction was
     * aborted that nobody asked for. */
    void (*abort)(void *owner);
    bool (*has_failed)(void *owner);
    KafkaError (*cause)(void *owner);
    /* Offset behind the last acknowledged record of partition number `number`; -1 none. */
    int64_t (*acked_end)(void *owner, int32_t number);
    /* Batches given up so far, and records that send() threw for; why the last of partition number
     * `number` was since this was asked last, or NONE. */
    int64_t (*given_up)(void *owner);
    KafkaError (*take_error)(void *owner, int32_t number);
} RecordSink;

#endif
