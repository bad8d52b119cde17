/* kafka_config.c - the option table as one sequence, and sets of values over it.
 *
 * The rows are in options/kafka_options_*.c. A KafkaConfig keeps its own values by row number; a
 * row that it does not set is asked of its parent, and at last of the row's default. Names that
 * stand in several scopes (offsets.topic.num.partitions is a broker's and a group coordinator's)
 * mean, within one config, the first row in table order. */
#include "models/protocol/kafka_options.h"
#include <stdlib.h>
#include <string.h>

struct KafkaConfig {
    unsigned scopes;
    const KafkaConfig *parent;
    char **values; /* by row number; NULL = not set here */
};

typedef struct OptionPart {
    const KafkaOption *rows;
    const size_t *count;
} OptionPart;

static const OptionPart parts[] = {
    {kafka_options_broker, &kafka_options_broker_count},
    {kafka_options_controller, &kafka_options_controller_count},
    {kafka_options_group, &kafka_options_group_count},
    {kafka_options_topic, &kafka_options_topic_count},
    {kafka_options_producer, &kafka_options_producer_count},
    {kafka_options_consumer, &kafka_options_consumer_count},
    {kafka_options_streams, &kafka_options_streams_count},
    {kafka_options_connect, &kafka_options_connect_count},
    {kafka_options_more_broker, &kafka_options_more_broker_count},
    {kafka_options_more_topic, &kafka_options_more_topic_count},
    {kafka_options_more_producer, &kafka_options_more_producer_count},
    {kafka_options_more_consumer, &kafka_options_more_consumer_count},
};

size_t kafka_option_count(void)
{
    size_t count = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        count += *parts[i].count;
    }
    return count;
}

const KafkaOption *kafka_option_at(size_t index)
{
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (index < *parts[i].count) {
            return &parts[i].rows[index];
        }
        index -= *parts[i].count;
    }
    return NULL;
}

/* Row number of the first such option, or -1. A part holds one scope, so whole parts are
 * skipped. */
static int64_t option_index(unsigned scopes, const char *name)
{
    size_t before = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        size_t count = *parts[i].count;
        bool wanted = (scopes & (1u << parts[i].rows[0].scope)) != 0;
        for (size_t k = 0; wanted && k < count; k++) {
            if (strcmp(parts[i].rows[k].name, name) == 0) {
                return (int64_t)(before + k);
            }
        }
        before += count;
    }
    return -1;
}

const KafkaOption *kafka_option_find(unsigned scopes, const char *name)
{
    int64_t index = option_index(scopes, name);
    return index < 0 ? NULL : kafka_option_at((size_t)index);
}

const char *kafka_scope_name(KafkaScope scope)
{
    static const char *const names[] = {
        "broker", "controller", "group", "topic", "producer", "consumer", "streams", "connect"};
    return names[scope];
}

const char *kafka_type_name(KafkaType type)
{
    static const char *const names[] = {
        "boolean", "short", "int", "long", "double", "string", "list", "class"};
    return names[type];
}

KafkaConfig *kafka_config_new(unsigned scopes, const KafkaConfig *parent)
{
    KafkaConfig *self = g_new0(KafkaConfig, 1);
    self->scopes = scopes;
    self->parent = parent;
    return self;
}

void kafka_config_free(KafkaConfig *self)
{
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; self->values != NULL && i < kafka_option_count(); i++) {
        g_free(self->values[i]);
    }
    g_free(self->values);
    g_free(self);
}

bool kafka_config_set(KafkaConfig *self, const char *name, const char *text)
{
    int64_t index = option_index(self->scopes, name);
    char *canonical =
        index < 0 ? NULL : kafka_option_canonical(kafka_option_at((size_t)index), text);
    if (canonical == NULL) {
        return false;
    }
    if (self->values == NULL) {
        self->values = g_new0(char *, kafka_option_count());
    }
    g_free(self->values[index]);
    self->values[index] = canonical;
    return true;
}

/* Aborts on a name that is not in the table: a typing error of ours must not pass as a default. */
static size_t index_or_abort(const KafkaConfig *self, const char *name)
{
    int64_t index = option_index(self->scopes, name);
    if (index < 0) {
        g_error("kafka_config: no option \"%s\" in this scope", name);
    }
    return (size_t)index;
}

static const char *own_or_inherited(const KafkaConfig *self, size_t index)
{
    for (const KafkaConfig *at = self; at != NULL; at = at->parent) {
        if (at->values != NULL && at->values[index] != NULL) {
            return at->values[index];
        }
    }
    return NULL;
}

bool kafka_config_is_set(const KafkaConfig *self, const char *name)
{
    return own_or_inherited(self, index_or_abort(self, name)) != NULL;
}

const KafkaConfig *
kafka_config_first_set(const KafkaConfig *own, const KafkaConfig *under, const char *name)
{
    return own != NULL && kafka_config_is_set(own, name) ? own : under;
}

static const char *value_of(const KafkaConfig *self, const char *name, unsigned types)
{
    size_t index = index_or_abort(self, name);
    const KafkaOption *option = kafka_option_at(index);
    if ((types & (1u << option->type)) == 0) {
        g_error("kafka_config: \"%s\" is of type %s", name, kafka_type_name(option->type));
    }
    const char *text = own_or_inherited(self, index);
    return text != NULL ? text : option->default_value;
}

const char *kafka_config_text(const KafkaConfig *self, const char *name)
{
    return value_of(self, name, ~0u);
}

int64_t kafka_config_integer(const KafkaConfig *self, const char *name)
{
    const unsigned integers =
        (1u << KAFKA_TYPE_SHORT) | (1u << KAFKA_TYPE_INT) | (1u << KAFKA_TYPE_LONG);
    const char *text = value_of(self, name, integers);
    return text == NULL ? -1 : g_ascii_strtoll(text, NULL, 10);
}

bool kafka_config_boolean(const KafkaConfig *self, const char *name)
{
    const char *text = value_of(self, name, 1u << KAFKA_TYPE_BOOLEAN);
    return text != NULL && strcmp(text, "true") == 0;
}

double kafka_config_double(const KafkaConfig *self, const char *name)
{
    const char *text = value_of(self, name, 1u << KAFKA_TYPE_DOUBLE);
    return text == NULL ? -1.0 : g_ascii_strtod(text, NULL);
}

SimDuration kafka_config_ms(const KafkaConfig *self, const char *name)
{
    int64_t ms = kafka_config_integer(self, name);
    if (ms < 0) {
        return -1;
    }
    return ms > SIM_TIME_MAX / SIM_MS(1) ? SIM_TIME_MAX : SIM_MS(ms);
}

void kafka_config_each_set(const KafkaConfig *self,
                           void (*visit)(void *user, const KafkaOption *option, const char *text),
                           void *user)
{
    for (size_t i = 0; self->values != NULL && i < kafka_option_count(); i++) {
        if (self->values[i] != NULL) {
            visit(user, kafka_option_at(i), self->values[i]);
        }
    }
}
