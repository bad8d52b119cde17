/* document.h - how every JSON of `describe` begins. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_DESCRIBE_DOCUMENT_H
#define KAFKASIM_SCENARIOS_RUNNER_DESCRIBE_DOCUMENT_H
#include "scenarios/runner/json_writer.h"
#include "sim/kernel/kernel.h"

/* {"format": 1, "at_ms": ..., and is still open. */
static inline void document_begin(JsonWriter *json, SimTime at, GString *out)
{
    json_writer_init(json, out);
    json_begin_object(json, NULL);
    json_integer(json, "format", 1);
    json_ms(json, "at_ms", at);
}

/* Null where the tools print "-". */
static inline void document_known(JsonWriter *json, const char *key, int64_t value)
{
    if (value < 0) {
        json_string(json, key, NULL);
    } else {
        json_integer(json, key, value);
    }
}

#endif
