/* log_validator.h - what a leader finds in the records of a batch before it appends it.
 *
 * The log cleaner goes by keys: a compacted topic takes no record without one.
 *
 * With message.timestamp.type=CreateTime they are the producer's, and must not be too far from what
 * the leader's own clock says. With LogAppendTime they are that clock's: the leader writes it into
 * the batch's header (in place, nothing is compressed anew), and every record of it has that time.
 * Followers copy what the leader wrote.
 *
 * Mirrors: LogValidator.validateKey, .validateTimestamp, .assignOffsetsNonCompressed (KIP-32,
 * KIP-937). Leaves out: log_append_time in the answer, which would only tell the application's
 * callback. */
#ifndef KAFKASIM_MODELS_LOG_LOG_VALIDATOR_H
#define KAFKASIM_MODELS_LOG_LOG_VALIDATOR_H
#include "models/log/log_options.h"
#include "models/protocol/kafka_error.h"
#include "models/protocol/record_batch.h"

/* `clock` is what the broker's wall clock says. One record out of range refuses all of the batch
 * with INVALID_TIMESTAMP. */
KafkaError log_validator_timestamps(const LogOptions *options, RecordBatch *batch, SimTime clock);
/* That, unless some record lacks the key that a compacted topic asks for: INVALID_RECORD, for all
 * of the batch (of a batch that has both faults Kafka may name the other one). */
KafkaError log_validator_validate(const LogOptions *options, RecordBatch *batch, SimTime clock);

#endif
