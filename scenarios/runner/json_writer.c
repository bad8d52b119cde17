/* json_writer.c - JSON text in the order it is written. */
#include "scenarios/runner/json_writer.h"
#include "scenarios/runner/text.h"
#include <math.h>

void json_writer_init(JsonWriter *self, GString *out)
{
    *self = (JsonWriter){.out = out, .empty = true};
}

static void new_line(JsonWriter *self)
{
    g_string_append_c(self->out, '\n');
    for (unsigned i = 0; i < self->depth; i++) {
        g_string_append(self->out, "  ");
    }
}

static void begin_value(JsonWriter *self, const char *key)
{
    if (self->depth > 0) {
        g_string_append(self->out, self->empty ? "" : ",");
        new_line(self);
    }
    self->empty = false;
    if (key != NULL) {
        text_json(self->out, key);
        g_string_append(self->out, ": ");
    }
}

static void begin(JsonWriter *self, const char *key, char bracket)
{
    begin_value(self, key);
    g_string_append_c(self->out, bracket);
    self->depth++;
    self->empty = true;
}

static void end(JsonWriter *self, char bracket)
{
    self->depth--;
    if (!self->empty) {
        new_line(self);
    }
    g_string_append_c(self->out, bracket);
    self->empty = false;
    if (self->depth == 0) {
        g_string_append_c(self->out, '\n');
    }
}

void json_begin_object(JsonWriter *self, const char *key)
{
    begin(self, key, '{');
}

void json_end_object(JsonWriter *self)
{
    end(self, '}');
}

void json_begin_array(JsonWriter *self, const char *key)
{
    begin(self, key, '[');
}

void json_end_array(JsonWriter *self)
{
    end(self, ']');
}

void json_raw(JsonWriter *self, const char *key, const char *json)
{
    begin_value(self, key);
    g_string_append(self->out, json);
}

void json_string(JsonWriter *self, const char *key, const char *value)
{
    begin_value(self, key);
    if (value == NULL) {
        g_string_append(self->out, "null");
    } else {
        text_json(self->out, value);
    }
}

void json_integer(JsonWriter *self, const char *key, int64_t value)
{
    json_fixed(self, key, value, 0);
}

void json_boolean(JsonWriter *self, const char *key, bool value)
{
    json_raw(self, key, value ? "true" : "false");
}

void json_ms(JsonWriter *self, const char *key, int64_t ns)
{
    begin_value(self, key);
    text_ms(self->out, ns);
}

void json_fixed(JsonWriter *self, const char *key, int64_t v, int places)
{
    begin_value(self, key);
    text_fixed(self->out, v, places);
}

void json_double(JsonWriter *self, const char *key, double value)
{
    begin_value(self, key);
    if (isfinite(value)) {
        text_double(self->out, value);
    } else {
        g_string_append(self->out, "null");
    }
}

void json_integers(JsonWriter *self, const char *key, const int32_t *values, int32_t count)
{
    begin_value(self, key);
    g_string_append_c(self->out, '[');
    for (int32_t i = 0; i < count; i++) {
        g_string_append_printf(self->out, "%s%d", i > 0 ? ", " : "", values[i]);
    }
    g_string_append_c(self->out, ']');
}
