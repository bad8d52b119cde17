/* ledger.h - every record's fate: offered = acked + failed + unknown, and how often it is in the
 * log and was handed to each group, in order or not.
 *
 * An observer: producers, consumers and the world report to it, nobody decides by it. The unit is
 * the producer's batch (an id each), so cost is per batch. Settled at the end of a run against the
 * logs of the final leaders. */
#ifndef KAFKASIM_MODELS_LEDGER_LEDGER_H
#define KAFKASIM_MODELS_LEDGER_LEDGER_H
#include "models/ledger/sender_metrics.h"
#include "models/protocol/kafka_error.h"
#include "models/protocol/metadata.h"
#include "models/protocol/record_batch.h"
#include "sim/watch/histogram.h"
#include <glib.h>

typedef struct Ledger Ledger;

/* `producers` and `groups`: entries of the spec; `partitions`: partition indices so far (grows).
 * Latency, gaps and rates are counted for what is answered from `warmup` on. */
Ledger *ledger_new(int32_t producers, int32_t groups, SimTime warmup);
void ledger_free(Ledger *self);

/* A process of a producer (spec index) starts, the first one or another. */
void ledger_producer_starts(Ledger *self, int32_t producer, SimTime now);
/* n records were handed to send() of a producer. */
void ledger_offered(Ledger *self, int32_t producer, int64_t records);
/* n records ended without ever being in a batch that was sent (max.block.ms, too large). */
void ledger_refused(Ledger *self, int32_t producer, int64_t records);
/* A batch is closed and about to be sent for the first time; its fields partition, count, bytes,
 * first_created and last_created are set. `sender` tells instances apart (actor id): order is
 * judged per (sender, partition), in order of these calls. Returns the id for batch->ledger. */
uint32_t
ledger_add_batch(Ledger *self, int32_t producer, uint32_t sender, const RecordBatch *batch);
/* The producer was told: success, or an error. Once per batch. A batch that expires in the
 * accumulator unsent is added first. */
void ledger_batch_acked(Ledger *self, uint32_t batch, SimTime now);
void ledger_batch_failed(Ledger *self, uint32_t batch, KafkaError error, SimTime now);
/* An answer, or the lack of one, said no: whether it is sent again is another matter. */
void ledger_batch_refused(Ledger *self, int32_t producer, KafkaError error);
/* A batch was too large and is split (A10): it leaves the account, its parts are added instead. */
void ledger_batch_split(Ledger *self, uint32_t batch);
void ledger_batch_retried(Ledger *self, uint32_t batch);
/* metrics.num.samples, metrics.sample.window.ms; Kafka's defaults without it. */
void ledger_set_metrics_window(Ledger *self, int32_t producer, int32_t samples, int64_t window_ms);
/* A request went out with the batches that are told before it; `queued`: since its first record,
 * `queued_ms`: the same by a clock of whole ms. */
void ledger_batch_sent(Ledger *self,
                       int32_t producer,
                       const RecordBatch *batch,
                       SimDuration queued,
                       int64_t queued_ms,
                       SimTime now);
void ledger_request_sent(Ledger *self, int32_t producer, int64_t records, SimTime now);

/* An answer to a producer's or a member's request told it to wait so long, mostly 0 (quotas). */
void ledger_producer_throttled(Ledger *self, int32_t producer, SimDuration throttle, SimTime now);
void ledger_group_throttled(Ledger *self, int32_t group, SimDuration throttle, SimTime now);

/* Offsets first..last (last included) of a partition, taken by the leader of that epoch and created
 * evenly between `created_first` and `created_last`. */
typedef struct HandOut {
    TopicIdPartition partition;
    int32_t leader_epoch;
    int64_t first, last;
    SimTime created_first, created_last;
} HandOut;
/* A group's member handed them to its application. */
void ledger_consumed(Ledger *self, int32_t group, const HandOut *records, SimTime now);
/* The leader of that epoch has a log that ends at `end`: of earlier ones, what lies above is gone.
 */
void ledger_leads(Ledger *self, TopicIdPartition partition, int32_t leader_epoch, int64_t end);
/* The group's first member starts; `offset`: the partition's end. Without it, from 0. */
void ledger_group_begins(Ledger *self, int32_t group, int32_t partition, int64_t offset);
/* A member's position was set, by a reset or a seek: what it jumps over nobody is handed. */
void ledger_position_moved(Ledger *self, int32_t group, int32_t partition, int64_t offset);
/* A member goes on from there with what it fetched of this topic: its position may be that of a
 * former topic of the name, and jump over what this one has below it. */
void ledger_read_from(Ledger *self, int32_t group, TopicIdPartition partition, int64_t offset);
/* The topic was created, perhaps again under its name: its offsets begin anew. */
void ledger_begin_anew(Ledger *self, TopicIdPartition partition);
/* Offsets up to `last` hold no records: markers, or what was aborted. */
void ledger_passed(Ledger *self, int32_t group, TopicIdPartition partition, int64_t last);
/* Nor do first..end-1, as the log tells before it forgets them, or at the end. */
void ledger_holds_none(
    Ledger *self, int32_t group, TopicIdPartition partition, int64_t first, int64_t end);
/* From where on it wants to hear, once more of what it knows or not (-1: of nothing); and that it
 * has heard of all below `end`. */
int64_t
ledger_untold_from(const Ledger *self, int32_t group, TopicIdPartition partition, bool once_more);
void ledger_told(Ledger *self, int32_t group, TopicIdPartition partition, int64_t end);
/* What stood below `end` is deleted, by retention or with its topic: what nobody was handed is
 * skipped. */
void ledger_deleted(Ledger *self, int32_t group, TopicIdPartition partition, int64_t end);
/* It is a share group: its members read in no order. */
void ledger_set_shared(Ledger *self, int32_t group);
/* A member ended over records first..last that it had been handed and had not processed. */
void ledger_interrupted(
    Ledger *self, int32_t group, int32_t partition, int64_t first_offset, int64_t last_offset);
/* The application gave a record up, or sent it to a dead-letter topic. */
void ledger_given_up(Ledger *self, int32_t group, bool dead_lettered);
/* Of those that nobody was handed again, the ones below a commit: they will never be processed. */
int64_t
ledger_never_processed(const Ledger *self, int32_t group, int32_t partition, int64_t committed);

/* When each record of a batch was created, of SimTime; without it they lie evenly between the first
 * and the last. Takes a reference. */
void ledger_set_created(Ledger *self, uint32_t batch, GArray *created);
/* Of record `index`; -1: not known one by one. */
SimTime ledger_created_at(const Ledger *self, uint32_t batch, int64_t index);

/* A worker's records: of which record each was made (GArray of RecordOrigin, one a record of the
 * batch; takes a reference), and that a group was handed those of a batch. */
void ledger_set_origins(Ledger *self, uint32_t batch, GArray *origins);
/* Of which record that of index `index` was made; false: of none. */
bool ledger_origin(const Ledger *self, uint32_t batch, int64_t index, RecordOrigin *ret_origin);
void ledger_consumed_of(
    Ledger *self, int32_t group, uint32_t batch, int64_t first_index, int64_t last_index);
/* The same by offsets, of batches that the log has merged since. For that a batch is placed when it
 * is settled, in offset order; what lay from `end` on was cut off. */
void ledger_place_origins(Ledger *self, TopicIdPartition partition, const RecordBatch *in_log);
void ledger_unplace_origins(Ledger *self, int32_t partition, int64_t end);
bool ledger_origin_at(const Ledger *self,
                      TopicIdPartition partition,
                      int64_t offset,
                      RecordOrigin *ret_origin);
void ledger_consumed_at(
    Ledger *self, int32_t group, TopicIdPartition partition, int64_t first, int64_t last);

/* Names of single records, for lessons: record `index` of a batch. NULL when unnamed. */
void ledger_set_label(Ledger *self, uint32_t batch, int32_t index, const char *label);
const char *ledger_label(const Ledger *self, uint32_t batch, int32_t index);

#define LEDGER_ERRORS_MAX 16
typedef struct ErrorCount {
    KafkaError error;
    int64_t batches; /* refused with it, each time anew */
} ErrorCount;

#define METRICS_SAMPLES   2
#define METRICS_WINDOW_MS 30000
/* Kafka's producer metrics, since warm-up (SenderMetrics): batch-size-avg is bytes / batches,
 * records-per-request-avg records / requests, record-queue-time-avg queued / batches;
 * request-rate is of produce requests (Kafka: of all). */
typedef struct SentTotals {
    int64_t requests, batches, records, bytes;
    SimDuration queued, queued_max;
} SentTotals;
/* produce-throttle-time-avg and -max, fetch-throttle-time-avg and -max: of answers to produce and
 * fetch requests (Kafka: to all), since warm-up. */
typedef struct ThrottleTotals {
    int64_t answers;
    SimDuration sum, max;
} ThrottleTotals;
/* Reading. All per spec index; sums over instances. */
typedef struct LedgerProducer {
    SimTime started; /* the first process of it; SIM_TIME_MAX: none was */
    int32_t acks;    /* -1: all */
    int64_t offered, acked, failed;
    int64_t acked_bytes;
    int64_t batches, requests, retries;
    int64_t measured_acked, measured_bytes;
    SentTotals sent;
    SenderMetrics metrics; /* the same over the window that Kafka's own look back on */
    ThrottleTotals throttle;
    /* After ledger_settle; failed_in_log: failed or never answered, and in the log all the same. */
    int64_t lost, duplicated, reordered, failed_in_log;
    int64_t lost_unreceived, lost_refused; /* of those lost; of acks=0 only */
    Histogram *latency;                    /* since warm-up */
    Histogram *window_latency;             /* since ledger_window_reset: the sampler's */
    ErrorCount errors[LEDGER_ERRORS_MAX];  /* in order of appearance */
    int32_t error_count;
} LedgerProducer;
typedef struct LedgerGroup {
    bool shared;
    int64_t consumed, consumed_twice; /* hand-outs; those of records handed out before */
    int64_t records, records_twice;   /* different ones; more than once */
    int64_t skipped;                  /* passed over or deleted, and not handed out since */
    int64_t out_of_order;             /* for the first time after a later one of the partition */
    int64_t interrupted;              /* their member ended over them, not handed out since */
    int64_t given_up, dead_lettered;
    int64_t sources;       /* records of which it was handed something that was made of them; */
    int64_t sources_again; /* hand-outs of more made of the same */
    int64_t measured_consumed;
    ThrottleTotals throttle;
    Histogram *end_to_end;
    Histogram *window_end_to_end;
} LedgerGroup;
const LedgerProducer *ledger_producer(const Ledger *self, int32_t producer);
const LedgerGroup *ledger_group(const Ledger *self, int32_t group);
void ledger_window_reset(Ledger *self);

/* Longest time since warm-up in which a record waited for an ack and none came: of a partition
 * (any producer's ack ends it), and of a producer over its partitions (its own acks). `ret_from`
 * may be NULL. close_gaps counts what is still unanswered at the end of a run. */
SimDuration ledger_longest_ack_gap(const Ledger *self, int32_t partition, SimTime *ret_from);
SimDuration ledger_producer_gap(const Ledger *self, int32_t producer);
void ledger_close_gaps(Ledger *self, SimTime now);
/* What it had sent waits no longer: a process that is dead does not wait. */
void ledger_sender_died(Ledger *self, uint32_t sender, SimTime now);

/* While running, so that memory stays flat: the batches of a partition's log below an offset that
 * no fault can take away any more, in offset order, each once. */
void ledger_settle_batch(Ledger *self, const RecordBatch *in_log);
/* A batch of a log that goes with its topic, `settled` before or not: what was never acknowledged
 * is in no log then. */
void ledger_settle_deleted(Ledger *self, const RecordBatch *in_log, bool settled);
/* What had no answer yet, or may have come twice, when its place in the log was settled; `before`:
 * no further copy comes of a batch created earlier, nor does one that failed still come. */
void ledger_settle_old(Ledger *self, SimTime before);
/* The log of a partition came back without its settled records from..to-1 (an unclean election
 * after the loss of disks): they count as lost, each producer's by its share. */
typedef struct LedgerSettledEnd {
    SimTime at;
    int64_t from, to;
    int32_t partition;
    int32_t leader, leader_epoch; /* who is elected */
} LedgerSettledEnd;
void ledger_lost_settled(Ledger *self, const LedgerSettledEnd *end);

/* Batches in the account. */
int64_t ledger_open_batches(const Ledger *self);

/* At the end: feed the final log of each partition, from what is settled on, in offset order; then
 * settle. */
void ledger_saw_in_log(Ledger *self, const RecordBatch *batch);
void ledger_settle(Ledger *self);

#endif
