/* kafka_config.h - THE option table: every Kafka option that kafkasim knows.
 *
 * One row an option: Kafka's name, scope, type, unit, range, default, one line of help, and
 * whether it is simulated. The checker, `explain`, the JSON Schema, completion and the manual page
 * are all printed from it. Mirrors: org.apache.kafka.common.config.ConfigDef and its users
 * (KafkaConfig, LogConfig, ProducerConfig, ConsumerConfig, GroupCoordinatorConfig ...).
 *
 * A KafkaConfig is a set of values over the defaults, with an optional parent (a broker's own
 * options over the cluster's). Look-up is by name and meant for assembly; hot code caches. */
#ifndef KAFKASIM_MODELS_PROTOCOL_KAFKA_CONFIG_H
#define KAFKASIM_MODELS_PROTOCOL_KAFKA_CONFIG_H
#include "sim/kernel/kernel.h"

typedef enum KafkaScope {
    KAFKA_SCOPE_BROKER,
    KAFKA_SCOPE_CONTROLLER,
    KAFKA_SCOPE_GROUP, /* broker side of groups: coordinator, offsets, group configs */
    KAFKA_SCOPE_TOPIC,
    KAFKA_SCOPE_PRODUCER,
    KAFKA_SCOPE_CONSUMER,
    KAFKA_SCOPE_STREAMS,
    KAFKA_SCOPE_CONNECT,
    KAFKA_SCOPE_COUNT,
} KafkaScope;

/* A node's properties file holds three scopes. */
#define KAFKA_SCOPES_NODE                                                                          \
    ((1u << KAFKA_SCOPE_BROKER) | (1u << KAFKA_SCOPE_CONTROLLER) | (1u << KAFKA_SCOPE_GROUP))

typedef enum KafkaType {
    KAFKA_TYPE_BOOLEAN,
    KAFKA_TYPE_SHORT,
    KAFKA_TYPE_INT,
    KAFKA_TYPE_LONG,
    KAFKA_TYPE_DOUBLE,
    KAFKA_TYPE_STRING,
    KAFKA_TYPE_LIST,
    KAFKA_TYPE_CLASS,
} KafkaType;

typedef struct KafkaOption {
    const char *name;
    KafkaScope scope;
    KafkaType type;
    const char *unit;          /* "ms", "bytes", ... or "" */
    const char *default_value; /* as text; NULL = null (unset); "Long.MAX" is written as a number */
    int64_t minimum;           /* of numbers, of a string's length; INT64_MIN = none */
    int64_t maximum;
    const char *choices; /* "a|b|c" of an enumerated string, else NULL */
    bool simulated;      /* false: accepted, listed in the results as not simulated */
    const char *help;    /* one line */
} KafkaOption;

size_t kafka_option_count(void);
const KafkaOption *kafka_option_at(size_t index);
/* In any of the scopes of the mask (1u << KafkaScope); the first in table order, or NULL. */
const KafkaOption *kafka_option_find(unsigned scopes, const char *name);
const char *kafka_scope_name(KafkaScope scope); /* "broker" */
const char *kafka_type_name(KafkaType type);    /* "int" */

/* Why `text` is no value of the option, as "an integer in 0..10" (what was expected), written to
 * `expected`; true when it is one. */
bool kafka_option_accepts(const KafkaOption *option,
                          const char *text,
                          char *expected,
                          size_t expected_bytes);

/* Names it a class that is not Kafka's? Such a one is taken, but not simulated. */
bool kafka_option_is_own_class(const KafkaOption *option, const char *text);

typedef struct KafkaConfig KafkaConfig;
/* `parent` is borrowed and may be NULL; it must outlive the config. */
KafkaConfig *kafka_config_new(unsigned scopes, const KafkaConfig *parent);
void kafka_config_free(KafkaConfig *self);
/* False when the name is unknown in the scopes or the value is not accepted. */
bool kafka_config_set(KafkaConfig *self, const char *name, const char *text);
/* Set here or in a parent? */
bool kafka_config_is_set(const KafkaConfig *self, const char *name);
/* `own` (may be NULL) where it sets the option, else the one under it: a topic's over a broker's, a
 * change at run time over a file. */
const KafkaConfig *
kafka_config_first_set(const KafkaConfig *own, const KafkaConfig *under, const char *name);
/* The value as text: own, else parent's, else the default; NULL where that is null. Asking for a
 * name that is not in the table, or for the wrong type, is our bug and aborts. */
const char *kafka_config_text(const KafkaConfig *self, const char *name);
int64_t kafka_config_integer(const KafkaConfig *self, const char *name); /* null gives -1 */
bool kafka_config_boolean(const KafkaConfig *self, const char *name);
double kafka_config_double(const KafkaConfig *self, const char *name);
/* An option in ms as ns; Long.MAX and the like become SIM_TIME_MAX. */
SimDuration kafka_config_ms(const KafkaConfig *self, const char *name);
/* ISO 8601, days to seconds: "P1DT2H3M4S". */
SimDuration kafka_duration_ns(const char *text);
/* Calls visit for every value set here (not in parents), in table order. */
void kafka_config_each_set(const KafkaConfig *self,
                           void (*visit)(void *user, const KafkaOption *option, const char *text),
                           void *user);

#endif
