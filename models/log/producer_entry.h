/* producer_entry.h - what a log knows of one producer, and whether it may append.
 *
 * Mirrors: ProducerStateEntry (epoch, last five batches, begin of the open transaction),
 * ProducerAppendInfo (the rules of clients.md 1.6), VerificationStateEntry. Pure functions on plain
 * data: the tables of them are producer_state.h. */
#ifndef KAFKASIM_MODELS_LOG_PRODUCER_ENTRY_H
#define KAFKASIM_MODELS_LOG_PRODUCER_ENTRY_H
#include "models/protocol/kafka_error.h"
#include "models/protocol/record_batch.h"

#define PRODUCER_BATCHES_RETAINED 5 /* NUM_BATCHES_TO_RETAIN: as many as may be in flight */
#define NO_PRODUCER_EPOCH         (-1)
#define NO_COORDINATOR_EPOCH      (-1)
#define NO_SEQUENCE               (-1)
#define NO_OFFSET                 INT64_C(-1)

typedef struct BatchMetadata {
    int32_t first_sequence;
    int32_t last_sequence;
    int64_t base_offset;
} BatchMetadata;

typedef struct ProducerStateEntry {
    int64_t producer_id;
    int64_t txn_first_offset; /* of the open transaction; NO_OFFSET */
    SimTime last_timestamp;
    int32_t coordinator_epoch;
    int16_t epoch;
    int16_t batch_count;
    BatchMetadata batches[PRODUCER_BATCHES_RETAINED]; /* oldest first */
} ProducerStateEntry;

/* A transaction of this producer may begin here once its coordinator has confirmed it. `guard`
 * tells one such question from a later one: an answer that comes after the transaction was aborted
 * must not let a batch in. */
typedef struct VerificationState {
    int64_t producer_id;
    SimTime created_at;
    uint32_t guard;
    int32_t lowest_sequence;
    int16_t epoch;
    bool supports_epoch_bump; /* transactions v2 */
} VerificationState;

/* Who appends. What followers copy is not checked. */
typedef enum AppendOrigin { APPEND_CLIENT, APPEND_COORDINATOR, APPEND_REPLICATION } AppendOrigin;

typedef struct CompletedTxn {
    int64_t producer_id;
    int64_t first_offset; /* NO_OFFSET: the marker ended nothing here */
    int64_t last_offset;  /* of the marker */
    bool is_aborted;
} CompletedTxn;

ProducerStateEntry producer_entry_new(int64_t producer_id);
/* Sequences wrap from 2^31-1 to 0, also inside a batch. */
int32_t record_batch_last_sequence(const RecordBatch *batch);
int64_t batch_metadata_last_offset(const BatchMetadata *self);
/* One of the last five batches with the same epoch and the same sequences; NULL when none. */
const BatchMetadata *producer_entry_find_duplicate(const ProducerStateEntry *self,
                                                   const RecordBatch *batch);
/* May it be appended? `verification`: NULL when there is none. */
KafkaError producer_entry_check(const ProducerStateEntry *self,
                                const VerificationState *verification,
                                const RecordBatch *batch,
                                AppendOrigin origin);
/* The batch stands in the log. For a marker: what it completed. */
CompletedTxn producer_entry_apply(ProducerStateEntry *self, const RecordBatch *batch);
const BatchMetadata *producer_entry_last_batch(const ProducerStateEntry *self); /* or NULL */
/* A snapshot keeps of the batches only the last. */
void producer_entry_keep_last_batch(ProducerStateEntry *self);

#endif
