/* accumulator.h - batches that wait to be sent, one deque a partition, under buffer.memory.
 *
 * A passive object: the application's thread appends, the sender asks what is ready and drains it.
 * Mirrors: RecordAccumulator, BufferPool, ProducerBatch (clients.md 1.4, A1..A10, R5, R6, R8), for
 * one topic. One application thread appends, so at most one append waits for memory.
 * Leaves out: flush(). Appending is in accumulator.c, the sender's side in drain.c. */
#ifndef KAFKASIM_MODELS_PRODUCER_ACCUMULATOR_H
#define KAFKASIM_MODELS_PRODUCER_ACCUMULATOR_H
#include "models/client/client_metadata.h"
#include "models/producer/builtin_partitioner.h"
#include "models/producer/compression_ratio.h"
#include "models/producer/deques.h"
#include "models/producer/idempotence.h"
#include "models/producer/sender_clock.h"
#include "models/protocol/backoff.h"
#include "models/workload/arrivals.h"

typedef struct AccumulatorOptions {
    int64_t batch_size;
    int64_t buffer_memory;
    int64_t max_request_size;
    SimDuration linger_ns;
    SimDuration delivery_timeout_ns;
    SimDuration availability_timeout_ns; /* partitioner.availability.timeout.ms; 0: never */
    SenderClock clock;                   /* ages are counted in its ms */
    Backoff retry_backoff;
    PartitionerRandom random; /* NULL: a stream of the actor */
    void *random_owner;
    float compressed_ratio; /* what batches really shrink to; 0: compression.type=none */
    CompressionCodec codec;
    uint8_t left_of_256;   /* that ratio */
    bool adaptive;         /* the sticky choice looks at the queues (S5) */
    bool always_backs_off; /* before KIP-951: also when the leader has changed meanwhile */
    bool sticky_by_batch;  /* before KIP-794 */
    bool labelled;         /* batches remember the numbers of their records */
    bool record_by_record; /* and when each was created */
    bool passes_keys_on;   /* its records bear the keys of those that they were made of */
    /* Of a worker that writes to several topics: those beyond the first; borrowed for init. Its
     * partitions are numbered through, one topic after the other. */
    const TopicInfo *const *more_topics;
    int32_t more_count;
} AccumulatorOptions;

/* The partitions of one topic among all of an accumulator. */
typedef struct TopicSpan {
    int32_t first_index; /* of all partitions, metadata.h */
    int32_t first_number;
    int32_t count;
} TopicSpan;

typedef struct NodeStats { /* per node: its partitions, where draining goes on, and S6 */
    int32_t node;
    int32_t drain_index; /* into `led`, last visited */
    GArray *led;         /* of int32_t: partitions */
    bool has_latency;
    SimTime ready_at;   /* last pass that had data for it */
    SimTime drained_at; /* and that could drain it */
} NodeStats;

typedef struct Accumulator {
    AccumulatorOptions options;
    Idempotence *idempotence;
    BuiltInPartitioner partitioner;
    ProducerPartition *partitions;
    TopicSpan *spans; /* by topic */
    int32_t span_count;
    int32_t capacity;          /* partitions that the topics can ever have */
    int32_t count;             /* that the client knows of, or ever did */
    int32_t chosen;            /* of them, that are there now: the topic may have had more */
    bool aborts_for_new_batch; /* the next append answers APPEND_ELSEWHERE rather than open one */
    Deques deques;
    GPtrArray *changed;   /* ProducerPartition* whose queue or fill changed */
    GArray *nodes;        /* NodeStats */
    int32_t *order;       /* of partitions 0 .. chosen-1, as the metadata list them */
    int32_t order_of;     /* how many it was made for */
    int32_t *available;   /* those with a leader, in that order */
    int32_t available_of; /* how many */
    bool leaders_changed; /* `available` and NodeStats.led are out of date */
    char *topic;          /* its name, for `order` */
    int32_t *queue_sizes; /* scratch of the load statistics */
    int32_t *queue_ids;
    int64_t memory;         /* bytes of buffer.memory that are free */
    int64_t incomplete;     /* batches not yet done */
    SimTime next_expiry;    /* no batch expires before; SIM_TIME_MAX */
    bool closed;            /* close(): everything is sendable */
    bool completing;        /* a transaction is being ended: the same */
    int64_t appended;       /* records, ever */
    bool waiting;           /* an append waits for memory: everything is sendable */
    bool woken;             /* an append opened a batch or filled one, since the last look */
    ProducerBatch *free;    /* linked by next[BATCH_QUEUE] */
    GPtrArray *all_batches; /* owned */
    Stream jitter;
    Stream chance;
    struct {
        float ratio; /* CompressionRatioEstimator.estimation; 0: not compressed */
    } compression;
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

/* ---- what the metadata say */

void accumulator_set_leader(Accumulator *self,
                            int32_t partition, /* in its topic */
                            int32_t leader,
                            int32_t leader_epoch);
void accumulator_refresh_leaders(Accumulator *self, const ClientMetadata *metadata);
/* The topic has another number of partitions. Batches of those that it has no longer stay until
 * they expire, and the sticky choice where it is until its switch. */
void accumulator_set_count(Accumulator *self, int32_t partitions);
/* Partitions with a leader, for who chooses one. */
TopicPartitions accumulator_topic(Accumulator *self);

/* ---- the application's side */

/* How full the batch is that takes the partition's next record: the open tail, or a new one. */
BatchFill
accumulator_fill(const Accumulator *self, const ProducerPartition *partition, RecordSizes *sizes);

typedef enum AppendOutcome {
    APPEND_OK,        /* at least one record */
    APPEND_EXHAUSTED, /* BufferExhaustedException: no memory for a new batch */
    APPEND_ILLEGAL,   /* IllegalArgumentException: more than all of buffer.memory */
    APPEND_ELSEWHERE, /* abortForNewBatch: nothing was appended, the partitioner is asked again */
} AppendOutcome;

typedef struct AppendResult { /* RecordAppendResult */
    int32_t partition;        /* the one appended to, or where memory was missing */
    bool new_batch;
    bool batch_is_full; /* or another one stands behind it: the sender is to be woken */
    int64_t appended_bytes;
} AppendResult;

/* Appends as many of `records` as go into one batch (at least one), and takes them out of it.
 * UNKNOWN_PARTITION: the sticky one, up to a switch. A batch opens at the create time of its
 * first record, but not before `now_at_least`, when the application came back from waiting. */
AppendOutcome accumulator_append(Accumulator *self,
                                 int32_t partition,
                                 RecordSizes *sizes,
                                 ArrivedRecords *records,
                                 SimTime now_at_least,
                                 AppendResult *result);
/* Has the partition's last batch no room, or is there none? */
bool accumulator_tail_is_full(const ProducerPartition *partition);

/* ---- the sender's side */

typedef struct ReadyCheck {
    GArray *nodes;       /* of int32_t: leaders with something sendable */
    int64_t delay_ms;    /* nextReadyCheckDelayMs; SENDER_SLEEPS_FOREVER */
    bool unknown_leader; /* some partition has data and no leader (A9) */
} ReadyCheck;
/* Also tells the partitioner how long the queues are (S5). */
void accumulator_ready(Accumulator *self, SimTime now, ReadyCheck *check);
/* Appends to `batches` what goes to this node in one request (A7). */
void accumulator_drain(Accumulator *self, int32_t node, SimTime now, GPtrArray *batches);
/* The node has data ready, and can or cannot take it now (S6). */
void accumulator_update_node_latency(Accumulator *self, int32_t node, SimTime now, bool can_drain);
void accumulator_reenqueue(Accumulator *self, ProducerBatch *batch, SimTime now);
/* The batch is at its end: memory comes back. */
void accumulator_release(Accumulator *self, ProducerBatch *batch);
/* No request refers to it any more. */
void accumulator_recycle(Accumulator *self, ProducerBatch *batch);
/* Splits a batch that the broker found too large (A10); the parts stand in its place. */
int32_t accumulator_split(Accumulator *self, ProducerBatch *batch);
bool accumulator_has_expired(const Accumulator *self, const ProducerBatch *batch, SimTime now);
/* Takes the expired batches out of the queues; out of the flights, in the order of sending. Both
 * bring next_expiry forward to what they leave. */
void accumulator_take_expired(Accumulator *self, SimTime now, GPtrArray *expired);
void accumulator_take_expired_in_flight(Accumulator *self, SimTime now, GPtrArray *expired);
void accumulator_mark_changed(Accumulator *self, ProducerPartition *partition);
ProducerPartition *accumulator_partition(Accumulator *self, const ProducerBatch *batch);
/* By the index of all partitions; NULL when it is of no topic of this producer. */
ProducerPartition *accumulator_find(Accumulator *self, int32_t index);

/* ---- between accumulator.c, drain.c and split.c */

NodeStats *accumulator_node(Accumulator *self, int32_t node);
/* Makes `available` and NodeStats.led anew, if leaders changed. */
void accumulator_index_leaders(Accumulator *self);
ProducerBatch *accumulator_take_batch(Accumulator *self);
/* The estimate after a batch that was too large. */
void accumulator_reset_compression(Accumulator *self);
/* No batch expires before this one. */
void accumulator_note_expiry(Accumulator *self, const ProducerBatch *batch);
void accumulator_dequeue(Accumulator *self, ProducerPartition *partition, ProducerBatch *batch);
void accumulator_enqueue(Accumulator *self,
                         ProducerPartition *partition,
                         ProducerBatch *batch,
                         ProducerBatch *place);

#endif
