/* dynamic_config.c - the options of topics and of this broker, as the metadata that it applied have
 * them.
 *
 * Who has applied what came before hears of a change by its record. Who starts, or is given a
 * snapshot, has the image alone, and reads all of it: the records that made it may be gone. A topic
 * that is removed takes its options with it.
 *
 * Mirrors: DynamicConfigPublisher, ConfigurationsDelta, TopicConfigHandler, BrokerConfigHandler. */
#include "models/broker/broker_state.h"

/* A topic's own option, else the broker's default for it (often of another name): as changed at run
 * time, else as it started with. */
static int64_t
option(const Broker *self, int32_t index, const char *topic_name, const char *broker_name)
{
    const MetadataLog *metadata = self->context.metadata;
    int64_t offset = self->applied_offset;
    const KafkaConfig *topic =
        metadata_topic_config(metadata, metadata_topic_of(metadata, index)->index, offset);
    if (topic != NULL && kafka_config_is_set(topic, topic_name)) {
        return kafka_config_integer(topic, topic_name);
    }
    const KafkaConfig *changed = metadata_broker_config(metadata, self->id, offset);
    const KafkaConfig *config = kafka_config_first_set(changed, self->context.config, broker_name);
    return kafka_config_integer(config, broker_name);
}

void dynamic_config_read_partition(Broker *self, Partition *partition)
{
    int32_t index = partition->index;
    partition->min_isr = (int32_t)option(self, index, "min.insync.replicas", "min.insync.replicas");
    partition->max_message_bytes =
        (int32_t)option(self, index, "max.message.bytes", "message.max.bytes");
    quotas_read_partition(self, index);
}

static void read_topic(Broker *self, int32_t topic)
{
    self->led_totals.valid = false;
    quotas_read_topic(self, topic);
    for (guint i = 0; i < self->hosted->len; i++) {
        Partition *partition = self->hosted->pdata[i];
        if (metadata_topic_of(self->context.metadata, partition->index)->index == topic) {
            dynamic_config_read_partition(self, partition);
        }
    }
    log_manager_on_topic_config(self->logs, topic, self->applied_offset);
}

static void read_own(Broker *self)
{
    self->led_totals.valid = false;
    for (guint i = 0; i < self->hosted->len; i++) {
        dynamic_config_read_partition(self, self->hosted->pdata[i]);
    }
    quotas_on_broker_config(self);
}

void dynamic_config_read_image(Broker *self)
{
    quotas_forget_topics(self);
    read_own(self);
    for (int32_t t = 0; t < metadata_topic_count(self->context.metadata); t++) {
        log_manager_on_topic_config(self->logs, t, self->applied_offset);
    }
}

void dynamic_config_apply(Broker *self, int64_t from, int64_t to)
{
    if (metadata_start_offset(self->context.metadata) > from) {
        dynamic_config_read_image(self);
        return;
    }
    for (int64_t offset = from; offset < to; offset++) {
        const MetadataRecord *record = metadata_record(self->context.metadata, offset);
        if (record->kind == METADATA_TOPIC_CONFIG || record->kind == METADATA_REMOVE_TOPIC) {
            read_topic(self, record->subject);
        } else if (record->kind == METADATA_BROKER_CONFIG &&
                   (record->subject < 0 || record->subject == self->id)) {
            read_own(self);
        }
    }
}
