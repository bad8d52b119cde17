/* control.c - records of the active controller, and what it keeps in memory beside the log.
 *
 * Mirrors: QuorumController.replay, ConfigurationControlManager.getTopicConfig,
 * KafkaConfigSchema.resolveEffectiveTopicConfig. */
#include "models/controller/control_state.h"

Control *control_new(const ControlContext *context)
{
    Control *self = g_new0(Control, 1);
    self->context = *context;
    self->session_timeout_ns = kafka_config_ms(context->config, "broker.session.timeout.ms");
    self->heartbeats = broker_heartbeats_new(self->session_timeout_ns);
    self->index = partition_index_new(metadata_partition_count(context->metadata));
    self->setting_count = metadata_topic_count(context->metadata);
    self->settings = g_new0(TopicSettings, (gsize)self->setting_count + 1);
    self->replays = g_array_new(FALSE, FALSE, sizeof(MetadataRecord));
    return self;
}

void control_free(Control *self)
{
    if (self == NULL) {
        return;
    }
    broker_heartbeats_free(self->heartbeats);
    partition_index_free(self->index);
    g_free(self->settings);
    g_array_free(self->replays, TRUE);
    g_free(self);
}

bool control_has_era(const Control *self, EraSwitch era)
{
    return self->context.era == NULL || self->context.era->on[era];
}

int64_t control_end_offset(const Control *self)
{
    return metadata_end_offset(self->context.metadata);
}

const PartitionRegistration *control_partition(const Control *self, int32_t partition)
{
    return metadata_partition(self->context.metadata, partition, control_end_offset(self));
}

const BrokerRegistration *control_broker(const Control *self, int32_t broker)
{
    return metadata_broker(self->context.metadata, broker, control_end_offset(self));
}

bool control_is_active(const Control *self, int32_t broker)
{
    const BrokerRegistration *registration = control_broker(self, broker);
    return registration != NULL && !registration->fenced && !registration->in_controlled_shutdown;
}

bool control_has_valid_session(const Control *self, int32_t broker, int64_t epoch, SimTime now)
{
    return broker_heartbeats_has_valid_session(self->heartbeats, broker, epoch, now);
}

static void forget_settings(Control *self)
{
    for (int32_t i = 0; i < self->setting_count; i++) {
        self->settings[i].known = false;
    }
}

static void activate_brokers(Control *self, SimTime now)
{
    const int32_t *ids;
    int32_t count = metadata_broker_ids(self->context.metadata, &ids);
    broker_heartbeats_free(self->heartbeats);
    self->heartbeats = broker_heartbeats_new(self->session_timeout_ns);
    for (int32_t i = 0; i < count; i++) {
        const BrokerRegistration *broker = control_broker(self, ids[i]);
        if (broker != NULL) {
            broker_heartbeats_register(self->heartbeats, ids[i], broker->fenced);
            /* Other controllers may have registered it anew since this one was active. */
            partition_index_keep_offline(self->index, ids[i], broker->incarnation_id);
        }
        if (broker != NULL && !broker->fenced) {
            broker_heartbeats_contact(self->heartbeats, ids[i], broker->epoch, now);
        }
    }
}

void control_activate(Control *self, SimTime now)
{
    g_array_set_size(self->replays, 0);
    activate_brokers(self, now);
    forget_settings(self);
    partition_index_clear(self->index);
    for (int32_t p = 0; p < metadata_partition_count(self->context.metadata); p++) {
        const PartitionRegistration *partition = control_partition(self, p);
        if (partition != NULL) {
            partition_index_update(self->index, p, NULL, partition);
        }
    }
}

void control_bootstrap_broker(Control *self, const BrokerRegistration *registration)
{
    control_append_broker(self, registration, true, "bootstrapped");
    control_replay_brokers(self);
}

void control_assume_caught_up(Control *self)
{
    const int32_t *ids;
    int32_t count = metadata_broker_ids(self->context.metadata, &ids);
    for (int32_t i = 0; i < count; i++) {
        if (control_is_active(self, ids[i])) {
            broker_heartbeats_touch(self->heartbeats, ids[i], false, control_end_offset(self) - 1);
        }
    }
}

void control_step(const Control *self, const char *what, const char *format, ...)
{
    if (self->context.on_step == NULL) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *detail = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    self->context.on_step(self->context.owner, what, detail);
}

/* ---- records */

static void announce(const Control *self, const ControlNews *news)
{
    if (self->context.before != NULL) {
        self->context.before(self->context.owner, news);
    }
}

static void report(const Control *self, const ControlNews *news)
{
    if (self->context.after != NULL) {
        self->context.after(self->context.owner, news);
    }
}

void control_append_partition(Control *self,
                              int32_t partition,
                              const PartitionRegistration *next,
                              const PartitionChangeRecord *change,
                              const char *why)
{
    const ControlNews news = {
        .kind = METADATA_PARTITION,
        .subject = partition,
        .partition_was = control_partition(self, partition),
        .partition = next,
        .change = change,
        .why = why,
    };
    announce(self, &news);
    metadata_append_partition(self->context.metadata, partition, next);
    partition_index_update(self->index, partition, news.partition_was, next);
    report(self, &news);
}

void control_append_broker(Control *self,
                           const BrokerRegistration *next,
                           bool fresh,
                           const char *why)
{
    const ControlNews news = {
        .kind = fresh ? METADATA_REGISTER_BROKER : METADATA_BROKER_CHANGE,
        .subject = next->id,
        .broker_was = control_broker(self, next->id),
        .broker = next,
        .why = why,
    };
    announce(self, &news);
    metadata_append_broker(self->context.metadata, next, fresh);
    const MetadataRecord replay = {.kind = news.kind, .subject = next->id};
    g_array_append_val(self->replays, replay);
    report(self, &news);
}

void control_append_unregister(Control *self, int32_t broker)
{
    const ControlNews news = {
        .kind = METADATA_UNREGISTER_BROKER,
        .subject = broker,
        .broker_was = control_broker(self, broker),
        .why = "unregistered",
    };
    announce(self, &news);
    metadata_append_unregister_broker(self->context.metadata, broker);
    const MetadataRecord replay = {.kind = news.kind, .subject = broker};
    g_array_append_val(self->replays, replay);
    report(self, &news);
}

void control_append_remove_topic(Control *self, int32_t topic)
{
    const TopicInfo *info = metadata_topic(self->context.metadata, topic);
    const ControlNews news = {
        .kind = METADATA_REMOVE_TOPIC, .subject = topic, .why = "topic deleted"};
    announce(self, &news);
    for (int32_t i = 0; i < info->partitions; i++) {
        int32_t partition = info->first_partition + i;
        const PartitionRegistration *was = control_partition(self, partition);
        if (was != NULL) {
            partition_index_update(self->index, partition, was, NULL);
        }
    }
    metadata_append_remove_topic(self->context.metadata, topic);
    forget_settings(self);
    report(self, &news);
}

void control_append_options(Control *self,
                            MetadataRecordKind kind,
                            int32_t subject,
                            const KafkaConfig *options)
{
    const ControlNews news = {.kind = kind, .subject = subject, .why = "options altered"};
    announce(self, &news);
    if (kind == METADATA_TOPIC_CONFIG) {
        metadata_append_topic_config(self->context.metadata, subject, options);
    } else {
        metadata_append_broker_config(self->context.metadata, subject, options);
    }
    forget_settings(self);
    report(self, &news);
}

void control_append_new_options(Control *self, int32_t topic, const KafkaConfig *options)
{
    const ControlNews news = {
        .kind = METADATA_TOPIC_CONFIG, .subject = topic, .why = "options of a new topic"};
    announce(self, &news);
    metadata_append_new_topic_config(self->context.metadata, topic, options);
    forget_settings(self);
    report(self, &news);
}

void control_replay_brokers(Control *self)
{
    for (guint i = 0; i < self->replays->len; i++) {
        const MetadataRecord *record = &g_array_index(self->replays, MetadataRecord, i);
        const BrokerRegistration *broker = control_broker(self, record->subject);
        if (record->kind != METADATA_BROKER_CHANGE) {
            broker_heartbeats_remove(self->heartbeats, record->subject);
        }
        if (broker != NULL) {
            broker_heartbeats_register(self->heartbeats, record->subject, broker->fenced);
        }
    }
    g_array_set_size(self->replays, 0);
}

/* ---- options of topics */

/* The topic's own value, else what is set for this controller at run time, else its file's. */
static const KafkaConfig *source_of(const Control *self, int32_t topic, const char *option)
{
    int64_t end = control_end_offset(self);
    const KafkaConfig *own = metadata_topic_config(self->context.metadata, topic, end);
    const KafkaConfig *dynamic =
        metadata_broker_config(self->context.metadata, self->context.controller_id, end);
    const KafkaConfig *under = kafka_config_first_set(dynamic, self->context.config, option);
    return kafka_config_first_set(own, under, option);
}

const TopicSettings *control_topic_settings(Control *self, int32_t topic)
{
    TopicSettings *settings = &self->settings[topic];
    if (!settings->known) {
        static const char unclean[] = "unclean.leader.election.enable";
        static const char min_isr[] = "min.insync.replicas";
        settings->known = true;
        settings->unclean_election = kafka_config_boolean(source_of(self, topic, unclean), unclean);
        settings->min_isr = (int32_t)kafka_config_integer(source_of(self, topic, min_isr), min_isr);
    }
    return settings;
}

/* Never above the replicas of the topic's first partition. */
int32_t control_min_isr(Control *self, int32_t partition)
{
    const TopicInfo *topic = metadata_topic_of(self->context.metadata, partition);
    const PartitionRegistration *first = control_partition(self, topic->first_partition);
    int32_t min_isr = control_topic_settings(self, topic->index)->min_isr;
    return first != NULL ? MIN(min_isr, first->replicas.count) : min_isr;
}
