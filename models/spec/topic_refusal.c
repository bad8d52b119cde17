/* topic_refusal.c - see topic_refusal.h. */
#include "models/spec/topic_refusal.h"
#include <stdint.h>
#include <string.h>

#define AS_RETENTION (-2) /* local.retention: as much as retention */

typedef struct Layers {
    const KafkaConfig *changes, *topic, *broker;
} Layers;

/* NULL: the topic does not set it. */
static const KafkaConfig *owner_of(const Layers *layers, const char *name)
{
    const KafkaConfig *topic = kafka_config_first_set(layers->topic, NULL, name);
    return kafka_config_first_set(layers->changes, topic, name);
}

static bool boolean(const Layers *layers, const char *name)
{
    const KafkaConfig *own = owner_of(layers, name);
    return own != NULL && kafka_config_boolean(own, name);
}

static int64_t integer(const Layers *layers, const char *name, const char *broker_name)
{
    const KafkaConfig *own = owner_of(layers, name);
    return own != NULL ? kafka_config_integer(own, name)
                       : kafka_config_integer(layers->broker, broker_name);
}

static bool is_compacted(const Layers *layers)
{
    const KafkaConfig *own = owner_of(layers, "cleanup.policy");
    const char *policy = own != NULL ? kafka_config_text(own, "cleanup.policy")
                                     : kafka_config_text(layers->broker, "log.cleanup.policy");
    return strstr(policy, "compact") != NULL;
}

/* ms > minutes > hours. */
static int64_t retention_ms(const Layers *layers)
{
    const KafkaConfig *broker = layers->broker;
    if (owner_of(layers, "retention.ms") != NULL ||
        kafka_config_is_set(broker, "log.retention.ms")) {
        return integer(layers, "retention.ms", "log.retention.ms");
    }
    const bool minutes = kafka_config_is_set(broker, "log.retention.minutes");
    const int64_t count =
        kafka_config_integer(broker, minutes ? "log.retention.minutes" : "log.retention.hours");
    return count < 0 ? -1 : count * (minutes ? 60 : 3600) * 1000;
}

/* -1 is without end. */
static bool is_more(int64_t local, int64_t all)
{
    return all >= 0 && local != AS_RETENTION && (local == -1 || local > all);
}

static const char *retention_refusal(const Layers *layers)
{
    const int64_t local_bytes =
        integer(layers, "local.retention.bytes", "log.local.retention.bytes");
    const int64_t local_ms = integer(layers, "local.retention.ms", "log.local.retention.ms");
    const int64_t bytes = integer(layers, "retention.bytes", "log.retention.bytes");
    const int64_t ms = retention_ms(layers);
    if (is_more(local_bytes, bytes)) {
        return "local.retention.bytes is more than retention.bytes";
    }
    if (is_more(local_ms, ms)) {
        return "local.retention.ms is more than retention.ms";
    }
    const bool differs = (local_bytes != AS_RETENTION && local_bytes != bytes) ||
                         (local_ms != AS_RETENTION && local_ms != ms);
    return differs && boolean(layers, "remote.log.copy.disable")
               ? "with remote.log.copy.disable local retention must be retention"
               : NULL;
}

static const char *tiering_refusal(const Layers *layers)
{
    if (!boolean(layers, "remote.storage.enable")) {
        const Layers before = {NULL, layers->topic, layers->broker};
        return boolean(&before, "remote.storage.enable") &&
                       !boolean(layers, "remote.log.delete.on.disable")
                   ? "remote.storage.enable=false needs remote.log.delete.on.disable"
                   : NULL;
    }
    if (!kafka_config_boolean(layers->broker, "remote.log.storage.system.enable")) {
        return "remote.storage.enable needs the brokers' remote.log.storage.system.enable";
    }
    if (is_compacted(layers)) {
        return "compacted topics cannot be tiered (remote.storage.enable)";
    }
    return retention_refusal(layers);
}

const char *topic_refusal(const KafkaConfig *changes,
                          const KafkaConfig *topic,
                          const KafkaConfig *broker,
                          const Era *era)
{
    const Layers layers = {changes, topic, broker};
    if (integer(&layers, "min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms") >
        integer(&layers, "max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms")) {
        return "min.compaction.lag.ms is more than max.compaction.lag.ms";
    }
    if (!era->on[ERA_KRAFT] && (boolean(&layers, "remote.log.copy.disable") ||
                                boolean(&layers, "remote.log.delete.on.disable"))) {
        return "remote.log.copy.disable and remote.log.delete.on.disable are not for ZooKeeper";
    }
    return tiering_refusal(&layers);
}
