/* accumulator.h - batches that wait to be sent, one deque a partition, under buffer.memory.
 *
 * Mirrors: RecordAccumulator, BufferPool, ProducerBatch (clients.md 1.4, A1..A10, R5, R6, R8).
 * One application thread appends, so at most one append waits for memory.
 * Leaves out: compression, flush(), transactions. */
#ifndef KAFKASIM_MODELS_PRODUCER_ACCUMULATOR_H
#define KAFKASIM_MODELS_PRODUCER_ACCUMULATOR_H
#include "models/client/client_metadata.h"
#include "models/producer/arrivals.h"
#include "models/producer/idempotence.h"
#include "models/protocol/backoff.h"

typedef struct AccumulatorOptions {
    int64_t batch_size;
    int64_t buffer_memory;
    int64_t max_request_size;
    SimDuration linger_ns;
    SimDuration delivery_timeout_ns;
    Backoff retry_backoff;
    bool always_backs_off; /* before KIP-951: also when the leader has changed meanwhile */
    bool labelled;         /* batches remember the numbers of their records */
} AccumulatorOptions;

typedef struct NodeStats { /* per node: where draining goes on, and S6 */
    int32_t node;
    int32_t drain_partition; /* last visited */
    SimTime ready_at;        /* last pass that had data for it */
    SimTime drained_at;      /* and that could drain it */
} NodeStats;

typedef struct Accumulator {
    AccumulatorOptions options;
    Idempotence *idempotence;
    ProducerPartition *partitions;
    int32_t capacity;       /* partitions that the topic can ever have */
    int32_t count;          /* that the client knows of */
    GPtrArray *active;      /* ProducerPartition* with a non-empty queue */
    GPtrArray *changed;     /* ProducerPartition* whose queue or fill changed */
    GArray *nodes;          /* NodeStats */
    int64_t available;      /* bytes of buffer.memory */
    int64_t incomplete;     /* batches not yet done */
    SimTime next_expiry;    /* no batch expires before; SIM_TIME_MAX */
    bool closed;            /* close(): everything is sendable */
    bool waiting;           /* an append waits for memory: everything is sendable */
    ProducerBatch *free;    /* linked by next[BATCH_QUEUE] */
    GPtrArray *all_batches; /* owned */
    Stream jitter;
} Accumulator;

void accumulator_init(Accumulator *self,
                      const Actor *actor,
                      const AccumulatorOptions *options,
                      const TopicInfo *topic,
                      int32_t partitions, /* that it has now; 0: unknown */
                      Idempotence *idempotence);
void accumulator_clear(Accumulator *self);
/* The process starts: nothing is left of an earlier life. */
void accumulator_reset(Accumulator *self);

/* ---- the application's side */

/* How full the batch is that takes the partition's next record: the open tail, or a new one. */
BatchFill
accumulator_fill(const Accumulator *self, const ProducerPartition *partition, RecordSizes *sizes);
typedef enum AppendOutcome {
    APPEND_OK,        /* as many as `appended` says, at least one */
    APPEND_NEW_BATCH, /* the first record does not fit the tail, which is closed now */
    APPEND_EXHAUSTED, /* no memory for a new batch */
} AppendOutcome;
/* Appends up to records->count (the tail's or one new batch's worth) and takes them out of
 * `records`. `may_open` allows a new batch; a batch opens at the create time of its first record,
 * but not before `resumed`, when the application came back from waiting. */
AppendOutcome accumulator_append(Accumulator *self,
                                 ProducerPartition *partition,
                                 RecordSizes *sizes,
                                 ArrivedRecords *records,
                                 SimTime resumed,
                                 int64_t *ret_bytes);
/* Has the partition's last batch no room, or is there none? */
bool accumulator_tail_is_full(const ProducerPartition *partition);

/* ---- the sender's side */

typedef struct ReadyCheck {
    GArray *nodes;       /* of int32_t: leaders with something sendable */
    SimTime next_check;  /* when a waiting batch becomes sendable; SIM_TIME_MAX */
    bool unknown_leader; /* some partition has data and no leader (A9) */
} ReadyCheck;
/* Is nothing under way for the partitions from `count` on? */
bool accumulator_can_shrink(const Accumulator *self, int32_t count);
void accumulator_refresh_leaders(Accumulator *self, const ClientMetadata *metadata);
void accumulator_ready(Accumulator *self, SimTime now, ReadyCheck *check);
/* Appends to `batches` what goes to this node in one request (A7). */
void accumulator_drain(Accumulator *self, int32_t node, SimTime now, GPtrArray *batches);
void accumulator_reenqueue(Accumulator *self, ProducerBatch *batch, SimTime now);
/* The batch is at its end: memory comes back. */
void accumulator_release(Accumulator *self, ProducerBatch *batch);
/* No request refers to it any more. */
void accumulator_recycle(Accumulator *self, ProducerBatch *batch);
/* Splits a batch that the broker found too large (A10); the parts stand in its place. */
int32_t accumulator_split(Accumulator *self, ProducerBatch *batch, SimTime now);
bool accumulator_has_expired(const Accumulator *self, const ProducerBatch *batch, SimTime now);
/* Takes expired batches out of queues and flights, in the order of sending. */
void accumulator_take_expired(Accumulator *self, SimTime now, GPtrArray *expired);
void accumulator_mark_changed(Accumulator *self, ProducerPartition *partition);
ProducerPartition *accumulator_partition(Accumulator *self, const ProducerBatch *batch);
NodeStats *accumulator_node(Accumulator *self, int32_t node);

#endif
