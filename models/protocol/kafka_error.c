/* kafka_error.c - names and kinds of errors, printed from the one table. */
#include "models/protocol/kafka_error.h"

const char *kafka_error_name(KafkaError error)
{
    switch (error) {
#define KAFKA_ERROR_NAME(name, code, retriable, metadata)                                          \
    case KAFKA_##name:                                                                             \
        return #name;
        KAFKA_ERRORS(KAFKA_ERROR_NAME)
#undef KAFKA_ERROR_NAME
    }
    return "UNKNOWN";
}

bool kafka_error_is_retriable(KafkaError error)
{
    switch (error) {
#define KAFKA_ERROR_RETRIABLE(name, code, retriable, metadata)                                     \
    case KAFKA_##name:                                                                             \
        return retriable;
        KAFKA_ERRORS(KAFKA_ERROR_RETRIABLE)
#undef KAFKA_ERROR_RETRIABLE
    }
    return false;
}

bool kafka_error_is_invalid_metadata(KafkaError error)
{
    switch (error) {
#define KAFKA_ERROR_METADATA(name, code, retriable, metadata)                                      \
    case KAFKA_##name:                                                                             \
        return metadata;
        KAFKA_ERRORS(KAFKA_ERROR_METADATA)
#undef KAFKA_ERROR_METADATA
    }
    return false;
}
