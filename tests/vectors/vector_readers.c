/* vector_readers.c - reads members of a vector, and compares. */
#include "tests/vectors/vectors.h"

int64_t vector_integer(const cJSON *object, const char *name, int64_t fallback)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? (int64_t)item->valuedouble : fallback;
}

double vector_double(const cJSON *object, const char *name, double fallback)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : fallback;
}

const char *vector_text(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsString(item) ? item->valuestring : NULL;
}

bool vector_boolean(const cJSON *object, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, name));
}

bool vector_is_set(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return item != NULL && !cJSON_IsNull(item);
}

bool vector_same_integer(GString *why, const char *what, int64_t expected, int64_t got)
{
    if (expected == got) {
        return true;
    }
    g_string_append_printf(why,
                           "%s: expected %" G_GINT64_FORMAT ", got %" G_GINT64_FORMAT,
                           what,
                           (gint64)expected,
                           (gint64)got);
    return false;
}

bool vector_same_text(GString *why, const char *what, const char *expected, const char *got)
{
    if (g_strcmp0(expected, got) == 0) {
        return true;
    }
    g_string_append_printf(why,
                           "%s: expected %s, got %s",
                           what,
                           expected != NULL ? expected : "nothing",
                           got != NULL ? got : "nothing");
    return false;
}
