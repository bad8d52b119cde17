/* log_validator.c - see log_validator.h. */
#include "models/log/log_validator.h"

/* The oldest of its records is the first, the newest the last. */
static bool is_out_of_range(const LogOptions *options, const RecordBatch *batch, SimTime clock)
{
    return clock - batch->first_created > options->timestamp_before_max_ns ||
           batch->last_created - clock > options->timestamp_after_max_ns;
}

KafkaError log_validator_timestamps(const LogOptions *options, RecordBatch *batch, SimTime clock)
{
    if (options->log_append_time) {
        batch->first_created = clock;
        batch->last_created = clock;
        return KAFKA_NONE;
    }
    return is_out_of_range(options, batch, clock) ? KAFKA_INVALID_TIMESTAMP : KAFKA_NONE;
}

KafkaError log_validator_validate(const LogOptions *options, RecordBatch *batch, SimTime clock)
{
    return options->cleanup_compact && batch->keyless
               ? KAFKA_INVALID_RECORD
               : log_validator_timestamps(options, batch, clock);
}
