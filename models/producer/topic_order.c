/* topic_order.c - see topic_order.h. A key stands in bucket (hash ^ hash >>> 16) & (capacity - 1),
 * behind those that came before it. */
#include "models/producer/topic_order.h"
#include "models/group/assignors/java_hash.h"
#include <glib.h>

static uint32_t bucket(uint32_t hash, uint32_t capacity)
{
    return (hash ^ hash >> 16) & (capacity - 1);
}

static uint32_t power_of_two(uint64_t least)
{
    uint32_t capacity = 1;
    while (capacity < least) {
        capacity *= 2;
    }
    return capacity;
}

/* It doubles once it is more than three quarters full. */
static uint32_t grown(uint32_t capacity, int32_t count)
{
    return (uint64_t)count * 4 > (uint64_t)capacity * 3 ? capacity * 2 : capacity;
}

static gint compare(gconstpointer a, gconstpointer b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* `keys`: bucket << 32 | order of insertion. */
static void sort_keys(uint64_t *keys, int32_t count, int32_t *ret_places)
{
    g_autoptr(GArray) sorted = g_array_sized_new(FALSE, FALSE, sizeof(uint64_t), (guint)count);
    g_array_append_vals(sorted, keys, (guint)count);
    g_array_sort(sorted, compare);
    for (int32_t i = 0; i < count; i++) {
        ret_places[i] = (int32_t)(uint32_t)g_array_index(sorted, uint64_t, (guint)i);
    }
}

/* TopicPartition.hashCode in a table made for `count`. */
void topic_order_of_metadata(const char *topic, int32_t count, int32_t *ret_order)
{
    uint32_t capacity = grown(power_of_two((uint64_t)count), count);
    uint32_t name = (uint32_t)java_string_hash(topic);
    g_autofree uint64_t *keys = g_new(uint64_t, (gsize)count);
    for (int32_t i = 0; i < count; i++) {
        uint32_t hash = 31U * (31U + (uint32_t)i) + name;
        keys[i] = (uint64_t)bucket(hash, capacity) << 32 | (uint32_t)i;
    }
    sort_keys(keys, count, ret_order);
}

/* The table was made as a copy of one with a key less, and then took the last key. */
void topic_order_of_deques(const int32_t *created, int32_t count, int32_t *ret_order)
{
    uint32_t capacity = 16;
    if (count > 1) {
        float room = (float)(count - 1) / 0.75F + 1.0F;
        capacity = grown(power_of_two((uint64_t)room), count);
    }
    g_autofree uint64_t *keys = g_new(uint64_t, (gsize)count);
    for (int32_t i = 0; i < count; i++) {
        keys[i] = (uint64_t)bucket((uint32_t)created[i], capacity) << 32 | (uint32_t)i;
    }
    g_autofree int32_t *places = g_new(int32_t, (gsize)count);
    sort_keys(keys, count, places);
    for (int32_t i = 0; i < count; i++) {
        ret_order[i] = created[places[i]];
    }
}
