/* log_options.h - how one topic's logs are kept, as their code reads it.
 *
 * Mirrors: LogConfig. Sizes and durations; -1 where Kafka says "unlimited". */
#ifndef KAFKASIM_MODELS_LOG_LOG_OPTIONS_H
#define KAFKASIM_MODELS_LOG_LOG_OPTIONS_H
#include "sim/kernel/kernel.h"

typedef struct LogOptions {
    int64_t segment_bytes;
    SimDuration segment_ns;
    SimDuration segment_jitter_ns;
    int64_t segment_index_bytes; /* a full index rolls its segment */
    int64_t index_interval_bytes;
    bool cleanup_delete;
    bool cleanup_compact;
    int64_t retention_bytes;  /* -1 unlimited */
    SimDuration retention_ns; /* -1 unlimited */
    SimDuration file_delete_delay_ns;
    int64_t flush_messages; /* fsync after so many records; INT64_MAX never */
    SimDuration flush_ns;   /* fsync this long after the last; SIM_TIME_MAX never */
    double min_cleanable_dirty_ratio;
    SimDuration min_compaction_lag_ns;
    SimDuration max_compaction_lag_ns;
    SimDuration delete_retention_ns; /* how long tombstones live after they were first cleaned */
    bool remote_storage;             /* tiered (KIP-405) */
    bool remote_copy_disabled;
    bool remote_delete_on_disable;
    bool log_append_time;                /* message.timestamp.type, else CreateTime, which may */
    SimDuration timestamp_before_max_ns; /* be so much before the broker's clock */
    SimDuration timestamp_after_max_ns;  /* or after it */
    int32_t compression; /* CompressionCodec; CODEC_OF_PRODUCER: batches are kept as they come */
    int64_t local_retention_bytes;  /* -2: as retention_bytes */
    SimDuration local_retention_ns; /* -2: as retention_ns */
} LogOptions;

/* Kafka 4.1's defaults. */
extern const LogOptions log_options_default;

#endif
