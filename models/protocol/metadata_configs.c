/* metadata_configs.c - options that were changed while the cluster ran, as of an offset.
 *
 * A broker's own options go over the default of all brokers, whichever was set later. Configs stay
 * until the log is freed: who was given one may keep it. Mirrors: ConfigurationsImage. */
#include "models/protocol/metadata_state.h"

static void copy_value(void *user, const KafkaOption *option, const char *text)
{
    (void)kafka_config_set(user, option->name, text);
}

/* The values of `under`, and over them those of `over`; either may be NULL. */
static const KafkaConfig *overlay(MetadataLog *self,
                                  unsigned scopes,
                                  const KafkaConfig *parent,
                                  const KafkaConfig *under,
                                  const KafkaConfig *over)
{
    KafkaConfig *made = kafka_config_new(scopes, parent);
    if (under != NULL) {
        kafka_config_each_set(under, copy_value, made);
    }
    if (over != NULL) {
        kafka_config_each_set(over, copy_value, made);
    }
    g_ptr_array_add(self->configs, made);
    return made;
}

static const ConfigVersion *as_of(const ConfigVersion *version, int64_t offset)
{
    while (version != NULL && version->offset >= offset) {
        version = version->older;
    }
    return version;
}

static ConfigVersion *push(GPtrArray *histories,
                           guint at,
                           int64_t offset,
                           const KafkaConfig *own,
                           const KafkaConfig *config)
{
    ConfigVersion *version = g_new0(ConfigVersion, 1);
    version->offset = offset;
    version->older = histories->pdata[at];
    version->own = own;
    version->config = config;
    histories->pdata[at] = version;
    return version;
}

int64_t metadata_append_topic_config(MetadataLog *self, int32_t topic, const KafkaConfig *options)
{
    const ConfigVersion *now = self->topic_configs->pdata[topic];
    const bool is_bare = now != NULL && now->is_bare;
    const KafkaConfig *declared = is_bare ? NULL : metadata_topic(self, topic)->config;
    const KafkaConfig *config =
        overlay(self, 1u << KAFKA_SCOPE_TOPIC, declared, now != NULL ? now->own : NULL, options);
    int64_t offset = metadata_append_record(self, METADATA_TOPIC_CONFIG, topic);
    push(self->topic_configs, (guint)topic, offset, config, config)->is_bare = is_bare;
    return offset;
}

int64_t
metadata_append_new_topic_config(MetadataLog *self, int32_t topic, const KafkaConfig *options)
{
    const KafkaConfig *own = overlay(self, 1u << KAFKA_SCOPE_TOPIC, NULL, NULL, options);
    int64_t offset = metadata_append_record(self, METADATA_TOPIC_CONFIG, topic);
    push(self->topic_configs, (guint)topic, offset, own, own)->is_bare = true;
    return offset;
}

const KafkaConfig *metadata_topic_config(const MetadataLog *self, int32_t topic, int64_t offset)
{
    const ConfigVersion *version = as_of(self->topic_configs->pdata[topic], offset);
    return version != NULL ? version->config : metadata_topic(self, topic)->config;
}

/* A topic that is removed takes its options with it, those that were declared too. */
void metadata_remove_topic_config(MetadataLog *self, int32_t topic, int64_t offset)
{
    push(self->topic_configs, (guint)topic, offset, NULL, NULL)->is_bare = true;
}

/* Where the broker's configs stand, -1 when nothing was ever set for it. */
static int32_t find_config(const MetadataLog *self, int32_t broker)
{
    for (guint i = 0; i < self->config_ids->len; i++) {
        if (g_array_index(self->config_ids, int32_t, i) == broker) {
            return (int32_t)i;
        }
    }
    return -1;
}

static guint find_or_add_config(MetadataLog *self, int32_t broker)
{
    int32_t found = find_config(self, broker);
    if (found < 0) {
        found = (int32_t)self->config_ids->len;
        g_array_append_val(self->config_ids, broker);
        g_ptr_array_add(self->broker_configs, NULL);
    }
    return (guint)found;
}

static const ConfigVersion *newest(const MetadataLog *self, int32_t broker)
{
    int32_t at = find_config(self, broker);
    return at >= 0 ? self->broker_configs->pdata[at] : NULL;
}

/* The default changed: every broker with options of its own has them over the new default. */
static void push_default(MetadataLog *self, int64_t offset, const KafkaConfig *fallback)
{
    for (guint i = 0; i < self->config_ids->len; i++) {
        const ConfigVersion *now = self->broker_configs->pdata[i];
        if (g_array_index(self->config_ids, int32_t, i) < 0) {
            push(self->broker_configs, i, offset, fallback, fallback);
        } else if (now != NULL) {
            push(self->broker_configs,
                 i,
                 offset,
                 now->own,
                 overlay(self, KAFKA_SCOPES_NODE, NULL, fallback, now->own));
        }
    }
}

int64_t metadata_append_broker_config(MetadataLog *self, int32_t broker, const KafkaConfig *options)
{
    guint at = find_or_add_config(self, broker);
    const ConfigVersion *now = self->broker_configs->pdata[at];
    const KafkaConfig *own =
        overlay(self, KAFKA_SCOPES_NODE, NULL, now != NULL ? now->own : NULL, options);
    int64_t offset = metadata_append_record(self, METADATA_BROKER_CONFIG, broker);
    if (broker < 0) {
        push_default(self, offset, own);
        return offset;
    }
    const ConfigVersion *fallback = newest(self, -1);
    push(self->broker_configs,
         at,
         offset,
         own,
         overlay(self, KAFKA_SCOPES_NODE, NULL, fallback != NULL ? fallback->own : NULL, own));
    return offset;
}

const KafkaConfig *metadata_broker_config(const MetadataLog *self, int32_t broker, int64_t offset)
{
    const ConfigVersion *own = as_of(newest(self, broker), offset);
    if (own == NULL) {
        own = as_of(newest(self, -1), offset);
    }
    return own != NULL ? own->config : NULL;
}

static void free_history(ConfigVersion *version)
{
    while (version != NULL) {
        ConfigVersion *older = version->older;
        g_free(version);
        version = older;
    }
}

static void free_histories(GPtrArray *histories)
{
    for (guint i = 0; i < histories->len; i++) {
        free_history(histories->pdata[i]);
    }
    g_ptr_array_free(histories, TRUE);
}

void metadata_free_configs(MetadataLog *self)
{
    free_histories(self->topic_configs);
    free_histories(self->broker_configs);
    for (guint i = 0; i < self->configs->len; i++) {
        kafka_config_free(self->configs->pdata[i]);
    }
    g_ptr_array_free(self->configs, TRUE);
    g_array_free(self->config_ids, TRUE);
}

static void forget_history(ConfigVersion *version, int64_t offset)
{
    while (version != NULL && version->offset >= offset) {
        version = version->older;
    }
    if (version != NULL) {
        free_history(version->older);
        version->older = NULL;
    }
}

void metadata_forget_config(MetadataLog *self, const MetadataRecord *record, int64_t offset)
{
    if (record->kind == METADATA_TOPIC_CONFIG) {
        forget_history(self->topic_configs->pdata[record->subject], offset);
        return;
    }
    for (guint i = 0; i < self->broker_configs->len; i++) {
        forget_history(self->broker_configs->pdata[i], offset);
    }
}

static void undo(GPtrArray *histories, guint at, int64_t offset)
{
    ConfigVersion *version = histories->pdata[at];
    if (version != NULL && version->offset == offset) {
        histories->pdata[at] = version->older;
        g_free(version);
    }
}

void metadata_undo_config(MetadataLog *self, const MetadataRecord *record)
{
    if (record->kind != METADATA_BROKER_CONFIG) {
        undo(self->topic_configs, (guint)record->subject, record->offset);
        return;
    }
    for (guint i = 0; i < self->broker_configs->len; i++) {
        undo(self->broker_configs, i, record->offset);
    }
}
