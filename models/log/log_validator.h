/* log_validator.h - what a leader does with the timestamps of a batch before it appends it.
 *
 * With message.timestamp.type=CreateTime they are the producer's, and must not be too far from what
 * the leader's own clock says. With LogAppendTime they are that clock's: the leader writes it into
 * the batch's header (in place, nothing is compressed anew), and every record of it has that time.
 * Followers copy what the leader wrote.
 *
 * Mirrors: LogValidator.validateTimestamp, .assignOffsetsNonCompressed (KIP-32, KIP-937). Leaves
 * out: log_append_time in the answer, which would only tell the application's callback. */
#ifndef KAFKASIM_MODELS_LOG_LOG_VALIDATOR_H
#define KAFKASIM_MODELS_LOG_LOG_VALIDATOR_H
#include "models/log/log_options.h"
#include "models/protocol/kafka_error.h"
#include "models/protocol/record_batch.h"

/* `clock` is what the broker's wall clock says. One record out of range refuses all of the batch
 * with INVALID_TIMESTAMP. */
KafkaError log_validator_timestamps(const LogOptions *options, RecordBatch *batch, SimTime clock);

#endif
