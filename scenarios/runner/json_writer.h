/* json_writer.h - JSON text in the order it is written, integers with all their digits.
 *
 * cJSON holds numbers as doubles and would lose offsets and times above 2^53; the results are
 * written with this. `key` is NULL inside arrays. Two spaces a level, one value a line. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_JSON_WRITER_H
#define KAFKASIM_SCENARIOS_RUNNER_JSON_WRITER_H
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct JsonWriter {
    GString *out;
    unsigned depth;
    bool empty; /* nothing was written yet in the present object or array */
} JsonWriter;

void json_writer_init(JsonWriter *self, GString *out);
void json_begin_object(JsonWriter *self, const char *key);
void json_end_object(JsonWriter *self);
void json_begin_array(JsonWriter *self, const char *key);
void json_end_array(JsonWriter *self);
void json_string(JsonWriter *self, const char *key, const char *value); /* NULL is null */
void json_integer(JsonWriter *self, const char *key, int64_t value);
void json_boolean(JsonWriter *self, const char *key, bool value);
void json_ms(JsonWriter *self, const char *key, int64_t ns);               /* 3 decimals */
void json_fixed(JsonWriter *self, const char *key, int64_t v, int places); /* v / 10^places */
void json_double(JsonWriter *self, const char *key, double value);         /* NaN is null */
/* Text that is JSON already. */
void json_raw(JsonWriter *self, const char *key, const char *json);
/* A short array of integers on one line. */
void json_integers(JsonWriter *self, const char *key, const int32_t *values, int32_t count);

#endif
