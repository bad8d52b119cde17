/* java_hash.c - see java_hash.h. */
#include "models/group/assignors/java_hash.h"
#include <glib.h>

static uint32_t add_unit(uint32_t hash, uint32_t unit)
{
    return hash * 31U + unit;
}

int32_t java_string_hash(const char *text)
{
    uint32_t hash = 0;
    for (const char *at = text; *at != '\0'; at += g_utf8_skip[(guchar)*at]) {
        const gunichar c = g_utf8_get_char(at);
        if (c >= 0x10000) {
            hash = add_unit(hash, 0xd800U + ((c - 0x10000U) >> 10));
            hash = add_unit(hash, 0xdc00U + ((c - 0x10000U) & 0x3ffU));
        } else {
            hash = add_unit(hash, c);
        }
    }
    return (int32_t)hash;
}

int32_t java_hash_partition(const char *text, int32_t n)
{
    const int32_t hash = java_string_hash(text);
    const int32_t absolute = hash == INT32_MIN ? 0 : (hash < 0 ? -hash : hash);
    return absolute % n;
}

uint32_t java_hash_bucket(const char *key, int32_t entries)
{
    uint32_t table = 16;
    while ((uint64_t)entries * 4 > (uint64_t)table * 3) {
        table *= 2;
    }
    const uint32_t hash = (uint32_t)java_string_hash(key);
    return (hash ^ hash >> 16) & (table - 1);
}
