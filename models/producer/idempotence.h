/* idempotence.h - producer id, epoch and sequence numbers (enable.idempotence).
 *
 *     no id --InitProducerId--> id, epoch 0;  a gap in the sequences --> epoch + 1, sequences from
 * 0
 *
 * Mirrors: TransactionManager without transactions, TxnPartitionMap (clients.md 1.6, R4).
 * The asking for an id is the sender's. Leaves out: UNKNOWN_PRODUCER_ID (old brokers), and epochs
 * beyond 32,767. */
#ifndef KAFKASIM_MODELS_PRODUCER_IDEMPOTENCE_H
#define KAFKASIM_MODELS_PRODUCER_IDEMPOTENCE_H
#include "models/producer/batch.h"
#include "models/protocol/kafka_error.h"

typedef struct Idempotence {
    bool enabled;
    int64_t producer_id; /* NO_PRODUCER_ID until asked for */
    int16_t producer_epoch;
    bool is_transactional; /* no epoch bump of its own: the transaction is to be aborted */
    bool may_drain;        /* the transaction manager lets batches out */
    bool must_abort;       /* a gap for good */
    bool bump_required;
    bool any_unresolved; /* some partition may be; else nobody looks */
} Idempotence;

void idempotence_reset(Idempotence *self, bool enabled);
void idempotence_reset_partition(ProducerPartition *partition);
void idempotence_set_id(Idempotence *self, int64_t producer_id, int16_t producer_epoch);

/* Before each pass of the sender: partitions whose fate was open and is now known either go on or
 * ask for a new epoch (maybeResolveSequences). */
void idempotence_resolve(Idempotence *self, ProducerPartition *partitions, int32_t count);
/* If one is asked for: epoch + 1; partitions that asked begin at sequence 0. True if it did. */
bool idempotence_bump(Idempotence *self, ProducerPartition *partitions, int32_t count);

/* Must this partition's first batch wait (shouldStopDrainBatchesForPartition)? */
bool idempotence_must_wait(const Idempotence *self,
                           const ProducerPartition *partition,
                           const ProducerBatch *first);
/* At its first drain a batch gets its sequence, which it keeps over retries. */
void idempotence_assign(Idempotence *self, ProducerPartition *partition, ProducerBatch *batch);
/* Where a batch that is put back belongs in the queue: before the first of higher sequence. */
ProducerBatch *idempotence_place(const ProducerPartition *partition, const ProducerBatch *batch);

bool idempotence_can_retry(Idempotence *self,
                           ProducerPartition *partition,
                           const ProducerBatch *batch,
                           KafkaError error);
void idempotence_completed(ProducerPartition *partition, ProducerBatch *batch);
void idempotence_failed(Idempotence *self,
                        ProducerPartition *partition,
                        ProducerBatch *batch,
                        KafkaError error,
                        bool adjust_sequences);
/* A batch that had been sent expired: nobody knows whether it is in the log. */
void idempotence_mark_unresolved(Idempotence *self,
                                 ProducerPartition *partition,
                                 const ProducerBatch *batch);

#endif
