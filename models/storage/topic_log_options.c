/* topic_log_options.c - a topic's LogOptions: its own options over its broker's defaults, which
 * mostly have other names. Mirrors: KafkaConfig.extractLogConfigMap, LogConfig. */
#include "models/spec/compression.h"
#include "models/storage/log_manager_state.h"
#include <string.h>

typedef struct OptionSource {
    const KafkaConfig *topic; /* NULL: nothing set */
    const KafkaConfig *broker;
} OptionSource;

static bool is_own(const OptionSource *from, const char *name)
{
    return from->topic != NULL && kafka_config_is_set(from->topic, name);
}

static int64_t integer(const OptionSource *from, const char *topic_name, const char *broker_name)
{
    return is_own(from, topic_name) ? kafka_config_integer(from->topic, topic_name)
                                    : kafka_config_integer(from->broker, broker_name);
}

static SimDuration ms(const OptionSource *from, const char *topic_name, const char *broker_name)
{
    return is_own(from, topic_name) ? kafka_config_ms(from->topic, topic_name)
                                    : kafka_config_ms(from->broker, broker_name);
}

/* ms > minutes > hours; less than 0 is for ever. */
static SimDuration retention_time(const OptionSource *from)
{
    if (is_own(from, "retention.ms")) {
        return kafka_config_ms(from->topic, "retention.ms");
    }
    if (kafka_config_is_set(from->broker, "log.retention.ms")) {
        return kafka_config_ms(from->broker, "log.retention.ms");
    }
    bool minutes = kafka_config_is_set(from->broker, "log.retention.minutes");
    int64_t count = minutes ? kafka_config_integer(from->broker, "log.retention.minutes")
                            : kafka_config_integer(from->broker, "log.retention.hours");
    return count < 0 ? -1 : count * (minutes ? SIM_SEC(60) : SIM_SEC(3600));
}

static SimDuration roll_time(const OptionSource *from)
{
    if (is_own(from, "segment.ms")) {
        return kafka_config_ms(from->topic, "segment.ms");
    }
    return kafka_config_is_set(from->broker, "log.roll.ms")
               ? kafka_config_ms(from->broker, "log.roll.ms")
               : kafka_config_integer(from->broker, "log.roll.hours") * SIM_SEC(3600);
}

static SimDuration roll_jitter(const OptionSource *from)
{
    return is_own(from, "segment.jitter.ms") ? kafka_config_ms(from->topic, "segment.jitter.ms")
           : kafka_config_is_set(from->broker, "log.roll.jitter.ms")
               ? kafka_config_ms(from->broker, "log.roll.jitter.ms")
               : kafka_config_integer(from->broker, "log.roll.jitter.hours") * SIM_SEC(3600);
}

static SimDuration flush_time(const OptionSource *from)
{
    if (is_own(from, "flush.ms")) {
        return kafka_config_ms(from->topic, "flush.ms");
    }
    return kafka_config_is_set(from->broker, "log.flush.interval.ms")
               ? kafka_config_ms(from->broker, "log.flush.interval.ms")
               : kafka_config_ms(from->broker, "log.flush.scheduler.interval.ms");
}

static double dirty_ratio(const OptionSource *from)
{
    return is_own(from, "min.cleanable.dirty.ratio")
               ? kafka_config_double(from->topic, "min.cleanable.dirty.ratio")
               : kafka_config_double(from->broker, "log.cleaner.min.cleanable.ratio");
}

static bool has_log_append_time(const OptionSource *from)
{
    const char *type = is_own(from, "message.timestamp.type")
                           ? kafka_config_text(from->topic, "message.timestamp.type")
                           : kafka_config_text(from->broker, "log.message.timestamp.type");
    return strcmp(type, "LogAppendTime") == 0;
}

static void set_timestamps(LogOptions *options, const OptionSource *from)
{
    options->log_append_time = has_log_append_time(from);
    options->timestamp_before_max_ns =
        ms(from, "message.timestamp.before.max.ms", "log.message.timestamp.before.max.ms");
    options->timestamp_after_max_ns =
        ms(from, "message.timestamp.after.max.ms", "log.message.timestamp.after.max.ms");
}

static const char *policy(const OptionSource *from)
{
    return is_own(from, "cleanup.policy") ? kafka_config_text(from->topic, "cleanup.policy")
                                          : kafka_config_text(from->broker, "log.cleanup.policy");
}

/* Compacted topics cannot be tiered. */
static void set_tiering(LogOptions *options, const OptionSource *from)
{
    int64_t local_ms = integer(from, "local.retention.ms", "log.local.retention.ms");
    options->remote_storage =
        from->topic != NULL && !options->cleanup_compact &&
        kafka_config_boolean(from->topic, "remote.storage.enable") &&
        kafka_config_boolean(from->broker, "remote.log.storage.system.enable");
    options->remote_copy_disabled =
        from->topic != NULL && kafka_config_boolean(from->topic, "remote.log.copy.disable");
    options->remote_delete_on_disable =
        from->topic != NULL && kafka_config_boolean(from->topic, "remote.log.delete.on.disable");
    options->local_retention_bytes =
        integer(from, "local.retention.bytes", "log.local.retention.bytes");
    options->local_retention_ns = local_ms < 0 ? local_ms : SIM_MS(local_ms);
}

static int32_t codec_of(const OptionSource *from)
{
    const KafkaConfig *config = is_own(from, "compression.type") ? from->topic : from->broker;
    return (int32_t)compression_codec(kafka_config_text(config, "compression.type"));
}

/* __consumer_offsets is compacted whatever the defaults are (__transaction_state has its own). */
static void set_internal(LogOptions *options, const KafkaConfig *broker)
{
    options->cleanup_delete = false;
    options->cleanup_compact = true;
    options->compression = (int32_t)CODEC_OF_PRODUCER;
    options->segment_bytes = kafka_config_integer(broker, "offsets.topic.segment.bytes");
}

LogOptions topic_log_options(const KafkaConfig *broker, const KafkaConfig *topic, bool internal)
{
    const OptionSource from = {topic, broker};
    const char *cleanup = policy(&from);
    LogOptions options = {
        .segment_bytes = integer(&from, "segment.bytes", "log.segment.bytes"),
        .segment_ns = roll_time(&from),
        .segment_jitter_ns = roll_jitter(&from),
        .segment_index_bytes = integer(&from, "segment.index.bytes", "log.index.size.max.bytes"),
        .index_interval_bytes = integer(&from, "index.interval.bytes", "log.index.interval.bytes"),
        .cleanup_delete = strstr(cleanup, "delete") != NULL,
        .cleanup_compact = strstr(cleanup, "compact") != NULL,
        .retention_bytes = integer(&from, "retention.bytes", "log.retention.bytes"),
        .retention_ns = retention_time(&from),
        .file_delete_delay_ns = ms(&from, "file.delete.delay.ms", "log.segment.delete.delay.ms"),
        .flush_messages = integer(&from, "flush.messages", "log.flush.interval.messages"),
        .flush_ns = flush_time(&from),
        .min_cleanable_dirty_ratio = dirty_ratio(&from),
        .min_compaction_lag_ns =
            ms(&from, "min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms"),
        .max_compaction_lag_ns =
            ms(&from, "max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms"),
        .delete_retention_ns = ms(&from, "delete.retention.ms", "log.cleaner.delete.retention.ms"),
    };
    options.compression = codec_of(&from);
    set_timestamps(&options, &from);
    set_tiering(&options, &from);
    if (internal && topic == NULL) {
        set_internal(&options, broker);
    }
    return options;
}
