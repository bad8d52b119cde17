/* workload.h - the application: when its records come, and the send() that may block.
 *
 *     sending --no memory, or no metadata--> blocked --memory, metadata--> sending
 *                                              |--max.block.ms--> that record is refused
 *
 * Three ways, of one law:
 *  - one by one: each arrival is an event; for labelled or slow producers (below 50 records/s);
 *  - sticky: one stream of arrivals whose partition changes;
 *  - split: a stream for each partition (fixed, cycle, round robin, keyed).
 * In the last two records are counted when the sender looks, and events happen only when a batch
 * fills or a linger ends.
 *
 * What split approximates (so it is used above 5,000 records/s only,
 * without a linger above 20,000): keys drawn at random at a
 * constant rate arrive as a Poisson stream per partition (exact: a Bernoulli process); cycling and
 * key sequences of a Poisson stream likewise are thinned at random; a key sequence of constant rate
 * is even within its partition; and round robin goes over all partitions, with and without leader.
 *
 * One application thread: while it is blocked nothing is offered. Records that were due meanwhile
 * are handed over as soon as it goes on, with the create time at which they were due, so that
 * latency includes the wait; linger.ms and delivery.timeout.ms count from the call. So it is after
 * a call of the transactional producer, and when the process was frozen.
 * Mirrors: KafkaProducer.doSend, waitOnMetadata, BufferPool.allocate (M8, A1, A2). */
#ifndef KAFKASIM_MODELS_PRODUCER_APPLICATION_WORKLOAD_H
#define KAFKASIM_MODELS_PRODUCER_APPLICATION_WORKLOAD_H
#include "models/ledger/ledger.h"
#include "models/producer/partitioner.h"
#include "models/workload/load_shape.h"

typedef enum WorkloadMode { WORKLOAD_ONE_BY_ONE, WORKLOAD_STICKY, WORKLOAD_SPLIT } WorkloadMode;

typedef struct WorkloadStream {
    Arrivals arrivals;
    RecordSizes sizes;
    int32_t partition;      /* UNKNOWN_PARTITION: chosen per record or batch */
    int32_t chosen;         /* one by one: for the record that is pending */
    bool is_chosen_again;   /* it needs a new batch; before KAFKA-9965 */
    ArrivedRecords pending; /* due, and not yet appended */
} WorkloadStream;

/* What a worker's application made of `offset` of partition `source`. */
typedef struct GivenRecord {
    int32_t number; /* partition to write to */
    RecordOrigin origin;
} GivenRecord;

/* What the processes of a task of a Connect source share: see source_task.c. */
typedef struct SourceTask {
    int64_t stored; /* number up to which its records are known sent; -1: it never began */
    const struct Workload *last; /* of the process that began last */
} SourceTask;

typedef struct RefusedRecord {
    int32_t number; /* where it should have gone */
    KafkaError error;
} RefusedRecord;

typedef struct Workload {
    Actor *actor;
    Accumulator *accumulator;
    Partitioner *partitioner;
    const ProducerSpec *spec;
    const TopicInfo *topic;
    Ledger *ledger;
    int32_t spec_index;
    int32_t instance;
    int64_t base_rate_milli; /* of all instances; */
    int64_t rate_milli;      /* and with the present factor of its shape */
    ShapedLoad load;
    int64_t max_request_size;
    SimDuration max_block_ns;
    WorkloadMode mode;
    uint32_t generation; /* of the streams */
    GArray *streams;     /* WorkloadStream */
    /* Beside the streams, so that a pass over hundreds of them stays short: */
    SimTime *next_at; /* when its next record is due, which send() may hold */
    SimTime *wake_at; /* when the sender must look because of this stream */
    SimTime *open_at; /* when its next record opens a batch that lingers; SIM_TIME_MAX */
    gint *stream_of;  /* partition -> index of its stream, -1 none (split only) */
    bool is_short;    /* of memory, when wake_at was computed */
    int64_t number;   /* records handed over by this instance so far */
    bool running;
    bool blocked;
    bool has_metadata;
    bool is_away;  /* the application is in another call than send() */
    GArray *given; /* of GivenRecord: by a worker, to be handed over; from given_at on */
    guint given_at;
    GArray *refused_records; /* of RefusedRecord: of the given ones */
    int64_t refused_given;
    int64_t refused;         /* records that send() threw for; */
    KafkaError refused_with; /* the last of them */
    SourceTask task;         /* source_task.c; of the task's first process, */
    SourceTask *source;      /* which is this or another one */
    int64_t flushed;         /* what this process knows of it */
    int64_t room;            /* records until the transaction is to be ended */
    SimTime blocked_since;
    SimTime handed_until; /* the last look's */
    SimTime resumed;      /* it came back to call send(): not before for what was due by then */
} Workload;

typedef struct WorkloadContext {
    Actor *actor;
    Accumulator *accumulator;
    Partitioner *partitioner;
    const ProducerSpec *spec;
    const TopicInfo *topic;
    Ledger *ledger;
    int32_t spec_index;
    int32_t instance;
} WorkloadContext;

void workload_init(Workload *self, const WorkloadContext *context);
void workload_clear(Workload *self);
/* The application begins (again) to send; what is left of `records` stays. */
void workload_start(Workload *self, SimTime now);
void workload_stop(Workload *self, SimTime now); /* close() */
/* The process died: what send() had taken since the last look was offered, and is gone. */
void workload_crash(Workload *self, SimTime now);
void workload_set_rate(Workload *self, int64_t rate_milli, SimTime now);
int64_t workload_highest_rate(const Workload *self); /* of all instances, at its shape's highest */
/* Records of this instance were answered, or given up: a closed loop goes on. */
void workload_on_completed(Workload *self, int64_t records, SimTime now);
/* A worker's next record. */
void workload_give(Workload *self, int32_t number, const RecordOrigin *origin, SimTime now);
bool workload_has_given(const Workload *self);
/* What send() threw for such a record since this was asked last; KAFKA_NONE. */
KafkaError workload_take_refused(Workload *self, int32_t number);
/* They go nowhere: send() throws. */
void workload_drop_given(Workload *self, SimTime now);
/* The topic's partitions are known to the client. */
void workload_set_metadata(Workload *self, bool known);
/* The application waits in a call of the transactional producer; or it comes back. */
void workload_set_away(Workload *self, bool is_away, SimTime now);
/* The topic has more partitions than before, or fewer: the next send() chooses among these. One
 * that is blocked has chosen, but split records that are due are all dealt anew. */
void workload_set_partitions(Workload *self, int32_t partitions, SimTime now);
/* Hands over every record that is due. */
void workload_advance(Workload *self, SimTime now);
/* The caller's thread (caller.h): when the next record is due, and its send(), late or not. */
SimTime workload_next_due(const Workload *self);
void workload_send_next(Workload *self, SimTime now);
/* source_task.c: a process begins, with the world outside as it is by now; with what no flush
 * covers; at `offset`; a record went into a batch; how far all are acknowledged is flushed. */
void workload_take_source_over(Workload *self);
void workload_resume_source(Workload *self, SimTime now);
void workload_read_source_from(Workload *self, int64_t offset, SimTime now);
void workload_note_source(Workload *self, ProducerPartition *partition);
void workload_flush_source(Workload *self);
static inline bool workload_is_source(const Workload *self)
{
    return self->spec->source_flush > 0;
}
/* When the sender must look again because of arrivals, but for those that open a batch which
 * lingers; SIM_TIME_MAX = never. */
SimTime workload_next_wake(Workload *self, SimTime now);
/* When the sender's sleep ends that began at `look` and lasts until the clock shows `due_ms`
 * (SENDER_SLEEPS_FOREVER), also by batches that are opened meanwhile; after workload_next_wake.
 * *ret_opens: when a batch is opened that wakes it up, if it still sleeps. */
SimTime workload_sleep_ends(const Workload *self, SimTime look, int64_t due_ms, SimTime *ret_opens);
/* The streams' tables are void: rate, life or limits changed. */
void workload_recompute(Workload *self);
static inline SimTime workload_stream_next(const WorkloadStream *stream)
{
    return stream->pending.count > 0 ? stream->pending.first : arrivals_next(&stream->arrivals);
}
static inline bool workload_is_short_of_memory(const Workload *self)
{
    return self->accumulator->memory < self->accumulator->options.buffer_memory / 2;
}
static inline SimTime workload_earliest(const SimTime *times, guint count)
{
    SimTime least = SIM_TIME_MAX;
    for (guint i = 0; i < count; i++) {
        least = times[i] < least ? times[i] : least;
    }
    return least;
}
const char *workload_label(const Workload *self, int64_t number);

#endif
