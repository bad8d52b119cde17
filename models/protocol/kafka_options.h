/* kafka_options.h - how the rows of THE option table are written down; private to kafka_config.c
 * and options/kafka_options_*.c. */
#ifndef KAFKASIM_MODELS_PROTOCOL_KAFKA_OPTIONS_H
#define KAFKASIM_MODELS_PROTOCOL_KAFKA_OPTIONS_H
#include "models/protocol/kafka_config.h"
#include <glib.h>

#define MIN32 INT32_MIN
#define MAX32 INT32_MAX
#define MIN64 INT64_MIN
#define MAX64 INT64_MAX
/* The one place that says whether the models read an option. */
#define SIMULATED true
#define accepted  false

#define ROW(name, scope, type, unit, fallback, least, greatest, choices, simulated, help)          \
    {                                                                                              \
        name, KAFKA_SCOPE_##scope, KAFKA_TYPE_##type, unit, fallback, least, greatest, choices,    \
            simulated, help                                                                        \
    }

/* The value as it is kept ("-1" of acks is "all", "TRUE" is "true"), or NULL when `text` is no
 * value of the option. Caller frees. */
char *kafka_option_canonical(const KafkaOption *option, const char *text);

extern const KafkaOption kafka_options_broker[];
extern const size_t kafka_options_broker_count;
extern const KafkaOption kafka_options_controller[];
extern const size_t kafka_options_controller_count;
extern const KafkaOption kafka_options_group[];
extern const size_t kafka_options_group_count;
extern const KafkaOption kafka_options_topic[];
extern const size_t kafka_options_topic_count;
extern const KafkaOption kafka_options_producer[];
extern const size_t kafka_options_producer_count;
extern const KafkaOption kafka_options_consumer[];
extern const size_t kafka_options_consumer_count;
extern const KafkaOption kafka_options_streams[];
extern const size_t kafka_options_streams_count;
extern const KafkaOption kafka_options_connect[];
extern const size_t kafka_options_connect_count;
extern const KafkaOption kafka_options_more_broker[];
extern const size_t kafka_options_more_broker_count;
extern const KafkaOption kafka_options_more_topic[];
extern const size_t kafka_options_more_topic_count;
extern const KafkaOption kafka_options_more_producer[];
extern const size_t kafka_options_more_producer_count;
extern const KafkaOption kafka_options_more_consumer[];
extern const size_t kafka_options_more_consumer_count;

#endif
