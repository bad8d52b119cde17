/* assignor_order.c - the orders in which Kafka's assignors walk members, topics, partitions.
 *
 * Java compares strings by UTF-16 units and this by UTF-8 bytes, which differs only beyond the
 * basic plane. */
#include "models/group/assignors/assignor.h"
#include <string.h>

typedef gint (*OrderCompare)(const AssignorInput *input, int32_t a, int32_t b);

typedef struct OrderContext {
    const AssignorInput *input;
    OrderCompare compare;
} OrderContext;

static gint compare_positions(gconstpointer a, gconstpointer b, gpointer data)
{
    const OrderContext *context = data;
    return context->compare(context->input, *(const int32_t *)a, *(const int32_t *)b);
}

static void
sort(const AssignorInput *input, OrderCompare compare, int32_t count, int32_t *ret_order)
{
    GArray *order = g_array_sized_new(FALSE, FALSE, sizeof(int32_t), (guint)count + 1);
    for (int32_t i = 0; i < count; i++) {
        g_array_append_val(order, i);
    }
    OrderContext context = {input, compare};
    g_array_sort_with_data(order, compare_positions, &context);
    if (count > 0) {
        memcpy(ret_order, order->data, (size_t)count * sizeof(int32_t));
    }
    g_array_free(order, TRUE);
}

static gint compare_members(const AssignorInput *input, int32_t a, int32_t b)
{
    const AssignorMember *left = &input->members[a];
    const AssignorMember *right = &input->members[b];
    if (left->group_instance_id != NULL && right->group_instance_id != NULL) {
        return strcmp(left->group_instance_id, right->group_instance_id);
    }
    if ((left->group_instance_id != NULL) != (right->group_instance_id != NULL)) {
        return left->group_instance_id != NULL ? -1 : 1;
    }
    return strcmp(left->member_id, right->member_id);
}

static gint compare_ids(const AssignorInput *input, int32_t a, int32_t b)
{
    return strcmp(input->members[a].member_id, input->members[b].member_id);
}

static gint compare_topics(const AssignorInput *input, int32_t a, int32_t b)
{
    return strcmp(input->topics[a].name, input->topics[b].name);
}

void assignor_sort_members(const AssignorInput *input, int32_t *ret_order)
{
    sort(input, compare_members, input->member_count, ret_order);
}

void assignor_sort_topics(const AssignorInput *input, int32_t *ret_order)
{
    sort(input, compare_topics, input->topic_count, ret_order);
}

void assignor_rank_by_id(const AssignorInput *input, int32_t *ret_rank)
{
    int32_t *order = g_new0(int32_t, (gsize)input->member_count + 1);
    sort(input, compare_ids, input->member_count, order);
    for (int32_t i = 0; i < input->member_count; i++) {
        ret_rank[order[i]] = i;
    }
    g_free(order);
}

void assignor_sort_as_java(const AssignorInput *input, int32_t *ret_order)
{
    uint32_t *hashes = g_new0(uint32_t, (gsize)input->member_count + 1);
    for (int32_t m = 0; m < input->member_count; m++) {
        hashes[m] = (uint32_t)java_string_hash(input->members[m].member_id);
    }
    java_hash_order(
        hashes, input->member_count, java_hash_capacity(input->member_count), ret_order);
    g_free(hashes);
}

/* Topics usually stand in the order of their partitions; else it is looked for. */
int32_t assignor_topic_of(const AssignorInput *input, int32_t partition)
{
    int32_t low = 0;
    int32_t high = input->topic_count;
    while (low < high) {
        const int32_t middle = low + (high - low) / 2;
        const AssignorTopic *topic = &input->topics[middle];
        if (partition < topic->first_partition) {
            high = middle;
        } else if (partition >= topic->first_partition + topic->partitions) {
            low = middle + 1;
        } else {
            return middle;
        }
    }
    for (int32_t t = 0; t < input->topic_count; t++) {
        const AssignorTopic *topic = &input->topics[t];
        if (partition >= topic->first_partition &&
            partition < topic->first_partition + topic->partitions) {
            return t;
        }
    }
    return ASSIGNOR_NOBODY;
}

typedef struct OwnedKey {
    uint32_t topic_bucket;
    uint32_t bucket;
    int32_t topic;
    int32_t partition;
} OwnedKey;

static gint compare_owned(gconstpointer a, gconstpointer b)
{
    const OwnedKey *left = a;
    const OwnedKey *right = b;
    if (left->topic_bucket != right->topic_bucket) {
        return left->topic_bucket < right->topic_bucket ? -1 : 1;
    }
    if (left->topic != right->topic) {
        return left->topic < right->topic ? -1 : 1;
    }
    return (left->bucket > right->bucket) - (left->bucket < right->bucket);
}

void assignor_sort_owned(const AssignorInput *input, int32_t *owned, int32_t count)
{
    int32_t *of_topic = g_new0(int32_t, (gsize)input->topic_count + 1);
    int32_t topics = 0;
    GArray *keys = g_array_sized_new(FALSE, TRUE, sizeof(OwnedKey), (guint)count + 1);
    for (int32_t i = 0; i < count; i++) {
        OwnedKey key = {.topic = assignor_topic_of(input, owned[i]), .partition = owned[i]};
        if (key.topic != ASSIGNOR_NOBODY) {
            topics += of_topic[key.topic]++ == 0 ? 1 : 0;
        }
        g_array_append_val(keys, key);
    }
    for (guint i = 0; i < keys->len; i++) {
        OwnedKey *key = &g_array_index(keys, OwnedKey, i);
        if (key->topic != ASSIGNOR_NOBODY) {
            const AssignorTopic *topic = &input->topics[key->topic];
            key->topic_bucket =
                java_hash_place(java_uuid_hash(topic->id), java_hash_capacity(topics));
            key->bucket = java_hash_place((uint32_t)(key->partition - topic->first_partition),
                                          java_hash_capacity_of_copy(of_topic[key->topic]));
        }
    }
    g_array_sort(keys, compare_owned);
    for (guint i = 0; i < keys->len; i++) {
        owned[i] = g_array_index(keys, OwnedKey, i).partition;
    }
    g_array_free(keys, TRUE);
    g_free(of_topic);
}
