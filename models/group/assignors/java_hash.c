/* java_hash.c - see java_hash.h. */
#include "models/group/assignors/java_hash.h"
#include <glib.h>

#define SMALLEST_TABLE 16U

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

uint32_t java_uuid_hash(JavaUuid id)
{
    const uint64_t mixed = (uint64_t)id.high ^ (uint64_t)id.low;
    return (uint32_t)(mixed >> 32) ^ (uint32_t)mixed;
}

int java_uuid_compare(JavaUuid a, JavaUuid b)
{
    if (a.high != b.high) {
        return a.high > b.high ? 1 : -1;
    }
    return (a.low > b.low) - (a.low < b.low);
}

int32_t java_hash_partition(const char *text, int32_t n)
{
    const int32_t hash = java_string_hash(text);
    const int32_t absolute = hash == INT32_MIN ? 0 : (hash < 0 ? -hash : hash);
    return absolute % n;
}

uint32_t java_hash_capacity(int32_t entries)
{
    uint32_t table = SMALLEST_TABLE;
    while ((uint64_t)entries * 4 > (uint64_t)table * 3) {
        table *= 2;
    }
    return table;
}

/* (int) (n / 0.75f) + 1, rounded up to a power of two. */
uint32_t java_hash_capacity_of_copy(int32_t entries)
{
    const uint64_t wanted = (uint64_t)entries * 4 / 3 + 1;
    uint32_t table = SMALLEST_TABLE;
    while (table < wanted) {
        table *= 2;
    }
    return table;
}

uint32_t java_hash_place(uint32_t hash, uint32_t capacity)
{
    return (hash ^ hash >> 16) & (capacity - 1);
}

uint32_t java_hash_bucket(const char *key, int32_t entries)
{
    return java_hash_place((uint32_t)java_string_hash(key), java_hash_capacity(entries));
}

static gint compare_keys(gconstpointer a, gconstpointer b)
{
    const uint64_t left = *(const uint64_t *)a;
    const uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

void java_hash_order(const uint32_t *hashes, int32_t count, uint32_t capacity, int32_t *ret_order)
{
    GArray *keys = g_array_sized_new(FALSE, FALSE, sizeof(uint64_t), (guint)count);
    for (int32_t i = 0; i < count; i++) {
        const uint64_t key =
            (uint64_t)java_hash_place(hashes[i], capacity) << 32 | (uint64_t)(uint32_t)i;
        g_array_append_val(keys, key);
    }
    g_array_sort(keys, compare_keys);
    for (int32_t i = 0; i < count; i++) {
        ret_order[i] = (int32_t)(uint32_t)g_array_index(keys, uint64_t, (guint)i);
    }
    g_array_free(keys, TRUE);
}
