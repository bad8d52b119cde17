/* check_murmur2.c - Utils.murmur2 and the partition of a key. */
#include "models/producer/murmur2.h"
#include "tests/vectors/vectors.h"
#include <stdlib.h>
#include <string.h>

static GByteArray *bytes_of(const char *hex)
{
    GByteArray *bytes = g_byte_array_new();
    for (size_t i = 0; i + 1 < strlen(hex); i += 2) {
        const char pair[] = {hex[i], hex[i + 1], 0};
        guint8 byte = (guint8)strtoul(pair, NULL, 16);
        g_byte_array_append(bytes, &byte, 1);
    }
    return bytes;
}

bool check_murmur2(const cJSON *vector, GString *why)
{
    g_autoptr(GByteArray) key = bytes_of(vector_text(vector, "utf8_hex"));
    uint32_t hash = murmur2(key->data, key->len);
    g_autofree char *hex = g_strdup_printf("0x%08x", hash);
    bool same = vector_same_text(why, "murmur2", vector_text(vector, "murmur2_hex"), hex) &&
                vector_same_integer(
                    why, "signed", vector_integer(vector, "murmur2_signed", 0), (int32_t)hash) &&
                vector_same_integer(why,
                                    "positive",
                                    vector_integer(vector, "positive", -1),
                                    murmur2_partition(key->data, key->len, INT32_MAX));
    const cJSON *partition;
    cJSON_ArrayForEach(partition, cJSON_GetObjectItemCaseSensitive(vector, "partitions"))
    {
        int32_t of = (int32_t)strtol(partition->string, NULL, 10);
        same = same && vector_same_integer(why,
                                           partition->string,
                                           (int64_t)partition->valuedouble,
                                           murmur2_partition(key->data, key->len, of));
    }
    return same;
}
