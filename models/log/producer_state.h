/* producer_state.h - what a log knows of idempotent producers.
 *
 * Mirrors: ProducerStateManager, ProducerStateEntry, ProducerAppendInfo (clients.md 1.6): per
 * producer id the epoch, the last sequence and the last five batches. Leaves out: transactions,
 * expiry after producer.id.expiration.ms. */
#ifndef KAFKASIM_MODELS_LOG_PRODUCER_STATE_H
#define KAFKASIM_MODELS_LOG_PRODUCER_STATE_H
#include "models/protocol/kafka_error.h"
#include "models/protocol/record_batch.h"

#define PRODUCER_STATE_BATCHES 5

typedef struct ProducerBatch {
    int32_t first_sequence;
    int32_t last_sequence;
    int64_t base_offset;
} ProducerBatch;

typedef struct ProducerStateEntry {
    int64_t producer_id;
    int16_t epoch;
    int32_t batch_count;
    ProducerBatch batches[PRODUCER_STATE_BATCHES]; /* oldest first */
} ProducerStateEntry;

/* Embedded; entries are owned. Few producers write to one partition: searched in order. */
typedef struct ProducerState {
    ProducerStateEntry *entries;
    int32_t count;
    int32_t capacity;
} ProducerState;

typedef enum ProducerVerdict {
    PRODUCER_APPEND,
    PRODUCER_DUPLICATE,
    PRODUCER_REFUSED
} ProducerVerdict;

void producer_state_init(ProducerState *self);
void producer_state_clear(ProducerState *self);
/* Forgets all, to be rebuilt from the log by producer_state_update. */
void producer_state_reset(ProducerState *self);
/* Becomes equal to `other`. */
void producer_state_copy(ProducerState *self, const ProducerState *other);
/* Forgets the batches at or above `end_offset`, and producers of which none is left. */
void producer_state_truncate(ProducerState *self, int64_t end_offset);
/* What a leader does with a client's batch. DUPLICATE gives the offset it had; REFUSED the error.
 */
ProducerVerdict producer_state_check(const ProducerState *self,
                                     const RecordBatch *batch,
                                     int64_t *ret_base_offset,
                                     KafkaError *ret_error);
/* The batch stands in the log. */
void producer_state_update(ProducerState *self, const RecordBatch *batch);

#endif
