/* java_order.c - see the header. */
#include "models/controller/java_order.h"
#include <string.h>

#define CAPACITY_MIN 16u

uint32_t java_order_capacity_for(int32_t count)
{
    uint32_t needed = (uint32_t)((float)count / 0.75f) + 1u;
    uint32_t capacity = CAPACITY_MIN;
    while (capacity < needed) {
        capacity *= 2;
    }
    return capacity;
}

uint32_t java_order_bucket(uint32_t hash, uint32_t capacity)
{
    return (hash ^ (hash >> 16)) & (capacity - 1);
}

uint32_t java_order_hash_long(int64_t value)
{
    uint64_t bits = (uint64_t)value;
    return (uint32_t)(bits ^ (bits >> 32));
}

void java_order_table_init(JavaOrderTable *self, bool concurrent)
{
    self->concurrent = concurrent;
    self->capacity = CAPACITY_MIN;
    self->items = g_array_new(FALSE, FALSE, sizeof(JavaOrderItem));
}

void java_order_table_clear(JavaOrderTable *self)
{
    g_array_free(self->items, TRUE);
}

static JavaOrderItem *item_at(const JavaOrderTable *self, guint index)
{
    return &g_array_index(self->items, JavaOrderItem, index);
}

/* Behind all of its bucket. */
static void insert(JavaOrderTable *self, JavaOrderItem item)
{
    guint at = self->items->len;
    uint32_t bucket = java_order_bucket(item.hash, self->capacity);
    while (at > 0 && java_order_bucket(item_at(self, at - 1)->hash, self->capacity) > bucket) {
        at--;
    }
    g_array_insert_val(self->items, at, item);
}

/* ConcurrentHashMap.transfer: the longest tail of a bucket whose items go the same way keeps its
 * order; those before it go to the front of theirs, one by one. */
static void turn_round(JavaOrderTable *self, guint first, guint end)
{
    guint run = end - 1;
    uint32_t bit = self->capacity; /* the old one: decides low or high */
#define SIDE(i) (java_order_bucket(item_at(self, i)->hash, bit * 2) & bit)
    while (run > first && SIDE(run - 1) == SIDE(end - 1)) {
        run--;
    }
#undef SIDE
    for (guint low = first, high = run; low + 1 < high; low++) {
        JavaOrderItem held = *item_at(self, low);
        *item_at(self, low) = *item_at(self, --high);
        *item_at(self, high) = held;
    }
}

static void grow(JavaOrderTable *self)
{
    for (guint first = 0; self->concurrent && first < self->items->len;) {
        uint32_t bucket = java_order_bucket(item_at(self, first)->hash, self->capacity);
        guint end = first + 1;
        while (end < self->items->len &&
               java_order_bucket(item_at(self, end)->hash, self->capacity) == bucket) {
            end++;
        }
        turn_round(self, first, end);
        first = end;
    }
    GArray *old = self->items;
    self->items = g_array_new(FALSE, FALSE, sizeof(JavaOrderItem));
    self->capacity *= 2;
    for (guint i = 0; i < old->len; i++) {
        insert(self, g_array_index(old, JavaOrderItem, i));
    }
    g_array_free(old, TRUE);
}

void java_order_table_add(JavaOrderTable *self, uint32_t hash, int32_t value)
{
    const JavaOrderItem item = {hash, value};
    insert(self, item);
    guint limit = self->capacity / 4 * 3;
    if (self->concurrent ? self->items->len >= limit : self->items->len > limit) {
        grow(self);
    }
}

void java_order_table_remove_at(JavaOrderTable *self, uint32_t index)
{
    g_array_remove_index(self->items, index);
}

/* Stable: by bucket, then by insertion. */
static void sort_by_bucket(JavaOrderSet *self)
{
    int32_t *ids = self->ids.ids;
    for (int32_t i = 1; i < self->ids.count; i++) {
        int32_t held = ids[i];
        uint32_t bucket = java_order_bucket((uint32_t)held, self->capacity);
        int32_t at = i;
        while (at > 0 && java_order_bucket((uint32_t)ids[at - 1], self->capacity) > bucket) {
            ids[at] = ids[at - 1];
            at--;
        }
        ids[at] = held;
    }
}

JavaOrderSet java_order_set_of(const ReplicaList *ids)
{
    JavaOrderSet self = {java_order_capacity_for(ids->count), *ids};
    sort_by_bucket(&self);
    return self;
}

void java_order_set_add_all(JavaOrderSet *self, const ReplicaList *ids)
{
    for (int32_t i = 0; i < ids->count; i++) {
        replica_list_add(&self->ids, ids->ids[i]);
    }
    while ((uint32_t)self->ids.count > self->capacity / 4 * 3) {
        self->capacity *= 2;
    }
    sort_by_bucket(self);
}
