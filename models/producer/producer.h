/* producer.h - a Kafka producer process: application, accumulator, sender.
 *
 * Mirrors: KafkaProducer, ProducerMetadata, BuiltInPartitioner, RecordAccumulator, Sender,
 * TransactionManager (idempotence only). clients.md §1.
 * Files: producer (the actor), workload (arrivals, computed), partitioner, accumulator, sender,
 * idempotence (sequences and epochs). */
#ifndef KAFKASIM_MODELS_PRODUCER_PRODUCER_H
#define KAFKASIM_MODELS_PRODUCER_PRODUCER_H
#include "models/client/client_metadata.h"
#include "models/client/record_sink.h"
#include "models/ledger/ledger.h"
#include "models/spec/spec.h"

typedef struct Producer Producer;

typedef struct ProducerContext {
    Sim *sim;
    const AddressBook *brokers;
    const MetadataLog *topics; /* names, numbers of partitions */
    int32_t topic;             /* topic index in `topics` */
    Ledger *ledger;
    const ProducerSpec *spec;
    int32_t spec_index;
    int32_t instance; /* 0 .. spec->count-1 */
    const HardwareProfile *profile;
    const Era *era;        /* borrowed from the spec */
    bool record_by_record; /* each record is an event of its own, its create time is kept */
    bool trace_batches;    /* every answer is an event, not only a batch's first trouble */
} ProducerContext;

/* Dead until actor_start; the world starts it at spec->start. `name` as in the log. */
Producer *producer_new(const ProducerContext *context, const char *name, uint32_t host);
void producer_free(Producer *self);
Actor *producer_actor(Producer *self);
/* close(): no new records; sends what is queued, then ends (bounded by delivery.timeout.ms). */
void producer_close(Producer *self);
void producer_cancel(Producer *self); /* a Connect source's task is not waited for any longer */
/* A process of the same task as that one, its first; said before it starts. */
void producer_share_source(Producer *self, Producer *first);
/* Of a worker: the application of a consumer sends. `notify`: something of it has ended. */
RecordSink producer_sink(Producer *self);
void producer_set_worker(Producer *self, void (*notify)(void *owner), void *owner);
/* Its clock is so much ahead: the timestamps of what it sends from now on. */
void producer_set_clock(Producer *self, SimDuration skew_ns);
/* Changes the rate of this instance from now on; records per 1000 s. */
void producer_set_rate(Producer *self, int64_t rate_milli);

#endif
