/* batch.h - a batch in the producer's hands, and the lists that it stands in.
 *
 *     open --full or drained--> closed --drained--> in flight --acked--> done
 *                                  ^                   |  \--failed, expired--> done
 *                                  '---retriable error-'
 *
 * A batch stands in up to three lists of its partition: the accumulator's deque (QUEUE), the
 * sender's requests (FLIGHT), and the idempotent producer's unresolved sequences (SEQUENCE: from
 * the first drain to its end, so also while it waits for a retry).
 * Mirrors: ProducerBatch, RecordAccumulator.TopicInfo, TxnPartitionEntry. */
#ifndef KAFKASIM_MODELS_PRODUCER_BATCH_H
#define KAFKASIM_MODELS_PRODUCER_BATCH_H
#include "models/producer/record_size.h"
#include "models/protocol/kafka_error.h"
#include "models/protocol/record_batch.h"

typedef enum BatchLink { BATCH_QUEUE, BATCH_FLIGHT, BATCH_SEQUENCE, BATCH_LINKS } BatchLink;

typedef struct ProducerBatch {
    struct ProducerBatch *next[BATCH_LINKS];
    struct ProducerBatch *previous[BATCH_LINKS];
    bool linked[BATCH_LINKS];
    RecordBatch wire; /* what a request carries; closed batches only are complete */
    BatchFill fill;
    RecordShape shape;       /* of its records, */
    bool same_size;          /* if they all have one; else shape.value_bytes means nothing */
    SimTime opened_at;       /* createdMs: linger and delivery.timeout.ms count from here */
    SimDuration clock_skew;  /* of the clock that stamped its records */
    int64_t last_attempt_ms; /* opened, or put back for a retry (A5); of sender_clock.h */
    int32_t attempts;
    int32_t leader_epoch; /* newest seen; -1 */
    int32_t attempts_at_leader_change;
    int64_t buffer_bytes; /* of buffer.memory, 0 for the parts of a split batch */
    bool closed;          /* takes no more records */
    bool drained;         /* once at least */
    bool has_sequence;
    bool sequence_was_reset;
    bool in_request;      /* a request in flight refers to it */
    bool done;            /* the application was told */
    int64_t first_number; /* of its records, in the order of send(); a source task's */
    GArray *origins;      /* of RecordOrigin, of a worker's records; NULL mostly */
    GArray *records;      /* of int64_t: numbers of the records, for labels; NULL mostly */
    GArray *created;      /* of SimTime: when each was handed to send(); record by record only */
} ProducerBatch;

typedef struct BatchList {
    ProducerBatch *first;
    ProducerBatch *last;
    int32_t count;
    BatchLink link;
} BatchList;

void batch_list_init(BatchList *list, BatchLink link);
/* Before `place`; NULL = at the end. */
void batch_list_insert(BatchList *list, ProducerBatch *batch, ProducerBatch *place);
void batch_list_remove(BatchList *list, ProducerBatch *batch);

/* No room for another record, as ProducerBatch.isFull. */
bool batch_is_full(const ProducerBatch *batch);

typedef struct ProducerPartition {
    int32_t number; /* in its topic */
    int32_t index;  /* of all partitions, metadata.h */
    BatchList queue;
    BatchList flight;
    BatchList sequence; /* ascending base sequence */
    int32_t leader;     /* as the client's metadata says; NO_LEADER */
    int32_t leader_epoch;
    int32_t place; /* among the deques, -1 not yet; deques.h */
    bool filled;
    bool muted;          /* max.in.flight = 1: one batch at a time (R2) */
    bool used;           /* it has a deque */
    bool changed;        /* queue or fill, since the workload looked: in accumulator.changed */
    bool in_transaction; /* the transaction manager has added it */
    bool is_pending_add; /* v1: AddPartitionsToTxn is on its way with it, or due again */
    /* idempotence.h */
    int64_t producer_id;
    int16_t producer_epoch;
    bool unresolved;
    bool rewrite_sequences; /* with the next epoch */
    int32_t unresolved_next_sequence;
    int32_t next_sequence;
    int32_t last_acked_sequence; /* -1: none */
    int64_t acked_end;           /* offset behind the last acknowledged batch; -1: none */
    KafkaError given_up_with;    /* of the last batch that was, for the worker; NONE */
} ProducerPartition;

static inline int32_t batch_last_sequence(const ProducerBatch *batch)
{
    return record_batch_increment_sequence(batch->wire.base_sequence, batch->wire.count - 1);
}

#endif
